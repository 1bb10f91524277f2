/* SPDX-License-Identifier: BSD-3-Clause */
/* NAME.nc and NAME.nc.xmf as others find them: layout, safety, refusals. */
#include "tests/written.h"

#include <math.h>

/* A box whose axes differ in everything; lo + 7 ((hi - lo)/7) is not hi. */
static mf_grid box(int dim)
{
  static const long cells[MF_AXES] = {7, 5, 3};
  static const double lo[MF_AXES] = {-0.7, 1, 10}, hi[MF_AXES] = {0.2, 3.3, 14};
  static const bool periodic[MF_AXES] = {false, true, false};
  mf_grid grid;
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  return grid;
}

static const mf_field_info varying[] = {{"density", "density of the measure", "1", true},
                                        {"potential", "first variation", "J", false}};
static const mf_field_info fixed[] = {{"target", "target density", "1", true}};
static const mf_attribute attributes[] = {{"title", "a test"}, {"references", "none"}};

static mf_fields_layout layout_of(const mf_grid *grid)
{
  return (mf_fields_layout){.grid = grid,
                            .varying = varying,
                            .varying_count = 2,
                            .fixed = fixed,
                            .fixed_count = 1,
                            .attributes = attributes,
                            .attribute_count = 2};
}

/* A number that no other field, record or cell has. */
static double value_of(int field, long record, ptrdiff_t cell)
{
  return 1e6 * field + 1e3 * (double)record + (double)cell + 1.0 / 3;
}

static void append(mf_fields *f, const mf_grid *grid, long record)
{
  double *a, *b;
  DO(mf_reals_create(&a, grid->cells));
  DO(mf_reals_create(&b, grid->cells));
  for (ptrdiff_t c = 0; c < grid->cells; c++) a[c] = value_of(0, record, c), b[c] = value_of(1, record, c);
  const double *const both[] = {a, b};
  DO(mf_fields_append(f, 0.1 * (double)record, both));
  DO(mf_fields_publish(f));
  mf_release(a);
  mf_release(b);
}

static void put_target(mf_fields *f, const mf_grid *grid)
{
  double *values;
  DO(mf_reals_create(&values, grid->cells));
  for (ptrdiff_t c = 0; c < grid->cells; c++) values[c] = value_of(2, 0, c);
  DO(mf_fields_put_fixed(f, 0, values));
  mf_release(values);
}

static void write_run(const char *path, const mf_fields_layout *layout, long records)
{
  mf_fields *f;
  DO(mf_fields_create(&f, path, layout));
  put_target(f, layout->grid);
  for (long r = 0; r < records; r++) append(f, layout->grid, r);
  DO(mf_fields_close(f));
}

static void check_no_attribute(int nc, int variable, const char *name)
{
  int id;
  ck_assert_msg(nc_inq_attid(nc, variable, name, &id) == NC_ENOTATT, "there is an attribute %s", name);
}

static const char *const axes[] = {"x", "y", "z"};

/* Slowest first, and the unlimited dimension first of all, as CF and ParaView have it. */
START_TEST(dimensions_are_in_order)
{
  static const char *const space[] = {"x", "y x", "z y x"};
  static const char *const space_time[] = {"time x", "time y x", "time z y x"};
  const int dim = _i;
  const mf_grid grid = box(dim);
  const mf_fields_layout layout = layout_of(&grid);
  int format, variables;
  write_run(scratch("order.nc"), &layout, 2);
  const int nc = open_file(scratch("order.nc"));
  NC(nc_inq_format(nc, &format));
  ck_assert_int_eq(format, NC_FORMAT_NETCDF4_CLASSIC);
  check_shape(nc, "time", NC_DOUBLE, "time");
  check_shape(nc, "density", NC_DOUBLE, space_time[dim - 1]);
  check_shape(nc, "potential", NC_DOUBLE, space_time[dim - 1]);
  check_shape(nc, "target", NC_DOUBLE, space[dim - 1]);
  for (int a = 0; a < dim; a++) {
    char bounds[16], shape[16];
    snprintf(bounds, sizeof bounds, "%s_bnds", axes[a]);
    snprintf(shape, sizeof shape, "%s nv", axes[a]);
    check_shape(nc, axes[a], NC_DOUBLE, axes[a]);
    check_shape(nc, bounds, NC_DOUBLE, shape);
  }
  /* Nothing else: ParaView shows nothing if a variable of another shape comes first in the alphabet. */
  NC(nc_inq_nvars(nc, &variables));
  ck_assert_int_eq(variables, 4 + 2 * dim);
  NC(nc_close(nc));
}
END_TEST

