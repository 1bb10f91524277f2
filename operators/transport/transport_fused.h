/* SPDX-License-Identifier: BSD-3-Clause */
/** @file transport_fused.h  The face fluxes of transport.h in absolute form, one pass over the arrays each.
 *
 *  Every cell sums up the fluxes through all of its faces, so that a rate is written once and each array is read once
 *  from memory; the flux through a face is formed on both sides of it from the same numbers in the same order, so mass
 *  is conserved as it is by transport.c, face by face. */
#ifndef MF_OPERATORS_TRANSPORT_TRANSPORT_FUSED_H
#define MF_OPERATORS_TRANSPORT_TRANSPORT_FUSED_H

#include "operators/transport/transport.h"

/** rate[c] (+)= scale * sum over faces of weight_f (P_neighbour - P_c), P = pressure * factor cell by cell.
 *
 *  `factor` may be NULL for 1; `weight[axis]` as mf_transport_weight, or `weight` NULL for 1/h^2.  With `add` the sum is
 *  added, without it `rate` is only written.  False if a rate is not finite. */
bool mf_fused_diffusion(const mf_grid *grid, double *const *weight, const double *pressure,
                        const double *factor, double scale, bool add, double *restrict rate);

/** The same for the velocity flux of the force xi, with the limited upwind value of rho. */
bool mf_fused_upwind(const mf_grid *grid, mf_limiter limiter, const double *rho, const double *xi,
                     double scale, bool add, double *restrict rate);

#endif
