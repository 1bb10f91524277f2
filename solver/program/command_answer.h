/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_answer.h  A command that answers one question about one case: computed, written where -o says so, printed. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_ANSWER_H
#define MF_SOLVER_PROGRAM_COMMAND_ANSWER_H

#include "solver/program/command.h"

#include "io/netcdf/fields.h"

enum { MF_ANSWER_PATH = 4096 };

/** The answer is the command's own; path is that of its file, "" if there is none. */
typedef struct {
  const char *command, *suffix; /**< "gap"; of the file, PREFIX_suffix.nc */
  int (*compute)(const mf_options *o, mf_problem *p, void *answer);
  int (*write)(const mf_options *o, const mf_problem *p, const char *path, const void *answer);
  void (*print)(const char *name, const char *path, const void *answer);
  int (*print_json)(const mf_job *job, const char *path, const void *answer);
} mf_question;

/** Does all that for the one case that is named; returns an exit code, after its message.  The answer is for the caller to free. */
int mf_answer(const mf_options *o, const mf_question *q, void *answer);

/** Writes fields of one record to a file that is created. */
int mf_answer_write(const mf_options *o, const char *path, const mf_fields_layout *layout,
                    const double *const *values);

#endif
