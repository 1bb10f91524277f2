/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates of real runs against the gap: random targets and starts, every integrator, few and many decades.
 *
 * The gap of a run is the second eigenvalue of a dense symmetric matrix, found by Jacobi's rotations: nothing of
 * solver/observe/gap.c takes part.  For u = rho/pi the flow of KL is du/dt = L u, so that with S = sqrt(pi)
 *
 *    A = -S L S^-1,    A_cc = sum of w_f/pi_c over the faces of c,    A_cn = -w_f/sqrt(pi_c pi_n),
 *
 * and entropies decay at twice its second eigenvalue lambda, L1 and MMD at lambda; a spherical reaction adds beta to lambda.
 *
 * RATES_SEED and RATES_RUNS choose others, RATES_TABLE=1 prints them:
 *
 *    RATES_SEED=7 RATES_RUNS=300 RATES_TABLE=1 build/tests/test_rates_runs */
#include "operators/transport/face_weight.h"
#include "postproc/rates/accuracy.h"
#include "postproc/rates/rates.h"
#include "solver/run/run.h"
#include "tests/decays.h"
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 200, CELLS = 64, ROWS = 400 };

#define DO(call) ck_assert_msg((call) == MF_OK, "%s: %s", #call, mf_error())

/* ---- the gap ---- */

static double matrix[CELLS][CELLS];

static void fill_matrix(const mf_measure *pi)
{
  const mf_grid *g = pi->grid;
  double weight[CELLS];
  memset(matrix, 0, sizeof matrix);
  for (int axis = 0; axis < g->dim; axis++) {
    mf_face_weights(pi, MF_FACE_AUTO, axis, weight);
    for (int c = 0; c < (int)g->cells; c++) {
      const int x = c % (int)g->n[0], y = c / (int)g->n[0], at = axis ? y : x, n = (int)g->n[axis];
      if (at + 1 == n && !g->periodic[axis]) continue;
      const int next = axis ? (y + 1) % n * (int)g->n[0] + x : y * (int)g->n[0] + (x + 1) % n;
      matrix[c][c] += weight[c] / pi->density[c];
      matrix[next][next] += weight[c] / pi->density[next];
      matrix[c][next] -= weight[c] / sqrt(pi->density[c] * pi->density[next]);
      matrix[next][c] = matrix[c][next];
    }
  }
}

/* Annihilates entries (p, q), cycle after cycle, until none is left (Golub & Van Loan, 8.5). */
static void diagonalise(int n)
{
  for (int sweep = 0; sweep < 30; sweep++) {
    double off = 0, all = 0;
    for (int p = 0; p < n; p++)
      for (int q = 0; q < n; q++) *(p == q ? &all : &off) += matrix[p][q] * matrix[p][q];
    if (off < 1e-30 * all) return;
    for (int p = 0; p < n; p++)
      for (int q = p + 1; q < n; q++) {
        if (matrix[p][q] == 0) continue;
        const double tau = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
        const double t = (tau < 0 ? -1 : 1) / (fabs(tau) + hypot(1, tau)), c = 1 / hypot(1, t), s = t * c;
        for (int k = 0; k < n; k++) {
          const double a = matrix[k][p], b = matrix[k][q];
          matrix[k][p] = c * a - s * b;
          matrix[k][q] = s * a + c * b;
        }
        for (int k = 0; k < n; k++) {
          const double a = matrix[p][k], b = matrix[q][k];
          matrix[p][k] = c * a - s * b;
          matrix[q][k] = s * a + c * b;
        }
      }
  }
}

static double dense_gap(const mf_measure *pi)
{
  const int n = (int)pi->grid->cells;
  double least = INFINITY, next = INFINITY;
  fill_matrix(pi);
  diagonalise(n);
  for (int k = 0; k < n; k++) {
    next = fmin(next, fmax(least, matrix[k][k]));
    least = fmin(least, matrix[k][k]);
  }
  return next;
}

/* ---- runs ---- */

typedef struct {
  char text[2048], whole[3072]; /* without and with the times */
  const char *integrator;
  double beta, rtol;
} random_case;

/* A target of one to three bumps on a floor, a start anywhere, on a line or a small plane, with walls or without. */
static void draw_case(random_case *c, uint64_t *s)
{
  static const char *const integrators[] = {"auto", "bdf", "adams", "bdf"};
  const bool plane = uniform(s) < 0.25, reaction = uniform(s) < 0.3;
  const int bumps = 1 + (int)(3 * uniform(s)), integrator = (int)(4 * uniform(s));
  char target[512] = "0.02";
  for (int k = 0; k < bumps; k++) {
    const size_t used = strlen(target);
    snprintf(target + used, sizeof target - used, " + %.3f*exp(-((x - (%.3f))^2%s)/%.3f)", between(s, 0.2, 1),
             between(s, -2.5, 2.5), plane ? " + y^2" : "", between(s, 0.3, 2));
  }
  c->beta = reaction ? any_size(s, 0.05, 2) : 0;
  snprintf(c->text, sizeof c->text,
           "grid: {cells: %s, box: %s, boundary: %s}\n"
           "target: {density: \"%s\"}\n"
           "initial: {gaussian: {mean: %s, covariance: %.3f}}\n"
           "energy: kl\n"
           "geometry: {wasserstein: 1}\n",
           plane              ? "[8, 8]"
           : uniform(s) < 0.5 ? "[48]"
                              : "[61]",
           plane ? "[[-4, 4], [-4, 4]]" : "[[-4, 4]]", uniform(s) < 0.7 ? "wall" : "periodic", target,
           plane              ? "[0.5, 0.3]"
           : uniform(s) < 0.5 ? "[1.5]"
                              : "[-0.7]",
           plane ? between(s, 0.5, 0.7) : between(s, 0.1, 0.35));
  if (reaction) {
    char *end = strstr(c->text, "wasserstein: 1");
    snprintf(end, sizeof c->text - (size_t)(end - c->text), "wasserstein: 1, spherical_hellinger: %.17g}\n",
             c->beta);
  }
  c->integrator = reaction && integrator == 2 ? "splitting" : integrators[integrator];
  c->rtol = any_size(s, 1e-9, 1e-4);
}

