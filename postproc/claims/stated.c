/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run's file says of its own case. */
#include "postproc/claims/stated.h"

#include "postproc/rates/accuracy.h"
#include "solver/problem/problem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATES = 64 };

struct mf_stated {
  char *path, *text;   /* of the case */
  mf_case *source;     /* NULL: the file has none */
  mf_scope *scope;     /* constants and parameters */
  mf_problem *problem; /* built when a formula uses what only the whole problem knows: the gap */
  const mf_node *claim[RATES];
  int rates;
  mf_accuracy accuracy;
};

static void find_rates(mf_stated *s)
{
  const mf_node *claims = mf_node_get(mf_case_root(s->source), "claims");
  for (int i = 0; claims && claims->kind == MF_SEQUENCE && i < claims->count && s->rates < RATES; i++) {
    const mf_node *claim = claims->child[i];
    const mf_node *quantity = mf_node_get(claim, "quantity"), *rate = mf_node_get(claim, "rate");
    if (quantity && rate && quantity->kind == MF_SCALAR && rate->kind == MF_SCALAR)
      s->claim[s->rates++] = claim;
  }
}

static int fill(mf_stated *s, const char *path)
{
  MF_TRY(mf_text_copy(&s->path, path));
  MF_TRY(mf_scope_create(&s->scope));
  MF_TRY(mf_file_attribute(path, "case_yaml", &s->text));
  MF_TRY(mf_accuracy_read(path, &s->accuracy));
  if (!s->text[0]) return MF_OK;
  MF_TRY(mf_case_parse(&s->source, path, s->text));
  MF_TRY(mf_scope_add_parameters(s->scope, mf_node_get(mf_case_root(s->source), "parameters")));
  find_rates(s);
  return MF_OK;
}

