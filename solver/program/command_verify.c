/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow verify: run cases and judge their claims, several at a time. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command.h"

#include "io/terminal.h"
#include "solver/program/command_pool.h"
#include "solver/program/command_verify.h"
#include "solver/program/ladder.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A run to make: a case, and a variant or NULL. */
typedef struct {
  char *path, *variant;
} entry;

typedef struct {
  const mf_options *options;
  mf_options each; /* those of one run: quiet if several go on */
  entry *entry;
  int count, room;
  double started, decades;
  int claims, failing, empty, error; /* so far; error: exit code of the first run that broke down */
  mf_json **run;                     /* what each run says of itself, for JSON; NULL if it said nothing */
} tally;

/* ---- what there is to run ---- */

static int add_entry(tally *t, const char *path, const char *variant)
{
  if (t->count == t->room) {
    entry *more;
    t->room = t->room ? 2 * t->room : 32;
    MF_TRY(mf_objects_create(&more, t->room, sizeof *more));
    if (t->entry) memcpy(more, t->entry, (size_t)t->count * sizeof *more);
    mf_release(t->entry);
    t->entry = more;
  }
  entry *e = &t->entry[t->count++];
  MF_TRY(mf_text_copy(&e->path, path));
  return variant ? mf_text_copy(&e->variant, variant) : MF_OK;
}

/* The case itself, then each of its variants; one that cannot be read is told about when its turn comes. */
static int add_case(tally *t, const char *path)
{
  if (t->options->variant) return add_entry(t, path, t->options->variant);
  const mf_job plain = {.path = path};
  mf_case *source = NULL;
  const char *const *names = NULL;
  int count = 0;
  MF_TRY(add_entry(t, path, NULL));
  if (t->options->main_only || mf_job_open(&plain, &source)) return MF_OK;
  mf_case_variants(source, &names, &count);
  int status = MF_OK;
  for (int i = 0; i < count && !status; i++) status = add_entry(t, path, names[i]);
  mf_case_free(source);
  return status;
}

static bool has_case(const char *folder)
{
  char path[4200];
  struct stat status;
  snprintf(path, sizeof path, "%s/case.yaml", folder);
  return stat(path, &status) == 0;
}

static int is_visible(const struct dirent *found)
{
  return found->d_name[0] != '.';
}

