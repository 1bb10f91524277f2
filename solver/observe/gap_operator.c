/* SPDX-License-Identifier: BSD-3-Clause */
/* The linearised operator of a flow with kernels: its parts one after the other, each the derivative at the target of what its
 * geometry's rate computes. */
#include "solver/observe/gap_operator.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/transport/transport.h"

#include <math.h>
#include <string.h>

struct mf_operator {
  const mf_grid *grid;
  const mf_measure *pi;
  const mf_linear *part;
  bool conserves;            /* L does, whatever the shift does */
  double *mobility[MF_AXES]; /* m/h^2 of upwind fluxes */
  double *product, *image;
  double mass; /* sum of pi */
};

/* ---- creation ---- */

bool mf_linear_makes_mass(const mf_linear *l)
{
  return (l->reaction > 0 && l->embedding) || (l->smoothing > 0 && !l->on_faces);
}

static int check(const mf_operator *o)
{
  const mf_linear *l = o->part;
  const mf_kernel *kernel = mf_convolution_kernel(mf_operator_kernel(o));
  if (!o->conserves && kernel && kernel->type->conditional)
    return mf_fail(MF_ENUMERIC,
                   "kernel %s is positive on deviations without mass only, and mass is not conserved",
                   kernel->type->name);
  if (l->ridge > 0 && l->embedding)
    return mf_fail(MF_ENUMERIC, "a ridge beside an MMD energy is not worked out");
  return MF_OK;
}

/* The two values of each face give way to the one that is wanted. */
static int choose_mobility(mf_operator *o, mf_mobility which)
{
  double *other;
  for (int a = 0; a < o->grid->dim; a++) {
    MF_TRY(mf_face_field_create(o->grid, a, &o->mobility[a]));
    MF_TRY(mf_face_field_create(o->grid, a, &other));
    mf_transport_mobility(o->part->upwind, o->pi->density, a, o->mobility[a], other);
    for (ptrdiff_t c = 0; c < o->grid->cells; c++)
      o->mobility[a][c] =
          which == MF_MOBILITY_MOST ? fmax(o->mobility[a][c], other[c]) : fmin(o->mobility[a][c], other[c]);
    mf_field_free(other);
  }
  return MF_OK;
}

static int fill(mf_operator *o, const mf_flow *flow, const mf_linear *parts, mf_mobility mobility)
{
  *o = (mf_operator){.grid = mf_flow_grid(flow),
                     .pi = mf_flow_target(flow),
                     .part = parts,
                     .conserves = mf_flow_conserves_mass(flow) || !mf_linear_makes_mass(parts)};
  MF_TRY(check(o));
  o->mass = mf_field_sum(o->grid, o->pi->density);
  MF_TRY(mf_field_create(o->grid, &o->product));
  MF_TRY(mf_field_create(o->grid, &o->image));
  return parts->upwind ? choose_mobility(o, mobility) : MF_OK;
}

