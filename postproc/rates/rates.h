/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rates.h  The law by which a quantity decays, from samples of it: exponential or algebraic.
 *
 *  Theory says q(t) ~ C e^{-r t}; a run gives q_i = q(t_i).  The rate r is minus the slope of the straight
 *  line through log q_i, by weighted least squares over a window that starts after the transient and ends
 *  above the floor (round-off, a tolerance, a discretisation error) where the decay stops.  What the line
 *  leaves of the samples before its window is a second, faster exponential where it stands out of the
 *  noise.  If no window is straight but C (t + s)^{-k} is, the decay is algebraic.  The one fit of claims,
 *  `mflow rates` and plots. */
#ifndef MF_POSTPROC_RATES_RATES_H
#define MF_POSTPROC_RATES_RATES_H

#include "grids/base.h"

#include <math.h>

enum { MF_RATE_POINTS = 8 /**< fewest samples that a rate is taken from */ };

/** What to fit; every NAN is chosen by the samples.  If both an end and a floor are given, only samples at
 *  or below the floor are left out; otherwise the window also ends where a floor that the samples reveal
 *  begins to show. */
typedef struct {
  double from, to; /**< window [T], closed */
  double floor;    /**< samples at or below it are never used */
} mf_rate_options;

#define MF_RATE_AUTOMATIC                                                                                    \
  {                                                                                                          \
    NAN, NAN, NAN                                                                                            \
  }

typedef enum {
  MF_DECAY_EXPONENTIAL, /**< C e^{-r t} */
  MF_DECAY_ALGEBRAIC    /**< C (t + s)^{-k} */
} mf_decay_kind;

/** A faster exponential in front of the first: q - C e^{-r t} ~ amplitude e^{-rate t}. */
typedef struct {
  bool found;            /**< else all the rest is 0 */
  double rate;           /**< [1/T] */
  double standard_error; /**< [1/T] */
  double amplitude;      /**< at t = 0; negative if the samples come from below the line */
  double from, to;       /**< samples used [T] */
  int points;
} mf_rate_second;

typedef struct {
  mf_decay_kind kind;
  double rate;            /**< r [1/T], positive for decay; also of an algebraic decay, as the line's slope */
  double standard_error;  /**< of the rate, from the residuals and their correlation [1/T]; an error that
                               builds up over the whole window is in the rate but in no residual */
  double r2;              /**< share of the variance of log q that the line explains, 0..1 */
  double half_difference; /**< |rate of the first half of the window - rate of the second| [1/T]: about four
                               standard errors if the decay is exponential, much more if it is not */
  double from, to;        /**< window used [T] */
  double floor;           /**< floor used: the given one, or the one found; 0 if there was none */
  double decades;         /**< of decay inside the window */
  int points;             /**< samples inside the window */
  double log_amplitude;   /**< log C, of the law that `kind` names */
  mf_rate_second second;  /**< of an exponential decay */
  double power;           /**< k of an algebraic decay, else NAN */
  double power_error;     /**< standard error of k, with s unknown too */
  double shift;           /**< s >= 0 [T] */
} mf_rate;

/** Fits a rate to n samples q[i] at strictly increasing times t[i].  `o` may be NULL: all automatic.
 *  Samples before the first positive finite one are skipped; the next one that is not positive and finite,
 *  or not above the floor, ends the window.  An automatic window is never shorter than a third of the time
 *  before its end, so that a decay that is not exponential shows in `half_difference`.
 *
 *  A rate is never taken through a floor.  MF_ENUMERIC, with what to do: fewer than MF_RATE_POINTS samples
 *  are usable or lie above the floor that the samples reveal; nothing decays; no window is straight and the
 *  decay is not algebraic. The last two do not concern a window of which both ends are given. */
int mf_rate_fit(const double *t, const double *q, int n, const mf_rate_options *o, mf_rate *out);

/** The fitted law at time t, without the second exponential: C e^{-r t} or C (t + s)^{-k}. */
double mf_rate_value(const mf_rate *fit, double t);

#endif
