/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plugins.h  The energies, geometries and particle methods of this build: those of the files in energies/, geometries/ and
 *  methods/.
 *
 *  The lists are written by plugins.sh. */
#ifndef MF_OPERATORS_PLUGINS_H
#define MF_OPERATORS_PLUGINS_H

#include "operators/energy.h"
#include "operators/geometry.h"
#include "operators/method.h"

/** NULL-terminated. */
extern const mf_energy_type *const mf_energy_types[];
extern const mf_geometry_type *const mf_geometry_types[];
extern const mf_method_type *const mf_method_types[];

#endif