int mf_stated_open(mf_stated **out, const char *path)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, path);
  if (status) {
    mf_stated_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_stated_free(mf_stated *s)
{
  if (!s) return;
  mf_problem_free(s->problem);
  mf_scope_free(s->scope);
  mf_case_free(s->source);
  mf_release(s->text);
  mf_release(s->path);
  mf_release(s);
}

mf_accuracy mf_stated_accuracy(const mf_stated *s)
{
  return s->accuracy;
}

int mf_stated_rates(const mf_stated *s)
{
  return s->rates;
}

/* The case's own scope, once the gap is needed. */
static int build(mf_stated *s)
{
  if (s->problem) return MF_OK;
  mf_case *again;
  MF_TRY(mf_case_parse(&again, s->path, s->text));
  return mf_problem_create(&s->problem, again);
}

static int value_of(mf_stated *s, const mf_node *node, double *value)
{
  const int status = mf_scope_number(s->scope, node, value);
  if (!status || !s->source || !mf_node_get(mf_case_root(s->source), "gap")) return status;
  MF_TRY(build(s));
  return mf_scope_number(s->problem->scope, node, value);
}

int mf_stated_rate_at(mf_stated *s, int index, mf_stated_rate *out)
{
  const mf_node *claim = s->claim[index], *name = mf_node_get(claim, "name");
  const mf_node *tolerance = mf_node_get(claim, "tolerance");
  *out = (mf_stated_rate){
      .name = name ? name->text : NULL, .quantity = mf_node_get(claim, "quantity")->text, .tolerance = NAN};
  if (tolerance && mf_scope_number(s->scope, tolerance, &out->tolerance)) out->tolerance = NAN;
  const int status = value_of(s, mf_node_get(claim, "rate"), &out->rate);
  if (status) out->rate = NAN;
  return status == MF_EMEMORY ? status : MF_OK;
}

/* The gap under a name of its own. */
static int compute_gap(mf_stated *s, double *gap)
{
  static const char name[] = "gap_of_the_grid";
  mf_case *again;
  mf_problem *p;
  char *text;
  const size_t size = strlen(s->text) + sizeof name + 16;
  MF_TRY(mf_objects_create(&text, (ptrdiff_t)size, 1));
  snprintf(text, size, "%s\ngap: %s\n", s->text, name);
  int status = mf_case_parse(&again, s->path, text);
  mf_release(text);
  MF_TRY(status);
  MF_TRY(mf_problem_create(&p, again));
  if (!mf_scope_value(p->scope, name, gap)) status = mf_fail(MF_ECASE, "%s: its flow has no gap", s->path);
  mf_problem_free(p);
  return status;
}

int mf_stated_gap(mf_stated *s, bool wanted, double *gap)
{
  const mf_node *named = s->source ? mf_node_get(mf_case_root(s->source), "gap") : NULL;
  *gap = NAN;
  if (wanted && !s->source) return mf_fail(MF_ECASE, "%s holds no case to compute a gap of", s->path);
  if (!named) return wanted ? compute_gap(s, gap) : MF_OK;
  if (!build(s) && mf_scope_value(s->problem->scope, named->text, gap)) return MF_OK;
  return wanted ? mf_fail(MF_ECASE, "%s: its gap cannot be worked out from this file", s->path) : MF_OK;
}

/* A case of one line, so that a formula of the command line has a place in messages. */
static int parse_option(mf_case **out, const char *option, const char *text)
{
  char line[1024];
  if ((size_t)snprintf(line, sizeof line, "value: %s", text) >= sizeof line)
    return mf_fail(MF_ECASE, "%s: more than %zu characters", option, sizeof line);
  return mf_case_parse(out, option, line);
}

/* The name `gap`, if a formula may have it and the case gives it to nothing else. */
static int define_gap(mf_stated *s, const char *text)
{
  static const char name[] = "gap";
  double value;
  if (!strstr(text, name) || mf_scope_value(s->scope, name, &value)) return MF_OK;
  MF_TRY(mf_stated_gap(s, true, &value));
  return mf_scope_set(s->scope, name, value);
}

int mf_stated_number(mf_stated *s, const char *option, const char *text, double *value)
{
  mf_case *line;
  MF_TRY(define_gap(s, text));
  MF_TRY(parse_option(&line, option, text));
  const int status = value_of(s, mf_node_get(mf_case_root(line), "value"), value);
  mf_case_free(line);
  return status;
}

static int set_row(mf_scope *scope, const mf_history *h, int row)
{
  for (int k = 0; k < mf_history_columns(h); k++)
    MF_TRY(mf_scope_set(scope, mf_history_column(h, k)->name, row < 0 ? 0 : mf_history_value(h, row, k)));
  return MF_OK;
}

/* Values of a formula, and their round-off, row by row. */
static int evaluate(mf_stated *s, const mf_history *h, const mf_node *formula, double *values,
                    double *round_off)
{
  const double origin[3] = {0, 0, 0};
  const mf_accuracy accuracy = mf_stated_accuracy(s);
  mf_expression *e;
  double *columns;
  MF_TRY(set_row(s->scope, h, -1));
  MF_TRY(mf_reals_create(&columns, mf_history_columns(h)));
  int status = mf_expression_create(&e, s->scope, formula, "t");
  for (int row = 0; !status && row < mf_history_rows(h); row++) {
    status = set_row(s->scope, h, row);
    if (!status && mf_expression_at_extended(e, origin, mf_history_value(h, row, 0), &values[row]))
      values[row] = NAN;
    if (status || !round_off) continue;
    mf_accuracy_of_row(h, &accuracy, row, columns);
    status = mf_accuracy_of_formula(s->scope, e, h, row, columns, values[row], &round_off[row]);
  }
  mf_expression_free(e);
  mf_release(columns);
  return status;
}

static int copy_column(mf_stated *s, const mf_history *h, int column, double *values, double *round_off)
{
  const mf_accuracy accuracy = mf_stated_accuracy(s);
  double *columns;
  MF_TRY(mf_reals_create(&columns, mf_history_columns(h)));
  for (int row = 0; row < mf_history_rows(h); row++) {
    values[row] = mf_history_value(h, row, column);
    mf_accuracy_of_row(h, &accuracy, row, columns);
    if (round_off) round_off[row] = columns[column];
  }
  mf_release(columns);
  return MF_OK;
}

int mf_stated_series(mf_stated *s, const mf_history *h, const char *formula, double *values,
                     double *round_off)
{
  const int column = mf_history_find(h, formula);
  if (column >= 0) return copy_column(s, h, column, values, round_off);
  mf_case *line;
  MF_TRY(parse_option(&line, "--quantity", formula));
  const int status = evaluate(s, h, mf_node_get(mf_case_root(line), "value"), values, round_off);
  mf_case_free(line);
  return status;
}
