/* SPDX-License-Identifier: BSD-3-Clause */
/* Exponential rates from samples: made-up decays whose rate is known. */
#include "postproc/rates/rates.h"
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

/* Without noise the exponent and the shift come back to the digits that golden sections of a residual's
 * square can see, half of those of a double; a line in t changes its slope from one half to the other by
 * more than a tenth. */
START_TEST(algebraic_decay_is_recognised)
{
  for (int power = 1; power <= 4; power *= 2)
    for (int early = 0; early < 2; early++) {
      const double shift = early ? 0.01 : 3;
      for (int i = 0; i < COUNT; i++) q[i] = 7 * pow(shift + t[i], -power);
      const mf_rate r = fitted(NULL);
      ck_assert_int_eq(r.kind, MF_DECAY_ALGEBRAIC);
      ck_assert_double_eq_tol(r.power, power, 1e-6 * power);
      ck_assert_double_eq_tol(r.shift, shift, 1e-4);
      ck_assert_double_eq_tol(mf_rate_value(&r, 20) / q[80], 1, 1e-6);
      ck_assert_double_gt(r.half_difference, 0.1 * r.rate);
      ck_assert(!r.second.found);
    }
}
END_TEST

/* The error of the exponent knows that the shift is unknown: nearly all errors are within three of it. */
START_TEST(noisy_algebraic_decay_knows_its_error)
{
  uint32_t state = 11;
  const int trials = 50;
  int within = 0;
  for (int k = 0; k < trials; k++) {
    for (int i = 0; i < COUNT; i++) q[i] = pow(2 + t[i], -1.5) * (1 + 1e-3 * normal(&state));
    const mf_rate r = fitted(NULL);
    ck_assert_int_eq(r.kind, MF_DECAY_ALGEBRAIC);
    within += fabs(r.power - 1.5) < 3 * r.power_error;
    ck_assert_double_lt(r.power_error, 0.03);
  }
  ck_assert_int_ge(within, trials * 8 / 10);
}
END_TEST

/* A floor under an algebraic decay: what is above it still has the exponent, to the share of the floor in
 * the window. */
START_TEST(algebraic_decay_stops_above_its_floor)
{
  for (int i = 0; i < COUNT; i++) q[i] = fmax(pow(1 + t[i], -4), 1e-6);
  const mf_rate r = fitted(NULL);
  ck_assert_int_eq(r.kind, MF_DECAY_ALGEBRAIC);
  ck_assert_double_eq_tol(r.power, 4, 0.01);
  ck_assert_double_lt(r.to, pow(1e-6, -0.25));
  ck_assert_double_lt(fabs(log10(r.floor / 1e-6)), 0.5); /* a mean of what the line leaves of the floor */
}
END_TEST

/* q = e^(-r t) + c e^(-s t) with relative noise: both rates within five of their errors, the second one in
 * front of the first; without noise the second comes back as far as the first can be subtracted. */
START_TEST(second_exponential_stands_out)
{
  uint32_t state = 3;
  const double noises[] = {0, 1e-6, 1e-3};
  for (int n = 0; n < 3; n++)
    for (int sign = -1; sign <= 1; sign += 2)
      for (int trial = 0; trial < 10; trial++) {
        for (int i = 0; i < COUNT; i++)
          q[i] = exp(-0.5 * t[i]) * (1 + sign * 0.8 * exp(-0.7 * t[i])) * (1 + noises[n] * normal(&state));
        const mf_rate r = fitted(NULL);
        ck_assert(r.second.found);
        ck_assert_double_lt(fabs(r.rate - 0.5), 5 * r.standard_error + 1e-12);
        ck_assert_double_lt(fabs(r.second.rate - 1.2), 5 * r.second.standard_error + 1e-9);
        ck_assert_double_lt(r.second.standard_error, fmax(1e-6, 50 * noises[n]));
        ck_assert_double_eq_tol(r.second.amplitude, sign * 0.8, fmax(1e-5, 50 * noises[n]));
        ck_assert_double_lt(r.second.from, r.from);
      }
}
END_TEST

START_TEST(no_second_exponential_in_noise)
{
  uint32_t state = 5;
  for (int trial = 0; trial < 100; trial++) {
    for (int i = 0; i < COUNT; i++) q[i] = exp(-0.3 * t[i]) * (1 + 1e-3 * normal(&state));
    ck_assert(!fitted(NULL).second.found);
  }
}
END_TEST

START_TEST(law_gives_the_samples_back)
{
  for (int i = 0; i < COUNT; i++) q[i] = 2e-5 * decay(t[i]);
  const mf_rate r = fitted(NULL);
  ck_assert_int_eq(r.kind, MF_DECAY_EXPONENTIAL);
  ck_assert(isnan(r.power));
  ck_assert_double_eq_tol(exp(r.log_amplitude), 2e-5, 1e-15);
  ck_assert_double_eq_tol(mf_rate_value(&r, t[200]) / q[200], 1, 1e-12);
}
END_TEST

