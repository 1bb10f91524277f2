/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations on arrays, element by element. */
#include "grids/elementwise.h"

#include "grids/threads.h"

#include <math.h>

MF_CLONES static void mf_loop_sum(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.a * o.x[i] + o.b * o.y[i];
}

MF_CLONES static void mf_loop_scaled(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.a * o.x[i];
}

MF_CLONES static void mf_loop_product(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.x[i] * o.y[i];
}

MF_CLONES static void mf_loop_quotient(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.x[i] / o.y[i];
}

MF_CLONES static void mf_loop_absolute(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = fabs(o.x[i]);
}

MF_CLONES static void mf_loop_inverse(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = 1 / o.x[i];
}

MF_CLONES static void mf_loop_shifted(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.x[i] + o.b;
}

MF_CLONES static void mf_loop_constant(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.a;
}

mf_elementwise *const mf_each_sum = mf_loop_sum;
mf_elementwise *const mf_each_scaled = mf_loop_scaled;
mf_elementwise *const mf_each_product = mf_loop_product;
mf_elementwise *const mf_each_quotient = mf_loop_quotient;
mf_elementwise *const mf_each_absolute = mf_loop_absolute;
mf_elementwise *const mf_each_inverse = mf_loop_inverse;
mf_elementwise *const mf_each_shifted = mf_loop_shifted;
mf_elementwise *const mf_each_constant = mf_loop_constant;

void mf_each(ptrdiff_t count, mf_elementwise *operation, double a, const double *x, double b, const double *y,
             double *z)
{
  mf_share(count, MF_PIECE, operation, &(mf_operands){a, b, x, y, z});
}
