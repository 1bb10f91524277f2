/* SPDX-License-Identifier: BSD-3-Clause */
/** @file convolution_spectrum.h  The spectrum of a convolution: lengths of the transforms, eigenvalues,
 *  and the modes that have any. */
#ifndef MF_OPERATORS_KERNELS_CONVOLUTION_SPECTRUM_H
#define MF_OPERATORS_KERNELS_CONVOLUTION_SPECTRUM_H

#include "operators/kernels/convolution_method.h"

/** Axes of one cell are passed over: `dim` counts the others, at least one; lengths beyond it are 1. */
typedef struct {
  const mf_grid *grid;
  int dim, axis[MF_AXES];
  ptrdiff_t n[MF_AXES], m[MF_AXES]; /**< cells, transform length */
  ptrdiff_t half;                   /**< m[0]/2 + 1 */
  bool padded;                      /**< some m > n */
  ptrdiff_t modes[MF_AXES]; /**< eigenvalues stored along an axis: m/2 + 1, or m if not even along it */
  ptrdiff_t kept[MF_AXES];  /**< from mode kept on, and down from -kept, they are all 0 */
  double period[MF_AXES];   /**< of the grid's axes, see mf_lattice */
  double *eigenvalue;       /**< of K, volume included, divided by the transform length; x slowest */
} mf_spectrum;

/** Fills a zeroed object, whose eigenvalues the caller releases whatever the status. */
int mf_spectrum_init(mf_spectrum *s, const mf_convolution_source *source);

#endif
