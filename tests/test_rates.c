/* SPDX-License-Identifier: BSD-3-Clause */
/* Exponential rates from samples: made-up decays whose rate is known. */
#include "postproc/rates/rates.h"
#include "tests/suite.h"

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

static void check_fit(const mf_rate *r)
{
  ck_assert_int_eq(r->status, MF_RATE_GIVEN);
  ck_assert_int_ge(r->points, MF_RATE_POINTS);
  ck_assert_double_lt(r->from, r->to);
  ck_assert_double_ge(r->decades, 1);
  ck_assert_double_le(r->lo, r->rate);
  ck_assert_double_ge(r->hi, r->rate);
}

static mf_rate fitted_to(int n, const mf_rate_options *o)
{
  mf_rate r;
  const int status = mf_rate_fit(t, q, n, o, &r);
  ck_assert_msg(status == MF_OK, "%s", mf_error());
  check_fit(&r);
  return r;
}

static mf_rate fitted(const mf_rate_options *o)
{
  return fitted_to(COUNT, o);
}

/* The interval holds `truth` and is narrower than `width`, relative to it. */
static void holds(const mf_rate *r, double truth, double width)
{
  ck_assert_msg(r->lo <= truth && truth <= r->hi, "[%.15g, %.15g] does not hold %.15g", r->lo, r->hi, truth);
  ck_assert_double_lt(r->hi - r->lo, width * truth);
}

static void refused_to(int n, const mf_rate_options *o, mf_rate_status why, const char *part)
{
  mf_rate r;
  ck_assert_int_eq(mf_rate_fit(t, q, n, o, &r), MF_ENUMERIC);
  ck_assert_msg(r.status == why, "'%s' instead of '%s': %s", mf_rate_status_names[r.status],
                mf_rate_status_names[why], mf_error());
  ck_assert_msg(strstr(mf_error(), part) != NULL, "%s", mf_error());
  ck_assert(isnan(r.rate) && isnan(r.lo) && isnan(r.hi));
}

static void refused(mf_rate_status why, const char *part)
{
  refused_to(COUNT, NULL, why, part);
}

/* ---- what is exact ---- */

/* Two exponentials to the last bits: the faster one does not matter. */
START_TEST(skips_the_transient)
{
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]);
  const mf_rate r = fitted(NULL);
  ck_assert_double_eq_tol(r.rate, rate, 1e-12);
  holds(&r, rate, 1e-10);
  ck_assert_double_gt(r.decades, 30);
  ck_assert_double_eq(r.floor, 0);
}
END_TEST

/* e^-t + e^-1.1t to t = 5: a line through it has the rate 1.043 and an error of 2e-4. */
START_TEST(near_rates_are_told_apart)
{
  for (int i = 0; i < 101; i++) {
    t[i] = 0.05 * i;
    q[i] = exp(-t[i]) + exp(-1.1 * t[i]);
  }
  const mf_rate r = fitted_to(101, NULL);
  holds(&r, 1, 1e-6);
  ck_assert(r.second.found);
  ck_assert_double_eq_tol(r.second.rate, 1.1, 1e-6);
  ck_assert_double_eq_tol(r.second.amplitude, 1, 1e-5);
}
END_TEST

/* With noise the same samples do not tell: the interval holds 1 and what one line would answer, or there is none. */
START_TEST(near_rates_in_noise_are_not)
{
  uint32_t state = 17;
  const double noises[] = {1e-7, 1e-6, 1e-5, 1e-4};
  for (int k = 0; k < 4; k++) {
    mf_rate r;
    for (int i = 0; i < 101; i++) {
      t[i] = 0.05 * i;
      q[i] = (exp(-t[i]) + exp(-1.1 * t[i])) * (1 + noises[k] * normal(&state));
    }
    if (mf_rate_fit(t, q, 101, NULL, &r)) continue;
    ck_assert_double_le(r.lo, 1);
    ck_assert_double_ge(r.hi, 1);
  }
}
END_TEST

