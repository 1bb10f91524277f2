/* Line (ADI) preconditioner: tridiagonal solves along every line of every axis.
 *
 * Lines of an axis with stride s are solved s at a time: layer k of a block is s consecutive numbers, so the
 * inner loop is contiguous.  A periodic line is cyclic: its two corner entries are a rank-one correction
 * (Sherman-Morrison), whose vector q = T^-1 u is kept. */
#include "solver/precondition.h"

#include <math.h>
#include <string.h>

typedef struct {
  double *lower, *inverse, *upper; /* of the LU factors: row below, 1/pivot, row above over pivot */
  double *cyclic;                  /* q, or NULL on an axis with walls */
  double *corner;                  /* v's last entry, then 1/(1 + v.q), per line: [2 * lines] */
} line_factors;

struct mf_preconditioner {
  mf_flow *flow;
  const mf_grid *grid;
  line_factors axis[MF_AXES];
};

static bool solves(const mf_grid *grid, int axis)
{
  return axis == 0 || grid->n[axis] > 1;
}

static bool is_cyclic(const mf_grid *grid, int axis)
{
  return grid->periodic[axis] && grid->n[axis] > 1;
}

static int fill(mf_preconditioner *p, mf_flow *flow)
{
  p->flow = flow;
  p->grid = mf_flow_grid(flow);
  for (int a = 0; a < MF_AXES; a++) {
    if (!solves(p->grid, a)) continue;
    line_factors *f = &p->axis[a];
    MF_TRY(mf_reals_create(&f->lower, p->grid->cells));
    MF_TRY(mf_reals_create(&f->inverse, p->grid->cells));
    MF_TRY(mf_reals_create(&f->upper, p->grid->cells));
    if (!is_cyclic(p->grid, a)) continue;
    MF_TRY(mf_reals_create(&f->cyclic, p->grid->cells));
    MF_TRY(mf_reals_create(&f->corner, 2 * p->grid->cells / p->grid->n[a]));
  }
  return MF_OK;
}

