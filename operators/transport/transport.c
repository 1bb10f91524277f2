/* SPDX-License-Identifier: BSD-3-Clause */
/* Mass moving between neighbouring cells: face weights and face fluxes.
 *
 * Everything runs over faces (neighbour.h: mf_faces), in short runs through small arrays on the stack; one code
 * serves every axis and both boundaries.  Differences of pressures are formed from (u^p - 1)/p, so they are
 * relative to the deviation from the target. */
#include "operators/transport/transport.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"
#include "operators/entropy.h"
#include "operators/transport/transport_fused.h"

#include <math.h>
#include <string.h>

const char *const mf_limiter_names[] = {"minmod", "van_leer", "none", NULL};

struct mf_transport {
  const mf_grid *grid;
  mf_limiter limiter;
  double *weight[MF_AXES]; /* pi_f / h^2 at the lower cell of each face */
  double *pressure;        /* scratch: pressure over the target, or its change */
  double *flat_pressure;   /* scratch: pressure over Lebesgue measure */
  double *flat_change;     /* scratch: its change */
  double *slope;           /* scratch: limited slopes along the axis at hand */
  double *slope_change;    /* scratch: their derivative */
};

static int fill(mf_transport *t, const mf_grid *grid, const mf_measure *target, mf_face_weight kind,
                mf_limiter limiter)
{
  t->grid = grid;
  t->limiter = limiter;
  MF_TRY(mf_field_create(grid, &t->pressure));
  MF_TRY(mf_field_create(grid, &t->flat_pressure));
  MF_TRY(mf_field_create(grid, &t->flat_change));
  MF_TRY(mf_field_create(grid, &t->slope));
  MF_TRY(mf_field_create(grid, &t->slope_change));
  for (int a = 0; target && a < grid->dim; a++) {
    MF_TRY(mf_face_field_create(grid, a, &t->weight[a]));
    mf_face_weights(target, kind, a, t->weight[a]);
  }
  return MF_OK;
}

