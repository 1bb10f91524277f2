/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of numbers in text files: what io/data/numbers.h promises. */
#include "tests/scratch.h"

#include "grids/stage.h"
#include "io/data/numbers.h"

#include <math.h>
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

/* Whatever stands in the first line and around fields, the column with .5 1.5 2.5 3.5 is found, whole and in place. */
static const struct {
  const char *text;
  int column;
} spellings[] = {
    {"\xef\xbb\xbf"
     "0.5\n1.5\n2.5\n3.5\n",
     0},
    {"0.05D+01\n1.5d0\n2.5e0\n35D-1\n", 0},
    {"\"0.5\"\n 1.5 \n2.5\r\n3.5", 0},
    {"1,,0.5,7\n,,1.5,7\n1,2,2.5,\n,,3.5,\n", 2},
    {"1;;0.5\n1;2;1.5\n; ;2.5\n;;3.5\n", 2},
    {"setosa,0.5\nsetosa,1.5\nvirginica,2.5\n\"a, b\",3.5\n", 1},
    {"NA,0.5\n1,1.5\n2,2.5\n3,3.5\n", 1},
    {",0\n0,0.5\n1,1.5\n2,2.5\n3,3.5\n", 1},
    {"\"\",\"x\"\n\"1\",0.5\n\"2\",1.5\n\"3\",2.5\n\"4\",3.5\n", 1},
    {"x y\na 0.5 2\nb 1.5 2\nc 2.5 2\nd 3.5 2\n", 1},
    {"id,label\na,0.5\nb,1.5\nc,2.5\nd,3.5 # end\n", 1},
};

START_TEST(numbers_are_found_among_what_is_none)
{
  ck_assert_int_eq(read_table(spellings[_i].text), MF_OK);
  ck_assert_int_eq(table->rows, 4);
  ck_assert_int_eq(mf_numbers_need(table, spellings[_i].column), MF_OK);
  for (int i = 0; i < 4; i++)
    ck_assert_double_eq(table->value[i * table->columns + spellings[_i].column], i + 0.5);
}
END_TEST

/* A field that is empty or a word has no value, and a column with one is refused where it is needed. */
START_TEST(text_is_refused_where_numbers_are_needed)
{
  static const struct {
    const char *text, *says;
    int column;
  } tables[] = {{"1,,3\n4,5,6\n", "table.txt:1: '' is no number", 1},
                {"NA,1\n2,3\n", "table.txt:1: 'NA' is no number", 0},
                {"1\n2x\n", "table.txt:2: '2x' is no number", 0},
                {"1,5;2\n2,5;3\n", "table.txt:1: '1,5' is no number", 0},
                {"1\n0.5D\n", "table.txt:2: '0.5D' is no number", 0}};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    ck_assert_int_eq(read_table(tables[i].text), MF_OK);
    ck_assert(isnan(table->value[table->columns * (table->rows == 2 && strstr(tables[i].says, ":2:")) +
                                 tables[i].column]));
    ck_assert_int_eq(mf_numbers_need(table, tables[i].column), MF_EFILE);
    ck_assert_msg(strstr(mf_error(), tables[i].says) != NULL, "%s", mf_error());
    mf_numbers_free(table);
    mf_case_free(source);
    table = NULL;
    source = NULL;
  }
}
END_TEST

START_TEST(columns_may_be_many)
{
  enum { COLUMNS = 300 };
  char text[2 * COLUMNS + 2] = "";
  for (int i = 0; i < COLUMNS; i++) strcat(text, i ? ",1" : "1");
  ck_assert_int_eq(read_table(text), MF_OK);
  ck_assert_int_eq(table->columns, COLUMNS);
}
END_TEST

static char warning[512];
static void hear(void *self, const char *text)
{
  (void)self;
  snprintf(warning, sizeof warning, "%s", text);
}

/* A first line that may name columns by their numbers: it is read as values, with a word. */
START_TEST(doubtful_first_lines_are_told)
{
  mf_warning_listen(hear, NULL);
  ck_assert_int_eq(read_table("0\n2.5\n2.5\n3.5\n"), MF_OK);
  mf_warning_listen(NULL, NULL);
  ck_assert_int_eq(table->rows, 4);
  ck_assert_msg(strstr(warning, "table.txt:1: this line was read as values") != NULL, "%s", warning);
}
END_TEST

static const struct {
  const char *text, *says;
} mistakes[] = {
    {"1, 2\n3\n", "table.txt:2: 1 numbers, where 2 are expected"},
    {"a\tb\n", "holds no numbers"},
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
  tcase_add_loop_test(all, numbers_are_found_among_what_is_none, 0, sizeof spellings / sizeof *spellings);
  tcase_add_test(all, text_is_refused_where_numbers_are_needed);
  tcase_add_test(all, columns_may_be_many);
  tcase_add_test(all, doubtful_first_lines_are_told);
  tcase_add_loop_test(all, mistakes_are_located, 0, sizeof mistakes / sizeof *mistakes);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
