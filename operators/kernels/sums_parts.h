/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sums_parts.h  The ways of sums.h, for the files of that subject. */
#ifndef MF_OPERATORS_KERNELS_SUMS_PARTS_H
#define MF_OPERATORS_KERNELS_SUMS_PARTS_H

#include "operators/kernels/sums.h"

/** True if the kernel is a sum of Gaussians of which the direct loops and the series know. */
bool mf_sums_gaussian(const mf_kernel *kernel);

/** The direct sum; Gaussians between walls by vectors. */
void mf_sums_direct(const mf_grid *grid, const mf_kernel *kernel, const mf_sums_request *r);

/** The mesh of the series for points of an extent: modes and points along each axis. */
typedef struct {
  int width; /**< nodes of the window along an axis */
  double lo[MF_AXES], period[MF_AXES];
  ptrdiff_t modes[MF_AXES]; /**< -modes, ..., modes */
  ptrdiff_t n[MF_AXES];     /**< points of the mesh, at least twice as many */
  double points;            /**< product of n */
} mf_sums_mesh;
void mf_sums_find_mesh(const mf_grid *grid, const mf_kernel *kernel, const mf_sums_request *r,
                       mf_sums_accuracy accuracy, mf_sums_mesh *mesh);

/** Plans and coefficients for a mesh, kept from one sum to the next. */
typedef struct mf_sums_series mf_sums_series;
int mf_sums_fast(mf_sums_series **series, const mf_grid *grid, const mf_kernel *kernel,
                 const mf_sums_mesh *mesh, const mf_sums_request *r);
void mf_sums_series_free(mf_sums_series *s);

#endif
