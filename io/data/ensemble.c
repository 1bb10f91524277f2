/* SPDX-License-Identifier: BSD-3-Clause */
/* Particles over time from netCDF or CSV. */
#include "io/data/ensemble.h"

#include "grids/stage.h"
#include "io/data/npy.h"
#include "io/data/numbers.h"
#include "io/language/file.h"
#include "io/netcdf/foreign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* netCDF 3 begins with CDF, netCDF 4 is HDF5. */
static bool is_netcdf(const char *path)
{
  char magic[5] = "";
  FILE *file;
  if (mf_file_open(&file, path)) return false;
  const size_t got = fread(magic, 1, 4, file);
  fclose(file);
  return got == 4 && (!strncmp(magic, "CDF", 3) || !strcmp(magic, "\211HDF"));
}

static int find_particles(void *self, const mf_nc *file)
{
  int dimension;
  *(bool *)self = !nc_inq_dimid(file->id, "particle", &dimension);
  return MF_OK;
}

static int pass_answer(void *self, mf_parcel *p)
{
  return mf_parcel_pass(p, self, sizeof(bool));
}

bool mf_is_ensemble(const char *path)
{
  bool is = false;
  return !is_netcdf(path) || (!mf_nc_read(path, find_particles, pass_answer, &is) && is);
}

static int allocate(mf_ensemble *e, ptrdiff_t particles, bool weighted)
{
  MF_TRY(mf_reals_create(&e->time, e->count));
  MF_TRY(mf_objects_create(&e->first, (ptrdiff_t)e->count + 1, sizeof *e->first));
  MF_TRY(mf_reals_create(&e->position, particles * e->dim));
  return weighted ? mf_reals_create(&e->weight, particles) : MF_OK;
}

/* ---- netCDF ---- */

typedef struct {
  int position, weight, time; /* variables, -1: none */
  size_t times, particles, coordinates;
  bool timed, weight_timed;
} layout;

static int length_of(const mf_nc *file, const char *name, size_t *length)
{
  int dimension;
  MF_NC(file, nc_inq_dimid(file->id, name, &dimension), "there is no dimension %s", name);
  MF_NC(file, nc_inq_dimlen(file->id, dimension, length), "cannot read dimension %s", name);
  return MF_OK;
}

/* True if a variable has exactly these dimensions. */
static bool has_shape(const mf_nc *file, int variable, int rank, const char *const *names)
{
  int there, dimensions[NC_MAX_VAR_DIMS];
  char name[NC_MAX_NAME + 1];
  if (nc_inq_varndims(file->id, variable, &there) || there != rank) return false;
  nc_inq_vardimid(file->id, variable, dimensions);
  for (int i = 0; i < rank; i++)
    if (nc_inq_dimname(file->id, dimensions[i], name) || strcmp(name, names[i]) != 0) return false;
  return true;
}

static int find_layout(const mf_nc *file, layout *l)
{
  static const char *const shape[] = {"time", "particle", "coordinate"};
  MF_NC(file, nc_inq_varid(file->id, "position", &l->position), "there is no variable position");
  l->timed = has_shape(file, l->position, 3, shape);
  if (!l->timed && !has_shape(file, l->position, 2, shape + 1))
    return mf_fail(
        MF_EFILE,
        "%s: position has not the dimensions (time, particle, coordinate) or (particle, coordinate)",
        file->path);
  if (nc_inq_varid(file->id, "weight", &l->weight)) l->weight = -1;
  l->weight_timed = l->weight >= 0 && l->timed && has_shape(file, l->weight, 2, shape);
  if (l->weight >= 0 && !l->weight_timed && !has_shape(file, l->weight, 1, shape + 1))
    return mf_fail(MF_EFILE, "%s: weight has not the dimensions (time, particle) or (particle)", file->path);
  if (l->timed) MF_NC(file, nc_inq_varid(file->id, "time", &l->time), "there is no variable time");
  l->times = 1;
  if (l->timed) MF_TRY(length_of(file, "time", &l->times));
  MF_TRY(length_of(file, "particle", &l->particles));
  MF_TRY(length_of(file, "coordinate", &l->coordinates));
  if (l->coordinates < 1 || l->coordinates > 3)
    return mf_fail(MF_EFILE, "%s: particles have %zu coordinates, not 1, 2 or 3", file->path, l->coordinates);
  const double numbers = (double)l->times * (double)l->particles;
  return l->times > 0 && l->particles > 0 && numbers < 1e9
             ? MF_OK
             : mf_fail(MF_EFILE, "%s: %zu snapshots of %zu particles", file->path, l->times, l->particles);
}

