/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims: reading them from a case. */
#include "postproc/claims/claim_parts.h"

#include "io/language/section.h"

#include <float.h>
#include <math.h>

static const mf_param params[] = {
    {.key = "name", .kind = MF_TEXT, .offset = offsetof(mf_claim_options, name), .doc = "shown in reports"},
    {.key = "reference",
     .kind = MF_TEXT,
     .offset = offsetof(mf_claim_options, reference),
     .doc = "theorem or equation"},
    {.key = "quantity",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, quantity),
     .doc = "formula in the history's columns, t and the case's names"},
    {.key = "bound", .kind = MF_NODE, .offset = offsetof(mf_claim_options, bound), .doc = "formula in t"},
    {.key = "above",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, above),
     .doc = "formula in t: a lower bound"},
    {.key = "exact", .kind = MF_NODE, .offset = offsetof(mf_claim_options, exact), .doc = "formula in t"},
    {.key = "rate",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, rate),
     .doc = "number: asymptotic decay rate"},
    {.key = "density",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, density),
     .doc = "formula in x, y, z, t: its value at the centres of cells, with which the density is compared"},
    {.key = "log_ratio",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, log_ratio),
     .doc = "formula of log(dmu/dpi) in x, y, z, t"},
    {.key = "within",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, within),
     .doc = "formula in the initial values: latest time at which the quantity may fall to `reach`"},
    {.key = "constant",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, constant),
     .doc =
         "{above: a, below: b}: what the best c of D >= c (F - inf F) is between, on the grid; needs no run"},
    {.key = "order",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, order),
     .doc = "number: order of convergence"},
    {.key = "cells",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, cells),
     .doc = "list of grids for `order`; three show whether there is one"},
    {.key = "at",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, at),
     .doc = "time or list of times to judge at"},
    {.key = "along",
     .kind = MF_NODE,
     .offset = offsetof(mf_claim_options, along),
     .doc = "list of formulas in t, a point: density and log_ratio are judged there"},
    {.key = "nonincreasing",
     .kind = MF_FLAG,
     .offset = offsetof(mf_claim_options, nonincreasing),
     .doc = "never rises"},
    {.key = "conserved",
     .kind = MF_FLAG,
     .offset = offsetof(mf_claim_options, conserved),
     .doc = "never changes"},
    {.key = "absolute",
     .kind = MF_FLAG,
     .offset = offsetof(mf_claim_options, absolute),
     .doc = "bound: not times q(0); exact, conserved, fields: error not relative"},
    {.key = "tolerance",
     .kind = MF_REAL,
     .offset = offsetof(mf_claim_options, tolerance),
     .fallback = NAN,
     .min = 0,
     .max = DBL_MAX,
     .doc = "allowed slack (default: 10 time.rtol; more for rates and conserved formulas in t, by the run's "
            "steps)"},
    {.key = "floor",
     .kind = MF_REAL,
     .offset = offsetof(mf_claim_options, floor),
     .fallback = NAN,
     .min = 0,
     .max = DBL_MAX,
     .doc = "values at or below it are not judged"},
    {.key = "reach",
     .kind = MF_REAL,
     .offset = offsetof(mf_claim_options, reach),
     .fallback = NAN,
     .min = 0,
     .max = DBL_MAX,
     .doc = "the quantity must have been followed below this"},
    {.key = "from",
     .kind = MF_REAL,
     .offset = offsetof(mf_claim_options, from),
     .fallback = NAN,
     .doc = "first time judged"},
    {.key = "to",
     .kind = MF_REAL,
     .offset = offsetof(mf_claim_options, to),
     .fallback = NAN,
     .doc = "last time judged"},
};
static const mf_param_table table = MF_PARAM_TABLE(params, mf_claim_options);

const mf_param_table *mf_claim_table(void)
{
  return &table;
}

static int find_kind(mf_claim *c)
{
  const mf_claim_options *o = &c->say;
  const bool given[] = {o->bound != NULL,  o->above != NULL,   o->nonincreasing,   o->conserved,
                        o->exact != NULL,  o->rate != NULL,    o->density != NULL, o->log_ratio != NULL,
                        o->within != NULL, o->constant != NULL};
  int kinds = 0;
  for (int k = 0; k < MF_ORDER; k++)
    if (given[k]) {
      c->kind = (mf_claim_kind)k;
      kinds++;
    }
  if (kinds != 1)
    return mf_node_error(c->node,
                         "a claim says one of bound, above, nonincreasing, conserved, exact, rate, density, "
                         "log_ratio, within, constant; this one says %d",
                         kinds);
  if (o->order && c->kind != MF_EXACT && !mf_claim_of_field(c))
    return mf_node_error(o->order,
                         "an order needs `exact`, `density` or `log_ratio`, to take the error from");
  if (o->order && !o->cells)
    return mf_node_error(o->order, "an order needs `cells`: a list of grids, such as [[64, 64], [128, 128]]");
  if (o->along && !mf_claim_of_field(c))
    return mf_node_key_error(o->along, "`along` goes with `density` or `log_ratio`");
  if (o->within && isnan(o->reach))
    return mf_node_error(c->node, "`within` needs a `reach`: the value to fall to");
  if (o->quantity && c->kind == MF_CONSTANT)
    return mf_node_key_error(o->quantity, "a claim about the constant has no quantity");
  if (!o->quantity && !mf_claim_of_field(c) && c->kind != MF_CONSTANT)
    return mf_node_error(c->node, "this claim has no `quantity`");
  return MF_OK;
}

