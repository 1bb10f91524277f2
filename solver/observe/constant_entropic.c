/* SPDX-License-Identifier: BSD-3-Clause */
/* Descent of R = D/F in l = log u.
 *
 * Dinkelbach's method minimises D(u) - R <F'(u_k), u> for R = R(u_k), a majorant of F (R(u) - R), as F is convex; each of its Newton
 * steps is a Laplacian solve: in v = du/u the Hessian of D has the off-diagonal weights w_f (a^p b^(p-1) + a^(p-1) b^p) > 0, a and
 * b the values of u beside the face, for p = 1 all of it.  It converges linearly.  Here the same matrix A, with R/10 of F'' on its
 * diagonal, so that it is definite, is the preconditioner of conjugate gradients on R itself (Polak and Ribiere, with a restart
 * where a direction does not descend): every step gains, and near a minimum the number of steps is the root of Dinkelbach's.  On a line A is
 * factored (a ring is cut), else a cycle of multigrid stands for its inverse. */
#include "solver/observe/constant_entropic.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "operators/entropy.h"
#include "solver/precondition/multigrid.h"

#include <math.h>
#include <string.h>

enum { ARRAYS = 13 };

struct mf_descent {
  const mf_entropic *of;
  double *array[ARRAYS];
  double *trial, *best;            /* l + t d, and the best of them */
  double *pressure, *variation;    /* P(u), phi_p'(u) */
  double *high, *low;              /* u^p, u^(p-1) */
  double *gradient, *before;       /* of R by l, now and a step ago */
  double *change, *direction;      /* preconditioned gradient, d */
  double *diagonal, *edge, *pivot; /* of A, and of its factors on a line */
  double energy, dissipation;      /* at the last point that was looked at */
  double mean;
  int axis; /* the only long one, or -1 */
  mf_multigrid *multigrid;
};

/* ---- values ---- */

void mf_entropic_hold_mass(const mf_grid *grid, const double *mass, double *l)
{
  double total = 0, excess = 0;
  const double high = fmax(0, mf_field_max(grid, l) - 600); /* e^l is a number */
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    total += mass[c];
    excess += mass[c] * expm1(l[c] - high);
  }
  const double shift = log1p(excess / total) + high;
  for (ptrdiff_t c = 0; c < grid->cells; c++) l[c] -= shift;
}

static void normalise(const mf_entropic *r, double *l)
{
  if (r->conserves) mf_entropic_hold_mass(r->grid, r->mass, l);
}

