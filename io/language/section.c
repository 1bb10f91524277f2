/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections of a case: a mapping into a struct, by a parameter table.
 *
 * One row of the table says all there is to say about a key, so one function per kind reads every option of
 * the program, and every mistake is told in the same words. */
#define _POSIX_C_SOURCE 200809L
#include "io/language/section.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LIST_SIZE = 1024 };

/* ---- keys ---- */

/* Keys that had another name: by section, and what they are called now.  How long they stay: .github/CONTRIBUTING.md. */
static const struct {
  const char *section, *old, *now;
} renamed[] = {{"time", "method", "integrator"}};

static const char *present_name(const char *section, const char *key)
{
  for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
    if (!strcmp(renamed[i].section, section) && !strcmp(renamed[i].old, key)) return renamed[i].now;
  return NULL;
}

/* The end of a formula that a comma has cut: more brackets are closed than opened. */
static bool is_cut(const char *key)
{
  int depth = 0;
  for (; *key && depth >= 0; key++) depth += *key == '(' ? 1 : *key == ')' ? -1 : 0;
  return depth < 0;
}

/* What --set could have meant beside keys: "; parameters: alpha, beta". */
static void list_parameters(const mf_node *mapping, const mf_node *unknown, char *text, size_t size)
{
  const mf_node *parameters = mf_node_get(mapping, "parameters");
  size_t used = 0;
  *text = '\0';
  if (!parameters || parameters->kind != MF_MAPPING || strncmp(unknown->source->name, "--set", 5) != 0)
    return;
  for (int i = 0; i < parameters->count && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%s",
                             i ? ", " : "; parameters: ", parameters->child[i]->key);
}

static int unknown_key(const mf_node *mapping, const mf_node *node, const char *what,
                       const char *const *names, int count)
{
  char list[LIST_SIZE], parameters[LIST_SIZE];
  const char *now = present_name(what, node->key);
  if (now) return mf_node_key_error(node, "%s.%s is called %s.%s now", what, node->key, what, now);
  if (!count) return mf_node_key_error(node, "unknown key '%s': %s takes none", node->key, what);
  if (is_cut(node->key))
    return mf_node_key_error(
        node,
        "unknown key '%s' in %s: in braces a comma ends a value; put one that has commas in quotes, "
        "such as {potential: \"max(x, y)\"}",
        node->key, what);
  list_parameters(mapping, node, parameters, sizeof parameters);
  return mf_node_key_error(node, "unknown key '%s' in %s%s%s", node->key, what,
                           mf_suggest(list, sizeof list, node->key, names, count), parameters);
}

int mf_section_check_keys(const mf_node *mapping, const char *what, const char *const *names, int count)
{
  if (mf_node_absent(mapping)) return MF_OK;
  if (mapping->kind != MF_MAPPING) return mf_node_error(mapping, "%s needs keys with values here", what);
  for (int i = 0; i < mapping->count; i++) {
    int known = 0;
    while (known < count && strcmp(names[known], mapping->child[i]->key) != 0) known++;
    if (known == count) return unknown_key(mapping, mapping->child[i], what, names, count);
  }
  return MF_OK;
}

static int check_table_keys(const mf_node *mapping, const char *what, const mf_param_table *table)
{
  const char **names;
  MF_TRY(mf_objects_create(&names, table->count, sizeof *names));
  for (int i = 0; i < table->count; i++) names[i] = table->rows[i].key;
  const int status = mf_section_check_keys(mapping, what, names, table->count);
  mf_release(names);
  return status;
}

static int missing_key(const mf_node *mapping, const char *what, const mf_param *row)
{
  const char *separator = row->doc && *row->doc ? ": " : "", *doc = row->doc ? row->doc : "";
  if (!mapping)
    return mf_fail(MF_ECASE, "%s: key '%s' is missing (%s%s%s)", what, row->key,
                   mf_param_kind_name(row->kind), separator, doc);
  return mf_node_key_error(mapping, "%s: key '%s' is missing (%s%s%s)", what, row->key,
                           mf_param_kind_name(row->kind), separator, doc);
}

