/* The N_Vector that CVODE works with. */
#include "solver/vector.h"

#include "grids/base.h"

#include <math.h>
#include <string.h>

typedef struct {
  const mf_grid *grid;
  ptrdiff_t length;
  double global_length;
  double *data;
  bool owned;
} content;

enum { CHUNK = 2048 }; /* cells of a linear combination that stay in the first-level cache */

static content *inside(N_Vector v)
{
  return v->content;
}

double *mf_vector_data(N_Vector v)
{
  return inside(v)->data;
}

static ptrdiff_t length_of(N_Vector v)
{
  return inside(v)->length;
}

static double summed(N_Vector v, double value)
{
  if (inside(v)->grid) mf_grid_sum(inside(v)->grid, &value, 1);
  return value;
}

/* ---- life ---- */

static N_Vector clone_empty(N_Vector w)
{
  N_Vector v = N_VNewEmpty(w->sunctx);
  if (!v) return NULL;
  if (N_VCopyOps(w, v) || mf_objects_create(&v->content, 1, sizeof(content))) {
    N_VFreeEmpty(v);
    return NULL;
  }
  *inside(v) = *inside(w);
  inside(v)->data = NULL;
  inside(v)->owned = false;
  return v;
}

static void destroy(N_Vector v)
{
  if (!v) return;
  if (v->content && inside(v)->owned) mf_release(inside(v)->data);
  mf_release(v->content);
  v->content = NULL;
  N_VFreeEmpty(v);
}

static N_Vector clone(N_Vector w)
{
  N_Vector v = clone_empty(w);
  if (!v) return NULL;
  if (mf_reals_create(&inside(v)->data, length_of(v))) {
    destroy(v);
    return NULL;
  }
  inside(v)->owned = true;
  return v;
}

static void space(N_Vector v, sunindextype *reals, sunindextype *integers)
{
  *reals = (sunindextype)length_of(v);
  *integers = 4;
}

static sunindextype global_length(N_Vector v)
{
  return (sunindextype)inside(v)->global_length;
}

static void set_data(sunrealtype *data, N_Vector v)
{
  inside(v)->data = data;
}

static N_Vector_ID identify(N_Vector v)
{
  (void)v;
  return SUNDIALS_NVEC_CUSTOM;
}

/* ---- elementwise ---- */

static void linear_sum(sunrealtype a, N_Vector x, sunrealtype b, N_Vector y, N_Vector z)
{
  const double *p = mf_vector_data(x), *q = mf_vector_data(y);
  double *r = mf_vector_data(z);
  const ptrdiff_t n = length_of(x);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) r[i] = a * p[i] + b * q[i];
}

static void fill(sunrealtype value, N_Vector z)
{
  double *r = mf_vector_data(z);
  for (ptrdiff_t i = 0; i < length_of(z); i++) r[i] = value;
}

static void product(N_Vector x, N_Vector y, N_Vector z)
{
  const double *p = mf_vector_data(x), *q = mf_vector_data(y);
  double *r = mf_vector_data(z);
  const ptrdiff_t n = length_of(x);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) r[i] = p[i] * q[i];
}

static void quotient(N_Vector x, N_Vector y, N_Vector z)
{
  const double *p = mf_vector_data(x), *q = mf_vector_data(y);
  double *r = mf_vector_data(z);
  const ptrdiff_t n = length_of(x);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) r[i] = p[i] / q[i];
}

static void scale(sunrealtype a, N_Vector x, N_Vector z)
{
  const double *p = mf_vector_data(x);
  double *r = mf_vector_data(z);
  const ptrdiff_t n = length_of(x);
  if (a == 1 && p == r) return;
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) r[i] = a * p[i];
}

static void absolute(N_Vector x, N_Vector z)
{
  const double *p = mf_vector_data(x);
  double *r = mf_vector_data(z);
  for (ptrdiff_t i = 0; i < length_of(x); i++) r[i] = fabs(p[i]);
}

static void inverse(N_Vector x, N_Vector z)
{
  const double *p = mf_vector_data(x);
  double *r = mf_vector_data(z);
  for (ptrdiff_t i = 0; i < length_of(x); i++) r[i] = 1 / p[i];
}

static void add_constant(N_Vector x, sunrealtype b, N_Vector z)
{
  const double *p = mf_vector_data(x);
  double *r = mf_vector_data(z);
  for (ptrdiff_t i = 0; i < length_of(x); i++) r[i] = p[i] + b;
}

/* ---- reductions ---- */

static double local_dot(const double *p, const double *q, ptrdiff_t n)
{
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (ptrdiff_t i = 0; i < n; i++) sum += p[i] * q[i];
  return sum;
}

static sunrealtype dot(N_Vector x, N_Vector y)
{
  return summed(x, local_dot(mf_vector_data(x), mf_vector_data(y), length_of(x)));
}

static sunrealtype maximum_norm(N_Vector x)
{
  const double *p = mf_vector_data(x);
  double least = 0;
  for (ptrdiff_t i = 0; i < length_of(x); i++) least = fmin(least, -fabs(p[i]));
  return inside(x)->grid ? -mf_grid_min(inside(x)->grid, least) : -least;
}

