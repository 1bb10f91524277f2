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
#include "solver/program/command_particles.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "io/language/section.h"
#include "io/terminal.h"
#include "postproc/distances/particles.h"
#include "solver/program/command_json.h"
#include "solver/run/run.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KERNELS = 8, CELL = 24, COLUMNS = 12, TEXT = 160 };

/* One number of particles with one step at one time. */
typedef struct {
  ptrdiff_t count;
  double step, time;
  double mmd2[KERNELS], scatter[KERNELS], floor[KERNELS]; /* mean over seeds, its standard error, its floor */
  double pooled[KERNELS], error[KERNELS];                 /* unbiased, of all seeds together */
  double ks, w1, w2, sliced, moment_z, effective;
} row;

typedef struct {
  double value, error; /* NAN: not to be had */
} fit;

typedef struct {
  const mf_options *options;
  mf_plan *plan;
  double **density; /* of the grid at the times of the plan */
  mf_kernel kernel[KERNELS];
  int kernels;
  row *rows;
  int count;
  double *position, *weight; /* of all seeds together, one after another */
  fit power[KERNELS], order[KERNELS];
} verification;

/* ---- the grid ---- */

static int keep_density(verification *v, mf_runner *runner, int k)
{
  const mf_grid *grid = v->plan->parts.grid;
  MF_TRY(mf_runner_to(runner, v->plan->times.value[k]));
  MF_TRY(mf_field_create(grid, &v->density[k]));
  memcpy(v->density[k], mf_runner_report(runner)->state->density,
         (size_t)grid->cells * sizeof *v->density[k]);
  return MF_OK;
}

static int run_grid(verification *v)
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
static int choose_kernels(verification *v)
{
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  const mf_grid *grid = v->plan->parts.grid;
  mf_field_moments(grid, v->density[v->plan->times.count - 1], mean, covariance);
  const mf_kernel wide = mf_kernel_as_wide(grid, covariance);
  if (v->plan->bandwidth.count > KERNELS)
    return mf_fail(MF_ECASE, "%d bandwidths are more than the %d that are compared", v->plan->bandwidth.count,
                   KERNELS);
  v->kernels = v->plan->bandwidth.count;
  for (int k = 0; k < v->kernels; k++) {
    v->kernel[k] = wide;
    v->kernel[k].bandwidth[0] *= v->plan->bandwidth.value[k];
  }
  return MF_OK;
}

/* ---- particles ---- */

/* Seeds lie one after another in the pool: positions of seed `turn` from turn count on. */
static void pool_particles(const verification *v, const mf_swarm *s, ptrdiff_t turn, int time)
{
  const ptrdiff_t total = s->count * v->plan->repeats, first = turn * s->count;
  const int dim = s->grid->dim;
  double *position = v->position + time * total * dim, *weight = v->weight + time * total;
  for (ptrdiff_t i = 0; i < s->count; i++) {
    weight[first + i] = s->weight[i];
    for (int a = 0; a < dim; a++) position[(first + i) * dim + a] = s->x[a][i];
  }
}

static int follow_seeds(verification *v, ptrdiff_t count, double step)
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
static void take_seed(const mf_particle_comparison *c, int kernel, double share, row *r, double *square)
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

static int compare_kernel(const verification *v, const double *density, const mf_particles *all, int kernel,
                          row *r)
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

static int fill_rows(verification *v, ptrdiff_t count, double step)
{
  const mf_grid *grid = v->plan->parts.grid;
  const ptrdiff_t total = count * v->plan->repeats;
  for (int k = 0; k < v->plan->times.count; k++) {
    row *r = &v->rows[v->count++];
    *r = (row){.count = count, .step = step, .time = v->plan->times.value[k]};
    const mf_particles all = {.dim = grid->dim,
                              .count = total,
                              .position = v->position + k * total * grid->dim,
                              .weight = v->weight + k * total};
    for (int i = 0; i < v->kernels; i++) MF_TRY(compare_kernel(v, v->density[k], &all, i, r));
  }
  return MF_OK;
}

