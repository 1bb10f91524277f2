/* SPDX-License-Identifier: BSD-3-Clause */
/* A measure over time, as a run has left it in NAME.nc. */
#include "io/netcdf/snapshots.h"

#include "io/language/case.h"
#include "io/netcdf/foreign.h"
#include "io/netcdf/import.h"
#include "io/netcdf/netcdf.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- space ---- */

static int read_series(const mf_nc *file, const char *name, size_t count, double **values)
{
  int variable;
  MF_NC(file, nc_inq_varid(file->id, name, &variable), "there is no variable %s", name);
  MF_TRY(mf_reals_create(values, (ptrdiff_t)count));
  return mf_nc_get_numbers(file, variable, count, *values);
}

/* Cells are equal if their faces are where n equal cells have them, to the digits of a float. */
static int check_equal(const mf_nc *file, const char *name, const double *bounds, size_t n)
{
  const double lo = bounds[0], h = (bounds[2 * n - 1] - lo) / (double)n;
  for (size_t i = 0; i < 2 * n; i++)
    if (!(fabs(bounds[i] - lo - h * (double)((i + 1) / 2)) <= 1e-5 * h))
      return mf_fail(MF_EFILE, "%s: the cells of axis %s are not of one size", file->path, name);
  return MF_OK;
}

static int read_axis(const mf_nc *file, int dimension, long *cells, double *lo, double *hi)
{
  char name[NC_MAX_NAME + 1], bounds[NC_MAX_NAME + 8];
  size_t n;
  double *values = NULL;
  MF_NC(file, nc_inq_dim(file->id, dimension, name, &n), "cannot read its axes");
  if (n < 1 || n > INT_MAX) return mf_fail(MF_EFILE, "%s: axis %s has %zu cells", file->path, name, n);
  snprintf(bounds, sizeof bounds, "%s_bnds", name);
  int status = read_series(file, bounds, 2 * n, &values);
  if (!status) status = check_equal(file, name, values, n);
  if (!status) {
    *cells = (long)n;
    *lo = values[0];
    *hi = values[2 * n - 1];
  }
  mf_release(values);
  return status;
}

/* ---- boundaries, which only the case knows ---- */

static void read_boundaries(const mf_case *c, int dim, bool periodic[MF_AXES])
{
  const mf_node *grid = mf_node_get(mf_case_root(c), "grid"),
                *node = grid ? mf_node_get(grid, "boundary") : NULL;
  for (int a = 0; node && a < dim; a++) {
    const mf_node *one = node->kind == MF_SEQUENCE && a < node->count ? node->child[a] : node;
    periodic[a] = one->kind == MF_SCALAR && !strcmp(one->text, "periodic");
  }
}

static int find_boundaries(const mf_nc *file, int dim, bool periodic[MF_AXES])
{
  char *text;
  mf_case *c;
  MF_TRY(mf_nc_get_text(file, NC_GLOBAL, "case_yaml", &text));
  const int status = *text ? mf_case_parse(&c, file->path, text) : MF_ECASE;
  if (!status) read_boundaries(c, dim, periodic);
  if (!status) mf_case_free(c);
  mf_release(text);
  return MF_OK;
}

/* ---- all of it ---- */

static int survey(mf_snapshots *s, const mf_nc *file)
{
  int variable, rank, dimensions[NC_MAX_VAR_DIMS], time;
  if (nc_inq_varid(file->id, "density", &variable) || nc_inq_dimid(file->id, "time", &time))
    return mf_fail(
        MF_EFILE,
        "%s: this is no file of fields: it has no density over time (such a file is called NAME.nc)",
        file->path);
  MF_NC(file, nc_inq_var(file->id, variable, NULL, NULL, &rank, dimensions, NULL), "cannot read density");
  if (rank < 2 || rank > MF_AXES + 1 || dimensions[0] != time)
    return mf_fail(MF_EFILE, "%s: density does not have the dimensions time and one to three axes",
                   file->path);
  const int dim = rank - 1;
  long cells[MF_AXES];
  double lo[MF_AXES], hi[MF_AXES];
  bool periodic[MF_AXES] = {false, false, false};
  for (int a = 0; a < dim; a++) MF_TRY(read_axis(file, dimensions[dim - a], &cells[a], &lo[a], &hi[a]));
  MF_TRY(find_boundaries(file, dim, periodic));
  const int status = mf_grid_init(&s->grid, dim, cells, lo, hi, periodic);
  if (status) return mf_blame(MF_EFILE, "%s", file->path);
  size_t count;
  MF_NC(file, nc_inq_dimlen(file->id, time, &count), "cannot read time");
  if (count < 1 || count > INT_MAX) return mf_fail(MF_EFILE, "%s: it has %zu records", file->path, count);
  s->count = (int)count;
  return read_series(file, "time", count, &s->time);
}

static int read_survey(void *self, const mf_nc *file)
{
  return survey(self, file);
}

static int pass_survey(void *self, mf_parcel *p)
{
  mf_snapshots *s = self;
  MF_TRY(mf_parcel_pass(p, &s->grid, sizeof s->grid));
  MF_TRY(mf_parcel_pass(p, &s->count, sizeof s->count));
  return mf_parcel_pass_reals(p, &s->time, s->count);
}

int mf_snapshots_open(mf_snapshots *s, const char *path)
{
  *s = (mf_snapshots){.path = NULL};
  MF_TRY(mf_text_copy(&s->path, path));
  return mf_nc_read(path, read_survey, pass_survey, s);
}

void mf_snapshots_clear(mf_snapshots *s)
{
  mf_release(s->path);
  mf_release(s->time);
  *s = (mf_snapshots){.path = NULL};
}

int mf_snapshots_density(const mf_snapshots *s, int record, const mf_grid *grid, double *density)
{
  return mf_import_field(grid, s->path, "density", record, density);
}
