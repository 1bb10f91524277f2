/* SPDX-License-Identifier: BSD-3-Clause */
/* Eigenvalues of chains on a line and on a ring, enclosed: against closed forms and numbers that were found independently. */
#include "solver/observe/gap_chain.h"
#include "solver/observe/gap_line.h"
#include "tests/flows.h"

#include <float.h>

enum { MOST = 20001 };

/* A line or ring with its numbers. */
typedef struct {
  ptrdiff_t n;
  long double mass[MOST], joint[MOST];
} line;
static line given;

static mf_chain chain(void)
{
  return (mf_chain){given.n, given.mass, given.joint};
}

static const long double ring_end = 3.141592653589793238462643383279502884L;

/* Masses e^-V, face weights e^-(mean of V)/h^2 times x/sinh x of half the difference where `steep`; the last joint closes a ring. */
static void fill(ptrdiff_t n, long double lo, long double hi,
                 long double (*potential)(long double x, long double b), long double b, bool steep)
{
  const long double h = (hi - lo) / (long double)n;
  given.n = n;
  for (ptrdiff_t i = 0; i < n; i++) {
    const long double level = potential(lo + ((long double)i + 0.5L) * h, b);
    const long double next = potential(i + 1 < n ? lo + ((long double)i + 1.5L) * h : lo + 0.5L * h, b);
    const long double half = (next - level) / 2, factor = !steep || half == 0 ? 1 : half / sinhl(half);
    given.mass[i] = expl(-level);
    given.joint[i] = factor * expl(-(level + next) / 2) / (h * h);
  }
}

static long double quadratic(long double x, long double b)
{
  return b * x * x / 2;
}

static long double well(long double x, long double b)
{
  return b * (x * x - 1) * (x * x - 1);
}

static long double linear(long double x, long double b)
{
  return b * x;
}

static long double sech(long double x, long double b)
{
  return 2 * b * logl(coshl(x));
}

static long double egg(long double x, long double b)
{
  return b * cosl(2 * x);
}

static long double tilted(long double x, long double b)
{
  return b * (cosl(3 * x) + 0.2L * sinl(x + 0.4L));
}

/* The interval holds `want`, good to `digits` relative, and is as narrow as `width`. */
static void holds(const mf_enclosure *e, long double want, long double digits, long double width)
{
  ck_assert_msg(e->lower <= want * (1 + digits) && want * (1 - digits) <= e->upper,
                "%s: [%.19Lg, %.19Lg] is not %.19Lg", here, e->lower, e->upper, want);
  ck_assert_msg(e->lower > 0 && e->upper / e->lower - 1 <= width, "%s: width %Lg of [%Lg, %Lg]", here,
                e->upper / e->lower - 1, e->lower, e->upper);
}

static mf_enclosure gap_of(void)
{
  const mf_chain c = chain();
  mf_enclosure e;
  static long double step[MOST];
  DO(mf_chain_gap(&c, &e, step));
  return e;
}

/* Widening is (4N + 18) 2^-64 in all, 2.3e-16 at 1024 cells; the iteration adds a quarter of it. */
static long double narrow(void)
{
  return (5 * (long double)given.n + 40) * LDBL_EPSILON / 2;
}

/* Closed forms; tables of constants from prototypes in another language, with the digits that they had. */
START_TEST(gaps_are_the_known_ones)
{
  static const struct {
    const char *name;
    ptrdiff_t n;
    double lo, hi;
    long double (*potential)(long double x, long double b);
    double b;
    bool steep;
    long double want, digits;
  } known[] = {{"Ornstein-Uhlenbeck", 1024, -6, 6, quadratic, 1, false, 0.99998290463456L, 1e-14L},
               {"well 20", 1024, -1.9, 1.9, well, 20, true, 7.2778534135729e-8L, 1e-13L},
               {"well 40", 1024, -1.9, 1.9, well, 40, true, 3.0311333825002e-16L, 1e-13L},
               {"well 60", 1024, -1.9, 1.9, well, 60, true, 9.402954351812e-25L, 1e-12L},
               {"exponential", 1000, 0, 20, linear, 1, false, 0.274676074049447L, 2e-15L},
               {"sech", 4000, -12, 12, sech, 2, false, 2.99997300L, 4e-9L},
               {"sech", 8000, -12, 12, sech, 2, false, 2.99999325L, 4e-9L}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    at("%s", known[i].name);
    fill(known[i].n, known[i].lo, known[i].hi, known[i].potential, known[i].b, known[i].steep);
    const mf_enclosure e = gap_of();
    holds(&e, known[i].want, known[i].digits, narrow());
  }
}
END_TEST

