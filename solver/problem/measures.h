/* SPDX-License-Identifier: BSD-3-Clause */
/** @file measures.h  Target and initial measures from their sections of a case. */
#ifndef MF_SOLVER_PROBLEM_MEASURES_H
#define MF_SOLVER_PROBLEM_MEASURES_H

#include "grids/measure.h"
#include "io/language/section.h"

/** The keys of a measure's section and of its parts, for `mflow list`. */
extern const mf_param_table mf_measure_table, mf_gaussian_table, mf_file_table, mf_posterior_table,
    mf_image_table;

/** Reads `gaussian`, `mixture`, `uniform`, `density`, `potential`, `posterior`, `samples`, `image` or `file`, with
 *  `mass` and `normalise`.  A Gaussian of which the grid does not see the mass that it has (it sticks out of the
 *  box, or is narrower than a cell) is an error. */
int mf_measure_from_case(mf_measure **out, const mf_grid *grid, const mf_node *section, mf_scope *scope);

#endif
