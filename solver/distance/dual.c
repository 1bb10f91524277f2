/* SPDX-License-Identifier: BSD-3-Clause */
/* Entropic transport: its dual by Newton's method with conjugate gradients. */
#include "solver/distance/dual.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "solver/distance/legendre.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { NEWTON_STEPS = 60, INNER_STEPS = 400, HALVINGS = 12, SELF_STEPS = 500 };

/* The arrays of one maximisation. */
typedef struct {
  const mf_dual *d;
  mf_soft *soft;
  ptrdiff_t cells;
  double *found;  /* A^T nu */
  double *defect; /* mu - A^T nu */
  double *step, *r, *p, *q, *trial;
  double value, residual; /* at phi, per eps */
} newton;

static int create(newton *n, const mf_dual *d, mf_soft *soft)
{
  *n = (newton){.d = d, .soft = soft, .cells = d->grid->cells};
  double **const room[] = {&n->found, &n->defect, &n->step, &n->r, &n->p, &n->q, &n->trial};
  for (size_t i = 0; i < sizeof room / sizeof *room; i++) MF_TRY(mf_reals_create(room[i], n->cells));
  return MF_OK;
}

static void release(newton *n)
{
  double *const room[] = {n->found, n->defect, n->step, n->r, n->p, n->q, n->trial};
  for (size_t i = 0; i < sizeof room / sizeof *room; i++) mf_release(room[i]);
}

/* ---- the dual at a potential ---- */

/* out = -T(phi + log mass). */
static int half_step(const newton *n, const double *phi, const double *log_mass, double *scratch, double *out)
{
  for (ptrdiff_t c = 0; c < n->cells; c++)
    scratch[c] = MF_IS_VACUUM(log_mass[c]) ? MF_VACUUM : phi[c] + log_mass[c];
  MF_TRY(mf_soft_transform(n->soft, n->d->eps, scratch, out));
  mf_each(n->cells, mf_each_scaled, -1, out, 0, NULL, out);
  return MF_OK;
}

static double pairing(const newton *n, const double *phi, const double *psi)
{
  return mf_field_dot(n->d->grid, phi, n->d->mass[0]) + mf_field_dot(n->d->grid, psi, n->d->mass[1]);
}

/* Value, plan and defect at phi; psi follows. */
static int evaluate(newton *n, const double *phi)
{
  const mf_dual *d = n->d;
  MF_TRY(half_step(n, phi, d->log_mass[0], n->q, d->psi));
  mf_soft_spread(n->soft, d->mass[1], n->found);
  mf_each(n->cells, mf_each_sum, 1, d->mass[0], -1, n->found, n->defect);
  n->value = pairing(n, phi, d->psi);
  n->residual = mf_field_sum_abs(d->grid, n->defect);
  return MF_OK;
}

/* Sinkhorn's sweep: phi from psi, psi and the rest from phi. */
static int sweep(newton *n, double *phi)
{
  MF_TRY(half_step(n, n->d->psi, n->d->log_mass[1], n->q, phi));
  return evaluate(n, phi);
}

/* ---- Newton's step ---- */

/* q = (diag(A^T nu) - A^T diag(nu) A) p; `trial` is scratch. */
static void apply(const newton *n)
{
  const mf_dual *d = n->d;
  mf_soft_mean(n->soft, n->p, n->trial);
  mf_each(n->cells, mf_each_product, 0, n->trial, 0, d->mass[1], n->trial);
  mf_soft_spread(n->soft, n->trial, n->q);
  for (ptrdiff_t c = 0; c < n->cells; c++) n->q[c] = n->found[c] * n->p[c] - n->q[c];
}

/* z = r / diagonal: of cells that the plan hardly reaches nothing is known, and nothing asked. */
static double preconditioned(const newton *n, double floor, double *z)
{
  for (ptrdiff_t c = 0; c < n->cells; c++) z[c] = n->found[c] > floor ? n->r[c] / n->found[c] : 0;
  return mf_field_dot(n->d->grid, n->r, z);
}

