/* SPDX-License-Identifier: BSD-3-Clause */
/* Transport by a velocity in one pass over the arrays: the upwind flux of transport.h.
 *
 * Work goes by rows: stretches of at most ROW cells along x, copied with what lies next to their ends.  Beyond a wall a cell is
 * its own neighbour, which makes differences, and so slopes and fluxes, vanish without a branch. */
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/neighbour.h"
#include "operators/transport/transport_fused.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum {
  ROW = 1024,
  REACH = 2, /* cells beside the ends of a row that its fluxes depend on */
  MARGIN = 8 /* room for them, a multiple of the longest vector */
};

/* Consecutive cells along x; along y and z, the distances to their neighbours and to those next but one; along x, the
 * cells before the first and after the last, nearest first. */
typedef struct {
  ptrdiff_t first, count;
  ptrdiff_t down[MF_AXES], up[MF_AXES], far_down[MF_AXES], far_up[MF_AXES];
  ptrdiff_t before[REACH], after[REACH];
} stretch;

static void set_distances(const mf_grid *grid, int axis, ptrdiff_t k, stretch *r)
{
  r->down[axis] = mf_grid_distance(grid, axis, k, -1);
  r->up[axis] = mf_grid_distance(grid, axis, k, 1);
  r->far_down[axis] = mf_grid_distance(grid, axis, k, -2);
  r->far_up[axis] = mf_grid_distance(grid, axis, k, 2);
}

/* Cell `first` of the row is number i of its line. */
static void set_ends(const mf_grid *grid, ptrdiff_t i, stretch *r)
{
  const ptrdiff_t last = r->count - 1;
  for (ptrdiff_t k = 0; k < REACH; k++) {
    r->before[k] = r->first + mf_grid_distance(grid, 0, i, -1 - k);
    r->after[k] = r->first + last + mf_grid_distance(grid, 0, i + last, 1 + k);
  }
}

typedef struct {
  const mf_grid *grid;
  const double *rho, *xi;
  mf_limiter limiter;
  double scale;
  bool add;
  double *rate;
  atomic_bool *finite;
  ptrdiff_t stretches; /* that a line is cut into */
} operands;

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b)
{
  return a < b ? a : b;
}

MF_INLINE double slope(mf_limiter limiter, double a, double b)
{
  const bool rising = (a > 0) & (b > 0), falling = (a < 0) & (b < 0),
             both = rising | falling; /* a*b might underflow */
  double s = 0;
  if (limiter == MF_LIMITER_MINMOD) s = fabs(a) < fabs(b) ? a : b;
  if (limiter == MF_LIMITER_VAN_LEER) s = 2 * (a / (both ? a + b : 1)) * b;
  return both ? s : 0;
}

/* Flux through a face per 1/h^2 from the densities of the four cells around it and the forces on either side. */
MF_INLINE double upwind(mf_limiter limiter, double before, double low, double high, double after,
                        double xi_low, double xi_high)
{
  const double velocity = xi_low - xi_high;
  const double from_low = low + 0.5 * slope(limiter, low - before, high - low);
  const double from_high = high - 0.5 * slope(limiter, high - low, after - high);
  const double value = velocity > 0 ? from_low : from_high;
  return (value > 0 ? value : 0) * velocity;
}

/* Inflow less outflow along x. */
MF_INLINE void carry_along(const operands *j, const stretch *r, mf_limiter limiter, double *restrict out)
{
  _Alignas(64) double line[MARGIN + ROW + REACH], force[MARGIN + ROW + REACH], flux[ROW + 1];
  const ptrdiff_t n = r->count, bytes = n * (ptrdiff_t)sizeof(double);
  const double h = j->grid->h[0], scale = j->scale / (h * h);
  double *rho = line + MARGIN, *xi = force + MARGIN;
  for (ptrdiff_t k = 0; k < REACH; k++) {
    rho[-1 - k] = j->rho[r->before[k]];
    rho[n + k] = j->rho[r->after[k]];
  }
  xi[-1] = j->xi[r->before[0]];
  xi[n] = j->xi[r->after[0]];
  memcpy(rho, j->rho + r->first, (size_t)bytes);
  memcpy(xi, j->xi + r->first, (size_t)bytes);
#pragma omp simd
  for (ptrdiff_t i = 0; i <= n; i++)
    flux[i] = upwind(limiter, rho[i - 2], rho[i - 1], rho[i], rho[i + 1], xi[i - 1], xi[i]);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) out[i] = scale * (flux[i] - flux[i + 1]);
}

