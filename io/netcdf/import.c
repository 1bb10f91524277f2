/* SPDX-License-Identifier: BSD-3-Clause */
/* A field from a netCDF file, brought to a grid conservatively (remap.h).
 *
 * Faces of file and grid that agree to the rounding of the file's coordinates are taken to be the same, so that the
 * same grid gives weights 1 and nothing else. */
#include "io/netcdf/import.h"

#include "grids/base.h"
#include "grids/remap.h"
#include "io/netcdf/foreign.h"
#include "io/netcdf/missing.h"
#include "io/netcdf/netcdf.h"
#include "io/netcdf/orient.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What the file has: a variable, over axes counted like the grid's, x first. */
typedef struct {
  mf_nc file;
  const char *name;
  int variable;
  int dim;
  int time; /* dimension that counts records; -1: none */
  size_t record;
  int dimension[MF_AXES]; /* netCDF's number of each axis */
  ptrdiff_t n[MF_AXES];
  bool falls[MF_AXES];                     /* the coordinate does, in the file; here it rises */
  double *lower[MF_AXES], *upper[MF_AXES]; /* faces of the cells of each axis */
} source;

/* A variable worth naming to somebody who asked for one that is not there. */
static bool is_field(const mf_nc *file, int variable, int dim, char *name)
{
  int rank, dimension;
  if (nc_inq_varname(file->id, variable, name) || nc_inq_varndims(file->id, variable, &rank)) return false;
  return rank >= dim && !strstr(name, "_bnds") && nc_inq_dimid(file->id, name, &dimension);
}

static bool has_groups(const mf_nc *file)
{
  int groups = 0;
  return !nc_inq_grps(file->id, &groups, NULL) && groups > 0;
}

static int no_such_variable(const source *s)
{
  char known[512] = "", name[NC_MAX_NAME + 1];
  int count = 0;
  nc_inq_nvars(s->file.id, &count);
  for (int v = 0; v < count; v++) {
    if (!is_field(&s->file, v, s->dim, name)) continue;
    const size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", name);
  }
  if (!*known && has_groups(&s->file))
    return mf_fail(
        MF_EFILE,
        "%s: there is no variable %s outside groups, which are not read: take it out of its own first "
        "(`ncks -G : -g GROUP -v %s in.nc out.nc`)",
        s->file.path, s->name, s->name);
  return mf_fail(MF_EFILE, "%s: there is no variable %s; there is: %s", s->file.path, s->name,
                 *known ? known : "none");
}

static int dimension_name(const source *s, int dimension, char *name)
{
  MF_NC(&s->file, nc_inq_dimname(s->file.id, dimension, name), "cannot read %s", s->name);
  return MF_OK;
}

/* Time is the dimension that is called so, or the leading one if it is unlimited and one too many. */
static int find_time(source *s, int rank, const int *dimensions)
{
  int unlimited;
  s->time = -1;
  for (int d = 0; d < rank; d++)
    if (mf_nc_axis_letter(&s->file, dimensions[d]) == 't') {
      s->time = dimensions[d];
      return MF_OK;
    }
  MF_NC(&s->file, nc_inq_unlimdim(s->file.id, &unlimited), "cannot read %s", s->name);
  if (rank == s->dim + 1 && dimensions[0] == unlimited) s->time = unlimited;
  return MF_OK;
}

static int find_axes(source *s)
{
  const mf_nc *file = &s->file;
  int rank, dimensions[NC_MAX_VAR_DIMS];
  MF_NC(file, nc_inq_var(file->id, s->variable, NULL, NULL, &rank, dimensions, NULL), "cannot read %s",
        s->name);
  MF_TRY(find_time(s, rank, dimensions));
  const int axes = s->time < 0 ? rank : rank - 1;
  if (axes != s->dim)
    return mf_fail(MF_EFILE, "%s: %s has %d %s%s, but the grid has %d%s", file->path, s->name, axes,
                   axes == 1 ? "axis" : "axes", s->time < 0 ? "" : " beside time", s->dim,
                   axes > s->dim ? ": take one layer first (`ncks -d DIMENSION,0` and `ncwa -a DIMENSION`)"
                                 : "");
  for (int d = rank - 1, a = 0; d >= 0; d--)
    if (dimensions[d] != s->time) s->dimension[a++] = dimensions[d];
  MF_TRY(mf_nc_order_axes(file, s->name, s->dimension, s->dim));
  for (int a = 0; a < s->dim; a++) {
    size_t n;
    MF_NC(file, nc_inq_dimlen(file->id, s->dimension[a], &n), "cannot read %s", s->name);
    if (n < 1 || n > INT_MAX)
      return mf_fail(MF_EFILE, "%s: %s has an axis of %zu cells", file->path, s->name, n);
    s->n[a] = (ptrdiff_t)n;
  }
  return MF_OK;
}