static int read_times(mf_claim *c, mf_problem *p)
{
  const mf_node *at = c->say.at;
  if (mf_claim_of_field(c) && !at) return mf_node_error(c->node, "a field is judged at times: add `at`");
  const int count = !at ? 0 : at->kind == MF_SEQUENCE ? at->count : 1;
  if (at && count == 0) return mf_node_error(at, "`at` lists no times");
  if (count > MF_CLAIM_TIMES)
    return mf_node_error(at, "%d times are more than the %d allowed", count, MF_CLAIM_TIMES);
  for (int i = 0; i < count; i++) {
    const mf_node *node = at->kind == MF_SEQUENCE ? at->child[i] : at;
    MF_TRY(mf_scope_number(p->scope, node, &c->at[i]));
    if (c->at[i] < p->start || c->at[i] > p->end)
      return mf_node_error(node, "time %g is outside the run, [%g, %g]", c->at[i], p->start, p->end);
    MF_TRY(mf_problem_add_time(p, c->at[i], MF_AT_CLAIM));
  }
  c->times = count;
  return MF_OK;
}

/* Every entry of `cells` is a grid of the problem's dimension. */
static int check_cells(const mf_claim *c, const mf_problem *p)
{
  const mf_node *cells = c->say.cells;
  if (!c->say.order) return cells ? mf_node_key_error(cells, "`cells` goes with `order`") : MF_OK;
  if (cells->kind != MF_SEQUENCE || cells->count < 2)
    return mf_node_error(cells, "an order needs two grids or more, such as [[64, 64], [128, 128]]");
  for (int i = 0; i < cells->count; i++) {
    const mf_node *grid = cells->child[i];
    const int axes = grid->kind == MF_SEQUENCE ? grid->count : 1;
    if (axes != p->grid.dim)
      return mf_node_error(grid, "a grid with %d axes, where the case has %d", axes, p->grid.dim);
    for (int a = 0; a < axes; a++) {
      double n;
      const mf_node *number = grid->kind == MF_SEQUENCE ? grid->child[a] : grid;
      MF_TRY(mf_scope_number(p->scope, number, &n));
      if (!(n >= 1) || n != floor(n)) return mf_node_error(number, "%g is no number of cells", n);
    }
  }
  return MF_OK;
}

/* One formula per axis. */
static int compile_point(mf_claim *c, const mf_problem *p)
{
  const mf_node *along = c->say.along;
  const int given = along->kind == MF_SEQUENCE ? along->count : 1;
  if (given != p->grid.dim)
    return mf_node_error(along, "a point with %d coordinates, where the case has %d", given, p->grid.dim);
  for (int a = 0; a < given; a++)
    MF_TRY(mf_expression_create(&c->along[a], p->scope, along->kind == MF_SEQUENCE ? along->child[a] : along,
                                "t"));
  return MF_OK;
}

/* Theory's rate at both ends of the gap's enclosure, between which it is taken to be monotone: they are close. */
static int read_width(mf_claim *c, const mf_problem *p)
{
  const mf_named_gap *gap = &p->gap;
  const double end[2] = {gap->lower, gap->upper};
  c->number_lo = c->number_hi = c->number;
  for (int k = 0; k < 2 && gap->name; k++) {
    double number;
    MF_TRY(mf_scope_set(p->scope, gap->name, end[k]));
    MF_TRY(mf_scope_number(p->scope, c->say.rate, &number));
    c->number_lo = fmin(c->number_lo, number);
    c->number_hi = fmax(c->number_hi, number);
  }
  return gap->name ? mf_scope_set(p->scope, gap->name, gap->value) : MF_OK;
}

static int read_rate(mf_claim *c, const mf_problem *p)
{
  MF_TRY(mf_scope_number(p->scope, c->say.rate, &c->number));
  if (c->number == 0)
    return mf_node_error(
        c->say.rate, "a rate of 0 has no size that a measured one could be compared with: say `conserved`, "
                     "`nonincreasing`, or a bound");
  return read_width(c, p);
}