START_TEST(attributes_are_right)
{
  static const char *const methods[] = {"x: mean", "x: y: mean", "x: y: z: mean"};
  static const char *const points[] = {"x: point", "x: y: point", "x: y: z: point"};
  const int dim = _i;
  const mf_grid grid = box(dim);
  const mf_fields_layout layout = layout_of(&grid);
  write_run(scratch("attributes.nc"), &layout, 1);
  const int nc = open_file(scratch("attributes.nc"));
  check_text(nc, NC_GLOBAL, "Conventions", "CF-1.8");
  check_text(nc, NC_GLOBAL, "title", "a test");
  check_text(nc, NC_GLOBAL, "references", "none");
  const int time = variable_of(nc, "time");
  check_text(nc, time, "axis", "T");
  check_text(nc, time, "units", "1");
  check_text(nc, time, "long_name", "flow time");
  check_no_attribute(nc, time, "standard_name"); /* CF would want a date */
  for (int a = 0; a < dim; a++) {
    char bounds[16];
    snprintf(bounds, sizeof bounds, "%s_bnds", axes[a]);
    const int axis = variable_of(nc, axes[a]);
    check_text(nc, axis, "units", "1");
    check_text(nc, axis, "long_name", axes[a]);
    check_text(nc, axis, "bounds", bounds);
    check_no_attribute(nc, axis, "axis"); /* ParaView would draw on a sphere */
    check_no_attribute(nc, axis, "standard_name");
  }
  check_text(nc, variable_of(nc, "density"), "cell_methods", methods[dim - 1]);
  check_text(nc, variable_of(nc, "density"), "long_name", "density of the measure");
  check_text(nc, variable_of(nc, "potential"), "units", "J");
  check_text(nc, variable_of(nc, "potential"), "cell_methods", points[dim - 1]);
  check_text(nc, variable_of(nc, "target"), "cell_methods", methods[dim - 1]);
  NC(nc_close(nc));
}
END_TEST

START_TEST(coordinates_are_right)
{
  const mf_grid grid = box(3);
  const mf_fields_layout layout = layout_of(&grid);
  write_run(scratch("coordinates.nc"), &layout, 0);
  const int nc = open_file(scratch("coordinates.nc"));
  for (int a = 0; a < 3; a++) {
    double centre[8], bounds[8][2];
    char name[16];
    snprintf(name, sizeof name, "%s_bnds", axes[a]);
    NC(nc_get_var_double(nc, variable_of(nc, axes[a]), centre));
    NC(nc_get_var_double(nc, variable_of(nc, name), &bounds[0][0]));
    ck_assert(bounds[0][0] == grid.lo[a]);
    ck_assert(bounds[grid.n[a] - 1][1] == grid.hi[a]);
    for (int i = 0; i < grid.n[a]; i++) {
      ck_assert(centre[i] == mf_grid_coordinate(&grid, a, i));
      ck_assert(bounds[i][0] < centre[i] && centre[i] < bounds[i][1]);
      ck_assert(i == 0 || bounds[i][0] == bounds[i - 1][1]); /* no gaps, not even of round-off */
    }
  }
  NC(nc_close(nc));
}
END_TEST

