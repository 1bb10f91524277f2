/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernelised Fisher-Rao geometry (Mielke & Zhu 2024, (3.5) and Proposition 3.3):
 *
 *   K(mu) xi = beta mu K_mu xi,                          (K_mu f)(x) = int k(x, y) f(y) dmu(y)
 *   K(mu) xi = beta mu (K_mu + lambda)^-1 K_mu xi        with a ridge lambda > 0: Fisher-Rao as lambda -> 0
 *
 * and, `centred`, with the mean over mu subtracted, which conserves mass.  The flow of inclusive KL is mu_t = -mu w, with
 * d/dt KL(pi|mu) = -MMD^2.  The ridge equation is solved in the symmetric form A = sqrt(mu) K sqrt(mu), (A + lambda) z = A f
 * with f = sqrt(mu) xi, by conjugate gradients. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/geometry.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  double coefficient, ridge, tolerance;
  bool centred;
  mf_kernel_options kernel;
} options;

static const mf_param params[] = {
    MF_COEFFICIENT_PARAM(options, "beta: reaction per force"),
    {.key = "ridge",
     .kind = MF_REAL,
     .offset = offsetof(options, ridge),
     .fallback = 0,
     .min = 0,
     .max = DBL_MAX,
     .doc = "lambda of (K_mu + lambda)^-1 K_mu; 0: K_mu itself"},
    {.key = "centred", .kind = MF_FLAG, .offset = offsetof(options, centred), .doc = "conserves mass"},
    {.key = "tolerance",
     .kind = MF_REAL,
     .offset = offsetof(options, tolerance),
     .fallback = 1e-12,
     .min = 1e-15,
     .max = 0.1,
     .doc = "relative residual of the ridge equation"},
    MF_KERNEL_PARAMS(options, kernel, true),
};

typedef struct {
  mf_convolution *kernel;
  double *product, *image;                                /* mu xi and K_mu xi */
  double *root, *residual, *direction, *scratch, *second; /* of conjugate gradients */
} workspace;

static int create(mf_geometry *g, const mf_force *f)
{
  (void)f;
  const options *o = g->options;
  g->coefficient = o->coefficient;
  g->conserves = o->centred;
  MF_TRY(mf_objects_create(&g->self, 1, sizeof(workspace)));
  workspace *w = g->self;
  double **const arrays[] = {&w->product,   &w->image,   &w->root,  &w->residual,
                             &w->direction, &w->scratch, &w->second};
  for (int i = 0; i < 7; i++) MF_TRY(mf_field_create(g->grid, arrays[i]));
  return mf_convolution_create_from(&w->kernel, g->grid, &o->kernel);
}

static void destroy(mf_geometry *g)
{
  workspace *w = g->self;
  if (!w) return;
  mf_convolution_free(w->kernel);
  double *const arrays[] = {w->product, w->image, w->root, w->residual, w->direction, w->scratch, w->second};
  for (int i = 0; i < 7; i++) mf_field_free(arrays[i]);
  mf_release(w);
}

static void apply_kernel(const mf_geometry *g, const double *f, double *out)
{
  memset(out, 0, (size_t)g->grid->cells * sizeof *out);
  mf_convolution_add(((const workspace *)g->self)->kernel, f, 1, out);
}

/* out = sqrt(mu) K sqrt(mu) f, through `scratch`. */
static void apply_symmetric(const mf_geometry *g, const double *f, double *scratch, double *out)
{
  const workspace *w = g->self;
  mf_each(g->grid->cells, mf_each_product, 0, w->root, 0, f, scratch);
  apply_kernel(g, scratch, out);
  mf_each(g->grid->cells, mf_each_product, 0, out, 0, w->root, out);
}

/* w->root = sqrt(mu), w->image = f = product/(size sqrt(mu)) with the size returned, so that squares of the deviation do
 * not underflow; 0 if there is no force. */
static double scaled_force(const mf_geometry *g, const mf_state *s)
{
  workspace *w = g->self;
  const double size = fmax(mf_field_max(g->grid, w->product), -mf_field_min(g->grid, w->product));
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) {
    w->root[c] = sqrt(s->density[c]);
    w->image[c] = w->root[c] > 0 && size > 0 ? w->product[c] / (size * w->root[c]) : 0;
  }
  return size;
}

