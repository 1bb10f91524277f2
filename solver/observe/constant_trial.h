/* SPDX-License-Identifier: BSD-3-Clause */
/** @file constant_trial.h  D/F of measures, as the flow itself has it: what certifies an upper bound. */
#ifndef MF_SOLVER_OBSERVE_CONSTANT_TRIAL_H
#define MF_SOLVER_OBSERVE_CONSTANT_TRIAL_H

#include "solver/flow/flow.h"

typedef struct mf_trial mf_trial;

/** Looks at measures mu = e^l nu with the energies and geometries of a flow that has a target; the flow is borrowed.  The reference
 *  nu is the target pi, if an entropy is among the energies; else half of it is spread over the box, so that mu may be where pi is
 *  not. */
int mf_trial_create(mf_trial **out, const mf_flow *flow);
void mf_trial_free(mf_trial *t);

/** nu, of the target's mass. */
const mf_measure *mf_trial_reference(const mf_trial *t);

/** Returns D/F at l (cells values), and F and D if asked for; INFINITY where F is 0 or something is no number.  If the flow
 *  conserves mass, l is shifted first: mu becomes of the mass of pi. */
double mf_trial_ratio(mf_trial *t, double *l, double *energy, double *dissipation);

#endif