START_TEST(values_land_in_their_cells)
{
  const int dim = _i;
  const mf_grid grid = box(dim);
  const mf_fields_layout layout = layout_of(&grid);
  write_run(scratch("values.nc"), &layout, 3);
  const int nc = open_file(scratch("values.nc"));
  ck_assert_uint_eq(records_of(nc), 3);
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    size_t index[1 + MF_AXES];
    double value;
    ptrdiff_t rest = c;
    for (int a = 0; a < dim; a++, rest /= grid.n[a - 1]) index[dim - a] = (size_t)(rest % grid.n[a]);
    NC(nc_get_var1_double(nc, variable_of(nc, "target"), index + 1, &value));
    ck_assert(value == value_of(2, 0, c));
    for (long r = 0; r < 3; r++) {
      index[0] = (size_t)r;
      NC(nc_get_var1_double(nc, variable_of(nc, "density"), index, &value));
      ck_assert(value == value_of(0, r, c));
      NC(nc_get_var1_double(nc, variable_of(nc, "potential"), index, &value));
      ck_assert(value == value_of(1, r, c));
      NC(nc_get_var1_double(nc, variable_of(nc, "time"), index, &value));
      ck_assert(value == 0.1 * (double)r);
    }
  }
  NC(nc_close(nc));
}
END_TEST

START_TEST(single_precision_keeps_infinity)
{
  const mf_grid grid = box(1);
  mf_fields_layout layout = layout_of(&grid);
  const double given[7] = {INFINITY, -INFINITY, 1e300, 1e-300, 0.1, -0.0, 3};
  const double *const both[] = {given, given};
  double kept[7];
  mf_fields *f;
  layout.single = true;
  layout.fixed_count = 0;
  DO(mf_fields_create(&f, scratch("single.nc"), &layout));
  DO(mf_fields_append(f, 0.1, both));
  DO(mf_fields_close(f));
  const int nc = open_file(scratch("single.nc"));
  check_shape(nc, "density", NC_FLOAT, "time x");
  check_shape(nc, "x", NC_DOUBLE, "x");
  check_shape(nc, "time", NC_DOUBLE, "time");
  NC(nc_get_var_double(nc, variable_of(nc, "density"), kept));
  ck_assert(kept[0] == INFINITY && kept[1] == -INFINITY && kept[2] == INFINITY && kept[3] == 0);
  ck_assert(kept[4] == (double)0.1f && kept[5] == 0 && signbit(kept[5]) && kept[6] == 3);
  NC(nc_close(nc));
  ck_assert_int_eq(occurrences_in(scratch("single.nc.xmf"), "Precision=\"4\" Format=\"HDF\""), 2);
}
END_TEST

START_TEST(compression_is_lossless)
{
  const mf_grid grid = box(3);
  mf_fields_layout layout = layout_of(&grid);
  int shuffle, deflate, level;
  double values[7 * 5 * 3];
  layout.deflate = 2;
  write_run(scratch("deflate.nc"), &layout, 1);
  const int nc = open_file(scratch("deflate.nc"));
  NC(nc_inq_var_deflate(nc, variable_of(nc, "target"), &shuffle, &deflate, &level));
  ck_assert(shuffle && deflate && level == 2);
  NC(nc_get_var_double(nc, variable_of(nc, "target"), values));
  for (ptrdiff_t c = 0; c < grid.cells; c++) ck_assert(values[c] == value_of(2, 0, c));
  NC(nc_close(nc));
  mf_fields *f;
  layout.deflate = 10;
  ck_assert_int_eq(mf_fields_create(&f, scratch("deflate10.nc"), &layout), MF_ECASE);
  ck_assert_ptr_null(f);
  ck_assert(!is_there(scratch("deflate10.nc")));
}
END_TEST

static const struct {
  int dim;
  long cells[MF_AXES];
} shapes[] = {
    {1, {7}},         {1, {1000003}},       {1, {2000000}},       {2, {3000, 2000}},   {2, {40000, 2}},
    {2, {600001, 2}}, {3, {256, 256, 256}}, {3, {200, 210, 230}}, {3, {1000, 1000, 3}}};

