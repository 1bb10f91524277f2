/* SPDX-License-Identifier: BSD-3-Clause */
/* Diffusion in one pass over the arrays: the entropic flux of transport.h.
 *
 * Work goes by rows: stretches of at most ROW cells along x, copied with what lies next to their ends.  Beyond a wall a cell is
 * its own neighbour, which makes differences, and so fluxes, vanish without a branch.  It marches along the last axis and keeps
 * pressures and fluxes of the layer below, so that it reads every array once. */
#include "grids/halo.h"
#include "grids/neighbour.h"
#include "operators/transport/transport_fused.h"

#include <stdatomic.h>

enum {
  ROW = 1024,
  MARGIN = 8, /* room beside the ends of a row, a multiple of the longest vector */
  LAYER = 8192,
  HIGHEST = 64 /* cells, and rows along y, of a layer in three dimensions */
};

typedef struct {
  const mf_grid *grid;
  double *const *weight;
  const double *pressure, *factor;
  double scale;
  bool add;
  double *rate;
  atomic_bool *finite;
  ptrdiff_t stretches; /* that a line is cut into */
  ptrdiff_t height;    /* rows along y of a layer */
  ptrdiff_t columns;   /* of layers on top of one another */
  ptrdiff_t run;       /* layers of a piece of work */
} operands;

enum {
  BUFFER = 10560 /* a layer with a row on either side of it and margins: at most 66 * 144, 10 * 1040 */
};

/* A piece of work: cells x0 .. x0 + count of rows y0 .. y0 + height of layers from .. to.  In two dimensions a layer is
 * one row, and layers are numbered along y; in one there is one layer. */
typedef struct {
  ptrdiff_t x0, count, y0, height, from, to;
  ptrdiff_t before, face, after; /* from the first cell of a row, and from the face above it; from the last */
  ptrdiff_t margin;    /* cells kept beside either end of a row; 0 if rows follow one another, see do_plate */
  double *pressure[2]; /* of a layer and the next */
  double *below;       /* fluxes from the layer below */
} column;

MF_INLINE ptrdiff_t buffer_row(const column *k, ptrdiff_t row)
{
  return (row + 1) * (k->count + 2 * k->margin) + MARGIN;
}

/* First cell of a row of a layer; row -1 and row `height` are its neighbours, or itself at a wall. */
MF_INLINE ptrdiff_t cell_of(const operands *j, const column *k, int dim, ptrdiff_t row, ptrdiff_t layer)
{
  const mf_grid *grid = j->grid;
  const ptrdiff_t across = layer * grid->stride[dim > 2 ? 2 : 1] + k->x0;
  if (dim < 3) return across;
  if (row < 0) return across + k->y0 * grid->n[0] + mf_grid_distance(grid, 1, k->y0, -1);
  if (row < k->height) return across + (k->y0 + row) * grid->n[0];
  return across + (k->y0 + row - 1) * grid->n[0] + mf_grid_distance(grid, 1, k->y0 + row - 1, 1);
}

MF_INLINE double pressure_at(const operands *j, ptrdiff_t c, bool factor)
{
  return factor ? j->pressure[c] * j->factor[c] : j->pressure[c];
}

/* Pressures beside the ends of a row that begins with cell c. */
MF_INLINE void set_margins(const operands *j, const column *k, ptrdiff_t c, bool factor, double *own)
{
  const ptrdiff_t last = k->count - 1;
  own[-1] = pressure_at(j, c + k->before, factor);
  own[last + 1] = pressure_at(j, c + last + k->after, factor);
}

MF_INLINE void load_row(const operands *j, const column *k, ptrdiff_t c, bool factor, double *restrict own)
{
  if (k->margin) set_margins(j, k, c, factor, own);
#pragma omp simd
  for (ptrdiff_t i = 0; i < k->count; i++) own[i] = pressure_at(j, c + i, factor);
}

