/* SPDX-License-Identifier: BSD-3-Clause */
/** @file convolution_method.h  How a convolution is computed: what the ways of doing it share. */
#ifndef MF_OPERATORS_KERNELS_CONVOLUTION_METHOD_H
#define MF_OPERATORS_KERNELS_CONVOLUTION_METHOD_H

#include "grids/grid.h"
#include "operators/kernels/kernel.h"

/** What is done with the spectrum of f. */
typedef enum {
  MF_CONVOLVE, /**< out += scale * K f */
  MF_INVERT,   /**< out += scale * (K + shift)^-1 f, all axes periodic */
  MF_FORM      /**< <scale f, K scale f> */
} mf_convolution_task;

typedef struct {
  mf_convolution_task task;
  const double *f;
  double *out; /**< not for MF_FORM */
  double scale, shift;
} mf_convolution_request;

/** A kernel, or samples of an even function on the grid of displacements. */
typedef struct {
  const mf_grid *grid;
  const mf_kernel *kernel;
  const double *values; /**< if kernel is NULL */
} mf_convolution_source;

typedef struct {
  int (*create)(void **self, const mf_convolution_source *source);
  double (*run)(const void *self, const mf_convolution_request *request); /**< the form, or 0 */
  void (*release)(void *self); /**< takes NULL and half-built objects */
} mf_convolution_method;

/** Transforms of the whole padded box: short, and what the other is tested against. */
extern const mf_convolution_method mf_convolution_plain;

/** Transforms of what is not known to be zero, a block of lines at a time. */
extern const mf_convolution_method mf_convolution_blocked;

/** Moments with the features of a kernel of finite rank (convolution_features.c). */
extern const mf_convolution_method mf_convolution_features;

/** Least length >= n whose only prime factors are 2, 3, 5, 7. */
ptrdiff_t mf_convolution_length(ptrdiff_t n);

/** Value of a sampled function at transform index i of lengths m; 0 in the padding, which no pair of cells
 *  reaches. */
double mf_convolution_look_up(const mf_convolution_source *source, const mf_grid *displacements,
                              const ptrdiff_t m[MF_AXES], const ptrdiff_t i[MF_AXES]);

/** Sets eigenvalues that rounding may have made to 0, and multiplies the others: those below an ulp of the
 *  largest; where nothing is `padded` they are those of K, and negative ones down to 16 ulp are round-off
 *  too.  With padding they belong to the larger circulant matrix, which may have a negative part of any
 *  size. */
void mf_convolution_clean(double *eigenvalue, ptrdiff_t count, bool padded, double factor);

#endif
