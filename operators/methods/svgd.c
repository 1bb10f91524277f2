/* SPDX-License-Identifier: BSD-3-Clause */
/* Stein variational gradient descent:  x' = a sum_j w_j [k(x_j, x) grad log pi(x_j) + grad_1 k(x_j, x)]  (Liu & Wang 2016), an exact
 * solution, by point masses, of the flow of KL(mu|pi) in the Stein geometry. */
#include "grids/interpolant.h"
#include "operators/method.h"
#include "operators/witness.h"

typedef struct {
  mf_interpolant *log_target;
  mf_witness kernel; /* without a background */
  double *charge[MF_AXES];
  ptrdiff_t room;
  double a;
} workspace;

static int create(mf_method *m)
{
  mf_kernel kernel;
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  const mf_geometry *g = m->geometry[0];
  w->a = m->energy[0]->weight * g->coefficient;
  MF_TRY(mf_kernel_init(&kernel, mf_options_kernel(&g->type->params, g->options)));
  MF_TRY(mf_witness_init(&w->kernel, m->grid, &kernel, NULL));
  return mf_interpolant_create(&w->log_target, m->grid, m->target->log_density);
}

static void destroy(mf_method *m)
{
  workspace *w = m->self;
  mf_interpolant_free(w->log_target);
  mf_witness_clear(&w->kernel);
  for (int a = 0; a < MF_AXES; a++) mf_release(w->charge[a]);
}

/* Charges: w_j, whose gradient is needed, and w_j times the components of the score. */
static int find_charges(workspace *w, const mf_swarm *s, const double *const *x)
{
  for (int a = 0; a < s->grid->dim; a++) {
    if (w->room >= s->count) break;
    mf_release(w->charge[a]);
    w->charge[a] = NULL;
    MF_TRY(mf_reals_create(&w->charge[a], s->count));
  }
  w->room = s->count > w->room ? s->count : w->room;
  mf_interpolant_at(w->log_target, s->count, x, NULL, w->charge);
  for (int a = 0; a < s->grid->dim; a++)
    for (ptrdiff_t i = 0; i < s->count; i++) w->charge[a][i] *= s->weight[i];
  return MF_OK;
}

/* The kernel is even, so grad_1 k(x_j, x) = -grad_1 k(x, x_j). */
static int velocity(const void *self, mf_swarm *s, double *const *v)
{
  workspace *w = ((const mf_method *)self)->self;
  const int dim = s->grid->dim;
  const mf_cloud points = mf_swarm_cloud(s);
  double *repulsion;
  MF_TRY(mf_reals_create(&repulsion, dim * s->count));
  int status = find_charges(w, s, points.x);
  mf_sums_request r = {.sources = points, .targets = points, .charges = 1 + dim, .charge = {s->weight}};
  for (int a = 0; a < dim; a++) {
    r.gradient[a] = repulsion + a * s->count;
    r.charge[1 + a] = w->charge[a];
    r.value[1 + a] = v[a];
  }
  if (!status) status = mf_sums_form(w->kernel.sums, &r);
  for (int a = 0; a < dim && !status; a++)
    for (ptrdiff_t i = 0; i < s->count; i++) v[a][i] = w->a * (v[a][i] - r.gradient[a][i]);
  mf_release(repulsion);
  return status;
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  (void)number;
  return mf_swarm_drift(s, dt, velocity, m);
}

const mf_method_type mf_method_svgd = {
    .name = "svgd",
    .summary = "Stein variational gradient descent: smoothed score and repulsion",
    .reference = "Liu & Wang 2016",
    .flows = "kl in stein",
    .traits = MF_METHOD_SCORE,
    .order = 2,
    .create = create,
    .destroy = destroy,
    .step = step,
};
