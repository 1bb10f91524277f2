/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a case file: YAML to a tree of located nodes.
 *
 * The tree is built from libfyaml's events instead of its documents, because an event carries the marks of
 * its token: keys, empty values and brackets keep their places, and the first mistake is found where it
 * stands. */
#define _POSIX_C_SOURCE 200809L
#include "io/language/file.h"
#include "io/language/tree.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEPTH_MAX = 64,     /* levels of nesting; keeps every recursion over a tree shallow */
  FILE_MAX = 16 << 20 /* bytes of a case file; what is longer is no case */
};

typedef struct anchor {
  const char *name;
  const mf_node *node;
  struct anchor *next;
} anchor;

typedef struct {
  mf_case *c;
  struct fy_parser *parser;
  struct fy_diag *diag;
  const mf_source *source;
  size_t begin;        /* byte of the source where the YAML begins */
  size_t position;     /* a byte whose place is known, ... */
  int line, column;    /* ... from where the next one is counted */
  size_t end;          /* byte after the last token */
  const mf_node *open; /* innermost bracket that is still open */
  anchor *anchors;
} loader;

/* ---- places ---- */

/* Line and column of a byte; positions mostly increase, so counting goes on from the last one. */
static void locate(loader *l, size_t position, int *line, int *column)
{
  if (position < l->position) {
    l->position = 0;
    l->line = l->column = 1;
  }
  for (; l->position < position && l->source->text[l->position]; l->position++) {
    const char c = l->source->text[l->position];
    if (c == '\n') {
      l->line++;
      l->column = 1;
    } else if (((unsigned char)c & 0xC0) != 0x80) {
      l->column++;
    }
  }
  *line = l->line;
  *column = l->column;
}

/* A node that is nothing but a place, for messages. */
static mf_node place(loader *l, size_t position)
{
  mf_node at = {.source = l->source};
  locate(l, position, &at.line, &at.column);
  return at;
}

/* libfyaml marks a quoted text behind its quote, an alias behind its star and a block text at the start of a
 * line. */
static size_t token_start(const loader *l, struct fy_event *event)
{
  struct fy_token *token = fy_event_get_token(event);
  const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
  if (!mark) return l->end;
  const size_t position = l->begin + mark->input_pos;
  if (event->type == FYET_ALIAS) return position - 1;
  if (event->type != FYET_SCALAR) return position;
  switch (fy_token_scalar_style(token)) {
  case FYSS_SINGLE_QUOTED:
  case FYSS_DOUBLE_QUOTED:
    return position - 1;
  case FYSS_LITERAL:
  case FYSS_FOLDED:
    return position + strspn(l->source->text + position, " \r\n");
  default:
    return position;
  }
}

/* ---- what is no YAML ---- */

