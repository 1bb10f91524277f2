/* SPDX-License-Identifier: BSD-3-Clause */
/** @file profile.h  Where the time goes: seconds of this process, shared out among parts of the work.
 *
 *  Parts may be nested; a second counts for the innermost one only, so the shares add up to the whole.  The clock runs in
 *  the thread that starts it, and costs nothing before. */
#ifndef MF_GRIDS_PROFILE_H
#define MF_GRIDS_PROFILE_H

typedef enum {
  MF_PART_OTHER, /**< reading and building the case, and what no other part claims */
  MF_PART_RATE,
  MF_PART_CONVOLUTION,
  MF_PART_JACOBIAN,
  MF_PART_PRECONDITIONER,
  MF_PART_VECTORS,
  MF_PART_INTEGRATOR,
  MF_PART_SERIES,
  MF_PART_DIAGNOSIS,
  MF_PART_OUTPUT,
  MF_PART_COUNT
} mf_part;
extern const char *const mf_part_names[MF_PART_COUNT];

/** Starts the clock, in MF_PART_OTHER. */
void mf_profile_start(void);

/** Enters a part; hand what it returns to `mf_profile_leave`. */
mf_part mf_profile_enter(mf_part part);
void mf_profile_leave(mf_part outer);

/** Seconds per part so far. */
void mf_profile_read(double seconds[MF_PART_COUNT]);

#endif
