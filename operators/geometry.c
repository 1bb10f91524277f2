/* SPDX-License-Identifier: BSD-3-Clause */
/* Geometries: creation and release. */
#include "operators/geometry.h"

#include <string.h>

static int fill(mf_geometry *g, const mf_geometry_type *type, const mf_grid *grid, const mf_measure *target,
                const void *options, const mf_force *force)
{
  *g = (mf_geometry){.type = type, .grid = grid, .target = target};
  MF_TRY(mf_objects_create(&g->options, 1, type->params.size));
  if (options)
    memcpy(g->options, options, type->params.size);
  else
    mf_param_defaults(&type->params, g->options);
  return type->create(g, force);
}

int mf_geometry_create(mf_geometry **out, const mf_geometry_type *type, const mf_grid *grid,
                       const mf_measure *target, const void *options, const mf_force *force)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, type, grid, target, options, force);
  if (status) {
    mf_geometry_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_geometry_free(mf_geometry *g)
{
  if (!g) return;
  if (g->type->destroy) g->type->destroy(g);
  mf_release(g->options);
  mf_release(g);
}

unsigned mf_geometry_needs_variation(const mf_geometry *g, const mf_force *f, mf_rate_form form)
{
  (void)g, (void)form;
  return MF_NEED_DENSITY | mf_force_needs(f, true);
}