int mf_transport_create(mf_transport **out, const mf_grid *grid, const mf_measure *target,
                        mf_face_weight kind, mf_limiter limiter)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, grid, target, kind, limiter);
  if (status) {
    mf_transport_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_transport_free(mf_transport *t)
{
  if (!t) return;
  for (int a = 0; a < MF_AXES; a++) mf_field_free(t->weight[a]);
  mf_field_free(t->pressure);
  mf_field_free(t->flat_pressure);
  mf_field_free(t->flat_change);
  mf_field_free(t->slope);
  mf_field_free(t->slope_change);
  mf_release(t);
}

const double *mf_transport_weight(const mf_transport *t, int axis)
{
  return t->weight[axis];
}

mf_limiter mf_transport_limiter(const mf_transport *t)
{
  return t->limiter;
}

/* ---- pressure ---- */

/* Pressures of one reference measure, one value per cell, for cells [begin, end). */
typedef struct {
  const mf_force *force;
  const mf_state *state;
  const double *change; /* along which pressures change, or NULL for themselves */
  bool flat;
  const double *linear; /* what is over the target then the pressure, or its change, or NULL */
  double *out;
} pressure_operands;

static void fill_pressures(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const pressure_operands *j = self;
  const double *linear = j->linear, *inverse = j->state->inverse_target;
  for (ptrdiff_t c = begin; linear && c < end; c++) j->out[c] = linear[c] * inverse[c];
  for (ptrdiff_t c = begin; !linear && c < end; c++)
    j->out[c] = j->change ? mf_force_pressure_slope(j->force, j->state, j->flat, c) * j->change[c]
                          : mf_force_pressure(j->force, j->state, j->flat, c);
}

unsigned mf_transport_needs(const mf_force *f)
{
  if (!mf_force_linear(f)) return mf_force_needs(f, false);
  return MF_NEED_DEVIATION | (mf_force_has(f, true) ? MF_NEED_DENSITY : 0);
}

/* Over the target the pressure of KL is w = (rho - pi)/pi. */
static const double *pressures(const mf_transport *t, const mf_state *s, const mf_force *f, bool flat)
{
  if (!mf_force_has(f, flat)) return NULL;
  double *out = flat ? t->flat_pressure : t->pressure;
  const bool linear = !flat && mf_force_linear(f);
  if (linear && s->excess) return s->excess;
  const pressure_operands operands = {f, s, NULL, flat, linear ? s->deviation : NULL, out};
  mf_share(t->grid->cells, MF_PIECE, fill_pressures, &operands);
  return out;
}

/* Their changes along a tangent in MF_ABSOLUTE form; of flat ones in either form. */
static const double *pressure_changes(const mf_transport *t, const mf_state *s, const mf_force *f,
                                      const mf_tangent *d, bool flat)
{
  if (!mf_force_has(f, flat)) return NULL;
  double *out = flat ? t->flat_change : t->pressure;
  const double *change = flat ? d->density : d->excess;
  const pressure_operands operands = {f,  s, change, flat, !flat && mf_force_linear(f) ? d->density : NULL,
                                      out};
  mf_share(t->grid->cells, MF_PIECE, fill_pressures, &operands);
  return out;
}

/* ---- upwind values ---- */

/* Slopes of one sign: their product might underflow. */
static bool alike(double a, double b)
{
  return (a > 0 && b > 0) || (a < 0 && b < 0);
}

static double limited(mf_limiter limiter, double a, double b)
{
  if (!alike(a, b) || limiter == MF_LIMITER_NONE) return 0;
  if (limiter == MF_LIMITER_VAN_LEER) return 2 * (a / (a + b)) * b;
  return fabs(a) < fabs(b) ? a : b;
}

static double limited_change(mf_limiter limiter, double a, double b, double da, double db)
{
  if (!alike(a, b) || limiter == MF_LIMITER_NONE) return 0;
  const double share = a / (a + b);
  if (limiter == MF_LIMITER_VAN_LEER) return 2 * ((1 - share) * (1 - share) * da + share * share * db);
  return fabs(a) < fabs(b) ? da : db;
}

typedef struct {
  const mf_transport *transport;
  int axis;
  const double *r, *dr;
} slope_operands;

static void fill_slopes(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const slope_operands *j = self;
  const mf_transport *t = j->transport;
  const mf_grid *grid = t->grid;
  const double *r = j->r, *dr = j->dr;
  for (mf_layers l = mf_layers_in(grid, j->axis, 1, 1, begin, end); mf_layers_next(&l);) {
    const ptrdiff_t below = mf_grid_distance(grid, j->axis, l.layer, -1);
    const ptrdiff_t above = mf_grid_distance(grid, j->axis, l.layer, 1);
    for (ptrdiff_t c = l.first; c < l.first + l.count; c++) {
      const double a = r[c] - r[c + below], b = r[c + above] - r[c];
      t->slope[c] = limited(t->limiter, a, b);
      if (dr)
        t->slope_change[c] = limited_change(t->limiter, a, b, dr[c] - dr[c + below], dr[c + above] - dr[c]);
    }
  }
}

/* Fills t->slope along an axis and, with a change dr, t->slope_change.  Cells at a wall have slope 0: they are their own
 * neighbours. */
static void limit_slopes(const mf_transport *t, int axis, const double *r, const double *dr)
{
  mf_share(t->grid->cells, MF_PIECE / 4, fill_slopes, &(slope_operands){t, axis, r, dr});
}

void mf_transport_mobility(const mf_transport *t, const double *density, int axis,
                           double *restrict from_below, double *restrict from_above)
{
  const double square = t->grid->h[axis] * t->grid->h[axis];
  mf_halo(t->grid, density, 2);
  limit_slopes(t, axis, density, NULL);
  for (mf_faces f = mf_faces_of(t->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      from_below[low] = fmax(0, density[low] + 0.5 * t->slope[low]) / square;
      from_above[low] = fmax(0, density[high] - 0.5 * t->slope[high]) / square;
    }
}

/* ---- fluxes over one run of faces ---- */

static void add_pressure_flux(const mf_faces *f, const double *weight, const double *pressure,
                              double *restrict flux)
{
  const double *w = weight + f->first, *low = pressure + f->first, *high = low + f->step;
  for (ptrdiff_t i = 0; i < f->count; i++) flux[i] -= w[i] * (high[i] - low[i]);
}

/* (e^(p d) - 1)/p: the pressure difference per u^p of the cell it is seen from. */
static double relative_pressure(double p, double d)
{
  return p == 0 ? d : expm1(p * d) / p;
}

/* The same from log-ratios, whose differences tails keep: w u_L^p (e^(p (l_R - l_L)) - 1)/p. */
static void add_log_pressure_flux(const mf_faces *f, const double *weight, const mf_state *s,
                                  const mf_entropy *entropy, double *restrict flux)
{
  const double *w = weight + f->first, *low = s->log_ratio + f->first, *high = low + f->step;
  const double p = entropy->exponent;
  for (ptrdiff_t i = 0; i < f->count; i++)
    flux[i] -= entropy->weight * w[i] * exp(p * low[i]) * relative_pressure(p, high[i] - low[i]);
}

static void add_flat_flux(const mf_faces *f, const double *pressure, double *restrict flux)
{
  const double w = 1 / (f->grid->h[f->axis] * f->grid->h[f->axis]);
  const double *low = pressure + f->first, *high = low + f->step;
  for (ptrdiff_t i = 0; i < f->count; i++) flux[i] -= w * (high[i] - low[i]);
}

static void add_velocity_flux(const mf_faces *f, const double *slope, const double *rho, const double *xi,
                              double *restrict flux)
{
  const double scale = 1 / (f->grid->h[f->axis] * f->grid->h[f->axis]);
  for (ptrdiff_t i = 0; i < f->count; i++) {
    const ptrdiff_t low = f->first + i, high = low + f->step;
    const double velocity = xi[low] - xi[high];
    const double value = velocity > 0 ? rho[low] + 0.5 * slope[low] : rho[high] - 0.5 * slope[high];
    flux[i] += scale * fmax(value, 0) * velocity;
  }
}

static void add_velocity_flux_change(const mf_faces *f, const mf_transport *t, const mf_state *s,
                                     const mf_tangent *d, const double *xi, const double *dxi,
                                     double *restrict flux)
{
  const double scale = 1 / (f->grid->h[f->axis] * f->grid->h[f->axis]);
  for (ptrdiff_t i = 0; i < f->count; i++) {
    const ptrdiff_t low = f->first + i, high = low + f->step;
    const double velocity = xi[low] - xi[high];
    const ptrdiff_t up = velocity > 0 ? low : high;
    const double half = velocity > 0 ? 0.5 : -0.5, value = s->density[up] + half * t->slope[up];
    if (value <= 0) continue;
    flux[i] +=
        scale * ((d->density[up] + half * t->slope_change[up]) * velocity + value * (dxi[low] - dxi[high]));
  }
}

/* Moves a flux between the two sides of each face; in MF_RELATIVE form per unit of what is there. */
static void move(const mf_faces *f, const double *flux, double scale, const double *density,
                 double *restrict rate)
{
  double *low = rate + f->first, *high = low + f->step;
  if (!density) {
    for (ptrdiff_t i = 0; i < f->count; i++) low[i] -= scale * flux[i];
    for (ptrdiff_t i = 0; i < f->count; i++) high[i] += scale * flux[i];
    return;
  }
  const double tiny = 1e-300, *rho_low = density + f->first, *rho_high = rho_low + f->step;
  for (ptrdiff_t i = 0; i < f->count; i++) low[i] -= scale * flux[i] / fmax(rho_low[i], tiny);
  for (ptrdiff_t i = 0; i < f->count; i++) high[i] += scale * flux[i] / fmax(rho_high[i], tiny);
}

/* ---- entropic flux in log form ---- */

/* d log(rho_i)/dt += scale pi_f/(h^2 pi_i) u_i^(p-1) (e^(p (l_j - l_i)) - 1)/p, for both cells of each face.
 * */
static void add_log_rate(const mf_transport *t, const mf_state *s, const mf_entropy *entropy, int axis,
                         double scale, double *restrict rate)
{
  const double p = entropy->exponent, *l = s->log_ratio, *inverse = s->inverse_target;
  for (mf_faces f = mf_faces_of(t->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      const double w = scale * entropy->weight * t->weight[axis][low], d = l[high] - l[low];
      rate[low] += w * inverse[low] * mf_entropy_pressure_slope(p, l[low]) * relative_pressure(p, d);
      rate[high] += w * inverse[high] * mf_entropy_pressure_slope(p, l[high]) * relative_pressure(p, -d);
    }
}

/* Coefficients of the derivative of one side of the above: off (times dl_j - dl_i) and own (times dl_i). */
static void log_slopes(double p, double factor, double l, double d, double *off, double *own)
{
  const double scale = factor * mf_entropy_pressure_slope(p, l);
  *off = scale * exp(p * d);
  *own = p == 1 ? 0 : (p - 1) * scale * relative_pressure(p, d);
}

static void add_log_jacobian(const mf_transport *t, const mf_state *s, const mf_entropy *entropy, int axis,
                             double scale, const double *dl, double *restrict rate)
{
  const double p = entropy->exponent, *l = s->log_ratio, *inverse = s->inverse_target;
  for (mf_faces f = mf_faces_of(t->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      const double w = scale * entropy->weight * t->weight[axis][low], d = l[high] - l[low];
      double off, own;
      log_slopes(p, w * inverse[low], l[low], d, &off, &own);
      rate[low] += off * (dl[high] - dl[low]) + own * dl[low];
      log_slopes(p, w * inverse[high], l[high], -d, &off, &own);
      rate[high] += off * (dl[low] - dl[high]) + own * dl[high];
    }
}

static void add_log_bands(const mf_transport *t, const mf_state *s, const mf_entropy *entropy, int axis,
                          double scale, double *restrict lower, double *restrict diagonal,
                          double *restrict upper)
{
  const double p = entropy->exponent, *l = s->log_ratio, *inverse = s->inverse_target;
  for (mf_faces f = mf_faces_of(t->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      const double w = scale * entropy->weight * t->weight[axis][low], d = l[high] - l[low];
      double off, own;
      log_slopes(p, w * inverse[low], l[low], d, &off, &own);
      upper[low] += off;
      diagonal[low] += own - off;
      log_slopes(p, w * inverse[high], l[high], -d, &off, &own);
      lower[high] += off;
      diagonal[high] += own - off;
    }
}

/* ---- the operator ---- */

/* What the flux of a run is made of, besides velocities; NULL where the force has no such part. */
typedef struct {
  const double *pressure, *flat;
  bool tails; /* the pressure part from log-ratios instead */
} parts;

static void run_flux(const mf_faces *run, const mf_transport *t, const mf_state *s, const mf_force *f,
                     const parts *p, double *restrict flux)
{
  memset(flux, 0, MF_FACES * sizeof *flux);
  const double *weight = t->weight[run->axis];
  for (int k = 0; p->tails && k < f->entropies; k++)
    if (!f->entropy[k].flat) add_log_pressure_flux(run, weight, s, &f->entropy[k], flux);
  if (p->pressure) add_pressure_flux(run, weight, p->pressure, flux);
  if (p->flat) add_flat_flux(run, p->flat, flux);
  if (f->xi) add_velocity_flux(run, t->slope, s->density, f->xi, flux);
}

/* Of what is there to be seen on the other side of a face: fluxes compare it, upwind values ask two layers for a slope. */
static void look_across(const mf_grid *grid, const double *compared, const double *carried)
{
  if (compared) mf_halo(grid, compared, 1);
  if (carried) mf_halo(grid, carried, 2);
}

static void look_at_state(const mf_transport *t, const mf_state *s, const mf_force *f, const parts *p)
{
  look_across(t->grid, p->pressure, f->xi ? s->density : NULL);
  look_across(t->grid, p->flat, NULL);
  look_across(t->grid, f->xi, NULL);
  if (s->form == MF_RELATIVE) look_across(t->grid, s->log_ratio, NULL);
}

static parts whole_flux(const mf_transport *t, const mf_state *s, const mf_force *f)
{
  const bool tails = s->form == MF_RELATIVE;
  const parts p = {tails ? NULL : pressures(t, s, f, false), pressures(t, s, f, true), tails};
  look_at_state(t, s, f, &p);
  return p;
}

static bool has_log_part(const mf_state *s, const mf_entropy *e)
{
  return s->form == MF_RELATIVE && !e->flat;
}

void mf_transport_add_rate(const mf_transport *t, const mf_state *s, const mf_force *f, double scale,
                           double *restrict rate)
{
  const bool relative = s->form == MF_RELATIVE;
  const parts p = {relative ? NULL : pressures(t, s, f, false), pressures(t, s, f, true), false};
  look_at_state(t, s, f, &p);
  for (int a = 0; a < t->grid->dim; a++) {
    for (int k = 0; k < f->entropies; k++)
      if (has_log_part(s, &f->entropy[k])) add_log_rate(t, s, &f->entropy[k], a, scale, rate);
    if (!p.pressure && !p.flat && !f->xi) continue;
    if (f->xi) limit_slopes(t, a, s->density, NULL);
    for (mf_faces run = mf_faces_of(t->grid, a); mf_faces_next(&run);) {
      double flux[MF_FACES];
      run_flux(&run, t, s, f, &p, flux);
      move(&run, flux, scale, relative ? s->density : NULL, rate);
    }
  }
}

/* Adds one more part of a rate, or begins it. */
static void add_diffusion(const mf_transport *t, double *const *weight, const double *pressure,
                          const double *factor, double scale, bool *fresh, double *restrict rate,
                          bool *finite)
{
  if (!pressure) return;
  if (!mf_fused_diffusion(t->grid, weight, pressure, factor, scale, !*fresh, rate)) *finite = false;
  *fresh = false;
}

bool mf_transport_fused_rate(const mf_transport *t, const mf_state *s, const mf_force *f, double scale,
                             bool fresh, double *restrict rate, bool *finite)
{
  if (s->form == MF_RELATIVE) return false;
  if (mf_force_linear(f))
    add_diffusion(t, t->weight, s->deviation, s->inverse_target, scale, &fresh, rate, finite);
  else
    add_diffusion(t, t->weight, pressures(t, s, f, false), NULL, scale, &fresh, rate, finite);
  add_diffusion(t, NULL, pressures(t, s, f, true), NULL, scale, &fresh, rate, finite);
  if (!f->xi) return !fresh;
  if (!mf_fused_upwind(t->grid, t->limiter, s->density, f->xi, scale, !fresh, rate)) *finite = false;
  return true;
}

bool mf_transport_fused_jacobian(const mf_transport *t, const mf_state *s, const mf_force *f,
                                 const mf_tangent *d, const double *dxi, double scale, bool fresh,
                                 double *restrict rate, bool *finite)
{
  if (s->form == MF_RELATIVE || dxi) return false;
  if (mf_force_linear(f))
    add_diffusion(t, t->weight, d->density, s->inverse_target, scale, &fresh, rate, finite);
  else
    add_diffusion(t, t->weight, pressure_changes(t, s, f, d, false), NULL, scale, &fresh, rate, finite);
  add_diffusion(t, NULL, pressure_changes(t, s, f, d, true), NULL, scale, &fresh, rate, finite);
  return !fresh;
}

void mf_transport_flux(const mf_transport *t, const mf_state *s, const mf_force *f, int axis,
                       double *restrict flux)
{
  const parts p = whole_flux(t, s, f);
  memset(flux, 0, (size_t)t->grid->cells * sizeof *flux);
  if (f->xi) limit_slopes(t, axis, s->density, NULL);
  for (mf_faces run = mf_faces_of(t->grid, axis); mf_faces_next(&run);) {
    double part[MF_FACES];
    run_flux(&run, t, s, f, &p, part);
    memcpy(flux + run.first, part, (size_t)run.count * sizeof *part);
  }
}

void mf_transport_move(const mf_transport *t, const mf_state *s, int axis, const double *flux,
                       double *restrict rate)
{
  look_across(t->grid, flux, NULL);
  for (mf_faces run = mf_faces_of(t->grid, axis); mf_faces_next(&run);)
    move(&run, flux + run.first, 1, s->form == MF_RELATIVE ? s->density : NULL, rate);
}

/* In log form the change of the flux is per density, and the flux itself counts by -d log rho. */
static void move_change(const mf_faces *run, const double *flux, const double *change, double scale,
                        const mf_state *s, const mf_tangent *d, double *restrict rate)
{
  const double tiny = 1e-300;
  move(run, change, scale, s->density, rate);
  for (ptrdiff_t i = 0; i < run->count; i++) {
    const ptrdiff_t low = run->first + i, high = low + run->step;
    rate[low] += scale * flux[i] / fmax(s->density[low], tiny) * d->log_ratio[low];
    rate[high] -= scale * flux[i] / fmax(s->density[high], tiny) * d->log_ratio[high];
  }
}

static void add_flux_jacobian(const mf_transport *t, const mf_state *s, const mf_force *f,
                              const mf_tangent *d, const double *dxi, const parts *p, const parts *dp,
                              int axis, double scale, double *restrict rate)
{
  const bool relative = s->form == MF_RELATIVE;
  for (mf_faces run = mf_faces_of(t->grid, axis); mf_faces_next(&run);) {
    double flux[MF_FACES], change[MF_FACES] = {0};
    if (dp->pressure) add_pressure_flux(&run, t->weight[axis], dp->pressure, change);
    if (dp->flat) add_flat_flux(&run, dp->flat, change);
    if (dxi) add_velocity_flux_change(&run, t, s, d, f->xi, dxi, change);
    if (!relative) {
      move(&run, change, scale, NULL, rate);
      continue;
    }
    run_flux(&run, t, s, f, p, flux);
    move_change(&run, flux, change, scale, s, d, rate);
  }
}

void mf_transport_add_jacobian(const mf_transport *t, const mf_state *s, const mf_force *f,
                               const mf_tangent *d, const double *dxi, double scale, double *restrict rate)
{
  const bool relative = s->form == MF_RELATIVE;
  const parts p = {NULL, relative ? pressures(t, s, f, true) : NULL, false};
  const parts dp = {relative ? NULL : pressure_changes(t, s, f, d, false), pressure_changes(t, s, f, d, true),
                    false};
  look_at_state(t, s, f, &p);
  look_across(t->grid, dp.pressure, dxi ? d->density : NULL);
  look_across(t->grid, dp.flat, NULL);
  look_across(t->grid, dxi, NULL);
  if (relative) look_across(t->grid, d->log_ratio, NULL);
  for (int a = 0; a < t->grid->dim; a++) {
    for (int k = 0; k < f->entropies; k++)
      if (has_log_part(s, &f->entropy[k]))
        add_log_jacobian(t, s, &f->entropy[k], a, scale, d->log_ratio, rate);
    if (dxi) limit_slopes(t, a, s->density, d->density);
    if (dxi || dp.pressure || dp.flat) add_flux_jacobian(t, s, f, d, dxi, &p, &dp, a, scale, rate);
  }
}

typedef struct {
  const mf_transport *transport;
  const mf_state *state;
  const mf_force *force;
  parts parts;
  int axis;
} flux_operands;

/* What a run of fluxes does per time along xi. */
static double run_power(const mf_faces *run, const double *flux, const double *xi)
{
  const double *low = xi + run->first, *high = low + run->step;
  double power = 0;
  for (ptrdiff_t i = 0; i < run->count; i++) power += flux[i] * (low[i] - high[i]);
  return power;
}

static void sum_dissipation(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const flux_operands *j = self;
  double flux[MF_FACES];
  *sum = 0;
  for (mf_faces f = mf_faces_above(j->transport->grid, j->axis, begin, end); mf_faces_next(&f);) {
    run_flux(&f, j->transport, j->state, j->force, &j->parts, flux);
    *sum += run_power(&f, flux, j->force->total);
  }
}

double mf_transport_dissipation(const mf_transport *t, const mf_state *s, const mf_force *f)
{
  double sum = 0, along;
  flux_operands operands = {t, s, f, whole_flux(t, s, f), 0};
  for (operands.axis = 0; operands.axis < t->grid->dim; operands.axis++) {
    if (f->xi) limit_slopes(t, operands.axis, s->density, NULL);
    mf_field_sums(t->grid, 1, sum_dissipation, &operands, &along);
    sum += along;
  }
  return sum * t->grid->volume;
}

typedef struct {
  const mf_grid *grid;
  int axis;
  const double *flux, *xi;
} power_operands;

static void sum_power(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const power_operands *o = self;
  *sum = 0;
  for (mf_faces f = mf_faces_above(o->grid, o->axis, begin, end); mf_faces_next(&f);)
    *sum += run_power(&f, o->flux + f.first, o->xi);
}

double mf_transport_power(const mf_grid *grid, int axis, const double *flux, const double *xi)
{
  double power;
  mf_field_sums(grid, 1, sum_power, &(power_operands){grid, axis, flux, xi}, &power);
  return power;
}

typedef struct {
  const mf_transport *transport;
  const mf_state *state;
  const mf_force *force;
  double scale;
  double *lower, *diagonal, *upper;
} band_operands;

/* Changes of the fluxes through a run of faces along an axis by the unknowns of the cells on one side, which begin at
 * `first`. */
static void flux_slopes(const band_operands *j, const mf_faces *f, ptrdiff_t first, double *restrict slope)
{
  const mf_state *s = j->state;
  const bool relative = s->form == MF_RELATIVE;
  const double h = f->grid->h[f->axis], *inverse = s->inverse_target ? s->inverse_target + first : NULL;
  const double *w = j->transport->weight[f->axis] ? j->transport->weight[f->axis] + f->first : NULL;
  memset(slope, 0, (size_t)f->count * sizeof *slope);
  for (ptrdiff_t i = 0; mf_force_has(j->force, true) && i < f->count; i++)
    slope[i] += mf_force_pressure_slope(j->force, s, true, first + i) / (h * h);
  if (!relative && mf_force_linear(j->force)) {
    for (ptrdiff_t i = 0; i < f->count; i++) slope[i] += w[i] * inverse[i];
  } else if (!relative && mf_force_has(j->force, false)) {
    for (ptrdiff_t i = 0; i < f->count; i++)
      slope[i] += w[i] * mf_force_pressure_slope(j->force, s, false, first + i) * inverse[i];
  }
  for (ptrdiff_t i = 0; relative && i < f->count; i++) slope[i] *= s->density[first + i];
}

/* What a run adds to the rows of the cells on one side: `side` is 0 for the lower ones. */
static void add_side(const band_operands *j, const mf_faces *f, int side)
{
  const double *rho = j->state->form == MF_RELATIVE ? j->state->density : NULL;
  const ptrdiff_t own = f->first + (side ? f->step : 0), other = f->first + (side ? 0 : f->step);
  double *restrict off = (side ? j->lower : j->upper) + own, *restrict diagonal = j->diagonal + own;
  double by_own[MF_FACES], by_other[MF_FACES];
  flux_slopes(j, f, own, by_own);
  flux_slopes(j, f, other, by_other);
  for (ptrdiff_t i = 0; rho && i < f->count; i++) {
    const double per = 1 / fmax(rho[own + i], 1e-300);
    by_own[i] *= per;
    by_other[i] *= per;
  }
  for (ptrdiff_t i = 0; i < f->count; i++) {
    off[i] += j->scale * by_other[i];
    diagonal[i] -= j->scale * by_own[i];
  }
}

static void add_low_rows(const void *self, const mf_faces *f)
{
  add_side(self, f, 0);
}

static void add_high_rows(const void *self, const mf_faces *f)
{
  add_side(self, f, 1);
}

void mf_transport_add_bands(const mf_transport *t, const mf_state *s, const mf_force *f, int axis,
                            double scale, double *restrict lower, double *restrict diagonal,
                            double *restrict upper)
{
  const bool relative = s->form == MF_RELATIVE;
  look_across(t->grid, s->density, NULL);
  look_across(t->grid, s->excess, NULL);
  look_across(t->grid, s->log_ratio, NULL);
  for (int k = 0; k < f->entropies; k++)
    if (has_log_part(s, &f->entropy[k]))
      add_log_bands(t, s, &f->entropy[k], axis, scale, lower, diagonal, upper);
  if (!mf_force_has(f, true) && (relative || !mf_force_has(f, false))) return;
  const band_operands operands = {t, s, f, scale, lower, diagonal, upper};
  mf_faces_share(t->grid, axis, add_low_rows, &operands);
  mf_faces_share(t->grid, axis, add_high_rows, &operands);
}
