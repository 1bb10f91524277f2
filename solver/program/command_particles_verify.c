/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow particles --verify: particles beside the grid, with ladders in their number and in the step.
 *
 * For each number N and step h the particles of all seeds are compared with the density of the grid, seed by seed and all together, at
 * every time of the section, with kernels of several bandwidths.  What is printed and judged:
 *
 *   mmd2      V-statistic, mean over seeds, beside the floor that independent samples have; its power of N at the shortest step is the slope
 *             of log mmd2, with the error that the scatter over seeds gives
 *   z         the unbiased mmd2 of all seeds together over its standard error, and the moments', whichever is largest: a bias
 *   order     of the step at the most particles: the slope of log MMD = log(mmd2)/2, from the unbiased mmd2 of all seeds together where
 *             that is beyond three standard errors */
#include "solver/program/command_particles_verify.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "postproc/distances/particles.h"
#include "solver/run/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the grid ---- */

static int keep_density(mf_study *v, mf_runner *runner, int k)
{
  const mf_grid *grid = v->plan->parts.grid;
  MF_TRY(mf_runner_to(runner, v->plan->times.value[k]));
  MF_TRY(mf_field_create(grid, &v->density[k]));
  memcpy(v->density[k], mf_runner_report(runner)->state->density,
         (size_t)grid->cells * sizeof *v->density[k]);
  return MF_OK;
}

static int run_grid(mf_study *v)
{
  mf_history *history;
  mf_runner *runner;
  mf_problem *p = v->plan->problem;
  MF_TRY(mf_objects_create(&v->density, v->plan->times.count, sizeof *v->density));
  MF_TRY(mf_run_history(p, &history));
  int status = mf_runner_create(&runner, p, history, NULL, 0, &mf_stop_signal);
  if (!status) {
    for (int k = 0; k < v->plan->times.count && !status; k++) status = keep_density(v, runner, k);
    mf_runner_free(runner);
  }
  mf_history_free(history);
  return status;
}

/* Gaussians as wide as the density of the last time, times the factors of the plan. */
static int choose_kernels(mf_study *v)
{
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  const mf_grid *grid = v->plan->parts.grid;
  mf_field_moments(grid, v->density[v->plan->times.count - 1], mean, covariance);
  const mf_kernel wide = mf_kernel_as_wide(grid, covariance);
  if (v->plan->bandwidth.count > MF_STUDY_KERNELS)
    return mf_fail(MF_ECASE, "%d bandwidths are more than the %d that are compared", v->plan->bandwidth.count,
                   MF_STUDY_KERNELS);
  v->kernels = v->plan->bandwidth.count;
  for (int k = 0; k < v->kernels; k++) {
    v->kernel[k] = wide;
    v->kernel[k].bandwidth[0] *= v->plan->bandwidth.value[k];
  }
  return MF_OK;
}

/* ---- particles ---- */

/* Seeds lie one after another in the pool: positions of seed `turn` from turn count on. */
static void pool_particles(const mf_study *v, const mf_swarm *s, ptrdiff_t turn, int time)
{
  const ptrdiff_t total = s->count * v->plan->repeats, first = turn * s->count;
  const int dim = s->grid->dim;
  double *position = v->position + time * total * dim, *weight = v->weight + time * total;
  for (ptrdiff_t i = 0; i < s->count; i++) {
    weight[first + i] = s->weight[i];
    for (int a = 0; a < dim; a++) position[(first + i) * dim + a] = s->x[a][i];
  }
}

static int follow_seeds(mf_study *v, ptrdiff_t count, double step)
{
  const mf_plan *plan = v->plan;
  for (long turn = 0; turn < plan->repeats; turn++) {
    mf_population *p;
    int status = mf_population_create(&p, plan, count, step, turn);
    for (int k = 0; k < plan->times.count && !status; k++) {
      status = mf_population_to(p, plan->times.value[k], &mf_stop_signal);
      if (!status) pool_particles(v, p->swarm, turn, k);
    }
    mf_population_free(p);
    MF_TRY(status);
  }
  return MF_OK;
}

/* What one comparison says, for a kernel of the row. */
static void take_seed(const mf_particle_comparison *c, int kernel, double share, mf_study_row *r,
                      double *square)
{
  r->mmd2[kernel] += share * c->mmd2_v;
  r->floor[kernel] += share * c->mmd2_floor;
  *square += share * c->mmd2_v * c->mmd2_v;
  if (kernel > 0) return;
  r->ks += share * c->ks;
  r->w1 += share * c->w1;
  r->w2 += share * c->w2;
  r->sliced += share * c->sliced_w2;
  r->effective += share * c->effective;
}

