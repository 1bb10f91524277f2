/* SPDX-License-Identifier: BSD-3-Clause */
/** @file mflow.h (user)  The library for programs: cases solved, their fields and numbers read, energies of one's own.
 *
 *  Handles are opaque and all else are numbers, texts, arrays and functions, so that other languages can call it without
 *  knowing how a struct is laid out. */
#ifndef MF_SOLVER_MFLOW_H
#define MF_SOLVER_MFLOW_H

#include "grids/axes.h"
#include "grids/base.h"
#include "operators/own_energy.h"
#include "solver/run/solution.h"
#include "solver/version.h"

#endif
