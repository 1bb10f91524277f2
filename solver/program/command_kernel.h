/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_kernel.h  The kernel that --kernel, --bandwidth and --shape say. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_KERNEL_H
#define MF_SOLVER_PROGRAM_COMMAND_KERNEL_H

#include "operators/kernels/kernel.h"
#include "solver/program/command.h"

/** Without a name a Gaussian, without a bandwidth as wide as a density is. */
int mf_kernel_of_options(const mf_options *o, const mf_grid *grid, const double *density, mf_kernel *out);

/** A kernel with every scale to all digits: a discrepancy means nothing without. */
void mf_kernel_in_full(const mf_kernel *kernel, char *text, size_t size);

#endif
