/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of CVODE: operations against plain loops, reductions against sums, put off or not. */
#include "solver/time/vector.h"
#include "tests/flows.h"

/* Odd lengths, and either side of the chunks in which combinations are formed. */
static const ptrdiff_t lengths[] = {1, 2, 3, 7, 1023, 1024, 1025, 2048, 2049, 5000};
enum { LENGTHS = sizeof lengths / sizeof *lengths, MANY = 5 };

static SUNContext context;
static N_Vector x, y, z, many[MANY], others[MANY];
static ptrdiff_t length;
static bool short_of_memory;

static N_Vector random_vector(unsigned long long seed)
{
  N_Vector v = N_VClone(x);
  ck_assert_ptr_nonnull(v);
  for (ptrdiff_t i = 0; i < length; i++) mf_vector_data(v)[i] = chance(&seed);
  return v;
}

static void make_vectors(const mf_grid *grid, ptrdiff_t size)
{
  unsigned long long seed = 300;
  length = size;
  ck_assert_int_eq(mf_sundials_context(&context), 0);
  x = mf_vector_create(context, grid, length, &short_of_memory);
  ck_assert_ptr_nonnull(x);
  for (ptrdiff_t i = 0; i < length; i++) HOLDS(mf_vector_data(x)[i] == 0);
  for (ptrdiff_t i = 0; i < length; i++) mf_vector_data(x)[i] = chance(&seed);
  y = random_vector(301);
  z = random_vector(302);
  for (int j = 0; j < MANY; j++) {
    many[j] = random_vector(310 + (unsigned)j);
    others[j] = random_vector(320 + (unsigned)j);
  }
}

static void free_vectors(void)
{
  N_Vector all[] = {x, y, z};
  for (int j = 0; j < 3; j++) N_VDestroy(all[j]);
  for (int j = 0; j < MANY; j++) {
    N_VDestroy(many[j]);
    N_VDestroy(others[j]);
  }
  SUNContext_Free(&context);
}

/* z against a plain loop, to the last bit; then the same in place. */
#define ELEMENTWISE(call, formula)                                                                           \
  do {                                                                                                       \
    const double *p = mf_vector_data(x), *q = mf_vector_data(y), *r;                                         \
    (void)q;                                                                                                 \
    call;                                                                                                    \
    r = mf_vector_data(z);                                                                                   \
    for (ptrdiff_t i = 0; i < length; i++) CLOSE(r[i], formula, 2 * DBL_EPSILON * fabs(r[i]));               \
  } while (0)

START_TEST(vector_operations_are_loops)
{
  make_vectors(NULL, lengths[_i]);
  at("length %td", length);
  const double a = 0.7, b = -1.3;
  /* a p + b q may be fused: an ulp of the terms */
  N_VLinearSum(a, x, b, y, z);
  for (ptrdiff_t i = 0; i < length; i++)
    CLOSE(mf_vector_data(z)[i], a * mf_vector_data(x)[i] + b * mf_vector_data(y)[i], 4 * DBL_EPSILON);
  ELEMENTWISE(((void)p, N_VConst(a, z)), a);
  ELEMENTWISE(N_VProd(x, y, z), p[i] * q[i]);
  ELEMENTWISE(N_VDiv(x, y, z), p[i] / q[i]);
  ELEMENTWISE(N_VScale(a, x, z), a * p[i]);
  ELEMENTWISE(N_VAbs(x, z), fabs(p[i]));
  ELEMENTWISE(N_VInv(x, z), 1 / p[i]);
  ELEMENTWISE(N_VAddConst(x, b, z), p[i] + b);

  /* in place: the result may be an argument */
  double *before = reals(length);
  memcpy(before, mf_vector_data(x), (size_t)length * sizeof *before);
  N_VLinearSum(2, x, 0.5, x, x);
  for (ptrdiff_t i = 0; i < length; i++) CLOSE_REL(mf_vector_data(x)[i], 2.5 * before[i], 2 * DBL_EPSILON);
  N_VScale(0.4, x, x);
  N_VScale(1, x, x);
  for (ptrdiff_t i = 0; i < length; i++) CLOSE_REL(mf_vector_data(x)[i], before[i], 4 * DBL_EPSILON);
  N_VScale(1, x, z);
  SAME(mf_vector_data(z), mf_vector_data(x), length, 0);
  N_VProd(x, x, x);
  for (ptrdiff_t i = 0; i < length; i++)
    CLOSE_REL(mf_vector_data(x)[i], before[i] * before[i], 16 * DBL_EPSILON);
  free_vectors();
}
END_TEST

