/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON: what is written is read back, to the last bit, by another reader too. */
#include "tests/suite.h"

#include "io/json.h"
#include "io/language/case.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the document prints; to be freed. */
static char *printed(mf_json *j)
{
  char *text = NULL;
  FILE *file = tmpfile();
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(mf_json_print(j, file), MF_OK);
  const long size = ftell(file);
  rewind(file);
  text = calloc(1, (size_t)size + 1);
  ck_assert_uint_eq(fread(text, 1, (size_t)size, file), (size_t)size);
  fclose(file);
  return text;
}

static mf_json *document(void)
{
  mf_json *j;
  ck_assert_int_eq(mf_json_create(&j), MF_OK);
  return j;
}

/* YAML 1.2 contains JSON, so the reader of cases is a reader that does not know the writer. */
static mf_case *read_back(mf_json *j)
{
  mf_case *c;
  char *text = printed(j);
  ck_assert_msg(mf_case_parse(&c, "json", text) == MF_OK, "%s\n%s", mf_error(), text);
  free(text);
  return c;
}

/* Equal as numbers, not nearly: 17 digits are enough for every double (IEEE 754-2008, 5.12.2). */
START_TEST(numbers_are_read_back)
{
  const double number[] = {0,         -0.0,     1,       0.1,     0.1 + 0.2, 1.0 / 3,
                           -2.5e-300, 4.9e-324, DBL_MIN, DBL_MAX, 1e22,      1 + DBL_EPSILON};
  enum { COUNT = sizeof number / sizeof *number };
  mf_json *j = document();
  mf_json_numbers(j, "list", number, COUNT);
  mf_case *c = read_back(j);
  const mf_node *list = mf_node_get(mf_case_root(c), "list");
  ck_assert_int_eq(list->count, COUNT);
  for (int i = 0; i < COUNT; i++) {
    const double value = strtod(list->child[i]->text, NULL);
    ck_assert_msg(!memcmp(&value, &number[i], sizeof value), "%a became %s", number[i], list->child[i]->text);
  }
  mf_case_free(c);
}
END_TEST

START_TEST(what_is_not_finite_is_null_with_its_reason)
{
  mf_json *j = document();
  mf_json_number(j, "above", INFINITY);
  mf_json_number(j, "below", -INFINITY);
  mf_json_number(j, "none", NAN);
  mf_json_number_or(j, "why", NAN, "because");
  mf_json_number_or(j, "known", 2, "not shown");
  char *text = printed(j);
  ck_assert_str_eq(
      text, "{\n  \"above\": null,\n  \"above_reason\": \"infinite\",\n"
            "  \"below\": null,\n  \"below_reason\": \"minus infinity\",\n"
            "  \"none\": null,\n  \"why\": null,\n  \"why_reason\": \"because\",\n  \"known\": 2.0\n}\n");
  free(text);
}
END_TEST

START_TEST(keys_stay_in_their_order)
{
  static const mf_json_unit units[] = {{"z", "L"}, {"a", "M"}, {0}};
  mf_json *j = document();
  mf_json_units(j, units);
  mf_json_object(j, "inner");
  mf_json_count(j, "n", -3);
  mf_json_flag(j, "b", true);
  mf_json_end(j);
  mf_json_text(j, "a", NULL);
  char *text = printed(j);
  ck_assert_str_eq(text, "{\n  \"units\": {\n    \"z\": \"L\",\n    \"a\": \"M\"\n  },\n"
                         "  \"inner\": {\n    \"n\": -3,\n    \"b\": true\n  },\n  \"a\": null\n}\n");
  free(text);
}
END_TEST

/* A quote, a line end, a letter of two bytes, and bytes that are no UTF-8: alone, cut short, too long a form. */
START_TEST(texts_of_any_bytes_become_utf_8)
{
  static const char *const text[][2] = {{"say \"x\" \\ \n\xC3\xBC", "say \"x\" \\ \n\xC3\xBC"},
                                        {"a\xFF"
                                         "b",
                                         "a\xEF\xBF\xBD"
                                         "b"},
                                        {"\xC3", "\xEF\xBF\xBD"},
                                        {"\xC0\xAFx\xC3\xBC", "\xEF\xBF\xBD\xEF\xBF\xBDx\xC3\xBC"}};
  mf_json *j = document();
  mf_json_list(j, "list");
  for (int i = 0; i < 4; i++) mf_json_text(j, NULL, text[i][0]);
  mf_json_end(j);
  mf_case *c = read_back(j);
  const mf_node *list = mf_node_get(mf_case_root(c), "list");
  for (int i = 0; i < 4; i++) ck_assert_str_eq(list->child[i]->text, text[i][1]);
  mf_case_free(c);
}
END_TEST

static mf_json *reread(const char *text, int status)
{
  mf_json *j;
  FILE *file = tmpfile();
  fputs(text, file);
  rewind(file);
  ck_assert_int_eq(mf_json_read(&j, file), status);
  fclose(file);
  return j;
}

START_TEST(lists_of_documents_are_joined)
{
  mf_json *first = reread("{\"list\": [1, 2], \"one\": {\"x\": 0.10000000000000001}}", MF_OK),
          *j = document();
  mf_json_list(j, "list");
  mf_json_append(j, first, "list");
  mf_json_append(j, first, "list");
  mf_json_append(j, first, "one");
  mf_json_end(j);
  mf_json_free(first);
  mf_case *c = read_back(j);
  const mf_node *list = mf_node_get(mf_case_root(c), "list");
  ck_assert_int_eq(list->count, 5);
  ck_assert_str_eq(list->child[3]->text, "2");
  ck_assert_double_eq(strtod(mf_node_get(list->child[4], "x")->text, NULL), 0.1);
  mf_case_free(c);
}
END_TEST

START_TEST(what_is_no_document_is_refused)
{
  static const char *const text[] = {"", "{\"list\": [1,", "[1, 2]", "{\"a\": 1, \"a\": 2}", "3"};
  for (size_t i = 0; i < sizeof text / sizeof *text; i++) ck_assert_ptr_null(reread(text[i], MF_EFILE));
}
END_TEST

/* Nothing is printed of a document that is not whole. */
START_TEST(a_failure_is_kept)
{
  mf_json *j = document();
  for (int i = 0; i < 100; i++) mf_json_object(j, "deeper");
  for (int i = 0; i < 200; i++) mf_json_end(j);
  mf_json_text(j, "after", "all");
  FILE *file = tmpfile();
  ck_assert_int_eq(mf_json_print(j, file), MF_EMEMORY);
  ck_assert_int_eq(ftell(file), 0);
  fclose(file);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("json");
  TCase *all = tcase_create("json");
  tcase_add_test(all, numbers_are_read_back);
  tcase_add_test(all, what_is_not_finite_is_null_with_its_reason);
  tcase_add_test(all, keys_stay_in_their_order);
  tcase_add_test(all, texts_of_any_bytes_become_utf_8);
  tcase_add_test(all, lists_of_documents_are_joined);
  tcase_add_test(all, what_is_no_document_is_refused);
  tcase_add_test(all, a_failure_is_kept);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
