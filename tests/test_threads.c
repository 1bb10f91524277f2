/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops shared among threads, and the fused transport beside the plain one. */
#include "grids/threads.h"
#include "grids/wavefront.h"
#include "io/language/tabulate.h"
#include "operators/transport/transport_fused.h"
#include "tests/flows.h"

#include <sys/wait.h>
#include <unistd.h>

/* Long enough to be cut into pieces, and not a multiple of anything. */
enum { LONG = 9 * MF_PIECE + 12345, MOST = 5 };

/* ---- pieces ---------------------------------------------------------------------------------------------------- */

typedef struct {
  unsigned char *visits;
  double *out;
  const double *in;
} visit_operands;

static void visit(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  for (ptrdiff_t i = begin; i < end; i++) ((const visit_operands *)self)->visits[i]++;
}

/* A hundred times over, so that threads meet loops that are ending and beginning. */
START_TEST(each_index_is_visited_once)
{
  void *visits;
  DO(mf_objects_create(&visits, LONG, 1));
  const visit_operands operands = {.visits = keep(A_BLOCK, visits)};
  for (int threads = 1; threads <= MOST; threads++) {
    mf_threads_set(threads);
    HOLDS(mf_threads() == threads);
    for (int round = 1; round <= 100; round++) {
      const ptrdiff_t count = LONG - 1000 * round;
      memset(visits, 0, LONG);
      mf_share(count, 64 * round, visit, &operands);
      at("%d threads, round %d", threads, round);
      for (ptrdiff_t i = 0; i < LONG; i++) HOLDS(operands.visits[i] == (i < count));
    }
  }
  mf_share(0, 10, visit, &operands);
}
END_TEST

static void nested(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const visit_operands *j = self;
  for (ptrdiff_t i = begin; i < end; i++) {
    const visit_operands inner = {.visits = j->visits + 100 * i};
    mf_share(100, 10, visit, &inner);
  }
}

START_TEST(a_loop_within_a_loop_stays_in_its_thread)
{
  void *visits;
  DO(mf_objects_create(&visits, 100 * 64, 1));
  const visit_operands operands = {.visits = keep(A_BLOCK, visits)};
  mf_threads_set(3);
  mf_share(64, 4, nested, &operands);
  for (ptrdiff_t i = 0; i < 100 * 64; i++) HOLDS(operands.visits[i] == 1);
}
END_TEST

