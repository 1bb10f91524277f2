/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes a run to NAME.nc, NAME.nc.xmf and NAME_history.nc, output by output, and its checkpoint.
 *
 * All of them stand under temporary names until the first output is in them; before that a failure leaves what was there.  A run
 * that goes on does the same: it copies what its files held when its checkpoint was written, and not what they got since. */
#define _POSIX_C_SOURCE 200809L
#include "solver/run/record.h"

#include "grids/halo.h"
#include "io/fresh.h"
#include "io/lock.h"
#include "io/netcdf/records.h"
#include "io/terminal.h"
#include "solver/run/inputs.h"
#include "solver/run/keep.h"
#include "solver/version.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ATTRIBUTES = 24, TEXT = 512 };

struct mf_record {
  const mf_problem *problem;
  mf_record_options o;
  mf_keep *keep;
  mf_lock lock;
  bool published;
  mf_fields *fields;
  mf_history_file *history;
  const mf_history *rows;                    /* what it follows */
  double written;                            /* when it was last brought up to date [s] */
  const mf_variable *variable[MF_VARIABLES]; /* varying, then fixed */
  mf_field_info info[MF_VARIABLES];
  double *room[MF_VARIABLES]; /* for values that have to be computed */
  int varying, fixed;
  char *case_text;
  mf_attribute attribute[ATTRIBUTES];
  int attributes;
  char versions[8][TEXT];
  char *stamp, source[TEXT], kernel[TEXT], number[4][32];
  int numbers;
};

/* ---- provenance ---- */

static void add(mf_record *r, const char *name, const char *text)
{
  if (text && *text) r->attribute[r->attributes++] = (mf_attribute){name, text};
}

static void add_number(mf_record *r, const char *name, double value)
{
  char *text = r->number[r->numbers++];
  snprintf(text, sizeof *r->number, "%.6g", value);
  add(r, name, text);
}

/* Where a run goes on, for the attribute `history`. */
static void tell_place(const mf_checkpoint *from, char *text, size_t size)
{
  double time = 0, exact = 1;
  *text = 0;
  if (!from || mf_checkpoint_get_number(from, "time", &time) ||
      mf_checkpoint_get_number(from, "exact", &exact))
    return;
  snprintf(text, size, " (from the checkpoint at t = %.9g%s)", time,
           exact != 0
               ? ""
               : ", where CVODE began anew: from there on to its tolerances what a run without a stop gives");
}

/* ISO time (SOURCE_DATE_EPOCH, if set, so that two runs can be compared byte by byte) and command line, a line each time. */
static int make_stamp(mf_record *r)
{
  const char *epoch = getenv("SOURCE_DATE_EPOCH"), *line = r->o.command_line;
  const char *before = r->o.from ? mf_checkpoint_text(r->o.from, "history_of_files") : "";
  const time_t now = epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
  struct tm utc;
  char when[64] = "", place[TEXT];
  if (gmtime_r(&now, &utc)) strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
  tell_place(r->o.from, place, sizeof place);
  const size_t size = strlen(before) + strlen(when) + strlen(line) + strlen(place) + sizeof ": \n";
  MF_TRY(mf_objects_create(&r->stamp, (ptrdiff_t)size, 1));
  snprintf(r->stamp, size, "%s%s%s: %s%s", before, *before ? "\n" : "", when, line, place);
  return MF_OK;
}

static int provenance(mf_record *r)
{
  const mf_problem *p = r->problem;
  MF_TRY(mf_case_emit(p->source, &r->case_text));
  MF_TRY(make_stamp(r));
  snprintf(r->source, sizeof r->source, "mflow %s (git %s)", mf_version(), mf_git_id());
  add(r, "title", p->title);
  add(r, "references", p->reference);
  add(r, "history", r->stamp);
  add(r, "source", r->source);
  add(r, "git_commit", mf_git_id());
  add(r, "case_file", mf_case_file(p->source));
  add(r, "variant", mf_keep_variant(p->source, r->o.from));
  add(r, "case_yaml", r->case_text);
  add(r, "coordinate", mf_coordinate_names[mf_flow_coordinate(p->flow)->kind]);
  if (mf_diagnosis_kernel(p->diagnosis)) {
    mf_kernel_text(mf_diagnosis_kernel(p->diagnosis), r->kernel, sizeof r->kernel);
    add(r, "mmd_kernel", r->kernel);
    add_number(r, "mmd_scale", mf_diagnosis_mmd_scale(p->diagnosis));
  }
  add(r, "integrator", mf_integrator_names[p->integrator]);
  add_number(r, "time_error_per_step", p->integrator == MF_CHEBYSHEV ? 0 : p->tolerances.rtol);
  for (int i = 0; i < 8 && mf_library_name(i); i++) {
    snprintf(r->versions[i], TEXT, "%s_version", mf_library_name(i));
    add(r, r->versions[i], mf_library_version(i));
  }
  return MF_OK;
}

