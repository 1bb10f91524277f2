/* Claims: statements of theory about a run, judged at every output. */
#include "postproc/claim.h"

#include "io/section.h"
#include "postproc/rates.h"
#include "postproc/reference.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what a claim says -------------------------------------------------------------------------------------- */

typedef enum { BOUND, NONINCREASING, CONSERVED, EXACT, RATE, DENSITY, LOG_RATIO, ORDER } claim_kind;
static const char *const kind_names[] = {"bound", "nonincreasing", "conserved", "exact",
                                         "rate",  "density",       "log_ratio", "order"};

typedef struct {
  const char *name, *reference;
  const mf_node *quantity, *bound, *exact, *rate, *density, *log_ratio, *order, *cells, *at;
  bool nonincreasing, conserved, absolute;
  double tolerance, floor, reach, from, to;
} options;

static const mf_param params[] = {
    {.key = "name", .kind = MF_TEXT, .offset = offsetof(options, name), .doc = "shown in reports"},
    {.key = "reference", .kind = MF_TEXT, .offset = offsetof(options, reference), .doc = "theorem or equation"},
    {.key = "quantity", .kind = MF_NODE, .offset = offsetof(options, quantity),
     .doc = "formula in the history's columns, t and the case's names"},
    {.key = "bound", .kind = MF_NODE, .offset = offsetof(options, bound), .doc = "formula in t"},
    {.key = "exact", .kind = MF_NODE, .offset = offsetof(options, exact), .doc = "formula in t"},
    {.key = "rate", .kind = MF_NODE, .offset = offsetof(options, rate), .doc = "number: asymptotic decay rate"},
    {.key = "density", .kind = MF_NODE, .offset = offsetof(options, density), .doc = "formula in x, y, z, t"},
    {.key = "log_ratio", .kind = MF_NODE, .offset = offsetof(options, log_ratio),
     .doc = "formula of log(dmu/dpi) in x, y, z, t"},
    {.key = "order", .kind = MF_NODE, .offset = offsetof(options, order), .doc = "number: order of convergence"},
    {.key = "cells", .kind = MF_NODE, .offset = offsetof(options, cells), .doc = "list of grids for `order`"},
    {.key = "at", .kind = MF_NODE, .offset = offsetof(options, at), .doc = "time or list of times to judge at"},
    {.key = "nonincreasing", .kind = MF_FLAG, .offset = offsetof(options, nonincreasing), .doc = "never rises"},
    {.key = "conserved", .kind = MF_FLAG, .offset = offsetof(options, conserved), .doc = "never changes"},
    {.key = "absolute", .kind = MF_FLAG, .offset = offsetof(options, absolute),
     .doc = "bound: not times q(0); exact, conserved: error not relative"},
    {.key = "tolerance", .kind = MF_REAL, .offset = offsetof(options, tolerance), .fallback = NAN, .min = 0,
     .max = DBL_MAX, .doc = "allowed slack (default: 10 time.rtol)"},
    {.key = "floor", .kind = MF_REAL, .offset = offsetof(options, floor), .fallback = NAN, .min = 0, .max = DBL_MAX,
     .doc = "values at or below it are not judged"},
    {.key = "reach", .kind = MF_REAL, .offset = offsetof(options, reach), .fallback = NAN, .min = 0, .max = DBL_MAX,
     .doc = "the quantity must have been followed below this"},
    {.key = "from", .kind = MF_REAL, .offset = offsetof(options, from), .fallback = NAN, .doc = "first time judged"},
    {.key = "to", .kind = MF_REAL, .offset = offsetof(options, to), .fallback = NAN, .doc = "last time judged"},
};
static const mf_param_table table = MF_PARAM_TABLE(params, options);

const mf_param_table *mf_claim_table(void)
{
  return &table;
}

enum { TIMES = 64 };

typedef struct {
  options say;
  const mf_node *node;
  claim_kind kind;
  mf_expression *quantity, *theory; /* theory: bound, exact or density */
  double number;                    /* rate or order */
  double at[TIMES];
  int times;
  double error, error_time; /* worst so far, of a field */
  mf_verdict verdict;
} claim;

struct mf_claims {
  mf_problem *problem;
  mf_reference *reference;
  claim *claim;
  int count;
};

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* Judged on a field during the run, not on the history after it. */
static bool of_field(const claim *c)
{
  return c->kind == DENSITY || c->kind == LOG_RATIO;
}

