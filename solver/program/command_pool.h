/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_pool.h  Jobs in child processes, a few at a time, their output in order. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_POOL_H
#define MF_SOLVER_PROGRAM_COMMAND_POOL_H

#include <stdbool.h>
#include <stdio.h>

/** What a job hands back besides what it prints. */
typedef struct {
  int claims, failing, empty; /**< judged, found wanting, without evidence */
  int code;                   /**< exit code if it broke down */
  double decades;             /**< most over which a claim was followed */
} mf_outcome;

typedef struct {
  void *self;
  int jobs, workers;
  bool quiet;
  /** Does job number `index` and prints to `text`; with several workers in a process of its own. */
  void (*work)(void *self, int index, FILE *text, mf_outcome *out);
  /** In order of the jobs, in this process: takes what one has printed.  NULL: it goes to stdout. */
  int (*take)(void *self, int index, FILE *text);
  /** In the same order, after that. */
  void (*after)(void *self, const mf_outcome *out);
} mf_pool;

/** Runs all jobs.  A signal in mf_stop_signal is passed on to those that run, and no more are begun. */
int mf_pool_run(const mf_pool *pool);

#endif
