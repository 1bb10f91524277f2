/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_operator.h  The linearised operator of a flow with kernels, matrix-free, as its discrete rate has it.
 *
 *  With H and P of operators/linear.h dv/dt = -P H v, symmetric in <v, H v>.  What acts on every deviation alike is taken out:
 *
 *    P H v = shift v + L v,      <Hv, L v> >= 0,
 *
 *  for v without mass where L conserves it. */
#ifndef MF_SOLVER_OBSERVE_GAP_OPERATOR_H
#define MF_SOLVER_OBSERVE_GAP_OPERATOR_H

#include "solver/flow/flow.h"

/** The side from which the mobility of upwind fluxes is taken, face by face. */
typedef enum { MF_MOBILITY_LEAST, MF_MOBILITY_MOST } mf_mobility;

typedef struct mf_operator mf_operator;

/** For parts without diffusion.  MF_ENUMERIC, with the reason, if these parts have no inner product.  Flow and parts are borrowed. */
int mf_operator_create(mf_operator **out, const mf_flow *flow, const mf_linear *parts, mf_mobility mobility);
void mf_operator_free(mf_operator *o);

/** xi = H v. */
void mf_operator_force(const mf_operator *o, const double *v, double *xi);

/** z = L v, given xi = H v. */
void mf_operator_rate(const mf_operator *o, const double *v, const double *xi, double *z);

/** Takes the mass off, in proportion to the target, if L conserves mass. */
void mf_operator_remove_mass(const mf_operator *o, double *v);

/** The least rate [1/T] of deviations, shift included, that is known without a look at kernels: they add to it from 0 on. */
double mf_operator_floor(const mf_operator *o);
double mf_operator_shift(const mf_operator *o);

/** False if L conserves mass, whether or not the shift does: then the mass is a mode of its own. */
bool mf_linear_makes_mass(const mf_linear *l);

/** True on a line whose mass is moved along a kernel's force. */
bool mf_operator_moves(const mf_operator *o);

/** The kernel that acts on what moves between cells, or in place; NULL: none. */
const mf_convolution *mf_operator_kernel(const mf_operator *o);

/** What L does to waves of 8, 4 and 2 cells' length where pi = 1, up to a factor: |xi|^2 k^(xi) between cells, k^(xi) in place.
 *  Of the axes the one along which it falls most.  Where it falls, L is compact in the continuum, and its rates reach 0. */
void mf_operator_symbol(const mf_operator *o, double symbol[3]);

#endif
