/** @file finite_rank.h  The kernel operator (K f)(x) = int k(x, y) f(y) dy of a kernel of finite rank.
 *
 *    k(x, y) = sum_j w_j phi_j(x) phi_j(y),    K f = volume * sum_j w_j phi_j sum_i phi_j(x_i) f_i
 *
 *  where the features phi_j are the monomials x^p y^q z^r of a power series in x.y (kernel.h).  Such a kernel
 *  knows where the origin is: it is no convolution, and has no meaning on a periodic axis. */
#ifndef MF_OPERATORS_FINITE_RANK_H
#define MF_OPERATORS_FINITE_RANK_H

#include "grids/grid.h"
#include "operators/kernel.h"

typedef struct mf_finite_rank mf_finite_rank;

/** Tabulates the features.  The grid must outlive the object.  MF_ECASE: a periodic axis. */
int mf_finite_rank_create(mf_finite_rank **out, const mf_grid *grid, const mf_kernel *kernel);
void mf_finite_rank_free(mf_finite_rank *k);

/** out[c] += scale * (K f)[c]; f and out have cells values and may not overlap. */
void mf_finite_rank_add(const mf_finite_rank *k, const double *f, double scale, double *out);

/** <f, K f> = sum_j w_j (volume * sum_i phi_j(x_i) f_i)^2: no term is negative. */
double mf_finite_rank_form(const mf_finite_rank *k, const double *f);

#endif
