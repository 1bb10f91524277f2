/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums and combinations of blocks of vectors.
 *
 * Cells are taken a piece at a time, with all vectors, while they are in the cache.  Sums are those of grids/field.h: plain in
 * blocks of at most 1024 cells in 16 lanes, exact between; relative to sqrt(x.x y.y) they are good to 100 ulp. */
#include "solver/observe/gap_block.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "grids/neighbour.h"
#include "grids/threads.h"

#include <math.h>
#include <string.h>

/* S D x, or |S| |D x| with sign 1 for -1: the steps below and above count too. */
MF_CLONES static void mf_block_filtered(const double *x, ptrdiff_t down, ptrdiff_t up, ptrdiff_t beyond,
                                        bool absolute, ptrdiff_t n, double *out)
{
  for (ptrdiff_t c = 0; c < n; c++) {
    const double below = x[c] - x[c + down], here = x[c + up] - x[c], above = x[c + beyond] - x[c + up];
    out[c] =
        absolute ? (26 * fabs(here) + (fabs(below) + fabs(above))) / 24 : (26 * here - (below + above)) / 24;
  }
}

static void filtered_steps(const mf_grid *g, int axis, const double *x, bool absolute, ptrdiff_t begin,
                           ptrdiff_t end, double *out)
{
  for (mf_layers l = mf_layers_in(g, axis, 1, 2, begin, end); mf_layers_next(&l);)
    mf_block_filtered(x + l.first, mf_grid_distance(g, axis, l.layer, -1),
                      mf_grid_distance(g, axis, l.layer, 1), mf_grid_distance(g, axis, l.layer, 2), absolute,
                      l.count, out + (l.first - begin));
}

/* Steps of x to the upper neighbours of cells [begin, end) along an axis; 0 at a wall. */
MF_CLONES static void mf_block_steps(const mf_grid *g, int axis, const double *x, ptrdiff_t begin,
                                     ptrdiff_t end, double *out)
{
  for (mf_layers l = mf_layers_in(g, axis, 0, 1, begin, end); mf_layers_next(&l);) {
    const ptrdiff_t up = mf_grid_distance(g, axis, l.layer, 1);
    for (ptrdiff_t c = l.first; c < l.first + l.count; c++) out[c - begin] = x[c + up] - x[c];
  }
}

MF_INLINE double lanes_dot(const double *x, const double *y, ptrdiff_t n)
{
  double lanes[MF_LANES] = {0};
  ptrdiff_t c = 0;
  for (; c + MF_LANES <= n; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) lanes[k] += x[c + k] * y[c + k];
  for (int k = 0; c < n; c++, k++) lanes[k] += x[c] * y[c];
  return mf_lanes_total(lanes);
}

/* Products of weighted vectors: pair k of a call is (row[k], column[k]). */
typedef struct {
  const mf_network *net;
  double *const *x, *const *y;
  int pairs, row[MF_SUMS], column[MF_SUMS];
  int axis; /* of steps, or -1: values */
  bool absolute;
  const double *weight;
  bool divide; /* by the weight */
} gram_job;

enum { PIECE = 256 };

MF_CLONES static void mf_block_weigh(const double *weight, bool divide, const double *x, ptrdiff_t n,
                                     double *out)
{
  if (divide)
    for (ptrdiff_t c = 0; c < n; c++) out[c] = x[c] / weight[c];
  else
    for (ptrdiff_t c = 0; c < n; c++) out[c] = x[c] * weight[c];
}

MF_CLONES static double mf_gap_block_dot(const double *x, const double *y, ptrdiff_t n)
{
  return lanes_dot(x, y, n);
}

/* Values, or steps in `step`, of a vector in a piece. */
static const double *look(const gram_job *j, const double *x, ptrdiff_t begin, ptrdiff_t end, double *step)
{
  if (j->axis < 0) return x + begin;
  if (j->net->staggered)
    filtered_steps(j->net->grid, j->axis, x, j->absolute, begin, end, step);
  else
    mf_block_steps(j->net->grid, j->axis, x, begin, end, step);
  return step;
}

/* Rows come in order, so that each is weighted once; the steps of a column are made once. */
static void gram_piece(const gram_job *j, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  double weighted[PIECE], row_step[PIECE], step[MF_BLOCK][PIECE];
  const double *column[MF_BLOCK] = {NULL};
  int row = -1;
  for (int k = 0; k < j->pairs; k++) {
    const int c = j->column[k];
    if (j->row[k] != row) {
      row = j->row[k];
      mf_block_weigh(j->weight + begin, j->divide, look(j, j->x[row], begin, end, row_step), end - begin,
                     weighted);
    }
    if (!column[c]) column[c] = look(j, j->y[c], begin, end, step[c]);
    sums[k] += mf_gap_block_dot(weighted, column[c], end - begin);
  }
}

