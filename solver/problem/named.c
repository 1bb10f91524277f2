/* SPDX-License-Identifier: BSD-3-Clause */
/* A measure by a word, as a command line names it. */
#define _POSIX_C_SOURCE 200809L
#include "solver/problem/named.h"

#include "grids/field.h"
#include "io/netcdf/snapshots.h"
#include "solver/problem/grid_section.h"
#include "solver/problem/measures.h"
#include "solver/problem/problem.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORD = 4096 };

/* ---- what a word is ---- */

typedef enum { A_CASE, A_RECORD, A_FIELD, AN_IMAGE, SAMPLES, A_SECTION } kind;

static bool ends_with_any(const char *word, const char *const *ending)
{
  for (; *ending; ending++)
    if (mf_ends_with(word, *ending)) return true;
  return false;
}

static kind kind_of(const char *word)
{
  static const char *const of_case[] = {":target", ":initial", NULL},
                           *const of_image[] = {".png", ".pgm", NULL},
                           *const of_samples[] = {".csv", ".txt", ".dat", NULL};
  if (word[strspn(word, " \n")] == '{') return A_SECTION;
  if (ends_with_any(word, of_case)) return A_CASE;
  if (ends_with_any(word, of_image)) return AN_IMAGE;
  if (ends_with_any(word, of_samples)) return SAMPLES;
  return strstr(word, ".nc:") ? A_FIELD : A_RECORD;
}

bool mf_named_needs_grid(const char *word)
{
  const kind k = kind_of(word);
  return k != A_CASE && k != A_RECORD;
}

/* ---- cases ---- */

/* Takes over a measure of a problem. */
static int take(mf_named *out, const mf_grid *grid, const double *density)
{
  out->grid = *grid;
  MF_TRY(mf_reals_create(&out->density, grid->cells));
  memcpy(out->density, density, (size_t)grid->cells * sizeof *density);
  return MF_OK;
}

static int read_case(mf_named *out, const char *word, const mf_job *job)
{
  char path[WORD];
  const char *colon = strrchr(word, ':');
  mf_case *source;
  mf_problem *p;
  snprintf(path, sizeof path, "%.*s", (int)(colon - word), word);
  mf_job own = *job;
  own.path = path;
  MF_TRY(mf_job_open(&own, &source));
  MF_TRY(mf_problem_create_measures(&p, source));
  const mf_measure *m = strcmp(colon, ":target") ? p->initial : p->target;
  const int status =
      m ? take(out, &p->grid, m->density) : mf_fail(MF_ECASE, "%s: this case has no target", path);
  mf_problem_free(p);
  return status;
}

/* ---- records ---- */

static int find_record(const mf_snapshots *s, const char *at, int *record)
{
  char *end;
  *record = s->count - 1;
  if (!at) return MF_OK;
  const double time = strtod(at, &end);
  if (end == at || *end) return mf_fail(MF_ECASE, "%s: '%s' is no time", s->path, at);
  int nearest = 0;
  for (int i = 0; i < s->count; i++)
    if (fabs(s->time[i] - time) < fabs(s->time[nearest] - time)) nearest = i;
  *record = nearest;
  const double span = fmax(fabs(s->time[s->count - 1]), fabs(time));
  if (fabs(s->time[nearest] - time) <= 1e-6 * span) return MF_OK;
  return mf_fail(MF_ECASE, "%s: it has no record at t = %g; the nearest is at %.9g, the last at %.9g",
                 s->path, time, s->time[nearest], s->time[s->count - 1]);
}

static int take_record(mf_named *out, const mf_snapshots *s, const char *at)
{
  int record;
  MF_TRY(find_record(s, at, &record));
  out->grid = s->grid;
  MF_TRY(mf_reals_create(&out->density, s->grid.cells));
  return mf_snapshots_density(s, record, &s->grid, out->density);
}

