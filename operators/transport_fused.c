/* The face fluxes of transport.h, one pass over the arrays each.
 *
 * Work goes by rows: stretches of at most ROW cells along x, whose neighbours along y and z lie in other rows at a fixed
 * distance.  Beyond a wall a cell is its own neighbour, which makes differences, and so slopes and fluxes, vanish
 * without a branch.  Along x the two cells at either end of a line are done by themselves. */
#include "operators/transport_fused.h"

#include "grids/field.h"
#include "grids/threads.h"

#include <math.h>
#include <stdatomic.h>

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

enum { ROW = 2048, END = 2 };

/* Consecutive cells along x, and the distances to their neighbours and to those next but one. */
typedef struct {
  ptrdiff_t first, count;
  ptrdiff_t down[MF_AXES], up[MF_AXES], far_down[MF_AXES], far_up[MF_AXES];
} row;

/* Distance from layer k to layer k + steps of an axis, at most to the wall. */
static ptrdiff_t distance(const mf_grid *grid, int axis, ptrdiff_t k, ptrdiff_t steps)
{
  const ptrdiff_t n = grid->n[axis], there = k + steps;
  const ptrdiff_t to = grid->periodic[axis] ? (there % n + n) % n : there < 0 ? 0 : there < n ? there : n - 1;
  return (to - k) * grid->stride[axis];
}

static void set_distances(const mf_grid *grid, int axis, ptrdiff_t k, row *r)
{
  r->down[axis] = distance(grid, axis, k, -1);
  r->up[axis] = distance(grid, axis, k, 1);
  r->far_down[axis] = distance(grid, axis, k, -2);
  r->far_up[axis] = distance(grid, axis, k, 2);
}

/* What both kinds of flux are given, and one job of either. */
typedef struct {
  const mf_grid *grid;
  double *const *weight;
  const double *pressure, *factor; /* of diffusion */
  const double *rho, *xi;          /* of upwind transport */
  mf_limiter limiter;
  double scale;
  bool add;
  double *rate;
  atomic_bool *finite;
  ptrdiff_t stretches; /* a line is cut into */
} job;

/* ---- diffusion ---- */

/* Arrays seen from a row: its own cells, and along an axis those below and above. */
typedef struct {
  const double *p_down, *p_up, *f_down, *f_up, *w_down, *w_up;
  double flat;
} sides;

INLINE sides sides_of(const job *j, const row *r, int axis, bool factor, bool weight)
{
  const ptrdiff_t down = r->first + r->down[axis], up = r->first + r->up[axis];
  const double h = j->grid->h[axis];
  return (sides){.p_down = j->pressure + down,
                 .p_up = j->pressure + up,
                 .f_down = factor ? j->factor + down : NULL,
                 .f_up = factor ? j->factor + up : NULL,
                 .w_down = weight ? j->weight[axis] + down : NULL,
                 .w_up = weight ? j->weight[axis] + r->first : NULL,
                 .flat = 1 / (h * h)};
}

/* What comes in through the faces above and below cell i along an axis. */
INLINE double inflow(const sides *s, ptrdiff_t i, double own, bool factor, bool weight)
{
  const double up = factor ? s->p_up[i] * s->f_up[i] : s->p_up[i];
  const double down = factor ? s->p_down[i] * s->f_down[i] : s->p_down[i];
  return (weight ? s->w_up[i] : s->flat) * (up - own) - (weight ? s->w_down[i] : s->flat) * (own - down);
}

INLINE void diffuse(const job *j, const row *r, int dim, bool factor, bool weight, double *restrict out)
{
  const double *p = j->pressure + r->first, *f = factor ? j->factor + r->first : NULL, scale = j->scale;
  const sides x = sides_of(j, r, 0, factor, weight);
  const sides y = dim > 1 ? sides_of(j, r, 1, factor, weight) : x;
  const sides z = dim > 2 ? sides_of(j, r, 2, factor, weight) : x;
#pragma omp simd
  for (ptrdiff_t i = 0; i < r->count; i++) {
    const double own = factor ? p[i] * f[i] : p[i];
    double sum = inflow(&x, i, own, factor, weight);
    if (dim > 1) sum += inflow(&y, i, own, factor, weight);
    if (dim > 2) sum += inflow(&z, i, own, factor, weight);
    out[i] = scale * sum;
  }
}

INLINE void diffuse_in(const job *j, const row *r, int dim, double *restrict out)
{
  if (j->factor)
    diffuse(j, r, dim, true, true, out);
  else if (j->weight)
    diffuse(j, r, dim, false, true, out);
  else
    diffuse(j, r, dim, false, false, out);
}

MF_CLONES static void mf_fused_diffusion_row(const job *j, const row *r, double *restrict out)
{
  if (j->grid->dim == 1)
    diffuse_in(j, r, 1, out);
  else if (j->grid->dim == 2)
    diffuse_in(j, r, 2, out);
  else
    diffuse_in(j, r, 3, out);
}

/* ---- upwind ---- */