static sunrealtype minimum(N_Vector x)
{
  const double *p = mf_vector_data(x);
  double least = INFINITY;
  for (ptrdiff_t i = 0; i < length_of(x); i++) least = fmin(least, p[i]);
  return inside(x)->grid ? mf_grid_min(inside(x)->grid, least) : least;
}

static sunrealtype weighted_square(N_Vector x, N_Vector w)
{
  const double *p = mf_vector_data(x), *q = mf_vector_data(w);
  const ptrdiff_t n = length_of(x);
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (ptrdiff_t i = 0; i < n; i++) {
    const double e = p[i] * q[i];
    sum += e * e;
  }
  return summed(x, sum);
}

static sunrealtype weighted_rms(N_Vector x, N_Vector w)
{
  return sqrt(weighted_square(x, w) / inside(x)->global_length);
}

static sunrealtype weighted_norm(N_Vector x, N_Vector w)
{
  return sqrt(weighted_square(x, w));
}

static sunrealtype sum_norm(N_Vector x)
{
  const double *p = mf_vector_data(x);
  double sum = 0;
  for (ptrdiff_t i = 0; i < length_of(x); i++) sum += fabs(p[i]);
  return summed(x, sum);
}

/* ---- fused ---- */

static int linear_combination(int count, sunrealtype *c, N_Vector *x, N_Vector z)
{
  double *r = mf_vector_data(z);
  const ptrdiff_t n = length_of(z);
  for (ptrdiff_t b = 0; b < n; b += CHUNK) {
    const ptrdiff_t size = b + CHUNK < n ? CHUNK : n - b;
    double sum[CHUNK];
    const double *first = mf_vector_data(x[0]) + b;
    for (ptrdiff_t i = 0; i < size; i++) sum[i] = c[0] * first[i];
    for (int j = 1; j < count; j++) {
      const double *next = mf_vector_data(x[j]) + b, cj = c[j];
#pragma omp simd
      for (ptrdiff_t i = 0; i < size; i++) sum[i] += cj * next[i];
    }
    memcpy(r + b, sum, (size_t)size * sizeof *sum);
  }
  return 0;
}

static int scale_add_multi(int count, sunrealtype *a, N_Vector x, N_Vector *y, N_Vector *z)
{
  const double *p = mf_vector_data(x);
  const ptrdiff_t n = length_of(x);
  for (ptrdiff_t b = 0; b < n; b += CHUNK) {
    const ptrdiff_t end = b + CHUNK < n ? b + CHUNK : n;
    for (int j = 0; j < count; j++) {
      const double *q = mf_vector_data(y[j]), aj = a[j];
      double *r = mf_vector_data(z[j]);
#pragma omp simd
      for (ptrdiff_t i = b; i < end; i++) r[i] = aj * p[i] + q[i];
    }
  }
  return 0;
}

static int dot_multi(int count, N_Vector x, N_Vector *y, sunrealtype *products)
{
  const double *p = mf_vector_data(x);
  const ptrdiff_t n = length_of(x);
  for (int j = 0; j < count; j++) products[j] = 0;
  for (ptrdiff_t b = 0; b < n; b += CHUNK) {
    const ptrdiff_t size = b + CHUNK < n ? CHUNK : n - b;
    for (int j = 0; j < count; j++) products[j] += local_dot(p + b, mf_vector_data(y[j]) + b, size);
  }
  if (inside(x)->grid) mf_grid_sum(inside(x)->grid, products, count);
  return 0;
}

/* ---- creation ---- */

static void set_operations(N_Vector_Ops ops)
{
  ops->nvgetvectorid = identify;
  ops->nvclone = clone;
  ops->nvcloneempty = clone_empty;
  ops->nvdestroy = destroy;
  ops->nvspace = space;
  ops->nvgetarraypointer = mf_vector_data;
  ops->nvsetarraypointer = set_data;
  ops->nvgetlength = global_length;
  ops->nvlinearsum = linear_sum;
  ops->nvconst = fill;
  ops->nvprod = product;
  ops->nvdiv = quotient;
  ops->nvscale = scale;
  ops->nvabs = absolute;
  ops->nvinv = inverse;
  ops->nvaddconst = add_constant;
  ops->nvdotprod = dot;
  ops->nvmaxnorm = maximum_norm;
  ops->nvmin = minimum;
  ops->nvwrmsnorm = weighted_rms;
  ops->nvwl2norm = weighted_norm;
  ops->nvl1norm = sum_norm;
  ops->nvlinearcombination = linear_combination;
  ops->nvscaleaddmulti = scale_add_multi;
  ops->nvdotprodmulti = dot_multi;
}

N_Vector mf_vector_create(SUNContext context, const mf_grid *grid, ptrdiff_t length)
{
  N_Vector v = N_VNewEmpty(context);
  if (!v) return NULL;
  set_operations(v->ops);
  if (mf_objects_create(&v->content, 1, sizeof(content)) || mf_reals_create(&inside(v)->data, length)) {
    destroy(v);
    return NULL;
  }
  inside(v)->owned = true;
  inside(v)->grid = grid;
  inside(v)->length = length;
  double total = (double)length;
  if (grid) mf_grid_sum(grid, &total, 1);
  inside(v)->global_length = total;
  return v;
}
