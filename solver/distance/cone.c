/* SPDX-License-Identifier: BSD-3-Clause */
/* Hellinger-Kantorovich distance: Sinkhorn's sweeps over-relaxed, with less and less entropy, extrapolated to none. */
#include "solver/distance/cone.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "solver/distance/cone_kernel.h"
#include "solver/distance/legendre.h"
#include "solver/distance/pyramid.h"

#include <math.h>
#include <string.h>

enum { STRENGTHS = 4, MOST_STRENGTHS = 24, SWEEPS = 20000 };

/* Of mass, at the strengths that count and before them. */
static const double FINE = 1e-7, COARSE = 1e-3;

/* Potentials that a start may have: beyond, where hardly any mass comes or goes, it knows little and could do harm. */
static const double LIKELY = 3;

/* Masses below this share of the greatest are left out. */
static const double CUT = 1e-14;

/* Cells that ask for more are point masses, each other's neighbours or out of reach, and sums are no integrals: the error is that
 * of their length against the reach, or of the reach against their length. */
static const double COARSEST = 0.02;

/* Values of two grids with the same data, relatively. */
static const double SAME = 1e-8;

/* Both measures on a grid: masses of sum 1, logarithms of densities, whose unit of volume makes them about 1. */
typedef struct {
  mf_grid grid;
  double *mass[2], *log_density[2];
  double volume;
} level;

typedef struct {
  level *at;
  int levels, coarsest, now; /* now: index of the level that arrays are on */
  double unit, eps;
  double *p[2];   /* phi/eps, psi/eps; MF_VACUUM where nothing goes */
  double *sum[2]; /* log K e^p of the other side */
  int16_t *offset[2];
  double *work;
  double value, residual;
  int sweeps;
} solver;

/* ---- levels ---- */

static void finish_level(level *l)
{
  double square[2];
  for (int i = 0; i < 2; i++) {
    const double least = CUT * mf_field_max(&l->grid, l->mass[i]);
    for (ptrdiff_t c = 0; c < l->grid.cells; c++)
      if (l->mass[i][c] < least) l->mass[i][c] = 0;
  }
  for (int i = 0; i < 2; i++) square[i] = mf_field_dot(&l->grid, l->mass[i], l->mass[i]);
  l->volume = sqrt(square[0]) * sqrt(square[1]);
  for (int i = 0; i < 2; i++)
    for (ptrdiff_t c = 0; c < l->grid.cells; c++)
      l->log_density[i][c] = l->mass[i][c] > 0 ? log(l->mass[i][c] / l->volume) : MF_VACUUM;
}

static int create_level(level *l, const mf_grid *grid)
{
  l->grid = *grid;
  for (int i = 0; i < 2; i++) {
    MF_TRY(mf_reals_create(&l->mass[i], grid->cells));
    MF_TRY(mf_reals_create(&l->log_density[i], grid->cells));
  }
  return MF_OK;
}

static int fill_level(solver *s, int i, const double *const density[2])
{
  level *l = &s->at[i];
  for (int k = 0; k < 2; k++) {
    if (i < s->levels - 1) {
      MF_TRY(mf_sample_mass(&l[1].grid, l[1].mass[k], &l->grid, l->mass[k]));
      continue;
    }
    mf_each(l->grid.cells, mf_each_scaled, 1 / mf_field_max(&l->grid, density[k]), density[k], 0, NULL,
            l->mass[k]);
    mf_each(l->grid.cells, mf_each_scaled, 1 / mf_field_sum(&l->grid, l->mass[k]), l->mass[k], 0, NULL,
            l->mass[k]);
  }
  finish_level(l);
  return MF_OK;
}

static int create(solver *s, const mf_grid *grid, const double *const density[2])
{
  mf_grid grids[MF_LEVELS];
  s->levels = mf_pyramid(grid, grids);
  MF_TRY(mf_objects_create(&s->at, s->levels, sizeof *s->at));
  for (int i = s->levels - 1; i >= 0; i--) {
    MF_TRY(create_level(&s->at[i], &grids[i]));
    MF_TRY(fill_level(s, i, density));
  }
  for (int k = 0; k < 2; k++) {
    MF_TRY(mf_reals_create(&s->p[k], grid->cells));
    MF_TRY(mf_reals_create(&s->sum[k], grid->cells));
    MF_TRY(mf_objects_create(&s->offset[k], MF_AXES * grid->cells, sizeof *s->offset[k]));
  }
  return mf_reals_create(&s->work, grid->cells);
}

