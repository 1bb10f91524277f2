/* SPDX-License-Identifier: BSD-3-Clause */
/* Hellinger and spherical Hellinger distances: sums over cells, exact for densities that are constant in them.
 *
 *    He^2 = 4 int (sqrt a - sqrt b)^2,    SHe = 4 sqrt(m) arcsin(He / (4 sqrt(m))) for masses m
 *
 * The second is (2 sqrt(m)) arccos(int sqrt(a b) / m), without the loss of digits between measures that are near. */
#include "grids/field.h"
#include "solver/distance/distance_parts.h"

#include <float.h>
#include <math.h>

/* Both in units in which the larger of them is about 1, so that nothing is lost at the ends of the range of numbers. */
typedef struct {
  const double *a, *b;
  double unit;
} pair;

MF_INLINE double squared_difference(const void *self, ptrdiff_t c)
{
  const pair *p = self;
  const double a = p->a[c] * p->unit, b = p->b[c] * p->unit, roots = sqrt(a) + sqrt(b);
  return roots > 0 ? (a - b) / roots * ((a - b) / roots) : 0;
}

static void sum_squares(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  *sums = mf_lanes_sum(self, begin, end, squared_difference);
}

/* int (sqrt a - sqrt b)^2, as its root. */
static double root_distance(const mf_distance_measure m[2])
{
  const mf_grid *grid = m[0].grid;
  int exponent;
  double sum;
  frexp(fmax(mf_field_max(grid, m[0].density), mf_field_max(grid, m[1].density)), &exponent);
  const pair p = {m[0].density, m[1].density, ldexp(1, -exponent)};
  mf_field_sums(grid, 1, sum_squares, &p, &sum);
  return sqrt(sum) * sqrt(grid->volume) * sqrt(ldexp(1, exponent & ~1)) * (exponent & 1 ? sqrt(2) : 1);
}

static void fill(mf_distance *out, double value)
{
  const double rounding = 8 * DBL_EPSILON * value; /* of sums over blocks and of a few roots */
  out->value = value;
  out->error = rounding;
  out->lower = value - rounding;
  out->upper = value + rounding;
  out->encloses = "the distance of the densities on this grid";
  out->algorithm = "a sum over cells";
}

/* factor (shift - sqrt(b/a)); without an end where a is 0, where the largest number stands for it. */
static void put_ratio(const mf_distance_measure m[2], int of, double factor, double shift, double *out)
{
  const double *own = m[of].density, *other = m[1 - of].density;
  for (ptrdiff_t c = 0; out && c < m[of].grid->cells; c++)
    out[c] = other[c] > 0 ? fmax(factor * (shift - sqrt(other[c]) / sqrt(own[c])), -DBL_MAX) : factor * shift;
}

static int compute_hellinger(const mf_distance_measure m[2], const mf_distance_options *o,
                             const mf_distance_fields *fields, mf_distance *out)
{
  fill(out, 2 * root_distance(m) / sqrt(o->beta));
  for (int i = 0; i < 2; i++) put_ratio(m, i, 2 / o->beta, 1, fields->potential[i]);
  return MF_OK;
}

/* Half the square, (2 m/beta) theta^2, falls with int sqrt(a b) = m cos(theta). */
static int compute_spherical(const mf_distance_measure m[2], const mf_distance_options *o,
                             const mf_distance_fields *fields, mf_distance *out)
{
  const double root = sqrt(0.5 * mf_field_mass(m[0].grid, m[0].density) +
                           0.5 * mf_field_mass(m[1].grid, m[1].density)),
               theta = 2 * asin(fmin(root_distance(m) / (2 * root), 1)),
               ratio = theta > 0 ? theta / sin(theta) : 1;
  fill(out, 2 * root * theta / sqrt(o->beta));
  for (int i = 0; i < 2; i++) put_ratio(m, i, 2 * ratio / o->beta, cos(theta), fields->potential[i]);
  return MF_OK;
}

const mf_distance_type mf_distance_hellinger = {
    .name = "hellinger",
    .column = "he",
    .summary = "He/sqrt(beta), He^2 = 4 int (sqrt a - sqrt b)^2",
    .reference = "Liero, Mielke, Savare 2016",
    .traits = MF_DISTANCE_BETA,
    .compute = compute_hellinger,
};

const mf_distance_type mf_distance_spherical_hellinger = {
    .name = "spherical_hellinger",
    .column = "she",
    .summary = "(2/sqrt(beta)) arccos int sqrt(a b), between equal masses",
    .reference = "Laschos, Mielke 2019",
    .traits = MF_DISTANCE_BETA | MF_DISTANCE_EQUAL,
    .compute = compute_spherical,
};
