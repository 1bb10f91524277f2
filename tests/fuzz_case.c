/* SPDX-License-Identifier: BSD-3-Clause */
/* Made-up case files: what is read can be written, and reads back to the same text. */
#include "tests/fuzz.h"

#include "io/language/case.h"
#include "io/language/expression.h"

/* libfyaml 0.7.12 loses the buffer it grew for the text of some scalars (fy_atom_format_text does not release its
 * iterator).  What is forgotten on our side is seen by the tests of cases, which run without this. */
const char *__lsan_default_suppressions(void); /* NOLINT: the name is the sanitizer's */
const char *__lsan_default_suppressions(void)  /* NOLINT */
{
  return "leak:libfyaml";
}

/* The first line is an assignment, as of --set; the rest is the case. */
static void try_case(const char *assignment, const char *text)
{
  mf_case *c, *again;
  char *first, *second;
  const char *const *names;
  int count = 0;
  if (mf_case_parse(&c, "case.yaml", text)) return;
  mf_case_variants(c, &names, &count);
  (void)mf_case_choose_variant(c, count ? names[0] : NULL);
  (void)mf_case_set(c, assignment);
  FUZZ_TRUE(mf_case_emit(c, &first) == MF_OK);
  FUZZ_TRUE(mf_case_parse(&again, "again.yaml", first) == MF_OK);
  FUZZ_TRUE(mf_case_emit(again, &second) == MF_OK);
  FUZZ_TRUE(!strcmp(first, second));
  mf_scope *scope;
  FUZZ_TRUE(mf_scope_create(&scope) == MF_OK);
  (void)mf_scope_add_parameters(scope, mf_node_get(mf_case_root(c), "parameters"));
  mf_scope_free(scope);
  mf_case_free(c);
  mf_case_free(again);
  mf_release(first);
  mf_release(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = fuzz_text(data, size), *end = strchr(text, '\n');
  if (end) {
    *end = '\0';
    try_case(text, end + 1);
  }
  free(text);
  return 0;
}
