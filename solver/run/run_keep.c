/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run keeps of itself, and goes on from: its history, the outputs by decay to come, the energies that it is checked with;
 * the march and the observers add theirs. */
#include "solver/run/run_parts.h"

#include "grids/stage.h"

#include <math.h>
#include <string.h>

enum { FIRST, LAST, SHOWN, SEEN, SEEN_ENERGY, COMING, PURPOSE, ENERGY, STATE };
enum { FACTOR, PASSED, LADDER };

/* ---- history ---- */

/* The names of its columns, a line each, and the columns one after another. */
static int save_history(const mf_history *h, mf_checkpoint *c)
{
  const int columns = mf_history_columns(h), rows = mf_history_rows(h);
  size_t size = 1;
  char *names;
  double *values = NULL;
  for (int k = 0; k < columns; k++) size += strlen(mf_history_column(h, k)->name) + 1;
  MF_TRY(mf_objects_create(&names, (ptrdiff_t)size, 1));
  for (int k = 0; k < columns; k++) {
    strcat(names, mf_history_column(h, k)->name);
    strcat(names, "\n");
  }
  int status = mf_checkpoint_put_text(c, "history_columns", names);
  mf_release(names);
  if (!status) status = mf_reals_create(&values, (ptrdiff_t)rows * columns);
  for (int k = 0; !status && k < columns; k++)
    for (int i = 0; i < rows; i++) values[(ptrdiff_t)k * rows + i] = mf_history_value(h, i, k);
  if (!status) status = mf_checkpoint_put(c, "history", values, (ptrdiff_t)rows * columns);
  mf_release(values);
  return status;
}

/* Place of a name among lines, or -1. */
static int find_line(const char *lines, const char *name)
{
  const size_t length = strlen(name);
  for (int k = 0; *lines; k++) {
    const size_t here = strcspn(lines, "\n");
    if (here == length && !memcmp(lines, name, length)) return k;
    lines += here + (lines[here] == '\n');
  }
  return -1;
}

static int count_lines(const char *lines)
{
  int count = 0;
  for (; *lines; lines++) count += *lines == '\n';
  return count;
}

/* Columns that the checkpoint does not know have no values yet. */
static int fill_rows(mf_history *h, const char *names, const double *values, int rows)
{
  const int columns = mf_history_columns(h);
  double *row;
  MF_TRY(mf_reals_create(&row, columns));
  int status = MF_OK;
  for (int i = 0; i < rows && !status; i++) status = mf_history_append(h, row);
  mf_release(row);
  for (int k = 0; k < columns && !status; k++) {
    const int from = find_line(names, mf_history_column(h, k)->name);
    for (int i = 0; i < rows; i++)
      mf_history_set(h, i, k, from < 0 ? NAN : values[(ptrdiff_t)from * rows + i]);
  }
  return status;
}

static int restore_history(mf_history *h, const mf_checkpoint *c)
{
  const char *names = mf_checkpoint_text(c, "history_columns");
  const int columns = count_lines(names);
  const ptrdiff_t count = mf_checkpoint_count(c, "history");
  double *values;
  if (columns < 1 || count < columns || count % columns != 0 || mf_history_rows(h) > 0)
    return mf_fail(MF_EFILE, "%s: its history is no table", mf_checkpoint_path(c));
  MF_TRY(mf_reals_create(&values, count));
  int status = mf_checkpoint_get(c, "history", values, count);
  if (!status) status = fill_rows(h, names, values, (int)(count / columns));
  mf_release(values);
  return status;
}

/* ---- outputs to come ---- */

/* F where the run is; the report of the last output is left alone at the end, where it is F of that. */
static int energy_here(mf_runner *s, double *energy)
{
  const double time = mf_march_time(s->march);
  *energy = s->last_energy;
  return time == s->shown && time > s->problem->output[0].time ? MF_OK : mf_runner_energy(s, time, energy);
}

static int save_state(mf_runner *s, mf_checkpoint *c)
{
  double ladders[2 * LADDER], state[STATE] = {[FIRST] = s->first_energy,
                                              [LAST] = s->last_energy,
                                              [SHOWN] = s->shown,
                                              [SEEN] = s->seen,
                                              [SEEN_ENERGY] = s->seen_energy,
                                              [COMING] = s->coming.time,
                                              [PURPOSE] = s->coming.purpose};
  const int decays = s->problem->decays;
  for (int i = 0; i < decays; i++) {
    ladders[LADDER * i + FACTOR] = s->problem->decay[i].factor;
    ladders[LADDER * i + PASSED] = s->ladder[i].passed;
  }
  MF_TRY(energy_here(s, &state[ENERGY]));
  MF_TRY(mf_checkpoint_put(c, "run_ladders", ladders, (ptrdiff_t)decays * LADDER));
  return mf_checkpoint_put(c, "run_state", state, STATE);
}

