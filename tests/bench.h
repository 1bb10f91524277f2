/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bench.h  What the programs that measure speed share: medians of times taken in turn. */
#ifndef MF_TESTS_BENCH_H
#define MF_TESTS_BENCH_H

#include <stdlib.h>

static inline int bench_by_size(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/** Median of an odd number of times, which it sorts. */
static inline double bench_median(double *times, int count)
{
  qsort(times, (size_t)count, sizeof *times, bench_by_size);
  return times[count / 2];
}

#endif
