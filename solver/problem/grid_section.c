/* SPDX-License-Identifier: BSD-3-Clause */
/* The grid from its section of a case. */
#define _POSIX_C_SOURCE 200809L
#include "solver/problem/grid_section.h"

#include "solver/problem/sections.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static int read_boundary(const mf_node *node, bool *periodic)
{
  if (node->kind == MF_SCALAR && !strcmp(node->text, "wall"))
    *periodic = false;
  else if (node->kind == MF_SCALAR && !strcmp(node->text, "periodic"))
    *periodic = true;
  else
    return mf_node_error(node, "a boundary is 'wall' (no flux) or 'periodic'");
  return MF_OK;
}

static int read_boundaries(const mf_node *node, int dim, bool periodic[MF_AXES])
{
  for (int a = 0; node && a < dim; a++) {
    if (node->kind != MF_SEQUENCE) {
      MF_TRY(read_boundary(node, &periodic[a]));
      continue;
    }
    if (node->count != dim)
      return mf_node_error(node, "%d boundaries for %d axes: write one for all, or one per axis", node->count,
                           dim);
    MF_TRY(read_boundary(node->child[a], &periodic[a]));
  }
  return MF_OK;
}

/* What a flow by the series takes, the least of all; the rest is known once the integrator is. */
static int check_memory(const mf_grid *grid, const mf_node *at)
{
  enum { LEAST_ARRAYS = 11 };
  const double needed = LEAST_ARRAYS * sizeof(double) * (double)grid->cells;
  const double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  if (needed < there) return MF_OK;
  return mf_node_error(at, "%td cells need %.0f GB at least; this machine has %.0f", grid->cells,
                       1e-9 * needed, 1e-9 * there);
}

int mf_grid_from_case(mf_grid *out, const mf_node *node, mf_scope *scope)
{
  mf_grid_options o;
  MF_TRY(mf_section_read(node, "the grid", &mf_grid_table, scope, &o));
  const int dim = o.cells.count;
  const mf_node *cells_at = mf_node_get(node, "cells"), *box_at = mf_node_get(node, "box");
  if (dim < 1 || dim > MF_AXES) return mf_node_error(cells_at, "a grid has 1, 2 or 3 axes, not %d", dim);
  if (o.box.count != 2 * dim)
    return mf_node_error(box_at, "the box has %d numbers: %d axes need %d pairs [lo, hi]", o.box.count, dim,
                         dim);
  long cells[MF_AXES];
  double lo[MF_AXES], hi[MF_AXES];
  bool periodic[MF_AXES] = {false};
  for (int a = 0; a < dim; a++) {
    if (o.cells.value[a] != floor(o.cells.value[a]))
      return mf_node_error(cells_at, "%g is no number of cells", o.cells.value[a]);
    cells[a] = (long)o.cells.value[a];
    lo[a] = o.box.value[2 * a];
    hi[a] = o.box.value[2 * a + 1];
  }
  MF_TRY(read_boundaries(o.boundary, dim, periodic));
  const int status = mf_grid_init(out, dim, cells, lo, hi, periodic);
  return status ? mf_node_blame(box_at, status) : check_memory(out, cells_at);
}
