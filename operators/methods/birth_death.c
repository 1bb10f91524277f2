/* SPDX-License-Identifier: BSD-3-Clause */
/* Fisher-Rao of KL(mu|pi), alone or with Langevin dynamics: birth-death processes (Lu, Lu & Nolen 2019; Lu, Slepcev & Wang 2023).
 *
 * The density of the particles is not known; a kernel density mu_h = g_h * mu stands for it, g_h Gaussian of bandwidth h, and the first
 * variation of its entropy is
 *
 *    L = log(mu_h/pi) + [g_h * (mu/mu_h) - 1]
 *
 * where the correction in brackets makes it that of a gradient flow (Carrillo, Craig & Patacchini 2019).  Then
 *
 *    weights  w_i' = -b w_i (L(x_i) - mean),  with systematic resampling once they are worth less than a share of the particles
 *    jumps    with rate b |L(x_i) - mean| a particle is replaced by another (L above the mean) or replaces another (below)
 *
 * The mean is that over mu where the geometry keeps mass, else 0: then the mass of all follows, exp(-b mean dt).  A step is half a step of
 * Langevin's, the reaction, half a step of Langevin's.  The bandwidth is c sd N^(-1/(d+4)) along each axis. */
#include "grids/field.h"
#include "grids/interpolant.h"
#include "operators/methods/langevin.h"
#include "operators/witness.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef enum { JUMPS, WEIGHTS } form;
static const char *const forms[] = {"jumps", "weights", NULL};

typedef struct {
  int form;
  double bandwidth, rule, resample;
  bool correction;
} options;

static const mf_param params[] = {
    {.key = "form",
     .kind = MF_CHOICE,
     .offset = offsetof(options, form),
     .choices = forms,
     .doc = "how particles are born and die"},
    {.key = "bandwidth",
     .kind = MF_REAL,
     .offset = offsetof(options, bandwidth),
     .min = 0,
     .max = DBL_MAX,
     .doc = "of the kernel density, along all axes (0: by the rule) [L]"},
    {.key = "rule",
     .kind = MF_REAL,
     .offset = offsetof(options, rule),
     .fallback = 0.48,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc =
         "c of the bandwidth c sd N^(-1/(d+4)), sd the least standard deviation of the target along an axis"},
    {.key = "correction",
     .kind = MF_FLAG,
     .offset = offsetof(options, correction),
     .fallback = 1,
     .doc = "the term that makes it a gradient flow of the smoothed entropy"},
    {.key = "resample",
     .kind = MF_REAL,
     .offset = offsetof(options, resample),
     .fallback = 0.5,
     .min = 0,
     .max = 1,
     .doc = "weights: share of the particles that they have to be worth"},
};

typedef struct {
  mf_interpolant *log_target;
  mf_method *langevin; /* or NULL */
  mf_witness kernel;   /* without a background; made when the number of particles is known */
  ptrdiff_t count;
  double b, spread;
  bool conserves;
} workspace;

/* The Wasserstein part, if there is one, is Langevin's. */
static int create_langevin(const mf_method *m, workspace *w)
{
  const mf_geometry *g = mf_method_geometry(m, "wasserstein");
  if (!g) return MF_OK;
  mf_method parts = *m;
  parts.geometry[0] = g;
  parts.geometries = 1;
  return mf_method_create(&w->langevin, &mf_method_langevin, &parts, NULL);
}

static int create(mf_method *m)
{
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  w->b = m->energy[0]->weight *
         (mf_method_coefficient(m, "hellinger") + mf_method_coefficient(m, "spherical_hellinger"));
  w->conserves = mf_method_geometry(m, "spherical_hellinger") != NULL;
  if (w->conserves && mf_method_geometry(m, "hellinger"))
    return mf_fail(MF_ECASE, "%s: one Hellinger geometry, not two", m->type->name);
  mf_field_moments(m->grid, m->target->density, mean, covariance);
  w->spread = INFINITY;
  for (int a = 0; a < m->grid->dim; a++) w->spread = fmin(w->spread, sqrt(covariance[(MF_AXES + 1) * a]));
  MF_TRY(create_langevin(m, w));
  return mf_interpolant_create(&w->log_target, m->grid, m->target->log_density);
}

static void destroy(mf_method *m)
{
  workspace *w = m->self;
  mf_method_free(w->langevin);
  mf_interpolant_free(w->log_target);
  mf_witness_clear(&w->kernel);
}

/* ---- the first variation ---- */

static int prepare(const mf_method *m, workspace *w, ptrdiff_t count)
{
  const options *o = m->options;
  if (w->count == count) return MF_OK;
  const double rule = o->rule * w->spread * pow((double)count, -1.0 / (m->grid->dim + 4)),
               h = o->bandwidth > 0 ? o->bandwidth : rule;
  const mf_kernel_options wanted = {.bandwidth = {.count = 1, .value = {h}}, .shape = NAN};
  mf_kernel kernel;
  mf_witness_clear(&w->kernel);
  MF_TRY(mf_kernel_init(&kernel, &wanted));
  kernel.weight[0] = pow(h * sqrt(2 * acos(-1.0)), -m->grid->dim); /* of integral 1 */
  w->count = count;
  return mf_witness_init(&w->kernel, m->grid, &kernel, NULL);
}