static double steps_of(const mf_descent *d, int axis)
{
  const mf_entropic *r = d->of;
  const double *w = r->weight[axis], *p = d->pressure, *x = d->variation;
  double sum = 0;
  for (mf_faces f = mf_faces_of(r->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t c = f.first; c < f.first + f.count; c++)
      sum += w[c] * (p[c + f.step] - p[c]) * (x[c + f.step] - x[c]);
  return sum;
}

static bool has_faces(const mf_entropic *r, int axis)
{
  return r->transport > 0 && r->grid->n[axis] > 1;
}

/* Fills the arrays of l and returns R; INFINITY where it is no number. */
static double ratio_at(mf_descent *d, const double *l)
{
  const mf_entropic *r = d->of;
  const double p = r->exponent;
  double mass = 0, force = 0, square = 0;
  d->energy = d->dissipation = d->mean = 0;
  for (ptrdiff_t c = 0; c < r->grid->cells; c++) {
    const double w = expm1(l[c]);
    d->pressure[c] = mf_entropy_pressure(p, w, l[c]);
    d->variation[c] = mf_entropy_variation(p, l[c]);
    d->energy += r->mass[c] * mf_entropy_value(p, w, l[c]);
    force += r->mass[c] * mf_entropy_force(p, w, l[c]);
    mass += r->mass[c] * (1 + w);
  }
  if (r->spherical) d->mean = force / mass;
  for (ptrdiff_t c = 0; r->reaction > 0 && c < r->grid->cells; c++) {
    const double x = d->variation[c] - d->mean;
    square += r->mass[c] * exp(l[c]) * x * x;
  }
  for (int a = 0; a < r->grid->dim; a++)
    if (has_faces(r, a)) d->dissipation += r->transport * steps_of(d, a);
  d->dissipation += r->reaction * square;
  const double value = d->dissipation / d->energy;
  return d->energy > 0 && isfinite(d->energy) && isfinite(value) ? value : INFINITY;
}

/* ---- derivatives, at the point whose arrays are filled ---- */

static void set_powers(mf_descent *d, const double *l)
{
  const double p = d->of->exponent;
  for (ptrdiff_t c = 0; c < d->of->grid->cells; c++) {
    d->high[c] = exp(p * l[c]);
    d->low[c] = p == 1 ? 1 : exp((p - 1) * l[c]);
  }
}

static void add_steps(mf_descent *d, int axis, double *g)
{
  const mf_entropic *r = d->of;
  for (mf_faces f = mf_faces_of(r->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t c = f.first; c < f.first + f.count; c++) {
      const ptrdiff_t e = c + f.step;
      const double w = r->transport * r->weight[axis][c], p = d->pressure[e] - d->pressure[c],
                   x = d->variation[e] - d->variation[c];
      g[c] -= w * (d->high[c] * x + d->low[c] * p);
      g[e] += w * (d->high[e] * x + d->low[e] * p);
    }
}

/* dR/dl; where mass is conserved, along measures of that mass. */
static void set_gradient(mf_descent *d, const double *l, double value)
{
  const mf_entropic *r = d->of;
  const ptrdiff_t cells = r->grid->cells;
  double *g = d->gradient, sum = 0, mass = 0;
  memset(g, 0, (size_t)cells * sizeof *g);
  for (int a = 0; a < r->grid->dim; a++)
    if (has_faces(r, a)) add_steps(d, a, g);
  for (ptrdiff_t c = 0; c < cells; c++) {
    const double u = exp(l[c]), x = d->variation[c] - d->mean;
    g[c] += r->mass[c] * u * (r->reaction * x * (x + 2 * d->low[c]) - value * d->variation[c]);
    sum += g[c];
    mass += r->mass[c] * u;
  }
  for (ptrdiff_t c = 0; c < cells; c++)
    g[c] = (g[c] - (r->conserves ? sum / mass * r->mass[c] * exp(l[c]) : 0)) / d->energy;
}

/* ---- the preconditioner ---- */

static double edge_of(const mf_descent *d, int axis, ptrdiff_t c, ptrdiff_t e)
{
  return d->of->transport * d->of->weight[axis][c] * (d->high[c] * d->low[e] + d->high[e] * d->low[c]);
}

static void factor_line(mf_descent *d)
{
  const mf_entropic *r = d->of;
  const ptrdiff_t n = r->grid->n[d->axis];
  for (ptrdiff_t i = 0; i < n; i++) d->edge[i] = i < n - 1 ? edge_of(d, d->axis, i, i + 1) : 0;
  for (ptrdiff_t i = 0; i < n; i++) { /* s_i = pivot less the edge above: all sums of positive numbers */
    const double before = i > 0 ? d->edge[i - 1] : 0, pivot = i > 0 ? d->pivot[i - 1] : 1;
    const double rest = i > 0 ? before * ((pivot - before) / pivot) : 0;
    d->pivot[i] = d->edge[i] + d->diagonal[i] + rest;
  }
}

static int factor(mf_descent *d, double value)
{
  const mf_entropic *r = d->of;
  const double part = 0.1, least = 1e-290;
  for (ptrdiff_t c = 0; c < r->grid->cells; c++)
    d->diagonal[c] = fmax(least, r->mass[c] * d->high[c] * (part * value + 2 * r->reaction * d->low[c]));
  if (d->axis >= 0) factor_line(d);
  if (!d->multigrid) return MF_OK;
  memcpy(mf_multigrid_mass(d->multigrid), d->diagonal, (size_t)r->grid->cells * sizeof *d->diagonal);
  for (int a = 0; a < r->grid->dim; a++)
    for (mf_faces f = mf_faces_of(r->grid, a); has_faces(r, a) && mf_faces_next(&f);)
      for (ptrdiff_t c = f.first; c < f.first + f.count; c++)
        mf_multigrid_weight(d->multigrid, a)[c] = edge_of(d, a, c, c + f.step);
  mf_multigrid_coarsen(d->multigrid);
  return mf_multigrid_factor(d->multigrid, 1);
}

static void solve_line(const mf_descent *d, const double *f, double *v)
{
  const ptrdiff_t n = d->of->grid->n[d->axis];
  for (ptrdiff_t i = 0; i < n; i++) v[i] = f[i] + (i > 0 ? d->edge[i - 1] / d->pivot[i - 1] * v[i - 1] : 0);
  for (ptrdiff_t i = n - 1; i >= 0; i--)
    v[i] = v[i] / d->pivot[i] + (i < n - 1 ? d->edge[i] / d->pivot[i] * v[i + 1] : 0);
}

/* change = A^-1 gradient, without mass where that is conserved. */
static void precondition(mf_descent *d, const double *l)
{
  const mf_entropic *r = d->of;
  double sum = 0, mass = 0;
  if (d->axis >= 0)
    solve_line(d, d->gradient, d->change);
  else if (d->multigrid)
    mf_multigrid_solve(d->multigrid, d->gradient, d->change);
  else
    mf_each(r->grid->cells, mf_each_quotient, 1, d->gradient, 0, d->diagonal, d->change);
  for (ptrdiff_t c = 0; c < r->grid->cells; c++) {
    d->change[c] *= d->energy;
    sum += r->mass[c] * exp(l[c]) * d->change[c];
    mass += r->mass[c] * exp(l[c]);
  }
  if (r->conserves) mf_each(r->grid->cells, mf_each_shifted, 0, d->change, -sum / mass, NULL, d->change);
}

/* ---- the line search ---- */

/* Least l that is looked at: cells that are all but empty would go on and on. */
static const double floor_of_l = -200;

/* Most that l moves in one step, cell by cell: what all but empty cells are told means little, and does not shorten the others'. */
static const double rise = 2, fall = 10;

static double look(mf_descent *d, const double *l, double t)
{
  for (ptrdiff_t c = 0; c < d->of->grid->cells; c++)
    d->trial[c] = fmax(l[c] + fmax(-fall, fmin(rise, t * d->direction[c])), floor_of_l);
  normalise(d->of, d->trial);
  return ratio_at(d, d->trial);
}

/* From R(0) = `value` and the slope there: a trial step *t, the parabola through it, then shorter ones.  l moves to the best. */
static double search(mf_descent *d, double *l, double value, double slope, double *t)
{
  enum { SHORTER = 12 };
  const size_t bytes = (size_t)d->of->grid->cells * sizeof *l;
  double best = value, here = *t, good = 0;
  for (int k = 0; k < SHORTER; k++) {
    const double now = look(d, l, here);
    if (now < best) {
      best = now;
      good = here;
      memcpy(d->best, d->trial, bytes);
    }
    const double bend = (now - value - slope * here) / (here * here);
    const double next = bend > 0 ? -slope / (2 * bend) : 4 * here;
    if (good > 0 && k > 0) break;
    here = isfinite(now) ? fmin(fmax(next, 0.1 * here), 4 * here) : 0.1 * here;
  }
  *t = good > 0 ? good : 0;
  if (good > 0) memcpy(l, d->best, bytes);
  return best;
}

/* ---- the whole ---- */

static double dot(const mf_descent *d, const double *x, const double *y)
{
  return mf_field_dot(d->of->grid, x, y);
}

/* Near the target D/F has its limit, and far away e^l is no number. */
static bool in_reach(const mf_descent *d, const double *l)
{
  const double near = 1e-5, far = 300, high = mf_field_max(d->of->grid, l),
               low = mf_field_min(d->of->grid, l);
  return fmax(high, -low) > near && high < far;
}

/* Turns the direction; `past` is <gradient, change> a step ago, 0 at first.  Returns the slope along it. */
static double turn(mf_descent *d, double *past)
{
  const ptrdiff_t cells = d->of->grid->cells;
  const double now = dot(d, d->gradient, d->change), both = dot(d, d->before, d->change);
  const double share = *past > 0 ? fmax(0, (now - both) / *past) : 0;
  mf_each(cells, mf_each_sum, -1, d->change, share, d->direction, d->direction);
  *past = now;
  const double slope = dot(d, d->gradient, d->direction);
  if (slope < 0 && isfinite(slope)) return slope;
  mf_each(cells, mf_each_scaled, -1, d->change, 0, NULL, d->direction);
  return -now;
}

int mf_descent_run(mf_descent *d, double *l, int steps, double enough, double *value)
{
  enum { PATIENCE = 4 };
  const ptrdiff_t cells = d->of->grid->cells;
  double past = 0, t = 1;
  int idle = 0;
  normalise(d->of, l);
  *value = ratio_at(d, l);
  for (int k = 0; k < steps && idle < PATIENCE && isfinite(*value) && *value > 0 && in_reach(d, l); k++) {
    set_powers(d, l);
    memcpy(d->before, d->gradient, (size_t)cells * sizeof *l);
    set_gradient(d, l, *value);
    if (factor(d, *value)) break;
    precondition(d, l);
    const double slope = turn(d, &past);
    if (!(slope < 0)) break;
    const double next = search(d, l, *value, slope, &t);
    idle = next < *value * (1 - enough) ? 0 : idle + 1;
    if (t == 0) past = 0, t = 1; /* again without what was before */
    *value = next;
    ratio_at(d, l);
  }
  return MF_OK;
}

/* The only axis along which there are faces, -1 if there are more or none. */
static int only_axis(const mf_entropic *r, int *count)
{
  int axis = -1;
  *count = 0;
  for (int a = 0; a < r->grid->dim; a++)
    if (has_faces(r, a)) axis = a, ++*count;
  return *count == 1 ? axis : -1;
}

static int allocate(mf_descent *d)
{
  double **const part[ARRAYS] = {&d->trial,    &d->pressure, &d->variation, &d->high,      &d->low,
                                 &d->gradient, &d->before,   &d->change,    &d->direction, &d->diagonal,
                                 &d->edge,     &d->pivot,    &d->best};
  int axes;
  for (int k = 0; k < ARRAYS; k++) {
    MF_TRY(mf_field_create(d->of->grid, &d->array[k]));
    *part[k] = d->array[k];
  }
  d->axis = only_axis(d->of, &axes);
  return axes > 1 ? mf_multigrid_create(&d->multigrid, d->of->grid) : MF_OK;
}

int mf_descent_create(mf_descent **out, const mf_entropic *ratio)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->of = ratio;
  const int status = allocate(*out);
  if (!status) return MF_OK;
  mf_descent_free(*out);
  *out = NULL;
  return status;
}

void mf_descent_free(mf_descent *d)
{
  if (!d) return;
  for (int k = 0; k < ARRAYS; k++) mf_field_free(d->array[k]);
  mf_multigrid_free(d->multigrid);
  mf_release(d);
}
