/* SPDX-License-Identifier: BSD-3-Clause */
/* W_2 by entropic transport without its bias: from coarse grids to fine ones, with two strengths of entropy. */
#include "solver/distance/entropic.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "solver/distance/dual.h"
#include "solver/distance/enclosure.h"
#include "solver/distance/legendre.h"
#include "solver/distance/pyramid.h"

#include <math.h>
#include <string.h>

/* Of mass, on the finest grid, on the one before it, whose value goes into the estimate of the error, and on those before that,
 * whose solutions are only a start. */
static const double FINE = 1e-5, MIDDLE = 1e-4, COARSE = 1e-3;

/* From a start, for columns of a history. */
static const double NEAR = 5e-5;

/* Masses below this share of the greatest are left out. */
static const double CUT = 1e-14;

/* The measures on one level. */
typedef struct {
  mf_grid grid;
  double *mass[2], *log_mass[2];
} level;

/* What is solved: mu and nu, mu and itself, nu and itself. */
enum { BOTH, FIRST, SECOND, PROBLEMS };

typedef struct {
  level *at;
  int levels;
  double *phi, *psi[PROBLEMS]; /* of the level reached */
  mf_soft *soft;
  double eps;
  mf_dual_result found[PROBLEMS];
  mf_entropic_start *start; /* or NULL */
} solver;

/* ---- levels ---- */

static void take_logarithms(const mf_grid *grid, double *mass, double *log_mass)
{
  const double least = CUT * mf_field_max(grid, mass);
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    if (mass[c] < least) mass[c] = 0;
  const double total = mf_field_sum(grid, mass);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    mass[c] /= total;
    log_mass[c] = mass[c] > 0 ? log(mass[c]) : MF_VACUUM;
  }
}

static int fill_finest(level *l, const double *const density[2])
{
  for (int i = 0; i < 2; i++) {
    MF_TRY(mf_reals_create(&l->mass[i], l->grid.cells));
    MF_TRY(mf_reals_create(&l->log_mass[i], l->grid.cells));
    mf_each(l->grid.cells, mf_each_scaled, 1 / mf_field_max(&l->grid, density[i]), density[i], 0, NULL,
            l->mass[i]);
    take_logarithms(&l->grid, l->mass[i], l->log_mass[i]);
  }
  return MF_OK;
}

static int fill_from(level *l, const level *finer)
{
  for (int i = 0; i < 2; i++) {
    MF_TRY(mf_reals_create(&l->mass[i], l->grid.cells));
    MF_TRY(mf_reals_create(&l->log_mass[i], l->grid.cells));
    MF_TRY(mf_sample_mass(&finer->grid, finer->mass[i], &l->grid, l->mass[i]));
    take_logarithms(&l->grid, l->mass[i], l->log_mass[i]);
  }
  return MF_OK;
}

static int create(solver *s, const mf_grid *grid, const double *const density[2])
{
  mf_grid grids[MF_LEVELS];
  s->levels = mf_pyramid(grid, grids);
  MF_TRY(mf_objects_create(&s->at, s->levels, sizeof *s->at));
  for (int i = s->levels - 1; i >= 0; i--) {
    level *l = &s->at[i];
    l->grid = grids[i];
    MF_TRY(i == s->levels - 1 ? fill_finest(l, density) : fill_from(l, l + 1));
  }
  MF_TRY(mf_reals_create(&s->phi, grid->cells));
  for (int k = 0; k < PROBLEMS; k++) MF_TRY(mf_reals_create(&s->psi[k], grid->cells));
  return MF_OK;
}

static void release(solver *s)
{
  for (int i = 0; s->at && i < s->levels; i++)
    for (int k = 0; k < 2; k++) {
      mf_release(s->at[i].mass[k]);
      mf_release(s->at[i].log_mass[k]);
    }
  mf_release(s->at);
  mf_release(s->phi);
  for (int k = 0; k < PROBLEMS; k++) mf_release(s->psi[k]);
  mf_soft_free(s->soft);
}

