/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_kernel.h  Flows that a kernel smooths have rates that reach down to about 0: how far, for the message. */
#ifndef MF_SOLVER_OBSERVE_GAP_KERNEL_H
#define MF_SOLVER_OBSERVE_GAP_KERNEL_H

#include "solver/flow/flow.h"

/** MF_ENUMERIC with a sentence on the rates of such a flow. */
int mf_gap_kernel(const mf_flow *flow, const mf_linear *l);

#endif
