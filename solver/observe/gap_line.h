/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_line.h  The slowest modes of a chain on a line with walls or on a ring, enclosed with a proof. */
#ifndef MF_SOLVER_OBSERVE_GAP_LINE_H
#define MF_SOLVER_OBSERVE_GAP_LINE_H

#include "solver/observe/gap_chain.h"

/** bound[k] encloses lambda_{k+1}, k < modes < n, of the chain, or of the ring that a joint between its last cell and its first,
 *  closing > 0, makes of it.  A lower bound of 0 is one that could not be proved.  function[k], n values, if given, becomes
 *  the eigenfunction, of L^2(m) norm 1.  More modes than MF_LINE_MODES or than n - 1 are not for this. */
enum { MF_LINE_MODES = 16 };
int mf_line_modes(const mf_chain *chain, long double closing, int modes, mf_enclosure *bound,
                  double *const *function);

#endif