START_TEST(takes_uneven_times)
{
  for (int i = 0; i < COUNT; i++) t[i] = 0.001 * i * i;
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) + 1e-40;
  const mf_rate r = fitted(NULL);
  holds(&r, rate, 1e-8);
}
END_TEST

START_TEST(law_gives_the_samples_back)
{
  for (int i = 0; i < COUNT; i++) q[i] = 2e-5 * decay(t[i]);
  const mf_rate r = fitted(NULL);
  ck_assert(isnan(r.power));
  ck_assert_double_eq_tol(exp(r.log_amplitude) / 2e-5, 1, 1e-9);
  ck_assert_double_eq_tol(mf_rate_value(&r, t[200]) / q[200], 1, 1e-9);
}
END_TEST

/* Neither the unit of time nor that of the quantity matters. */
START_TEST(units_do_not_matter)
{
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) * (1 + 1e-6 * sin(1e3 * i * i));
  const mf_rate one = fitted(NULL);
  for (int k = -1; k <= 1; k += 2) {
    const double unit = k > 0 ? 1e12 : 1e-9, size = k > 0 ? 1e200 : 1e-200;
    for (int i = 0; i < COUNT; i++) {
      t[i] = 0.25 * i * unit;
      q[i] = size * decay(0.25 * i) * (1 + 1e-6 * sin(1e3 * i * i));
    }
    const mf_rate r = fitted(NULL);
    ck_assert_double_eq_tol(r.rate * unit, one.rate, 1e-7);
    ck_assert_double_eq_tol((r.hi - r.lo) * unit / (one.hi - one.lo), 1,
                            0.2); /* ends are searched to a few per cent */
  }
}
END_TEST

/* ---- noise ---- */

/* The noise is 1e-7 over 52 decades: what it does to one line is 4e-10; what a second exponential could do that it hides is
 * larger. */
START_TEST(knows_its_error)
{
  uint32_t state = 7;
  for (int k = 0; k < 100; k++) {
    for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) * (1 + 1e-7 * normal(&state));
    const mf_rate r = fitted(NULL);
    holds(&r, rate, 1e-5);
    ck_assert_double_lt(fabs(r.rate - rate), 6 * r.standard_error + 1e-12);
  }
}
END_TEST

/* q = e^(-r t) + c e^(-s t) with relative noise: the second one stands out. */
START_TEST(second_exponential_stands_out)
{
  uint32_t state = 3;
  const double noises[] = {0, 1e-6, 1e-3};
  for (int n = 0; n < 3; n++)
    for (int sign = -1; sign <= 1; sign += 2)
      for (int trial = 0; trial < 5; trial++) {
        for (int i = 0; i < COUNT; i++)
          q[i] = exp(-0.5 * t[i]) * (1 + sign * 0.8 * exp(-0.7 * t[i])) * (1 + noises[n] * normal(&state));
        const mf_rate r = fitted(NULL);
        ck_assert(r.second.found);
        ck_assert_double_le(r.lo, 0.5);
        ck_assert_double_ge(r.hi, 0.5);
        ck_assert_double_lt(fabs(r.second.rate - 1.2), 5 * r.second.standard_error + 1e-6);
        ck_assert_double_eq_tol(r.second.amplitude, sign * 0.8, fmax(1e-5, 100 * noises[n]));
      }
}
END_TEST

START_TEST(no_second_exponential_in_noise)
{
  uint32_t state = 5;
  for (int trial = 0; trial < 30; trial++) {
    for (int i = 0; i < COUNT; i++) q[i] = exp(-0.3 * t[i]) * (1 + 1e-3 * normal(&state));
    ck_assert(!fitted(NULL).second.found);
  }
}
END_TEST

