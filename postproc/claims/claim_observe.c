/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims during the run: fields against formulas, and what the history's file gets of claims.
 *
 * The error of a `density` is sum |rho_i - rho(x_i, t)| / sum |rho(x_i, t)| over the cells i, x_i their centres: a share of
 * theory's mass; v sum |rho_i - rho(x_i, t)| if the claim is `absolute`. */
#include "postproc/claims/claim_parts.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"

#include <math.h>

static int density_error(const mf_claim *c, const mf_output *m, double *error)
{
  const mf_state *s = m->report->state;
  double *theory;
  MF_TRY(mf_field_create(s->grid, &theory));
  int status = MF_OK;
  for (ptrdiff_t i = 0; i < s->grid->cells && !status; i++) {
    double x[MF_AXES];
    mf_grid_centre(s->grid, i, x);
    status = mf_expression_at(c->theory, x, m->time, &theory[i]);
  }
  if (!status) {
    const double size = c->say.absolute ? 1 / s->grid->volume : mf_field_sum_abs(s->grid, theory);
    mf_each(s->grid->cells, mf_each_sum, 1, s->density, -1, theory, theory);
    *error = mf_claim_relative(mf_field_sum_abs(s->grid, theory), size);
  }
  mf_field_free(theory);
  return status;
}

/* Worst of the cells that are resolved (-INFINITY if there is none), and which are not. */
static int log_ratio_errors(const mf_claim *c, const mf_output *m, double *worst, double *missing)
{
  const mf_state *s = m->report->state;
  *worst = -INFINITY;
  for (ptrdiff_t i = 0; i < s->grid->cells; i++) {
    double x[MF_AXES], value;
    mf_grid_centre(s->grid, i, x);
    MF_TRY(mf_expression_at(c->theory, x, m->time, &value));
    missing[i] = isnan(s->log_ratio[i]);
    const double excess = fabs(s->log_ratio[i] - value);
    if (missing[i] == 0) *worst = fmax(*worst, mf_claim_relative(excess, c->say.absolute ? 1 : fabs(value)));
  }
  return MF_OK;
}

/* Relative to the formula's value unless the claim says `absolute`. */
static int log_ratio_error(mf_claim *c, const mf_output *m, double *error)
{
  const mf_grid *grid = m->report->state->grid;
  double *missing, worst;
  MF_TRY(mf_field_create(grid, &missing));
  const int status = log_ratio_errors(c, m, &worst, missing);
  if (!status) {
    worst = -mf_grid_min(grid, -worst);
    *error = worst >= 0 ? worst : NAN;
    c->unresolved = fmax(c->unresolved, mf_field_sum(grid, missing) / (double)grid->global_cells);
  }
  mf_field_free(missing);
  return status;
}

/* At the claim's point; relative to the formula's value unless the claim says `absolute`. */
static int point_error(const mf_claim *c, const mf_output *m, double *error)
{
  const mf_state *s = m->report->state;
  const double origin[MF_AXES] = {0};
  double x[MF_AXES] = {0}, value;
  for (int a = 0; a < s->grid->dim; a++) {
    MF_TRY(mf_expression_at(c->along[a], origin, m->time, &x[a]));
    if (!(x[a] >= s->grid->lo[a] && x[a] <= s->grid->hi[a]))
      return mf_node_error(c->say.along, "at time %g coordinate %d is %g, outside the box", m->time, a, x[a]);
  }
  MF_TRY(mf_expression_at(c->theory, x, m->time, &value));
  const double *field = c->kind == MF_OF_DENSITY ? s->density : s->log_ratio;
  const double excess = fabs(mf_field_at(s->grid, field, x) - value);
  *error = isnan(excess) ? NAN : mf_claim_relative(excess, c->say.absolute ? 1 : fabs(value));
  return MF_OK;
}

static int field_error(mf_claim *c, const mf_output *m, double *error)
{
  if (c->say.along) return point_error(c, m, error);
  return c->kind == MF_OF_DENSITY ? density_error(c, m, error) : log_ratio_error(c, m, error);
}

/* NAN: the field is not resolved at this time. */
static void take_error(mf_claim *c, double time, double error)
{
  if (isnan(error)) return;
  if (error > c->say.tolerance && isnan(c->first_time)) c->first_time = time;
  if (c->compared == 0 || error >= c->error) {
    c->error = error;
    c->error_time = time;
  }
  c->compared++;
}

static int on_output(void *self, const mf_output *m)
{
  mf_claims *all = self;
  if (all->record) MF_TRY(mf_claims_record_row(all));
  if (!(m->purpose & MF_AT_CLAIM)) return MF_OK;
  MF_TRY(mf_reference_at(all->reference, m->time));
  for (int i = 0; i < all->count; i++) {
    mf_claim *c = &all->claim[i];
    if (!mf_claim_of_field(c) || !mf_claim_at(c, m->time, all->problem->end)) continue;
    double error = 0;
    MF_TRY(field_error(c, m, &error));
    take_error(c, m->time, error);
  }
  return MF_OK;
}

mf_observer mf_claims_observer(mf_claims *c)
{
  return (mf_observer){.self = c, .on_output = on_output};
}
