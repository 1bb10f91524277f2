/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap.h  The spectral gap of a flow linearised at its target, on its grid.
 *
 *  At the target, -d(rate)/d mu is self-adjoint and non-negative in L^2(1/pi); its least eigenvalue on deviations
 *  without mass is the discrete gap lambda_h.  For Fokker-Planck flows chi^2(t) <= e^{-2 lambda_h t} chi^2(0) holds exactly
 *  with it, and every phi_p entropy decays like e^{-2 lambda_h t} in the end. */
#ifndef MF_SOLVER_OBSERVE_GAP_H
#define MF_SOLVER_OBSERVE_GAP_H

#include "solver/flow/flow.h"

typedef struct {
  double value;    /**< lambda_h [1/T] */
  double residual; /**< relative residual of the eigenfunction */
  int iterations;
} mf_gap;

/** Computes the gap and, if `function` (cells values) is given, its eigenfunction as a ratio d mu/d pi of L^2(pi) norm 1.
 *  MF_ECASE if the flow is not in the deviation coordinate, MF_ENUMERIC if the iteration does not converge. */
int mf_gap_compute(mf_flow *flow, mf_gap *gap, double *function);

#endif
