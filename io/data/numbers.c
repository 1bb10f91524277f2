/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of numbers in text files. */
#define _POSIX_C_SOURCE 200809L
#include "io/data/numbers.h"

#include "grids/stage.h"
#include "io/language/file.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int mf_node_path(const mf_node *node, char **out)
{
  char path[4096];
  const char *from = node->source->name, *slash = strrchr(from, '/');
  if (node->text[0] == '/' || !strncmp(from, "--set", 5) || !slash) return mf_text_copy(out, node->text);
  snprintf(path, sizeof path, "%.*s%s", (int)(slash - from) + 1, from, node->text);
  return mf_text_copy(out, path);
}

/* ---- one line ---- */

/* The fields of a line, each a text of its own. */
typedef struct {
  char **at;
  int count, room;
} fields;

static void clear(fields *f)
{
  for (int i = 0; i < f->count; i++) mf_release(f->at[i]);
  f->count = 0;
}

static int add(fields *f, const char *text)
{
  if (f->count == f->room) {
    char **more;
    MF_TRY(mf_objects_create(&more, 2 * f->room + 8, sizeof *more));
    if (f->at) memcpy(more, f->at, (size_t)f->count * sizeof *more);
    mf_release(f->at);
    f->at = more;
    f->room = 2 * f->room + 8;
  }
  MF_TRY(mf_text_copy(&f->at[f->count], text));
  f->count++;
  return MF_OK;
}

static bool is_space(char c)
{
  return isspace((unsigned char)c);
}

/* What separates fields: a semicolon or a comma if there is one before the comment and outside quotes, else white space. */
static char separator_of(const char *line)
{
  char found = ' ';
  bool quoted = false;
  for (; *line && (quoted || *line != '#'); line++) {
    if (*line == '"') quoted = !quoted;
    if (!quoted && *line == ';') return ';';
    if (!quoted && *line == ',') found = ',';
  }
  return found;
}

static bool ends_field(char c, char separator)
{
  return !c || c == '#' || c == separator || (separator == ' ' && is_space(c));
}

/* Takes the quotes off what begins with one, in place; two of them stand for one.  Returns what follows the last. */
static char *unquote(char *start, char **end)
{
  char *in = start + 1, *out = start;
  for (; *in && (*in != '"' || in[1] == '"'); in++) {
    if (*in == '"') in++;
    *out++ = *in;
  }
  *end = out;
  return *in ? in + 1 : in;
}

/* The field at `*at`, which moves behind what ends it, or becomes NULL where the line ends. */
static char *next_field(char **at, char separator)
{
  char *start = *at, *end = NULL;
  const bool quoted = *start == '"';
  char *stop = quoted ? unquote(start, &end) : start;
  while (!ends_field(*stop, separator)) stop++;
  if (!quoted) end = stop;
  while (!quoted && end > start && is_space(end[-1])) end--;
  *at = *stop && *stop != '#' ? stop + 1 : NULL;
  *end = '\0';
  return start;
}

static int split(fields *f, char *line)
{
  const char separator = separator_of(line);
  clear(f);
  for (char *at = line; at;) {
    while (is_space(*at)) at++;
    if ((!*at || *at == '#') && (f->count == 0 || separator == ' ')) break;
    MF_TRY(add(f, next_field(&at, separator)));
  }
  return MF_OK;
}

/* As strtod reads it, or with Fortran's exponents: 0.05D+01. */
static bool is_number(const char *text, double *value)
{
  char *end, buffer[64];
  *value = strtod(text, &end);
  if (end == text || !*end) return end != text;
  const ptrdiff_t at = end - text;
  if ((*end != 'd' && *end != 'D') || strlen(text) >= sizeof buffer || strpbrk(text, "xX")) return false;
  strcpy(buffer, text);
  buffer[at] = 'e';
  *value = strtod(buffer, &end);
  return end > buffer + at && !*end;
}

/* Signs for no value, which are no names. */
static bool is_missing(const char *text)
{
  static const char *const signs[] = {"", "NA", "N/A", "nan", "null", "none", "-", "?", "."};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (!strcasecmp(text, signs[i])) return true;
  return false;
}

