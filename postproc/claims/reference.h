/* SPDX-License-Identifier: BSD-3-Clause */
/** @file reference.h  Reference dynamics: the ordinary differential equations of a case's `odes` section.
 *
 *  Theory often reduces a flow to a few numbers, such as mean, variance and mass of a Gaussian.  A case
 *  states them as `odes: {m: {start: 2, rate: "-(alpha + beta*S)*m"}, ...}`; they are integrated to a
 *  relative 1e-12, and claims use them by name at any time. */
#ifndef MF_POSTPROC_CLAIMS_REFERENCE_H
#define MF_POSTPROC_CLAIMS_REFERENCE_H

#include "solver/problem/problem.h"

typedef struct mf_reference mf_reference;

/** Compiles the odes of a problem; a case without any is fine.  Mistakes are located MF_ECASE. */
int mf_reference_create(mf_reference **out, const mf_problem *p);
void mf_reference_free(mf_reference *r);

/** Sets the odes' names in the problem's scope to their values at time t >= 0. */
int mf_reference_at(mf_reference *r, double t);

#endif