/* Solves for the step until |r| in the norm of the preconditioner has fallen by `forcing`. */
static void find_step(newton *n, double forcing)
{
  const mf_grid *grid = n->d->grid;
  const double floor = 1e-10 * mf_field_max(grid, n->found);
  memset(n->step, 0, (size_t)n->cells * sizeof *n->step);
  memcpy(n->r, n->defect, (size_t)n->cells * sizeof *n->r);
  double rz = preconditioned(n, floor, n->p);
  const double enough = forcing * forcing * rz;
  for (int k = 0; k < INNER_STEPS && rz > enough; k++) {
    apply(n);
    const double curvature = mf_field_dot(grid, n->p, n->q);
    if (!(curvature > 0)) break;
    mf_each(n->cells, mf_each_sum, 1, n->step, rz / curvature, n->p, n->step);
    mf_each(n->cells, mf_each_sum, 1, n->r, -rz / curvature, n->q, n->r);
    const double before = rz;
    rz = preconditioned(n, floor, n->q);
    mf_each(n->cells, mf_each_sum, 1, n->q, rz / before, n->p, n->p);
  }
}

/* Goes along the step as far as the dual rises, or its defect falls; false where it does neither. */
static int advance(newton *n, bool *better)
{
  double *phi = n->d->phi;
  const double value = n->value, residual = n->residual;
  double length = 1;
  *better = false;
  for (int k = 0; k < HALVINGS && !*better; k++, length *= 0.5) {
    mf_each(n->cells, mf_each_sum, 1, phi, length, n->step, n->trial);
    MF_TRY(half_step(n, n->trial, n->d->log_mass[0], n->q, n->d->psi));
    MF_TRY(sweep(n, n->trial));
    *better = n->value > value || n->residual < residual;
  }
  if (*better) memcpy(phi, n->trial, (size_t)n->cells * sizeof *phi);
  return *better ? MF_OK : evaluate(n, phi);
}

static int maximise(newton *n, double tolerance, mf_dual_result *out)
{
  for (out->sweeps = 0; out->sweeps < n->d->sweeps; out->sweeps++) MF_TRY(sweep(n, n->d->phi));
  bool better = true;
  for (; n->residual > tolerance && better && out->newton < NEWTON_STEPS; out->newton++) {
    find_step(n, fmin(0.1, n->residual));
    MF_TRY(advance(n, &better));
  }
  return MF_OK;
}

static int finish(const newton *n, double tolerance, int status, mf_dual_result *out)
{
  MF_TRY(status);
  out->value = n->d->eps * n->value;
  out->residual = n->residual;
  if (n->residual <= sqrt(tolerance)) return MF_OK;
  return mf_fail(MF_ENUMERIC,
                 "transport does not converge: a defect of mass of %.1e is left after %d Newton steps",
                 n->residual, out->newton);
}

/* ---- a measure and itself ---- */

static int average(newton *n, double tolerance, mf_dual_result *out)
{
  const mf_dual *d = n->d;
  for (n->residual = INFINITY; n->residual > tolerance && out->sweeps < SELF_STEPS; out->sweeps++) {
    MF_TRY(half_step(n, d->psi, d->log_mass[0], n->q, n->trial));
    for (ptrdiff_t c = 0; c < n->cells; c++) {
      n->defect[c] = d->mass[0][c] * expm1(d->psi[c] - n->trial[c]);
      n->r[c] = d->psi[c] + n->trial[c];
      d->psi[c] = 0.5 * n->r[c];
    }
    n->residual = mf_field_sum_abs(d->grid, n->defect);
    n->value = mf_field_dot(d->grid, n->r, d->mass[0]);
  }
  return MF_OK;
}

/* ---- both ---- */

typedef int method(newton *n, double tolerance, mf_dual_result *out);

static int solve(const mf_dual *d, mf_soft *soft, double tolerance, method *go, mf_dual_result *out)
{
  newton n;
  *out = (mf_dual_result){.value = NAN, .residual = NAN};
  int status = create(&n, d, soft);
  if (!status) status = go(&n, tolerance, out);
  status = finish(&n, tolerance, status, out);
  release(&n);
  return status;
}

int mf_dual_solve(const mf_dual *d, mf_soft *soft, double tolerance, mf_dual_result *out)
{
  return solve(d, soft, tolerance, maximise, out);
}

int mf_dual_solve_self(const mf_dual *d, mf_soft *soft, double tolerance, mf_dual_result *out)
{
  return solve(d, soft, tolerance, average, out);
}
