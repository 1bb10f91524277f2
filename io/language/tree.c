/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool of a case, the nodes in it, and which texts it takes. */
#define _POSIX_C_SOURCE 200809L
#include "io/language/tree.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
  NODES_MAX = 100000, /* aliases of aliases of aliases could grow without bound */
  BLOCK_SIZE = 16384  /* bytes taken from the system at a time */
};

struct mf_tree_block {
  struct mf_tree_block *next;
  size_t used, size;
  _Alignas(max_align_t) char bytes[];
};

int mf_tree_take(mf_case *c, void *out, size_t size)
{
  const size_t align = _Alignof(max_align_t), padded = (size + align - 1) / align * align;
  if (!c->pool || c->pool->size - c->pool->used < padded) {
    mf_tree_block *b;
    const size_t room = padded > BLOCK_SIZE ? padded : BLOCK_SIZE;
    MF_TRY(mf_objects_create(&b, (ptrdiff_t)(sizeof *b + room), 1));
    b->next = c->pool;
    b->size = room;
    c->pool = b;
  }
  void **slot = out;
  *slot = c->pool->bytes + c->pool->used;
  c->pool->used += padded;
  return MF_OK;
}

void mf_case_free(mf_case *c)
{
  if (!c) return;
  for (mf_tree_block *b = c->pool; b;) {
    mf_tree_block *const next = b->next;
    mf_release(b);
    b = next;
  }
  mf_release(c);
}

const mf_node *mf_case_root(const mf_case *c)
{
  return c->root;
}

int mf_tree_text(mf_case *c, const char **out, const char *text, size_t length)
{
  char *copy;
  MF_TRY(mf_tree_take(c, &copy, length + 1));
  if (length) memcpy(copy, text, length);
  *out = copy;
  return MF_OK;
}

int mf_tree_source(mf_case *c, mf_source **out, const char *prefix, const char *name, const char *text)
{
  const size_t prefix_length = strlen(prefix), name_size = strlen(name) + 1, text_size = strlen(text) + 1;
  mf_source *source;
  MF_TRY(mf_tree_take(c, &source, sizeof *source));
  MF_TRY(mf_tree_take(c, &source->name, prefix_length + name_size));
  MF_TRY(mf_tree_take(c, &source->text, text_size));
  memcpy(source->name, prefix, prefix_length);
  memcpy(source->name + prefix_length, name, name_size);
  memcpy(source->text, text, text_size);
  *out = source;
  return MF_OK;
}

int mf_tree_node(mf_case *c, mf_node **out, mf_node_kind kind, const mf_source *source)
{
  if (++c->node_count > NODES_MAX)
    return mf_fail(MF_ECASE, "%s: more than %d values; is an alias repeated too often?", source->name,
                   NODES_MAX);
  MF_TRY(mf_tree_take(c, out, sizeof **out));
  **out = (mf_node){.kind = kind, .source = source};
  return MF_OK;
}

int mf_tree_copy(mf_case *c, mf_node **out, const mf_node *from)
{
  mf_node *node = NULL;
  MF_TRY(mf_tree_node(c, &node, from->kind, from->source));
  *node = *from;
  node->child = NULL;
  node->count = 0;
  for (int i = 0; i < from->count; i++) {
    mf_node *child;
    MF_TRY(mf_tree_copy(c, &child, from->child[i]));
    MF_TRY(mf_tree_add(c, node, child));
  }
  *out = node;
  return MF_OK;
}

/* Children double their room whenever their number is a power of two. */
int mf_tree_add(mf_case *c, mf_node *parent, mf_node *child)
{
  const int n = parent->count;
  mf_node **children = (mf_node **)parent->child;
  if ((n & (n - 1)) == 0) {
    MF_TRY(mf_tree_take(c, &children, sizeof *children * (n ? 2 * (size_t)n : 1)));
    if (n) memcpy(children, parent->child, sizeof *children * (size_t)n);
    parent->child = children;
  }
  children[n] = child;
  parent->count = n + 1;
  return MF_OK;
}

void mf_tree_remove(mf_node *parent, int index)
{
  mf_node **child = (mf_node **)parent->child;
  parent->count--;
  memmove(child + index, child + index + 1, sizeof *child * (size_t)(parent->count - index));
}

int mf_tree_find(const mf_node *mapping, const char *key, size_t length)
{
  for (int i = 0; i < mapping->count; i++) {
    const char *other = mapping->child[i]->key;
    if (strncmp(other, key, length) == 0 && other[length] == '\0') return i;
  }
  return -1;
}

/* Length of the printable character at p, or 0.  Control characters, line separators and what is not UTF-8
 * are refused, because libfyaml ends the text there without a word and could not read them back. */
static size_t character_length(const unsigned char *p)
{
  if (*p < 0x80) return (*p >= 0x20 && *p != 0x7F) || *p == '\n' || *p == '\r' || *p == '\t';
  const size_t length = *p >= 0xF5 ? 0 : *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : *p >= 0xC2 ? 2 : 0;
  if (!length) return 0;
  uint_least32_t code = *p & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; i++) {
    if ((p[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (p[i] & 0x3FU);
  }
  static const uint_least32_t least[] = {0, 0, 0xA0, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF, separator = code == 0x2028 || code == 0x2029;
  const bool mark = code == 0xFEFF || (code & 0xFFFE) == 0xFFFE;
  return code < least[length] || code > 0x10FFFF || surrogate || separator || mark ? 0 : length;
}

size_t mf_tree_printable(const char *text, size_t length)
{
  size_t at = 0;
  while (at < length) {
    const size_t step = character_length((const unsigned char *)text + at);
    if (!step) break;
    at += step;
  }
  return at;
}

int mf_tree_note_variants(mf_case *c)
{
  const int index = mf_tree_find(c->root, "variants", strlen("variants"));
  const mf_node *variants = index >= 0 ? c->root->child[index] : NULL;
  if (!variants || variants->kind != MF_MAPPING) return MF_OK;
  MF_TRY(mf_tree_take(c, &c->variants, sizeof *c->variants * (size_t)variants->count));
  for (int i = 0; i < variants->count; i++) c->variants[i] = variants->child[i]->key;
  c->variant_count = variants->count;
  return MF_OK;
}

int mf_case_variants(const mf_case *c, const char *const **names, int *count)
{
  *names = c->variants;
  *count = c->variant_count;
  return MF_OK;
}

const char *mf_case_file(const mf_case *c)
{
  return c->root->source->name;
}

const char *mf_case_variant(const mf_case *c)
{
  return c->variant;
}
