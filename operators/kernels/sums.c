/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of a kernel over points: which way is cheaper. */
#include "operators/kernels/sums_parts.h"

#include <math.h>

struct mf_sums {
  const mf_grid *grid;
  const mf_kernel *kernel;
  mf_sums_way way;
  mf_sums_accuracy accuracy;
  mf_sums_series *series; /* of the last mesh */
};

int mf_sums_create(mf_sums **out, const mf_grid *grid, const mf_kernel *kernel, mf_sums_way way,
                   mf_sums_accuracy accuracy)
{
  if (way == MF_SUMS_FAST && !mf_sums_gaussian(kernel))
    return mf_fail(MF_ECASE, "fast sums are for Gaussian kernels, not for %s", kernel->type->name);
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  **out = (mf_sums){.grid = grid, .kernel = kernel, .way = way, .accuracy = accuracy};
  return MF_OK;
}

void mf_sums_free(mf_sums *s)
{
  if (!s) return;
  mf_sums_series_free(s->series);
  mf_release(s);
}

/* Nanoseconds of one processor with AVX-512, of which only the ratio counts: a pair with one charge in the vectorised loop
 * and elsewhere; a stencil's node; a mesh point's share of a transform, by the logarithm of all. */
static const double pair_cost = 1.5, slow_pair_cost = 25, node_cost = 0.6, axis_cost = 25,
                    transform_cost = 0.4;

static bool has_gradient(const mf_sums_request *r)
{
  return r->gradient[0] != NULL;
}

static double direct_cost(const mf_sums *s, const mf_sums_request *r)
{
  bool plain = mf_sums_gaussian(s->kernel);
  for (int a = 0; a < s->grid->dim; a++) plain = plain && !s->grid->periodic[a];
  const double pair = plain ? pair_cost * s->kernel->scales : slow_pair_cost;
  return (double)r->sources.count * (double)r->targets.count * pair;
}

static double fast_cost(const mf_sums *s, const mf_sums_request *r, const mf_sums_mesh *mesh)
{
  const int dim = s->grid->dim;
  int outputs = has_gradient(r) ? dim : 0;
  for (int c = 0; c < r->charges; c++) outputs += r->value[c] != NULL;
  const double nodes = pow(mesh->width, dim) * node_cost, axes = axis_cost * mesh->width / 10 * dim;
  return (double)r->sources.count * (r->charges * nodes + axes) +
         (double)r->targets.count * (outputs * nodes + axes) +
         (r->charges + outputs) * mesh->points * log2(mesh->points + 2) * transform_cost;
}

mf_sums_way mf_sums_choice(const mf_sums *s, const mf_sums_request *r)
{
  const double most = 3e7; /* points of a mesh that memory is for */
  mf_sums_mesh mesh;
  if (s->way != MF_SUMS_CHEAPEST) return s->way;
  if (!mf_sums_gaussian(s->kernel) || r->sources.count == 0 || r->targets.count == 0) return MF_SUMS_DIRECT;
  mf_sums_find_mesh(s->grid, s->kernel, r, s->accuracy, &mesh);
  return mesh.points < most && fast_cost(s, r, &mesh) < direct_cost(s, r) ? MF_SUMS_FAST : MF_SUMS_DIRECT;
}

int mf_sums_form(mf_sums *s, const mf_sums_request *r)
{
  if (mf_sums_choice(s, r) == MF_SUMS_DIRECT) {
    mf_sums_direct(s->grid, s->kernel, r);
    return MF_OK;
  }
  mf_sums_mesh mesh;
  mf_sums_find_mesh(s->grid, s->kernel, r, s->accuracy, &mesh);
  return mf_sums_fast(&s->series, s->grid, s->kernel, &mesh, r);
}
