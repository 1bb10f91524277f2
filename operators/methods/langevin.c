/* SPDX-License-Identifier: BSD-3-Clause */
/* Langevin dynamics:  dX = a grad log pi(X) dt + sqrt(2 a) dW,  whose law follows the Fokker-Planck equation
 * mu_t = a div(pi grad(mu/pi)), the flow of KL(mu|pi) in the Wasserstein geometry (Jordan, Kinderlehrer & Otto 1998).
 *
 *   splitting  half of the noise, the drift by the method of Runge and Kutta, half of the noise: weak order 2
 *   euler      Euler & Maruyama: weak order 1, and a bias that stays
 *   mala       Euler's step as a proposal that is accepted by the rule of Metropolis and Hastings (Roberts & Tweedie 1996): order 1 in
 *              time, but pi is held exactly
 *
 * Particles are taken by chunks that stay in the cache from the random numbers to the walls. */
#include "operators/methods/langevin.h"
#include "grids/elementary.h"
#include "grids/interpolant.h"
#include "grids/threads.h"

#include <math.h>
#include <string.h>

typedef enum { SPLITTING, EULER, MALA } scheme;
static const char *const schemes[] = {"splitting", "euler", "mala", NULL};

typedef struct {
  int scheme;
} options;

static const mf_param params[] = {
    {.key = "scheme",
     .kind = MF_CHOICE,
     .offset = offsetof(options, scheme),
     .choices = schemes,
     .doc = "how time is stepped"},
};

enum { CHUNK = 256 };

typedef struct {
  mf_interpolant *log_target;
  double a;
} workspace;

static int create(mf_method *m)
{
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  w->a = m->energy[0]->weight *
         (mf_method_coefficient(m, "wasserstein") + mf_method_coefficient(m, "wasserstein_fourth"));
  return mf_interpolant_create(&w->log_target, m->grid, m->target->log_density);
}

static void destroy(mf_method *m)
{
  mf_interpolant_free(((workspace *)m->self)->log_target);
}

/* ---- a chunk ---- */

typedef struct {
  const mf_method *method;
  mf_swarm *swarm;
  double dt;
  uint32_t step;
} operands;

/* Particles begin, ..., begin + n - 1. */
typedef struct {
  const operands *o;
  ptrdiff_t begin, n;
  double slope[MF_AXES][CHUNK], noise[2 * MF_AXES][CHUNK], old[MF_AXES][CHUNK];
} chunk;

MF_CLONES static void mf_add_scaled(ptrdiff_t n, double scale, const double *restrict y, double *restrict x)
{
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) x[i] += scale * y[i];
}

/* x += scale y along all axes, and back into the box. */
static void advance(const chunk *c, double scale, double y[][CHUNK])
{
  const mf_swarm *s = c->o->swarm;
  for (int a = 0; a < s->grid->dim; a++) mf_add_scaled(c->n, scale, y[a], s->x[a] + c->begin);
}

static void confine(const chunk *c)
{
  mf_swarm_confine(c->o->swarm, c->begin, c->begin + c->n);
}

static void remember(chunk *c)
{
  const mf_swarm *s = c->o->swarm;
  for (int a = 0; a < s->grid->dim; a++)
    memcpy(c->old[a], s->x[a] + c->begin, (size_t)c->n * sizeof *c->old[a]);
}

static void restore(const chunk *c)
{
  const mf_swarm *s = c->o->swarm;
  for (int a = 0; a < s->grid->dim; a++)
    memcpy(s->x[a] + c->begin, c->old[a], (size_t)c->n * sizeof *c->old[a]);
}

/* grad log pi, and log pi if that is wanted. */
static void find_slope(chunk *c, double *value, double slope[MF_AXES][CHUNK])
{
  const mf_swarm *s = c->o->swarm;
  const double *x[MF_AXES] = {NULL, NULL, NULL};
  double *const out[MF_AXES] = {slope[0], slope[1], slope[2]};
  for (int a = 0; a < s->grid->dim; a++) x[a] = s->x[a] + c->begin;
  mf_interpolant_at(((const workspace *)c->o->method->self)->log_target, c->n, x, value, out);
}

/* Two normal numbers a block: 2 dim of them, or dim. */
static void draw_noise(chunk *c, int count)
{
  const mf_random r = mf_method_random(c->o->method, MF_STREAM_NOISE);
  for (int k = 0; k < count; k += 2)
    mf_random_normals(&r, c->o->step, (uint32_t)k / 2, c->begin, c->n, c->noise[k],
                      k + 1 < count ? c->noise[k + 1] : NULL);
}

/* ---- the drift ---- */

/* numbers[i] = d |grad^2 log pi| of a particle, from the slopes at both ends of the half of Euler's step. */
static void find_stiffness(const chunk *c, double first[MF_AXES][CHUNK], double second[MF_AXES][CHUNK],
                           double *numbers)
{
  for (ptrdiff_t i = 0; i < c->n; i++) {
    double change = 0, size = 0;
    for (int a = 0; a < c->o->swarm->grid->dim; a++) {
      change += (second[a][i] - first[a][i]) * (second[a][i] - first[a][i]);
      size += first[a][i] * first[a][i];
    }
    numbers[i] = size > 0 ? 2 * sqrt(change / size) : 0;
  }
}

