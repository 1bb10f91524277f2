/* SPDX-License-Identifier: BSD-3-Clause */
/* A case on a sequence of grids: errors, observed orders, Richardson's extrapolation. */
#include "postproc/claims/converge.h"

#include "postproc/claims/claim_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns that say something about the measure, not about the integrator. */
static const char *const watched[] = {"energy", "mass",   "mean_x", "mean_y",       "mean_z",
                                      "cov_xx", "cov_xy", "cov_yy", "cov_zz",       "l1",
                                      "mmd",    "kl",     "chi2",   "inclusive_kl", NULL};

static mf_convergence_series *find_series(mf_convergence *out, const char *name, bool exact)
{
  for (int i = 0; i < out->count; i++)
    if (!strcmp(out->series[i].name, name) && out->series[i].exact == exact) return &out->series[i];
  if (out->count == MF_SERIES) return NULL;
  mf_convergence_series *s = &out->series[out->count++];
  snprintf(s->name, sizeof s->name, "%s", name);
  s->exact = exact;
  return s;
}

static void put(mf_convergence *out, int level, const char *name, bool exact, double value)
{
  mf_convergence_series *s = find_series(out, name, exact);
  if (s) s->value[level] = value;
}

static int collect(mf_convergence *out, int level, mf_claims *claims, const mf_history *h)
{
  for (int i = 0; i < claims->count; i++) {
    mf_claim *c = &claims->claim[i];
    if (c->say.order || (c->kind != MF_EXACT && !mf_claim_of_field(c))) continue;
    MF_TRY(mf_claim_judge(claims, c, h));
    put(out, level, c->verdict.name, true, c->verdict.measured);
  }
  for (const char *const *name = watched; *name; name++) {
    const int column = mf_history_find(h, *name);
    if (column >= 0) put(out, level, *name, false, mf_history_value(h, mf_history_rows(h) - 1, column));
  }
  return MF_OK;
}

static int run(mf_convergence *out, int level, mf_problem *p, const volatile sig_atomic_t *stop)
{
  mf_claims *claims = NULL;
  mf_history *history = NULL;
  out->h[level] = p->grid.h[0];
  out->rtol[level] = p->tolerances.rtol;
  int status = mf_claims_run(p, stop, &claims, &history);
  if (!status) status = collect(out, level, claims, history);
  mf_history_free(history);
  mf_claims_free(claims);
  return status;
}

/* Assignments that coarsen the case `by` a power of two. */
static int coarsen(mf_case *source, const mf_problem *finest, int by)
{
  char cells[128] = "grid.cells=[", rtol[64];
  for (int a = 0; a < finest->grid.dim; a++) {
    const long n = (long)finest->grid.global[a];
    const size_t used = strlen(cells);
    if (n > 1 && n >> by < 2)
      return mf_fail(MF_ECASE,
                     "%ld cells cannot be halved %d times: ask for fewer levels, or begin with a finer grid",
                     n, by);
    snprintf(cells + used, sizeof cells - used, "%s%ld", a ? ", " : "", n > 1 ? n >> by : n);
  }
  snprintf(cells + strlen(cells), sizeof cells - strlen(cells), "]");
  snprintf(rtol, sizeof rtol, "time.rtol=%.17g", fmin(1e-3, finest->tolerances.rtol * pow(4, by)));
  MF_TRY(mf_case_set(source, cells));
  return mf_case_set(source, rtol);
}

static int run_level(mf_convergence *out, int level, const mf_job *job, const mf_problem *finest,
                     void (*tell)(const char *), const volatile sig_atomic_t *stop)
{
  mf_case *source;
  mf_problem *p;
  char text[96];
  MF_TRY(mf_job_open(job, &source));
  const int changed = coarsen(source, finest, out->levels - 1 - level);
  if (changed) {
    mf_case_free(source);
    return changed;
  }
  MF_TRY(mf_problem_create(&p, source));
  snprintf(text, sizeof text, "level %d of %d: %td cells", level + 1, out->levels, p->grid.global_cells);
  if (tell) tell(text);
  const int status = run(out, level, p, stop);
  mf_problem_free(p);
  return status;
}

/* Errors: e ~ h^k.  Values: differences ~ h^k, and the last value plus what the rest of the sequence would add. */
static void analyse(const mf_convergence *out, mf_convergence_series *s)
{
  const int n = out->levels;
  const double *q = s->value, ratio = log(2);
  s->order = s->extrapolated = s->uncertainty = NAN;
  if (s->exact) {
    s->order = log(q[n - 2] / q[n - 1]) / ratio;
    return;
  }
  if (n < 3) return;
  const double last = q[n - 1] - q[n - 2], before = q[n - 2] - q[n - 3];
  s->order = log(before / last) / ratio;
  const double factor = exp2(s->order) - 1;
  if (!isfinite(s->order) || factor <= 0) return;
  s->extrapolated = q[n - 1] + last / factor;
  s->uncertainty = fabs(last / factor);
}

int mf_converge(const mf_job *job, int levels, void (*tell)(const char *text),
                const volatile sig_atomic_t *stop, mf_convergence *out)
{
  mf_case *source;
  mf_problem *finest;
  if (levels < 2 || levels > MF_LEVELS)
    return mf_fail(MF_ECASE, "convergence is looked at on 2 to %d levels, not %d", MF_LEVELS, levels);
  *out = (mf_convergence){.levels = levels};
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&finest, source));
  int status = MF_OK;
  for (int level = 0; level < levels && !status; level++)
    status = run_level(out, level, job, finest, tell, stop);
  mf_problem_free(finest);
  for (int i = 0; i < out->count; i++) analyse(out, &out->series[i]);
  return status;
}