static void release(solver *s)
{
  for (int i = 0; s->at && i < s->levels; i++)
    for (int k = 0; k < 2; k++) {
      mf_release(s->at[i].mass[k]);
      mf_release(s->at[i].log_density[k]);
    }
  mf_release(s->at);
  for (int k = 0; k < 2; k++) {
    mf_release(s->p[k]);
    mf_release(s->sum[k]);
    mf_release(s->offset[k]);
  }
  mf_release(s->work);
}

/* ---- sweeps ---- */

/* phi of one side, from what its cells see of the other.  Where they see nothing their mass goes nowhere. */
static void relax(solver *s, int side, double w)
{
  const level *l = &s->at[s->now];
  double *p = s->p[side];
  const double *sum = s->sum[side], *log_density = l->log_density[side];
  for (ptrdiff_t c = 0; c < l->grid.cells; c++) {
    const bool nothing = MF_IS_VACUUM(log_density[c]) || MF_IS_VACUUM(sum[c]);
    const double best = (log_density[c] - sum[c]) / (1 + s->eps);
    p[c] = nothing ? MF_VACUUM : MF_IS_VACUUM(p[c]) ? best : p[c] + w * (best - p[c]);
  }
}

/* e^-phi: 0 where nothing goes. */
static double factor(const solver *s, int side, ptrdiff_t c)
{
  return MF_IS_VACUUM(s->p[side][c]) ? 0 : exp(-s->eps * s->p[side][c]);
}

/* The dual value and the defect of the first marginal; `sum[0]` is up to date. */
static void judge(solver *s)
{
  const level *l = &s->at[s->now];
  double value = 0, plan = 0, defect = 0;
  for (ptrdiff_t c = 0; c < l->grid.cells; c++) {
    const double kept = l->mass[0][c] * factor(s, 0, c);
    const double there = MF_IS_VACUUM(s->p[0][c]) || MF_IS_VACUUM(s->sum[0][c])
                             ? 0
                             : l->volume * exp(s->p[0][c] + s->sum[0][c]);
    value += (l->mass[0][c] - kept) + l->mass[1][c] * (1 - factor(s, 1, c));
    plan += there;
    defect += fabs(there - kept);
  }
  s->value = value - s->eps * plan;
  s->residual = defect;
}

static int look(solver *s, const mf_cone_kernel *k, int side, bool follow)
{
  return mf_cone_kernel_apply(k, s->p[1 - side], s->offset[side], follow, s->sum[side]);
}

/* Windows move early and, more and more seldom, late. */
static bool is_time_to_follow(int sweep)
{
  return sweep < 3 || (sweep & (sweep - 1)) == 0 || sweep % 64 == 0;
}

/* Over-relaxed once the plan is nearly right, and less so where that proves too much.  True if it has converged. */
static int iterate(solver *s, const mf_cone_kernel *k, double tolerance, int sweeps, bool *done)
{
  const double fast = 2 / (1 + sqrt(1 - pow(1 + s->eps, -2)));
  double boost = 1, least = INFINITY;
  *done = false;
  for (int i = 0; i < sweeps; i++, s->sweeps++) {
    MF_TRY(look(s, k, 0, is_time_to_follow(i)));
    judge(s);
    *done = i > 0 && s->residual <= tolerance;
    if (*done) return MF_OK;
    if (i > 0 && s->residual > 10 * least) boost *= 0.5, least = s->residual;
    if (i > 0) least = fmin(least, s->residual);
    const double w = i > 0 && s->residual < 0.3 * s->eps ? 1 + boost * (fast - 1) : 1;
    relax(s, 0, w);
    MF_TRY(look(s, k, 1, is_time_to_follow(i)));
    relax(s, 1, w);
  }
  return MF_OK;
}

static int iterate_with(solver *s, double tolerance, bool whole, int sweeps, bool *done)
{
  mf_cone_kernel *k;
  MF_TRY(mf_cone_kernel_create(&k, &s->at[s->now].grid, s->unit, s->eps, whole));
  const int status = iterate(s, k, tolerance, sweeps, done);
  mf_cone_kernel_free(k);
  return status;
}

/* Windows that follow the plan serve where it is a map or nearly so; else everything within reach is summed. */
static int converge(solver *s, double tolerance)
{
  bool done;
  MF_TRY(iterate_with(s, tolerance, false, (int)(100 + 40 / sqrt(s->eps)), &done));
  if (!done) MF_TRY(iterate_with(s, tolerance, true, SWEEPS, &done));
  if (done) return MF_OK;
  return mf_fail(
      MF_ENUMERIC,
      "transport with reaction does not converge: a defect of mass of %.1e is left after %d sweeps",
      s->residual, SWEEPS);
}

/* ---- from level to level ---- */

