/* SPDX-License-Identifier: BSD-3-Clause */
/* Gaps of flows that a kernel smooths.
 *
 * Their linearised operator (gap_operator.h) is shift + L, L >= 0.  In the continuum L has the principal symbol
 *
 *    pi(x) k^(w)                   in place: kernelised Fisher-Rao, MMD in Hellinger
 *    pi(x) |w|^2 k^(w)             between cells: Stein, MMD flows
 *
 * and where that falls to 0 with the frequency w, L is compact: its rates reach down to 0, and those of the grid tell how long its
 * cells are.  In place it always does; between cells |w|^2 k^(w) stays, on a line, for kernels with a kink (Laplace, Matern 1/2,
 * energy distance: pi times 2/s, 2 pi), and falls for smooth ones, and for all of these in the plane (Duncan, Nuesken & Szpruch
 * 2023, section 5, for Stein).  It is measured on waves of 8, 4 and 2 cells.
 *
 *  - It stays: the slowest modes are found and enclosed (gap_pencil.c).  Of an upwind flux with the lower of the two mobilities from
 *    below, with the higher from above: D/F lies between.
 *  - It falls, and the shift is positive: the gap is the shift, with what L adds on this grid at most.
 *  - It falls, and there is no shift: no gap.  Functions that a kernel hardly sees, from cell to cell or in the tails, say how
 *    far down the rates reach on this grid. */
#include "solver/observe/gap_kernel.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "solver/observe/gap_pencil.h"

#include <float.h>
#include <math.h>

/* A wave of so many cells' length along the diagonal times a power of pi, 1: everywhere, 0: mostly in the tails; and under a
 * window, whose ends no kernel sees. */
static void fill_wave(const mf_measure *pi, int length, double power, bool windowed, double *v)
{
  const mf_grid *g = pi->grid;
  const double most = mf_field_max(g, pi->log_density), half = 3.141592653589793;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    double sum = 0, window = 1;
    for (int a = 0; a < g->dim; a++) {
      const double i = (double)(c / g->stride[a] % g->n[a]);
      sum += i;
      if (windowed && g->n[a] > 1) window *= pow(sin(half * (i + 0.5) / (double)g->n[a]), 4);
    }
    v[c] = window * cos(2 * half * sum / length) * exp(power * fmax(pi->log_density[c] - most, -300));
  }
}

/* The least quotient of L that is found by trying; with a ridge the concave function of it that is an upper bound too (Jensen). */
static int try_some(const mf_operator *o, const mf_linear *l, const mf_measure *pi, double *least)
{
  static const double powers[] = {1, 0.5, 0};
  double *v, most = 0;
  MF_TRY(mf_field_create(pi->grid, &v));
  int status = MF_OK;
  *least = INFINITY;
  for (int length = 2; length <= 64; length *= 2)
    for (int i = 0; !status && i < 6; i++) {
      double here = INFINITY;
      fill_wave(pi, length, powers[i / 2], i % 2, v);
      status = mf_pencil_quotient(o, pi->grid, v, &here);
      if (!(here < INFINITY)) continue;
      *least = fmin(*least, here);
      most = fmax(most, here);
    }
  mf_field_free(v);
  *least = fmax(*least, 16 * DBL_EPSILON * most); /* of which rounding may be all */
  if (l->ridge > 0) {
    const double factor = l->smoothing * l->entropic;
    *least = factor * *least / (*least + factor * l->ridge);
  }
  return status;
}

static bool has_finite_rank(const mf_operator *o)
{
  const mf_kernel *kernel = mf_convolution_kernel(mf_operator_kernel(o));
  return kernel && kernel->type->coefficient;
}

static int refuse(const mf_operator *o, const mf_flow *flow, double reach, const double symbol[3])
{
  if (has_finite_rank(o))
    return mf_fail(MF_ENUMERIC,
                   "no gap: kernel %s has finite rank, and a deviation that it does not see stays for ever",
                   mf_convolution_kernel(mf_operator_kernel(o))->type->name);
  return mf_fail(
      MF_ENUMERIC,
      "no gap: the kernel hardly sees what varies from cell to cell or is in the tails, so rates of "
      "this flow reach down to %.3g at least (certain), and lower on finer grids: what it leaves of "
      "waves of 8, 4 and 2 cells, %.3g, %.3g, %.3g, falls%s",
      reach, symbol[0], symbol[1], symbol[2],
      mf_flow_conserves_mass(flow) ? "" : "; the mass is one of many modes");
}