/* Five samples are more than twenty times a floor: too few, and the floor must not be fitted through. */
START_TEST(refuses_a_rate_through_a_floor)
{
  mf_rate r;
  for (int noisy = 0; noisy < 2; noisy++) {
    uint32_t state = 9;
    for (int i = 0; i < COUNT; i++) q[i] = fmax(exp(-10 * t[i]), 1e-6 * (noisy ? exp(normal(&state)) : 1));
    ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_ENUMERIC);
    ck_assert_msg(strstr(mf_error(), "5 samples lie clear of the floor") != NULL, "%s", mf_error());
    ck_assert_msg(strstr(mf_error(), "up to t = 1;") != NULL, "%s", mf_error());
  }
  for (int i = 0; i < COUNT; i++) q[i] = fmax(exp(-10 * t[i]), 1e-2); /* two samples */
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_ENUMERIC);
  const mf_rate_options insist = {0, 40,
                                  NAN}; /* a window with both ends does not lead through the floor either */
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) + 1e-12;
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, &insist, &r), MF_OK);
  ck_assert_double_lt(r.to, 19);
  ck_assert_double_eq_tol(r.floor, 1e-12, 1e-13);
  const mf_rate_options weak = {NAN, 40, NAN};
  for (int i = 0; i < COUNT; i++) q[i] = fmax(exp(-10 * t[i]), 1e-10);
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, &weak, &r), MF_OK); /* ten samples are enough */
  ck_assert_double_eq_tol(r.rate, 10, 1e-9);
}
END_TEST

/* Rates from two samples a decade to none above the floor; floors that clip, that fluctuate, that are
 * added: what is fitted is the rate to a few of its per cent (a floor of a twentieth in the last of eight
 * samples), everything else is refused. */
START_TEST(every_rate_is_right_or_refused)
{
  uint32_t state = 9;
  int fits = 0, refusals = 0;
  mf_rate r;
  for (int kind = 0; kind < 3; kind++)
    for (double fast = 0.5; fast < 50; fast *= 1.5)
      for (double floor = 1e-3; floor > 1e-16; floor *= 0.03) {
        for (int i = 0; i < COUNT; i++) {
          const double noise = normal(&state), pure = exp(-fast * t[i]);
          q[i] = kind == 0   ? fmax(pure, floor)
                 : kind == 1 ? fmax(pure, floor * exp(noise))
                             : pure + floor * fabs(noise);
        }
        if (mf_rate_fit(t, q, COUNT, NULL, &r)) {
          refusals++;
          continue;
        }
        fits++;
        ck_assert_int_eq(r.kind, MF_DECAY_EXPONENTIAL);
        ck_assert_double_eq_tol(r.rate, fast, 0.03 * fast);
        ck_assert_double_gt(r.floor, 0);
      }
  ck_assert_int_gt(fits, 150);
  ck_assert_int_gt(refusals, 50);
}
END_TEST

/* Waves of a time integrator are in the size of what is left, not under it. */
START_TEST(waves_are_no_floor)
{
  for (int i = 0; i < COUNT; i++) q[i] = exp(-0.01 * t[i]) * (1 + 1e-5 * sin(0.3 * t[i]));
  const mf_rate r = fitted(NULL);
  ck_assert_double_eq(r.floor, 0);
  ck_assert_double_eq(r.to, t[COUNT - 1]);
  ck_assert_double_eq_tol(r.rate, 0.01, 1e-5 * 0.3); /* the wave's own slope */
}
END_TEST

/* log q that is neither straight in t nor in log t. */
START_TEST(refuses_what_has_no_law)
{
  mf_rate r;
  for (int i = 0; i < COUNT; i++) q[i] = exp(-1e-3 * t[i] * t[i]);
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_ENUMERIC);
  ck_assert_ptr_nonnull(strstr(mf_error(), "no window is straight"));
  const mf_rate_options insist = {0, 80, 0};
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, &insist, &r), MF_OK);
}
END_TEST

/* The last samples of a window lie just above a floor that goes up and down: unweighted they would spoil
 * the line. */
START_TEST(weights_follow_the_floor)
{
  uint32_t state = 21;
  double weighted = 0;
  for (int trial = 0; trial < 40; trial++) {
    for (int i = 0; i < COUNT; i++)
      q[i] = exp(-0.5 * t[i]) * (1 + 1e-9 * normal(&state)) + 1e-12 * fabs(normal(&state));
    const mf_rate_options o = {0, 50, 1e-12};
    const mf_rate r = fitted(&o);
    weighted = fmax(weighted, fabs(r.rate - 0.5));
  }
  ck_assert_double_lt(weighted, 1e-4);
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
  tcase_add_test(cases, algebraic_decay_is_recognised);
  tcase_add_test(cases, noisy_algebraic_decay_knows_its_error);
  tcase_add_test(cases, algebraic_decay_stops_above_its_floor);
  tcase_add_test(cases, second_exponential_stands_out);
  tcase_add_test(cases, no_second_exponential_in_noise);
  tcase_add_test(cases, law_gives_the_samples_back);
  tcase_add_test(cases, refuses_a_rate_through_a_floor);
  tcase_add_test(cases, every_rate_is_right_or_refused);
  tcase_add_test(cases, waves_are_no_floor);
  tcase_add_test(cases, refuses_what_has_no_law);
  tcase_add_test(cases, weights_follow_the_floor);
  tcase_add_test(cases, uses_the_window_given);
  tcase_add_test(cases, takes_uneven_times);
  tcase_add_test(cases, refuses_what_has_no_rate);
  Suite *suite = suite_create("rates");
  suite_add_tcase(suite, cases);
  return mf_run_suite(suite);
}
