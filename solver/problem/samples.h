/* SPDX-License-Identifier: BSD-3-Clause */
/** @file samples.h  The section `samples` of a target or initial measure: which text file, columns and estimate
 *  (grids/empirical.h). */
#ifndef MF_SOLVER_PROBLEM_SAMPLES_H
#define MF_SOLVER_PROBLEM_SAMPLES_H

#include "grids/measure.h"
#include "io/language/section.h"

/** The keys of the section, for `mflow list`. */
extern const mf_param_table mf_samples_table;

/** Fills the measure, of mass 1, by histogram or kernel density.  Located MF_ECASE or MF_EFILE. */
int mf_samples_from_case(mf_measure *m, const mf_node *section, mf_scope *scope);

#endif
