/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields and particles in sound netCDF files of made-up content. */
#include "tests/fuzz_netcdf.h"

#include "io/data/ensemble.h"
#include "io/netcdf/import.h"
#include "io/netcdf/snapshots.h"

/* Two records of a density on 4 x 3 cells, and five particles. */
static void good_file(fuzz_model *m)
{
  *m = (fuzz_model){.dim = {{"time", 0}, {"y", 3}, {"x", 4}, {"bnds", 2}, {"particle", 5}, {"coordinate", 2}},
                    .dims = 6,
                    .var = {{"time", NC_DOUBLE, 1, {0}, {0}},
                            {"x", NC_DOUBLE, 1, {2}, {0}},
                            {"y", NC_DOUBLE, 1, {1}, {0}},
                            {"x_bnds", NC_DOUBLE, 2, {2, 3}, {0}},
                            {"y_bnds", NC_DOUBLE, 2, {1, 3}, {0}},
                            {"density", NC_DOUBLE, 3, {0, 1, 2}, {0}},
                            {"position", NC_DOUBLE, 3, {0, 4, 5}, {0}},
                            {"weight", NC_DOUBLE, 2, {0, 4}, {0}}},
                    .vars = 8,
                    .remark = {{NC_GLOBAL, "case_yaml", "grid: {boundary: periodic}"}},
                    .remarks = 1};
  for (int i = 0; i < FUZZ_VALUES; i++) {
    for (int k = 0; k < 3; k++) m->var[k].value[i] = i + 0.5 * (k > 0);
    for (int k = 3; k < 5; k++) m->var[k].value[i] = (i + 1) / 2;
    m->var[5].value[i] = 1 + 0.1 * i;
    m->var[6].value[i] = 0.25 * i;
    m->var[7].value[i] = 1;
  }
}

static void read_snapshots(const char *path)
{
  mf_snapshots s;
  if (!mf_snapshots_open(&s, path) && s.grid.cells < 100000) {
    double *density;
    FUZZ_TRUE(s.count > 0 && mf_reals_create(&density, s.grid.cells) == MF_OK);
    for (int i = 0; i < s.count && i < 4; i++) (void)mf_snapshots_density(&s, i, &s.grid, density);
    mf_release(density);
  }
  mf_snapshots_clear(&s);
}

static void import(const char *path)
{
  static const long cells[3] = {5, 2, 1};
  static const double lo[3] = {-1, 0, 0}, hi[3] = {3.5, 4, 1};
  static const bool walls[3] = {false, false, false};
  mf_fields_summary summary;
  mf_grid grid;
  double density[10];
  FUZZ_TRUE(mf_grid_init(&grid, 2, cells, lo, hi, walls) == MF_OK);
  (void)mf_import_field(&grid, path, NULL, -1, density);
  (void)mf_import_field(&grid, path, "target", 0, density);
  (void)mf_import_summary(&summary, path);
  mf_fields_summary_clear(&summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static fuzz_model model;
  mf_ensemble *e;
  good_file(&model);
  const char *path = fuzz_netcdf(&model, data, size);
  if (!path) return 0;
  read_snapshots(path);
  import(path);
  if (mf_is_ensemble(path) && !mf_ensemble_read(&e, path)) {
    for (ptrdiff_t i = 0; i < e->first[e->count] * e->dim; i++) FUZZ_TRUE(isfinite(e->position[i]));
    mf_ensemble_free(e);
  }
  remove(path);
  return 0;
}
