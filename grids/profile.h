/* SPDX-License-Identifier: BSD-3-Clause */
/** @file profile.h  Where the time goes: seconds of this process, shared out among parts of the work.
 *
 *  Parts may be nested; a second counts for the innermost one only, so the shares add up to the whole.  The clock runs in
 *  the thread that starts it, and costs nothing before. */
#ifndef MF_GRIDS_PROFILE_H
#define MF_GRIDS_PROFILE_H

typedef enum {
  MF_PROFILE_OTHER, /**< reading and building the case, and what no other part claims */
  MF_PROFILE_RATE,
  MF_PROFILE_CONVOLUTION,
  MF_PROFILE_JACOBIAN,
  MF_PROFILE_PRECONDITIONER,
  MF_PROFILE_VECTORS,
  MF_PROFILE_INTEGRATOR,
  MF_PROFILE_SERIES,
  MF_PROFILE_DIAGNOSIS,
  MF_PROFILE_OUTPUT,
  MF_PROFILE_COUNT
} mf_profile_part;
extern const char *const mf_profile_part_names[MF_PROFILE_COUNT];

/** Starts the clock, in MF_PROFILE_OTHER. */
void mf_profile_start(void);

/** Enters a part; hand what it returns to `mf_profile_leave`. */
mf_profile_part mf_profile_enter(mf_profile_part part);
void mf_profile_leave(mf_profile_part outer);

/** Seconds per part so far. */
void mf_profile_read(double seconds[MF_PROFILE_COUNT]);

#endif
