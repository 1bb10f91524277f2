/* SPDX-License-Identifier: BSD-3-Clause */
/* The soft transform of entropic transport, and its derivative.
 *
 * Every stage reads lines of its axis, which lie in one piece, and writes them across, so that those of the next axis do; after
 * the last stage the order is that of the start. */
#include "solver/distance/soft.h"

#include "grids/elementary.h"
#include "grids/threads.h"
#include "solver/distance/legendre.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* What is left out is e^-CUT of the largest term, a little less than what floats resolve. */
static const double CUT = 18.4;

/* One axis: the window [first, first + count) of every row y of every line, its weights, and where those of a line begin. */
typedef struct {
  ptrdiff_t n, lines;
  double h;
  int32_t *first, *count;
  ptrdiff_t *offset; /* lines + 1 */
  float *weight;
  ptrdiff_t room; /* for weights */
} stage;

struct mf_soft {
  const mf_grid *grid;
  int stages; /* axes of more than one cell, in their order */
  stage stage[MF_AXES];
  double *work[2];
};

/* ---- set-up ---- */

static int create_stage(stage *s, const mf_grid *grid, int axis)
{
  *s = (stage){.n = grid->n[axis], .lines = grid->cells / grid->n[axis], .h = grid->h[axis]};
  MF_TRY(mf_objects_create(&s->first, grid->cells, sizeof *s->first));
  MF_TRY(mf_objects_create(&s->count, grid->cells, sizeof *s->count));
  return mf_objects_create(&s->offset, s->lines + 1, sizeof *s->offset);
}

static int fill(mf_soft *s)
{
  for (int a = 0; a < s->grid->dim; a++)
    if (s->grid->n[a] > 1) MF_TRY(create_stage(&s->stage[s->stages++], s->grid, a));
  for (int k = 0; k < 2; k++) MF_TRY(mf_reals_create(&s->work[k], s->grid->cells));
  return MF_OK;
}

int mf_soft_create(mf_soft **out, const mf_grid *grid)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->grid = grid;
  const int status = fill(*out);
  if (!status) return MF_OK;
  mf_soft_free(*out);
  *out = NULL;
  return status;
}

void mf_soft_free(mf_soft *s)
{
  if (!s) return;
  for (int k = 0; k < MF_AXES; k++) {
    mf_release(s->stage[k].first);
    mf_release(s->stage[k].count);
    mf_release(s->stage[k].offset);
    mf_release(s->stage[k].weight);
  }
  mf_release(s->work[0]);
  mf_release(s->work[1]);
  mf_release(s);
}

/* ---- windows ---- */

typedef struct {
  stage *s;
  double a; /* h^2 / (2 eps) */
  const double *in;
  double *out;
  atomic_bool *failed; /* for want of memory */
} task;

/* hull[i]: the least concave function above u, MF_VACUUM outside the cells that count; vertex: where it is u.  Returns the
 * number of vertices. */
static ptrdiff_t concave_hull(const double *u, ptrdiff_t n, double *hull, ptrdiff_t *vertex)
{
  const ptrdiff_t vertices = mf_concave_hull(u, n, vertex);
  for (ptrdiff_t i = 0; i < n; i++) hull[i] = MF_VACUUM;
  for (ptrdiff_t k = 0; k + 1 < vertices; k++) {
    const ptrdiff_t from = vertex[k], to = vertex[k + 1];
    const double slope = (u[to] - u[from]) / (double)(to - from);
    for (ptrdiff_t i = from; i < to; i++) hull[i] = u[from] + slope * (double)(i - from);
  }
  if (vertices) hull[vertex[vertices - 1]] = u[vertex[vertices - 1]];
  return vertices;
}

