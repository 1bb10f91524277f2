/* SPDX-License-Identifier: BSD-3-Clause */
/* Mean and covariance, of which an error norm takes care besides the measure as a whole. */
#include "solver/time/watch.h"

#include "grids/field.h"

#include <math.h>

/* The x_a - m_a, then the products, of which those below the diagonal are left out. */
enum { WATCHED = MF_AXES + MF_AXES * MF_AXES };

struct mf_watch {
  const mf_flow *flow;
  const mf_grid *grid;
  double rtol;
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  double allowed[WATCHED];
};

int mf_watch_create(mf_watch **out, const mf_flow *flow, double rtol)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  mf_watch *w = *out;
  w->flow = flow;
  w->grid = mf_flow_grid(flow);
  w->rtol = rtol;
  mf_field_moments(w->grid, mf_flow_target(flow)->density, w->mean, w->covariance);
  return MF_OK;
}

void mf_watch_free(mf_watch *w)
{
  mf_release(w);
}

/* <q, f> of all. */
static void measure(const mf_watch *w, const double *f, double *value)
{
  mf_moments m;
  mf_field_raw_moments(w->grid, f, mf_flow_slope(w->flow), w->mean, &m);
  for (int a = 0; a < MF_AXES; a++) {
    value[a] = m.first[a];
    for (int b = 0; b < MF_AXES; b++) {
      const int k = MF_AXES * a + b;
      value[MF_AXES + k] = a > b ? 0 : m.second[k] - w->covariance[k] * m.sum;
    }
  }
}

/* ---- the largest value: N sum_c (q_c (d rho/dz)_c/w_c)^2 is its square ---- */

typedef struct {
  const mf_watch *watch;
  const double *slope, *weights;
} square_operands;

enum { POWERS = 5 };

/* Sums over a part of a row of (slope/w)^2 x^p. */
MF_CLONES static void mf_row_powers(const square_operands *j, ptrdiff_t begin, ptrdiff_t end, double x,
                                    double *sum)
{
  const double *slope = j->slope, *weights = j->weights, h = j->watch->grid->h[0];
  double lanes[POWERS][MF_LANES] = {0};
  for (ptrdiff_t c = begin; c < end; c += MF_LANES)
    for (int k = 0; k < MF_LANES && c + k < end; k++) {
      const double root = (slope ? slope[c + k] : 1) / weights[c + k], at = x + (double)(c + k - begin) * h;
      double term = root * root;
      for (int p = 0; p < POWERS; p++) {
        lanes[p][k] += term;
        term *= at;
      }
    }
  for (int p = 0; p < POWERS; p++) sum[p] = mf_lanes_total(lanes[p]);
}

/* Adds what a row with these sums has of (x_a - m_a)^2 and ((x_a - m_a)(x_b - m_b) - C_ab)^2. */
static void add_row(const mf_watch *w, const double *sum, const double x[MF_AXES], double *out)
{
  out[0] += sum[2];
  for (int a = 1; a < MF_AXES; a++) out[a] += x[a] * x[a] * sum[0];
  for (int a = 0; a < MF_AXES; a++)
    for (int b = a; b < MF_AXES; b++) {
      const double C = w->covariance[MF_AXES * a + b], y = x[b], whole = x[a] * x[b] - C;
      out[MF_AXES + MF_AXES * a + b] += a > 0   ? whole * whole * sum[0]
                                        : b > 0 ? y * y * sum[2] - 2 * C * y * sum[1] + C * C * sum[0]
                                                : sum[4] - 2 * C * sum[2] + C * C * sum[0];
    }
}

static void sum_squares(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const square_operands *j = self;
  const mf_grid *grid = j->watch->grid;
  const ptrdiff_t n = grid->n[0];
  for (int q = 0; q < WATCHED; q++) sums[q] = 0;
  for (ptrdiff_t c = begin; c < end;) {
    const ptrdiff_t next = (c / n + 1) * n, last = next < end ? next : end;
    double x[MF_AXES], row[POWERS];
    mf_grid_centre(grid, c, x);
    for (int a = 0; a < MF_AXES; a++) x[a] = a < grid->dim ? x[a] - j->watch->mean[a] : 0;
    mf_row_powers(j, c, last, x[0], row);
    add_row(j->watch, row, x, sums);
    c = last;
  }
}

/* ---- the norm ---- */

void mf_watch_allow(mf_watch *w, const double *z, const double *weights)
{
  const double loose = 10, least = 1e-3;
  const square_operands operands = {w, mf_flow_slope(w->flow), weights};
  double value[WATCHED], square[WATCHED];
  measure(w, z, value);
  mf_field_sums(w->grid, WATCHED, sum_squares, &operands, square);
  for (int q = 0; q < WATCHED; q++)
    w->allowed[q] =
        loose * w->rtol * fabs(value[q]) + least * sqrt(fmax(0, square[q]) * (double)w->grid->global_cells);
}

double mf_watch_square(const mf_watch *w, const double *e)
{
  double value[WATCHED], sum = 0;
  measure(w, e, value);
  for (int q = 0; q < WATCHED; q++) {
    const double share = value[q] / w->allowed[q];
    if (w->allowed[q] > 0) sum += share * share;
  }
  return sum;
}
