/* SPDX-License-Identifier: BSD-3-Clause */
/* Overrides and variants: a value replaces what a dotted path leads to.
 *
 * Both are the same thing with different sources: `--set time.end=5` brings its own text, a variant points
 * into the file.  Either way the new node keeps its place, so a later complaint about it shows where it was
 * written. */
#define _POSIX_C_SOURCE 200809L
#include "io/language/tree.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_SIZE = 1024, PATH_DEPTH_MAX = 32 };

/* A dotted path and where its first character stands. */
typedef struct {
  const char *text;
  size_t length;
  const mf_source *source;
  int line, column;
} route;

/* One key of a path. */
typedef struct {
  const char *text;
  size_t length, offset; /* offset: from the start of the path */
} step;

static mf_node step_place(const route *r, const step *s)
{
  mf_node at = {.source = r->source, .line = r->line, .column = r->column};
  for (size_t i = 0; i < s->offset; i++)
    if (((unsigned char)r->text[i] & 0xC0) != 0x80) at.column++;
  return at;
}

static step next_step(const route *r, size_t offset)
{
  size_t length = 0;
  while (offset + length < r->length && r->text[offset + length] != '.') length++;
  return (step){r->text + offset, length, offset};
}

/* "; did you mean ..." among the keys of a mapping. */
static int suggest_key(char *buffer, const mf_node *mapping, const char *word)
{
  const char **names;
  MF_TRY(mf_objects_create(&names, mapping->count, sizeof *names));
  for (int i = 0; i < mapping->count; i++) names[i] = mapping->child[i]->key;
  mf_suggest(buffer, LIST_SIZE, word, names, mapping->count);
  mf_release(names);
  return MF_OK;
}

static int single_value_error(const route *r, const step *s, const mf_node *parent)
{
  const mf_node here = step_place(r, s);
  char keys[LIST_SIZE] = "";
  if (parent && parent->kind == MF_MAPPING) MF_TRY(suggest_key(keys, parent, ""));
  return mf_node_error(&here, "there is no '%.*s', because '%.*s' is a single value%s", (int)s->length,
                       s->text, (int)s->offset - 1, r->text, keys);
}

static int find_index(const route *r, const step *s, const mf_node *sequence, int *index)
{
  const mf_node here = step_place(r, s);
  const int name_length = s->offset ? (int)s->offset - 1 : 0;
  if (strspn(s->text, "0123456789") < s->length)
    return mf_node_error(&here, "'%.*s' is a list: its parts are numbered from 0, not named", name_length,
                         r->text);
  const long number = s->length > 9 ? sequence->count : strtol(s->text, NULL, 10);
  if (sequence->count == 0) return mf_node_error(&here, "'%.*s' is an empty list", name_length, r->text);
  if (number >= sequence->count)
    return mf_node_error(&here, "'%.*s' has no part %.*s; its parts are 0 to %d", name_length, r->text,
                         (int)s->length, s->text, sequence->count - 1);
  *index = (int)number;
  return MF_OK;
}

/* Gives a node the key of a step. */
static int name_node(mf_case *c, const route *r, const step *s, mf_node *node)
{
  const mf_node here = step_place(r, s);
  MF_TRY(mf_tree_text(c, &node->key, s->text, s->length));
  node->key_line = here.line;
  node->key_column = here.column;
  return MF_OK;
}

/* Index of the step's child in `at`; one is appended where a mapping has none. */
static int reach(mf_case *c, const route *r, const step *s, mf_node *at, const mf_node *parent, int *index)
{
  if (at->kind == MF_SEQUENCE) return find_index(r, s, at, index);
  if (mf_node_absent(at)) { /* "time:" with nothing behind it */
    at->kind = MF_MAPPING;
    at->text = NULL;
  }
  if (at->kind == MF_SCALAR) return single_value_error(r, s, parent);
  *index = mf_tree_find(at, s->text, s->length);
  if (*index >= 0) return MF_OK;
  mf_node *child;
  MF_TRY(mf_tree_node(c, &child, MF_MAPPING, r->source));
  MF_TRY(name_node(c, r, s, child));
  child->line = child->key_line;
  child->column = child->key_column;
  *index = at->count;
  return mf_tree_add(c, at, child);
}

