/* SPDX-License-Identifier: BSD-3-Clause */
/* The curves of a history: which quantities, what claims say of them, and the rates at which they decay. */
#include "postproc/figures/plot_parts.h"

#include "io/netcdf/history.h"

#include <stdlib.h>
#include <string.h>

#define FALLS 0.1 /* a quantity that is worth a logarithmic axis unasked falls to this share of its start */

static const char *attribute(const mf_history *h, int column, const char *name)
{
  const char *text = mf_history_attribute(h, column, name);
  return text ? text : "";
}

static bool is_kind(const mf_history *h, int column, const char *kind)
{
  return !strcmp(attribute(h, column, "kind"), kind);
}

static int column_values(const mf_history *h, int column, double **values)
{
  const int rows = mf_history_rows(h);
  MF_TRY(mf_reals_create(values, rows));
  for (int r = 0; r < rows; r++) (*values)[r] = mf_history_value(h, r, column);
  return MF_OK;
}

/* ---- what claims say ---- */

/* Claim `claim` is about the curve in `column`: that is its own column, or its quantity is that column's
 * name. */
static bool is_about(const mf_history *h, int claim, int column)
{
  return claim == column || !strcmp(attribute(h, claim, "quantity"), mf_history_column(h, column)->name);
}

static double number_attribute(const mf_history *h, int column, const char *name)
{
  const char *text = mf_history_attribute(h, column, name);
  return text ? strtod(text, NULL) : NAN;
}

/* The column theory_N of claim_N, or -1. */
static int theory_column(const mf_history *h, int claim)
{
  char name[64];
  const char *number = strchr(mf_history_column(h, claim)->name, '_');
  snprintf(name, sizeof name, "theory%s", number ? number : "");
  return mf_history_find(h, name);
}

/* Rows at which theory states something that a logarithmic axis can show. */
static int stated_rows(const mf_history *h, int claim)
{
  const int column = theory_column(h, claim);
  int rows = 0;
  for (int r = 0; column >= 0 && r < mf_history_rows(h); r++) rows += mf_history_value(h, r, column) > 0;
  return rows;
}

static int add_theory(mf_curve *c, const mf_history *h, int claim, const char *kind)
{
  const int column = theory_column(h, claim);
  if (stated_rows(h, claim) < 2 || c->theories == MF_THEORIES) return MF_OK;
  double *values;
  MF_TRY(column_values(h, column, &values));
  const char *reference = attribute(h, claim, "reference");
  const bool relative = !strcmp(kind, "bound") && !*attribute(h, claim, "absolute");
  mf_curve_theory *t = &c->theory[c->theories];
  const char *verdict = attribute(h, claim, "verdict"); /* only what does not hold is worth a word */
  const bool doubtful = *verdict && strcmp(verdict, "holds") != 0;
  snprintf(t->text, sizeof t->text, "%s %.60s%s%s%.60s%s%s", !strcmp(kind, "above") ? "lower bound" : kind,
           attribute(h, claim, "theory"), relative ? " times the start" : "", *reference ? ": " : "",
           reference, doubtful ? ", " : "", doubtful ? verdict : "");
  t->value = c->store[c->theories++] = values;
  return MF_OK;
}

/* The first claim on the rate: its number, its window and its floor. */
static void take_rate(mf_curve *c, const mf_history *h, int claim, mf_rate_options *o)
{
  const int column = theory_column(h, claim);
  if (column < 0 || !isnan(c->stated_rate)) return;
  for (int r = 0; r < mf_history_rows(h) && isnan(c->stated_rate); r++)
    c->stated_rate = mf_history_value(h, r, column);
  *o = (mf_rate_options){.from = number_attribute(h, claim, "from"),
                         .to = number_attribute(h, claim, "to"),
                         .floor = number_attribute(h, claim, "floor")};
}

static int collect_theory(mf_curve *c, const mf_history *h, int column, mf_rate_options *o)
{
  static const char *const drawn[] = {"bound", "above", "exact"};
  for (int k = 0; k < mf_history_columns(h); k++) {
    if (!*attribute(h, k, "kind") || !is_about(h, k, column)) continue;
    for (int i = 0; i < 3; i++)
      if (is_kind(h, k, drawn[i])) MF_TRY(add_theory(c, h, k, drawn[i]));
    if (is_kind(h, k, "rate")) take_rate(c, h, k, o);
  }
  return MF_OK;
}