int mf_operator_create(mf_operator **out, const mf_flow *flow, const mf_linear *parts, mf_mobility mobility)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, flow, parts, mobility);
  if (status) {
    mf_operator_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_operator_free(mf_operator *o)
{
  if (!o) return;
  for (int a = 0; a < MF_AXES; a++) mf_field_free(o->mobility[a]);
  mf_field_free(o->product);
  mf_field_free(o->image);
  mf_release(o);
}

/* ---- what is known at once ---- */

double mf_operator_shift(const mf_operator *o)
{
  return o->part->entropic * o->part->reaction + o->part->embedded * o->part->inverse;
}

/* Where L makes mass the constant has a rate of its own. */
double mf_operator_floor(const mf_operator *o)
{
  const double alone = o->part->entropic * o->part->mass + o->part->embedded * o->part->inverse;
  return o->conserves ? mf_operator_shift(o) : fmin(mf_operator_shift(o), alone);
}

const mf_convolution *mf_operator_kernel(const mf_operator *o)
{
  return o->part->kernel ? o->part->kernel : o->part->embedding;
}

bool mf_operator_moves(const mf_operator *o)
{
  int axes = 0;
  for (int a = 0; a < o->grid->dim; a++) axes += o->grid->n[a] > 1;
  return axes == 1 && o->part->velocity > 0;
}

void mf_operator_remove_mass(const mf_operator *o, double *v)
{
  if (!o->conserves) return;
  const double share = mf_field_sum(o->grid, v) / o->mass;
  mf_each(o->grid->cells, mf_each_sum, 1, v, -share, o->pi->density, v);
}

/* ---- parts ---- */

static void convolve(const mf_operator *o, const mf_convolution *kernel, const double *f, double *out)
{
  memset(out, 0, (size_t)o->grid->cells * sizeof *out);
  mf_convolution_add(kernel, f, 1, out);
}

void mf_operator_force(const mf_operator *o, const double *v, double *xi)
{
  const mf_linear *l = o->part;
  const ptrdiff_t n = o->grid->cells;
  if (l->first) {
    convolve(o, l->kernel, v, xi);
    mf_each(n, mf_each_scaled, l->entropic, xi, 0, NULL, xi);
    return;
  }
  memset(xi, 0, (size_t)n * sizeof *xi);
  for (ptrdiff_t c = 0; l->entropic > 0 && c < n; c++) xi[c] = l->entropic * v[c] / o->pi->density[c];
  if (l->embedding) mf_convolution_add(l->embedding, v, l->embedded, xi);
}

/* What flows out of a cell less what flows in, with weights or mobilities per h^2. */
static void add_outflow(const mf_operator *o, const double *w, int axis, double factor, const double *xi,
                        double *z)
{
  for (mf_faces f = mf_faces_of(o->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const double flux = factor * w[low] * (xi[low] - xi[low + f.step]);
      z[low] += flux;
      z[low + f.step] -= flux;
    }
}

/* Flux w K (w grad xi), with w = pi_f: h^2 times the square of the weights' 1/h^2. */
static void add_smoothed_outflow(const mf_operator *o, int axis, const double *xi, double *z)
{
  const double *w = o->part->weight[axis], h2 = o->grid->h[axis] * o->grid->h[axis];
  memset(o->product, 0, (size_t)o->grid->cells * sizeof *o->product);
  for (mf_faces f = mf_faces_of(o->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++)
      o->product[low] = w[low] * (xi[low] - xi[low + f.step]);
  convolve(o, o->part->kernel, o->product, o->image);
  for (mf_faces f = mf_faces_of(o->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const double flux = o->part->smoothing * h2 * w[low] * o->image[low];
      z[low] += flux;
      z[low + f.step] -= flux;
    }
}

/* z += factor pi K (pi xi). */
static void add_smoothed(const mf_operator *o, double factor, const mf_convolution *kernel, const double *f,
                         double *z)
{
  convolve(o, kernel, f, o->image);
  for (ptrdiff_t c = 0; c < o->grid->cells; c++) z[c] += factor * o->pi->density[c] * o->image[c];
}

void mf_operator_rate(const mf_operator *o, const double *v, const double *xi, double *z)
{
  const mf_linear *l = o->part;
  memset(z, 0, (size_t)o->grid->cells * sizeof *z);
  mf_halo(o->grid, xi, 1);
  for (int a = 0; a < o->grid->dim; a++) {
    if (l->velocity > 0) add_outflow(o, o->mobility[a], a, l->velocity, xi, z);
    if (l->smoothing > 0 && l->on_faces) add_smoothed_outflow(o, a, xi, z);
  }
  if (l->smoothing > 0 && !l->on_faces) {
    mf_each(o->grid->cells, mf_each_product, 0, xi, 0, o->pi->density, o->product);
    add_smoothed(o, l->smoothing, l->kernel, o->product, z);
  }
  if (l->reaction > 0 && l->embedding) add_smoothed(o, l->reaction * l->embedded, l->embedding, v, z);
  mf_operator_remove_mass(o, z);
}

/* ---- symbol ---- */

/* <w, K w>/<w, w> for a wave along an axis, under a window. */
static double kernel_of_wave(const mf_operator *o, int axis, int length)
{
  const mf_grid *g = o->grid;
  const double turn = 3.141592653589793;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    double value = 1;
    for (int a = 0; a < g->dim; a++) {
      const double i = (double)(c / g->stride[a] % g->n[a]);
      if (g->n[a] > 1) value *= pow(sin(turn * (i + 0.5) / (double)g->n[a]), 4);
      if (a == axis) value *= cos(2 * turn * i / length);
    }
    o->product[c] = value;
  }
  const double mean = mf_field_sum(g, o->product) / (double)g->cells;
  for (ptrdiff_t c = 0; c < g->cells; c++) o->product[c] -= mean;
  return mf_convolution_form(mf_operator_kernel(o), o->product) /
         (g->volume * mf_field_dot(g, o->product, o->product));
}

void mf_operator_symbol(const mf_operator *o, double symbol[3])
{
  static const int lengths[] = {8, 4, 2};
  const bool between = o->part->velocity > 0 || o->part->on_faces;
  double least = INFINITY;
  for (int a = 0; a < o->grid->dim; a++) {
    double here[3];
    if (o->grid->n[a] == 1) continue;
    for (int k = 0; k < 3; k++) {
      const double wave = 2 * sin(3.141592653589793 / lengths[k]) / o->grid->h[a];
      here[k] = kernel_of_wave(o, a, lengths[k]) * (between ? wave * wave : 1);
    }
    if (!(here[2] / here[0] < least)) continue;
    least = here[2] / here[0];
    memcpy(symbol, here, sizeof here);
  }
}
