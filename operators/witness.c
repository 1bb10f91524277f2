/* SPDX-License-Identifier: BSD-3-Clause */
/* The witness function of particles against a target on the grid. */
#include "operators/witness.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"

static int fill_background(mf_witness *w, const double *density)
{
  mf_convolution *k;
  double *image = NULL;
  MF_TRY(mf_convolution_create(&k, w->grid, &w->kernel));
  int status = mf_field_create(w->grid, &image);
  if (!status) {
    mf_convolution_add(k, density, 1, image);
    status = mf_interpolant_create(&w->background, w->grid, image);
  }
  mf_field_free(image);
  mf_convolution_free(k);
  return status;
}

int mf_witness_init(mf_witness *w, const mf_grid *grid, const mf_kernel *kernel, const double *density)
{
  *w = (mf_witness){.grid = grid, .kernel = *kernel};
  MF_TRY(mf_sums_create(&w->sums, grid, &w->kernel, MF_SUMS_CHEAPEST, MF_SUMS_USUAL));
  return density ? fill_background(w, density) : MF_OK;
}

void mf_witness_clear(mf_witness *w)
{
  mf_sums_free(w->sums);
  mf_interpolant_free(w->background);
  *w = (mf_witness){0};
}

typedef struct {
  const mf_witness *witness;
  const mf_cloud *points;
  double *value;
  double *const *gradient;
} operands;

enum { CHUNK = 256 };

/* Takes K pi off what the sums have given. */
static void subtract(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const operands *o = self;
  const int dim = o->witness->grid->dim;
  double value[CHUNK], slope[MF_AXES][CHUNK];
  double *const slopes[MF_AXES] = {slope[0], slope[1], slope[2]};
  for (; begin < end; begin += CHUNK) {
    const ptrdiff_t n = end - begin < CHUNK ? end - begin : CHUNK;
    const double *x[MF_AXES] = {NULL, NULL, NULL};
    for (int a = 0; a < dim; a++) x[a] = o->points->x[a] + begin;
    mf_interpolant_at(o->witness->background, n, x, o->value ? value : NULL, o->gradient ? slopes : NULL);
    for (ptrdiff_t i = 0; o->value && i < n; i++) o->value[begin + i] -= value[i];
    for (int a = 0; o->gradient && a < dim; a++)
      for (ptrdiff_t i = 0; i < n; i++) o->gradient[a][begin + i] -= slope[a][i];
  }
}

int mf_witness_at(const mf_witness *w, const mf_swarm *s, const mf_cloud *points, double *value,
                  double *const *gradient)
{
  mf_sums_request r = {.sources = mf_swarm_cloud(s),
                       .targets = *points,
                       .charges = 1,
                       .charge = {s->weight},
                       .value = {value}};
  for (int a = 0; gradient && a < w->grid->dim; a++) r.gradient[a] = gradient[a];
  MF_TRY(mf_sums_form(w->sums, &r));
  if (w->background) mf_share(points->count, 8 * CHUNK, subtract, &(operands){w, points, value, gradient});
  return MF_OK;
}

int mf_witness_descend(const mf_witness *w, double a, mf_swarm *s, double *const *v)
{
  const mf_cloud points = mf_swarm_cloud(s);
  MF_TRY(mf_witness_at(w, s, &points, NULL, v));
  for (int axis = 0; axis < s->grid->dim; axis++)
    for (ptrdiff_t i = 0; i < s->count; i++) v[axis][i] *= -a;
  return MF_OK;
}

int mf_witness_sum(const mf_witness *w, mf_swarm *s, const double *charge, double *value)
{
  const mf_cloud points = mf_swarm_cloud(s);
  const mf_sums_request r = {
      .sources = points, .targets = points, .charges = 1, .charge = {charge}, .value = {value}};
  return mf_sums_form(w->sums, &r);
}
