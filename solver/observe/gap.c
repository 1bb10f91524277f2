/* SPDX-License-Identifier: BSD-3-Clause */
/* The spectral gap of a flow at its target: the chain of its transport, scaled and shifted by its reaction. */
#include "solver/observe/gap.h"

#include "grids/field.h"
#include "solver/observe/gap_kernel.h"
#include "solver/observe/gap_operator.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The parts of the force near the target. */
static int linearise_energies(const mf_flow *flow, mf_linear *l)
{
  for (int i = 0; i < mf_flow_energies(flow); i++) {
    const mf_energy *e = mf_flow_energy(flow, i);
    if (!(e->type->traits & MF_ENERGY_TARGET))
      return mf_fail(
          MF_ENUMERIC,
          "no gap: energy %s is not least at a target, so there is no state at rest to look around",
          e->type->name);
    if (e->type->traits & MF_ENERGY_ENTROPIC) {
      l->entropic += e->weight;
    } else if (e->embedding && !l->embedding) {
      l->embedding = e->embedding;
      l->embedded = e->weight;
    } else {
      return mf_fail(MF_ENUMERIC, "no gap: energy %s beside another of its kind is not worked out",
                     e->type->name);
    }
  }
  return MF_OK;
}

/* Sums what the geometries say; the first that fails, with its `reason`, does not keep the others from it. */
static int linearise_geometries(const mf_flow *flow, mf_linear *l, char *reason, size_t size)
{
  int failed = MF_OK;
  for (int i = 0; i < mf_flow_geometries(flow); i++) {
    const mf_geometry *g = mf_flow_geometry(flow, i);
    if (!(g->coefficient > 0)) continue;
    const int status =
        g->type->linearise
            ? g->type->linearise(g, l)
            : mf_fail(MF_ENUMERIC, "the spectrum of geometry %s is not worked out", g->type->name);
    if (!status) continue;
    snprintf(reason, size, "%s", mf_error());
    failed = status;
  }
  return failed;
}

static int linearise(const mf_flow *flow, mf_linear *l)
{
  char reason[256];
  *l = (mf_linear){0};
  MF_TRY(linearise_energies(flow, l));
  const int failed = linearise_geometries(flow, l, reason, sizeof reason);
  return failed ? mf_fail(failed, "no gap: %s", reason) : MF_OK;
}

/* ---- numbers ---- */

/* Rates of deviations without mass from what acts on all of them alike, of the mass, and of the chain per its own. */
static double common_rate(const mf_linear *l)
{
  return l->entropic * l->reaction + l->embedded * l->inverse;
}

static double mass_rate(const mf_linear *l)
{
  return l->entropic * l->mass + l->embedded * l->inverse;
}

static double chain_rate(const mf_linear *l)
{
  return l->entropic * l->transport;
}

/* A kernel that no inverse of it meets. */
static bool is_smoothed(const mf_linear *l)
{
  return l->kernel || l->velocity > 0 || (l->embedding && l->reaction > 0);
}

/* The enclosure in doubles, which holds the one in long doubles after three operations on it. */
static mf_mode_rate rate_of(const mf_enclosure *e, long double factor, long double shift)
{
  const long double wide = 4 * LDBL_EPSILON;
  const long double lower = (factor * e->lower + shift) * (1 - wide),
                    upper = (factor * e->upper + shift) * (1 + wide);
  mf_mode_rate r = {.lower = (double)lower, .upper = (double)upper};
  if (r.lower > lower) r.lower = nextafter(r.lower, 0);
  if (r.upper < upper) r.upper = nextafter(r.upper, INFINITY);
  r.value = (double)(0.5L * (lower + upper));
  return r;
}

static mf_mode_rate exactly(double value)
{
  return rate_of(&(mf_enclosure){value, value}, 1, 0);
}

static const char *square_of(const mf_linear *l)
{
  if (l->first || l->entropic == 0) return "MMD^2";
  return l->embedding ? "the sum of chi^2 and MMD^2, each with its energy's weight," : "chi^2";
}

/* ---- modes ---- */

static void normalise(const mf_measure *pi, double *function)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++) sum += pi->density[c] * function[c] * function[c];
  const double factor = 1 / sqrt(sum * pi->grid->volume);
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++) function[c] *= factor;
}

/* The mode of the mass, if there is one: it is never faster than others.  An energy distance is one of equal masses only. */
static void add_mass(const mf_flow *flow, const mf_linear *l, mf_gap *gap, double *const *function)
{
  const mf_kernel *kernel = l->embedding ? mf_convolution_kernel(l->embedding) : NULL;
  if (mf_flow_conserves_mass(flow) || (kernel && kernel->type->conditional)) return;
  gap->mass = true;
  gap->mode[gap->modes++] = exactly(mass_rate(l));
  if (!function) return;
  for (ptrdiff_t c = 0; c < mf_flow_grid(flow)->cells; c++) function[0][c] = l->velocity == 0;
  if (l->velocity == 0)
    normalise(mf_flow_target(flow), function[0]); /* else it has a constant xi, not a constant u */
}

