/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stage.h  What is being prepared, and what to be careful about: the library says it, and a program may listen.
 *
 *  Stages are for work that may take long before the first step of a run; warnings for what is computed as it was asked for,
 *  but may not be what was meant.  Listeners are those of the calling thread. */
#ifndef MF_GRIDS_STAGE_H
#define MF_GRIDS_STAGE_H

#include "grids/base.h"

typedef void (*mf_stage_listener)(void *self, const char *what);

/** From now on `listener` hears `what` of every mf_stage; NULL: nobody does. */
void mf_stage_listen(mf_stage_listener listener, void *self);

/** Work that is about to begin, such as "spectral gap". */
void mf_stage(const char *what);

/** From now on `listener` hears every mf_warn; NULL: nobody does. */
void mf_warning_listen(mf_stage_listener listener, void *self);

/** Something to be careful about: a sentence that needs no other, with its place in the case where it has one. */
void mf_warn(const char *format, ...) MF_PRINTF(1, 2);

#endif
