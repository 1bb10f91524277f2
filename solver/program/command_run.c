/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow run: integrate a case and write its files. */
#include "solver/program/command.h"

#include "grids/profile.h"
#include "io/terminal.h"

#include <math.h>

/* What was spent before a run went on counts too. */
static void print_clock(const mf_result *r, double seconds)
{
  double clock[2];
  char span[64];
  if (r->from && !mf_checkpoint_get(r->from, "clock", clock, 2)) {
    mf_span_text(clock[0] + (r->idle ? 0 : seconds), span, sizeof span);
    printf(", %s in all", span);
  }
  putchar('\n');
}

static void summarise(const mf_result *r, const char *prefix, double seconds)
{
  const mf_history *h = r->history;
  const int last = mf_history_rows(h) - 1, energy = mf_history_find(h, "energy");
  char span[64];
  mf_span_text(seconds, span, sizeof span);
  const double first = mf_history_value(h, 0, energy), end = mf_history_value(h, last, energy);
  char files[4 * 4096];
  printf("%s: t = %g, F = %.6g -> %.6g", r->name, mf_history_value(h, last, 0), first, end);
  if (isfinite(first) && first > 0 && end > 0) printf(" (%.1f decades)", log10(first) - log10(end));
  printf(", %.0f steps in %s", mf_history_value(h, last, mf_history_find(h, "steps")), span);
  print_clock(r, seconds);
  mf_files_text(prefix, files, sizeof files);
  printf("%s\n", files);
  const int claims = mf_claims_count(r->claims);
  if (claims > 0) printf("  %d claim%s: `mflow verify` judges\n", claims, claims > 1 ? "s" : "");
}

void mf_files_text(const char *prefix, char *text, size_t size)
{
  snprintf(text, size, "  %s.nc (fields), %s.nc.xmf (cell data for ParaView), %s_history.nc", prefix, prefix,
           prefix);
}

int mf_run_job(const mf_options *o, const mf_job *job, const char *prefix, mf_result *r)
{
  const double start = mf_seconds();
  if (o->profile) mf_profile_start();
  MF_TRY(mf_execute(o, job, prefix, r));
  if (!o->quiet && !(o->profile && o->json)) summarise(r, prefix, mf_seconds() - start);
  return o->profile ? mf_profile_report(r, job, o->json) : MF_OK;
}

static int run_one(const mf_options *o, const mf_job *job, mf_result *r)
{
  char *prefix = NULL;
  MF_TRY(mf_job_name(job, &r->name));
  MF_TRY(mf_output_prefix(o, job, r->name, &prefix));
  const int status = mf_run_job(o, job, prefix, r);
  mf_release(prefix);
  return status;
}

static int run(const mf_options *o)
{
  if (o->case_count != 1)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow run: name one case\nTry 'mflow run --help'."));
  if (o->json && !o->profile)
    return mf_exit_code(mf_fail(MF_ECASE,
                                "mflow run: --json is for --profile; what a run computes is in its files\n"
                                "Try 'mflow run --help'."));
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  mf_result result = {0};
  const int status = run_one(o, &job, &result);
  mf_result_clear(&result);
  return mf_exit_code(status);
}

const mf_command mf_command_run = {
    .name = "run",
    .summary = "integrate a case and write its files",
    .usage =
        "Usage: mflow run [OPTION]... CASE\n"
        "Integrate the gradient flow of CASE (a .yaml file, or a folder with case.yaml) and write NAME.nc,\n"
        "NAME.nc.xmf and NAME_history.nc next to it, and NAME_checkpoint.nc, from which a run that was ended "
        "goes on\n"
        "with --resume.  SIGUSR1 asks for a checkpoint; SIGTERM, SIGINT and SIGHUP end the run with one.\n\n"
        "  -s, --set KEY=VALUE   change a value of the case, such as time.end=5 or beta=2 (repeatable)\n"
        "      --variant NAME    run a variant of the case\n"
        "  -o, --output PATH     write PATH.nc, ...; a folder keeps the name\n"
        "      --force           replace files that are there\n"
        "      --resume          go on from NAME_checkpoint.nc, or begin where there is nothing yet; only "
        "time.end, outputs\n"
        "                        and claims of the case may have changed\n"
        "      --threads N       threads to use (default: one per processor, or OMP_NUM_THREADS)\n"
        "      --profile         say where the time went; with --json for programs\n"
        "  -q, --quiet           no progress, no summary\n"
        "  -h, --help            this text\n",
    .accepts = "sovqfpJNU",
    .run = run,
};
