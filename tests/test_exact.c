/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums without rounding, against 2400-bit binary numbers that are added bit by bit, and known sums. */
#include "grids/exact.h"

#include "tests/flows.h"

static double sum_of(const double *terms, int count)
{
  mf_exact s = {0};
  for (int i = 0; i < count; i++) mf_exact_add(&s, terms[i]);
  return mf_exact_value(&s);
}

#define SUM(...)                                                                                             \
  sum_of((const double[]){__VA_ARGS__}, (int)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)))

/* Equal numbers, of one sign if they are 0, or both not numbers. */
static bool same(double a, double b)
{
  return (isnan(a) && isnan(b)) || (a == b && !signbit(a) == !signbit(b));
}

/* ---- a reference that shares nothing: two's complement, one bit a byte --------------------------------------------- */

enum { BITS = 2400 };
typedef struct {
  unsigned char
      bit[BITS]; /* bit i stands for 2^(i - 1074), the last for minus twice that of the one before */
} binary;

static void add_bits(binary *sum, const binary *term)
{
  int over = 0;
  for (int i = 0; i < BITS; i++) {
    over += sum->bit[i] + term->bit[i];
    sum->bit[i] = over & 1;
    over >>= 1;
  }
}

static void negate(binary *b)
{
  binary one = {{1}};
  for (int i = 0; i < BITS; i++) b->bit[i] ^= 1;
  add_bits(b, &one);
}

static binary binary_of(double x)
{
  binary b = {{0}};
  int exponent;
  double rest = frexp(fabs(x), &exponent);
  for (int i = exponent + 1073; rest > 0;
       i--) { /* the leading bit of 0.5 <= rest < 1 is worth 2^(exponent - 1) */
    rest *= 2;
    if (rest >= 1) b.bit[i] = 1, rest -= 1;
  }
  if (x < 0) negate(&b);
  return b;
}

/* To nearest, ties to even: 53 bits from the leading one on, or down to 2^-1074, and what the rest says. */
static double double_of_bits(binary b)
{
  const bool negative = b.bit[BITS - 1];
  if (negative) negate(&b);
  int lead = BITS - 1;
  while (lead >= 0 && !b.bit[lead]) lead--;
  const int last = lead > 52 ? lead - 52 : 0;
  double value = 0;
  for (int i = lead; i >= last; i--) value = 2 * value + b.bit[i];
  bool rest = false;
  for (int i = 0; i < last - 1; i++) rest = rest || b.bit[i];
  if (last > 0 && b.bit[last - 1] && (rest || b.bit[last])) value += 1;
  return ldexp(negative ? -value : value, last - 1074) + 0.0; /* no minus 0 */
}

static double reference(const double *terms, int count)
{
  binary sum = {{0}};
  for (int i = 0; i < count; i++) {
    const binary term = binary_of(terms[i]);
    add_bits(&sum, &term);
  }
  return double_of_bits(sum);
}

/* ---- random terms ------------------------------------------------------------------------------------------------ */

static uint64_t seed = 88172645463325252u;
static uint64_t next(void) /* Marsaglia 2003 */
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

/* Any finite double, denormal ones too, with binary exponents within `width` of `centre`. */
static double random_term(int centre, int width)
{
  const double size = 1 + (double)(next() >> 12) * 0x1p-52;
  return ldexp(next() & 1 ? size : -size, centre + (int)(next() % (unsigned)(2 * width + 1)) - width);
}