/* Where a path begins: at the root, or among the parameters if only they know its first key. */
static mf_node *start_of(mf_case *c, const step *first)
{
  const mf_node *root = c->root;
  if (mf_tree_find(root, first->text, first->length) >= 0) return c->root;
  const int p = mf_tree_find(root, "parameters", strlen("parameters"));
  mf_node *parameters = p >= 0 ? root->child[p] : NULL;
  const bool known = parameters && parameters->kind == MF_MAPPING &&
                     mf_tree_find(parameters, first->text, first->length) >= 0;
  return known ? parameters : c->root;
}

static int check_route(const route *r)
{
  int depth = 0;
  for (size_t offset = 0; offset <= r->length; depth++) {
    const step s = next_step(r, offset);
    const mf_node here = step_place(r, &s);
    if (s.length == 0) return mf_node_error(&here, "a key is missing here");
    if (depth == PATH_DEPTH_MAX) return mf_node_error(&here, "the path is too long");
    offset += s.length + 1;
  }
  return MF_OK;
}

/* Puts `value` where the path leads. */
static int replace(mf_case *c, const route *r, mf_node *value)
{
  MF_TRY(check_route(r));
  step s = next_step(r, 0);
  mf_node *parent = NULL, *at = start_of(c, &s);
  for (;;) {
    int index = 0;
    MF_TRY(reach(c, r, &s, at, parent, &index));
    const size_t next = s.offset + s.length + 1;
    if (next > r->length) {
      value->key = NULL;
      if (at->kind == MF_MAPPING) MF_TRY(name_node(c, r, &s, value));
      ((mf_node **)at->child)[index] = value;
      return MF_OK;
    }
    parent = at;
    at = at->child[index];
    s = next_step(r, next);
  }
}

/* ---- overrides ---- */

int mf_case_set(mf_case *c, const char *assignment)
{
  mf_source *source;
  MF_TRY(mf_tree_source(c, &source, "--set ", assignment, assignment));
  const char *equals = strchr(source->text, '=');
  if (!equals) {
    const mf_node at = {.source = source, .line = 1, .column = 1};
    return mf_node_error(&at, "there is no '='; write KEY=VALUE, like time.end=5");
  }
  const size_t blanks = strspn(source->text, " ");
  size_t length = (size_t)(equals - source->text);
  while (length > blanks && source->text[length - 1] == ' ') length--;
  const route r = {source->text + blanks, length - blanks, source, 1, 1 + (int)blanks};
  mf_node *value;
  MF_TRY(mf_tree_parse(c, &value, source, (size_t)(equals + 1 - source->text)));
  MF_TRY(replace(c, &r, value));
  return mf_tree_note_variants(c);
}

/* ---- variants ---- */

static int no_such_variant(const mf_case *c, const mf_node *variants, const char *name)
{
  if (!variants || !c->variant_count)
    return mf_fail(MF_ECASE, "%s: there is no variant '%s': the case has none", c->root->source->name, name);
  char list[LIST_SIZE];
  mf_suggest(list, sizeof list, name, c->variants, c->variant_count);
  return mf_node_key_error(variants, "there is no variant '%s'%s", name, list);
}

static int check_sections(const mf_node *variants)
{
  if (mf_node_absent(variants)) return MF_OK;
  if (variants->kind != MF_MAPPING)
    return mf_node_error(variants, "variants are named sections, like 'quick: {time.end: 1}'");
  for (int i = 0; i < variants->count; i++) {
    const mf_node *variant = variants->child[i];
    if (!mf_node_absent(variant) && variant->kind != MF_MAPPING)
      return mf_node_error(variant, "a variant is a section of paths and values, like 'time.end: 1'");
  }
  return MF_OK;
}

int mf_case_choose_variant(mf_case *c, const char *name)
{
  const int index = mf_tree_find(c->root, "variants", strlen("variants"));
  const mf_node *variants = index >= 0 ? c->root->child[index] : NULL;
  if (variants) MF_TRY(check_sections(variants));
  const mf_node *variant = name && variants ? mf_node_get(variants, name) : NULL;
  if (name && !variant) return no_such_variant(c, variants, name);
  if (variants) mf_tree_remove(c->root, index);
  if (variant) c->variant = variant->key;
  for (int i = 0; variant && i < variant->count; i++) {
    mf_node *value = variant->child[i];
    const char *key = mf_tree_at(value->source, value->key_line, value->key_column);
    const int quote = *key == '"' || *key == '\'';
    const route r = {value->key, strlen(value->key), value->source, value->key_line,
                     value->key_column + quote};
    MF_TRY(replace(c, &r, value));
  }
  return MF_OK;
}
