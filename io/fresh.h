/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fresh.h  New files that are nobody else's: temporary ones, to be renamed when they are whole. */
#ifndef MF_IO_FRESH_H
#define MF_IO_FRESH_H

#include "grids/base.h"

#include <stdio.h>

/** Creates a file PATH.part.PID.K beside PATH that was not there before, opened for writing; its name is to be released with
 *  mf_release.  A link that somebody has put there is not followed.  MF_EFILE if there can be none. */
int mf_fresh_file(const char *path, char **name, int *fd);

/** Removes what processes that are no more have left of mf_fresh_file for PATH.  A lock keeps others that write PATH away. */
void mf_fresh_clear(const char *path);

/** Writes a file in one piece: `put` fills it and says whether that went well; then it takes the name.  MF_EFILE if it is there and not `force`,
 *  or cannot be written. */
int mf_fresh_write(const char *path, bool force, bool (*put)(const void *self, FILE *file), const void *self);

#endif
