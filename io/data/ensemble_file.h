/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ensemble_file.h  Writes particles over time, snapshot by snapshot, in the layout that ensemble.h reads:
 *
 *    time(time), position(time, particle, coordinate), weight(time, particle)
 *
 *  classic netCDF with 64-bit offsets, which whoever opens it meanwhile sees whole. */
#ifndef MF_IO_DATA_ENSEMBLE_FILE_H
#define MF_IO_DATA_ENSEMBLE_FILE_H

#include "io/netcdf/fields.h"

typedef struct mf_ensemble_file mf_ensemble_file;

/** Creates the file in a temporary place beside it, until the first snapshot is in it; MF_EFILE as for fields, and if a
 *  snapshot is larger than the format allows (4 GiB). */
int mf_ensemble_file_create(mf_ensemble_file **out, const char *path, int dim, ptrdiff_t particles,
                            const mf_attribute *attributes, int attribute_count, bool force);

/** One snapshot: x[axis][i] and weight[i]. */
int mf_ensemble_file_append(mf_ensemble_file *f, double time, const double *const *x, const double *weight);

/** Closes; without a snapshot nothing is left.  NULL is fine. */
int mf_ensemble_file_close(mf_ensemble_file *f);

#endif
