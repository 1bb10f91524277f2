/* SPDX-License-Identifier: BSD-3-Clause */
/* Interaction-force transport (Gladin, Dvurechensky, Mielke & Zhu 2024),  mu_t = a div(mu grad w) - b (mu - pi),  w = K(mu - pi):
 * particles drift by -a grad w, and at the rate b each is replaced by a sample of pi.
 *
 * That is the exact McKean-Vlasov form of the equation where mu and pi have the same mass: mass appears where there was none.  A step
 * is half of the jumps, the drift by the midpoint rule, half of the jumps. */
#include "grids/sampler.h"
#include "grids/threads.h"
#include "operators/method.h"
#include "operators/witness.h"

#include <math.h>

typedef struct {
  mf_witness witness;
  mf_sampler *target;
  double a, b, mass;
} workspace;

static int create(mf_method *m)
{
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  w->a = m->energy[0]->weight * mf_method_coefficient(m, "wasserstein");
  w->b = m->energy[0]->weight * mf_method_coefficient(m, "mmd");
  w->mass = mf_measure_mass(m->target);
  MF_TRY(mf_sampler_create(&w->target, m->grid, m->target->density, m->target->averages));
  return mf_witness_init(&w->witness, m->grid, mf_convolution_kernel(m->energy[0]->embedding),
                         m->target->density);
}

static void destroy(mf_method *m)
{
  workspace *w = m->self;
  mf_sampler_free(w->target);
  mf_witness_clear(&w->witness);
}

static int velocity(const void *self, mf_swarm *s, double *const *v)
{
  const workspace *w = self;
  return mf_witness_descend(&w->witness, w->a, s, v);
}

typedef struct {
  const mf_method *method;
  const mf_swarm *swarm;
  double chance;
  uint32_t step, draw;
} operands;

enum { CHUNK = 256 };

/* Every particle has its own numbers, whether it uses them or not. */
static void jump(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const operands *o = self;
  const mf_swarm *s = o->swarm;
  const mf_random jumps = mf_method_random(o->method, MF_STREAM_JUMP),
                  samples = mf_method_random(o->method, MF_STREAM_SAMPLE);
  double u[2 * MF_AXES][CHUNK], turn[CHUNK];
  for (; begin < end; begin += CHUNK) {
    const ptrdiff_t n = end - begin < CHUNK ? end - begin : CHUNK;
    mf_random_uniforms(&jumps, o->step, o->draw, begin, n, turn, NULL);
    for (int k = 0; k < s->grid->dim; k += 2)
      mf_random_uniforms(&samples, o->step, 2 * o->draw + (uint32_t)k / 2, begin, n, u[k], u[k + 1]);
    for (ptrdiff_t i = 0; i < n; i++) {
      if (!(turn[i] < o->chance)) continue;
      const double *const from[MF_AXES] = {&u[0][i], &u[1][i], &u[2][i]};
      double *to[MF_AXES] = {NULL, NULL, NULL};
      for (int a = 0; a < s->grid->dim; a++) to[a] = s->x[a] + begin + i;
      mf_sampler_at(((const workspace *)o->method->self)->target, 1, from, to);
    }
  }
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  const workspace *w = m->self;
  operands o = {m, s, -expm1(-0.5 * w->b * dt), number, 0};
  if (fabs(mf_swarm_mass(s) - w->mass) > 1e-9 * w->mass)
    return mf_fail(MF_ECASE, "%s is for measures of the same mass: the initial one has %g, the target %g",
                   m->type->name, mf_swarm_mass(s), w->mass);
  mf_share(s->count, 16 * CHUNK, jump, &o);
  if (w->a > 0) MF_TRY(mf_swarm_drift(s, dt, velocity, w));
  o.draw = 1;
  mf_share(s->count, 16 * CHUNK, jump, &o);
  return MF_OK;
}

const mf_method_type mf_method_interaction_force = {
    .name = "interaction_force",
    .summary = "x' = -grad K(mu_N - pi)(x), and jumps to samples of pi",
    .reference = "Gladin, Dvurechensky, Mielke & Zhu 2024",
    .flows = "mmd in mmd + wasserstein; mmd in mmd",
    .traits = MF_METHOD_RANDOM,
    .order = 2,
    .create = create,
    .destroy = destroy,
    .step = step,
};
