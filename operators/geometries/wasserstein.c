/* SPDX-License-Identifier: BSD-3-Clause */
/* The Otto-Wasserstein geometry:  K(mu) xi = -alpha div(mu grad xi),  so mass moves with velocity -alpha grad
 * xi.
 *
 * With KL it gives the Fokker-Planck equation, with phi_p nonlinear diffusion, with MMD the MMD flow.  The
 * fluxes and their reasons are in transport.h. */
#include "operators/transport/transport.h"

#include <float.h>

typedef struct {
  double coefficient;
  int face_weight, limiter;
} options;

static const mf_param params[] = {
    MF_COEFFICIENT_PARAM(options, "alpha: transport per force"),
    {.key = "face_weight",
     .kind = MF_CHOICE,
     .offset = offsetof(options, face_weight),
     .choices = mf_face_weight_names,
     .doc = "mean of the target over a face, for entropic energies"},
    {.key = "limiter",
     .kind = MF_CHOICE,
     .offset = offsetof(options, limiter),
     .choices = mf_limiter_names,
     .doc = "slopes of the upwind value, for other energies"},
};

static int create(mf_geometry *g, const mf_force *f)
{
  const options *o = g->options;
  g->coefficient = o->coefficient;
  return mf_transport_create((mf_transport **)&g->self, g->grid, mf_force_has(f, false) ? g->target : NULL,
                             (mf_face_weight)o->face_weight, (mf_limiter)o->limiter);
}

static void destroy(mf_geometry *g)
{
  mf_transport_free(g->self);
}

static unsigned needs(const mf_geometry *g, const mf_force *f, mf_rate_form form)
{
  (void)g;
  unsigned mask = f->xi ? MF_NEED_DENSITY : 0;
  if (form == MF_ABSOLUTE) return mask | mf_transport_needs(f);
  if (mf_force_has(f, true)) mask |= MF_NEED_DENSITY;
  return mf_force_has(f, false) ? mask | MF_NEED_LOG_RATIO : mask;
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  mf_transport_add_rate(g->self, s, f, g->coefficient, out);
}

static void jacobian(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                     const double *dxi, double *restrict out)
{
  mf_transport_add_jacobian(g->self, s, f, d, dxi, g->coefficient, out);
}

static bool fused_rate(const mf_geometry *g, const mf_state *s, const mf_force *f, bool fresh,
                       double *restrict out, bool *finite)
{
  return mf_transport_fused_rate(g->self, s, f, g->coefficient, fresh, out, finite);
}

static bool fused_jacobian(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                           const double *dxi, bool fresh, double *restrict out, bool *finite)
{
  return mf_transport_fused_jacobian(g->self, s, f, d, dxi, g->coefficient, fresh, out, finite);
}

static const double *weights(const mf_geometry *g, int axis)
{
  return mf_transport_weight(g->self, axis);
}

static int linearise(const mf_geometry *g, mf_linear *l)
{
  if (l->embedding && l->entropic > 0)
    return mf_fail(MF_ENUMERIC,
                   "%s moves the mass of an entropy and that of an MMD energy by different mobilities of a "
                   "face, so that no inner product makes the sum symmetric",
                   g->type->name);
  if (l->transport > 0 || l->upwind)
    return mf_fail(MF_ENUMERIC, "two geometries move mass between cells: say %s once, with the sum of both",
                   g->type->name);
  if (l->embedding) {
    l->velocity = g->coefficient;
    l->upwind = g->self;
    return MF_OK;
  }
  l->transport = g->coefficient;
  for (int a = 0; a < g->grid->dim; a++) l->weight[a] = weights(g, a);
  return MF_OK;
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  return g->coefficient * mf_transport_dissipation(g->self, s, f);
}

static void add_bands(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis,
                      double *restrict lower, double *restrict diagonal, double *restrict upper)
{
  mf_transport_add_bands(g->self, s, f, axis, g->coefficient, lower, diagonal, upper);
}

const mf_geometry_type mf_geometry_wasserstein = {
    .name = "wasserstein",
    .summary = "K xi = -alpha div(mu grad xi): transport",
    .reference = "Otto 2001",
    .traits = MF_GEOMETRY_TRANSPORT | MF_GEOMETRY_MASS,
    .order = 2,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .needs = needs,
    .rate = rate,
    .fused_rate = fused_rate,
    .jacobian = jacobian,
    .fused_jacobian = fused_jacobian,
    .weights = weights,
    .linearise = linearise,
    .dissipation = dissipation,
    .add_bands = add_bands,
};
