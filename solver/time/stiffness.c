/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast the fastest mode of a flow is: power iteration with differences of the rate,
 *
 *   v <- (f(y + e v) - f(y)) / e,   |v| = 1,
 *
 * which needs no derivative of any plug-in.  The first direction is rough, so that no mode is missed. */
#include "solver/time/stiffness.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"

#include <float.h>
#include <math.h>

typedef struct {
  mf_flow *flow;
  const mf_grid *grid;
  double *y, *rate, *direction, *there, *change;
} iteration;

/* Without squares: sizes may be as small as numbers are. */
static double size(const mf_grid *grid, const double *f)
{
  return mf_field_sum_abs(grid, f);
}

/* Signs that change from cell to cell like those of a chaotic sequence. */
static void start_direction(const iteration *i, double length)
{
  double s = 0.3;
  for (ptrdiff_t c = 0; c < i->grid->cells; c++) {
    s = 3.9 * s * (1 - s);
    i->direction[c] = length * (s - 0.5);
  }
}

/* One round with a step of this size; false if there is no rate. */
static bool iterate(const iteration *i, double step, double *factor)
{
  const ptrdiff_t n = i->grid->cells;
  const double scale = step / size(i->grid, i->direction);
  mf_each(n, mf_each_sum, 1, i->y, scale, i->direction, i->there);
  if (mf_flow_rate(i->flow, i->there, i->change)) return false;
  mf_each(n, mf_each_sum, 1, i->change, -1, i->rate, i->direction);
  *factor = size(i->grid, i->direction) / step;
  return isfinite(*factor) && *factor > 0;
}

static int estimate(const iteration *i, const mf_measure *at, double *fastest)
{
  enum { ROUNDS = 12 };
  double factor;
  MF_TRY(mf_flow_start(i->flow, at, i->y));
  if (mf_flow_rate(i->flow, i->y, i->rate)) return MF_OK;
  const bool relative = mf_coordinate_relative(mf_flow_coordinate(i->flow));
  const double own = size(i->grid, i->y);
  const double usual = relative ? (double)i->grid->global_cells : size(i->grid, at->density);
  const double step = sqrt(DBL_EPSILON) * (own > DBL_MIN ? own : usual);
  start_direction(i, 1);
  for (int k = 0; k < ROUNDS && iterate(i, step, &factor); k++) *fastest = factor;
  return MF_OK;
}

int mf_stiffness(mf_flow *flow, const mf_measure *at, double *fastest)
{
  iteration i = {.flow = flow, .grid = mf_flow_grid(flow)};
  double **const arrays[] = {&i.y, &i.rate, &i.direction, &i.there, &i.change};
  enum { ARRAYS = sizeof arrays / sizeof *arrays };
  int status = MF_OK;
  *fastest = 0;
  for (int k = 0; k < ARRAYS && !status; k++) status = mf_field_create(i.grid, arrays[k]);
  if (!status) status = estimate(&i, at, fastest);
  for (int k = 0; k < ARRAYS; k++) mf_field_free(*arrays[k]);
  return status;
}