/* ---- rates ---- */

static int fit_rate(mf_curve *c, const mf_curves *all, int column, mf_rate_options *o)
{
  const mf_history *h = all->history;
  double *drift, *resolution, *columns; /* of every row; of every column in one row */
  MF_TRY(mf_reals_create(&drift, 2 * (ptrdiff_t)all->rows + mf_history_columns(h)));
  resolution = drift + all->rows;
  columns = resolution + all->rows;
  mf_accuracy_drift(h, &all->accuracy, drift);
  for (int row = 0; row < all->rows; row++) {
    mf_accuracy_of_row(h, &all->accuracy, row, columns);
    resolution[row] = columns[column];
  }
  o->drift = drift;
  o->resolution = resolution;
  c->fitted = !mf_rate_fit(all->time, c->value, all->rows, o, &c->fit);
  mf_release(drift);
  return MF_OK;
}

/* As many digits of x as an interval of that width leaves, and two more. */
static int digits_of(double x, double width)
{
  const double error = fmax(width, 1e-9 * fabs(x));
  return (int)fmin(fmax(2 + floor(log10(fabs(x) / error)), 3), 9);
}

/* The rate with its interval, or the power of an algebraic decay. */
void mf_curve_rate_text(const mf_curve *c, char *text, size_t size)
{
  const mf_rate *f = &c->fit;
  const bool algebraic = f->status == MF_RATE_ALGEBRAIC;
  const double value = algebraic ? f->power : f->rate, lo = algebraic ? f->power_lo : f->lo,
               hi = algebraic ? f->power_hi : f->hi;
  const int digits = digits_of(value, hi - lo);
  snprintf(text, size, "%s %#.*g in [%.*g, %.*g] for t in [%.4g, %.4g]",
           algebraic ? "no rate, power" : "rate", digits, value, digits, lo, digits, hi, f->from, f->to);
  const size_t used = strlen(text);
  if (!isnan(c->stated_rate)) snprintf(text + used, size - used, " (theory: rate %.8g)", c->stated_rate);
}

/* ---- which ---- */

static int add_curve(mf_curves *all, int column)
{
  const mf_history *h = all->history;
  const mf_column *info = mf_history_column(h, column);
  const char *formula = attribute(h, column, "quantity");
  mf_rate_options o = MF_RATE_AUTOMATIC;
  mf_curve *c = &all->curve[all->count++];
  *c = (mf_curve){.stated_rate = NAN};
  snprintf(c->name, sizeof c->name, "%.150s", *formula ? formula : info->name);
  snprintf(c->label, sizeof c->label, "%.150s", *formula ? formula : info->long_name);
  snprintf(c->units, sizeof c->units, "%.30s", info->units);
  MF_TRY(column_values(h, column, &c->value));
  MF_TRY(collect_theory(c, h, column, &o));
  return fit_rate(c, all, column, &o);
}

static bool falls(const mf_history *h, int column)
{
  double first = NAN, least = INFINITY;
  for (int r = 0; r < mf_history_rows(h); r++) {
    const double value = mf_history_value(h, r, column);
    if (!(value > 0)) continue;
    if (isnan(first)) first = value;
    least = fmin(least, value);
  }
  return least < FALLS * first;
}

static bool is_there(const mf_curves *all, const char *name)
{
  for (int i = 0; i < all->count; i++)
    if (!strcmp(all->curve[i].name, name)) return true;
  return false;
}

/* The column that a claim's quantity names, or the claim's own. */
static int claimed_column(const mf_history *h, int claim)
{
  const int column = mf_history_find(h, attribute(h, claim, "quantity"));
  return column < 0 ? claim : column;
}

/* Claims that bound, state values, a rate or a time to fall; of those that only say that something never
 * rises, plain columns. */
static bool is_about_decay(const mf_history *h, int claim)
{
  if (is_kind(h, claim, "bound")) return !*attribute(h, claim, "absolute");
  if (is_kind(h, claim, "exact")) return stated_rows(h, claim) > 1;
  if (is_kind(h, claim, "nonincreasing")) return claimed_column(h, claim) != claim;
  return is_kind(h, claim, "rate") || is_kind(h, claim, "within");
}