/* ---- files ---- */

/* Densities are averages over cells if all that they come from are; a Gaussian, and what formulas say, is taken at centres, where
 * sums over cells of smooth functions are exact to all orders. */
static bool is_average(const mf_problem *p, bool fixed)
{
  return (fixed || p->initial->averages) && (!p->target || p->target->averages);
}

/* The variables that vary, then those that do not. */
static void sort_variables(mf_record *r)
{
  const mf_problem *p = r->problem;
  for (int fixed = 0; fixed < 2; fixed++)
    for (int i = 0; i < p->variables; i++) {
      if (p->variable[i]->fixed != fixed) continue;
      r->variable[r->varying + r->fixed] = p->variable[i];
      r->info[r->varying + r->fixed] = p->variable[i]->info;
      r->info[r->varying + r->fixed].mean &= is_average(p, fixed);
      *(fixed ? &r->fixed : &r->varying) += 1;
    }
}

/* All are asked for before the first is made, so that a refusal leaves nothing behind. */
static int refuse_existing(const char *prefix)
{
  char path[4096], checkpoint[4096];
  mf_keep_path(prefix, checkpoint, sizeof checkpoint);
  const bool can_go_on = access(checkpoint, F_OK) == 0;
  for (int i = 0; i < MF_RUN_FILES; i++) {
    snprintf(path, sizeof path, "%s%s", prefix, mf_run_endings[i]);
    if (access(path, F_OK) == 0)
      return mf_fail(MF_EFILE, "%s is there already: use --force to replace it, %sor -o for another name",
                     path, can_go_on ? "--resume to go on with it, " : "");
  }
  return MF_OK;
}

/* A bit for each varying field that float could not follow. */
static unsigned doubles(const mf_record *r)
{
  unsigned mask = 0;
  for (int i = 0; i < r->varying; i++) mask |= (unsigned)r->variable[i]->vanishes << i;
  return mask;
}

/* What a run of this name that was killed had not finished writing. */
static void clear_remains(const char *prefix)
{
  char path[4096];
  for (int i = 0; i < MF_RUN_FILES; i++) {
    snprintf(path, sizeof path, "%s%s", prefix, mf_run_endings[i]);
    mf_fresh_clear(path);
  }
}

static int open_files(mf_record *r)
{
  const mf_problem *p = r->problem;
  const char *prefix = r->o.prefix;
  const bool replace = r->o.force || r->o.from;
  char path[4096];
  const mf_fields_layout layout = {.grid = &p->grid,
                                   .varying = r->info,
                                   .fixed = r->info + r->varying,
                                   .varying_count = r->varying,
                                   .fixed_count = r->fixed,
                                   .attributes = r->attribute,
                                   .attribute_count = r->attributes,
                                   .single = p->single,
                                   .doubles = doubles(r),
                                   .force = replace,
                                   .deflate = p->deflate};
  MF_TRY(mf_lock_take(&r->lock, prefix));
  clear_remains(prefix);
  MF_TRY(replace ? mf_refuse_inputs(p->source, prefix) : refuse_existing(prefix));
  snprintf(path, sizeof path, "%s.nc", prefix);
  MF_TRY(mf_fields_create(&r->fields, path, &layout));
  snprintf(path, sizeof path, "%s_history.nc", prefix);
  return mf_history_file_create(&r->history, path, r->rows, r->attribute, r->attributes, replace);
}

/* The records that the files had when the checkpoint was written. */
static int copy_records(mf_record *r)
{
  char path[4096];
  const ptrdiff_t records = mf_checkpoint_count(r->o.from, "field_times");
  double *times;
  snprintf(path, sizeof path, "%s.nc", r->o.prefix);
  MF_TRY(mf_reals_create(&times, records < 0 ? 0 : records));
  int status = mf_checkpoint_get(r->o.from, "field_times", times, records < 0 ? 0 : records);
  if (!status) status = mf_records_copy(r->fields, path, times, records);
  mf_release(times);
  return status;
}

