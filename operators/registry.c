/* SPDX-License-Identifier: BSD-3-Clause */
/* Energies and geometries by name.  The lists themselves are made from the files of the plug-ins (plugins.sh). */
#include "operators/registry.h"

#include <string.h>

const mf_energy_type *mf_energy_find(const char *name)
{
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++)
    if (!strcmp((*t)->name, name)) return *t;
  return NULL;
}

const mf_geometry_type *mf_geometry_find(const char *name)
{
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++)
    if (!strcmp((*t)->name, name)) return *t;
  return NULL;
}
