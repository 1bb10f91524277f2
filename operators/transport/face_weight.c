/* SPDX-License-Identifier: BSD-3-Clause */
/* Means of the target over the faces between cells. */
#include "operators/transport/face_weight.h"

#include "grids/halo.h"
#include "grids/neighbour.h"

#include <math.h>

const char *const mf_face_weight_names[] = {"auto",     "midpoint",    "square_root", "scharfetter_gummel",
                                            "harmonic", "logarithmic", "arithmetic",  NULL};

/* x / sinh(x). */
static double x_over_sinh(double x)
{
  return fabs(x) < 1e-4 ? 1 - x * x / 6 : x / sinh(x);
}

/* log pi at the face between the cells b and c of a line a b c d; NAN stands for a cell beyond a wall. */
static double face_log(double a, double b, double c, double d)
{
  if (!isnan(a) && !isnan(d)) return (9 * (b + c) - (a + d)) / 16;
  if (!isnan(d)) return (3 * b + 6 * c - d) / 8;
  if (!isnan(a)) return (3 * c + 6 * b - a) / 8;
  return 0.5 * (b + c);
}

/* Mean of the target over the face between b and c. */
static double mean(mf_face_weight kind, double a, double b, double c, double d)
{
  const double half = 0.5 * (c - b), centre = 0.5 * (b + c);
  switch (kind) {
  case MF_FACE_SQUARE_ROOT:
    return exp(centre);
  case MF_FACE_SCHARFETTER_GUMMEL:
    return x_over_sinh(half) * exp(centre);
  case MF_FACE_HARMONIC:
    return exp(centre) / cosh(half);
  case MF_FACE_LOGARITHMIC:
    return exp(centre) / x_over_sinh(half);
  case MF_FACE_ARITHMETIC:
    return cosh(half) * exp(centre);
  case MF_FACE_MIDPOINT:
    return exp(face_log(a, b, c, d));
  case MF_FACE_AUTO:
    break;
  }
  double jump = fabs(half); /* steepest of the differences that the interpolation sees */
  if (!isnan(a)) jump = fmax(jump, 0.5 * fabs(b - a));
  if (!isnan(d)) jump = fmax(jump, 0.5 * fabs(d - c));
  const double s = fmin(1, fmax(0, jump - 0.5)), safe = s * s * (3 - 2 * s);
  double weight = 0;
  if (safe < 1) weight += (1 - safe) * exp(face_log(a, b, c, d));
  if (safe > 0) weight += safe * x_over_sinh(half) * exp(centre);
  return weight;
}

typedef struct {
  const mf_measure *target;
  mf_face_weight kind;
  int axis;
  double *weight;
} weight_operands;

static void fill_cells(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const weight_operands *j = self;
  const mf_grid *grid = j->target->grid;
  const double *l = j->target->log_density, scale = 1 / (grid->h[j->axis] * grid->h[j->axis]);
  for (mf_layers s = mf_layers_in(grid, j->axis, 1, 2, begin, end); mf_layers_next(&s);) {
    const ptrdiff_t below = mf_grid_distance(grid, j->axis, s.layer, -1);
    const ptrdiff_t above = mf_grid_distance(grid, j->axis, s.layer, 1);
    const ptrdiff_t beyond = mf_grid_distance(grid, j->axis, s.layer, 2);
    for (ptrdiff_t c = s.first; above && c < s.first + s.count; c++) {
      const double a = below ? l[c + below] : NAN, d = beyond != above ? l[c + beyond] : NAN;
      j->weight[c] = scale * mean(j->kind, a, l[c], l[c + above], d);
    }
  }
}

void mf_face_weights(const mf_measure *target, mf_face_weight kind, int axis, double *weight)
{
  mf_halo(target->grid, target->log_density, 2);
  mf_share(target->grid->cells, MF_PIECE / 2, fill_cells, &(weight_operands){target, kind, axis, weight});
  mf_halo(target->grid, weight, target->grid->ghosts); /* once, for whoever needs how many */
}
