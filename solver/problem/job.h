/* SPDX-License-Identifier: BSD-3-Clause */
/** @file job.h  Which case, with what changes: a path or a text, a variant, assignments. */
#ifndef MF_SOLVER_PROBLEM_JOB_H
#define MF_SOLVER_PROBLEM_JOB_H

#include "io/language/case.h"

typedef struct {
  const char *path;    /**< a case file, or a folder with case.yaml in it */
  const char *text;    /**< the case itself, whose name in messages is `path`; NULL: it is read from there */
  const char *variant; /**< or NULL */
  const char *const *set; /**< assignments KEY=VALUE, applied after the variant */
  int set_count;
} mf_job;

/** True if there is a folder of that name. */
bool mf_is_folder(const char *path);

/** Reads the case and applies variant and assignments. */
int mf_job_open(const mf_job *job, mf_case **out);

/** Name of a job's output: the folder's name for case.yaml, else the file's without .yaml; with the variant
 *  after a dot. Release with mf_release. */
int mf_job_name(const mf_job *job, char **out);

#endif
