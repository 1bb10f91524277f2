/* SPDX-License-Identifier: BSD-3-Clause */
/** @file field.h (plug-in)  Every reduction over a field: sums, scalar products, moments.
 *
 *  A field is an array of one double per local cell.  A sum runs over blocks of cells.  Within a block MF_LANES running
 *  sums take the terms in turn, whatever the processor's vectors: plain sums, good to some ulp of the block's sum |f|.  The
 *  blocks' sums are added exactly and rounded once (exact.h).  Blocks are the box's, whoever has which part of it, so the
 *  result is the same to the last bit for any number of threads, and of slabs that begin between blocks. */
#ifndef MF_GRIDS_FIELD_H
#define MF_GRIDS_FIELD_H

#include "grids/neighbour.h"
#include "grids/threads.h"

MF_PUBLIC_BEGIN

/** sum_c f[c]; without the cell volume. */
double mf_field_sum(const mf_grid *grid, const double *f);

/** sum_c |f[c]|. */
double mf_field_sum_abs(const mf_grid *grid, const double *f);

/** sum_c f[c] g[c]. */
double mf_field_dot(const mf_grid *grid, const double *f, const double *g);

/** weight sum_c f[c] g[c], which may be a number where the sum is none. */
double mf_field_weighted_dot(const mf_grid *grid, double weight, const double *f, const double *g);

/** True if a sum of squares has lost no term that its last bit could see, to underflow or overflow. */
bool mf_square_is_exact(double sum);

/** A power of 2 near the largest |f[c]|, in whose units squares are numbers; 0 if f is 0 everywhere. */
double mf_field_unit(const mf_grid *grid, const double *f);

/** Least value; NAN if one is. */
double mf_field_min(const mf_grid *grid, const double *f);

/** Greatest value; NAN if one is. */
double mf_field_max(const mf_grid *grid, const double *f);

/** Those of an array; of none, infinite. */
double mf_array_min(ptrdiff_t length, const double *f);
double mf_array_max(ptrdiff_t length, const double *f);

/** Value at a point of the box, multilinear between cell centres; within half a cell of a wall the cell's. */
double mf_field_at(const mf_grid *grid, const double *f, const double x[MF_AXES]);

/** volume * sum_c density[c]: the mass of a measure [M]. */
double mf_field_mass(const mf_grid *grid, const double *density);

/** Mean (3 entries) and covariance (3x3, row by row) of density / mass; entries beyond dim are 0.  On a
 *  periodic axis these are the moments of the fundamental box.  NAN if the mass is 0. */
void mf_field_moments(const mf_grid *grid, const double *density, double mean[MF_AXES],
                      double covariance[MF_AXES * MF_AXES]);

/** Sums over cells of f or, given a factor, of f factor: all of them, and weighted by x - centre and by its products. */
typedef struct {
  double sum, first[MF_AXES], second[MF_AXES * MF_AXES]; /**< a row and a column below the diagonal are 0 */
} mf_moments;
void mf_field_raw_moments(const mf_grid *grid, const double *f, const double *factor,
                          const double centre[MF_AXES], mf_moments *out);

/* ---- sums of other things ---- */

/** Running sums of a block, and the most sums that are taken at once. */
enum { MF_LANES = 16, MF_SUMS = 24 };

/** Plain sums over a block: the cells [begin, end), at most MF_SUM_BLOCK of them. */
typedef void mf_block(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums);

/** sums[k] = the sum over all cells of the box, k < count <= MF_SUMS, whose parts `block` gives.  Shared among threads. */
void mf_field_sums(const mf_grid *grid, int count, mf_block *block, const void *self, double *sums);

/** The same over an array of `length` that is no field: what other processes have is not added. */
void mf_array_sums(ptrdiff_t length, int count, mf_block *block, const void *self, double *sums);

/** Blocks of the sums of |x| and of x y; `self` is an mf_operands (elementwise.h). */
extern mf_block *const mf_block_sizes, *const mf_block_products;

/** Total of the running sums of a block. */
static inline double mf_lanes_total(const double lanes[MF_LANES])
{
  double half[MF_LANES / 2], total = 0;
  for (int k = 0; k < MF_LANES / 2; k++) half[k] = lanes[k] + lanes[k + MF_LANES / 2];
  for (int k = 0; k < MF_LANES / 2; k++) total += half[k];
  return total;
}

/** sum_c term(self, c) over a block, where `term` is an MF_INLINE function. */
MF_INLINE double mf_lanes_sum(const void *self, ptrdiff_t begin, ptrdiff_t end,
                              double (*term)(const void *self, ptrdiff_t c))
{
  double lanes[MF_LANES] = {0};
  ptrdiff_t c = begin;
  for (; c + MF_LANES <= end; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) lanes[k] += term(self, c + k);
  for (int k = 0; c < end; c++, k++) lanes[k] += term(self, c);
  return mf_lanes_total(lanes);
}

/** True if no value is infinite or NAN. */
bool mf_all_finite(const double *f, ptrdiff_t count);

MF_PUBLIC_END

#endif
