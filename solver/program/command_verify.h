/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_verify.h  Verdicts as JSON: each run's part, and all of them together. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_VERIFY_H
#define MF_SOLVER_PROGRAM_COMMAND_VERIFY_H

#include "solver/program/command.h"
#include "solver/program/command_json.h"

/** Prints what is to be known of one run, number `index` from 0, and its verdicts; `error` is why it broke down, or NULL.
 */
int mf_verdicts_print(const mf_job *job, const mf_result *r, int index, const char *error, FILE *text);

/** Adds the runs, one for each entry, and the claims of all of them; NULL stands for a run that has left no document. */
void mf_verdicts_collect(mf_json *j, mf_json *const *run, int count);

#endif