START_TEST(vector_reductions_are_sums)
{
  const mf_grid grid = line_grid((long)lengths[_i], 0, 1, false);
  for (int gridded = 0; gridded < 2; gridded++) {
    make_vectors(gridded ? &grid : NULL, lengths[_i]);
    at("length %td, grid %d", length, gridded);
    const double *p = mf_vector_data(x), *q = mf_vector_data(y);
    long double dot = 0, square = 0, sum = 0;
    double high = 0, low = INFINITY;
    for (ptrdiff_t i = 0; i < length; i++) {
      dot += (long double)p[i] * q[i];
      square += (long double)p[i] * q[i] * p[i] * q[i];
      sum += fabs(p[i]);
      high = fmax(high, fabs(p[i]));
      low = fmin(low, p[i]);
    }
    const double n = (double)length, tolerance = n * DBL_EPSILON; /* an ulp for each term */
    CLOSE(N_VDotProd(x, y), (double)dot, tolerance);
    CLOSE_REL(N_VL1Norm(x), (double)sum, tolerance);
    CLOSE_REL(N_VWL2Norm(x, y), sqrt((double)square), tolerance);
    CLOSE_REL(N_VWrmsNorm(x, y), sqrt((double)square / n), tolerance);
    HOLDS(N_VMaxNorm(x) == high && N_VMin(x) == low);
    mf_vector_data(x)[length / 2] = NAN; /* must not be passed over */
    HOLDS(isnan(N_VMaxNorm(x)) && isnan(N_VMin(x)));
    free_vectors();
  }
}
END_TEST

START_TEST(fused_vector_operations_are_loops)
{
  const mf_grid grid = line_grid((long)lengths[_i], 0, 1, false);
  for (int count = 1; count <= MANY; count++) {
    double c[MANY], products[MANY];
    make_vectors(count % 2 ? &grid : NULL, lengths[_i]);
    at("length %td, %d vectors", length, count);
    for (int j = 0; j < count; j++) c[j] = 0.3 + 0.5 * j * (j % 2 ? -1 : 1);
    double *want = reals(length);
    for (ptrdiff_t i = 0; i < length; i++)
      for (int j = 0; j < count; j++) want[i] += c[j] * mf_vector_data(many[j])[i];
    const double few = 16 * DBL_EPSILON; /* up to 5 terms below 2.3 */
    ck_assert_int_eq(N_VLinearCombination(count, c, many, z), 0);
    SAME(mf_vector_data(z), want, length, few);

    ck_assert_int_eq(N_VDotProdMulti(count, x, many, products), 0);
    for (int j = 0; j < count; j++) {
      long double dot = 0;
      for (ptrdiff_t i = 0; i < length; i++)
        dot += (long double)mf_vector_data(x)[i] * mf_vector_data(many[j])[i];
      CLOSE(products[j], (double)dot, DBL_EPSILON * (double)length);
    }

    ck_assert_int_eq(N_VScaleAddMulti(count, c, x, many, others), 0);
    for (int j = 0; j < count; j++)
      for (ptrdiff_t i = 0; i < length; i++)
        CLOSE(mf_vector_data(others[j])[i], c[j] * mf_vector_data(x)[i] + mf_vector_data(many[j])[i], few);
    ck_assert_int_eq(N_VScaleAddMulti(count, c, x, many, many), 0); /* in place */
    for (int j = 0; j < count; j++) SAME(mf_vector_data(many[j]), mf_vector_data(others[j]), length, 0);

    ck_assert_int_eq(N_VLinearCombination(count, c, others, z), 0);
    ck_assert_int_eq(N_VLinearCombination(count, c, others, others[0]), 0); /* the first may be the result */
    SAME(mf_vector_data(others[0]), mf_vector_data(z), length, 0);
    free_vectors();
    release_all();
  }
}
END_TEST