/* A child of a process with threads has none of them, and makes its own. */
START_TEST(loops_work_after_a_fork)
{
  double *f = random_field(LONG, 1);
  const mf_grid grid = line_grid(LONG, 0, 1, false);
  mf_threads_set(3);
  const double sum = mf_field_sum(&grid, f);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(mf_field_sum(&grid, f) == sum ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  HOLDS(status == 0);
}
END_TEST

/* Runs of faces that are shared are those of the iterator, each once, and sums over them are right. */
typedef struct {
  unsigned char *visits;
  const double *f;
  const mf_grid *grid;
  int axis;
} face_operands;

static void visit_faces(const void *self, const mf_faces *faces)
{
  for (ptrdiff_t i = 0; i < faces->count; i++) ((const face_operands *)self)->visits[faces->first + i]++;
}

static void sum_jumps(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const face_operands *o = self;
  *sum = 0;
  for (mf_faces f = mf_faces_above(o->grid, o->axis, begin, end); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) *sum += o->f[low + f.step] - o->f[low];
}

START_TEST(each_face_is_visited_once)
{
  static const long boxes[][MF_AXES] = {
      {5000, 1, 1}, {3, 1500, 1}, {613, 211, 1}, {2, 1, 2000}, {61, 47, 43}};
  for (size_t k = 0; k < sizeof boxes / sizeof *boxes; k++)
    for (int closed = 0; closed < 2; closed++)
      for (int threads = 1; threads <= 3; threads += 2) {
        const double lo[MF_AXES] = {0}, hi[MF_AXES] = {1, 1, 1};
        const bool periodic[MF_AXES] = {closed, closed, closed};
        mf_grid grid;
        void *visits;
        DO(mf_grid_init(&grid, 3, boxes[k], lo, hi, periodic));
        DO(mf_objects_create(&visits, grid.cells, 1));
        face_operands operands = {keep(A_BLOCK, visits), random_field(grid.cells, 4), &grid, 0};
        mf_threads_set(threads);
        for (int a = 0; a < MF_AXES; a++) {
          memset(visits, 0, (size_t)grid.cells);
          mf_faces_share(&grid, a, visit_faces, &operands);
          at("box %zu, axis %d, closed %d, %d threads", k, a, closed, threads);
          for (mf_faces f = mf_faces_of(&grid, a); mf_faces_next(&f);)
            for (ptrdiff_t c = f.first; c < f.first + f.count; c++) operands.visits[c] += 2;
          double ends = 0; /* of open lines: jumps add up to the difference of their ends */
          for (ptrdiff_t c = 0; c < grid.cells; c++) {
            const ptrdiff_t i = c / grid.stride[a] % grid.n[a];
            HOLDS(operands.visits[c] == 3 || operands.visits[c] == 0);
            if (!closed && i == grid.n[a] - 1) ends += operands.f[c];
            if (!closed && i == 0) ends -= operands.f[c];
          }
          const double round_off = 1e-16 * (double)grid.cells; /* of values of size 1 */
          double jumps;
          operands.axis = a;
          mf_field_sums(&grid, 1, sum_jumps, &operands, &jumps);
          HOLDS(fabs(jumps - ends) <= round_off);
        }
        release_all();
      }
}
END_TEST

/* Passes that look at both neighbours, in place: what they leave depends on the order of passes, not on that of layers.
 * Even passes change even entries of a layer from odd ones and the other way round. */
enum { WIDE = 64 };

typedef struct {
  double *v;
  ptrdiff_t layers;
} relaxing;

static void relax(const void *self, int pass, ptrdiff_t layer)
{
  const relaxing *r = self;
  double *own = r->v + layer * WIDE;
  const double *low = r->v + (layer + r->layers - 1) % r->layers * WIDE;
  const double *high = r->v + (layer + 1) % r->layers * WIDE;
  for (ptrdiff_t i = (pass + layer) % 2; i < WIDE; i += 2)
    own[i] = 0.3 * own[(i + 1) % WIDE] + 0.5 * low[i] + 0.2 * high[i] + pass;
}

START_TEST(wavefronts_are_passes_one_after_another)
{
  const ptrdiff_t many[] = {2, 6, 14, 402, 9000}; /* even: red and black cells alternate around the end */
  for (size_t k = 0; k < sizeof many / sizeof *many; k++)
    for (int passes = 1; passes <= 6; passes++)
      for (int threads = 1; threads <= MOST; threads += 2) {
        const mf_grid grid = plane_grid(WIDE, (long)many[k], 0, 1, true);
        const ptrdiff_t cells = grid.cells;
        double *got = random_field(cells, 8), *want = random_field(cells, 8);
        const relaxing by_waves = {got, many[k]}, plain = {want, many[k]};
        mf_threads_set(threads);
        mf_wavefront_run(&grid, &(mf_wavefront){relax, &by_waves, passes, true});
        for (int l = 0; l < passes; l++)
          for (ptrdiff_t layer = 0; layer < many[k]; layer++) relax(&plain, l, layer);
        at("%td layers, %d passes, %d threads", many[k], passes, threads);
        HOLDS(!memcmp(got, want, (size_t)cells * sizeof *got));
        release_all();
      }
}
END_TEST

/* ---- the same to the last bit ------------------------------------------------------------------------------------ */

typedef struct {
  double sum, sum_abs, dot, mean[MF_AXES], covariance[MF_AXES * MF_AXES];
} sums;

static sums sums_of(const mf_grid *grid, const double *f, const double *g)
{
  sums s;
  memset(&s, 0, sizeof s);
  s.sum = mf_field_sum(grid, f);
  s.sum_abs = mf_field_sum_abs(grid, f);
  s.dot = mf_field_dot(grid, f, g);
  mf_field_moments(grid, f, s.mean, s.covariance);
  return s;
}

START_TEST(sums_do_not_depend_on_threads_or_place)
{
  const mf_grid grid = plane_grid(613, 701, -1, 2, false);
  double *f = random_field(grid.cells, 2), *g = random_field(grid.cells, 3), *moved = reals(grid.cells + 3);
  mf_threads_set(1);
  const sums want = sums_of(&grid, f, g);
  memcpy(moved + 3, f, (size_t)grid.cells * sizeof *f);
  for (int threads = 1; threads <= MOST; threads++) {
    mf_threads_set(threads);
    at("%d threads", threads);
    const sums got = sums_of(&grid, f, g), shifted = sums_of(&grid, moved + 3, g);
    HOLDS(!memcmp(&got, &want, sizeof got) && !memcmp(&shifted, &want, sizeof shifted));
  }
}
END_TEST

static void rates_of(const mf_grid *grid, const char *energy, const char *geometry, const char *coordinate,
                     double *ydot, double *jv, double *weights, double *corr)
{
  const mf_measure *pi = gaussian(grid, 0, 0.5), *mu = gaussian(grid, 0.3, 0.4);
  mf_flow *flow = flow_make(grid, pi, mu, coordinate, energy, geometry);
  double *y = unknown(flow, mu), *v = random_field(grid->cells, 5);
  DO(mf_flow_rate(flow, y, ydot));
  mf_flow_linearise(flow, y);
  DO(mf_flow_jacobian(flow, v, jv));
  mf_flow_weights(flow, y, 1e-6, 1e-9, 1, weights);
  mf_flow_project(flow, y, corr, NULL);
}

START_TEST(rates_do_not_depend_on_threads)
{
  static const struct {
    const char *energy, *geometry, *coordinate;
  } flows[] = {{"kl", "wasserstein", "deviation"},
               {"divergence p=2", "wasserstein", "deviation"},
               {"divergence p=0.5", "wasserstein", "log"},
               {"mmd", "wasserstein + mmd", "deviation"}};
  const mf_grid grids[] = {plane_grid(433, 389, -2, 2, false), plane_grid(1500, 97, -2, 2, true)};
  for (size_t k = 0; k < sizeof flows / sizeof *flows; k++)
    for (int g = 0; g < 2; g++) {
      double *want[4], *got[4];
      for (int i = 0; i < 4; i++) want[i] = reals(grids[g].cells), got[i] = reals(grids[g].cells);
      mf_threads_set(1);
      rates_of(&grids[g], flows[k].energy, flows[k].geometry, flows[k].coordinate, want[0], want[1], want[2],
               want[3]);
      mf_threads_set(4);
      rates_of(&grids[g], flows[k].energy, flows[k].geometry, flows[k].coordinate, got[0], got[1], got[2],
               got[3]);
      at("%s in %s, grid %d", flows[k].energy, flows[k].geometry, g);
      for (int i = 0; i < 4; i++) SAME(got[i], want[i], grids[g].cells, 0);
      release_all();
    }
}
END_TEST

/* Formulas on a grid, which every thread evaluates with parameters and named formulas of its own, and what is said of the
 * first cell where one has no value. */
START_TEST(tables_do_not_depend_on_threads)
{
  const mf_grid grid = plane_grid(301, 211, -1, 1, false);
  HOLDS(grid.cells > MF_PIECE); /* else one thread does it all */
  const char *text =
      "parameters: {a: 2}\nformulas: {p: a*x + y, q: p^2 - x}\nf: q*exp(-p) + a\nbad: log(x - 0.3)\n";
  double *values[2] = {reals(grid.cells), reals(grid.cells)};
  char message[2][512];
  mf_case *source;
  mf_scope *scope;
  DO(mf_case_parse(&source, "case.yaml", text));
  DO(mf_scope_create(&scope));
  const mf_node *root = mf_case_root(source);
  DO(mf_scope_add_parameters(scope, mf_node_get(root, "parameters")));
  DO(mf_scope_add_formulas(scope, mf_node_get(root, "formulas")));
  for (int way = 0; way < 2; way++) {
    mf_threads_set(way ? 3 : 1);
    DO(mf_tabulate(&grid, mf_node_get(root, "f"), scope, false, values[way]));
    ck_assert_int_eq(mf_tabulate(&grid, mf_node_get(root, "bad"), scope, false, reals(grid.cells)), MF_ECASE);
    snprintf(message[way], sizeof message[way], "%s", mf_error());
  }
  mf_threads_set(0);
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&grid, c, x);
    const double p = 2 * x[0] + x[1];
    CLOSE(values[0][c], (p * p - x[0]) * exp(-p) + 2, 1e-14 * exp(3)); /* a few ulp of the largest term */
  }
  SAME(values[1], values[0], grid.cells, 0);
  ck_assert_str_eq(message[1], message[0]);
  ck_assert(strstr(message[0], "value nan at x = -0.99"));
  mf_scope_free(scope);
  mf_case_free(source);
}
END_TEST

