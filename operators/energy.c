/* SPDX-License-Identifier: BSD-3-Clause */
/* Energies: creation and what all of them share. */
#include "operators/energy.h"

#include "grids/field.h"
#include "operators/entropy.h"

#include <string.h>

static int fill(mf_energy *e, const mf_energy_type *type, const mf_grid *grid, const mf_measure *target,
                const void *options)
{
  *e = (mf_energy){.type = type, .grid = grid, .target = target, .weight = 1};
  MF_TRY(mf_objects_create(&e->options, 1, type->params.size));
  if (options)
    memcpy(e->options, options, type->params.size);
  else
    mf_param_defaults(&type->params, e->options);
  if ((type->traits & MF_ENERGY_TARGET) && !target)
    return mf_fail(MF_ECASE, "energy %s measures the distance to a target: add `target:` to the case",
                   type->name);
  return type->create ? type->create(e) : MF_OK;
}

int mf_energy_create(mf_energy **out, const mf_energy_type *type, const mf_grid *grid,
                     const mf_measure *target, const void *options)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, type, grid, target, options);
  if (status) {
    mf_energy_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_energy_free(mf_energy *e)
{
  if (!e) return;
  if (e->type->destroy) e->type->destroy(e);
  mf_convolution_free(e->embedding);
  mf_release(e->options);
  mf_release(e);
}

typedef struct {
  const mf_state *state;
  double exponent;
} entropy_operands;

MF_INLINE double entropy_at(const void *self, ptrdiff_t c)
{
  const entropy_operands *j = self;
  const mf_state *s = j->state;
  return s->target->density[c] * mf_entropy_value(j->exponent, s->excess[c], s->log_ratio[c]);
}

static void sum_entropy(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, entropy_at);
}

double mf_energy_entropy_of(const mf_state *s, double p)
{
  double total;
  mf_field_sums(s->grid, 1, sum_entropy, &(entropy_operands){s, p}, &total);
  return s->grid->volume * total;
}

double mf_energy_value(const mf_energy *e, const mf_state *s)
{
  return e->type->value ? e->type->value(e, s) : e->weight * mf_energy_entropy_of(s, e->exponent);
}
