/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_ring.h  Proved bounds of the slowest modes of a ring. */
#ifndef MF_SOLVER_OBSERVE_GAP_RING_H
#define MF_SOLVER_OBSERVE_GAP_RING_H

#include "solver/observe/gap_vectors.h"

/** bound[k] encloses lambda_{k+1} for k < modes <= l->count, from vectors that were iterated; v is spoilt. */
void mf_ring_enclose(mf_line *l, int modes, mf_enclosure *bound);

#endif
