/* SPDX-License-Identifier: BSD-3-Clause */
/** @file field.h  Every reduction over a field: sums, scalar products, moments.
 *
 *  A field is an array of one double per local cell.  Sums run in blocks whose partial sums are added with
 *  Neumaier's compensation, so the result is good to a few ulp of sum |f|.  Within a block MF_LANES running sums take
 *  the terms in turn, whatever the processor's vectors: the result is the same on all of them. */
#ifndef MF_GRIDS_FIELD_H
#define MF_GRIDS_FIELD_H

#include "grids/grid.h"

/** sum_c f[c]; without the cell volume. */
double mf_field_sum(const mf_grid *grid, const double *f);

/** sum_c |f[c]|. */
double mf_field_sum_abs(const mf_grid *grid, const double *f);

/** sum_c f[c] g[c]. */
double mf_field_dot(const mf_grid *grid, const double *f, const double *g);

/** True if a sum of squares has lost no term that its last bit could see, to underflow or overflow. */
bool mf_square_is_exact(double sum);

/** A power of 2 near the largest |f[c]|, in whose units squares are numbers; 0 if f is 0 everywhere. */
double mf_field_unit(const mf_grid *grid, const double *f);

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

/** Running sums of a block, and their total. */
enum { MF_LANES = 16 };
static inline double mf_lanes_total(const double lanes[MF_LANES])
{
  double half[MF_LANES / 2], total = 0;
  for (int k = 0; k < MF_LANES / 2; k++) half[k] = lanes[k] + lanes[k + MF_LANES / 2];
  for (int k = 0; k < MF_LANES / 2; k++) total += half[k];
  return total;
}

/** Its value over all processes. */
double mf_sum_total(const mf_sum *s, const mf_grid *grid);

/** Terms of one plain sum, and the most sums that are taken at once. */
enum { MF_SUM_BLOCK = 1024, MF_SUMS = 24 };

/** Plain sums over the terms [begin, end), at most MF_SUM_BLOCK of them. */
typedef void mf_block(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums);

/** Those of |x| and of x y; `self` is an mf_operands (elementwise.h). */
extern mf_block *const mf_block_sizes, *const mf_block_products;

/** sums[k] = the sum over [0, length) and over all processes, k < count <= MF_SUMS: `block` gives the plain sums over at
 *  most MF_SUM_BLOCK terms.  Shared among threads (threads.h); the same to the last bit for any number of them. */
void mf_field_sums(const mf_grid *grid, ptrdiff_t length, int count, mf_block *block, const void *self,
                   double *sums);

/** The sum over all runs of faces along an axis and over all processes; likewise the same to the last bit. */
double mf_field_sum_faces(const mf_grid *grid, int axis, double (*run)(const void *self, const mf_faces *run),
                          const void *self);

/** True if no value is infinite or NAN. */
bool mf_all_finite(const double *f, ptrdiff_t count);

#endif
