/* SPDX-License-Identifier: BSD-3-Clause */
/** @file particles.h  Do the particles of one time sample a density?
 *
 *  X_1 .. X_N with weights w_i (of sum 1) against the density a on a grid, per unit of its mass, as point
 *  masses at the centres of cells:
 *
 *    m(x) = int k(x, y) da(y)
 *    MMD^2, V-statistic   sum_ij w_i w_j k(X_i, X_j) - 2 sum_i w_i m(X_i) + <a, K a>
 *    MMD^2, unbiased      sum_{i != j} w_i w_j (k(X_i, X_j) - m(X_i) - m(X_j) + <a, K a>) / (1 - sum w_i^2)
 *
 *  (Gretton et al. 2012, Lemma 6).  If the particles are independent samples of a, the first has the
 *  expectation (int k(x, x) da - <a, K a>) sum w_i^2, the 1/N floor of sampling, and the second 0 with a standard
 *  deviation that follows from the doubly centred kernel, sqrt(2 sum_{i != j} w_i^2 w_j^2 k~_ij^2) / (1 -
 *  sum w_i^2).  Particles that repel each other (quadratures, Stein points) go below the floor. */
#ifndef MF_POSTPROC_DISTANCES_PARTICLES_H
#define MF_POSTPROC_DISTANCES_PARTICLES_H

#include "grids/grid.h"
#include "operators/kernels/kernel.h"

enum { MF_MOMENTS = MF_AXES + MF_AXES * (MF_AXES + 1) / 2 };

/** Particles of one moment: `dim` coordinates each; `weight` NULL: all 1. */
typedef struct {
  int dim;
  ptrdiff_t count;
  const double *position, *weight;
} mf_particles;

/** A moment of both; `error`: standard error of the particles' one, as of independent samples. */
typedef struct {
  const char *name; /**< mean_x, cov_xy, ... as in the history */
  double grid, particles, error;
} mf_moment_comparison;

typedef struct {
  double time;
  ptrdiff_t particles;
  ptrdiff_t outside;         /**< particles beyond the walls of the box */
  double effective;          /**< number of equal particles of the same statistical weight, 1 / sum w_i^2 */
  double mass_a, mass_b;     /**< [M] of density and particles; NAN without weights */
  double mmd2, mmd2_error;   /**< unbiased, and its standard deviation for independent samples of a */
  double mmd2_v, mmd2_floor; /**< V-statistic, and its expectation for independent samples of a */
  double ks, ks_p; /**< Kolmogorov-Smirnov, and the probability of so much or more by chance; 1-D, walls */
  double w1, w1_floor; /**< W1, and its expectation for many independent samples of a [L]; 1-D, walls */
  double w2;           /**< [L] */
  double sliced_w2;    /**< root mean square of the W2 of projections [L]; 2-D and 3-D, walls */
  mf_moment_comparison moment[MF_MOMENTS];
  int moments;
} mf_particle_comparison;

/** What is formed beside MMD and moments. */
enum { MF_PARTICLES_TRANSPORT = 1 /**< ks, w1, w2, sliced_w2 */ };

/** MF_ECASE: another dimension than the grid's, fewer than two particles that weigh something; MF_ENUMERIC:
 *  a density without mass.  The work is that of sums of the kernel (kernels/sums.h).  */
int mf_particles_compare(const mf_grid *grid, const double *density, const mf_kernel *kernel,
                         const mf_particles *p, unsigned parts, mf_particle_comparison *out);

/** |difference| in standard errors; 0 without a difference, whatever the error. */
double mf_particle_errors(double difference, double error);

#endif