static void shuffle(double *terms, int count)
{
  for (int i = count - 1; i > 0; i--) {
    const int k = (int)(next() % (unsigned)(i + 1));
    const double t = terms[i];
    terms[i] = terms[k];
    terms[k] = t;
  }
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

START_TEST(terms_that_cancel_leave_the_rest)
{
  HOLDS(same(SUM(1e300, 1, -1e300), 1));
  HOLDS(same(SUM(1, 1e100, 1, -1e100), 2));
  HOLDS(same(SUM(1e308, 1e308, -1e308, -1e308, 5e-324), 5e-324)); /* partial sums overflow a double */
  HOLDS(same(SUM(-1e300, 1e-300, 1e300), 1e-300));
  HOLDS(same(SUM(3, -3), 0));
  HOLDS(same(SUM(-0.0), 0));
  HOLDS(same(SUM(DBL_MIN, -5e-324), DBL_MIN - 5e-324)); /* from normal to denormal */
  HOLDS(same(SUM(DBL_MAX, DBL_MAX), INFINITY));
  HOLDS(same(SUM(-DBL_MAX, -DBL_MAX), -INFINITY));
  mf_exact nothing = {0};
  HOLDS(same(mf_exact_value(&nothing), 0));
}
END_TEST

START_TEST(ties_go_to_even)
{
  const double ulp = DBL_EPSILON;
  HOLDS(same(SUM(1, ulp / 2), 1));
  HOLDS(same(SUM(1 + ulp, ulp / 2), 1 + 2 * ulp));
  HOLDS(same(SUM(1, ulp / 2, 5e-324), 1 + ulp)); /* a tie that is none, by the least bit there is */
  HOLDS(same(SUM(1, ulp / 2, -5e-324), 1));
  HOLDS(same(SUM(-1, -ulp / 2, -5e-324), -1 - ulp));
  for (int k = 54; k <= 1074; k++) {
    at("a tie and 2^-%d", k);
    HOLDS(same(SUM(1, ulp / 2, ldexp(1, -k)), 1 + ulp) && same(SUM(1, ulp / 2, -ldexp(1, -k)), 1));
  }
  HOLDS(same(SUM(2 - ulp, ulp / 2), 2)); /* rounds up into the next binade */
  HOLDS(same(SUM(DBL_MAX, 0x1p969), DBL_MAX));
  HOLDS(same(SUM(DBL_MAX, 0x1p970), INFINITY)); /* half an ulp of the greatest double */
}
END_TEST

START_TEST(infinities_and_nans_go_through)
{
  HOLDS(same(SUM(1, INFINITY, -1e300), INFINITY));
  HOLDS(same(SUM(1, -INFINITY), -INFINITY));
  HOLDS(same(SUM(INFINITY, 1, -INFINITY), NAN));
  HOLDS(same(SUM(INFINITY, NAN, 1), NAN));
}
END_TEST

/* One term of every exponent and both ends of its mantissa: the sum is the term; with its neighbours, the reference's. */
START_TEST(every_exponent_is_exact)
{
  for (int e = -1074; e <= 1023; e++)
    for (int odd = 0; odd < 2; odd++) {
      const double x = ldexp(odd ? 2 - DBL_EPSILON : 1, e);
      const double three[] = {x, -ldexp(1.75, e < 1023 ? e + 1 : e), ldexp(1.25, e > -1000 ? e - 60 : e)};
      at("2^%d, %d", e, odd);
      HOLDS(same(SUM(x), x) && same(SUM(-x), -x));
      HOLDS(same(sum_of(three, 3), reference(three, 3)));
    }
}
END_TEST

START_TEST(random_sums_are_rounded_once)
{
  static const struct {
    int centre, width;
  } ranges[] = {{0, 2}, {0, 60}, {0, 1000}, {-1060, 14}, {-1040, 40}, {1000, 22}, {31, 33}};
  enum { TERMS = 200 };
  double terms[TERMS + 1];
  for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
    for (int round = 0; round < 40; round++) {
      const int count = 1 + (int)(next() % TERMS);
      for (int i = 0; i < count; i++) terms[i] = random_term(ranges[r].centre, ranges[r].width);
      for (int i = 0; round % 2 && 2 * i + 1 < count; i++) terms[2 * i + 1] = -nextafter(terms[2 * i], 0);
      const double want = reference(terms, count);
      at("exponents %d +- %d, %d terms, %a", ranges[r].centre, ranges[r].width, count, want);
      HOLDS(same(sum_of(terms, count), want));
      shuffle(terms, count);
      HOLDS(same(sum_of(terms, count), want));
      terms[count] = -want; /* what rounding left is at most half an ulp */
      HOLDS(isinf(want) ||
            fabs(sum_of(terms, count + 1)) <= 0.5 * (nextafter(fabs(want), INFINITY) - fabs(want)));
    }
}
END_TEST

/* In parts, as threads and processes take it. */
START_TEST(parts_make_the_whole)
{
  enum { TERMS = 300, PARTS = 7 };
  double terms[TERMS];
  for (int round = 0; round < 50; round++) {
    mf_exact part[PARTS], all = {0}, packed;
    int64_t words[MF_EXACT_WORDS] = {0}, own[MF_EXACT_WORDS];
    for (int k = 0; k < PARTS; k++) mf_exact_start(&part[k]);
    for (int i = 0; i < TERMS; i++) {
      terms[i] = random_term(0, round % 2 ? 3 : 900);
      mf_exact_add(&part[next() % (PARTS - 1)], terms[i]); /* the last stays empty */
    }
    for (int k = 0; k < PARTS; k++) {
      mf_exact_merge(&all, &part[k]);
      mf_exact_pack(&part[k], own);
      for (int w = 0; w < MF_EXACT_WORDS; w++) words[w] += own[w];
    }
    mf_exact_unpack(&packed, words);
    const double want = reference(terms, TERMS);
    HOLDS(same(mf_exact_value(&all), want));
    HOLDS(same(mf_exact_value(&packed), want));
  }
  mf_exact a = {0}, b = {0};
  int64_t of_a[MF_EXACT_WORDS], of_b[MF_EXACT_WORDS];
  mf_exact_add(&a, INFINITY);
  mf_exact_add(&b, -INFINITY);
  mf_exact_pack(&a, of_a);
  mf_exact_pack(&b, of_b);
  for (int w = 0; w < MF_EXACT_WORDS; w++) of_a[w] += of_b[w];
  mf_exact_unpack(&a, of_a);
  HOLDS(isnan(mf_exact_value(&a)));
}
END_TEST

/* Doubling by merging gives more terms than a limb holds without carries, of the greatest limbs there are. */
START_TEST(carries_are_worked_off)
{
  for (int sign = -1; sign <= 1; sign += 2) {
    mf_exact s = {0}, copy;
    const double term = sign * (2 - DBL_EPSILON);
    mf_exact_add(&s, term);
    for (int k = 0; k < 70; k++) {
      copy = s;
      mf_exact_merge(&s, &copy);
      mf_exact_add(&s, -term); /* 2^k terms and 2^k - 1 that cancel them */
      at("%d doublings", k + 1);
      HOLDS(same(mf_exact_value(&s), term));
      mf_exact_add(&s, term);
      mf_exact_add(&s, -term);
    }
    mf_exact t = {0};
    mf_exact_add(&t, term);
    for (int k = 0; k < 70; k++) copy = t, mf_exact_merge(&t, &copy);
    HOLDS(same(mf_exact_value(&t), ldexp(term, 70)));
    mf_exact u = {0}, many = {0};
    mf_exact_add(&many, term);
    for (int k = 0; k < 29; k++) copy = many, mf_exact_merge(&many, &copy);
    mf_exact_merge(&u, &many); /* of more terms than go without carries, to nothing */
    mf_exact_merge(&u, &many);
    HOLDS(same(mf_exact_value(&u), ldexp(term, 30)));
  }
}
END_TEST

/* As many additions one by one as need a carry. */
START_TEST(long_sums_keep_their_last_bit)
{
  mf_exact s = {0};
  const int64_t many = ((int64_t)1 << 22) + 3;
  for (int64_t i = 0; i < many; i++) mf_exact_add(&s, 0.1);
  const long double want =
      (long double)0.1 *
      (long double)many; /* 53 + 23 bits do not fit 64, but the last bit of a double does */
  HOLDS(fabs((double)((long double)mf_exact_value(&s) - want)) <=
        0.51 * (nextafter((double)want, INFINITY) - (double)want));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("exact sums");
  TCase *tests = tcase_create("exact");
  tcase_add_test(tests, terms_that_cancel_leave_the_rest);
  tcase_add_test(tests, ties_go_to_even);
  tcase_add_test(tests, infinities_and_nans_go_through);
  tcase_add_test(tests, every_exponent_is_exact);
  tcase_add_test(tests, random_sums_are_rounded_once);
  tcase_add_test(tests, parts_make_the_whole);
  tcase_add_test(tests, carries_are_worked_off);
  tcase_add_test(tests, long_sums_keep_their_last_bit);
  suite_add_tcase(suite, tests);
  return mf_run_suite(suite);
}
