/* SPDX-License-Identifier: BSD-3-Clause */
/** @file seam.h  Formulas where a periodic axis closes. */
#ifndef MF_SOLVER_PROBLEM_SEAM_H
#define MF_SOLVER_PROBLEM_SEAM_H

#include "grids/grid.h"
#include "io/language/expression.h"

/** Warns if a formula in x, y, z jumps or has a kink where a periodic axis of the grid closes.  NULL is no formula.  Errors
 *  are those of mf_expression_create. */
int mf_seam_check(const mf_grid *grid, const mf_node *formula, mf_scope *scope);

#endif
