/* SPDX-License-Identifier: BSD-3-Clause */
/* Several members with a slab each, simulated by threads: what they sum up, agree on and see of each other is what one
 * process has. */
#include "tests/team.h"

#include "grids/halo.h"
#include "operators/transport/transport_fused.h"
#include "tests/flows.h"

#include <stdint.h>

/* Boxes whose last axis is long or short, in blocks of several layers and layers of several blocks. */
static const struct {
  int dim;
  long cells[MF_AXES];
  bool periodic;
  int members; /* the most that it has layers for */
} boxes[] = {{1, {9000, 1, 1}, false, 5}, {1, {4096, 1, 1}, true, 3},  {2, {100, 73, 1}, true, 5},
             {2, {512, 12, 1}, false, 5}, {2, {1500, 7, 1}, false, 5}, {3, {40, 30, 7}, true, 3},
             {3, {11, 7, 60}, false, 3},  {3, {1, 1, 4096}, false, 3}, {2, {1, 5000, 1}, true, 4}};
enum { BOXES = sizeof boxes / sizeof *boxes };

static mf_grid box_grid(int i)
{
  mf_grid grid;
  const bool p = boxes[i].periodic;
  DO(mf_grid_init(&grid, boxes[i].dim, boxes[i].cells, (const double[]){-1, 0, 2}, (const double[]){1, 3, 7},
                  (const bool[]){p, p, p}));
  return grid;
}

static const double *slab_of(const mf_grid *slab, const double *whole)
{
  return whole + mf_grid_first(slab);
}

/* ---- reductions -------------------------------------------------------------------------------------------------- */

typedef struct {
  double sum, sum_abs, dot, least, greatest, mean[MF_AXES], covariance[MF_AXES * MF_AXES], at[3];
} reductions;

typedef struct {
  const mf_grid *grid;
  const double *f, *g;
  reductions want, got[TEAM_MOST];
} reducing;

static reductions reduce(const mf_grid *grid, const double *f, const double *g)
{
  reductions r;
  memset(&r, 0, sizeof r);
  r.sum = mf_field_sum(grid, f);
  r.sum_abs = mf_field_sum_abs(grid, f);
  r.dot = mf_field_dot(grid, f, g);
  r.least = mf_field_min(grid, f);
  r.greatest = mf_field_max(grid, f);
  mf_field_moments(grid, f, r.mean, r.covariance);
  for (int i = 0; i < 3; i++) {
    double x[MF_AXES];
    for (int a = 0; a < MF_AXES; a++) x[a] = grid->lo[a] + (0.13 + 0.37 * i) * (grid->hi[a] - grid->lo[a]);
    r.at[i] = mf_field_at(grid, f, x);
  }
  return r;
}

static void reduce_slab(const mf_team *team, void *self)
{
  reducing *r = self;
  mf_grid slab = *r->grid;
  DO(mf_grid_take_slab(&slab, team, 0));
  HOLDS(slab.cells < r->grid->cells && slab.global_cells == r->grid->cells);
  r->got[team->rank] = reduce(&slab, slab_of(&slab, r->f), slab_of(&slab, r->g));
}

START_TEST(reductions_do_not_depend_on_slabs)
{
  const mf_grid grid = box_grid(_i);
  double *f = random_field(grid.cells, 1), *g = random_field(grid.cells, 2);
  for (ptrdiff_t c = 0; c < grid.cells; c++)
    f[c] *= exp(40 * g[(7 * c) % grid.cells]); /* terms of all sizes */
  for (int members = 2; members <= boxes[_i].members; members++) {
    reducing r = {&grid, f, g, .want = reduce(&grid, f, g)};
    at("box %d, %d members", _i, members);
    team_run(members, reduce_slab, &r);
    for (int m = 0; m < members; m++) HOLDS(!memcmp(&r.got[m], &r.want, sizeof r.want));
  }
}
END_TEST

/* ---- agreement --------------------------------------------------------------------------------------------------- */

