/* SPDX-License-Identifier: BSD-3-Clause */
/** @file keep.h  A run's checkpoint, NAME_checkpoint.nc: when it is written, and what it says of the run.
 *
 *  Where a run can be taken up again does not depend on clocks (run.h); whether a checkpoint is written at such a place may, since
 *  writing changes nothing: so often that it takes a fiftieth of the time, unless the case says `time.checkpoint`, which is
 *  then kept to. */
#ifndef MF_SOLVER_RUN_KEEP_H
#define MF_SOLVER_RUN_KEEP_H

#include "io/netcdf/fields.h"
#include "solver/run/run.h"

typedef struct {
  const mf_problem *problem;
  const char *prefix; /**< of its files */
  const volatile sig_atomic_t
      *asked;                /**< grows when a checkpoint is asked for, wherever the run is; or NULL */
  const char *provenance;    /**< the attribute `history` of its files, */
  const char *case_text;     /**< and the case as they have it */
  const mf_checkpoint *from; /**< that the run goes on from, or NULL */
} mf_keep_options;

typedef struct mf_keep mf_keep;

/** What is given is borrowed. */
int mf_keep_create(mf_keep **out, const mf_keep_options *options);
void mf_keep_free(mf_keep *k);

/** Writes a checkpoint, if it is time to.  One that cannot be written is warned about: the one before stays, and the run, whose
 *  results it does not change, goes on. */
int mf_keep_place(mf_keep *k, mf_runner *r, const mf_place *place, mf_fields *fields);

/** True if there is a checkpoint of this run. */
bool mf_keep_has(const mf_keep *k);

/** The variant of a case, or NULL: one that a checkpoint brings has no variants left, but was one. */
const char *mf_keep_variant(const mf_case *source, const mf_checkpoint *from);

/** PREFIX_checkpoint.nc */
void mf_keep_path(const char *prefix, char *path, size_t size);

#endif