/* ---- solving ---- */

static double longest_edge(const mf_grid *grid)
{
  double h = 0;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) h = fmax(h, grid->h[a]);
  return h > 0 ? h : 1;
}

static int solve(solver *s, const level *l, int problem, double tolerance, int sweeps)
{
  const int first = problem == SECOND ? 1 : 0, second = problem == BOTH ? 1 : first;
  const mf_dual d = {.grid = &l->grid,
                     .eps = s->eps,
                     .mass = {l->mass[first], l->mass[second]},
                     .log_mass = {l->log_mass[first], l->log_mass[second]},
                     .sweeps = sweeps,
                     .phi = s->phi,
                     .psi = s->psi[problem]};
  return (problem == BOTH ? mf_dual_solve : mf_dual_solve_self)(&d, s->soft, tolerance, &s->found[problem]);
}

static int go_to(solver *s, const level *l, double kappa)
{
  const double h = longest_edge(&l->grid);
  s->eps = kappa * h * h;
  mf_soft_free(s->soft);
  s->soft = NULL;
  return mf_soft_create(&s->soft, &l->grid);
}

/* The three problems on one level; where that of both is solved last, `soft` keeps its plan. */
static int solve_level(solver *s, int i, double kappa)
{
  const level *l = &s->at[i];
  const double tolerance = i == s->levels - 1 ? FINE : i == s->levels - 2 ? MIDDLE : COARSE, before = s->eps;
  if (i) mf_each(s->at[i - 1].grid.cells, mf_each_sum, 1, s->psi[BOTH], -1, s->psi[SECOND], s->psi[BOTH]);
  MF_TRY(go_to(s, l, kappa));
  for (int problem = PROBLEMS - 1; problem >= 0; problem--) {
    double *psi = s->psi[problem];
    if (i == 0)
      memset(psi, 0, (size_t)l->grid.cells * sizeof *psi);
    else
      MF_TRY(mf_prolong(&s->at[i - 1].grid, psi, &l->grid, problem == BOTH ? before / s->eps : 1, psi));
    if (problem == BOTH && i) mf_each(l->grid.cells, mf_each_sum, 1, psi, 1, s->psi[SECOND], psi);
    MF_TRY(solve(s, l, problem, tolerance, 3));
  }
  return MF_OK;
}

static double divergence(const solver *s)
{
  return 2 * (s->found[BOTH].value - 0.5 * (s->found[FIRST].value + s->found[SECOND].value));
}

/* S_kappa on the finest grid, square[0], and on the one before it, if there is one. */
static int climb(solver *s, double kappa, double square[2])
{
  for (int i = 0; i < s->levels; i++) {
    MF_TRY(solve_level(s, i, kappa));
    square[1] = i ? square[0] : NAN;
    square[0] = divergence(s);
  }
  return MF_OK;
}

/* On the finest grid alone, from potentials that are nearly right. */
static int go_on(solver *s, int kappa, double square[2])
{
  const level *l = &s->at[s->levels - 1];
  square[1] = NAN;
  MF_TRY(go_to(s, l, kappa));
  for (int problem = PROBLEMS - 1; problem >= 0; problem--) {
    memcpy(s->psi[problem], s->start->psi[kappa - 1][problem], (size_t)l->grid.cells * sizeof(double));
    MF_TRY(solve(s, l, problem, NEAR, 1));
  }
  square[0] = divergence(s);
  return MF_OK;
}

static int keep(const solver *s, int kappa)
{
  const ptrdiff_t cells = s->at[s->levels - 1].grid.cells;
  for (int problem = 0; problem < PROBLEMS; problem++) {
    double **kept = &s->start->psi[kappa - 1][problem];
    if (!*kept) MF_TRY(mf_reals_create(kept, cells));
    memcpy(*kept, s->psi[problem], (size_t)cells * sizeof **kept);
  }
  return MF_OK;
}