/* Explains libfyaml's words where they are hard to understand. */
static const char *explanation(const char *message)
{
  static const struct {
    const char *words, *meaning;
  } table[] = {
      {"multiline plain key", " (is the next line indented too far, or a quote missing?)"},
      {"cannot start with", " (put the text in quotes)"},
      {"nested block mapping on the same line", " (a text with ': ' needs quotes)"},
      {"missing comma in flow", " (a formula with ': ' or a comma, in braces, needs quotes)"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strstr(message, table[i].words)) return table[i].meaning;
  return "";
}

/* The first diagnostic of libfyaml as a located error. */
static int syntax_error(loader *l)
{
  void *iterator = NULL;
  const struct fy_diag_error *e = fy_diag_errors_iterate(l->diag, &iterator);
  const mf_node end = place(l, strlen(l->source->text));
  mf_node at = place(l, l->begin);
  if (!e) return mf_node_error(&at, "this is not YAML");
  at.column = e->line == 1 ? at.column + e->column - 1 : e->column;
  at.line += e->line - 1;
  const mf_node *open = l->open;
  if (open && (at.line > end.line || (at.line == end.line && at.column >= end.column)))
    return mf_node_error(open, "this bracket is not closed");
  if (open && open->line < at.line)
    return mf_node_error(&at, "%s (the bracket at %d:%d is still open)", e->msg, open->line, open->column);
  return mf_node_error(&at, "%s%s", e->msg, explanation(e->msg));
}

/* ---- from events to nodes ---- */

static int next_event(loader *l, struct fy_event **event)
{
  *event = fy_parser_parse(l->parser);
  return *event ? MF_OK : syntax_error(l);
}

static bool is_null(const mf_node *node)
{
  static const char *const words[] = {"", "~", "null", "Null", "NULL"};
  for (size_t i = 0; !node->quoted && i < sizeof words / sizeof *words; i++)
    if (strcmp(node->text, words[i]) == 0) return true;
  return false;
}

static int read_text(loader *l, struct fy_token *token, mf_node *node)
{
  size_t length = 0;
  const char *text = token ? fy_token_get_text(token, &length) : "";
  if (!text) return mf_fail(MF_EMEMORY, "out of memory");
  if (mf_tree_printable(text, length) < length)
    return mf_node_error(node, "this text has a character that cannot be printed");
  return mf_tree_text(l->c, &node->text, text, length);
}

/* Kind, place and text of the value that begins with an event. */
static int read_head(loader *l, struct fy_event *event, mf_node **out)
{
  struct fy_token *token = fy_event_get_token(event);
  const bool scalar = event->type == FYET_SCALAR;
  mf_node *node;
  MF_TRY(mf_tree_node(l->c, &node, MF_SCALAR, l->source));
  if (!scalar) node->kind = event->type == FYET_MAPPING_START ? MF_MAPPING : MF_SEQUENCE;
  node->quoted = scalar && token && fy_token_scalar_style(token) != FYSS_PLAIN;
  locate(l, token_start(l, event), &node->line, &node->column);
  if (fy_event_get_tag_token(event))
    return mf_node_error(node, "a tag (a word after '!') has no meaning here");
  if (scalar) MF_TRY(read_text(l, token, node));
  const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;
  if (end && l->begin + end->input_pos > l->end) l->end = l->begin + end->input_pos;
  *out = node;
  return MF_OK;
}

/* What stands under an anchor is copied, so that a change of one copy leaves the others alone. */
static int read_alias(loader *l, struct fy_event *event, mf_node **out)
{
  size_t length = 0;
  const char *name = fy_token_get_text(fy_event_get_token(event), &length);
  for (const anchor *a = l->anchors; name && a; a = a->next)
    if (strncmp(a->name, name, length) == 0 && a->name[length] == '\0') {
      MF_TRY(mf_tree_copy(l->c, out, a->node));
      (*out)->key = NULL;
      return MF_OK;
    }
  const mf_node at = place(l, token_start(l, event));
  return mf_node_error(&at, "nothing before this has the anchor '&%.*s'", (int)length, name ? name : "");
}

static int read_anchor(loader *l, struct fy_event *event, anchor **out)
{
  struct fy_token *token = fy_event_get_anchor_token(event);
  if (!token) return MF_OK;
  size_t length = 0;
  const char *name = fy_token_get_text(token, &length);
  MF_TRY(mf_tree_take(l->c, out, sizeof **out));
  return mf_tree_text(l->c, &(*out)->name, name ? name : "", name ? length : 0);
}

static int read_children(loader *l, mf_node *node, int depth);

/* Reads the value that begins with `event`, and frees the event. */
static int read_value(loader *l, struct fy_event *event, mf_node **out, int depth)
{
  anchor *name = NULL;
  *out = NULL;
  const bool alias = event->type == FYET_ALIAS;
  int status = alias ? read_alias(l, event, out) : read_head(l, event, out);
  if (!status && !alias) status = read_anchor(l, event, &name);
  fy_parser_event_free(l->parser, event);
  if (status || alias) return status;

  mf_node *node = *out;
  if (node->kind != MF_SCALAR)
    MF_TRY(read_children(l, node, depth + 1));
  else if (is_null(node))
    node->text = "";
  if (name) { /* known from here on only, so a value cannot contain itself */
    name->node = node;
    name->next = l->anchors;
    l->anchors = name;
  }
  return MF_OK;
}

/* Reads the key that is `event`, and frees the event. */
static int read_key(loader *l, struct fy_event *event, mf_node **out)
{
  const mf_node at = place(l, token_start(l, event));
  const int status = event->type == FYET_SCALAR ? read_head(l, event, out)
                                                : mf_node_error(&at, "a key must be a single word");
  fy_parser_event_free(l->parser, event);
  MF_TRY(status);
  const char *key = (*out)->text;
  if (!*key) {
    const mf_node gap = place(l, l->end + strspn(l->source->text + l->end, " \t\r\n,"));
    return mf_node_error((*out)->quoted ? *out : &gap, "a key is missing here");
  }
  return MF_OK;
}

static int read_child(loader *l, struct fy_event *event, mf_node *parent, int depth)
{
  mf_node *key = NULL, *value;
  if (parent->kind == MF_MAPPING) {
    MF_TRY(read_key(l, event, &key));
    MF_TRY(next_event(l, &event));
  }
  MF_TRY(read_value(l, event, &value, depth));
  if (key) {
    value->key = key->text;
    value->key_line = key->line;
    value->key_column = key->column;
    if (mf_node_absent(value)) { /* the key stands for a value that is not there */
      value->line = key->line;
      value->column = key->column;
    }
  }
  return mf_tree_add(l->c, parent, value);
}

static int by_key(const void *a, const void *b)
{
  const mf_node *p = *(const mf_node *const *)a, *q = *(const mf_node *const *)b;
  const int order = strcmp(p->key, q->key);
  if (order != 0) return order;
  return p->key_line != q->key_line ? p->key_line - q->key_line : p->key_column - q->key_column;
}

/* The first key of a mapping that it has already; sorted, so that many keys take no time. */
static int check_twice(const mf_node *mapping)
{
  const mf_node **sorted, *twice = NULL, *before = NULL;
  MF_TRY(mf_objects_create(&sorted, mapping->count, sizeof *sorted));
  if (mapping->count > 0) memcpy(sorted, mapping->child, (size_t)mapping->count * sizeof *sorted);
  qsort(sorted, (size_t)mapping->count, sizeof *sorted, by_key);
  for (int i = 1; i < mapping->count; i++) {
    const mf_node *next = sorted[i];
    if (strcmp(next->key, sorted[i - 1]->key) != 0) continue;
    if (twice && (next->key_line > twice->key_line ||
                  (next->key_line == twice->key_line && next->key_column > twice->key_column)))
      continue;
    twice = next;
    before = sorted[i - 1];
  }
  mf_release(sorted);
  if (!twice) return MF_OK;
  return mf_node_key_error(twice, "key '%s' is given twice; first in line %d", twice->key, before->key_line);
}

static int read_children(loader *l, mf_node *node, int depth)
{
  if (depth > DEPTH_MAX) return mf_node_error(node, "nested too deeply: more than %d levels", DEPTH_MAX);
  const mf_node *const outer = l->open;
  const char first = l->source->text[l->position]; /* of the node, which was located last */
  if (first == '[' || first == '{') l->open = node;
  struct fy_event *event;
  for (;;) {
    MF_TRY(next_event(l, &event));
    if (event->type == FYET_MAPPING_END || event->type == FYET_SEQUENCE_END) break;
    MF_TRY(read_child(l, event, node, depth));
  }
  fy_parser_event_free(l->parser, event);
  l->open = outer;
  return node->kind == MF_MAPPING ? check_twice(node) : MF_OK;
}

/* The stream: one document at most; none is an empty value. */
static int read_stream(loader *l, mf_node **out)
{
  *out = NULL;
  for (;;) {
    struct fy_event *event;
    MF_TRY(next_event(l, &event));
    const enum fy_event_type type = event->type;
    if (type == FYET_DOCUMENT_START && *out) {
      const mf_node at = place(l, token_start(l, event));
      fy_parser_event_free(l->parser, event);
      return mf_node_error(&at, "a second document begins here; a case is one document");
    }
    if (type == FYET_SCALAR || type == FYET_ALIAS || type == FYET_MAPPING_START ||
        type == FYET_SEQUENCE_START) {
      MF_TRY(read_value(l, event, out, 0));
      continue;
    }
    fy_parser_event_free(l->parser, event);
    if (type == FYET_STREAM_END) break;
  }
  if (*out) return MF_OK;
  MF_TRY(mf_tree_node(l->c, out, MF_SCALAR, l->source));
  locate(l, l->begin, &(*out)->line, &(*out)->column);
  (*out)->text = "";
  return MF_OK;
}

/* A diagnostics object that keeps messages and prints none. */
static struct fy_diag *silent_diagnostics(void)
{
  struct fy_diag_cfg configuration;
  fy_diag_cfg_default(&configuration);
  configuration.fp = NULL;
  configuration.output_fn = NULL;
  configuration.colorize = false;
  struct fy_diag *diag = fy_diag_create(&configuration);
  if (diag) fy_diag_set_collect_errors(diag, true);
  return diag;
}

int mf_tree_parse(mf_case *c, mf_node **out, const mf_source *source, size_t begin)
{
  loader l = {.c = c, .source = source, .begin = begin, .line = 1, .column = 1, .end = begin};
  const char *text = source->text;
  const size_t length = strlen(text), printable = mf_tree_printable(text, length);
  if (printable < length) {
    const mf_node at = place(&l, printable);
    return mf_node_error(&at, "this character (byte 0x%02X) cannot be read; the text must be UTF-8",
                         (unsigned)(unsigned char)text[printable]);
  }
  int status = MF_OK;
  l.diag = silent_diagnostics();
  const struct fy_parse_cfg configuration = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = l.diag};
  if (l.diag) l.parser = fy_parser_create(&configuration);
  if (l.parser && fy_parser_set_string(l.parser, text + begin, length - begin) == 0)
    status = read_stream(&l, out);
  else
    status = mf_fail(MF_EMEMORY, "out of memory");
  if (l.parser) fy_parser_destroy(l.parser);
  if (l.diag) fy_diag_destroy(l.diag);
  return status;
}

