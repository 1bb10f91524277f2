/** @file field.h  Every reduction over a field: sums, scalar products, moments.
 *
 *  A field is an array of one double per local cell.  Sums run in blocks whose partial sums are added with
 *  Neumaier's compensation, so the result is good to a few ulp of sum |f| and does not depend on the
 *  compiler's mood beyond that. */
#ifndef MF_GRIDS_FIELD_H
#define MF_GRIDS_FIELD_H

#include "grids/grid.h"

/** sum_c f[c]; without the cell volume. */
double mf_field_sum(const mf_grid *grid, const double *f);

/** sum_c |f[c]|. */
double mf_field_sum_abs(const mf_grid *grid, const double *f);

/** sum_c f[c] g[c]. */
double mf_field_dot(const mf_grid *grid, const double *f, const double *g);

/** Least value. */
double mf_field_min(const mf_grid *grid, const double *f);

/** Greatest value. */
double mf_field_max(const mf_grid *grid, const double *f);

/** Value at a point of the box, multilinear between cell centres; within half a cell of a wall the cell's. */
double mf_field_at(const mf_grid *grid, const double *f, const double x[MF_AXES]);

/** volume * sum_c density[c]: the mass of a measure [M]. */
double mf_field_mass(const mf_grid *grid, const double *density);

/** Mean (3 entries) and covariance (3x3, row by row) of density / mass; entries beyond dim are 0.  On a
 *  periodic axis these are the moments of the fundamental box.  NAN if the mass is 0. */
void mf_field_moments(const mf_grid *grid, const double *density, double mean[MF_AXES],
                      double covariance[MF_AXES * MF_AXES]);

/** A sum that is fed one block after another (`mf_sum_add`) and read with `mf_sum_value`. */
typedef struct {
  double sum, carry;
} mf_sum;
void mf_sum_add(mf_sum *s, double value);
double mf_sum_value(const mf_sum *s);

/** Its value over all processes. */
double mf_sum_total(const mf_sum *s, const mf_grid *grid);

/** Cells per block of the reductions. */
enum { MF_SUM_BLOCK = 1024 };

#endif
