/* Operations on arrays, element by element. */
#include "grids/elementwise.h"

#include "grids/threads.h"

#include <math.h>

MF_CLONES void mf_each_sum(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.a * o.x[i] + o.b * o.y[i];
}

MF_CLONES void mf_each_scaled(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.a * o.x[i];
}

MF_CLONES void mf_each_product(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.x[i] * o.y[i];
}

MF_CLONES void mf_each_quotient(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.x[i] / o.y[i];
}

MF_CLONES void mf_each_absolute(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = fabs(o.x[i]);
}

MF_CLONES void mf_each_inverse(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = 1 / o.x[i];
}

MF_CLONES void mf_each_shifted(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.x[i] + o.b;
}

MF_CLONES void mf_each_constant(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_operands o = *(const mf_operands *)self;
#pragma omp simd
  for (ptrdiff_t i = begin; i < end; i++) o.z[i] = o.a;
}

void mf_each(ptrdiff_t count, mf_elementwise *operation, double a, const double *x, double b, const double *y,
             double *z)
{
  mf_share(count, MF_PIECE, operation, &(mf_operands){a, b, x, y, z});
}
