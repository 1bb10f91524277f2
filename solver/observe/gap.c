/* SPDX-License-Identifier: BSD-3-Clause */
/* The spectral gap of a flow linearised at its target.
 *
 * In v = (mu - pi)/sqrt(pi) the linearised flow is a symmetric matrix -S; its least eigenvalue off the mass is found by
 * LOBPCG (Knyazev 2001): Rayleigh-Ritz in the span of the iterate, the preconditioned residual and the last
 * direction.  The preconditioner of the integrator, at a step of the order of 1/lambda, serves as inverse. */
#include "solver/observe/gap.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"
#include "solver/precondition/precondition.h"

#include <math.h>
#include <string.h>

enum { BASIS = 3, ITERATIONS = 2000 };

typedef struct {
  mf_flow *flow;
  const mf_grid *grid;
  mf_preconditioner *inverse;
  double *root;                    /* sqrt(pi) */
  double *v[BASIS], *image[BASIS]; /* iterate, preconditioned residual, direction; S of each */
  double *from, *to;               /* scratch */
  bool deflate;                    /* the mass is conserved: sqrt(pi) is in the kernel */
} solver;

static double dot(const solver *s, const double *a, const double *b)
{
  return mf_field_dot(s->grid, a, b);
}

static void add(const solver *s, double factor, const double *a, double *b)
{
  mf_each(s->grid->cells, mf_each_sum, factor, a, 1, b, b);
}

static void scale(const solver *s, double factor, double *a)
{
  mf_each(s->grid->cells, mf_each_scaled, factor, a, 0, NULL, a);
}

/* image = S v. */
static int apply(const solver *s, const double *v, double *image)
{
  mf_each(s->grid->cells, mf_each_product, 0, s->root, 0, v, s->from);
  MF_TRY(mf_flow_jacobian(s->flow, s->from, s->to));
  mf_each(s->grid->cells, mf_each_quotient, 0, s->to, 0, s->root, image);
  scale(s, -1, image);
  return MF_OK;
}

static void precondition(const solver *s, const double *r, double *z)
{
  mf_each(s->grid->cells, mf_each_product, 0, s->root, 0, r, s->from);
  mf_preconditioner_solve(s->inverse, s->from, s->to);
  mf_each(s->grid->cells, mf_each_quotient, 0, s->to, 0, s->root, z);
}

static void remove_mass(const solver *s, double *v)
{
  if (s->deflate) add(s, -dot(s, s->root, v) / dot(s, s->root, s->root), s->root, v);
}

/* Makes v[k] orthogonal to those before it, of norm 1, and its image with it; false if nothing is left. */
static bool orthonormalise(const solver *s, int k)
{
  const double before = sqrt(dot(s, s->v[k], s->v[k]));
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < k; i++) {
      const double share = dot(s, s->v[i], s->v[k]);
      add(s, -share, s->v[i], s->v[k]);
      add(s, -share, s->image[i], s->image[k]);
    }
  const double norm = sqrt(dot(s, s->v[k], s->v[k]));
  if (!(norm > 1e-10 * before)) return false;
  scale(s, 1 / norm, s->v[k]);
  scale(s, 1 / norm, s->image[k]);
  return true;
}

/* Least eigenpair of a symmetric matrix of order n <= 3 by Jacobi rotations. */
static double least_eigenpair(int n, double a[BASIS][BASIS], double vector[BASIS])
{
  double q[BASIS][BASIS] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  for (int sweep = 0; sweep < 30; sweep++)
    for (int i = 0; i < n; i++)
      for (int j = i + 1; j < n; j++) {
        if (a[i][j] == 0) continue;
        const double angle = 0.5 * atan2(2 * a[i][j], a[j][j] - a[i][i]), co = cos(angle), si = sin(angle);
        for (int k = 0; k < n; k++) {
          const double x = a[k][i], y = a[k][j];
          a[k][i] = co * x - si * y;
          a[k][j] = si * x + co * y;
        }
        for (int k = 0; k < n; k++) {
          const double x = a[i][k], y = a[j][k], u = q[k][i], w = q[k][j];
          a[i][k] = co * x - si * y;
          a[j][k] = si * x + co * y;
          q[k][i] = co * u - si * w;
          q[k][j] = si * u + co * w;
        }
      }
  int least = 0;
  for (int i = 1; i < n; i++)
    if (a[i][i] < a[least][least]) least = i;
  for (int i = 0; i < n; i++) vector[i] = q[i][least];
  return a[least][least];
}