/* A record a chunk at most, a size that is read in one go, and no room lost: netCDF's own choice pads by up
 * to a half. */
START_TEST(chunks_fit)
{
  const double lo[] = {0, 0, 0}, hi[] = {1, 1, 1};
  const bool periodic[] = {false, false, false};
  const int dim = shapes[_i].dim;
  int storage;
  size_t chunk[4];
  mf_grid grid;
  DO(mf_grid_init(&grid, dim, shapes[_i].cells, lo, hi, periodic));
  const mf_fields_layout layout = layout_of(&grid);
  mf_fields *f;
  DO(mf_fields_create(&f, scratch("chunks.nc"), &layout));
  DO(mf_fields_close(f));
  const int nc = open_file(scratch("chunks.nc"));
  NC(nc_inq_var_chunking(nc, variable_of(nc, "density"), &storage, chunk));
  ck_assert_int_eq(storage, NC_CHUNKED);
  ck_assert_uint_eq(chunk[0], 1);
  double bytes = sizeof(double), padded = 1;
  for (int a = 0; a < dim; a++) {
    const size_t n = (size_t)grid.n[a], piece = chunk[dim - a];
    ck_assert(1 <= piece && piece <= n);
    bytes *= (double)piece;
    padded *= (double)((n + piece - 1) / piece * piece);
  }
  ck_assert_double_le(bytes, 4 << 20);
  ck_assert(bytes >= 1 << 20 || bytes >= 8 * (double)grid.cells / 2); /* nor crumbs */
  ck_assert_double_le(padded, 1.02 * (double)grid.cells);
  NC(nc_close(nc));
}
END_TEST

static void write_three_records(void)
{
  const mf_grid grid = box(2);
  const mf_fields_layout layout = layout_of(&grid);
  mf_fields *f;
  DO(mf_fields_create(&f, scratch("killed.nc"), &layout));
  put_target(f, &grid);
  for (long r = 0; r < 3; r++) append(f, &grid, r);
}

START_TEST(records_survive_a_kill)
{
  double values[3 * 35];
  run_and_kill(write_three_records);
  const int nc = open_file(scratch("killed.nc"));
  ck_assert_uint_eq(records_of(nc), 3);
  NC(nc_get_var_double(nc, variable_of(nc, "density"), values));
  for (long r = 0; r < 3; r++)
    for (ptrdiff_t c = 0; c < 35; c++) ck_assert(values[35 * r + c] == value_of(0, r, c));
  NC(nc_get_var_double(nc, variable_of(nc, "target"), values));
  ck_assert(values[34] == value_of(2, 0, 34));
  NC(nc_close(nc));
  ck_assert_int_eq(occurrences_in(scratch("killed.nc.xmf"), "<Time Value="), 3);
}
END_TEST

/* A run that was opened and died before its first record is a file all the same. */
START_TEST(side_file_is_whole)
{
  const mf_grid grid = box(2);
  const mf_fields_layout layout = layout_of(&grid);
  mf_fields *f;
  char temporary[64];
  DO(mf_fields_create(&f, scratch("a<b&c.nc"), &layout));
  ck_assert(!is_there(scratch("a<b&c.nc.xmf"))); /* there is nothing to see yet */
  for (long r = 1; r < 4; r++) {
    append(f, &grid, r - 1);
    char *xmf = file_text(scratch("a<b&c.nc.xmf"));
    const size_t length = strlen(xmf);
    ck_assert_int_eq(occurrences(xmf, "<Time Value="), r);
    ck_assert_int_eq(occurrences(xmf, ">a&lt;b&amp;c.nc:/density|"), r);
    ck_assert_int_eq(occurrences(xmf, ">a&lt;b&amp;c.nc:/target<"), r);
    ck_assert_int_eq(occurrences(xmf, "a<b"), 0);
    ck_assert(length > 8 && !strcmp(xmf + length - 8, "</Xdmf>\n"));
    free(xmf);
  }
  DO(mf_fields_close(f));
  snprintf(temporary, sizeof temporary, "a<b&c.nc.xmf.part.%ld.0", (long)getpid());
  ck_assert(!is_there(scratch(temporary)));
}
END_TEST

