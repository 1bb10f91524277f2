/* SPDX-License-Identifier: BSD-3-Clause */
/* The slowest modes of a chain on a line or on a ring.
 *
 * On a line with walls lambda_1 comes from the positive inverse and the others from counting (gap_chain.c).  On a ring there is no
 * such order.  There, and for eigenfunctions, a few vectors go through inverse iteration (gap_vectors.c), begun with those of a line
 * of fewer cells, and on a ring their quotients are made bounds (gap_ring.c). */
#include "solver/observe/gap_line.h"

#include "grids/base.h"
#include "solver/observe/gap_ring.h"

#include <float.h>
#include <math.h>

static const long double unit = LDBL_EPSILON / 2;

/* ---- a line of its own ---- */

/* The chain, turned on a ring so that its lightest joint closes it; returns the cell of the chain that is 0 there. */
static ptrdiff_t take_over(mf_line *l, const mf_chain *c, long double closing)
{
  const ptrdiff_t n = c->n;
  ptrdiff_t first = 0;
  long double lightest = closing;
  for (ptrdiff_t i = 0; closing > 0 && i < n - 1; i++)
    if (c->joint[i] < lightest) {
      lightest = c->joint[i];
      first = i + 1;
    }
  for (ptrdiff_t i = 0; i < n; i++) {
    const ptrdiff_t at = (i + first) % n;
    l->mass[i] = c->mass[at];
    l->joint[i] = at < n - 1 ? c->joint[at] : closing;
  }
  mf_line_prepare(l);
  return first;
}

/* ---- a start ---- */

/* Cosines and sines in the quantiles: no symmetry is missed, and every well is seen in proportion to its mass. */
static void begin_with_waves(mf_line *l)
{
  const long double pi = acosl(-1);
  long double total = 0, sum = 0;
  for (ptrdiff_t i = 0; i < l->n; i++) total += l->mass[i];
  for (ptrdiff_t i = 0; i < l->n; i++) {
    const long double at = pi * (sum + l->mass[i] / 2) / total + (long double)i / (long double)l->n;
    sum += l->mass[i];
    for (int k = 0; k < l->count; k++) {
      const long double phase = (long double)(k + 1) * at;
      l->v[k][i] = k % 2 ? sinl(phase) : cosl(phase);
    }
  }
}

/* The eigenvalues of the line, or of the ring when it is cut, each of which is below the ring's. */
static void guess_values(mf_line *l)
{
  const long double roughly = 0.1L;
  const mf_chain cut = {l->n, l->mass, l->joint};
  for (int k = 0; k < l->count; k++)
    l->value[k] = mf_chain_eigenvalue(&cut, k + 1, k > 0 ? l->value[k - 1] : 0, roughly).lower;
}

enum { COARSE = 512, JOINED = 8 };

/* Cells joined by eights: their masses, and the resistance from middle to middle. */
static void join(const mf_line *l, mf_line *coarse)
{
  for (ptrdiff_t k = 0; k < coarse->n; k++) {
    const ptrdiff_t begin = k * JOINED, end = k + 1 < coarse->n ? begin + JOINED : l->n;
    const ptrdiff_t next = k + 2 < coarse->n ? end + JOINED : l->n, middle = (begin + end) / 2;
    const ptrdiff_t after = k + 1 < coarse->n ? (end + next) / 2 : l->n;
    long double resistance = 0;
    for (ptrdiff_t i = begin; i < end; i++) coarse->mass[k] += l->mass[i];
    for (ptrdiff_t i = middle; i < after; i++)
      if (l->joint[i] > 0) resistance += 1 / l->joint[i];
    coarse->joint[k] = 1 / resistance;
  }
  if (l->closing == 0) coarse->joint[coarse->n - 1] = 0;
  mf_line_prepare(coarse);
}

static int begin(mf_line *l, int modes);

