/* SPDX-License-Identifier: BSD-3-Clause */
/* The team of one process: there is nobody to talk to. */
#include "grids/team.h"

#include <string.h>

static void sum(const mf_team *team, int64_t *values, ptrdiff_t count)
{
  (void)team, (void)values, (void)count;
}

static double minimum(const mf_team *team, double value)
{
  (void)team;
  return value;
}

/* Its own neighbour, if anybody is. */
static void halo_begin(const mf_team *team, const mf_team_halo *h)
{
  (void)team;
  const ptrdiff_t all = h->layers * h->layer, some = h->width * h->layer;
  if (!h->around) return;
  memcpy(h->own - some, h->own + all - some, (size_t)some * sizeof *h->own);
  memcpy(h->own + all, h->own, (size_t)some * sizeof *h->own);
}

static void halo_finish(const mf_team *team, const mf_team_halo *h)
{
  (void)team, (void)h;
}

static void exchange(const mf_team *team, const double *out, const ptrdiff_t *out_count, double *in,
                     const ptrdiff_t *in_count)
{
  (void)team, (void)in_count;
  memcpy(in, out, (size_t)out_count[0] * sizeof *in);
}

static const mf_team *shrink(const mf_team *team, int members)
{
  (void)members;
  return team;
}

static const mf_team_type alone = {
    .name = "alone",
    .sum = sum,
    .minimum = minimum,
    .halo_begin = halo_begin,
    .halo_finish = halo_finish,
    .exchange = exchange,
    .shrink = shrink,
};

const mf_team mf_team_alone = {.type = &alone, .members = 1};