static void gram_block(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const gram_job *j = self;
  memset(sums, 0, (size_t)j->pairs * sizeof *sums);
  for (ptrdiff_t b = begin; b < end; b += PIECE) gram_piece(j, b, b + PIECE < end ? b + PIECE : end, sums);
}

/* Fills `out`, rows x columns, or its upper triangle if `symmetric`, and adds the axis' share to what is there. */
static void gram(gram_job *j, int rows, int columns, bool symmetric, long double *out)
{
  double sums[MF_SUMS];
  for (int r = 0; r < rows; r++)
    for (int c = symmetric ? r : 0; c < columns; c++) {
      j->row[j->pairs] = r;
      j->column[j->pairs++] = c;
      const bool last = r == rows - 1 && c == columns - 1;
      if (j->pairs < MF_SUMS && !last) continue;
      mf_field_sums(j->net->grid, j->pairs, gram_block, j, sums);
      for (int k = 0; k < j->pairs; k++) out[j->row[k] * columns + j->column[k]] += sums[k];
      j->pairs = 0;
    }
  for (int r = 0; symmetric && r < rows; r++)
    for (int c = 0; c < r; c++) out[r * columns + c] = out[c * columns + r];
}

void mf_block_mass(const mf_network *net, int rows, double *const *x, int columns, double *const *y,
                   long double *out)
{
  gram_job j = {.net = net, .x = x, .y = y, .axis = -1, .weight = net->mass};
  for (int k = 0; k < rows * columns; k++) out[k] = 0;
  gram(&j, rows, columns, x == y, out);
}

static void find_energy(const mf_network *net, int m, double *const *x, bool absolute, long double *out)
{
  for (int k = 0; k < m * m; k++) out[k] = 0;
  for (int k = 0; k < m; k++) mf_halo(net->grid, x[k], net->staggered ? 2 : 1);
  for (int a = 0; a < net->grid->dim; a++) {
    if (net->grid->n[a] == 1) continue;
    gram_job j = {.net = net, .x = x, .y = x, .axis = a, .absolute = absolute, .weight = net->weight[a]};
    gram(&j, m, m, true, out);
  }
}

void mf_block_energy(const mf_network *net, int m, double *const *x, long double *out)
{
  find_energy(net, m, x, false, out);
}

double mf_block_spread(const mf_network *net, double *x)
{
  long double energy, most;
  find_energy(net, 1, &x, false, &energy);
  find_energy(net, 1, &x, true, &most);
  return net->staggered ? (double)(most / energy) : 1;
}

/* With g = sqrt(w) D u the filter is (26 - B)/24, B_(f,f+1) = sqrt(w_f/w_(f+1)) and B_(f+1,f) its inverse: the norm of B is at most
 * the largest sum of a row or a column (Schur). */
double mf_block_floor(const mf_network *net)
{
  double most = 0;
  if (!net->staggered) return 1;
  for (int a = 0; a < net->grid->dim; a++) {
    const double *w = net->weight[a];
    for (mf_layers l = mf_layers_in(net->grid, a, 1, 1, 0, net->grid->cells); mf_layers_next(&l);)
      for (ptrdiff_t c = l.first; c < l.first + l.count; c++) {
        const double below = w[c + mf_grid_face_below(net->grid, a, l.layer)],
                     above = w[c + mf_grid_distance(net->grid, a, l.layer, 1)];
        double row = 0, column = 0;
        if (!(w[c] > 0)) continue;
        if (below > 0) row += sqrt(w[c] / below), column += sqrt(below / w[c]);
        if (above > 0) row += sqrt(w[c] / above), column += sqrt(above / w[c]);
        most = fmax(most, fmax(row, column));
      }
  }
  const double least = (26 - most * (1 + 1e-12)) / 24;
  return least > 0 ? least * least * (1 - 1e-12) : 0;
}

void mf_block_square(const mf_network *net, int m, double *const *y, long double *out)
{
  gram_job j = {.net = net, .x = y, .y = y, .axis = -1, .weight = net->mass, .divide = true};
  for (int k = 0; k < m * m; k++) out[k] = 0;
  gram(&j, m, m, true, out);
}

/* ---- combinations ---- */

typedef struct {
  int rows, columns;
  double *const *y, *const *x;
  double factor[MF_BLOCK * MF_BLOCK];
} combine_job;

MF_CLONES static void mf_block_accumulate(double factor, const double *x, ptrdiff_t n, double *sum)
{
  for (ptrdiff_t c = 0; c < n; c++) sum[c] += factor * x[c];
}

/* A piece of all the results is put aside before any of them replaces what others are made of. */
static void combine_piece(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  enum { SHORT = 256 };
  const combine_job *j = self;
  double sum[MF_BLOCK][SHORT];
  for (ptrdiff_t b = begin; b < end; b += SHORT) {
    const ptrdiff_t n = end - b < SHORT ? end - b : SHORT;
    for (int r = 0; r < j->rows; r++) {
      for (ptrdiff_t c = 0; c < n; c++) sum[r][c] = 0;
      for (int k = 0; k < j->columns; k++)
        if (j->factor[r * j->columns + k] != 0)
          mf_block_accumulate(j->factor[r * j->columns + k], j->x[k] + b, n, sum[r]);
    }
    for (int r = 0; r < j->rows; r++) memcpy(j->y[r] + b, sum[r], (size_t)n * sizeof **sum);
  }
}

