/* Exponential rates from samples: made-up decays whose rate is known. */
#include "postproc/rates.h"
#include "tests/suite.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { COUNT = 321 };

static const double rate = 1.4973633; /* of the double well in cases/, twice the gap */
static double t[COUNT], q[COUNT];

static void set_times(void)
{
  for (int i = 0; i < COUNT; i++) t[i] = 0.25 * i;
}

/* One rate with a faster mode in front, as every relaxation near equilibrium has it. */
static double decay(double time)
{
  return exp(-rate * time) * (1 + 0.5 * exp(-3 * time));
}

/* Close to a standard normal number: the sum of twelve uniform ones. */
static double normal(uint32_t *state)
{
  double sum = -6;
  for (int i = 0; i < 12; i++) {
    *state = *state * 1664525u + 1013904223u;
    sum += (*state >> 8) / 16777216.0;
  }
  return sum;
}

static mf_rate fitted(const mf_rate_options *o)
{
  mf_rate r;
  const int status = mf_rate_fit(t, q, COUNT, o, &r);
  ck_assert_msg(status == MF_OK, "%s", mf_error());
  ck_assert_int_ge(r.points, MF_RATE_POINTS);
  ck_assert_double_lt(r.from, r.to);
  return r;
}

START_TEST(skips_the_transient)
{
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]);
  const mf_rate r = fitted(NULL);
  ck_assert_double_eq_tol(r.rate, rate, 1e-12);
  ck_assert_double_lt(r.standard_error, 1e-12);
  ck_assert_double_lt(r.half_difference, 1e-12);
  ck_assert_double_gt(r.r2, 1 - 1e-12);
  ck_assert_double_gt(r.from, 8);
  ck_assert_double_eq_tol(r.decades, rate * (r.to - r.from) / log(10), 1e-9);
}
END_TEST

/* A floor may be added to the decay or clip it, be told or be found, come early or with the last samples. */
START_TEST(stops_above_the_floor)
{
  const double floors[] = {1e-52, 1e-30, 1e-20};
  for (int k = 0; k < 3; k++)
    for (int clip = 0; clip < 2; clip++)
      for (int told = 0; told < 2; told++) {
        for (int i = 0; i < COUNT; i++) q[i] = clip ? fmax(decay(t[i]), floors[k]) : decay(t[i]) + floors[k];
        const mf_rate_options o = {NAN, NAN, told ? floors[k] : NAN};
        const mf_rate r = fitted(&o);
        ck_assert_double_eq_tol(r.rate, rate, 1e-9);
        ck_assert_double_lt(r.to, log(1 / floors[k]) / rate);
        if (told) ck_assert_double_eq(r.floor, floors[k]);
        if (k > 0 && !told) ck_assert_double_lt(fabs(log10(r.floor / floors[k])), 0.5);
      }
}
END_TEST

START_TEST(stops_above_a_noisy_floor)
{
  uint32_t state = 1;
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) + 1e-16 * fabs(normal(&state));
  mf_rate r = fitted(NULL);
  ck_assert_double_eq_tol(r.rate, rate, 1e-8);
  ck_assert_double_lt(r.to, 20);
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) + 1e-16 * normal(&state);
  r = fitted(NULL);
  ck_assert_double_eq_tol(r.rate, rate, 1e-8);
}
END_TEST

/* Two thirds of normal errors are within one standard error; none of these is beyond five. */
START_TEST(knows_its_error)
{
  uint32_t state = 7;
  const int trials = 200;
  int within = 0;
  for (int k = 0; k < trials; k++) {
    for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) * (1 + 1e-7 * normal(&state)) + 1e-52;
    const mf_rate r = fitted(NULL);
    ck_assert_double_lt(r.standard_error, 1e-8);
    ck_assert_double_lt(fabs(r.rate - rate), 5 * r.standard_error);
    within += fabs(r.rate - rate) < r.standard_error;
  }
  ck_assert_int_gt(within, trials / 2);
}
END_TEST

