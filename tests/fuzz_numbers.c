/* SPDX-License-Identifier: BSD-3-Clause */
/* Made-up tables of numbers, and the same bytes as particles. */
#include "tests/fuzz.h"

#include "io/data/ensemble.h"
#include "io/data/numbers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *path = fuzz_file(data, size);
  mf_numbers *n;
  mf_ensemble *e;
  if (!mf_numbers_read_file(&n, path)) {
    FUZZ_TRUE(n->rows > 0 && n->columns > 0);
    double sum = 0;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n->rows * n->columns; i++) sum += n->value[i];
    for (int k = 0; n->name && k < n->columns; k++) FUZZ_TRUE(strlen(n->name[k]) <= size);
    FUZZ_TRUE(!isnan(sum) || sum != 0);
    mf_numbers_free(n);
  }
  /* What begins like netCDF is left to the library's own tests. */
  if (size > 3 && (!memcmp(data, "CDF", 3) || data[0] == 0x89)) return 0;
  if (!mf_ensemble_read(&e, path)) {
    FUZZ_TRUE(e->dim >= 1 && e->dim <= 3 && e->count >= 1);
    for (ptrdiff_t i = 0; i < e->first[e->count] * e->dim; i++) FUZZ_TRUE(isfinite(e->position[i]));
    mf_ensemble_free(e);
  }
  return 0;
}