/* Long runs renew it now and then, and in the end. */
START_TEST(side_file_catches_up)
{
  const mf_grid grid = box(1);
  const mf_fields_layout layout = layout_of(&grid);
  mf_fields *f;
  DO(mf_fields_create(&f, scratch("long.nc"), &layout));
  for (int r = 0; r < 700; r++) append(f, &grid, r);
  const int shown = occurrences_in(scratch("long.nc.xmf"), "<Time Value=");
  ck_assert(shown >= 700 - 1 - 700 / 64 && shown <= 700);
  DO(mf_fields_close(f));
  ck_assert_int_eq(occurrences_in(scratch("long.nc.xmf"), "<Time Value="), 700);
}
END_TEST

/* A limit on file sizes stands for a disk that is full: both are looked at before HDF5 is, which does not
 * recover. */
START_TEST(no_room_is_told_and_survived)
{
  const mf_grid grid = box(3);
  const mf_fields_layout layout = layout_of(&grid);
  const rlim_t little = 1 << 12;
  const double values[7 * 5 * 3] = {0}, *const both[] = {values, values};
  mf_fields *f;
  DO(mf_fields_create(&f, scratch("full.nc"), &layout));
  append(f, &grid, 0);
  append(f, &grid, 1);
  limit_size(scratch("full.nc"), &little);
  REFUSED(mf_fields_append(f, 2, both), scratch("full.nc"), "ulimit");
  REFUSED(mf_fields_put_fixed(f, 0, values), scratch("full.nc"), "ulimit");
  limit_size(NULL, NULL);
  DO(mf_fields_close(f));
  const int nc = open_file(scratch("full.nc"));
  ck_assert_uint_eq(records_of(nc), 2);
  NC(nc_close(nc));
  limit_size(scratch("full.nc"), &little);
  REFUSED(mf_fields_create(&f, scratch("none.nc"), &layout), scratch("none.nc"), "ulimit");
  limit_size(NULL, NULL);
  ck_assert(!is_there(scratch("none.nc")) && !is_there(scratch("none.nc.xmf")));
}
END_TEST