/* flux = weight (high - low) through the faces of an axis above the cells from c on. */
MF_INLINE void load_flux(const operands *j, int axis, bool weight, ptrdiff_t c, ptrdiff_t count,
                         const double *low, const double *high, double *restrict flux)
{
  const double *w = weight ? j->weight[axis] + c : NULL, flat = 1 / (j->grid->h[axis] * j->grid->h[axis]);
#pragma omp simd
  for (ptrdiff_t i = 0; i < count; i++) flux[i] = (weight ? w[i] : flat) * (high[i] - low[i]);
}

/* What a row meets along one axis: pressures above it, weights of the faces there, the fluxes from below, which those
 * from above replace. */
typedef struct {
  const double *up, *weight;
  double *below, flat;
} meeting;

MF_INLINE double inflow(const meeting *m, ptrdiff_t i, double own, double up, bool weight)
{
  const double flux = (weight ? m->weight[i] : m->flat) * (up - own), net = flux - m->below[i];
  m->below[i] = flux;
  return net;
}

/* A row of cells: pressures, with those beside its ends, weights along it, and what it meets along the other axes. */
typedef struct {
  const double *own, *weight, *p, *f; /* p f: pressures of the layer above */
  double *next, flat, scale;
  meeting y, z;
} bar;

/* Rate of cell i, through whose lower face along the row the weight is `low`. */
MF_INLINE double cell_rate(const bar *r, int dim, bool factor, bool weight, double low, ptrdiff_t i)
{
  const double own = r->own[i], high = weight ? r->weight[i] : r->flat;
  double sum = high * (r->own[i + 1] - own) - low * (own - r->own[i - 1]);
  if (dim > 2) sum += inflow(&r->y, i, own, r->y.up[i], weight);
  if (dim > 1) {
    r->next[i] = factor ? r->p[i] * r->f[i] : r->p[i];
    sum += inflow(dim > 2 ? &r->z : &r->y, i, own, r->next[i], weight);
  }
  return r->scale * sum;
}

/* One row, whose first cell is c; false if a rate is not finite. */
MF_INLINE bool do_cells(const operands *j, const column *k, int dim, bool factor, bool weight, ptrdiff_t c,
                        bar r)
{
  _Alignas(64) double buffer[ROW];
  const ptrdiff_t n = k->count;
  const double low = weight ? j->weight[0][c + k->face] : r.flat;
  double *rate = j->rate + c, *restrict out = j->add ? buffer : rate;
  double lows[MARGIN] = {low}, check = 0; /* the rest begins where vectors are aligned */
  for (ptrdiff_t i = 1; i < MARGIN && i < n; i++) lows[i] = weight ? r.weight[i - 1] : r.flat;
#pragma omp simd reduction(+ : check)
  for (ptrdiff_t i = 0; i < (n < MARGIN ? n : MARGIN); i++) {
    out[i] = cell_rate(&r, dim, factor, weight, lows[i], i);
    check += 0 * out[i];
  }
#pragma omp simd reduction(+ : check)
  for (ptrdiff_t i = MARGIN; i < n; i++) {
    out[i] = cell_rate(&r, dim, factor, weight, weight ? r.weight[i - 1] : r.flat, i);
    check += 0 * out[i];
  }
  for (ptrdiff_t i = 0; j->add && i < n; i++) rate[i] += buffer[i];
  return check == 0; /* 0 times infinity is not a number */
}

MF_INLINE meeting meet(const operands *j, int axis, bool weight, ptrdiff_t c, const double *up, double *below)
{
  const double h = j->grid->h[axis];
  return (meeting){up, weight ? j->weight[axis] + c : NULL, below, 1 / (h * h)};
}

/* Pressures of the first layer, and the fluxes into it from below. */
MF_INLINE void begin_column(const operands *j, const column *k, int dim, bool factor, bool weight)
{
  const int axis = dim > 2 ? 2 : 1;
  const ptrdiff_t under = mf_grid_layer(j->grid, axis, k->from, -1);
  double *own = k->pressure[0], *low = k->pressure[1];
  for (ptrdiff_t row = dim > 2 ? -1 : 0; row < (dim > 2 ? k->height + 1 : 1); row++)
    load_row(j, k, cell_of(j, k, dim, row, k->from), factor, own + buffer_row(k, row));
  for (ptrdiff_t row = 0; dim > 1 && row < k->height; row++) {
    const ptrdiff_t c = cell_of(j, k, dim, row, under), at = buffer_row(k, row);
    load_row(j, k, c, factor, low + at);
    load_flux(j, axis, weight, c, k->count, low + at, own + at, k->below + row * k->count);
  }
}