int mf_preconditioner_create(mf_preconditioner **out, mf_flow *flow)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, flow);
  if (status) {
    mf_preconditioner_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_preconditioner_free(mf_preconditioner *p)
{
  if (!p) return;
  for (int a = 0; a < MF_AXES; a++) {
    mf_release(p->axis[a].lower);
    mf_release(p->axis[a].inverse);
    mf_release(p->axis[a].upper);
    mf_release(p->axis[a].cyclic);
    mf_release(p->axis[a].corner);
  }
  mf_release(p);
}

/* Solves all lines of one block without the corners. */
static void sweep(const line_factors *f, ptrdiff_t base, ptrdiff_t n, ptrdiff_t stride, double *restrict z)
{
  const double *lower = f->lower + base, *inverse = f->inverse + base, *upper = f->upper + base;
  double *v = z + base;
  for (ptrdiff_t c = 0; c < stride; c++) v[c] *= inverse[c];
  for (ptrdiff_t c = stride; c < n * stride; c++) v[c] = (v[c] - lower[c] * v[c - stride]) * inverse[c];
  for (ptrdiff_t c = (n - 1) * stride - 1; c >= 0; c--) v[c] -= upper[c] * v[c + stride];
}

/* Sherman-Morrison for the lines of a block: z -= (v.z)/(1 + v.q) q with v = (1, 0, ..., corner). */
static void close_lines(const line_factors *f, ptrdiff_t base, ptrdiff_t n, ptrdiff_t stride,
                        double *restrict z)
{
  const ptrdiff_t last = (n - 1) * stride, line = base / n;
  for (ptrdiff_t i = 0; i < stride; i++) {
    double *v = z + base + i;
    const double *q = f->cyclic + base + i, *corner = f->corner + 2 * (line + i);
    const double factor = (v[0] + corner[0] * v[last]) * corner[1];
    for (ptrdiff_t c = 0; c <= last; c += stride) v[c] -= factor * q[c];
  }
}

/* Turns the corner entries of the rows of a block into the vectors u (kept in `cyclic`) and v, and takes
 * their share off the diagonal: T = M - u v^T with u = (-d_0, 0, ..., top of the last row), v = (1, 0, ...,
 * -corner/d_0). */
static void split_corners(line_factors *f, ptrdiff_t base, ptrdiff_t n, ptrdiff_t stride)
{
  const ptrdiff_t last = (n - 1) * stride, line = base / n;
  for (ptrdiff_t i = 0; i < stride; i++) {
    const ptrdiff_t first = base + i, end = first + last;
    const double right = f->lower[first], left = f->upper[end], pivot = -f->inverse[first];
    f->cyclic[first] = pivot;
    f->cyclic[end] = left;
    f->corner[2 * (line + i)] = right / pivot;
    f->inverse[first] -= pivot;
    f->inverse[end] -= left * right / pivot;
    f->lower[first] = f->upper[end] = 0;
  }
}

/* LU factors of the lines of a block; on entry `inverse` holds the diagonal. */
static void factor_lines(line_factors *f, ptrdiff_t base, ptrdiff_t n, ptrdiff_t stride)
{
  for (ptrdiff_t c = base; c < base + n * stride; c++) {
    const double pivot =
        c < base + stride ? f->inverse[c] : f->inverse[c] - f->lower[c] * f->upper[c - stride];
    f->inverse[c] = 1 / pivot;
    f->upper[c] *= f->inverse[c];
  }
}

static void factor_block(line_factors *f, ptrdiff_t base, ptrdiff_t n, ptrdiff_t stride)
{
  if (!f->cyclic) {
    factor_lines(f, base, n, stride);
    return;
  }
  split_corners(f, base, n, stride);
  factor_lines(f, base, n, stride);
  sweep(f, base, n, stride, f->cyclic);
  const ptrdiff_t last = (n - 1) * stride, line = base / n;
  for (ptrdiff_t i = 0; i < stride; i++) {
    double *corner = f->corner + 2 * (line + i);
    corner[1] = 1 / (1 + f->cyclic[base + i] + corner[0] * f->cyclic[base + i + last]);
  }
}

static int factor_axis(mf_preconditioner *p, int axis, double gamma)
{
  line_factors *f = &p->axis[axis];
  const ptrdiff_t n = p->grid->n[axis], stride = p->grid->stride[axis];
  mf_flow_bands(p->flow, axis, f->lower, f->inverse, f->upper);
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) {
    f->lower[c] *= -gamma;
    f->upper[c] *= -gamma;
    f->inverse[c] = 1 - gamma * f->inverse[c];
  }
  if (f->cyclic) memset(f->cyclic, 0, (size_t)p->grid->cells * sizeof *f->cyclic);
  double check = 0;
  for (ptrdiff_t base = 0; base < p->grid->cells; base += n * stride) factor_block(f, base, n, stride);
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) check += f->inverse[c];
  return isfinite(check) ? MF_OK
                         : mf_fail(MF_RETRY, "the preconditioner has a zero pivot along axis %d", axis);
}

int mf_preconditioner_factor(mf_preconditioner *p, double gamma)
{
  for (int a = 0; a < MF_AXES; a++)
    if (solves(p->grid, a)) MF_TRY(factor_axis(p, a, gamma));
  return MF_OK;
}

void mf_preconditioner_solve(const mf_preconditioner *p, const double *r, double *z)
{
  if (z != r) memcpy(z, r, (size_t)p->grid->cells * sizeof *z);
  for (int a = 0; a < MF_AXES; a++) {
    if (!solves(p->grid, a)) continue;
    const line_factors *f = &p->axis[a];
    const ptrdiff_t n = p->grid->n[a], stride = p->grid->stride[a];
    for (ptrdiff_t base = 0; base < p->grid->cells; base += n * stride) {
      sweep(f, base, n, stride, z);
      if (f->cyclic) close_lines(f, base, n, stride, z);
    }
  }
}
