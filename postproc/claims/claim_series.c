/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims: the values of a quantity over a run, beside theory's, as far as they are known.
 *
 * A column of the history is NAN where the measure has no such number, or where it is not resolved; a formula of it has no
 * value there and is not judged.  A formula without a value though every column has one is a mistake in the case. */
#include "postproc/claims/claim_parts.h"

#include <float.h>
#include <math.h>

int mf_claims_set_row(const mf_claims *all, const mf_history *h, int row)
{
  const double t = mf_history_value(h, row, 0);
  int columns;
  mf_diagnosis_columns(all->problem->diagnosis, &columns);
  for (int k = 0; k < columns; k++)
    MF_TRY(mf_scope_set(all->problem->scope, mf_history_column(h, k)->name, mf_history_value(h, row, k)));
  return mf_reference_at(all->reference, t);
}

bool mf_claim_judged(const mf_claim *c, double t, double q, double end)
{
  if (t < c->say.from || t > c->say.to || isnan(q)) return false;
  return (isnan(c->say.floor) || fabs(q) > c->say.floor) && mf_claim_at(c, t, end);
}

static bool row_is_whole(const mf_claims *all, const mf_history *h, int row)
{
  int columns;
  mf_diagnosis_columns(all->problem->diagnosis, &columns);
  for (int k = 0; k < columns; k++)
    if (!isfinite(mf_history_value(h, row, k))) return false;
  return true;
}

/* Value of a formula in the row that the scope has; NAN or infinite where the row is. */
static int value_in(mf_expression *e, double t, bool whole, double *value)
{
  const double origin[MF_AXES] = {0};
  if (whole) return mf_expression_at(e, origin, t, value);
  if (mf_expression_at_extended(e, origin, t, value)) *value = NAN;
  return MF_OK;
}

/* q(0) <= q(0) says nothing. */
static bool is_baseline(const mf_claim *c, int row)
{
  return row == 0 && ((c->kind == MF_BOUND && !c->say.absolute) || c->kind == MF_CONSERVED);
}

static int evaluate_row(const mf_claims *all, const mf_claim *c, const mf_history *h, int row,
                        mf_claim_series *s)
{
  const double t = mf_history_value(h, row, 0), end = all->problem->end;
  const bool whole = row_is_whole(all, h, row), formula = c->theory && c->kind != MF_WITHIN;
  MF_TRY(mf_claims_set_row(all, h, row));
  MF_TRY(value_in(c->quantity, t, whole, &s->q[row]));
  s->t[row] = t;
  s->judged[row] = mf_claim_judged(c, t, s->q[row], end) && !is_baseline(c, row);
  s->missing += mf_claim_judged(c, t, INFINITY, end) && isnan(s->q[row]);
  if (!formula || !s->judged[row]) return MF_OK;
  MF_TRY(value_in(c->theory, t, whole, &s->theory[row]));
  s->missing += isnan(s->theory[row]);
  s->judged[row] = !isnan(s->theory[row]);
  return MF_OK;
}

mf_accuracy mf_claims_accuracy(const mf_claims *all)
{
  const mf_problem *p = all->problem;
  return (mf_accuracy){.rtol = p->integrator == MF_CHEBYSHEV ? 0 : p->tolerances.rtol,
                       .mmd_scale = mf_diagnosis_mmd_scale(p->diagnosis)};
}

/* Round-off of the quantity in every row; `columns` is room for that of each. */
static int resolve(const mf_claims *all, const mf_claim *c, const mf_history *h, mf_claim_series *s,
                   double *columns)
{
  const mf_accuracy accuracy = mf_claims_accuracy(all);
  int known;
  mf_diagnosis_columns(all->problem->diagnosis, &known);
  for (int row = 0; row < s->count; row++) {
    mf_accuracy_of_row(h, &accuracy, row, columns);
    for (int k = known; k < mf_history_columns(h); k++) columns[k] = 0; /* what claims say is in no formula */
    MF_TRY(mf_claims_set_row(all, h, row));
    MF_TRY(mf_accuracy_of_formula(all->problem->scope, c->quantity, h, row, columns, s->q[row],
                                  &s->round_off[row]));
  }
  return MF_OK;
}

int mf_claim_series_create(mf_claim_series *s, const mf_claims *all, const mf_claim *c, const mf_history *h)
{
  *s = (mf_claim_series){.count = mf_history_rows(h)};
  MF_TRY(mf_reals_create(&s->t, s->count));
  MF_TRY(mf_reals_create(&s->q, s->count));
  MF_TRY(mf_reals_create(&s->theory, s->count));
  MF_TRY(mf_objects_create(&s->judged, s->count, sizeof *s->judged));
  for (int row = 0; row < s->count; row++) MF_TRY(evaluate_row(all, c, h, row, s));
  double *columns;
  MF_TRY(mf_reals_create(&s->round_off, s->count));
  MF_TRY(mf_reals_create(&columns, mf_history_columns(h)));
  const int status = resolve(all, c, h, s, columns);
  mf_release(columns);
  return status;
}

void mf_claim_series_clear(mf_claim_series *s)
{
  mf_release(s->t);
  mf_release(s->q);
  mf_release(s->theory);
  mf_release(s->round_off);
  mf_release(s->judged);
}

int mf_claim_series_judged(const mf_claim_series *s)
{
  int count = 0;
  for (int row = 0; row < s->count; row++) count += s->judged[row];
  return count;
}

mf_claim_range mf_claim_series_range(const mf_claim_series *s, bool from_start)
{
  mf_claim_range r = {.least = INFINITY, .high = -INFINITY, .low = INFINITY};
  for (int row = 0; row < s->count; row++) {
    const double q = s->q[row];
    if (!(s->judged[row] || (from_start && row == 0)) || !isfinite(q)) continue;
    r.high = fmax(r.high, q);
    r.low = fmin(r.low, q);
    r.largest = fmax(r.largest, fabs(q));
    if (q != 0) r.least = fmin(r.least, fabs(q));
  }
  return r;
}

bool mf_claim_range_moves(const mf_claim_range *r)
{
  const double round_off = 64 * DBL_EPSILON;
  return r->high - r->low > round_off * r->largest;
}

/* Two roundings of one measure are that close in L1: a few last bits of each cell, more where exponents are large. */
#define AT_REST 1e-13

static bool is_target(const mf_history *h, int l1, int mass)
{
  for (int row = 0; row < mf_history_rows(h); row++)
    if (!(mf_history_value(h, row, l1) <= AT_REST * mf_history_value(h, row, mass))) return false;
  return true;
}

/* Energies fall wherever there is motion. */
static bool is_level(const mf_history *h, int energy)
{
  const double start = mf_history_value(h, 0, energy);
  for (int row = 1; row < mf_history_rows(h); row++)
    if (!(fabs(mf_history_value(h, row, energy) - start) <= AT_REST * fabs(start))) return false;
  return true;
}

bool mf_claims_at_rest(const mf_history *h)
{
  const int l1 = mf_history_find(h, "l1"), mass = mf_history_find(h, "mass"),
            energy = mf_history_find(h, "energy");
  return l1 >= 0 ? is_target(h, l1, mass) : energy >= 0 && is_level(h, energy);
}