/* The same in space for cell i of a layer that is one row, given the flux into it from the row below. */
MF_INLINE double plate_rate(const bar *r, bool factor, double low, double from_row, ptrdiff_t i)
{
  const double own = r->own[i];
  double sum = r->weight[i] * (r->own[i + 1] - own) - low * (own - r->own[i - 1]);
  sum += r->y.weight[i] * (r->y.up[i] - own) - from_row;
  r->next[i] = factor ? r->p[i] * r->f[i] : r->p[i];
  return r->scale * (sum + inflow(&r->z, i, own, r->next[i], true));
}

/* A whole layer of rows from wall to wall in one loop: the last cell of a row and the first of the next are neighbours
 * to it, whose face has no weight.  from_row: fluxes into the first row from that below. */
MF_INLINE bool do_plate(const operands *j, const column *k, bool factor, ptrdiff_t c, const double *from_row,
                        bar r)
{
  double buffer[LAYER + ROW], check = 0;
  const ptrdiff_t n = k->count, cells = n * k->height;
  double *rate = j->rate + c, *restrict out = j->add ? buffer : rate;
  for (ptrdiff_t i = 0; i < n; i++) {
    out[i] = plate_rate(&r, factor, r.weight[i - 1], from_row[i], i);
    check += 0 * out[i];
  }
#pragma omp simd reduction(+ : check)
  for (ptrdiff_t i = n; i < cells; i++) {
    const double from = r.y.weight[i - n] * (r.own[i] - r.own[i - n]);
    out[i] = plate_rate(&r, factor, r.weight[i - 1], from, i);
    check += 0 * out[i];
  }
  for (ptrdiff_t i = 0; j->add && i < cells; i++) rate[i] += buffer[i];
  return check == 0; /* 0 times infinity is not a number */
}

/* One layer; `next` is filled for the one above it. */
MF_INLINE bool do_layer(const operands *j, const column *k, int dim, bool factor, bool weight,
                        ptrdiff_t layer, const double *own, double *next)
{
  const int axis = dim > 2 ? 2 : 1;
  const ptrdiff_t above = mf_grid_layer(j->grid, axis, layer, 1);
  double from_row[ROW];
  bool finite = true;
  if (dim > 2) {
    load_flux(j, 1, weight, cell_of(j, k, dim, -1, layer), k->count, own + buffer_row(k, -1),
              own + buffer_row(k, 0), from_row);
    load_row(j, k, cell_of(j, k, dim, -1, above), factor, next + buffer_row(k, -1));
    load_row(j, k, cell_of(j, k, dim, k->height, above), factor, next + buffer_row(k, k->height));
  }
  for (ptrdiff_t row = 0; row < k->height; row++) {
    const ptrdiff_t c = cell_of(j, k, dim, row, layer), c_up = cell_of(j, k, dim, row, above);
    const ptrdiff_t at = buffer_row(k, row);
    double *below = k->below + row * k->count;
    bar r = {.own = own + at,
             .next = next + at,
             .p = j->pressure + c_up,
             .f = factor ? j->factor + c_up : NULL,
             .weight = weight ? j->weight[0] + c : NULL,
             .flat = 1 / (j->grid->h[0] * j->grid->h[0]),
             .scale = j->scale};
    if (dim > 2) r.y = meet(j, 1, weight, c, own + buffer_row(k, row + 1), from_row);
    if (dim > 2) r.z = meet(j, 2, weight, c, NULL, below);
    if (dim == 2) r.y = meet(j, 1, weight, c, NULL, below);
    if (dim > 2 && weight && !k->margin) return do_plate(j, k, factor, c, from_row, r);
    if (!do_cells(j, k, dim, factor, weight, c, r)) finite = false;
    if (dim > 1) set_margins(j, k, c_up, factor, next + at);
  }
  return finite;
}

