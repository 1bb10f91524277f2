/* SPDX-License-Identifier: BSD-3-Clause */
/** @file registry.h (plug-in)  Energies and geometries by name: those of this build, and those that a program brings.
 *
 *  What a program registers is known by name to every case that is read from then on.  Not while another thread reads one. */
#ifndef MF_OPERATORS_REGISTRY_H
#define MF_OPERATORS_REGISTRY_H

#include "operators/energy.h"
#include "operators/geometry.h"

MF_PUBLIC_BEGIN

/** No more names of one kind than this. */
enum { MF_PLUGINS = 64 };

/** Makes a type known, which is borrowed for good.  One of the same name that was registered before is replaced; flows that
 *  have it keep it.  MF_ECASE: the name of a type of this build, none at all, or too many. */
int mf_energy_register(const mf_energy_type *type);
int mf_geometry_register(const mf_geometry_type *type);

/** By name; NULL if there is none. */
const mf_energy_type *mf_energy_find(const char *name);
const mf_geometry_type *mf_geometry_find(const char *name);

/** Their names; how many there are. */
int mf_energy_names(const char *names[MF_PLUGINS]);
int mf_geometry_names(const char *names[MF_PLUGINS]);

MF_PUBLIC_END

#endif
