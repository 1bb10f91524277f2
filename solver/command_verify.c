/* mflow verify: run cases and judge their claims. */
#define _POSIX_C_SOURCE 200809L
#include "solver/command.h"

#include "io/terminal.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  const mf_options *options;
  int cases, claims, failing;
  int error; /* exit code of the first job that did not run */
} tally;

/* ---- reports ---- */

enum { REPORT_COLUMNS = 8, CELL = 96 };

static void put_cell(char *cell, const char *format, double value)
{
  if (isnan(value))
    snprintf(cell, CELL, "-");
  else
    snprintf(cell, CELL, format, value);
}

static void print_notes(const mf_claims *claims)
{
  for (int i = 0; i < mf_claims_count(claims); i++) {
    const mf_verdict *v = mf_claims_verdict(claims, i);
    if (v->note[0]) printf("  %s: %s\n", v->name, v->note);
    if (!v->holds && v->slack > -INFINITY)
      printf("  %s: fails at t = %.6g by %.3g, where %.3g is allowed\n", v->name, v->worst_time, v->slack,
             v->tolerance);
  }
}

static int print_claims(const mf_claims *claims)
{
  const int count = mf_claims_count(claims), rows = count + 1;
  static const char *const heading[REPORT_COLUMNS] = {"verdict", "claim",   "theory",  "measured",
                                                      "slack",   "allowed", "decades", "reference"};
  const char **cells = NULL;
  char(*text)[CELL] = NULL;
  int status = mf_objects_create(&cells, rows * REPORT_COLUMNS, sizeof *cells);
  if (!status) status = mf_objects_create(&text, rows * REPORT_COLUMNS, CELL);
  for (int i = 0; !status && i < rows * REPORT_COLUMNS; i++)
    cells[i] = i < REPORT_COLUMNS ? heading[i] : text[i];
  for (int i = 0; !status && i < count; i++) {
    const mf_verdict *v = mf_claims_verdict(claims, i);
    char(*row)[CELL] = text + (i + 1) * REPORT_COLUMNS;
    snprintf(row[0], CELL, "%s", v->holds ? "holds" : "FAILS");
    snprintf(row[1], CELL, "%.40s", v->name);
    snprintf(row[2], CELL, "%s %.32s%s", v->kind, v->theory, strlen(v->theory) > 32 ? "..." : "");
    put_cell(row[3], "%.9g", v->measured);
    put_cell(row[4], "%.2e", v->slack);
    put_cell(row[5], "%.1e", v->tolerance);
    put_cell(row[6], "%.1f", v->decades);
    snprintf(row[7], CELL, "%.90s", v->reference ? v->reference : "");
  }
  if (!status) mf_table_print(stdout, cells, rows, REPORT_COLUMNS);
  mf_release(cells);
  mf_release(text);
  return status;
}

/* JSON has no infinity and no NAN. */
static void print_json_number(const char *key, double value)
{
  if (isfinite(value))
    printf(", \"%s\": %.17g", key, value);
  else
    printf(", \"%s\": null", key);
}

static void print_json_pair(const char *separator, const char *key, const char *text)
{
  printf("%s\"%s\": ", separator, key);
  mf_print_json_text(text ? text : "");
}

static void print_json_claims(const mf_result *r, bool first)
{
  for (int i = 0; i < mf_claims_count(r->claims); i++) {
    const mf_verdict *v = mf_claims_verdict(r->claims, i);
    printf("%s\n  {", first && i == 0 ? "" : ",");
    print_json_pair("", "case", r->name);
    print_json_pair(", ", "name", v->name);
    print_json_pair(", ", "kind", v->kind);
    print_json_pair(", ", "reference", v->reference);
    print_json_pair(", ", "theory", v->theory);
    print_json_number("measured", v->measured);
    print_json_number("slack", v->slack);
    print_json_number("tolerance", v->tolerance);
    print_json_number("worst_time", v->worst_time);
    print_json_number("decades", v->decades);
    print_json_pair(", ", "note", v->note);
    printf(", \"verdict\": \"%s\"}", v->holds ? "holds" : "fails");
  }
}

/* ---- jobs ---- */

static int report(tally *t, const mf_result *r, double seconds)
{
  char span[64];
  mf_span_text(seconds, span, sizeof span);
  if (t->options->json) {
    print_json_claims(r, t->claims == 0);
  } else {
    printf("%s: %s (%s)\n", r->name, r->problem->title ? r->problem->title : "untitled", span);
    MF_TRY(print_claims(r->claims));
    print_notes(r->claims);
    putchar('\n');
  }
  fflush(stdout);
  for (int i = 0; i < mf_claims_count(r->claims); i++) t->failing += !mf_claims_verdict(r->claims, i)->holds;
  t->claims += mf_claims_count(r->claims);
  return MF_OK;
}