/* ---- the case ---- */

static int parse_into(mf_case *c, const char *name, const char *text)
{
  mf_source *source;
  if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3; /* a byte order mark */
  MF_TRY(mf_tree_source(c, &source, "", name, text));
  MF_TRY(mf_tree_parse(c, &c->root, source, 0));
  if (mf_node_absent(c->root)) return mf_fail(MF_ECASE, "%s: the case is empty", name);
  if (c->root->kind != MF_MAPPING)
    return mf_node_error(c->root, "a case consists of keys with values, like 'title: ...'");
  return mf_tree_note_variants(c);
}

int mf_case_parse(mf_case **out, const char *name, const char *text)
{
  mf_case *c;
  *out = NULL;
  MF_TRY(mf_objects_create(&c, 1, sizeof *c));
  const int status = parse_into(c, name, text);
  if (status)
    mf_case_free(c);
  else
    *out = c;
  return status;
}

/* The content of an open file; a byte 0 is turned into one that the parser refuses with its place. */
static int read_all(FILE *file, char **out)
{
  size_t used = 0, size = 1 << 14;
  char *text = NULL, *larger = NULL;
  for (;; size *= 2) {
    const int status = size > FILE_MAX ? mf_fail(MF_EFILE, "larger than %d MB", FILE_MAX >> 20)
                                       : mf_objects_create(&larger, (ptrdiff_t)size, 1);
    if (!status && used) memcpy(larger, text, used);
    mf_release(text);
    MF_TRY(status);
    text = larger;
    used += fread(text + used, 1, size - 1 - used, file);
    if (used < size - 1) break;
  }
  for (char *zero = memchr(text, '\0', used); zero; zero = memchr(zero, '\0', used - (size_t)(zero - text)))
    *zero = '\1';
  *out = text;
  return MF_OK;
}

int mf_case_read(mf_case **out, const char *path)
{
  *out = NULL;
  char *text = NULL;
  FILE *file;
  MF_TRY(mf_file_open(&file, path));
  errno = 0;
  int status = read_all(file, &text);
  if (status)
    status = mf_blame(status, "%s: cannot be read:", path);
  else if (ferror(file))
    status = mf_fail(MF_EFILE, "%s: %s", path, strerror(errno));
  fclose(file);
  if (!status) status = mf_case_parse(out, path, text);
  mf_release(text);
  return status;
}

const char *mf_case_library(void)
{
  return fy_library_version();
}
