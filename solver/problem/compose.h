/* SPDX-License-Identifier: BSD-3-Clause */
/** @file compose.h  A flow from the `energy` and `geometry` of a case: plug-ins by name, with their options. */
#ifndef MF_SOLVER_PROBLEM_COMPOSE_H
#define MF_SOLVER_PROBLEM_COMPOSE_H

#include "solver/problem/problem.h"

/** Adds every energy of a section, then every geometry of the other, to p->flow.  A section is a name, {name: options, ...},
 *  or a list of either; formulas among the options are sampled on the grid, tables read.  Mistakes are located. */
int mf_compose_flow(mf_problem *p, const mf_node *energy, const mf_node *geometry);

#endif