static bool has_start(const solver *s)
{
  return s->start && s->start->cells == s->at[s->levels - 1].grid.cells;
}

static int solve_all(solver *s, int kappa, double square[2], mf_debiased *out)
{
  if (!has_start(s) || go_on(s, kappa, square)) MF_TRY(climb(s, kappa, square));
  if (s->start) MF_TRY(keep(s, kappa));
  out->residual = fmax(out->residual, s->found[BOTH].residual);
  out->iterations += s->found[BOTH].newton + s->found[FIRST].sweeps + s->found[SECOND].sweeps;
  return MF_OK;
}

/* ---- what comes with the value ---- */

/* Where somebody asks for them, potentials and maps of one strength are added with a weight: extrapolated as the square is. */
typedef struct {
  double *const *potential, *const *map;
} fields;

/* phi of mu against nu without that of mu against itself [L^2]; `problem` is that of the measure with itself. */
static void add_potential(const solver *s, const double *own, int problem, double weight, double *out)
{
  for (ptrdiff_t c = 0; out && c < s->at[s->levels - 1].grid.cells; c++)
    out[c] += weight * s->eps * (own[c] - s->psi[problem][c]);
}

/* out += weight * (mean of y given x of the plan with psi), by a transform of the other side. */
static int add_means(solver *s, int measure, const double *psi, double weight, double *const map[MF_AXES],
                     double *room)
{
  const level *l = &s->at[s->levels - 1];
  const ptrdiff_t cells = l->grid.cells;
  double *mean = room, *x = room + cells;
  for (ptrdiff_t c = 0; c < cells; c++)
    x[c] = MF_IS_VACUUM(l->log_mass[measure][c]) ? MF_VACUUM : l->log_mass[measure][c] + psi[c];
  MF_TRY(mf_soft_transform(s->soft, s->eps, x, mean));
  for (int a = 0; a < l->grid.dim; a++) {
    for (ptrdiff_t c = 0; c < cells; c++)
      x[c] = mf_grid_coordinate(&l->grid, a, c / l->grid.stride[a] % l->grid.n[a]);
    mf_soft_mean(s->soft, x, mean);
    mf_each(cells, mf_each_sum, weight, mean, 1, map[a], map[a]);
  }
  return MF_OK;
}

/* E[y|x] - E_mu,mu[x'|x] + x, whose first and last parts come with weights of sum 1. */
static int add_map(solver *s, double weight, double *const map[MF_AXES])
{
  const level *l = &s->at[s->levels - 1];
  double *room;
  MF_TRY(mf_reals_create(&room, 2 * l->grid.cells));
  int status = add_means(s, 1, s->psi[BOTH], weight, map, room);
  if (!status) status = add_means(s, 0, s->psi[FIRST], -weight, map, room);
  for (int a = 0; a < l->grid.dim && !status; a++)
    for (ptrdiff_t c = 0; c < l->grid.cells; c++)
      map[a][c] += weight * mf_grid_coordinate(&l->grid, a, c / l->grid.stride[a] % l->grid.n[a]);
  mf_release(room);
  return status;
}

static int add_fields(solver *s, double weight, const fields *f)
{
  add_potential(s, s->phi, FIRST, weight, f->potential[0]);
  add_potential(s, s->psi[BOTH], SECOND, weight, f->potential[1]);
  return f->map[0] ? add_map(s, weight, f->map) : MF_OK;
}

/* ---- the whole ---- */

