/* SPDX-License-Identifier: BSD-3-Clause */
/* Interaction energy:  F(mu) = weight/2 iint W(x - y) dmu dmu,  xi = weight * W * mu
 * (Carrillo, McCann & Villani 2003; Ambrosio, Gigli & Savare 2008, section 9.4).
 *
 * W is a kernel of the registry, repulsive for weight > 0 and attractive for weight < 0, or an even formula of the
 * displacement in x, y, z. */
#include "operators/energy.h"

#include <float.h>

typedef struct {
  double weight;
  mf_sampled formula;
  mf_kernel_options kernel;
} options;

static const mf_param params[] = {
    MF_WEIGHT_PARAM(options, -DBL_MAX),
    {.key = "formula",
     .kind = MF_DISPLACEMENT_FIELD,
     .offset = offsetof(options, formula),
     .doc = "W, even in the displacement x, y, z"},
    MF_KERNEL_PARAMS(options, kernel, false),
};

static int create(mf_energy *e)
{
  const options *o = e->options;
  e->weight = o->weight;
  if (o->formula.values)
    return mf_convolution_create_sampled((mf_convolution **)&e->self, e->grid, o->formula.values);
  if (o->kernel.name < 0) return mf_fail(MF_ECASE, "interaction needs a `formula` or a `kernel`");
  return mf_convolution_create_from((mf_convolution **)&e->self, e->grid, &o->kernel);
}

static void destroy(mf_energy *e)
{
  mf_convolution_free(e->self);
}

static double value(const mf_energy *e, const mf_state *s)
{
  return mf_convolution_weighted(e->self, 0.5 * e->weight, s->density);
}

static void add_variation(const mf_energy *e, const mf_state *s, double *restrict xi)
{
  mf_convolution_add(e->self, s->density, e->weight, xi);
}

static void add_hessian(const mf_energy *e, const mf_state *s, const mf_tangent *d, double *restrict xi)
{
  (void)s;
  mf_convolution_add(e->self, d->density, e->weight, xi);
}

const mf_energy_type mf_energy_interaction = {
    .name = "interaction",
    .summary = "iint W(x - y) dmu dmu / 2, W a kernel or a formula",
    .reference = "Carrillo, McCann & Villani 2003",
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .value = value,
    .add_variation = add_variation,
    .add_hessian = add_hessian,
    .needs = MF_NEED_DENSITY,
};
