/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops shared among threads.
 *
 * One loop at a time.  `ticket` holds its number and how many pieces are left; taking a piece is one compare-and-swap,
 * which fails if the loop has changed meanwhile.  A loop cannot end before each piece taken is done, so whoever holds a
 * piece may read the loop's description. */
#define _GNU_SOURCE
#include "grids/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum {
  MOST_THREADS = 256,
  LOOKS = 4000,
  /* before an idle thread sleeps: some 50 microseconds */ FEWEST = 4 /* pieces that are worth it */
};

static struct {
  void (*work)(const void *self, ptrdiff_t begin, ptrdiff_t end);
  const void *self;
  ptrdiff_t count, piece, pieces;
} loop;

static _Atomic uint64_t ticket; /* number of the loop << 32 | pieces left */
static _Atomic ptrdiff_t done;  /* pieces of it that are finished */
static atomic_flag taken = ATOMIC_FLAG_INIT;
static _Atomic int sleeping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int helpers;
static _Atomic int requested;

/* ---- how many ---- */

static int clamp(long count)
{
  return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : (int)count;
}

static int processors(void)
{
#ifdef __linux__
  cpu_set_t set;
  if (!sched_getaffinity(0, sizeof set, &set)) return clamp(CPU_COUNT(&set));
#endif
  return clamp(sysconf(_SC_NPROCESSORS_ONLN));
}

int mf_threads(void)
{
  const int count = atomic_load(&requested);
  if (count > 0) return count;
  const char *text = getenv("OMP_NUM_THREADS");
  const long named = text ? strtol(text, NULL, 10) : 0;
  const int usual = named > 0 ? clamp(named) : processors();
  atomic_store(&requested, usual);
  return usual;
}

void mf_threads_set(int count)
{
  atomic_store(&requested, count > 0 ? clamp(count) : 0);
}

/* ---- taking pieces ---- */

/* Between two looks; now and then whoever else wants the processor may have it. */
static void rest(int looks)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
  if (looks % 64 == 63) sched_yield();
}

static bool is_open(void)
{
  return (uint32_t)atomic_load(&ticket) != 0;
}

/* Works on pieces of the current loop until none is left. */
static void help(void)
{
  uint64_t seen = atomic_load(&ticket);
  while ((uint32_t)seen) {
    if (!atomic_compare_exchange_weak(&ticket, &seen, seen - 1)) continue;
    const ptrdiff_t begin = (loop.pieces - (ptrdiff_t)(uint32_t)seen) * loop.piece, end = begin + loop.piece;
    loop.work(loop.self, begin, end < loop.count ? end : loop.count);
    atomic_fetch_add(&done, 1);
    seen = atomic_load(&ticket);
  }
}

static void sleep_until_open(void)
{
  for (int i = 0; i < LOOKS; i++) {
    if (is_open()) return;
    rest(i);
  }
  pthread_mutex_lock(&lock);
  atomic_fetch_add(&sleeping, 1);
  while (!is_open()) pthread_cond_wait(&wake, &lock);
  atomic_fetch_sub(&sleeping, 1);
  pthread_mutex_unlock(&lock);
}

static void *serve(void *nothing)
{
  for (;;) {
    sleep_until_open();
    help();
  }
  return nothing;
}

/* A child process has no helpers. */
static void forget_helpers(void)
{
  helpers = 0;
  atomic_store(&sleeping, 0);
  atomic_flag_clear(&taken);
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&wake, NULL);
}

/* Helpers leave signals to the program's own thread; one that cannot be had is done without. */
static void call_helpers(int wanted)
{
  static bool watching;
  if (helpers >= wanted) return;
  if (!watching) watching = !pthread_atfork(NULL, NULL, forget_helpers);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (pthread_t id; helpers < wanted; helpers++) {
    if (pthread_create(&id, NULL, serve, NULL)) break;
    pthread_detach(id);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- a loop ---- */

static void announce(void)
{
  const uint64_t number = (atomic_load(&ticket) >> 32) + 1;
  atomic_store(&done, 0);
  atomic_store(&ticket, number << 32 | (uint64_t)loop.pieces);
  if (!atomic_load(&sleeping)) return;
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&lock);
}

static void wait_for_others(void)
{
  for (int looks = 0; atomic_load(&done) < loop.pieces; looks = (looks + 1) % LOOKS) rest(looks);
}

void mf_share(ptrdiff_t count, ptrdiff_t piece,
              void (*work)(const void *self, ptrdiff_t begin, ptrdiff_t end), const void *self)
{
  const ptrdiff_t pieces = (count + piece - 1) / piece;
  const bool alone = pieces < FEWEST || pieces > (ptrdiff_t)UINT32_MAX || mf_threads() < 2;
  if (alone || atomic_flag_test_and_set(&taken)) {
    if (count > 0) work(self, 0, count);
    return;
  }
  const ptrdiff_t threads = mf_threads() < pieces ? mf_threads() : pieces;
  call_helpers((int)threads - 1);
  loop.work = work;
  loop.self = self;
  loop.count = count;
  loop.piece = piece;
  loop.pieces = pieces;
  announce();
  help();
  wait_for_others();
  atomic_flag_clear(&taken);
}
