/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal energies:  F(mu) = weight * int U(rho) dx,  U(rho) = rho^m / (m - 1),  or rho log rho for `entropy`.
 *
 * In the Wasserstein geometry they give the porous medium and fast diffusion equations, rho_t = alpha Laplace rho^m, and the
 * heat equation (Otto 2001).  U differs from m phi_m by a multiple of the mass and a constant, so they are entropic
 * with Lebesgue measure as reference. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "operators/energy.h"

#include <float.h>
#include <math.h>

typedef struct {
  double weight, m;
} options;

static const mf_param entropy_params[] = {MF_WEIGHT_PARAM(options, 0)};
static const mf_param power_params[] = {
    MF_WEIGHT_PARAM(options, 0),
    {.key = "m", .kind = MF_REAL, .offset = offsetof(options, m), .required = true, .doc = "exponent, not 1"},
};

/* rho^m/(m - 1) = m phi_m(rho) + (m rho - 1)/(m - 1), of which the last term is a constant. */
static int create_power(mf_energy *e)
{
  const options *o = e->options;
  if (o->m == 1 || o->m == 0)
    return mf_fail(MF_ECASE, "m = %g: use energy entropy for m = 1; 0 has no energy", o->m);
  e->weight = o->weight * o->m;
  e->exponent = o->m;
  e->constant = o->weight * o->m / (o->m - 1);
  return MF_OK;
}

/* rho log rho = phi_1(rho) + rho - 1. */
static int create_entropy(mf_energy *e)
{
  const options *o = e->options;
  e->weight = e->constant = o->weight;
  e->exponent = 1;
  return MF_OK;
}

/* weight rho^m/(m - 1), which may be a number where the power is none. */
static double density_of(double weight, double m, double rho)
{
  if (m == 1) return rho > 0 ? weight * rho * log(rho) : 0;
  return m < 1 ? weight * pow(rho, m) / (m - 1) : weight * rho * pow(rho, m - 1) / (m - 1);
}

MF_INLINE double density_at(const void *self, ptrdiff_t c)
{
  const mf_operands *o = self;
  return density_of(o->b, o->a, o->x[c]);
}

static void sum_density(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, density_at);
}

static double value(const mf_energy *e, const mf_state *s)
{
  const options *o = e->options;
  double total;
  mf_field_sums(s->grid, 1, sum_density, &(mf_operands){.a = e->exponent, .b = o->weight, .x = s->density},
                &total);
  return total * s->grid->volume;
}

const mf_energy_type mf_energy_entropy = {
    .name = "entropy",
    .summary = "int rho log rho dx",
    .reference = "Jordan, Kinderlehrer & Otto 1998",
    .traits = MF_ENERGY_ENTROPIC | MF_ENERGY_FLAT,
    .params = MF_PARAM_TABLE(entropy_params, options),
    .create = create_entropy,
    .value = value,
};

const mf_energy_type mf_energy_internal = {
    .name = "internal",
    .summary = "int rho^m/(m - 1) dx: porous medium (m > 1), fast diffusion (m < 1)",
    .reference = "Otto 2001",
    .traits = MF_ENERGY_ENTROPIC | MF_ENERGY_FLAT,
    .params = MF_PARAM_TABLE(power_params, options),
    .create = create_power,
    .value = value,
};
