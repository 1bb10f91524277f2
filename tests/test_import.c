/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields brought from one grid to another: exact where the grids agree, conservative where they do not. */
#include "tests/scratch.h"

#include "io/netcdf/fields.h"
#include "io/netcdf/import.h"

#include <float.h>
#include <math.h>
#include <string.h>

static mf_grid make_grid(int dim, const long *cells, const double *lo, const double *hi)
{
  static const bool periodic[MF_AXES] = {false, false, false};
  mf_grid grid;
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  return grid;
}

static double *values_on(const mf_grid *grid)
{
  double *values;
  DO(mf_reals_create(&values, grid->cells));
  return values;
}

/* Irregular, between 0 and 1. */
static double noise(ptrdiff_t c)
{
  return fmod(0.5 + 0.6180339887498949 * (double)(c * c % 10007), 1);
}

/* Has a sign even where it is 0. */
static double other(ptrdiff_t c)
{
  return c % 3 == 0 ? -0.0 : -noise(c);
}

/* A run of `records` records: density = noise shifted by the record. */
static void write_run(const char *path, const mf_grid *grid, int records, bool single)
{
  static const mf_field_info info[] = {{"density", "density", "1", true}, {"other", "another", "1", false}};
  static const mf_field_info fixed[] = {{"target", "target", "1", true}};
  const mf_fields_layout layout = {
      .grid = grid, .varying = info, .varying_count = 2, .fixed = fixed, .fixed_count = 1, .single = single};
  double *a = values_on(grid), *b = values_on(grid);
  mf_fields *f;
  DO(mf_fields_create(&f, path, &layout));
  for (int r = 0; r < records; r++) {
    const double *const both[] = {a, b};
    for (ptrdiff_t c = 0; c < grid->cells; c++) a[c] = noise(c + 1000 * r), b[c] = other(c);
    DO(mf_fields_append(f, r, both));
  }
  for (ptrdiff_t c = 0; c < grid->cells; c++) a[c] = 100 + (double)c;
  DO(mf_fields_put_fixed(f, 0, a));
  DO(mf_fields_close(f));
  mf_release(a);
  mf_release(b);
}

/* Numbers whose products i*h are not exact, so that round-off has its chance. */
static const long cells[MF_AXES] = {17, 13, 7};
static const double lo[MF_AXES] = {-0.1, 1.3, 1000.1}, hi[MF_AXES] = {0.7, 3.9, 1001.4};

