/* SPDX-License-Identifier: BSD-3-Clause */
/* Energies and geometries by name. */
#include "operators/registry.h"

#include "grids/base.h"
#include "operators/plugins.h"

#include <string.h>

/* Types of one kind: those of this build, by number, and those that were brought. */
typedef struct {
  const char *what;
  const void *(*built)(int index); /* NULL after the last */
  const void *brought[MF_PLUGINS];
  int count;
} list;

static const void *built_energy(int index)
{
  return mf_energy_types[index];
}

static const void *built_geometry(int index)
{
  return mf_geometry_types[index];
}

static list energies = {.what = "energy", .built = built_energy};
static list geometries = {.what = "geometry", .built = built_geometry};

_Static_assert(offsetof(mf_energy_type, name) == 0 && offsetof(mf_geometry_type, name) == 0,
               "a type begins with its name");

static const char *name_of(const void *type)
{
  return *(const char *const *)type;
}

static int built_count(const list *l)
{
  int count = 0;
  while (l->built(count)) count++;
  return count;
}

static const void *type_at(const list *l, int index)
{
  const int built = built_count(l);
  return index < built ? l->built(index) : l->brought[index - built];
}

static int names_of(const list *l, const char **names)
{
  const int count = built_count(l) + l->count;
  for (int i = 0; i < count; i++) names[i] = name_of(type_at(l, i));
  return count;
}

/* Index of the type of a name; if there is none, the number of types. */
static int find(const list *l, const char *name)
{
  const char *names[MF_PLUGINS];
  const int count = names_of(l, names);
  int at = 0;
  while (at < count && strcmp(names[at], name)) at++;
  return at;
}

static const void *look_up(const list *l, const char *name)
{
  const int at = find(l, name);
  return at < built_count(l) + l->count ? type_at(l, at) : NULL;
}

static int bring(list *l, const void *type)
{
  const char *name = name_of(type);
  if (!name || !*name) return mf_fail(MF_ECASE, "%s without a name", l->what);
  const int at = find(l, name), built = built_count(l);
  if (at < built) return mf_fail(MF_ECASE, "%s '%s' is there already: choose another name", l->what, name);
  if (at == MF_PLUGINS) return mf_fail(MF_ECASE, "%s '%s' is one more than %d", l->what, name, MF_PLUGINS);
  l->brought[at - built] = type;
  if (at == built + l->count) l->count++;
  return MF_OK;
}

int mf_energy_register(const mf_energy_type *type)
{
  return bring(&energies, type);
}

int mf_geometry_register(const mf_geometry_type *type)
{
  return bring(&geometries, type);
}

const mf_energy_type *mf_energy_find(const char *name)
{
  return look_up(&energies, name);
}

const mf_geometry_type *mf_geometry_find(const char *name)
{
  return look_up(&geometries, name);
}

int mf_energy_names(const char *names[MF_PLUGINS])
{
  return names_of(&energies, names);
}

int mf_geometry_names(const char *names[MF_PLUGINS])
{
  return names_of(&geometries, names);
}
