/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes particles over time. */
#include "io/data/ensemble_file.h"

#include "io/netcdf/netcdf.h"

struct mf_ensemble_file {
  mf_nc file;
  int time, position, weight; /* variables */
  int dim;
  ptrdiff_t particles;
  size_t snapshots;
  double *row; /* one snapshot's positions as they lie in the file */
};

static int define(mf_ensemble_file *f)
{
  const mf_nc *file = &f->file;
  int shape[3];
  MF_TRY(mf_nc_define_time_dimension(file, &shape[0]));
  MF_NC(file, nc_def_dim(file->id, "particle", (size_t)f->particles, &shape[1]), "cannot define particles");
  MF_NC(file, nc_def_dim(file->id, "coordinate", (size_t)f->dim, &shape[2]), "cannot define coordinates");
  MF_TRY(mf_nc_define_series(file, shape[0], "time", &f->time));
  MF_NC(file, nc_def_var(file->id, "position", NC_DOUBLE, 3, shape, &f->position), "cannot define position");
  MF_NC(file, nc_def_var(file->id, "weight", NC_DOUBLE, 2, shape, &f->weight), "cannot define weight");
  MF_TRY(mf_nc_put_text(file, f->time, "long_name", "flow time"));
  MF_TRY(mf_nc_put_text(file, f->time, "units", "1"));
  MF_TRY(mf_nc_put_text(file, f->position, "long_name", "coordinates x, y, z of a particle"));
  MF_TRY(mf_nc_put_text(file, f->weight, "long_name", "mass of a particle"));
  MF_TRY(mf_nc_end_definitions(file, 0));
  MF_NC(file, nc_sync(file->id), "cannot write its header");
  return MF_OK;
}

static void discard(mf_ensemble_file *f)
{
  mf_nc_discard(&f->file);
  mf_release(f->row);
  mf_release(f);
}

int mf_ensemble_file_create(mf_ensemble_file **out, const char *path, int dim, ptrdiff_t particles,
                            const mf_attribute *attributes, int attribute_count, bool force)
{
  const double most = 4294967292.0;
  *out = NULL;
  if ((double)particles * dim * sizeof(double) > most)
    return mf_fail(MF_EFILE, "%s: %td particles are more than a snapshot of this format holds", path,
                   particles);
  mf_ensemble_file *f;
  MF_TRY(mf_objects_create(&f, 1, sizeof *f));
  f->dim = dim;
  f->particles = particles;
  int status = mf_reals_create(&f->row, particles * dim);
  if (!status) status = mf_nc_create(&f->file, path, MF_NC_TABLE, force, attributes, attribute_count);
  if (!status) status = define(f);
  if (status) {
    discard(f);
    return status;
  }
  *out = f;
  return MF_OK;
}

int mf_ensemble_file_append(mf_ensemble_file *f, double time, const double *const *x, const double *weight)
{
  const mf_nc *file = &f->file;
  const size_t n = (size_t)f->particles, dim = (size_t)f->dim, start[3] = {f->snapshots, 0, 0};
  MF_TRY(mf_nc_usable(file));
  MF_TRY(mf_nc_check_present(file));
  MF_TRY(mf_nc_check_room(file, (double)(n * (dim + 1) * sizeof(double))));
  for (size_t i = 0; i < n; i++)
    for (size_t a = 0; a < dim; a++) f->row[i * dim + a] = x[a][i];
  MF_NC(file, nc_put_vara_double(file->id, f->position, start, (const size_t[]){1, n, dim}, f->row),
        "cannot write positions");
  MF_NC(file, nc_put_vara_double(file->id, f->weight, start, (const size_t[]){1, n}, weight),
        "cannot write weights");
  MF_NC(file, nc_put_var1_double(file->id, f->time, start, &time), "cannot write a time");
  MF_NC(file, nc_sync(file->id), "cannot write a snapshot");
  f->snapshots++;
  return mf_nc_publish(file);
}

int mf_ensemble_file_close(mf_ensemble_file *f)
{
  if (!f) return MF_OK;
  if (f->snapshots == 0) {
    discard(f);
    return MF_OK;
  }
  const int status = mf_nc_close(&f->file);
  mf_release(f->row);
  mf_release(f);
  return status;
}