START_TEST(sample_that_is_no_decay_ends_the_window)
{
  const double strangers[] = {0, -1e-3, NAN, INFINITY, 1e-310};
  for (int k = 0; k < 5; k++) {
    for (int i = 0; i < COUNT; i++) q[i] = t[i] > 30 ? strangers[k] : decay(t[i]);
    q[0] = INFINITY; /* the first sample may be no number yet */
    const mf_rate r = fitted(NULL);
    ck_assert_double_eq_tol(r.rate, rate, 1e-9);
    ck_assert_double_le(r.to, 30);
  }
}
END_TEST

/* The slower mode is the asymptotic one: it must not be taken for a floor under the fast one. */
START_TEST(slow_mode_is_no_floor)
{
  for (int i = 0; i < COUNT; i++) q[i] = exp(-10 * t[i]) + 1e-10 * exp(-t[i]);
  ck_assert_double_eq_tol(fitted(NULL).rate, 1, 1e-9);
  for (int i = 0; i < COUNT; i++) q[i] = exp(-3 * t[i]) + 1e-20 * exp(-0.5 * t[i]);
  ck_assert_double_eq_tol(fitted(NULL).rate, 0.5, 1e-9);
}
END_TEST

START_TEST(power_law_shows_in_the_halves)
{
  for (int power = 1; power <= 4; power *= 2) {
    for (int i = 0; i < COUNT; i++) q[i] = pow(1 + t[i], -power);
    const mf_rate r = fitted(NULL);
    ck_assert_double_gt(r.half_difference, 0.1 * r.rate);
  }
}
END_TEST

START_TEST(uses_the_window_given)
{
  for (int i = 0; i < COUNT; i++) q[i] = exp(-2 * t[i]);
  const mf_rate_options o = {10, 20, 0};
  const mf_rate r = fitted(&o);
  ck_assert_double_eq_tol(r.rate, 2, 1e-12);
  ck_assert_double_eq(r.from, 10);
  ck_assert_double_eq(r.to, 20);
  ck_assert_int_eq(r.points, 41);
  for (int i = 0; i < COUNT; i++) q[i] = exp(0.1 * t[i]); /* growth has a negative rate, if one insists */
  ck_assert_double_eq_tol(fitted(&o).rate, -0.1, 1e-12);
}
END_TEST

START_TEST(takes_uneven_times)
{
  for (int i = 0; i < COUNT; i++) t[i] = 0.001 * i * i;
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) + 1e-40;
  ck_assert_double_eq_tol(fitted(NULL).rate, rate, 1e-9);
}
END_TEST

START_TEST(refuses_what_has_no_rate)
{
  mf_rate r;
  for (int i = 0; i < COUNT; i++) q[i] = 1e-3;
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_ENUMERIC);
  ck_assert_ptr_nonnull(strstr(mf_error(), "nothing decays"));
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]);
  for (int n = 0; n < MF_RATE_POINTS; n++) ck_assert_int_eq(mf_rate_fit(t, q, n, NULL, &r), MF_ENUMERIC);
  ck_assert_ptr_nonnull(strstr(mf_error(), "7 samples"));
  ck_assert_int_eq(mf_rate_fit(t, q, MF_RATE_POINTS, NULL, &r), MF_OK);
  const mf_rate_options high = {NAN, NAN, 1};
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, &high, &r), MF_ENUMERIC);
  for (int i = 0; i < COUNT; i++) q[i] = NAN;
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_ENUMERIC);
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]);
  t[100] = t[99];
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_ENUMERIC);
  ck_assert_ptr_nonnull(strstr(mf_error(), "time does not increase"));
}
END_TEST

int main(void)
{
  TCase *cases = tcase_create("rates");
  tcase_add_checked_fixture(cases, set_times, NULL);
  tcase_add_test(cases, skips_the_transient);
  tcase_add_test(cases, stops_above_the_floor);
  tcase_add_test(cases, stops_above_a_noisy_floor);
  tcase_add_test(cases, knows_its_error);
  tcase_add_test(cases, sample_that_is_no_decay_ends_the_window);
  tcase_add_test(cases, slow_mode_is_no_floor);
  tcase_add_test(cases, power_law_shows_in_the_halves);
  tcase_add_test(cases, uses_the_window_given);
  tcase_add_test(cases, takes_uneven_times);
  tcase_add_test(cases, refuses_what_has_no_rate);
  Suite *suite = suite_create("rates");
  suite_add_tcase(suite, cases);
  return mf_run_suite(suite);
}
