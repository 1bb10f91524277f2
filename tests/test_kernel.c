/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels: their formulas, their list, what options they take, and how they name themselves. */
#include "tests/kernels.h"

enum { KERNELS_MAX = 64 };

/* A kernel of bandwidth 0.7, if it has one, and of shape s, or its own for NAN. */
static mf_kernel shaped(const char *name, double s)
{
  mf_kernel_options o = kernel_options(kernel_named(name), 1, &(const double){0.7}, NULL);
  mf_kernel kernel;
  o.shape = s;
  DO(mf_kernel_init(&kernel, &o));
  return kernel;
}

START_TEST(kernels_are_their_formulas)
{
  static const struct {
    const char *name;
    double shape;
  } rows[] = {{"gaussian", NAN},
              {"laplace", NAN},
              {"matern", 0.5},
              {"matern", 1.5},
              {"matern", 2.5},
              {"inverse_multiquadric", NAN},
              {"inverse_multiquadric", 1.5},
              {"energy", NAN},
              {"energy", 0.5}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const mf_kernel kernel = shaped(rows[i].name, rows[i].shape);
    for (double r = 0; r < 4; r += 0.05) {
      const double s = 0.7, t = r / s;
      const double want[] = {exp(-r * r / (2 * s * s)),
                             exp(-t),
                             exp(-t),
                             (1 + sqrt(3) * t) * exp(-sqrt(3) * t),
                             (1 + sqrt(5) * t + 5 * t * t / 3) * exp(-sqrt(5) * t),
                             1 / sqrt(1 + t * t),
                             1 / ((1 + t * t) * sqrt(1 + t * t)),
                             -r,
                             -sqrt(r)};
      at("%s of shape %g at %g", rows[i].name, rows[i].shape, r);
      CLOSE_REL(mf_kernel_value(&kernel, r), want[i], 1e-14); /* exponents up to 16, an ulp of each */
    }
  }
}
END_TEST

/* The power series at x.y = d is k in closed form. */
START_TEST(power_series_are_their_formulas)
{
  static const struct {
    const char *name;
    double shape;
  } rows[] = {{"linear", NAN}, {"polynomial", NAN}, {"polynomial", 1}, {"polynomial", 5}, {"polynomial", 8}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const mf_kernel kernel = shaped(rows[i].name, rows[i].shape);
    for (double d = 0; d < 4; d += 0.05) {
      const double t = 1 + d / 0.49, want[] = {d, t * t, t, t * t * t * t * t, pow(t, 8)};
      double sum = 0;
      for (int n = MF_KERNEL_DEGREE; n >= 0; n--) sum = sum * d + mf_kernel_coefficient(&kernel, n);
      at("%s of shape %g at %g", rows[i].name, rows[i].shape, d);
      CLOSE_REL(sum, want[i], 1e-14); /* eight terms, none negative, an ulp or two of each */
    }
  }
}
END_TEST

START_TEST(kernels_are_listed_in_order)
{
  const int count = kernel_count();
  ck_assert_int_lt(count, KERNELS_MAX);
  ck_assert_ptr_null(mf_kernel_names[count]);
  for (int i = 0; i < count; i++) {
    const mf_kernel_type *type = mf_kernel_types[i];
    at("%s", type->name);
    ck_assert_str_eq(type->name, mf_kernel_names[i]);
    HOLDS(type->summary && *type->summary && type->reference && *type->reference);
    HOLDS(!type->value != !type->coefficient);
    HOLDS(type->shape >= type->shape_min && type->shape <= type->shape_max);
    for (int j = 0; j < i; j++) ck_assert_str_ne(type->name, mf_kernel_names[j]);
    const mf_kernel kernel = kernel_of(i, 2);
    CLOSE_REL(mf_kernel_reach(&kernel), 2 * type->reach, DBL_EPSILON);
    if (type->reach > 0) /* what the images left out amount to */
      HOLDS(fabs(mf_kernel_value(&kernel, 2 * type->reach)) < 1e-17 * mf_kernel_value(&kernel, 0));
  }
}
END_TEST