static int read_netcdf(void *self, const mf_nc *file)
{
  mf_ensemble *e = self;
  layout l;
  MF_TRY(find_layout(file, &l));
  const ptrdiff_t n = (ptrdiff_t)l.particles, total = (ptrdiff_t)l.times * n;
  e->dim = (int)l.coordinates;
  e->count = (int)l.times;
  MF_TRY(allocate(e, total, l.weight >= 0));
  for (int k = 0; k <= e->count; k++) e->first[k] = k * n;
  e->time[0] = NAN;
  const size_t points = (size_t)total, weights = l.weight_timed ? points : (size_t)n;
  if (l.timed) MF_TRY(mf_nc_get_numbers(file, l.time, l.times, e->time));
  MF_TRY(mf_nc_get_numbers(file, l.position, points * l.coordinates, e->position));
  if (l.weight >= 0) MF_TRY(mf_nc_get_numbers(file, l.weight, weights, e->weight));
  for (ptrdiff_t i = n; l.weight >= 0 && !l.weight_timed && i < total; i++) e->weight[i] = e->weight[i - n];
  return MF_OK;
}

static int pass_ensemble(void *self, mf_parcel *p)
{
  mf_ensemble *e = self;
  bool weighted = e->weight;
  MF_TRY(mf_parcel_pass(p, &e->dim, sizeof e->dim));
  MF_TRY(mf_parcel_pass(p, &e->count, sizeof e->count));
  MF_TRY(mf_parcel_pass_reals(p, &e->time, e->count));
  MF_TRY(mf_parcel_make(p, &e->first, (ptrdiff_t)e->count + 1, sizeof *e->first));
  MF_TRY(mf_parcel_pass(p, e->first, ((size_t)e->count + 1) * sizeof *e->first));
  const ptrdiff_t particles = e->first[e->count];
  MF_TRY(mf_parcel_pass_reals(p, &e->position, particles * e->dim));
  MF_TRY(mf_parcel_pass(p, &weighted, sizeof weighted));
  return weighted ? mf_parcel_pass_reals(p, &e->weight, particles) : MF_OK;
}

/* ---- CSV ---- */

enum { TIME, X, Y, Z, WEIGHT, KINDS };
static const char *const column_names[KINDS] = {"time", "x", "y", "z", "weight"};

/* Which column holds what; -1: none. */
static int find_columns(const mf_numbers *p, const char *path, int column[KINDS])
{
  for (int k = 0; k < KINDS; k++) column[k] = -1;
  if (!p->name)
    return mf_fail(MF_EFILE,
                   "%s: the first line has to name the columns: time, x, y, z, weight (those there are)",
                   path);
  for (int c = 0; c < p->columns; c++) {
    int k = 0;
    while (k < KINDS && strcmp(p->name[c], column_names[k]) != 0) k++;
    if (k == KINDS) {
      mf_warn("%s: column '%s' is none of time, x, y, z, weight, and is not used", path, p->name[c]);
      continue;
    }
    MF_TRY(mf_numbers_need(p, c));
    if (column[k] >= 0) return mf_fail(MF_EFILE, "%s: there are two columns %s", path, column_names[k]);
    column[k] = c;
  }
  if (column[X] < 0 || (column[Z] >= 0 && column[Y] < 0))
    return mf_fail(MF_EFILE, "%s: the coordinates are x, or x and y, or x, y and z", path);
  return MF_OK;
}

typedef struct {
  double time;
  ptrdiff_t row;
} entry;

static int by_time(const void *a, const void *b)
{
  const entry *l = a, *r = b;
  if (l->time != r->time) return l->time < r->time ? -1 : 1;
  return l->row < r->row ? -1 : 1;
}

static void fill_rows(mf_ensemble *e, const mf_numbers *p, const int column[KINDS], const entry *order)
{
  int k = 0;
  for (ptrdiff_t i = 0; i < p->rows; i++) {
    const double *row = p->value + order[i].row * p->columns;
    if (i > 0 && order[i].time != order[i - 1].time) e->first[++k] = i;
    e->time[k] = column[TIME] < 0 ? NAN : order[i].time;
    for (int a = 0; a < e->dim; a++) e->position[i * e->dim + a] = row[column[X + a]];
    if (e->weight) e->weight[i] = row[column[WEIGHT]];
  }
  e->first[e->count] = p->rows;
}

