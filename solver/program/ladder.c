/* SPDX-License-Identifier: BSD-3-Clause */
/* The same job on several grids. */
#include "solver/program/ladder.h"

#include <string.h>

/* The job with a rung's assignments after its own. */
static int run_level(const mf_options *o, const mf_job *job, const mf_rung *rung, mf_result *result)
{
  const char *set[MF_SETS + 2];
  mf_options silent = *o;
  mf_job changed = *job;
  if (job->set_count > 0) memcpy(set, job->set, (size_t)job->set_count * sizeof *set);
  set[changed.set_count++] = rung->cells;
  if (rung->rtol[0]) set[changed.set_count++] = rung->rtol;
  changed.set = set;
  silent.quiet = true;
  return mf_execute(&silent, &changed, NULL, result);
}

int mf_ladder_run(const mf_options *o, const mf_job *job, const mf_rung *rung, int levels,
                  const mf_ladder_watch *watch)
{
  int status = MF_OK;
  for (int level = 0; level < levels && !status; level++) {
    mf_result result = {0};
    if (watch->tell) watch->tell(watch->self, level, &rung[level]);
    status = run_level(o, job, &rung[level], &result);
    if (!status) status = watch->look(watch->self, level, &result);
    mf_result_clear(&result);
  }
  return status;
}

/* ---- claims about orders ---- */

/* All grids of all claims, each once, with what came out: claim i has its grid k at place[i][k]. */
typedef struct {
  const mf_claims *claims;
  mf_rung *rung;
  double *h, *error; /* error[level * claims + i] */
  int levels;
  bool quiet;
} orders;

static int find_rung(orders *all, const char *cells)
{
  int level = 0;
  while (level < all->levels && strcmp(all->rung[level].cells, cells)) level++;
  if (level == all->levels) {
    memcpy(all->rung[level].cells, cells, sizeof all->rung[level].cells);
    all->levels++;
  }
  return level;
}

static int place_of(orders *all, int claim, int grid)
{
  char cells[sizeof all->rung->cells];
  mf_claims_grid(all->claims, claim, grid, cells, sizeof cells);
  return find_rung(all, cells);
}

static void tell(void *self, int level, const mf_rung *rung)
{
  const orders *all = self;
  (void)level;
  if (!all->quiet) fprintf(stderr, "  order of convergence: %s\n", rung->cells);
}

static int look(void *self, int level, mf_result *r)
{
  orders *all = self;
  const int count = mf_claims_count(r->claims);
  all->h[level] = r->problem->grid.h[0];
  for (int i = 0; i < count; i++)
    if (mf_claims_grids(r->claims, i) > 0)
      MF_TRY(mf_claims_error(r->claims, i, r->history, &all->error[level * count + i]));
  return MF_OK;
}

static int judge_one(orders *all, mf_claims *claims, int index)
{
  const int grids = mf_claims_grids(claims, index), count = mf_claims_count(claims);
  double *h, *error;
  MF_TRY(mf_reals_create(&h, 2 * grids));
  error = h + grids;
  for (int k = 0; k < grids; k++) {
    const int level = place_of(all, index, k);
    h[k] = all->h[level];
    error[k] = all->error[level * count + index];
  }
  mf_claims_judge_order(claims, index, h, error, grids);
  mf_release(h);
  return MF_OK;
}

static int judge_orders(orders *all, const mf_options *o, const mf_job *job, mf_claims *claims)
{
  const int count = mf_claims_count(claims);
  int room = 0;
  for (int i = 0; i < count; i++) room += mf_claims_grids(claims, i);
  MF_TRY(mf_objects_create(&all->rung, room, sizeof *all->rung));
  for (int i = 0; i < count; i++)
    for (int k = 0; k < mf_claims_grids(claims, i); k++) place_of(all, i, k);
  MF_TRY(mf_reals_create(&all->h, all->levels));
  MF_TRY(mf_reals_create(&all->error, all->levels * (ptrdiff_t)count));
  const mf_ladder_watch watch = {.self = all, .tell = tell, .look = look};
  MF_TRY(mf_ladder_run(o, job, all->rung, all->levels, &watch));
  for (int i = 0; i < count; i++)
    if (mf_claims_grids(claims, i) > 0) MF_TRY(judge_one(all, claims, i));
  return MF_OK;
}

int mf_ladder_judge(const mf_options *o, const mf_job *job, mf_result *r)
{
  orders all = {.claims = r->claims, .quiet = o->quiet};
  MF_TRY(mf_claims_judge(r->claims, r->history));
  const int status = judge_orders(&all, o, job, r->claims);
  mf_release(all.rung);
  mf_release(all.h);
  mf_release(all.error);
  return status;
}
