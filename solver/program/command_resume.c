/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow resume: a run goes on from its checkpoint; and what a checkpoint holds, for mflow show. */
#include "solver/program/command.h"

#include "io/terminal.h"
#include "solver/run/keep.h"

#include <math.h>
#include <string.h>

int mf_run_name(const char *word, char **name)
{
  static const char *const endings[] = {"_checkpoint.nc", "_history.nc", ".nc.xmf", ".nc"};
  char text[4096];
  snprintf(text, sizeof text, "%s", word);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (mf_ends_with(text, endings[i])) {
      text[strlen(text) - strlen(endings[i])] = 0;
      break;
    }
  return mf_text_copy(name, text);
}

/* ---- showing ---- */

static double number(const mf_checkpoint *c, const char *name)
{
  double value;
  return mf_checkpoint_get_number(c, name, &value) ? NAN : value;
}

static void print_clock(const mf_checkpoint *c)
{
  double clock[2];
  char wall[64], processor[64];
  if (mf_checkpoint_get(c, "clock", clock, 2)) return;
  mf_span_text(clock[0], wall, sizeof wall);
  mf_span_text(clock[1], processor, sizeof processor);
  printf("# clock:      %s, %s of processors\n", wall, processor);
}

static void print_grid(const mf_checkpoint *c)
{
  double cells[3];
  if (mf_checkpoint_get(c, "cells", cells, 3)) return;
  printf("# grid:       %.0f x %.0f x %.0f cells\n", cells[0], cells[1], cells[2]);
}

/* The last value of a column of the history that it holds. */
static double last_of(const mf_checkpoint *c, const char *column)
{
  const char *names = mf_checkpoint_text(c, "history_columns");
  const ptrdiff_t count = mf_checkpoint_count(c, "history");
  ptrdiff_t columns = 0, at = -1;
  for (const char *n = names; *n; columns++) {
    const size_t length = strcspn(n, "\n");
    if (length == strlen(column) && !strncmp(n, column, length)) at = columns;
    n += length + (n[length] == '\n');
  }
  double *values, value = NAN;
  if (at < 0 || count < columns || mf_reals_create(&values, count)) return NAN;
  if (!mf_checkpoint_get(c, "history", values, count)) value = values[(at + 1) * (count / columns) - 1];
  mf_release(values);
  return value;
}

static void print_facts(const mf_checkpoint *c)
{
  const char *names = mf_checkpoint_text(c, "history_columns");
  int columns = 0;
  for (const char *n = names; *n; n++) columns += *n == '\n';
  printf("# checkpoint: %s, by mflow %s (git %s)\n", mf_checkpoint_path(c), mf_checkpoint_text(c, "version"),
         mf_checkpoint_text(c, "git_commit"));
  printf("# case:       %s%s%s\n", mf_checkpoint_text(c, "case_file"),
         *mf_checkpoint_text(c, "variant") ? ", variant " : "", mf_checkpoint_text(c, "variant"));
  printf("# time:       t = %.17g%s\n", number(c, "time"), number(c, "finished") != 0 ? ", finished" : "");
  printf("# goes on:    %s\n", number(c, "exact") != 0 ? "the same to the last bit"
                                                       : "the same to the tolerances: CVODE begins anew");
  print_grid(c);
  printf("# unknown:    %s, by %s\n", mf_checkpoint_text(c, "coordinate"),
         mf_checkpoint_text(c, "integrator"));
  printf("# history:    %td rows of %d columns, the last at t = %.9g with F = %.9g after %.0f steps\n",
         columns > 0 ? mf_checkpoint_count(c, "history") / columns : 0, columns, last_of(c, "time"),
         last_of(c, "energy"), last_of(c, "steps"));
  printf("# fields:     %td records\n", mf_checkpoint_count(c, "field_times"));
  print_clock(c);
}

int mf_show_checkpoint(const char *path)
{
  mf_checkpoint *c;
  MF_TRY(mf_checkpoint_read(&c, path));
  fputs(mf_checkpoint_text(c, "case_yaml"), stdout);
  print_facts(c);
  mf_checkpoint_free(c);
  return MF_OK;
}

/* ---- going on ---- */

static int resume(const mf_options *options, const char *word, mf_result *r)
{
  mf_options o = *options;
  mf_checkpoint *c = NULL;
  char *prefix, path[4096];
  o.resume = true;
  if (mf_ends_with(word, ".yaml") || mf_ends_with(word, ".yml"))
    return mf_fail(MF_ECASE,
                   "mflow resume: '%s' is a case: mflow run %s --resume\nTry 'mflow resume --help'.", word,
                   word);
  MF_TRY(mf_run_name(word, &prefix));
  mf_keep_path(prefix, path, sizeof path);
  int status = mf_checkpoint_read(&c, path);
  if (!status) status = mf_text_copy(&r->name, prefix);
  if (!status) {
    const mf_job job = {.path = mf_checkpoint_text(c, "case_file"),
                        .text = mf_checkpoint_text(c, "case_yaml"),
                        .set = o.set,
                        .set_count = o.sets};
    status = mf_run_job(&o, &job, prefix, r);
  }
  mf_checkpoint_free(c);
  mf_release(prefix);
  return status;
}

static int run(const mf_options *o)
{
  if (o->case_count != 1)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow resume: name one run\nTry 'mflow resume --help'."));
  mf_result result = {0};
  const int status = resume(o, o->cases[0], &result);
  mf_result_clear(&result);
  return mf_exit_code(status);
}

const mf_command mf_command_resume = {
    .name = "resume",
    .summary = "go on with a run from its checkpoint",
    .usage =
        "Usage: mflow resume [OPTION]... NAME\n"
        "Go on with the run whose files are NAME.nc, NAME_history.nc and NAME_checkpoint.nc, with the case "
        "that is in\n"
        "the checkpoint.  What is written is what a run that was never ended writes, to the last bit; but to "
        "its\n"
        "tolerances where a signal has ended CVODE between two checkpoints.  A later end prolongs a run:\n\n"
        "    mflow resume NAME --set time.end=20\n\n"
        "  -s, --set KEY=VALUE   change time.end, time.output, output.fields, ... (repeatable)\n"
        "      --threads N       threads to use (default: one per processor, or OMP_NUM_THREADS)\n"
        "      --profile         say where the time went; with --json for programs\n"
        "  -q, --quiet           no progress, no summary\n"
        "  -h, --help            this text\n",
    .accepts = "sqpJN",
    .run = run,
};
