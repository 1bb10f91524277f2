/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_pencil.h  The slowest modes of an operator that is known by what it does (gap_operator.h). */
#ifndef MF_SOLVER_OBSERVE_GAP_PENCIL_H
#define MF_SOLVER_OBSERVE_GAP_PENCIL_H

#include "solver/observe/gap_network.h"
#include "solver/observe/gap_operator.h"

/** Finds the first `modes` rates of L, the shift left out, as mf_network_modes does; function[k], if given, becomes the
 *  eigenfunction v/pi. */
int mf_pencil_modes(const mf_operator *o, const mf_measure *pi, int modes, mf_modes *out,
                    double *const *function);

/** <Hv, L v>/<v, H v> >= 0 of v without its mass, which is taken off; infinite where rounding may be all of it. */
int mf_pencil_quotient(const mf_operator *o, const mf_grid *grid, double *v, double *quotient);

#endif
