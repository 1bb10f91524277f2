/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_kernel.h  The gap of a flow that a kernel smooths, where it has one. */
#ifndef MF_SOLVER_OBSERVE_GAP_KERNEL_H
#define MF_SOLVER_OBSERVE_GAP_KERNEL_H

#include "solver/observe/gap.h"

/** As mf_gap_compute, of a flow with a kernel that nothing inverts; MF_ENUMERIC with a sentence on its rates where no finer grid
 *  would keep them. */
int mf_gap_kernel(const mf_flow *flow, const mf_linear *l, int modes, mf_gap *gap, double *const *function);

#endif