/* Waves of a time integrator are in the size of what is left, not under it. */
START_TEST(waves_are_no_floor)
{
  for (int i = 0; i < COUNT; i++) q[i] = exp(-0.05 * t[i]) * (1 + 1e-5 * sin(0.3 * t[i]));
  const mf_rate r = fitted(NULL);
  ck_assert_double_eq(r.floor, 0);
  ck_assert_double_eq(r.to, t[COUNT - 1]);
  holds(&r, 0.05, 0.3);
}
END_TEST

/* What time integration may have put wrong, 1e-3 in log q from end to end, is in the interval on both sides. */
START_TEST(time_integration_widens_the_interval)
{
  static double drift[COUNT];
  for (int i = 0; i < COUNT; i++) {
    q[i] = exp(-0.5 * t[i]);
    drift[i] = 1e-3 * i / (COUNT - 1);
  }
  const mf_rate_options o = {.from = NAN, .to = NAN, .floor = NAN, .drift = drift};
  const mf_rate r = fitted(&o);
  ck_assert_double_eq_tol(r.integration, 1e-3 / 80, 1e-12);
  ck_assert_double_eq_tol((r.hi - r.lo) / (2e-3 / 80), 1, 1e-3);
}
END_TEST

/* ---- floors ---- */

/* A floor may be added to the decay or clip it, be told or be found, come early or with the last samples. */
START_TEST(stops_above_the_floor)
{
  const double floors[] = {1e-52, 1e-30, 1e-20};
  for (int k = 0; k < 3; k++)
    for (int clip = 0; clip < 2; clip++)
      for (int told = 0; told < 2; told++) {
        for (int i = 0; i < COUNT; i++) q[i] = clip ? fmax(decay(t[i]), floors[k]) : decay(t[i]) + floors[k];
        const mf_rate_options o = {.from = NAN, .to = NAN, .floor = told ? floors[k] : NAN};
        const mf_rate r = fitted(&o);
        holds(&r, rate, 1e-4); /* the last decade stands on the floor */
        ck_assert_double_lt(r.to, log(1 / floors[k]) / rate + 0.5);
        if (told) ck_assert_double_lt(fabs(log10(r.floor / floors[k])), 0.5);
        if (k > 0 && !told) ck_assert_double_lt(fabs(log10(r.floor / floors[k])), 0.5);
      }
}
END_TEST

START_TEST(stops_above_a_noisy_floor)
{
  uint32_t state = 1;
  for (int sign = 0; sign < 2; sign++) {
    for (int i = 0; i < COUNT; i++) {
      const double noise = normal(&state);
      q[i] = decay(t[i]) + 1e-16 * (sign ? noise : fabs(noise));
    }
    const mf_rate r = fitted(NULL);
    holds(&r, rate, 1e-6);
    ck_assert_double_lt(r.to, 25);
  }
}
END_TEST

/* A floor of 6e-5 under e^-t, seen to t = 4, 6 and 10: there it is reached, before it is not, but it is allowed for. */
START_TEST(floor_is_one_only_if_it_is_reached)
{
  const double ends[] = {4, 6, 13};
  for (int k = 0; k < 3; k++) {
    for (int i = 0; i < 101; i++) {
      t[i] = ends[k] * i / 100;
      q[i] = exp(-t[i]) + 6e-5;
    }
    const mf_rate r = fitted_to(101, NULL);
    holds(&r, 1, 1e-6);
    if (k < 2)
      ck_assert_double_eq(r.floor, 0);
    else
      ck_assert_double_eq_tol(r.floor, 6e-5, 6e-6);
  }
}
END_TEST

START_TEST(sample_that_is_no_decay_ends_the_window)
{
  const double strangers[] = {0, NAN, INFINITY, 1e-310};
  for (int k = 0; k < 4; k++) {
    for (int i = 0; i < COUNT; i++) q[i] = t[i] > 30 ? strangers[k] : decay(t[i]);
    q[0] = INFINITY; /* the first sample may be no number yet */
    const mf_rate r = fitted(NULL);
    holds(&r, rate, 1e-9);
    ck_assert_double_le(r.to, 30);
  }
}
END_TEST

