/* SPDX-License-Identifier: BSD-3-Clause */
/** @file multigrid_parts.h  Multigrid from the inside, for the files that build its levels, move between two of them and
 *  relax on one. */
#ifndef MF_SOLVER_PRECONDITION_MULTIGRID_PARTS_H
#define MF_SOLVER_PRECONDITION_MULTIGRID_PARTS_H

#include "grids/neighbour.h"

/** A grid, the equation on it and room to solve that.  Arrays have a value per cell. */
typedef struct {
  mf_grid grid; /**< its axes are those of more than one cell on the finest level; the others are left out */
  mf_beside beside[MF_AXES];
  bool smooths; /**< else it only passes on from one axis to the next */
  int axis;     /**< along which the next level is coarser, or -1 */
  double *mass, *decay;
  double *weight[MF_AXES]; /**< arrays of faces */
  double *toward;          /**< share of the neighbouring pair in the value of a cell; NULL on the coarsest */
  double *diagonal, *inverse, *residual; /**< inverse = 1/diagonal; NULL where nothing smooths */
  double *v, *f;                         /**< NULL on the finest level: they are the caller's */
} mf_multigrid_level;

/* ---- transfer to the next level, whose cells are pairs along `axis` ---- */

/** Fills `toward`, which the others read, and the next level's weight along the axis. */
void mf_multigrid_couple(const mf_multigrid_level *l, double *weight);

/** out = P^T x, a value per cell of the next level, with P the interpolation that `toward` describes. */
void mf_multigrid_gather(const mf_multigrid_level *l, const double *x, double *out);

/** v += P coarse, a value per cell of this level. */
void mf_multigrid_spread(const mf_multigrid_level *l, const double *coarse, double *v);

/* ---- relaxation ---- */

/** Diagonals for a gamma, and whether the masses dominate them so much that no coarser level is needed.  MF_RETRY if one
 *  is not finite. */
int mf_multigrid_factor_level(mf_multigrid_level *l, double gamma, bool *enough);

/** v = one sweep over both colours from 0 on f; then `residual`, if asked for. */
void mf_multigrid_relax_down(const mf_multigrid_level *l, const double *f, double *v, bool residuals);

/** A few sweeps from v as it is. */
void mf_multigrid_relax_up(const mf_multigrid_level *l, const double *f, double *v);

#endif