/* ---- numbers ---- */

static int wrong_kind(const mf_node *node, const mf_param *row)
{
  static const char *const kinds[] = {
      [MF_SCALAR] = "a single value", [MF_SEQUENCE] = "a list", [MF_MAPPING] = "a section"};
  return mf_node_error(node, "'%s' must be %s, not %s", row->key, mf_param_kind_name(row->kind),
                       mf_node_absent(node) ? "empty" : kinds[node->kind]);
}

static int check_range(const mf_node *node, const mf_param *row, double value)
{
  const double min = row->min, max = row->max;
  if ((min == 0 && max == 0) || (value >= min && value <= max)) return MF_OK;
  if (min == DBL_MIN && max == DBL_MAX)
    return mf_node_error(node, "'%s' must be positive; it is %.15g", row->key, value);
  if (isinf(max) || max == DBL_MAX)
    return mf_node_error(node, "'%s' must be at least %.15g; it is %.15g", row->key, min, value);
  if (isinf(min)) return mf_node_error(node, "'%s' must be at most %.15g; it is %.15g", row->key, max, value);
  return mf_node_error(node, "'%s' must lie between %.15g and %.15g; it is %.15g", row->key, min, max, value);
}

/* +1 or -1 for the words of infinity, which YAML spells with a dot; else 0. */
static int infinity_sign(const mf_node *node)
{
  if (node->quoted) return 0;
  const char *word = node->text;
  const int sign = *word == '-' ? -1 : 1;
  if (*word == '-' || *word == '+') word++;
  if (*word == '.') word++;
  return strcasecmp(word, "inf") == 0 || strcasecmp(word, "infinity") == 0 ? sign : 0;
}

static int read_number(const mf_node *node, const mf_param *row, mf_scope *scope, double *out)
{
  if (node->kind != MF_SCALAR || mf_node_absent(node)) return wrong_kind(node, row);
  const int sign = infinity_sign(node);
  if (!sign) {
    MF_TRY(mf_scope_number(scope, node, out));
    return check_range(node, row, *out);
  }
  *out = sign * HUGE_VAL;
  const bool allowed = row->kind == MF_REAL && (sign > 0 ? row->max : row->min) == *out;
  return allowed ? MF_OK : mf_node_error(node, "'%s' must be finite", row->key);
}

static int read_count(const mf_node *node, const mf_param *row, mf_scope *scope, long *out)
{
  const double largest = 9007199254740992.0; /* up to here every whole number is a double */
  double value;
  MF_TRY(read_number(node, row, scope, &value));
  const double whole = nearbyint(value);
  if (fabs(value - whole) > 1e-12 * fabs(value)) /* a formula may have rounded */
    return mf_node_error(node, "'%s' must be a whole number; it is %.15g", row->key, value);
  if (fabs(whole) > largest) return mf_node_error(node, "'%s' is too large: %.15g", row->key, value);
  *out = (long)whole;
  return MF_OK;
}

/* Appends the numbers of a list; its rows must be equally long, or they would be taken apart wrongly. */
static int read_numbers(const mf_node *node, const mf_param *row, mf_scope *scope, mf_reals *out)
{
  if (node->kind == MF_MAPPING) return wrong_kind(node, row);
  if (node->kind == MF_SCALAR) {
    if (out->count == MF_REALS_MAX)
      return mf_node_error(node, "'%s' is too long: there may be %d numbers", row->key, MF_REALS_MAX);
    MF_TRY(read_number(node, row, scope, &out->value[out->count]));
    out->count++;
    return MF_OK;
  }
  for (int i = 0; i < node->count; i++) {
    const mf_node *child = node->child[i], *first = node->child[0];
    if (child->kind != first->kind && child->kind != MF_MAPPING)
      return mf_node_error(child, "'%s' mixes numbers and lists", row->key);
    if (child->count != first->count && child->kind == MF_SEQUENCE)
      return mf_node_error(child, "'%s' has rows of different length: %d here, %d in the first", row->key,
                           child->count, first->count);
    MF_TRY(read_numbers(child, row, scope, out));
  }
  return MF_OK;
}

