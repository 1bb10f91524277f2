/* Methods of time integration beside CVODE: recurrences with generators, Chebyshev series, splitting.
 *
 * Each is held to closed forms and to CVODE at a tight tolerance, on every kind of grid. */
#include "grids/threads.h"
#include "operators/generator.h"
#include "solver/propagate.h"
#include "solver/split.h"
#include "tests/flows.h"

/* ---- generators ----------------------------------------------------------------------------------------------- */

/* Weights and masses between 0 and 1, freed by the fixture. */
static mf_generator random_generator(const mf_grid *grid)
{
  mf_generator g = {.grid = grid};
  double *inverse = reals(grid->cells);
  const double *values = random_field(grid->cells, 5);
  for (ptrdiff_t c = 0; c < grid->cells; c++) inverse[c] = 1 / (0.5 + fabs(values[c]));
  g.inverse = inverse;
  for (int a = 0; a < grid->dim; a++) {
    double *weight = reals(grid->cells);
    values = random_field(grid->cells, 6 + (unsigned)a);
    for (mf_faces f = mf_faces_of(grid, a); mf_faces_next(&f);)
      for (ptrdiff_t c = f.first; c < f.first + f.count; c++) weight[c] = fabs(values[c]);
    g.weight[a] = weight;
  }
  return g;
}

/* y = L x, face by face. */
static void apply_plainly(const mf_generator *g, const double *x, double *y)
{
  memset(y, 0, (size_t)g->grid->cells * sizeof *y);
  for (int a = 0; a < g->grid->dim; a++)
    for (mf_faces f = mf_faces_of(g->grid, a); mf_faces_next(&f);)
      for (ptrdiff_t c = f.first; c < f.first + f.count; c++) {
        const double flow = g->weight[a][c] * (x[c + f.step] - x[c]);
        y[c] += flow * g->inverse[c];
        y[c + f.step] -= flow * g->inverse[c + f.step];
      }
}

/* No eigenvalue is beyond the bound, the largest is not far from it; masses may differ by any number of decades. */
START_TEST(bounds_hold_and_are_near)
{
  enum { ITERATIONS = 200 };
  const mf_grid grid = shape_grid(&shapes[_i]);
  const mf_generator chain = random_generator(&grid);
  double *v = reals(grid.cells), *image = reals(grid.cells), largest_value = 0;
  memcpy(v, random_field(grid.cells, 3), (size_t)grid.cells * sizeof *v);
  for (int k = 0; k < ITERATIONS; k++) {
    double squares = 0, product = 0;
    apply_plainly(&chain, v, image);
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      squares += v[c] * v[c] / chain.inverse[c];
      product -= v[c] * image[c] / chain.inverse[c];
    }
    largest_value = product / squares;
    const double size = largest(image, grid.cells);
    for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] = size > 0 ? image[c] / size : v[c];
  }
  at("%s", shapes[_i].name);
  const double bound = mf_generator_bound(&chain), rounding = 1e-12;
  HOLDS(largest_value <= bound * (1 + rounding));
  HOLDS(bound <= 2 * largest_value + rounding); /* a disc reaches twice as far as its centre's row */
  double *steep = reals(grid.cells);
  for (ptrdiff_t c = 0; c < grid.cells; c++) steep[c] = exp(600 * sin((double)c));
  mf_generator strange = chain;
  strange.inverse = steep;
  HOLDS(isfinite(mf_generator_bound(&strange)));
}
END_TEST

enum { LEVELS = 13 };

static const mf_level *some_levels(void)
{
  static mf_level levels[LEVELS];
  unsigned long long seed = 77;
  for (int l = 0; l < LEVELS; l++)
    levels[l] = (mf_level){chance(&seed) / 2, chance(&seed), chance(&seed), chance(&seed)};
  return levels;
}

