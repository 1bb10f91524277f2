/* SPDX-License-Identifier: BSD-3-Clause */
/* What the interval of a rate is worth: counted on made-up decays of every kind.
 *
 * RATES_SEED and RATES_COUNT choose others, RATES_TABLE=1 prints what was found:
 *
 *    RATES_SEED=7 RATES_COUNT=5000 RATES_TABLE=1 build/tests/test_rates_bank */
#include "postproc/rates/rates.h"
#include "tests/decays.h"
#include "tests/suite.h"

#include <stdlib.h>

enum { COUNT = 500, MOST = 100000 };

/* Decays of one kind: how many, with a rate, and with an interval that holds the truth. */
typedef struct {
  int all, given, held;
} tally;

static int number(const char *name, int otherwise)
{
  const char *text = getenv(name);
  return text ? atoi(text) : otherwise;
}

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print(const tally *t, const tally *sum, int clean, int refused, double *width, int widths)
{
  for (int k = 0; k < LAWS; k++)
    fprintf(stderr, "%-18s %5d decays, %5d rates, %5d intervals with the truth\n", decay_laws[k], t[k].all,
            t[k].given, t[k].held);
  qsort(width, (size_t)widths, sizeof *width, compare);
  fprintf(stderr,
          "%.2f %% of %d intervals hold; of %d clean decays %d are refused; half widths %.1e %.1e %.1e\n",
          100.0 * sum->held / sum->given, sum->given, clean, refused, width[widths / 4], width[widths / 2],
          width[3 * widths / 4]);
}

/* A decay without a rate, such as an algebraic one, counts as one that is not held if a rate is given.  Clean are
 * decays of which two decades and twelve samples are seen; a tenth may be refused, since noise of 1e-3 in twelve
 * samples may hide anything. */
START_TEST(intervals_hold_the_truth)
{
  static decay d;
  static double width[MOST];
  tally of[LAWS] = {{0}}, sum = {0};
  int clean = 0, refused = 0, widths = 0;
  const int seed = number("RATES_SEED", 2026), count = number("RATES_COUNT", COUNT);
  for (int i = 0; i < count && i < MOST; i++) {
    mf_rate r;
    draw_decay(&d, (uint64_t)seed * 1000003u + (uint64_t)i);
    const bool given = !mf_rate_fit(d.t, d.q, d.n, NULL, &r) && r.status == MF_RATE_GIVEN;
    const bool held = given && r.lo <= d.truth && d.truth <= r.hi;
    const bool is_clean = !isnan(d.truth) && d.decades >= 2 && d.samples >= 12;
    of[d.law].all++;
    of[d.law].given += given;
    of[d.law].held += held;
    sum.given += given;
    sum.held += held;
    clean += is_clean;
    refused += is_clean && !given;
    if (given && !isnan(d.truth)) width[widths++] = 0.5 * (r.hi - r.lo) / d.truth;
    if (given && !held && getenv("RATES_TABLE"))
      fprintf(stderr, "%d: %s: %.9g in [%.9g, %.9g], truth %.9g\n", i, d.text, r.rate, r.lo, r.hi, d.truth);
  }
  if (getenv("RATES_TABLE")) print(of, &sum, clean, refused, width, widths);
  ck_assert_int_gt(sum.given, count / 3);
  ck_assert_msg(sum.held >= 0.95 * sum.given, "%d of %d intervals hold the truth", sum.held, sum.given);
  ck_assert_msg(refused <= 0.1 * clean, "%d of %d clean decays are refused", refused, clean);
}
END_TEST

int main(void)
{
  TCase *cases = tcase_create("bank");
  tcase_add_test(cases, intervals_hold_the_truth);
  Suite *suite = suite_create("rates bank");
  suite_add_tcase(suite, cases);
  return mf_run_suite(suite);
}
