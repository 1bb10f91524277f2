/* SPDX-License-Identifier: BSD-3-Clause */
/* Potential energy:  F(mu) = weight * int V dmu,  xi = weight * V  (Ambrosio, Gigli & Savare 2008, section 9.3). */
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/energy.h"

#include <float.h>
#include <string.h>

typedef struct {
  double weight;
  mf_sampled formula;
} options;

static const mf_param params[] = {
    {.key = "formula",
     .kind = MF_FIELD,
     .offset = offsetof(options, formula),
     .required = true,
     .doc = "V in x, y, z"},
    MF_WEIGHT_PARAM(options, -DBL_MAX),
};

static int create(mf_energy *e)
{
  const options *o = e->options;
  double *v;
  e->weight = o->weight;
  MF_TRY(mf_field_create(e->grid, &v));
  memcpy(v, o->formula.values, (size_t)e->grid->cells * sizeof *v);
  e->self = v;
  return MF_OK;
}

static void destroy(mf_energy *e)
{
  mf_field_free(e->self);
}

static double value(const mf_energy *e, const mf_state *s)
{
  return e->weight * s->grid->volume * mf_field_dot(s->grid, e->self, s->density);
}

static void add_variation(const mf_energy *e, const mf_state *s, double *restrict xi)
{
  const double *v = e->self;
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) xi[c] += e->weight * v[c];
}

const mf_energy_type mf_energy_potential = {
    .name = "potential",
    .summary = "int V dmu",
    .reference = "Ambrosio, Gigli & Savare 2008, section 9.3",
    .traits = MF_ENERGY_PLACED,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .value = value,
    .add_variation = add_variation,
    .needs = MF_NEED_DENSITY,
};