/* u_i + 2 a i j, whose greatest value over i moves up with j, as do the ends of what lies less than CUT below it. */
static ptrdiff_t find_windows(const double *u, const double *hull, const ptrdiff_t *vertex,
                              ptrdiff_t vertices, const stage *s, double a, int32_t *first, int32_t *count)
{
  ptrdiff_t top = 0, low = vertices ? vertex[0] : 0, high = low, total = 0;
  for (ptrdiff_t j = 0; j < s->n; j++) {
    const double tilt = 2 * a * (double)j;
    first[j] = count[j] = 0;
    if (!vertices) continue;
    while (top + 1 < vertices &&
           u[vertex[top + 1]] + tilt * (double)vertex[top + 1] >= u[vertex[top]] + tilt * (double)vertex[top])
      top++;
    const double least = u[vertex[top]] + tilt * (double)vertex[top] - CUT;
    while (hull[low] + tilt * (double)low < least) low++;
    if (high < vertex[top]) high = vertex[top];
    while (high < vertex[vertices - 1] && hull[high + 1] + tilt * (double)(high + 1) >= least) high++;
    first[j] = (int32_t)low;
    count[j] = (int32_t)(high - low + 1);
    total += count[j];
  }
  return total;
}

enum { LINES_AT_ONCE = 16 };

/* Windows of some lines; `offset[line + 1]` becomes the number of their weights. */
static void survey(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const task *t = self;
  const stage *s = t->s;
  double *u = NULL;
  ptrdiff_t *vertex = NULL;
  if (mf_reals_create(&u, 2 * s->n) || mf_objects_create(&vertex, s->n, sizeof *vertex)) *t->failed = true;
  for (ptrdiff_t line = begin; line < end && vertex; line++) {
    const double *l = t->in + line * s->n;
    for (ptrdiff_t i = 0; i < s->n; i++)
      u[i] = MF_IS_VACUUM(l[i]) ? MF_VACUUM : l[i] - t->a * (double)i * (double)i;
    const ptrdiff_t vertices = concave_hull(u, s->n, u + s->n, vertex);
    s->offset[line + 1] =
        find_windows(u, u + s->n, vertex, vertices, s, t->a, s->first + line * s->n, s->count + line * s->n);
  }
  mf_release(u);
  mf_release(vertex);
}

/* ---- the transform ---- */

/* Sums and maxima are taken in lanes, whatever the processor's vectors. */
enum { LANES = 4 };

/* One row: its weights, and log sum exp.  `term` has room for a row and LANES more. */
MF_INLINE double transform_row(const double *l, ptrdiff_t first, ptrdiff_t count, ptrdiff_t j, double a,
                               float *weight, double *term)
{
  double top[LANES], sum[LANES] = {0};
  const ptrdiff_t padded = (count + LANES - 1) / LANES * LANES;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double away = (double)(first + i - j);
    term[i] = l[first + i] - a * away * away;
  }
  for (ptrdiff_t i = count; i < padded; i++) term[i] = MF_VACUUM;
  for (int k = 0; k < LANES; k++) top[k] = term[k];
  for (ptrdiff_t i = LANES; i < padded; i += LANES)
    for (int k = 0; k < LANES; k++) top[k] = term[i + k] > top[k] ? term[i + k] : top[k];
  const double greatest = fmax(fmax(top[0], top[1]), fmax(top[2], top[3]));
  for (ptrdiff_t i = 0; i < padded; i++) term[i] = mf_fast_weight(term[i] - greatest);
  for (ptrdiff_t i = 0; i < padded; i += LANES)
    for (int k = 0; k < LANES; k++) sum[k] += term[i + k];
  const double total = (sum[0] + sum[1]) + (sum[2] + sum[3]), inverse = 1 / total;
  for (ptrdiff_t i = 0; i < count; i++) weight[i] = (float)(inverse * term[i]);
  return greatest + log(total);
}

MF_CLONES static void mf_soft_lines(const task *t, ptrdiff_t begin, ptrdiff_t end, double *term)
{
  const stage *s = t->s;
  for (ptrdiff_t line = begin; line < end; line++) {
    const double *l = t->in + line * s->n;
    const int32_t *first = s->first + line * s->n, *count = s->count + line * s->n;
    float *weight = s->weight + s->offset[line];
    for (ptrdiff_t j = 0; j < s->n; weight += count[j++])
      t->out[j * s->lines + line] =
          count[j] ? transform_row(l, first[j], count[j], j, t->a, weight, term) : MF_VACUUM;
  }
}

static void transform_lines(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const task *t = self;
  double *term;
  if (mf_reals_create(&term, t->s->n + LANES))
    *t->failed = true;
  else
    mf_soft_lines(t, begin, end, term);
  mf_release(term);
}