/* The recurrence, level by level, from the plain operator. */
START_TEST(recurrences_are_those_of_the_operator)
{
  const mf_grid grid = shape_grid(&shapes[_i]);
  const ptrdiff_t n = grid.cells;
  const mf_level *levels = some_levels();
  const mf_generator chain = random_generator(&grid);
  double *x = reals(n), *z = reals(n), *sum = reals(n), *image = reals(n), *other_sum = reals(n);
  memcpy(x, random_field(n, 1), (size_t)n * sizeof *x);
  memcpy(z, random_field(n, 2), (size_t)n * sizeof *z);
  double *other_x = reals(n), *other_z = reals(n);
  memcpy(other_x, x, (size_t)n * sizeof *x);
  memcpy(other_z, z, (size_t)n * sizeof *z);
  at("%s", shapes[_i].name);
  for (int l = 0; l < LEVELS; l++) {
    double *from = l % 2 ? other_z : other_x, *to = l % 2 ? other_x : other_z;
    apply_plainly(&chain, from, image);
    for (ptrdiff_t c = 0; c < n; c++) {
      to[c] = levels[l].a * image[c] + levels[l].b * from[c] - levels[l].c * to[c];
      other_sum[c] += levels[l].d * to[c];
    }
    mf_generator_advance(&chain, &levels[l], 1, l % 2 ? z : x, l % 2 ? x : z, sum);
  }
  const double rounding = 1e-14 * (1 + largest(x, n) + largest(z, n) + largest(sum, n));
  SAME(x, other_x, n, rounding);
  SAME(z, other_z, n, rounding);
  SAME(sum, other_sum, n, rounding);
}
END_TEST

/* Many levels in one pass are the same numbers to the last bit. */
START_TEST(passes_do_not_change_a_bit)
{
  static const struct {
    int dim;
    long cells[MF_AXES];
    bool periodic;
  } grids[] = {{2, {5, 40}, false},
               {2, {6, 41}, true},
               {3, {4, 3, 33}, false},
               {3, {3, 5, 30}, true},
               {1, {50}, true}};
  for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
    const double lo[MF_AXES] = {0, 0, 0}, hi[MF_AXES] = {1, 2, 3};
    const bool periodic[MF_AXES] = {false, grids[g].periodic, grids[g].periodic};
    mf_grid grid;
    DO(mf_grid_init(&grid, grids[g].dim, grids[g].cells, lo, hi, periodic));
    const ptrdiff_t n = grid.cells;
    const mf_level *levels = some_levels();
    const mf_generator chain = random_generator(&grid);
    double *arrays[2][3];
    at("grid %zu", g);
    for (int way = 0; way < 2; way++) {
      for (int k = 0; k < 3; k++) {
        arrays[way][k] = reals(n);
        memcpy(arrays[way][k], random_field(n, 20 + (unsigned)k), (size_t)n * sizeof(double));
      }
      double *x = arrays[way][0], *z = arrays[way][1];
      const int most = way ? mf_generator_levels(&grid) : 1;
      HOLDS(!way || most > 1 || grid.dim == 1);
      for (int l = 0; l < LEVELS;) {
        const int count = most < LEVELS - l ? most : LEVELS - l;
        mf_generator_advance(&chain, levels + l, count, l % 2 ? z : x, l % 2 ? x : z, arrays[way][2]);
        l += count;
      }
    }
    for (int k = 0; k < 3; k++) SAME(arrays[1][k], arrays[0][k], n, 0);
  }
}
END_TEST

/* Nor do threads, which share the slabs of a pass in blocks. */
START_TEST(threads_do_not_change_a_bit)
{
  const long cells[] = {48, 1200};
  const double lo[] = {0, 0}, hi[] = {1, 2};
  const bool periodic[] = {false, _i};
  mf_grid grid;
  DO(mf_grid_init(&grid, 2, cells, lo, hi, periodic));
  const ptrdiff_t n = grid.cells;
  const int levels = mf_generator_levels(&grid);
  HOLDS(n * levels > 4 * 3 * MF_PIECE); /* else one thread does it all */
  const mf_generator chain = random_generator(&grid);
  double *arrays[2][3];
  for (int way = 0; way < 2; way++) {
    for (int k = 0; k < 3; k++) {
      arrays[way][k] = reals(n);
      memcpy(arrays[way][k], random_field(n, 20 + (unsigned)k), (size_t)n * sizeof(double));
    }
    mf_threads_set(way ? 3 : 1);
    mf_generator_advance(&chain, some_levels(), levels, arrays[way][0], arrays[way][1], arrays[way][2]);
  }
  mf_threads_set(0);
  for (int k = 0; k < 3; k++) SAME(arrays[1][k], arrays[0][k], n, 0);
}
END_TEST

