/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_compare.h  What mflow compare finds, for the files that find it and print it. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_COMPARE_H
#define MF_SOLVER_PROGRAM_COMMAND_COMPARE_H

#include "io/data/ensemble.h"
#include "postproc/distances/compare.h"
#include "postproc/distances/particles.h"
#include "solver/program/command.h"

enum { MF_COMPARISON_PATH = 4096, MF_COMPARISON_COLUMNS = 16, MF_COMPARISON_TEXT = 512 };

/** One common time. */
typedef struct {
  double time, value[MF_COMPARISON_COLUMNS]; /**< in the order of the names; NAN: none here */
  mf_particle_comparison particles;          /**< if B is an ensemble */
} mf_comparison_row;

/** A tolerance, and the largest value over all common times with its time. */
typedef struct {
  const char *quantity;
  double allowed, worst, time;
  bool holds;
} mf_comparison_limit;

typedef struct {
  const mf_options *options;
  char path_a[MF_COMPARISON_PATH], path_b[MF_COMPARISON_PATH];
  mf_snapshots a, b;
  mf_ensemble *ensemble; /**< what B is, or NULL */
  mf_grid grid;          /**< to compare on */
  mf_kernel kernel;
  char kernel_text[MF_COMPARISON_TEXT]; /**< its name and every scale */
  const char *const *names;
  int columns;
  int (*pair)[2]; /**< records of A and B at the common times */
  int pairs;
  mf_comparison_row *row; /**< `pairs` of them */
  mf_comparison_limit limit[MF_QUANTITIES];
  int limits;
  bool holds; /**< every limit */
} mf_comparison;

/** Prints tables and verdicts to stdout. */
int mf_comparison_print(const mf_comparison *j);

/** Prints one JSON object to stdout. */
int mf_comparison_print_json(const mf_comparison *c);

#endif
