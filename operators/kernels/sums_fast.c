/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of Gaussian kernels over points by Fourier series.
 *
 * On a box of period P along each axis (that of a periodic axis; else the points' extent and a margin beyond which the kernel is
 * negligible)
 *
 *    k(x - y) = sum_m c_m e^(i w_m.(x - y)),   w_m = 2 pi m / P,   c_m = prod_a s sqrt(2 pi)/P e^(-(s w_m)^2/2)
 *
 * so the sum over sources is that of c_m e^(i w_m.x) sum_j q_j e^(-i w_m.y_j).  Both exponential sums are taken on a mesh of at
 * least twice as many points as modes with the window psi(z) = e^(b (sqrt(1 - z^2) - 1)) of ten or fifteen nodes (Barnett, Magland & af
 * Klinteberg 2019), whose transform is divided out twice.  Gradients are formed by i w_m.
 *
 * What is neglected: e^(-r^2/2) at images, as much behind the last mode, 10^(1-w) by a window of w nodes: 7e-10 and 1e-9 for r = 6.5, w = 10,
 * and 2e-15 and 1e-14 for r = 8.2, w = 15.
 *
 * Charges are spread in a fixed number of parts, each to a mesh of its own, which are added in their order: the result does not
 * depend on the number of threads. */
#include "grids/elementary.h"
#include "grids/field.h"
#include "operators/kernels/planner.h"
#include "operators/kernels/sums_parts.h"

#include <fftw3.h>
#include <math.h>
#include <string.h>

enum { PARTS = 8, QUADRATURE = 200, WIDEST = 15 };
static const double pi = 3.14159265358979323846, steepness = 2.3; /* b for each node */

/* ---- the mesh ---- */

static void find_extent(const mf_cloud *cloud, int axis, double *lo, double *hi)
{
  *lo = fmin(*lo, mf_array_min(cloud->count, cloud->x[axis]));
  *hi = fmax(*hi, mf_array_max(cloud->count, cloud->x[axis]));
}

/* The least even number from n on that is made of 2, 3 and 5. */
static ptrdiff_t round_up(ptrdiff_t n)
{
  for (n += n % 2;; n += 2) {
    ptrdiff_t rest = n;
    while (rest % 2 == 0) rest /= 2;
    while (rest % 3 == 0) rest /= 3;
    while (rest % 5 == 0) rest /= 5;
    if (rest == 1) return n;
  }
}

/* A span that does not change with every little motion of the points: a power of 2^(1/8). */
static double step_up(double span)
{
  return span > 0 ? exp2(ceil(8 * log2(span)) / 8) : 0;
}

void mf_sums_find_mesh(const mf_grid *grid, const mf_kernel *kernel, const mf_sums_request *r,
                       mf_sums_accuracy accuracy, mf_sums_mesh *mesh)
{
  const double reach = accuracy == MF_SUMS_FINE ? 8.2 : 6.5;
  const int width = accuracy == MF_SUMS_FINE ? WIDEST : 10;
  double narrowest = INFINITY, widest = 0;
  for (int i = 0; i < kernel->scales; i++) {
    narrowest = fmin(narrowest, kernel->bandwidth[i]);
    widest = fmax(widest, kernel->bandwidth[i]);
  }
  *mesh = (mf_sums_mesh){.width = width, .n = {1, 1, 1}, .points = 1, .period = {1, 1, 1}};
  for (int a = 0; a < grid->dim; a++) {
    double lo = INFINITY, hi = -INFINITY;
    find_extent(&r->sources, a, &lo, &hi);
    find_extent(&r->targets, a, &lo, &hi);
    mesh->lo[a] = grid->periodic[a] ? grid->lo[a] : lo;
    mesh->period[a] = grid->periodic[a] ? grid->hi[a] - grid->lo[a] : step_up(hi - lo + reach * widest);
    const double modes = ceil(reach * mesh->period[a] / (2 * pi * narrowest)), largest = 1e7;
    mesh->modes[a] = (ptrdiff_t)fmin(modes, largest);
    mesh->n[a] =
        round_up(2 * (2 * mesh->modes[a] + 1) < 2 * width ? 2 * width : 2 * (2 * mesh->modes[a] + 1));
    mesh->points *= (double)mesh->n[a];
  }
}

/* ---- plans and coefficients ---- */

struct mf_sums_series {
  mf_sums_mesh mesh;
  ptrdiff_t points, half; /* of the mesh, and of its spectrum */
  double *real[PARTS];    /* meshes; the first holds the sum of all */
  double *image[MF_CHARGES + MF_AXES];
  double *factor[MF_AXES]; /* c_m / psi^2 of one scale and axis, for indices 0, ..., n - 1 of the spectrum */
  double *total;           /* their products, over the half spectrum */
  fftw_complex *spectrum, *work;
  fftw_plan forward, backward;
};

