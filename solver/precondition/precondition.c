/* SPDX-License-Identifier: BSD-3-Clause */
/* Preconditioner of Newton's matrix: a tridiagonal solve in one dimension, multigrid in more.
 *
 * With s = d rho/dy and v = d rho/mass of mf_flow_symmetry the rows of I - gamma J times s/gamma are
 *
 *   (mass/gamma + decay) v_c - sum over faces w_f (v_neighbour - v_c) = s_c r_c/gamma,  z_c = mass_c v_c/s_c,
 *
 * where w_f is the flux through a face per difference of v and decay what J takes away in place, both read
 * off the bands of J. */
#include "solver/precondition/precondition.h"

#include "grids/elementwise.h"
#include "grids/halo.h"
#include "grids/neighbour.h"
#include "solver/precondition/multigrid.h"

#include <math.h>
#include <string.h>

struct mf_preconditioner {
  mf_flow *flow;
  const mf_grid *grid;
  double gamma;
  double *lower, *diagonal, *upper; /* bands of J */
  double *below, *inverse, *above;  /* LU factors of a line: row below, 1/pivot, row above over pivot */
  double *cyclic;                   /* q = T^-1 u of a closed line, or NULL */
  double corner[2];                 /* v's last entry, 1/(1 + v.q) */
  mf_multigrid *multigrid;          /* of more axes, or NULL */
  double *slope;                    /* d rho/dy, or NULL where it is 1 */
  double *scaled;                   /* right-hand side */
};

static int long_axes(const mf_grid *grid)
{
  int count = 0;
  for (int a = 0; a < grid->dim; a++) count += grid->n[a] > 1;
  return count;
}

/* The axis of a line. */
static int line_axis(const mf_grid *grid)
{
  int axis = 0;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) axis = a;
  return axis;
}

static int fill_grid(mf_preconditioner *p)
{
  MF_TRY(mf_multigrid_create(&p->multigrid, p->grid));
  MF_TRY(mf_field_create(p->grid, &p->scaled));
  const bool relative = mf_coordinate_relative(mf_flow_coordinate(p->flow));
  return relative ? mf_field_create(p->grid, &p->slope) : MF_OK;
}

static int fill_line(mf_preconditioner *p)
{
  const ptrdiff_t n = p->grid->cells;
  MF_TRY(mf_reals_create(&p->below, n));
  MF_TRY(mf_reals_create(&p->inverse, n));
  MF_TRY(mf_reals_create(&p->above, n));
  return mf_grid_closed(p->grid, line_axis(p->grid)) ? mf_reals_create(&p->cyclic, n) : MF_OK;
}

static int fill(mf_preconditioner *p, mf_flow *flow)
{
  p->flow = flow;
  p->grid = mf_flow_grid(flow);
  MF_TRY(mf_field_create(p->grid, &p->lower));
  MF_TRY(mf_field_create(p->grid, &p->diagonal));
  MF_TRY(mf_field_create(p->grid, &p->upper));
  return long_axes(p->grid) > 1 ? fill_grid(p) : fill_line(p);
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
  mf_field_free(p->lower);
  mf_field_free(p->diagonal);
  mf_field_free(p->upper);
  mf_release(p->below);
  mf_release(p->inverse);
  mf_release(p->above);
  mf_release(p->cyclic);
  mf_field_free(p->slope);
  mf_field_free(p->scaled);
  mf_multigrid_free(p->multigrid);
  mf_release(p);
}

/* ---- one line ---- */

/* Solves without the corners. */
static void sweep(const mf_preconditioner *p, double *restrict z)
{
  const ptrdiff_t n = p->grid->cells;
  const double *below = p->below, *inverse = p->inverse, *above = p->above;
  z[0] *= inverse[0];
  for (ptrdiff_t c = 1; c < n; c++) z[c] = (z[c] - below[c] * z[c - 1]) * inverse[c];
  for (ptrdiff_t c = n - 2; c >= 0; c--) z[c] -= above[c] * z[c + 1];
}

/* Sherman-Morrison: z -= (v.z)/(1 + v.q) q with v = (1, 0, ..., corner). */
static void close_line(const mf_preconditioner *p, double *restrict z)
{
  const ptrdiff_t n = p->grid->cells;
  const double factor = (z[0] + p->corner[0] * z[n - 1]) * p->corner[1];
  for (ptrdiff_t c = 0; c < n; c++) z[c] -= factor * p->cyclic[c];
}

/* Turns the corner entries into the vectors u (kept in `cyclic`) and v, and takes their share off the
 * diagonal: T = M - u v^T with u = (-d_0, 0, ..., top of the last row), v = (1, 0, ..., -corner/d_0). */
static void split_corners(mf_preconditioner *p)
{
  const ptrdiff_t last = p->grid->cells - 1;
  const double right = p->below[0], left = p->above[last], pivot = -p->inverse[0];
  memset(p->cyclic, 0, (size_t)p->grid->cells * sizeof *p->cyclic);
  p->cyclic[0] = pivot;
  p->cyclic[last] = left;
  p->corner[0] = right / pivot;
  p->inverse[0] -= pivot;
  p->inverse[last] -= left * right / pivot;
  p->below[0] = p->above[last] = 0;
}

