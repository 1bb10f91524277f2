/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs in child processes, a few at a time, their output in order.
 *
 * The libraries below are not made for threads, processes they do not mind.  A child prints into a temporary file, which
 * the parent shows when all jobs before it have been shown. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command_pool.h"

#include "grids/threads.h"
#include "io/terminal.h"
#include "solver/program/command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  pid_t process;
  FILE *text, *outcome;
  bool done;
} slot;

/* The child's half: progress is the parent's. */
static void be_child(const mf_pool *pool, int index, const slot *s)
{
  mf_outcome out = {0};
  mf_threads_set(1); /* the processors are taken */
  pool->work(pool->self, index, s->text, &out);
  fflush(s->text);
  fwrite(&out, sizeof out, 1, s->outcome);
  fflush(s->outcome);
  _Exit(0);
}

static int begin(const mf_pool *pool, int index, slot *s)
{
  s->text = tmpfile();
  s->outcome = tmpfile();
  if (!s->text || !s->outcome) return mf_fail(MF_EFILE, "no temporary file for the output of a run");
  fflush(NULL);
  s->process = fork();
  if (s->process < 0) return mf_fail(MF_EMEMORY, "no process for another run");
  if (s->process == 0) be_child(pool, index, s);
  return MF_OK;
}

static void copy_text(FILE *from)
{
  char buffer[4096];
  size_t got;
  while ((got = fread(buffer, 1, sizeof buffer, from)) > 0) fwrite(buffer, 1, got, stdout);
  fflush(stdout);
}

static int take_text(const mf_pool *pool, int index, FILE *text)
{
  rewind(text);
  if (pool->take) return pool->take(pool->self, index, text);
  copy_text(text);
  return MF_OK;
}

/* Takes what a finished child printed; one that left no outcome has crashed. */
static int show(const mf_pool *pool, int index, slot *s)
{
  mf_outcome out = {0};
  rewind(s->outcome);
  if (fread(&out, sizeof out, 1, s->outcome) != 1) out.code = EXIT_NUMERIC;
  const int status = take_text(pool, index, s->text);
  pool->after(pool->self, &out);
  fclose(s->text);
  fclose(s->outcome);
  return status;
}

static void tell_children(const slot *slots, int count)
{
  for (int i = 0; i < count; i++)
    if (slots[i].process > 0 && !slots[i].done) kill(slots[i].process, (int)mf_stop_signal);
}

/* Waits for one child; true if one has ended. */
static bool wait_for_one(slot *slots, int begun)
{
  int status;
  const pid_t process = wait(&status);
  if (process < 0) {
    if (errno == EINTR && mf_stop_signal) tell_children(slots, begun);
    return false;
  }
  for (int i = 0; i < begun; i++)
    if (slots[i].process == process) slots[i].done = true;
  return true;
}

static int run_parallel(const mf_pool *pool, slot *slots)
{
  mf_terminal terminal;
  int begun = 0, ended = 0, shown = 0, status = MF_OK;
  mf_terminal_init(&terminal, stderr, pool->quiet);
  while (ended < begun || (begun < pool->jobs && !status && !mf_stop_signal)) {
    if (begun < pool->jobs && begun - ended < pool->workers && !status && !mf_stop_signal) {
      status = begin(pool, begun, &slots[begun]);
      if (!status) begun++;
      continue;
    }
    if (!wait_for_one(slots, begun)) continue;
    ended++;
    if (terminal.live) {
      const double fraction = (double)ended / pool->jobs;
      mf_terminal_progress(&terminal, &(mf_progress){fraction, NAN, NAN, NAN, NAN, true});
      if (slots[shown].done) mf_terminal_finish(&terminal);
    }
    for (; shown < begun && slots[shown].done; shown++) {
      const int taken = show(pool, shown, &slots[shown]);
      if (!status) status = taken;
    }
  }
  mf_terminal_finish(&terminal);
  return status;
}

/* A job's text goes straight to stdout where nobody takes it. */
static int run_here(const mf_pool *pool, int index)
{
  mf_outcome out = {0};
  FILE *text = pool->take ? tmpfile() : stdout;
  if (!text) return mf_fail(MF_EFILE, "no temporary file for the output of a run");
  pool->work(pool->self, index, text, &out);
  fflush(text);
  const int status = pool->take ? take_text(pool, index, text) : MF_OK;
  if (pool->take) fclose(text);
  pool->after(pool->self, &out);
  return status;
}

static int run_serial(const mf_pool *pool)
{
  for (int i = 0; i < pool->jobs && !mf_stop_signal; i++) MF_TRY(run_here(pool, i));
  return MF_OK;
}

int mf_pool_run(const mf_pool *pool)
{
  if (pool->workers <= 1 || pool->jobs <= 1) return run_serial(pool);
  slot *slots;
  MF_TRY(mf_objects_create(&slots, pool->jobs, sizeof *slots));
  const int status = run_parallel(pool, slots);
  mf_release(slots);
  return status;
}
