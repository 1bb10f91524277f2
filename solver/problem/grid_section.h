/* SPDX-License-Identifier: BSD-3-Clause */
/** @file grid_section.h  The grid from its section of a case. */
#ifndef MF_SOLVER_PROBLEM_GRID_SECTION_H
#define MF_SOLVER_PROBLEM_GRID_SECTION_H

#include "grids/grid.h"
#include "io/language/expression.h"

/** Reads `cells`, `box` and `boundary`.  Located MF_ECASE for what is no grid, or one that this machine has no memory for. */
int mf_grid_from_case(mf_grid *out, const mf_node *section, mf_scope *scope);

#endif
