/* SPDX-License-Identifier: BSD-3-Clause */
/* Reference dynamics: the ordinary differential equations of a case's `odes` section.
 *
 * Each unknown is integrated relative to its own size S_i, so that units do not matter: CVODE's weights are
 * 1/(rtol (|y_i| + S_i/1000)).  S_i is the largest |y_i| so far, the start's, or where that is 0 what two steps of Euler
 * over a thousandth of the run make of it: one for what y_i drives itself to, one for what the others do. */
#include "postproc/claims/reference.h"

#include "io/language/section.h"

#include <math.h>
#include <string.h>

enum { ODES = 32 };

struct mf_reference {
  mf_scope *scope;
  int count;
  const char *name[ODES];
  mf_expression *rate[ODES];
  double start[ODES], now[ODES];
  double size[ODES]; /* S_i */
  mf_cvode *cvode;
  double from, end; /* no time beyond it is asked for */
};

typedef struct {
  double start;
  const mf_node *rate;
} options;

static const mf_param params[] = {
    {.key = "start",
     .kind = MF_REAL,
     .offset = offsetof(options, start),
     .required = true,
     .doc = "value at t = 0"},
    {.key = "rate",
     .kind = MF_NODE,
     .offset = offsetof(options, rate),
     .required = true,
     .doc = "formula of the derivative in t, the odes, parameters and formulas"},
};
static const mf_param_table table = MF_PARAM_TABLE(params, options);

static int set_values(const mf_reference *r, const double *y)
{
  for (int i = 0; i < r->count; i++) MF_TRY(mf_scope_set(r->scope, r->name[i], y[i]));
  return MF_OK;
}

static int rate(void *self, double t, const double *y, double *ydot)
{
  const mf_reference *r = self;
  const double origin[3] = {0, 0, 0};
  MF_TRY(set_values(r, y));
  for (int i = 0; i < r->count; i++) MF_TRY(mf_expression_at(r->rate[i], origin, t, &ydot[i]));
  return MF_OK;
}

static const double rtol = 1e-12;

static void weights(void *self, double t, const double *y, double *w)
{
  (void)t;
  mf_reference *r = self;
  const double share = 1e-3;
  for (int i = 0; i < r->count; i++) {
    r->size[i] = fmax(r->size[i], fabs(y[i]));
    w[i] = 1 / (rtol * (fabs(y[i]) + share * r->size[i]));
  }
}

static int find_sizes(mf_reference *r)
{
  const double step = 1e-3 * (r->end - r->from);
  double y[ODES], change[ODES];
  for (int i = 0; i < r->count; i++) {
    y[i] = r->start[i];
    r->size[i] = fabs(y[i]);
  }
  for (int k = 0; k < 2; k++) {
    MF_TRY(rate(r, r->from + k * step, y, change));
    for (int i = 0; i < r->count; i++) {
      y[i] += step * change[i];
      if (r->size[i] == 0) r->size[i] = fabs(y[i]);
    }
  }
  for (int i = 0; i < r->count; i++)
    if (!(r->size[i] > 0)) r->size[i] = 1;
  return MF_OK;
}

static int start(mf_reference *r)
{
  const mf_system system = {.self = r, .length = r->count, .rate = rate, .weights = weights};
  const mf_tolerances tolerances = {.rtol = rtol, .max_steps = 10000000};
  mf_cvode_free(r->cvode);
  r->cvode = NULL;
  return mf_cvode_create(&r->cvode, &system, &tolerances, r->from, r->start);
}

static int fill(mf_reference *r, const mf_problem *p)
{
  r->scope = p->scope;
  r->from = p->start;
  r->end = p->end;
  const int count = p->odes ? p->odes->count : 0;
  if (count > ODES) return mf_node_error(p->odes, "%d odes are more than the %d allowed", count, ODES);
  for (int i = 0; i < count; i++) {
    options o;
    const mf_node *node = p->odes->child[i];
    MF_TRY(mf_section_read(node, node->key, &table, p->scope, &o));
    r->name[i] = node->key;
    r->start[i] = o.start;
    MF_TRY(mf_expression_create(&r->rate[i], p->scope, o.rate, "t"));
    r->count = i + 1;
  }
  if (r->count) MF_TRY(find_sizes(r));
  return r->count ? start(r) : MF_OK;
}

int mf_reference_create(mf_reference **out, const mf_problem *p)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, p);
  if (status) {
    mf_reference_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_reference_free(mf_reference *r)
{
  if (!r) return;
  for (int i = 0; i < r->count; i++) mf_expression_free(r->rate[i]);
  mf_cvode_free(r->cvode);
  mf_release(r);
}

/* The integrator goes forward only; an earlier time than its last step covers starts it afresh. */
int mf_reference_at(mf_reference *r, double t)
{
  if (r->count == 0) return MF_OK;
  const double reached = mf_cvode_time(r->cvode), last = mf_cvode_step_size(r->cvode);
  if (t < reached - last) MF_TRY(start(r));
  while (mf_cvode_time(r->cvode) < t) MF_TRY(mf_cvode_step(r->cvode, r->end));
  MF_TRY(mf_cvode_at(r->cvode, t, r->now, NULL));
  return set_values(r, r->now);
}
