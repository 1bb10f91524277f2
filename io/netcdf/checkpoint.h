/* SPDX-License-Identifier: BSD-3-Clause */
/** @file checkpoint.h  What a run keeps of itself to go on from: numbers and texts by name, in NAME_checkpoint.nc.
 *
 *  The file is netCDF (64-bit data model), big-endian on every machine, with a checksum over all its bytes: what is damaged, cut
 *  or no checkpoint is told before the library looks at it.  It is replaced in one step, so that there is always a whole one. */
#ifndef MF_IO_NETCDF_CHECKPOINT_H
#define MF_IO_NETCDF_CHECKPOINT_H

#include "grids/base.h"

typedef struct mf_checkpoint mf_checkpoint;

/** An empty one. */
int mf_checkpoint_create(mf_checkpoint **out);

/** NULL is fine. */
void mf_checkpoint_free(mf_checkpoint *c);

/** Adds numbers or a text under a name that is not there yet: letters, digits, underscores.  Everything is copied, but for the
 *  numbers that are lent, which have to stay as they are until the checkpoint is written. */
int mf_checkpoint_put(mf_checkpoint *c, const char *name, const double *values, ptrdiff_t count);
int mf_checkpoint_put_number(mf_checkpoint *c, const char *name, double value);
int mf_checkpoint_lend(mf_checkpoint *c, const char *name, const double *values, ptrdiff_t count);
int mf_checkpoint_put_text(mf_checkpoint *c, const char *name, const char *text);

/** How many numbers there are of a name; -1: there is no such name. */
ptrdiff_t mf_checkpoint_count(const mf_checkpoint *c, const char *name);

/** Numbers by name.  MF_EFILE if there are not so many. */
int mf_checkpoint_get(const mf_checkpoint *c, const char *name, double *values, ptrdiff_t count);
int mf_checkpoint_get_number(const mf_checkpoint *c, const char *name, double *value);

/** A text by name; "" if it is absent. */
const char *mf_checkpoint_text(const mf_checkpoint *c, const char *name);

/** The path it was read from, or "". */
const char *mf_checkpoint_path(const mf_checkpoint *c);

/** Writes PATH: under a temporary name, down to the disk, then renamed, and the folder down to the disk.  MF_EFILE: what was there
 *  is there still. */
int mf_checkpoint_write(const mf_checkpoint *c, const char *path);

/** Reads PATH.  MF_EFILE: there is none, it is no checkpoint, of another format, or damaged. */
int mf_checkpoint_read(mf_checkpoint **out, const char *path);

#endif