/* ---- Chebyshev series ------------------------------------------------------------------------------------------ */

static const char *const transports[] = {
    "wasserstein", "wasserstein face_weight=scharfetter_gummel coefficient=0.3", "wasserstein_fourth",
    "wasserstein + wasserstein_fourth coefficient=2"};
enum { TRANSPORTS = sizeof transports / sizeof *transports };

/* The series against CVODE at a tolerance of 1e-11, whose global error stays below 1e-8 of the deviation. */
START_TEST(series_agree_with_cvode)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    const mf_measure *pi = random_measure(&grid, 1.5, 1, 3), *mu = random_measure(&grid, 1.5, 1, 4);
    at("%s, %s", transports[_i], shapes[i].name);
    run *series =
        run_start_by(MF_CHEBYSHEV, flow_make(&grid, pi, mu, NULL, "kl weight=1.5", transports[_i]), mu, 1e-6);
    run *cvode =
        run_start_by(MF_BDF, flow_make(&grid, pi, mu, NULL, "kl weight=1.5", transports[_i]), mu, 1e-11);
    for (double t = 0.02; t < 0.1; t += 0.03) {
      run_to(series, t);
      run_to(cvode, t);
      const double size = largest(cvode->y, grid.cells);
      SAME(series->y, cvode->y, grid.cells, 1e-8 * size);
      CLOSE(mf_field_sum(&grid, series->y), 0, 1e-15 * (double)grid.cells * size);
    }
    release_all();
  }
}
END_TEST

/* One mode of the heat equation decays at its discrete rate, relative to itself, down to the last decade. */
START_TEST(modes_decay_to_the_last_decade)
{
  const bool fourth = _i;
  const double pi = acos(-1), k = 1; /* the slowest: others, as rounding, die sooner */
  const mf_grid grid = line_grid(48, 0, 2 * pi, true);
  const mf_measure *flat = random_measure(&grid, 1, 0, 1);
  mf_measure *mu = empty_measure(&grid);
  double *l = reals(grid.cells);
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&grid, c, x);
    l[c] = log1p(0.5 * cos(k * x[0]));
  }
  DO(mf_measure_set_log_density(mu, l));
  DO(mf_measure_normalise(mu, 1));
  run *r = run_start_by(MF_CHEBYSHEV,
                        flow_make(&grid, flat, mu, NULL, "kl", fourth ? "wasserstein_fourth" : "wasserstein"),
                        mu, 1e-6);
  const double h = grid.h[0], s = sin(0.5 * k * h), filter = fourth ? 1 + s * s / 6 : 1;
  const double rate = 4 / (h * h) * s * s * filter * filter;
  double *start = reals(grid.cells), *want = reals(grid.cells);
  run_look(r, 0, start, NULL);
  for (double t = 1; t <= 256; t *= 4) {
    run_to(r, t);
    const double factor = exp(-rate * t);
    for (ptrdiff_t c = 0; c < grid.cells; c++) want[c] = factor * start[c];
    at("t = %g", t);
    SAME(r->y, want, grid.cells,
         1e-14 * (10 + t) * factor); /* of each series, and of rate t in the exponent */
  }
}
END_TEST

