/* SPDX-License-Identifier: BSD-3-Clause */
/** @file kernel_lattice.h  Values of a kernel on a lattice of displacements, summed over the images of
 *  periodic axes. */
#ifndef MF_OPERATORS_KERNELS_KERNEL_LATTICE_H
#define MF_OPERATORS_KERNELS_KERNEL_LATTICE_H

#include "grids/grid.h"
#include "operators/kernels/kernel.h"

/** Displacements (i h[0], j h[1], k h[2]) with 0 <= i < count[0] and so on; the value of (i, j, k) stands at
 *  i*stride[0] + j*stride[1] + k*stride[2]. */
typedef struct {
  ptrdiff_t count[MF_AXES], stride[MF_AXES];
  double h[MF_AXES];      /**< [L] */
  double period[MF_AXES]; /**< length of the axis [L] if it is a ring, else 0 */
} mf_lattice;

/** The kernel on a lattice: sum over all images of k(|d + image|), or k of the chord where k decays too
 *  slowly.  Costs a few tables per axis however wide the kernel is against the rings.  Good to some ulp of
 *  the largest value. */
int mf_kernel_sample(const mf_kernel *kernel, const mf_lattice *lattice, double *out);

/** The same, every image by itself: (2 reach/period + 1)^axes values of the kernel for each one on the
 *  lattice. */
int mf_kernel_sample_images(const mf_kernel *kernel, const mf_lattice *lattice, double *out);

#endif