START_TEST(wrong_kernels_are_refused)
{
  mf_kernel kernel;
  for (int i = 0; mf_kernel_types[i]; i++) {
    const mf_kernel_type *type = mf_kernel_types[i];
    const double bandwidth[MF_KERNEL_SCALES + 1] = {1, 2, 3};
    mf_kernel_options o = kernel_options(i, 1, bandwidth, NULL);
    at("%s", type->name);
    DO(mf_kernel_init(&kernel, &o));
    CLOSE(kernel.shape, type->shape, 0);
    if (type->scaled) {
      o.bandwidth.count = 0;
      REFUSES(mf_kernel_init(&kernel, &o), "needs a bandwidth");
      o.bandwidth.count = MF_KERNEL_SCALES + 1;
      REFUSES(mf_kernel_init(&kernel, &o), "17 bandwidths");
      o = kernel_options(i, 2, bandwidth, bandwidth);
      DO(mf_kernel_init(&kernel, &o));
      o.weights.count = 1;
      REFUSES(mf_kernel_init(&kernel, &o), "1 weights for 2 bandwidths");
      o.weights.count = 3;
      REFUSES(mf_kernel_init(&kernel, &o), "3 weights for 2 bandwidths");
    } else {
      o.bandwidth.count = 1;
      REFUSES(mf_kernel_init(&kernel, &o), "has no bandwidth");
      o.bandwidth.count = 0;
      o.weights.count = 2;
      REFUSES(mf_kernel_init(&kernel, &o), "2 weights");
    }
    o = kernel_options(i, 1, bandwidth, NULL);
    if (type->shape_max == 0) {
      o.shape = 1;
      REFUSES(mf_kernel_init(&kernel, &o), "no shape parameter");
      continue;
    }
    o.shape = type->shape_max;
    DO(mf_kernel_init(&kernel, &o));
    o.shape = 1.01 * type->shape_max;
    REFUSES(mf_kernel_init(&kernel, &o), "outside");
    o.shape = 0.5 * type->shape_min;
    REFUSES(mf_kernel_init(&kernel, &o), "outside");
    o.shape = -1;
    REFUSES(mf_kernel_init(&kernel, &o), "outside");
  }
}
END_TEST

START_TEST(matern_has_three_shapes)
{
  mf_kernel_options o = kernel_options(kernel_named("matern"), 1, &(const double){1}, NULL);
  mf_kernel kernel;
  for (double s = 0.5; s <= 2.5; s += 0.25) {
    o.shape = s;
    if (s == 0.5 || s == 1.5 || s == 2.5)
      DO(mf_kernel_init(&kernel, &o));
    else
      REFUSES(mf_kernel_init(&kernel, &o), "0.5, 1.5, ..., 2.5");
  }
}
END_TEST

START_TEST(kernels_describe_themselves)
{
  char text[80], small[9];
  mf_kernel kernel = kernel_of(0, sqrt(10));
  mf_kernel_text(&kernel, text, sizeof text);
  ck_assert_str_eq(text, "gaussian, bandwidth 3.16228");
  mf_kernel_text(&kernel, small, sizeof small);
  ck_assert_str_eq(small, "gaussian");
  const mf_kernel_options two = kernel_options(kernel_named("matern"), 2, (const double[]){0.5, 2}, NULL);
  DO(mf_kernel_init(&kernel, &two));
  mf_kernel_text(&kernel, text, sizeof text);
  ck_assert_str_eq(text, "matern, bandwidth 0.5, 2, shape 1.5");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("kernel");
  TCase *all = tcase_create("kernel");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, kernels_are_their_formulas);
  tcase_add_test(all, power_series_are_their_formulas);
  tcase_add_test(all, kernels_are_listed_in_order);
  tcase_add_test(all, wrong_kernels_are_refused);
  tcase_add_test(all, matern_has_three_shapes);
  tcase_add_test(all, kernels_describe_themselves);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
