/* SPDX-License-Identifier: BSD-3-Clause */
/* Comparison with a product (Holley & Stroock 1987, on a grid).
 *
 * Let m^ = e^(A_x + A_y + ..) be a product of masses and w^ = e^(B_a + sum over b != a of A_b) of face weights along axis a.  Its
 * chain is a sum of chains on lines, with masses e^(A_a) and joints e^(B_a), and its eigenvalues are the sums of theirs, which
 * are enclosed with a proof (gap_line.c).  If e^-p m^ <= m <= e^q m^ and e^-s w^ <= w <= e^t w^ in every cell and face, then
 * E <= e^t E^, |u|^2_m >= e^-p |u|^2_m^ and so on: by the theorem of Courant and Fischer
 *
 *    e^-(s + q) lambda^_k <= lambda_k <= e^(t + p) lambda^_k      for every k.
 *
 * A target that is a product, with the same face weights along all lines, is one up to rounding, so this is its gap with all its
 * digits.  Otherwise it may still separate lambda_2 from lambda_1 (gap_block.c).  A and B are midranges over the slices of the
 * grid, which makes the factors small. */
#include "solver/observe/gap_product.h"

#include "grids/base.h"
#include "solver/observe/gap_line.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { EACH = MF_LINE_MODES, HERE = MF_NETWORK_MODES + 8 };

/* Least and greatest of something in each slice across an axis. */
typedef struct {
  double least, most;
} range;

typedef struct {
  const mf_network *net;
  double *log_mass; /* cells */
  double *a[MF_AXES], *b[MF_AXES];
  double size;          /* largest logarithm, to which rounding is relative */
  long double down, up; /* s + q, t + p */
} comparison;

static void widen(range *r, double x)
{
  if (x < r->least) r->least = x;
  if (x > r->most) r->most = x;
}

/* sum of A over the axes, but one. */
static double product(const comparison *q, ptrdiff_t c, int but)
{
  double sum = 0;
  for (int a = 0; a < q->net->grid->dim; a++)
    if (a != but) sum += q->a[a][c / q->net->grid->stride[a] % q->net->grid->n[a]];
  return sum;
}

static void clear(range *r, ptrdiff_t n)
{
  for (ptrdiff_t i = 0; i < n; i++) r[i] = (range){INFINITY, -INFINITY};
}

/* What of log m is not in A, and A_a moved to the middle of it in every slice. */
static void balance(const comparison *q, int axis, range *slice)
{
  const mf_grid *g = q->net->grid;
  clear(slice, g->n[axis]);
  for (ptrdiff_t c = 0; c < g->cells; c++)
    widen(&slice[c / g->stride[axis] % g->n[axis]], q->log_mass[c] - product(q, c, -1));
  for (ptrdiff_t i = 0; i < g->n[axis]; i++) q->a[axis][i] += 0.5 * (slice[i].least + slice[i].most);
}

static range rest_of_mass(const comparison *q)
{
  range r = {INFINITY, -INFINITY};
  for (ptrdiff_t c = 0; c < q->net->grid->cells; c++) widen(&r, q->log_mass[c] - product(q, c, -1));
  return r;
}

static range rest_of_weights(comparison *q, int axis, range *slice)
{
  const mf_grid *g = q->net->grid;
  range r = {INFINITY, -INFINITY};
  clear(slice, g->n[axis]);
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    const double w = q->net->weight[axis][c];
    if (w > 0) widen(&slice[c / g->stride[axis] % g->n[axis]], log(w) - product(q, c, axis));
    if (w > 0) q->size = fmax(q->size, fabs(log(w)));
  }
  for (ptrdiff_t i = 0; i < g->n[axis]; i++) {
    if (!(slice[i].least <= slice[i].most)) continue; /* a wall */
    q->b[axis][i] = 0.5 * (slice[i].least + slice[i].most);
    widen(&r, slice[i].least - q->b[axis][i]);
    widen(&r, slice[i].most - q->b[axis][i]);
  }
  return r;
}

/* True if the two are at most e^`far` apart. */
static bool compare(comparison *q, range *slice)
{
  const mf_grid *g = q->net->grid;
  const double far = 60;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    q->log_mass[c] = log(q->net->mass[c]);
    q->size = fmax(q->size, fabs(q->log_mass[c]));
  }
  if (!isfinite(q->size)) return false;
  for (int sweep = 0; sweep < 2; sweep++)
    for (int a = 0; a < g->dim; a++) balance(q, a, slice);
  const range mass = rest_of_mass(q);
  range face = {0, 0};
  if (mass.most - mass.least > far) return false;
  for (int a = 0; a < g->dim; a++) {
    if (g->n[a] == 1) continue;
    const range r = rest_of_weights(q, a, slice);
    widen(&face, r.least);
    widen(&face, r.most);
  }
  const double rounding =
      16 * DBL_EPSILON * (1 + q->size); /* of logarithms, of sums of at most 4, of exponentials */
  q->down = fmax(0, -face.least) + fmax(0, mass.most) + rounding;
  q->up = fmax(0, face.most) + fmax(0, -mass.least) + rounding;
  return q->down < far;
}

/* ---- lines ---- */

typedef struct {
  int count; /* eigenvalues, 0 first */
  mf_enclosure value[EACH + 1];
  double *function[EACH + 1]; /* of value[1] on, or NULL */
} factor;