static int fill_sorted(mf_ensemble *e, const mf_numbers *p, const int column[KINDS], entry *order)
{
  for (int i = 0; i < p->rows; i++) {
    const double time = column[TIME] < 0 ? 0 : p->value[(ptrdiff_t)i * p->columns + column[TIME]];
    if (!isfinite(time)) return mf_fail(MF_EFILE, "%s: the time of particle %d is %g", e->path, i + 1, time);
    order[i] = (entry){time, i};
  }
  qsort(order, (size_t)p->rows, sizeof *order, by_time);
  e->dim = column[Z] >= 0 ? 3 : column[Y] >= 0 ? 2 : 1;
  e->count = 1;
  for (int i = 1; i < p->rows; i++) e->count += order[i].time != order[i - 1].time;
  MF_TRY(allocate(e, p->rows, column[WEIGHT] >= 0));
  fill_rows(e, p, column, order);
  return MF_OK;
}

static int fill_csv(mf_ensemble *e, const mf_numbers *p)
{
  int column[KINDS];
  entry *order;
  MF_TRY(find_columns(p, e->path, column));
  MF_TRY(mf_objects_create(&order, p->rows, sizeof *order));
  const int status = fill_sorted(e, p, column, order);
  mf_release(order);
  return status;
}

/* ---- NumPy ---- */

/* One snapshot without a time. */
static int fill_npy(mf_ensemble *e)
{
  ptrdiff_t rows;
  MF_TRY(mf_npy_read(e->path, &rows, &e->dim, &e->position));
  if (e->dim > 3)
    return mf_fail(MF_EFILE, "%s: particles have %d coordinates, not 1, 2 or 3", e->path, e->dim);
  e->count = 1;
  MF_TRY(mf_reals_create(&e->time, 1));
  MF_TRY(mf_objects_create(&e->first, 2, sizeof *e->first));
  e->time[0] = NAN;
  e->first[1] = rows;
  return MF_OK;
}

/* ---- any ---- */

typedef struct {
  char text[48];
} moment;

/* " at t = 1", or nothing for particles without a time. */
static moment when(const mf_ensemble *e, int k)
{
  moment m = {""};
  if (!isnan(e->time[k])) snprintf(m.text, sizeof m.text, " at t = %g", e->time[k]);
  return m;
}

static int check_snapshot(const mf_ensemble *e, int k)
{
  double mass = 0;
  if (k > 0 && !(e->time[k] > e->time[k - 1]))
    return mf_fail(MF_EFILE, "%s: time does not increase at snapshot %d (%g after %g)", e->path, k,
                   e->time[k], e->time[k - 1]);
  for (ptrdiff_t i = e->first[k]; i < e->first[k + 1]; i++) {
    const double w = e->weight ? e->weight[i] : 1;
    for (int a = 0; a < e->dim; a++)
      if (!isfinite(e->position[i * e->dim + a]))
        return mf_fail(MF_EFILE, "%s: coordinate %c of particle %td%s is %g", e->path, 'x' + a,
                       i + 1 - e->first[k], when(e, k).text, e->position[i * e->dim + a]);
    if (!(w >= 0) || isinf(w))
      return mf_fail(MF_EFILE, "%s: the weight of particle %td%s is %g", e->path, i + 1 - e->first[k],
                     when(e, k).text, w);
    mass += w;
  }
  return mass > 0 ? MF_OK : mf_fail(MF_EFILE, "%s: the particles%s weigh nothing", e->path, when(e, k).text);
}

static int fill(mf_ensemble *e, const char *path)
{
  MF_TRY(mf_text_copy(&e->path, path));
  if (is_netcdf(path)) {
    MF_TRY(mf_nc_read(path, read_netcdf, pass_ensemble, e));
  } else if (mf_is_npy(path)) {
    MF_TRY(fill_npy(e));
  } else {
    mf_numbers *p;
    MF_TRY(mf_numbers_read_file(&p, path));
    const int status = fill_csv(e, p);
    mf_numbers_free(p);
    MF_TRY(status);
  }
  for (int k = 0; k < e->count; k++) MF_TRY(check_snapshot(e, k));
  return MF_OK;
}

int mf_ensemble_read(mf_ensemble **out, const char *path)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, path);
  if (!status) return MF_OK;
  mf_ensemble_free(*out);
  *out = NULL;
  return status;
}

void mf_ensemble_free(mf_ensemble *e)
{
  if (!e) return;
  mf_release(e->path);
  mf_release(e->time);
  mf_release(e->first);
  mf_release(e->position);
  mf_release(e->weight);
  mf_release(e);
}