/* Between the middles of joined cells, in which coarse cells have their values, linearly; as it is beyond the last ones. */
static void interpolate(const mf_line *l, const mf_line *coarse)
{
  for (ptrdiff_t i = 0; i < l->n; i++) {
    const long double at = ((long double)i + 0.5L) / JOINED - 0.5L;
    const ptrdiff_t last = coarse->n - 1,
                    k = at < 0                 ? 0
                        : (ptrdiff_t)at < last ? (ptrdiff_t)at
                                               : last,
                    next = k < last ? k + 1 : last;
    const long double share = at < 0 || at > (long double)last ? 0 : at - (long double)k;
    for (int j = 0; j < l->count; j++)
      l->v[j][i] = (1 - share) * coarse->u[j][k] + share * coarse->u[j][next];
  }
}

/* As many vectors as bounds need, and one more, with those that are near to it. */
static int needed(const mf_line *l, int modes)
{
  const long double near = 1.2L;
  int count = mf_ritz_choose(l->value, l->count, modes) + 1;
  while (count < l->count && l->value[count] < near * l->value[count - 1]) count++;
  return count < l->count ? count : l->count;
}

/* From the modes of a line of fewer cells, found in the same way. */
static int begin_coarse(mf_line *l, int modes)
{
  mf_line coarse = {0};
  int status = mf_line_create(&coarse, l->n / JOINED, l->count);
  if (!status) join(l, &coarse);
  if (!status) status = begin(&coarse, modes);
  if (!status) {
    mf_line_iterate(&coarse, modes);
    l->count = needed(&coarse, modes);
    for (int k = 0; k < l->count; k++) l->value[k] = coarse.value[k];
    interpolate(l, &coarse);
  }
  mf_release(coarse.room);
  return status;
}

static int begin(mf_line *l, int modes)
{
  if (l->n > COARSE) {
    MF_TRY(begin_coarse(l, modes));
  } else {
    begin_with_waves(l);
    guess_values(l);
  }
  for (int k = 0; k < l->count; k++) mf_line_remove_mean(l, l->v[k]);
  return MF_OK;
}

/* ---- the whole ---- */

static void hand_out(const mf_line *l, ptrdiff_t first, int modes, double *const *function)
{
  for (int k = 0; function && k < modes; k++)
    for (ptrdiff_t i = 0; i < l->n; i++) function[k][(i + first) % l->n] = (double)l->u[k][i];
}

/* The others of a chain. */
static void count_others(const mf_chain *chain, const mf_line *l, int modes, mf_enclosure *bound)
{
  for (int k = 1; k < modes; k++) bound[k] = mf_chain_eigenvalue(chain, k + 1, l->value[k], 0);
}

static int enclose(mf_line *l, const mf_chain *chain, long double closing, int modes, mf_enclosure *bound,
                   double *const *function)
{
  enum { MORE = 3 };
  MF_TRY(mf_line_create(l, chain->n, modes + MORE < chain->n - 1 ? modes + MORE : (int)(chain->n - 1)));
  const ptrdiff_t first = take_over(l, chain, closing);
  MF_TRY(begin(l, modes));
  mf_line_iterate(l, modes);
  if (closing > 0)
    mf_ring_enclose(l, modes, bound);
  else
    count_others(chain, l, modes, bound);
  hand_out(l, first, modes, function);
  return MF_OK;
}

static int enclose_line(const mf_chain *chain, long double closing, int modes, mf_enclosure *bound,
                        double *const *function)
{
  mf_line l = {0};
  if (closing == 0) {
    long double *step;
    MF_TRY(mf_objects_create(&step, chain->n, sizeof *step));
    const int status = mf_chain_gap(chain, bound, step);
    mf_release(step);
    if (status || (modes == 1 && !function)) return status;
  }
  const int status = enclose(&l, chain, closing, modes, bound, function);
  mf_release(l.room);
  return status;
}

/* Two cells on a ring are joined twice. */
int mf_line_modes(const mf_chain *chain, long double closing, int modes, mf_enclosure *bound,
                  double *const *function)
{
  if (chain->n > 2 || closing == 0) return enclose_line(chain, closing, modes, bound, function);
  const long double both = chain->joint[0] + closing;
  MF_TRY(enclose_line(&(mf_chain){2, chain->mass, &both}, 0, modes, bound, function));
  *bound = (mf_enclosure){bound->lower * (1 - 2 * unit), bound->upper * (1 + 2 * unit)};
  return MF_OK;
}
