/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rates_parts.h  A fit from the inside: straight lines through samples, windows, power laws. */
#ifndef MF_POSTPROC_RATES_RATES_PARTS_H
#define MF_POSTPROC_RATES_RATES_PARTS_H

#include "postproc/rates/rates.h"

#include <float.h>

enum { MF_FIT_ENDS = 64 }; /**< candidates for the end of a window */
#define MF_FIT_VISIBLE 5.0 /* standard deviations that tell a remainder from noise */

/** Samples in use, begin..end-1, as logarithms. */
typedef struct {
  const double *t, *y, *w;
  int begin, end;
} mf_fit_samples;

/** y = middle_y + slope (t - middle_t) through samples begin..end-1. */
typedef struct {
  int begin, end;
  double middle_t, middle_y, slope;
  double noise; /**< standard deviation of a residual of weight 1 */
  double error; /**< standard error of the slope; infinite for fewer than three points */
  double r2;
} mf_fit_straight;

/** What a search may write on: three arrays of the samples' length, of which `ones` are 1. */
typedef struct {
  double *time, *remainder, *ones;
} mf_fit_scratch;

/** A window, its figure of merit, and the height of the floor that it ends before, 0 if it ends with the
 *  samples. */
typedef struct {
  mf_fit_straight line;
  double merit, level;
} mf_fit_window;

/** A window over log(t + shift). */
typedef struct {
  mf_fit_window window;
  double shift;
} mf_fit_power;

/** The line's value at t. */
double mf_fit_line_at(const mf_fit_straight *l, double t);

/** Weighted least squares through samples begin..end-1, with errors from the residuals. */
mf_fit_straight mf_fit_line(const mf_fit_samples *s, int begin, int end);

/** |slope of the first half - slope of the second|. */
double mf_fit_half_difference(const mf_fit_samples *s, int begin, int end);

/** Figure of merit of a line: relative uncertainty of its slope; infinite if it does not fall. */
double mf_fit_uncertainty(const mf_fit_samples *s, const mf_fit_straight *l);

/** Candidate k of `count` in first..last, the ends included. */
int mf_fit_candidate(int k, int count, int first, int last);

/** The best window with a given end: of those that start early enough, or at s->begin if that is fixed. */
mf_fit_window mf_fit_best_start(const mf_fit_samples *s, int end, bool fixed_start);

/** The best window of all; with up to `ends` ends, before floors, beside that of the samples. */
mf_fit_window mf_fit_best_window(const mf_fit_samples *s, bool fixed_start, int ends,
                                 const mf_fit_scratch *room);

/** Where no window is straight: one up to a floor that begins after a few samples; else of infinite merit. */
mf_fit_window mf_fit_early_floor(const mf_fit_samples *s, bool fixed_start, const mf_fit_scratch *room);

/** True if a window is a law: known, and not bent by more than noise explains. */
bool mf_fit_is_straight(const mf_fit_samples *s, const mf_fit_window *c);

/** Cuts off what is near the floor that a window ends before. */
void mf_fit_clear_floor(const mf_fit_samples *s, mf_fit_window *c);

/** Moves a window away from ends that were cut: a bend that is just too small to be seen is still there. */
void mf_fit_keep_distance(const mf_fit_samples *s, mf_fit_straight *l);

/** The samples over log(t + shift), written to `x`; those at or before t = -shift are left out. */
mf_fit_samples mf_fit_over_logarithm(const mf_fit_samples *s, double shift, double *x);

/** How much wider the error of a power is because the shift is fitted as well. */
double mf_fit_shift_factor(const mf_fit_samples *over, int begin, int end);

/** Looks for a power law; true if one is straighter by far than the best exponential.  `x` is scratch. */
bool mf_fit_is_algebraic(const mf_fit_samples *s, bool fixed_start, int ends, const mf_fit_scratch *room,
                         const mf_fit_window *exponential, double *x, mf_fit_power *p);

#endif