void mf_sums_series_free(mf_sums_series *s)
{
  if (!s) return;
  for (int k = 0; k < PARTS; k++) mf_release(s->real[k]);
  for (int k = 0; k < MF_CHARGES + MF_AXES; k++) mf_release(s->image[k]);
  for (int a = 0; a < MF_AXES; a++) mf_release(s->factor[a]);
  mf_release(s->total);
  mf_release(s->spectrum);
  mf_release(s->work);
  mf_planner_destroy(s->forward);
  mf_planner_destroy(s->backward);
  mf_release(s);
}

/* int psi(2 u / width) cos(k u) du over its support, k in radians per node, with z = sin(angle). */
static double window_transform(int width, double k)
{
  double sum = 0;
  for (int i = 0; i < QUADRATURE; i++) {
    const double angle = pi * ((i + 0.5) / QUADRATURE - 0.5), c = cos(angle);
    sum += exp(steepness * width * (c - 1)) * c * cos(0.5 * width * k * sin(angle));
  }
  return sum * 0.5 * width * pi / QUADRATURE;
}

static ptrdiff_t mode_of(ptrdiff_t i, ptrdiff_t n)
{
  return i <= n / 2 ? i : i - n;
}

static void fill_factor(const mf_sums_series *s, int axis, double bandwidth)
{
  const ptrdiff_t n = s->mesh.n[axis];
  const double period = s->mesh.period[axis];
  for (ptrdiff_t i = 0; i < n; i++) {
    const double m = (double)mode_of(i, n), w = 2 * pi * m / period;
    const double transform =
        fabs(m) <= (double)s->mesh.modes[axis] ? window_transform(s->mesh.width, 2 * pi * m / (double)n) : 0;
    s->factor[axis][i] = transform > 0
                             ? bandwidth * sqrt(2 * pi) / period * exp(-0.5 * bandwidth * bandwidth * w * w) /
                                   (transform * transform)
                             : 0;
  }
}

/* The sum over the scales of the products over the axes. */
static void fill_total(const mf_sums_series *s, int dim, const mf_kernel *kernel)
{
  const ptrdiff_t nx = s->mesh.n[0] / 2 + 1;
  for (int k = 0; k < kernel->scales; k++) {
    for (int a = 0; a < dim; a++) fill_factor(s, a, kernel->bandwidth[k]);
    for (ptrdiff_t i = 0; i < s->half; i++) {
      const ptrdiff_t j = i / nx % s->mesh.n[1], l = i / nx / s->mesh.n[1];
      double product = kernel->weight[k] * s->factor[0][i % nx];
      if (dim > 1) product *= s->factor[1][j];
      if (dim > 2) product *= s->factor[2][l];
      s->total[i] += product;
    }
  }
}

static int make_plans(mf_sums_series *s, int dim)
{
  int n[MF_AXES];
  for (int a = 0; a < dim; a++) n[a] = (int)s->mesh.n[dim - 1 - a];
  MF_TRY(mf_planner_enter(s->mesh.n[0] + s->mesh.n[1] + s->mesh.n[2]));
  s->forward = fftw_plan_dft_r2c(dim, n, s->real[0], s->spectrum, FFTW_ESTIMATE);
  s->backward = fftw_plan_dft_c2r(dim, n, s->work, s->image[0], FFTW_ESTIMATE);
  mf_planner_leave();
  return s->forward && s->backward ? MF_OK : mf_fail(MF_EMEMORY, "no plan for transforms of kernel sums");
}

static int fill_series(mf_sums_series *s, int dim, const mf_kernel *kernel)
{
  s->points = s->mesh.n[0] * s->mesh.n[1] * s->mesh.n[2];
  s->half = (s->mesh.n[0] / 2 + 1) * s->mesh.n[1] * s->mesh.n[2];
  for (int k = 0; k < PARTS; k++) MF_TRY(mf_reals_create(&s->real[k], s->points));
  MF_TRY(mf_reals_create(&s->image[0], s->points));
  for (int a = 0; a < dim; a++) MF_TRY(mf_reals_create(&s->factor[a], s->mesh.n[a]));
  MF_TRY(mf_reals_create(&s->total, s->half));
  MF_TRY(mf_objects_create(&s->spectrum, s->half, sizeof *s->spectrum));
  MF_TRY(mf_objects_create(&s->work, s->half, sizeof *s->work));
  MF_TRY(make_plans(s, dim));
  fill_total(s, dim, kernel);
  return MF_OK;
}

