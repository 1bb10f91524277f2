/* SPDX-License-Identifier: BSD-3-Clause */
/* NAME_history.nc: a table in memory, its file as others find it, and what comes back. */
#include "tests/written.h"

#include "io/netcdf/history.h"

#include <math.h>

static const mf_attribute attributes[] = {{"title", "a test"}, {"references", "none"}};

static const mf_column columns[] = {
    {"time", "flow time", "1"}, {"mass", "total mass", "kg"}, {"energy", "free energy", "J"}};

static mf_history *history(int rows)
{
  mf_history *h;
  DO(mf_history_create(&h, columns, 3));
  for (int r = 0; r < rows; r++) {
    const double row[] = {0.1 * r, 1 / (1.0 + r), r == 1 ? NAN : exp(-7.1 * r)};
    DO(mf_history_append(h, row));
  }
  return h;
}

static void check_equal(const mf_history *h, const mf_history *other)
{
  ck_assert_int_eq(mf_history_rows(h), mf_history_rows(other));
  ck_assert_int_eq(mf_history_columns(h), mf_history_columns(other));
  for (int c = 0; c < mf_history_columns(h); c++) {
    const mf_column *a = mf_history_column(h, c), *b = mf_history_column(other, c);
    ck_assert_str_eq(a->name, b->name);
    ck_assert_str_eq(a->long_name, b->long_name);
    ck_assert_str_eq(a->units, b->units);
    for (int r = 0; r < mf_history_rows(h); r++) {
      const double x = mf_history_value(h, r, c), y = mf_history_value(other, r, c);
      ck_assert((isnan(x) && isnan(y)) || x == y);
    }
  }
}

START_TEST(history_is_a_table)
{
  mf_history *h =
      history(200); /* more than it makes room for at first; from exp(-710) on subnormal numbers, then 0 */
  ck_assert_int_eq(mf_history_rows(h), 200);
  ck_assert_int_eq(mf_history_columns(h), 3);
  ck_assert_int_eq(mf_history_find(h, "energy"), 2);
  ck_assert_int_eq(mf_history_find(h, "entropy"), -1);
  ck_assert(mf_history_value(h, 199, 1) == 1 / 200.0);
  ck_assert(mf_history_value(h, 3, 0) == 0.1 * 3);
  mf_history_free(h);
  mf_history_free(NULL);
  DO(mf_history_file_close(NULL));
  ck_assert_int_ne(mf_history_create(&h, columns + 1, 2), MF_OK); /* time comes first */
  ck_assert_ptr_null(h);
}
END_TEST

START_TEST(history_takes_more_columns)
{
  static const mf_attribute said[] = {{"kind", "bound"}, {"quantity", "mass"}};
  static const mf_column more[] = {{"claim_1", "mass falls", "kg"}, {"theory_1", "its bound", "1"}};
  const double row[] = {0, 1, 2};
  mf_history *h = history(0), *back;
  mf_history_file *f;
  DO(mf_history_add(h, &more[0], said, 2));
  DO(mf_history_add(h, &more[1], NULL, 0));
  DO(mf_history_file_create(&f, scratch("more_history.nc"), h, NULL, 0, false));
  DO(mf_history_append(h, row));
  DO(mf_history_append(h, row));
  ck_assert(isnan(mf_history_value(h, 1, 3)) && isnan(mf_history_value(h, 1, 4)));
  mf_history_set(h, 1, 3, 0.5);
  DO(mf_history_file_update(f, h));
  DO(mf_history_file_close(f));
  DO(mf_history_read(&back, scratch("more_history.nc")));
  check_equal(h, back);
  ck_assert(mf_history_value(back, 1, 3) == 0.5);
  ck_assert_str_eq(mf_history_attribute(back, 3, "kind"), "bound");
  ck_assert_str_eq(mf_history_attribute(back, 3, "quantity"), "mass");
  ck_assert_ptr_null(mf_history_attribute(back, 4, "kind"));
  ck_assert_ptr_null(mf_history_attribute(back, 3, "units"));    /* that is the column's own */
  ck_assert_int_ne(mf_history_add(h, &more[1], NULL, 0), MF_OK); /* it has rows */
  mf_history_free(h);
  mf_history_free(back);
}
END_TEST

