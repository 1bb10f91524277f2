/* SPDX-License-Identifier: BSD-3-Clause */
/* Maximum mean discrepancy:  F(mu) = weight/2 MMD^2(mu, pi) = weight/2 <mu - pi, K (mu - pi)>,
 * whose first variation is the witness function  xi = weight * K (mu - pi)  (Arbel et al. 2019).
 *
 * Everything is written in delta = mu - pi, so that round-off is relative to delta and decay has no floor. */
#include "operators/energy.h"

#include <float.h>

typedef struct {
  double weight;
  mf_kernel_options kernel;
} options;

static const mf_param params[] = {
    MF_WEIGHT_PARAM(options, 0),
    MF_KERNEL_PARAMS(options, kernel, true),
};

static int create(mf_energy *e)
{
  const options *o = e->options;
  e->weight = o->weight;
  return mf_convolution_create_from(&e->embedding, e->grid, &o->kernel);
}

static double value(const mf_energy *e, const mf_state *s)
{
  return mf_convolution_weighted(e->embedding, 0.5 * e->weight, s->deviation);
}

static void add_variation(const mf_energy *e, const mf_state *s, double *restrict xi)
{
  mf_convolution_add(e->embedding, s->deviation, e->weight, xi);
}

static void add_hessian(const mf_energy *e, const mf_state *s, const mf_tangent *d, double *restrict xi)
{
  (void)s;
  mf_convolution_add(e->embedding, d->density, e->weight, xi);
}

const mf_energy_type mf_energy_mmd = {
    .name = "mmd",
    .summary = "MMD^2(mu,pi)/2 of a positive definite kernel",
    .reference = "Arbel, Korba, Salim & Gretton 2019",
    .traits = MF_ENERGY_EMBEDDED | MF_ENERGY_TARGET,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .value = value,
    .add_variation = add_variation,
    .add_hessian = add_hessian,
    .needs = MF_NEED_DEVIATION,
};
