/* Preconditioner of Newton's matrix: a tridiagonal solve in one dimension, multigrid in more.
 *
 * With s = d rho/dy and v = d rho/mass of mf_flow_symmetry the rows of I - gamma J times s/gamma are
 *
 *   (mass/gamma + decay) v_c - sum over faces w_f (v_neighbour - v_c) = s_c r_c/gamma,   z_c = mass_c v_c/s_c,
 *
 * where w_f is the flux through a face per difference of v and decay what J takes away in place, both read off the bands
 * of J. */
#include "solver/precondition.h"

#include "solver/multigrid.h"

#include <math.h>
#include <string.h>

struct mf_preconditioner {
  mf_flow *flow;
  const mf_grid *grid;
  double gamma;
  double *lower, *diagonal,
      *upper;       /* bands; of a line then LU factors: row below, 1/pivot, row above over pivot */
  double *cyclic;   /* q = T^-1 u of a closed line, or NULL */
  double corner[2]; /* v's last entry, 1/(1 + v.q) */
  double *slope;    /* d rho/dy; with `multigrid` only, as are: */
  double *scaled;   /* right-hand side */
  mf_multigrid *multigrid;
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

static int fill(mf_preconditioner *p, mf_flow *flow)
{
  p->flow = flow;
  p->grid = mf_flow_grid(flow);
  MF_TRY(mf_reals_create(&p->lower, p->grid->cells));
  MF_TRY(mf_reals_create(&p->diagonal, p->grid->cells));
  MF_TRY(mf_reals_create(&p->upper, p->grid->cells));
  if (long_axes(p->grid) > 1) {
    MF_TRY(mf_reals_create(&p->slope, p->grid->cells));
    MF_TRY(mf_reals_create(&p->scaled, p->grid->cells));
    return mf_multigrid_create(&p->multigrid, p->grid);
  }
  return p->grid->periodic[line_axis(p->grid)] && p->grid->cells > 1
             ? mf_reals_create(&p->cyclic, p->grid->cells)
             : MF_OK;
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
  mf_release(p->lower);
  mf_release(p->diagonal);
  mf_release(p->upper);
  mf_release(p->cyclic);
  mf_release(p->slope);
  mf_release(p->scaled);
  mf_multigrid_free(p->multigrid);
  mf_release(p);
}

/* ---- one line ---- */

/* Solves without the corners. */
static void sweep(const mf_preconditioner *p, double *restrict z)
{
  const ptrdiff_t n = p->grid->cells;
  z[0] *= p->diagonal[0];
  for (ptrdiff_t c = 1; c < n; c++) z[c] = (z[c] - p->lower[c] * z[c - 1]) * p->diagonal[c];
  for (ptrdiff_t c = n - 2; c >= 0; c--) z[c] -= p->upper[c] * z[c + 1];
}

/* Sherman-Morrison: z -= (v.z)/(1 + v.q) q with v = (1, 0, ..., corner). */
static void close_line(const mf_preconditioner *p, double *restrict z)
{
  const ptrdiff_t n = p->grid->cells;
  const double factor = (z[0] + p->corner[0] * z[n - 1]) * p->corner[1];
  for (ptrdiff_t c = 0; c < n; c++) z[c] -= factor * p->cyclic[c];
}

/* Turns the corner entries into the vectors u (kept in `cyclic`) and v, and takes their share off the diagonal:
 * T = M - u v^T with u = (-d_0, 0, ..., top of the last row), v = (1, 0, ..., -corner/d_0). */
static void split_corners(mf_preconditioner *p)
{
  const ptrdiff_t last = p->grid->cells - 1;
  const double right = p->lower[0], left = p->upper[last], pivot = -p->diagonal[0];
  memset(p->cyclic, 0, (size_t)p->grid->cells * sizeof *p->cyclic);
  p->cyclic[0] = pivot;
  p->cyclic[last] = left;
  p->corner[0] = right / pivot;
  p->diagonal[0] -= pivot;
  p->diagonal[last] -= left * right / pivot;
  p->lower[0] = p->upper[last] = 0;
}

static int factor_line(mf_preconditioner *p, double gamma)
{
  const ptrdiff_t n = p->grid->cells;
  mf_flow_bands(p->flow, line_axis(p->grid), p->lower, p->diagonal, p->upper);
  for (ptrdiff_t c = 0; c < n; c++) {
    p->lower[c] *= -gamma;
    p->upper[c] *= -gamma;
    p->diagonal[c] = 1 - gamma * p->diagonal[c];
  }
  if (p->cyclic) split_corners(p);
  double check = 0;
  for (ptrdiff_t c = 0; c < n; c++) {
    p->diagonal[c] = 1 / (c == 0 ? p->diagonal[c] : p->diagonal[c] - p->lower[c] * p->upper[c - 1]);
    p->upper[c] *= p->diagonal[c];
    check += p->diagonal[c];
  }
  if (p->cyclic) {
    sweep(p, p->cyclic);
    p->corner[1] = 1 / (1 + p->cyclic[0] + p->corner[0] * p->cyclic[n - 1]);
    check += p->corner[1];
  }
  return isfinite(check) ? MF_OK : mf_fail(MF_RETRY, "the preconditioner has a zero pivot");
}

/* ---- more axes ---- */

/* Turns the bands of an axis into weights of its faces, and takes them off the decay, to which the diagonal adds. */
static void weigh_faces(mf_preconditioner *p, int axis)
{
  const double *mass = mf_multigrid_mass(p->multigrid);
  double *decay = mf_multigrid_decay(p->multigrid), *weight = mf_multigrid_weight(p->multigrid, axis);
  memset(weight, 0, (size_t)p->grid->cells * sizeof *weight);
  for (mf_faces f = mf_faces_of(p->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      const double ratio = p->slope[low] / p->slope[high];
      const double out = p->lower[high] / ratio, in = p->upper[low] * ratio; /* per d rho of low, high */
      weight[low] = fmax(out + in, 0) / (1 / mass[low] + 1 / mass[high]);
      decay[low] -= out;
      decay[high] -= in;
    }
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) decay[c] -= p->diagonal[c];
}

static int factor_grid(mf_preconditioner *p, double gamma)
{
  double *mass = mf_multigrid_mass(p->multigrid), *decay = mf_multigrid_decay(p->multigrid);
  mf_flow_symmetry(p->flow, p->slope, mass);
  memset(decay, 0, (size_t)p->grid->cells * sizeof *decay);
  for (int a = 0; a < p->grid->dim; a++) {
    if (p->grid->n[a] == 1 && a > 0) continue;
    mf_flow_bands(p->flow, a, p->lower, p->diagonal, p->upper);
    if (p->grid->n[a] > 1)
      weigh_faces(p, a);
    else
      for (ptrdiff_t c = 0; c < p->grid->cells; c++) decay[c] -= p->diagonal[c];
  }
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) decay[c] *= mass[c];
  mf_multigrid_coarsen(p->multigrid);
  return mf_multigrid_factor(p->multigrid, gamma);
}

int mf_preconditioner_factor(mf_preconditioner *p, double gamma)
{
  p->gamma = gamma;
  return p->multigrid ? factor_grid(p, gamma) : factor_line(p, gamma);
}

void mf_preconditioner_solve(const mf_preconditioner *p, const double *r, double *z)
{
  const ptrdiff_t cells = p->grid->cells;
  if (p->multigrid) {
    const double *mass = mf_multigrid_mass(p->multigrid);
    for (ptrdiff_t c = 0; c < cells; c++) p->scaled[c] = p->slope[c] / p->gamma * r[c];
    mf_multigrid_solve(p->multigrid, p->scaled, z);
    for (ptrdiff_t c = 0; c < cells; c++) z[c] *= mass[c] / p->slope[c];
    return;
  }
  if (z != r) memcpy(z, r, (size_t)cells * sizeof *z);
  sweep(p, z);
  if (p->cyclic) close_line(p, z);
}
