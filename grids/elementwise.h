/* SPDX-License-Identifier: BSD-3-Clause */
/** @file elementwise.h (plug-in)  Operations on arrays, element by element, such as z = a x + b y.
 *
 *  Each is a loop over a range, so that several can be put together (solver/time/vector.c); `mf_each` shares one among
 *  threads. */
#ifndef MF_GRIDS_ELEMENTWISE_H
#define MF_GRIDS_ELEMENTWISE_H

#include "grids/base.h"

#include <stddef.h>

MF_PUBLIC_BEGIN

/** Arrays may be the same; what an operation does not name may be absent. */
typedef struct {
  double a, b;
  const double *x, *y;
  double *z;
} mf_operands;

/** A loop over cells [begin, end); `self` is an mf_operands. */
typedef void mf_elementwise(const void *self, ptrdiff_t begin, ptrdiff_t end);

extern mf_elementwise *const mf_each_sum;      /**< z = a x + b y */
extern mf_elementwise *const mf_each_scaled;   /**< z = a x */
extern mf_elementwise *const mf_each_product;  /**< z = x y */
extern mf_elementwise *const mf_each_quotient; /**< z = x / y */
extern mf_elementwise *const mf_each_absolute; /**< z = |x| */
extern mf_elementwise *const mf_each_inverse;  /**< z = 1 / x */
extern mf_elementwise *const mf_each_shifted;  /**< z = x + b */
extern mf_elementwise *const mf_each_constant; /**< z = a */

/** Does the operation for elements [0, count). */
void mf_each(ptrdiff_t count, mf_elementwise *operation, double a, const double *x, double b, const double *y,
             double *z);

MF_PUBLIC_END

#endif
