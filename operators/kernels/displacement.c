/* SPDX-License-Identifier: BSD-3-Clause */
/* A kernel between any two points of a box. */
#include "operators/kernels/displacement.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* Squared displacement along one axis, `image` periods away, or the chord. */
static double square(const mf_kernel *kernel, const mf_grid *grid, int axis, double d, int image)
{
  const double length = grid->hi[axis] - grid->lo[axis];
  if (grid->periodic[axis])
    d = kernel->type->reach == 0 ? length / pi * sin(pi * d / length) : d + image * length;
  return d * d;
}

static double of_distance(const mf_kernel *kernel, const mf_grid *grid, const double *x, const double *y)
{
  double folded[MF_AXES] = {0, 0, 0}, sum = 0;
  int reach[MF_AXES] = {0, 0, 0};
  for (int a = 0; a < grid->dim; a++) {
    const double length = grid->hi[a] - grid->lo[a];
    const double d = x[a] - y[a];
    folded[a] = grid->periodic[a] ? d - length * rint(d / length) : d;
    if (grid->periodic[a]) reach[a] = (int)ceil(mf_kernel_reach(kernel) / length);
  }
  for (int q = -reach[2]; q <= reach[2]; q++)
    for (int p = -reach[1]; p <= reach[1]; p++)
      for (int o = -reach[0]; o <= reach[0]; o++)
        sum += mf_kernel_value(kernel, sqrt(square(kernel, grid, 0, folded[0], o) +
                                            square(kernel, grid, 1, folded[1], p) +
                                            square(kernel, grid, 2, folded[2], q)));
  return sum;
}

/* sum_n c_n (x.y)^n, by Horner. */
static double of_product(const mf_kernel *kernel, const mf_grid *grid, const double *x, const double *y)
{
  double product = 0, sum = 0;
  for (int a = 0; a < grid->dim; a++) product += x[a] * y[a];
  for (int n = MF_KERNEL_DEGREE; n >= 0; n--) sum = sum * product + mf_kernel_coefficient(kernel, n);
  return sum;
}

double mf_kernel_between(const mf_kernel *kernel, const mf_grid *grid, const double x[MF_AXES],
                         const double y[MF_AXES])
{
  return kernel->type->value ? of_distance(kernel, grid, x, y) : of_product(kernel, grid, x, y);
}