/* exp((s + t) A) = exp(s A) exp(t A). */
START_TEST(series_are_a_semigroup)
{
  const mf_grid grid = plane_grid(20, 17, -2, 2, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
  run *once = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6), *twice = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6);
  run_to(once, 0.7);
  run_to(twice, 0.11);
  run_to(twice, 0.7);
  SAME(once->y, twice->y, grid.cells, 1e-13 * largest(once->y, grid.cells));
  mf_counters n;
  mf_march_counters(twice->march, &n);
  HOLDS(n.steps == 2 && n.rates > 10 && mf_march_step_size(twice->march) == 0.7 - 0.11);
  const double *y;
  ck_assert_int_eq(mf_march_at(twice->march, 0.1, &y, NULL), MF_ENUMERIC); /* long gone */
  ck_assert_int_eq(mf_march_at(twice->march, 0.5, &y, NULL),
                   MF_ENUMERIC); /* nobody said that he would look */
}
END_TEST

/* Within the last step, from its beginning to its end, and without a trace in the trajectory. */
START_TEST(series_are_seen_within_a_step)
{
  const mf_grid grid = plane_grid(20, 17, -2, 2, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
  run *looked = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6),
      *other = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6);
  DO(mf_march_look_back(looked->march));
  run_to(looked, 0.1);
  run_to(looked, 0.7);
  for (double t = 0.1; t < 0.75; t += 0.2) {
    run_to(other, t);
    run_look(looked, fmin(t, 0.7), looked->y, NULL);
    at("t = %g", t);
    SAME(looked->y, other->y, grid.cells, 1e-13 * largest(other->y, grid.cells));
  }
  run_look(looked, 0.65, other->y, NULL);
  DO(mf_march_forget(looked->march, 0.5));
  const double *y;
  ck_assert_int_eq(mf_march_at(looked->march, 0.4, &y, NULL), MF_ENUMERIC);
  run_look(looked, 0.65, looked->y, NULL);
  SAME(looked->y, other->y, grid.cells, 1e-13 * largest(other->y, grid.cells));
  HOLDS(mf_march_step_size(looked->march) == 0.7 - 0.1);
  run *unseen = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6);
  run_to(unseen, 0.1);
  run_to(unseen, 0.7);
  run_to(unseen, 0.9);
  run_to(looked, 0.9);
  SAME(looked->y, unseen->y, grid.cells, 0);
}
END_TEST

START_TEST(series_are_for_linear_flows)
{
  static const struct {
    const char *energy, *geometry, *coordinate;
  } refused[] = {{"chi2", "wasserstein", NULL},
                 {"kl", "wasserstein + hellinger", NULL},
                 {"kl", "wasserstein", "log"},
                 {"kl + mmd", "wasserstein", NULL},
                 {"entropy", "wasserstein", NULL}};
  const mf_grid grid = line_grid(10, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  const mf_horizon horizon = {.end = 1, .outputs = 10};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    mf_flow *flow = flow_make(&grid, pi, mu, refused[i].coordinate, refused[i].energy, refused[i].geometry);
    mf_propagator *p;
    mf_method method = MF_CHEBYSHEV;
    const char *reason;
    at("%s in %s", refused[i].energy, refused[i].geometry);
    HOLDS(!mf_flow_linear(flow));
    REFUSES(mf_method_choose(&method, &reason, flow, mu, &horizon, NULL), "linear reversible flows");
    REFUSES(mf_propagator_create(&p, flow), "leave the choice to 'auto'");
    method = MF_AUTO;
    DO(mf_method_choose(&method, &reason, flow, mu, &horizon, NULL));
    HOLDS(method == MF_BDF || method == MF_ADAMS);
  }
}
END_TEST

/* The series is left out where CVODE is cheaper, and where a start is so much broader than the target that its tails set
 * the scale. */
