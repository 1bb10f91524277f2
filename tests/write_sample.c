/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes a run whose fields are known functions, for tests that look at files from outside:
 *
 *   write_sample DIM PATH [single] [deflate]
 *
 * The box is off the origin and different along each axis, and so is the number of cells: axes taken for
 * one another, or data read in the wrong order, cannot go unseen.  paraview_sample.py knows the formulas. */
#include "grids/base.h"
#include "grids/grid.h"
#include "io/netcdf/fields.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 3 };

static const long cells[MF_AXES] = {24, 15, 10};
static const double lo[MF_AXES] = {-2, 1, 10}, hi[MF_AXES] = {4, 3.5, 14};
static const double times[RECORDS] = {0, 0.25, 1};

/* A hump that is narrow in x and wide in z, and moves along x. */
static double density(const double x[MF_AXES], int dim, double t)
{
  static const double centre[MF_AXES] = {0, 2, 11.5}, width[MF_AXES] = {0.8, 1, 1.6};
  double exponent = 0;
  for (int a = 0; a < dim; a++) {
    const double d = (x[a] - centre[a] - (a == 0 ? t : 0)) / width[a];
    exponent += d * d;
  }
  return exp(-exponent);
}

/* Different in each cell, whatever the order they are read in. */
static double potential(const double x[MF_AXES], double t)
{
  return x[0] + 10 * x[1] + 100 * x[2] + 1000 * t;
}

static double target(const double x[MF_AXES])
{
  return x[0] - 2 * x[1] + 3 * x[2];
}

static void evaluate(const mf_grid *grid, double t, double *values[3])
{
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(grid, c, x);
    values[0][c] = density(x, grid->dim, t);
    values[1][c] = potential(x, t);
    values[2][c] = target(x);
  }
}

static int write_records(mf_fields *f, const mf_grid *grid, double *values[3])
{
  evaluate(grid, 0, values);
  MF_TRY(mf_fields_put_fixed(f, 0, values[2]));
  for (int r = 0; r < RECORDS; r++) {
    const double *const record[] = {values[0], values[1]};
    evaluate(grid, times[r], values);
    MF_TRY(mf_fields_append(f, times[r], record));
  }
  return MF_OK;
}

static int write_run(const mf_grid *grid, const char *path, const mf_fields_layout *layout)
{
  double *values[3] = {NULL, NULL, NULL};
  mf_fields *f;
  MF_TRY(mf_fields_create(&f, path, layout));
  int status = MF_OK;
  for (int i = 0; i < 3 && !status; i++) status = mf_reals_create(&values[i], grid->cells);
  if (!status) status = write_records(f, grid, values);
  const int closed = mf_fields_close(f);
  for (int i = 0; i < 3; i++) mf_release(values[i]);
  return status ? status : closed;
}

int main(int count, char **arguments)
{
  static const mf_field_info varying[] = {{"density", "density", "1", true},
                                          {"potential", "first variation of the energy", "1", false}};
  static const mf_field_info fixed[] = {{"target", "target density", "1", true}};
  static const mf_attribute attributes[] = {{"title", "sample"}};
  static const bool periodic[MF_AXES] = {false, false, false};
  mf_grid grid;
  if (count < 3) {
    fputs("usage: write_sample DIM PATH [single] [deflate]\n", stderr);
    return 2;
  }
  mf_fields_layout layout = {.grid = &grid,
                             .varying = varying,
                             .varying_count = 2,
                             .fixed = fixed,
                             .fixed_count = 1,
                             .attributes = attributes,
                             .attribute_count = 1};
  for (int i = 3; i < count; i++) {
    if (!strcmp(arguments[i], "single")) layout.single = true;
    if (!strcmp(arguments[i], "deflate")) layout.deflate = 1;
  }
  int status = mf_grid_init(&grid, atoi(arguments[1]), cells, lo, hi, periodic);
  if (!status) status = write_run(&grid, arguments[2], &layout);
  if (status) fprintf(stderr, "write_sample: %s\n", mf_error());
  return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
