/* SPDX-License-Identifier: BSD-3-Clause */
/** @file apart.h  Work that may crash or never end, done by a process of its own.
 *
 *  A library that reads the files of strangers may crash or loop on damaged ones.  It runs in a child process, which begins
 *  as a copy of this one and hands back what it has read; whatever becomes of the child, here it is a status and a message.
 *  What the child changes is not seen here but for what it passes. */
#ifndef MF_IO_APART_H
#define MF_IO_APART_H

#include "grids/base.h"

/** What goes from the child to the process that waits for it. */
typedef struct mf_parcel mf_parcel;

/** Passes a value: the child hands out what is there, the other process puts in its place what comes.  One function says so for
 *  both, since both have the same struct. */
int mf_parcel_pass(mf_parcel *p, void *data, size_t size);

/** The same of arrays and texts, which are made by the one who receives; to be released with mf_release, also after a failure.
 *  A text may be NULL. */
int mf_parcel_pass_reals(mf_parcel *p, double **values, ptrdiff_t count);
int mf_parcel_pass_text(mf_parcel *p, char **text);

/** An array of what is then passed one by one: zeroed objects for the one who receives, nothing for the child. */
int mf_parcel_make(mf_parcel *p, void *objects, ptrdiff_t count, size_t size);

/** `work` runs apart; then `pass` runs in both processes. */
typedef struct {
  const char *path; /**< the file that is read, for messages */
  int (*work)(void *self);
  int (*pass)(void *self, mf_parcel *p);
  void *self;
} mf_apart_task;

/** Does it.  A failure of `work` is returned with its message, and its warnings are warned here.  MF_EFILE: the child crashed, or
 *  used more processor time than files of this size take; MF_EMEMORY: there was no memory for it. */
int mf_apart(const mf_apart_task *task);

/** False: work is done in this process from now on, where sanitizers and debuggers see it.  For tests. */
void mf_apart_allow(bool apart);

#endif
