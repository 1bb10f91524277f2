/* SPDX-License-Identifier: BSD-3-Clause */
/* Histories in sound netCDF files of made-up content: read, and fitted. */
#include "tests/fuzz_netcdf.h"

#include "io/netcdf/history.h"
#include "postproc/claims/stated.h"
#include "postproc/rates/rates.h"

static void good_file(fuzz_model *m)
{
  *m = (fuzz_model){
      .dim = {{"time", 0}, {"x", 8}},
      .dims = 2,
      .var = {{"kl", NC_DOUBLE, 1, {0}, {0}},
              {"time", NC_DOUBLE, 1, {0}, {0}},
              {"energy", NC_DOUBLE, 1, {0}, {0}}},
      .vars = 3,
      .remark = {{NC_GLOBAL, "case_yaml", "parameters: {a: 2}\nclaims: [{quantity: kl, rate: 2*a}]"}},
      .remarks = 1};
  for (int i = 0; i < FUZZ_VALUES; i++) {
    m->var[0].value[i] = exp(-4.0 * i);
    m->var[1].value[i] = i;
    m->var[2].value[i] = 1 / (1.0 + i);
  }
}

static void fit(const mf_history *h)
{
  double t[FUZZ_VALUES], q[FUZZ_VALUES];
  mf_rate rate;
  const int rows = mf_history_rows(h);
  for (int k = 0; k < mf_history_columns(h) && rows <= FUZZ_VALUES; k++) {
    const mf_rate_options o = MF_RATE_AUTOMATIC;
    for (int i = 0; i < rows; i++) {
      t[i] = mf_history_value(h, i, 0);
      q[i] = mf_history_value(h, i, k);
    }
    if (!mf_rate_fit(t, q, rows, &o, &rate)) FUZZ_TRUE(rate.points <= rows);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static fuzz_model model;
  mf_history *h;
  mf_stated *s;
  good_file(&model);
  const char *path = fuzz_netcdf(&model, data, size);
  if (!path) return 0;
  if (!mf_history_read(&h, path)) {
    fit(h);
    mf_history_free(h);
  }
  if (!mf_stated_open(&s, path)) {
    for (int i = 0; i < mf_stated_rates(s); i++) {
      mf_stated_rate r;
      (void)mf_stated_rate_at(s, i, &r);
    }
    mf_stated_free(s);
  }
  remove(path);
  return 0;
}
