/* SPDX-License-Identifier: BSD-3-Clause */
/** @file snapshots.h  A measure over time, as a run has left it in NAME.nc: grid and times, and the density
 *  of a record. */
#ifndef MF_IO_NETCDF_SNAPSHOTS_H
#define MF_IO_NETCDF_SNAPSHOTS_H

#include "grids/grid.h"

typedef struct {
  char *path;
  mf_grid grid; /**< periodic where the case in the file's attributes says so */
  double *time; /**< increasing */
  int count;
} mf_snapshots;

/** Reads grid and times of variable `density`, with dimensions (time, z, y, x).  MF_EFILE: no such
 *  variable, cells of different size, no records.  To be cleared also after a failure. */
int mf_snapshots_open(mf_snapshots *s, const char *path);
void mf_snapshots_clear(mf_snapshots *s);

/** Density of a record on a grid, conservatively (import.h). */
int mf_snapshots_density(const mf_snapshots *s, int record, const mf_grid *grid, double *density);

#endif