static int choose(mf_curves *all)
{
  static const char *const usual[] = {"kl", "mmd", "l1"};
  const mf_history *h = all->history;
  for (int k = 0; k < mf_history_columns(h) && all->count < MF_CURVES; k++) {
    if (!is_about_decay(h, k)) continue;
    const int column = claimed_column(h, k);
    if (falls(h, column) && !is_there(all, attribute(h, k, "quantity"))) MF_TRY(add_curve(all, column));
  }
  if (all->count > 0) return MF_OK;
  for (int i = 0; i < 3; i++) {
    const int column = mf_history_find(h, usual[i]);
    if (column >= 0 && falls(h, column)) MF_TRY(add_curve(all, column));
  }
  const int energy = mf_history_find(h, "energy");
  return all->count == 0 && energy >= 0 ? add_curve(all, energy) : MF_OK;
}

static int unknown(const mf_history *h, const char *name)
{
  const char **names, *near = NULL;
  const int count = mf_history_columns(h);
  if (!mf_objects_create(&names, count, sizeof *names)) {
    for (int k = 0; k < count; k++) names[k] = mf_history_column(h, k)->name;
    near = mf_nearest(name, names, count);
    mf_release(names);
  }
  return mf_fail(MF_ECASE, "there is no column '%s' in the history%s%s%s", name,
                 near ? "; did you mean '" : "", near ? near : ", such as energy or kl", near ? "'?" : "");
}

static int take_named(mf_curves *all, const mf_plot *plot)
{
  for (int i = 0; i < plot->quantities; i++) {
    const int column = mf_history_find(all->history, plot->quantity[i]);
    if (column < 0) return unknown(all->history, plot->quantity[i]);
    if (column == 0) return mf_fail(MF_ECASE, "time is what quantities are drawn over");
    if (all->count == MF_CURVES) return mf_fail(MF_ECASE, "a picture has at most %d quantities", MF_CURVES);
    MF_TRY(add_curve(all, column));
  }
  return MF_OK;
}

static int measure(mf_curves *all)
{
  all->least = INFINITY;
  all->greatest = 0;
  for (int i = 0; i < all->count; i++)
    for (int r = 0; r < all->rows; r++) {
      const double value = all->curve[i].value[r];
      if (!(value > 0) || !isfinite(value)) continue;
      all->least = fmin(all->least, value);
      all->greatest = fmax(all->greatest, value);
    }
  if (all->greatest > 0) return MF_OK;
  return mf_fail(
      MF_ECASE,
      "nothing to draw on a logarithmic axis: no value is positive; name other quantities with --quantity");
}

static int fill(mf_curves *all, const mf_plot *plot, const char *path)
{
  char label[MF_CURVE_TEXT];
  MF_TRY(mf_history_read(&all->history, path));
  MF_TRY(mf_file_attribute(path, "title", &all->title));
  MF_TRY(mf_accuracy_read(path, &all->accuracy));
  const mf_column *time = mf_history_column(all->history, 0);
  mf_plot_label("flow time t", time->units, label, sizeof label);
  MF_TRY(mf_text_copy(&all->time_label, label));
  all->rows = mf_history_rows(all->history);
  if (all->rows < 2) return mf_fail(MF_EFILE, "%s: it has %d rows, too few to draw", path, all->rows);
  MF_TRY(column_values(all->history, 0, &all->time));
  MF_TRY(plot->quantities > 0 ? take_named(all, plot) : choose(all));
  return measure(all);
}

int mf_curves_read(mf_curves *c, const mf_plot *plot)
{
  char *path = NULL;
  *c = (mf_curves){.count = 0};
  MF_TRY(mf_plot_path(plot->run, "_history.nc", &path));
  const int status = fill(c, plot, path);
  mf_release(path);
  return status;
}

void mf_curves_clear(mf_curves *c)
{
  for (int i = 0; i < c->count; i++) {
    mf_release(c->curve[i].value);
    for (int k = 0; k < MF_THEORIES; k++) mf_release(c->curve[i].store[k]);
  }
  mf_history_free(c->history);
  mf_release(c->title);
  mf_release(c->time_label);
  mf_release(c->time);
  *c = (mf_curves){.count = 0};
}