static int climb(verification *v)
{
  const mf_plan *plan = v->plan;
  const int times = plan->times.count;
  double most = 0;
  for (int i = 0; i < plan->count.count; i++) most = fmax(most, plan->count.value[i]);
  const ptrdiff_t total = (ptrdiff_t)most * plan->repeats * times;
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

/* ---- fits ---- */

/* Weighted straight line: slope of y over x, whose errors are e. */
typedef struct {
  double w, x, y, xx, xy;
  int points;
} line;

static void add_point(line *l, double x, double y, double e)
{
  const double w = 1 / (e * e);
  l->w += w;
  l->x += w * x;
  l->y += w * y;
  l->xx += w * x * x;
  l->xy += w * x * y;
  l->points++;
}

static fit slope_of(const line *l)
{
  const double d = l->w * l->xx - l->x * l->x;
  if (l->points < 2 || !(d > 1e-12 * l->w * l->xx)) return (fit){NAN, NAN};
  return (fit){(l->w * l->xy - l->x * l->y) / d, sqrt(l->w / d)};
}

static double least(const mf_reals *list)
{
  double value = INFINITY;
  for (int i = 0; i < list->count; i++) value = fmin(value, list->value[i]);
  return value;
}

static double most(const mf_reals *list)
{
  double value = 0;
  for (int i = 0; i < list->count; i++) value = fmax(value, list->value[i]);
  return value;
}

/* mmd2 of few seeds scatters by half of itself at least as far as anybody knows. */
static double relative_error(const row *r, int kernel, long repeats)
{
  return fmax(r->scatter[kernel] / r->mmd2[kernel], 0.05 / sqrt((double)repeats));
}

static void fit_ladders(verification *v)
{
  const mf_plan *plan = v->plan;
  const double last = plan->times.value[plan->times.count - 1];
  for (int k = 0; k < v->kernels; k++) {
    line power = {0}, order = {0};
    for (const row *r = v->rows; r < v->rows + v->count; r++) {
      if (r->time == last && r->step == least(&plan->step) && r->mmd2[k] > 0)
        add_point(&power, log((double)r->count), log(r->mmd2[k]), relative_error(r, k, plan->repeats));
      if (r->time == last && (double)r->count == most(&plan->count) && r->pooled[k] > 3 * r->error[k])
        add_point(&order, log(r->step), 0.5 * log(r->pooled[k]), 0.5 * r->error[k] / r->pooled[k]);
    }
    v->power[k] = slope_of(&power);
    v->order[k] = slope_of(&order);
  }
}

/* Largest standard errors of a row: of a bias of the MMD, one-sided, or of a moment. */
static double worst_z(const verification *v, const row *r)
{
  double worst = r->moment_z;
  for (int k = 0; k < v->kernels; k++) worst = fmax(worst, r->pooled[k] / r->error[k]);
  return worst;
}

/* The row of a time at the most particles and the shortest step. */
static const row *finest(const verification *v, double time)
{
  for (const row *r = v->rows; r < v->rows + v->count; r++)
    if (r->time == time && r->step == least(&v->plan->step) && (double)r->count == most(&v->plan->count))
      return r;
  return v->rows;
}

/* ---- claims ---- */

typedef struct {
  const char *quantity, *reference;
  double order_n, weak_order, within, tolerance;
} claim;

static const mf_param claim_params[] = {
    {.key = "quantity", .kind = MF_TEXT, .offset = offsetof(claim, quantity), .doc = "of order_n: mmd2"},
    {.key = "order_n",
     .kind = MF_REAL,
     .offset = offsetof(claim, order_n),
     .fallback = NAN,
     .doc = "power of N with which it falls, -1 for independent particles"},
    {.key = "weak_order",
     .kind = MF_REAL,
     .offset = offsetof(claim, weak_order),
     .fallback = NAN,
     .doc = "in the step"},
    {.key = "within",
     .kind = MF_REAL,
     .offset = offsetof(claim, within),
     .fallback = NAN,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc =
         "standard errors that a bias may have, at all times, with the most particles and the shortest step"},
    {.key = "tolerance",
     .kind = MF_REAL,
     .offset = offsetof(claim, tolerance),
     .fallback = 0.2,
     .min = 0,
     .max = DBL_MAX,
     .doc = "of the powers, beside three standard errors"},
    {.key = "reference", .kind = MF_TEXT, .offset = offsetof(claim, reference), .doc = "where the theory is"},
};
static const mf_param_table claim_table = MF_PARAM_TABLE(claim_params, claim);

typedef struct {
  char text[TEXT];
  bool holds;
} verdict;

/* A power: the kernel whose fit is known best; one that is not known to half of the tolerance plus a quarter is no evidence, and fails. */
static void judge_power(const verification *v, const fit *fits, double theory, double tolerance,
                        const char *what, verdict *out)
{
  int best = -1;
  for (int k = 0; k < v->kernels; k++)
    if (!isnan(fits[k].value) && (best < 0 || fits[k].error < fits[best].error)) best = k;
  const fit f = best < 0 ? (fit){NAN, NAN} : fits[best];
  const bool known = f.error <= 0.25 + 0.5 * tolerance;
  out->holds = known && fabs(f.value - theory) <= tolerance + 3 * f.error;
  if (best < 0)
    snprintf(out->text, sizeof out->text, "%s %g: no two points beyond their errors", what, theory);
  else
    snprintf(out->text, sizeof out->text, "%s %g: %.3f +- %.3f (bandwidth %.4g)%s", what, theory, f.value,
             f.error, v->kernel[best].bandwidth[0], known ? "" : ", not known well enough");
}

static void judge_within(const verification *v, double limit, verdict *out)
{
  double worst = 0, time = 0;
  for (int k = 0; k < v->plan->times.count; k++) {
    const double z = worst_z(v, finest(v, v->plan->times.value[k]));
    if (k > 0 && !(z > worst)) continue;
    worst = z;
    time = v->plan->times.value[k];
  }
  out->holds = worst <= limit;
  snprintf(out->text, sizeof out->text, "within %g standard errors: %.2f at t = %g", limit, worst, time);
}

static int judge(const verification *v, const mf_node *node, verdict *out)
{
  claim c;
  MF_TRY(mf_section_read(node, "a claim of particles", &claim_table, v->plan->problem->scope, &c));
  const int kinds = !isnan(c.order_n) + !isnan(c.weak_order) + !isnan(c.within);
  if (kinds != 1) return mf_node_error(node, "a claim of particles has one of order_n, weak_order, within");
  if (!isnan(c.order_n) && (!c.quantity || strcmp(c.quantity, "mmd2") != 0))
    return mf_node_error(node, "order_n is that of a quantity: mmd2");
  if (!isnan(c.order_n))
    judge_power(v, v->power, c.order_n, c.tolerance, "mmd2 goes with N to the power", out);
  else if (!isnan(c.weak_order))
    judge_power(v, v->order, c.weak_order, c.tolerance, "weak order", out);
  else
    judge_within(v, c.within, out);
  return MF_OK;
}

/* Read before anything is run, so that a mistake does not cost the run. */
static int check_claims(const mf_plan *plan)
{
  if (!plan->claims) return MF_OK;
  if (plan->claims->kind != MF_SEQUENCE) return mf_node_error(plan->claims, "claims are a list");
  for (int i = 0; i < plan->claims->count; i++) {
    claim c;
    MF_TRY(mf_section_read(plan->claims->child[i], "a claim of particles", &claim_table, plan->problem->scope,
                           &c));
  }
  return MF_OK;
}

/* ---- reports ---- */

static void print_cell(char cell[CELL], double value)
{
  if (isnan(value))
    snprintf(cell, CELL, "-");
  else
    snprintf(cell, CELL, "%.3g", value);
}

/* One table a kernel would be long: the rows have every kernel's mmd2 over its floor. */
static int print_table(const verification *v)
{
  const bool on_line = v->plan->parts.grid->dim == 1 && !v->plan->parts.grid->periodic[0];
  const int columns = 4 + 2 * v->kernels + (on_line ? 3 : 1) + 2;
  char(*text)[CELL];
  const char **cells;
  MF_TRY(mf_objects_create(&text, (ptrdiff_t)(v->count + 1) * columns, CELL));
  int status = mf_objects_create(&cells, (ptrdiff_t)(v->count + 1) * columns, sizeof *cells);
  for (int i = 0; i <= v->count && !status; i++) {
    char(*c)[CELL] = text + (ptrdiff_t)i * columns;
    const row *r = v->rows + i - 1;
    int k = 0;
    if (i == 0) {
      snprintf(c[k++], CELL, "N");
      snprintf(c[k++], CELL, "step");
      snprintf(c[k++], CELL, "t");
      snprintf(c[k++], CELL, "worth");
      for (int b = 0; b < v->kernels; b++) {
        snprintf(c[k++], CELL, "mmd2(%.3g)", v->kernel[b].bandwidth[0]);
        snprintf(c[k++], CELL, "/floor");
      }
      if (on_line) {
        snprintf(c[k++], CELL, "ks");
        snprintf(c[k++], CELL, "w1");
        snprintf(c[k++], CELL, "w2");
      } else
        snprintf(c[k++], CELL, "sliced w2");
      snprintf(c[k++], CELL, "moment z");
      snprintf(c[k++], CELL, "z");
    } else {
      print_cell(c[k++], (double)r->count);
      print_cell(c[k++], r->step);
      print_cell(c[k++], r->time);
      print_cell(c[k++], r->effective);
      for (int b = 0; b < v->kernels; b++) {
        print_cell(c[k++], r->mmd2[b]);
        print_cell(c[k++], r->mmd2[b] / r->floor[b]);
      }
      if (on_line) {
        print_cell(c[k++], r->ks);
        print_cell(c[k++], r->w1);
        print_cell(c[k++], r->w2);
      } else
        print_cell(c[k++], r->sliced);
      print_cell(c[k++], r->moment_z);
      print_cell(c[k++], worst_z(v, r));
    }
    for (int j = 0; j < columns; j++) cells[i * columns + j] = c[j];
  }
  if (!status) mf_table_print(stdout, cells, v->count + 1, columns);
  mf_release(cells);
  mf_release(text);
  return status;
}

static void print_fits(const verification *v)
{
  for (int k = 0; k < v->kernels; k++) {
    printf("  bandwidth %-8.4g", v->kernel[k].bandwidth[0]);
    if (isnan(v->power[k].value))
      printf("  power of N: -");
    else
      printf("  power of N: %.3f +- %.3f", v->power[k].value, v->power[k].error);
    if (isnan(v->order[k].value))
      printf("  weak order: -\n");
    else
      printf("  weak order: %.3f +- %.3f\n", v->order[k].value, v->order[k].error);
  }
}

static int print_text(const verification *v, const char *name, const verdict *verdicts, int count)
{
  const mf_flow_name flow = mf_method_flow(&v->plan->parts);
  printf("%s: %s of %s, %ld seeds from %llu on, start %s\n\n", name, v->plan->type->name, flow.text,
         v->plan->repeats, (unsigned long long)v->plan->parts.seed, mf_start_names[v->plan->start]);
  MF_TRY(print_table(v));
  printf("\n");
  print_fits(v);
  for (int i = 0; i < count; i++)
    printf("%s%s  %s\n", i ? "" : "\n", verdicts[i].holds ? "holds" : "FAILS", verdicts[i].text);
  return MF_OK;
}

static void put_fit(mf_json *j, const char *key, const fit *f, int kernel)
{
  mf_json_object(j, key);
  mf_json_number(j, "value", f[kernel].value);
  mf_json_number(j, "error", f[kernel].error);
  mf_json_end(j);
}

static void put_row(mf_json *j, const verification *v, const row *r)
{
  mf_json_object(j, NULL);
  mf_json_count(j, "particles", r->count);
  mf_json_number(j, "step", r->step);
  mf_json_number(j, "time", r->time);
  mf_json_number(j, "effective", r->effective);
  mf_json_numbers(j, "mmd2", r->mmd2, v->kernels);
  mf_json_numbers(j, "mmd2_error", r->scatter, v->kernels);
  mf_json_numbers(j, "mmd2_floor", r->floor, v->kernels);
  mf_json_numbers(j, "mmd2_unbiased", r->pooled, v->kernels);
  mf_json_numbers(j, "mmd2_unbiased_error", r->error, v->kernels);
  mf_json_number(j, "ks", r->ks);
  mf_json_number(j, "w1", r->w1);
  mf_json_number(j, "w2", r->w2);
  mf_json_number(j, "sliced_w2", r->sliced);
  mf_json_number(j, "moment_z", r->moment_z);
  mf_json_number(j, "z", worst_z(v, r));
  mf_json_end(j);
}

static int print_json(const verification *v, const mf_job *job, const verdict *verdicts, int count)
{
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = mf_json_job(j, job);
  mf_json_text(j, "flow", mf_method_flow(&v->plan->parts).text);
  mf_json_text(j, "method", v->plan->type->name);
  mf_json_count(j, "seeds", v->plan->repeats);
  mf_json_number(j, "seed", (double)v->plan->parts.seed);
  mf_json_list(j, "kernels");
  for (int k = 0; k < v->kernels; k++) {
    mf_json_object(j, NULL);
    mf_json_number(j, "bandwidth", v->kernel[k].bandwidth[0]);
    put_fit(j, "order_n", v->power, k);
    put_fit(j, "weak_order", v->order, k);
    mf_json_end(j);
  }
  mf_json_end(j);
  mf_json_list(j, "rows");
  for (int i = 0; i < v->count; i++) put_row(j, v, &v->rows[i]);
  mf_json_end(j);
  mf_json_list(j, "claims");
  for (int i = 0; i < count; i++) {
    mf_json_object(j, NULL);
    mf_json_text(j, "claim", verdicts[i].text);
    mf_json_text(j, "verdict", verdicts[i].holds ? "holds" : "fails");
    mf_json_end(j);
  }
  mf_json_end(j);
  const int printed = mf_json_print(j, stdout);
  return status ? status : printed;
}

/* ---- all of it ---- */

static int conclude(const verification *v, const mf_job *job, const char *name, bool *holds)
{
  const int count = v->plan->claims ? v->plan->claims->count : 0;
  verdict *verdicts;
  MF_TRY(mf_objects_create(&verdicts, count + 1, sizeof *verdicts));
  int status = MF_OK;
  for (int i = 0; i < count && !status; i++) {
    status = judge(v, v->plan->claims->child[i], &verdicts[i]);
    *holds = *holds && verdicts[i].holds;
  }
  if (!status)
    status = v->options->json ? print_json(v, job, verdicts, count) : print_text(v, name, verdicts, count);
  mf_release(verdicts);
  return status;
}

static int verify(verification *v, const mf_job *job, const char *name, bool *holds)
{
  MF_TRY(check_claims(v->plan));
  MF_TRY(run_grid(v));
  MF_TRY(choose_kernels(v));
  MF_TRY(climb(v));
  fit_ladders(v);
  return conclude(v, job, name, holds);
}

int mf_particles_verify(const mf_options *o, const mf_job *job, mf_plan *plan, const char *name, bool *holds)
{
  verification v = {.options = o, .plan = plan};
  const int status = verify(&v, job, name, holds);
  for (int k = 0; k < plan->times.count && v.density; k++) mf_field_free(v.density[k]);
  mf_release(v.density);
  mf_release(v.rows);
  mf_release(v.position);
  mf_release(v.weight);
  return status;
}
