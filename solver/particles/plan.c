/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `particles` of a case. */
#include "solver/particles/plan.h"

#include "io/language/section.h"
#include "operators/plugins.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const mf_start_names[] = {"random", "quantile", "sobol", NULL};

typedef struct {
  const mf_node *method, *claims;
  mf_reals count, step, times, bandwidth;
  long seed, repeats;
  int start;
} section;

static const mf_param params[] = {
    {.key = "method",
     .kind = MF_NODE,
     .offset = offsetof(section, method),
     .doc = "a name, or {name: options} (default: the first that is a counterpart of the flow)"},
    {.key = "count",
     .kind = MF_REALS,
     .offset = offsetof(section, count),
     .fallback = 1000,
     .min = 2,
     .max = MF_MOST_PARTICLES,
     .doc = "particles, or a list of numbers of them for --verify; else the most are taken"},
    {.key = "step",
     .kind = MF_REALS,
     .offset = offsetof(section, step),
     .fallback = NAN,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "longest time step, or a list for --verify (default end/100); else the shortest is taken [T]"},
    {.key = "seed",
     .kind = MF_COUNT,
     .offset = offsetof(section, seed),
     .fallback = 1,
     .min = 0,
     .max = 9e15,
     .doc = "of the random numbers, which are a function of seed, particle and step"},
    {.key = "start",
     .kind = MF_CHOICE,
     .offset = offsetof(section, start),
     .choices = mf_start_names,
     .doc = "how the initial measure is sampled; quantiles on a line only"},
    {.key = "repeats",
     .kind = MF_COUNT,
     .offset = offsetof(section, repeats),
     .fallback = 8,
     .min = 2,
     .max = 10000,
     .doc = "seeds of --verify"},
    {.key = "times",
     .kind = MF_REALS,
     .offset = offsetof(section, times),
     .fallback = NAN,
     .min = 0,
     .max = DBL_MAX,
     .doc = "at which --verify compares (default: the end) [T]"},
    {.key = "bandwidth",
     .kind = MF_REALS,
     .offset = offsetof(section, bandwidth),
     .fallback = NAN,
     .min = 1e-6,
     .max = 1e6,
     .doc = "of the Gaussian kernels of --verify, in standard deviations of the density (default 1/4, 1, 4)"},
    {.key = "claims",
     .kind = MF_NODE,
     .offset = offsetof(section, claims),
     .doc = "what --verify judges: a list of {quantity: mmd2, order_n: -1}, {weak_order: 2}, {within: 4}"},
};
const mf_param_table mf_particles_table = MF_PARAM_TABLE(params, section);

/* ---- the method ---- */

/* Every flow that has a counterpart, and what it is. */
static int refuse(const mf_plan *plan)
{
  char text[2048] = "";
  for (const mf_method_type *const *t = mf_method_types; *t; t++) {
    const size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "\n  %s: %s", (*t)->name, (*t)->flows);
  }
  const mf_node *at = mf_node_get(mf_case_root(plan->problem->source), "geometry");
  return mf_node_key_error(at, "no particle method is a counterpart of this flow, %s.  There are:%s",
                           mf_method_flow(&plan->parts).text, text);
}

static const mf_method_type *first_that_serves(const char *flow)
{
  for (const mf_method_type *const *t = mf_method_types; *t; t++)
    if (mf_method_serves(*t, flow)) return *t;
  return NULL;
}

static int find_type(mf_plan *plan, const mf_node *at, const char *name, bool at_key)
{
  const char *names[64];
  char list[1024];
  int count = 0;
  for (const mf_method_type *const *t = mf_method_types; *t && count < 64; t++) {
    if (!strcmp((*t)->name, name)) plan->type = *t;
    names[count++] = (*t)->name;
  }
  if (plan->type) return MF_OK;
  const char *hint = mf_suggest(list, sizeof list, name, names, count);
  return at_key ? mf_node_key_error(at, "there is no particle method '%s'%s", name, hint)
                : mf_node_error(at, "there is no particle method '%s'%s", name, hint);
}

