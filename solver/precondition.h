/** @file precondition.h  Line (ADI) preconditioner of Newton's matrix I - gamma J.
 *
 *  (I - gamma J_x)(I - gamma J_y)(I - gamma J_z) with J_a the stiff part of the Jacobian along one axis:
 *  tridiagonal solves along lines, cyclic on periodic axes.  Exact in one dimension; in more it differs from
 *  I - gamma J by O(gamma^2). */
#ifndef MF_SOLVER_PRECONDITION_H
#define MF_SOLVER_PRECONDITION_H

#include "solver/flow.h"

typedef struct mf_preconditioner mf_preconditioner;

int mf_preconditioner_create(mf_preconditioner **out, mf_flow *flow);
void mf_preconditioner_free(mf_preconditioner *p);

/** Factors at the flow's point of linearisation.  MF_RETRY if a pivot vanishes. */
int mf_preconditioner_factor(mf_preconditioner *p, double gamma);

/** z = P^-1 r; r and z have cells values and may be the same. */
void mf_preconditioner_solve(const mf_preconditioner *p, const double *r, double *z);

#endif
