/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of numbers in text files: what io/data/numbers.h promises. */
#include "tests/scratch.h"

#include "io/data/numbers.h"

#include <string.h>

static mf_numbers *table;
static mf_case *source;

/* Reads the table that a case in the scratch folder names; status of the reading. */
static int read_table(const char *text)
{
  write_text(scratch("table.txt"), text);
  write_text(scratch("case.yaml"), "data: table.txt\n");
  ck_assert_int_eq(mf_case_read(&source, scratch("case.yaml")), MF_OK);
  return mf_numbers_read(&table, mf_node_get(mf_case_root(source), "data"));
}

START_TEST(numbers_are_read_row_by_row)
{
  ck_assert_int_eq(read_table("# two columns\n1, 2\n\n3;4 # a comment\n 5\t6e-1\n"), MF_OK);
  ck_assert_int_eq(table->rows, 3);
  ck_assert_int_eq(table->columns, 2);
  const double want[] = {1, 2, 3, 4, 5, 0.6};
  for (int i = 0; i < 6; i++) ck_assert_double_eq(table->value[i], want[i]);
  ck_assert_ptr_null(table->name);
}
END_TEST

START_TEST(a_first_line_of_words_names_the_columns)
{
  ck_assert_int_eq(read_table("a,b\n1,2\n"), MF_OK);
  ck_assert_str_eq(table->name[0], "a");
  ck_assert_str_eq(table->name[1], "b");
  ck_assert_int_eq(table->rows, 1);
}
END_TEST

START_TEST(many_rows_are_kept)
{
  enum { ROWS = 1000 };
  char text[8 * ROWS] = "";
  for (int i = 0; i < ROWS; i++) sprintf(text + strlen(text), "%d\n", i);
  ck_assert_int_eq(read_table(text), MF_OK);
  ck_assert_int_eq(table->rows, ROWS);
  for (int i = 0; i < ROWS; i++) ck_assert_double_eq(table->value[i], i);
}
END_TEST

static const struct {
  const char *text, *says;
} mistakes[] = {
    {"1, 2\n3\n", "table.txt:2: 1 numbers, where 2 are expected"},
    {"1\n2x\n", "table.txt:2: '2x' is no number"},
    {"# nothing\n", "holds no numbers"},
};

START_TEST(mistakes_are_located)
{
  ck_assert_int_eq(read_table(mistakes[_i].text), MF_EFILE);
  ck_assert_msg(strstr(mf_error(), mistakes[_i].says) != NULL, "%s", mf_error());
  ck_assert_msg(strstr(mf_error(), "case.yaml:1:7: error: ") != NULL, "%s", mf_error());
  ck_assert_ptr_null(table);
}
END_TEST

static void clear(void)
{
  mf_numbers_free(table);
  mf_case_free(source);
  scratch_remove();
}

int main(void)
{
  Suite *suite = suite_create("numbers");
  TCase *all = tcase_create("tables");
  tcase_add_checked_fixture(all, scratch_create, clear);
  tcase_add_test(all, numbers_are_read_row_by_row);
  tcase_add_test(all, a_first_line_of_words_names_the_columns);
  tcase_add_test(all, many_rows_are_kept);
  tcase_add_loop_test(all, mistakes_are_located, 0, sizeof mistakes / sizeof *mistakes);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
