/* SPDX-License-Identifier: BSD-3-Clause */
/* Divergences from a target:  F(mu) = weight * int phi_p(d mu / d pi) d pi  for every real p.
 *
 * KL(mu|pi), inclusive KL(pi|mu), chi^2/2 and the squared Hellinger distance/2 are members with a name of
 * their own. The formulas live in entropy.c; geometries evaluate them by exponent, so a flow of phi_p costs
 * no array. */
#include "operators/energy.h"

#include <float.h>
#include <math.h>

typedef struct {
  double weight;
  double p;
} options;

static const mf_param general_params[] = {
    MF_WEIGHT_PARAM(options, 0),
    {.key = "p",
     .kind = MF_REAL,
     .offset = offsetof(options, p),
     .required = true,
     .doc = "exponent of phi_p"},
};

static const mf_param named_params[] = {MF_WEIGHT_PARAM(options, 0)};

static int create_with(mf_energy *e, double p)
{
  const options *o = e->options;
  e->weight = o->weight;
  e->exponent = p;
  for (ptrdiff_t c = 0; c < e->grid->cells; c++)
    if (!(e->target->log_density[c] > MF_LOG_LEAST)) {
      double x[MF_AXES];
      mf_grid_centre(e->grid, c, x);
      return mf_fail(MF_ECASE,
                     "energy %s divides by the target, whose density underflows (e^%.0f) at %s: shrink the "
                     "box",
                     e->type->name, e->target->log_density[c], mf_grid_point(e->grid, x).text);
    }
  return MF_OK;
}

static int create_general(mf_energy *e)
{
  return create_with(e, ((const options *)e->options)->p);
}

static int create_kl(mf_energy *e)
{
  return create_with(e, 1);
}

static int create_inclusive_kl(mf_energy *e)
{
  return create_with(e, 0);
}

static int create_hellinger(mf_energy *e)
{
  return create_with(e, 0.5);
}

static int create_chi2(mf_energy *e)
{
  return create_with(e, 2);
}

const mf_energy_type mf_energy_divergence = {
    .name = "divergence",
    .summary = "int phi_p(dmu/dpi) dpi, phi_p(u) = (u^p - p(u-1) - 1)/(p(p-1))",
    .reference = "Mielke & Zhu 2024, (1.15)",
    .traits = MF_ENERGY_ENTROPIC | MF_ENERGY_TARGET,
    .params = MF_PARAM_TABLE(general_params, options),
    .create = create_general,
};

const mf_energy_type mf_energy_kl = {
    .name = "kl",
    .summary = "KL(mu|pi) = int log(dmu/dpi) dmu - mu + pi (p = 1)",
    .reference = "Jordan, Kinderlehrer & Otto 1998",
    .traits = MF_ENERGY_ENTROPIC | MF_ENERGY_TARGET,
    .params = MF_PARAM_TABLE(named_params, options),
    .create = create_kl,
};

const mf_energy_type mf_energy_inclusive_kl = {
    .name = "inclusive_kl",
    .summary = "KL(pi|mu), the forward or mode-covering divergence (p = 0)",
    .reference = "Zhu 2024, arXiv 2411.00214",
    .traits = MF_ENERGY_ENTROPIC | MF_ENERGY_TARGET,
    .params = MF_PARAM_TABLE(named_params, options),
    .create = create_inclusive_kl,
};

const mf_energy_type mf_energy_hellinger = {
    .name = "hellinger",
    .summary = "He^2(mu,pi)/2 = 2 int (sqrt mu - sqrt pi)^2 (p = 1/2)",
    .reference = "Mielke & Zhu 2024, (1.10)",
    .traits = MF_ENERGY_ENTROPIC | MF_ENERGY_TARGET,
    .params = MF_PARAM_TABLE(named_params, options),
    .create = create_hellinger,
};

const mf_energy_type mf_energy_chi2 = {
    .name = "chi2",
    .summary = "chi^2(mu|pi)/2 = int (dmu/dpi - 1)^2 dpi / 2 (p = 2)",
    .reference = "Mielke & Zhu 2024, (1.15)",
    .traits = MF_ENERGY_ENTROPIC | MF_ENERGY_TARGET,
    .params = MF_PARAM_TABLE(named_params, options),
    .create = create_chi2,
};