/* The slower mode is the asymptotic one: it must not be taken for a floor under the fast one. */
START_TEST(slow_mode_is_no_floor)
{
  for (int i = 0; i < COUNT; i++) q[i] = exp(-10 * t[i]) + 1e-10 * exp(-t[i]);
  mf_rate r = fitted(NULL);
  holds(&r, 1, 1e-9);
  for (int i = 0; i < COUNT; i++) q[i] = exp(-3 * t[i]) + 1e-20 * exp(-0.5 * t[i]);
  r = fitted(NULL);
  holds(&r, 0.5, 1e-9);
}
END_TEST

/* Six samples are more than three times a floor: too few, and the floor must not be fitted through. */
START_TEST(refuses_a_rate_through_a_floor)
{
  for (int noisy = 0; noisy < 2; noisy++) {
    uint32_t state = 9;
    for (int i = 0; i < COUNT; i++) q[i] = fmax(exp(-10 * t[i]), 1e-6 * (noisy ? exp(normal(&state)) : 1));
    refused(MF_RATE_FLOOR, "samples lie clear of the floor");
  }
  for (int i = 0; i < COUNT; i++) q[i] = fmax(exp(-10 * t[i]), 1e-2); /* two samples */
  refused(MF_RATE_FLOOR, "samples lie clear of the floor");
  const mf_rate_options all = {.from = 0, .to = 40, .floor = NAN}; /* nor if both ends are given */
  for (int i = 0; i < COUNT; i++) q[i] = decay(t[i]) + 1e-12;
  const mf_rate r = fitted(&all);
  holds(&r, rate, 1e-6);
  ck_assert_double_lt(r.to, 19);
  ck_assert_double_eq_tol(r.floor, 1e-12, 1e-13);
}
END_TEST

/* Rates from two samples a decade to none above the floor; floors that clip, that fluctuate, that are added. */
START_TEST(every_rate_is_right_or_refused)
{
  uint32_t state = 9;
  int fits = 0, refusals = 0;
  for (int kind = 0; kind < 3; kind++)
    for (double fast = 0.5; fast < 50; fast *= 2.2)
      for (double floor = 1e-3; floor > 1e-16; floor *= 0.01) {
        mf_rate r;
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
        check_fit(&r);
        ck_assert_msg(r.lo <= fast && fast <= r.hi, "kind %d, floor %g: [%.12g, %.12g] does not hold %.12g",
                      kind, floor, r.lo, r.hi, fast);
      }
  ck_assert_int_gt(fits, 50);
  ck_assert_int_gt(refusals, 30);
}
END_TEST

/* Values that the sums they come from do not know are none, nor is what they become later. */
START_TEST(round_off_is_no_decay)
{
  static double resolution[COUNT];
  const mf_rate_options o = {.from = NAN, .to = NAN, .floor = NAN, .resolution = resolution};
  for (int i = 0; i < COUNT; i++) {
    q[i] = 1e-18 * exp(-0.07 * t[i]);
    resolution[i] = 1e-16 * exp(-t[i]);
  }
  refused_to(COUNT, &o, MF_RATE_ROUND_OFF, "from t = 0 on values are round-off");
  for (int i = 0; i < COUNT; i++) {
    q[i] = exp(-t[i]) + 1e-17;
    resolution[i] = 1e-17;
  }
  const mf_rate r = fitted(&o);
  holds(&r, 1, 1e-4);
  ck_assert_double_lt(r.to, 40);
}
END_TEST

/* ---- other laws ---- */

/* Without noise the exponent and the shift come back to the digits that golden sections of a residual's
 * square can see, half of those of a double. */