/* Rayleigh-Ritz in the span of the first n vectors; the new iterate replaces v[0], its part off the old one v[2]. */
static void ritz(const solver *s, int n)
{
  double a[BASIS][BASIS], c[BASIS];
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) a[i][j] = dot(s, s->v[i], s->image[j]);
  least_eigenpair(n, a, c);
  double *const *const sets[] = {s->v, s->image};
  for (int k = 0; k < 2; k++) {
    double *const *x = sets[k];
    if (n > 2)
      mf_each(s->grid->cells, mf_each_sum, c[1], x[1], c[2], x[2], x[2]);
    else
      mf_each(s->grid->cells, mf_each_scaled, c[1], x[1], 0, NULL, x[2]);
    mf_each(s->grid->cells, mf_each_sum, c[0], x[0], 1, x[2], x[0]);
  }
}

/* A start that no symmetry of the target is orthogonal to. */
static void guess(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const solver *s = self;
  for (ptrdiff_t c = begin; c < end; c++) {
    double x[MF_AXES], value = 0;
    mf_grid_centre(s->grid, c, x);
    for (int a = 0; a < s->grid->dim; a++) {
      const double z = (x[a] - s->grid->lo[a]) / (s->grid->hi[a] - s->grid->lo[a]);
      value += (1 + 0.3 * a) * (z + 0.37 * sin(6.283185307179586 * z) + 0.21 * cos(6.283185307179586 * z));
    }
    s->v[0][c] = value * s->root[c];
  }
}

static int iterate(solver *s, mf_gap *gap)
{
  const double enough = 1e-11;
  mf_share(s->grid->cells, MF_PIECE / 4, guess, s);
  remove_mass(s, s->v[0]);
  MF_TRY(apply(s, s->v[0], s->image[0]));
  if (!orthonormalise(s, 0)) return mf_fail(MF_ENUMERIC, "this grid has no deviation without mass");
  gap->value = dot(s, s->v[0], s->image[0]);
  mf_preconditioner_linearise(s->inverse);
  MF_TRY(mf_preconditioner_factor(s->inverse, 10 / gap->value));
  for (gap->iterations = 1; gap->iterations <= ITERATIONS; gap->iterations++) {
    gap->value = dot(s, s->v[0], s->image[0]);
    double *r = s->image[1]; /* free until the residual has an image */
    memcpy(r, s->image[0], (size_t)s->grid->cells * sizeof *r);
    add(s, -gap->value, s->v[0], r);
    gap->residual = sqrt(dot(s, r, r)) / gap->value;
    if (gap->residual < enough) return MF_OK;
    precondition(s, r, s->v[1]);
    remove_mass(s, s->v[1]);
    MF_TRY(apply(s, s->v[1], s->image[1]));
    if (!orthonormalise(s, 1)) return MF_OK;
    ritz(s, gap->iterations > 1 && orthonormalise(s, 2) ? 3 : 2);
    if (gap->iterations % 20 == 0) MF_TRY(apply(s, s->v[0], s->image[0])); /* round-off in the recurrence */
    const double norm = 1 / sqrt(dot(s, s->v[0], s->v[0]));
    scale(s, norm, s->v[0]);
    scale(s, norm, s->image[0]);
  }
  if (gap->residual < 1e-6) return MF_OK; /* the eigenvalue is good to the square of this */
  return mf_fail(MF_ENUMERIC, "the spectral gap did not converge: residual %.1e after %d iterations",
                 gap->residual, ITERATIONS);
}

static int prepare(solver *s, mf_flow *flow)
{
  const mf_measure *pi = mf_flow_target(flow);
  s->flow = flow;
  s->grid = mf_flow_grid(flow);
  s->deflate = mf_flow_conserves_mass(flow);
  double **const arrays[] = {&s->root,     &s->v[0],     &s->v[1], &s->v[2], &s->image[0],
                             &s->image[1], &s->image[2], &s->from, &s->to};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) MF_TRY(mf_field_create(s->grid, arrays[i]));
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) s->root[c] = sqrt(pi->density[c]);
  mf_flow_linearise(flow, s->from); /* at deviation 0 */
  return mf_preconditioner_create(&s->inverse, flow);
}

static void clear(solver *s)
{
  double *const arrays[] = {s->root,     s->v[0],     s->v[1], s->v[2], s->image[0],
                            s->image[1], s->image[2], s->from, s->to};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) mf_field_free(arrays[i]);
  mf_preconditioner_free(s->inverse);
}

int mf_gap_compute(mf_flow *flow, mf_gap *gap, double *function)
{
  solver s = {0};
  if (mf_flow_coordinate(flow)->kind != MF_DEVIATION)
    return mf_fail(
        MF_ECASE,
        "the gap is that of a flow in the deviation coordinate, around its target: set `coordinate: "
        "deviation`");
  int status = prepare(&s, flow);
  if (!status) status = iterate(&s, gap);
  for (ptrdiff_t c = 0; !status && function && c < s.grid->cells; c++)
    function[c] = s.v[0][c] / (s.root[c] * sqrt(s.grid->volume));
  clear(&s);
  return status;
}