static void find_minima(const mf_team *team, void *self)
{
  (void)self;
  HOLDS(mf_team_minimum(team, 3 - team->rank) == 4 - team->members);
  HOLDS(mf_team_minimum(team, team->rank == 1 ? -INFINITY : 0) == -INFINITY);
  HOLDS(isnan(mf_team_minimum(team, team->rank == 0 ? NAN : 5)));
  HOLDS(isnan(mf_team_minimum(team, team->rank == 2 ? NAN : -INFINITY)));
  HOLDS(mf_team_all(team, true) && !mf_team_all(team, team->rank != 1) && !mf_team_all(team, false));
}

START_TEST(minima_see_every_member)
{
  team_run(3, find_minima, NULL);
}
END_TEST

/* A field with a NAN in one cell of one slab. */
static void find_nan(const mf_team *team, void *self)
{
  mf_grid slab = *((reducing *)self)->grid;
  DO(mf_grid_take_slab(&slab, team, 0));
  const double *f = slab_of(&slab, ((reducing *)self)->f);
  HOLDS(isnan(mf_field_min(&slab, f)) && isnan(mf_field_max(&slab, f)) && isnan(mf_field_sum(&slab, f)));
}

START_TEST(a_nan_is_seen_by_all)
{
  const mf_grid grid = box_grid(2);
  for (ptrdiff_t c = 0; c < grid.cells; c += 997) {
    double *f = random_field(grid.cells, 3);
    f[c] = NAN;
    at("cell %td", c);
    team_run(3, find_nan, &(reducing){.grid = &grid, .f = f});
    release_all();
  }
}
END_TEST

static int status_of(const mf_team *team, const int *statuses)
{
  const int status = statuses[team->rank];
  return status ? mf_fail(status, "member %d says %d", team->rank, status) : MF_OK;
}

static void agree(const mf_team *team, void *self)
{
  const int *const all = self; /* the status of each member, what they agree on, and whose message */
  const int got = mf_team_agree(team, status_of(team, all));
  char text[64];
  snprintf(text, sizeof text, "member %d says %d", all[4], all[3]);
  HOLDS(got == all[3]);
  if (got) ck_assert_str_eq(mf_error(), text);
}

START_TEST(the_worst_status_reaches_all)
{
  static const int cases[][5] = {
      {MF_OK, MF_OK, MF_OK, MF_OK, 0},
      {MF_OK, MF_RETRY, MF_OK, MF_RETRY, 1},
      {MF_RETRY, MF_OK, MF_ECASE, MF_ECASE, 2},
      {MF_ENUMERIC, MF_ENUMERIC, MF_RETRY, MF_ENUMERIC, 0},
      {MF_OK, MF_EMEMORY, MF_EFILE, MF_EMEMORY, 1},
      {MF_ESTOPPED, MF_ENUMERIC, MF_OK, MF_ESTOPPED, 0},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    int statuses[5];
    memcpy(statuses, cases[k], sizeof statuses);
    at("case %zu", k);
    team_run(3, agree, statuses);
  }
  for (int status = MF_ESTOPPED; status <= MF_RETRY; status++)
    HOLDS(mf_team_agree(&mf_team_alone, status) == status);
}
END_TEST

/* ---- slabs ------------------------------------------------------------------------------------------------------- */

static void take_too_few(const mf_team *team, void *self)
{
  mf_grid grid = *(const mf_grid *)self;
  REFUSES(mf_grid_take_slab(&grid, team, 2), "are too many for 5 layers");
}

START_TEST(slabs_need_layers)
{
  mf_grid thin = plane_grid(1200, 5, 0, 1, false);
  team_run(3, take_too_few, &thin); /* 1, 2 and 2 */
}
END_TEST

/* ---- ghosts ------------------------------------------------------------------------------------------------------ */

typedef struct {
  const mf_grid *grid;
  const double *f;
  ptrdiff_t ghosts;
} haunted;

/* Value of the whole field, some layers from the first own one; 0 beyond a wall. */
static double beyond(const haunted *h, const mf_grid *slab, ptrdiff_t layer, ptrdiff_t c)
{
  const int last = slab->dim - 1;
  const ptrdiff_t n = slab->global[last], global = slab->offset[last] + layer;
  if ((global < 0 || global >= n) && !slab->periodic[last]) return 0;
  return h->f[(global % n + n) % n * slab->stride[last] + c];
}

