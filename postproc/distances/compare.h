/* SPDX-License-Identifier: BSD-3-Clause */
/** @file compare.h  Distances between two densities on grids.
 *
 *    L1 = int |a - b|,  L2 = (int (a - b)^2)^(1/2),  KL = int a log(a/b) - a + b,
 *    He2 = 4 int (sqrt a - sqrt b)^2,  MMD = <a - b, K (a - b)>^(1/2),
 *
 *  and, in one dimension with walls, W1, W2 and KS of a and b per unit of mass.
 *
 *  Densities on different grids are compared on the coarser one (axis by axis the fewer cells) after
 *  conservative averaging; that is exact where the coarser cells are made of finer ones.  W1, W2 and KS are
 *  taken on each grid as it is. */
#ifndef MF_POSTPROC_DISTANCES_COMPARE_H
#define MF_POSTPROC_DISTANCES_COMPARE_H

#include "io/netcdf/snapshots.h"
#include "operators/kernels/convolution.h"
#include "solver/distance/distance.h"

typedef struct {
  double time;
  double mass_a, mass_b; /**< [M] */
  double l1, l2, kl, he2, mmd;
  double w1, w2, ks; /**< NAN in two and three dimensions and on a periodic axis */
} mf_field_comparison;

/** The grid to compare on.  MF_ECASE if dimensions, boxes or boundaries differ; the message says how. */
int mf_common_grid(const mf_snapshots *a, const mf_snapshots *b, mf_grid *out);

/** Compares two densities on one grid; all but w1, w2, ks, which become NAN, and time.  KL is INFINITY
 *  where b is 0 and a is not. */
int mf_compare_densities(const mf_grid *grid, const double *a, const double *b, const mf_convolution *kernel,
                         mf_field_comparison *out);

/** Compares two records; `common` is the grid of mf_common_grid, on which `kernel` is. */
int mf_compare_records(const mf_snapshots *a, int record_a, const mf_snapshots *b, int record_b,
                       const mf_grid *common, const mf_convolution *kernel, mf_field_comparison *out);

/** The distance of two records in a geometry, with mobilities 1, on the common grid; W_2 per unit of mass.  `start` is that of
 *  the distance before, see distance.h.  NAN where the geometry keeps mass and these masses differ.  Errors as those of
 *  mf_distance_compute. */
int mf_compare_geometry(const mf_snapshots *a, int record_a, const mf_snapshots *b, int record_b,
                        const mf_grid *common, const mf_distance_type *type, mf_entropic_start *start,
                        double *value);

/** True if two times are the same output: they agree to the rounding of a time that was printed and read. */
bool mf_same_time(double a, double b);

#endif
