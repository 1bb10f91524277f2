/* The files of a run as others find them: layout, safety, refusals.  The files are read back with netCDF
 * itself. */
#include "tests/scratch.h"

#include "io/fields.h"
#include "io/history.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

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

static int open_file(const char *path)
{
  int nc;
  NC(nc_open(path, NC_NOWRITE, &nc));
  return nc;
}

static int variable_of(int nc, const char *name)
{
  int variable;
  NC(nc_inq_varid(nc, name, &variable));
  return variable;
}

static size_t records_of(int nc)
{
  int dimension;
  size_t length;
  NC(nc_inq_unlimdim(nc, &dimension));
  ck_assert_int_ge(dimension, 0);
  NC(nc_inq_dimlen(nc, dimension, &length));
  return length;
}

static void check_text(int nc, int variable, const char *name, const char *expected)
{
  char text[256] = "";
  size_t length;
  NC(nc_inq_attlen(nc, variable, name, &length));
  ck_assert_uint_lt(length, sizeof text);
  NC(nc_get_att_text(nc, variable, name, text));
  ck_assert_str_eq(text, expected);
}

static void check_no_attribute(int nc, int variable, const char *name)
{
  int id;
  ck_assert_msg(nc_inq_attid(nc, variable, name, &id) == NC_ENOTATT, "there is an attribute %s", name);
}