/* ---- fused and plain ------------------------------------------------------------------------------------------- */

/* A force and a rough state that has all arrays, with an empty cell. */
typedef struct {
  mf_entropy entropy[2];
  mf_force force;
  mf_state state;
  mf_tangent tangent;
  mf_measure *target;
} situation;

static void set_situation(situation *s, const mf_grid *grid, int entropies, const mf_entropy *entropy,
                          bool has_xi)
{
  const ptrdiff_t n = grid->cells;
  s->target = random_measure(grid, 1, 2, 7);
  const mf_measure *rough = random_measure(grid, 1, 2, 8), *mu = n > 1 ? with_vacuum(rough, n / 2) : rough;
  double *deviation = reals(n), *excess = reals(n), *log_ratio = reals(n), *inverse = reals(n),
         *change = reals(n);
  double *v = random_field(n, 9);
  for (ptrdiff_t c = 0; c < n; c++) {
    inverse[c] = 1 / s->target->density[c];
    deviation[c] = mu->density[c] - s->target->density[c];
    excess[c] = deviation[c] * inverse[c];
    log_ratio[c] = mf_entropy_log(excess[c]);
    change[c] = v[c] * inverse[c];
  }
  memcpy(s->entropy, entropy, (size_t)entropies * sizeof *entropy);
  s->force =
      (mf_force){.entropy = s->entropy, .entropies = entropies, .xi = has_xi ? random_field(n, 10) : NULL};
  s->state = (mf_state){.grid = grid,
                        .target = s->target,
                        .inverse_target = inverse,
                        .form = MF_ABSOLUTE,
                        .density = mu->density,
                        .deviation = deviation,
                        .excess = excess,
                        .log_ratio = log_ratio};
  s->tangent = (mf_tangent){.density = v, .excess = change};
}

