/* SPDX-License-Identifier: BSD-3-Clause */
/** @file convolution.h (plug-in)  The kernel operator (K f)(x) = int k(x, y) f(y) dy: by FFT, or by features where
 *  there are few.
 *
 *  K f = volume * sum_j k(x_i - x_j) f_j to round-off: axes with walls are padded with zeros so that nothing
 *  wraps, periodic axes are transformed as they are.  The same spectrum serves K f and the quadratic form <f,
 *  K f>, so the discrete theorems about MMD hold to round-off.  Only the files convolution*.c know FFTW.
 *
 *  A kernel of finite rank, a polynomial in x.y, is no convolution: it comes through the same door by its
 *  features. */
#ifndef MF_OPERATORS_KERNELS_CONVOLUTION_H
#define MF_OPERATORS_KERNELS_CONVOLUTION_H

#include "grids/grid.h"
#include "operators/kernels/kernel.h"

MF_PUBLIC_BEGIN

typedef struct mf_convolution mf_convolution;

/** Plans the transforms and samples the kernel.  The grid must outlive the object. */
int mf_convolution_create(mf_convolution **out, const mf_grid *grid, const mf_kernel *kernel);

/** The same for what a case says of a kernel. */
int mf_convolution_create_from(mf_convolution **out, const mf_grid *grid, const mf_kernel_options *options);

/** The same for an even function of the displacement, sampled on the grid of displacements (grid.h). */
int mf_convolution_create_sampled(mf_convolution **out, const mf_grid *grid, const double *values);

/** Either of them (`values` if `kernel` is NULL) by transforms of the whole padded box, which take more
 *  time and memory: what the others are tested and measured against. */
int mf_convolution_create_plain(mf_convolution **out, const mf_grid *grid, const mf_kernel *kernel,
                                const double *values);

void mf_convolution_free(mf_convolution *c);

/** out[c] += scale * (K f)[c]; f and out have cells values and may not overlap.  Not for two threads at once.
 *  */
void mf_convolution_add(const mf_convolution *c, const double *f, double scale, double *out);

/** out[c] += scale * ((K + shift)^-1 f)[c] by division in Fourier space, where K is diagonal: all axes
 *  periodic. */
void mf_convolution_add_inverse(const mf_convolution *c, const double *f, double shift, double scale,
                                double *out);

/** <f, K f> = volume^2 sum_ij f_i k(x_i - x_j) f_j, as a sum over the spectrum. */
double mf_convolution_form(const mf_convolution *c, const double *f);

/** weight <f, K f>, which may be a number where the form is none. */
double mf_convolution_weighted(const mf_convolution *c, double weight, const double *f);

/** sqrt(<f, K f>), which is a number where the square is none: f may be as small or as large as numbers are.  0 where
 *  round-off makes the form negative. */
double mf_convolution_norm(const mf_convolution *c, const double *f);

const mf_kernel *mf_convolution_kernel(const mf_convolution *c);

/** Version of the FFT library. */
const char *mf_convolution_library(void);

MF_PUBLIC_END

#endif
