/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stage.h  What is being prepared, for whoever waits: the library says it, and a program may listen.
 *
 *  Only for work that may take long before the first step of a run.  The listener is that of the calling thread. */
#ifndef MF_GRIDS_STAGE_H
#define MF_GRIDS_STAGE_H

typedef void (*mf_stage_listener)(void *self, const char *what);

/** From now on `listener` hears `what` of every mf_stage; NULL: nobody does. */
void mf_stage_listen(mf_stage_listener listener, void *self);

/** Work that is about to begin, such as "spectral gap". */
void mf_stage(const char *what);

#endif
