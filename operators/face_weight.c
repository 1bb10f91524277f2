/* Means of the target over the faces between cells. */
#include "operators/face_weight.h"

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

/* Mean of the target over the face between b and c, relative to sqrt(pi_b pi_c). */
static double relative_weight(mf_face_weight kind, double a, double b, double c, double d)
{
  const double half = 0.5 * (c - b);
  switch (kind) {
  case MF_FACE_SQUARE_ROOT:
    return 1;
  case MF_FACE_SCHARFETTER_GUMMEL:
    return x_over_sinh(half);
  case MF_FACE_HARMONIC:
    return 1 / cosh(half);
  case MF_FACE_LOGARITHMIC:
    return 1 / x_over_sinh(half);
  case MF_FACE_ARITHMETIC:
    return cosh(half);
  case MF_FACE_MIDPOINT:
    return exp(face_log(a, b, c, d) - 0.5 * (b + c));
  case MF_FACE_AUTO:
    break;
  }
  double jump = fabs(half); /* steepest of the differences that the interpolation sees */
  if (!isnan(a)) jump = fmax(jump, 0.5 * fabs(b - a));
  if (!isnan(d)) jump = fmax(jump, 0.5 * fabs(d - c));
  const double s = fmin(1, fmax(0, jump - 0.5)), safe = s * s * (3 - 2 * s);
  double weight = 0;
  if (safe < 1) weight += (1 - safe) * exp(face_log(a, b, c, d) - 0.5 * (b + c));
  if (safe > 0) weight += safe * x_over_sinh(half);
  return weight;
}

/* Cell `steps` layers away along the axis from cell c in layer k; -1 beyond a wall. */
static ptrdiff_t along(const mf_grid *grid, int axis, ptrdiff_t c, ptrdiff_t k, ptrdiff_t steps)
{
  const ptrdiff_t n = grid->n[axis];
  ptrdiff_t to = k + steps;
  if (grid->periodic[axis]) to = ((to % n) + n) % n;
  return to < 0 || to >= n ? -1 : c + (to - k) * grid->stride[axis];
}

void mf_face_weights(const mf_measure *target, mf_face_weight kind, int axis, double *weight)
{
  const mf_grid *grid = target->grid;
  const double *l = target->log_density, scale = 1 / (grid->h[axis] * grid->h[axis]);
  for (mf_faces f = mf_faces_of(grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t c = f.first; c < f.first + f.count; c++) {
      const ptrdiff_t k = c / grid->stride[axis] % grid->n[axis];
      const ptrdiff_t before = along(grid, axis, c, k, -1), after = along(grid, axis, c, k, 2);
      const double b = l[c], d = l[c + f.step];
      const double w = relative_weight(kind, before < 0 ? NAN : l[before], b, d, after < 0 ? NAN : l[after]);
      weight[c] = scale * w * exp(0.5 * (b + d));
    }
}