/* Each face adds a few roundings of its flux, which largest() of either bounds; `plain` adds faces in another order. */
static void compare_rates(const mf_grid *grid, const situation *s, mf_limiter limiter, bool fresh)
{
  const ptrdiff_t n = grid->cells;
  double *plain = reals(n), *fused = reals(n), *flux = reals(n), size = 0;
  bool finite = true;
  mf_transport *t;
  DO(mf_transport_create(&t, grid, s->target, MF_FACE_AUTO, limiter));
  for (int a = 0; a < grid->dim; a++) {
    mf_transport_flux(t, &s->state, &s->force, a, flux);
    size += 2 * 0.7 * largest(flux, n);
  }
  for (ptrdiff_t c = 0; c < n; c++) plain[c] = fresh ? 0 : (double)c;
  for (ptrdiff_t c = 0; c < n; c++) fused[c] = fresh ? NAN : (double)c;
  mf_transport_add_rate(t, &s->state, &s->force, 0.7, plain);
  const bool done = mf_transport_fused_rate(t, &s->state, &s->force, 0.7, fresh, fused, &finite);
  HOLDS(finite && done == (s->force.entropies > 0 || s->force.xi));
  SAME(fused, plain, n, 8 * DBL_EPSILON * (size + (fresh ? 0 : (double)n)));
  if (!s->force.xi && done) {
    double *change = reals(n), *other = reals(n);
    mf_transport_add_jacobian(t, &s->state, &s->force, &s->tangent, NULL, 0.7, change);
    HOLDS(mf_transport_fused_jacobian(t, &s->state, &s->force, &s->tangent, NULL, 0.7, true, other, &finite));
    SAME(other, change, n, 16 * DBL_EPSILON * largest(change, n));
  }
  mf_transport_free(t);
}

START_TEST(fused_transport_is_the_plain_one)
{
  static const struct {
    const char *name;
    int entropies;
    mf_entropy entropy[2];
    bool xi;
  } forces[] = {{"kl", 1, {{1, 1, 0, false}}, false},
                {"2 kl", 1, {{2, 1, 0, false}}, false},
                {"phi_2", 1, {{1, 2, 0, false}}, false},
                {"porous medium", 1, {{0.5, 2, 0, true}}, false},
                {"kl + porous medium", 2, {{1, 1, 0, false}, {0.5, 2, 0, true}}, false},
                {"potential", 0, {{0, 0, 0, false}}, true},
                {"kl + potential", 1, {{1, 1, 0, false}}, true}};
  for (int g = 0; g < SHAPES; g++)
    for (size_t k = 0; k < sizeof forces / sizeof *forces; k++)
      for (int limiter = 0; mf_limiter_names[limiter]; limiter++)
        for (int fresh = 0; fresh < 2; fresh++) {
          const mf_grid grid = shape_grid(&shapes[g]);
          situation s;
          at("%s, %s, %s%s", shapes[g].name, forces[k].name, mf_limiter_names[limiter],
             fresh ? ", fresh" : "");
          set_situation(&s, &grid, forces[k].entropies, forces[k].entropy, forces[k].xi);
          compare_rates(&grid, &s, (mf_limiter)limiter, fresh);
          release_all();
        }
}
END_TEST