/* ---- words ---- */

static int read_flag(const mf_node *node, const mf_param *row, bool *out)
{
  static const char *const yes[] = {"true", "True", "TRUE"}, *const no[] = {"false", "False", "FALSE"};
  if (node->kind != MF_SCALAR || mf_node_absent(node)) return wrong_kind(node, row);
  for (int i = 0; i < 3; i++) {
    const bool is_true = strcmp(node->text, yes[i]) == 0, is_false = strcmp(node->text, no[i]) == 0;
    if (!is_true && !is_false) continue;
    if (node->quoted) return mf_node_error(node, "'%s' must be true or false without quotes", row->key);
    *out = is_true;
    return MF_OK;
  }
  return mf_node_error(node, "'%s' must be true or false, not '%s'", row->key, node->text);
}

static int read_choice(const mf_node *node, const mf_param *row, int *out)
{
  if (node->kind != MF_SCALAR || mf_node_absent(node)) return wrong_kind(node, row);
  int count = 0;
  for (; row->choices[count]; count++) {
    if (strcmp(row->choices[count], node->text) != 0) continue;
    *out = count;
    return MF_OK;
  }
  char list[LIST_SIZE];
  return mf_node_error(node, "'%s' cannot be '%s'%s", row->key, node->text,
                       mf_suggest(list, sizeof list, node->text, row->choices, count));
}

static int read_text(const mf_node *node, const mf_param *row, const char **out)
{
  if (node->kind != MF_SCALAR) return wrong_kind(node, row);
  *out = node->text;
  return MF_OK;
}

/* ---- the section ---- */

static int read_member(const mf_node *node, const mf_param *row, mf_scope *scope, void *options)
{
  void *member = (char *)options + row->offset;
  switch (row->kind) {
  case MF_REAL:
    return read_number(node, row, scope, member);
  case MF_COUNT:
    return read_count(node, row, scope, member);
  case MF_FLAG:
    return read_flag(node, row, member);
  case MF_TEXT:
    return read_text(node, row, member);
  case MF_CHOICE:
    return read_choice(node, row, member);
  case MF_REALS:
    *(mf_reals *)member = (mf_reals){0};
    if (mf_node_absent(node)) return wrong_kind(node, row);
    return read_numbers(node, row, scope, member);
  case MF_FIELD:
  case MF_DISPLACEMENT_FIELD:
    if (node->kind != MF_SCALAR || mf_node_absent(node)) return wrong_kind(node, row);
    ((mf_sampled *)member)->node = node;
    return MF_OK;
  case MF_TABLE:
    if (node->kind == MF_SEQUENCE || mf_node_absent(node)) return wrong_kind(node, row);
    ((mf_table *)member)->node = node;
    return MF_OK;
  case MF_NODE:
    *(const mf_node **)member = node;
    return MF_OK;
  }
  return MF_OK;
}

int mf_section_read(const mf_node *mapping, const char *what, const mf_param_table *table, mf_scope *scope,
                    void *options)
{
  mf_param_defaults(table, options);
  const bool shorthand = !mf_node_absent(mapping) && mapping->kind == MF_SCALAR;
  if (shorthand && table->count == 0) return mf_node_error(mapping, "%s takes no value", what);
  if (!shorthand) MF_TRY(check_table_keys(mapping, what, table));
  for (int i = 0; i < table->count; i++) {
    const mf_param *row = &table->rows[i];
    const mf_node *node = shorthand ? (i ? NULL : mapping) : mf_node_get(mapping, row->key);
    if (node)
      MF_TRY(read_member(node, row, scope, options));
    else if (row->required)
      return missing_key(mapping, what, row);
  }
  return MF_OK;
}