/* NAME stands for NAME.nc where there is no file NAME. */
static int read_record(mf_named *out, const char *word)
{
  char path[WORD], longer[WORD + 3];
  const char *at = strrchr(word, '@');
  mf_snapshots s;
  if (mf_ends_with(word, ".yaml") || mf_ends_with(word, ".yml") || mf_is_folder(word))
    return mf_fail(MF_ECASE, "%s: say which of its measures: CASE:target or CASE:initial", word);
  snprintf(path, sizeof path, "%.*s", at ? (int)(at - word) : WORD - 1, word);
  snprintf(longer, sizeof longer, "%s.nc", path);
  const bool is_longer = access(path, F_OK) && !access(longer, F_OK);
  int status = mf_snapshots_open(&s, is_longer ? longer : path);
  if (!status) status = take_record(out, &s, at ? at + 1 : NULL);
  mf_snapshots_clear(&s);
  return status;
}

/* ---- what is on somebody else's grid ---- */

static int read_section(mf_named *out, const mf_grid *grid, const char *name, const char *text)
{
  mf_case *c;
  mf_scope *scope = NULL;
  mf_measure *m = NULL;
  MF_TRY(mf_case_parse(&c, name, text));
  int status = mf_scope_create(&scope);
  if (!status) status = mf_measure_from_case(&m, grid, mf_case_root(c)->child[0], scope);
  if (!status) status = take(out, grid, m->density);
  mf_measure_free(m);
  mf_scope_free(scope);
  mf_case_free(c);
  return status;
}

/* In a case's language, a name in quotes. */
static void quote(const char *name, size_t length, char *text, size_t size)
{
  size_t used = 0;
  text[used++] = '\'';
  for (size_t i = 0; i < length && used + 3 < size; i++) {
    if (name[i] == '\'') text[used++] = '\'';
    text[used++] = name[i];
  }
  text[used++] = '\'';
  text[used] = '\0';
}

static int read_data(mf_named *out, const char *word, kind k, const mf_grid *grid)
{
  static const char *const format[] = {
      [A_FIELD] = "measure: {file: {path: %s, variable: %s}}",
      [AN_IMAGE] = "measure: {image: {path: %s}}",
      [SAMPLES] = "measure: {samples: {data: %s}}",
  };
  char path[WORD], variable[WORD], text[3 * WORD];
  const char *colon = k == A_FIELD ? strstr(word, ".nc:") + 3 : word + strlen(word);
  quote(word, (size_t)(colon - word), path, sizeof path);
  quote(colon + (*colon == ':'), strlen(colon + (*colon == ':')), variable, sizeof variable);
  if (k == A_SECTION)
    snprintf(text, sizeof text, "measure: %s", word);
  else
    snprintf(text, sizeof text, format[k], path, variable);
  return read_section(out, grid, k == A_SECTION ? "measure" : word, text);
}

/* ---- all of it ---- */

int mf_named_read(mf_named *out, const char *word, const mf_grid *grid, const mf_job *job)
{
  const kind k = kind_of(word);
  *out = (mf_named){.word = word};
  if (strlen(word) >= WORD)
    return mf_fail(MF_ECASE, "the name of a measure has more than %d letters", WORD - 1);
  if (k == A_CASE) return read_case(out, word, job);
  if (k == A_RECORD) return read_record(out, word);
  return read_data(out, word, k, grid);
}

void mf_named_clear(mf_named *m)
{
  mf_release(m->density);
  m->density = NULL;
}

static int grid_of_case(mf_grid *out, mf_case *c, mf_scope *scope)
{
  const mf_node *root = mf_case_root(c), *section = mf_node_get(root, "grid");
  MF_TRY(mf_scope_add_parameters(scope, mf_node_get(root, "parameters")));
  if (!section) return mf_fail(MF_ECASE, "this case has no grid");
  return mf_grid_from_case(out, section, scope);
}

int mf_named_grid(mf_grid *out, const char *word, const mf_job *job)
{
  char text[WORD + 8];
  mf_case *c;
  mf_scope *scope = NULL;
  mf_job own = *job;
  own.path = word;
  if (kind_of(word) == A_SECTION) {
    snprintf(text, sizeof text, "grid: %s", word);
    MF_TRY(mf_case_parse(&c, "--grid", text));
  } else
    MF_TRY(mf_job_open(&own, &c));
  int status = mf_scope_create(&scope);
  if (!status) status = grid_of_case(out, c, scope);
  mf_scope_free(scope);
  mf_case_free(c);
  return status;
}
