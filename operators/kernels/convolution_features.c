/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel operator of a kernel of finite rank,
 *
 *   k(x, y) = sum_j w_j phi_j(x) phi_j(y),    K f = volume * sum_j w_j phi_j sum_i phi_j(x_i) f_i
 *
 * where the features phi_j are the monomials of a power series in x.y (kernel.h).  Such a kernel knows where the origin
 * is: it has no meaning on a periodic axis.  By the multinomial theorem
 *
 *   sum_n c_n (x.y)^n = sum over p, q, r of c_n n!/(p! q! r!) (x1^p x2^q x3^r) (y1^p y2^q y3^r),  n = p + q + r,
 *
 * so K f is a polynomial whose coefficients are weighted moments of f.  Monomials are products over the axes: a
 * line of cells along x meets its own powers only, two passes per degree whatever the rank. */
#include "grids/base.h"
#include "grids/field.h"
#include "operators/kernels/convolution_method.h"

#include <string.h>

enum { POWERS = MF_KERNEL_DEGREE + 1, RANK = POWERS * (POWERS + 1) * (POWERS + 2) / 6 };

typedef struct {
  int power[MF_AXES];
  double weight; /* c_n n!/(p! q! r!) */
} feature;

typedef struct {
  const mf_grid *grid;
  int degree, rank;
  feature feature[RANK];
  double *table[MF_AXES]; /* coordinate^p of cell i at p*n + i, p <= degree */
} features;

static double factorial(int n)
{
  return n < 2 ? 1 : n * factorial(n - 1);
}

/* Every monomial with p + q + r <= degree whose weight is not 0; axes beyond dim stay out of it. */
static void list_features(features *k, const double coefficient[POWERS])
{
  const int dim = k->grid->dim;
  int p[MF_AXES];
  for (p[2] = 0; p[2] <= (dim > 2 ? k->degree : 0); p[2]++)
    for (p[1] = 0; p[1] <= (dim > 1 ? k->degree - p[2] : 0); p[1]++)
      for (p[0] = 0; p[0] <= k->degree - p[1] - p[2]; p[0]++) {
        const int n = p[0] + p[1] + p[2];
        if (coefficient[n] == 0) continue;
        feature *f = &k->feature[k->rank++];
        memcpy(f->power, p, sizeof p);
        f->weight = coefficient[n] * factorial(n) / (factorial(p[0]) * factorial(p[1]) * factorial(p[2]));
      }
}

static int tabulate(features *k, int axis)
{
  const ptrdiff_t n = k->grid->n[axis];
  MF_TRY(mf_reals_create(&k->table[axis], n * (k->degree + 1)));
  for (ptrdiff_t i = 0; i < n; i++) {
    double power = 1;
    for (int p = 0; p <= k->degree;
         p++, power *= mf_grid_coordinate(k->grid, axis, k->grid->offset[axis] + i))
      k->table[axis][p * n + i] = power;
  }
  return MF_OK;
}

static int fill(features *k, const mf_grid *grid, const mf_kernel *kernel)
{
  double coefficient[POWERS];
  k->grid = grid;
  for (int a = 0; a < grid->dim; a++)
    if (grid->periodic[a])
      return mf_fail(MF_ECASE, "kernel %s is not periodic, as axis %d is: it needs walls", kernel->type->name,
                     a);
  for (int n = 0; n < POWERS; n++) {
    coefficient[n] = mf_kernel_coefficient(kernel, n);
    if (coefficient[n] > 0) k->degree = n;
  }
  list_features(k, coefficient);
  for (int a = 0; a < MF_AXES; a++) MF_TRY(tabulate(k, a));
  return MF_OK;
}

static int create(void **self, const mf_convolution_source *source)
{
  MF_TRY(mf_objects_create(self, 1, sizeof(features)));
  return fill(*self, source->grid, source->kernel);
}

