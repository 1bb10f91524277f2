/* SPDX-License-Identifier: BSD-3-Clause */
/* Strang splitting of linear transport and reaction in closed form. */
#include "solver/time/split.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/profile.h"

#include <float.h>
#include <math.h>

struct mf_split {
  mf_flow *flow;
  mf_flow *transport; /* the same energies in the geometries that move mass */
  mf_propagator *propagator;
  double *y, *other, *weights; /* deviations and what errors of them weigh */
};

static int fill(mf_split *s, mf_flow *flow, const mf_measure *initial)
{
  s->flow = flow;
  MF_TRY(mf_field_create(mf_flow_grid(flow), &s->y));
  MF_TRY(mf_field_create(mf_flow_grid(flow), &s->other));
  MF_TRY(mf_field_create(mf_flow_grid(flow), &s->weights));
  MF_TRY(mf_flow_create_subflow(&s->transport, flow, MF_GEOMETRY_TRANSPORT));
  MF_TRY(mf_flow_finish(s->transport, mf_coordinate_names[MF_DEVIATION], initial));
  return mf_propagator_create(&s->propagator, s->transport);
}

int mf_split_check(const mf_flow *flow)
{
  if (mf_flow_splits(flow)) return MF_OK;
  return mf_fail(MF_ECASE,
                 "splitting is for kl in sums of wasserstein and hellinger or spherical_hellinger; leave "
                 "the choice to 'auto'");
}

int mf_split_create(mf_split **out, mf_flow *flow, const mf_measure *initial)
{
  MF_TRY(mf_split_check(flow));
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, flow, initial);
  if (status) {
    mf_split_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_split_free(mf_split *s)
{
  if (!s) return;
  mf_propagator_free(s->propagator);
  mf_flow_free(s->transport);
  mf_field_free(s->y);
  mf_field_free(s->other);
  mf_field_free(s->weights);
  mf_release(s);
}

static void find_deviation(const mf_split *s, const double *log_ratio, double *y)
{
  mf_coordinate_from_log_ratio(mf_flow_coordinate(s->transport), mf_flow_target(s->flow), log_ratio, y);
}

int mf_split_transport(mf_split *s, double t, double *log_ratio)
{
  const double vacuum = 4 * DBL_EPSILON; /* round-off of u = 1 + w, which reactions must not breed */
  const mf_grid *grid = mf_flow_grid(s->flow);
  const double *pi = mf_flow_target(s->flow)->density;
  find_deviation(s, log_ratio, s->y);
  mf_flow_hold_mass(s->transport, s->y);
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_SERIES);
  const int status = mf_propagator_advance(s->propagator, t, s->y);
  mf_profile_leave(outer);
  MF_TRY(status);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const double w = s->y[c] / pi[c];
    log_ratio[c] = w > vacuum - 1 ? log1p(w) : -INFINITY;
  }
  return MF_OK;
}

void mf_split_react(const mf_split *s, double t, double *log_ratio)
{
  for (int i = 0; i < mf_flow_geometries(s->flow); i++) {
    const mf_geometry *g = mf_flow_geometry(s->flow, i);
    if (g->type->react) g->type->react(g, mf_flow_weight(s->flow) * t, log_ratio);
  }
}

int mf_split_step(mf_split *s, double t, double *log_ratio)
{
  mf_split_react(s, 0.5 * t, log_ratio);
  MF_TRY(mf_split_transport(s, t, log_ratio));
  mf_split_react(s, 0.5 * t, log_ratio);
  return MF_OK;
}

double mf_split_difference(mf_split *s, const double *a, const double *b, double rtol)
{
  const mf_grid *grid = mf_flow_grid(s->flow);
  find_deviation(s, a, s->other);
  find_deviation(s, b, s->y);
  mf_flow_weights(s->transport, s->y, rtol, rtol * 1e-150, 1, s->weights);
  mf_each(grid->cells, mf_each_sum, 1, s->other, -1, s->y, s->y);
  mf_each(grid->cells, mf_each_product, 0, s->weights, 0, s->y, s->y);
  return sqrt(mf_field_dot(grid, s->y, s->y) / (double)grid->global_cells);
}

mf_propagator *mf_split_series(const mf_split *s)
{
  return s->propagator;
}