static int find_kind(claim *c)
{
  const options *o = &c->say;
  const bool given[] = {o->bound != NULL, o->nonincreasing,   o->conserved,        o->exact != NULL,
                        o->rate != NULL,  o->density != NULL, o->log_ratio != NULL};
  int kinds = 0;
  for (int k = 0; k < ORDER; k++)
    if (given[k]) {
      c->kind = (claim_kind)k;
      kinds++;
    }
  if (kinds != 1)
    return mf_node_error(c->node, "a claim says one of bound, nonincreasing, conserved, exact, rate, density, "
                                  "log_ratio; this one says %d",
                         kinds);
  if (o->order && c->kind != EXACT && !of_field(c))
    return mf_node_error(o->order, "an order needs `exact`, `density` or `log_ratio`, to take the error from");
  if (o->order && !o->cells)
    return mf_node_error(o->order, "an order needs `cells`: a list of grids, such as [[64, 64], [128, 128]]");
  if (!o->quantity && !of_field(c)) return mf_node_error(c->node, "this claim has no `quantity`");
  return MF_OK;
}

static int read_times(claim *c, mf_problem *p)
{
  const mf_node *at = c->say.at;
  if (of_field(c) && !at) return mf_node_error(c->node, "a field is judged at times: add `at`");
  const int count = !at ? 0 : at->kind == MF_SEQUENCE ? at->count : 1;
  if (count > TIMES) return mf_node_error(at, "%d times are more than the %d allowed", count, TIMES);
  for (int i = 0; i < count; i++) {
    const mf_node *node = at->kind == MF_SEQUENCE ? at->child[i] : at;
    MF_TRY(mf_scope_number(p->scope, node, &c->at[i]));
    if (c->at[i] < 0 || c->at[i] > p->end)
      return mf_node_error(node, "time %g is outside the run, [0, %g]", c->at[i], p->end);
    MF_TRY(mf_problem_add_time(p, c->at[i], MF_AT_CLAIM));
  }
  c->times = count;
  return MF_OK;
}

static int compile(claim *c, mf_problem *p)
{
  static const char *const axes[] = {"", "xt", "xyt", "xyzt"};
  const options *o = &c->say;
  if (o->quantity) MF_TRY(mf_expression_create(&c->quantity, p->scope, o->quantity, "t"));
  if (o->bound) MF_TRY(mf_expression_create(&c->theory, p->scope, o->bound, "t"));
  if (o->exact) MF_TRY(mf_expression_create(&c->theory, p->scope, o->exact, "t"));
  if (o->density) MF_TRY(mf_expression_create(&c->theory, p->scope, o->density, axes[p->grid.dim]));
  if (o->log_ratio) MF_TRY(mf_expression_create(&c->theory, p->scope, o->log_ratio, axes[p->grid.dim]));
  if (o->rate) MF_TRY(mf_scope_number(p->scope, o->rate, &c->number));
  if (o->order) MF_TRY(mf_scope_number(p->scope, o->order, &c->number));
  return MF_OK;
}

static const char *theory_text(const claim *c)
{
  const options *o = &c->say;
  const mf_node *const stated[] = {o->order, o->bound, o->exact, o->rate, o->density, o->log_ratio};
  for (size_t i = 0; i < sizeof stated / sizeof *stated; i++)
    if (stated[i]) return stated[i]->text;
  return c->kind == CONSERVED ? "constant" : "never rises";
}

static int read_claim(claim *c, const mf_node *node, mf_problem *p)
{
  c->node = node;
  MF_TRY(mf_section_read(node, "a claim", &table, p->scope, &c->say));
  MF_TRY(find_kind(c));
  MF_TRY(read_times(c, p));
  if (c->kind == LOG_RATIO && !p->target) return mf_node_error(c->say.log_ratio, "log_ratio needs a target");
  MF_TRY(compile(c, p));
  if (isnan(c->say.tolerance)) c->say.tolerance = 10 * p->tolerances.rtol;
  c->verdict = (mf_verdict){.name = c->say.name ? c->say.name : c->say.quantity ? c->say.quantity->text : "density",
                            .kind = kind_names[c->say.order ? ORDER : c->kind],
                            .reference = c->say.reference,
                            .theory = theory_text(c),
                            .tolerance = c->say.tolerance};
  return MF_OK;
}

