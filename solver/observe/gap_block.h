/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_block.h  A few of the slowest modes of a chain on a grid, in a block of vectors: what is done to them at once. */
#ifndef MF_SOLVER_OBSERVE_GAP_BLOCK_H
#define MF_SOLVER_OBSERVE_GAP_BLOCK_H

#include "solver/observe/gap_network.h"

/** out[i * columns + j] = <x_i, y_j>_m, without the cell's volume. */
void mf_block_mass(const mf_network *net, int rows, double *const *x, int columns, double *const *y,
                   long double *out);

/** out[i * m + j] = sum over faces w_f (step of x_i) (step of x_j): nothing cancels in the small ones.  With `staggered` the
 *  steps are S D x. */
void mf_block_energy(const mf_network *net, int m, double *const *x, long double *out);

/** sum over faces w_f a_f^2 / energy of x, where rounding of the steps is at most 6 ulp of a: 1 without `staggered`. */
double mf_block_spread(const mf_network *net, double *x);

/** c with: energy >= c (energy without `staggered`), whatever the function; 0 where the weights are too steep to tell. */
double mf_block_floor(const mf_network *net);

/** y_i = sum_j factor[i * columns + j] x_j; y may share arrays with x. */
void mf_block_combine(const mf_network *net, int rows, double *const *y, int columns, double *const *x,
                      const long double *factor);

/** out = K x - value M x, cell by cell; `size`, if given, bounds the error of K x by 8 ulp of it: without `staggered` it is the
 *  sum over faces of |flux|. */
void mf_block_residual(const mf_network *net, const double *x, double value, double *out, double *size);

/** out[i * m + j] = <L x_i, L x_j>_m for y_i = K x_i. */
void mf_block_square(const mf_network *net, int m, double *const *y, long double *out);

enum { MF_BLOCK = 60 }; /**< most vectors */

#endif