/* Of masses as they are, before any are cut. */
static int enclose(const solver *s, const mf_grid *grid, const double *const density[2], mf_debiased *out)
{
  double *room;
  MF_TRY(mf_reals_create(&room, 3 * grid->cells));
  double *const mass[2] = {room, room + grid->cells}, *potential = room + 2 * grid->cells;
  for (int i = 0; i < 2; i++) {
    mf_each(grid->cells, mf_each_scaled, 1 / mf_field_max(grid, density[i]), density[i], 0, NULL, mass[i]);
    mf_each(grid->cells, mf_each_scaled, 1 / mf_field_sum(grid, mass[i]), mass[i], 0, NULL, mass[i]);
  }
  mf_each(grid->cells, mf_each_sum, s->eps, s->psi[BOTH], -s->eps, s->psi[SECOND], potential);
  const int status = mf_enclose_transport(grid, (const double *const[]){mass[0], mass[1]}, potential, s->soft,
                                          &out->lower, &out->upper);
  mf_release(room);
  return status;
}

/* What smooth data would leave, and what data that are not smooth change from grid to grid; of a grid without a coarser one, a
 * tenth of the enclosure, for want of better. */
static double estimate(const double weak[2], const double strong[2], const mf_debiased *found)
{
  const double smooth = fabs(weak[0] - strong[0]) / 3, width = found->upper - found->lower,
               rough =
                   isnan(weak[1]) ? 0.1 * width : fabs(4 * (weak[0] - weak[1]) - (strong[0] - strong[1])) / 9,
               most = fmax(found->upper - found->square, found->square - found->lower);
  return fmin(fmax(smooth, rough), most);
}

/* The weaker entropy comes last, so that bounds are its. */
static int compare(solver *s, const mf_grid *grid, const double *const density[2], const fields *f,
                   mf_debiased *out)
{
  double weak[2], strong[2];
  MF_TRY(solve_all(s, 2, strong, out));
  MF_TRY(add_fields(s, -1.0 / 3, f));
  MF_TRY(solve_all(s, 1, weak, out));
  out->square = fmax((4 * weak[0] - strong[0]) / 3, 0);
  out->error = fabs(weak[0] - strong[0]) / 3;
  if (!has_start(s)) {
    MF_TRY(enclose(s, grid, density, out));
    out->error = estimate(weak, strong, out);
  }
  if (s->start) s->start->cells = grid->cells;
  return add_fields(s, 4.0 / 3, f);
}

/* Nothing is to be solved for: everything stays where it is. */
static bool are_equal(const mf_grid *grid, const double *a, const double *b)
{
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    if (a[c] != b[c]) return false;
  return true;
}

static void stay(const mf_grid *grid, double *const map[MF_AXES], mf_debiased *out)
{
  out->lower = out->upper = 0;
  for (int a = 0; a < grid->dim && map[a]; a++)
    for (ptrdiff_t c = 0; c < grid->cells; c++)
      map[a][c] = mf_grid_coordinate(grid, a, c / grid->stride[a] % grid->n[a]);
}

void mf_entropic_start_clear(mf_entropic_start *start)
{
  for (int kappa = 0; kappa < 2; kappa++)
    for (int problem = 0; problem < PROBLEMS; problem++) mf_release(start->psi[kappa][problem]);
  *start = (mf_entropic_start){.cells = 0};
}

int mf_entropic_distance(const mf_grid *grid, const double *a, const double *b, double *const potential[2],
                         double *const map[MF_AXES], mf_entropic_start *start, mf_debiased *out)
{
  const double *const density[2] = {a, b};
  solver s = {.start = start};
  if (start && start->cells != grid->cells) mf_entropic_start_clear(start);
  *out = (mf_debiased){.lower = NAN, .upper = NAN};
  for (int i = 0; i < 2; i++)
    if (potential[i]) memset(potential[i], 0, (size_t)grid->cells * sizeof *potential[i]);
  for (int k = 0; k < grid->dim; k++)
    if (map[k]) memset(map[k], 0, (size_t)grid->cells * sizeof *map[k]);
  if (are_equal(grid, a, b)) {
    stay(grid, map, out);
    return MF_OK;
  }
  int status = create(&s, grid, density);
  if (!status) status = compare(&s, grid, density, &(fields){potential, map}, out);
  release(&s);
  return status;
}
