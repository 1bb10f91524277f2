/* SPDX-License-Identifier: BSD-3-Clause */
/* The integrator on systems of three numbers: accuracy, errors and limits. */
#include "tests/flows.h"

/* y_i' = -k_i y_i, with mischief on demand. */
typedef struct {
  double k[3];
  int rates, fail_after, status; /* from the call after `fail_after` on, the rate returns this */
  int calls_after;
  bool once;
  int factor_status, jacobian_status;
  int linearised;
} decay;

static int decay_rate(void *self, double t, const double *v, double *out)
{
  decay *d = self;
  (void)t;
  d->rates++;
  if (d->status && d->rates > d->fail_after) {
    const int status = d->status;
    d->calls_after++;
    if (d->once) d->status = 0;
    return status < 0 ? mf_fail(status, "the rate broke") : status;
  }
  for (int i = 0; i < 3; i++) out[i] = -d->k[i] * v[i];
  return MF_OK;
}

static void decay_linearise(void *self, double t, const double *v)
{
  (void)t, (void)v;
  ((decay *)self)->linearised++;
}

static int decay_jacobian(void *self, double t, const double *v, double *jv)
{
  (void)t;
  const decay *d = self;
  if (d->jacobian_status) return mf_fail(d->jacobian_status, "the Jacobian broke");
  for (int i = 0; i < 3; i++) jv[i] = -d->k[i] * v[i];
  return MF_OK;
}

static double kept_gamma;
static int decay_factor(void *self, double t, double gamma)
{
  (void)t;
  const decay *d = self;
  kept_gamma = gamma;
  return d->factor_status ? mf_fail(d->factor_status, "the factors broke") : MF_OK;
}

static void decay_solve(void *self, const double *r, double *out)
{
  const decay *d = self;
  for (int i = 0; i < 3; i++) out[i] = r[i] / (1 + kept_gamma * d->k[i]);
}

static const double start[3] = {1, -2, 0.5};

static mf_system decay_system(decay *d, bool implicit)
{
  mf_system s = {.self = d, .length = 3, .stiff = implicit, .rate = decay_rate};
  if (!implicit) return s;
  s.linearise = decay_linearise;
  s.jacobian = decay_jacobian;
  s.factor = decay_factor;
  s.solve = decay_solve;
  return s;
}

static mf_cvode *integrator(const mf_system *system, double rtol, long max_steps)
{
  mf_cvode *i;
  const mf_tolerances tolerances = {.rtol = rtol, .atol = rtol * 1e-6, .max_steps = max_steps};
  DO(mf_cvode_create(&i, system, &tolerances, 0, start));
  return keep(AN_INTEGRATOR, i);
}

START_TEST(exponentials_decay)
{
  decay d = {.k = {1, 0.3, 2}};
  const double rtol = 1e-8;
  const mf_system s = decay_system(&d, _i);
  mf_cvode *i = integrator(&s, rtol, 10000);
  double v[3], slope[3];
  at("%s", _i ? "BDF" : "Adams");
  DO(mf_cvode_at(i, 0, v, slope)); /* the start needs no step */
  SAME(v, start, 3, 0);
  for (int j = 0; j < 3; j++) HOLDS(slope[j] == -d.k[j] * start[j]);
  HOLDS(mf_cvode_time(i) == 0);
  for (double before = 0; mf_cvode_time(i) < 5; before = mf_cvode_time(i)) {
    DO(mf_cvode_step(i, 5));
    const double t = mf_cvode_time(i);
    HOLDS(t > before && t <= 5);
    CLOSE(mf_cvode_step_size(i), t - before, 1e-12);
    for (int part = 0; part <= 4; part++) { /* anywhere in the step */
      const double when = before + 0.25 * part * (t - before);
      DO(mf_cvode_at(i, when, v, slope));
      for (int j = 0; j < 3; j++) {
        CLOSE(v[j], start[j] * exp(-d.k[j] * when), spread * rtol);
        CLOSE(slope[j], -d.k[j] * start[j] * exp(-d.k[j] * when), 100 * spread * rtol); /* one order less */
      }
    }
  }
  HOLDS(mf_cvode_time(i) == 5);
  ck_assert_int_eq(mf_cvode_at(i, 1, v, NULL), MF_ENUMERIC); /* long gone */
  ck_assert_ptr_nonnull(strstr(mf_error(), "t = 1 is not within the last step"));
  mf_counters n;
  mf_cvode_counters(i, &n);
  HOLDS(n.steps > 10 && n.rates >= n.steps && n.order > 1 && n.newton > 0 && (n.krylov > 0) == (_i == 1));
}
END_TEST