/* Conjugate gradients for (A + lambda) z = A f, from z = f in w->image, which is the solution for lambda -> 0; true if
 * they converge. */
static bool solve_symmetric(const mf_geometry *g)
{
  const options *o = g->options;
  const workspace *w = g->self;
  double *z = w->image, *r = w->residual, *p = w->direction, *q = w->scratch, *t = w->second;
  apply_symmetric(g, z, t, r);
  const double enough = o->tolerance * o->tolerance * mf_field_dot(g->grid, r, r);
  mf_each(g->grid->cells, mf_each_scaled, -o->ridge, z, 0, NULL, r); /* A f - (A + lambda) f */
  mf_each(g->grid->cells, mf_each_scaled, 1, r, 0, NULL, p);
  double rr = mf_field_dot(g->grid, r, r);
  for (int i = 0; i < 1000 && rr > enough; i++) {
    apply_symmetric(g, p, t, q);
    mf_each(g->grid->cells, mf_each_sum, o->ridge, p, 1, q, q);
    const double step = rr / mf_field_dot(g->grid, p, q), before = rr;
    mf_each(g->grid->cells, mf_each_sum, step, p, 1, z, z);
    mf_each(g->grid->cells, mf_each_sum, -step, q, 1, r, r);
    rr = mf_field_dot(g->grid, r, r);
    mf_each(g->grid->cells, mf_each_sum, rr / before, p, 1, r, p);
  }
  const double slack = 1e3; /* round-off may hold the residual just above a tight tolerance */
  return rr <= slack * slack * enough;
}

/* Leaves eta = z/sqrt(mu) in w->image; NAN, which the integrator refuses, if the equation could not be solved. */
static void solve_ridge(const mf_geometry *g, const mf_state *s)
{
  const workspace *w = g->self;
  const double size = scaled_force(g, s);
  if (size == 0) return;
  const double unit = solve_symmetric(g) ? size : NAN;
  for (ptrdiff_t c = 0; c < g->grid->cells; c++)
    w->image[c] = w->root[c] > 0 ? unit * w->image[c] / w->root[c] : 0;
}

/* w->product = mu xi, w->image = K_mu xi or its ridge form, centred if asked for. */
static void evaluate(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  const options *o = g->options;
  workspace *w = g->self;
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) w->product[c] = mf_force_product(f, s, c);
  if (o->centred) {
    const double mean = mf_field_sum(g->grid, w->product) / mf_field_sum(g->grid, s->density);
    for (ptrdiff_t c = 0; c < g->grid->cells; c++) w->product[c] -= mean * s->density[c];
  }
  if (o->ridge > 0)
    solve_ridge(g, s);
  else
    apply_kernel(g, w->product, w->image);
  if (!o->centred) return;
  const double mean = mf_field_dot(g->grid, w->image, s->density) / mf_field_sum(g->grid, s->density);
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) w->image[c] -= mean;
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  const workspace *w = g->self;
  evaluate(g, s, f);
  for (ptrdiff_t c = 0; c < g->grid->cells; c++)
    out[c] -= g->coefficient * w->image[c] * (s->form == MF_RELATIVE ? 1 : s->density[c]);
}

static int linearise(const mf_geometry *g, mf_linear *l)
{
  const options *o = g->options;
  if (l->kernel)
    return mf_fail(MF_ENUMERIC, "%s beside another geometry with a kernel is not worked out", g->type->name);
  l->kernel = ((const workspace *)g->self)->kernel;
  l->smoothing = g->coefficient;
  l->ridge = o->ridge;
  return MF_OK;
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  const workspace *w = g->self;
  evaluate(g, s, f);
  return g->grid->volume * mf_field_weighted_dot(g->grid, g->coefficient, w->product, w->image);
}

const mf_geometry_type mf_geometry_kernelised_hellinger = {
    .name = "kernelised_hellinger",
    .summary = "K xi = beta mu K_mu xi, or mu (K_mu + lambda)^-1 K_mu xi: kernelised Fisher-Rao",
    .reference = "Mielke & Zhu 2024, (3.5), Proposition 3.3",
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .needs = mf_geometry_needs_variation,
    .rate = rate,
    .linearise = linearise,
    .dissipation = dissipation,
};
