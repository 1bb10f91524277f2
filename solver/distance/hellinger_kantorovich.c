/* SPDX-License-Identifier: BSD-3-Clause */
/* Hellinger-Kantorovich (Wasserstein-Fisher-Rao) distance, and that of its cone's sphere.
 *
 * Only measures of mass 1 are compared by iteration; the cone law (Laschos, Mielke 2019) does the rest, for any masses a, b:
 *
 *   (beta/4) HK^2(a mu, b nu) = sqrt(a b) V + (sqrt a - sqrt b)^2,  V = (beta/4) HK^2(mu, nu) = 2 (1 - cos theta),
 *   SHK = 2 theta/sqrt(beta) for masses 1 */
#include "grids/field.h"
#include "solver/distance/cone.h"
#include "solver/distance/distance_parts.h"

#include <math.h>

static const char no_more[] =
    "the distance of densities that are constant in cells: no less than masses differ, no more than "
    "in place";

static int compute_cone(const mf_distance_measure m[2], const mf_distance_options *o,
                        const mf_distance_fields *fields, mf_cone *found)
{
  const mf_grid *grid = m[0].grid;
  for (int a = 0; a < grid->dim; a++)
    if (grid->periodic[a] && grid->n[a] > 1)
      return mf_fail(MF_ECASE, "transport with reaction is computed between walls: axis %c is periodic",
                     'x' + a);
  if (fields->map[0]) return mf_fail(MF_ECASE, "a map is computed in the Wasserstein geometry only");
  return mf_cone_distance(grid, m[0].density, m[1].density, 0.5 * sqrt(o->beta) / sqrt(o->alpha),
                          fields->potential, found);
}

static void describe(const mf_cone *found, mf_distance *out)
{
  out->algorithm = "over-relaxed Sinkhorn sweeps, extrapolated to no entropy";
  out->encloses = no_more;
  out->iterations = found->iterations;
  out->residual = found->residual;
}

/* factor (shift - ratio e^-phi) for e^-phi. */
static void put_potential(const mf_grid *grid, double factor, double shift, double ratio, double *field)
{
  for (ptrdiff_t c = 0; field && c < grid->cells; c++) field[c] = factor * (shift - ratio * field[c]);
}

/* int sqrt(a b) between measures of mass 1. */
static double affinity(const mf_distance_measure m[2], double a, double b)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < m[0].grid->cells; c++)
    sum += sqrt(m[0].density[c] / a) * sqrt(m[1].density[c] / b);
  return fmin(sum * m[0].grid->volume, 1);
}

/* The square of a distance is known with an error: so is the distance. */
static double root_error(double square, double error)
{
  return sqrt(square + error) - sqrt(square);
}

static int compute_plain(const mf_distance_measure m[2], const mf_distance_options *o,
                         const mf_distance_fields *fields, mf_distance *out)
{
  mf_cone found;
  const double a = mf_field_mass(m[0].grid, m[0].density), b = mf_field_mass(m[1].grid, m[1].density),
               product = sqrt(a) * sqrt(b), apart = pow(sqrt(a) - sqrt(b), 2), scale = 2 / sqrt(o->beta);
  MF_TRY(compute_cone(m, o, fields, &found));
  describe(&found, out);
  const double square = product * found.value + apart;
  out->value = scale * sqrt(square);
  out->error = scale * root_error(square, product * found.error);
  out->lower = scale * sqrt(apart);
  out->upper = scale * sqrt(apart + 2 * product * (1 - affinity(m, a, b))) * (1 + 1e-15) +
               1e-15 * scale * sqrt(product);
  out->value = fmin(fmax(out->value, out->lower), out->upper);
  put_potential(m[0].grid, 2 / o->beta, 1, sqrt(b) / sqrt(a), fields->potential[0]);
  put_potential(m[0].grid, 2 / o->beta, 1, sqrt(a) / sqrt(b), fields->potential[1]);
  return MF_OK;
}

static int compute_spherical(const mf_distance_measure m[2], const mf_distance_options *o,
                             const mf_distance_fields *fields, mf_distance *out)
{
  mf_cone found;
  const double a = mf_field_mass(m[0].grid, m[0].density), b = mf_field_mass(m[1].grid, m[1].density),
               scale = 4 * sqrt(sqrt(a) * sqrt(b)) / sqrt(o->beta);
  MF_TRY(compute_cone(m, o, fields, &found));
  describe(&found, out);
  const double theta = 2 * asin(0.5 * sqrt(found.value)),
               more = 2 * asin(fmin(0.5 * sqrt(found.value + found.error), 1)),
               ratio = theta > 0 ? theta / sin(theta) : 1;
  out->value = 0.5 * scale * theta;
  out->error = 0.5 * scale * (more - theta);
  out->lower = 0;
  out->upper = 0.5 * scale * (acos(affinity(m, a, b)) + 1e-7);
  out->value = fmin(out->value, out->upper);
  for (int i = 0; i < 2; i++)
    put_potential(m[0].grid, 2 * ratio / o->beta, cos(theta), 1, fields->potential[i]);
  return MF_OK;
}

const mf_distance_type mf_distance_wfr = {
    .name = "wfr",
    .column = "hk",
    .summary = "Hellinger-Kantorovich: min int int |v|^2/alpha + g^2/beta",
    .reference = "Liero, Mielke, Savare 2018",
    .traits = MF_DISTANCE_ALPHA | MF_DISTANCE_BETA,
    .compute = compute_plain,
};

const mf_distance_type mf_distance_spherical_wfr = {
    .name = "spherical_wfr",
    .column = "shk",
    .summary = "(2/sqrt(beta)) arccos(1 - beta HK^2/8), between equal masses",
    .reference = "Laschos, Mielke 2019",
    .traits = MF_DISTANCE_ALPHA | MF_DISTANCE_BETA | MF_DISTANCE_EQUAL,
    .compute = compute_spherical,
};