static int solve_factor(const comparison *q, int axis, int modes, factor *f, bool functions)
{
  const mf_grid *g = q->net->grid;
  const ptrdiff_t n = g->n[axis];
  long double *room;
  f->count = 1 + (modes < n - 1 ? modes : (int)(n - 1));
  if (n == 1) return MF_OK;
  MF_TRY(mf_objects_create(&room, 2 * n, sizeof *room));
  for (ptrdiff_t i = 0; i < n; i++) {
    room[i] = expl(q->a[axis][i]);
    room[n + i] = expl(q->b[axis][i]);
  }
  int status = MF_OK;
  for (int k = 1; !status && functions && k < f->count; k++) status = mf_reals_create(&f->function[k], n);
  const mf_chain chain = {n, room, room + n};
  if (!status)
    status = mf_line_modes(&chain, g->periodic[axis] ? room[2 * n - 1] : 0, f->count - 1, f->value + 1,
                           functions ? f->function + 1 : NULL);
  mf_release(room);
  return status;
}

/* The k-th of the sums of one number for each axis, k = 0 on, is the least that has k others before it. */
typedef struct {
  long double value;
  int index[MF_AXES];
} sum;

static void insert(sum *list, int *count, int most, const sum *s)
{
  if (*count == most && !(s->value < list[most - 1].value)) return;
  int at = *count < most ? (*count)++ : most - 1;
  for (; at > 0 && list[at - 1].value > s->value; at--) list[at] = list[at - 1];
  list[at] = *s;
}

static int sort_sums(const factor f[MF_AXES], bool upper, int most, sum *list)
{
  int count = 0;
  for (int k = 0; k < f[2].count; k++)
    for (int j = 0; j < f[1].count; j++)
      for (int i = 0; i < f[0].count; i++) {
        const mf_enclosure *x = &f[0].value[i], *y = &f[1].value[j], *z = &f[2].value[k];
        const sum s = {upper ? x->upper + y->upper + z->upper : x->lower + y->lower + z->lower, {i, j, k}};
        insert(list, &count, most, &s);
      }
  return count;
}

static void fill_function(const comparison *q, const factor f[MF_AXES], const int index[MF_AXES],
                          double *function)
{
  const mf_grid *g = q->net->grid;
  double square = 0;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    function[c] = 1;
    for (int a = 0; a < g->dim; a++)
      if (index[a] > 0) function[c] *= f[a].function[index[a]][c / g->stride[a] % g->n[a]];
    square += q->net->mass[c] * function[c] * function[c];
  }
  for (ptrdiff_t c = 0; c < g->cells; c++) function[c] /= sqrt(square);
}

/* Sums that need an eigenvalue beyond those known of an axis may be missing from the first that this one exceeds. */
static int known(const mf_grid *g, const factor f[MF_AXES], int count, const sum *list)
{
  for (int k = 1; k < count; k++)
    for (int a = 0; a < g->dim; a++)
      if (f[a].count < g->n[a] && list[k].value > f[a].value[f[a].count - 1].lower) return k;
  return count;
}

static void gather(const comparison *q, const factor f[MF_AXES], int modes, long double close,
                   mf_product *out, double *const *function)
{
  sum lower[HERE + 1], upper[HERE + 1];
  int count = sort_sums(f, false, HERE + 1, lower);
  sort_sums(f, true, HERE + 1, upper);
  count = known(q->net->grid, f, count, upper);
  out->count = count - 1;
  out->distance = fmaxl(q->down, q->up);
  for (int k = 1; k < count; k++)
    out->bound[k - 1] = (mf_enclosure){lower[k].value * expl(-q->down) * (1 - 4 * LDBL_EPSILON),
                                       upper[k].value * expl(q->up) * (1 + 4 * LDBL_EPSILON)};
  for (int k = 0; function && out->distance <= close && k < modes && k + 1 < count; k++)
    fill_function(q, f, upper[k + 1].index, function[k]);
}

static int solve(const comparison *q, int modes, long double close, mf_product *out, double *const *function)
{
  factor f[MF_AXES] = {{.count = 1}, {.count = 1}, {.count = 1}};
  const mf_grid *g = q->net->grid;
  const bool functions = function && fmaxl(q->down, q->up) <= close;
  const int each = modes + 3 < EACH ? modes + 3 : EACH; /* the last one of an axis bounds what is known */
  int status = MF_OK;
  for (int a = 0; !status && a < g->dim; a++) status = solve_factor(q, a, each, &f[a], functions);
  if (!status) gather(q, f, modes, close, out, function);
  for (int a = 0; a < MF_AXES; a++)
    for (int k = 0; k <= EACH; k++) mf_release(f[a].function[k]);
  return status;
}

static int allocate(comparison *q, range **slice)
{
  const mf_grid *g = q->net->grid;
  ptrdiff_t longest = 1;
  MF_TRY(mf_reals_create(&q->log_mass, g->cells));
  for (int a = 0; a < g->dim; a++) {
    MF_TRY(mf_reals_create(&q->a[a], g->n[a]));
    MF_TRY(mf_reals_create(&q->b[a], g->n[a]));
    if (g->n[a] > longest) longest = g->n[a];
  }
  return mf_objects_create(slice, longest, sizeof **slice);
}

int mf_product_compare(const mf_network *network, int modes, long double close, mf_product *out,
                       double *const *function)
{
  comparison q = {.net = network};
  range *slice = NULL;
  *out = (mf_product){0};
  int status = allocate(&q, &slice);
  if (!status && compare(&q, slice)) status = solve(&q, modes, close, out, function);
  mf_release(slice);
  mf_release(q.log_mass);
  for (int a = 0; a < MF_AXES; a++) {
    mf_release(q.a[a]);
    mf_release(q.b[a]);
  }
  return status;
}