static int find_record(source *s, long wanted)
{
  size_t count = 1;
  if (s->time >= 0) MF_NC(&s->file, nc_inq_dimlen(s->file.id, s->time, &count), "cannot read %s", s->name);
  const long records = (long)count, record = wanted < 0 ? records + wanted : wanted;
  if (record < 0 || record >= records)
    return mf_fail(MF_EFILE, "%s: there is no record %ld of %s: the file has %ld, counted from 0",
                   s->file.path, wanted, s->name, records);
  s->record = (size_t)record;
  return MF_OK;
}

/* The variable with the bounds of a coordinate; false if there is none. */
static int find_bounds(const source *s, int coordinate, const char *axis, bool *found, int *bounds)
{
  const mf_nc *file = &s->file;
  char *name;
  MF_TRY(mf_nc_get_text(file, coordinate, "bounds", &name));
  *found = *name && !nc_inq_varid(file->id, name, bounds);
  mf_release(name);
  if (*found) return MF_OK;
  char usual[NC_MAX_NAME + 8];
  snprintf(usual, sizeof usual, "%s_bnds", axis);
  *found = !nc_inq_varid(file->id, usual, bounds);
  return MF_OK;
}

static int read_bounds(const source *s, int axis, int bounds, double *lower, double *upper)
{
  const mf_nc *file = &s->file;
  int rank, dimensions[NC_MAX_VAR_DIMS];
  size_t corners = 0;
  MF_NC(file, nc_inq_var(file->id, bounds, NULL, NULL, &rank, dimensions, NULL), "cannot read bounds");
  if (rank == 2) MF_NC(file, nc_inq_dimlen(file->id, dimensions[1], &corners), "cannot read bounds");
  if (rank != 2 || dimensions[0] != s->dimension[axis] || corners != 2)
    return mf_fail(MF_EFILE, "%s: the bounds of axis %s of %s are not two a cell", file->path,
                   mf_axis_names[axis], s->name);
  const size_t count[2] = {(size_t)s->n[axis], 1};
  for (size_t end = 0; end < 2; end++) {
    const size_t start[2] = {0, end};
    MF_NC(file, nc_get_vara_double(file->id, bounds, start, count, end ? upper : lower),
          "cannot read bounds");
  }
  return MF_OK;
}

/* Faces midway between centres, which come in `lower`; the outer ones as far out as their neighbours are in.
 */
static int guess_bounds(const source *s, int axis, double *lower, double *upper)
{
  const ptrdiff_t n = s->n[axis];
  if (n < 2)
    return mf_fail(MF_EFILE, "%s: axis %s of %s has one cell and no bounds, so its length is unknown",
                   s->file.path, mf_axis_names[axis], s->name);
  for (ptrdiff_t i = 0; i < n - 1; i++) upper[i] = lower[i] + 0.5 * (lower[i + 1] - lower[i]);
  upper[n - 1] = lower[n - 1] + 0.5 * (lower[n - 1] - lower[n - 2]);
  lower[0] -= 0.5 * (lower[1] - lower[0]);
  for (ptrdiff_t i = n - 1; i > 0; i--) lower[i] = upper[i - 1];
  return MF_OK;
}

/* Cells of a coordinate that falls, counted from the other end. */
static void turn_faces(ptrdiff_t n, double *x)
{
  for (ptrdiff_t i = 0; i < n / 2; i++) {
    const double first = x[i];
    x[i] = x[n - 1 - i], x[n - 1 - i] = first;
  }
}

/* Bounds of a cell may come in either order. */
static void sort_bounds(ptrdiff_t n, double *lower, double *upper)
{
  for (ptrdiff_t i = 0; i < n; i++) {
    const double low = lower[i];
    if (upper[i] < low) lower[i] = upper[i], upper[i] = low;
  }
}

static int check_increasing(const source *s, int axis, const double *x, const double *next, ptrdiff_t count)
{
  for (ptrdiff_t i = 0; i < count; i++)
    if (!isfinite(x[i]) || !(x[i] < next[i]))
      return mf_fail(MF_EFILE, "%s: axis %s of %s neither rises nor falls at cell %td", s->file.path,
                     mf_axis_names[axis], s->name, i);
  return MF_OK;
}

