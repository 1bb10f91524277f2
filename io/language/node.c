/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be asked of a tree once it is there: a child by its key, a message that points at it.
 *
 * Messages look like a compiler's because editors and eyes know that form.  A node keeps only line and
 * column; a position inside its text is found by following the source beside the text, which undoes quotes
 * and folded lines. */
#define _POSIX_C_SOURCE 200809L
#include "grids/stage.h"
#include "io/language/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
  TEXT_SIZE = 2048,  /* of one message without the source line */
  WINDOW_SIZE = 400, /* bytes of a source line that are shown; longer ones are cut around the caret */
  LEAD_SIZE = 120    /* bytes before the caret in such a cut */
};

const mf_node *mf_node_get(const mf_node *mapping, const char *key)
{
  if (!mapping || mapping->kind != MF_MAPPING) return NULL;
  for (int i = 0; i < mapping->count; i++)
    if (strcmp(mapping->child[i]->key, key) == 0) return mapping->child[i];
  return NULL;
}

bool mf_node_absent(const mf_node *node)
{
  return !node || (node->kind == MF_SCALAR && !node->quoted && !*node->text);
}

/* ---- places ---- */

static bool continues_character(char c)
{
  return ((unsigned char)c & 0xC0) == 0x80;
}

static const char *line_start(const mf_source *source, int line)
{
  const char *p = source->text;
  for (int i = 1; i < line; i++) {
    const char *end = strchr(p, '\n');
    if (!end) return p + strlen(p);
    p = end + 1;
  }
  return p;
}

/* Moves over `count` characters, not over the end of the line. */
static const char *skip_characters(const char *p, int count)
{
  for (; count > 0 && *p && *p != '\n' && *p != '\r'; count--) {
    do p++;
    while (continues_character(*p));
  }
  return p;
}

const char *mf_tree_at(const mf_source *source, int line, int column)
{
  return skip_characters(line_start(source, line), column - 1);
}

/* Follows `text` along its source for `position` bytes; NULL where they part (escapes, indentation that
 * counts). */
static const char *follow(const char *source, char quote, const char *text, int position)
{
  for (int i = 0; i < position; i++) {
    const size_t blank = strspn(source, " \t\r");
    if (text[i] == ' ' && source[blank] == '\n') { /* a folded line end */
      source += strspn(source, " \t\r\n");
    } else if ((quote == '\'' && source[0] == '\'') || (quote == '"' && source[0] == '\\')) {
      if (source[1] != text[i]) return NULL;
      source += 2;
    } else if (*source == '\r' && source[1] == '\n' && text[i] == '\n') {
      source += 2 + strspn(source + 2, " ");
    } else if (*source && *source == text[i]) {
      source += text[i] == '\n' ? 1 + strspn(source + 1, " ") : 1;
    } else {
      return NULL;
    }
  }
  return source;
}

/* Line and column of a byte of the node's text; of the node itself where that cannot be told. */
static void find_position(const mf_node *node, int position, int *line, int *column)
{
  *line = node->line;
  *column = node->column;
  if (!node->text || position < 0 || (size_t)position > strlen(node->text)) return;
  const char *start = mf_tree_at(node->source, node->line, node->column);
  const char *found = NULL;
  if (node->quoted && (*start == '"' || *start == '\''))
    found = follow(start + 1, *start, node->text, position);
  if (!found) found = follow(start, '\0', node->text, position);
  if (!found) return;
  for (const char *p = start; p < found; p++) {
    if (*p == '\n') {
      ++*line;
      *column = 1;
    } else if (!continues_character(*p)) {
      ++*column;
    }
  }
}

/* ---- messages ---- */

/* Copies the part of a line that is shown, without what would upset a terminal. */
static void copy_line(char *out, const char *start)
{
  size_t length = strcspn(start, "\r\n");
  if (length > WINDOW_SIZE) {
    length = WINDOW_SIZE;
    while (continues_character(start[length])) length--;
  }
  memcpy(out, start, length);
  out[length] = '\0';
  for (size_t at = 0; (at += mf_tree_printable(out + at, length - at)) < length;) out[at] = '?';
}

/* "NAME:LINE:COLUMN: KIND: TEXT", the line and a caret. */
typedef struct {
  char text[TEXT_SIZE + 3 * WINDOW_SIZE];
} located;

static void compose(located *out, const mf_source *source, int line, int column, const char *kind,
                    const char *text)
{
  const char *start = line_start(source, line);
  const char *caret = mf_tree_at(source, line, column);
  const char *cut = "";
  if (strcspn(start, "\r\n") > WINDOW_SIZE && caret - start > LEAD_SIZE) {
    start = caret - LEAD_SIZE;
    while (continues_character(*start)) start++;
    cut = "... ";
  }
  char shown[WINDOW_SIZE + 1], blanks[WINDOW_SIZE + 1];
  copy_line(shown, start);
  size_t n = 0;
  for (const char *p = start; p < caret && n < WINDOW_SIZE; p++)
    if (!continues_character(*p)) blanks[n++] = *p == '\t' ? '\t' : ' ';
  blanks[n] = '\0';
  snprintf(out->text, sizeof out->text, "%s:%d:%d: %s: %s\n%s%s\n%*s%s^", source->name, line, column, kind,
           text, cut, shown, (int)strlen(cut), "", blanks);
}

static int report(const mf_source *source, int line, int column, const char *text)
{
  located m;
  compose(&m, source, line, column, "error", text);
  return mf_fail(MF_ECASE, "%s", m.text);
}

void mf_node_warn(const mf_node *node, const char *format, ...)
{
  char text[TEXT_SIZE];
  located m;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  compose(&m, node->source, node->line, node->column, "warning", text);
  mf_warn("%s", m.text);
}

int mf_node_error(const mf_node *node, const char *format, ...)
{
  char text[TEXT_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return report(node->source, node->line, node->column, text);
}

int mf_node_key_error(const mf_node *node, const char *format, ...)
{
  char text[TEXT_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const bool has_key = node->key != NULL;
  return report(node->source, has_key ? node->key_line : node->line,
                has_key ? node->key_column : node->column, text);
}

int mf_node_error_at(const mf_node *node, int position, const char *format, ...)
{
  char text[TEXT_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  int line, column;
  find_position(node, position, &line, &column);
  return report(node->source, line, column, text);
}

/* A located message is known by its caret: a line with nothing else on it. */
static bool is_located(const char *message)
{
  for (const char *line = strchr(message, '\n'); line; line = strchr(line + 1, '\n')) {
    const char *p = line + 1 + strspn(line + 1, " \t");
    if (*p == '^' && (p[1] == '\n' || p[1] == '\0')) return true;
  }
  return false;
}

int mf_node_blame(const mf_node *node, int status)
{
  if (!status || is_located(mf_error())) return status;
  char text[TEXT_SIZE];
  snprintf(text, sizeof text, "%s", mf_error());
  report(node->source, node->line, node->column, text);
  return status;
}

const char *mf_suggest(char *buffer, size_t size, const char *word, const char *const *names, int count)
{
  buffer[0] = '\0';
  /* every one-letter name is near a one-letter word */
  const char *nearest = strlen(word) > 1 ? mf_nearest(word, names, count) : NULL;
  if (nearest) {
    snprintf(buffer, size, "; did you mean '%s'?", nearest);
    return buffer;
  }
  size_t used = 0;
  for (int i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? ", " : "; choose from: ", names[i]);
  if (used >= size && size > 4) memcpy(buffer + size - 4, "...", 4);
  return buffer;
}