/* The side file's temporary name leads to a device that is always full. */
/* No descriptor is left for the side file; the fields need none, their file is open. */
START_TEST(failure_spares_the_side_file)
{
  const mf_grid grid = box(1);
  const mf_fields_layout layout = layout_of(&grid);
  const double values[7] = {0}, *const both[] = {values, values};
  struct rlimit before, none;
  mf_fields *f;
  DO(mf_fields_create(&f, scratch("side.nc"), &layout));
  append(f, &grid, 0);
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = (struct rlimit){0, before.rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
  const int status = mf_fields_append(f, 1, both);
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
  ck_assert_int_eq(status, MF_EFILE);
  ck_assert_ptr_nonnull(strstr(mf_error(), "side.nc.xmf: cannot create it: Too many open files"));
  ck_assert_int_eq(occurrences_in(scratch("side.nc.xmf"), "<Time Value="), 1);
  DO(mf_fields_close(f)); /* now it can be made, and both records are shown */
  ck_assert_int_eq(occurrences_in(scratch("side.nc.xmf"), "<Time Value="), 2);
}
END_TEST

/* Who guesses the name of the temporary file must not get a document over what his link leads to. */
START_TEST(planted_links_are_not_followed)
{
  const mf_grid grid = box(1);
  const mf_fields_layout layout = layout_of(&grid);
  char planted[64];
  mf_fields *f;
  DO(mf_fields_create(&f, scratch("aimed.nc"), &layout));
  write_text(scratch("victim"), "a year of work");
  snprintf(planted, sizeof planted, "aimed.nc.xmf.part.%ld.0", (long)getpid());
  ck_assert_int_eq(symlink("victim", scratch(planted)), 0);
  append(f, &grid, 0);
  DO(mf_fields_close(f));
  check_file(scratch("victim"), "a year of work");
  ck_assert(is_there(scratch(planted)));
  ck_assert_int_eq(occurrences_in(scratch("aimed.nc.xmf"), "<Time Value="), 1);
}
END_TEST

START_TEST(nothing_is_overwritten_unasked)
{
  const mf_grid grid = box(1);
  const mf_fields_layout layout = layout_of(&grid);
  mf_fields *f = (mf_fields *)&grid;
  write_text(scratch("mine.nc"), "a year of work");
  REFUSED(mf_fields_create(&f, scratch("mine.nc"), &layout), scratch("mine.nc"), "use --force to replace it");
  ck_assert_ptr_null(f);
  check_file(scratch("mine.nc"), "a year of work");
  ck_assert(!is_there(scratch("mine.nc.xmf")));

  write_text(scratch("yours.nc.xmf"), "another year");
  REFUSED(mf_fields_create(&f, scratch("yours.nc"), &layout), scratch("yours.nc.xmf"),
          "use --force to replace it");
  check_file(scratch("yours.nc.xmf"), "another year");
  ck_assert(!is_there(scratch("yours.nc")));
}
END_TEST

START_TEST(force_replaces_both)
{
  const mf_grid grid = box(1), other = box(2);
  mf_fields_layout layout = layout_of(&other);
  write_run(scratch("again.nc"), &layout, 4);
  layout.grid = &grid;
  layout.force = true;
  write_run(scratch("again.nc"), &layout, 1);
  const int nc = open_file(scratch("again.nc"));
  check_shape(nc, "density", NC_DOUBLE, "time x");
  ck_assert_uint_eq(records_of(nc), 1);
  NC(nc_close(nc));
  ck_assert_int_eq(occurrences_in(scratch("again.nc.xmf"), "<Time Value="), 1);
  ck_assert_int_eq(occurrences_in(scratch("again.nc.xmf"), "Dimensions=\"1 1 8\""), 1);
}
END_TEST

/* A new run is nothing until it has its first record. */
START_TEST(old_run_stays_until_there_is_a_record)
{
  const mf_grid grid = box(1);
  mf_fields_layout layout = layout_of(&grid);
  const double values[7] = {0}, *const both[] = {values, values};
  mf_fields *f;
  write_text(scratch("old.nc"), "a year of work");
  write_text(scratch("old.nc.xmf"), "and how to see it");
  layout.force = true;
  for (int records = 0; records < 2; records++) {
    DO(mf_fields_create(&f, scratch("old.nc"), &layout));
    for (int r = 0; r < records; r++) DO(mf_fields_append(f, r, both));
    mf_fields_discard(f);
    check_file(scratch("old.nc"), "a year of work");
    check_file(scratch("old.nc.xmf"), "and how to see it");
  }
  DO(mf_fields_create(&f, scratch("old.nc"), &layout));
  append(f, &grid, 0);
  const int nc = open_file(scratch("old.nc"));
  ck_assert_uint_eq(records_of(nc), 1);
  NC(nc_close(nc));
  ck_assert_int_eq(occurrences_in(scratch("old.nc.xmf"), "<Time Value="), 1);
  DO(mf_fields_close(f));
}
END_TEST

/* What somebody has put there meanwhile is his. */
START_TEST(replaced_file_is_noticed)
{
  const mf_grid grid = box(1);
  const mf_fields_layout layout = layout_of(&grid);
  const double values[7] = {0}, *const both[] = {values, values};
  mf_fields *f;
  DO(mf_fields_create(&f, scratch("taken.nc"), &layout));
  append(f, &grid, 0);
  write_text(scratch("other"), "a year of work");
  ck_assert_int_eq(rename(scratch("other"), scratch("taken.nc")), 0);
  write_text(scratch("taken.nc.xmf"), "another year");
  REFUSED(mf_fields_append(f, 1, both), scratch("taken.nc"), "replaced or removed");
  ck_assert_int_eq(mf_fields_close(f), MF_EFILE);
  check_file(scratch("taken.nc"), "a year of work");
  check_file(scratch("taken.nc.xmf"), "another year");
}
END_TEST

START_TEST(impossible_places_are_named)
{
  const mf_grid grid = box(1);
  mf_fields_layout layout = layout_of(&grid);
  mf_fields *f;
  REFUSED(mf_fields_create(&f, scratch("no/such/dir.nc"), &layout), scratch("no/such/dir.nc"),
          "No such file or directory");
  ck_assert_int_eq(mkdir(scratch("directory.nc"), 0777), 0);
  layout.force = true;
  REFUSED(mf_fields_create(&f, scratch("directory.nc"), &layout), scratch("directory.nc"), "Is a directory");
  ck_assert(is_there(scratch("directory.nc")));
  /* ParaView takes the name of the data set to begin at the colon, and aborts. */
  REFUSED(mf_fields_create(&f, scratch("12:30.nc"), &layout), scratch("12:30.nc"), "':'");
  ck_assert(!is_there(scratch("12:30.nc")));
  write_text(scratch("12:30.nc"), "a year of work");
  REFUSED(mf_fields_create(&f, scratch("12:30.nc"), &layout), scratch("12:30.nc"), "':'");
  ck_assert(is_there(scratch("12:30.nc"))); /* force replaces, it does not remove */
}
END_TEST

START_TEST(failed_creation_leaves_nothing)
{
  static const mf_field_info clash[] = {{"x", "a name that is taken", "1", false}};
  const mf_grid grid = box(1);
  const mf_fields_layout layout = {.grid = &grid, .varying = clash, .varying_count = 1};
  mf_fields *f;
  REFUSED(mf_fields_create(&f, scratch("clash.nc"), &layout), scratch("clash.nc"), "variable x");
  ck_assert_ptr_null(f);
  ck_assert(!is_there(scratch("clash.nc")) && !is_there(scratch("clash.nc.xmf")));
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
  DO(mf_fields_close(NULL));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("fields");
  TCase *layout = tcase_create("layout"), *safety = tcase_create("safety");
  tcase_add_checked_fixture(layout, scratch_create, scratch_remove);
  tcase_add_checked_fixture(safety, scratch_create, scratch_remove);
  tcase_add_loop_test(layout, dimensions_are_in_order, 1, MF_AXES + 1);
  tcase_add_loop_test(layout, attributes_are_right, 1, MF_AXES + 1);
  tcase_add_test(layout, coordinates_are_right);
  tcase_add_loop_test(layout, values_land_in_their_cells, 1, MF_AXES + 1);
  tcase_add_test(layout, single_precision_keeps_infinity);
  tcase_add_test(layout, compression_is_lossless);
  tcase_add_loop_test(layout, chunks_fit, 0, (int)(sizeof shapes / sizeof *shapes));
  tcase_add_test(safety, records_survive_a_kill);
  tcase_add_test(safety, side_file_is_whole);
  tcase_add_test(safety, side_file_catches_up);
  tcase_add_test(safety, no_room_is_told_and_survived);
  tcase_add_test(safety, failure_spares_the_side_file);
  tcase_add_test(safety, planted_links_are_not_followed);
  tcase_add_test(safety, nothing_is_overwritten_unasked);
  tcase_add_test(safety, force_replaces_both);
  tcase_add_test(safety, old_run_stays_until_there_is_a_record);
  tcase_add_test(safety, replaced_file_is_noticed);
  tcase_add_test(safety, impossible_places_are_named);
  tcase_add_test(safety, failed_creation_leaves_nothing);
  tcase_add_test(safety, closing_nothing_is_fine);
  suite_add_tcase(suite, layout);
  suite_add_tcase(suite, safety);
  return mf_run_suite(suite);
}