/* What the second side sees, as a potential, is smooth everywhere: the start on another grid or of another strength. */
static int carry(solver *s, int to, double eps)
{
  const mf_grid *from = &s->at[s->now].grid, *grid = &s->at[to].grid;
  double least = INFINITY, *sum = s->sum[1];
  for (ptrdiff_t c = 0; c < from->cells; c++)
    if (!MF_IS_VACUUM(sum[c])) least = fmin(least, sum[c]);
  for (ptrdiff_t c = 0; c < from->cells; c++)
    if (MF_IS_VACUUM(sum[c])) sum[c] = isinf(least) ? 0 : least;
  MF_TRY(mf_prolong(from, sum, grid, s->eps / eps, sum));
  return MF_OK;
}

static int carry_offsets(solver *s, int to)
{
  const mf_grid *from = &s->at[s->now].grid, *grid = &s->at[to].grid;
  for (int side = 0; side < 2 && from->cells != grid->cells; side++) {
    int16_t *old;
    MF_TRY(mf_objects_create(&old, MF_AXES * from->cells, sizeof *old));
    memcpy(old, s->offset[side], (size_t)(MF_AXES * from->cells) * sizeof *old);
    for (ptrdiff_t c = 0; c < grid->cells; c++) {
      ptrdiff_t source = 0;
      for (int a = 0; a < MF_AXES; a++)
        source += c / grid->stride[a] % grid->n[a] * from->n[a] / grid->n[a] * from->stride[a];
      for (int a = 0; a < MF_AXES; a++)
        s->offset[side][MF_AXES * c + a] =
            (int16_t)lround((double)old[MF_AXES * source + a] * (double)grid->n[a] / (double)from->n[a]);
    }
    mf_release(old);
  }
  return MF_OK;
}

static int solve(solver *s, int to, double eps, double tolerance)
{
  const ptrdiff_t cells = s->at[to].grid.cells;
  if (s->eps > 0) {
    MF_TRY(carry(s, to, eps));
    MF_TRY(carry_offsets(s, to));
  }
  s->now = to;
  s->eps = eps;
  for (ptrdiff_t c = 0; c < cells; c++) s->p[0][c] = s->p[1][c] = MF_VACUUM;
  relax(s, 1, 1);
  for (ptrdiff_t c = 0; c < cells; c++)
    if (!MF_IS_VACUUM(s->p[1][c])) s->p[1][c] = fmin(fmax(s->p[1][c], -LIKELY / eps), LIKELY / eps);
  return converge(s, tolerance);
}

/* ---- strengths ---- */

static double longest_edge(const solver *s, int at)
{
  const mf_grid *grid = &s->at[at].grid;
  double h = 0;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) h = fmax(h, s->unit * grid->h[a]);
  return h;
}

/* The coarsest level on which sums are exact with this strength, of those that have all of the data. */
static int level_for(const solver *s, double eps)
{
  int at = s->coarsest;
  while (at < s->levels - 1 && 1.4 * longest_edge(s, at) > sqrt(eps)) at++;
  return at;
}

/* Does a level have all of the data?  The finer one has the same value then. */
static int try_level(solver *s, int at, double eps)
{
  MF_TRY(solve(s, at, eps, FINE));
  const double value = s->value;
  MF_TRY(solve(s, at + 1, eps, FINE));
  if (fabs(s->value - value) > SAME * s->value) s->coarsest = s->levels - 1;
  return MF_OK;
}

/* Lagrange's weight at eps = 0 of one of some values. */
static double weight_of(int i, int count, const double *eps)
{
  double weight = 1;
  for (int k = 0; k < count; k++)
    if (k != i) weight *= eps[k] / (eps[k] - eps[i]);
  return weight;
}

static double without_entropy(int count, const double *eps, const double *value)
{
  double sum = 0;
  for (int i = 0; i < count; i++) sum += weight_of(i, count, eps) * value[i];
  return sum;
}

/* e^-phi of one side on the finest grid, from what it sees of the other; where it has no mass, as of a density 1. */
static int put_factor(solver *s, int side, double *out)
{
  const mf_grid *from = &s->at[s->now].grid, *grid = &s->at[s->levels - 1].grid;
  const double *log_density = s->at[s->levels - 1].log_density[side], nothing = -1e6;
  for (ptrdiff_t c = 0; c < from->cells; c++) s->work[c] = fmax(s->sum[side][c], nothing);
  MF_TRY(mf_prolong(from, s->work, grid, 1, out));
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const double own = MF_IS_VACUUM(log_density[c]) ? 0 : log_density[c];
    out[c] = out[c] <= nothing ? 0 : exp(s->eps / (1 + s->eps) * (out[c] - own));
  }
  return MF_OK;
}