START_TEST(methods_are_chosen_by_cost_and_accuracy)
{
  static const struct {
    long cells;
    double variance, end;
    mf_method want;
  } rows[] = {{64, 0.5, 1, MF_CHEBYSHEV}, {4096, 0.5, 100, MF_BDF}, {64, 25, 1, MF_BDF}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const mf_grid grid = line_grid(rows[i].cells, -10, 10, false);
    const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1, rows[i].variance);
    mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
    const mf_horizon horizon = {.end = rows[i].end, .outputs = 10};
    mf_method method = MF_AUTO;
    const char *reason = NULL;
    at("row %zu", i);
    DO(mf_method_choose(&method, &reason, flow, mu, &horizon, NULL));
    HOLDS(method == rows[i].want && reason && *reason);
    method = MF_CVODE;
    DO(mf_method_choose(&method, &reason, flow, mu, &horizon, NULL));
    HOLDS(method == MF_BDF);
  }
}
END_TEST

/* ---- splitting ------------------------------------------------------------------------------------------------- */

static double *log_ratio_of(const mf_measure *mu, const mf_measure *pi)
{
  double *l = reals(mu->grid->cells);
  for (ptrdiff_t c = 0; c < mu->grid->cells; c++) l[c] = mu->log_density[c] - pi->log_density[c];
  return l;
}

/* volume * sum of |mu - nu| for two log-ratios. */
static double distance(const mf_measure *pi, const double *a, const double *b)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++) sum += fabs(pi->density[c] * (exp(a[c]) - exp(b[c])));
  return sum * pi->grid->volume;
}

static double divergence_of(const mf_measure *pi, const double *l)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++)
    sum += pi->density[c] * mf_entropy_value(1, expm1(l[c]), fmax(l[c], MF_LOG_VACUUM));
  return sum * pi->grid->volume;
}

static double hellinger_of(const mf_measure *pi, const double *l)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++) sum += pi->density[c] * pow(expm1(0.5 * l[c]), 2);
  return sum * pi->grid->volume;
}

static mf_split *split_of(mf_flow *flow, const mf_measure *initial)
{
  mf_split *s;
  DO(mf_split_create(&s, flow, initial));
  return s;
}

static const char *const reactions[] = {"wasserstein + hellinger coefficient=2",
                                        "spherical_hellinger + wasserstein"};

/* Against CVODE at 1e-10: errors of n and 2n steps differ by 4. */
START_TEST(splitting_is_of_second_order)
{
  const bool plane = _i / 2;
  const mf_grid grid = plane ? plane_grid(24, 20, -3, 3, false) : line_grid(60, -5, 5, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.7, 0.5);
  const double end = 0.8;
  mf_flow *flow = flow_make(&grid, pi, mu, "log", "kl weight=0.7", reactions[_i % 2]);
  run *exact = run_start(flow, mu, 1e-10);
  run_to(exact, end);
  double error[3];
  for (int k = 0; k < 3; k++) {
    const int steps = 8 << k;
    mf_split *s = split_of(flow, mu);
    double *l = log_ratio_of(mu, pi);
    for (int i = 0; i < steps; i++) DO(mf_split_step(s, end / steps, l));
    error[k] = distance(pi, l, exact->y);
    mf_split_free(s);
  }
  at("%s: errors %g %g %g", reactions[_i % 2], error[0], error[1], error[2]);
  CLOSE(error[0] / error[1], 4, 0.1); /* the next order is seen at 8 steps */
  CLOSE(error[1] / error[2], 4, 0.1);
}
END_TEST

/* Transport first and reaction second, of a Gaussian narrower than the target, is ahead of the flow in KL, the other
 * order behind it; of a wider one it is the other way round.  Either is of first order. */
