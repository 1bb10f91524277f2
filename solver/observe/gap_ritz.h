/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_ritz.h  Few vectors that approximate the slowest modes: rotating them, and what their quotients prove.
 *
 *  For functions w_1..w_m without mean, and a symmetric L >= 0 in L^2(pi), the Gram matrices
 *
 *    mass G = <w_i, w_j>_pi,   energy H = <w_i, L w_j>_pi,   square S = <L w_i, L w_j>_pi
 *
 *  are m x m, row by row.  They may be graded: what is asked of entry (i, j) is an error relative to sqrt(A_ii A_jj). */
#ifndef MF_SOLVER_OBSERVE_GAP_RITZ_H
#define MF_SOLVER_OBSERVE_GAP_RITZ_H

#include "solver/observe/gap_chain.h"

enum { MF_RITZ = 60 }; /**< most vectors */

/** Eigenvalues, increasing, and orthonormal eigenvectors (row k of q the coefficients of the k-th) of a symmetric positive
 *  matrix `a`, which is spoilt.  Small eigenvalues of graded matrices keep their digits (Demmel & Veselic 1992). */
void mf_ritz_rotate(int m, long double *a, long double *value, long double *q);

/** How many of `count` Ritz values to bound as a block: `modes` of them or more, up to the next that stands apart. */
int mf_ritz_choose(const long double *value, int count, int modes);

/** The Ritz value after the first j of `count`; where those are all that the grid has, a number below what follows. */
double mf_ritz_next(const long double *value, int count, int j);

/** Width of the enclosure that residuals `left` promise for the first j of `count`, relative. */
double mf_ritz_width(const long double *value, const double *left, int count, int j);

typedef struct {
  const long double *mass, *energy, *square;
  long double error;        /**< of an entry, relative */
  const long double *slack; /**< further error of the entries of square, or NULL */
} mf_ritz;

/** bound[k] encloses lambda_{k+1} for k < m, if nu <= lambda_{m+1}: from above by Rayleigh and Ritz, which holds whatever nu,
 *  from below by Temple and Lehmann, 0 where that says nothing. */
void mf_ritz_enclose(int m, const mf_ritz *w, long double nu, mf_enclosure *bound);

#endif
