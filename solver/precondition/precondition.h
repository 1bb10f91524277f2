/* SPDX-License-Identifier: BSD-3-Clause */
/** @file precondition.h  Preconditioner of Newton's matrix I - gamma J, for short steps and long ones.
 *
 *  J is taken as transport between neighbours and reaction in place (geometry.h: add_bands).  On a line the
 *  matrix is tridiagonal, cyclic on a periodic axis, and is solved exactly.  In two and three dimensions it is
 *  turned into a diffusion that is symmetric in a measure (flow.h: mf_flow_symmetry) and approximated by one
 *  cycle of multigrid. */
#ifndef MF_SOLVER_PRECONDITION_PRECONDITION_H
#define MF_SOLVER_PRECONDITION_PRECONDITION_H

#include "solver/flow/flow.h"

typedef struct mf_preconditioner mf_preconditioner;

int mf_preconditioner_create(mf_preconditioner **out, mf_flow *flow);
void mf_preconditioner_free(mf_preconditioner *p);

/** Takes J from the flow's point of linearisation. */
void mf_preconditioner_linearise(mf_preconditioner *p);

/** Factors I - gamma J.  MF_RETRY if a pivot vanishes. */
int mf_preconditioner_factor(mf_preconditioner *p, double gamma);

/** z = P^-1 r; r and z have cells values and may be the same. */
void mf_preconditioner_solve(const mf_preconditioner *p, const double *r, double *z);

#endif
