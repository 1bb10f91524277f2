/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a run may go on from a checkpoint: the case then and now, key by key. */
#define _POSIX_C_SOURCE 200809L
#include "solver/run/resume.h"

#include "grids/stage.h"
#include "io/netcdf/history.h"
#include "solver/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What may change: it says what is looked at, not what flows. */
static const char *const free_keys[] = {
    "title",    "reference",   "claims",        "formulas",         "odes",           "gap",
    "time.end", "time.output", "output.fields", "output.precision", "output.deflate", NULL};

enum { PATH = 512 };

static bool is_free(const char *path)
{
  for (const char *const *key = free_keys; *key; key++)
    if (!strcmp(path, *key)) return true;
  return false;
}

/* The same text, or another way to write a number. */
static bool same_scalar(const mf_node *a, const mf_node *b)
{
  char *end_a, *end_b;
  if (!strcmp(a->text, b->text)) return true;
  const double x = strtod(a->text, &end_a), y = strtod(b->text, &end_b);
  return end_a > a->text && end_b > b->text && !*end_a && !*end_b && x == y;
}

static int changed(const mf_node *now, const char *path, const mf_node *then)
{
  static const char advice[] =
      "only time.end, outputs and claims may change when a run goes on; without --resume "
      "it begins anew";
  if (then && then->kind == MF_SCALAR)
    return mf_node_error(now, "%s was %s when the checkpoint was written: %s", path, then->text, advice);
  return mf_node_error(now, "%s was another when the checkpoint was written: %s", path, advice);
}

static int compare(const mf_node *then, const mf_node *now, const char *path);

static const char *inside(const char *path, const char *key, char out[PATH])
{
  snprintf(out, PATH, "%s%s%s", path, *path ? "." : "", key);
  return out;
}

static int compare_mappings(const mf_node *then, const mf_node *now, const char *path)
{
  char at[PATH];
  for (int i = 0; i < now->count; i++) {
    const mf_node *child = now->child[i], *before = mf_node_get(then, child->key);
    if (is_free(inside(path, child->key, at))) continue;
    if (!before) return mf_node_key_error(child, "%s was not there when the checkpoint was written", at);
    MF_TRY(compare(before, child, at));
  }
  for (int i = 0; i < then->count; i++) {
    const mf_node *child = then->child[i];
    if (!is_free(inside(path, child->key, at)) && !mf_node_get(now, child->key))
      return mf_node_error(now, "%s was there when the checkpoint was written%s%s", at,
                           child->kind == MF_SCALAR ? ": " : "", child->kind == MF_SCALAR ? child->text : "");
  }
  return MF_OK;
}

static int compare(const mf_node *then, const mf_node *now, const char *path)
{
  if (mf_node_absent(then) && mf_node_absent(now)) return MF_OK;
  if (then->kind != now->kind) return changed(now, path, then);
  if (now->kind == MF_SCALAR) return same_scalar(then, now) ? MF_OK : changed(now, path, then);
  if (now->kind == MF_MAPPING) return compare_mappings(then, now, path);
  if (then->count != now->count) return changed(now, path, then);
  for (int i = 0; i < now->count; i++) {
    char number[16], at[PATH];
    snprintf(number, sizeof number, "%d", i);
    MF_TRY(compare(then->child[i], now->child[i], inside(path, number, at)));
  }
  return MF_OK;
}

static int compare_cases(const mf_problem *p, const char *name, const char *text)
{
  mf_case *then;
  MF_TRY(mf_case_parse(&then, name, text));
  const int status = compare(mf_case_root(then), mf_case_root(p->source), "");
  mf_case_free(then);
  return status;
}

/* ---- the rest ---- */

static int check_version(const mf_checkpoint *c)
{
  const char *path = mf_checkpoint_path(c);
  if (strcmp(mf_checkpoint_text(c, "source"), "mflow") != 0)
    return mf_fail(MF_EFILE, "%s: this is no checkpoint of a run", path);
  if (strcmp(mf_checkpoint_text(c, "version"), mf_version()) != 0)
    return mf_fail(MF_EFILE,
                   "%s: mflow %s has written it, and this is %s: go on with that one, or begin anew", path,
                   mf_checkpoint_text(c, "version"), mf_version());
  if (strcmp(mf_checkpoint_text(c, "git_commit"), mf_git_id()) != 0)
    mf_warn("%s: another build of mflow has written it (git %s, and this is %s): what follows may differ",
            path, mf_checkpoint_text(c, "git_commit"), mf_git_id());
  return MF_OK;
}