/* Columns of the history become names in the problem's scope, so they may not be names already. */
static int declare_columns(mf_problem *p)
{
  int count;
  const mf_column *column = mf_diagnosis_columns(p->diagnosis, &count);
  for (int i = 0; i < count; i++) {
    double value;
    if (mf_scope_value(p->scope, column[i].name, &value))
      return mf_fail(MF_ECASE, "'%s' is a column of the history: give the parameter, formula or ode another name",
                     column[i].name);
    MF_TRY(mf_scope_set(p->scope, column[i].name, 0));
  }
  return MF_OK;
}

static int fill(mf_claims *c, mf_problem *p)
{
  const mf_node *node = p->claims;
  c->problem = p;
  if (node && node->kind != MF_SEQUENCE) return mf_node_error(node, "claims are a list: each begins with a dash");
  const int status = declare_columns(p);
  if (status) return mf_node_blame(mf_case_root(p->source), status);
  MF_TRY(mf_reference_create(&c->reference, p));
  const int count = node ? node->count : 0;
  MF_TRY(mf_objects_create(&c->claim, count, sizeof *c->claim));
  for (; c->count < count; c->count++) MF_TRY(read_claim(&c->claim[c->count], node->child[c->count], p));
  return MF_OK;
}

int mf_claims_create(mf_claims **out, mf_problem *p)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, p);
  if (status) {
    mf_claims_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_claims_free(mf_claims *c)
{
  if (!c) return;
  const int made = c->claim && c->problem->claims ? c->problem->claims->count : 0;
  for (int i = 0; i < made; i++) {
    mf_expression_free(c->claim[i].quantity);
    mf_expression_free(c->claim[i].theory);
  }
  mf_reference_free(c->reference);
  mf_release(c->claim);
  mf_release(c);
}

/* ---- densities, during the run ------------------------------------------------------------------------------ */

static bool is_at(const claim *c, double time, double end)
{
  for (int i = 0; i < c->times; i++)
    if (fabs(c->at[i] - time) <= 1e-12 * end) return true;
  return c->times == 0;
}

static int density_error(const claim *c, const mf_moment *m, double *error)
{
  const mf_state *s = m->report->state;
  *error = 0;
  for (ptrdiff_t i = 0; i < s->grid->cells; i++) {
    double x[MF_AXES], value;
    mf_grid_centre(s->grid, i, x);
    MF_TRY(mf_expression_at(c->theory, x, m->time, &value));
    *error += fabs(s->density[i] - value);
  }
  mf_grid_sum(s->grid, error, 1);
  *error *= s->grid->volume;
  return MF_OK;
}

/* Worst cell; relative to the formula's value unless the claim says `absolute`. */
static int log_ratio_error(const claim *c, const mf_moment *m, double *error)
{
  const mf_state *s = m->report->state;
  *error = 0;
  for (ptrdiff_t i = 0; i < s->grid->cells; i++) {
    double x[MF_AXES], value;
    mf_grid_centre(s->grid, i, x);
    MF_TRY(mf_expression_at(c->theory, x, m->time, &value));
    *error = fmax(*error, fabs(s->log_ratio[i] - value) / (c->say.absolute ? 1 : fabs(value)));
  }
  *error = -mf_grid_min(s->grid, -*error);
  return MF_OK;
}

static int on_output(void *self, const mf_moment *m)
{
  mf_claims *all = self;
  if (!(m->purpose & MF_AT_CLAIM)) return MF_OK;
  MF_TRY(mf_reference_at(all->reference, m->time));
  for (int i = 0; i < all->count; i++) {
    claim *c = &all->claim[i];
    if (!of_field(c) || !is_at(c, m->time, all->problem->end)) continue;
    double error;
    MF_TRY(c->kind == DENSITY ? density_error(c, m, &error) : log_ratio_error(c, m, &error));
    if (error >= c->error) {
      c->error = error;
      c->error_time = m->time;
    }
  }
  return MF_OK;
}

mf_observer mf_claims_observer(mf_claims *c)
{
  return (mf_observer){.self = c, .on_output = on_output};
}

/* ---- series ------------------------------------------------------------------------------------------------- */

/* What is judged: times, values of the quantity, and theory's values where there is a formula. */
typedef struct {
  int count;
  double *t, *q, *theory;
} series;

static void series_clear(series *s)
{
  mf_release(s->t);
  mf_release(s->q);
  mf_release(s->theory);
}

static int set_row(const mf_claims *all, const mf_history *h, int row)
{
  const double t = mf_history_value(h, row, 0);
  for (int k = 0; k < mf_history_columns(h); k++)
    MF_TRY(mf_scope_set(all->problem->scope, mf_history_column(h, k)->name, mf_history_value(h, row, k)));
  return mf_reference_at(all->reference, t);
}

static int evaluate(const mf_claims *all, const claim *c, const mf_history *h, series *s)
{
  const double origin[3] = {0, 0, 0};
  const int rows = mf_history_rows(h);
  MF_TRY(mf_reals_create(&s->t, rows));
  MF_TRY(mf_reals_create(&s->q, rows));
  MF_TRY(mf_reals_create(&s->theory, rows));
  for (int row = 0; row < rows; row++) {
    const double t = mf_history_value(h, row, 0);
    MF_TRY(set_row(all, h, row));
    s->t[row] = t;
    MF_TRY(mf_expression_at(c->quantity, origin, t, &s->q[row]));
    if (c->theory) MF_TRY(mf_expression_at(c->theory, origin, t, &s->theory[row]));
  }
  s->count = rows;
  return MF_OK;
}

static bool judged(const claim *c, const series *s, int row, double end)
{
  if (s->t[row] < c->say.from || s->t[row] > c->say.to) return false;
  if (c->kind == BOUND && !c->say.absolute && row == 0) return false; /* q(0) <= q(0) says nothing */
  return (isnan(c->say.floor) || fabs(s->q[row]) > c->say.floor) && is_at(c, s->t[row], end);
}

/* ---- judging ------------------------------------------------------------------------------------------------ */

static void note(claim *c, const char *text)
{
  mf_verdict *v = &c->verdict;
  const size_t used = strlen(v->note);
  snprintf(v->note + used, sizeof v->note - used, "%s%s", used ? "; " : "", text);
}

/* Slack of one row; `last` is the previous judged row or -1. */
static double row_slack(const claim *c, const series *s, int row, int last)
{
  const double q = s->q[row], q0 = s->q[0], scale = c->say.absolute ? 1 : fabs(c->kind == CONSERVED ? q0 : s->theory[row]);
  switch (c->kind) {
  case BOUND: return c->say.absolute ? q / s->theory[row] - 1 : q / (q0 * s->theory[row]) - 1;
  case NONINCREASING: return last < 0 ? -INFINITY : (q - s->q[last]) / fabs(s->q[last]);
  case CONSERVED: return fabs(q - q0) / scale;
  default: return fabs(q - s->theory[row]) / scale;
  }
}

static void judge_rows(claim *c, const series *s, double end)
{
  mf_verdict *v = &c->verdict;
  int last = -1;
  v->slack = -INFINITY;
  for (int row = 0; row < s->count; row++) {
    if (!judged(c, s, row, end)) continue;
    const double slack = row_slack(c, s, row, last);
    if (isnan(slack) || slack > v->slack) {
      v->slack = isnan(slack) ? INFINITY : slack;
      v->worst_time = s->t[row];
    }
    last = row;
  }
  if (last < 0) note(c, "no output is judged");
  v->measured = c->kind == BOUND ? 1 + v->slack : v->slack;
  v->holds = last >= 0 && v->slack <= v->tolerance;
}

/* Decades between the largest and the least positive judged value, and whether the least is low enough. */
static void judge_reach(claim *c, const series *s, double end)
{
  double high = 0, low = INFINITY;
  for (int row = 0; row < s->count; row++) {
    const double size = fabs(s->q[row]);
    if (!judged(c, s, row, end) || !(size > 0)) continue;
    high = fmax(high, size);
    low = fmin(low, size);
  }
  c->verdict.decades = high > 0 ? log10(high / low) : 0;
  if (isnan(c->say.reach) || low <= c->say.reach) return;
  char text[96];
  snprintf(text, sizeof text, "followed to %.3g only, not to %.3g", low, c->say.reach);
  note(c, text);
  c->verdict.holds = false;
}

static void judge_rate(claim *c, const series *s)
{
  mf_verdict *v = &c->verdict;
  const mf_rate_options o = {c->say.from, c->say.to, c->say.floor};
  mf_rate fit;
  if (mf_rate_fit(s->t, s->q, s->count, &o, &fit)) {
    note(c, mf_error());
    v->slack = INFINITY;
    v->measured = NAN;
    return;
  }
  v->measured = fit.rate;
  v->slack = fabs(fit.rate - c->number);
  v->worst_time = fit.to;
  v->decades = fit.decades;
  v->holds = v->slack <= v->tolerance;
  snprintf(v->note, sizeof v->note, "window [%.4g, %.4g], %.1f decades, floor %.3g, standard error %.1e, R^2 %.12f",
           fit.from, fit.to, fit.decades, fit.floor, fit.standard_error, fit.r2);
}

static int judge_series(mf_claims *all, claim *c, const mf_history *h)
{
  series s = {0};
  const int status = evaluate(all, c, h, &s);
  if (!status) {
    if (c->kind == RATE) judge_rate(c, &s);
    else judge_rows(c, &s, all->problem->end);
    if (c->kind != RATE) judge_reach(c, &s, all->problem->end);
    else if (!isnan(c->say.reach)) {
      const double decades = c->verdict.decades;
      judge_reach(c, &s, all->problem->end);
      c->verdict.decades = decades;
    }
  }
  series_clear(&s);
  return status;
}

static void judge_field(claim *c)
{
  mf_verdict *v = &c->verdict;
  v->measured = v->slack = c->error;
  v->worst_time = c->error_time;
  v->holds = c->error <= v->tolerance;
}

/* The error that an order is taken from. */
static int judge_one(mf_claims *all, claim *c, const mf_history *h)
{
  if (!of_field(c)) return judge_series(all, c, h);
  judge_field(c);
  return MF_OK;
}

/* ---- orders ------------------------------------------------------------------------------------------------- */

static void cells_text(const mf_node *grid, char *text, size_t size)
{
  if (grid->kind == MF_SCALAR) {
    snprintf(text, size, "grid.cells=[%s]", grid->text);
    return;
  }
  snprintf(text, size, "grid.cells=[");
  for (int a = 0; a < grid->count; a++) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", a ? ", " : "", grid->child[a]->text ? grid->child[a]->text : "?");
  }
  const size_t used = strlen(text);
  snprintf(text + used, size - used, "]");
}

