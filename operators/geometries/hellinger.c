/* SPDX-License-Identifier: BSD-3-Clause */
/* The Hellinger (Fisher-Rao) geometries: mass is created and destroyed in place.
 *
 *   hellinger            K(mu) xi = beta mu xi                   on positive measures
 *   spherical_hellinger  K(mu) xi = beta mu (xi - <xi>_mu)       on measures of fixed mass
 *
 * with He^2 = 4 int (sqrt mu - sqrt nu)^2 (Mielke & Zhu 2024, (1.10)).  The product
 * mu xi of an entropic energy is formed at once (force.h): right in vacuum, linear in rho - pi for p = 0. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "operators/geometry.h"

#include <float.h>
#include <math.h>

typedef struct {
  double coefficient;
} options;

static const mf_param params[] = {
    MF_COEFFICIENT_PARAM(options, "beta: reaction per force"),
};

static int create(mf_geometry *g, const mf_force *f)
{
  (void)f;
  g->coefficient = ((const options *)g->options)->coefficient;
  return MF_OK;
}

static bool spherical(const mf_geometry *g)
{
  return g->type->traits & MF_GEOMETRY_MASS;
}

static unsigned needs(const mf_geometry *g, const mf_force *f, mf_rate_form form)
{
  (void)form;
  return (f->xi || spherical(g) ? MF_NEED_DENSITY : 0) | mf_force_needs(f, true);
}

/* What the sums below run over. */
typedef struct {
  const mf_state *state;
  const mf_force *force;
  const mf_tangent *tangent;
  const double *dxi;
  double mean;
} operands;

MF_INLINE double variation_of(const void *self, ptrdiff_t c)
{
  const operands *o = self;
  return mf_force_product(o->force, o->state, c);
}

static void sum_variation(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, variation_of);
}

/* <xi>_mu = int xi dmu / int dmu; 0 on M+, where nothing is subtracted. */
static double mean_variation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  if (!spherical(g)) return 0;
  double total;
  mf_field_sums(s->grid, 1, sum_variation, &(operands){.state = s, .force = f}, &total);
  return total / mf_field_sum(s->grid, s->density);
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  const double beta = g->coefficient, mean = mean_variation(g, s, f);
  if (s->form == MF_RELATIVE) {
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] -= beta * (mf_force_variation(f, s, c) - mean);
    return;
  }
  for (ptrdiff_t c = 0; c < s->grid->cells; c++)
    out[c] -= beta * (mf_force_product(f, s, c) - (mean != 0 ? mean * s->density[c] : 0));
}

MF_INLINE double change_of(const void *self, ptrdiff_t c)
{
  const operands *o = self;
  return mf_force_product_change(o->force, o->state, o->tangent, o->dxi, c) -
         o->mean * o->tangent->density[c];
}

static void sum_change(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, change_of);
}

/* Derivative of <xi>_mu. */
static double mean_change(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                          const double *dxi, double mean)
{
  if (!spherical(g)) return 0;
  double total;
  mf_field_sums(s->grid, 1, sum_change, &(operands){s, f, d, dxi, mean}, &total);
  return total / mf_field_sum(s->grid, s->density);
}

static void jacobian(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                     const double *dxi, double *restrict out)
{
  const double beta = g->coefficient, mean = mean_variation(g, s, f);
  const double change = mean_change(g, s, f, d, dxi, mean);
  if (s->form == MF_RELATIVE) {
    for (ptrdiff_t c = 0; c < s->grid->cells; c++)
      out[c] -= beta * (mf_force_log_slope(f, s, c) * d->log_ratio[c] + (dxi ? dxi[c] : 0) - change);
    return;
  }
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) {
    out[c] -= beta * mf_force_product_change(f, s, d, dxi, c);
    if (spherical(g)) out[c] += beta * (mean * d->density[c] + change * s->density[c]);
  }
}

/* u -> u^theta with theta = e^(-beta t). */
static void react(const mf_geometry *g, double t, double *log_ratio)
{
  mf_each(g->grid->cells, mf_each_scaled, exp(-g->coefficient * t), log_ratio, 0, NULL, log_ratio);
}

MF_INLINE double excess_of(const void *self, ptrdiff_t c)
{
  const mf_operands *o = self;
  return o->x[c] * expm1(o->y[c]);
}

static void sum_excess(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, excess_of);
}

/* The mass over pi, without cancellation at the target: sum pi (u - 1). */
static double mass_excess(const mf_geometry *g, const double *log_ratio)
{
  double total;
  mf_field_sums(g->grid, 1, sum_excess, &(mf_operands){.x = g->target->density, .y = log_ratio}, &total);
  return total;
}

/* The same, with the mass kept. */
static void react_spherically(const mf_geometry *g, double t, double *log_ratio)
{
  const double before = mass_excess(g, log_ratio), mass = before + mf_field_sum(g->grid, g->target->density);
  react(g, t, log_ratio);
  const double shift = -log1p((mass_excess(g, log_ratio) - before) / mass);
  mf_each(g->grid->cells, mf_each_shifted, 0, log_ratio, shift, NULL, log_ratio);
}

MF_INLINE double dissipation_of(const void *self, ptrdiff_t c)
{
  const operands *o = self;
  const double moved = mf_force_product(o->force, o->state, c) - o->mean * o->state->density[c];
  return fmax(0, moved * (o->force->total[c] - o->mean));
}

static void sum_dissipation(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, dissipation_of);
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  double total;
  mf_field_sums(s->grid, 1, sum_dissipation,
                &(operands){.state = s, .force = f, .mean = mean_variation(g, s, f)}, &total);
  return g->coefficient * s->grid->volume * total;
}

static int linearise(const mf_geometry *g, mf_linear *l)
{
  l->reaction += g->coefficient;
  if (!spherical(g)) l->mass += g->coefficient;
  return MF_OK;
}

static void add_bands(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis,
                      double *restrict lower, double *restrict diagonal, double *restrict upper)
{
  (void)lower, (void)upper;
  if (axis != 0) return;
  const bool relative = s->form == MF_RELATIVE;
  for (ptrdiff_t c = 0; c < s->grid->cells; c++)
    diagonal[c] -=
        g->coefficient * (relative ? mf_force_log_slope(f, s, c) : mf_force_product_slope(f, s, c));
}

const mf_geometry_type mf_geometry_hellinger = {
    .name = "hellinger",
    .summary = "K xi = beta mu xi: birth and death (Fisher-Rao) on positive measures",
    .reference = "Liero, Mielke & Savare 2018",
    .traits = MF_GEOMETRY_REACTION,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .needs = needs,
    .rate = rate,
    .jacobian = jacobian,
    .react = react,
    .linearise = linearise,
    .dissipation = dissipation,
    .add_bands = add_bands,
};

const mf_geometry_type mf_geometry_spherical_hellinger = {
    .name = "spherical_hellinger",
    .summary = "K xi = beta mu (xi - <xi>_mu): birth and death of fixed total mass",
    .reference = "Laschos & Mielke 2019",
    .traits = MF_GEOMETRY_REACTION | MF_GEOMETRY_MASS,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .needs = needs,
    .rate = rate,
    .jacobian = jacobian,
    .react = react_spherically,
    .linearise = linearise,
    .dissipation = dissipation,
    .add_bands = add_bands,
};