START_TEST(algebraic_decay_is_recognised)
{
  for (int power = 1; power <= 4; power *= 2)
    for (int early = 0; early < 2; early++) {
      const double shift = early ? 0.01 : 3;
      mf_rate r;
      for (int i = 0; i < COUNT; i++) q[i] = 7 * pow(shift + t[i], -power);
      ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_OK);
      ck_assert_int_eq(r.status, MF_RATE_ALGEBRAIC);
      ck_assert(isnan(r.rate) && isnan(r.lo) && isnan(r.hi));
      ck_assert_double_eq_tol(r.power, power, 1e-6 * power);
      ck_assert_double_eq_tol(r.shift, shift, 1e-4);
      ck_assert_double_eq_tol(mf_rate_value(&r, 20) / q[80], 1, 1e-6);
      ck_assert(!r.second.found);
    }
}
END_TEST

/* The interval of the exponent knows that the shift is unknown. */
START_TEST(noisy_algebraic_decay_knows_its_error)
{
  uint32_t state = 11;
  const int trials = 50;
  int within = 0;
  for (int k = 0; k < trials; k++) {
    mf_rate r;
    for (int i = 0; i < COUNT; i++) q[i] = pow(2 + t[i], -1.5) * (1 + 1e-3 * normal(&state));
    ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_OK);
    ck_assert_int_eq(r.status, MF_RATE_ALGEBRAIC);
    within += r.power_lo <= 1.5 && 1.5 <= r.power_hi;
    ck_assert_double_lt(r.power_hi - r.power_lo, 0.1);
  }
  ck_assert_int_ge(within, trials * 95 / 100);
}
END_TEST

/* A floor under an algebraic decay: what is above it still has the exponent. */
START_TEST(algebraic_decay_stops_above_its_floor)
{
  mf_rate r;
  for (int i = 0; i < COUNT; i++) q[i] = fmax(pow(1 + t[i], -4), 1e-6);
  ck_assert_int_eq(mf_rate_fit(t, q, COUNT, NULL, &r), MF_OK);
  ck_assert_int_eq(r.status, MF_RATE_ALGEBRAIC);
  ck_assert_double_eq_tol(r.power, 4, 0.01);
  ck_assert_double_lt(r.to, pow(1e-6, -0.25));
  ck_assert_double_lt(fabs(log10(r.floor / 1e-6)), 0.5);
}
END_TEST

/* Laws whose local rate has no limit, or reaches it like a power of t. */
START_TEST(refuses_what_has_no_law)
{
  const double ends[] = {3, 10, 50};
  for (int k = 0; k < 3; k++) {
    for (int i = 0; i < COUNT; i++) t[i] = ends[k] * i / (COUNT - 1);
    for (int i = 0; i < COUNT; i++) q[i] = exp(-pow(t[i], 0.9));
    refused(MF_RATE_STRETCHED, "^0.9)");
    for (int i = 0; i < COUNT; i++) q[i] = exp(-pow(t[i], 1.1));
    refused(MF_RATE_STRETCHED, "^1.1)");
  }
  set_times();
  for (int i = 0; i < COUNT; i++) q[i] = exp(-1e-3 * t[i] * t[i]);
  refused(MF_RATE_STRETCHED, "^2)");
  for (int i = 0; i < COUNT; i++) q[i] = exp(-0.3 * t[i]) * (1 + 0.3 * cos(t[i]));
  refused(MF_RATE_WAVES, "goes up and down");
}
END_TEST

/* ---- too little ---- */