START_TEST(history_comes_back)
{
  mf_history *h = history(0), *back;
  mf_history_file *f;
  const char *path = "back_history.nc";
  DO(mf_history_file_create(&f, scratch(path), h, attributes, 2, false));
  for (int r = 0; r < 105; r++) {
    const double row[] = {0.1 * r, 1 / (1.0 + r), r == 1 ? NAN : exp(-7.1 * r)};
    DO(mf_history_append(h, row));
    if (r % 3 == 0) DO(mf_history_file_update(f, h)); /* one row, then three at a time */
  }
  DO(mf_history_file_update(f, h));
  DO(mf_history_file_update(f, h));
  DO(mf_history_file_close(f));
  DO(mf_history_read(&back, scratch(path)));
  check_equal(h, back);
  mf_history_free(h);
  mf_history_free(back);
  const int nc = open_file(scratch(path));
  check_shape(nc, "time", NC_DOUBLE, "time");
  check_shape(nc, "energy", NC_DOUBLE, "time");
  check_text(nc, variable_of(nc, "time"), "axis", "T");
  check_text(nc, variable_of(nc, "mass"), "long_name", "total mass");
  check_text(nc, variable_of(nc, "mass"), "units", "kg");
  check_text(nc, NC_GLOBAL, "Conventions", "CF-1.8");
  check_text(nc, NC_GLOBAL, "title", "a test");
  ck_assert_uint_eq(records_of(nc), 105);
  NC(nc_close(nc));
}
END_TEST

START_TEST(empty_history_comes_back)
{
  mf_history *h = history(0), *back;
  mf_history_file *f;
  DO(mf_history_file_create(&f, scratch("empty_history.nc"), h, NULL, 0, false));
  DO(mf_history_file_update(f, h));
  DO(mf_history_file_close(f));
  DO(mf_history_read(&back, scratch("empty_history.nc")));
  check_equal(h, back);
  mf_history_free(h);
  mf_history_free(back);
}
END_TEST

static void write_history(void)
{
  mf_history *h = history(5);
  mf_history_file *f;
  DO(mf_history_file_create(&f, scratch("killed_history.nc"), h, NULL, 0, false));
  DO(mf_history_file_update(f, h));
  DO(mf_history_file_publish(f));
}

START_TEST(history_survives_a_kill)
{
  mf_history *h = history(5), *back;
  run_and_kill(write_history);
  DO(mf_history_read(&back, scratch("killed_history.nc")));
  check_equal(h, back);
  mf_history_free(h);
  mf_history_free(back);
}
END_TEST

START_TEST(history_is_not_overwritten_unasked)
{
  mf_history *h = history(2), *back;
  mf_history_file *f;
  write_text(scratch("old_history.nc"), "a year of work");
  REFUSED(mf_history_file_create(&f, scratch("old_history.nc"), h, NULL, 0, false), scratch("old_history.nc"),
          "use --force to replace it");
  ck_assert_ptr_null(f);
  check_file(scratch("old_history.nc"), "a year of work");
  DO(mf_history_file_create(&f, scratch("old_history.nc"), h, NULL, 0, true));
  DO(mf_history_file_update(f, h));
  DO(mf_history_file_close(f));
  DO(mf_history_read(&back, scratch("old_history.nc")));
  check_equal(h, back);
  mf_history_free(h);
  mf_history_free(back);
}
END_TEST

START_TEST(history_stops_where_there_is_no_room)
{
  mf_history *h = history(1), *back;
  mf_history_file *f;
  const rlim_t little = 1 << 12;
  const double row[] = {1, 2, 3};
  DO(mf_history_file_create(&f, scratch("full_history.nc"), h, NULL, 0, false));
  DO(mf_history_file_update(f, h));
  DO(mf_history_file_publish(f));
  DO(mf_history_append(h, row));
  limit_size(scratch("full_history.nc"), &little);
  REFUSED(mf_history_file_update(f, h), scratch("full_history.nc"), "ulimit");
  limit_size(NULL, NULL);
  DO(mf_history_file_close(f));
  DO(mf_history_read(&back, scratch("full_history.nc")));
  ck_assert_int_eq(mf_history_rows(back), 1);
  mf_history_free(h);
  mf_history_free(back);
}
END_TEST

START_TEST(other_files_are_no_history)
{
  mf_grid grid;
  mf_history *h;
  DO(mf_grid_init(&grid, 1, &(const long){2}, &(const double){0}, &(const double){1}, &(const bool){false}));
  write_fields(scratch("fields.nc"), &grid, 1, (const double[]){1, 2});
  REFUSED(mf_history_read(&h, scratch("fields.nc")), scratch("fields.nc"), "no history file");
  ck_assert_ptr_null(h);
  write_text(scratch("text_history.nc"), "time,mass\n0,1\n");
  REFUSED(mf_history_read(&h, scratch("text_history.nc")), scratch("text_history.nc"), "Unknown file format");
  REFUSED(mf_history_read(&h, scratch("absent.nc")), scratch("absent.nc"), "No such file");
  ck_assert_ptr_null(h);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("history");
  TCase *all = tcase_create("history");
  tcase_add_checked_fixture(all, scratch_create, scratch_remove);
  tcase_add_test(all, history_is_a_table);
  tcase_add_test(all, history_takes_more_columns);
  tcase_add_test(all, history_comes_back);
  tcase_add_test(all, empty_history_comes_back);
  tcase_add_test(all, history_survives_a_kill);
  tcase_add_test(all, history_is_not_overwritten_unasked);
  tcase_add_test(all, history_stops_where_there_is_no_room);
  tcase_add_test(all, other_files_are_no_history);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