START_TEST(order_of_the_maps_has_a_sign)
{
  const bool wide = _i;
  const mf_grid grid = line_grid(120, -9, 9, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0, wide ? 1.6 : 0.5);
  const double end = 0.5;
  mf_flow *flow = flow_make(&grid, pi, mu, "log", "kl", "wasserstein + spherical_hellinger");
  run *exact = run_start(flow, mu, 1e-10);
  run_to(exact, end);
  double excess[2][2];
  for (int first = 0; first < 2; first++)
    for (int k = 0; k < 2; k++) {
      const int steps = 16 << k;
      mf_split *s = split_of(flow, mu);
      double *l = log_ratio_of(mu, pi);
      for (int i = 0; i < steps; i++) {
        if (first) mf_split_react(s, end / steps, l);
        DO(mf_split_transport(s, end / steps, l));
        if (!first) mf_split_react(s, end / steps, l);
      }
      excess[first][k] = divergence_of(pi, l) - divergence_of(pi, exact->y);
      mf_split_free(s);
    }
  at("wide %d: %g %g, %g %g", wide, excess[0][0], excess[0][1], excess[1][0], excess[1][1]);
  HOLDS(wide ? excess[0][0] > 0 && excess[1][0] < 0 : excess[0][0] < 0 && excess[1][0] > 0);
  for (int first = 0; first < 2; first++) CLOSE(excess[first][0] / excess[first][1], 2, 0.1);
}
END_TEST

/* Whatever the step, from vacuum too: nothing negative, KL falls, on M+ He falls too, and else the mass is kept. */
START_TEST(splitting_keeps_what_the_flow_keeps)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    const mf_measure *pi = random_measure(&grid, 1.2, 1, 3);
    const mf_measure *mu = with_vacuum(random_measure(&grid, _i ? 1.2 : 0.4, 1.5, 4), grid.cells / 2);
    mf_flow *flow = flow_make(&grid, pi, mu, "deviation", "kl", reactions[_i]);
    mf_split *s = split_of(flow, mu);
    double *l = log_ratio_of(mu, pi);
    at("%s, %s", reactions[_i], shapes[i].name);
    const double mass = mf_field_mass(&grid, mu->density);
    for (double step = 0.01; step < 5; step *= 3) {
      const double kl = divergence_of(pi, l), he = hellinger_of(pi, l);
      DO(mf_split_step(s, step, l));
      HOLDS(divergence_of(pi, l) < kl);
      double now = 0;
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        HOLDS(l[c] < INFINITY); /* and no NAN: u >= 0 */
        now += grid.volume * pi->density[c] * exp(l[c]);
      }
      if (_i)
        CLOSE(now, mass, 1e-14 * mass * (double)grid.cells);
      else
        HOLDS(hellinger_of(pi, l) < he);
    }
    mf_split_free(s);
    release_all();
  }
}
END_TEST

/* Chosen steps keep the error near the tolerance, and their number grows like its third root. */
START_TEST(splitting_follows_its_tolerance)
{
  const mf_grid grid = line_grid(60, -5, 5, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.7, 0.5);
  mf_flow *flow = flow_make(&grid, pi, mu, "deviation", "kl", reactions[_i]);
  run *exact = run_start(flow, mu, 1e-10);
  run_to(exact, 1);
  long steps[2];
  for (int k = 0; k < 2; k++) {
    const double rtol = k ? 1e-7 : 1e-4;
    run *r = run_start_by(MF_SPLITTING, flow, mu, rtol);
    run_to(r, 1);
    at("%s, rtol %g", reactions[_i], rtol);
    mf_counters n;
    mf_march_counters(r->march, &n);
    steps[k] = n.steps;
    double error = 0, size = 0; /* in the norm of the steps, in which errors add up */
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      error += pow(r->y[c] - exact->y[c], 2) / pi->density[c];
      size += pow(exact->y[c], 2) / pi->density[c];
    }
    HOLDS(sqrt(error / size) < 2 * rtol * (double)n.steps); /* what is left of y falls by 2 on the way */
  }
  CLOSE((double)steps[1] / (double)steps[0], 10, 4);
}
END_TEST

