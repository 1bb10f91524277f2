/* SPDX-License-Identifier: BSD-3-Clause */
/* FFTW's planner: one thread at a time, and only where there is memory for what it makes.
 *
 * The planner is the one part of FFTW that threads may not share (FFTW manual, 5.4), and like the transforms it aborts where
 * it gets no memory.  What it takes depends on the factors of a length.  Measured with FFTW 3.3.10, ESTIMATE, lengths of 8 to
 * 1.3 million, for both directions: at most 137 bytes a point in plans and 65 in execution (for primes, by Rader and
 * Bluestein; in execution nothing that grows with the length where factors are at most 13) beside 0.6 MB once. */
#include "operators/kernels/planner.h"

#include "grids/base.h"
#include "grids/threads.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdlib.h>

static const double once = 2 << 20, of_plans = 160, of_execution = 80;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int mf_planner_enter(ptrdiff_t points)
{
  const double bytes = once + (of_plans + of_execution * mf_threads()) * (double)points;
  void *volatile memory = malloc((size_t)bytes);
  if (!memory)
    return mf_fail(MF_EMEMORY, "out of memory: %.1f MB more were needed for Fourier transforms",
                   1e-6 * bytes);
  free(memory);
  pthread_mutex_lock(&lock);
  return MF_OK;
}

void mf_planner_leave(void)
{
  pthread_mutex_unlock(&lock);
}

size_t mf_planner_room(ptrdiff_t points)
{
  enum { OF_ITS_OWN = 13, BUFFERS = 1 << 17 };
  ptrdiff_t rest = points;
  for (ptrdiff_t p = 2; p <= OF_ITS_OWN; p++)
    while (rest > 1 && rest % p == 0) rest /= p;
  return rest > 1 ? BUFFERS + (size_t)of_execution * (size_t)points : 0;
}

void mf_planner_destroy(void *plan)
{
  if (!plan) return;
  pthread_mutex_lock(&lock);
  fftw_destroy_plan(plan);
  pthread_mutex_unlock(&lock);
}
