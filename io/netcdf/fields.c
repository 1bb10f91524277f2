/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields over time in NAME.nc, and its side file.
 *
 * netCDF-4 in the classic model, no fill values, chunks chosen here (netCDF's own would pad the file), synced
 * after each record: a run that is killed leaves every record it has written.  Why the layout is as it is
 * stands in fields.h; what ParaView makes of it is tested in tests/paraview_reads.py. */
#include "io/netcdf/fields.h"

#include "grids/base.h"
#include "io/netcdf/netcdf.h"
#include "io/netcdf/xdmf.h"

#include <stdio.h>
#include <string.h>

enum {
  DIMENSIONS = MF_AXES + 1, /* time, z, y, x */
  CHUNK_BYTES = 4 << 20,    /* at most; larger ones are slow to read in part, and HDF5 ends at 4 GB */
  RENEW_ALWAYS = 256,       /* records up to which the side file is renewed each time, */
  RENEW_FRACTION = 64       /* and then each time it would grow by 1/64: the work stays linear */
};

struct mf_fields {
  mf_nc file;
  mf_grid grid;
  int varying_count, fixed_count;
  char **names;   /* varying, then fixed */
  int *variables; /* their netCDF numbers */
  int time;       /* the variable */
  int *precision; /* bytes of a number of each field */
  double *times;
  ptrdiff_t records, capacity;
  ptrdiff_t shown; /* records in the side file */
};

/* Largest piece of an axis, of at most `most` cells, that wastes little of the last chunk: among the upper
 * half of the range the one that pads least. */
static ptrdiff_t piece(ptrdiff_t cells, ptrdiff_t most)
{
  if (most >= cells) return cells;
  const ptrdiff_t top = most > 1 ? most : 1;
  ptrdiff_t best = top, least = (cells + best - 1) / best * best;
  for (ptrdiff_t p = top - 1; p > top / 2; p--) {
    const ptrdiff_t padded = (cells + p - 1) / p * p;
    if (padded < least) {
      least = padded;
      best = p;
    }
  }
  return best;
}

/* Chunks hold one record, cut along z first, then y, then x, so as to have at most CHUNK_BYTES. */
static void choose_chunks(const mf_grid *grid, int precision, size_t chunk[DIMENSIONS])
{
  ptrdiff_t room = CHUNK_BYTES / precision;
  chunk[0] = 1;
  for (int a = 0; a < grid->dim; a++) {
    const ptrdiff_t p = piece(grid->global[a], room);
    chunk[grid->dim - a] = (size_t)p;
    room /= p;
  }
}

/* Coordinates of an axis.  No `axis` attribute: ParaView would take x and y for longitude and latitude. */
static int define_axis(const mf_fields *f, int axis, int dimension, int corners)
{
  const mf_nc *file = &f->file;
  const char *name = mf_axis_names[axis];
  char bounds[8];
  int centre, edges;
  snprintf(bounds, sizeof bounds, "%s_bnds", name);
  MF_NC(file, nc_def_var(file->id, name, NC_DOUBLE, 1, &dimension, &centre), "cannot define variable %s",
        name);
  MF_TRY(mf_nc_put_text(file, centre, "long_name", name));
  MF_TRY(mf_nc_put_text(file, centre, "units", "1"));
  MF_TRY(mf_nc_put_text(file, centre, "bounds", bounds));
  const int both[] = {dimension, corners};
  MF_NC(file, nc_def_var(file->id, bounds, NC_DOUBLE, 2, both, &edges), "cannot define variable %s", bounds);
  return MF_OK;
}

/* The unit is 1: flow time has no date, and xarray would turn seconds into a timedelta. */
static int define_time(mf_fields *f, int dimension)
{
  const mf_nc *file = &f->file;
  MF_TRY(mf_nc_define_series(file, dimension, "time", &f->time));
  MF_TRY(mf_nc_put_text(file, f->time, "long_name", "flow time"));
  MF_TRY(mf_nc_put_text(file, f->time, "units", "1"));
  return mf_nc_put_text(file, f->time, "axis", "T"); /* else ParaView takes it for an axis in space */
}

/* time, z, y, x (those there are) into `dimensions`, with their coordinate variables. */
static int define_axes(mf_fields *f, int dimensions[DIMENSIONS])
{
  const mf_nc *file = &f->file;
  const int dim = f->grid.dim;
  int corners;
  MF_TRY(mf_nc_define_time_dimension(file, &dimensions[0]));
  for (int a = dim - 1; a >= 0; a--)
    MF_NC(file, nc_def_dim(file->id, mf_axis_names[a], (size_t)f->grid.global[a], &dimensions[dim - a]),
          "cannot define dimension %s", mf_axis_names[a]);
  MF_NC(file, nc_def_dim(file->id, "nv", 2, &corners), "cannot define dimension nv");
  MF_TRY(define_time(f, dimensions[0]));
  for (int a = dim - 1; a >= 0; a--) MF_TRY(define_axis(f, a, dimensions[dim - a], corners));
  return MF_OK;
}

static int put_cell_methods(const mf_fields *f, int variable, bool mean)
{
  static const char *const methods[2][MF_AXES] = {{"x: point", "x: y: point", "x: y: z: point"},
                                                  {"x: mean", "x: y: mean", "x: y: z: mean"}};
  return mf_nc_put_text(&f->file, variable, "cell_methods", methods[mean][f->grid.dim - 1]);
}

/* Field number `index` over `dimensions[0..rank)` in the given chunks. */
static int define_field(mf_fields *f, int index, const mf_field_info *info, int rank, const int *dimensions,
                        const size_t *chunk, int deflate)
{
  const mf_nc *file = &f->file;
  int *variable = &f->variables[index];
  const nc_type type = f->precision[index] == (int)sizeof(float) ? NC_FLOAT : NC_DOUBLE;
  MF_TRY(mf_text_copy(&f->names[index], info->name));
  MF_NC(file, nc_def_var(file->id, info->name, type, rank, dimensions, variable), "cannot define variable %s",
        info->name);
  MF_NC(file, nc_def_var_chunking(file->id, *variable, NC_CHUNKED, chunk), "cannot cut %s into chunks",
        info->name);
  if (deflate > 0)
    MF_NC(file, nc_def_var_deflate(file->id, *variable, 1, 1, deflate), "cannot compress %s", info->name);
  MF_TRY(mf_nc_put_text(file, *variable, "long_name", info->long_name ? info->long_name : info->name));
  MF_TRY(mf_nc_put_text(file, *variable, "units", info->units ? info->units : "1"));
  return put_cell_methods(f, *variable, info->mean);
}

/* Every chunk is written whole and once, so a cache would only keep copies of what is on its way to the disk.  The library
 * takes this after the definitions only. */
static int write_through(const mf_fields *f)
{
  for (int i = 0; i < f->varying_count + f->fixed_count; i++)
    MF_NC(&f->file, nc_set_var_chunk_cache(f->file.id, f->variables[i], 0, 1, 1),
          "cannot do without a cache for %s", f->names[i]);
  return MF_OK;
}

static int define(mf_fields *f, const mf_fields_layout *layout)
{
  int dimensions[DIMENSIONS];
  size_t chunk[DIMENSIONS];
  const int rank = f->grid.dim + 1;
  MF_TRY(define_axes(f, dimensions));
  choose_chunks(&f->grid, (int)(layout->single ? sizeof(float) : sizeof(double)), chunk);
  for (int i = 0; i < f->varying_count; i++)
    MF_TRY(define_field(f, i, &layout->varying[i], rank, dimensions, chunk, layout->deflate));
  for (int i = 0; i < f->fixed_count; i++)
    MF_TRY(define_field(f, f->varying_count + i, &layout->fixed[i], rank - 1, dimensions + 1, chunk + 1,
                        layout->deflate));
  MF_NC(&f->file, nc_enddef(f->file.id), "cannot write its header");
  return write_through(f);
}

/* `values` has room for 2 n. */
static int put_axis(const mf_fields *f, int axis, double *values)
{
  const mf_nc *file = &f->file;
  const ptrdiff_t n = f->grid.global[axis];
  const char *name = mf_axis_names[axis];
  char bounds[8];
  int variable;
  snprintf(bounds, sizeof bounds, "%s_bnds", name);
  for (ptrdiff_t i = 0; i < n; i++) values[i] = mf_grid_coordinate(&f->grid, axis, i);
  MF_NC(file, nc_inq_varid(file->id, name, &variable), "cannot find %s", name);
  MF_NC(file, nc_put_var_double(file->id, variable, values), "cannot write %s", name);
  for (ptrdiff_t i = 0; i < n; i++) {
    values[2 * i] = mf_grid_edge(&f->grid, axis, i);
    values[2 * i + 1] = mf_grid_edge(&f->grid, axis, i + 1);
  }
  MF_NC(file, nc_inq_varid(file->id, bounds, &variable), "cannot find %s", bounds);
  MF_NC(file, nc_put_var_double(file->id, variable, values), "cannot write %s", bounds);
  return MF_OK;
}

static int put_axes(const mf_fields *f)
{
  double edges = 0;
  for (int a = 0; a < f->grid.dim; a++) edges += 3 * (double)f->grid.global[a];
  MF_TRY(mf_nc_check_room(&f->file, edges * sizeof(double)));
  for (int a = 0; a < f->grid.dim; a++) {
    double *values;
    MF_TRY(mf_reals_create(&values, 2 * f->grid.global[a]));
    const int status = put_axis(f, a, values);
    mf_release(values);
    MF_TRY(status);
  }
  MF_NC(&f->file, nc_sync(f->file.id), "cannot write its coordinates");
  return MF_OK;
}

/* What the side file has to say. */
static mf_xdmf view(const mf_fields *f)
{
  const char *const *names = (const char *const *)f->names;
  return (mf_xdmf){.path = f->file.path,
                   .grid = &f->grid,
                   .varying = names,
                   .varying_count = f->varying_count,
                   .fixed = names + f->varying_count,
                   .fixed_count = f->fixed_count,
                   .precision = f->precision,
                   .times = f->times,
                   .records = f->records};
}

static int show(mf_fields *f)
{
  const mf_xdmf x = view(f);
  MF_TRY(mf_xdmf_write(&x));
  f->shown = f->records;
  return MF_OK;
}

/* Frees all but the file, which is closed by now. */
static void release(mf_fields *f)
{
  for (int i = 0; f->names && i < f->varying_count + f->fixed_count; i++) mf_release(f->names[i]);
  mf_release(f->names);
  mf_release(f->variables);
  mf_release(f->precision);
  mf_release(f->times);
  mf_release(f);
}

static int fill(mf_fields *f, const char *path, const mf_fields_layout *layout)
{
  const int count = layout->varying_count + layout->fixed_count;
  f->grid = *layout->grid;
  MF_TRY(mf_objects_create(&f->precision, count, sizeof *f->precision));
  for (int i = 0; i < count; i++) {
    const bool wide = !layout->single || (i < layout->varying_count && layout->doubles >> i & 1);
    f->precision[i] = (int)(wide ? sizeof(double) : sizeof(float));
  }
  MF_TRY(mf_objects_create(&f->names, count, sizeof *f->names));
  f->varying_count = layout->varying_count;
  f->fixed_count = layout->fixed_count;
  MF_TRY(mf_objects_create(&f->variables, count, sizeof *f->variables));
  MF_TRY(mf_xdmf_check_name(path));
  MF_TRY(mf_xdmf_check_place(path, layout->force));
  MF_TRY(
      mf_nc_create(&f->file, path, MF_NC_FIELDS, layout->force, layout->attributes, layout->attribute_count));
  MF_TRY(define(f, layout));
  return put_axes(f);
}

int mf_fields_create(mf_fields **out, const char *path, const mf_fields_layout *layout)
{
  *out = NULL;
  if (layout->deflate < 0 || layout->deflate > 9)
    return mf_fail(MF_ECASE, "deflate is a level from 0 (off) to 9, not %d", layout->deflate);
  mf_fields *f;
  MF_TRY(mf_objects_create(&f, 1, sizeof *f));
  const int status = fill(f, path, layout);
  if (status) {
    mf_nc_discard(&f->file);
    release(f);
    return status;
  }
  *out = f;
  return MF_OK;
}

/* Writes this process's part of a field; `record` < 0: the variable has no time. */
static int put(const mf_fields *f, int index, ptrdiff_t record, const double *values)
{
  size_t start[DIMENSIONS], count[DIMENSIONS];
  const int dim = f->grid.dim, skip = record < 0;
  start[0] = skip ? 0 : (size_t)record;
  count[0] = 1;
  for (int a = 0; a < dim; a++) {
    start[dim - a] = (size_t)f->grid.offset[a];
    count[dim - a] = (size_t)f->grid.n[a];
  }
  mf_nc_enter();
  errno = 0;
  const int written = nc_put_vara_double(f->file.id, f->variables[index], start + skip, count + skip, values);
  mf_nc_leave();
  /* Numbers beyond a float are stored as infinite all the same. */
  return mf_nc_check(&f->file, written == NC_ERANGE ? NC_NOERR : written, "cannot write %s", f->names[index]);
}

/* Room for the fields [begin, end), uncompressed. */
static int check_room(const mf_fields *f, int begin, int end)
{
  double bytes = 0;
  for (int i = begin; i < end; i++) bytes += f->precision[i];
  return mf_nc_check_room(&f->file, (double)f->grid.global_cells * bytes);
}

int mf_fields_put_fixed(mf_fields *f, int index, const double *values)
{
  MF_TRY(check_room(f, f->varying_count + index, f->varying_count + index + 1));
  return put(f, f->varying_count + index, -1, values);
}

static int note_time(mf_fields *f, double time)
{
  if (f->records == f->capacity) {
    const ptrdiff_t capacity = f->capacity > 0 ? 2 * f->capacity : 64;
    double *times;
    MF_TRY(mf_reals_create(&times, capacity));
    if (f->records > 0) memcpy(times, f->times, (size_t)f->records * sizeof *times);
    mf_release(f->times);
    f->times = times;
    f->capacity = capacity;
  }
  f->times[f->records] = time;
  return MF_OK;
}

int mf_fields_append(mf_fields *f, double time, const double *const *values)
{
  const size_t record = (size_t)f->records;
  MF_TRY(mf_nc_usable(&f->file));
  MF_TRY(mf_nc_check_present(&f->file));
  MF_TRY(check_room(f, 0, f->varying_count));
  MF_TRY(note_time(f, time));
  for (int i = 0; i < f->varying_count; i++) MF_TRY(put(f, i, f->records, values[i]));
  MF_NC(&f->file, nc_put_var1_double(f->file.id, f->time, &record, &time), "cannot write record %zu", record);
  MF_NC(&f->file, nc_sync(f->file.id), "cannot write record %zu", record);
  f->records++;
  const bool due = f->records <= RENEW_ALWAYS || f->records - f->shown > f->shown / RENEW_FRACTION;
  return due && f->file.written->published ? show(f) : MF_OK;
}

mf_fields_view mf_fields_look(const mf_fields *f)
{
  return (mf_fields_view){.grid = &f->grid,
                          .names = (const char *const *)f->names,
                          .varying_count = f->varying_count,
                          .fixed_count = f->fixed_count,
                          .times = f->times,
                          .records = f->records};
}

int mf_fields_flush(mf_fields *f)
{
  if (f->file.written->published && f->shown < f->records) MF_TRY(show(f));
  return mf_nc_flush(&f->file);
}

/* Between the two renames there is no side file, rather than one that speaks of other records. */
static int replace(mf_fields *f, char **side)
{
  char *before = NULL;
  if (f->file.written->force) MF_TRY(mf_xdmf_put_aside(f->file.path, &before));
  const int status = mf_nc_publish(&f->file);
  if (status)
    mf_xdmf_put_back(f->file.path, before);
  else
    mf_xdmf_drop(before);
  MF_TRY(status);
  if (!*side) return MF_OK;
  char *temporary = *side;
  *side = NULL;
  MF_TRY(mf_xdmf_place(f->file.path, temporary));
  f->shown = f->records;
  return MF_OK;
}

int mf_fields_publish(mf_fields *f)
{
  char *side = NULL;
  if (f->file.written->published) return MF_OK;
  MF_TRY(mf_nc_usable(&f->file));
  MF_TRY(mf_xdmf_check_place(f->file.path, f->file.written->force));
  const mf_xdmf x = view(f);
  if (f->records > 0) MF_TRY(mf_xdmf_prepare(&x, &side));
  const int status = replace(f, &side);
  mf_xdmf_drop(side);
  return status;
}

void mf_fields_discard(mf_fields *f)
{
  if (!f) return;
  mf_nc_discard(&f->file);
  release(f);
}

int mf_fields_close(mf_fields *f)
{
  if (!f) return MF_OK;
  const mf_nc_written *w = f->file.written;
  int shown = mf_fields_publish(f);
  if (!shown && !w->gone && f->shown < f->records) shown = show(f);
  const int closed = mf_nc_close(&f->file);
  release(f);
  return closed ? closed : shown;
}

const char *mf_fields_library(void)
{
  static _Thread_local char version[32];
  snprintf(version, sizeof version, "%.*s", (int)strcspn(nc_inq_libvers(), " "), nc_inq_libvers());
  return version;
}