/* Gaps between cells are left empty; overlaps have no meaning. */
static int check_disjoint(const source *s, int axis, double tolerance)
{
  double *lower = s->lower[axis];
  const double *upper = s->upper[axis];
  for (ptrdiff_t i = 1; i < s->n[axis]; i++) {
    if (lower[i] < upper[i - 1] - tolerance)
      return mf_fail(MF_EFILE, "%s: cells %td and %td of axis %s of %s overlap", s->file.path, i - 1, i,
                     mf_axis_names[axis], s->name);
    if (lower[i] < upper[i - 1] + tolerance) lower[i] = upper[i - 1];
  }
  return MF_OK;
}

/* Rounding of a coordinate of the file, with room for the few operations that made it a face. */
static double face_tolerance(const mf_grid *grid, int axis, nc_type type, double first, double last)
{
  enum { OPERATIONS = 8 };
  const double unit = type == NC_FLOAT ? FLT_EPSILON : DBL_EPSILON;
  const double size = fmax(fmax(fabs(grid->lo[axis]), fabs(grid->hi[axis])), fmax(fabs(first), fabs(last)));
  return fmin(OPERATIONS * unit * size, 0.01 * grid->h[axis]);
}

/* Faces as the file has them, rising. */
static int read_edges(source *s, int axis, const char *name, int coordinate)
{
  const ptrdiff_t n = s->n[axis];
  int bounds;
  bool found;
  MF_TRY(mf_reals_create(&s->lower[axis], n));
  MF_TRY(mf_reals_create(&s->upper[axis], n));
  double *lower = s->lower[axis], *upper = s->upper[axis];
  MF_TRY(mf_nc_get_numbers(&s->file, coordinate, (size_t)n, lower));
  s->falls[axis] = n > 1 && lower[0] > lower[n - 1];
  if (s->falls[axis]) turn_faces(n, lower);
  MF_TRY(check_increasing(s, axis, lower, lower + 1, n - 1));
  MF_TRY(find_bounds(s, coordinate, name, &found, &bounds));
  if (!found) return guess_bounds(s, axis, lower, upper);
  MF_TRY(read_bounds(s, axis, bounds, lower, upper));
  sort_bounds(n, lower, upper);
  if (s->falls[axis]) turn_faces(n, lower);
  if (s->falls[axis]) turn_faces(n, upper);
  return check_increasing(s, axis, lower, upper, n);
}

static int read_faces(source *s, const mf_grid *grid, int axis, const char *name, int coordinate)
{
  nc_type type;
  MF_NC(&s->file, nc_inq_vartype(s->file.id, coordinate, &type), "cannot read %s", name);
  MF_TRY(read_edges(s, axis, name, coordinate));
  const ptrdiff_t n = s->n[axis];
  double *lower = s->lower[axis], *upper = s->upper[axis];
  const double tolerance = face_tolerance(grid, axis, type, lower[0], upper[n - 1]);
  MF_TRY(check_disjoint(s, axis, tolerance));
  for (ptrdiff_t i = 0; i < n; i++) {
    lower[i] = mf_remap_face(grid, axis, tolerance, lower[i]);
    upper[i] = mf_remap_face(grid, axis, tolerance, upper[i]);
  }
  return MF_OK;
}

static int read_axis(source *s, const mf_grid *grid, int axis)
{
  char name[NC_MAX_NAME + 1];
  int coordinate, rank = 0, dimension = -1;
  MF_TRY(dimension_name(s, s->dimension[axis], name));
  if (!nc_inq_varid(s->file.id, name, &coordinate) && !nc_inq_varndims(s->file.id, coordinate, &rank) &&
      rank == 1)
    nc_inq_vardimid(s->file.id, coordinate, &dimension);
  if (dimension != s->dimension[axis])
    return mf_fail(MF_EFILE, "%s: dimension %s of %s has no coordinates", s->file.path, name, s->name);
  return read_faces(s, grid, axis, name, coordinate);
}

static int source_read(source *s, const mf_grid *grid, long record)
{
  if (nc_inq_varid(s->file.id, s->name, &s->variable)) return no_such_variable(s);
  MF_TRY(find_axes(s));
  MF_TRY(find_record(s, record));
  MF_TRY(mf_nc_check_plain(&s->file, s->variable, s->name));
  for (int a = 0; a < s->dim; a++) MF_TRY(read_axis(s, grid, a));
  return MF_OK;
}

