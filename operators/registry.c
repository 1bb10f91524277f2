/* The lists of energies and geometries: a new plug-in is its file and a line here. */
#include "operators/registry.h"

#include <string.h>

/* clang-format off */
#define ENERGIES(each) \
  each(kl) \
  each(inclusive_kl) \
  each(hellinger) \
  each(chi2) \
  each(divergence) \
  each(mmd) \
  each(potential) \
  each(interaction) \
  each(entropy) \
  each(internal) \
  each(mixture_likelihood)

#define GEOMETRIES(each) \
  each(wasserstein) \
  each(wasserstein_fourth) \
  each(hellinger) \
  each(spherical_hellinger) \
  each(mmd) \
  each(kernelised_hellinger) \
  each(kernelised_wasserstein) \
  each(stein)
/* clang-format on */

#define DECLARE_ENERGY(name)   extern const mf_energy_type mf_energy_##name;
#define DECLARE_GEOMETRY(name) extern const mf_geometry_type mf_geometry_##name;
ENERGIES(DECLARE_ENERGY)
GEOMETRIES(DECLARE_GEOMETRY)

#define ENERGY_ADDRESS(name)   &mf_energy_##name,
#define GEOMETRY_ADDRESS(name) &mf_geometry_##name,
const mf_energy_type *const mf_energy_types[] = {ENERGIES(ENERGY_ADDRESS) NULL};
const mf_geometry_type *const mf_geometry_types[] = {GEOMETRIES(GEOMETRY_ADDRESS) NULL};

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