/* What was found with one strength; the factors of the last four are kept where they are asked for. */
typedef struct {
  double eps[MOST_STRENGTHS], value[MOST_STRENGTHS];
  int count;
  double *factor[STRENGTHS][2];
} series;

static int add_strength(solver *s, series *of, double eps, double *const out[2])
{
  MF_TRY(solve(s, level_for(s, eps), eps, FINE));
  of->eps[of->count] = eps;
  of->value[of->count] = s->value;
  for (int side = 0; side < 2; side++)
    if (out[side]) MF_TRY(put_factor(s, side, of->factor[of->count % STRENGTHS][side]));
  of->count++;
  return MF_OK;
}

static void combine_factors(const series *of, ptrdiff_t cells, double *const out[2])
{
  const int first = of->count - STRENGTHS;
  for (int i = first; i < of->count; i++)
    for (int side = 0; side < 2; side++)
      if (out[side])
        mf_each(cells, mf_each_sum, weight_of(i - first, STRENGTHS, of->eps + first),
                of->factor[i % STRENGTHS][side], 1, out[side], out[side]);
}

/* Weaker and weaker entropy, until four strengths agree with the last three, or cells are too coarse for less. */
static int extrapolate(solver *s, series *of, double *const out[2], mf_cone *found)
{
  const double h = longest_edge(s, s->levels - 1), weakest = fmin(fmax(2 * h * h, 1e-6), COARSEST),
               enough = 1e-6, strongest = fmax(0.006, 2.9 * weakest);
  for (double e = 1; e > 1.3 * strongest; e *= 0.5) MF_TRY(solve(s, level_for(s, e), e, COARSE));
  if (level_for(s, strongest) < s->levels - 1) MF_TRY(try_level(s, level_for(s, strongest), strongest));
  for (double e = strongest; of->count < MOST_STRENGTHS && e > 0.99 * weakest; e *= sqrt(0.5)) {
    MF_TRY(add_strength(s, of, e, out));
    found->residual = fmax(found->residual, s->residual);
    const int first = of->count - STRENGTHS;
    if (first < 0) continue;
    found->value = without_entropy(STRENGTHS, of->eps + first, of->value + first);
    found->error =
        fabs(found->value - without_entropy(STRENGTHS - 1, of->eps + first + 1, of->value + first + 1));
    if (found->error <= enough * found->value) break;
  }
  combine_factors(of, s->at[s->levels - 1].grid.cells, out);
  found->error *= 4; /* near cut loci series have odd powers of sqrt(eps) */
  if (2 * h * h > COARSEST) found->error = fmax(found->error, 0.05 * found->value * fmin(h, 1 / h));
  found->value = fmin(fmax(found->value, 0), 2);
  found->iterations = s->sweeps;
  return MF_OK;
}

static int create_series(series *of, ptrdiff_t cells, double *const out[2])
{
  for (int i = 0; i < STRENGTHS; i++)
    for (int side = 0; side < 2; side++)
      if (out[side]) MF_TRY(mf_reals_create(&of->factor[i][side], cells));
  return MF_OK;
}

/* Measures that differ by rounding have nothing to solve for. */
static bool are_equal(const level *l)
{
  const double rounding = 1e-15 * mf_field_max(&l->grid, l->mass[0]);
  for (ptrdiff_t c = 0; c < l->grid.cells; c++)
    if (fabs(l->mass[0][c] - l->mass[1][c]) > rounding) return false;
  return true;
}

static int answer(solver *s, series *of, double *const out[2], mf_cone *found)
{
  if (!are_equal(&s->at[s->levels - 1])) return extrapolate(s, of, out, found);
  for (int i = 0; i < 2; i++)
    if (out[i]) mf_each(s->at[s->levels - 1].grid.cells, mf_each_constant, 1, NULL, 0, NULL, out[i]);
  return MF_OK;
}

int mf_cone_distance(const mf_grid *grid, const double *a, const double *b, double unit,
                     double *const factor_out[2], mf_cone *out)
{
  const double *const density[2] = {a, b};
  solver s = {.unit = unit};
  series of = {.count = 0};
  *out = (mf_cone){.residual = 0};
  for (int i = 0; i < 2; i++)
    if (factor_out[i]) memset(factor_out[i], 0, (size_t)grid->cells * sizeof *factor_out[i]);
  int status = create(&s, grid, density);
  if (!status) status = create_series(&of, grid->cells, factor_out);
  if (!status) status = answer(&s, &of, factor_out, out);
  for (int i = 0; i < STRENGTHS; i++)
    for (int side = 0; side < 2; side++) mf_release(of.factor[i][side]);
  release(&s);
  return status;
}