static void source_clear(source *s)
{
  for (int a = 0; a < MF_AXES; a++) {
    mf_release(s->lower[a]);
    mf_release(s->upper[a]);
  }
}

/* Where the variable's dimensions start and how much of each is read. */
static int find_extent(const source *s, int *rank, size_t *start, size_t *count, ptrdiff_t *cells)
{
  int dimensions[NC_MAX_VAR_DIMS];
  double all = 1;
  MF_NC(&s->file, nc_inq_var(s->file.id, s->variable, NULL, NULL, rank, dimensions, NULL), "cannot read %s",
        s->name);
  for (int d = 0; d < *rank; d++) {
    start[d] = dimensions[d] == s->time ? s->record : 0;
    count[d] = 1;
    for (int a = 0; a < s->dim; a++)
      if (dimensions[d] == s->dimension[a]) count[d] = (size_t)s->n[a];
    all *= (double)count[d];
  }
  if (all > (double)(PTRDIFF_MAX / 64))
    return mf_fail(MF_EFILE, "%s: %s has too many cells", s->file.path, s->name);
  *cells = (ptrdiff_t)all;
  return MF_OK;
}

/* How far apart neighbours along each axis lie in the order of the file. */
static int find_strides(const source *s, ptrdiff_t *stride)
{
  int rank, dimensions[NC_MAX_VAR_DIMS];
  ptrdiff_t far = 1;
  MF_NC(&s->file, nc_inq_var(s->file.id, s->variable, NULL, NULL, &rank, dimensions, NULL), "cannot read %s",
        s->name);
  for (int d = rank - 1; d >= 0; d--)
    for (int a = 0; a < s->dim; a++)
      if (dimensions[d] == s->dimension[a]) {
        stride[a] = far;
        far *= s->n[a];
      }
  return MF_OK;
}

/* From the order of the file to x fastest, all axes rising. */
static int turn_values(const source *s, const double *in, ptrdiff_t cells, double *out)
{
  ptrdiff_t stride[MF_AXES];
  MF_TRY(find_strides(s, stride));
  for (ptrdiff_t c = 0; c < cells; c++) {
    ptrdiff_t rest = c, from = 0;
    for (int a = 0; a < s->dim; rest /= s->n[a], a++) {
      const ptrdiff_t i = rest % s->n[a];
      from += stride[a] * (s->falls[a] ? s->n[a] - 1 - i : i);
    }
    out[c] = in[from];
  }
  return MF_OK;
}

static int read_values(const source *s, double **values)
{
  size_t start[NC_MAX_VAR_DIMS], count[NC_MAX_VAR_DIMS];
  ptrdiff_t cells = 0;
  int rank;
  double *in;
  MF_TRY(find_extent(s, &rank, start, count, &cells));
  MF_TRY(mf_reals_create(values, cells));
  MF_TRY(mf_reals_create(&in, cells));
  int status = mf_nc_check(&s->file, nc_get_vara_double(s->file.id, s->variable, start, count, in),
                           "cannot read %s", s->name);
  if (!status) status = mf_nc_check_values(&s->file, s->variable, start, count, in);
  if (!status) status = turn_values(s, in, cells, *values);
  mf_release(in);
  return status;
}

/* All of the field, or what a part of its box sees of it. */
typedef struct {
  const mf_grid *grid;
  const char *variable;
  long record;
  bool all;
  double *density;
} request;

static int remap(const request *r, source *s)
{
  double *values = NULL;
  MF_TRY(source_read(s, r->grid, r->record));
  int status = read_values(s, &values);
  mf_cells cells = {.dim = s->dim};
  for (int a = 0; a < s->dim; a++) {
    cells.n[a] = s->n[a];
    cells.lower[a] = s->lower[a];
    cells.upper[a] = s->upper[a];
  }
  if (!status && r->all) status = mf_remap_check(&cells, r->grid, values);
  if (!status) status = mf_remap(&cells, r->grid, &values);
  if (!status) memcpy(r->density, values, (size_t)r->grid->cells * sizeof *values);
  mf_release(values);
  return status;
}

static int read_field(void *self, const mf_nc *file)
{
  const request *r = self;
  source s = {.file = *file, .name = r->variable, .dim = r->grid->dim};
  const int status = remap(r, &s);
  source_clear(&s);
  return status;
}

static int pass_field(void *self, mf_parcel *p)
{
  const request *r = self;
  return mf_parcel_pass(p, r->density, (size_t)r->grid->cells * sizeof *r->density);
}