static int compare_kernel(const mf_study *v, const double *density, const mf_particles *all, int kernel,
                          mf_study_row *r)
{
  const mf_grid *grid = v->plan->parts.grid;
  const double share = 1.0 / (double)v->plan->repeats;
  double square = 0;
  mf_particle_comparison c;
  for (long turn = 0; turn < v->plan->repeats; turn++) {
    if (mf_stop_signal) return mf_fail(MF_ESTOPPED, "stopped");
    const mf_particles one = {.dim = grid->dim,
                              .count = r->count,
                              .position = all->position + turn * r->count * grid->dim,
                              .weight = all->weight + turn * r->count};
    MF_TRY(mf_particles_compare(grid, density, &v->kernel[kernel], &one, kernel ? 0 : MF_PARTICLES_TRANSPORT,
                                &c));
    take_seed(&c, kernel, share, r, &square);
  }
  const double variance = fmax(square - r->mmd2[kernel] * r->mmd2[kernel], 0);
  r->scatter[kernel] = sqrt(variance / (double)(v->plan->repeats - 1));
  MF_TRY(mf_particles_compare(grid, density, &v->kernel[kernel], all, 0, &c));
  r->pooled[kernel] = c.mmd2;
  r->error[kernel] = c.mmd2_error;
  for (int k = 0; k < c.moments && kernel == 0; k++)
    r->moment_z =
        fmax(r->moment_z, mf_particle_errors(c.moment[k].particles - c.moment[k].grid, c.moment[k].error));
  return MF_OK;
}

static int fill_rows(mf_study *v, ptrdiff_t count, double step)
{
  const mf_grid *grid = v->plan->parts.grid;
  const ptrdiff_t total = count * v->plan->repeats;
  for (int k = 0; k < v->plan->times.count; k++) {
    mf_study_row *r = &v->rows[v->count++];
    *r = (mf_study_row){.count = count, .step = step, .time = v->plan->times.value[k]};
    const mf_particles all = {.dim = grid->dim,
                              .count = total,
                              .position = v->position + k * total * grid->dim,
                              .weight = v->weight + k * total};
    for (int i = 0; i < v->kernels; i++) MF_TRY(compare_kernel(v, v->density[k], &all, i, r));
  }
  return MF_OK;
}

static int climb(mf_study *v)
{
  const mf_plan *plan = v->plan;
  const int times = plan->times.count;
  const ptrdiff_t total = mf_plan_most(plan) * plan->repeats * times;
  MF_TRY(mf_reals_create(&v->position, total * plan->parts.grid->dim));
  MF_TRY(mf_reals_create(&v->weight, total));
  MF_TRY(
      mf_objects_create(&v->rows, (ptrdiff_t)plan->count.count * plan->step.count * times, sizeof *v->rows));
  for (int i = 0; i < plan->count.count; i++)
    for (int j = 0; j < plan->step.count; j++) {
      if (!v->options->quiet)
        fprintf(stderr, "  %.0f particles, step %g\n", plan->count.value[i], plan->step.value[j]);
      MF_TRY(follow_seeds(v, (ptrdiff_t)plan->count.value[i], plan->step.value[j]));
      MF_TRY(fill_rows(v, (ptrdiff_t)plan->count.value[i], plan->step.value[j]));
    }
  return MF_OK;
}

/* ---- all of it ---- */

static int conclude(const mf_study *v, const mf_job *job, const char *name, bool *holds)
{
  const int count = v->plan->claims ? v->plan->claims->count : 0;
  mf_study_verdict *verdicts;
  MF_TRY(mf_objects_create(&verdicts, count + 1, sizeof *verdicts));
  int status = MF_OK;
  for (int i = 0; i < count && !status; i++) {
    status = mf_study_judge(v, v->plan->claims->child[i], &verdicts[i]);
    *holds = *holds && verdicts[i].holds;
  }
  if (!status)
    status = v->options->json ? mf_study_print_json(v, job, verdicts, count)
                              : mf_study_print(v, name, verdicts, count);
  mf_release(verdicts);
  return status;
}

static int verify(mf_study *v, const mf_job *job, const char *name, bool *holds)
{
  MF_TRY(mf_study_check_claims(v->plan));
  MF_TRY(run_grid(v));
  MF_TRY(choose_kernels(v));
  MF_TRY(climb(v));
  mf_study_find_powers(v);
  return conclude(v, job, name, holds);
}

int mf_particles_verify(const mf_options *o, const mf_job *job, mf_plan *plan, const char *name, bool *holds)
{
  mf_study v = {.options = o, .plan = plan};
  const int status = verify(&v, job, name, holds);
  for (int k = 0; k < plan->times.count && v.density; k++) mf_field_free(v.density[k]);
  mf_release(v.density);
  mf_release(v.rows);
  mf_release(v.position);
  mf_release(v.weight);
  return status;
}