/* Within a step the state is as good as at its end, joins it there, and leaves no trace in the trajectory. */
START_TEST(splitting_is_seen_within_a_step)
{
  enum { PARTS = 7 };
  const mf_grid grid = line_grid(60, -5, 5, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.7, 0.5);
  mf_flow *flow = flow_make(&grid, pi, mu, "deviation", "kl", reactions[_i]);
  run *looked = run_start_by(MF_SPLITTING, flow, mu, 1e-4),
      *unseen = run_start_by(MF_SPLITTING, flow, mu, 1e-4);
  run *exact = run_start(flow, mu, 1e-10);
  double *end = reals(grid.cells);
  for (int steps = 0; mf_march_time(looked->march) < 1; steps++) {
    const double from = mf_march_time(looked->march);
    DO(mf_march_step(looked->march, 1, 1));
    const double step = mf_march_step_size(looked->march);
    run_look(looked, from + step, end, NULL);
    for (int k = 1; k <= PARTS; k++) {
      const double t = k < PARTS ? from + step * k / PARTS : (from + step) * (1 - 1e-15);
      run_look(looked, t, looked->y, NULL);
      run_until(exact, t, 2);
      at("%s, t = %g", reactions[_i], t);
      double error = 0, size = 0; /* as in the test above */
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        error += pow(looked->y[c] - exact->y[c], 2) / pi->density[c];
        size += pow(exact->y[c], 2) / pi->density[c];
      }
      HOLDS(sqrt(error / size) < 2e-4 * (steps + 1));
    }
    SAME(looked->y, end, grid.cells, 1e-11 * largest(end, grid.cells));
  }
  run_to(looked, 1);
  run_to(unseen, 1);
  SAME(looked->y, unseen->y, grid.cells, 0);
}
END_TEST

START_TEST(splitting_is_for_kl)
{
  static const char *const refused[][2] = {{"inclusive_kl", "wasserstein + hellinger"},
                                           {"kl", "hellinger"},
                                           {"kl + mmd", "wasserstein + hellinger"}};
  const mf_grid grid = line_grid(10, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  const mf_horizon horizon = {.end = 1, .outputs = 10};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    mf_flow *flow = flow_make(&grid, pi, mu, NULL, refused[i][0], refused[i][1]);
    mf_split *s;
    mf_method method = MF_SPLITTING;
    const char *reason;
    at("%s in %s", refused[i][0], refused[i][1]);
    REFUSES(mf_method_choose(&method, &reason, flow, mu, &horizon, NULL), "splitting is for kl");
    REFUSES(mf_split_create(&s, flow, mu), "leave the choice to 'auto'");
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("march");
  TCase *generators = tcase_create("generators"), *series = tcase_create("series");
  tcase_add_checked_fixture(generators, NULL, release_all);
  tcase_add_loop_test(generators, bounds_hold_and_are_near, 0, SHAPES);
  tcase_add_loop_test(generators, recurrences_are_those_of_the_operator, 0, SHAPES);
  tcase_add_test(generators, passes_do_not_change_a_bit);
  tcase_add_loop_test(generators, threads_do_not_change_a_bit, 0, 2);
  suite_add_tcase(suite, generators);
  tcase_add_checked_fixture(series, NULL, release_all);
  tcase_add_loop_test(series, series_agree_with_cvode, 0, TRANSPORTS);
  tcase_add_loop_test(series, modes_decay_to_the_last_decade, 0, 2);
  tcase_add_test(series, series_are_a_semigroup);
  tcase_add_test(series, series_are_seen_within_a_step);
  tcase_add_test(series, series_are_for_linear_flows);
  tcase_add_test(series, methods_are_chosen_by_cost_and_accuracy);
  suite_add_tcase(suite, series);
  TCase *splitting = tcase_create("splitting");
  tcase_add_checked_fixture(splitting, NULL, release_all);
  tcase_add_loop_test(splitting, splitting_is_of_second_order, 0, 4);
  tcase_add_loop_test(splitting, order_of_the_maps_has_a_sign, 0, 2);
  tcase_add_loop_test(splitting, splitting_keeps_what_the_flow_keeps, 0, 2);
  tcase_add_loop_test(splitting, splitting_follows_its_tolerance, 0, 2);
  tcase_add_loop_test(splitting, splitting_is_seen_within_a_step, 0, 2);
  tcase_add_test(splitting, splitting_is_for_kl);
  suite_add_tcase(suite, splitting);
  return mf_run_suite(suite);
}
