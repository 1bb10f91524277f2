/* SPDX-License-Identifier: BSD-3-Clause */
/** @file linear.h (plug-in)  What a flow does to a small deviation from its target: the sum of what its geometries say.
 *
 *  Near the target pi, for mu = pi + v and u = v/pi, the force is
 *
 *    xi = H v = entropic u + embedded K v
 *
 *  and dv/dt = -P xi with the operator P = K(pi) of the geometries, to which each adds its part, or fails with MF_ENUMERIC and a
 *  sentence why it has none.  <xi> is the mean of xi over pi. */
#ifndef MF_OPERATORS_LINEAR_H
#define MF_OPERATORS_LINEAR_H

#include "operators/kernels/convolution.h"

MF_PUBLIC_BEGIN

struct mf_transport;

typedef struct {
  double entropic;                 /**< sum of the weights of entropies of the target: phi_p''(1) = 1 */
  double embedded;                 /**< weight of an MMD energy */
  const mf_convolution *embedding; /**< its K, or NULL */

  double reaction; /**< P xi has reaction pi (xi - <xi>) */
  double mass;     /**< and mass pi <xi> */
  double inverse;  /**< and inverse K^-1 xi, K the embedding */

  /** and of an entropy's force -transport div(pi grad xi), with the weights w_f = pi_f/h^2 of the face above each cell, 0 at a wall;
   *  borrowed */
  double transport;
  const double *weight[MF_AXES];
  bool staggered; /**< D^T S w S D (wasserstein_fourth.c), not D^T w D */

  /** and of an MMD energy's -velocity div(m grad xi), m the value of pi upwind on a face.  Which side that is depends on the
   *  sign of the step of xi: this part is homogeneous, but linear only up to the difference of the two (transport.h). */
  double velocity;
  const struct mf_transport *upwind;

  /** A kernel that smooths, on its own: smoothing pi K (pi xi); or, with `on_faces`, -smoothing div(w h^2 K (w grad xi)); or, with
   *  `first`, it smooths the force, and `velocity` moves along K (pi xi).  With a ridge K is (K pi + ridge)^-1 K. */
  const mf_convolution *kernel;
  double smoothing, ridge;
  bool on_faces, first;
} mf_linear;

MF_PUBLIC_END

#endif
