/* SPDX-License-Identifier: BSD-3-Clause */
/** @file linear.h (plug-in)  What a flow does to a small deviation from its target: the sum of what its geometries say.
 *
 *  Near the target pi, for mu = (1 + u) pi, the force is  xi = entropic u + embedded K (pi u),  and K(pi) xi is linear:
 *
 *    du/dt = -reaction u + transport L u - (what kernels do),      L u = div(pi grad u)/pi on the grid (generator.h)
 *
 *  for u without mass; u = 1, where mass is not conserved, decays at the rate `mass`.  A geometry adds its part, or fails with
 *  MF_ENUMERIC and a sentence why it has none. */
#ifndef MF_OPERATORS_LINEAR_H
#define MF_OPERATORS_LINEAR_H

#include "operators/kernels/convolution.h"

MF_PUBLIC_BEGIN

typedef struct {
  double entropic;                 /**< sum of the weights of entropies of the target: phi_p''(1) = 1 */
  double embedded;                 /**< weight of an MMD energy */
  const mf_convolution *embedding; /**< its K, or NULL */

  double reaction;               /**< [1/T] */
  double mass;                   /**< [1/T] */
  double transport;              /**< [L^2/T], factor of the weights below */
  const double *weight[MF_AXES]; /**< w_f = pi_f/h^2 of the face above each cell, 0 at a wall; borrowed */
  bool staggered;                /**< L = -D^T S w S D / pi (wasserstein_fourth.c), not D^T w D */

  /** A kernel that smooths: -smoothing K (pi u), or with `on_faces` div(w h^2 K (w grad u)) smoothing / pi. */
  const mf_convolution *kernel;
  double smoothing;
  bool on_faces;
} mf_linear;

MF_PUBLIC_END

#endif