static bool is_whole(const char *text)
{
  return *text && strspn(text, "0123456789") == strlen(text);
}

/* ---- the first line ---- */

/* A line that numbers the columns from 0, as data-frame tools do, from field `from` on. */
static bool counts_columns(const fields *f, int from)
{
  for (int i = from; i < f->count; i++)
    if (!is_whole(f->at[i]) || strtol(f->at[i], NULL, 10) != i - from) return false;
  return f->count > from;
}

typedef enum { NUMBERS, NAMES, EITHER } first_line;

/* What the first line is, by the one below it, which may have one more field for an index. */
static first_line judge(const fields *first, const fields *below)
{
  int numbers = 0, words = 0, above = 0;
  double ignored;
  const int shift = below->count == first->count + 1;
  for (int i = 0; i < first->count; i++) {
    const bool number = is_number(first->at[i], &ignored), word = !number && !is_missing(first->at[i]);
    numbers += number;
    words += word;
    above += word && i + shift < below->count && is_number(below->at[i + shift], &ignored);
  }
  if (words > 0) return above || numbers == 0 ? NAMES : EITHER;
  if (counts_columns(first, 1) && !*first->at[0]) return NAMES;
  if (shift && counts_columns(first, 0)) return NAMES;
  return counts_columns(first, 0) && below->count > 0 && !is_whole(below->at[0]) ? EITHER : NUMBERS;
}

static int set_names(mf_numbers *p, const fields *f, int unnamed)
{
  p->columns = f->count + unnamed;
  MF_TRY(mf_objects_create(&p->name, p->columns, sizeof *p->name));
  if (unnamed) MF_TRY(mf_text_copy(&p->name[0], ""));
  for (int i = 0; i < f->count; i++) MF_TRY(mf_text_copy(&p->name[i + unnamed], f->at[i]));
  p->index = p->columns > 1 && !*p->name[0];
  return MF_OK;
}

/* ---- rows ---- */

static int grow(mf_numbers *p)
{
  if (p->rows & (p->rows - 1)) return MF_OK; /* room doubles at powers of two */
  double *more;
  MF_TRY(mf_reals_create(&more, (ptrdiff_t)(p->rows ? 2 * p->rows : 1) * p->columns));
  if (p->value) memcpy(more, p->value, (size_t)p->rows * (size_t)p->columns * sizeof *more);
  mf_release(p->value);
  p->value = more;
  return MF_OK;
}

static int note_text(mf_numbers *p, int column, const char *path, int line, const char *text)
{
  char note[512];
  if (p->text[column]) return MF_OK;
  snprintf(note, sizeof note, "%.400s:%d: '%.80s'", path, line, text);
  return mf_text_copy(&p->text[column], note);
}

static int add_row(mf_numbers *p, const char *path, int line, const fields *f)
{
  if (p->columns && f->count != p->columns)
    return mf_fail(MF_EFILE, "%s:%d: %d numbers, where %d are expected", path, line, f->count, p->columns);
  p->columns = f->count;
  if (!p->text) MF_TRY(mf_objects_create(&p->text, p->columns, sizeof *p->text));
  MF_TRY(grow(p));
  double *row = p->value + (ptrdiff_t)p->rows * p->columns;
  for (int i = 0; i < f->count; i++) {
    if (is_number(f->at[i], &row[i])) continue;
    row[i] = NAN;
    MF_TRY(note_text(p, i, path, line, f->at[i]));
  }
  p->rows++;
  return MF_OK;
}

/* What has been read of a file; the first line waits for the second. */
typedef struct {
  mf_numbers *table;
  const char *path;
  fields first, line;
  int first_number; /* 0: it has not come, or is in the table */
} reader;

static int settle_first(reader *r)
{
  if (!r->first_number) return MF_OK;
  const int number = r->first_number;
  const first_line kind = judge(&r->first, &r->line);
  r->first_number = 0;
  if (kind == EITHER)
    mf_warn("%s:%d: this line was read as values, not as names of columns; if it names them, put # before it",
            r->path, number);
  return kind == NAMES ? set_names(r->table, &r->first, r->line.count == r->first.count + 1)
                       : add_row(r->table, r->path, number, &r->first);
}

