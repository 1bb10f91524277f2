/* SPDX-License-Identifier: BSD-3-Clause */
/* The derivative of a flow's rate at a point: applied to a change, as bands along an axis, and what makes it symmetric. */
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/team.h"
#include "solver/flow/flow_parts.h"

#include <math.h>
#include <string.h>

void mf_flow_linearise(mf_flow *flow, const double *y)
{
  mf_state_store_set(&flow->linear, &flow->coordinate, y, flow->linear.needs);
  mf_force f = mf_flow_force(flow, &flow->linear.state, flow->linear_xi);
  if (flow->linear_rate) mf_flow_sum_rates(flow, &flow->linear.state, &f, flow->linear_rate);
}

static mf_force linear_force(const mf_flow *flow)
{
  mf_force f = flow->force;
  f.xi = flow->has_xi ? flow->linear_xi : NULL;
  return f;
}

/* The tangent of dy = v. */
static mf_tangent tangent_of(mf_flow *flow, const double *v)
{
  const mf_state *s = &flow->linear.state;
  if (s->form == MF_ABSOLUTE) {
    for (ptrdiff_t c = 0; flow->tangent_excess && c < flow->grid->cells; c++)
      flow->tangent_excess[c] = v[c] * flow->inverse_target[c];
    return (mf_tangent){.density = v, .excess = flow->tangent_excess};
  }
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++) {
    flow->tangent_log[c] = v[c] / mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]);
    flow->tangent_density[c] = s->density[c] * flow->tangent_log[c];
  }
  return (mf_tangent){.density = flow->tangent_density, .log_ratio = flow->tangent_log};
}

/* False if a value is not finite, in any process. */
static bool sum_jacobians(const mf_flow *flow, const mf_state *s, const mf_force *f, const mf_tangent *d,
                          const double *dxi, double *jv)
{
  bool fresh = true, checked = true, finite = true;
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry *g = flow->geometry[i];
    if (!(g->coefficient > 0) || !g->type->jacobian) continue;
    if (g->type->fused_jacobian && g->type->fused_jacobian(g, s, f, d, dxi, fresh, jv, &finite)) {
      fresh = false;
      continue;
    }
    if (fresh) memset(jv, 0, (size_t)flow->grid->cells * sizeof *jv);
    g->type->jacobian(g, s, f, d, dxi, jv);
    fresh = checked = false;
  }
  if (fresh) memset(jv, 0, (size_t)flow->grid->cells * sizeof *jv);
  return checked ? mf_team_all(flow->grid->team, finite) : isfinite(mf_field_sum_abs(flow->grid, jv));
}

int mf_flow_jacobian(mf_flow *flow, const double *v, double *jv)
{
  const mf_state *s = &flow->linear.state;
  const mf_force f = linear_force(flow);
  const mf_tangent d = tangent_of(flow, v);
  double *dxi = flow->has_xi ? flow->change_xi : NULL;
  if (dxi) memset(dxi, 0, (size_t)flow->grid->cells * sizeof *dxi);
  for (int i = 0; dxi && i < flow->energies; i++)
    if (flow->energy[i]->type->add_hessian) flow->energy[i]->type->add_hessian(flow->energy[i], s, &d, dxi);
  bool finite = sum_jacobians(flow, s, &f, &d, dxi, jv);
  const double q = flow->coordinate.exponent;
  if (q != 0)
    for (ptrdiff_t c = 0; c < flow->grid->cells; c++)
      jv[c] = mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]) *
              (jv[c] + q * flow->linear_rate[c] * d.log_ratio[c]);
  if (q != 0) finite = isfinite(mf_field_sum_abs(flow->grid, jv));
  return finite ? MF_OK : mf_fail(MF_RETRY, "the Jacobian is not finite");
}

/* Similarity by u^q turns bands for d log rho into bands for dy. */
static void rescale_bands(const mf_flow *flow, int axis, double *lower, double *diagonal, double *upper)
{
  const double q = flow->coordinate.exponent, *l = flow->linear.state.log_ratio;
  if (q == 0) return;
  mf_halo(flow->grid, l, 1);
  for (mf_faces f = mf_faces_of(flow->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      const double factor = exp(q * (l[high] - l[low]));
      upper[low] /= factor;
      lower[high] *= factor;
    }
  if (axis == 0)
    for (ptrdiff_t c = 0; c < flow->grid->cells; c++) diagonal[c] += q * flow->linear_rate[c];
}

void mf_flow_bands(mf_flow *flow, int axis, double *lower, double *diagonal, double *upper)
{
  const size_t bytes = (size_t)flow->grid->cells * sizeof(double);
  memset(lower, 0, bytes);
  memset(diagonal, 0, bytes);
  memset(upper, 0, bytes);
  const mf_force f = linear_force(flow);
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry *g = flow->geometry[i];
    if (g->type->add_bands && g->coefficient > 0)
      g->type->add_bands(g, &flow->linear.state, &f, axis, lower, diagonal, upper);
  }
  rescale_bands(flow, axis, lower, diagonal, upper);
}

void mf_flow_symmetry(const mf_flow *flow, double *mass, double *slope)
{
  const double least = 1e-290, most = 1e290; /* one's inverse is the other; what is below is vacuum */
  const mf_state *s = &flow->linear.state;
  const mf_force f = linear_force(flow);
  const bool divided = mf_force_has(&f, false), flat = mf_force_has(&f, true);
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++) {
    double pressure = divided || flat ? 0 : 1;
    if (divided) pressure += mf_force_pressure_slope(&f, s, false, c);
    if (flat) pressure += mf_force_pressure_slope(&f, s, true, c);
    const double value = (divided ? s->target->density[c] : 1) / pressure;
    mass[c] = value < least ? least : value > most ? most : value;
  }
  for (ptrdiff_t c = 0; slope && c < flow->grid->cells; c++)
    slope[c] = fmax(s->density[c] / mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]), least);
}