/* x' = grad log pi for a time d by the classical method of Runge and Kutta, and how stiff that was. */
static void runge_kutta(chunk *c, double d, double *numbers)
{
  static const double ahead[] = {0.5, 0.5, 1}, share[] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
  const int dim = c->o->swarm->grid->dim;
  double slope[2][MF_AXES][CHUNK];
  remember(c);
  for (int a = 0; a < dim; a++) memset(c->slope[a], 0, (size_t)c->n * sizeof *c->slope[a]);
  for (int stage = 0; stage < 4; stage++) {
    find_slope(c, NULL, slope[stage > 0]);
    if (stage == 1) find_stiffness(c, slope[0], slope[1], numbers);
    for (int a = 0; a < dim; a++) mf_add_scaled(c->n, share[stage], slope[stage > 0][a], c->slope[a]);
    restore(c);
    if (stage == 3) break;
    advance(c, ahead[stage] * d, slope[stage > 0]);
    confine(c);
  }
  advance(c, d, c->slope);
  confine(c);
}

/* The drift for a time d.  Far out in a steep potential a step would throw particles away, so each takes as many as keep the number above
 * below 1; most take one. */
static void drift(chunk *c, double d)
{
  enum { MOST = 4096 };
  double numbers[CHUNK], start[MF_AXES][CHUNK];
  const mf_swarm *s = c->o->swarm;
  runge_kutta(c, d, numbers);
  for (int a = 0; a < s->grid->dim; a++) memcpy(start[a], c->old[a], (size_t)c->n * sizeof *start[a]);
  chunk one;
  one.o = c->o;
  one.n = 1;
  for (ptrdiff_t i = 0; i < c->n; i++) {
    if (!(numbers[i] > 1)) continue;
    const int steps = (int)fmin(ceil(numbers[i]), MOST);
    one.begin = c->begin + i;
    for (int a = 0; a < s->grid->dim; a++) s->x[a][one.begin] = start[a][i];
    double number;
    for (int k = 0; k < steps; k++) runge_kutta(&one, d / steps, &number);
  }
}

/* ---- schemes ---- */

static void split(chunk *c, double a, double dt)
{
  const int dim = c->o->swarm->grid->dim;
  draw_noise(c, 2 * dim);
  advance(c, sqrt(a * dt), c->noise);
  confine(c);
  drift(c, a * dt);
  advance(c, sqrt(a * dt), c->noise + dim);
  confine(c);
}

static void euler(chunk *c, double a, double dt)
{
  draw_noise(c, c->o->swarm->grid->dim);
  find_slope(c, NULL, c->slope);
  advance(c, a * dt, c->slope);
  advance(c, sqrt(2 * a * dt), c->noise);
  confine(c);
}

static bool is_inside(const mf_swarm *s, ptrdiff_t i)
{
  for (int k = 0; k < s->grid->dim; k++)
    if (!s->grid->periodic[k] && (s->x[k][i] < s->grid->lo[k] || s->x[k][i] > s->grid->hi[k])) return false;
  return true;
}

/* log q(y, x) - log q(x, y) of Euler's proposal x -> y: -|x - y - d f(y)|^2/(4 d) + |y - x - d f(x)|^2/(4 d), d = a dt. */
static double proposal_ratio(const chunk *c, double d, ptrdiff_t i, double after[MF_AXES][CHUNK],
                             const double *const move)
{
  double sum = 0;
  for (int k = 0; k < c->o->swarm->grid->dim; k++) {
    const double there = move[k] - d * c->slope[k][i], back = -move[k] - d * after[k][i];
    sum += there * there - back * back;
  }
  return d > 0 ? sum / (4 * d) : 0;
}

static void mala(chunk *c, double a, double dt)
{
  const mf_swarm *s = c->o->swarm;
  const double d = a * dt;
  double before[CHUNK], value[CHUNK], after[MF_AXES][CHUNK], chance[CHUNK];
  const mf_random r = mf_method_random(c->o->method, MF_STREAM_ACCEPT);
  mf_random_uniforms(&r, c->o->step, 0, c->begin, c->n, chance, NULL);
  remember(c);
  draw_noise(c, s->grid->dim);
  find_slope(c, before, c->slope);
  advance(c, d, c->slope);
  advance(c, sqrt(2 * d), c->noise);
  bool inside[CHUNK];
  for (ptrdiff_t i = 0; i < c->n; i++) inside[i] = is_inside(s, c->begin + i);
  confine(c);
  find_slope(c, value, after);
  for (ptrdiff_t i = 0; i < c->n; i++) {
    double move[MF_AXES];
    for (int k = 0; k < s->grid->dim; k++) move[k] = d * c->slope[k][i] + sqrt(2 * d) * c->noise[k][i];
    const double ratio = value[i] - before[i] + proposal_ratio(c, d, i, after, move);
    if (inside[i] && log(chance[i]) < ratio) continue;
    for (int k = 0; k < s->grid->dim; k++) s->x[k][c->begin + i] = c->old[k][i];
  }
}

static void take_chunks(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  static void (*const schemes_of[])(chunk *, double, double) = {split, euler, mala};
  const operands *o = self;
  const double a = ((const workspace *)o->method->self)->a;
  chunk c = {.o = o};
  for (c.begin = begin; c.begin < end; c.begin += CHUNK) {
    c.n = end - c.begin < CHUNK ? end - c.begin : CHUNK;
    schemes_of[((const options *)o->method->options)->scheme](&c, a, o->dt);
  }
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  mf_share(s->count, 8 * CHUNK, take_chunks, &(operands){m, s, dt, number});
  return MF_OK;
}

const mf_method_type mf_method_langevin = {
    .name = "langevin",
    .summary = "dX = grad log pi dt + sqrt 2 dW",
    .reference = "Jordan, Kinderlehrer & Otto 1998; Roberts & Tweedie 1996",
    .flows = "kl in wasserstein; kl in wasserstein_fourth",
    .traits = MF_METHOD_RANDOM | MF_METHOD_SCORE,
    .order = 2,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .step = step,
};