INLINE double slope(mf_limiter limiter, double a, double b)
{
  const double product = a * b;
  double s = 0;
  if (limiter == MF_LIMITER_MINMOD) s = fabs(a) < fabs(b) ? a : b;
  if (limiter == MF_LIMITER_VAN_LEER) s = 2 * product / (product > 0 ? a + b : 1);
  return product > 0 ? s : 0;
}

/* Flux through a face per 1/h^2 from the densities of the four cells around it and the forces on either side. */
INLINE double upwind(mf_limiter limiter, double before, double low, double high, double after, double xi_low,
                     double xi_high)
{
  const double velocity = xi_low - xi_high;
  const double from_low = low + 0.5 * slope(limiter, low - before, high - low);
  const double from_high = high - 0.5 * slope(limiter, high - low, after - high);
  const double value = velocity > 0 ? from_low : from_high;
  return (value > 0 ? value : 0) * velocity;
}

/* Inflow less outflow along one axis. */
INLINE void carry(const job *j, const row *r, int axis, mf_limiter limiter, bool first, double *restrict out)
{
  const double *own = j->rho + r->first, *xi = j->xi + r->first, h = j->grid->h[axis];
  const double *down = own + r->down[axis], *up = own + r->up[axis];
  const double *far_down = own + r->far_down[axis], *far_up = own + r->far_up[axis];
  const double *xi_down = xi + r->down[axis], *xi_up = xi + r->up[axis];
  const double scale = j->scale / (h * h);
#pragma omp simd
  for (ptrdiff_t i = 0; i < r->count; i++) {
    const double in = upwind(limiter, far_down[i], down[i], own[i], up[i], xi_down[i], xi[i]);
    const double from = upwind(limiter, down[i], own[i], up[i], far_up[i], xi[i], xi_up[i]);
    out[i] = scale * (in - from) + (first ? 0 : out[i]);
  }
}

INLINE void carry_all(const job *j, const row *r, mf_limiter limiter, double *restrict out)
{
  carry(j, r, 0, limiter, true, out);
  for (int a = 1; a < j->grid->dim; a++) carry(j, r, a, limiter, false, out);
}

MF_CLONES static void mf_fused_upwind_row(const job *j, const row *r, double *restrict out)
{
  if (j->limiter == MF_LIMITER_MINMOD)
    carry_all(j, r, MF_LIMITER_MINMOD, out);
  else if (j->limiter == MF_LIMITER_VAN_LEER)
    carry_all(j, r, MF_LIMITER_VAN_LEER, out);
  else
    carry_all(j, r, MF_LIMITER_NONE, out);
}

/* ---- rows ---- */

static void do_row(const job *j, const row *r)
{
  double buffer[ROW], *rate = j->rate + r->first, *out = j->add ? buffer : rate;
  if (j->xi)
    mf_fused_upwind_row(j, r, out);
  else
    mf_fused_diffusion_row(j, r, out);
  if (!mf_all_finite(out, r->count)) atomic_store(j->finite, false);
  for (ptrdiff_t i = 0; j->add && i < r->count; i++) rate[i] += buffer[i];
}

/* Cells [begin, end) of the line whose first cell and distances along y and z are in r. */
static void do_stretch(const job *j, row *r, ptrdiff_t begin, ptrdiff_t end)
{
  const ptrdiff_t line = r->first, n = j->grid->n[0];
  for (ptrdiff_t i = begin; i < end; i += r->count) {
    const bool inner = i >= END && i < n - END;
    const ptrdiff_t last = end < n - END ? end : n - END;
    set_distances(j->grid, 0, i, r);
    r->first = line + i;
    r->count = inner ? last - i : 1;
    do_row(j, r);
  }
}

static void do_stretches(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const job *j = self;
  const ptrdiff_t n = j->grid->n[0], ny = j->grid->n[1];
  for (ptrdiff_t s = begin; s < end; s++) {
    const ptrdiff_t line = s / j->stretches, from = s % j->stretches * ROW;
    row r = {.first = line * n};
    set_distances(j->grid, 1, line % ny, &r);
    set_distances(j->grid, 2, line / ny, &r);
    do_stretch(j, &r, from, from + ROW < n ? from + ROW : n);
  }
}

static bool run(job *j)
{
  const ptrdiff_t n = j->grid->n[0], length = n < ROW ? n : ROW;
  atomic_bool finite = true;
  j->finite = &finite;
  j->stretches = (n + ROW - 1) / ROW;
  mf_share(j->grid->cells / n * j->stretches, (MF_PIECE + length - 1) / length, do_stretches, j);
  return atomic_load(&finite);
}

bool mf_fused_diffusion(const mf_grid *grid, double *const *weight, const double *pressure, const double *factor,
                        double scale, bool add, double *restrict rate)
{
  return run(&(job){.grid = grid,
                    .weight = weight,
                    .pressure = pressure,
                    .factor = factor,
                    .scale = scale,
                    .add = add,
                    .rate = rate});
}

bool mf_fused_upwind(const mf_grid *grid, mf_limiter limiter, const double *rho, const double *xi, double scale,
                     bool add, double *restrict rate)
{
  return run(&(job){
      .grid = grid, .limiter = limiter, .rho = rho, .xi = xi, .scale = scale, .add = add, .rate = rate});
}
