/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures mu = u nu to start from.
 *
 *   u = 1 + s f    f an eigenfunction of the gap, s up to the edge of positive measures: near equilibrium, and in two deep wells
 *                  the mixtures of their restrictions of nu
 *   e^(s x)        tilts along each axis
 *   e^(-|x-a|^2/2b^2)   bumps
 *   1_{f > 0}, 1_{f < 0}   wells, softened
 *   spikes         more or less of the mass in the cell of least nu
 *   c nu           other masses, where mass is not conserved
 */
#include "solver/observe/constant_start.h"

#include "grids/field.h"

#include <float.h>
#include <math.h>

#define LENGTH(a) ((int)(sizeof(a) / sizeof *(a)))

static const double shares[] = {1e-4, 0.1, 0.5, 0.9, 0.99, 0.9999, -1e-4, -0.1, -0.5, -0.9, -0.99, -0.9999};
static const double tilts[] = {0.3, 1, 3, 10, -0.3, -1, -3, -10};
static const double widths[] = {1, 0.3, 0.1};
static const double spiked[] = {0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98};
static const double masses[] = {1e-4, 0.3, 3, 10, 30, -1e-4, -0.3, -3, -30, -100};
enum { PLACES = 7, WELLS = 2 };

typedef bool filler(const mf_starts *s, int k, double *l, int *family);

static bool fill_mode(const mf_starts *s, int k, double *l, int *family)
{
  const int mode = k / LENGTH(shares), at = k % LENGTH(shares);
  const double *f = s->mode[mode];
  if (!f) return false;
  const mf_grid *g = s->reference->grid;
  const double high = mf_field_max(g, f), low = mf_field_min(g, f), share = shares[at];
  const double edge = share > 0 ? -low : high;
  if (!(edge > 0)) return false; /* the mode of the mass */
  for (ptrdiff_t c = 0; c < g->cells; c++) l[c] = log1p(share / edge * f[c]);
  *family = 4 * mode + 2 * (share > 0) + (fabs(share) > 0.01);
  return true;
}

static bool fill_well(const mf_starts *s, int k, double *l, int *family)
{
  const double depth = 8;
  const double *f = s->mode[k / 2], side = k % 2 ? 1 : -1;
  if (!f) return false;
  for (ptrdiff_t c = 0; c < s->reference->grid->cells; c++) l[c] = side * f[c] < 0 ? -depth : 0;
  *family = k;
  return true;
}

static void spread_of(const mf_starts *s, double mean[MF_AXES], double spread[MF_AXES])
{
  double covariance[MF_AXES * MF_AXES];
  const mf_grid *g = s->reference->grid;
  mf_field_moments(g, s->reference->density, mean, covariance);
  for (int a = 0; a < g->dim; a++) spread[a] = fmax(sqrt(covariance[a * MF_AXES + a]), g->h[a]);
}

static bool fill_tilt(const mf_starts *s, int k, double *l, int *family)
{
  const mf_grid *g = s->reference->grid;
  const int axis = k / LENGTH(tilts), at = k % LENGTH(tilts);
  double mean[MF_AXES], spread[MF_AXES], x[MF_AXES];
  if (axis >= g->dim || g->n[axis] == 1) return false;
  spread_of(s, mean, spread);
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    mf_grid_centre(g, c, x);
    l[c] = tilts[at] * (x[axis] - mean[axis]) / spread[axis];
  }
  *family = 2 * axis + (tilts[at] > 0);
  return true;
}

/* At the middle of the box of the other axes' mean. */
static bool fill_bump(const mf_starts *s, int k, double *l, int *family)
{
  const mf_grid *g = s->reference->grid;
  const int axis = k / (PLACES * LENGTH(widths)), place = k / LENGTH(widths) % PLACES;
  double mean[MF_AXES], spread[MF_AXES], x[MF_AXES];
  if (axis >= g->dim || g->n[axis] == 1) return false;
  spread_of(s, mean, spread);
  mean[axis] = g->lo[axis] + (g->hi[axis] - g->lo[axis]) * (place + 0.5) / PLACES;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    mf_grid_centre(g, c, x);
    l[c] = 0;
    for (int a = 0; a < g->dim; a++) {
      const double z = (x[a] - mean[a]) / (widths[k % LENGTH(widths)] * spread[a]);
      l[c] -= fmin(0.5 * z * z, 300);
    }
  }
  *family = axis * PLACES + place;
  return true;
}

/* The cell has the share of the mass. */
static bool fill_spike(const mf_starts *s, int k, double *l, int *family)
{
  const mf_grid *g = s->reference->grid;
  const double *nu = s->reference->density;
  ptrdiff_t least = 0;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    if (nu[c] < nu[least]) least = c;
    l[c] = 0;
  }
  const double rest = mf_field_sum(g, nu) - nu[least];
  if (!(nu[least] > 0) || !(rest > 0)) return false;
  l[least] = log(spiked[k] / (1 - spiked[k]) * rest / nu[least]);
  *family = 0;
  return true;
}

static bool fill_mass(const mf_starts *s, int k, double *l, int *family)
{
  if (s->conserves) return false;
  for (ptrdiff_t c = 0; c < s->reference->grid->cells; c++) l[c] = masses[k];
  *family = masses[k] > 0;
  return true;
}

static const struct {
  filler *fill;
  const char *name;
  int count;
} kinds[] = {
    {fill_mode, "an eigenfunction", MF_START_MODES *LENGTH(shares)},
    {fill_tilt, "a tilt", MF_AXES *LENGTH(tilts)},
    {fill_bump, "a bump", MF_AXES *PLACES *LENGTH(widths)},
    {fill_well, "a well", WELLS},
    {fill_spike, "a spike", LENGTH(spiked)},
    {fill_mass, "another mass", LENGTH(masses)},
};

int mf_starts_count(const mf_starts *s)
{
  int count = 0;
  (void)s;
  for (int i = 0; i < LENGTH(kinds); i++) count += kinds[i].count;
  return count;
}

bool mf_starts_fill(const mf_starts *s, int k, double *l, mf_start *about)
{
  enum { FAMILIES = 100 };
  int family, i = 0;
  while (k >= kinds[i].count) k -= kinds[i++].count;
  if (!kinds[i].fill(s, k, l, &family)) return false;
  *about = (mf_start){.family = FAMILIES * i + family, .name = kinds[i].name};
  return true;
}
