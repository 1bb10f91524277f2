/* SPDX-License-Identifier: BSD-3-Clause */
/* The Otto-Wasserstein geometry for smooth densities, to fourth order:  K(mu) xi = -alpha div(mu grad xi)  for entropic
 * energies over a target.
 *
 * With D the difference across a face, w_f = pi_f/h^2 and S the filter that takes an average over faces back to the
 * value at one, S g = (26 g_f - g_(f-1) - g_(f+1))/24, the rate is
 *
 *   d rho/dt = -alpha D^T S w S D P,      P = (u^p - 1)/p
 *
 * S D/h is the staggered derivative of fourth order (Fornberg 1988), and D^T S its adjoint: mass is conserved, the
 * target is kept, and for KL int (u - 1)^2 dpi decays at exactly twice the gap of the grid, as with two-point fluxes.
 * It is not a Markov generator: where a density is not resolved it may become negative, and other divergences may
 * rise.  At a wall the filter sees no flux beyond; fourth order there needs a density that has died out, or is even. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/transport/transport.h"

#include <float.h>
#include <string.h>

typedef struct {
  double coefficient;
} options;

static const mf_param params[] = {MF_COEFFICIENT_PARAM(options, "alpha: transport per force")};

typedef struct {
  mf_transport *transport; /* face weights, and the two-point operator as preconditioner */
  double *pressure, *flux, *filtered, *unit_rate;
} workspace;

static int create(mf_geometry *g, const mf_force *f)
{
  const options *o = g->options;
  g->coefficient = o->coefficient;
  if (f->xi || mf_force_has(f, true) || !mf_force_has(f, false))
    return mf_fail(MF_ECASE, "the fourth-order flux is for divergences from a target alone; "
                             "use wasserstein for the other energies");
  MF_TRY(mf_objects_create(&g->self, 1, sizeof(workspace)));
  workspace *w = g->self;
  MF_TRY(mf_field_create(g->grid, &w->pressure));
  MF_TRY(mf_field_create(g->grid, &w->flux));
  MF_TRY(mf_field_create(g->grid, &w->filtered));
  MF_TRY(mf_field_create(g->grid, &w->unit_rate));
  return mf_transport_create(&w->transport, g->grid, g->target, MF_FACE_MIDPOINT, MF_LIMITER_NONE);
}

static void destroy(mf_geometry *g)
{
  workspace *w = g->self;
  if (!w) return;
  mf_transport_free(w->transport);
  mf_field_free(w->pressure);
  mf_field_free(w->flux);
  mf_field_free(w->filtered);
  mf_field_free(w->unit_rate);
  mf_release(w);
}

static unsigned needs(const mf_geometry *g, const mf_force *f, mf_rate_form form)
{
  (void)g;
  return mf_force_needs(f, form == MF_RELATIVE) | (form == MF_RELATIVE ? MF_NEED_DENSITY : 0u);
}

/* out = S in along an axis; what it leaves at faces in a wall is nothing. */
static void filter(const mf_grid *grid, int axis, const double *in, double *restrict out)
{
  mf_each(grid->cells, mf_each_scaled, 26.0 / 24, in, 0, NULL, out);
  for (mf_faces f = mf_faces_of(grid, axis); mf_faces_next(&f);) {
    const double *low = in + f.first, *high = low + f.step;
    double *before = out + f.first, *after = before + f.step;
    for (ptrdiff_t i = 0; i < f.count; i++) before[i] -= high[i] / 24;
    for (ptrdiff_t i = 0; i < f.count; i++) after[i] -= low[i] / 24;
  }
}

/* w->flux = -S w S D pressure: the flux through the face above each cell. */
static void find_flux(const workspace *w, const mf_grid *grid, int axis, const double *pressure)
{
  const double *weight = mf_transport_weight(w->transport, axis);
  mf_halo(grid, pressure, 3); /* one for the difference, one for each filter */
  memset(w->flux, 0, (size_t)grid->cells * sizeof *w->flux);
  for (mf_faces f = mf_faces_of(grid, axis); mf_faces_next(&f);) {
    const double *low = pressure + f.first, *high = low + f.step;
    for (ptrdiff_t i = 0; i < f.count; i++) w->flux[f.first + i] = low[i] - high[i];
  }
  filter(grid, axis, w->flux, w->filtered);
  mf_each(grid->cells, mf_each_product, 0, w->filtered, 0, weight, w->filtered);
  filter(grid, axis, w->filtered, w->flux);
}

/* out += coefficient * (inflow - outflow) of the fluxes that pressures drive, in the state's form. */
static void move(const mf_geometry *g, const mf_state *s, double *restrict out)
{
  workspace *w = g->self;
  mf_each(g->grid->cells, mf_each_scaled, g->coefficient, w->pressure, 0, NULL, w->pressure);
  for (int a = 0; a < g->grid->dim; a++) {
    find_flux(w, g->grid, a, w->pressure);
    mf_transport_move(w->transport, s, a, w->flux, out);
  }
}

static void find_pressure(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  const workspace *w = g->self;
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) w->pressure[c] = mf_force_pressure(f, s, false, c);
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  find_pressure(g, s, f);
  move(g, s, out);
}

static void jacobian(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                     const double *dxi, double *restrict out)
{
  (void)dxi;
  workspace *w = g->self;
  const bool relative = s->form == MF_RELATIVE;
  for (ptrdiff_t c = 0; c < g->grid->cells; c++)
    w->pressure[c] = mf_force_pressure_slope(f, s, false, c) *
                     (relative ? (1 + s->excess[c]) * d->log_ratio[c] : d->excess[c]);
  move(g, s, out);
  if (!relative) return;
  memset(w->unit_rate, 0, (size_t)g->grid->cells * sizeof *w->unit_rate);
  rate(g, s, f, w->unit_rate);
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) out[c] -= w->unit_rate[c] * d->log_ratio[c];
}

/* Every entropy's P has the slope 1 at u = 1. */
static int linearise(const mf_geometry *g, mf_linear *l)
{
  const workspace *w = g->self;
  if (l->transport > 0)
    return mf_fail(MF_ENUMERIC, "%s beside another geometry that moves mass by diffusion is not worked out",
                   g->type->name);
  l->transport = g->coefficient;
  l->staggered = true;
  for (int a = 0; a < g->grid->dim; a++) l->weight[a] = mf_transport_weight(w->transport, a);
  return MF_OK;
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  const workspace *w = g->self;
  double total = 0;
  find_pressure(g, s, f);
  for (int a = 0; a < g->grid->dim; a++) {
    find_flux(w, g->grid, a, w->pressure);
    total += mf_transport_power(g->grid, a, w->flux, f->total);
  }
  return g->coefficient * total * g->grid->volume;
}

static void add_bands(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis,
                      double *restrict lower, double *restrict diagonal, double *restrict upper)
{
  const workspace *w = g->self;
  mf_transport_add_bands(w->transport, s, f, axis, g->coefficient, lower, diagonal, upper);
}

const mf_geometry_type mf_geometry_wasserstein_fourth = {
    .name = "wasserstein_fourth",
    .summary = "K xi = -alpha div(mu grad xi) to fourth order for smooth densities; may lose positivity",
    .reference = "Otto 2001; Fornberg 1988",
    .traits = MF_GEOMETRY_TRANSPORT | MF_GEOMETRY_MASS | MF_GEOMETRY_UNSIGNED | MF_GEOMETRY_WIDE,
    .order = 4,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .needs = needs,
    .rate = rate,
    .jacobian = jacobian,
    .linearise = linearise,
    .dissipation = dissipation,
    .add_bands = add_bands,
};
