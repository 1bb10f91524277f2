/* SPDX-License-Identifier: BSD-3-Clause */
/* Drift and aggregation:  x' = -a (grad V(x) + sum_j w_j grad W(x - x_j)),  exact for point masses (Carrillo, Choi & Hauray 2014):
 * the flow of int V dmu and iint W dmu dmu/2 in the Wasserstein geometry.
 *
 * V is interpolated on the grid; W is a kernel, whose sums kernels/sums.h forms, or a formula: the gradient of W * mu is then that on
 * the grid of the particles' histogram, spread to the two nearest cells of each axis, good to h^2. */
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/interpolant.h"
#include "operators/method.h"
#include "operators/witness.h"

#include <math.h>
#include <string.h>

typedef struct {
  const mf_energy *energy;
  mf_interpolant *potential; /* xi of an energy that does not depend on mu, or NULL */
  bool summed;
  mf_witness pairs; /* of an interaction by a kernel */
} term;

typedef struct {
  term term[MF_METHOD_PARTS];
  int terms;
  double a, *density, *xi;
} workspace;

static int find_xi(const mf_energy *e, const mf_grid *grid, const double *density, double *xi)
{
  const mf_state state = {.grid = grid, .form = MF_ABSOLUTE, .density = density};
  memset(xi, 0, (size_t)grid->cells * sizeof *xi);
  e->type->add_variation(e, &state, xi);
  return MF_OK;
}

static int add_term(workspace *w, const mf_energy *e, const mf_grid *grid)
{
  term *t = &w->term[w->terms++];
  t->energy = e;
  if (!strcmp(e->type->name, "potential")) {
    MF_TRY(find_xi(e, grid, w->density, w->xi));
    return mf_interpolant_create(&t->potential, grid, w->xi);
  }
  const mf_kernel_options *o = mf_options_kernel(&e->type->params, e->options);
  mf_kernel kernel;
  t->summed = o->name >= 0;
  if (!t->summed) return MF_OK;
  MF_TRY(mf_kernel_init(&kernel, o));
  return mf_witness_init(&t->pairs, grid, &kernel, NULL);
}

static int create(mf_method *m)
{
  MF_TRY(mf_objects_create(&m->self, 1, sizeof(workspace)));
  workspace *w = m->self;
  w->a = mf_method_coefficient(m, "wasserstein");
  MF_TRY(mf_field_create(m->grid, &w->density));
  MF_TRY(mf_field_create(m->grid, &w->xi));
  for (int i = 0; i < m->energies; i++) MF_TRY(add_term(w, m->energy[i], m->grid));
  return MF_OK;
}

static void destroy(mf_method *m)
{
  workspace *w = m->self;
  for (int i = 0; i < w->terms; i++) {
    mf_interpolant_free(w->term[i].potential);
    mf_witness_clear(&w->term[i].pairs);
  }
  mf_field_free(w->density);
  mf_field_free(w->xi);
}

/* ---- on the grid ---- */

/* The two cells of an axis nearest to x and the share of the upper one; at a wall both are the last. */
static double find_cells(const mf_grid *grid, int axis, double x, ptrdiff_t cell[2])
{
  const ptrdiff_t n = grid->n[axis];
  const double place = (x - grid->lo[axis]) / grid->h[axis] - 0.5, below = floor(place);
  for (int k = 0; k < 2; k++) {
    const ptrdiff_t i = (ptrdiff_t)below + k;
    cell[k] = grid->periodic[axis] ? (i + n) % n : i < 0 ? 0 : i >= n ? n - 1 : i;
  }
  return place - below;
}

static void deposit(const mf_swarm *s, double *density)
{
  const mf_grid *grid = s->grid;
  memset(density, 0, (size_t)grid->cells * sizeof *density);
  for (ptrdiff_t i = 0; i < s->count; i++) {
    ptrdiff_t cell[MF_AXES][2] = {{0, 0}, {0, 0}, {0, 0}};
    double share[MF_AXES] = {0, 0, 0};
    for (int a = 0; a < grid->dim; a++) share[a] = find_cells(grid, a, s->x[a][i], cell[a]);
    for (int corner = 0; corner < 1 << grid->dim; corner++) {
      ptrdiff_t at = 0;
      double part = s->weight[i] / grid->volume;
      for (int a = 0; a < grid->dim; a++) {
        const int up = corner >> a & 1;
        at += cell[a][up] * grid->stride[a];
        part *= up ? share[a] : 1 - share[a];
      }
      density[at] += part;
    }
  }
}

/* ---- velocities ---- */

static int find_gradient(workspace *w, const term *t, mf_swarm *s, double *const *slope)
{
  const mf_cloud points = mf_swarm_cloud(s);
  if (t->potential) {
    mf_interpolant_at(t->potential, s->count, points.x, NULL, slope);
    return MF_OK;
  }
  if (t->summed) {
    MF_TRY(mf_witness_at(&t->pairs, s, &points, NULL, slope));
    for (int a = 0; a < s->grid->dim; a++)
      for (ptrdiff_t i = 0; i < s->count; i++) slope[a][i] *= t->energy->weight;
    return MF_OK;
  }
  mf_interpolant *field;
  deposit(s, w->density);
  MF_TRY(find_xi(t->energy, s->grid, w->density, w->xi));
  MF_TRY(mf_interpolant_create(&field, s->grid, w->xi));
  mf_interpolant_at(field, s->count, points.x, NULL, slope);
  mf_interpolant_free(field);
  return MF_OK;
}

static int velocity(const void *self, mf_swarm *s, double *const *v)
{
  workspace *w = ((const mf_method *)self)->self;
  double *room, *slope[MF_AXES] = {NULL, NULL, NULL};
  MF_TRY(mf_reals_create(&room, s->grid->dim * s->count));
  for (int a = 0; a < s->grid->dim; a++) {
    slope[a] = room + a * s->count;
    memset(v[a], 0, (size_t)s->count * sizeof *v[a]);
  }
  int status = MF_OK;
  for (int k = 0; k < w->terms && !status; k++) {
    status = find_gradient(w, &w->term[k], s, slope);
    for (int a = 0; a < s->grid->dim && !status; a++)
      for (ptrdiff_t i = 0; i < s->count; i++) v[a][i] -= w->a * slope[a][i];
  }
  mf_release(room);
  return status;
}

static int step(const mf_method *m, mf_swarm *s, double dt, uint32_t number)
{
  (void)number;
  return mf_swarm_drift(s, dt, velocity, m);
}

const mf_method_type mf_method_drift = {
    .name = "drift",
    .summary = "x' = -grad(V + W * mu_N)(x)",
    .reference = "Carrillo, Choi & Hauray 2014",
    .flows = "potential in wasserstein; interaction in wasserstein; interaction + potential in wasserstein",
    .order = 2,
    .create = create,
    .destroy = destroy,
    .step = step,
};