/* Rounding of the closed form itself: ten operations on long doubles. */
static const long double rounding = 10 * LDBL_EPSILON;

/* V = x: (4/h^2)(sinh^2(h/4) + sin^2(pi/2N)); V = 0: the second part alone. */
START_TEST(lines_have_their_closed_forms)
{
  for (int slope = 0; slope < 2; slope++)
    for (ptrdiff_t n = 2; n < MOST; n = 3 * n - 1) {
      at("%td cells, slope %d", n, slope);
      const long double h = 20 / (long double)n, sine = sinl(ring_end / (2 * (long double)n)),
                        sinh = slope * sinhl(h / 4);
      fill(n, 0, 20, linear, slope, false);
      const mf_enclosure e = gap_of();
      holds(&e, 4 / (h * h) * (sinh * sinh + sine * sine), rounding * (1 + h * h), narrow());
    }
}
END_TEST

/* n balls change sides one at a time: rates n - i and i, masses binomial, eigenvalues 2 k. */
START_TEST(ehrenfests_urns_have_even_eigenvalues)
{
  const int n = 20;
  mf_enclosure e[8];
  given.n = n + 1;
  given.mass[0] = 1;
  for (int i = 0; i < n; i++) {
    given.mass[i + 1] = given.mass[i] * (n - i) / (i + 1);
    given.joint[i] = given.mass[i] * (n - i);
  }
  const mf_chain c = chain();
  DO(mf_line_modes(&c, 0, 8, e, NULL));
  for (int k = 0; k < 8; k++) holds(&e[k], 2 * (k + 1), 0, 5e-17L);
}
END_TEST

/* A barrier of 400 kT, and masses down to e^-2700: against Kramers' law on the line, half of whose relative error is 1/B
 * (5/32 and further terms), and against the same chain counted. */
START_TEST(high_barriers_keep_their_digits)
{
  for (int b = 100; b <= 400; b += 100) {
    at("barrier %d", b);
    fill(1024, -1.9L, 1.9L, well, b, true);
    const mf_enclosure e = gap_of();
    const mf_chain c = chain();
    const mf_enclosure counted = mf_chain_eigenvalue(&c, 1, 2 * e.lower, 0);
    const long double kramers = 4 * sqrtl(2) * b / ring_end * expl(-(long double)b);
    holds(&e, kramers, 2 / (long double)b + 2e-3L, narrow());
    holds(&counted, e.lower, e.upper / e.lower - 1, 2 * narrow());
  }
}
END_TEST

/* Three equal wells side by side: two slow modes, and one of the gap between them and all others. */
START_TEST(wells_that_are_nearly_alike_are_told_apart)
{
  mf_enclosure e[3];
  fill(600, 0, 3 * ring_end, egg, 12, false);
  const mf_chain c = chain();
  DO(mf_line_modes(&c, 0, 3, e, NULL));
  const mf_enclosure alone = gap_of();
  HOLDS(e[0].upper < e[1].lower && e[1].upper < e[2].lower && e[1].upper < 1e-6L * e[2].lower);
  holds(&alone, e[0].lower, narrow(), narrow());
}
END_TEST

/* Any masses and joints: the interval of every mode holds the eigenvalue that bisection on another count finds: that of sign
 * changes of the recurrence for u in u_{i+1} = u_i + ..., carried in ratios. */
static ptrdiff_t sign_changes(long double sigma)
{
  long double flux = 0, u = 1;
  ptrdiff_t count = 0;
  for (ptrdiff_t i = 0; i < given.n - 1; i++) {
    flux -= sigma * given.mass[i] * u;
    const long double next = u + flux / given.joint[i];
    count += (next < 0) != (u < 0);
    const long double size = 1 / (fabsl(next) + fabsl(flux));
    u = next * size, flux *= size;
  }
  flux -= sigma * given.mass[given.n - 1] * u;
  return count + ((flux < 0) == (u > 0));
}

START_TEST(random_chains_are_enclosed)
{
  unsigned long long seed = 5;
  for (int trial = 0; trial < 60; trial++) {
    mf_enclosure e[4];
    given.n = 5 + trial;
    const double decades = trial % 3 * 15;
    for (ptrdiff_t i = 0; i < given.n; i++) {
      given.mass[i] = expl(decades * chance(&seed));
      given.joint[i] = expl(decades * chance(&seed));
    }
    const mf_chain c = chain();
    DO(mf_line_modes(&c, 0, 4, e, NULL));
    for (int k = 0; k < 4; k++) {
      at("chain %d, mode %d", trial, k);
      const long double lower = e[k].lower * (1 - 1e-12L),
                        upper = e[k].upper * (1 + 1e-12L); /* the recurrence rounds too */
      HOLDS(sign_changes(lower) <= k + 1 && sign_changes(upper) >= k + 2);
      HOLDS(e[k].upper / e[k].lower - 1 < 1e-15L);
    }
  }
}
END_TEST