static void fill_ghosts(const mf_team *team, void *self)
{
  const haunted *h = self;
  mf_grid slab = *h->grid;
  DO(mf_grid_take_slab(&slab, team, h->ghosts));
  const int last = slab.dim - 1;
  const ptrdiff_t size = slab.stride[last], layers = slab.n[last];
  for (ptrdiff_t width = 1; width <= h->ghosts; width++) {
    double *f;
    DO(mf_field_create(&slab, &f));
    HOLDS((uintptr_t)f % 64 == 0);
    for (ptrdiff_t c = -h->ghosts * size; c < slab.cells + h->ghosts * size; c++) HOLDS(f[c] == 0);
    memcpy(f, slab_of(&slab, h->f), (size_t)slab.cells * sizeof *f);
    mf_halo(&slab, f, width);
    for (ptrdiff_t k = -h->ghosts; k < layers + h->ghosts; k++)
      for (ptrdiff_t c = 0; c < size; c++)
        HOLDS(f[k * size + c] == (k < -width || k >= layers + width ? 0 : beyond(h, &slab, k, c)));
    mf_field_free(f);
  }
}

START_TEST(ghosts_are_the_neighbours_layers)
{
  const mf_grid grid = box_grid(_i);
  const double *f = random_field(grid.cells, 4);
  for (int members = 2; members <= boxes[_i].members; members++) {
    at("box %d, %d members", _i, members);
    const ptrdiff_t least = grid.n[grid.dim - 1] / members, most = least > 3 ? 3 : 1;
    team_run(members, fill_ghosts, &(haunted){&grid, f, most});
  }
  at("box %d, alone", _i);
  fill_ghosts(&mf_team_alone, &(haunted){&grid, f, 2});
}
END_TEST

START_TEST(fields_may_outlive_their_grid)
{
  enum { MANY = 5 };
  static const int order[MANY] = {2, 0, 4, 1, 3};
  double *f[MANY];
  for (int k = 0; k < MANY; k++) {
    mf_grid grid = box_grid(2);
    grid.ghosts = k; /* none of the first */
    DO(mf_field_create(&grid, &f[k]));
    f[k][-k * grid.stride[1]] = f[k][grid.cells + k * grid.stride[1] - 1] = 1;
  }
  for (int k = 0; k < MANY; k++)
    mf_field_free(f[order[k]]); /* of memory that is not theirs sanitizers would tell */
}
END_TEST

START_TEST(without_ghosts_there_are_none)
{
  const mf_grid grid = box_grid(_i);
  double *f;
  DO(mf_field_create(&grid, &f));
  for (ptrdiff_t c = 0; c < grid.cells; c++) HOLDS(f[c] == 0);
  mf_halo(&grid, f, 3);
  mf_release(f); /* it is an array like others */
  mf_field_free(NULL);
}
END_TEST

/* ---- exchange ---------------------------------------------------------------------------------------------------- */

/* Member m sends 1 + m + 2 k numbers to member k, which say so. */
static void exchange(const mf_team *team, void *self)
{
  (void)self;
  double out[64], in[64], *next = out;
  ptrdiff_t out_count[TEAM_MOST], in_count[TEAM_MOST];
  for (int k = 0; k < team->members; k++) {
    out_count[k] = 1 + team->rank + 2 * k;
    in_count[k] = 1 + k + 2 * team->rank;
    for (ptrdiff_t i = 0; i < out_count[k]; i++) *next++ = (double)(100 * team->rank + 10 * k + i);
  }
  team->type->exchange(team, out, out_count, in, in_count);
  const double *got = in;
  for (int k = 0; k < team->members; k++)
    for (ptrdiff_t i = 0; i < in_count[k]; i++) HOLDS(*got++ == (double)(100 * k + 10 * team->rank + i));
}

START_TEST(what_is_sent_arrives)
{
  team_run(4, exchange, NULL);
  exchange(&mf_team_alone, NULL);
  HOLDS(mf_team_alone.type->shrink(&mf_team_alone, 1) == &mf_team_alone);
}
END_TEST

/* ---- a whole flow ------------------------------------------------------------------------------------------------ */

/* The spherical Hellinger flow of KL, which moves nothing: cells know of each other by sums only. */
typedef struct {
  const mf_grid *grid;
  double *y, time[TEAM_MOST];
} flowing;