static int compile(mf_claim *c, mf_problem *p)
{
  static const char *const axes[] = {"", "xt", "xyt", "xyzt"};
  const mf_claim_options *o = &c->say;
  if (o->quantity) MF_TRY(mf_expression_create(&c->quantity, p->scope, o->quantity, "t"));
  if (o->bound) MF_TRY(mf_expression_create(&c->theory, p->scope, o->bound, "t"));
  if (o->above) MF_TRY(mf_expression_create(&c->theory, p->scope, o->above, "t"));
  if (o->exact) MF_TRY(mf_expression_create(&c->theory, p->scope, o->exact, "t"));
  if (o->density) MF_TRY(mf_expression_create(&c->theory, p->scope, o->density, axes[p->grid.dim]));
  if (o->log_ratio) MF_TRY(mf_expression_create(&c->theory, p->scope, o->log_ratio, axes[p->grid.dim]));
  if (o->within) MF_TRY(mf_expression_create(&c->theory, p->scope, o->within, ""));
  if (o->along) MF_TRY(compile_point(c, p));
  if (o->rate) MF_TRY(read_rate(c, p));
  if (o->order) MF_TRY(mf_scope_number(p->scope, o->order, &c->number));
  return MF_OK;
}

static const char *theory_text(const mf_claim *c)
{
  const mf_claim_options *o = &c->say;
  if (c->kind == MF_CONSTANT) return c->constant.text;
  const mf_node *const stated[] = {o->order, o->bound,   o->above,     o->exact,
                                   o->rate,  o->density, o->log_ratio, o->within};
  for (size_t i = 0; i < sizeof stated / sizeof *stated; i++)
    if (stated[i]) return stated[i]->text;
  return c->kind == MF_CONSERVED ? "constant" : "never rises";
}

static int read_claim(mf_claim *c, const mf_node *node, mf_problem *p)
{
  c->node = node;
  MF_TRY(mf_section_read(node, "a claim", &table, p->scope, &c->say));
  MF_TRY(find_kind(c));
  MF_TRY(read_times(c, p));
  MF_TRY(check_cells(c, p));
  if (c->kind == MF_OF_LOG_RATIO && !p->target)
    return mf_node_error(c->say.log_ratio, "log_ratio needs a target");
  MF_TRY(compile(c, p));
  const bool follows_run =
      c->kind == MF_RATE || c->kind == MF_CONSERVED; /* the default is worked out from the run */
  if (c->kind == MF_CONSTANT) MF_TRY(mf_claim_read_constant(c, p));
  if (isnan(c->say.tolerance) && !follows_run) c->say.tolerance = 10 * p->tolerances.rtol;
  c->first_time = NAN;
  c->verdict = (mf_verdict){.name = c->say.name       ? c->say.name
                                    : c->say.quantity ? c->say.quantity->text
                                    : c->say.constant ? "constant"
                                                      : "density",
                            .kind = mf_claim_kinds()[c->say.order ? MF_ORDER : c->kind],
                            .reference = c->say.reference,
                            .theory = theory_text(c),
                            .finding = MF_EMPTY,
                            .measured = NAN,
                            .slack = NAN,
                            .absolute = c->say.absolute,
                            .tolerance = c->say.tolerance,
                            .worst_time = NAN,
                            .first_time = NAN};
  return MF_OK;
}

/* The key under which the case defines a name. */
static const mf_node *definition(const mf_problem *p, const char *name)
{
  static const char *const sections[] = {"parameters", "formulas", "odes"};
  const mf_node *root = mf_case_root(p->source);
  for (int i = 0; i < 3; i++) {
    const mf_node *section = mf_node_get(root, sections[i]);
    const mf_node *found = section ? mf_node_get(section, name) : NULL;
    if (found) return found;
  }
  return NULL;
}

/* Columns of the history become names in the problem's scope, so they may not be names already. */
static int declare_columns(mf_problem *p)
{
  int count;
  const mf_column *column = mf_diagnosis_columns(p->diagnosis, &count);
  for (int i = 0; i < count; i++) {
    double value;
    const mf_node *taken = definition(p, column[i].name);
    if (taken)
      return mf_node_key_error(taken, "'%s' is a column of the history: give this another name",
                               column[i].name);
    if (mf_scope_value(p->scope, column[i].name, &value))
      return mf_fail(MF_ECASE, "'%s' is a column of the history: give the data or the gap another name",
                     column[i].name);
    MF_TRY(mf_scope_set(p->scope, column[i].name, 0));
  }
  return MF_OK;
}

static int fill(mf_claims *c, mf_problem *p)
{
  const mf_node *node = p->claims;
  c->problem = p;
  if (node && node->kind != MF_SEQUENCE)
    return mf_node_error(node, "claims are a list: each begins with a dash");
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
    for (int a = 0; a < MF_AXES; a++) mf_expression_free(c->claim[i].along[a]);
  }
  mf_reference_free(c->reference);
  mf_release(c->claim);
  mf_release(c);
}