static int run_again(mf_problem *p, int index, const volatile sig_atomic_t *stop, double *error)
{
  mf_claims *claims = NULL;
  mf_history *history = NULL;
  int status = mf_claims_create(&claims, p);
  if (!status) status = mf_run_history(p, &history);
  if (!status) {
    const mf_observer observer = mf_claims_observer(claims);
    status = mf_run(p, history, &observer, 1, stop);
  }
  if (!status) status = judge_one(claims, &claims->claim[index], history);
  if (!status) *error = claims->claim[index].verdict.measured;
  mf_history_free(history);
  mf_claims_free(claims);
  return status;
}

static int error_on(const mf_job *job, const char *cells, int index, const volatile sig_atomic_t *stop, double *error,
                    double *h)
{
  mf_case *source;
  mf_problem *p;
  MF_TRY(mf_job_open(job, &source));
  const int changed = mf_case_set(source, cells);
  if (changed) {
    mf_case_free(source);
    return changed;
  }
  MF_TRY(mf_problem_create(&p, source));
  *h = p->grid.h[0];
  const int status = run_again(p, index, stop, error);
  mf_problem_free(p);
  return status;
}

/* Error on every grid of `cells`; the order is that of the last two. */
static int judge_order(claim *c, int index, const mf_job *job, void (*tell)(const char *), const volatile sig_atomic_t *stop)
{
  mf_verdict *v = &c->verdict;
  double last_error = NAN, last_h = NAN, error = NAN, h = NAN;
  if (c->say.cells->kind != MF_SEQUENCE || c->say.cells->count < 2)
    return mf_node_error(c->say.cells, "an order needs two grids or more");
  for (int i = 0; i < c->say.cells->count; i++) {
    char cells[128], text[64];
    cells_text(c->say.cells->child[i], cells, sizeof cells);
    if (tell) tell(cells);
    last_error = error;
    last_h = h;
    MF_TRY(error_on(job, cells, index, stop, &error, &h));
    snprintf(text, sizeof text, "%s%.3e", i ? "" : "errors ", error);
    note(c, text);
  }
  v->measured = log(last_error / error) / log(last_h / h);
  v->slack = c->number - v->measured;
  v->decades = 0;
  v->holds = v->slack <= v->tolerance;
  return MF_OK;
}

int mf_claims_judge(mf_claims *c, const mf_history *history, const mf_job *job, void (*tell)(const char *text),
                    const volatile sig_atomic_t *stop)
{
  for (int i = 0; i < c->count; i++) {
    claim *one = &c->claim[i];
    MF_TRY(one->say.order ? judge_order(one, i, job, tell, stop) : judge_one(c, one, history));
  }
  return MF_OK;
}

int mf_claims_count(const mf_claims *c)
{
  return c->count;
}

const mf_verdict *mf_claims_verdict(const mf_claims *c, int index)
{
  return &c->claim[index].verdict;
}