MF_INLINE bool do_column(const operands *j, const column *k, int dim, bool factor, bool weight)
{
  bool finite = true;
  double *own = k->pressure[0], *next = k->pressure[1];
  begin_column(j, k, dim, factor, weight);
  for (ptrdiff_t layer = k->from; layer < k->to; layer++) {
    if (!do_layer(j, k, dim, factor, weight, layer, own, next)) finite = false;
    double *const done = own;
    own = next;
    next = done;
  }
  return finite;
}

MF_INLINE bool do_column_in(const operands *j, const column *k, int dim)
{
  if (j->factor) return do_column(j, k, dim, true, true);
  return j->weight ? do_column(j, k, dim, false, true) : do_column(j, k, dim, false, false);
}

MF_CLONES static bool mf_fused_diffusion_column(const operands *j, const column *k)
{
  if (j->grid->dim == 1) return do_column_in(j, k, 1);
  return j->grid->dim == 2 ? do_column_in(j, k, 2) : do_column_in(j, k, 3);
}

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b)
{
  return a < b ? a : b;
}

static void do_columns(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  _Alignas(64) double pressure[2][BUFFER], below[LAYER + ROW];
  const operands *j = self;
  const ptrdiff_t *n = j->grid->n, layers = n[j->grid->dim > 2 ? 2 : 1];
  for (ptrdiff_t s = begin; s < end; s++) {
    const ptrdiff_t which = s % j->columns, from = s / j->columns * j->run;
    const ptrdiff_t x0 = which % j->stretches * ROW, y0 = which / j->stretches * j->height;
    const ptrdiff_t count = least(ROW, n[0] - x0);
    const column k = {
        .x0 = x0,
        .count = count,
        .before = mf_grid_distance(j->grid, 0, x0, -1),
        .face = mf_grid_face_below(j->grid, 0, x0),
        .after = mf_grid_distance(j->grid, 0, x0 + count - 1, 1),
        .y0 = y0,
        .height = j->grid->dim > 2 ? least(j->height, n[1] - y0) : 1,
        .margin = j->grid->dim > 2 && j->weight && n[0] <= ROW && !mf_grid_closed(j->grid, 0) ? 0 : MARGIN,
        .from = from,
        .to = least(from + j->run, layers),
        .pressure = {pressure[0], pressure[1]},
        .below = below};
    if (!mf_fused_diffusion_column(j, &k)) atomic_store(j->finite, false);
  }
}

bool mf_fused_diffusion(const mf_grid *grid, double *const *weight, const double *pressure,
                        const double *factor, double scale, bool add, double *restrict rate)
{
  const ptrdiff_t threads = mf_threads(), pieces = threads < 2 ? 8 : 4 * threads; /* few: each begins anew */
  const bool solid = grid->dim > 2;
  const ptrdiff_t length = least(grid->n[0], ROW), share = grid->cells / pieces,
                  layers = grid->n[solid ? 2 : 1];
  const ptrdiff_t cells = share < MF_PIECE ? MF_PIECE : least(share, 8 * MF_PIECE);
  const ptrdiff_t height = solid ? least(least(LAYER / length, HIGHEST), grid->n[1]) : 1;
  const ptrdiff_t stretches = (grid->n[0] + ROW - 1) / ROW, heap = cells / (length * height);
  atomic_bool finite = true;
  mf_halo(grid, pressure, 1);
  operands j = {.grid = grid,
                .weight = weight,
                .pressure = pressure,
                .factor = factor,
                .scale = scale,
                .add = add,
                .rate = rate,
                .finite = &finite,
                .stretches = stretches,
                .height = height,
                .columns = stretches * (solid ? (grid->n[1] + height - 1) / height : 1),
                .run = heap > layers ? layers
                       : heap > 1    ? heap
                                     : 1};
  mf_share(j.columns * ((layers + j.run - 1) / j.run), 1, do_columns, &j);
  return atomic_load(&finite);
}