START_TEST(same_grid_gives_same_bits)
{
  const mf_grid grid = make_grid(_i, cells, lo, hi);
  double *density = values_on(&grid);
  write_run(scratch("same.nc"), &grid, 2, false);
  DO(mf_import_field(&grid, scratch("same.nc"), NULL, -1, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) ck_assert(density[c] == noise(c + 1000));
  DO(mf_import_field(&grid, scratch("same.nc"), "density", 0, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) ck_assert(density[c] == noise(c));
  DO(mf_import_field(&grid, scratch("same.nc"), "other", -2, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) ck_assert(density[c] == other(c) && signbit(density[c]));
  DO(mf_import_field(&grid, scratch("same.nc"), "target", -1, density)); /* has no time */
  for (ptrdiff_t c = 0; c < grid.cells; c++) ck_assert(density[c] == 100 + (double)c);
  mf_release(density);
}
END_TEST

START_TEST(floats_come_as_they_are)
{
  const mf_grid grid = make_grid(2, cells, lo, hi);
  double *density = values_on(&grid);
  write_run(scratch("single.nc"), &grid, 1, true);
  DO(mf_import_field(&grid, scratch("single.nc"), NULL, 0, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) ck_assert(density[c] == (double)(float)noise(c));
  mf_release(density);
}
END_TEST

START_TEST(finer_grid_repeats)
{
  long fine[MF_AXES];
  for (int a = 0; a < MF_AXES; a++) fine[a] = (a + 2) * cells[a];
  const mf_grid coarse = make_grid(3, cells, lo, hi), grid = make_grid(3, fine, lo, hi);
  double *density = values_on(&grid);
  write_run(scratch("finer.nc"), &coarse, 1, false);
  DO(mf_import_field(&grid, scratch("finer.nc"), NULL, 0, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    const ptrdiff_t i = c % fine[0] / 2, j = c / fine[0] % fine[1] / 3, k = c / fine[0] / fine[1] / 4;
    /* a cell within one of the file has weight (b - a)/(b - a) */
    ck_assert(density[c] == noise(i + cells[0] * (j + cells[1] * k)));
  }
  mf_release(density);
}
END_TEST

START_TEST(coarser_grid_averages)
{
  const long fine[2] = {34, 39}, coarse[2] = {17, 13};
  const mf_grid from = make_grid(2, fine, lo, hi), grid = make_grid(2, coarse, lo, hi);
  double *density = values_on(&grid);
  write_run(scratch("coarser.nc"), &from, 1, false);
  DO(mf_import_field(&grid, scratch("coarser.nc"), NULL, 0, density));
  for (ptrdiff_t j = 0; j < 13; j++)
    for (ptrdiff_t i = 0; i < 17; i++) {
      double sum = 0;
      for (ptrdiff_t q = 0; q < 3; q++)
        for (ptrdiff_t p = 0; p < 2; p++) sum += noise(2 * i + p + 34 * (3 * j + q));
      /* weights 1/2 and 1/3 are quotients of differences of coordinates up to 4, relative to cells of 0.02 */
      ck_assert_double_eq_tol(density[i + 17 * j], sum / 6, 4 / 0.02 * 4 * DBL_EPSILON);
    }
  mf_release(density);
}
END_TEST

static double overlap(double a, double b, double c, double d)
{
  return fmax(0, fmin(b, d) - fmax(a, c));
}

/* Integral over a cell of `grid` of the function that is noise(c) on cell c of `from`, by looking at all its
 * cells. */
static double integral_over(const mf_grid *grid, ptrdiff_t cell, const mf_grid *from)
{
  double x[MF_AXES], y[MF_AXES], sum = 0;
  mf_grid_centre(grid, cell, x);
  for (ptrdiff_t c = 0; c < from->cells; c++) {
    double product = noise(c);
    mf_grid_centre(from, c, y);
    for (int a = 0; a < grid->dim; a++)
      product *= overlap(x[a] - 0.5 * grid->h[a], x[a] + 0.5 * grid->h[a], y[a] - 0.5 * from->h[a],
                         y[a] + 0.5 * from->h[a]);
    sum += product;
  }
  return sum;
}

/* No face in common, part of the grid outside the file's box, in every dimension. */
START_TEST(shifted_grid_gets_cell_averages)
{
  static const long from_cells[] = {12, 9, 7}, to_cells[] = {10, 11, 5};
  static const double from_lo[] = {-1, 0, 2}, from_hi[] = {2, 1.7, 4};
  static const double to_lo[] = {-1.317, -0.201, 1.3}, to_hi[] = {3.1, 1.811, 4.77};
  const int dim = _i;
  const mf_grid from = make_grid(dim, from_cells, from_lo, from_hi);
  const mf_grid grid = make_grid(dim, to_cells, to_lo, to_hi);
  double *density = values_on(&grid);
  int outside = 0;
  write_run(scratch("shifted.nc"), &from, 1, false);
  DO(mf_import_field(&grid, scratch("shifted.nc"), NULL, 0, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    /* both sides add a few hundred products of numbers near 1, each good to some ulp of the coordinates */
    ck_assert_double_eq_tol(density[c], integral_over(&grid, c, &from) / grid.volume, 1e-13);
    outside += density[c] == 0;
  }
  ck_assert_int_gt(outside, 0); /* x beyond 2 */
  mf_release(density);
}
END_TEST

/* The same box and more around it: the whole mass arrives, on grids coarser, finer and incommensurate. */
START_TEST(mass_is_kept)
{
  static const long from_cells[] = {12, 9, 7};
  static const double from_lo[] = {-1, 0, 2}, from_hi[] = {2, 1.7, 4};
  static const double to_lo[] = {-1, -0.1, 1.9}, to_hi[] = {2.2, 1.7, 4.3};
  static const long to_cells[][MF_AXES] = {{5, 4, 3}, {12, 9, 7}, {31, 29, 23}};
  const mf_grid from = make_grid(3, from_cells, from_lo, from_hi);
  const mf_grid grid = make_grid(3, to_cells[_i], to_lo, to_hi);
  double *density = values_on(&grid), mass = 0, expected = 0;
  write_run(scratch("mass.nc"), &from, 1, false);
  DO(mf_import_field(&grid, scratch("mass.nc"), NULL, 0, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    mass += grid.volume * density[c];
    ck_assert(density[c] >= 0 && density[c] <= 1 + 4 * DBL_EPSILON); /* averages add no extremes */
  }
  for (ptrdiff_t c = 0; c < from.cells; c++) expected += from.volume * noise(c);
  ck_assert_double_eq_tol(mass, expected,
                          1e-13 * expected); /* 20,000 additions of round-off, mostly random */
  mf_release(density);
}
END_TEST

/* Mass beyond walls would be lost: refused, also where half a cell of it is. */
START_TEST(outside_walls_is_refused)
{
  static const double boxes[][2] = {{10, 12}, {-0.1, 0.68}, {0, 0.7}};
  const long n = 5;
  const mf_grid from = make_grid(1, cells, lo, hi);
  double density[5];
  write_run(scratch("outside.nc"), &from, 1, false);
  for (int i = 0; i < 3; i++) {
    const mf_grid grid = make_grid(1, &n, &boxes[i][0], &boxes[i][1]);
    ck_assert_int_eq(mf_import_field(&grid, scratch("outside.nc"), NULL, 0, density), MF_ECASE);
    ck_assert_msg(strstr(mf_error(), "outside the box") != NULL, "%s", mf_error());
  }
}
END_TEST

/*
 * Files of other programs, made by hand.  A negative length is an unlimited dimension.
 */

typedef struct {
  const char *name;
  int length;
  const double *values; /* coordinates; NULL: none */
  const double *bounds; /* in NAME_bnds; NULL: none */
} axis;

typedef struct {
  int nc, variable;
} foreign;

static foreign foreign_begin(const char *path, nc_type type, const axis *axes, int count)
{
  foreign f;
  int dimension[4], coordinate[4] = {-1, -1, -1, -1}, bounds[4] = {-1, -1, -1, -1}, corners;
  char name[32];
  NC(nc_create(path, NC_CLOBBER, &f.nc));
  NC(nc_def_dim(f.nc, "corner", 2, &corners));
  for (int i = 0; i < count; i++) {
    const size_t length = axes[i].length < 0 ? NC_UNLIMITED : (size_t)axes[i].length;
    NC(nc_def_dim(f.nc, axes[i].name, length, &dimension[i]));
    if (axes[i].values) NC(nc_def_var(f.nc, axes[i].name, type, 1, &dimension[i], &coordinate[i]));
    const int both[] = {dimension[i], corners};
    snprintf(name, sizeof name, "%s_bnds", axes[i].name);
    if (axes[i].bounds) NC(nc_def_var(f.nc, name, type, 2, both, &bounds[i]));
  }
  NC(nc_def_var(f.nc, "density", type, count, dimension, &f.variable));
  NC(nc_enddef(f.nc));
  for (int i = 0; i < count; i++) {
    const size_t start[] = {0, 0}, length[] = {(size_t)abs(axes[i].length), 2};
    if (axes[i].values) NC(nc_put_vara_double(f.nc, coordinate[i], start, length, axes[i].values));
    if (axes[i].bounds) NC(nc_put_vara_double(f.nc, bounds[i], start, length, axes[i].bounds));
  }
  return f;
}

/* The whole file, density = 1, 2, 3, ... */
static void foreign_write(const char *path, nc_type type, const axis *axes, int count)
{
  const foreign f = foreign_begin(path, type, axes, count);
  double values[64];
  size_t start[4] = {0}, length[4];
  for (int i = 0; i < 64; i++) values[i] = i + 1;
  for (int i = 0; i < count; i++) length[i] = (size_t)abs(axes[i].length);
  NC(nc_put_vara_double(f.nc, f.variable, start, length, values));
  NC(nc_close(f.nc));
}

static const double x4[] = {0.5, 1.5, 2.5, 3.5}, y3[] = {5, 15, 25};

static mf_grid plane(void)
{
  static const long n[] = {4, 3};
  static const double low[] = {0, 0}, high[] = {4, 30};
  return make_grid(2, n, low, high);
}

/* Faces midway between centres; any names; time fixed or unlimited, called so or not. */
START_TEST(foreign_files_are_read)
{
  static const axis layouts[][3] = {
      {{"lat", 3, y3, NULL}, {"lon", 4, x4, NULL}, {NULL, 0, NULL, NULL}},
      {{"y", 3, y3, NULL}, {"x", 4, x4, NULL}, {NULL, 0, NULL, NULL}},
      {{"time", 2, x4, NULL}, {"y", 3, y3, NULL}, {"x", 4, x4, NULL}},
      {{"time", -2, x4, NULL}, {"y", 3, y3, NULL}, {"x", 4, x4, NULL}},
      {{"step", -2, NULL, NULL}, {"y", 3, y3, NULL}, {"x", 4, x4, NULL}},
      {{"lat", -3, y3, NULL}, {"lon", 4, x4, NULL}, {NULL, 0, NULL, NULL}},
  };
  const mf_grid grid = plane();
  double density[12];
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
    const int count = layouts[i][2].name ? 3 : 2;
    foreign_write(scratch("foreign.nc"), NC_DOUBLE, layouts[i], count);
    DO(mf_import_field(&grid, scratch("foreign.nc"), NULL, -1, density));
    for (int c = 0; c < 12; c++) ck_assert(density[c] == c + 1 + (count == 3 ? 12 : 0));
  }
}
END_TEST

/* Coordinates in single precision are off by 1e-8 and still mean the same grid. */
START_TEST(float_coordinates_mean_the_same_grid)
{
  static const long n = 10;
  static const double low = -0.1, high = 0.9;
  const mf_grid grid = make_grid(1, &n, &low, &high);
  double x[10], density[10];
  for (int i = 0; i < 10; i++) x[i] = mf_grid_coordinate(&grid, 0, i);
  const axis line = {"x", 10, x, NULL};
  foreign_write(scratch("float.nc"), NC_FLOAT, &line, 1);
  DO(mf_import_field(&grid, scratch("float.nc"), NULL, 0, density));
  for (int i = 0; i < 10; i++) ck_assert(density[i] == i + 1);
}
END_TEST

/* Cells of different lengths, with a gap: bounds count, not centres. */
START_TEST(bounds_are_believed)
{
  static const double x[] = {0.5, 2, 3.5}, bounds[] = {0, 1, 1, 2.5, 3, 4};
  static const axis line = {"x", 3, x, bounds};
  static const long n = 2;
  static const double low = 0, high = 4;
  const mf_grid grid = make_grid(1, &n, &low, &high);
  double density[2];
  foreign_write(scratch("bounds.nc"), NC_DOUBLE, &line, 1);
  DO(mf_import_field(&grid, scratch("bounds.nc"), NULL, 0, density));
  ck_assert(density[0] == (1 * 1 + 2 * 1) / 2.0);
  ck_assert(density[1] == (2 * 0.5 + 3 * 1) / 2.0);
}
END_TEST

static mf_grid ring(long n, double low, double high)
{
  static const bool periodic[MF_AXES] = {true, true, true};
  mf_grid grid;
  DO(mf_grid_init(&grid, 1, &n, &low, &high, periodic));
  return grid;
}

/* On a ring the file may begin anywhere, any number of turns away: on the same faces each value comes to its place, on others
 * the mass is kept. */
START_TEST(periodic_axes_take_any_period)
{
  enum { N = 64 };
  const double pi = acos(-1), starts[] = {0, -pi, 20 * pi, -1};
  static const nc_type types[] = {NC_DOUBLE, NC_FLOAT};
  for (int k = 0; k < 8; k++) {
    double x[N], density[N], mass = 0, want = 0;
    const double start = starts[k / 2], h = 2 * pi / N;
    for (int i = 0; i < N; i++) x[i] = start + (i + 0.5) * h;
    const axis line = {"x", N, x, NULL};
    foreign_write(scratch("ring.nc"), types[k % 2], &line, 1);
    const mf_grid grid = ring(N, -pi, pi);
    DO(mf_import_field(&grid, scratch("ring.nc"), NULL, 0, density));
    const int turn = (int)lround((start + pi) / h) % N;
    for (int i = 0; i < N; i++) {
      mass += density[i];
      want += i + 1;
      if (k < 6) ck_assert(density[(i + turn) % N] == i + 1);
    }
    ck_assert_double_eq_tol(mass, want,
                            types[k % 2] == NC_FLOAT ? 1e-5 * want : 1e-12 * want); /* of coordinates */
  }
}
END_TEST

START_TEST(more_than_a_period_is_refused)
{
  static const double x[] = {0.5, 1.5, 2.5, 3.5};
  static const axis line = {"x", 4, x, NULL};
  double density[4];
  const mf_grid grid = ring(4, 0, 3);
  foreign_write(scratch("long.nc"), NC_DOUBLE, &line, 1);
  ck_assert_int_eq(mf_import_field(&grid, scratch("long.nc"), NULL, 0, density), MF_ECASE);
  ck_assert_msg(strstr(mf_error(), "more than the period 3") != NULL, "%s", mf_error());
}
END_TEST

/* Gives the coordinate of a dimension a text attribute. */
static void label(const char *path, const char *coordinate, const char *attribute, const char *text)
{
  int nc, variable;
  NC(nc_open(path, NC_WRITE, &nc));
  NC(nc_inq_varid(nc, coordinate, &variable));
  NC(nc_redef(nc));
  NC(nc_put_att_text(nc, variable, attribute, strlen(text), text));
  NC(nc_close(nc));
}

/* Values 1 .. 12 over 4 x 3 cells, x slowest: cell (i, j) has 3 i + j + 1, whatever says which axis is x. */
START_TEST(axes_are_told_by_attribute_or_name)
{
  static const struct {
    const char *slow, *fast, *attribute, *of_slow, *of_fast;
  } files[] = {{"X", "Y", NULL, NULL, NULL},
               {"lon", "lat", NULL, NULL, NULL},
               {"Longitude", "LATITUDE", NULL, NULL, NULL},
               {"p", "q", "axis", "X", "Y"},
               {"y", "x", "axis", "x", "y"},
               {"a", "b", "standard_name", "projection_x_coordinate", "projection_y_coordinate"},
               {"x", "other", NULL, NULL, NULL}};
  const mf_grid grid = plane();
  double density[12];
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
    const axis axes[] = {{files[k].slow, 4, x4, NULL}, {files[k].fast, 3, y3, NULL}};
    foreign_write(scratch("turned.nc"), NC_DOUBLE, axes, 2);
    if (files[k].attribute) label(scratch("turned.nc"), files[k].slow, files[k].attribute, files[k].of_slow);
    if (files[k].attribute) label(scratch("turned.nc"), files[k].fast, files[k].attribute, files[k].of_fast);
    DO(mf_import_field(&grid, scratch("turned.nc"), NULL, 0, density));
    for (int i = 0; i < 4; i++)
      for (int j = 0; j < 3; j++) ck_assert(density[i + 4 * j] == 3 * i + j + 1);
  }
  const axis same[] = {{"a", 4, x4, NULL}, {"b", 3, y3, NULL}};
  foreign_write(scratch("turned.nc"), NC_DOUBLE, same, 2);
  REFUSED(mf_import_field(&grid, scratch("turned.nc"), NULL, 0, density), scratch("turned.nc"), "ncrename");
}
END_TEST

/* Every order of three axes with time between them: values are counted in the order of the file. */
START_TEST(axes_come_in_any_order)
{
  static const axis three[] = {
      {"x", 4, x4, NULL}, {"y", 3, y3, NULL}, {"z", 2, x4, NULL}, {"time", 2, x4, NULL}};
  static const int orders[][4] = {{3, 2, 1, 0}, {0, 1, 2, 3}, {1, 3, 0, 2}, {2, 0, 3, 1}};
  static const long n[] = {4, 3, 2};
  static const double low[] = {0, 0, 0}, high[] = {4, 30, 2};
  const mf_grid grid = make_grid(3, n, low, high);
  double density[24];
  for (int k = 0; k < 4; k++) {
    axis axes[4];
    for (int d = 0; d < 4; d++) axes[d] = three[orders[k][d]];
    foreign_write(scratch("order.nc"), NC_DOUBLE, axes, 4);
    DO(mf_import_field(&grid, scratch("order.nc"), NULL, 1, density));
    for (int c = 0; c < 24; c++) {
      const int at[] = {c % 4, c / 4 % 3, c / 12, 1};
      int place = 0;
      for (int d = 0; d < 4; d++) place = place * axes[d].length + at[orders[k][d]];
      ck_assert(density[c] == place + 1);
    }
  }
}
END_TEST

/* An axis that falls, as latitudes do, with and without bounds. */
START_TEST(falling_axes_are_turned)
{
  static const double down[] = {25, 15, 5}, bounds[] = {30, 20, 20, 10, 10, 0},
                      turned[] = {20, 30, 10, 20, 0, 10};
  const double *const kinds[] = {NULL, bounds, turned};
  const mf_grid grid = plane();
  double density[12];
  for (int k = 0; k < 3; k++) {
    const axis axes[] = {{"lat", 3, down, kinds[k]}, {"lon", 4, x4, NULL}};
    foreign_write(scratch("down.nc"), NC_DOUBLE, axes, 2);
    DO(mf_import_field(&grid, scratch("down.nc"), NULL, 0, density));
    for (int c = 0; c < 12; c++) ck_assert(density[c] == c % 4 + 4 * (2 - c / 4) + 1);
  }
}
END_TEST

START_TEST(one_cell_needs_bounds)
{
  static const double x[] = {1}, bounds[] = {0, 2};
  static const axis with = {"x", 1, x, bounds}, without = {"x", 1, x, NULL};
  static const long n = 4;
  static const double low = 0, high = 4;
  const mf_grid grid = make_grid(1, &n, &low, &high);
  double density[4];
  foreign_write(scratch("one.nc"), NC_DOUBLE, &with, 1);
  DO(mf_import_field(&grid, scratch("one.nc"), NULL, 0, density));
  ck_assert(density[0] == 1 && density[1] == 1 && density[2] == 0 && density[3] == 0);
  foreign_write(scratch("one.nc"), NC_DOUBLE, &without, 1);
  REFUSED(mf_import_field(&grid, scratch("one.nc"), NULL, 0, density), scratch("one.nc"), "no bounds");
}
END_TEST

START_TEST(wrong_records_are_refused)
{
  const mf_grid grid = make_grid(1, cells, lo, hi);
  double density[17];
  write_run(scratch("two.nc"), &grid, 2, false);
  DO(mf_import_field(&grid, scratch("two.nc"), NULL, 1, density));
  DO(mf_import_field(&grid, scratch("two.nc"), NULL, -2, density));
  REFUSED(mf_import_field(&grid, scratch("two.nc"), NULL, 2, density), scratch("two.nc"), "no record 2");
  REFUSED(mf_import_field(&grid, scratch("two.nc"), NULL, -3, density), scratch("two.nc"), "no record -3");
  DO(mf_import_field(&grid, scratch("two.nc"), "target", 0, density));
  REFUSED(mf_import_field(&grid, scratch("two.nc"), "target", 1, density), scratch("two.nc"), "no record 1");
  write_run(scratch("zero.nc"), &grid, 0, false);
  REFUSED(mf_import_field(&grid, scratch("zero.nc"), NULL, -1, density), scratch("zero.nc"), "no record -1");
}
END_TEST

START_TEST(wrong_files_are_refused)
{
  const mf_grid line = make_grid(1, cells, lo, hi), space = make_grid(3, cells, lo, hi);
  double density[17 * 13 * 7];
  write_run(scratch("line.nc"), &line, 1, false);
  REFUSED(mf_import_field(&line, scratch("absent.nc"), NULL, 0, density), scratch("absent.nc"),
          "No such file");
  write_text(scratch("text.nc"), "density");
  REFUSED(mf_import_field(&line, scratch("text.nc"), NULL, 0, density), scratch("text.nc"),
          "Unknown file format");
  REFUSED(mf_import_field(&line, scratch("line.nc"), "rho", 0, density), scratch("line.nc"),
          "no variable rho; there is: density, other, target");
  REFUSED(mf_import_field(&space, scratch("line.nc"), NULL, 0, density), scratch("line.nc"),
          "density has 1 axis beside time, but the grid has 3");
}
END_TEST

/* Each axis as it must not be, and a word of the complaint. */
START_TEST(wrong_axes_are_refused)
{
  static const double zigzag[] = {0.5, 2.5, 1.5, 3.5}, holes[] = {0.5, NAN, 2.5, 3.5};
  static const double crossed[] = {0, 1, 0.9, 2, 2, 3, 3, 4}, empty[] = {1, 1, 2, 1, 3, 2, 4, 3};
  static const struct {
    axis axes[3];
    const char *complaint;
  } files[] = {
      {{{"y", 3, y3, NULL}, {"x", 4, zigzag, NULL}, {NULL, 0, NULL, NULL}},
       "axis x of density neither rises nor falls"},
      {{{"y", 3, y3, NULL}, {"x", 4, holes, NULL}, {NULL, 0, NULL, NULL}},
       "axis x of density neither rises nor falls"},
      {{{"y", 3, y3, NULL}, {"x", 4, x4, crossed}, {NULL, 0, NULL, NULL}},
       "cells 0 and 1 of axis x of density overlap"},
      {{{"y", 3, y3, NULL}, {"x", 4, x4, empty}, {NULL, 0, NULL, NULL}},
       "axis x of density neither rises nor falls"},
      {{{"y", 3, NULL, NULL}, {"x", 4, x4, NULL}, {NULL, 0, NULL, NULL}},
       "dimension y of density has no coordinates"},
      {{{"x", 4, x4, NULL}, {"lon", 3, y3, NULL}, {NULL, 0, NULL, NULL}}, "called the same"},
      {{{"time", 3, y3, NULL}, {"x", 4, x4, NULL}, {NULL, 0, NULL, NULL}}, "density has 1 axis beside time"},
      {{{"lev", 2, x4, NULL}, {"y", 3, y3, NULL}, {"x", 4, x4, NULL}},
       "density has 3 axes, but the grid has 2"},
  };
  const mf_grid grid = plane();
  double density[12];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    foreign_write(scratch("axes.nc"), NC_DOUBLE, files[i].axes, files[i].axes[2].name ? 3 : 2);
    REFUSED(mf_import_field(&grid, scratch("axes.nc"), NULL, 0, density), scratch("axes.nc"),
            files[i].complaint);
  }
}
END_TEST

/* Numbers that stand for others, or for nothing, must not become a density. */
START_TEST(coded_values_are_refused)
{
  static const axis plane_axes[] = {{"y", 3, y3, NULL}, {"x", 4, x4, NULL}};
  static const struct {
    const char *attribute, *complaint;
    double value;
  } codes[] = {{"scale_factor", "packed", 0.1}, {"add_offset", "packed", 1}, {"missing_value", "missing", 7}};
  const mf_grid grid = plane();
  double density[12];
  int nc;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    foreign_write(scratch("coded.nc"), NC_DOUBLE, plane_axes, 2);
    NC(nc_open(scratch("coded.nc"), NC_WRITE, &nc));
    int variable;
    NC(nc_inq_varid(nc, "density", &variable));
    NC(nc_redef(nc));
    NC(nc_put_att_double(nc, variable, codes[i].attribute, NC_DOUBLE, 1, &codes[i].value));
    NC(nc_close(nc));
    REFUSED(mf_import_field(&grid, scratch("coded.nc"), NULL, 0, density), scratch("coded.nc"),
            codes[i].complaint);
  }
}
END_TEST

/* One cell that stands for none, by whatever attribute, in double and in float, where the attribute is a double; the message
 * has the cell and the attribute. */
START_TEST(missing_cells_are_refused)
{
  static const axis plane_axes[] = {{"y", 3, y3, NULL}, {"x", 4, x4, NULL}};
  static const struct {
    const char *attribute;
    double number[2], cell;
    size_t count;
  } files[] = {{"missing_value", {1e20, 0}, 1e20, 1}, {"missing_value", {-999.9, 1e20}, 1e20, 2},
               {"missing_value", {NAN, 0}, NAN, 1},   {"valid_max", {100.1, 0}, 101, 1},
               {"valid_min", {0.1, 0}, -1, 1},        {"valid_range", {0, 100}, 100.5, 2},
               {"valid_range", {0.1, 100}, 0.05, 2}};
  static const nc_type types[] = {NC_DOUBLE, NC_FLOAT};
  const mf_grid grid = plane();
  double density[12];
  for (size_t k = 0; k < 2 * sizeof files / sizeof *files; k++) {
    const foreign f = foreign_begin(scratch("missing.nc"), types[k % 2], plane_axes, 2);
    const size_t start[] = {0, 0}, all[] = {3, 4}, at[] = {1, 2}, one[] = {1, 1};
    double values[12];
    for (int c = 0; c < 12; c++) values[c] = c + 1;
    NC(nc_put_vara_double(f.nc, f.variable, start, all, values));
    NC(nc_redef(f.nc));
    NC(nc_put_att_double(f.nc, f.variable, files[k / 2].attribute, NC_DOUBLE, files[k / 2].count,
                         files[k / 2].number));
    NC(nc_enddef(f.nc));
    NC(nc_sync(f.nc));
    DO(mf_import_field(&grid, scratch("missing.nc"), NULL, 0, density));
    NC(nc_put_vara_double(f.nc, f.variable, at, one, &files[k / 2].cell));
    NC(nc_close(f.nc));
    REFUSED(mf_import_field(&grid, scratch("missing.nc"), NULL, 0, density), scratch("missing.nc"),
            "y = 1, x = 2");
    ck_assert_msg(strstr(mf_error(), files[k / 2].attribute) != NULL, "%s", mf_error());
  }
}
END_TEST

/* A variable of 2 records of 3 x 4 cells, of which the first `written` values are there. */
static void half_write(const char *path, nc_type type, size_t written)
{
  int nc, dimension[3], variable, coordinate[2];
  double ones[24];
  for (int i = 0; i < 24; i++) ones[i] = 1;
  NC(nc_create(path, NC_CLOBBER | NC_NETCDF4, &nc));
  NC(nc_def_dim(nc, "time", NC_UNLIMITED, &dimension[0]));
  NC(nc_def_dim(nc, "y", 3, &dimension[1]));
  NC(nc_def_dim(nc, "x", 4, &dimension[2]));
  NC(nc_def_var(nc, "y", NC_DOUBLE, 1, &dimension[1], &coordinate[0]));
  NC(nc_def_var(nc, "x", NC_DOUBLE, 1, &dimension[2], &coordinate[1]));
  NC(nc_def_var(nc, "density", type, 3, dimension, &variable));
  NC(nc_enddef(nc));
  NC(nc_put_var_double(nc, coordinate[0], y3));
  NC(nc_put_var_double(nc, coordinate[1], x4));
  for (size_t i = 0; i < written; i++) {
    const size_t at[3] = {i / 12, i / 4 % 3, i % 4}, one[3] = {1, 1, 1};
    NC(nc_put_vara_double(nc, variable, at, one, &ones[i]));
  }
  NC(nc_close(nc));
}

/* Without a fill value of its own a variable has that of its type; single bytes have none, and 255 is a grey level. */
START_TEST(values_never_written_are_refused)
{
  static const nc_type types[] = {NC_DOUBLE, NC_FLOAT,  NC_SHORT, NC_INT,
                                  NC_INT64,  NC_USHORT, NC_UINT,  NC_UINT64};
  const mf_grid grid = plane();
  double density[12];
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    half_write(scratch("half.nc"), types[i], 17);
    DO(mf_import_field(&grid, scratch("half.nc"), NULL, 0, density));
    for (int c = 0; c < 12; c++) ck_assert_double_eq(density[c], 1);
    REFUSED(mf_import_field(&grid, scratch("half.nc"), NULL, 1, density), scratch("half.nc"),
            "never written");
  }
  half_write(scratch("bytes.nc"), NC_UBYTE, 17);
  DO(mf_import_field(&grid, scratch("bytes.nc"), NULL, 1, density));
  ck_assert_double_eq(density[11], 255);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("import");
  TCase *remap = tcase_create("remapping"), *files = tcase_create("files");
  tcase_add_checked_fixture(remap, scratch_create, scratch_remove);
  tcase_add_checked_fixture(files, scratch_create, scratch_remove);
  tcase_add_loop_test(remap, same_grid_gives_same_bits, 1, MF_AXES + 1);
  tcase_add_test(remap, floats_come_as_they_are);
  tcase_add_test(remap, finer_grid_repeats);
  tcase_add_test(remap, coarser_grid_averages);
  tcase_add_loop_test(remap, shifted_grid_gets_cell_averages, 1, MF_AXES + 1);
  tcase_add_loop_test(remap, mass_is_kept, 0, 3);
  tcase_add_test(remap, outside_walls_is_refused);
  tcase_add_test(files, foreign_files_are_read);
  tcase_add_test(files, float_coordinates_mean_the_same_grid);
  tcase_add_test(files, bounds_are_believed);
  tcase_add_test(files, periodic_axes_take_any_period);
  tcase_add_test(files, more_than_a_period_is_refused);
  tcase_add_test(files, axes_are_told_by_attribute_or_name);
  tcase_add_test(files, axes_come_in_any_order);
  tcase_add_test(files, falling_axes_are_turned);
  tcase_add_test(files, one_cell_needs_bounds);
  tcase_add_test(files, wrong_records_are_refused);
  tcase_add_test(files, wrong_files_are_refused);
  tcase_add_test(files, wrong_axes_are_refused);
  tcase_add_test(files, coded_values_are_refused);
  tcase_add_test(files, missing_cells_are_refused);
  tcase_add_test(files, values_never_written_are_refused);
  suite_add_tcase(suite, remap);
  suite_add_tcase(suite, files);
  return mf_run_suite(suite);
}
