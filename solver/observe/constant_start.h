/* SPDX-License-Identifier: BSD-3-Clause */
/** @file constant_start.h  Measures to look for a small D/F from: by families. */
#ifndef MF_SOLVER_OBSERVE_CONSTANT_START_H
#define MF_SOLVER_OBSERVE_CONSTANT_START_H

#include "grids/measure.h"

enum { MF_START_MODES = 2 };

typedef struct {
  const mf_measure *reference;  /**< nu: starts are log(dmu/dnu) */
  double *mode[MF_START_MODES]; /**< eigenfunctions of the slowest rates, or NULL */
  bool conserves;
} mf_starts;

/** Where a start is from; those of one family differ in size only. */
typedef struct {
  int family;
  const char *name; /**< such as "a tilt" */
} mf_start;

int mf_starts_count(const mf_starts *s);

/** Fills l (cells values) with number k.  False, if there is no such measure. */
bool mf_starts_fill(const mf_starts *s, int k, double *l, mf_start *about);

#endif
