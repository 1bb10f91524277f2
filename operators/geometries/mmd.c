/* SPDX-License-Identifier: BSD-3-Clause */
/* The MMD geometry:  K_MMD xi = beta K^-1 xi,  the inverse of the kernel operator, whatever the state.
 *
 * For an energy weight/2 |mu - pi|_K^2 in the same kernel, K^-1 xi = weight (mu - pi) exactly, and the flow
 * relaxes along the straight line from mu to pi (Gladin, Dvurechensky, Mielke & Zhu 2024, Theorem 3.6). */
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/geometry.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  double coefficient, regularisation;
  mf_kernel_options kernel;
} options;

static const mf_param params[] = {
    MF_COEFFICIENT_PARAM(options, "beta: reaction per force"),
    {.key = "regularisation",
     .kind = MF_REAL,
     .offset = offsetof(options, regularisation),
     .min = 0,
     .max = DBL_MAX,
     .doc = "epsilon of (K + epsilon)^-1, for energies other than mmd [L^d]"},
    MF_KERNEL_PARAMS(options, kernel, false),
};

static bool regularised(const mf_geometry *g)
{
  return ((const options *)g->options)->regularisation > 0;
}

typedef struct {
  mf_convolution *kernel;
  double *xi, *image;
} workspace;

/* (K + epsilon)^-1 is diagonal in Fourier space where every axis is periodic. */
static int create_regularised(mf_geometry *g)
{
  const options *o = g->options;
  mf_kernel kernel;
  for (int a = 0; a < g->grid->dim; a++)
    if (!g->grid->periodic[a] && g->grid->n[a] > 1)
      return mf_fail(
          MF_ECASE, "the regularised inverse kernel is diagonal on periodic axes only: axis %d has walls", a);
  if (o->kernel.name < 0) return mf_fail(MF_ECASE, "a regularised inverse needs its `kernel`");
  MF_TRY(mf_kernel_init(&kernel, &o->kernel));
  if (kernel.type->conditional)
    return mf_fail(MF_ECASE, "kernel %s is not positive definite", kernel.type->name);
  if (kernel.type->coefficient)
    return mf_fail(MF_ECASE, "kernel %s is not diagonal in Fourier space", kernel.type->name);
  MF_TRY(mf_objects_create(&g->self, 1, sizeof(workspace)));
  workspace *w = g->self;
  MF_TRY(mf_field_create(g->grid, &w->xi));
  MF_TRY(mf_field_create(g->grid, &w->image));
  return mf_convolution_create(&w->kernel, g->grid, &kernel);
}

static int create(mf_geometry *g, const mf_force *f)
{
  g->coefficient = ((const options *)g->options)->coefficient;
  if (regularised(g)) return create_regularised(g);
  if (((const options *)g->options)->kernel.name >= 0)
    return mf_fail(MF_ECASE,
                   "geometry mmd takes its kernel from the energy; one of its own needs a `regularisation`");
  if (!f->embedding)
    return mf_fail(
        MF_ECASE,
        "geometry mmd inverts the kernel of the energy: the energy must be mmd with one kernel, and nothing "
        "else; for other energies give a `regularisation` and a `kernel`");
  return MF_OK;
}

static void destroy(mf_geometry *g)
{
  workspace *w = g->self;
  if (!w) return;
  mf_convolution_free(w->kernel);
  mf_field_free(w->xi);
  mf_field_free(w->image);
  mf_release(w);
}

static unsigned needs(const mf_geometry *g, const mf_force *f, mf_rate_form form)
{
  if (regularised(g)) return mf_geometry_needs_variation(g, f, form);
  return form == MF_RELATIVE ? MF_NEED_LOG_RATIO : MF_NEED_DEVIATION;
}

/* w->image = (K + epsilon)^-1 w->xi. */
static void invert(const mf_geometry *g)
{
  const workspace *w = g->self;
  memset(w->image, 0, (size_t)g->grid->cells * sizeof *w->image);
  mf_convolution_add_inverse(w->kernel, w->xi, ((const options *)g->options)->regularisation, 1, w->image);
}

/* out[c] -= beta (K + epsilon)^-1 w->xi, per rho in log form. */
static void subtract_inverse(const mf_geometry *g, const mf_state *s, double *out)
{
  const workspace *w = g->self;
  invert(g);
  for (ptrdiff_t c = 0; c < g->grid->cells; c++)
    out[c] -= g->coefficient * w->image[c] / (s->form == MF_RELATIVE ? fmax(s->density[c], 1e-300) : 1);
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  if (regularised(g)) {
    double *xi = ((const workspace *)g->self)->xi;
    for (ptrdiff_t c = 0; c < g->grid->cells; c++) xi[c] = mf_force_variation(f, s, c);
    subtract_inverse(g, s, out);
    return;
  }
  const double scale = g->coefficient * f->embedding_weight;
  if (s->form == MF_RELATIVE) /* (mu - pi)/mu = 1 - 1/u */
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] += scale * expm1(-s->log_ratio[c]);
  else
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] -= scale * s->deviation[c];
}

static void jacobian(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                     const double *dxi, double *restrict out)
{
  if (regularised(g)) {
    double *xi = ((const workspace *)g->self)->xi;
    for (ptrdiff_t c = 0; c < g->grid->cells; c++) xi[c] = mf_force_variation_change(f, s, d, dxi, c);
    subtract_inverse(g, s, out);
    return;
  }
  const double scale = g->coefficient * f->embedding_weight;
  if (s->form == MF_RELATIVE)
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] -= scale * exp(-s->log_ratio[c]) * d->log_ratio[c];
  else
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] -= scale * d->density[c];
}

static int linearise(const mf_geometry *g, mf_linear *l)
{
  if (regularised(g))
    return mf_fail(MF_ENUMERIC,
                   "the spectrum of a regularised inverse kernel over this target is not worked out");
  l->inverse += g->coefficient;
  return MF_OK;
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  if (regularised(g)) {
    const workspace *v = g->self;
    memcpy(v->xi, f->total, (size_t)g->grid->cells * sizeof *v->xi);
    invert(g);
    return g->grid->volume * mf_field_weighted_dot(g->grid, g->coefficient, v->xi, v->image);
  }
  const double w = f->embedding_weight;
  return g->coefficient * w * mf_convolution_weighted(f->embedding, w, s->deviation);
}

static void add_bands(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis,
                      double *restrict lower, double *restrict diagonal, double *restrict upper)
{
  (void)lower, (void)upper;
  if (axis != 0 || regularised(g)) return;
  const double scale = g->coefficient * f->embedding_weight;
  for (ptrdiff_t c = 0; c < s->grid->cells; c++)
    diagonal[c] -= s->form == MF_RELATIVE ? scale * exp(-s->log_ratio[c]) : scale;
}

const mf_geometry_type mf_geometry_mmd = {
    .name = "mmd",
    .summary = "K xi = beta K^-1 xi: reaction in the kernel's own geometry",
    .reference = "Gladin, Dvurechensky, Mielke & Zhu 2024, (6)",
    .traits = MF_GEOMETRY_EMBEDDED,
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