/* Pointwise terms may be in the bands of another axis. */
static void linearise_line(mf_preconditioner *p)
{
  const int axis = line_axis(p->grid);
  mf_flow_bands(p->flow, axis, p->lower, p->diagonal, p->upper);
  for (int a = 0; a < p->grid->dim; a++) {
    if (a == axis) continue;
    mf_flow_bands(p->flow, a, p->below, p->inverse, p->above);
    mf_each(p->grid->cells, mf_each_sum, 1, p->inverse, 1, p->diagonal, p->diagonal);
  }
}

static int factor_line(mf_preconditioner *p)
{
  const ptrdiff_t n = p->grid->cells;
  for (ptrdiff_t c = 0; c < n; c++) {
    p->below[c] = -p->gamma * p->lower[c];
    p->above[c] = -p->gamma * p->upper[c];
    p->inverse[c] = 1 - p->gamma * p->diagonal[c];
  }
  if (p->cyclic) split_corners(p);
  double check = 0;
  for (ptrdiff_t c = 0; c < n; c++) {
    p->inverse[c] = 1 / (c == 0 ? p->inverse[c] : p->inverse[c] - p->below[c] * p->above[c - 1]);
    p->above[c] *= p->inverse[c];
    check += p->inverse[c];
  }
  if (p->cyclic) {
    sweep(p, p->cyclic);
    p->corner[1] = 1 / (1 + p->cyclic[0] + p->corner[0] * p->cyclic[n - 1]);
    check += p->corner[1];
  }
  return isfinite(check) ? MF_OK : mf_fail(MF_RETRY, "the preconditioner has a zero pivot");
}

/* ---- more axes ---- */

/* Turns the bands of an axis into weights of its faces, and takes off the decay what passes through them. */
static void weigh_faces(mf_preconditioner *p, int axis)
{
  const double *mass = mf_multigrid_mass(p->multigrid);
  double *decay = mf_multigrid_decay(p->multigrid), *weight = mf_multigrid_weight(p->multigrid, axis);
  memset(weight, 0, (size_t)p->grid->cells * sizeof *weight);
  for (mf_faces f = mf_faces_of(p->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      const double ratio = p->slope ? p->slope[low] / p->slope[high] : 1;
      const double out = p->lower[high] / ratio, in = p->upper[low] * ratio; /* per d rho of low, high */
      weight[low] = out + in > 0 ? (out + in) / (1 / mass[low] + 1 / mass[high]) : 0;
      decay[low] -= out;
      decay[high] -= in;
    }
}

static void linearise_grid(mf_preconditioner *p)
{
  double *mass = mf_multigrid_mass(p->multigrid), *decay = mf_multigrid_decay(p->multigrid);
  mf_flow_symmetry(p->flow, mass, p->slope);
  memset(decay, 0, (size_t)p->grid->cells * sizeof *decay);
  for (int a = 0; a < p->grid->dim; a++) {
    mf_flow_bands(p->flow, a, p->lower, p->diagonal, p->upper);
    if (p->grid->n[a] > 1) weigh_faces(p, a);
    mf_each(p->grid->cells, mf_each_sum, -1, p->diagonal, 1, decay, decay);
  }
  mf_each(p->grid->cells, mf_each_product, 0, decay, 0, mass, decay);
  mf_multigrid_coarsen(p->multigrid);
}

/* From v to corrections, cell by cell. */
typedef struct {
  const double *slope, *mass;
  double rest;
  double *out;
} scaling;

MF_CLONES static void mf_scale_corrections(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const scaling j = *(const scaling *)self;
#pragma omp simd
  for (ptrdiff_t c = begin; c < end; c++) {
    const double z = j.rest * j.mass[c] * j.out[c];
    j.out[c] = j.slope ? z / j.slope[c] : z;
  }
}

static void solve_grid(const mf_preconditioner *p, const double *r, double *z)
{
  const ptrdiff_t cells = p->grid->cells;
  const bool direct = !p->slope && r != z;
  if (!direct) mf_each(cells, p->slope ? mf_each_product : mf_each_scaled, 1, r, 0, p->slope, p->scaled);
  mf_multigrid_solve(p->multigrid, direct ? r : p->scaled, z);
  const scaling back = {
      .slope = p->slope, .mass = mf_multigrid_mass(p->multigrid), .rest = 1 / p->gamma, .out = z};
  mf_share(cells, MF_PIECE, mf_scale_corrections, &back);
}

/* ---- either ---- */

void mf_preconditioner_linearise(mf_preconditioner *p)
{
  if (p->multigrid)
    linearise_grid(p);
  else
    linearise_line(p);
}

int mf_preconditioner_factor(mf_preconditioner *p, double gamma)
{
  p->gamma = gamma;
  return p->multigrid ? mf_multigrid_factor(p->multigrid, gamma) : factor_line(p);
}

void mf_preconditioner_solve(const mf_preconditioner *p, const double *r, double *z)
{
  if (p->multigrid) {
    solve_grid(p, r, z);
    return;
  }
  if (z != r) memcpy(z, r, (size_t)p->grid->cells * sizeof *z);
  sweep(p, z);
  if (p->cyclic) close_line(p, z);
}
