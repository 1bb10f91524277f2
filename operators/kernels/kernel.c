/* SPDX-License-Identifier: BSD-3-Clause */
/* Positive definite kernels and sums of them over several bandwidths. */
#include "operators/kernels/kernel.h"

#include "grids/base.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double gaussian(double r, double shape)
{
  (void)shape;
  return exp(-0.5 * r * r);
}

static double laplace(double r, double shape)
{
  (void)shape;
  return exp(-r);
}

static double matern(double r, double smoothness)
{
  const double s = sqrt(2 * smoothness) * r;
  if (smoothness == 0.5) return exp(-s);
  if (smoothness == 1.5) return (1 + s) * exp(-s);
  return (1 + s + s * s / 3) * exp(-s);
}

static double inverse_multiquadric(double r, double exponent)
{
  return pow(1 + r * r, -exponent);
}

static double energy(double r, double exponent)
{
  return exponent == 1 ? -r : -pow(r, exponent);
}

static double gaussian_slope(double r, double shape)
{
  (void)shape;
  return -exp(-0.5 * r * r);
}

static double laplace_slope(double r, double shape)
{
  (void)shape;
  return r > 0 ? -exp(-r) / r : 0;
}

static double matern_slope(double r, double smoothness)
{
  const double a = sqrt(2 * smoothness), s = a * r;
  if (smoothness == 0.5) return r > 0 ? -exp(-s) / r : 0;
  if (smoothness == 1.5) return -a * a * exp(-s);
  return -a * a * (1 + s) * exp(-s) / 3;
}

static double inverse_multiquadric_slope(double r, double exponent)
{
  return -2 * exponent * pow(1 + r * r, -exponent - 1);
}

static double energy_slope(double r, double exponent)
{
  return r > 0 ? -exponent * pow(r, exponent - 2) : 0;
}

static double linear(int n, double shape)
{
  (void)shape;
  return n == 1;
}

static double binomial(int n, double shape)
{
  double value = 1;
  for (int i = 0; i < n; i++) value *= (shape - i) / (i + 1);
  return value;
}

static double one_gaussian(double shape)
{
  (void)shape;
  return INFINITY;
}

static double one_half(double shape)
{
  (void)shape;
  return 0.5;
}

static double shape_itself(double shape)
{
  return shape;
}

static const mf_kernel_type kernel_gaussian = {
    .name = "gaussian",
    .summary = "exp(-r^2 / (2 s^2))",
    .reference = "Gretton et al. 2012",
    .scaled = true,
    .reach = 9,
    .value = gaussian,
    .slope = gaussian_slope,
    .mixture = one_gaussian,
};

static const mf_kernel_type kernel_laplace = {
    .name = "laplace",
    .summary = "exp(-r / s)",
    .reference = "Sriperumbudur et al. 2010",
    .scaled = true,
    .reach = 40,
    .value = laplace,
    .slope = laplace_slope,
    .mixture = one_half,
};

static const mf_kernel_type kernel_matern = {
    .name = "matern",
    .summary = "Matern of smoothness shape = 1/2, 3/2 or 5/2, length scale s",
    .reference = "Rasmussen & Williams 2006, (4.14)",
    .scaled = true,
    .reach = 50,
    .value = matern,
    .slope = matern_slope,
    .mixture = shape_itself,
    .shape = 1.5,
    .shape_min = 0.5,
    .shape_max = 2.5,
    .shape_step = 1,
};

static const mf_kernel_type kernel_inverse_multiquadric = {
    .name = "inverse_multiquadric",
    .summary = "(1 + r^2 / s^2)^(-shape)",
    .reference = "Gorham & Mackey 2017",
    .scaled = true,
    .value = inverse_multiquadric,
    .slope = inverse_multiquadric_slope,
    .shape = 0.5,
    .shape_min = 1e-3,
    .shape_max = 1e3,
};

static const mf_kernel_type kernel_energy = {
    .name = "energy",
    .summary = "-r^shape (energy distance)",
    .reference = "Szekely & Rizzo 2013",
    .conditional = true,
    .value = energy,
    .slope = energy_slope,
    .shape = 1,
    .shape_min = 1e-3,
    .shape_max = 1.999,
};

static const mf_kernel_type kernel_linear = {
    .name = "linear",
    .summary = "x.y: MMD is the distance of the means (walls only)",
    .reference = "Scholkopf & Smola 2002, section 2.1",
    .coefficient = linear,
};

static const mf_kernel_type kernel_polynomial = {
    .name = "polynomial",
    .summary = "(1 + x.y / s^2)^shape: all moments up to that order (walls only)",
    .reference = "Scholkopf & Smola 2002, section 2.1",
    .scaled = true,
    .coefficient = binomial,
    .shape = 2,
    .shape_min = 1,
    .shape_max = MF_KERNEL_DEGREE,
    .shape_step = 1,
};

