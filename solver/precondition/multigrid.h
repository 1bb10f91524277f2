/* SPDX-License-Identifier: BSD-3-Clause */
/** @file multigrid.h  Multigrid for diffusion in a measure: one V-cycle of (mass/gamma + decay - L) v = f.
 *
 * L is the Laplacian of a graph whose edges are the faces of a grid: (L v)_c = sum over faces w_f
 * (v_neighbour - v_c), w_f >= 0.  Where the target is resolved a cycle leaves about a fifth of the error, in
 * the energy norm, whatever the number of cells and gamma, also in the tails and where cells are longer along one axis
 * than along another.  It is a preconditioner, no iteration of its own: on steep targets of many wells, with large gamma,
 * a few modes may grow when it is repeated, and a Krylov method or Ritz values must take them out.  The cycle is linear in f
 * but not symmetric: it is for GMRES, not for conjugate gradients. */
#ifndef MF_SOLVER_PRECONDITION_MULTIGRID_H
#define MF_SOLVER_PRECONDITION_MULTIGRID_H

#include "grids/grid.h"

typedef struct mf_multigrid mf_multigrid;

/** For a grid with two axes or more of more than one cell. */
int mf_multigrid_create(mf_multigrid **out, const mf_grid *grid);
void mf_multigrid_free(mf_multigrid *m);

/** The arrays of the equation, one value per cell, to be filled before `mf_multigrid_coarsen`: mass > 0; decay
 *  of either sign, but where mass/gamma + decay is not safely positive it counts less; */
double *mf_multigrid_mass(mf_multigrid *m);
double *mf_multigrid_decay(mf_multigrid *m);
/** w of the face above a cell along an axis of more than one cell, 0 at a wall; an array of faces (neighbour.h), of which
 *  only the cells' values may be changed. */
double *mf_multigrid_weight(mf_multigrid *m, int axis);

/** Coarser equations from the finest. */
void mf_multigrid_coarsen(mf_multigrid *m);

/** Diagonals for a gamma.  MF_RETRY if one is not finite. */
int mf_multigrid_factor(mf_multigrid *m, double gamma);

/** v = one V-cycle from 0 on f; cells values each, distinct; f stays. */
void mf_multigrid_solve(const mf_multigrid *m, const double *f, double *v);

#endif
