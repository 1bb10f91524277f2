/* SPDX-License-Identifier: BSD-3-Clause */
/* Points of a measure from points of the unit cube.
 *
 * Within a cell the density along an axis is taken as straight, 1 + g s, s from -1/2 to 1/2.  Averages over cells have g = 0: what
 * is known of them is in the cells.  For values at centres of a smooth density g is half of its slope: cell by cell uniform points
 * add h^2/12 to the variance that the centres have, points with the full slope take as much away, and half of it leaves second
 * moments as they are, up to h^4. */
#include "grids/sampler.h"

#include <math.h>

struct mf_sampler {
  const mf_grid *grid;
  double *upto
      [MF_AXES]; /* distribution function along an axis, at the upper ends of cells, for each line of it, n values each */
  double *slope[MF_AXES]; /* g, likewise */
};

/* ---- distribution functions ---- */

/* Of one line with masses m (n of them): `upto` their running sums over the total, `slope` for the cells. */
static void fill_line(const mf_grid *grid, int axis, bool averages, const double *m, double *upto,
                      double *slope)
{
  const ptrdiff_t n = grid->n[axis];
  double total = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    total += m[i];
    upto[i] = total;
    const bool wraps = grid->periodic[axis];
    const double below = i > 0   ? m[i - 1]
                         : wraps ? m[n - 1]
                                 : m[i],
                 above = i < n - 1 ? m[i + 1]
                         : wraps   ? m[0]
                                   : m[i];
    const double g = m[i] > 0 ? 0.25 * (above - below) / m[i] : 0;
    slope[i] = averages ? 0 : fmax(-2, fmin(g, 2));
  }
  for (ptrdiff_t i = 0; i < n && total > 0; i++) upto[i] /= total;
}

/* Masses of the layers of each axis, for every place on the later axes: sums over the earlier ones. */
static int fill(mf_sampler *s, const double *density, bool averages)
{
  const mf_grid *grid = s->grid;
  double *mass = NULL;
  ptrdiff_t lines = grid->cells;
  MF_TRY(mf_reals_create(&mass, grid->cells));
  int status = MF_OK;
  for (ptrdiff_t c = 0; c < grid->cells; c++) mass[c] = fmax(density[c], 0);
  for (int a = 0; a < grid->dim && !status; a++) {
    const ptrdiff_t n = grid->n[a];
    lines /= n;
    status = mf_reals_create(&s->upto[a], lines * n);
    if (!status) status = mf_reals_create(&s->slope[a], lines * n);
    for (ptrdiff_t l = 0; l < lines && !status; l++) {
      double total = 0;
      fill_line(grid, a, averages, mass + l * n, s->upto[a] + l * n, s->slope[a] + l * n);
      for (ptrdiff_t i = 0; i < n; i++) total += mass[l * n + i];
      mass[l] = total;
    }
  }
  if (!status && !(mass[0] > 0)) status = mf_fail(MF_ENUMERIC, "a measure without mass has no samples");
  mf_release(mass);
  return status;
}

int mf_sampler_create(mf_sampler **out, const mf_grid *grid, const double *density, bool averages)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->grid = grid;
  const int status = fill(*out, density, averages);
  if (!status) return MF_OK;
  mf_sampler_free(*out);
  *out = NULL;
  return status;
}

void mf_sampler_free(mf_sampler *s)
{
  if (!s) return;
  for (int a = 0; a < MF_AXES; a++) {
    mf_release(s->upto[a]);
    mf_release(s->slope[a]);
  }
  mf_release(s);
}

/* ---- points ---- */

/* First cell of a line whose end is beyond u, and among cells without mass none. */
static ptrdiff_t find_cell(const double *upto, ptrdiff_t n, double u)
{
  ptrdiff_t low = 0, high = n - 1;
  while (low < high) {
    const ptrdiff_t middle = low + (high - low) / 2;
    if (upto[middle] > u)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* s + 1/2 of the density 1 + g s below which the share v lies: g/2 t^2 + (1 - g/2) t = v. */
static double within_cell(double v, double g)
{
  const double b = 1 - 0.5 * g, root = sqrt(fmax(b * b + 2 * g * v, 0));
  return b + root > 0 ? fmin(2 * v / (b + root), 1) : v;
}

static void sample_point(const mf_sampler *s, ptrdiff_t i, const double *const *u, double *const *x)
{
  const mf_grid *grid = s->grid;
  ptrdiff_t line = 0;
  for (int a = grid->dim - 1; a >= 0; a--) {
    const ptrdiff_t n = grid->n[a];
    const double *upto = s->upto[a] + line * n;
    const ptrdiff_t cell = find_cell(upto, n, u[a][i]);
    const double before = cell > 0 ? upto[cell - 1] : 0, share = upto[cell] - before;
    const double v = share > 0 ? fmin(fmax((u[a][i] - before) / share, 0), 1) : 0.5;
    x[a][i] = mf_grid_edge(grid, a, cell) + grid->h[a] * within_cell(v, s->slope[a][line * n + cell]);
    line = line * n + cell;
  }
}

void mf_sampler_at(const mf_sampler *s, ptrdiff_t count, const double *const *u, double *const *x)
{
  for (ptrdiff_t i = 0; i < count; i++) sample_point(s, i, u, x);
}

/* ---- Sobol's points ---- */

enum { BITS = 32 };

/* Direction numbers of the first three dimensions: those of van der Corput, and of the polynomials x + 1 and x^2 + x + 1. */
static void find_directions(uint32_t v[MF_AXES][BITS])
{
  const uint32_t top = UINT32_C(1) << (BITS - 1);
  for (int k = 0; k < BITS; k++) {
    v[0][k] = top >> k;
    v[1][k] = k < 1 ? top : v[1][k - 1] ^ (v[1][k - 1] >> 1);
    v[2][k] = k < 1 ? top : k < 2 ? top | top >> 1 : v[2][k - 1] ^ v[2][k - 2] ^ (v[2][k - 2] >> 2);
  }
}

void mf_sobol(int dim, ptrdiff_t count, double *const *u)
{
  uint32_t v[MF_AXES][BITS], half = UINT32_C(1) << (BITS - 1);
  find_directions(v);
  for (ptrdiff_t n = 1; n < count && half > 1; n *= 2) half >>= 1;
  for (int a = 0; a < dim; a++)
    for (ptrdiff_t i = 0; i < count; i++) {
      uint32_t sum = 0;
      for (int k = 0; k < BITS; k++)
        if ((uint64_t)i >> k & 1) sum ^= v[a][k];
      u[a][i] = ((double)sum + half) * 0x1p-32;
    }
}
