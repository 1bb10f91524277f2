/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates of flows that a kernel smooths, from above.
 *
 * In L^2(pi) the linearised flow (operators/linear.h) is symmetric, with the form
 *
 *    E(u) = reaction |u|^2 + smoothing <pi u, K (pi u)>                        pointwise: kernelised Fisher-Rao, MMD in Hellinger
 *    E(u) = smoothing sum over axes h^2 <w du, K (w du)>                       on faces: Stein
 *
 * and its slowest rate is at most E(u)/|u|^2 for any u, without mass where mass is conserved.  A kernel hardly sees what varies from
 * cell to cell, nor K pi what is in the tails: such functions u are tried.  The least of their quotients says how far down the
 * rates reach.  The true bottom is the reciprocal of a norm of the inverse kernel, which grows without bound on finer grids:
 * it is no property of the flow, and is not given. */
#include "solver/observe/gap_kernel.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "grids/neighbour.h"

#include <math.h>
#include <string.h>

typedef struct {
  const mf_linear *l;
  const mf_measure *pi;
  double *u, *image;
} trial;

static void remove_mean(const trial *t)
{
  const mf_grid *g = t->pi->grid;
  const double mean = mf_field_dot(g, t->pi->density, t->u) / mf_field_sum(g, t->pi->density);
  for (ptrdiff_t c = 0; c < g->cells; c++) t->u[c] -= mean;
}

static double form_on_faces(const trial *t)
{
  const mf_grid *g = t->pi->grid;
  double sum = 0;
  for (int a = 0; a < g->dim; a++) {
    memset(t->image, 0, (size_t)g->cells * sizeof *t->image);
    for (mf_faces f = mf_faces_of(g, a); mf_faces_next(&f);)
      for (ptrdiff_t c = f.first; c < f.first + f.count; c++)
        t->image[c] = t->l->weight[a][c] * (t->u[c + f.step] - t->u[c]);
    sum += g->h[a] * g->h[a] * mf_convolution_form(t->l->kernel, t->image);
  }
  return sum;
}

static double form(const trial *t)
{
  if (t->l->on_faces) return form_on_faces(t);
  for (ptrdiff_t c = 0; c < t->pi->grid->cells; c++) t->image[c] = t->pi->density[c] * t->u[c];
  return mf_convolution_form(t->l->kernel, t->image);
}

static double quotient(const trial *t)
{
  double square = 0;
  remove_mean(t);
  for (ptrdiff_t c = 0; c < t->pi->grid->cells; c++) square += t->pi->density[c] * t->u[c] * t->u[c];
  const double kernel = t->l->smoothing * form(t) / (square * t->pi->grid->volume);
  return t->l->reaction + fmax(0, kernel);
}

/* +1 and -1 in turn, times a power of pi: 0 varies everywhere, -1 mostly in the tails. */
static void alternate(const trial *t, double power)
{
  const mf_grid *g = t->pi->grid;
  const double most = mf_field_max(g, t->pi->log_density);
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    ptrdiff_t sum = 0;
    for (int a = 0; a < g->dim; a++) sum += c / g->stride[a] % g->n[a];
    t->u[c] = (sum % 2 ? -1 : 1) * exp(power * fmax(t->pi->log_density[c] - most, -300));
  }
}

static double slowest(const trial *t)
{
  static const double powers[] = {0, -0.5, -1};
  double least = INFINITY;
  for (int i = 0; i < 3; i++) {
    alternate(t, powers[i]);
    least = fmin(least, quotient(t));
  }
  return least;
}

static int say(const mf_flow *flow, const trial *t)
{
  const mf_linear *l = t->l;
  if (mf_convolution_kernel(l->kernel) && mf_convolution_kernel(l->kernel)->type->coefficient)
    return mf_fail(MF_ENUMERIC,
                   "no gap: kernel %s has finite rank, and a deviation that it does not see stays for ever",
                   mf_convolution_kernel(l->kernel)->type->name);
  if (l->transport > 0) return mf_fail(MF_ENUMERIC, "a kernel beside diffusion is not worked out");
  const double at_most = slowest(t);
  return mf_fail(MF_ENUMERIC,
                 "no gap: the kernel hardly sees what varies from cell to cell or is in the tails, so rates "
                 "of this flow reach "
                 "down to %.3g at least (certain), and lower on finer grids%s",
                 at_most, mf_flow_conserves_mass(flow) ? "" : "; the mass is one of many modes");
}

int mf_gap_kernel(const mf_flow *flow, const mf_linear *l)
{
  trial t = {.l = l, .pi = mf_flow_target(flow)};
  int status = mf_field_create(t.pi->grid, &t.u);
  if (!status) status = mf_field_create(t.pi->grid, &t.image);
  if (!status) status = say(flow, &t);
  mf_field_free(t.u);
  mf_field_free(t.image);
  return status;
}
