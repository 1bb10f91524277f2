/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rates.h  The rate at which a quantity decays, from samples of it, with an interval that is meant.
 *
 *  Theory says q(t) = C e^{-r t} (1 + o(1)); a run gives q_i = q(t_i).  What is fitted to the samples is
 *
 *     q(t) = [floor] + a_1 e^{-r_1 t} + a_2 e^{-r_2 t} + a_3 e^{-r_3 t},    r_1 < r_2 < r_3,
 *
 *  with the fewest exponentials that do as well as three, amplitudes of any sign but a_1 > 0, and the floor if one was reached.  The
 *  rate is r_1.  Its interval (lo, hi) holds every r_1 with which the samples still agree when one more
 *  exponential is allowed than they show, wherever it is and however strong, as long as the slowest makes up
 *  1/200 of the first sample or half of the last.  So the interval covers noise, correlated noise, what a faster
 *  mode that cannot be told apart would do, and the law having more exponentials than three; to it is added what time
 *  integration may have put wrong.  It is meant to hold the rate in at least 95 of 100 cases; tests/test_rates_bank.c and
 *  tests/test_rates_runs.c count.
 *
 *  There is no rate, but a reason, if the slowest exponential falls by less than a decade while it is at least half of
 *  all, or the interval is wider than half the rate, or another law fits better: C (t + s)^{-k}, C e^{-(t/tau)^k}, or none.  The one
 *  fit of claims, `mflow rates` and plots. */
#ifndef MF_POSTPROC_RATES_RATES_H
#define MF_POSTPROC_RATES_RATES_H

#include "grids/base.h"

#include <math.h>

enum { MF_RATE_POINTS = 8 /**< fewest samples that a rate is taken from */ };

/** What to fit, and what is known of the samples; every NAN is chosen by them, every NULL is 0. */
typedef struct {
  double from, to; /**< samples used [T], closed; a fit takes all of them or a late part */
  double floor;    /**< samples at or below it are never used */
  const double
      *resolution;     /**< round-off of each sample, at most: those that are not far above it are not used */
  const double *drift; /**< what time integration may have put wrong in log q_i until t_i; never falls */
} mf_rate_options;

#define MF_RATE_AUTOMATIC                                                                                    \
  {                                                                                                          \
    NAN, NAN, NAN, NULL, NULL                                                                                \
  }

/** Whether there is a rate, or why not. */
typedef enum {
  MF_RATE_GIVEN,
  MF_RATE_ALGEBRAIC, /**< C (t + s)^{-k}: a law, but no rate */
  MF_RATE_FEW,       /**< too few samples are usable */
  MF_RATE_ROUND_OFF, /**< they are no larger than round-off */
  MF_RATE_FLOOR,     /**< too few lie above a floor */
  MF_RATE_CONSTANT,  /**< nothing decays */
  MF_RATE_SHORT,     /**< less than a decade is seen */
  MF_RATE_TRANSIENT, /**< faster exponentials are still as large, or a slower one comes up */
  MF_RATE_STRETCHED, /**< C e^{-(t/tau)^k}, k not 1 */
  MF_RATE_WAVES,     /**< it goes up and down */
  MF_RATE_LAWLESS,   /**< no law fits */
  MF_RATE_WIDE       /**< the interval is too wide to be a rate */
} mf_rate_status;
extern const char *const mf_rate_status_names[];

/** A faster exponential in front of the first: q ~ C e^{-r t} + amplitude e^{-rate t}. */
typedef struct {
  bool found;            /**< it is known to a third of its distance from the first; else all the rest is 0 */
  double rate;           /**< [1/T] */
  double standard_error; /**< [1/T] */
  double amplitude;      /**< at t = 0; may be negative */
} mf_rate_second;

typedef struct {
  mf_rate_status status;
  double rate, lo, hi;   /**< r and its interval [1/T]; NAN without a rate */
  double standard_error; /**< of r, by noise alone [1/T] */
  double integration;    /**< half of the interval that is time integration [1/T] */
  double from, to;       /**< window used [T] */
  int points;            /**< samples inside the window */
  double decades; /**< by which the slowest exponential falls inside it while it is at least half of all */
  double floor;   /**< the floor that was reached, else the given one; 0 if there was none */
  double log_amplitude; /**< log C */
  mf_rate_second second;
  double power, power_lo, power_hi; /**< k of an algebraic decay and its interval, else NAN */
  double shift;                     /**< its s >= 0 [T] */
} mf_rate;

/** Fits a rate to n samples q[i] at strictly increasing times t[i].  `o` may be NULL: all automatic.
 *  Samples before the first usable one are skipped, the next one that is not usable ends them.  Windows are all samples and
 *  late parts of them, of a third of their time at least; the one taken is the longest that agrees with those inside it, or a shorter
 *  one that knows the rate far better.
 *
 *  MF_OK with a rate, or with an algebraic law; else MF_ENUMERIC with the reason and what to do, of the kind `status`. */
int mf_rate_fit(const double *t, const double *q, int n, const mf_rate_options *o, mf_rate *out);

/** The fitted law at time t, without faster exponentials: C e^{-r t} or C (t + s)^{-k}. */
double mf_rate_value(const mf_rate *fit, double t);

#endif
