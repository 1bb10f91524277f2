/* SPDX-License-Identifier: BSD-3-Clause */
/** @file vector.h  The N_Vector that CVODE works with: an array over the grid with fused, vectorised
 *  operations.
 *
 *  Nine tenths of a run with the stock vector are spent in its dot products and linear combinations.  Here elementwise
 *  operations are put off until a reduction or a look at numbers needs them, and done together in one pass over the arrays;
 *  sums are those of fields (grids/field.h), over all processes. */
#ifndef MF_SOLVER_TIME_VECTOR_H
#define MF_SOLVER_TIME_VECTOR_H

#include "grids/grid.h"
#include "solver/time/sundials_compat.h"

/** A vector of `length` numbers in this process; `grid` (or NULL for a plain array) adds up reductions over
 *  all.  NULL if out of memory.  Where there is none for a clone, of this vector or of its clones, `*short_of_memory` becomes
 *  true and the clone is no vector of its own: its numbers mean nothing, it is only there to be destroyed. */
N_Vector mf_vector_create(SUNContext context, const mf_grid *grid, ptrdiff_t length, bool *short_of_memory);

/** Adds watch(self, x) to the mean square of every weighted root-mean-square norm of this vector and of its clones. */
void mf_vector_watch(N_Vector v, double (*watch)(const void *self, const double *x), const void *self);

/** That norm without it. */
double mf_vector_unwatched(N_Vector x, N_Vector weights);

/** Its numbers, as they are now: after operations, also on other vectors, this has to be asked again. */
double *mf_vector_data(N_Vector v);

#endif
