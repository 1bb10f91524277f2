/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounds of W_2^2 between densities that are constant in cells. */
#include "solver/distance/enclosure.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "solver/distance/legendre.h"
#include "solver/distance/pyramid.h"

#include <float.h>
#include <math.h>

/* sum_a h_a^2 over the axes along which anything can move. */
static double squared_edges(const mf_grid *grid)
{
  double sum = 0;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) sum += grid->h[a] * grid->h[a];
  return sum;
}

static double squared_diameter(const mf_grid *grid)
{
  double sum = 0;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) sum += pow(grid->hi[a] - grid->lo[a], 2);
  return sum;
}

/* ---- from below ---- */

/* Cells around the corners, so that their centres are the corners; an axis of one cell stays one. */
static int corner_grid(mf_grid *out, const mf_grid *grid)
{
  long cells[MF_AXES];
  double lo[MF_AXES], hi[MF_AXES];
  for (int a = 0; a < grid->dim; a++) {
    const bool free = grid->n[a] > 1;
    cells[a] = (long)grid->n[a] + free;
    lo[a] = grid->lo[a] - (free ? 0.5 * grid->h[a] : 0);
    hi[a] = grid->hi[a] + (free ? 0.5 * grid->h[a] : 0);
  }
  return mf_grid_init(out, grid->dim, cells, lo, hi, grid->periodic);
}

/* <f, mass> for f that is linear between corners along each axis: the mean over a cell is that of its corners. */
static double pair_with_mass(const mf_grid *grid, const mf_grid *corners, const double *f, const double *mass)
{
  double total = 0;
  int axes = 0;
  ptrdiff_t step[1 << MF_AXES] = {0};
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) {
      for (int k = 0; k < 1 << axes; k++) step[(1 << axes) + k] = step[k] + corners->stride[a];
      axes++;
    }
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    double sum = 0;
    ptrdiff_t corner = 0;
    for (int a = 0; a < MF_AXES; a++) corner += c / grid->stride[a] % grid->n[a] * corners->stride[a];
    for (int k = 0; k < 1 << axes; k++) sum += f[corner + step[k]];
    total += mass[c] * sum / (1 << axes);
  }
  return total;
}

static int bound_from_below(const mf_grid *grid, const double *const mass[2], const double *potential,
                            double *lower)
{
  mf_grid corners;
  double *f = NULL, *g = NULL;
  MF_TRY(corner_grid(&corners, grid));
  int status = mf_reals_create(&f, corners.cells);
  if (!status) status = mf_reals_create(&g, corners.cells);
  if (!status) status = mf_prolong(grid, potential, &corners, 1, g);
  if (!status) status = mf_hard_transform(&corners, g, f);
  if (!status) {
    mf_each(corners.cells, mf_each_scaled, -1, f, 0, NULL, f);
    status = mf_hard_transform(&corners, f, g);
  }
  if (!status) {
    mf_each(corners.cells, mf_each_scaled, -1, g, 0, NULL, g);
    const double rounding =
        64 * DBL_EPSILON *
        (squared_diameter(grid) + fmax(-mf_field_min(&corners, f), mf_field_max(&corners, f)));
    *lower = 2 * (pair_with_mass(grid, &corners, f, mass[0]) + pair_with_mass(grid, &corners, g, mass[1]) -
                  rounding) -
             squared_edges(grid) / 3;
  }
  mf_release(f);
  mf_release(g);
  return status;
}

/* ---- from above ---- */

/* Coordinate along an axis, from the middle of the box, of every cell. */
static void put_coordinate(const mf_grid *grid, int axis, double *x)
{
  const double middle = 0.5 * (double)(grid->n[axis] - 1);
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    x[c] = grid->h[axis] * ((double)(c / grid->stride[axis] % grid->n[axis]) - middle);
}

/* sum of |weight - mass|, and sum weight x^2. */
static double wrong_mass(const mf_grid *grid, const double *weight, const double *mass)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < grid->cells; c++) sum += fabs(weight[c] - mass[c]);
  return sum;
}

/* sum P (x - y)^2/2 along one axis: first[x] and second[y] are P's marginals. */
static double cost_along(const mf_grid *grid, int axis, const mf_soft *plan, const double *nu,
                         const double *first, const double *second, double *x, double *mean)
{
  double sum = 0;
  put_coordinate(grid, axis, x);
  mf_soft_mean(plan, x, mean);
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    sum += 0.5 * (first[c] + second[c]) * x[c] * x[c] - nu[c] * x[c] * mean[c];
  return sum;
}

static void bound_from_above(const mf_grid *grid, const double *const mass[2], const mf_soft *plan,
                             double *const room[4], double *upper)
{
  double *first = room[0], *second = room[1];
  mf_each(grid->cells, mf_each_constant, 1, NULL, 0, NULL, room[2]);
  mf_soft_mean(plan, room[2], second);
  mf_each(grid->cells, mf_each_product, 0, mass[1], 0, second, second);
  mf_soft_spread(plan, mass[1], first);
  const double wrong = wrong_mass(grid, first, mass[0]) + wrong_mass(grid, second, mass[1]) + 1e-13;
  double cost = 0;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) cost += cost_along(grid, a, plan, mass[1], first, second, room[2], room[3]);
  *upper = 2 * cost + wrong * squared_diameter(grid) + squared_edges(grid) / 6;
}

int mf_enclose_transport(const mf_grid *grid, const double *const mass[2], const double *potential,
                         const mf_soft *plan, double *lower, double *upper)
{
  double *room[4] = {NULL};
  int status = bound_from_below(grid, mass, potential, lower);
  for (int k = 0; k < 4 && !status; k++) status = mf_reals_create(&room[k], grid->cells);
  if (!status) bound_from_above(grid, mass, plan, room, upper);
  for (int k = 0; k < 4; k++) mf_release(room[k]);
  return status;
}
