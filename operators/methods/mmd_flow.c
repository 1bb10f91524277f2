/* SPDX-License-Identifier: BSD-3-Clause */
/* The MMD flow of particles:  x' = -a grad w(x),  w = K(mu_N - pi)  (Arbel, Korba, Salim & Gretton 2019), an exact solution of the
 * flow of MMD^2/2 in the Wasserstein geometry, with point masses.
 *
 * With noise injection the gradient is taken at x + nu z, z standard normal; its mean field is the flow of the witness smoothed by
 * N(0, nu^2). */
#include "operators/method.h"
#include "operators/witness.h"

#include <float.h>

typedef struct {
  double noise;
} options;

static const mf_param params[] = {
    {.key = "noise",
     .kind = MF_REAL,
     .offset = offsetof(options, noise),
     .min = 0,
     .max = DBL_MAX,
     .doc = "nu: standard deviation of the noise at whose place the gradient is taken [L]"},
};

typedef struct {
  mf_witness witness;
  double a;
} workspace;

static int create(mf_method *m)
{
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  w->a = m->energy[0]->weight * mf_method_coefficient(m, "wasserstein");
  return mf_witness_init(&w->witness, m->grid, mf_convolution_kernel(m->energy[0]->embedding),
                         m->target->density);
}

static void destroy(mf_method *m)
{
  mf_witness_clear(&((workspace *)m->self)->witness);
}

typedef struct {
  const mf_method *method;
  uint32_t step;
} operands;

/* Moves the points at which the gradient is taken, not the particles. */
static int take_noisy_gradient(const operands *o, mf_swarm *s, double *const *v)
{
  const mf_method *m = o->method;
  const double nu = ((const options *)m->options)->noise;
  const mf_random r = mf_method_random(m, MF_STREAM_NOISE);
  double *place;
  mf_cloud points = {.count = s->count};
  MF_TRY(mf_reals_create(&place, s->count * m->grid->dim));
  mf_swarm moved = *s;
  for (int a = 0; a < m->grid->dim; a++) {
    points.x[a] = moved.x[a] = place + a * s->count;
    mf_random_normals(&r, o->step, (uint32_t)a, 0, s->count, moved.x[a], NULL);
    for (ptrdiff_t i = 0; i < s->count; i++) moved.x[a][i] = s->x[a][i] + nu * moved.x[a][i];
  }
  mf_swarm_confine(&moved, 0, s->count);
  const int status = mf_witness_at(&((const workspace *)m->self)->witness, s, &points, NULL, v);
  mf_release(place);
  return status;
}

static int velocity(const void *self, mf_swarm *s, double *const *v)
{
  const operands *o = self;
  const workspace *w = o->method->self;
  const mf_cloud points = mf_swarm_cloud(s);
  MF_TRY(((const options *)o->method->options)->noise > 0 ? take_noisy_gradient(o, s, v)
                                                          : mf_witness_at(&w->witness, s, &points, NULL, v));
  for (int a = 0; a < s->grid->dim; a++)
    for (ptrdiff_t i = 0; i < s->count; i++) v[a][i] *= -w->a;
  return MF_OK;
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  return mf_swarm_drift(s, dt, velocity, &(operands){.method = m, .step = number});
}

const mf_method_type mf_method_mmd_flow = {
    .name = "mmd_flow",
    .summary = "x' = -grad K(mu_N - pi)(x), with or without injected noise",
    .reference = "Arbel, Korba, Salim & Gretton 2019",
    .flows = "mmd in wasserstein",
    .traits = MF_METHOD_RANDOM,
    .order = 2,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .step = step,
};
