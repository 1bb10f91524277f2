/* SPDX-License-Identifier: BSD-3-Clause */
/** @file solution.h (user)  The solution of a case, mu_t for t from 0 on: integrated to any time, its fields and numbers read.
 *
 *  Statuses are those of base.h, and mf_error() says more.  A NULL where an object is needed is MF_ECASE, or of what has no status
 *  the answer that there is none: 0, NAN or NULL.  No object of this file is for two threads at once (mflow.h); loops within
 *  share their work among threads, OMP_NUM_THREADS of them, and results do not depend on how many. */
#ifndef MF_SOLVER_RUN_SOLUTION_H
#define MF_SOLVER_RUN_SOLUTION_H

#include "grids/axes.h"

MF_PUBLIC_BEGIN

typedef struct mf_solution mf_solution;

/** Builds a case at its start.  `path`: a case file, or a folder with case.yaml in it; `variant`: the name of one of its
 *  variants, or NULL; `set`: assignments KEY=VALUE, applied in their order.  MF_EFILE for files, MF_ECASE for mistakes, with
 *  file, line, column and a caret. */
int mf_solution_open(mf_solution **out, const char *path, const char *variant, const char *const *set,
                     int set_count);

/** The same of a case's text; `name` stands for its path in messages, and paths in the text are relative to its folder. */
int mf_solution_parse(mf_solution **out, const char *name, const char *text, const char *variant,
                      const char *const *set, int set_count);

/** NULL is fine. */
void mf_solution_free(mf_solution *s);

/** The grid of all fields, see axes.h; the solution's own. */
const mf_grid *mf_solution_grid(const mf_solution *s);

/** Goes to time t, forward, and adds a row to the history; the start is its first row.  MF_ECASE: a time before the present
 *  one, or beyond `time.end`; MF_ENUMERIC: the integrator gave up, or the energy rose. */
int mf_solution_to(mf_solution *s, double t);

/** Goes from the start through all outputs of the case to its end, as `mflow run` does.  With a `prefix` it writes PREFIX.nc,
 *  PREFIX.nc.xmf and PREFIX_history.nc; MF_EFILE if one of them is there and not `replace`. */
int mf_solution_run(mf_solution *s, const char *prefix, bool replace);

/** Time where it is, NAN before the first look; and where it ends. */
double mf_solution_time(const mf_solution *s);
double mf_solution_end(const mf_solution *s);

/** A field at the present time: "density", "target", "first_variation", "deviation", "ratio" (rho/pi), "log_ratio".
 *  `*values` has mf_grid_cells numbers and is the solution's; they are good until it goes to another time.
 *  MF_ECASE: no such field, none without a target, no time yet. */
int mf_solution_field(mf_solution *s, const char *name, const double **values);

/** Name of a column of the history, from 0 on; NULL where there is none.  `mflow run` writes the same. */
const char *mf_solution_column(const mf_solution *s, int index);

/** A number at the present time, by the name of its column: "mass", "energy", "kl", "mean_x", ...  MF_ECASE: no such column. */
int mf_solution_value(const mf_solution *s, const char *column, double *value);

/** Rows of the history, and a column of it: as many numbers. */
int mf_solution_rows(const mf_solution *s);
int mf_solution_series(const mf_solution *s, const char *column, double *values);

MF_PUBLIC_END

#endif
