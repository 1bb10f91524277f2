/* SPDX-License-Identifier: BSD-3-Clause */
/** @file distance.h  Distances between two measures in the geometries of the theory.
 *
 *  A geometry says what moving costs; its distance is the length of the shortest way.  With mobilities alpha [L^2/T] and
 *  beta [1/T], as in a case,
 *
 *    wasserstein          W_p / sqrt(alpha),  W_p^p = min int |x - y|^p dgamma
 *    hellinger            He / sqrt(beta),    He^2 = 4 int (sqrt a - sqrt b)^2
 *    spherical_hellinger  (2/sqrt(beta)) arccos int sqrt(a b)
 *    wfr, spherical_wfr   Hellinger-Kantorovich: min int int |v|^2/alpha + g^2/beta, its cone's sphere
 *    mmd                  <a - b, K (a - b)>^(1/2) / sqrt(beta)
 *
 *  for masses as they are: a measure c times as heavy is sqrt(c) times as far, but in mmd and in W_p, where it is c and
 *  c^(1/p).  (Otto 2001; Liero, Mielke, Savare 2018.) */
#ifndef MF_SOLVER_DISTANCE_DISTANCE_H
#define MF_SOLVER_DISTANCE_DISTANCE_H

#include "operators/kernels/convolution.h"
#include "solver/distance/entropic.h"

enum {
  MF_DISTANCE_EQUAL = 1,   /**< only between equal masses */
  MF_DISTANCE_ALPHA = 2,   /**< has a mobility of transport */
  MF_DISTANCE_BETA = 4,    /**< has a rate of reaction */
  MF_DISTANCE_POWER = 8,   /**< has an exponent p */
  MF_DISTANCE_KERNEL = 16, /**< has a kernel */
};

typedef struct {
  double alpha, beta, p;
  const mf_kernel *kernel;
  mf_entropic_start *start; /**< of the call before, between nearly the same measures; or NULL */
} mf_distance_options;

/** What comes with a distance where somebody gives room for it, cells values each, of the grid of either measure:
 *  `potential[i]` the first variation of d^2/2 in the measure i, up to a constant where mass is kept; `map[axis]` where the
 *  first measure goes, as coordinates [L].  Without room: NULL. */
typedef struct {
  double *potential[2], *map[MF_AXES];
} mf_distance_fields;

typedef struct {
  double value;
  double error;          /**< an estimate */
  double lower, upper;   /**< certain, but for rounding; NAN: none */
  const char *encloses;  /**< what lies between them, or NULL */
  const char *algorithm; /**< in a few words */
  int iterations;        /**< 0 where there are none */
  double residual;       /**< in mass, relative to all of it; NAN where nothing is iterated */
} mf_distance;

/** A density on a grid: it is constant in cells. */
typedef struct {
  const mf_grid *grid;
  const double *density; /**< [M/L^d], >= 0 */
} mf_distance_measure;

typedef struct {
  const char *name;      /**< of the geometry */
  const char *column;    /**< short, of a history */
  const char *summary;   /**< one line */
  const char *reference; /**< where it is defined */
  unsigned traits;
  /** `measure` are two, of mass > 0, on one grid, or on two of one axis with walls. */
  int (*compute)(const mf_distance_measure measure[2], const mf_distance_options *options,
                 const mf_distance_fields *fields, mf_distance *out);
} mf_distance_type;

/** NULL-terminated list, and names in its order. */
extern const mf_distance_type *const mf_distance_types[];
extern const char *const mf_distance_names[];

/** Computes a distance; `fields` may be NULL.  MF_ECASE: measures without mass, unequal masses where the geometry keeps
 *  mass, grids that differ, parameters out of range, axes or fields for which there is no algorithm; the message says which.
 *  MF_ENUMERIC: no convergence. */
int mf_distance_compute(const mf_distance_type *type, const mf_distance_measure measure[2],
                        const mf_distance_options *options, const mf_distance_fields *fields,
                        mf_distance *out);

#endif
