/* SPDX-License-Identifier: BSD-3-Clause */
/* Formulas where a periodic axis closes: cos(x) - 1.5 x on [0, 2 pi] is no function on the circle, and its jump there drives
 * a flow as a step would.
 *
 * On lines along the axis, f at its upper end is compared with f at its lower end, and so are the one-sided slopes
 * (-3 f(0) + 4 f(e) - f(2 e)) / 2e, whose error is of order e^2 where f is smooth: what stays between e and e/4 is a kink.
 * Both are measured by what f varies along the line. */
#include "solver/problem/seam.h"

#include "grids/stage.h"

#include <math.h>

enum { LINES = 8, POINTS = 32 };

typedef struct {
  const mf_grid *grid;
  mf_expression *formula;
  int axis;
  double x[MF_AXES]; /* a point of the line */
} line;

/* f at a distance from the lower end of the axis; NAN where it has none. */
static double at(line *l, double distance)
{
  double x[MF_AXES], value;
  for (int a = 0; a < MF_AXES; a++) x[a] = l->x[a];
  x[l->axis] = l->grid->lo[l->axis] + distance;
  return mf_expression_at_extended(l->formula, x, 0, &value) ? NAN : value;
}

/* Slope times length at the lower (sign 1) or the upper end, from points a share of the length apart. */
static double slope(line *l, double sign, double share)
{
  const double length = l->grid->hi[l->axis] - l->grid->lo[l->axis], start = sign > 0 ? 0 : length;
  const double step = sign * share * length;
  return sign * (-3 * at(l, start) + 4 * at(l, start + step) - at(l, start + 2 * step)) / (2 * share);
}

/* What f varies along the line; 0 if that is its round-off. */
static double variation(line *l, double length)
{
  double least = INFINITY, most = -INFINITY;
  for (int i = 0; i <= POINTS; i++) {
    const double f = at(l, length * i / POINTS);
    if (isnan(f)) return NAN;
    least = fmin(least, f);
    most = fmax(most, f);
  }
  return most - least > 1e-10 * fmax(fabs(least), fabs(most)) ? most - least : 0;
}

static bool warn_of_jump(line *l, const mf_node *formula, double length, double range)
{
  const char name = "xyz"[l->axis];
  const double low = at(l, 0), high = at(l, length), visible = 1e-4;
  if (!(fabs(high - low) > visible * range)) return false;
  mf_node_warn(
      formula,
      "this jumps where the periodic axis %c closes, from %g at %c = %g to %g at %g: the flow takes it for a "
      "step of the function",
      name, high, name, l->grid->hi[l->axis], low, l->grid->lo[l->axis]);
  return true;
}

static bool warn_of_kink(line *l, const mf_node *formula, double length, double range)
{
  const char name = "xyz"[l->axis];
  const double step = 1e-3, visible = 1e-2 * range;
  const double coarse = slope(l, 1, step) - slope(l, -1, step),
               fine = slope(l, 1, step / 4) - slope(l, -1, step / 4);
  if (!(fabs(fine) > visible && fabs(fine) > 0.5 * fabs(coarse))) return false;
  mf_node_warn(
      formula,
      "this has a kink where the periodic axis %c closes: its slope goes from %g at %c = %g to %g at %g",
      name, slope(l, -1, step / 4) / length, name, l->grid->hi[l->axis], slope(l, 1, step / 4) / length,
      l->grid->lo[l->axis]);
  return true;
}

/* One warning is enough. */
static bool check_line(line *l, const mf_node *formula)
{
  const double length = l->grid->hi[l->axis] - l->grid->lo[l->axis], range = variation(l, length);
  if (!(range > 0)) return false;
  return warn_of_jump(l, formula, length, range) || warn_of_kink(l, formula, length, range);
}

/* Lines through the middle of cells spread over the box, on both of its diagonals. */
static bool check_axis(line *l, const mf_node *formula)
{
  const mf_grid *grid = l->grid;
  for (int k = 0; k < LINES; k++) {
    for (int a = 0; a < grid->dim; a++) {
      const double share = (k + 0.5) / LINES;
      l->x[a] = grid->lo[a] + (grid->hi[a] - grid->lo[a]) * (a == 1 && k % 2 ? 1 - share : share);
    }
    if (check_line(l, formula)) return true;
    if (grid->dim == 1) break;
  }
  return false;
}

int mf_seam_check(const mf_grid *grid, const mf_node *formula, mf_scope *scope)
{
  static const char *const axes[] = {"", "x", "xy", "xyz"};
  if (!formula) return MF_OK;
  line l = {.grid = grid};
  for (int a = 0; a < grid->dim; a++) {
    if (!grid->periodic[a] || grid->global[a] == 1) continue;
    if (!l.formula) MF_TRY(mf_expression_create(&l.formula, scope, formula, axes[grid->dim]));
    l.axis = a;
    if (check_axis(&l, formula)) break;
  }
  mf_expression_free(l.formula);
  return MF_OK;
}
