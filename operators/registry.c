/* The lists of energies and geometries. */
#include "operators/registry.h"

#include <string.h>

extern const mf_energy_type mf_energy_divergence, mf_energy_kl, mf_energy_inclusive_kl, mf_energy_hellinger,
    mf_energy_chi2, mf_energy_mmd;
extern const mf_geometry_type mf_geometry_wasserstein, mf_geometry_hellinger, mf_geometry_spherical_hellinger,
    mf_geometry_mmd;

const mf_energy_type *const mf_energy_types[] = {
    &mf_energy_kl,
    &mf_energy_inclusive_kl,
    &mf_energy_hellinger,
    &mf_energy_chi2,
    &mf_energy_divergence,
    &mf_energy_mmd,
    NULL,
};

const mf_geometry_type *const mf_geometry_types[] = {
    &mf_geometry_wasserstein,
    &mf_geometry_hellinger,
    &mf_geometry_spherical_hellinger,
    &mf_geometry_mmd,
    NULL,
};

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
