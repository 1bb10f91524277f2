/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lock.h  One process at a time for a name. */
#ifndef MF_IO_LOCK_H
#define MF_IO_LOCK_H

#include "grids/base.h"

/** A name that is held.  All zeros holds nothing. */
typedef struct {
  int file;
  char *path; /**< NULL: nothing is held */
} mf_lock;

/** Holds NAME by the file NAME.mflow-lock, which exists as long.  MF_EFILE, with the number of the process, if another has
 *  it.  Where the file system knows no locks, all may have it. */
int mf_lock_take(mf_lock *lock, const char *name);

/** Gives the name back, and removes the file; what holds nothing is fine. */
void mf_lock_release(mf_lock *lock);

#endif
