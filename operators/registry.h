/* SPDX-License-Identifier: BSD-3-Clause */
/** @file registry.h  The lists of energies, geometries and kernels.  Adding one is its file and a line in
 *  registry.c. */
#ifndef MF_OPERATORS_REGISTRY_H
#define MF_OPERATORS_REGISTRY_H

#include "operators/energy.h"
#include "operators/geometry.h"
#include "operators/kernels/kernel.h"

/** NULL-terminated lists. */
extern const mf_energy_type *const mf_energy_types[];
extern const mf_geometry_type *const mf_geometry_types[];

/** By name; NULL if there is none. */
const mf_energy_type *mf_energy_find(const char *name);
const mf_geometry_type *mf_geometry_find(const char *name);

#endif