static void release(void *self)
{
  features *k = self;
  for (int a = 0; k && a < MF_AXES; a++) mf_release(k->table[a]);
  mf_release(k);
}

/* Lines of cells along x, and the value on line `line` of a feature's factors in y and z. */
static ptrdiff_t lines(const features *k)
{
  return k->grid->n[1] * k->grid->n[2];
}

static double across(const features *k, const feature *f, ptrdiff_t line)
{
  const ptrdiff_t *n = k->grid->n;
  return k->table[1][f->power[1] * n[1] + line % n[1]] * k->table[2][f->power[2] * n[2] + line / n[1]];
}

typedef struct {
  const features *features;
  const double *f;
  int first, count; /* of the moments that are taken */
} moment_operands;

/* Along part of a line: the sums of x^p f. */
static void take_line(const features *k, const double *f, ptrdiff_t begin, ptrdiff_t end,
                      double along[POWERS])
{
  const ptrdiff_t n = k->grid->n[0];
  for (int p = 0; p <= k->degree; p++) {
    const double *x = k->table[0] + p * n + begin % n, *values = f + begin;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t i = 0; i < end - begin; i++) sum += x[i] * values[i];
    along[p] = sum;
  }
}

static void sum_moments(const void *self, ptrdiff_t begin, ptrdiff_t end, double *moment)
{
  const moment_operands *o = self;
  const features *k = o->features;
  const ptrdiff_t n = k->grid->n[0];
  for (int j = 0; j < o->count; j++) moment[j] = 0;
  for (ptrdiff_t c = begin; c < end;) {
    const ptrdiff_t line = c / n, last = (line + 1) * n < end ? (line + 1) * n : end;
    double along[POWERS];
    take_line(k, o->f, c, last, along);
    for (int j = 0; j < o->count; j++) {
      const feature *f = &k->feature[o->first + j];
      moment[j] += across(k, f, line) * along[f->power[0]];
    }
    c = last;
  }
}

/* moment[j] = volume * sum_i phi_j(x_i) f_i. */
static void take_moments(const features *k, const double *f, double moment[RANK])
{
  for (int first = 0; first < k->rank; first += MF_SUMS) {
    const int left = k->rank - first, count = left < MF_SUMS ? left : MF_SUMS;
    mf_field_sums(k->grid, count, sum_moments, &(moment_operands){k, f, first, count}, moment + first);
  }
  for (int j = 0; j < k->rank; j++) moment[j] *= k->grid->volume;
}

static void add(const features *k, const double *f, double scale, double *out)
{
  const ptrdiff_t n = k->grid->n[0];
  double moment[RANK];
  take_moments(k, f, moment);
  for (ptrdiff_t line = 0; line < lines(k); line++) {
    double along[POWERS] = {0};
    for (int j = 0; j < k->rank; j++)
      along[k->feature[j].power[0]] +=
          scale * k->feature[j].weight * moment[j] * across(k, &k->feature[j], line);
    for (int p = 0; p <= k->degree; p++) {
      const double *x = k->table[0] + p * n;
      double *values = out + line * n;
      for (ptrdiff_t i = 0; i < n; i++) values[i] += along[p] * x[i];
    }
  }
}

/* sum_j w_j (volume * sum_i phi_j(x_i) f_i)^2: no term is negative. */
static double form(const features *k, const double *f, double scale)
{
  double moment[RANK], sum = 0;
  take_moments(k, f, moment);
  for (int j = 0; j < k->rank; j++) sum += k->feature[j].weight * (scale * moment[j]) * (scale * moment[j]);
  return sum;
}

/* The inverse is for periodic axes, where there is no such kernel. */
static double run(const void *self, const mf_convolution_request *request)
{
  if (request->task == MF_FORM) return form(self, request->f, request->scale);
  add(self, request->f, request->scale, request->out);
  return 0;
}

const mf_convolution_method mf_convolution_features = {.create = create, .run = run, .release = release};
