/* SPDX-License-Identifier: BSD-3-Clause */
/** @file claim_parts.h  A claim from the inside, for the files that read, judge and repeat it. */
#ifndef MF_POSTPROC_CLAIMS_CLAIM_PARTS_H
#define MF_POSTPROC_CLAIMS_CLAIM_PARTS_H

#include "postproc/claims/claim.h"
#include "postproc/claims/reference.h"

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
  MF_ORDER
} mf_claim_kind;

/** What the case says. */
typedef struct {
  const char *name, *reference;
  const mf_node *quantity, *bound, *above, *exact, *rate, *density, *log_ratio, *within, *order, *cells, *at,
      *along;
  bool nonincreasing, conserved, absolute;
  double tolerance, floor, reach, from, to;
} mf_claim_options;

enum { MF_CLAIM_TIMES = 64 };

typedef struct {
  mf_claim_options say;
  const mf_node *node;
  mf_claim_kind kind;
  mf_expression *quantity, *theory; /* theory: bound, exact, density or time */
  mf_expression *along[3];          /* a point, where the field is judged at one */
  double number;                    /* rate or order */
  double at[MF_CLAIM_TIMES];
  int times;
  double error, error_time; /* worst so far, of a field */
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

/** True if the claim says something about a value q at time t: between `from` and `to`, above the floor. */
bool mf_claim_judged(const mf_claim *c, double t, double q, double end);

/** Gives every name of the claims' scope its value at a row of the history. */
int mf_claims_set_row(const mf_claims *all, const mf_history *h, int row);

/** Fills the claims' columns in the last row of the history that is being recorded. */
int mf_claims_record_row(const mf_claims *all);

/** Adds a remark to the verdict. */
void mf_claim_note(mf_claim *c, const char *text);

/** Judges one claim from the history, or from the errors of its field that the run has left in it. */
int mf_claim_judge(mf_claims *all, int index, const mf_history *h);

#endif
