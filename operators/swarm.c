/* SPDX-License-Identifier: BSD-3-Clause */
/* Particles with weights as a measure in a box. */
#include "operators/swarm.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/threads.h"

#include <math.h>
#include <string.h>

static int fill(mf_swarm *s, double mass)
{
  for (int a = 0; a < s->grid->dim; a++) {
    MF_TRY(mf_reals_create(&s->x[a], s->count));
    MF_TRY(mf_reals_create(&s->v[a], s->count));
    MF_TRY(mf_reals_create(&s->old[a], s->count));
    for (ptrdiff_t i = 0; i < s->count; i++) s->x[a][i] = s->grid->lo[a];
  }
  MF_TRY(mf_reals_create(&s->weight, s->count));
  for (ptrdiff_t i = 0; i < s->count; i++) s->weight[i] = mass / (double)s->count;
  return MF_OK;
}

int mf_swarm_create(mf_swarm **out, const mf_grid *grid, ptrdiff_t count, double mass)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  **out = (mf_swarm){.grid = grid, .count = count};
  const int status = fill(*out, mass);
  if (!status) return MF_OK;
  mf_swarm_free(*out);
  *out = NULL;
  return status;
}

void mf_swarm_free(mf_swarm *s)
{
  if (!s) return;
  for (int a = 0; a < MF_AXES; a++) {
    mf_release(s->x[a]);
    mf_release(s->v[a]);
    mf_release(s->old[a]);
  }
  mf_release(s->weight);
  mf_release(s);
}

mf_cloud mf_swarm_cloud(const mf_swarm *s)
{
  return (mf_cloud){s->count, {s->x[0], s->x[1], s->x[2]}};
}

double mf_swarm_mass(const mf_swarm *s)
{
  double sum;
  mf_array_sums(s->count, 1, mf_block_sizes, &(mf_operands){.x = s->weight}, &sum);
  return sum;
}

double mf_swarm_effective(const mf_swarm *s)
{
  double squares;
  const double mass = mf_swarm_mass(s);
  mf_array_sums(s->count, 1, mf_block_products, &(mf_operands){.x = s->weight, .y = s->weight}, &squares);
  return mass * mass / squares;
}

/* ---- the box ---- */

static double confined(const mf_grid *grid, int axis, double x)
{
  const double lo = grid->lo[axis], hi = grid->hi[axis], length = hi - lo;
  if (x >= lo && x <= hi) return x;
  if (!isfinite(x)) return x;
  if (grid->periodic[axis]) return lo + fmod(fmod(x - lo, length) + length, length);
  const double turn = fmod(fabs(x - lo), 2 * length); /* a reflection at both walls has the period 2 length */
  return lo + (turn <= length ? turn : 2 * length - turn);
}

void mf_swarm_confine(const mf_swarm *s, ptrdiff_t begin, ptrdiff_t end)
{
  for (int a = 0; a < s->grid->dim; a++)
    for (ptrdiff_t i = begin; i < end; i++) s->x[a][i] = confined(s->grid, a, s->x[a][i]);
}

/* ---- moving ---- */

typedef struct {
  const mf_swarm *swarm;
  double dt;
} move;

static void take_move(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const move *m = self;
  const mf_swarm *s = m->swarm;
  for (int a = 0; a < s->grid->dim; a++)
    for (ptrdiff_t i = begin; i < end; i++) s->x[a][i] = s->old[a][i] + m->dt * s->v[a][i];
  mf_swarm_confine(s, begin, end);
}

static int check_finite(const mf_swarm *s)
{
  for (int a = 0; a < s->grid->dim; a++)
    if (!isfinite(mf_array_min(s->count, s->x[a])) || !isfinite(mf_array_max(s->count, s->x[a])))
      return mf_fail(MF_ENUMERIC, "a particle has left the real numbers: take shorter steps");
  return MF_OK;
}

int mf_swarm_drift(mf_swarm *s, double dt, mf_velocity *velocity, const void *self)
{
  for (int a = 0; a < s->grid->dim; a++) memcpy(s->old[a], s->x[a], (size_t)s->count * sizeof *s->x[a]);
  for (int stage = 0; stage < 2; stage++) {
    MF_TRY(velocity(self, s, s->v));
    mf_share(s->count, MF_PIECE, take_move, &(move){s, stage ? dt : 0.5 * dt});
    MF_TRY(check_finite(s));
  }
  return MF_OK;
}

/* ---- resampling ---- */

int mf_swarm_resample(mf_swarm *s, double u)
{
  const double mass = mf_swarm_mass(s), each = mass / (double)s->count;
  double upto = s->weight[0];
  for (int a = 0; a < s->grid->dim; a++) memcpy(s->old[a], s->x[a], (size_t)s->count * sizeof *s->x[a]);
  for (ptrdiff_t i = 0, from = 0; i < s->count; i++) {
    const double place = ((double)i + u) * each;
    while (upto < place && from < s->count - 1) upto += s->weight[++from];
    for (int a = 0; a < s->grid->dim; a++) s->x[a][i] = s->old[a][from];
  }
  for (ptrdiff_t i = 0; i < s->count; i++) s->weight[i] = each;
  return MF_OK;
}
