/* The MMD geometry:  K_MMD xi = beta K^-1 xi,  the inverse of the kernel operator, whatever the state.
 *
 * For an energy weight/2 |mu - pi|_K^2 in the same kernel, K^-1 xi = weight (mu - pi) exactly, and the flow
 * relaxes along the straight line from mu to pi (Gladin, Dvurechensky, Mielke & Zhu 2024, Theorem 3.6). */
#include "operators/geometry.h"

#include <float.h>
#include <math.h>

typedef struct {
  double coefficient;
} options;

static const mf_param params[] = {
    {.key = "coefficient",
     .kind = MF_REAL,
     .offset = offsetof(options, coefficient),
     .fallback = 1,
     .min = 0,
     .max = DBL_MAX,
     .doc = "beta: reaction per force"},
};

static int create(mf_geometry *g, const mf_force *f)
{
  g->coefficient = ((const options *)g->options)->coefficient;
  if (!f->embedding)
    return mf_fail(MF_ECASE,
                   "geometry mmd inverts the kernel of the energy: the energy must be mmd with one kernel, "
                   "and nothing else");
  return MF_OK;
}

static unsigned needs(const mf_geometry *g, const mf_force *f, mf_rate_form form)
{
  (void)g, (void)f;
  return form == MF_RELATIVE ? MF_NEED_LOG_RATIO : MF_NEED_DEVIATION;
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  const double scale = g->coefficient * f->embedding_weight;
  if (s->form == MF_RELATIVE) /* (mu - pi)/mu = 1 - 1/u */
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] += scale * expm1(-s->log_ratio[c]);
  else
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] -= scale * s->deviation[c];
}

static void jacobian(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                     const double *dxi, double *restrict out)
{
  (void)dxi;
  const double scale = g->coefficient * f->embedding_weight;
  if (s->form == MF_RELATIVE)
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] -= scale * exp(-s->log_ratio[c]) * d->log_ratio[c];
  else
    for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] -= scale * d->density[c];
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  const double w = f->embedding_weight;
  return g->coefficient * w * w * mf_convolution_form(f->embedding, s->deviation);
}

static void add_bands(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis,
                      double *restrict lower, double *restrict diagonal, double *restrict upper)
{
  (void)lower, (void)upper;
  if (axis != 0) return;
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
    .needs = needs,
    .rate = rate,
    .jacobian = jacobian,
    .dissipation = dissipation,
    .add_bands = add_bands,
};