START_TEST(less_than_a_decade_is_no_rate)
{
  for (int i = 0; i < COUNT; i++) t[i] = 0.5 * i / (COUNT - 1);
  for (int i = 0; i < COUNT; i++) q[i] = 1 / (1 + t[i]);
  refused(MF_RATE_SHORT, "0.18 decades of decay between t = 0 and t = 0.5");
  for (int i = 0; i < COUNT; i++) q[i] = exp(-4.5 * t[i]);
  refused(MF_RATE_SHORT, "0.98 decades");
  for (int i = 0; i < COUNT; i++) q[i] = exp(-4.7 * t[i]);
  const mf_rate r = fitted(NULL);
  holds(&r, 4.7, 1e-9);
  /* The slow mode has fallen by less, though all of it has: */
  for (int i = 0; i < COUNT; i++) q[i] = exp(-3 * t[i]) + 3 * exp(-10 * t[i]);
  refused(MF_RATE_TRANSIENT, "the slowest exponential falls by 0.");
}
END_TEST

START_TEST(uses_the_window_given)
{
  for (int i = 0; i < COUNT; i++) q[i] = exp(-2 * t[i]) + exp(-t[i] - 45);
  const mf_rate_options o = {.from = 10, .to = 20, .floor = 0};
  const mf_rate r = fitted(&o);
  holds(&r, 2, 1e-6);
  ck_assert_double_ge(r.from, 10);
  ck_assert_double_eq(r.to, 20);
  for (int i = 0; i < COUNT; i++) q[i] = exp(0.1 * t[i]);
  refused_to(COUNT, &o, MF_RATE_CONSTANT, "nothing decays");
}
END_TEST

START_TEST(refuses_what_has_no_rate)
{
  mf_rate r;
  for (int i = 0; i < COUNT; i++) q[i] = 1e-3;
  refused(MF_RATE_CONSTANT, "nothing decays");
  for (int i = 0; i < COUNT; i++) q[i] = exp(-rate * t[i]);
  for (int n = 0; n < MF_RATE_POINTS; n++) refused_to(n, NULL, MF_RATE_FEW, "samples are usable");
  const mf_rate least = fitted_to(MF_RATE_POINTS, NULL);
  holds(&least, rate, 1e-6);
  const mf_rate_options high = {.from = NAN, .to = NAN, .floor = 1};
  refused_to(COUNT, &high, MF_RATE_FEW, "samples are usable");
  for (int i = 0; i < COUNT; i++) q[i] = NAN;
  refused(MF_RATE_FEW, "0 samples are usable");
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
  tcase_add_test(cases, near_rates_are_told_apart);
  tcase_add_test(cases, near_rates_in_noise_are_not);
  tcase_add_test(cases, takes_uneven_times);
  tcase_add_test(cases, law_gives_the_samples_back);
  tcase_add_test(cases, units_do_not_matter);
  tcase_add_test(cases, knows_its_error);
  tcase_add_test(cases, second_exponential_stands_out);
  tcase_add_test(cases, no_second_exponential_in_noise);
  tcase_add_test(cases, waves_are_no_floor);
  tcase_add_test(cases, time_integration_widens_the_interval);
  tcase_add_test(cases, stops_above_the_floor);
  tcase_add_test(cases, stops_above_a_noisy_floor);
  tcase_add_test(cases, floor_is_one_only_if_it_is_reached);
  tcase_add_test(cases, sample_that_is_no_decay_ends_the_window);
  tcase_add_test(cases, slow_mode_is_no_floor);
  tcase_add_test(cases, refuses_a_rate_through_a_floor);
  tcase_add_test(cases, every_rate_is_right_or_refused);
  tcase_add_test(cases, round_off_is_no_decay);
  tcase_add_test(cases, algebraic_decay_is_recognised);
  tcase_add_test(cases, noisy_algebraic_decay_knows_its_error);
  tcase_add_test(cases, algebraic_decay_stops_above_its_floor);
  tcase_add_test(cases, refuses_what_has_no_law);
  tcase_add_test(cases, less_than_a_decade_is_no_rate);
  tcase_add_test(cases, uses_the_window_given);
  tcase_add_test(cases, refuses_what_has_no_rate);
  Suite *suite = suite_create("rates");
  suite_add_tcase(suite, cases);
  return mf_run_suite(suite);
}
