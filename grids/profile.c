/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the time goes. */
#define _POSIX_C_SOURCE 200809L
#include "grids/profile.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

const char *const mf_profile_part_names[MF_PROFILE_COUNT] = {
    "case and set-up", "rate",       "convolution", "Jacobian",  "preconditioner",
    "vectors",         "integrator", "series",      "diagnosis", "output"};

static _Thread_local struct {
  bool running;
  mf_profile_part part;
  double since;
  double seconds[MF_PROFILE_COUNT];
} clock_of;

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void mf_profile_start(void)
{
  memset(&clock_of, 0, sizeof clock_of);
  clock_of.running = true;
  clock_of.since = now();
}

static void change(mf_profile_part part)
{
  const double time = now();
  clock_of.seconds[clock_of.part] += time - clock_of.since;
  clock_of.since = time;
  clock_of.part = part;
}

mf_profile_part mf_profile_enter(mf_profile_part part)
{
  const mf_profile_part outer = clock_of.part;
  if (clock_of.running) change(part);
  return outer;
}

void mf_profile_leave(mf_profile_part outer)
{
  if (clock_of.running) change(outer);
}

void mf_profile_read(double seconds[MF_PROFILE_COUNT])
{
  if (clock_of.running) change(clock_of.part);
  memcpy(seconds, clock_of.seconds, sizeof clock_of.seconds);
}