void mf_block_combine(const mf_network *net, int rows, double *const *y, int columns, double *const *x,
                      const long double *factor)
{
  combine_job j = {.rows = rows, .columns = columns, .y = y, .x = x};
  for (int k = 0; k < rows * columns; k++) j.factor[k] = (double)factor[k];
  mf_share(net->grid->cells, MF_PIECE / 8, combine_piece, &j);
}

/* ---- residual ---- */

typedef struct {
  const mf_network *net;
  const double *x;
  double value;
  double *out, *size;
} residual_job;

/* The two faces of cells [begin, end) along an axis, where the neighbours are `down` and `up` away, and the face below `face`. */
MF_CLONES static void mf_block_flow_out(const double *w, const double *x, ptrdiff_t down, ptrdiff_t up,
                                        ptrdiff_t face, ptrdiff_t begin, ptrdiff_t end, double *out,
                                        double *size)
{
  for (ptrdiff_t c = begin; c < end; c++) {
    const double below = w[c + face] * (x[c] - x[c + down]), above = w[c] * (x[c + up] - x[c]);
    out[c] += below - above;
    if (size) size[c] += fabs(below) + fabs(above);
  }
}

/* The cells up to three layers away, and the two faces below and above a cell: 0 where one lies in a wall, or beyond. */
typedef struct {
  ptrdiff_t at[7];
  double open[4];
} reach;

/* The same for fluxes S w S D x, or a bound of their errors. */
MF_CLONES static void mf_block_filtered_flow(const double *w, const double *x, const reach *r, double sign,
                                             ptrdiff_t begin, ptrdiff_t end, double *out)
{
  for (ptrdiff_t c = begin; c < end; c++) {
    double step[6], flux[4];
    for (int i = 0; i < 6; i++) step[i] = x[c + r->at[i + 1]] - x[c + r->at[i]];
    for (int i = 0; sign > 0 && i < 6; i++) step[i] = fabs(step[i]);
    for (int i = 0; i < 4; i++)
      flux[i] = r->open[i] * w[c + r->at[i + 1]] * (26 * step[i + 1] + sign * (step[i] + step[i + 2])) / 24;
    const double below = r->open[1] * (26 * flux[1] + sign * (flux[0] + flux[2])) / 24,
                 above = r->open[2] * (26 * flux[2] + sign * (flux[1] + flux[3])) / 24;
    out[c] += sign > 0 ? 2 * (below + above) : below - above;
  }
}

static void filtered_flow_out_of(const residual_job *j, int axis, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_grid *g = j->net->grid;
  for (mf_layers l = mf_layers_in(g, axis, 3, 3, begin, end); mf_layers_next(&l);) {
    reach r;
    for (int i = 0; i < 7; i++) r.at[i] = mf_grid_distance(g, axis, l.layer, i - 3);
    for (int i = 0; i < 4; i++) r.open[i] = r.at[i + 1] != r.at[i + 2];
    mf_block_filtered_flow(j->net->weight[axis], j->x, &r, -1, l.first, l.first + l.count, j->out);
    if (j->size)
      mf_block_filtered_flow(j->net->weight[axis], j->x, &r, 1, l.first, l.first + l.count, j->size);
  }
}

static void flow_out_of(const residual_job *j, int axis, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_grid *g = j->net->grid;
  if (j->net->staggered) {
    filtered_flow_out_of(j, axis, begin, end);
    return;
  }
  for (mf_layers l = mf_layers_in(g, axis, 1, 1, begin, end); mf_layers_next(&l);)
    mf_block_flow_out(j->net->weight[axis], j->x, mf_grid_distance(g, axis, l.layer, -1),
                      mf_grid_distance(g, axis, l.layer, 1), mf_grid_face_below(g, axis, l.layer), l.first,
                      l.first + l.count, j->out, j->size);
}

static void residual_piece(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const residual_job *j = self;
  for (ptrdiff_t c = begin; c < end; c++) {
    j->out[c] = -j->value * j->net->mass[c] * j->x[c];
    if (j->size) j->size[c] = 0;
  }
  for (int a = 0; a < j->net->grid->dim; a++)
    if (j->net->grid->n[a] > 1) flow_out_of(j, a, begin, end);
}

void mf_block_residual(const mf_network *net, const double *x, double value, double *out, double *size)
{
  const residual_job j = {net, x, value, out, size};
  mf_halo(net->grid, x, net->staggered ? 3 : 1);
  mf_share(net->grid->cells, MF_PIECE / 8, residual_piece, &j);
}