/* Lines longer than a row of the fused loops, layers higher than theirs, and pieces that end anywhere. */
START_TEST(fused_transport_is_the_plain_one_on_large_grids)
{
  static const struct {
    int dim;
    long cells[MF_AXES];
    bool periodic[MF_AXES];
  } large[] = {{1, {5000}, {true}},
               {1, {4097}, {false}},
               {2, {2500, 37}, {true, false}},
               {2, {3, 9000}, {false, true}},
               {3, {1100, 11, 7}, {true, true, false}},
               {3, {41, 67, 71}, {false, true, true}},
               {3, {1000, 19, 5}, {false, false, true}},
               {3, {910, 21, 4}, {true, true, false}},
               {3, {2, 301, 130}, {true, false, true}}};
  for (size_t g = 0; g < sizeof large / sizeof *large; g++)
    for (int upwind = 0; upwind < 2; upwind++)
      for (int threads = 1; threads <= 3; threads += 2) {
        const double lo[MF_AXES] = {-1, -2, 0}, hi[MF_AXES] = {1, 1, 4};
        const mf_entropy kl = {1, 1, 0, false};
        mf_grid grid;
        situation s;
        DO(mf_grid_init(&grid, large[g].dim, large[g].cells, lo, hi, large[g].periodic));
        mf_threads_set(threads);
        at("grid %zu, %s, %d threads", g, upwind ? "upwind" : "kl", threads);
        set_situation(&s, &grid, !upwind, &kl, upwind);
        compare_rates(&grid, &s, MF_LIMITER_MINMOD, true);
        release_all();
      }
}
END_TEST

/* One bad number anywhere is found, with and without others to add to. */
START_TEST(what_is_not_finite_is_seen)
{
  const mf_grid grid = plane_grid(1030, 9, -1, 1, false);
  const ptrdiff_t places[] = {0, 5, 1023, 1024, 1029, 1030 * 4 + 513, 1030 * 9 - 1};
  double *f = random_field(grid.cells, 11), *rho = reals(grid.cells), *rate = reals(grid.cells);
  for (ptrdiff_t c = 0; c < grid.cells; c++) rho[c] = 1;
  HOLDS(mf_fused_diffusion(&grid, NULL, f, NULL, 1, false, rate));
  HOLDS(mf_fused_upwind(&grid, MF_LIMITER_MINMOD, rho, f, 1, true, rate));
  for (size_t k = 0; k < sizeof places / sizeof *places; k++)
    for (int bad = 0; bad < 2; bad++) {
      const double good = f[places[k]];
      f[places[k]] = bad ? INFINITY : NAN;
      at("cell %td", places[k]);
      HOLDS(!mf_all_finite(f, grid.cells));
      HOLDS(!mf_fused_diffusion(&grid, NULL, f, NULL, 1, bad, rate));
      HOLDS(!mf_fused_upwind(&grid, MF_LIMITER_MINMOD, rho, f, 1, bad, rate));
      f[places[k]] = good;
      HOLDS(mf_all_finite(f, grid.cells));
    }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("threads");
  TCase *loops = tcase_create("loops"), *same = tcase_create("same bits"), *fused = tcase_create("fused");
  tcase_add_checked_fixture(loops, NULL, release_all);
  tcase_add_checked_fixture(same, NULL, release_all);
  tcase_add_checked_fixture(fused, NULL, release_all);
  tcase_add_test(loops, each_index_is_visited_once);
  tcase_add_test(loops, a_loop_within_a_loop_stays_in_its_thread);
  tcase_add_test(loops, loops_work_after_a_fork);
  tcase_add_test(loops, each_face_is_visited_once);
  tcase_add_test(loops, wavefronts_are_passes_one_after_another);
  tcase_add_test(same, sums_do_not_depend_on_threads_or_place);
  tcase_add_test(same, rates_do_not_depend_on_threads);
  tcase_add_test(same, tables_do_not_depend_on_threads);
  tcase_add_test(fused, fused_transport_is_the_plain_one);
  tcase_add_test(fused, fused_transport_is_the_plain_one_on_large_grids);
  tcase_add_test(fused, what_is_not_finite_is_seen);
  suite_add_tcase(suite, loops);
  suite_add_tcase(suite, same);
  suite_add_tcase(suite, fused);
  return mf_run_suite(suite);
}
