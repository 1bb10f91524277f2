/* SPDX-License-Identifier: BSD-3-Clause */
/* The N_Vector that CVODE works with.
 *
 * CVODE does much of its work as long sequences of sums over few arrays: a prediction at order 5 is fifteen.  Each is
 * memory-bound, so elementwise operations are put off until somebody looks at numbers, and then done together, some cells of
 * all arrays at a time, in their order: the results are the same to the last bit. */
#include "solver/time/vector.h"

#include "grids/base.h"
#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/profile.h"
#include "grids/threads.h"

#include <math.h>
#include <string.h>

typedef struct {
  const mf_grid *grid;
  ptrdiff_t length;
  double global_length;
  double *data;
  bool owned;
  int others; /* clones that are this vector itself */
  bool *short_of_memory;
  double (*watch)(const void *self, const double *x); /* or NULL */
  const void *watcher;
} content;

enum { CHUNK = 1024 }; /* cells of several arrays that stay in a near cache */

static content *inside(N_Vector v)
{
  return v->content;
}

static double *numbers(N_Vector v)
{
  return inside(v)->data;
}

static ptrdiff_t length_of(N_Vector v)
{
  return inside(v)->length;
}

/* ---- what has been put off ---- */

enum { QUEUE = 64 };

static _Thread_local struct queue {
  ptrdiff_t length; /* of all their arrays */
  int count;
  struct {
    mf_elementwise *operation;
    mf_operands on;
  } waiting[QUEUE];
} queue;

static void do_waiting(const struct queue *q, ptrdiff_t begin, ptrdiff_t end)
{
  for (int k = 0; k < q->count; k++) q->waiting[k].operation(&q->waiting[k].on, begin, end);
}

static void settle_piece(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  for (ptrdiff_t b = begin; b < end; b += CHUNK) do_waiting(self, b, b + CHUNK < end ? b + CHUNK : end);
}

/* Loops and sums whose time counts as that of vectors. */
static void share(ptrdiff_t count, void (*work)(const void *self, ptrdiff_t begin, ptrdiff_t end),
                  const void *self)
{
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_VECTORS);
  mf_share(count, MF_PIECE, work, self);
  mf_profile_leave(outer);
}

/* Does what has been put off. */
static void settle(void)
{
  if (queue.count > 0) share(queue.length, settle_piece, &queue);
  queue.count = 0;
}

double *mf_vector_data(N_Vector v)
{
  settle();
  return numbers(v);
}

/* ---- life ---- */

static N_Vector copy_shell(N_Vector w)
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
  inside(v)->others = 0;
  return v;
}

/* What stands for a clone for which there is no memory: SUNDIALS 6 looks into what it gets from here before it asks whether
 * there is any.  Nobody may use the numbers; the owner of the vectors asks whether memory was short. */
static N_Vector same(N_Vector w)
{
  *inside(w)->short_of_memory = true;
  inside(w)->others++;
  return w;
}

static N_Vector clone_empty(N_Vector w)
{
  N_Vector v = copy_shell(w);
  return v ? v : same(w);
}

static void destroy(N_Vector v)
{
  if (!v) return;
  if (v->content && inside(v)->others > 0) {
    inside(v)->others--;
    return;
  }
  settle();
  if (v->content && inside(v)->owned) mf_field_free(inside(v)->data);
  mf_release(v->content);
  v->content = NULL;
  N_VFreeEmpty(v);
}

static int allocate(content *c)
{
  c->owned = true;
  return c->grid ? mf_field_create(c->grid, &c->data) : mf_reals_create(&c->data, c->length);
}

static N_Vector clone(N_Vector w)
{
  N_Vector v = copy_shell(w);
  if (!v) return same(w);
  if (!allocate(inside(v))) return v;
  destroy(v);
  return same(w);
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
  settle();
  inside(v)->data = data;
}

static N_Vector_ID identify(N_Vector v)
{
  (void)v;
  return SUNDIALS_NVEC_CUSTOM;
}

/* ---- elementwise ---- */

static void put_off(mf_elementwise *operation, N_Vector z, double a, N_Vector x, double b, N_Vector y)
{
  if (queue.count == QUEUE || queue.length != length_of(z)) settle();
  queue.length = length_of(z);
  queue.waiting[queue.count].operation = operation;
  queue.waiting[queue.count++].on =
      (mf_operands){a, b, x ? numbers(x) : NULL, y ? numbers(y) : NULL, numbers(z)};
}

static void linear_sum(sunrealtype a, N_Vector x, sunrealtype b, N_Vector y, N_Vector z)
{
  put_off(mf_each_sum, z, a, x, b, y);
}

static void fill(sunrealtype value, N_Vector z)
{
  put_off(mf_each_constant, z, value, NULL, 0, NULL);
}

static void product(N_Vector x, N_Vector y, N_Vector z)
{
  put_off(mf_each_product, z, 0, x, 0, y);
}

static void quotient(N_Vector x, N_Vector y, N_Vector z)
{
  put_off(mf_each_quotient, z, 0, x, 0, y);
}

static void scale(sunrealtype a, N_Vector x, N_Vector z)
{
  if (a != 1 || numbers(x) != numbers(z)) put_off(mf_each_scaled, z, a, x, 0, NULL);
}

static void absolute(N_Vector x, N_Vector z)
{
  put_off(mf_each_absolute, z, 0, x, 0, NULL);
}

static void inverse(N_Vector x, N_Vector z)
{
  put_off(mf_each_inverse, z, 0, x, 0, NULL);
}

static void add_constant(N_Vector x, sunrealtype b, N_Vector z)
{
  put_off(mf_each_shifted, z, 0, x, b, NULL);
}