static int read_method(mf_plan *plan, const mf_node *node)
{
  const mf_node *given = NULL;
  if (!first_that_serves(mf_method_flow(&plan->parts).text)) return refuse(plan);
  plan->type = node ? NULL : first_that_serves(mf_method_flow(&plan->parts).text);
  if (node && node->kind == MF_SCALAR)
    MF_TRY(find_type(plan, node, node->text, false));
  else if (node && (node->kind != MF_MAPPING || node->count != 1))
    return mf_node_error(node, "a method is a name, or {name: options}");
  else if (node) {
    given = node->child[0];
    MF_TRY(find_type(plan, given, given->key, true));
  }
  if (given && mf_node_absent(given)) given = NULL;
  if (plan->type->params.count == 0) {
    if (given && given->count > 0) return mf_node_error(given, "%s has no options", plan->type->name);
    return MF_OK;
  }
  MF_TRY(mf_objects_create(&plan->options, 1, plan->type->params.size));
  return mf_section_read(given, plan->type->name, &plan->type->params, plan->problem->scope, plan->options);
}

/* ---- the section ---- */

static int take_parts(mf_plan *plan)
{
  const mf_problem *p = plan->problem;
  mf_method *m = &plan->parts;
  *m = (mf_method){.grid = &p->grid, .target = p->target};
  if (mf_flow_energies(p->flow) > MF_METHOD_PARTS || mf_flow_geometries(p->flow) > MF_METHOD_PARTS) {
    const mf_node *at = mf_node_get(mf_case_root(p->source), "energy");
    return mf_node_key_error(at, "particles follow flows of at most %d energies and geometries",
                             MF_METHOD_PARTS);
  }
  for (int i = 0; i < mf_flow_energies(p->flow); i++) m->energy[m->energies++] = mf_flow_energy(p->flow, i);
  for (int i = 0; i < mf_flow_geometries(p->flow); i++)
    m->geometry[m->geometries++] = mf_flow_geometry(p->flow, i);
  return MF_OK;
}

static int check_counts(const mf_reals *count, const mf_node *at)
{
  for (int i = 0; i < count->count; i++)
    if (count->value[i] != floor(count->value[i]))
      return mf_node_error(at, "%g is no number of particles", count->value[i]);
  return MF_OK;
}

static int check_times(const mf_plan *plan, const mf_node *at)
{
  for (int i = 0; i < plan->times.count; i++) {
    if (plan->times.value[i] > plan->problem->end)
      return mf_node_error(at, "t = %g is beyond the end, %g", plan->times.value[i], plan->problem->end);
    if (i > 0 && !(plan->times.value[i] > plan->times.value[i - 1]))
      return mf_node_error(at, "times have to increase");
  }
  return MF_OK;
}

static int fill(mf_plan *plan)
{
  section o;
  const mf_problem *p = plan->problem;
  const mf_node *node = p->particles;
  MF_TRY(take_parts(plan));
  MF_TRY(mf_section_read(node, "particles", &mf_particles_table, p->scope, &o));
  MF_TRY(read_method(plan, o.method));
  MF_TRY(check_counts(&o.count, node ? mf_node_get(node, "count") : NULL));
  plan->count = o.count;
  plan->step = o.step.count ? o.step : (mf_reals){.count = 1, .value = {p->end / 100}};
  plan->times = o.times.count ? o.times : (mf_reals){.count = 1, .value = {p->end}};
  plan->bandwidth = o.bandwidth.count ? o.bandwidth : (mf_reals){.count = 3, .value = {0.25, 1, 4}};
  MF_TRY(check_times(plan, o.times.count ? mf_node_get(node, "times") : NULL));
  plan->parts.seed = (uint64_t)o.seed;
  plan->start = o.start;
  plan->repeats = o.repeats;
  plan->claims = o.claims;
  if (o.start == MF_START_QUANTILE && p->grid.dim > 1)
    return mf_node_error(mf_node_get(node, "start"), "quantiles are for a line; in %d dimensions take sobol",
                         p->grid.dim);
  plan->mass = mf_measure_mass(p->initial);
  return mf_sampler_create(&plan->initial, &p->grid, p->initial->density, p->initial->averages);
}