/* A case, or a folder of case folders, in alphabetical order. */
static int add_path(tally *t, const char *path)
{
  struct stat info;
  struct dirent **entries;
  if (stat(path, &info) || !S_ISDIR(info.st_mode) || has_case(path)) return add_case(t, path);
  const int count = scandir(path, &entries, is_visible, alphasort), before = t->count;
  int status = MF_OK;
  for (int i = 0; i < count; i++) {
    char inside[4096];
    snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
    if (!status && has_case(inside)) status = add_case(t, inside);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
  if (!status && t->count == before)
    return mf_fail(MF_ECASE, "%s holds neither case.yaml nor folders with one", path);
  return status;
}

/* ---- running ---- */

static int annotate(const mf_result *r, const char *prefix)
{
  char path[4200];
  snprintf(path, sizeof path, "%s_history.nc", prefix);
  return mf_claims_annotate(r->claims, path);
}

static int verify_job(const mf_options *o, const mf_job *job, mf_result *r, FILE *text, mf_outcome *out)
{
  char *prefix = NULL, files[4 * 4096] = "";
  MF_TRY(mf_job_name(job, &r->name));
  if (o->output) MF_TRY(mf_output_prefix(o, job, r->name, &prefix));
  const double start = mf_seconds();
  int status = mf_execute(o, job, prefix, r);
  if (!status) status = mf_ladder_judge(o, job, r);
  if (!status && prefix) status = annotate(r, prefix);
  if (prefix) mf_files_text(prefix, files, sizeof files);
  mf_release(prefix);
  MF_TRY(status);
  out->claims = mf_claims_count(r->claims);
  for (int i = 0; i < out->claims; i++) {
    const mf_verdict *v = mf_claims_verdict(r->claims, i);
    out->failing += v->finding == MF_FAILS;
    out->empty += v->finding == MF_EMPTY;
    out->decades = fmax(out->decades, v->decades);
  }
  if (o->json) return MF_OK;
  MF_TRY(mf_report_claims(r, mf_seconds() - start, text));
  if (files[0]) fprintf(text, "%s\n", files);
  return MF_OK;
}

/* Runs one entry and prints its verdicts; what goes wrong is told, and the others go on. */
static void work(void *self, int index, FILE *text, mf_outcome *out)
{
  const tally *t = self;
  const mf_options *o = &t->each;
  const mf_job job = {
      .path = t->entry[index].path, .variant = t->entry[index].variant, .set = o->set, .set_count = o->sets};
  mf_result result = {0};
  int status = verify_job(o, &job, &result, text, out);
  out->code = status ? mf_exit_code(status) : EXIT_HOLDS;
  if (o->json) {
    char error[4096]; /* what follows has failures of its own */
    snprintf(error, sizeof error, "%s", mf_error());
    status = mf_verdicts_print(&job, &result, index, status ? error : NULL, text);
    if (status && !out->code) out->code = mf_exit_code(status);
  }
  mf_result_clear(&result);
}

/* A run that was killed may have left half a text, or none. */
static int take(void *self, int index, FILE *text)
{
  tally *t = self;
  if (mf_json_read(&t->run[index], text)) t->run[index] = NULL;
  return MF_OK;
}

static void after(void *self, const mf_outcome *out)
{
  tally *t = self;
  t->claims += out->claims;
  t->failing += out->failing;
  t->empty += out->empty;
  t->decades = fmax(t->decades, out->decades);
  if (out->code && (!t->error || mf_stop_signal)) t->error = out->code;
}

static bool fails(const tally *t)
{
  return t->failing > 0 || (t->options->strict && t->empty > 0);
}

static int print_json(const tally *t)
{
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  mf_verdicts_collect(j, t->run, t->count);
  mf_json_count(j, "cases", t->count);
  mf_json_count(j, "failing", t->failing);
  mf_json_count(j, "empty", t->empty);
  mf_json_text(j, "verdict", t->error ? "error" : fails(t) ? "fails" : "holds");
  return mf_json_print(j, stdout);
}

static int print_total(const tally *t)
{
  char span[64], empty[32] = "";
  if (t->options->json) return print_json(t);
  if (t->error) return MF_OK;
  mf_span_text(mf_seconds() - t->started, span, sizeof span);
  if (t->empty > 0) snprintf(empty, sizeof empty, ", %d %s empty", t->empty, t->empty > 1 ? "are" : "is");
  printf("%d claims in %d runs: %d hold, %d fail%s; up to %.1f decades, in %s\n", t->claims, t->count,
         t->claims - t->failing - t->empty, t->failing, empty, t->decades, span);
  return MF_OK;
}

static int verify(tally *t)
{
  const mf_options *o = t->options;
  const size_t length = o->output ? strlen(o->output) : 1;
  if (o->case_count < 1)
    return mf_fail(MF_ECASE, "mflow verify: name a case, or a folder of cases\nTry 'mflow verify --help'.");
  if (o->case_count > 1 && o->output && o->output[length - 1] != '/')
    return mf_fail(MF_ECASE, "several cases need a folder to write to: -o %s/", o->output);
  for (int i = 0; i < o->case_count; i++) MF_TRY(add_path(t, o->cases[i]));
  const int processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
  const mf_pool pool = {.self = t,
                        .jobs = t->count,
                        .workers = o->jobs ? o->jobs : processors,
                        .quiet = o->quiet || o->json,
                        .work = work,
                        .take = o->json ? take : NULL,
                        .after = after};
  t->each = *o;
  if (pool.workers > 1 && pool.jobs > 1) t->each.quiet = true;
  MF_TRY(mf_objects_create(&t->run, t->count, sizeof *t->run));
  MF_TRY(mf_pool_run(&pool));
  return print_total(t);
}

static int run(const mf_options *o)
{
  tally t = {.options = o, .started = mf_seconds()};
  const int code = mf_exit_code(verify(&t));
  for (int i = 0; i < t.count; i++) {
    mf_release(t.entry[i].path);
    mf_release(t.entry[i].variant);
    if (t.run) mf_json_free(t.run[i]);
  }
  mf_release(t.run);
  mf_release(t.entry);
  if (code) return code;
  return t.error ? t.error : fails(&t) ? EXIT_FAILS : EXIT_HOLDS;
}

const mf_command mf_command_verify = {
    .name = "verify",
    .summary = "run cases and judge their claims",
    .usage = "Usage: mflow verify [OPTION]... CASE...\n"
             "Run each CASE with its variants and judge its claims: what theory says against what was "
             "measured, at every\n"
             "output.  CASE is a .yaml file, a folder with case.yaml, or a folder of such folders.\n"
             "A claim for which the run is no evidence is empty.  Exit code 0 if no claim fails, 1 if one "
             "does, 2 for a\n"
             "mistake in a case, 3 if a run breaks down, 4 for trouble with files.\n\n"
             "      --strict          claims that are empty fail\n"
             "      --json            print one JSON object instead of tables\n"
             "  -j, --jobs N          runs at a time (default: one per processor)\n"
             "      --threads N       threads of a run, if runs are made one after another\n"
             "  -s, --set KEY=VALUE   change a value of the case (repeatable)\n"
             "      --variant NAME    only this variant; main: the case itself, without its variants\n"
             "  -o, --output PATH     write files too: PATH.nc, ...; a folder keeps the names\n"
             "      --force           replace files that are there\n"
             "  -q, --quiet           no progress\n"
             "  -h, --help            this text\n",
    .accepts = "sovqfJjNR",
    .run = run,
};
