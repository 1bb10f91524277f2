/* SPDX-License-Identifier: BSD-3-Clause */
/** @file constant_simplex.h  A small D/F by the simplex of Nelder and Mead, for flows without derivatives of D. */
#ifndef MF_SOLVER_OBSERVE_CONSTANT_SIMPLEX_H
#define MF_SOLVER_OBSERVE_CONSTANT_SIMPLEX_H

#include "solver/observe/constant_trial.h"

/** Improves l (cells values) within l + sum of a few cosines of the axes, and a constant where mass is not conserved. */
int mf_simplex_run(mf_trial *trial, const mf_grid *grid, bool conserves, double *l, double *value);

#endif
