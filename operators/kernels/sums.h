/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sums.h  Sums of a kernel over points, with their gradients:
 *
 *    value_c(x_i) = sum_j charge_c[j] k(x_i, y_j),    gradient(x_i) = sum_j charge_0[j] grad_1 k(x_i, y_j)
 *
 *  Directly, which takes N M kernel values, or for Gaussian kernels by Fourier series: charges are spread to a regular mesh,
 *  transformed, multiplied by the kernel's coefficients, transformed back and interpolated (Potts & Steidl 2003; Greengard &
 *  Lee 2004), which takes N + M stencils and some transforms.  The error of the series is below
 *  1e-8 sum |charge| of the kernel's value at 0 (finely 1e-13), of gradients below that over the bandwidth.  Which is cheaper is told by costs that were measured, not by
 *  a clock: results do not change from run to run, nor with the number of threads. */
#ifndef MF_OPERATORS_KERNELS_SUMS_H
#define MF_OPERATORS_KERNELS_SUMS_H

#include "grids/grid.h"
#include "operators/kernels/kernel.h"

enum { MF_CHARGES = 4 };

/** Points, coordinates x[axis][i]. */
typedef struct {
  ptrdiff_t count;
  const double *x[MF_AXES];
} mf_cloud;

/** Of the series: 1e-8, or 1e-13. */
typedef enum { MF_SUMS_USUAL, MF_SUMS_FINE } mf_sums_accuracy;

typedef enum { MF_SUMS_CHEAPEST, MF_SUMS_DIRECT, MF_SUMS_FAST } mf_sums_way;

typedef struct mf_sums mf_sums;

/** What is to be summed: arrays of one number per source and per target; what is NULL is not wanted. */
typedef struct {
  mf_cloud sources, targets;
  int charges; /**< 1 to MF_CHARGES */
  const double *charge[MF_CHARGES];
  double *value[MF_CHARGES];
  double *gradient[MF_AXES]; /**< all of the dimension, or none */
} mf_sums_request;

/** The grid says what the dimension is and which axes are periodic; along the others points may be anywhere.  It and the
 *  kernel have to stay.  MF_ECASE: the fast way for a kernel that it does not know. */
int mf_sums_create(mf_sums **out, const mf_grid *grid, const mf_kernel *kernel, mf_sums_way way,
                   mf_sums_accuracy accuracy);
void mf_sums_free(mf_sums *s);

/** Not for two threads at once. */
int mf_sums_form(mf_sums *s, const mf_sums_request *r);

/** The way that is taken. */
mf_sums_way mf_sums_choice(const mf_sums *s, const mf_sums_request *r);

#endif
