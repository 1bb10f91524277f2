/* SPDX-License-Identifier: BSD-3-Clause */
/** @file generator.h  The generator of a reversible Markov chain on the cells, and three-term recurrences with it.
 *
 *    (L u)_c = 1/pi_c sum over faces of c of w_f (u_n - u_c),      n the neighbour across the face
 *
 *  Diffusion of KL in a transport geometry is du/dt = alpha L u for u = rho/pi (Maas 2011).  L is symmetric and
 *  non-positive in L^2(pi), and a constant is at rest to the last bit.  A polynomial of it takes many applications; several of
 *  them are done in one pass over memory, layer after layer, each level one layer behind the one before (wavefront blocking;
 *  Wellein et al. 2009). */
#ifndef MF_OPERATORS_TRANSPORT_GENERATOR_H
#define MF_OPERATORS_TRANSPORT_GENERATOR_H

#include "grids/grid.h"

/** Arrays are borrowed and have cells values. */
typedef struct {
  const mf_grid *grid;
  const double
      *weight[MF_AXES]; /**< w_f > 0 of the face above each cell [M/L^d/T]; an array of faces (neighbour.h) */
  const double *inverse; /**< 1/pi [L^d/M] */
} mf_generator;

/** A number that no eigenvalue of L exceeds in size: Gershgorin's discs of sqrt(pi) L / sqrt(pi), which is symmetric. */
double mf_generator_bound(const mf_generator *g);

/** One level of a recurrence:  z = a L x + b x - c z,  then  sum += d z. */
typedef struct {
  double a, b, c, d;
} mf_recurrence;

/** Levels that are worth doing in one pass on this grid. */
int mf_generator_levels(const mf_grid *grid);

/** Does `count` <= mf_generator_levels(grid) levels.  The first reads x from `even` and updates z in `odd`, the second the
 *  other way round, and so on.  The three arrays have cells values and do not overlap.  The result does not depend on
 *  how many levels are done at once, nor on threads. */
void mf_generator_advance(const mf_generator *g, const mf_recurrence *level, int count, double *even,
                          double *odd, double *sum);

#endif
