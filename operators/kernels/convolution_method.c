/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ways of computing a convolution share: lengths that transform fast, samples of a function, spectra free of
 * round-off. */
#include "operators/kernels/convolution_method.h"

#include <float.h>
#include <math.h>

ptrdiff_t mf_convolution_length(ptrdiff_t n)
{
  static const ptrdiff_t primes[] = {2, 3, 5, 7};
  for (;; n++) {
    ptrdiff_t rest = n;
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
      while (rest % primes[i] == 0) rest /= primes[i];
    if (rest == 1) return n;
  }
}

double mf_convolution_look_up(const mf_convolution_source *source, const mf_grid *displacements,
                              const ptrdiff_t m[MF_AXES], const ptrdiff_t i[MF_AXES])
{
  ptrdiff_t at = 0;
  for (int a = MF_AXES - 1; a >= 0; a--) {
    const ptrdiff_t n = displacements->n[a];
    ptrdiff_t j = (i[a] <= m[a] / 2 ? i[a] : i[a] - m[a]) + n / 2;
    if (source->grid->periodic[a]) j = (j + n) % n;
    if (j < 0 || j >= n) return 0;
    at = at * n + j;
  }
  return source->values[at];
}

void mf_convolution_clean(double *eigenvalue, ptrdiff_t count, bool padded, double factor)
{
  double largest = 0;
  for (ptrdiff_t k = 0; k < count; k++) largest = fmax(largest, fabs(eigenvalue[k]));
  const double above = DBL_EPSILON * largest, below = padded ? above : 16 * above;
  for (ptrdiff_t k = 0; k < count; k++) {
    const bool round_off = eigenvalue[k] <= above && eigenvalue[k] >= -below;
    eigenvalue[k] = round_off ? 0 : factor * eigenvalue[k];
  }
}
