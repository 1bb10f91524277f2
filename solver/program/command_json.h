/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_json.h  What every JSON output of mflow begins with.
 *
 *  Units are those of the case itself: L its length, T its flow time, M its mass; "q" is that of the quantity. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_JSON_H
#define MF_SOLVER_PROGRAM_COMMAND_JSON_H

#include "io/json.h"
#include "solver/problem/job.h"

/** Begins a document with the program's version. */
int mf_json_begin(mf_json **out);

/** Which case: `case` (the path), `variant`, `set` (what --set changed) and `parameters` with their values, null for a
 *  case that cannot be read. */
int mf_json_job(mf_json *j, const mf_job *job);

/** The same of a run, as its file tells it, and `source`: the version that wrote it; null for what it does not tell. */
int mf_json_run(mf_json *j, const char *path);

#endif
