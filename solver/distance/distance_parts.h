/* SPDX-License-Identifier: BSD-3-Clause */
/** @file distance_parts.h  The distances there are, for their list. */
#ifndef MF_SOLVER_DISTANCE_DISTANCE_PARTS_H
#define MF_SOLVER_DISTANCE_DISTANCE_PARTS_H

#include "solver/distance/distance.h"

extern const mf_distance_type mf_distance_wasserstein, mf_distance_hellinger, mf_distance_spherical_hellinger,
    mf_distance_wfr, mf_distance_spherical_wfr, mf_distance_mmd;

#endif