/* Factors and products at one point share a linearisation; a linear system needs one in all. */
START_TEST(linearisations_are_shared)
{
  for (int linear = 0; linear < 2; linear++) {
    decay d = {.k = {1, 100, 1e4}};
    mf_system s = decay_system(&d, true);
    s.linear = linear;
    mf_cvode *i = integrator(&s, 1e-6, 10000);
    mf_counters n;
    while (mf_cvode_time(i) < 5) DO(mf_cvode_step(i, 5));
    mf_cvode_counters(i, &n);
    at("linear %d: %d linearisations, %ld Newton iterations", linear, d.linearised, n.newton);
    HOLDS(linear ? d.linearised == 1 : d.linearised > 1 && d.linearised <= n.newton);
  }
}
END_TEST

/* Rates 1e6 apart: implicit steps are not held to the fast one. */
START_TEST(stiff_systems_take_long_steps)
{
  decay d = {.k = {1, 1e3, 1e6}};
  mf_system s = decay_system(&d, true);
  for (int plain = 0; plain < 2; plain++) {
    if (plain)
      s.linearise = NULL, s.jacobian = NULL, s.factor = NULL, s.solve = NULL; /* CVODE's own difference */
    mf_cvode *i = integrator(&s, 1e-6, 10000);
    double v[3];
    while (mf_cvode_time(i) < 3) DO(mf_cvode_step(i, 3));
    DO(mf_cvode_at(i, 3, v, NULL));
    at("without Jacobian: %d", plain);
    CLOSE(v[0], exp(-3), spread * 1e-6);
    mf_counters n;
    mf_cvode_counters(i, &n);
    HOLDS(n.steps < 2000); /* stability of an explicit method would ask for 1.5e6 */
  }
}
END_TEST

/* CVODE hands on a fatal status not always; the first one is kept, with its message, and nothing more is called. */
START_TEST(fatal_status_is_kept)
{
  static const int codes[] = {MF_EFILE, MF_EMEMORY, MF_ESTOPPED, MF_ENUMERIC};
  for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
    decay d = {.k = {1, 2, 3}, .fail_after = 30, .status = codes[k]};
    const mf_system s = decay_system(&d, _i);
    mf_cvode *i = integrator(&s, 1e-6, 10000);
    int status = MF_OK;
    while (!status && mf_cvode_time(i) < 100) status = mf_cvode_step(i, 100);
    at("%s, status %d", _i ? "BDF" : "Adams", codes[k]);
    ck_assert_int_eq(status, codes[k]);
    ck_assert_int_eq(d.calls_after, 1);
    HOLDS(strstr(mf_error(), "the rate broke") != NULL);
    ck_assert_int_eq(mf_cvode_step(i, 100), codes[k]);
    ck_assert_int_eq(d.calls_after, 1);
  }
}
END_TEST

START_TEST(fatal_status_of_the_linear_algebra_is_kept)
{
  for (int which = 0; which < 2; which++) {
    decay d = {.k = {1, 2, 3}};
    *(which ? &d.jacobian_status : &d.factor_status) = MF_EFILE;
    const mf_system s = decay_system(&d, true);
    mf_cvode *i = integrator(&s, 1e-6, 10000);
    int status = MF_OK;
    while (!status && mf_cvode_time(i) < 10) status = mf_cvode_step(i, 10);
    ck_assert_int_eq(status, MF_EFILE);
    HOLDS(strstr(mf_error(), which ? "the Jacobian broke" : "the factors broke") != NULL);
  }
}
END_TEST

/* A rate that asks for a smaller step gets one; one that asks for ever is given up. */
START_TEST(retries_are_granted)
{
  for (int once = 1; once >= 0; once--) {
    decay d = {.k = {1, 2, 3}, .fail_after = 20, .status = MF_RETRY, .once = once};
    const mf_system s = decay_system(&d, _i);
    mf_cvode *i = integrator(&s, 1e-7, 10000);
    int status = MF_OK;
    while (!status && mf_cvode_time(i) < 1) status = mf_cvode_step(i, 1);
    at("%s, once %d", _i ? "BDF" : "Adams", once);
    ck_assert_int_eq(status, once ? MF_OK : MF_ENUMERIC);
    if (!once) {
      HOLDS(strstr(mf_error(), "gave up at t = ") != NULL && strstr(mf_error(), "CV_") != NULL);
      continue;
    }
    double v[3];
    DO(mf_cvode_at(i, 1, v, NULL));
    for (int j = 0; j < 3; j++) CLOSE(v[j], start[j] * exp(-d.k[j]), spread * 1e-7);
  }
}
END_TEST

