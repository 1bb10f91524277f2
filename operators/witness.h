/* SPDX-License-Identifier: BSD-3-Clause */
/** @file witness.h  w = K(mu_N - pi) of particles, with its gradient: sums of the kernel over particles (kernels/sums.h), less K pi on
 *  the grid, interpolated. */
#ifndef MF_OPERATORS_WITNESS_H
#define MF_OPERATORS_WITNESS_H

#include "grids/interpolant.h"
#include "operators/kernels/convolution.h"
#include "operators/swarm.h"

typedef struct {
  const mf_grid *grid;
  mf_kernel kernel;
  mf_sums *sums;
  mf_interpolant *background; /**< K pi, or NULL */
} mf_witness;

/** Without a `density` (cells values) nothing is subtracted.  To be cleared also after a failure. */
int mf_witness_init(mf_witness *w, const mf_grid *grid, const mf_kernel *kernel, const double *density);
void mf_witness_clear(mf_witness *w);

/** At points: value [i] and gradient[axis][i], either of which may be NULL.  Not for two threads at once. */
int mf_witness_at(const mf_witness *w, const mf_swarm *s, const mf_cloud *points, double *value,
                  double *const *gradient);

/** v = -a grad w at the particles themselves: v[axis][i]. */
int mf_witness_descend(const mf_witness *w, double a, mf_swarm *s, double *const *v);

/** value[i] = sum_j k(x_i, x_j) charge[j] over the particles, with nothing subtracted. */
int mf_witness_sum(const mf_witness *w, mf_swarm *s, const double *charge, double *value);

#endif
