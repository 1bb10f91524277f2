/** @file stencil.h  A symmetric operator that couples neighbouring cells, and three-term recurrences with it.
 *
 *    (H x)_c = diagonal_c x_c + sum over axes of off_(c-1/2) x_(c-1) + off_(c+1/2) x_(c+1)
 *
 *  The generator of a linear reversible flow is of this form in the half density (rho - pi)/sqrt(pi): a discrete
 *  Schroedinger operator.  A polynomial of it takes many applications; several of them are done in one pass over
 *  memory, slab after slab, each level one slab behind the one before (wavefront blocking; Wellein et al. 2009). */
#ifndef MF_OPERATORS_STENCIL_H
#define MF_OPERATORS_STENCIL_H

#include "grids/grid.h"

typedef struct {
  const mf_grid *grid;  /**< borrowed */
  double *off[MF_AXES]; /**< coupling of each cell to its upper neighbour, `cells` values; 0 at a wall */
  double *diagonal;     /**< cells values */
} mf_stencil;

/** Allocates the coefficients, all 0. */
int mf_stencil_create(mf_stencil **out, const mf_grid *grid);
void mf_stencil_free(mf_stencil *s);

/** A number that no eigenvalue exceeds in size (Gershgorin). */
double mf_stencil_bound(const mf_stencil *s);

/** One level of a recurrence:  z = a H x + b x - c z,  then  sum += d z. */
typedef struct {
  double a, b, c, d;
} mf_level;

/** Levels that are worth doing in one pass on this grid. */
int mf_stencil_levels(const mf_grid *grid);

/** Does `count` <= mf_stencil_levels(grid) levels.  The first reads x from `even` and updates z in `odd`, the second the
 *  other way round, and so on.  The three arrays have cells values and do not overlap.  The result does not depend on
 *  how many levels are done at once, nor on threads. */
void mf_stencil_advance(const mf_stencil *s, const mf_level *level, int count, double *even, double *odd,
                        double *sum);

#endif