/* Arrays of one number per particle. */
typedef struct {
  double *smooth, *variation, *ratio;
} room;

static int find_variation(const mf_method *m, workspace *w, mf_swarm *s, room *r)
{
  const mf_cloud points = mf_swarm_cloud(s);
  MF_TRY(prepare(m, w, s->count));
  MF_TRY(mf_witness_at(&w->kernel, s, &points, r->smooth, NULL));
  mf_interpolant_at(w->log_target, s->count, points.x, r->variation, NULL);
  for (ptrdiff_t i = 0; i < s->count; i++) {
    r->variation[i] = log(r->smooth[i]) - r->variation[i];
    r->ratio[i] = s->weight[i] / r->smooth[i];
  }
  if (!((const options *)m->options)->correction) return MF_OK;
  MF_TRY(mf_witness_sum(&w->kernel, s, r->ratio, r->smooth));
  for (ptrdiff_t i = 0; i < s->count; i++) r->variation[i] += r->smooth[i] - 1;
  return MF_OK;
}

static double mean_of(const mf_swarm *s, const double *f)
{
  double sum = 0;
  for (ptrdiff_t i = 0; i < s->count; i++) sum += s->weight[i] * f[i];
  return sum / mf_swarm_mass(s);
}

static void scale_weights(const mf_swarm *s, double factor)
{
  for (ptrdiff_t i = 0; i < s->count; i++) s->weight[i] *= factor;
}

/* ---- weights ---- */

static int reweigh(const mf_method *m, const workspace *w, mf_swarm *s, double dt, uint32_t number,
                   const double *variation)
{
  const double before = mf_swarm_mass(s), mean = mean_of(s, variation);
  const mf_random r = mf_method_random(m, MF_STREAM_RESAMPLE);
  double u;
  for (ptrdiff_t i = 0; i < s->count; i++)
    s->weight[i] *= exp(-w->b * dt * (variation[i] - (w->conserves ? mean : 0)));
  if (w->conserves) scale_weights(s, before / mf_swarm_mass(s));
  if (mf_swarm_effective(s) >= ((const options *)m->options)->resample * (double)s->count) return MF_OK;
  mf_random_uniforms(&r, number, 0, 0, 1, &u, NULL);
  return mf_swarm_resample(s, u);
}

/* ---- jumps ---- */

static void copy_particle(const mf_swarm *s, ptrdiff_t from, ptrdiff_t to)
{
  for (int a = 0; a < s->grid->dim; a++) s->x[a][to] = s->x[a][from];
}

/* Particles in turn; the other one is any with equal chance. */
static int jump(const mf_method *m, const workspace *w, mf_swarm *s, double dt, uint32_t number,
                const double *variation)
{
  const double mean = mean_of(s, variation);
  const mf_random r = mf_method_random(m, MF_STREAM_JUMP);
  double *chance;
  MF_TRY(mf_reals_create(&chance, 2 * s->count));
  double *other = chance + s->count;
  mf_random_uniforms(&r, number, 0, 0, s->count, chance, other);
  for (ptrdiff_t i = 0; i < s->count; i++) {
    const double excess = variation[i] - mean;
    if (!(chance[i] < -expm1(-w->b * dt * fabs(excess)))) continue;
    const ptrdiff_t j = (ptrdiff_t)(other[i] * (double)s->count);
    copy_particle(s, excess > 0 ? j : i, excess > 0 ? i : j);
  }
  if (!w->conserves) scale_weights(s, exp(-w->b * dt * mean));
  mf_release(chance);
  return MF_OK;
}

/* ---- a step ---- */

static int react(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  workspace *w = m->self;
  double *memory;
  MF_TRY(mf_reals_create(&memory, 3 * s->count));
  room r = {memory, memory + s->count, memory + 2 * s->count};
  int status = find_variation(m, w, s, &r);
  if (!status)
    status =
        (((const options *)m->options)->form == WEIGHTS ? reweigh : jump)(m, w, s, dt, number, r.variation);
  mf_release(memory);
  return status;
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  const workspace *w = m->self;
  if (!(dt > 0)) return MF_OK;
  if (w->langevin) MF_TRY(mf_method_step(w->langevin, s, 0.5 * dt, 2 * number));
  MF_TRY(react(m, s, dt, number));
  return w->langevin ? mf_method_step(w->langevin, s, 0.5 * dt, 2 * number + 1) : MF_OK;
}

const mf_method_type mf_method_birth_death = {
    .name = "birth_death",
    .summary = "Langevin dynamics, if there is transport, with births and deaths by log(mu_h/pi)",
    .reference = "Lu, Lu & Nolen 2019; Lu, Slepcev & Wang 2023",
    .flows = "kl in hellinger; kl in spherical_hellinger; kl in hellinger + wasserstein; "
             "kl in spherical_hellinger + wasserstein",
    .traits = MF_METHOD_RANDOM | MF_METHOD_WEIGHTS | MF_METHOD_SCORE,
    .order = 2,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .step = step,
};
