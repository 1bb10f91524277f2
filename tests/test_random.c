/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers by counting: the published generator, its uniform and normal numbers, and functions without branches.
 *
 * Seeds are fixed; each statistical assertion says how often another seed would fail it: limits are 6.5 standard errors of a
 * normal number (8e-11), or a level of the same kind. */
#include "grids/elementary.h"
#include "grids/random.h"
#include "tests/suite.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MANY = 1 << 18 };
static double one[MANY], two[MANY], three[MANY];
static const mf_random source = {.seed = 20260731, .stream = 3};
static const double beyond = 6.5;

/* Salmon, Moraes, Dror & Shaw: kat_vectors of Random123, philox4x32 10. */
START_TEST(blocks_are_the_published_ones)
{
  static const struct {
    uint32_t counter[4], key[2], block[4];
  } known[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (int i = 0; i < 3; i++) {
    uint32_t out[4];
    mf_random_block(known[i].counter, known[i].key, out);
    for (int k = 0; k < 4; k++) ck_assert_uint_eq(out[k], known[i].block[k]);
  }
}
END_TEST

/* Numbers are those of the block of their own counter, whoever asks, in whatever pieces. */
START_TEST(numbers_are_a_function_of_the_counter)
{
  const uint32_t key[2] = {(uint32_t)source.seed, (uint32_t)(source.seed >> 32)};
  enum { FIRST = 1000003, COUNT = 1234 };
  mf_random_uniforms(&source, 7, 2, FIRST, COUNT, one, two);
  for (int i = 0; i < COUNT; i++) {
    const uint32_t counter[4] = {(uint32_t)(FIRST + i), 7, source.stream, 2};
    uint32_t w[4];
    mf_random_block(counter, key, w);
    const uint64_t a = ((uint64_t)w[1] << 32 | w[0]) >> 12, b = ((uint64_t)w[3] << 32 | w[2]) >> 12;
    ck_assert(one[i] == ((double)a + 0.5) * 0x1p-52 && two[i] == ((double)b + 0.5) * 0x1p-52);
  }
  mf_random_normals(&source, 7, 2, FIRST, COUNT, one, NULL);
  for (int begin = 0, n = 1; begin < COUNT; begin += n, n = n % 300 + 7) {
    if (n > COUNT - begin) n = COUNT - begin;
    mf_random_normals(&source, 7, 2, FIRST + begin, n, three, two);
    for (int i = 0; i < n; i++) ck_assert(three[i] == one[begin + i]);
  }
}
END_TEST

/* Quantile of chi^2 that is exceeded as rarely (Wilson & Hilferty 1931). */
static double chi2_limit(int freedom)
{
  const double v = 2 / (9.0 * freedom);
  return freedom * pow(1 - v + beyond * sqrt(v), 3);
}

static double chi2(const double *count, int bins, double expected)
{
  double sum = 0;
  for (int k = 0; k < bins; k++) sum += (count[k] - expected) * (count[k] - expected) / expected;
  return sum;
}

START_TEST(uniform_numbers_are_uniform)
{
  enum { BINS = 256, SIDE = 16 };
  double count[BINS] = {0}, square[BINS] = {0};
  mf_random_uniforms(&source, 0, 0, 0, MANY, one, two);
  for (int i = 0; i < MANY; i++) {
    ck_assert(one[i] > 0 && one[i] < 1 && two[i] > 0 && two[i] < 1);
    count[(int)(one[i] * BINS)]++;
    square[(int)(one[i] * SIDE) * SIDE + (int)(two[i] * SIDE)]++;
  }
  ck_assert_double_lt(chi2(count, BINS, (double)MANY / BINS), chi2_limit(BINS - 1));
  ck_assert_double_lt(chi2(square, BINS, (double)MANY / BINS), chi2_limit(BINS - 1));
}
END_TEST

static int by_size(const void *a, const void *b)
{
  const double l = *(const double *)a, r = *(const double *)b;
  return (l > r) - (l < r);
}

/* Kolmogorov-Smirnov: P(D sqrt(N) > 3.45) = 2 e^(-2 3.45^2) = 9e-11. */
static void check_normal(double *x)
{
  double moment[5] = {0};
  for (int i = 0; i < MANY; i++)
    for (int k = 1; k <= 4; k++) moment[k] += pow(x[i], k) / MANY;
  const double root = sqrt((double)MANY);
  ck_assert_double_lt(fabs(moment[1]) * root, beyond);
  ck_assert_double_lt(fabs(moment[2] - 1) * root / sqrt(2), beyond);
  ck_assert_double_lt(fabs(moment[3]) * root / sqrt(15), beyond);
  ck_assert_double_lt(fabs(moment[4] - 3) * root / sqrt(96), beyond);
  qsort(x, MANY, sizeof *x, by_size);
  double worst = 0;
  for (int i = 0; i < MANY; i++) {
    const double f = 0.5 * erfc(-x[i] / sqrt(2));
    worst = fmax(worst, fmax(fabs(f - (double)i / MANY), fabs(f - (double)(i + 1) / MANY)));
  }
  ck_assert_double_lt(worst * root, 3.45);
}

START_TEST(normal_numbers_are_normal)
{
  mf_random_normals(&source, 1, 0, 0, MANY, one, two);
  check_normal(one);
  check_normal(two);
}
END_TEST

/* Numbers and their squares: the correlation of N pairs has the standard error 1/sqrt(N). */
static void check_uncorrelated(const double *x, const double *y, int count)
{
  double sum = 0, squares = 0;
  for (int i = 0; i < count; i++) {
    sum += x[i] * y[i];
    squares += (x[i] * x[i] - 1) * (y[i] * y[i] - 1) / 2;
  }
  ck_assert_double_lt(fabs(sum) / sqrt(count), beyond);
  ck_assert_double_lt(fabs(squares) / sqrt(count), beyond);
}

START_TEST(streams_are_independent)
{
  const mf_random stream = {source.seed, source.stream + 1}, seed = {source.seed + 1, source.stream},
                  high = {source.seed + (1ULL << 32), source.stream};
  mf_random_normals(&source, 5, 0, 0, MANY, one, two);
  check_uncorrelated(one, two, MANY);
  check_uncorrelated(one, one + 1, MANY - 1);
  const struct {
    const mf_random *random;
    uint32_t step, draw;
  } other[] = {{&stream, 5, 0}, {&seed, 5, 0}, {&high, 5, 0}, {&source, 6, 0}, {&source, 5, 1}};
  for (int k = 0; k < 5; k++) {
    mf_random_normals(other[k].random, other[k].step, other[k].draw, 0, MANY, three, NULL);
    check_uncorrelated(one, three, MANY);
    check_uncorrelated(two, three, MANY);
    check_uncorrelated(one, three + 1, MANY - 1);
  }
}
END_TEST

/* Against the library, to two units of the last place of results, of sine and cosine of 1. */
START_TEST(functions_are_those_of_the_library)
{
  const double ulp = 0x1p-52, turn = 2 * acos(-1);
  enum { POINTS = 200000 };
  for (int i = 0; i <= POINTS; i++) {
    const double v = (double)i / POINTS, x = 1416 * v - 708, y = exp(x);
    double sine, cosine;
    mf_fast_turn(v, &sine, &cosine);
    ck_assert_double_lt(fabs(sine - sin(turn * v)), 4 * ulp); /* the product is rounded too */
    ck_assert_double_lt(fabs(cosine - cos(turn * v)), 4 * ulp);
    ck_assert_double_lt(fabs(mf_fast_exp(x) - y), 2 * ulp * y);
    ck_assert_double_le(fabs(mf_fast_log(y) - log(y)), 2 * ulp * fabs(log(y)));
  }
  ck_assert(mf_fast_exp(0) == 1 && mf_fast_log(1) == 0);
  ck_assert(mf_fast_exp(-1e300) == mf_fast_exp(-708));
  ck_assert_double_lt(fabs(mf_fast_log(1 - 0x1p-53) + 0x1p-53), 0x1p-104);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("random");
  TCase *tests = tcase_create("random");
  tcase_add_test(tests, blocks_are_the_published_ones);
  tcase_add_test(tests, numbers_are_a_function_of_the_counter);
  tcase_add_test(tests, uniform_numbers_are_uniform);
  tcase_add_test(tests, normal_numbers_are_normal);
  tcase_add_test(tests, streams_are_independent);
  tcase_add_test(tests, functions_are_those_of_the_library);
  suite_add_tcase(suite, tests);
  return mf_run_suite(suite);
}