static int take_line(reader *r, int number, char *text, size_t length)
{
  if (memchr(text, '\0', length))
    return mf_fail(MF_EFILE, "%s:%d: a zero byte: this is no text in ASCII or UTF-8", r->path, number);
  if (number == 1 && !strncmp(text, "\xef\xbb\xbf", 3)) text += 3; /* byte-order mark */
  MF_TRY(split(&r->line, text));
  if (r->line.count == 0) return MF_OK;
  if (!r->first_number && r->table->columns == 0) {
    const fields kept = r->first;
    r->first = r->line;
    r->line = kept;
    r->first_number = number;
    return MF_OK;
  }
  MF_TRY(settle_first(r));
  return add_row(r->table, r->path, number, &r->line);
}

static int read_lines(reader *r, FILE *file)
{
  char *text = NULL;
  size_t size = 0;
  ssize_t length;
  int status = MF_OK;
  for (int line = 1; !status && (length = getline(&text, &size, file)) >= 0; line++)
    status = take_line(r, line, text, (size_t)length);
  free(text);
  if (!status && r->first_number) {
    clear(&r->line);
    status = settle_first(r);
  }
  if (!status && r->table->rows == 0) status = mf_fail(MF_EFILE, "%s: holds no numbers", r->path);
  return status;
}

static int read_all(mf_numbers *p, const char *path)
{
  reader r = {.table = p, .path = path};
  FILE *file;
  MF_TRY(mf_file_open(&file, path));
  const int status = read_lines(&r, file);
  fclose(file);
  clear(&r.first);
  clear(&r.line);
  mf_release(r.first.at);
  mf_release(r.line.at);
  return status;
}

/* ---- columns ---- */

int mf_numbers_need(const mf_numbers *p, int column)
{
  return p->text && p->text[column] ? mf_fail(MF_EFILE, "%s is no number", p->text[column]) : MF_OK;
}

int mf_numbers_column(const mf_numbers *p, const mf_node *node, int *column)
{
  if (node->kind != MF_SCALAR) return mf_node_error(node, "expected the name or the number of a column");
  for (*column = 0; p->name && *column < p->columns; ++*column)
    if (!strcmp(p->name[*column], node->text)) return mf_numbers_need(p, *column);
  char *end;
  const long number = strtol(node->text, &end, 10);
  if (end == node->text || *end || number < 1 || number > p->columns) {
    char list[256];
    const char *const *names = (const char *const *)p->name;
    return mf_node_error(node, "there is no column '%s'; the file has %d%s", node->text, p->columns,
                         names ? mf_suggest(list, sizeof list, node->text, names, p->columns) : "");
  }
  *column = (int)number - 1;
  return mf_numbers_need(p, *column);
}

int mf_numbers_columns(const mf_numbers *p, const mf_node *columns, int count, int *column)
{
  const bool listed = columns && columns->kind == MF_SEQUENCE;
  const int given = listed ? columns->count : 1;
  if (columns && given != count)
    return mf_node_error(columns, "%d columns for a grid with %d axes", given, count);
  for (int a = 0; a < count; a++) {
    column[a] = a + p->index;
    MF_TRY(columns ? mf_numbers_column(p, listed ? columns->child[a] : columns, &column[a])
                   : mf_numbers_need(p, column[a]));
  }
  return MF_OK;
}

/* ---- files ---- */

int mf_numbers_read_file(mf_numbers **out, const char *path)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = read_all(*out, path);
  if (!status) return MF_OK;
  mf_numbers_free(*out);
  *out = NULL;
  return status;
}

int mf_numbers_read(mf_numbers **out, const mf_node *node)
{
  char *path;
  MF_TRY(mf_node_path(node, &path));
  const int status = mf_numbers_read_file(out, path);
  mf_release(path);
  return status ? mf_node_blame(node, status) : MF_OK;
}

void mf_numbers_free(mf_numbers *p)
{
  if (!p) return;
  for (int i = 0; p->name && i < p->columns; i++) mf_release(p->name[i]);
  for (int i = 0; p->text && i < p->columns; i++) mf_release(p->text[i]);
  mf_release(p->name);
  mf_release(p->text);
  mf_release(p->value);
  mf_release(p);
}
