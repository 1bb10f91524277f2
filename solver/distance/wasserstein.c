/* SPDX-License-Identifier: BSD-3-Clause */
/* Wasserstein distances: W_p by quantiles on the line and the ring, W_2 by entropic transport in more dimensions. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "solver/distance/distance_parts.h"
#include "solver/distance/entropic.h"
#include "solver/distance/line.h"

#include <math.h>
#include <string.h>

/* ---- on the line ---- */

static int put_fields(const mf_distance_measure m[2], mf_line_piece *const piece[2], double alpha,
                      const mf_distance_fields *fields)
{
  for (int i = 0; i < 2; i++) {
    const ptrdiff_t cells = m[i].grid->cells;
    double *room = NULL;
    if (!fields->potential[i] && (i || !fields->map[0])) continue;
    MF_TRY(mf_reals_create(&room, 2 * cells));
    double *potential = room, *image = room + cells;
    const int status = mf_line_map(piece[i], cells, piece[1 - i], m[1 - i].grid->cells, potential, image);
    if (!status && fields->potential[i])
      mf_each(cells, mf_each_scaled, 1 / alpha, potential, 0, NULL, fields->potential[i]);
    if (!status && i == 0 && fields->map[0]) memcpy(fields->map[0], image, (size_t)cells * sizeof *image);
    mf_release(room);
    MF_TRY(status);
  }
  return MF_OK;
}

/* The mass of both is theirs on average, where they differ by rounding. */
static void fill(const mf_distance_measure m[2], const mf_distance_options *o, mf_line_value line,
                 mf_distance *out)
{
  const double a = pow(mf_field_mass(m[0].grid, m[0].density), 0.5 / o->p),
               b = pow(mf_field_mass(m[1].grid, m[1].density), 0.5 / o->p), scale = a * b / sqrt(o->alpha);
  out->value = scale * line.distance;
  out->error = scale * line.rounding;
  out->lower = scale * fmax(line.distance - line.rounding, 0);
  out->upper = scale * (line.distance + line.rounding);
  out->encloses = "the distance of the densities that are constant in cells";
  out->algorithm = "quantiles";
}

static int compare_lines(const mf_distance_measure m[2], mf_line_piece *const piece[2],
                         const mf_distance_options *o, const mf_distance_fields *fields, mf_distance *out)
{
  const mf_grid *grid = m[0].grid;
  mf_line_value line;
  for (int i = 0; i < 2; i++) mf_line_of_density(m[i].grid, m[i].density, piece[i]);
  MF_TRY(mf_line_wasserstein(piece[0], m[0].grid->cells, piece[1], m[1].grid->cells, o->p,
                             grid->periodic[0] ? grid->hi[0] - grid->lo[0] : 0, &line));
  fill(m, o, line, out);
  return put_fields(m, piece, o->alpha, fields);
}

static int on_line(const mf_distance_measure m[2], const mf_distance_options *o,
                   const mf_distance_fields *fields, mf_distance *out)
{
  mf_line_piece *piece[2] = {NULL, NULL};
  int status = mf_objects_create(&piece[0], m[0].grid->cells, sizeof *piece[0]);
  if (!status) status = mf_objects_create(&piece[1], m[1].grid->cells, sizeof *piece[1]);
  if (!status) status = compare_lines(m, piece, o, fields, out);
  mf_release(piece[0]);
  mf_release(piece[1]);
  return status;
}

/* Where only one axis has more than one cell nothing can be gained along the others: a line, whose cells have their volume. */
static int along_axis(const mf_distance_measure m[2], int axis, const mf_distance_options *o,
                      const mf_distance_fields *fields, mf_distance *out)
{
  const mf_grid *grid = m[0].grid;
  const long cells = (long)grid->n[axis];
  mf_grid line;
  mf_distance_fields along = {.potential = {fields->potential[0], fields->potential[1]},
                              .map = {fields->map[axis]}};
  MF_TRY(mf_grid_init(&line, 1, &cells, &grid->lo[axis], &grid->hi[axis], &grid->periodic[axis]));
  line.volume = grid->volume;
  for (int a = 0; a < grid->dim; a++)
    for (ptrdiff_t c = 0; a != axis && fields->map[a] && c < grid->cells; c++)
      fields->map[a][c] = mf_grid_coordinate(grid, a, 0);
  return on_line((mf_distance_measure[]){{&line, m[0].density}, {&line, m[1].density}}, o, &along, out);
}

/* ---- in more dimensions ---- */

static int on_grid(const mf_distance_measure m[2], const mf_distance_options *o,
                   const mf_distance_fields *fields, mf_distance *out)
{
  const mf_grid *grid = m[0].grid;
  const double scale = sqrt(mf_field_mass(grid, m[0].density)) / sqrt(o->alpha);
  mf_debiased e;
  if (o->p != 2)
    return mf_fail(MF_ECASE, "in %d dimensions W_p is computed for p = 2, not for p = %g", grid->dim, o->p);
  for (int a = 0; a < grid->dim; a++)
    if (grid->periodic[a] && grid->n[a] > 1)
      return mf_fail(MF_ECASE, "in %d dimensions W_2 is computed between walls: axis %c is periodic",
                     grid->dim, 'x' + a);
  MF_TRY(
      mf_entropic_distance(grid, m[0].density, m[1].density, fields->potential, fields->map, o->start, &e));
  for (int i = 0; i < 2 && fields->potential[i]; i++)
    mf_each(grid->cells, mf_each_scaled, 1 / o->alpha, fields->potential[i], 0, NULL, fields->potential[i]);
  *out = (mf_distance){.value = scale * sqrt(e.square),
                       .error = scale * (sqrt(e.square + e.error) - sqrt(e.square)),
                       .lower = scale * sqrt(fmax(e.lower, 0)),
                       .upper = scale * sqrt(e.upper),
                       .encloses = "the distance of the densities that are constant in cells",
                       .algorithm = "entropic transport without its bias, extrapolated",
                       .iterations = e.iterations,
                       .residual = e.residual};
  if (isnan(e.upper)) {
    out->lower = out->upper = NAN;
    out->encloses = NULL;
    return MF_OK;
  }
  out->value = fmin(fmax(out->value, out->lower), out->upper);
  return MF_OK;
}

static int check_fields(const mf_grid *grid, int axis, const mf_distance_options *o,
                        const mf_distance_fields *fields)
{
  if (!fields->potential[0] && !fields->potential[1] && !fields->map[0]) return MF_OK;
  if (o->p != 2) return mf_fail(MF_ECASE, "potentials and map are computed for p = 2, not %g", o->p);
  if (grid->periodic[axis]) return mf_fail(MF_ECASE, "potentials and map are not computed on a ring");
  return MF_OK;
}

static int compute(const mf_distance_measure m[2], const mf_distance_options *o,
                   const mf_distance_fields *fields, mf_distance *out)
{
  const mf_grid *grid = m[0].grid;
  int axis = 0, free = 0;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) axis = a, free++;
  if (free > 1) return on_grid(m, o, fields, out);
  MF_TRY(check_fields(grid, axis, o, fields));
  return grid->dim == 1 ? on_line(m, o, fields, out) : along_axis(m, axis, o, fields, out);
}

const mf_distance_type mf_distance_wasserstein = {
    .name = "wasserstein",
    .column = "w2",
    .summary = "W_p/sqrt(alpha), between equal masses: p >= 1 on line and ring, p = 2 between walls",
    .reference = "Villani 2003; Chizat et al. 2020",
    .traits = MF_DISTANCE_ALPHA | MF_DISTANCE_POWER | MF_DISTANCE_EQUAL,
    .compute = compute,
};
