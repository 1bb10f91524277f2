/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow run --profile: where a run's time went, with its work and its peak memory. */
#define _XOPEN_SOURCE 700
#include "solver/program/command.h"

#include "grids/profile.h"
#include "solver/program/command_json.h"

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

static int print_json(const mf_history *h, const mf_job *job, const double *seconds, double total)
{
  static const mf_json_unit units[] = {{"wall_s", "s"}, {"parts_s", "s"}, {"peak_mb", "MB"}, {0}};
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = mf_json_job(j, job);
  mf_json_units(j, units);
  mf_json_number(j, "wall_s", total);
  mf_json_number(j, "peak_mb", 1e-6 * mf_peak_memory());
  for (int i = 0; i < WORK; i++) mf_json_count(j, work[i], (ptrdiff_t)last(h, work[i]));
  mf_json_object(j, "parts_s");
  for (int i = 0; i < MF_PROFILE_COUNT; i++) mf_json_number(j, mf_profile_part_names[i], seconds[i]);
  mf_json_end(j);
  const int printed = mf_json_print(j, stdout);
  return status ? status : printed;
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

int mf_profile_report(const mf_result *r, const mf_job *job, bool json)
{
  double seconds[MF_PROFILE_COUNT], total = 0;
  mf_profile_read(seconds);
  for (int i = 0; i < MF_PROFILE_COUNT; i++) total += seconds[i];
  if (json) return print_json(r->history, job, seconds, total);
  print_table(r->history, seconds, total);
  return MF_OK;
}