static bool fits(const mf_sums_series *s, const mf_sums_mesh *mesh)
{
  bool same = s->mesh.width == mesh->width;
  for (int a = 0; a < MF_AXES; a++)
    same = same && s->mesh.n[a] == mesh->n[a] && s->mesh.period[a] == mesh->period[a];
  return same;
}

static int find_series(mf_sums_series **series, int dim, const mf_kernel *kernel, const mf_sums_mesh *mesh)
{
  if (!*series || !fits(*series, mesh)) {
    mf_sums_series_free(*series);
    MF_TRY(mf_objects_create(series, 1, sizeof **series));
    (*series)->mesh = *mesh;
    const int status = fill_series(*series, dim, kernel);
    if (status) {
      mf_sums_series_free(*series);
      *series = NULL;
      return status;
    }
  }
  memcpy((*series)->mesh.lo, mesh->lo, sizeof mesh->lo);
  return MF_OK;
}

/* ---- between points and mesh ---- */

typedef struct {
  const mf_sums_series *series;
  const mf_sums_request *request;
  int charge, outputs;
  double *const *out; /* arrays of the targets */
  double *const *image;
} operands;

/* Nodes of one point: weights, and where they are on the mesh, for each axis. */
typedef struct {
  double weight[MF_AXES][WIDEST];
  ptrdiff_t offset[MF_AXES][WIDEST];
} nodes;

MF_INLINE void find_nodes(const mf_sums_mesh *mesh, int dim, int width, const mf_cloud *cloud, ptrdiff_t i,
                          nodes *out)
{
  ptrdiff_t stride = 1;
  for (int a = 0; a < dim; a++) {
    const ptrdiff_t n = mesh->n[a];
    const double turns = (cloud->x[a][i] - mesh->lo[a]) / mesh->period[a];
    const double place = (turns - floor(turns)) * (double)n, first = ceil(place - 0.5 * width);
    double root[WIDEST];
    for (int k = 0; k < width; k++) {
      const double z = (first + k - place) * (2.0 / width), square = 1 - z * z;
      root[k] = steepness * width * (sqrt(square > 0 ? square : 0) - 1);
    }
#pragma omp simd
    for (int k = 0; k < width; k++) out->weight[a][k] = mf_fast_exp(root[k]);
    for (int k = 0; k < width; k++) {
      ptrdiff_t at = (ptrdiff_t)first + k;
      at = at < 0 ? at + n : at >= n ? at - n : at;
      out->offset[a][k] = at * stride;
    }
    stride *= n;
  }
}

MF_INLINE void spread_point(const nodes *at, int dim, int width, double charge, double *mesh)
{
  const int rows = dim > 1 ? width : 1, layers = dim > 2 ? width : 1;
  for (int r = 0; r < layers; r++)
    for (int q = 0; q < rows; q++) {
      double value = charge;
      ptrdiff_t start = 0;
      if (dim > 1) value *= at->weight[1][q], start += at->offset[1][q];
      if (dim > 2) value *= at->weight[2][r], start += at->offset[2][r];
      for (int p = 0; p < width; p++) mesh[start + at->offset[0][p]] += value * at->weight[0][p];
    }
}

MF_INLINE double gather_point(const nodes *at, int dim, int width, const double *mesh)
{
  const int rows = dim > 1 ? width : 1, layers = dim > 2 ? width : 1;
  double total = 0;
  for (int r = 0; r < layers; r++)
    for (int q = 0; q < rows; q++) {
      double weight = 1, sum = 0;
      ptrdiff_t start = 0;
      if (dim > 1) weight *= at->weight[1][q], start += at->offset[1][q];
      if (dim > 2) weight *= at->weight[2][r], start += at->offset[2][r];
      for (int p = 0; p < width; p++) sum += mesh[start + at->offset[0][p]] * at->weight[0][p];
      total += weight * sum;
    }
  return total;
}

/* One part of the sources to its mesh; `dim` and `width` are constants wherever this becomes a part of a function. */
MF_INLINE void spread_part(const operands *o, int dim, int width, ptrdiff_t part)
{
  const mf_cloud *sources = &o->request->sources;
  const double *charge = o->request->charge[o->charge];
  double *mesh = o->series->real[part];
  memset(mesh, 0, (size_t)o->series->points * sizeof *mesh);
  for (ptrdiff_t i = sources->count * part / PARTS; i < sources->count * (part + 1) / PARTS; i++) {
    nodes at;
    find_nodes(&o->series->mesh, dim, width, sources, i, &at);
    spread_point(&at, dim, width, charge[i], mesh);
  }
}