static mf_mode_rate shifted(double shift, double lower, double upper)
{
  const double wide = 4 * DBL_EPSILON;
  mf_mode_rate r = {.lower = (shift + lower) * (1 - wide), .upper = (shift + upper) * (1 + wide)};
  r.value = r.lower;
  return r;
}

/* The kernel's part is compact. */
static int without_it(const mf_operator *o, const mf_linear *l, const mf_flow *flow, const double symbol[3],
                      mf_gap *gap)
{
  const double floor = mf_operator_floor(o), shift = mf_operator_shift(o);
  double reach;
  MF_TRY(try_some(o, l, mf_flow_target(flow), &reach));
  if (!(floor > 0)) return refuse(o, flow, shift + reach, symbol);
  gap->mode[gap->modes++] = shifted(floor, 0, shift + reach - floor);
  gap->kind = MF_BOUND_PROVED;
  gap->nu = NAN;
  gap->origin = "what acts on every deviation alike; a kernel adds to it from 0 on";
  return MF_OK;
}

static int add_modes(const mf_operator *o, const mf_flow *flow, int modes, mf_modes *found,
                     double *const *function)
{
  const ptrdiff_t cells = mf_flow_grid(flow)->cells;
  if (modes >= cells) modes = (int)cells - 1;
  if (modes < 1) return mf_fail(MF_ENUMERIC, "a single cell has no deviation without mass");
  return mf_pencil_modes(o, mf_flow_target(flow), modes, found, function);
}

/* `most` is the same operator with the mobility from the other side, or `o` itself. */
static int with_it(const mf_operator *o, const mf_operator *most, const mf_flow *flow, int modes, mf_gap *gap,
                   double *const *function)
{
  const double shift = mf_operator_shift(o), floor = mf_operator_floor(o);
  const int count = modes - gap->modes;
  double *const *rest = function ? function + gap->modes : NULL;
  mf_modes found, above;
  if (floor != shift)
    return mf_fail(MF_ENUMERIC,
                   "no gap: a kernel beside a reaction that treats mass on its own is not worked out");
  MF_TRY(add_modes(o, flow, count, &found, rest));
  above = found;
  if (most != o) MF_TRY(add_modes(most, flow, count, &above, NULL));
  for (int k = 0; k < found.modes; k++)
    gap->mode[gap->modes++] = shifted(shift, (double)found.bound[k].lower, (double)above.bound[k].upper);
  gap->kind = found.kind == MF_BOUND_NONE && shift > 0 ? MF_BOUND_PROVED : found.kind;
  gap->nu = shift + found.nu;
  gap->below = found.below + modes - count;
  gap->origin = most == o ? found.origin : "the next Ritz value, an estimate; mobilities of both sides";
  gap->residual = fmax(found.residual, above.residual);
  gap->iterations = found.iterations;
  return MF_OK;
}

static bool falls(const mf_operator *o, const mf_linear *l, double symbol[3])
{
  const double kept = 0.9;
  const bool between = l->velocity > 0 || l->on_faces;
  if (has_finite_rank(o)) return true;
  mf_operator_symbol(o, symbol);
  return !between || symbol[2] < kept * symbol[0];
}

static int decide(const mf_operator *o, const mf_operator *most, const mf_flow *flow, const mf_linear *l,
                  int modes, mf_gap *gap, double *const *function)
{
  double symbol[3] = {0};
  if (falls(o, l, symbol)) return without_it(o, l, flow, symbol, gap);
  return with_it(o, most, flow, modes, gap, function);
}

int mf_gap_kernel(const mf_flow *flow, const mf_linear *l, int modes, mf_gap *gap, double *const *function)
{
  mf_operator *least = NULL, *most = NULL;
  int status = mf_operator_create(&least, flow, l, MF_MOBILITY_LEAST);
  if (!status && l->upwind) status = mf_operator_create(&most, flow, l, MF_MOBILITY_MOST);
  if (!status) status = decide(least, most ? most : least, flow, l, modes, gap, function);
  mf_operator_free(least);
  mf_operator_free(most);
  return status;
}
