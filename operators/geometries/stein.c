/* SPDX-License-Identifier: BSD-3-Clause */
/* The Stein geometry (SVGD):  K(mu) xi = -alpha div(mu K (mu grad xi)),  so mass moves with the smoothed velocity
 * -alpha int k(x, y) grad xi(y) dmu(y)  (Liu & Wang 2016; Duncan, Nuesken & Szpruch 2023).
 *
 * On faces, with the Wasserstein flux J = -m_f grad xi of transport.h, the velocity is K J and the flux m_f K J, where the
 * mobility m_f = -J/grad xi is the one the Wasserstein flux has.  Then  D = alpha <J, K J>, the kernelised Stein
 * discrepancy, and pi is held exactly. */
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/transport/transport.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  double coefficient;
  int face_weight;
  mf_kernel_options kernel;
} options;

static const mf_param params[] = {
    MF_COEFFICIENT_PARAM(options, "alpha: transport per force"),
    {.key = "face_weight",
     .kind = MF_CHOICE,
     .offset = offsetof(options, face_weight),
     .choices = mf_face_weight_names,
     .doc = "mean of the target over a face, for entropic energies"},
    MF_KERNEL_PARAMS(options, kernel, true),
};

typedef struct {
  mf_transport *transport;
  mf_convolution *kernel;
  double *flux, *velocity, *xi;
  bool single; /* flux and force have one sign: entropies of one reference, or none */
} workspace;

static int create(mf_geometry *g, const mf_force *f)
{
  const options *o = g->options;
  g->coefficient = o->coefficient;
  MF_TRY(mf_objects_create(&g->self, 1, sizeof(workspace)));
  workspace *w = g->self;
  w->single = mf_force_has(f, false) + mf_force_has(f, true) + (f->xi != NULL) == 1;
  MF_TRY(mf_field_create(g->grid, &w->flux));
  MF_TRY(mf_field_create(g->grid, &w->velocity));
  MF_TRY(mf_field_create(g->grid, &w->xi));
  MF_TRY(mf_transport_create(&w->transport, g->grid, mf_force_has(f, false) ? g->target : NULL,
                             (mf_face_weight)o->face_weight, MF_LIMITER_MINMOD));
  return mf_convolution_create_from(&w->kernel, g->grid, &o->kernel);
}

static void destroy(mf_geometry *g)
{
  workspace *w = g->self;
  if (!w) return;
  mf_transport_free(w->transport);
  mf_convolution_free(w->kernel);
  mf_field_free(w->flux);
  mf_field_free(w->velocity);
  mf_field_free(w->xi);
  mf_release(w);
}

/* (a - b)/(log a - log b), the mean that goes with entropic fluxes. */
static double logarithmic_mean(double a, double b)
{
  const double d = log(a / b);
  return fabs(d) < 1e-4 ? 0.5 * (a + b) : (a - b) / d;
}

/* Mobility of a face between the cells low and high: Wasserstein flux over force.  Where parts of a sum may cancel in one
 * and not in the other, or the force is round-off, it is the logarithmic mean; beside an empty cell the density upwind
 * of the velocity, so that nothing leaves it. */
static double mobility(const workspace *w, const mf_state *s, double h2, ptrdiff_t low, ptrdiff_t high)
{
  const double a = w->xi[low], b = w->xi[high], left = s->density[low], right = s->density[high];
  if (left <= 0 || right <= 0) return w->velocity[low] > 0 ? left : right;
  if (!w->single || fabs(a - b) <= 1e-13 * (fabs(a) + fabs(b))) return logarithmic_mean(left, right);
  return fmax(w->flux[low] * h2 / (a - b), 0);
}

static void find_variation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  double *xi = ((const workspace *)g->self)->xi;
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) xi[c] = mf_force_variation(f, s, c);
  mf_halo(g->grid, xi, 1);
}

/* w->flux = alpha m_f K J along one axis, J the Wasserstein flux. */
static void stein_flux(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis)
{
  workspace *w = g->self;
  const double h2 = g->grid->h[axis] * g->grid->h[axis];
  mf_transport_flux(w->transport, s, f, axis, w->flux);
  memset(w->velocity, 0, (size_t)g->grid->cells * sizeof *w->velocity);
  mf_convolution_add(w->kernel, w->flux, 1, w->velocity);
  for (mf_faces run = mf_faces_of(g->grid, axis); mf_faces_next(&run);)
    for (ptrdiff_t low = run.first; low < run.first + run.count; low++)
      w->flux[low] = g->coefficient * w->velocity[low] * mobility(w, s, h2, low, low + run.step);
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  const workspace *w = g->self;
  find_variation(g, s, f);
  for (int a = 0; a < g->grid->dim; a++) {
    stein_flux(g, s, f, a);
    mf_transport_move(w->transport, s, a, w->flux, out);
  }
}

/* At the target the mobility of a face is pi_f = w h^2. */
static int linearise(const mf_geometry *g, mf_linear *l)
{
  const workspace *w = g->self;
  if (l->embedding)
    return mf_fail(MF_ENUMERIC,
                   "%s moves the mass of an MMD energy upwind, which has no derivative at the target",
                   g->type->name);
  if (l->kernel)
    return mf_fail(MF_ENUMERIC, "%s beside another geometry with a kernel is not worked out", g->type->name);
  l->kernel = w->kernel;
  l->smoothing = g->coefficient;
  l->on_faces = true;
  for (int a = 0; a < g->grid->dim; a++) l->weight[a] = mf_transport_weight(w->transport, a);
  return MF_OK;
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  const workspace *w = g->self;
  double total = 0;
  find_variation(g, s, f);
  for (int a = 0; a < g->grid->dim; a++) {
    stein_flux(g, s, f, a);
    total += mf_transport_power(g->grid, a, w->flux, w->xi);
  }
  return total * g->grid->volume;
}

const mf_geometry_type mf_geometry_stein = {
    .name = "stein",
    .summary = "K xi = -alpha div(mu K(mu grad xi)): Stein variational transport",
    .reference = "Liu & Wang 2016; Mielke & Zhu 2024, (4.3)",
    .traits = MF_GEOMETRY_MASS,
    .order = 2,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .needs = mf_geometry_needs_variation,
    .rate = rate,
    .linearise = linearise,
    .dissipation = dissipation,
};