/* A choice between integrators looks at the end and the outputs, which may be others now. */
static int take_integrator(mf_problem *p, const mf_checkpoint *c)
{
  const char *name = mf_checkpoint_text(c, "integrator");
  for (int i = 0; mf_integrator_names[i]; i++) {
    if (strcmp(mf_integrator_names[i], name) != 0) continue;
    if (p->integrator == (mf_integrator)i) return MF_OK;
    mf_propagator_free(p->series);
    p->series = NULL;
    p->integrator = (mf_integrator)i;
    p->integrator_reason = "the checkpoint is of it";
    return MF_OK;
  }
  return mf_fail(MF_EFILE, "%s: there is no integrator '%s'", mf_checkpoint_path(c), name);
}

int mf_resume_check(mf_problem *p, const mf_checkpoint *c)
{
  double time;
  MF_TRY(check_version(c));
  MF_TRY(compare_cases(p, mf_checkpoint_path(c), mf_checkpoint_text(c, "case_yaml")));
  MF_TRY(mf_checkpoint_get_number(c, "time", &time));
  if (strcmp(mf_checkpoint_text(c, "coordinate"), mf_coordinate_names[mf_flow_coordinate(p->flow)->kind]) !=
      0)
    return mf_fail(MF_EFILE, "%s: its coordinate is '%s', and that of this case is now '%s'",
                   mf_checkpoint_path(c), mf_checkpoint_text(c, "coordinate"),
                   mf_coordinate_names[mf_flow_coordinate(p->flow)->kind]);
  if (time > p->end * (1 + 1e-12))
    return mf_node_error(mf_node_get(mf_node_get(mf_case_root(p->source), "time"), "end"),
                         "the run has reached t = %g already", time);
  return take_integrator(p, c);
}

bool mf_resume_finished(const mf_problem *p, const mf_checkpoint *c)
{
  double time, finished;
  if (mf_checkpoint_get_number(c, "time", &time) || mf_checkpoint_get_number(c, "finished", &finished))
    return false;
  return finished != 0 && time >= p->end * (1 - 1e-12);
}

/* The case that a file of the run carries. */
static int check_file(const mf_problem *p, const char *path)
{
  char *text;
  MF_TRY(mf_file_attribute(path, "case_yaml", &text));
  const int status = *text ? compare_cases(p, path, text) : MF_EFILE;
  mf_release(text);
  return status;
}

int mf_resume_check_fields(const mf_problem *p, const char *prefix)
{
  char path[4096];
  snprintf(path, sizeof path, "%s.nc", prefix);
  const int status = check_file(p, path);
  if (status != MF_ECASE) return status;
  return mf_fail(MF_EFILE, "%s: it is of another case than the checkpoint: use --force to begin anew", path);
}

/* ---- without a checkpoint ---- */

/* Whether the history in a file is short of the problem's end; one that cannot be read has nothing to be lost. */
static bool is_short(const mf_problem *p, const char *path)
{
  mf_history *h;
  if (access(path, F_OK) != 0 || mf_history_read(&h, path)) return true;
  const int rows = mf_history_rows(h);
  const bool is = rows == 0 || mf_history_value(h, rows - 1, 0) < p->end * (1 - 1e-12);
  mf_history_free(h);
  return is;
}

int mf_resume_anew(const mf_problem *p, const char *prefix)
{
  char fields[4096], history[4096];
  snprintf(fields, sizeof fields, "%s.nc", prefix);
  snprintf(history, sizeof history, "%s_history.nc", prefix);
  const bool some = access(fields, F_OK) == 0, more = access(history, F_OK) == 0;
  if (!some && !more) return MF_OK;
  const int status = check_file(p, some ? fields : history);
  if (!status && is_short(p, history)) return MF_OK;
  return mf_fail(
      MF_EFILE,
      "%s: there is no checkpoint %s_checkpoint.nc to go on from: use --force to begin anew, or -o for "
      "another name",
      some ? fields : history, prefix);
}
