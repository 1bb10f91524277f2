/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims about orders of convergence: the same run on several grids. */
#include "postproc/claims/claim_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void cells_text(const mf_node *grid, char *text, size_t size)
{
  if (grid->kind == MF_SCALAR) {
    snprintf(text, size, "grid.cells=[%s]", grid->text);
    return;
  }
  snprintf(text, size, "grid.cells=[");
  for (int a = 0; a < grid->count; a++) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", a ? ", " : "",
             grid->child[a]->text ? grid->child[a]->text : "?");
  }
  const size_t used = strlen(text);
  snprintf(text + used, size - used, "]");
}

static int run_again(mf_problem *p, int index, const volatile sig_atomic_t *stop, double *error)
{
  mf_claims *claims = NULL;
  mf_history *history = NULL;
  int status = mf_claims_run(p, stop, &claims, &history);
  if (!status) status = mf_claim_judge(claims, &claims->claim[index], history);
  if (!status) *error = claims->claim[index].verdict.measured;
  mf_history_free(history);
  mf_claims_free(claims);
  return status;
}

static int error_on(const mf_job *job, const char *cells, int index, const volatile sig_atomic_t *stop,
                    double *error, double *h)
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

int mf_claim_judge_order(mf_claim *c, int index, const mf_job *job, void (*tell)(const char *),
                         const volatile sig_atomic_t *stop)
{
  mf_verdict *v = &c->verdict;
  double last_error = NAN, last_h = NAN, error = NAN, h = NAN;
  for (int i = 0; i < c->say.cells->count; i++) {
    char cells[128], text[64];
    cells_text(c->say.cells->child[i], cells, sizeof cells);
    if (tell) tell(cells);
    last_error = error;
    last_h = h;
    MF_TRY(error_on(job, cells, index, stop, &error, &h));
    snprintf(text, sizeof text, "%s%.3e", i ? "" : "errors ", error);
    mf_claim_note(c, text);
  }
  v->measured = log(last_error / error) / log(last_h / h);
  v->slack = c->number - v->measured;
  v->decades = 0;
  v->holds = v->slack <= v->tolerance;
  return MF_OK;
}
