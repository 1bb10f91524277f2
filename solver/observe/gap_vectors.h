/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_vectors.h  A few vectors on a line or a ring: the slowest modes by inverse iteration.
 *
 *  The data of a vector are its steps d: quotients are made of J = c d, u = sum of d and L u = (difference of J)/m, whose rounding
 *  is relative to fluxes and not to u; with deep wells that is what keeps every digit. */
#ifndef MF_SOLVER_OBSERVE_GAP_VECTORS_H
#define MF_SOLVER_OBSERVE_GAP_VECTORS_H

#include "solver/observe/gap_ritz.h"

typedef struct {
  ptrdiff_t n, heavy;                        /**< cells; the heaviest one */
  long double *mass, *joint, *resistance;    /**< joint[n - 1] closes a ring, or is 0: walls; 1/joint */
  long double closing, around;               /**< that one, and the sum of all resistances */
  int count;                                 /**< vectors */
  long double *u[MF_RITZ], *d[MF_RITZ];      /**< values and steps, n - 1 of them */
  long double *v[MF_RITZ], shift[MF_RITZ];   /**< (L + shift) u = v */
  long double value[MF_RITZ], left[MF_RITZ]; /**< Ritz values, and |L u - value u|/value */
  long double *spare, *room;                 /**< 3 n of them; all */
} mf_line;

/** Room for n cells and so many vectors; whoever fills mass and joint calls mf_line_prepare, and in the end mf_release(room). */
int mf_line_create(mf_line *l, ptrdiff_t n, int count);
void mf_line_prepare(mf_line *l);

/** From v on, without mean, and from guesses of the values: until the first `modes` are as good as their bounds need, or no longer get better. */
void mf_line_iterate(mf_line *l, int modes);

void mf_line_remove_mean(const mf_line *l, long double *x);

/** u of the steps d, without mean. */
void mf_line_sum_steps(const mf_line *l, const long double *d, long double *u);

/** The step that closes a ring. */
long double mf_line_closing_step(const mf_line *l, const long double *u);

/** L u. */
void mf_line_apply(const mf_line *l, const long double *d, const long double *u, long double *lu);

/** <x, y>, and <u_a, L u_b>. */
long double mf_line_dot(const mf_line *l, const long double *x, const long double *y);
long double mf_line_energy(const mf_line *l, int a, int b);

#endif
