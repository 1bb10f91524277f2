/* SPDX-License-Identifier: BSD-3-Clause */
/* An energy of one's own: a type whose functions call two others. */
#include "operators/own_energy.h"

#include "grids/halo.h"
#include "operators/energy.h"
#include "operators/registry.h"

#include <float.h>

/* The type comes first: from it, its functions find the others. */
typedef struct own {
  mf_energy_type type;
  mf_own_value *value;
  mf_own_variation *variation;
  void *self;
  char *name;
  struct own *before; /* the one made before; none is freed, as flows may have it */
} own;

static own *last;

typedef struct {
  double weight;
} options;

static const mf_param params[] = {MF_WEIGHT_PARAM(options, -DBL_MAX)};

static const own *own_of(const mf_energy *e)
{
  return (const own *)(const void *)e->type;
}

/* Room for the first variation, which is written before it is added. */
static int create(mf_energy *e)
{
  double *xi;
  e->weight = ((const options *)e->options)->weight;
  MF_TRY(mf_field_create(e->grid, &xi));
  e->self = xi;
  return MF_OK;
}

static void destroy(mf_energy *e)
{
  mf_field_free(e->self);
}

static double value(const mf_energy *e, const mf_state *s)
{
  const own *o = own_of(e);
  return e->weight * o->value(o->self, s->grid, s->density);
}

static void add_variation(const mf_energy *e, const mf_state *s, double *restrict xi)
{
  const own *o = own_of(e);
  double *mine = e->self;
  o->variation(o->self, s->grid, s->density, mine);
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) xi[c] += e->weight * mine[c];
}

static void set(own *o, mf_own_value *f, mf_own_variation *xi, void *self)
{
  o->value = f;
  o->variation = xi;
  o->self = self;
  o->type = (mf_energy_type){.name = o->name,
                             .summary = "an energy of the program",
                             .reference = "the program",
                             .params = MF_PARAM_TABLE(params, options),
                             .create = create,
                             .destroy = destroy,
                             .value = value,
                             .add_variation = add_variation,
                             .needs = MF_NEED_DENSITY};
}

int mf_own_energy(const char *name, mf_own_value *value_of, mf_own_variation *variation_of, void *self)
{
  own *o;
  if (!value_of || !variation_of)
    return mf_fail(MF_ECASE, "energy '%s' needs two functions: its value and its first variation",
                   name ? name : "");
  MF_TRY(mf_objects_create(&o, 1, sizeof *o));
  int status = mf_text_copy(&o->name, name ? name : "");
  if (!status) set(o, value_of, variation_of, self);
  if (!status) status = mf_energy_register(&o->type);
  if (status) {
    mf_release(o->name);
    mf_release(o);
    return status;
  }
  o->before = last;
  last = o;
  return MF_OK;
}