/* clang-format off */
#define KERNELS(each) \
  each(gaussian) \
  each(laplace) \
  each(matern) \
  each(inverse_multiquadric) \
  each(energy) \
  each(linear) \
  each(polynomial)
/* clang-format on */

#define KERNEL_ADDRESS(name) &kernel_##name,
#define KERNEL_NAME(name)    #name,
const mf_kernel_type *const mf_kernel_types[] = {KERNELS(KERNEL_ADDRESS) NULL};
const char *const mf_kernel_names[] = {KERNELS(KERNEL_NAME) NULL};

static int choose_shape(mf_kernel *kernel, double shape)
{
  const mf_kernel_type *type = kernel->type;
  kernel->shape = isnan(shape) ? type->shape : shape;
  if (type->shape_max == 0)
    return isnan(shape) ? MF_OK : mf_fail(MF_ECASE, "kernel %s has no shape parameter", type->name);
  if (kernel->shape < type->shape_min || kernel->shape > type->shape_max)
    return mf_fail(MF_ECASE, "shape %g of kernel %s is outside [%g, %g]", kernel->shape, type->name,
                   type->shape_min, type->shape_max);
  if (type->shape_step > 0 && fmod(kernel->shape - type->shape_min, type->shape_step) != 0)
    return mf_fail(MF_ECASE, "kernel %s is implemented for shape %g, %g, ..., %g, not %g", type->name,
                   type->shape_min, type->shape_min + type->shape_step, type->shape_max, kernel->shape);
  return MF_OK;
}

int mf_kernel_init(mf_kernel *kernel, const mf_kernel_options *options)
{
  memset(kernel, 0, sizeof *kernel);
  kernel->type = mf_kernel_types[options->name];
  const mf_kernel_type *type = kernel->type;
  if (type->scaled && options->bandwidth.count == 0)
    return mf_fail(MF_ECASE, "kernel %s needs a bandwidth: its length scale s in %s", type->name,
                   type->summary);
  if (!type->scaled && options->bandwidth.count > 0)
    return mf_fail(MF_ECASE, "kernel %s has no bandwidth: it is %s", type->name, type->summary);
  kernel->scales = type->scaled ? options->bandwidth.count : 1;
  if (kernel->scales > MF_KERNEL_SCALES)
    return mf_fail(MF_ECASE, "%d bandwidths are more than the %d allowed", kernel->scales, MF_KERNEL_SCALES);
  if (options->weights.count > 0 && options->weights.count != kernel->scales)
    return mf_fail(MF_ECASE, "%d weights for %d bandwidths", options->weights.count, kernel->scales);
  for (int i = 0; i < kernel->scales; i++) {
    kernel->bandwidth[i] = type->scaled ? options->bandwidth.value[i] : 1;
    kernel->weight[i] = options->weights.count > 0 ? options->weights.value[i] : 1;
  }
  return choose_shape(kernel, options->shape);
}

double mf_kernel_value(const mf_kernel *kernel, double r)
{
  double sum = 0;
  for (int i = 0; i < kernel->scales; i++)
    sum += kernel->weight[i] * kernel->type->value(r / kernel->bandwidth[i], kernel->shape);
  return sum;
}

double mf_kernel_slope(const mf_kernel *kernel, double r)
{
  double sum = 0;
  for (int i = 0; i < kernel->scales; i++) {
    const double s = kernel->bandwidth[i];
    sum += kernel->weight[i] * kernel->type->slope(r / s, kernel->shape) / (s * s);
  }
  return sum;
}

double mf_kernel_coefficient(const mf_kernel *kernel, int n)
{
  double sum = 0;
  for (int i = 0; i < kernel->scales; i++)
    sum += kernel->weight[i] * kernel->type->coefficient(n, kernel->shape) / pow(kernel->bandwidth[i], 2 * n);
  return sum;
}

double mf_kernel_reach(const mf_kernel *kernel)
{
  double widest = 0;
  for (int i = 0; i < kernel->scales; i++) widest = fmax(widest, kernel->bandwidth[i]);
  return widest * kernel->type->reach;
}

void mf_kernel_text(const mf_kernel *kernel, char *buffer, size_t size)
{
  size_t used = (size_t)snprintf(buffer, size, "%s", kernel->type->name);
  for (int i = 0; kernel->type->scaled && i < kernel->scales && used < size; i++)
    used +=
        (size_t)snprintf(buffer + used, size - used, "%s%g", i ? ", " : ", bandwidth ", kernel->bandwidth[i]);
  if (kernel->type->shape_max > 0 && used < size)
    snprintf(buffer + used, size - used, ", shape %g", kernel->shape);
}