static int gaussian_on(mf_measure **out, const mf_grid *grid, double mean)
{
  const double centre[] = {mean, 1 + mean, 4 - mean}, variance[] = {0.4, 0.9, 1.3};
  double covariance[MF_AXES * MF_AXES] = {0};
  for (int a = 0; a < grid->dim; a++) covariance[(grid->dim + 1) * a] = variance[a];
  MF_TRY(mf_measure_create(out, grid));
  MF_TRY(mf_measure_add_gaussian(*out, 1, centre, covariance));
  return mf_measure_normalise(*out, 1);
}

static void flow_on(const mf_team *team, void *self)
{
  flowing *w = self;
  mf_grid grid = *w->grid;
  mf_measure *target = NULL, *initial = NULL;
  mf_flow *flow = NULL;
  mf_march *march = NULL;
  const double *y;
  if (team->members > 1) DO(mf_grid_take_slab(&grid, team, 0));
  DO(gaussian_on(&target, &grid, 0));
  DO(gaussian_on(&initial, &grid, 0.3));
  DO(mf_flow_create(&flow, &grid, target));
  DO(mf_flow_add_energy(flow, mf_energy_find("kl"), NULL));
  DO(mf_flow_add_geometry(flow, mf_geometry_find("spherical_hellinger"), NULL));
  DO(mf_flow_finish(flow, NULL, initial));
  const mf_tolerances tolerances = {.rtol = 1e-6, .max_steps = 10000};
  DO(mf_march_create(&march, flow, MF_ADAMS, &tolerances, initial, 0, NULL));
  while (mf_march_time(march) < 0.7) DO(mf_march_step(march, 0.7, 0.7));
  DO(mf_march_at(march, 0.7, &y, NULL));
  memcpy(w->y + mf_grid_first(&grid), y, (size_t)grid.cells * sizeof *y);
  w->time[team->rank] = mf_march_time(march);
  mf_march_free(march);
  mf_flow_free(flow);
  mf_measure_free(initial);
  mf_measure_free(target);
}

START_TEST(a_reaction_is_the_same_on_slabs)
{
  const mf_grid grid = plane_grid(60, 90, -3, 3, false);
  flowing whole = {&grid, reals(grid.cells), {0}}, parts = {&grid, reals(grid.cells), {0}};
  mf_threads_set(1);
  flow_on(&mf_team_alone, &whole);
  for (int members = 2; members <= 3; members++) {
    at("%d members", members);
    team_run(members, flow_on, &parts);
    HOLDS(!memcmp(parts.y, whole.y, (size_t)grid.cells * sizeof *whole.y));
    for (int m = 0; m < members; m++) HOLDS(parts.time[m] == whole.time[0]);
  }
}
END_TEST

/* The rate of a diffusion, whose operator looks at the neighbours of each cell. */
typedef struct {
  const mf_grid *grid;
  const char *energy;
  double *rate;
} diffusing;

static void diffuse_on(const mf_team *team, void *self)
{
  diffusing *w = self;
  mf_grid grid = *w->grid;
  mf_measure *target = NULL, *initial = NULL;
  mf_flow *flow = NULL;
  double *y, *rate;
  if (team->members > 1) DO(mf_grid_take_slab(&grid, team, 2));
  DO(gaussian_on(&target, &grid, 0));
  DO(gaussian_on(&initial, &grid, 0.3));
  DO(mf_flow_create(&flow, &grid, target));
  DO(mf_flow_add_energy(flow, mf_energy_find(w->energy), NULL));
  DO(mf_flow_add_geometry(flow, mf_geometry_find("wasserstein"), NULL));
  DO(mf_flow_finish(flow, "deviation", initial));
  DO(mf_field_create(&grid, &y));
  DO(mf_field_create(&grid, &rate));
  DO(mf_flow_start(flow, initial, y));
  DO(mf_flow_rate(flow, y, rate));
  memcpy(w->rate + mf_grid_first(&grid), rate, (size_t)grid.cells * sizeof *rate);
  mf_field_free(y);
  mf_field_free(rate);
  mf_flow_free(flow);
  mf_measure_free(initial);
  mf_measure_free(target);
}

