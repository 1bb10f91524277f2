/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernelised Wasserstein geometry:  K(mu) xi = -alpha div(mu grad K_mu xi),  (K_mu f)(x) = int k(x, y) f(y) dmu(y).
 *
 * The force is smoothed before its gradient is taken.  For inclusive KL, K_mu (1 - dpi/dmu) = K (mu - pi), so this flow is
 * the MMD flow (Zhu 2024, arXiv 2411.00214).  It is not symmetric in general: energies other than MMD-like ones may
 * rise. */
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/transport/transport.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  double coefficient;
  int limiter;
  mf_kernel_options kernel;
} options;

static const mf_param params[] = {
    MF_COEFFICIENT_PARAM(options, "alpha: transport per force"),
    {.key = "limiter",
     .kind = MF_CHOICE,
     .offset = offsetof(options, limiter),
     .choices = mf_limiter_names,
     .doc = "slopes of the upwind value"},
    MF_KERNEL_PARAMS(options, kernel, true),
};

typedef struct {
  mf_transport *transport;
  mf_convolution *kernel;
  double *product, *potential;
} workspace;

static int create(mf_geometry *g, const mf_force *f)
{
  (void)f;
  const options *o = g->options;
  g->coefficient = o->coefficient;
  MF_TRY(mf_objects_create(&g->self, 1, sizeof(workspace)));
  workspace *w = g->self;
  MF_TRY(mf_field_create(g->grid, &w->product));
  MF_TRY(mf_field_create(g->grid, &w->potential));
  MF_TRY(mf_transport_create(&w->transport, g->grid, NULL, MF_FACE_AUTO, (mf_limiter)o->limiter));
  return mf_convolution_create_from(&w->kernel, g->grid, &o->kernel);
}

static void destroy(mf_geometry *g)
{
  workspace *w = g->self;
  if (!w) return;
  mf_transport_free(w->transport);
  mf_convolution_free(w->kernel);
  mf_field_free(w->product);
  mf_field_free(w->potential);
  mf_release(w);
}

/* The force with K_mu xi as its only part. */
static mf_force smoothed(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  workspace *w = g->self;
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) w->product[c] = mf_force_product(f, s, c);
  memset(w->potential, 0, (size_t)g->grid->cells * sizeof *w->potential);
  mf_convolution_add(w->kernel, w->product, 1, w->potential);
  return (mf_force){.xi = w->potential, .total = f->total};
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  const mf_force smooth = smoothed(g, s, f);
  mf_transport_add_rate(((const workspace *)g->self)->transport, s, &smooth, g->coefficient, out);
}

static int linearise(const mf_geometry *g, mf_linear *l)
{
  const workspace *w = g->self;
  if (l->kernel || l->upwind || l->transport > 0)
    return mf_fail(MF_ENUMERIC, "%s beside another geometry that moves mass is not worked out",
                   g->type->name);
  if (l->embedding)
    return mf_fail(MF_ENUMERIC,
                   "%s smooths the force of an MMD energy a second time: no inner product "
                   "makes that symmetric",
                   g->type->name);
  l->kernel = w->kernel;
  l->first = true;
  l->velocity = g->coefficient;
  l->upwind = w->transport;
  return MF_OK;
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  const mf_force smooth = smoothed(g, s, f);
  return g->coefficient * mf_transport_dissipation(((const workspace *)g->self)->transport, s, &smooth);
}

const mf_geometry_type mf_geometry_kernelised_wasserstein = {
    .name = "kernelised_wasserstein",
    .summary = "K xi = -alpha div(mu grad K_mu xi): transport by the smoothed force",
    .reference = "Zhu 2024, arXiv 2411.00214",
    .traits = MF_GEOMETRY_MASS | MF_GEOMETRY_UNSIGNED,
    .order = 2,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .needs = mf_geometry_needs_variation,
    .rate = rate,
    .linearise = linearise,
    .dissipation = dissipation,
};
