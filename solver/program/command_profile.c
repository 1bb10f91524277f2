/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow run --profile: where a run's time went, with its work and its peak memory. */
#define _XOPEN_SOURCE 700
#include "solver/program/command.h"

#include "grids/profile.h"

#include <sys/resource.h>

static const char *const work[] = {"steps", "rate_evaluations", "newton_iterations", "krylov_iterations"};
enum { WORK = sizeof work / sizeof *work };

static double last(const mf_history *h, const char *name)
{
  return mf_history_value(h, mf_history_rows(h) - 1, mf_history_find(h, name));
}

double mf_peak_memory(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return 1024 * (double)usage.ru_maxrss;
}

static void print_json(const mf_history *h, const double *seconds, double total)
{
  printf("{\"wall_s\": %.6g, \"peak_mb\": %.4g", total, 1e-6 * mf_peak_memory());
  for (int i = 0; i < WORK; i++) printf(", \"%s\": %.0f", work[i], last(h, work[i]));
  printf(", \"parts_s\": {");
  for (int i = 0; i < MF_PROFILE_COUNT; i++)
    printf("%s\"%s\": %.6g", i ? ", " : "", mf_profile_part_names[i], seconds[i]);
  printf("}}\n");
}

static void print_table(const mf_history *h, const double *seconds, double total)
{
  printf("  %-16s %9s %7s\n", "part", "seconds", "share");
  for (int i = 0; i < MF_PROFILE_COUNT; i++)
    if (seconds[i] > 0)
      printf("  %-16s %9.4f %6.1f%%\n", mf_profile_part_names[i], seconds[i], 100 * seconds[i] / total);
  printf("  %-16s %9.4f\n", "all", total);
  printf("  %.0f steps, %.0f rates, %.0f Newton and %.0f Krylov iterations, %.4g MB at most\n",
         last(h, work[0]), last(h, work[1]), last(h, work[2]), last(h, work[3]), 1e-6 * mf_peak_memory());
}

void mf_profile_report(const mf_result *r, bool json)
{
  double seconds[MF_PROFILE_COUNT], total = 0;
  mf_profile_read(seconds);
  for (int i = 0; i < MF_PROFILE_COUNT; i++) total += seconds[i];
  if (json)
    print_json(r->history, seconds, total);
  else
    print_table(r->history, seconds, total);
}
