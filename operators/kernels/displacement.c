/* SPDX-License-Identifier: BSD-3-Clause */
/* A kernel between any two points of a box. */
#include "operators/kernels/displacement.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* Displacement along one axis as the kernel sees it, `image` periods away, or the chord; `*change` is half the derivative of its
 * square. */
static double square(const mf_kernel *kernel, const mf_grid *grid, int axis, double d, int image,
                     double *change)
{
  const double length = grid->hi[axis] - grid->lo[axis];
  if (grid->periodic[axis] && kernel->type->reach == 0) {
    const double chord = length / pi * sin(pi * d / length);
    *change = chord * cos(pi * d / length);
    return chord * chord;
  }
  if (grid->periodic[axis]) d += image * length;
  *change = d;
  return d * d;
}

/* The sum over images, with its gradient if that is not NULL. */
static double of_distance(const mf_kernel *kernel, const mf_grid *grid, const double *x, const double *y,
                          double *gradient)
{
  double folded[MF_AXES] = {0, 0, 0}, sum = 0, change[MF_AXES];
  int reach[MF_AXES] = {0, 0, 0};
  for (int a = 0; a < grid->dim; a++) {
    const double length = grid->hi[a] - grid->lo[a];
    const double d = x[a] - y[a];
    folded[a] = grid->periodic[a] ? d - length * rint(d / length) : d;
    if (grid->periodic[a]) reach[a] = (int)ceil(mf_kernel_reach(kernel) / length);
  }
  for (int q = -reach[2]; q <= reach[2]; q++)
    for (int p = -reach[1]; p <= reach[1]; p++)
      for (int o = -reach[0]; o <= reach[0]; o++) {
        const double r = sqrt(square(kernel, grid, 0, folded[0], o, &change[0]) +
                              square(kernel, grid, 1, folded[1], p, &change[1]) +
                              square(kernel, grid, 2, folded[2], q, &change[2]));
        sum += mf_kernel_value(kernel, r);
        if (!gradient) continue;
        const double slope = mf_kernel_slope(kernel, r);
        for (int a = 0; a < grid->dim; a++) gradient[a] += slope * change[a];
      }
  return sum;
}

/* sum_n c_n (x.y)^n, by Horner, and its derivative by x.y. */
static double of_product(const mf_kernel *kernel, const mf_grid *grid, const double *x, const double *y,
                         double *slope)
{
  double product = 0, sum = 0;
  *slope = 0;
  for (int a = 0; a < grid->dim; a++) product += x[a] * y[a];
  for (int n = MF_KERNEL_DEGREE; n >= 0; n--) {
    *slope = *slope * product + sum;
    sum = sum * product + mf_kernel_coefficient(kernel, n);
  }
  return sum;
}

double mf_kernel_between(const mf_kernel *kernel, const mf_grid *grid, const double x[MF_AXES],
                         const double y[MF_AXES])
{
  double slope;
  return kernel->type->value ? of_distance(kernel, grid, x, y, NULL) : of_product(kernel, grid, x, y, &slope);
}

double mf_kernel_gradient(const mf_kernel *kernel, const mf_grid *grid, const double x[MF_AXES],
                          const double y[MF_AXES], double gradient[MF_AXES])
{
  double slope;
  for (int a = 0; a < MF_AXES; a++) gradient[a] = 0;
  if (kernel->type->value) return of_distance(kernel, grid, x, y, gradient);
  const double value = of_product(kernel, grid, x, y, &slope);
  for (int a = 0; a < grid->dim; a++) gradient[a] = slope * y[a];
  return value;
}