static int import(const mf_grid *grid, const char *path, const char *variable, long record, bool all,
                  double *density)
{
  request r = {grid, variable ? variable : "density", record, all, density};
  return mf_nc_read(path, read_field, pass_field, &r);
}

int mf_import_field(const mf_grid *grid, const char *path, const char *variable, long record, double *density)
{
  return import(grid, path, variable, record, true, density);
}

int mf_import_part(const mf_grid *grid, const char *path, const char *variable, long record, double *density)
{
  return import(grid, path, variable, record, false, density);
}

/* ---- what there is ---- */

/* Lower and upper end of an axis whose cells have one length. */
static int read_extent(source *s, int axis, double *lo, double *hi)
{
  char name[NC_MAX_NAME + 1];
  int coordinate;
  const ptrdiff_t n = s->n[axis];
  MF_TRY(dimension_name(s, s->dimension[axis], name));
  MF_NC(&s->file, nc_inq_varid(s->file.id, name, &coordinate), "cannot find %s", name);
  MF_TRY(read_edges(s, axis, name, coordinate));
  const double *lower = s->lower[axis], *upper = s->upper[axis];
  *lo = lower[0];
  *hi = upper[n - 1];
  for (ptrdiff_t i = 0; i < n; i++)
    if (fabs(upper[i] - (*lo + (double)(i + 1) * (*hi - *lo) / (double)n)) > 1e-3 * (*hi - *lo) / (double)n)
      return mf_fail(MF_EFILE, "%s: the cells of axis %s have different lengths", s->file.path, name);
  return MF_OK;
}

static int read_times(const source *s, mf_fields_summary *out)
{
  size_t count;
  int variable;
  MF_NC(&s->file, nc_inq_dimlen(s->file.id, s->time, &count), "cannot read its times");
  if (count < 1 || count > INT_MAX) return mf_fail(MF_EFILE, "%s: it has no records", s->file.path);
  MF_NC(&s->file, nc_inq_varid(s->file.id, "time", &variable), "cannot find its times");
  MF_TRY(mf_reals_create(&out->time, (ptrdiff_t)count));
  MF_TRY(mf_nc_get_numbers(&s->file, variable, count, out->time));
  out->records = (int)count;
  return MF_OK;
}

static int summarise(source *s, mf_fields_summary *out)
{
  double lo[MF_AXES], hi[MF_AXES];
  const bool periodic[MF_AXES] = {false, false, false};
  long cells[MF_AXES];
  int rank, target;
  if (nc_inq_varid(s->file.id, s->name, &s->variable)) return no_such_variable(s);
  MF_NC(&s->file, nc_inq_varndims(s->file.id, s->variable, &rank), "cannot read %s", s->name);
  s->dim = rank - 1;
  if (s->dim < 1 || s->dim > MF_AXES)
    return mf_fail(MF_EFILE, "%s: %s is no field over time", s->file.path, s->name);
  MF_TRY(find_axes(s));
  MF_TRY(read_times(s, out));
  for (int a = 0; a < s->dim; a++) {
    MF_TRY(read_extent(s, a, &lo[a], &hi[a]));
    cells[a] = (long)s->n[a];
  }
  out->has_target = !nc_inq_varid(s->file.id, "target", &target);
  MF_TRY(mf_nc_get_text(&s->file, NC_GLOBAL, "title", &out->title));
  return mf_grid_init(&out->grid, s->dim, cells, lo, hi, periodic);
}

static int read_summary(void *self, const mf_nc *file)
{
  source s = {.file = *file, .name = "density"};
  const int status = summarise(&s, self);
  source_clear(&s);
  return status;
}

static int pass_summary(void *self, mf_parcel *p)
{
  mf_fields_summary *summary = self;
  MF_TRY(mf_parcel_pass(p, &summary->grid, sizeof summary->grid));
  MF_TRY(mf_parcel_pass(p, &summary->records, sizeof summary->records));
  MF_TRY(mf_parcel_pass(p, &summary->has_target, sizeof summary->has_target));
  MF_TRY(mf_parcel_pass_reals(p, &summary->time, summary->records));
  return mf_parcel_pass_text(p, &summary->title);
}

int mf_import_summary(mf_fields_summary *summary, const char *path)
{
  *summary = (mf_fields_summary){.records = 0};
  return mf_nc_read(path, read_summary, pass_summary, summary);
}

void mf_fields_summary_clear(mf_fields_summary *summary)
{
  mf_release(summary->time);
  mf_release(summary->title);
  *summary = (mf_fields_summary){.records = 0};
}
