/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plugins.h  The energies and geometries of this build: one for every file in energies/ and geometries/.
 *
 *  The lists are written by plugins.sh. */
#ifndef MF_OPERATORS_PLUGINS_H
#define MF_OPERATORS_PLUGINS_H

#include "operators/energy.h"
#include "operators/geometry.h"

/** NULL-terminated. */
extern const mf_energy_type *const mf_energy_types[];
extern const mf_geometry_type *const mf_geometry_types[];

#endif
