/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernelised Fisher-Rao by weights:  w_i' = -b w_i K(mu_N - pi)(x_i),  exact for point masses (Mielke & Zhu 2024, Proposition 3.3),
 * where particles stay: that of KL(pi|mu) in the kernelised Hellinger geometry, and of MMD^2/2 in the Hellinger geometry.  Mass appears
 * only where a particle is.
 *
 * The logarithms of the weights take the midpoint rule; geometries that keep mass have the mean subtracted. */
#include "operators/method.h"
#include "operators/witness.h"

#include <math.h>
#include <string.h>

typedef struct {
  mf_witness witness;
  double b;
  bool conserves;
} workspace;

static int create(mf_method *m)
{
  const mf_geometry *g = m->geometry[0];
  mf_kernel kernel;
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  w->b = m->energy[0]->weight * g->coefficient;
  w->conserves = g->conserves || (g->type->traits & MF_GEOMETRY_MASS);
  for (int i = 0; i < g->type->params.count; i++) {
    const mf_param *row = &g->type->params.rows[i];
    if (!strcmp(row->key, "ridge") && *(const double *)((const char *)g->options + row->offset) != 0)
      return mf_fail(MF_ECASE, "%s has no ridge: that of the geometry has to be 0", m->type->name);
  }
  const mf_kernel_options *own = mf_options_kernel(&g->type->params, g->options);
  if (own)
    MF_TRY(mf_kernel_init(&kernel, own));
  else
    kernel = *mf_convolution_kernel(m->energy[0]->embedding);
  return mf_witness_init(&w->witness, m->grid, &kernel, m->target->density);
}

static void destroy(mf_method *m)
{
  mf_witness_clear(&((workspace *)m->self)->witness);
}

/* weight = start e^(-b dt (w - mean)), w at the weights as they are. */
static int reweigh(const workspace *w, mf_swarm *s, double dt, const double *start, double *witness)
{
  const mf_cloud points = mf_swarm_cloud(s);
  double mean = 0, mass = 0;
  MF_TRY(mf_witness_at(&w->witness, s, &points, witness, NULL));
  for (ptrdiff_t i = 0; i < s->count; i++) s->weight[i] = start[i] * exp(-w->b * dt * witness[i]);
  if (!w->conserves) return MF_OK;
  for (ptrdiff_t i = 0; i < s->count; i++) {
    mass += start[i];
    mean += s->weight[i];
  }
  for (ptrdiff_t i = 0; i < s->count; i++) s->weight[i] *= mass / mean;
  return MF_OK;
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  double *memory;
  (void)number;
  if (!(dt > 0)) return MF_OK;
  MF_TRY(mf_reals_create(&memory, 2 * s->count));
  memcpy(memory, s->weight, (size_t)s->count * sizeof *memory);
  int status = reweigh(m->self, s, 0.5 * dt, memory, memory + s->count);
  if (!status) status = reweigh(m->self, s, dt, memory, memory + s->count);
  mf_release(memory);
  return status;
}

const mf_method_type mf_method_kernelised_fisher_rao = {
    .name = "kernelised_fisher_rao",
    .summary = "weights w' = -w K(mu_N - pi): the start has to cover pi",
    .reference = "Mielke & Zhu 2024, Proposition 3.3",
    .flows = "inclusive_kl in kernelised_hellinger; mmd in hellinger; mmd in spherical_hellinger",
    .traits = MF_METHOD_WEIGHTS,
    .order = 2,
    .create = create,
    .destroy = destroy,
    .step = step,
};
