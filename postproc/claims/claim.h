/* SPDX-License-Identifier: BSD-3-Clause */
/** @file claim.h  Claims: statements of theory about a run, judged.
 *
 *  Each entry of a case's `claims` names a quantity (a formula in the history's columns, t and the case's
 *  names) and what theory says of it:
 *
 *    bound: B(t)          q(t) <= q(0) B(t) at every output          (absolute: true for q(t) <= B(t))
 *    above: B(t)          q(t) >= B(t) at every output
 *    nonincreasing: true  q never rises from one output to the next
 *    conserved: true      q(t) = q(0)
 *    exact: E(t)          q(t) = E(t) at every output, or at the times `at`
 *    rate: r              q ~ C e^(-r t) in the end
 *    density: rho(x, t)   L1 distance of the density from the formula at the centres of cells, over the formula's mass
 *                         (`absolute`: as it is), at the times `at`
 *    log_ratio: l(x, t)   log(dmu/dpi) in every cell, at the times `at`; the worst relative error
 *    within: T            q falls to `reach` no later than at time T, a formula in the initial values
 *    constant: {above: a, below: b}   the best c of D >= c (F - inf F) on the grid, whatever the run (constant.h)
 *    order: k             the error of `exact`, `density` or `log_ratio` falls like h^k over the grids `cells`
 *
 *  A field is judged in every cell or, with `along: [x(t), y(t), z(t)]`, at a moving point: the relative error
 *  there.
 *
 *  Every claim has a tolerance, and may say how far down the quantity must have been followed (`reach`). */
#ifndef MF_POSTPROC_CLAIMS_CLAIM_H
#define MF_POSTPROC_CLAIMS_CLAIM_H

#include "solver/problem/job.h"
#include "solver/run/run.h"

/** Judgements.  A run without evidence leaves a claim empty: no output is judged, nothing moves, the run is at
 *  rest, a rate is not known as well as the claim asks. */
typedef enum { MF_HOLDS, MF_FAILS, MF_EMPTY } mf_finding;

/** "holds", "fails", "empty". */
const char *mf_finding_name(mf_finding finding);

/** What came out; a number that there is none of is NAN. */
typedef struct {
  const char *name;      /**< the claim's own, or the quantity's formula */
  const char *kind;      /**< "bound", ... */
  const char *reference; /**< or NULL */
  const char *theory;    /**< the formula or number that theory states */
  mf_finding finding;
  double
      measured; /**< bound, above: worst q/bound; exact, density: worst error; rate, order: itself; within: time;
                        else change */
  double slack;      /**< how far beyond theory the worst output is; a claim fails if slack > tolerance */
  double tolerance;  /**< at the worst output; NAN: a default that was not worked out */
  double worst_time; /**< when that was */
  double first_time; /**< when the slack was beyond the tolerance first */
  double decades;    /**< over which the quantity was followed */
  bool absolute;     /**< the claim says so: what is measured is no ratio */
  char note[384]; /**< window, floor and interval of a rate; errors of an order; why it fails or is empty */
} mf_verdict;

typedef struct mf_claims mf_claims;

/** The keys of a claim, for `mflow list`. */
const mf_param_table *mf_claim_table(void);

/** The kinds of claims, each the key that makes a claim one; NULL-terminated. */
const char *const *mf_claim_kinds(void);

/** Reads the claims of a problem and adds their times to its outputs.  Every mistake is a located MF_ECASE.
 *  */
int mf_claims_create(mf_claims **out, mf_problem *p);
void mf_claims_free(mf_claims *c);

/** Adds columns about the claims to a history that is still empty: for each claim on a quantity `claim_N`,
 *  its value, and `theory_N`, what theory says of it (a bound with q(0) in it, an exact value, a rate, a
 *  time; NAN where the claim is silent or a formula has no value).  N is the place in the case's list, from 1; the
 *  claim's texts and numbers are attributes of `claim_N`.  The claims' observer fills them, so it comes
 *  before the one that writes. */
int mf_claims_record(mf_claims *c, mf_history *history);

/** The observer that compares densities during the run, and fills the columns about the claims. */
mf_observer mf_claims_observer(mf_claims *c);

/** Judges after the run all claims but those about orders. */
int mf_claims_judge(mf_claims *c, const mf_history *history);

/** Number of grids on which a claim about an order is looked at, coarsest first; 0 for other claims. */
int mf_claims_grids(const mf_claims *c, int index);

/** The change of the case that makes one of these grids, such as "grid.cells=[64, 64]". */
void mf_claims_grid(const mf_claims *c, int index, int grid, char *text, size_t size);

/** True if a claim gives an error: it is `exact`, `density` or `log_ratio`, with or without an order. */
bool mf_claims_has_error(const mf_claims *c, int index);

/** The error of such a claim in a run, as its verdict measures it. */
int mf_claims_error(mf_claims *c, int index, const mf_history *history, double *error);

/** Judges a claim about an order from its errors on `count` >= 2 grids of cells h long [L]; with two it is empty. */
void mf_claims_judge_order(mf_claims *c, int index, const double *h, const double *error, int count);

/** Writes the verdicts to the history's file, once it is closed: `verdict` of each claim_N, and `verdicts` of the file, a
 *  line a claim, those that have no column included.  MF_EFILE. */
int mf_claims_annotate(const mf_claims *c, const char *path);

int mf_claims_count(const mf_claims *c);
const mf_verdict *mf_claims_verdict(const mf_claims *c, int index);

#endif
