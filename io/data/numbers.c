/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of numbers in text files. */
#define _POSIX_C_SOURCE 200809L
#include "io/data/numbers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mf_node_path(const mf_node *node, char **out)
{
  char path[4096];
  const char *from = node->source->name, *slash = strrchr(from, '/');
  if (node->text[0] == '/' || !strncmp(from, "--set", 5) || !slash) return mf_text_copy(out, node->text);
  snprintf(path, sizeof path, "%.*s%s", (int)(slash - from) + 1, from, node->text);
  return mf_text_copy(out, path);
}

static bool is_separator(char c)
{
  return c == ',' || c == ';' || isspace((unsigned char)c);
}

/* Next word of a line; NULL at its end or at a comment. */
static char *next_word(char **at)
{
  char *start = *at;
  while (*start && is_separator(*start)) start++;
  if (!*start || *start == '#') return NULL;
  char *end = start;
  while (*end && !is_separator(*end) && *end != '#') end++;
  *at = *end ? end + 1 : end;
  *end = '\0';
  return start;
}

enum { COLUMNS = 64 };

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

static int set_names(mf_numbers *p, char *const *word, int count)
{
  MF_TRY(mf_objects_create(&p->name, count, sizeof *p->name));
  p->columns = count;
  for (int i = 0; i < count; i++) MF_TRY(mf_text_copy(&p->name[i], word[i]));
  return MF_OK;
}

static int read_line(mf_numbers *p, const char *path, int line, char *text)
{
  char *word[COLUMNS];
  int count = 0;
  for (char *at = text, *w; (w = next_word(&at));) {
    if (count == COLUMNS) return mf_fail(MF_EFILE, "%s:%d: more than %d columns", path, line, COLUMNS);
    word[count++] = w;
  }
  if (count == 0) return MF_OK;
  char *end;
  strtod(word[0], &end);
  if (*end && p->rows == 0 && !p->name) return set_names(p, word, count);
  if (p->columns && count != p->columns)
    return mf_fail(MF_EFILE, "%s:%d: %d numbers, where %d are expected", path, line, count, p->columns);
  p->columns = count;
  MF_TRY(grow(p));
  for (int i = 0; i < count; i++) {
    p->value[p->rows * p->columns + i] = strtod(word[i], &end);
    if (*end) return mf_fail(MF_EFILE, "%s:%d: '%s' is no number", path, line, word[i]);
  }
  p->rows++;
  return MF_OK;
}

static int read_all(mf_numbers *p, const char *path)
{
  FILE *file = fopen(path, "r");
  if (!file) return mf_fail(MF_EFILE, "%s: cannot be opened", path);
  char *text = NULL;
  size_t size = 0;
  int status = MF_OK;
  for (int line = 1; !status && getline(&text, &size, file) >= 0; line++)
    status = read_line(p, path, line, text);
  free(text);
  fclose(file);
  if (!status && p->rows == 0) status = mf_fail(MF_EFILE, "%s: holds no numbers", path);
  return status;
}

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
  mf_release(p->name);
  mf_release(p->value);
  mf_release(p);
}
