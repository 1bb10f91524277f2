/* SPDX-License-Identifier: BSD-3-Clause */
/* Made-up formulas: compiled, evaluated, and the copy for another thread has the same value. */
#include "tests/fuzz.h"

#include "io/language/expression.h"

static void evaluate(mf_expression *e)
{
  static const double point[][3] = {{0, 0, 0}, {1, -2, 0.5}, {1e300, -1e-300, 3}};
  mf_expression *copy;
  FUZZ_TRUE(mf_expression_copy(&copy, e) == MF_OK);
  for (int i = 0; i < 3; i++) {
    double one = 0, other = 0;
    const int status = mf_expression_at_extended(e, point[i], i, &one);
    FUZZ_TRUE(mf_expression_at_extended(copy, point[i], i, &other) == status);
    FUZZ_TRUE(status || !memcmp(&one, &other, sizeof one));
  }
  mf_expression_free(copy);
}

/* The formula as a text in single quotes, where only the quote itself and line ends mean anything. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  mf_case *c;
  mf_scope *scope;
  mf_expression *e;
  char *text = malloc(size + 8);
  FUZZ_TRUE(text);
  size_t used = (size_t)sprintf(text, "f: '");
  for (size_t i = 0; i < size; i++)
    if (data[i] && data[i] != '\'' && data[i] != '\n') text[used++] = (char)data[i];
  text[used] = '\0';
  strcat(text, "'\n");
  if (!mf_case_parse(&c, "case.yaml", text)) {
    FUZZ_TRUE(mf_scope_create(&scope) == MF_OK);
    FUZZ_TRUE(mf_scope_set(scope, "alpha", 2) == MF_OK && mf_scope_set(scope, "beta", 0.5) == MF_OK);
    if (!mf_expression_create(&e, scope, mf_node_get(mf_case_root(c), "f"), "xyzt")) {
      evaluate(e);
      mf_expression_free(e);
    }
    mf_scope_free(scope);
    mf_case_free(c);
  }
  free(text);
  return 0;
}
