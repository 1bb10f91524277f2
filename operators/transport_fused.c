/* The face fluxes of transport.h, one pass over the arrays each.
 *
 * Work goes by rows: stretches of at most ROW cells along x, whose neighbours along y and z lie in other rows at a fixed
 * distance.  Beyond a wall a cell is its own neighbour, which makes differences, and so slopes and fluxes, vanish
 * without a branch.  Along x a row is copied with what lies next to its ends, and its fluxes are formed once.  In three
 * dimensions rows are taken in blocks along y that go through all of z, so that the rows above and below are still in
 * the cache. */
#include "operators/transport_fused.h"

#include "grids/field.h"
#include "grids/threads.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

enum {
  ROW = 1024,
  REACH = 2,   /* cells beside the ends of a row that its fluxes depend on */
  MARGIN = 8,  /* room for them, a multiple of the longest vector */
  BLOCK = 4096 /* cells of a block in one layer of z */
};

/* Consecutive cells along x; along y and z, the distances to their neighbours and to those next but one; along x, the
 * cells before the first and after the last, nearest first. */
typedef struct {
  ptrdiff_t first, count;
  ptrdiff_t down[MF_AXES], up[MF_AXES], far_down[MF_AXES], far_up[MF_AXES];
  ptrdiff_t before[REACH], after[REACH];
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

/* Cell `first` of the row is number i of its line. */
static void set_ends(const mf_grid *grid, ptrdiff_t i, row *r)
{
  const ptrdiff_t last = r->count - 1;
  for (ptrdiff_t k = 0; k < REACH; k++) {
    r->before[k] = r->first + distance(grid, 0, i, -1 - k);
    r->after[k] = r->first + last + distance(grid, 0, i + last, 1 + k);
  }
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
  ptrdiff_t stretches; /* that a line is cut into */
  ptrdiff_t height;    /* rows along y of a block */
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

INLINE double pressure_at(const job *j, ptrdiff_t c, bool factor)
{
  return factor ? j->pressure[c] * j->factor[c] : j->pressure[c];
}

INLINE void diffuse(const job *j, const row *r, int dim, bool factor, bool weight, double *restrict out)
{
  _Alignas(64) double line[MARGIN + ROW + REACH], in[ROW + 1];
  const ptrdiff_t n = r->count, first = r->first;
  const sides x = sides_of(j, r, 0, factor, weight); /* of which the weights are used */
  const sides y = sides_of(j, r, dim > 1 ? 1 : 0, factor, weight), z = sides_of(j, r, dim > 2 ? 2 : 0, factor, weight);
  const double scale = j->scale;
  double *own = line + MARGIN;
  own[-1] = pressure_at(j, r->before[0], factor);
  own[n] = pressure_at(j, r->after[0], factor);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) own[i] = pressure_at(j, first + i, factor);
  in[0] = (weight ? j->weight[0][r->before[0]] : x.flat) * (own[0] - own[-1]);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) in[i + 1] = (weight ? x.w_up[i] : x.flat) * (own[i + 1] - own[i]);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) {
    double sum = in[i + 1] - in[i];
    if (dim > 1) sum += inflow(&y, i, own[i], factor, weight);
    if (dim > 2) sum += inflow(&z, i, own[i], factor, weight);
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

/* Inflow less outflow along x. */
INLINE void carry_along(const job *j, const row *r, mf_limiter limiter, double *restrict out)
{
  _Alignas(64) double line[MARGIN + ROW + REACH], force[MARGIN + ROW + REACH], flux[ROW + 1];
  const ptrdiff_t n = r->count, bytes = n * (ptrdiff_t)sizeof(double);
  const double h = j->grid->h[0], scale = j->scale / (h * h);
  double *rho = line + MARGIN, *xi = force + MARGIN;
  for (ptrdiff_t k = 0; k < REACH; k++) {
    rho[-1 - k] = j->rho[r->before[k]];
    rho[n + k] = j->rho[r->after[k]];
  }
  xi[-1] = j->xi[r->before[0]];
  xi[n] = j->xi[r->after[0]];
  memcpy(rho, j->rho + r->first, (size_t)bytes);
  memcpy(xi, j->xi + r->first, (size_t)bytes);
#pragma omp simd
  for (ptrdiff_t i = 0; i <= n; i++)
    flux[i] = upwind(limiter, rho[i - 2], rho[i - 1], rho[i], rho[i + 1], xi[i - 1], xi[i]);
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) out[i] = scale * (flux[i] - flux[i + 1]);
}

/* Adds the same along another axis. */
INLINE void carry_across(const job *j, const row *r, int axis, mf_limiter limiter, double *restrict out)
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
    out[i] += scale * (in - from);
  }
}

INLINE void carry(const job *j, const row *r, mf_limiter limiter, double *restrict out)
{
  carry_along(j, r, limiter, out);
  for (int a = 1; a < j->grid->dim; a++) carry_across(j, r, a, limiter, out);
}

MF_CLONES static void mf_fused_upwind_row(const job *j, const row *r, double *restrict out)
{
  if (j->limiter == MF_LIMITER_MINMOD)
    carry(j, r, MF_LIMITER_MINMOD, out);
  else if (j->limiter == MF_LIMITER_VAN_LEER)
    carry(j, r, MF_LIMITER_VAN_LEER, out);
  else
    carry(j, r, MF_LIMITER_NONE, out);
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

static void do_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const job *j = self;
  const ptrdiff_t n = j->grid->n[0], ny = j->grid->n[1], nz = j->grid->n[2];
  for (ptrdiff_t s = begin; s < end; s++) {
    const ptrdiff_t line = s / j->stretches, i0 = s % j->stretches * ROW;
    const ptrdiff_t bottom = line / (j->height * nz) * j->height, within = line - bottom * nz;
    const ptrdiff_t height = bottom + j->height < ny ? j->height : ny - bottom;
    const ptrdiff_t y = bottom + within % height, z = within / height;
    row r = {.first = (y + ny * z) * n + i0, .count = i0 + ROW < n ? ROW : n - i0};
    set_distances(j->grid, 1, y, &r);
    set_distances(j->grid, 2, z, &r);
    set_ends(j->grid, i0, &r);
    do_row(j, &r);
  }
}

static bool run(job *j)
{
  enum { PIECES = 32 };
  const ptrdiff_t n = j->grid->n[0], length = n < ROW ? n : ROW, share = j->grid->cells / PIECES;
  const ptrdiff_t piece = share < MF_PIECE ? MF_PIECE : share < 4 * MF_PIECE ? share : 4 * MF_PIECE;
  atomic_bool finite = true;
  j->finite = &finite;
  j->stretches = (n + ROW - 1) / ROW;
  j->height = j->grid->dim > 2 && BLOCK / n > 1 ? BLOCK / n : 1;
  mf_share(j->grid->cells / n * j->stretches, (piece + length - 1) / length, do_rows, j);
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
