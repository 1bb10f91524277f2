/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of a run, read back from NAME.nc as numbers, record by record. */
#include "io/netcdf/records.h"

#include "io/netcdf/netcdf.h"

enum { RANK = MF_AXES + 1 };

typedef struct {
  mf_nc file;
  mf_fields *to;
  mf_fields_view view;
  double *room; /* one array of cells for each varying field */
} copy;

/* A variable of the right shape. */
static int find(const copy *c, const char *name, bool varying, int *variable)
{
  const mf_nc *file = &c->file;
  const mf_grid *grid = c->view.grid;
  int rank, dimension[NC_MAX_VAR_DIMS];
  MF_NC(file, nc_inq_varid(file->id, name, variable), "it has no field %s", name);
  MF_NC(file, nc_inq_var(file->id, *variable, NULL, NULL, &rank, dimension, NULL), "cannot read %s", name);
  bool same = rank == grid->dim + varying;
  for (int a = 0; same && a < grid->dim; a++) {
    size_t length;
    MF_NC(file, nc_inq_dimlen(file->id, dimension[rank - 1 - a], &length), "cannot read %s", name);
    same = length == (size_t)grid->global[a];
  }
  return same ? MF_OK
              : mf_fail(MF_EFILE, "%s: %s is not a field over the cells of this run", file->path, name);
}

/* `record` < 0: the field has no time. */
static int read_field(const copy *c, const char *name, ptrdiff_t record, double *values)
{
  const mf_grid *grid = c->view.grid;
  size_t start[RANK] = {0}, count[RANK];
  int variable, rank = 0;
  MF_TRY(find(c, name, record >= 0, &variable));
  if (record >= 0) {
    start[rank] = (size_t)record;
    count[rank++] = 1;
  }
  for (int a = grid->dim - 1; a >= 0; a--) {
    start[rank] = (size_t)grid->offset[a];
    count[rank++] = (size_t)grid->n[a];
  }
  MF_NC(&c->file, nc_get_vara_double(c->file.id, variable, start, count, values), "cannot read %s", name);
  return MF_OK;
}

static int check_time(const copy *c, ptrdiff_t record, double time)
{
  const size_t at = (size_t)record;
  int variable;
  double there;
  MF_NC(&c->file, nc_inq_varid(c->file.id, "time", &variable), "it has no time");
  MF_NC(&c->file, nc_get_var1_double(c->file.id, variable, &at, &there), "cannot read record %td", record);
  if (there == time) return MF_OK;
  return mf_fail(MF_EFILE, "%s: its record %td is at t = %.17g instead of %.17g: this is another run's",
                 c->file.path, record, there, time);
}

static int copy_record(const copy *c, ptrdiff_t record, double time)
{
  const double *values[MF_FIELDS];
  MF_TRY(check_time(c, record, time));
  for (int i = 0; i < c->view.varying_count; i++) {
    double *room = c->room + i * c->view.grid->cells;
    MF_TRY(read_field(c, c->view.names[i], record, room));
    values[i] = room;
  }
  return mf_fields_append(c->to, time, values);
}

static int copy_all(const copy *c, const double *times, ptrdiff_t records)
{
  for (int i = 0; i < c->view.fixed_count; i++) {
    MF_TRY(read_field(c, c->view.names[c->view.varying_count + i], -1, c->room));
    MF_TRY(mf_fields_put_fixed(c->to, i, c->room));
  }
  for (ptrdiff_t k = 0; k < records; k++) MF_TRY(copy_record(c, k, times[k]));
  return MF_OK;
}

int mf_records_copy(mf_fields *to, const char *path, const double *times, ptrdiff_t records)
{
  copy c = {.to = to, .view = mf_fields_look(to)};
  const int arrays = c.view.varying_count > 0 ? c.view.varying_count : 1;
  if (c.view.varying_count > MF_FIELDS) return mf_fail(MF_EFILE, "%s: more than %d fields", path, MF_FIELDS);
  MF_TRY(mf_reals_create(&c.room, arrays * c.view.grid->cells));
  int status = mf_nc_open(&c.file, path);
  if (!status) {
    status = copy_all(&c, times, records);
    mf_nc_abandon(&c.file);
  }
  mf_release(c.room);
  return status;
}
