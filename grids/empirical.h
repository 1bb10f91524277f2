/* SPDX-License-Identifier: BSD-3-Clause */
/** @file empirical.h  Measures from samples: histogram and kernel density.
 *
 *  `samples` are points drawn from a law, from which a measure is made; particles.h compares points with a measure, and
 *  what is read of either are numbers (io/data/numbers.h) or an ensemble (io/data/ensemble.h).  Both ways keep mass: that
 *  of a sample is its weight, to rounding, whatever the grid and the bandwidth. */
#ifndef MF_GRIDS_EMPIRICAL_H
#define MF_GRIDS_EMPIRICAL_H

#include "grids/measure.h"

/** Points and their weights. */
typedef struct {
  ptrdiff_t count;
  const double
      *point; /**< count x dim, point by point [L]; on a periodic axis of the grid any image will do */
  const double *weight; /**< count, >= 0; NULL: all the same */
} mf_samples;

/** Sets the measure to the histogram over its cells, of mass 1.  A point on a face counts for the cell above,
 *  on the upper wall for the last.  MF_ECASE: a point that is not finite or lies outside the box, a negative
 *  weight, no mass. */
int mf_empirical_histogram(mf_measure *m, const mf_samples *samples);

/** Sets the measure to the kernel density (Rosenblatt 1956, Parzen 1962), of mass 1,
 *
 *    rho(x) = sum_i weight_i prod_a g(x_a - X_i,a; bandwidth_a) / sum_i weight_i,
 *
 *  g Gaussian, at cell centres, wrapped on periodic axes and reflected at walls; its logarithm is exact in
 *  the tails. `bandwidth` has dim entries, > 0 [L]; one far below the cell's length gives the histogram.
 * Errors as above. Takes count * cells operations. */
int mf_empirical_kernel_density(mf_measure *m, const mf_samples *samples, const double *bandwidth);

/** Silverman's rule for Gaussian data, sd_a (4/((d + 2) n))^(1/(d + 4)) with n the effective number of
 *  samples (Silverman 1986, section 4.3.2); 0 along an axis on which they all agree. */
void mf_empirical_bandwidth(int dim, const mf_samples *samples, double *bandwidth);

#endif