/* ---- reductions ---- */

/* A reduction of what has been put off; does it block by block. */
typedef struct {
  mf_block *block;
  const void *self;
  const struct queue *before;
} reduction;

static void settle_and_sum(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const reduction *r = self;
  do_waiting(r->before, begin, end);
  r->block(r->self, begin, end, sums);
}

static void sum_up(N_Vector x, int sums, mf_block *block, const void *self, double *out)
{
  if (queue.length != length_of(x)) settle();
  const reduction r = {block, self, &queue};
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_VECTORS);
  if (inside(x)->grid)
    mf_field_sums(inside(x)->grid, sums, settle_and_sum, &r, out);
  else
    mf_array_sums(length_of(x), sums, settle_and_sum, &r, out);
  mf_profile_leave(outer);
  queue.count = 0;
}

static double reduce(mf_block *block, N_Vector x, N_Vector y)
{
  const mf_operands o = {.x = numbers(x), .y = y ? numbers(y) : NULL};
  double sum;
  sum_up(x, 1, block, &o, &sum);
  return sum;
}

MF_INLINE double weighted_square(const void *self, ptrdiff_t i)
{
  const mf_operands *o = self;
  return o->x[i] * o->y[i] * (o->x[i] * o->y[i]);
}

MF_CLONES static void mf_vector_weighted_square(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, weighted_square);
}

static sunrealtype dot(N_Vector x, N_Vector y)
{
  return reduce(mf_block_products, x, y);
}

double mf_vector_unwatched(N_Vector x, N_Vector w)
{
  return sqrt(reduce(mf_vector_weighted_square, x, w) / inside(x)->global_length);
}

static sunrealtype weighted_rms(N_Vector x, N_Vector w)
{
  const double plain = mf_vector_unwatched(x, w);
  return inside(x)->watch ? sqrt(plain * plain + inside(x)->watch(inside(x)->watcher, numbers(x))) : plain;
}

static sunrealtype weighted_norm(N_Vector x, N_Vector w)
{
  return sqrt(reduce(mf_vector_weighted_square, x, w));
}

static sunrealtype sum_norm(N_Vector x)
{
  return reduce(mf_block_sizes, x, NULL);
}

static sunrealtype maximum_norm(N_Vector x)
{
  const double *p = mf_vector_data(x);
  const double least = fmin(mf_array_min(length_of(x), p), -mf_array_max(length_of(x), p));
  return inside(x)->grid ? -mf_grid_min(inside(x)->grid, least) : -least;
}

static sunrealtype minimum(N_Vector x)
{
  const double least = mf_array_min(length_of(x), mf_vector_data(x));
  return inside(x)->grid ? mf_grid_min(inside(x)->grid, least) : least;
}

/* ---- fused ---- */

/* Several vectors at once, CHUNK cells of each at a time. */
typedef struct {
  int count;
  const double *factor, *x;
  N_Vector *vector;
  double *z;
} several;

MF_CLONES static void mf_vector_combine(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const several *s = self;
  for (ptrdiff_t b = begin; b < end; b += CHUNK) {
    const ptrdiff_t size = b + CHUNK < end ? CHUNK : end - b;
    double sum[CHUNK];
    const double *first = numbers(s->vector[0]) + b;
    for (ptrdiff_t i = 0; i < size; i++) sum[i] = s->factor[0] * first[i];
    for (int j = 1; j < s->count; j++) {
      const double *next = numbers(s->vector[j]) + b, factor = s->factor[j];
#pragma omp simd
      for (ptrdiff_t i = 0; i < size; i++) sum[i] += factor * next[i];
    }
    memcpy(s->z + b, sum, (size_t)size * sizeof *sum);
  }
}

static int linear_combination(int count, sunrealtype *c, N_Vector *x, N_Vector z)
{
  settle();
  const several s = {.count = count, .factor = c, .vector = x, .z = numbers(z)};
  share(length_of(z), mf_vector_combine, &s);
  return 0;
}

static int scale_add_multi(int count, sunrealtype *a, N_Vector x, N_Vector *y, N_Vector *z)
{
  for (int j = 0; j < count; j++) linear_sum(a[j], x, 1, y[j], z[j]);
  return 0;
}

static void sum_products(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const several *s = self;
  for (int j = 0; j < s->count; j++)
    mf_block_products(&(mf_operands){.x = s->x, .y = numbers(s->vector[j])}, begin, end, &sums[j]);
}

static int dot_multi(int count, N_Vector x, N_Vector *y, sunrealtype *products)
{
  for (int done = 0; done < count; done += MF_SUMS) {
    const int some = count - done < MF_SUMS ? count - done : MF_SUMS;
    const several s = {.count = some, .x = numbers(x), .vector = y + done};
    sum_up(x, some, sum_products, &s, products + done);
  }
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

N_Vector mf_vector_create(SUNContext context, const mf_grid *grid, ptrdiff_t length, bool *short_of_memory)
{
  N_Vector v = N_VNewEmpty(context);
  if (!v) return NULL;
  set_operations(v->ops);
  if (mf_objects_create(&v->content, 1, sizeof(content))) {
    destroy(v);
    return NULL;
  }
  inside(v)->grid = grid;
  inside(v)->length = length;
  inside(v)->short_of_memory = short_of_memory;
  if (allocate(inside(v))) {
    destroy(v);
    return NULL;
  }
  inside(v)->global_length = (double)(grid ? grid->global_cells : length);
  return v;
}

void mf_vector_watch(N_Vector v, double (*watch)(const void *self, const double *x), const void *self)
{
  inside(v)->watch = watch;
  inside(v)->watcher = self;
}
