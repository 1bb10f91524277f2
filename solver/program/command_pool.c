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

/* The child's half: stdout becomes the file, progress is the parent's. */
static void be_child(const mf_pool *pool, int index, const slot *s)
{
  mf_outcome out = {0};
  dup2(fileno(s->text), STDOUT_FILENO);
  mf_threads_set(1); /* the processors are taken */
  pool->work(pool->self, index, &out);
  fflush(stdout);
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
  rewind(from);
  while ((got = fread(buffer, 1, sizeof buffer, from)) > 0) fwrite(buffer, 1, got, stdout);
  fflush(stdout);
}

/* Shows what a finished child printed; one that left no outcome has crashed. */
static void show(const mf_pool *pool, slot *s)
{
  mf_outcome out = {0};
  rewind(s->outcome);
  if (fread(&out, sizeof out, 1, s->outcome) != 1) out.code = EXIT_NUMERIC;
  pool->before_text(pool->self, &out);
  copy_text(s->text);
  pool->after(pool->self, &out);
  fclose(s->text);
  fclose(s->outcome);
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
    for (; shown < begun && slots[shown].done; shown++) show(pool, &slots[shown]);
  }
  mf_terminal_finish(&terminal);
  return status;
}

static int run_serial(const mf_pool *pool)
{
  for (int i = 0; i < pool->jobs && !mf_stop_signal; i++) {
    mf_outcome out = {0};
    pool->before_text(pool->self, &(mf_outcome){.claims = 1});
    pool->work(pool->self, i, &out);
    fflush(stdout);
    pool->after(pool->self, &out);
  }
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
