/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ensemble.h  Particles over time, as a particle method has written them: netCDF, CSV or .npy.
 *
 *  An ensemble is a file's whole sequence of snapshots; those of one time are mf_particles (postproc/distances/particles.h).
 *
 *  netCDF: variable position(time, particle, coordinate), optional weight(time, particle) or
 *  weight(particle), optional time(time); without time, position(particle, coordinate) is one snapshot.
 *  netCDF 3 or 4.
 *
 *  CSV: a first line with the names of the columns, among time, x, y, z, weight; then one line a particle
 *  and snapshot, in any order.  Snapshots may have different numbers of particles.  Without a time column
 *  the file is one snapshot. */
/* .npy: an array (particle, coordinate) is one snapshot, of equal weights (npy.h). */
#ifndef MF_IO_DATA_ENSEMBLE_H
#define MF_IO_DATA_ENSEMBLE_H

#include "grids/base.h"

typedef struct {
  char *path;
  int dim;          /**< coordinates of a particle, 1 to 3 */
  int count;        /**< snapshots */
  double *time;     /**< count, increasing; NAN (and count = 1) if the file has no times */
  ptrdiff_t *first; /**< count + 1: particles first[k] .. first[k + 1] - 1 belong to snapshot k */
  double *position; /**< dim a particle */
  double *weight;   /**< >= 0, one a particle; NULL: all the same, and the mass is not known */
} mf_ensemble;

/** True if the file is netCDF with a dimension `particle`, or no netCDF at all. */
bool mf_is_ensemble(const char *path);

/** MF_EFILE with the file and what is wrong: no position, numbers that are not finite, a negative weight,
 *  no weight at all in a snapshot, times that repeat or do not increase. */
int mf_ensemble_read(mf_ensemble **out, const char *path);
void mf_ensemble_free(mf_ensemble *e);

#endif
