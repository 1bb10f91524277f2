/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the tree of a case as YAML that reads back to the same tree.
 *
 * Mappings are blocks, lists of scalars stand on one line.  A text that was quoted stays quoted, so that
 * "true" remains a text; one that was not gets quotes only where YAML would read it otherwise. */
#define _POSIX_C_SOURCE 200809L
#include "io/language/case.h"

#include <string.h>

typedef struct {
  char *data;
  size_t used, size;
  int status;
} writer;

static void put_bytes(writer *w, const char *bytes, size_t length)
{
  if (w->status) return;
  if (w->used + length + 1 > w->size) {
    char *larger;
    const size_t size = 2 * w->size + length + 256;
    w->status = mf_objects_create(&larger, (ptrdiff_t)size, 1);
    if (w->status) return;
    if (w->data) memcpy(larger, w->data, w->used);
    mf_release(w->data);
    w->data = larger;
    w->size = size;
  }
  memcpy(w->data + w->used, bytes, length);
  w->used += length;
  w->data[w->used] = '\0';
}

static void put(writer *w, const char *text)
{
  put_bytes(w, text, strlen(text));
}

static void put_indent(writer *w, int indent)
{
  for (int i = 0; i < indent; i++) put_bytes(w, " ", 1);
}

/* Whether YAML reads the text back unchanged without quotes. */
static bool is_plain(const char *text, bool in_flow)
{
  const size_t length = strlen(text);
  if (length == 0 || strpbrk(text, "\n\r\t") || strstr(text, ": ") || strstr(text, " #")) return false;
  if (text[0] == ' ' || text[length - 1] == ' ' || text[length - 1] == ':') return false;
  if (strchr(",[]{}#&*!|>'\"%@`", text[0])) return false;
  if (strchr("-?:", text[0]) && (length == 1 || text[1] == ' ')) return false;
  if (strncmp(text, "---", 3) == 0 || strncmp(text, "...", 3) == 0) return false;
  return !in_flow || !strpbrk(text, ",[]{}");
}

static void put_quoted(writer *w, const char *text)
{
  put(w, "\"");
  for (const char *p = text; *p; p++) {
    switch (*p) {
    case '"':
      put(w, "\\\"");
      break;
    case '\\':
      put(w, "\\\\");
      break;
    case '\n':
      put(w, "\\n");
      break;
    case '\r':
      put(w, "\\r");
      break;
    case '\t':
      put(w, "\\t");
      break;
    default:
      put_bytes(w, p, 1);
    }
  }
  put(w, "\"");
}

static void put_scalar(writer *w, const mf_node *node, bool in_flow)
{
  if (mf_node_absent(node))
    put(w, "null");
  else if (node->quoted || !is_plain(node->text, in_flow))
    put_quoted(w, node->text);
  else
    put(w, node->text);
}

static void put_key(writer *w, const char *key)
{
  if (is_plain(key, true))
    put(w, key);
  else
    put_quoted(w, key);
}

/* Scalars, and lists of nothing else, fit on a line. */
static bool is_flow(const mf_node *node)
{
  if (node->kind == MF_SCALAR || node->count == 0) return true;
  if (node->kind == MF_MAPPING) return false;
  for (int i = 0; i < node->count; i++)
    if (!is_flow(node->child[i])) return false;
  return true;
}

static void put_flow(writer *w, const mf_node *node, bool in_flow)
{
  if (node->kind == MF_SCALAR) {
    put_scalar(w, node, in_flow);
  } else if (node->kind == MF_MAPPING) {
    put(w, "{}");
  } else {
    put(w, "[");
    for (int i = 0; i < node->count; i++) {
      if (i) put(w, ", ");
      put_flow(w, node->child[i], true);
    }
    put(w, "]");
  }
}

static void put_block(writer *w, const mf_node *node, int indent, bool on_line);

/* The value after "key:" or "-". */
static void put_value(writer *w, const mf_node *node, int indent)
{
  if (is_flow(node)) {
    put(w, " ");
    put_flow(w, node, false);
    put(w, "\n");
  } else {
    put(w, "\n");
    put_block(w, node, indent, false);
  }
}

/* The children of a node that is not for one line; `on_line`: the first one goes where the writer stands. */
static void put_block(writer *w, const mf_node *node, int indent, bool on_line)
{
  for (int i = 0; i < node->count; i++) {
    const mf_node *child = node->child[i];
    if (i || !on_line) put_indent(w, indent);
    if (node->kind == MF_MAPPING) {
      put_key(w, child->key);
      put(w, ":");
      put_value(w, child, indent + 2);
    } else if (child->kind == MF_MAPPING && child->count) {
      put(w, "- ");
      put_block(w, child, indent + 2, true);
    } else {
      put(w, "-");
      put_value(w, child, indent + 2);
    }
  }
}

int mf_case_emit(const mf_case *c, char **text)
{
  writer w = {0};
  const mf_node *root = mf_case_root(c);
  if (root->count)
    put_block(&w, root, 0, false);
  else
    put(&w, "{}\n");
  *text = w.data;
  if (w.status) {
    mf_release(w.data);
    *text = NULL;
  }
  return w.status;
}