/* Type and the names of the dimensions, joined by blanks. */
static void check_shape(int nc, const char *name, nc_type expected_type, const char *expected)
{
  int rank, dimensions[NC_MAX_VAR_DIMS], no_fill;
  nc_type type;
  char text[256] = "", dimension[NC_MAX_NAME + 1];
  NC(nc_inq_var(nc, variable_of(nc, name), NULL, &type, &rank, dimensions, NULL));
  for (int i = 0; i < rank; i++) {
    NC(nc_inq_dimname(nc, dimensions[i], dimension));
    strcat(strcat(text, i ? " " : ""), dimension);
  }
  ck_assert_str_eq(text, expected);
  ck_assert_int_eq(type, expected_type);
  NC(nc_inq_var_fill(nc, variable_of(nc, name), &no_fill, NULL));
  ck_assert_int_eq(no_fill, 1);
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
  check_no_attribute(nc, variable_of(nc, "potential"), "cell_methods");
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
  char *xmf = file_text(scratch("single.nc.xmf"));
  ck_assert_int_eq(occurrences(xmf, "Precision=\"4\" Format=\"HDF\""), 2);
  free(xmf);
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

/* Runs `work` in a process that dies where it stands, without closing anything. */
static void run_and_kill(void (*work)(void))
{
  int status;
  const pid_t child = fork();
  if (child == 0) {
    work();
    raise(SIGKILL);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

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
  char *xmf = file_text(scratch("killed.nc.xmf"));
  ck_assert_int_eq(occurrences(xmf, "<Time Value="), 3);
  free(xmf);
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
  snprintf(temporary, sizeof temporary, "a<b&c.nc.xmf.tmp.%ld", (long)getpid());
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
  char *xmf = file_text(scratch("long.nc.xmf"));
  const int shown = occurrences(xmf, "<Time Value=");
  ck_assert(shown >= 700 - 1 - 700 / 64 && shown <= 700);
  free(xmf);
  DO(mf_fields_close(f));
  xmf = file_text(scratch("long.nc.xmf"));
  ck_assert_int_eq(occurrences(xmf, "<Time Value="), 700);
  free(xmf);
}
END_TEST

/* The file may grow by `bytes` more; NULL: as it likes. */
static void limit_size(const char *path, const rlim_t *bytes)
{
  struct rlimit limit;
  struct stat s = {0};
  if (path) ck_assert_int_eq(stat(path, &s), 0);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes ? (rlim_t)s.st_size + *bytes : limit.rlim_max;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

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
START_TEST(full_disk_spares_the_side_file)
{
  const mf_grid grid = box(1);
  const mf_fields_layout layout = layout_of(&grid);
  const double values[7] = {0}, *const both[] = {values, values};
  char temporary[64];
  mf_fields *f;
  if (access("/dev/full", W_OK)) return;
  DO(mf_fields_create(&f, scratch("side.nc"), &layout));
  append(f, &grid, 0);
  snprintf(temporary, sizeof temporary, "side.nc.xmf.tmp.%ld", (long)getpid());
  ck_assert_int_eq(symlink("/dev/full", scratch(temporary)), 0);
  REFUSED(mf_fields_append(f, 1, both), scratch("side.nc.xmf"), "the disk is full: free some space");
  ck_assert(!is_there(scratch(temporary)));
  char *xmf = file_text(scratch("side.nc.xmf"));
  ck_assert_int_eq(occurrences(xmf, "<Time Value="), 1);
  free(xmf);
  DO(mf_fields_close(f)); /* there is room again, and both records are shown */
  xmf = file_text(scratch("side.nc.xmf"));
  ck_assert_int_eq(occurrences(xmf, "<Time Value="), 2);
  free(xmf);
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
  char *text = file_text(scratch("mine.nc"));
  ck_assert_str_eq(text, "a year of work");
  free(text);
  ck_assert(!is_there(scratch("mine.nc.xmf")));

  write_text(scratch("yours.nc.xmf"), "another year");
  REFUSED(mf_fields_create(&f, scratch("yours.nc"), &layout), scratch("yours.nc.xmf"),
          "use --force to replace it");
  text = file_text(scratch("yours.nc.xmf"));
  ck_assert_str_eq(text, "another year");
  free(text);
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
  char *xmf = file_text(scratch("again.nc.xmf"));
  ck_assert_int_eq(occurrences(xmf, "<Time Value="), 1);
  ck_assert_int_eq(occurrences(xmf, "Dimensions=\"1 1 8\""), 1);
  free(xmf);
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

/*
 * Histories.
 */

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
  char *text = file_text(scratch("old_history.nc"));
  ck_assert_str_eq(text, "a year of work");
  free(text);
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
  const mf_grid grid = box(2);
  const mf_fields_layout layout = layout_of(&grid);
  mf_history *h;
  write_run(scratch("fields.nc"), &layout, 1);
  REFUSED(mf_history_read(&h, scratch("fields.nc")), scratch("fields.nc"), "no history file");
  ck_assert_ptr_null(h);
  write_text(scratch("text_history.nc"), "time,mass\n0,1\n");
  REFUSED(mf_history_read(&h, scratch("text_history.nc")), scratch("text_history.nc"), "Unknown file format");
  REFUSED(mf_history_read(&h, scratch("absent.nc")), scratch("absent.nc"), "No such file");
  ck_assert_ptr_null(h);
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
  DO(mf_fields_close(NULL));
  DO(mf_history_file_close(NULL));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("files");
  TCase *layout = tcase_create("layout"), *safety = tcase_create("safety"), *table = tcase_create("history");
  tcase_add_checked_fixture(layout, scratch_create, scratch_remove);
  tcase_add_checked_fixture(safety, scratch_create, scratch_remove);
  tcase_add_checked_fixture(table, scratch_create, scratch_remove);
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
  tcase_add_test(safety, full_disk_spares_the_side_file);
  tcase_add_test(safety, nothing_is_overwritten_unasked);
  tcase_add_test(safety, force_replaces_both);
  tcase_add_test(safety, impossible_places_are_named);
  tcase_add_test(safety, failed_creation_leaves_nothing);
  tcase_add_test(safety, closing_nothing_is_fine);
  tcase_add_test(table, history_is_a_table);
  tcase_add_test(table, history_takes_more_columns);
  tcase_add_test(table, history_comes_back);
  tcase_add_test(table, empty_history_comes_back);
  tcase_add_test(table, history_survives_a_kill);
  tcase_add_test(table, history_is_not_overwritten_unasked);
  tcase_add_test(table, history_stops_where_there_is_no_room);
  tcase_add_test(table, other_files_are_no_history);
  suite_add_tcase(suite, layout);
  suite_add_tcase(suite, safety);
  suite_add_tcase(suite, table);
  return mf_run_suite(suite);
}
