/* SPDX-License-Identifier: BSD-3-Clause */
/** @file named.h  A measure by a word, as a command line names it:
 *
 *    CASE:target, CASE:initial   of a case file, or of a folder with case.yaml in it
 *    NAME.nc@T, NAME.nc          the record of a run at time T; the last one
 *    FILE.nc:VARIABLE            a field of another program
 *    FILE.png, FILE.pgm          an image
 *    FILE.csv, FILE.txt          samples, one a line: their histogram
 *    '{gaussian: {...}}'         a measure's section, as it stands in a case
 *
 *  The last four have no grid of their own and are read as in a case that has one: with mass 1, unless a section says else. */
#ifndef MF_SOLVER_PROBLEM_NAMED_H
#define MF_SOLVER_PROBLEM_NAMED_H

#include "grids/measure.h"
#include "solver/problem/job.h"

typedef struct {
  const char *word;
  mf_grid grid;
  double *density; /**< cells values, or NULL before it is read */
} mf_named;

/** True if a word names a measure that needs a grid to be read. */
bool mf_named_needs_grid(const char *word);

/** Reads a measure; `grid` is what it is to be on if it needs one.  `job` has variant and assignments for cases; its path is
 *  not read.  To be cleared in any case.  Errors: MF_EFILE and MF_ECASE, which say where. */
int mf_named_read(mf_named *out, const char *word, const mf_grid *grid, const mf_job *job);
void mf_named_clear(mf_named *m);

/** The grid of a case, or of a section '{cells: ..., box: ...}'. */
int mf_named_grid(mf_grid *out, const char *word, const mf_job *job);

#endif
