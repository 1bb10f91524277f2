/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_chain.h  Eigenvalues of a reversible chain on a line, enclosed with a proof that holds rounding too.
 *
 *    lambda m_i u_i = c_{i-1} (u_i - u_{i-1}) + c_i (u_i - u_{i+1}),     0 = lambda_0 < lambda_1 < lambda_2 < ...
 *
 *  Everything is relative: c and m may span as many powers of ten as a long double has, and an eigenvalue of 1e-170 is as good
 *  as one of order 1.  What is enclosed are the eigenvalues of the numbers c and m as they stand. */
#ifndef MF_SOLVER_OBSERVE_GAP_CHAIN_H
#define MF_SOLVER_OBSERVE_GAP_CHAIN_H

#include <stddef.h>

typedef struct {
  ptrdiff_t n;              /**< cells */
  const long double *mass;  /**< m_i > 0 */
  const long double *joint; /**< c_i > 0 between cells i and i + 1, n - 1 of them [1/T per mass] */
} mf_chain;

/** lower <= lambda_k <= upper. */
typedef struct {
  long double lower, upper;
} mf_enclosure;

/** Encloses lambda_1 of a chain of n >= 2 cells.  `step`, n - 1 values, becomes its eigenfunction's u_{i+1} - u_i > 0. */
int mf_chain_gap(const mf_chain *chain, mf_enclosure *gap, long double *step);

/** Number of eigenvalues below sigma > 0, 0 among them, exactly that of a chain whose eigenvalues are within a factor
 *  1 +- mf_chain_count_error of this one's. */
ptrdiff_t mf_chain_count(const mf_chain *chain, long double sigma);
long double mf_chain_count_error(const mf_chain *chain);

/** Encloses lambda_k, 1 <= k < n, to a relative width of `width` or what counting can do.  It is looked for from `guess` on. */
mf_enclosure mf_chain_eigenvalue(const mf_chain *chain, ptrdiff_t k, long double guess, long double width);

#endif
