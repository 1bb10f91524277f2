/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_network.h  The slowest modes of a reversible chain on the cells of a grid.
 *
 *    lambda m_c u_c = sum over faces of c of w_f (u_c - u_n),     0 = lambda_0 < lambda_1 <= lambda_2 <= ...
 *
 *  the negative of L of operators/transport/generator.h; or, with `staggered`, lambda m u = D^T S w S D u, where D u are the steps
 *  along each axis, and S g = (26 g_f - g_(f-1) - g_(f+1))/24, faces in a wall left out (wasserstein_fourth.c).  Bounds are of the numbers m and w as they stand. */
#ifndef MF_SOLVER_OBSERVE_GAP_NETWORK_H
#define MF_SOLVER_OBSERVE_GAP_NETWORK_H

#include "grids/grid.h"
#include "solver/observe/gap_chain.h"

typedef struct {
  const mf_grid *grid;
  const double *mass;            /**< m_c > 0 */
  const double *weight[MF_AXES]; /**< w_f > 0 of the face above each cell; 0 at a wall */
  bool staggered;
} mf_network;

enum { MF_NETWORK_MODES = 16 };

/** How a bound from below was found. */
typedef enum {
  MF_BOUND_PROVED, /**< rounding included */
  MF_BOUND_ASSUMED, /**< holds if at most `below` eigenvalues, without the 0, are less than nu: an estimate said so */
  MF_BOUND_NONE /**< there is none: lower is 0 */
} mf_bound_kind;

typedef struct {
  int modes;
  mf_enclosure bound[MF_NETWORK_MODES]; /**< of lambda_1, lambda_2, ...; the upper ones are certain */
  mf_bound_kind kind;
  double nu; /**< or 0: none was needed */
  int below;
  const char *origin; /**< where nu is from, or how all of it was found */
  double
      residual; /**< largest |L u - lambda u|/lambda of the eigenfunctions; 0 on a line, where there is no need */
  int iterations; /**< of the block of vectors; 0: none */
} mf_modes;

/** Finds `modes` <= MF_NETWORK_MODES of them, at most cells - 1.  function[k], cells values, if given, becomes the
 *  eigenfunction of lambda_{k+1}, of L^2(m) norm 1 up to a factor of the cell's volume. */
int mf_network_modes(const mf_network *network, int modes, mf_modes *out, double *const *function);

#endif
