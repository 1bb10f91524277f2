/* SPDX-License-Identifier: BSD-3-Clause */
/** @file case.h  A case parsed from a text, the scope of its formulas, and messages to the letter.
 *
 *  Include it first of all, as scratch.h. */
#ifndef MF_TESTS_CASE_H
#define MF_TESTS_CASE_H

#include "tests/scratch.h"

#include "io/language/case.h"
#include "io/language/expression.h"

static mf_case *c;
static mf_scope *scope;

/** Fixtures of a test case: no case yet, and alpha = 2. */
static inline void set_up(void)
{
  c = NULL;
  ck_assert_int_eq(mf_scope_create(&scope), MF_OK);
  ck_assert_int_eq(mf_scope_set(scope, "alpha", 2), MF_OK);
}

static inline void tear_down(void)
{
  mf_case_free(c);
  mf_scope_free(scope);
}

/** A call that must fail with exactly this message. */
#define WRONG(call, message)                                                                                 \
  do {                                                                                                       \
    ck_assert_int_eq((call), MF_ECASE);                                                                      \
    ck_assert_str_eq(mf_error(), message);                                                                   \
  } while (0)

static inline void parse(const char *text)
{
  mf_case_free(c);
  DO(mf_case_parse(&c, "case.yaml", text));
}

/** Parses a case; its first value. */
static inline const mf_node *first_value(const char *text)
{
  parse(text);
  return mf_case_root(c)->child[0];
}

/** Follows keys and indices, "a.0.b", by the public fields alone. */
static inline const mf_node *at(const char *path)
{
  const mf_node *node = mf_case_root(c);
  char copy[128], *rest = copy;
  snprintf(copy, sizeof copy, "%s", path);
  for (char *key; node && (key = strtok_r(rest, ".", &rest));) {
    const int index = atoi(key);
    if (node->kind != MF_SEQUENCE)
      node = mf_node_get(node, key);
    else
      node = index < node->count ? node->child[index] : NULL;
  }
  return node;
}

#endif