/* Adds the same along another axis. */
MF_INLINE void carry_across(const operands *j, const stretch *r, int axis, mf_limiter limiter,
                            double *restrict out)
{
  const double *own = j->rho + r->first, *xi = j->xi + r->first, h = j->grid->h[axis];
  const double *down = own + r->down[axis], *up = own + r->up[axis];
  const double *far_down = own + r->far_down[axis], *far_up = own + r->far_up[axis];
  const double *xi_down = xi + r->down[axis], *xi_up = xi + r->up[axis];
  const double scale = j->scale / (h * h);
#pragma omp simd
  for (ptrdiff_t i = 0; i < r->count; i++) {
    const double in = upwind(limiter, far_down[i], down[i], own[i], up[i], xi_down[i], xi[i]);
    const double from = upwind(limiter, down[i], own[i], up[i], far_up[i], xi[i], xi_up[i]);
    out[i] += scale * (in - from);
  }
}

MF_INLINE void carry(const operands *j, const stretch *r, mf_limiter limiter, double *restrict out)
{
  carry_along(j, r, limiter, out);
  for (int a = 1; a < j->grid->dim; a++) carry_across(j, r, a, limiter, out);
}

MF_CLONES static void mf_fused_upwind_row(const operands *j, const stretch *r, double *restrict out)
{
  if (j->limiter == MF_LIMITER_MINMOD)
    carry(j, r, MF_LIMITER_MINMOD, out);
  else if (j->limiter == MF_LIMITER_VAN_LEER)
    carry(j, r, MF_LIMITER_VAN_LEER, out);
  else
    carry(j, r, MF_LIMITER_NONE, out);
}

static void do_row(const operands *j, const stretch *r)
{
  double buffer[ROW], *rate = j->rate + r->first, *out = j->add ? buffer : rate;
  mf_fused_upwind_row(j, r, out);
  if (!mf_all_finite(out, r->count)) atomic_store(j->finite, false);
  for (ptrdiff_t i = 0; j->add && i < r->count; i++) rate[i] += buffer[i];
}

static void do_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const operands *j = self;
  const ptrdiff_t n = j->grid->n[0], ny = j->grid->n[1];
  for (ptrdiff_t s = begin; s < end; s++) {
    const ptrdiff_t line = s / j->stretches, x0 = s % j->stretches * ROW;
    stretch r = {.first = line * n + x0, .count = least(ROW, n - x0)};
    set_ends(j->grid, x0, &r);
    set_distances(j->grid, 1, line % ny, &r);
    set_distances(j->grid, 2, line / ny, &r);
    do_row(j, &r);
  }
}

bool mf_fused_upwind(const mf_grid *grid, mf_limiter limiter, const double *rho, const double *xi,
                     double scale, bool add, double *restrict rate)
{
  const ptrdiff_t length = least(grid->n[0], ROW), stretches = (grid->n[0] + ROW - 1) / ROW;
  atomic_bool finite = true;
  mf_halo(grid, rho, REACH);
  mf_halo(grid, xi, 1);
  const operands j = {.grid = grid,
                      .limiter = limiter,
                      .rho = rho,
                      .xi = xi,
                      .scale = scale,
                      .add = add,
                      .rate = rate,
                      .finite = &finite,
                      .stretches = stretches};
  mf_share(grid->cells / grid->n[0] * stretches, (MF_PIECE + length - 1) / length, do_rows, &j);
  return atomic_load(&finite);
}