/* Room for the weights: some more than now, since windows change from step to step. */
static int make_room(stage *s)
{
  s->offset[0] = 0;
  for (ptrdiff_t line = 0; line < s->lines; line++) s->offset[line + 1] += s->offset[line];
  const ptrdiff_t needed = s->offset[s->lines];
  if (needed <= s->room) return MF_OK;
  mf_release(s->weight);
  s->weight = NULL;
  s->room = 0;
  MF_TRY(mf_objects_create(&s->weight, needed + needed / 16, sizeof *s->weight));
  s->room = needed + needed / 16;
  return MF_OK;
}

int mf_soft_transform(mf_soft *s, double eps, const double *l, double *out)
{
  const double *in = l;
  atomic_bool failed = false;
  if (!s->stages) memcpy(out, l, (size_t)s->grid->cells * sizeof *out);
  for (int k = 0; k < s->stages; k++) {
    stage *at = &s->stage[k];
    const task t = {.s = at,
                    .a = 0.5 * at->h * at->h / eps,
                    .in = in,
                    .out = k + 1 == s->stages ? out : s->work[k % 2],
                    .failed = &failed};
    mf_share(at->lines, LINES_AT_ONCE, survey, &t);
    if (!failed) MF_TRY(make_room(at));
    if (!failed) mf_share(at->lines, LINES_AT_ONCE, transform_lines, &t);
    if (failed) return mf_fail(MF_EMEMORY, "no memory for lines of %td cells", at->n);
    in = t.out;
  }
  return MF_OK;
}

/* ---- its derivative ---- */

MF_CLONES static void mf_soft_mean_lines(const task *t, ptrdiff_t begin, ptrdiff_t end)
{
  const stage *s = t->s;
  for (ptrdiff_t line = begin; line < end; line++) {
    const int32_t *first = s->first + line * s->n, *count = s->count + line * s->n;
    const float *weight = s->weight + s->offset[line];
    for (ptrdiff_t j = 0; j < s->n; weight += count[j++]) {
      const double *x = t->in + line * s->n + first[j];
      double sum[LANES] = {0};
      ptrdiff_t i = 0;
      for (; i + LANES <= count[j]; i += LANES)
        for (int k = 0; k < LANES; k++) sum[k] += (double)weight[i + k] * x[i + k];
      for (; i < count[j]; i++) sum[0] += (double)weight[i] * x[i];
      t->out[j * s->lines + line] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
  }
}

static void mean_lines(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  mf_soft_mean_lines(self, begin, end);
}

MF_CLONES static void mf_soft_spread_lines(const task *t, ptrdiff_t begin, ptrdiff_t end)
{
  const stage *s = t->s;
  for (ptrdiff_t line = begin; line < end; line++) {
    const int32_t *first = s->first + line * s->n, *count = s->count + line * s->n;
    const float *weight = s->weight + s->offset[line];
    double *out = t->out + line * s->n;
    for (ptrdiff_t i = 0; i < s->n; i++) out[i] = 0;
    for (ptrdiff_t j = 0; j < s->n; weight += count[j++]) {
      const double x = t->in[j * s->lines + line];
      double *to = out + first[j];
      if (x == 0) continue;
      for (ptrdiff_t i = 0; i < count[j]; i++) to[i] += (double)weight[i] * x;
    }
  }
}

static void spread_lines(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  mf_soft_spread_lines(self, begin, end);
}

void mf_soft_mean(const mf_soft *s, const double *in, double *out)
{
  if (!s->stages) memcpy(out, in, (size_t)s->grid->cells * sizeof *out);
  for (int k = 0; k < s->stages; k++) {
    const task t = {.s = (stage *)&s->stage[k], .in = in, .out = k + 1 == s->stages ? out : s->work[k % 2]};
    mf_share(t.s->lines, LINES_AT_ONCE, mean_lines, &t);
    in = t.out;
  }
}

void mf_soft_spread(const mf_soft *s, const double *in, double *out)
{
  if (!s->stages) memcpy(out, in, (size_t)s->grid->cells * sizeof *out);
  for (int k = s->stages - 1; k >= 0; k--) {
    const task t = {.s = (stage *)&s->stage[k], .in = in, .out = k ? s->work[k % 2] : out};
    mf_share(t.s->lines, LINES_AT_ONCE, spread_lines, &t);
    in = t.out;
  }
}