START_TEST(a_diffusion_is_the_same_on_slabs)
{
  static const char *const energies[] = {"kl", "inclusive_kl", "chi2"};
  const mf_grid grids[] = {line_grid(9000, -3, 3, false), line_grid(4096, -3, 3, true),
                           plane_grid(60, 90, -3, 3, false), plane_grid(70, 84, -3, 3, true), box_grid(5)};
  for (size_t e = 0; e < sizeof energies / sizeof *energies; e++)
    for (size_t g = 0; g < sizeof grids / sizeof *grids; g++)
      for (int members = 2; members <= 3; members++) {
        const ptrdiff_t cells = grids[g].cells;
        diffusing whole = {&grids[g], energies[e], reals(cells)},
                  parts = {&grids[g], energies[e], reals(cells)};
        at("%s, grid %zu, %d members", energies[e], g, members);
        diffuse_on(&mf_team_alone, &whole);
        team_run(members, diffuse_on, &parts);
        SAME(parts.rate, whole.rate, cells, 0);
        release_all();
      }
}
END_TEST

/* Upwind transport, which looks two layers far. */
typedef struct {
  const mf_grid *grid;
  const double *rho, *xi;
  mf_limiter limiter;
  double *rate;
} carrying;

static void carry_on(const mf_team *team, void *self)
{
  const carrying *w = self;
  mf_grid grid = *w->grid;
  double *rho, *xi, *rate;
  if (team->members > 1) DO(mf_grid_take_slab(&grid, team, 2));
  const size_t bytes = (size_t)grid.cells * sizeof *rho;
  DO(mf_field_create(&grid, &rho));
  DO(mf_field_create(&grid, &xi));
  DO(mf_field_create(&grid, &rate));
  memcpy(rho, slab_of(&grid, w->rho), bytes);
  memcpy(xi, slab_of(&grid, w->xi), bytes);
  HOLDS(mf_fused_upwind(&grid, w->limiter, rho, xi, 1.3, false, rate));
  memcpy(w->rate + mf_grid_first(&grid), rate, bytes);
  mf_field_free(rho);
  mf_field_free(xi);
  mf_field_free(rate);
}

START_TEST(upwind_transport_is_the_same_on_slabs)
{
  const mf_grid grid = box_grid(_i);
  const double *rho = random_field(grid.cells, 5), *xi = random_field(grid.cells, 6);
  if (grid.n[grid.dim - 1] / boxes[_i].members < 2) return; /* slabs too thin to have what is asked of them */
  for (int limiter = MF_LIMITER_MINMOD; limiter <= MF_LIMITER_NONE; limiter++)
    for (int members = 2; members <= boxes[_i].members; members++) {
      carrying whole = {&grid, rho, xi, (mf_limiter)limiter, reals(grid.cells)}, parts = whole;
      parts.rate = reals(grid.cells);
      at("box %d, limiter %d, %d members", _i, limiter, members);
      carry_on(&mf_team_alone, &whole);
      team_run(members, carry_on, &parts);
      SAME(parts.rate, whole.rate, grid.cells, 0);
    }
}
END_TEST

static void one_thread(void)
{
  mf_threads_set(1);
}

int main(void)
{
  Suite *suite = suite_create("team");
  TCase *all = tcase_create("team");
  tcase_add_checked_fixture(all, one_thread, release_all);
  tcase_add_loop_test(all, reductions_do_not_depend_on_slabs, 0, BOXES);
  tcase_add_test(all, minima_see_every_member);
  tcase_add_test(all, a_nan_is_seen_by_all);
  tcase_add_test(all, the_worst_status_reaches_all);
  tcase_add_test(all, slabs_need_layers);
  tcase_add_loop_test(all, ghosts_are_the_neighbours_layers, 0, BOXES);
  tcase_add_test(all, fields_may_outlive_their_grid);
  tcase_add_loop_test(all, without_ghosts_there_are_none, 0, BOXES);
  tcase_add_test(all, what_is_sent_arrives);
  tcase_add_test(all, a_reaction_is_the_same_on_slabs);
  tcase_add_test(all, a_diffusion_is_the_same_on_slabs);
  tcase_add_loop_test(all, upwind_transport_is_the_same_on_slabs, 0, BOXES);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
