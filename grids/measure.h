/* SPDX-License-Identifier: BSD-3-Clause */
/** @file measure.h (plug-in)  A positive measure on a grid: density and log-density per cell.
 *
 *  The logarithm is kept beside the density because tails matter here: a Gaussian 80 standard deviations out
 *  has a log-density that flows remember long after the density has underflowed. */
#ifndef MF_GRIDS_MEASURE_H
#define MF_GRIDS_MEASURE_H

#include "grids/grid.h"

MF_PUBLIC_BEGIN

typedef struct {
  const mf_grid *grid;
  double *density;     /**< [M/L^d], >= 0 */
  double *log_density; /**< its logarithm, -INFINITY in vacuum */
  double mass;         /**< volume * sum(density) after `mf_measure_normalise` */
  bool averages; /**< whoever made it says that these are averages over cells, not values at their centres */
} mf_measure;

/** Logarithm of the least density that can be divided by. */
#define MF_LOG_LEAST (-708.0)

/** The zero measure. */
int mf_measure_create(mf_measure **out, const mf_grid *grid);
void mf_measure_free(mf_measure *m);

/** Adds mass * N(mean, covariance) at cell centres; `mean` has dim entries, `covariance` dim*dim, row by row.
 *  On a periodic axis the Gaussian is wrapped.  MF_ECASE if the covariance is not symmetric positive
 *  definite. */
int mf_measure_add_gaussian(mf_measure *m, double mass, const double *mean, const double *covariance);

/** Adds `mass` spread evenly over the box [lo, hi], cell averages exact.  MF_ECASE if the box is empty or not
 *  inside the grid's. */
int mf_measure_add_box(mf_measure *m, double mass, const double *lo, const double *hi);

/** Takes over a density (cells values, >= 0, finite); MF_ECASE with the place of the first that is not. */
int mf_measure_set_density(mf_measure *m, const double *density);

/** Takes over a log-density, known up to a constant (-INFINITY is vacuum); MF_ECASE for NAN or +INFINITY. */
int mf_measure_set_log_density(mf_measure *m, const double *log_density);

/** Mass as it stands: volume * sum(density), safe against underflow of single cells. */
double mf_measure_mass(const mf_measure *m);

/** Scales to the mass; MF_ECASE if there is none to scale. */
int mf_measure_normalise(mf_measure *m, double mass);

MF_PUBLIC_END

#endif