static int add_chain(const mf_flow *flow, const mf_linear *l, int modes, mf_gap *gap, double *const *function)
{
  mf_modes found;
  const mf_measure *pi = mf_flow_target(flow);
  mf_network net = {.grid = mf_flow_grid(flow), .mass = pi->density, .staggered = l->staggered};
  const int first = gap->modes, count = modes - first;
  if (count == 0) return MF_OK;
  for (int a = 0; a < net.grid->dim; a++) net.weight[a] = l->weight[a];
  MF_TRY(mf_network_modes(&net, count, &found, function ? function + first : NULL));
  for (int k = 0; k < count; k++)
    gap->mode[gap->modes++] = rate_of(&found.bound[k], chain_rate(l), common_rate(l));
  for (int k = 0; function && k < count; k++) normalise(pi, function[first + k]);
  gap->kind = found.kind;
  gap->nu = found.nu > 0 ? chain_rate(l) * found.nu + common_rate(l) : NAN;
  gap->below = found.below + first;
  gap->origin = found.origin;
  gap->residual = found.residual;
  gap->iterations = found.iterations;
  return MF_OK;
}

static int find_modes(const mf_flow *flow, const mf_linear *l, int modes, mf_gap *gap,
                      double *const *function)
{
  const ptrdiff_t cells = mf_flow_grid(flow)->cells, most = mf_flow_conserves_mass(flow) ? cells - 1 : cells;
  if (modes > most) modes = (int)most;
  if (modes < 1) return mf_fail(MF_ENUMERIC, "a single cell has no deviation without mass");
  add_mass(flow, l, gap, function);
  if (chain_rate(l) > 0) MF_TRY(add_chain(flow, l, modes, gap, function));
  while (gap->modes < modes) gap->mode[gap->modes++] = exactly(common_rate(l));
  return MF_OK;
}

int mf_gap_compute(const mf_flow *flow, int modes, mf_gap *gap, double *const *function)
{
  mf_linear l;
  MF_TRY(linearise(flow, &l));
  *gap = (mf_gap){.kind = MF_BOUND_PROVED, .nu = NAN, .origin = "in closed form", .square = square_of(&l)};
  if (is_smoothed(&l)) {
    if (l.transport > 0) return mf_fail(MF_ENUMERIC, "no gap: a kernel beside diffusion is not worked out");
    if (!mf_linear_makes_mass(&l)) add_mass(flow, &l, gap, function);
    if (gap->modes < modes) MF_TRY(mf_gap_kernel(flow, &l, modes, gap, function));
  } else {
    if (common_rate(&l) == 0 && chain_rate(&l) == 0)
      return mf_fail(MF_ENUMERIC, "nothing moves in this flow: its factors are 0");
    MF_TRY(find_modes(flow, &l, modes, gap, function));
  }
  if (gap->kind != MF_BOUND_PROVED) /* Rayleigh's quotient errs to the second order */
    for (int k = gap->mass; k < gap->modes; k++) gap->mode[k].value = gap->mode[k].upper;
  gap->gap = gap->mode[0];
  if (gap->kind == MF_BOUND_NONE)
    return mf_fail(
        MF_ENUMERIC,
        "the gap is at most %.6g (certain), but nothing could be said from below: residual %.1e after %d "
        "iterations",
        gap->gap.upper, gap->residual, gap->iterations);
  return MF_OK;
}

/* ---- the slowest rate alone ---- */

static int slowest(const mf_flow *flow, const mf_linear *l, double *rate)
{
  mf_gap gap = {0};
  if (is_smoothed(l) || !(chain_rate(l) > 0) || !mf_flow_conserves_mass(flow)) {
    *rate = mf_flow_conserves_mass(flow) ? common_rate(l) : fmin(common_rate(l), mass_rate(l));
    return MF_OK;
  }
  const int status = find_modes(flow, l, 1, &gap, NULL);
  *rate = status ? 0 : gap.mode[0].upper;
  return status == MF_ENUMERIC ? MF_OK : status;
}

int mf_gap_slowest(const mf_flow *flow, double *rate)
{
  char reason[256];
  mf_linear l = {0};
  *rate = 0;
  if (!mf_flow_vanishes(flow) || linearise_energies(flow, &l)) return MF_OK;
  if (!linearise_geometries(flow, &l, reason, sizeof reason)) return slowest(flow, &l, rate);
  if (l.embedding) *rate = common_rate(&l); /* whatever the mobility (transport.h) */
  return MF_OK;
}

/* ---- words ---- */

static const char *ordinal(int k, char *buffer, size_t size)
{
  static const char *const names[] = {"first", "second", "third", "fourth", "fifth", "sixth"};
  if (k <= 6) return names[k - 1];
  snprintf(buffer, size, "%dth", k);
  return buffer;
}

void mf_gap_text(const mf_gap *g, char *buffer, size_t size)
{
  char number[16];
  if (g->kind == MF_BOUND_PROVED && isnan(g->nu) && g->gap.upper - g->gap.lower < 1e-14 * g->gap.upper)
    snprintf(buffer, size, "the gap of this grid lies in [%.17g, %.17g] (proved, rounding included; %s)",
             g->gap.lower, g->gap.upper, g->origin);
  else if (g->kind == MF_BOUND_PROVED)
    snprintf(buffer, size, "the gap of this grid lies in [%.15g, %.15g] (proved, rounding included; %s)",
             g->gap.lower, g->gap.upper, g->origin);
  else
    snprintf(buffer, size,
             "the gap of this grid is at most %.15g (certain); at least %.15g, provided no %s eigenvalue "
             "lies below "
             "%.6g (%s)",
             g->gap.upper, g->gap.lower, ordinal(g->below + 1, number, sizeof number), g->nu, g->origin);
}