/* A ladder that the checkpoint does not know begins with the level below what has been seen. */
static int restore_ladders(mf_runner *s, const mf_checkpoint *c)
{
  double ladders[2 * LADDER];
  const ptrdiff_t known = mf_checkpoint_count(c, "run_ladders");
  if (known > 2 * LADDER) return mf_fail(MF_EFILE, "%s: it has too many ladders", mf_checkpoint_path(c));
  if (known > 0) MF_TRY(mf_checkpoint_get(c, "run_ladders", ladders, known));
  for (int i = 0; i < s->problem->decays; i++) {
    const double factor = s->problem->decay[i].factor, fallen = log(s->first_energy / s->seen_energy);
    const bool same = LADDER * i < known && ladders[LADDER * i + FACTOR] == factor;
    const double passed = same ? ladders[LADDER * i + PASSED] : floor(fallen / log(factor));
    s->ladder[i].passed = isfinite(passed) ? (int)passed : 0;
    mf_runner_set_level(s, i);
  }
  return MF_OK;
}

/* The flow depends on data that a case only names.  What they say of the measure tells whether they are the same. */
static int check_energy(mf_runner *s, const mf_checkpoint *c, double kept)
{
  const double round_off = 1e-9;
  double energy;
  MF_TRY(mf_runner_energy(s, mf_march_time(s->march), &energy));
  if (energy == kept) return MF_OK;
  if (!(fabs(energy - kept) <= round_off * fabs(kept)))
    return mf_fail(
        MF_EFILE,
        "%s: F of its measure is %.9g and was %.9g: data that the case reads have changed, so this is "
        "another flow",
        mf_checkpoint_path(c), energy, kept);
  mf_warn(
      "%s: F of its measure is not the same to the last bit, as it may be on another machine: nor will be "
      "what follows",
      mf_checkpoint_path(c));
  return MF_OK;
}

/* ---- the whole ---- */

int mf_runner_save(mf_runner *s, mf_checkpoint *c)
{
  MF_TRY(mf_march_save(s->march, c));
  MF_TRY(save_state(s, c));
  MF_TRY(save_history(s->history, c));
  for (int i = 0; i < s->count; i++)
    if (s->observers[i].save) MF_TRY(s->observers[i].save(s->observers[i].self, c));
  return MF_OK;
}

int mf_runner_restore(mf_runner *s, const mf_checkpoint *c)
{
  double state[STATE];
  MF_TRY(mf_checkpoint_get(c, "run_state", state, STATE));
  MF_TRY(mf_march_restore(s->march, c));
  MF_TRY(check_energy(s, c, state[ENERGY]));
  s->first_energy = state[FIRST];
  s->last_energy = state[LAST];
  s->shown = state[SHOWN];
  s->seen = mf_march_time(s->march);
  s->seen_energy =
      s->seen == state[SEEN] ? state[SEEN_ENERGY] : state[ENERGY]; /* without ladders nobody looked */
  s->coming = (mf_output_time){state[COMING], (unsigned)state[PURPOSE]};
  s->resumed_at = mf_march_time(s->march);
  MF_TRY(restore_ladders(s, c));
  MF_TRY(restore_history(s->history, c));
  for (int i = 0; i < s->count; i++)
    if (s->observers[i].restore) MF_TRY(s->observers[i].restore(s->observers[i].self, c));
  return MF_OK;
}

/* ---- from the start, or from a checkpoint, to the end ---- */

int mf_run_on(mf_problem *p, mf_history *history, const mf_observer *observers, int count,
              const volatile sig_atomic_t *stop, const mf_checkpoint *from)
{
  mf_runner *s;
  MF_TRY(mf_runner_create(&s, p, history, observers, count, stop));
  int status = from ? mf_runner_restore(s, from) : MF_OK;
  if (!status) status = mf_runner_finish(s);
  mf_runner_free(s);
  return status;
}

int mf_run(mf_problem *p, mf_history *history, const mf_observer *observers, int count,
           const volatile sig_atomic_t *stop)
{
  return mf_run_on(p, history, observers, count, stop, NULL);
}
