/* SPDX-License-Identifier: BSD-3-Clause */
/** @file planner.h  FFTW's planner: one thread at a time, and only where there is memory for what it makes. */
#ifndef MF_OPERATORS_KERNELS_PLANNER_H
#define MF_OPERATORS_KERNELS_PLANNER_H

#include <stddef.h>

/** Enters the planner, for plans whose lengths sum up to `points`.  MF_EMEMORY, and nothing is entered, if there is too little for
 *  them and their execution: FFTW ends the program where it gets none. */
int mf_planner_enter(ptrdiff_t points);
void mf_planner_leave(void);

/** Bytes that FFTW takes for every transform of so many points and gives back after it.  Who keeps as much, and lets go of it
 *  for the time of a transform, has the transform not end the program when memory is short by then. */
size_t mf_planner_room(ptrdiff_t points);

/** Destroys a plan (fftw_plan), alone; NULL is fine. */
void mf_planner_destroy(void *plan);

#endif