int mf_plan_create(mf_plan **out, mf_problem *p)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->problem = p;
  int status = fill(*out);
  if (!status) { /* what the method says against its options is said before anything is run */
    mf_method *m;
    status = mf_method_create(&m, (*out)->type, &(*out)->parts, (*out)->options);
    const mf_node *at = p->particles ? mf_node_get(p->particles, "method") : NULL;
    if (status)
      status = mf_node_blame(at ? at : mf_node_get(mf_case_root(p->source), "geometry"), status);
    else
      mf_method_free(m);
  }
  if (!status) return MF_OK;
  mf_plan_free(*out);
  *out = NULL;
  return status;
}

void mf_plan_free(mf_plan *plan)
{
  if (!plan) return;
  mf_sampler_free(plan->initial);
  mf_release(plan->options);
  mf_release(plan);
}

ptrdiff_t mf_plan_most(const mf_plan *plan)
{
  double most = 0;
  for (int i = 0; i < plan->count.count; i++) most = fmax(most, plan->count.value[i]);
  return (ptrdiff_t)most;
}

double mf_plan_shortest(const mf_plan *plan)
{
  double least = INFINITY;
  for (int i = 0; i < plan->step.count; i++) least = fmin(least, plan->step.value[i]);
  return least;
}

/* ---- particles ---- */

void mf_start_points(mf_start how, uint64_t seed, int dim, ptrdiff_t count, double *const *u)
{
  const mf_random r = {seed, MF_STREAM_START};
  if (how == MF_START_SOBOL) mf_sobol(dim, count, u);
  for (ptrdiff_t i = 0; how == MF_START_QUANTILE && i < count; i++)
    u[0][i] = ((double)i + 0.5) / (double)count;
  for (int a = 0; how == MF_START_RANDOM && a < dim; a++)
    mf_random_uniforms(&r, 0, (uint32_t)a, 0, count, u[a], NULL);
}

static void place_start(const mf_plan *plan, mf_swarm *s, uint64_t seed)
{
  const double *const u[MF_AXES] = {s->x[0], s->x[1], s->x[2]};
  mf_start_points((mf_start)plan->start, seed, s->grid->dim, s->count, s->x);
  mf_sampler_at(plan->initial, s->count, u, s->x);
}

static int fill_population(mf_population *p, const mf_plan *plan, ptrdiff_t count, double step, long turn)
{
  mf_method parts = plan->parts;
  parts.seed += (uint64_t)turn;
  p->step = step;
  MF_TRY(mf_method_create(&p->method, plan->type, &parts, plan->options));
  MF_TRY(mf_swarm_create(&p->swarm, plan->parts.grid, count, plan->mass));
  place_start(plan, p->swarm, parts.seed);
  return MF_OK;
}

int mf_population_create(mf_population **out, const mf_plan *plan, ptrdiff_t count, double step, long turn)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill_population(*out, plan, count, step, turn);
  if (!status) return MF_OK;
  mf_population_free(*out);
  *out = NULL;
  return status;
}

void mf_population_free(mf_population *p)
{
  if (!p) return;
  mf_method_free(p->method);
  mf_swarm_free(p->swarm);
  mf_release(p);
}

int mf_population_to(mf_population *p, double time, const volatile sig_atomic_t *stop)
{
  const double span = time - p->time, share = ceil(span / p->step * (1 - 1e-12));
  if (!(span > 0)) return MF_OK;
  if (share + p->steps > 1e9)
    return mf_fail(MF_ECASE, "%.0f steps are more than a thousand million: take longer ones", share);
  const uint32_t count = share < 1 ? 1 : (uint32_t)share;
  for (uint32_t k = 0; k < count; k++) {
    if (stop && *stop) return mf_fail(MF_ESTOPPED, "stopped at t = %g", p->time + span * k / count);
    MF_TRY(mf_method_step(p->method, p->swarm, span / count, p->steps++));
  }
  p->time = time;
  return MF_OK;
}