/* One of the operations, on vectors that may be the same. */
static double do_something(unsigned long long *seed, N_Vector *v)
{
  N_Vector a = v[(int)(2.5 * (1 + chance(seed)))], b = v[(int)(2.5 * (1 + chance(seed)))],
           c = v[(int)(2.5 * (1 + chance(seed)))];
  double factors[2] = {chance(seed), chance(seed)};
  switch ((int)(5 * (1 + chance(seed)))) {
  case 0:
  case 1:
    N_VLinearSum(factors[0], a, factors[1], b, c);
    return 0;
  case 2:
    N_VScale(factors[0], a, b);
    return 0;
  case 3:
    N_VProd(a, b, c);
    return 0;
  case 4:
    N_VAddConst(a, factors[0], b);
    return 0;
  case 5:
    N_VScaleAddMulti(2, factors, a, v + 1, v + 2);
    return 0;
  case 6:
    N_VLinearCombination(2, factors, v + 2, a);
    return 0;
  case 7:
    N_VConst(factors[0], a);
    return 0;
  case 8:
    return N_VDotProd(a, b);
  default:
    return N_VWrmsNorm(a, b);
  }
}

/* Whatever comes between two looks at numbers, they are what they are if somebody looks after each operation. */
START_TEST(operations_that_were_put_off_are_done_in_order)
{
  const mf_grid grid = line_grid((long)lengths[_i], 0, 1, true);
  enum { STEPS = 400 };
  unsigned long long seed = 900 + (unsigned)_i, same = seed;
  make_vectors(&grid, lengths[_i]);
  for (int j = 0; j < MANY; j++) N_VScale(1, many[j], others[j]);
  double seen[STEPS];
  for (int step = 0; step < STEPS; step++) {
    seen[step] = do_something(&seed, many);
    mf_vector_data(x);
  }
  at("length %td", length);
  for (int step = 0; step < STEPS; step++) HOLDS(do_something(&same, others) == seen[step]);
  for (int j = 0; j < MANY; j++) SAME(mf_vector_data(others[j]), mf_vector_data(many[j]), length, 0);
  N_Vector last = N_VClone(x);
  N_VLinearSum(1, x, 1, last, y); /* which is done before `last` is gone */
  N_VDestroy(last);
  SAME(mf_vector_data(y), mf_vector_data(x), length, 0);
  free_vectors();
}
END_TEST

START_TEST(vectors_can_be_cloned_and_lent)
{
  make_vectors(NULL, 12);
  N_Vector empty = N_VCloneEmpty(x);
  ck_assert_ptr_nonnull(empty);
  ck_assert_ptr_null(mf_vector_data(empty));
  double lent[12] = {3};
  N_VSetArrayPointer(lent, empty);
  ck_assert_ptr_eq(N_VGetArrayPointer(empty), lent);
  HOLDS(N_VMaxNorm(empty) == 3);
  N_VDestroy(empty); /* what was lent is not freed: it is no heap block */
  ck_assert_int_eq(N_VGetVectorID(x), SUNDIALS_NVEC_CUSTOM);
  ck_assert_int_eq(N_VGetLength(x), 12);
  sunindextype numbers, integers;
  N_VSpace(x, &numbers, &integers);
  ck_assert_int_eq(numbers, 12);
  N_Vector copy = N_VClone(x);
  HOLDS(mf_vector_data(copy) != mf_vector_data(x));
  N_VDestroy(copy);
  ck_assert(!short_of_memory);
  free_vectors();
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("vector");
  TCase *all = tcase_create("vector");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, vector_operations_are_loops, 0, LENGTHS);
  tcase_add_loop_test(all, vector_reductions_are_sums, 0, LENGTHS);
  tcase_add_loop_test(all, fused_vector_operations_are_loops, 0, LENGTHS);
  tcase_add_loop_test(all, operations_that_were_put_off_are_done_in_order, 0, LENGTHS);
  tcase_add_test(all, vectors_can_be_cloned_and_lent);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