/* A ring of equal cells: (4/h^2) sin^2(pi j/n), twice each. */
START_TEST(rings_have_pairs)
{
  for (ptrdiff_t n = 3; n < 400; n = 2 * n - 1) {
    mf_enclosure e[4];
    const int modes = n > 4 ? 4 : (int)n - 1;
    fill(n, 0, 2 * ring_end, egg, 0, false);
    const mf_chain c = chain();
    DO(mf_line_modes(&c, given.joint[n - 1], modes, e, NULL));
    for (int k = 0; k < modes; k++) {
      at("%td cells, mode %d", n, k);
      const long double h = 2 * ring_end / (long double)n,
                        sine = sinl(ring_end * (k / 2 + 1) / (long double)n);
      holds(&e[k], 4 * sine * sine / (h * h), rounding, 200 * (long double)n * LDBL_EPSILON);
    }
  }
}
END_TEST

/* The slowest mode between two equal wells of a ring is even about the middle of each: that of the half from well to well, with
 * walls there. */
START_TEST(rings_of_two_wells_are_enclosed)
{
  enum { N = 1600 }; /* two coarser lines are seen on the way */
  static const int barriers[] = {3, 15, 39, 200};
  for (int i = 0; i < 4; i++) {
    mf_enclosure e[2];
    const int b = barriers[i];
    at("barrier %d", 2 * b);
    fill(N, -ring_end / 2, 3 * ring_end / 2, egg, b,
         false); /* wells in the middles of both halves of the box */
    const mf_chain ring = chain();
    DO(mf_line_modes(&ring, given.joint[N - 1], 2, e, NULL));
    const mf_chain half = {N / 2, given.mass, given.joint}; /* from well to well */
    mf_enclosure cut;
    long double step[N / 2];
    DO(mf_chain_gap(&half, &cut, step));
    holds(&e[0], cut.lower, cut.upper / cut.lower - 1 + e[0].upper / e[0].lower - 1, 1e-12L);
  }
}
END_TEST

/* Eigenfunctions are of norm 1 and satisfy their equation, to what a double holds of u: an ulp of it times 4c/m. */
START_TEST(eigenfunctions_satisfy_their_equation)
{
  enum { N = 90, K = 3 };
  double u[K][N], *const function[] = {u[0], u[1], u[2]};
  for (int ring = 0; ring < 2; ring++) {
    mf_enclosure e[K];
    fill(N, -ring_end, ring_end, tilted, 2, false);
    const mf_chain c = chain();
    DO(mf_line_modes(&c, ring ? given.joint[N - 1] : 0, K, e, function));
    for (int k = 0; k < K; k++) {
      long double square = 0, worst = 0, size = 0;
      for (int i = 0; i < N; i++) {
        const int up = (i + 1) % N, down = (i + N - 1) % N;
        const long double above = up || ring ? given.joint[i] : 0, below = i || ring ? given.joint[down] : 0;
        const long double left = above * (u[k][i] - u[k][up]) + below * (u[k][i] - u[k][down]);
        square += given.mass[i] * u[k][i] * u[k][i];
        worst = fmaxl(worst, fabsl(left - e[k].lower * given.mass[i] * u[k][i]) / given.mass[i]);
        size = fmaxl(size, (above + below) / given.mass[i] * fabsl((long double)u[k][i]));
      }
      at("ring %d, mode %d", ring, k);
      CLOSE(sqrt((double)square), 1, 1e-12);
      HOLDS(worst < 1e-8L * size);
    }
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("gap_chain");
  TCase *all = tcase_create("lines");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_set_timeout(all, 120);
  tcase_add_test(all, gaps_are_the_known_ones);
  tcase_add_test(all, lines_have_their_closed_forms);
  tcase_add_test(all, ehrenfests_urns_have_even_eigenvalues);
  tcase_add_test(all, high_barriers_keep_their_digits);
  tcase_add_test(all, wells_that_are_nearly_alike_are_told_apart);
  tcase_add_test(all, random_chains_are_enclosed);
  tcase_add_test(all, rings_have_pairs);
  tcase_add_test(all, rings_of_two_wells_are_enclosed);
  tcase_add_test(all, eigenfunctions_satisfy_their_equation);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