START_TEST(steps_are_limited)
{
  decay d = {.k = {1, 2, 3}};
  const mf_system s = decay_system(&d, _i);
  mf_cvode *i = integrator(&s, 1e-6, 7);
  for (int k = 0; k < 7; k++) DO(mf_cvode_step(i, 100));
  ck_assert_int_eq(mf_cvode_step(i, 100), MF_ENUMERIC);
  HOLDS(strstr(mf_error(), "7 steps were not enough") && strstr(mf_error(), "of 100 reached") &&
        strstr(mf_error(), "time.max_steps"));
}
END_TEST

START_TEST(order_and_step_size_are_limited)
{
  decay d = {.k = {1, 2, 3}};
  const mf_system s = decay_system(&d, _i);
  const mf_tolerances tolerances = {
      .rtol = 1e-4, .atol = 1e-9, .max_order = 2, .max_steps = 100000, .max_step = 0.01};
  mf_cvode *i;
  DO(mf_cvode_create(&i, &s, &tolerances, 0, start));
  keep(AN_INTEGRATOR, i);
  while (mf_cvode_time(i) < 1) {
    mf_counters n;
    DO(mf_cvode_step(i, 1));
    mf_cvode_counters(i, &n);
    HOLDS(n.order <= 2 && mf_cvode_step_size(i) <= 0.01 * (1 + 1e-12));
  }
}
END_TEST

/* BDF keeps what the projection keeps, here the sum of two numbers that exchange mass but leak a little; Adams is left
 * alone. */
static int leak_rate(void *self, double t, const double *v, double *out)
{
  (void)self, (void)t;
  out[0] = v[1] - v[0];
  out[1] = v[0] - v[1] - 1e-3 * v[1];
  out[2] = 0;
  return MF_OK;
}

static void leak_project(void *self, double t, const double *v, double *corr, double *error)
{
  (void)t;
  const double excess = v[0] + v[1] - (start[0] + start[1]);
  ++*(int *)self;
  corr[0] = corr[1] = -0.5 * excess;
  corr[2] = 0;
  if (!error) return;
  const double mean = 0.5 * (error[0] + error[1]);
  error[0] -= mean;
  error[1] -= mean;
}

START_TEST(projections_are_made_with_bdf)
{
  int projections = 0;
  const mf_system s = {
      .self = &projections, .length = 3, .stiff = _i, .rate = leak_rate, .project = leak_project};
  mf_cvode *i = integrator(&s, 1e-8, 10000);
  double v[3];
  while (mf_cvode_time(i) < 2) DO(mf_cvode_step(i, 2));
  DO(mf_cvode_at(i, 2, v, NULL));
  HOLDS((projections > 0) == (_i == 1));
  if (_i)
    CLOSE(v[0] + v[1], start[0] + start[1], 1e-12); /* interpolation between projected points keeps sums */
  else
    HOLDS(fabs(v[0] + v[1] - (start[0] + start[1])) > 1e-4);
}
END_TEST

START_TEST(integrator_knows_its_library)
{
  HOLDS(mf_cvode_library()[0] >= '6' && mf_cvode_library()[1] == '.');
  mf_cvode_free(NULL);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("integrate");
  TCase *all = tcase_create("integrate");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, linearisations_are_shared);
  tcase_add_loop_test(all, exponentials_decay, 0, 2);
  tcase_add_test(all, stiff_systems_take_long_steps);
  tcase_add_loop_test(all, fatal_status_is_kept, 0, 2);
  tcase_add_test(all, fatal_status_of_the_linear_algebra_is_kept);
  tcase_add_loop_test(all, retries_are_granted, 0, 2);
  tcase_add_loop_test(all, steps_are_limited, 0, 2);
  tcase_add_loop_test(all, order_and_step_size_are_limited, 0, 2);
  tcase_add_loop_test(all, projections_are_made_with_bdf, 0, 2);
  tcase_add_test(all, integrator_knows_its_library);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
