/* The Stein geometry (SVGD):  K(mu) xi = -alpha div(mu K (mu grad xi)),  so mass moves with the smoothed velocity
 * -alpha int k(x, y) grad xi(y) dmu(y)  (Liu & Wang 2016; Duncan, Nuesken & Szpruch 2023).
 *
 * On faces, with the Wasserstein flux J = -m_f grad xi of transport.h, the velocity is K J and the flux m_f K J, where the
 * mobility m_f = -J/grad xi is the one the Wasserstein flux has.  Then  D = alpha <J, K J>  exactly, the kernelised
 * Stein discrepancy, and pi is held exactly. */
#include "grids/field.h"
#include "operators/transport.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  double coefficient;
  int face_weight;
  mf_kernel_options kernel;
} options;

static const mf_param params[] = {
    {.key = "coefficient",
     .kind = MF_REAL,
     .offset = offsetof(options, coefficient),
     .fallback = 1,
     .min = 0,
     .max = DBL_MAX,
     .doc = "alpha: transport per force"},
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
} workspace;

static int create(mf_geometry *g, const mf_force *f)
{
  const options *o = g->options;
  mf_kernel kernel;
  g->coefficient = o->coefficient;
  MF_TRY(mf_kernel_init(&kernel, &o->kernel));
  MF_TRY(mf_objects_create(&g->self, 1, sizeof(workspace)));
  workspace *w = g->self;
  MF_TRY(mf_reals_create(&w->flux, g->grid->cells));
  MF_TRY(mf_reals_create(&w->velocity, g->grid->cells));
  MF_TRY(mf_reals_create(&w->xi, g->grid->cells));
  MF_TRY(mf_transport_create(&w->transport, g->grid, mf_force_has(f, false) ? g->target : NULL,
                             (mf_face_weight)o->face_weight, MF_LIMITER_MINMOD));
  return mf_convolution_create(&w->kernel, g->grid, &kernel);
}

static void destroy(mf_geometry *g)
{
  workspace *w = g->self;
  if (!w) return;
  mf_transport_free(w->transport);
  mf_convolution_free(w->kernel);
  mf_release(w->flux);
  mf_release(w->velocity);
  mf_release(w->xi);
  mf_release(w);
}

static unsigned needs(const mf_geometry *g, const mf_force *f, mf_rate_form form)
{
  (void)g, (void)form;
  return MF_NEED_DENSITY | mf_force_needs(f, true);
}

/* Mobility of a face: flux over force, or the mean density where the force vanishes. */
static double mobility(double flux, double force, double low, double high)
{
  const double mean = 0.5 * (low + high);
  const double m = fabs(force) > 1e-300 ? flux / force : mean;
  return m >= 0 && m <= fmax(low, high) ? m : mean;
}

/* w->flux = Wasserstein flux of one axis, w->velocity = K flux. */
static void smooth_axis(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis)
{
  workspace *w = g->self;
  mf_transport_flux(w->transport, s, f, axis, w->flux);
  memset(w->velocity, 0, (size_t)g->grid->cells * sizeof *w->velocity);
  mf_convolution_add(w->kernel, w->flux, 1, w->velocity);
}

static void rate(const mf_geometry *g, const mf_state *s, const mf_force *f, double *restrict out)
{
  workspace *w = g->self;
  for (ptrdiff_t c = 0; c < g->grid->cells; c++) w->xi[c] = mf_force_variation(f, s, c);
  for (int a = 0; a < g->grid->dim; a++) {
    const double h2 = g->grid->h[a] * g->grid->h[a];
    smooth_axis(g, s, f, a);
    for (mf_faces run = mf_faces_of(g->grid, a); mf_faces_next(&run);)
      for (ptrdiff_t low = run.first; low < run.first + run.count; low++) {
        const ptrdiff_t high = low + run.step;
        const double force = (w->xi[low] - w->xi[high]) / h2;
        w->flux[low] = g->coefficient * w->velocity[low] *
                       mobility(w->flux[low], force, s->density[low], s->density[high]);
      }
    mf_transport_move(w->transport, s, a, w->flux, out);
  }
}

static double dissipation(const mf_geometry *g, const mf_state *s, const mf_force *f)
{
  workspace *w = g->self;
  double sum = 0;
  for (int a = 0; a < g->grid->dim; a++) {
    mf_transport_flux(w->transport, s, f, a, w->flux);
    sum += g->grid->h[a] * g->grid->h[a] * mf_convolution_form(w->kernel, w->flux);
  }
  return g->coefficient * sum;
}

const mf_geometry_type mf_geometry_stein = {
    .name = "stein",
    .summary = "K xi = -alpha div(mu K(mu grad xi)): Stein variational transport",
    .reference = "Liu & Wang 2016; Mielke & Zhu 2024, (4.3)",
    .traits = MF_GEOMETRY_MASS,
    .params = MF_PARAM_TABLE(params, options),
    .create = create,
    .destroy = destroy,
    .needs = needs,
    .rate = rate,
    .dissipation = dissipation,
};
