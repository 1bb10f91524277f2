/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ladders of a verification say: powers by weighted straight lines in logarithms, and biases in standard errors. */
#include "solver/program/command_particles_verify.h"

#include <math.h>

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

static mf_study_fit slope_of(const line *l)
{
  const double d = l->w * l->xx - l->x * l->x;
  if (l->points < 2 || !(d > 1e-12 * l->w * l->xx)) return (mf_study_fit){NAN, NAN};
  return (mf_study_fit){(l->w * l->xy - l->x * l->y) / d, sqrt(l->w / d)};
}

/* mmd2 of few seeds scatters by half of itself at least as far as anybody knows. */
static double relative_error(const mf_study_row *r, int kernel, long repeats)
{
  return fmax(r->scatter[kernel] / r->mmd2[kernel], 0.05 / sqrt((double)repeats));
}

void mf_study_find_powers(mf_study *v)
{
  const mf_plan *plan = v->plan;
  const double last = plan->times.value[plan->times.count - 1];
  for (int k = 0; k < v->kernels; k++) {
    line power = {0}, order = {0};
    for (const mf_study_row *r = v->rows; r < v->rows + v->count; r++) {
      if (r->time == last && r->step == mf_plan_shortest(plan) && r->mmd2[k] > 0)
        add_point(&power, log((double)r->count), log(r->mmd2[k]), relative_error(r, k, plan->repeats));
      if (r->time == last && r->count == mf_plan_most(plan) && r->pooled[k] > 3 * r->error[k])
        add_point(&order, log(r->step), 0.5 * log(r->pooled[k]), 0.5 * r->error[k] / r->pooled[k]);
    }
    v->power[k] = slope_of(&power);
    v->order[k] = slope_of(&order);
  }
}

double mf_study_worst(const mf_study *v, const mf_study_row *r)
{
  double worst = r->moment_z;
  for (int k = 0; k < v->kernels; k++) worst = fmax(worst, r->pooled[k] / r->error[k]);
  return worst;
}

const mf_study_row *mf_study_finest(const mf_study *v, double time)
{
  for (const mf_study_row *r = v->rows; r < v->rows + v->count; r++)
    if (r->time == time && r->step == mf_plan_shortest(v->plan) && r->count == mf_plan_most(v->plan))
      return r;
  return v->rows;
}
