/* SPDX-License-Identifier: BSD-3-Clause */
/** @file claim_parts.h  A claim from the inside, for the files that read, judge and repeat it. */
#ifndef MF_POSTPROC_CLAIMS_CLAIM_PARTS_H
#define MF_POSTPROC_CLAIMS_CLAIM_PARTS_H

#include "postproc/claims/claim.h"
#include "postproc/claims/reference.h"
#include "postproc/rates/accuracy.h"

typedef enum {
  MF_BOUND,
  MF_ABOVE,
  MF_NONINCREASING,
  MF_CONSERVED,
  MF_EXACT,
  MF_RATE,
  MF_OF_DENSITY,
  MF_OF_LOG_RATIO,
  MF_WITHIN,
  MF_CONSTANT,
  MF_ORDER
} mf_claim_kind;

/** What the case says. */
typedef struct {
  const char *name, *reference;
  const mf_node *quantity, *bound, *above, *exact, *rate, *density, *log_ratio, *within, *constant, *order,
      *cells, *at, *along;
  bool nonincreasing, conserved, absolute;
  double tolerance, floor, reach, from, to;
} mf_claim_options;

/** What it says of the constant of an inequality; NAN: nothing. */
typedef struct {
  double above, below;
  char text[64];
} mf_claim_constant;

enum { MF_CLAIM_TIMES = 64 };

typedef struct {
  mf_claim_options say;
  const mf_node *node;
  mf_claim_kind kind;
  mf_expression *quantity, *theory; /* theory: bound, exact, density or time */
  mf_expression *along[3];          /* a point, where the field is judged at one */
  double number;                    /* rate or order */
  double number_lo, number_hi;      /* what theory knows of the rate */
  mf_claim_constant constant;
  double at[MF_CLAIM_TIMES];
  int times;
  /* of a field so far: */
  int compared;                         /* times at which it was resolved somewhere */
  double error, error_time, first_time; /* the worst, and the first beyond the tolerance (NAN: none) */
  double unresolved;                    /* largest share of cells without a value */
  mf_verdict verdict;
} mf_claim;

struct mf_claims {
  mf_problem *problem;
  mf_reference *reference;
  mf_claim *claim;
  int count;
  mf_history *record; /* whose columns about the claims are filled during the run, or NULL */
};

/** Judged on a field during the run, not on the history after it. */
bool mf_claim_of_field(const mf_claim *c);

/** True if the claim is judged at a time: one of its own, or any if it names none. */
bool mf_claim_at(const mf_claim *c, double time, double end);

/** True if the claim says something about a value q at time t: between `from` and `to`, above the floor, if q is a number. */
bool mf_claim_judged(const mf_claim *c, double t, double q, double end);

/** `excess` per size of what it is compared with; nothing over nothing is nothing. */
double mf_claim_relative(double excess, double size);

/** Fills the claims' columns in a row of the history that is being recorded; rows come in their order. */
int mf_claims_record_row(const mf_claims *all, int row);

/** Adds a remark to the verdict. */
void mf_claim_note(mf_claim *c, const char *text);

/** Finding from slack and tolerance: a slack beyond it fails, else the claim holds if there is evidence; NAN is none. */
void mf_claim_decide(mf_claim *c, bool evident, const char *reason);
void mf_claim_decide_empty(mf_claim *c, const char *reason);

/** What is judged, a value a row of the history. */
typedef struct {
  int count;
  double *t, *q, *theory; /**< the quantity, and theory's formula where it is judged and there is one */
  double *round_off;      /**< of q, at most */
  bool *judged;           /**< inside the claim's times, above its floor, with values */
  int missing;            /**< rows that would be judged if they had a value */
} mf_claim_series;

/** Evaluates the claim's formulas in every row.  Located MF_ECASE for a formula that has no value where all columns have
 *  one.  To be cleared in any case. */
int mf_claim_series_create(mf_claim_series *s, const mf_claims *all, const mf_claim *c, const mf_history *h);
void mf_claim_series_clear(mf_claim_series *s);

int mf_claim_series_judged(const mf_claim_series *s);

/** Range of the finite judged values, with the first row `from_start`. */
typedef struct {
  double low, high, least, largest; /**< the last two of |q|, without zeros */
} mf_claim_range;
mf_claim_range mf_claim_series_range(const mf_claim_series *s, bool from_start);

/** True if values differ by more than round-off. */
bool mf_claim_range_moves(const mf_claim_range *r);

/** True if a run starts at its target and stays there or, without a target, if its energy stays: to round-off.  Nothing that
 *  it does then is evidence of a decay, or of what is conserved. */
bool mf_claims_at_rest(const mf_history *h);

/** How well the run's history is known. */
mf_accuracy mf_claims_accuracy(const mf_claims *all);

/** Gives every name of the claims' scope its value at a row of the history. */
int mf_claims_set_row(const mf_claims *all, const mf_history *h, int row);

/** Judges one claim from the history, or from the errors of its field that the run has left in it. */
int mf_claim_judge(mf_claims *all, int index, const mf_history *h);

/** Reads a claim about a constant, and judges it by the flow alone (claim_constant.c). */
int mf_claim_read_constant(mf_claim *c, mf_problem *p);
void mf_claim_judge_constant(mf_claim *c, const mf_flow *flow);

/** Judges a claim about a rate. */
void mf_claim_judge_rate(const mf_claims *all, mf_claim *c, const mf_claim_series *s, const mf_history *h);

#endif
