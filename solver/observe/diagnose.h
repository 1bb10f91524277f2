/* SPDX-License-Identifier: BSD-3-Clause */
/** @file diagnose.h  What is measured of a flow at every output: a row of the history.
 *
 *  Everything that vanishes at equilibrium is computed from w = u - 1 and l = log u or in Fourier space, as a
 *  sum of non-negative terms, so that it can be followed to the last decade. */
#ifndef MF_SOLVER_OBSERVE_DIAGNOSE_H
#define MF_SOLVER_OBSERVE_DIAGNOSE_H

#include "io/netcdf/history.h"
#include "solver/distance/distance.h"
#include "solver/flow/flow.h"
#include "solver/time/cvode.h"

enum { MF_COLUMNS = 48 };

typedef struct mf_diagnosis mf_diagnosis;

enum { MF_DISTANCE_COLUMNS = 8 };

/** Distances to the target that are to be columns, and the mobilities of their geometries. */
typedef struct {
  const mf_distance_type *type[MF_DISTANCE_COLUMNS];
  int count;
  double alpha, beta;
} mf_distance_columns;

/** `kernel` is that of the MMD column; NULL takes the energy's own, or else a Gaussian as wide as the target.
 *  `exponent` is p of a column `divergence`, int phi_p(dmu/dpi) dpi; NAN: there is none. */
int mf_diagnosis_create(mf_diagnosis **out, mf_flow *flow, const mf_kernel *kernel, double exponent);
void mf_diagnosis_free(mf_diagnosis *d);

/** Adds columns of distances, before the first row.  They are computed with every row, each from what the one before has found.
 *  MF_ECASE: no target, or no algorithm for this grid.  A distance between equal masses is NAN once they differ. */
int mf_diagnosis_add_distances(mf_diagnosis *d, const mf_distance_columns *columns);

/** The columns, time first: those that this flow's target and dimension have. */
const mf_column *mf_diagnosis_columns(const mf_diagnosis *d, int *count);

/** Kernel of the MMD column, or NULL without a target. */
const mf_kernel *mf_diagnosis_kernel(const mf_diagnosis *d);

/** What MMD is at most, over the L1 distance: the norm of the target in the kernel, per mass.  The size of the terms
 *  that cancel where the kernel does not see a difference. */
double mf_diagnosis_mmd_scale(const mf_diagnosis *d);

/** A Gaussian whose bandwidth is the standard deviation of a covariance (3x3), averaged over the axes; a
 *  cell's length if that is 0.  The kernel of an MMD for which nobody names one. */
mf_kernel mf_kernel_as_wide(const mf_grid *grid, const double *covariance);

/** What there is to be seen at one time. */
typedef struct {
  double time;
  double since; /**< the start [T] */
  const double *y, *ydot;
  const double *errors; /**< of y, or NULL: round-off alone */
  double step;
  const mf_counters *counters;
  const mf_measure *initial; /**< at the start, where the measure itself may know more than y; else NULL */
} mf_observation;

/** Fills one row; `report` (or NULL) receives the flow's report at y.  NAN is what y cannot tell, in the row and in the
 *  report's arrays. */
int mf_diagnosis_row(mf_diagnosis *d, const mf_observation *o, double *row, mf_report *report);

#endif
