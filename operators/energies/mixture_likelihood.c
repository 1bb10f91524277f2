/* SPDX-License-Identifier: BSD-3-Clause */
/* Mixture likelihood:  F(rho) = -(weight/N) sum_i log (rho * phi)(X_i)  with phi the normal density of variance s^2:
 * the functional of the nonparametric maximum likelihood estimator of a Gaussian mixture (Yan, Wang & Rigollet 2023).
 *
 *   xi(x) = -(weight/N) sum_i phi(x - X_i) / (rho * phi)(X_i),     <xi>_rho = -weight
 *
 * The minimiser is known by max(-xi) = weight.  phi(x_c - X_i) is kept as a matrix of N rows. */
#include "grids/field.h"
#include "operators/energy.h"

#include <float.h>
#include <math.h>

typedef struct {
  double weight, deviation;
  mf_table data;
} options;

static const mf_param params[] = {
    {.key = "data",
     .kind = MF_TABLE,
     .offset = offsetof(options, data),
     .required = true,
     .doc = "text file with one observation per line, or {path, columns}"},
    {.key = "deviation",
     .kind = MF_REAL,
     .offset = offsetof(options, deviation),
     .required = true,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "standard deviation s of the components [L]"},
    MF_WEIGHT_PARAM(options, 0),
};

typedef struct {
  int count;
  double *phi;        /* phi(x_c - X_i): count rows of cells numbers */
  double *likelihood; /* (rho * phi)(X_i) at the last state, or its change */
  double *change;
} workspace;

static int fill_matrix(const mf_energy *e, workspace *w)
{
  const options *o = e->options;
  const double scale = pow(2 * 3.14159265358979323846 * o->deviation * o->deviation, -0.5 * e->grid->dim);
  for (int i = 0; i < w->count; i++)
    for (ptrdiff_t c = 0; c < e->grid->cells; c++) {
      double x[MF_AXES], r2 = 0;
      mf_grid_centre(e->grid, c, x);
      for (int a = 0; a < e->grid->dim; a++) {
        const double d = (x[a] - o->data.values[i * e->grid->dim + a]) / o->deviation;
        r2 += d * d;
      }
      w->phi[i * e->grid->cells + c] = scale * exp(-0.5 * r2);
    }
  return MF_OK;
}

static int create(mf_energy *e)
{
  const options *o = e->options;
  e->weight = o->weight;
  if (o->data.columns != e->grid->dim)
    return mf_fail(
        MF_ECASE,
        "the data have %d columns, the grid %d axes: say which with data: {path: ..., columns: [...]}",
        o->data.columns, e->grid->dim);
  MF_TRY(mf_objects_create(&e->self, 1, sizeof(workspace)));
  workspace *w = e->self;
  w->count = o->data.rows;
  MF_TRY(mf_reals_create(&w->phi, w->count * e->grid->cells));
  MF_TRY(mf_reals_create(&w->likelihood, w->count));
  MF_TRY(mf_reals_create(&w->change, w->count));
  return fill_matrix(e, w);
}

static void destroy(mf_energy *e)
{
  workspace *w = e->self;
  if (!w) return;
  mf_release(w->phi);
  mf_release(w->likelihood);
  mf_release(w->change);
  mf_release(w);
}

/* out[i] = (f * phi)(X_i). */
static void smooth(const mf_energy *e, const double *f, double *out)
{
  const workspace *w = e->self;
  for (int i = 0; i < w->count; i++)
    out[i] = e->grid->volume * mf_field_dot(e->grid, f, w->phi + i * e->grid->cells);
}

static double value(const mf_energy *e, const mf_state *s)
{
  const workspace *w = e->self;
  double sum = 0;
  smooth(e, s->density, w->likelihood);
  for (int i = 0; i < w->count; i++) sum -= log(fmax(w->likelihood[i], DBL_MIN));
  return e->weight * sum / w->count;
}

static void add_variation(const mf_energy *e, const mf_state *s, double *restrict xi)
{
  const workspace *w = e->self;
  smooth(e, s->density, w->likelihood);
  for (int i = 0; i < w->count; i++) {
    const double factor = e->weight / (w->count * fmax(w->likelihood[i], DBL_MIN));
    const double *phi = w->phi + i * e->grid->cells;
    for (ptrdiff_t c = 0; c < e->grid->cells; c++) xi[c] -= factor * phi[c];
  }
}

static void add_hessian(const mf_energy *e, const mf_state *s, const mf_tangent *d, double *restrict xi)
{
  const workspace *w = e->self;
  smooth(e, s->density, w->likelihood);
  smooth(e, d->density, w->change);
  for (int i = 0; i < w->count; i++) {
    const double l = fmax(w->likelihood[i], DBL_MIN), factor = e->weight * w->change[i] / (w->count * l * l);
    const double *phi = w->phi + i * e->grid->cells;
    for (ptrdiff_t c = 0; c < e->grid->cells; c++) xi[c] += factor * phi[c];
  }
}

const mf_energy_type mf_energy_mixture_likelihood = {
    .name = "mixture_likelihood",
    .summary = "-(1/N) sum log (rho * phi)(X_i): likelihood of a Gaussian mixture with mixing measure rho",
    .reference = "Yan, Wang & Rigollet 2023, arXiv 2301.01766",
    .traits = MF_ENERGY_PLACED,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .value = value,
    .add_variation = add_variation,
    .add_hessian = add_hessian,
    .needs = MF_NEED_DENSITY,
};