static void open_case(random_case *c, double end, double output, mf_problem **p)
{
  mf_case *source;
  snprintf(c->whole, sizeof c->whole, "%stime: {end: %.9g, output: %.9g, integrator: %s, rtol: %.1e}\n",
           c->text, end, output, c->integrator, c->rtol);
  DO(mf_case_parse(&source, "case.yaml", c->whole));
  DO(mf_problem_create(p, source));
}

/* Runs a case: its history, its gap, and what is known of its accuracy. */
static void run_case(random_case *c, uint64_t *s, mf_history **h, mf_accuracy *accuracy, double *gap)
{
  mf_problem *p;
  open_case(c, 1, 1, &p);
  *gap = dense_gap(p->target) + c->beta;
  mf_problem_free(p);
  const double decades = any_size(s, 1, 20), end = decades * log(10) / (2 * *gap);
  open_case(c, end, end / any_size(s, 20, 200), &p);
  DO(mf_run_history(p, h));
  DO(mf_run(p, *h, NULL, 0, NULL));
  *accuracy = (mf_accuracy){p->integrator == MF_CHEBYSHEV ? 0 : p->tolerances.rtol, 1};
  mf_problem_free(p);
}

/* ---- the count ---- */

typedef struct {
  int given, held;
} tally;

static void judge(const mf_history *h, const mf_accuracy *accuracy, const char *name, double truth, tally *t,
                  const random_case *c)
{
  static double time[ROWS], q[ROWS], round_off[64], resolution[ROWS], drift[ROWS];
  const int rows = mf_history_rows(h), column = mf_history_find(h, name);
  ck_assert_int_lt(rows, ROWS);
  for (int i = 0; i < rows; i++) {
    time[i] = mf_history_value(h, i, 0);
    q[i] = mf_history_value(h, i, column);
    mf_accuracy_of_row(h, accuracy, i, round_off);
    resolution[i] = round_off[column];
  }
  mf_accuracy_drift(h, accuracy, drift);
  const mf_rate_options o = {NAN, NAN, NAN, resolution, drift};
  mf_rate r;
  const bool given = !mf_rate_fit(time, q, rows, &o, &r) && r.status == MF_RATE_GIVEN;
  const double rounding = 1e-12 * truth; /* of Jacobi's rotations */
  const bool held = given && r.lo <= truth + rounding && truth - rounding <= r.hi;
  t->given += given;
  t->held += held;
  if (!getenv("RATES_TABLE")) return;
  const double steps = mf_history_value(h, rows - 1, mf_history_find(h, "steps"));
  if (given)
    fprintf(
        stderr,
        "%s %s: off %+.1e, interval %+.1e %+.1e, integration %.1e, error over n rtol %.2g, %.1f decades\n",
        held ? "held  " : "MISSED", name, r.rate / truth - 1, r.lo / truth - 1, r.hi / truth - 1,
        r.integration / truth,
        accuracy->rtol > 0 ? fabs(r.rate - truth) * time[rows - 1] / (accuracy->rtol * steps) : 0, r.decades);
  else
    fprintf(stderr, "none   %s: %s\n", name, mf_error());
  if (given && !held) fputs(c->whole, stderr);
}

static int number(const char *name, int otherwise)
{
  const char *text = getenv(name);
  return text ? atoi(text) : otherwise;
}

START_TEST(intervals_hold_the_gap)
{
  static const char *const quadratic[] = {"kl", "chi2", "he2", "inclusive_kl"}, *const linear[] = {"l1",
                                                                                                   "mmd"};
  tally t = {0};
  const int runs = number("RATES_RUNS", RUNS);
  for (int i = 0; i < runs; i++) {
    uint64_t s = (uint64_t)number("RATES_SEED", 2026) * 7919u + (uint64_t)i;
    random_case c;
    mf_history *h;
    mf_accuracy accuracy;
    double gap;
    uniform(&s);
    draw_case(&c, &s);
    run_case(&c, &s, &h, &accuracy, &gap);
    judge(h, &accuracy, quadratic[i % 4], 2 * gap, &t, &c);
    judge(h, &accuracy, linear[i % 2], gap, &t, &c);
    mf_history_free(h);
  }
  if (getenv("RATES_TABLE"))
    fprintf(stderr, "%d of %d intervals hold the gap, of %d\n", t.held, t.given, 2 * runs);
  ck_assert_msg(t.held >= 0.95 * t.given, "%d of %d intervals hold the gap", t.held, t.given);
  ck_assert_int_ge(3 * t.given, 2 * runs); /* a third of 2 runs: half of the L1 see less than a decade */
}
END_TEST

int main(void)
{
  TCase *cases = tcase_create("runs");
  tcase_add_test(cases, intervals_hold_the_gap);
  Suite *suite = suite_create("rates of runs");
  suite_add_tcase(suite, cases);
  return mf_run_suite(suite);
}
