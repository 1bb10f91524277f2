/* SPDX-License-Identifier: BSD-3-Clause */
/* Interaction-force transport with weights, as it was published (Gladin, Dvurechensky, Mielke & Zhu 2024, algorithm 1): particles
 * drift by -a grad w, then the weights take the minimising-movement step of the MMD geometry on the simplex,
 *
 *    w+ = argmin over the simplex of  MMD^2(sum w_i delta_x_i, pi)/2 + MMD^2(sum w_i delta_x_i, mu)/(2 tau),   tau = b dt
 *
 * which is the MMD projection of (mu + tau pi)/(1 + tau) on measures of the given points.  Mass can appear only where a particle
 * is: from a start that does not cover pi it does not converge to it.
 *
 * The projection is found by accelerated projected gradients (Beck & Teboulle 2009) with restarts. */
#include "operators/method.h"
#include "operators/witness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  long iterations;
} options;

static const mf_param params[] = {
    {.key = "iterations",
     .kind = MF_COUNT,
     .offset = offsetof(options, iterations),
     .fallback = 200,
     .min = 1,
     .max = 1e6,
     .doc = "projected gradients for the weights of a step"},
};

typedef struct {
  mf_witness witness;
  double a, b;
} workspace;

static int create(mf_method *m)
{
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  w->a = m->energy[0]->weight * mf_method_coefficient(m, "wasserstein");
  w->b = m->energy[0]->weight * mf_method_coefficient(m, "mmd");
  return mf_witness_init(&w->witness, m->grid, mf_convolution_kernel(m->energy[0]->embedding),
                         m->target->density);
}

static void destroy(mf_method *m)
{
  mf_witness_clear(&((workspace *)m->self)->witness);
}

static int velocity(const void *self, mf_swarm *s, double *const *v)
{
  const workspace *w = self;
  return mf_witness_descend(&w->witness, w->a, s, v);
}

/* ---- the projection ---- */

static int downwards(const void *a, const void *b)
{
  const double l = *(const double *)a, r = *(const double *)b;
  return (l < r) - (l > r);
}

/* The point of {w >= 0, sum w = mass} nearest to w (Held, Wolfe & Crowder 1974); `sorted` is scratch. */
static void project(ptrdiff_t n, double mass, double *w, double *sorted)
{
  double sum = 0, level = 0;
  memcpy(sorted, w, (size_t)n * sizeof *w);
  qsort(sorted, (size_t)n, sizeof *sorted, downwards);
  for (ptrdiff_t i = 0; i < n; i++) {
    sum += sorted[i];
    const double next = (sum - mass) / (double)(i + 1);
    if (sorted[i] <= next) break;
    level = next;
  }
  for (ptrdiff_t i = 0; i < n; i++) w[i] = fmax(w[i] - level, 0);
}

/* Arrays of the iteration, n each. */
typedef struct {
  double *start, *next, *ahead, *slope, *fixed, *sorted;
} room;

/* slope = K(w - (mu + tau pi)/(1 + tau)) at the particles, with K w by sums and the rest as it was at the start. */
static int find_slope(const workspace *w, mf_swarm *s, const double *weight, const double *fixed,
                      double *slope)
{
  MF_TRY(mf_witness_sum(&w->witness, s, weight, slope));
  for (ptrdiff_t i = 0; i < s->count; i++) slope[i] -= fixed[i];
  return MF_OK;
}

/* K of the target of the projection at the particles: (K mu + tau K pi)/(1 + tau) = K mu - tau/(1 + tau) K(mu - pi). */
static int find_fixed(const workspace *w, mf_swarm *s, double tau, room *r)
{
  const mf_cloud points = mf_swarm_cloud(s);
  MF_TRY(mf_witness_at(&w->witness, s, &points, r->slope, NULL));
  MF_TRY(mf_witness_sum(&w->witness, s, s->weight, r->fixed));
  for (ptrdiff_t i = 0; i < s->count; i++) r->fixed[i] -= tau / (1 + tau) * r->slope[i];
  return MF_OK;
}

/* The largest eigenvalue of the matrix k(x_i, x_j) is at most its largest row sum. */
static int find_length(const workspace *w, mf_swarm *s, room *r, double *length)
{
  double most = 0;
  for (ptrdiff_t i = 0; i < s->count; i++) r->ahead[i] = 1, r->sorted[i] = 0;
  MF_TRY(find_slope(w, s, r->ahead, r->sorted, r->slope));
  for (ptrdiff_t i = 0; i < s->count; i++) most = fmax(most, fabs(r->slope[i]));
  *length = 1 / most;
  return MF_OK;
}

static int improve(const workspace *w, mf_swarm *s, long iterations, room *r)
{
  const ptrdiff_t n = s->count;
  const double mass = mf_swarm_mass(s);
  double length, momentum = 1;
  MF_TRY(find_length(w, s, r, &length));
  memcpy(r->start, s->weight, (size_t)n * sizeof *r->start);
  memcpy(r->ahead, s->weight, (size_t)n * sizeof *r->ahead);
  for (long k = 0; k < iterations; k++) {
    double turn = 0, change = 0;
    MF_TRY(find_slope(w, s, r->ahead, r->fixed, r->slope));
    for (ptrdiff_t i = 0; i < n; i++) r->next[i] = r->ahead[i] - length * r->slope[i];
    project(n, mass, r->next, r->sorted);
    for (ptrdiff_t i = 0; i < n; i++) {
      turn += (r->ahead[i] - r->next[i]) * (r->next[i] - r->start[i]);
      change = fmax(change, fabs(r->next[i] - r->start[i]));
    }
    const double next = turn > 0 ? 1 : 0.5 * (1 + sqrt(1 + 4 * momentum * momentum));
    const double on = turn > 0 ? 0 : (momentum - 1) / next;
    for (ptrdiff_t i = 0; i < n; i++) r->ahead[i] = r->next[i] + on * (r->next[i] - r->start[i]);
    memcpy(r->start, r->next, (size_t)n * sizeof *r->start);
    momentum = next;
    if (change <= 1e-14 * mass) break;
  }
  memcpy(s->weight, r->start, (size_t)n * sizeof *s->weight);
  return MF_OK;
}

static int choose_weights(const mf_method *m, mf_swarm *s, double tau)
{
  double *memory;
  const ptrdiff_t n = s->count;
  MF_TRY(mf_reals_create(&memory, 6 * n));
  room r = {memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n, memory + 5 * n};
  int status = find_fixed(m->self, s, tau, &r);
  if (!status) status = improve(m->self, s, ((const options *)m->options)->iterations, &r);
  mf_release(memory);
  return status;
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  const workspace *w = m->self;
  (void)number;
  if (!(dt > 0)) return MF_OK;
  if (w->a > 0) MF_TRY(mf_swarm_drift(s, dt, velocity, w));
  return w->b > 0 ? choose_weights(m, s, w->b * dt) : MF_OK;
}

const mf_method_type mf_method_interaction_force_simplex = {
    .name = "interaction_force_simplex",
    .summary =
        "x' = -grad K(mu_N - pi)(x), and weights by projection on the simplex: the start has to cover pi",
    .reference = "Gladin, Dvurechensky, Mielke & Zhu 2024, algorithm 1",
    .flows = "mmd in mmd + wasserstein; mmd in mmd",
    .traits = MF_METHOD_WEIGHTS,
    .order = 1,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .step = step,
};