static int fill(mf_record *r)
{
  sort_variables(r);
  for (int i = 0; i < r->varying + r->fixed; i++)
    if (r->variable[i]->computed) MF_TRY(mf_field_create(&r->problem->grid, &r->room[i]));
  MF_TRY(provenance(r));
  MF_TRY(open_files(r));
  const mf_keep_options keep = {.problem = r->problem,
                                .prefix = r->o.prefix,
                                .asked = r->o.asked,
                                .provenance = r->stamp,
                                .case_text = r->case_text,
                                .from = r->o.from};
  MF_TRY(mf_keep_create(&r->keep, &keep));
  return r->o.from ? copy_records(r) : MF_OK;
}

int mf_record_create(mf_record **out, const mf_problem *p, const mf_history *history,
                     const mf_record_options *options)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->problem = p;
  (*out)->rows = history;
  (*out)->o = *options;
  const int status = fill(*out);
  if (!status) return MF_OK;
  mf_record_close(*out, status);
  *out = NULL;
  return status;
}

/* The history's file is brought up to date a few times a second, whenever fields are written, and at the end. */
static int update_history(mf_record *r, bool now)
{
  const double pause = 0.2;
  if (!now && mf_seconds() - r->written < pause) return MF_OK;
  MF_TRY(mf_history_file_update(r->history, r->rows));
  r->written = mf_seconds();
  return MF_OK;
}

static int put_fields(mf_record *r, const mf_output *m)
{
  const double *values[MF_VARIABLES];
  for (int i = 0; i < r->varying + r->fixed; i++) values[i] = r->variable[i]->values(m->report, r->room[i]);
  for (int i = 0; i < r->fixed && mf_fields_look(r->fields).records == 0; i++)
    MF_TRY(mf_fields_put_fixed(r->fields, i, values[r->varying + i]));
  return mf_fields_append(r->fields, m->time, values);
}

/* A checkpoint of the run before says nothing of this one. */
static int remove_checkpoint(const mf_record *r)
{
  char path[4096];
  mf_keep_path(r->o.prefix, path, sizeof path);
  if (!unlink(path) || errno == ENOENT) return MF_OK;
  return mf_fail(MF_EFILE, "%s: cannot replace it: %s", path, strerror(errno));
}

static int publish(mf_record *r)
{
  if (r->published) return MF_OK;
  MF_TRY(mf_fields_publish(r->fields));
  r->published = true; /* from here on it is a run that is closed, not discarded */
  if (!r->o.from) MF_TRY(remove_checkpoint(r));
  return mf_history_file_publish(r->history);
}

static int on_output(void *self, const mf_output *m)
{
  mf_record *r = self;
  MF_TRY(update_history(r, !r->published || m->purpose & MF_AT_FIELDS));
  if (m->purpose & MF_AT_FIELDS) MF_TRY(put_fields(r, m));
  return publish(r);
}

/* Before the first output of a run that goes on the files of before have the records that a checkpoint would speak of. */
static int on_place(void *self, mf_runner *runner, const mf_place *place)
{
  mf_record *r = self;
  if (!r->published && !r->o.from) return MF_OK;
  if (place->last) MF_TRY(update_history(r, true)); /* nothing else writes what is left */
  return mf_keep_place(r->keep, runner, place, r->fields);
}

mf_observer mf_record_observer(mf_record *r)
{
  return (mf_observer){.self = r, .on_output = on_output, .on_place = on_place};
}

/* A status, as of all that can still be written. */
static int close_files(mf_record *r)
{
  if (!r->published) {
    mf_fields_discard(r->fields);
    mf_history_file_discard(r->history);
    return MF_OK;
  }
  const int rest = update_history(r, true);
  const int fields = mf_fields_close(r->fields), history = mf_history_file_close(r->history);
  return rest ? rest : fields ? fields : history;
}

int mf_record_close(mf_record *r, int status)
{
  char told[MF_MESSAGE_SIZE];
  if (!r) return status;
  snprintf(told, sizeof told, "%s", mf_error());
  const int closed = close_files(r);
  mf_lock_release(&r->lock);
  if (status == MF_ESTOPPED && mf_keep_has(r->keep)) {
    const size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "; `mflow resume %s` goes on from there", r->o.prefix);
  }
  mf_keep_free(r->keep);
  for (int i = 0; i < MF_VARIABLES; i++) mf_field_free(r->room[i]);
  mf_release(r->stamp);
  mf_release(r->case_text);
  mf_release(r);
  return status ? mf_fail(status, "%s", told) : closed;
}