MF_INLINE void gather_targets(const operands *o, int dim, int width, ptrdiff_t begin, ptrdiff_t end)
{
  for (ptrdiff_t i = begin; i < end; i++) {
    nodes at;
    find_nodes(&o->series->mesh, dim, width, &o->request->targets, i, &at);
    for (int k = 0; k < o->outputs; k++) o->out[k][i] = gather_point(&at, dim, width, o->image[k]);
  }
}

#define STENCIL(name, dim, width)                                                                            \
  MF_CLONES static void mf_spread_##name(const void *self, ptrdiff_t begin, ptrdiff_t end)                   \
  {                                                                                                          \
    for (ptrdiff_t part = begin; part < end; part++) spread_part(self, dim, width, part);                    \
  }                                                                                                          \
  MF_CLONES static void mf_gather_##name(const void *self, ptrdiff_t begin, ptrdiff_t end)                   \
  {                                                                                                          \
    gather_targets(self, dim, width, begin, end);                                                            \
  }
STENCIL(line, 1, 10)
STENCIL(plane, 2, 10)
STENCIL(space, 3, 10)
STENCIL(fine_line, 1, WIDEST)
STENCIL(fine_plane, 2, WIDEST)
STENCIL(fine_space, 3, WIDEST)

typedef void stencil(const void *self, ptrdiff_t begin, ptrdiff_t end);
static stencil *const spreads[2][MF_AXES] = {
    {mf_spread_line, mf_spread_plane, mf_spread_space},
    {mf_spread_fine_line, mf_spread_fine_plane, mf_spread_fine_space}};
static stencil *const gathers[2][MF_AXES] = {
    {mf_gather_line, mf_gather_plane, mf_gather_space},
    {mf_gather_fine_line, mf_gather_fine_plane, mf_gather_fine_space}};

static void add_parts(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_sums_series *s = self;
  for (int part = 1; part < PARTS; part++)
    for (ptrdiff_t i = begin; i < end; i++) s->real[0][i] += s->real[part][i];
}

/* ---- on the mesh ---- */

/* work = total spectrum, times i w along an axis (or not, for -1). */
static void multiply(const mf_sums_series *s, int axis)
{
  const ptrdiff_t nx = s->mesh.n[0] / 2 + 1;
  for (ptrdiff_t i = 0; i < s->half; i++) {
    const ptrdiff_t index[MF_AXES] = {i % nx, i / nx % s->mesh.n[1], i / nx / s->mesh.n[1]};
    const double re = s->total[i] * s->spectrum[i][0], im = s->total[i] * s->spectrum[i][1];
    const double w =
        axis < 0 ? 1 : 2 * pi * (double)mode_of(index[axis], s->mesh.n[axis]) / s->mesh.period[axis];
    s->work[i][0] = axis < 0 ? re : -w * im;
    s->work[i][1] = axis < 0 ? im : w * re;
  }
}

static int transform_back(mf_sums_series *s, int axis, int slot)
{
  if (!s->image[slot]) MF_TRY(mf_reals_create(&s->image[slot], s->points));
  multiply(s, axis);
  fftw_execute_dft_c2r(s->backward, s->work, s->image[slot]);
  return MF_OK;
}

int mf_sums_fast(mf_sums_series **series, const mf_grid *grid, const mf_kernel *kernel,
                 const mf_sums_mesh *mesh, const mf_sums_request *r)
{
  double *out[MF_CHARGES + MF_AXES];
  MF_TRY(find_series(series, grid->dim, kernel, mesh));
  mf_sums_series *s = *series;
  operands o = {.series = s, .request = r, .out = out, .image = s->image};
  for (o.charge = 0; o.charge < r->charges; o.charge++) {
    const bool gradient = o.charge == 0 && r->gradient[0];
    if (!r->value[o.charge] && !gradient) continue;
    mf_share(PARTS, 1, spreads[mesh->width == WIDEST][grid->dim - 1], &o);
    mf_share(s->points, MF_PIECE, add_parts, s);
    fftw_execute(s->forward);
    if (r->value[o.charge]) {
      out[o.outputs] = r->value[o.charge];
      MF_TRY(transform_back(s, -1, o.outputs++));
    }
    for (int a = 0; gradient && a < grid->dim; a++) {
      out[o.outputs] = r->gradient[a];
      MF_TRY(transform_back(s, a, o.outputs++));
    }
  }
  mf_share(r->targets.count, 256, gathers[mesh->width == WIDEST][grid->dim - 1], &o);
  return MF_OK;
}
