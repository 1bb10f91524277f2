/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims during the run: fields against formulas, and what the history's file gets of claims.
 *
 * The error of a `density` is sum |rho_i - rho(x_i, t)| / sum |rho(x_i, t)| over the cells i, x_i their centres: a share of
 * theory's mass; v sum |rho_i - rho(x_i, t)| if the claim is `absolute`. */
#include "postproc/claims/claim_parts.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
  if (all->record) MF_TRY(mf_claims_record_row(all, mf_history_rows(all->record) - 1));
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

/* ---- checkpoints ---- */

/* What a claim remembers of fields that are gone. */
enum { COMPARED, ERROR, ERROR_TIME, FIRST_TIME, UNRESOLVED, MEMORY };

/* What makes a claim the same one: its name and what it says. */
static int identify(const mf_claims *all, char **text)
{
  size_t size = 1, used = 0;
  for (int i = 0; i < all->count; i++) {
    const mf_verdict *v = &all->claim[i].verdict;
    size += strlen(v->name) + strlen(v->kind) + strlen(v->theory) + 64;
  }
  MF_TRY(mf_objects_create(text, (ptrdiff_t)size, 1));
  for (int i = 0; i < all->count; i++) {
    const mf_verdict *v = &all->claim[i].verdict;
    used += (size_t)snprintf(*text + used, size - used, "%s|%s|%s|%.17g\n", v->name, v->kind, v->theory,
                             all->claim[i].say.tolerance);
  }
  return MF_OK;
}

static int save(void *self, mf_checkpoint *c)
{
  const mf_claims *all = self;
  double *memory;
  char *names = NULL;
  if (all->count == 0) return MF_OK;
  MF_TRY(mf_reals_create(&memory, (ptrdiff_t)all->count * MEMORY));
  for (int i = 0; i < all->count; i++) {
    const mf_claim *claim = &all->claim[i];
    double *m = memory + (ptrdiff_t)i * MEMORY;
    m[COMPARED] = claim->compared;
    m[ERROR] = claim->error;
    m[ERROR_TIME] = claim->error_time;
    m[FIRST_TIME] = claim->first_time;
    m[UNRESOLVED] = claim->unresolved;
  }
  int status = mf_checkpoint_put(c, "claims_memory", memory, (ptrdiff_t)all->count * MEMORY);
  if (!status) status = identify(all, &names);
  if (!status) status = mf_checkpoint_put_text(c, "claims", names);
  mf_release(names);
  mf_release(memory);
  return status;
}

/* Fields that are gone can be compared with no new claim. */
static void begin_late(const mf_claims *all, const mf_checkpoint *c)
{
  double time;
  bool fields = false;
  for (int i = 0; i < all->count; i++) fields = fields || mf_claim_of_field(&all->claim[i]);
  if (fields && !mf_checkpoint_get_number(c, "time", &time))
    mf_warn("the claims have changed: those on fields are judged on what comes after t = %.6g alone", time);
}

static void recall(mf_claim *claim, const double *m)
{
  claim->compared = (int)m[COMPARED];
  claim->error = m[ERROR];
  claim->error_time = m[ERROR_TIME];
  claim->first_time = m[FIRST_TIME];
  claim->unresolved = m[UNRESOLVED];
}

static int restore_fields(mf_claims *all, const mf_checkpoint *c)
{
  char *names;
  double *memory;
  MF_TRY(identify(all, &names));
  const bool same = !strcmp(names, mf_checkpoint_text(c, "claims"));
  mf_release(names);
  if (!same) {
    begin_late(all, c);
    return MF_OK;
  }
  MF_TRY(mf_reals_create(&memory, (ptrdiff_t)all->count * MEMORY));
  const int status = mf_checkpoint_get(c, "claims_memory", memory, (ptrdiff_t)all->count * MEMORY);
  for (int i = 0; i < all->count && !status; i++) recall(&all->claim[i], memory + (ptrdiff_t)i * MEMORY);
  mf_release(memory);
  return status;
}

/* The columns come from the rows anew, which may be those of other claims. */
static int restore(void *self, const mf_checkpoint *c)
{
  mf_claims *all = self;
  if (all->count > 0) MF_TRY(restore_fields(all, c));
  for (int i = 0; all->record && i < mf_history_rows(all->record); i++) MF_TRY(mf_claims_record_row(all, i));
  return MF_OK;
}

mf_observer mf_claims_observer(mf_claims *c)
{
  return (mf_observer){.self = c, .on_output = on_output, .save = save, .restore = restore};
}
