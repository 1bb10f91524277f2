/* SPDX-License-Identifier: BSD-3-Clause */
/** @file team.h  A team of threads, for tests: each member works on its slab in a thread of its own and really waits for the
 *  others.
 *
 *  `team_run(members, work, self)` calls work(team, self) in each.  A member's message is its thread's, as a process's would
 *  be.  Include it first of all: it asks for the POSIX names it needs.  Loops of the library must not be shared in it:
 *  mf_threads_set(1). */
#ifndef MF_TESTS_TEAM_H
#define MF_TESTS_TEAM_H

#define _XOPEN_SOURCE 700

#include "grids/base.h"
#include "grids/team.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { TEAM_MOST = 8 };

/** What members lay out for the others to read. */
typedef struct {
  pthread_barrier_t barrier;
  const void *shown[TEAM_MOST];
  const ptrdiff_t *counts[TEAM_MOST];
  mf_team_halo halo[TEAM_MOST];
} team_table;

/* Everybody shows something; nobody goes on before all have read it (`team_done`). */
static inline team_table *team_show(const mf_team *team, const void *what, const ptrdiff_t *counts)
{
  team_table *t = team->self;
  t->shown[team->rank] = what;
  t->counts[team->rank] = counts;
  pthread_barrier_wait(&t->barrier);
  return t;
}

static inline void team_done(team_table *t)
{
  pthread_barrier_wait(&t->barrier);
}

static inline void team_sum(const mf_team *team, int64_t *values, ptrdiff_t count)
{
  int64_t *own = malloc((size_t)count * sizeof *own);
  memcpy(own, values, (size_t)count * sizeof *own);
  team_table *t = team_show(team, own, NULL);
  for (ptrdiff_t i = 0; i < count; i++) {
    values[i] = 0;
    for (int m = 0; m < team->members; m++) values[i] += ((const int64_t *)t->shown[m])[i];
  }
  team_done(t);
  free(own);
}

static inline double team_minimum(const mf_team *team, double value)
{
  team_table *t = team_show(team, &value, NULL);
  double least = INFINITY;
  for (int m = 0; m < team->members; m++) {
    const double of_member = *(const double *)t->shown[m];
    least = isnan(of_member) || isnan(least) ? NAN : fmin(least, of_member);
  }
  team_done(t);
  return least;
}

static inline void team_halo_begin(const mf_team *team, const mf_team_halo *h)
{
  ((team_table *)team->self)->halo[team->rank] = *h;
}

/* The layers are read from the neighbours' arrays themselves. */
static inline void team_halo_finish(const mf_team *team, const mf_team_halo *h)
{
  team_table *t = team_show(team, NULL, NULL);
  const size_t bytes = (size_t)(h->width * h->layer) * sizeof *h->own;
  const int below = (team->rank + team->members - 1) % team->members,
            above = (team->rank + 1) % team->members;
  const mf_team_halo *low = &t->halo[below], *high = &t->halo[above];
  if (h->around || team->rank > 0)
    memcpy(h->own - h->width * h->layer, low->own + (low->layers - h->width) * h->layer, bytes);
  if (h->around || above > 0) memcpy(h->own + h->layers * h->layer, high->own, bytes);
  team_done(t);
}

static inline void team_exchange(const mf_team *team, const double *out, const ptrdiff_t *out_count,
                                 double *in, const ptrdiff_t *in_count)
{
  team_table *t = team_show(team, out, out_count);
  for (int m = 0; m < team->members; m++) {
    const double *from = t->shown[m];
    for (int k = 0; k < team->rank; k++) from += t->counts[m][k];
    memcpy(in, from, (size_t)in_count[m] * sizeof *in);
    in += in_count[m];
  }
  team_done(t);
}

static const mf_team_type team_of_threads = {
    .name = "threads",
    .sum = team_sum,
    .minimum = team_minimum,
    .halo_begin = team_halo_begin,
    .halo_finish = team_halo_finish,
    .exchange = team_exchange,
};

typedef struct {
  mf_team team;
  void (*work)(const mf_team *team, void *self);
  void *self;
} team_member;

static inline void *team_enter(void *member)
{
  team_member *m = member;
  m->work(&m->team, m->self);
  return NULL;
}

static inline void team_run(int members, void (*work)(const mf_team *team, void *self), void *self)
{
  team_table table;
  pthread_t thread[TEAM_MOST];
  team_member member[TEAM_MOST];
  pthread_barrier_init(&table.barrier, NULL, (unsigned)members);
  for (int m = 0; m < members; m++) {
    member[m] = (team_member){{&team_of_threads, members, m, &table}, work, self};
    pthread_create(&thread[m], NULL, team_enter, &member[m]);
  }
  for (int m = 0; m < members; m++) pthread_join(thread[m], NULL);
  pthread_barrier_destroy(&table.barrier);
}

#endif