static int verify_job(tally *t, const mf_job *job, mf_result *r)
{
  char *prefix = NULL;
  MF_TRY(mf_job_name(job, &r->name));
  if (t->options->output) MF_TRY(mf_output_prefix(t->options, job, r->name, &prefix));
  if (!t->options->quiet && !t->options->json) fprintf(stderr, "%s\n", r->name);
  const double start = mf_seconds();
  int status = mf_execute(t->options, job, prefix, true, r);
  mf_release(prefix);
  if (!status) status = report(t, r, mf_seconds() - start);
  return status;
}

/* Runs one variant; what goes wrong is told, and the other cases go on. */
static void verify_variant(tally *t, const char *path, const char *variant)
{
  const mf_options *o = t->options;
  const mf_job job = {.path = path, .variant = variant, .set = o->set, .set_count = o->sets};
  mf_result result = {0};
  t->cases++;
  const int status = verify_job(t, &job, &result);
  mf_result_clear(&result);
  if (!status) return;
  const int code = mf_exit_code(status);
  if (!t->error || mf_stop_signal) t->error = code;
}

/* The case itself, then each of its variants. */
static void verify_case(tally *t, const char *path)
{
  if (t->options->variant) {
    verify_variant(t, path, t->options->variant);
    return;
  }
  const mf_job plain = {.path = path};
  mf_case *source = NULL;
  const char *const *names = NULL;
  int count = 0;
  verify_variant(t, path, NULL);
  if (mf_stop_signal || mf_job_open(&plain, &source)) return;
  mf_case_variants(source, &names, &count);
  for (int i = 0; i < count && !mf_stop_signal; i++) verify_variant(t, path, names[i]);
  mf_case_free(source);
}

static bool has_case(const char *folder)
{
  char path[4200];
  struct stat status;
  snprintf(path, sizeof path, "%s/case.yaml", folder);
  return stat(path, &status) == 0;
}

static int is_visible(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

/* A case, or a folder of case folders, in alphabetical order. */
static void verify_path(tally *t, const char *path)
{
  struct stat status;
  struct dirent **entries;
  if (stat(path, &status) || !S_ISDIR(status.st_mode) || has_case(path)) {
    verify_case(t, path);
    return;
  }
  const int count = scandir(path, &entries, is_visible, alphasort), before = t->cases;
  for (int i = 0; i < count; i++) {
    char inside[4096];
    snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
    if (!mf_stop_signal && has_case(inside)) verify_case(t, inside);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
  if (t->cases == before)
    t->error = mf_exit_code(mf_fail(MF_ECASE, "%s holds neither case.yaml nor folders with one", path));
}

static int run(const mf_options *o)
{
  if (o->case_count < 1)
    return mf_exit_code(
        mf_fail(MF_ECASE, "mflow verify: name a case, or a folder of cases\nTry 'mflow verify --help'."));
  tally t = {.options = o};
  const size_t length = o->output ? strlen(o->output) : 1;
  if (o->case_count > 1 && o->output && o->output[length - 1] != '/')
    return mf_exit_code(mf_fail(MF_ECASE, "several cases need a folder to write to: -o %s/", o->output));
  if (o->json) printf("{\"claims\": [");
  for (int i = 0; i < o->case_count && !mf_stop_signal; i++) verify_path(&t, o->cases[i]);
  if (o->json)
    printf("\n], \"cases\": %d, \"failing\": %d, \"verdict\": \"%s\"}\n", t.cases, t.failing,
           t.error     ? "error"
           : t.failing ? "fails"
                       : "holds");
  else if (!t.error)
    printf("%d claims in %d runs: %d hold, %d fail\n", t.claims, t.cases, t.claims - t.failing, t.failing);
  return t.error ? t.error : t.failing ? EXIT_FAILS : EXIT_HOLDS;
}

const mf_command mf_command_verify = {
    .name = "verify",
    .summary = "run cases and judge their claims",
    .usage = "Usage: mflow verify [OPTION]... CASE...\n"
             "Run each CASE with its variants and judge its claims: what theory says against what was "
             "measured, at every\n"
             "output.  CASE is a .yaml file, a folder with case.yaml, or a folder of such folders.\n"
             "Exit code 0 if all claims hold, 1 if one fails, 2 for a mistake in a case, 3 if a run breaks "
             "down, 4 for\n"
             "trouble with files.\n\n"
             "      --json            print one JSON object instead of tables\n"
             "  -s, --set KEY=VALUE   change a value of the case (repeatable)\n"
             "      --variant NAME    only this variant\n"
             "  -o, --output PATH     write files too: PATH.nc, ...; a folder keeps the names\n"
             "      --force           replace files that are there\n"
             "  -q, --quiet           no progress\n"
             "  -h, --help            this text\n",
    .accepts = "sovqfj",
    .run = run,
};
