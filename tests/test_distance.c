/* SPDX-License-Identifier: BSD-3-Clause */
/* Distances between measures: laws over the list of them on every kind of grid, closed forms, and a second algorithm for one
 * number where there are two. */
#include "tests/scene.h"

#include "operators/kernels/displacement.h"
#include "solver/distance/distance.h"
#include "solver/distance/line.h"

static const double pi = 3.14159265358979323846;

/* ---- asking ---- */

static mf_kernel gaussian_kernel(double bandwidth)
{
  mf_kernel k;
  mf_kernel_options o = {.bandwidth = {.count = 1, .value = {bandwidth}}, .shape = NAN};
  DO(mf_kernel_init(&k, &o));
  return k;
}

static mf_kernel kernel;

static mf_distance_options usual(void)
{
  kernel = gaussian_kernel(0.7);
  return (mf_distance_options){.alpha = 1, .beta = 1, .p = 2, .kernel = &kernel};
}

/* NAN where there is no algorithm for this grid: a refusal that says so. */
static double last_error; /* of what was asked last */

static double ask(const mf_distance_type *type, const mf_grid *grid, const double *a, const double *b,
                  const mf_distance_options *o, const mf_distance_fields *fields)
{
  mf_distance d;
  const mf_distance_measure m[2] = {{grid, a}, {grid, b}};
  const int status = mf_distance_compute(type, m, o, fields, &d);
  if (status == MF_ECASE && strstr(mf_error(), "computed")) return NAN;
  DO(status);
  if (!isnan(d.lower)) HOLDS(d.lower <= d.value && d.value <= d.upper && d.encloses);
  HOLDS(d.error >= 0 && d.algorithm);
  last_error = d.error;
  return d.value;
}

static double *scaled(const mf_grid *grid, double factor, const double *a)
{
  double *out = reals(grid->cells);
  for (ptrdiff_t c = 0; c < grid->cells; c++) out[c] = factor * a[c];
  return out;
}

static int free_axes(const mf_grid *grid)
{
  int count = 0;
  for (int a = 0; a < grid->dim; a++) count += grid->n[a] > 1;
  return count;
}

static bool is_round(const mf_grid *grid)
{
  for (int a = 0; a < grid->dim; a++)
    if (grid->periodic[a] && grid->n[a] > 1) return true;
  return false;
}

/* On which scenes a distance is computed: every kind of grid, but where nobody has an algorithm. */
static bool is_computed(const mf_distance_type *type, const mf_grid *grid)
{
  const bool line = type->traits & MF_DISTANCE_POWER && free_axes(grid) < 2;
  return !(type->traits & MF_DISTANCE_ALPHA) || line || !is_round(grid);
}

/* Where the value has the square of a defect of mass of 1e-5 as its error. */
static bool is_iterated(const mf_distance_type *type, const mf_grid *grid)
{
  return type->traits & MF_DISTANCE_ALPHA && (type->traits & MF_DISTANCE_BETA || free_axes(grid) > 1);
}

#define EACH_DISTANCE(t) for (const mf_distance_type *const *t = mf_distance_types; *t; t++)

/* ---- laws ---- */

/* d(a, a) = 0, d(a, b) = d(b, a) > 0, d(a, c) <= d(a, b) + d(b, c).  Rounding of MMD is of <a, K a>^(1/2), the root of an ulp. */
START_TEST(is_a_distance)
{
  for (scene s = scenes(3); next_scene(&s);) EACH_DISTANCE(t)
    {
      at("%s on %s", (*t)->name, s.name);
      const mf_distance_options o = usual();
      const mf_grid *grid = &s.grid;
      const double *a = s.pi->density, *b = s.even->density, *c = random_measure(grid, 1, 1, 77)->density;
      const double ab = ask(*t, grid, a, b, &o, NULL);
      HOLDS(isnan(ab) == !is_computed(*t, grid));
      if (isnan(ab)) continue;
      const double tolerance = (*t)->traits & MF_DISTANCE_KERNEL ? 1e-8 : 1e-14;
      CLOSE(ask(*t, grid, a, a, &o, NULL), 0, tolerance);
      CLOSE(ask(*t, grid, b, a, &o, NULL), ab, (is_iterated(*t, grid) ? 1e-7 : 1e-12) * ab + tolerance);
      HOLDS(grid->cells == 1 || ab > 1e-3);
      const double bc = ask(*t, grid, b, c, &o, NULL), ac = ask(*t, grid, a, c, &o, NULL);
      HOLDS(ac <= ab + bc + 1e-12 * ab + tolerance + (is_iterated(*t, grid) ? last_error : 0));
    }
}
END_TEST

/* A measure c times as heavy is sqrt(c) times as far, in MMD c times, from the smallest to the largest numbers; mobilities 4
 * times as large halve every distance. */
START_TEST(scales_with_masses_and_mobilities)
{
  static const double factor[] = {1e-300, 1e-20, 3, 1e200};
  for (scene s = scenes(5); next_scene(&s);) EACH_DISTANCE(t)
    {
      mf_distance_options o = usual();
      const double one = ask(*t, &s.grid, s.pi->density, s.even->density, &o, NULL);
      if (isnan(one)) continue;
      for (int i = 0; i < 4; i++) {
        at("%s on %s times %g", (*t)->name, s.name, factor[i]);
        const double want = ((*t)->traits & MF_DISTANCE_KERNEL ? factor[i] : sqrt(factor[i])) * one;
        const double got = ask(*t, &s.grid, scaled(&s.grid, factor[i], s.pi->density),
                               scaled(&s.grid, factor[i], s.even->density), &o, NULL);
        CLOSE_REL(got, want, 1e-10); /* densities of 1e-300 have lost no digits, differences of them some */
      }
      at("%s on %s, mobilities", (*t)->name, s.name);
      o.alpha = o.beta = 4;
      CLOSE_REL(ask(*t, &s.grid, s.pi->density, s.even->density, &o, NULL), 0.5 * one, 1e-14);
    }
}
END_TEST

/* The potential is the first variation of d^2/2 in either measure: against a central difference along a - c, which keeps mass,
 * of order 2 in its step. */
START_TEST(potential_is_the_first_variation)
{
  int compared = 0;
  for (scene s = scenes(7); next_scene(&s);) EACH_DISTANCE(t)
    {
      if (s.grid.cells == 1 || !is_computed(*t, &s.grid)) continue;
      if (is_round(&s.grid) && (*t)->traits & MF_DISTANCE_ALPHA) continue; /* refused, see below */
      mf_distance_options o = usual();
      o.alpha = 0.5;
      o.beta = 2;
      const double *m[2] = {s.pi->density, s.even->density}, *c = random_measure(&s.grid, 1, 1, 99)->density;
      double *potential[2] = {reals(s.grid.cells), reals(s.grid.cells)};
      const mf_distance_fields fields = {.potential = {potential[0], potential[1]}};
      ask(*t, &s.grid, m[0], m[1], &o, &fields);
      for (int of = 0; of < 2; of++) {
        const bool iterated = is_iterated(*t, &s.grid);
        const bool swept = iterated && (*t)->traits & MF_DISTANCE_BETA;
        const double step = swept ? 3e-3 : iterated ? 1e-3 : 1e-4;
        double square[2], slope = 0, *moved = reals(s.grid.cells);
        for (int side = 0; side < 2; side++) {
          for (ptrdiff_t i = 0; i < s.grid.cells; i++)
            moved[i] = m[of][i] + (side ? step : -step) * (c[i] - m[of][i]);
          const double d = ask(*t, &s.grid, of ? m[0] : moved, of ? moved : m[1], &o, NULL);
          square[side] = 0.5 * d * d;
        }
        for (ptrdiff_t i = 0; i < s.grid.cells; i++)
          slope += s.grid.volume * potential[of][i] * (c[i] - m[of][i]);
        at("%s on %s, measure %d", (*t)->name, s.name, of);
        /* the third derivative is of the size of the square, its error over the step an ulp, or a defect's */
        CLOSE((square[1] - square[0]) / (2 * step), slope,
              (swept      ? 3e-4
               : iterated ? 5e-5
                          : 2e-6) *
                  (square[0] + fabs(slope)));
        compared++;
      }
    }
  ck_assert_int_gt(compared, 60);
}
END_TEST

START_TEST(threads_do_not_matter)
{
  const mf_grid grid = plane_grid(70, 51, -3, 3, false);
  const double *a = random_measure(&grid, 1, 1, 1)->density, *b = random_measure(&grid, 1, 1, 2)->density;
  EACH_DISTANCE(t)
  {
    const mf_distance_options o = usual();
    double first = 0;
    for (int threads = 1; threads <= 3; threads++) {
      mf_threads_set(threads);
      const double d = ask(*t, &grid, a, b, &o, NULL);
      if (threads == 1) first = d;
      at("%s with %d threads", (*t)->name, threads);
      HOLDS(d == first || (isnan(d) && isnan(first)));
    }
  }
  mf_threads_set(0);
}
END_TEST

/* ---- refusals ---- */

START_TEST(refuses)
{
  const mf_grid grid = line_grid(8, 0, 1, false), ring = line_grid(8, 0, 1, true),
                fine = plane_grid(4, 4, 0, 1, false);
  const mf_measure *one = random_measure(&grid, 1, 1, 1), *two = random_measure(&grid, 2, 1, 2),
                   *round = random_measure(&ring, 1, 1, 1), *plane = random_measure(&fine, 1, 1, 3);
  double *nothing = reals(8), *room = reals(8);
  mf_distance d;
  const mf_distance_measure unequal[2] = {{&grid, one->density}, {&grid, two->density}},
                            empty[2] = {{&grid, nothing}, {&grid, one->density}},
                            other[2] = {{&grid, one->density}, {&fine, plane->density}},
                            turning[2] = {{&ring, round->density}, {&ring, round->density}},
                            same[2] = {{&grid, one->density}, {&grid, one->density}};
  const mf_distance_options o = usual();
  EACH_DISTANCE(t)
  {
    at("%s", (*t)->name);
    REFUSES(mf_distance_compute(*t, empty, &o, NULL, &d), "finite mass > 0");
    REFUSES(mf_distance_compute(*t, other, &o, NULL, &d), "on one grid");
    if ((*t)->traits & MF_DISTANCE_EQUAL)
      REFUSES(mf_distance_compute(*t, unequal, &o, NULL, &d), "keeps mass");
    else
      DO(mf_distance_compute(*t, unequal, &o, NULL, &d));
    mf_distance_options wrong = o;
    wrong.alpha = wrong.beta = 0;
    REFUSES(mf_distance_compute(*t, same, &wrong, NULL, &d), "> 0");
  }
  mf_distance_options wrong = o;
  wrong.p = 0.5;
  REFUSES(mf_distance_compute(mf_distance_types[0], same, &wrong, NULL, &d), "p = 0.5");
  wrong.p = 3;
  const mf_distance_fields fields = {.potential = {room, NULL}};
  REFUSES(mf_distance_compute(mf_distance_types[0], same, &wrong, &fields, &d), "for p = 2");
  REFUSES(mf_distance_compute(mf_distance_types[0], turning, &o, &fields, &d), "on a ring");
}
END_TEST

/* ---- the line ---- */

static const double powers[] = {1, 1.25, 2, 3, 7.5, 40};
enum { POWERS = sizeof powers / sizeof *powers };

/* Uniform on [0, 1] against [0, 2] and [-1, 2]: int m^p = 1/(p+1), int |2 m - 1|^p = 1/(p+1); and translations, whatever the
 * power, by lengths as small and as large as may be. */
START_TEST(powers_on_the_line)
{
  const mf_line_piece one = {0, 1, 5}, two = {0, 2, 1}, three = {-1, 2, 3};
  mf_line_value v;
  for (int i = 0; i < POWERS; i++) {
    const double p = powers[i];
    at("p = %g", p);
    DO(mf_line_wasserstein(&one, 1, &two, 1, p, 0, &v));
    CLOSE_REL(v.distance, pow(1 / (p + 1), 1 / p), 1e-14);
    DO(mf_line_wasserstein(&one, 1, &three, 1, p, 0, &v));
    CLOSE_REL(v.distance, pow(1 / (p + 1), 1 / p), 1e-14);
    for (double shift = 1e-9; shift < 1e9; shift *= 1e3) {
      const mf_line_piece a[2] = {{0, 0.5, 1}, {0.7, 1, 2}},
                          b[2] = {{shift, 0.5 + shift, 1}, {0.7 + shift, 1 + shift, 2}};
      DO(mf_line_wasserstein(a, 2, b, 2, p, 0, &v));
      CLOSE(v.distance, shift, 1e-15 * (1 + 4 * shift)); /* places are rounded */
    }
  }
}
END_TEST

/* The least cost of N equal atoms on a ring is that of some turn of their order (all of them are tried): a second algorithm. */
static double atoms_on_ring(const double *x, const double *y, int n, double p, double period)
{
  double least = INFINITY;
  for (int turn = 0; turn < n; turn++) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      const double d = fabs(x[i] - y[(i + turn) % n]);
      sum += pow(fmin(d, period - d), p) / n;
    }
    least = fmin(least, sum);
  }
  return pow(least, 1 / p);
}

START_TEST(powers_on_a_ring)
{
  enum { N = 13 };
  const double period = 2.5;
  unsigned long long seed = 5;
  for (int k = 0; k < 20; k++) {
    double x[N], y[N];
    mf_line_piece a[N], b[N];
    for (int i = 0; i < N; i++) x[i] = period * (i + chance(&seed)) / N;
    for (int i = 0; i < N; i++) y[i] = period * (0.3 + 0.4 * (i + chance(&seed)) / N);
    for (int i = 0; i < N; i++) a[i] = (mf_line_piece){x[i], x[i], 1}, b[i] = (mf_line_piece){y[i], y[i], 2};
    for (int i = 0; i < POWERS; i++) {
      mf_line_value v;
      at("p = %g, draw %d", powers[i], k);
      DO(mf_line_wasserstein(a, N, b, N, powers[i], period, &v));
      CLOSE_REL(v.distance, atoms_on_ring(x, y, N, powers[i], period), 1e-12);
      DO(mf_line_wasserstein(b, N, a, N, powers[i], period, &v));
      CLOSE_REL(v.distance, atoms_on_ring(x, y, N, powers[i], period), 1e-12);
    }
  }
}
END_TEST

/* Across the seam: uniform on the last and on the first tenth of a ring are a tenth apart. */
START_TEST(ring_has_no_seam)
{
  const mf_grid ring = line_grid(10, 3, 4, true);
  double *a = reals(10), *b = reals(10);
  a[9] = 10;
  b[0] = 10;
  for (int i = 0; i < POWERS; i++) {
    mf_distance_options o = usual();
    o.p = powers[i];
    CLOSE(ask(mf_distance_types[0], &ring, a, b, &o, NULL), 0.1, 1e-14);
  }
}
END_TEST

/* Gaussians on the line: T(x) = m1 + (s1/s0)(x - m0), and its potential is a parabola. */
START_TEST(map_of_gaussians)
{
  const mf_grid grid = line_grid(600, -6, 6, false);
  const mf_measure *a = gaussian(&grid, -0.4, 0.36), *b = gaussian(&grid, 0.5, 0.64);
  double *map = reals(grid.cells), *potential = reals(grid.cells);
  const mf_distance_fields fields = {.potential = {potential, NULL}, .map = {map}};
  const mf_distance_options o = usual();
  CLOSE(ask(mf_distance_types[0], &grid, a->density, b->density, &o, &fields), sqrt(0.81 + 0.04),
        1e-5); /* h^2/12 */
  const ptrdiff_t middle = grid.cells / 2;
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    const double x = mf_grid_coordinate(&grid, 0, c), slope = 0.8 / 0.6, start = 0.5 + slope * 0.4;
    if (fabs(x + 0.4) > 1.5) continue;
    CLOSE(map[c], start + slope * x, 1e-3); /* h^2 times what the density varies */
    CLOSE(potential[c] - potential[middle],
          0.5 * (1 - slope) * x * x - start * x -
              (0.5 * (1 - slope) * pow(mf_grid_coordinate(&grid, 0, middle), 2) -
               start * mf_grid_coordinate(&grid, 0, middle)),
          1e-3);
  }
}
END_TEST

/* ---- W_2 in more dimensions ---- */

static mf_distance find(const mf_distance_type *type, const mf_grid *grid, const double *a, const double *b,
                        const mf_distance_fields *fields)
{
  mf_distance d;
  const mf_distance_options o = usual();
  DO(mf_distance_compute(type, (mf_distance_measure[]){{grid, a}, {grid, b}}, &o, fields, &d));
  return d;
}

/* A box whose axes have cells of different length. */
static mf_grid skew_grid(int dim, const long *cells)
{
  const double lo[] = {-1, 0.5, 2}, hi[] = {1, 2, 4.5};
  const bool periodic[] = {false, false, false};
  mf_grid grid;
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  return grid;
}

/* A measure on each axis of a grid, and their product. */
typedef struct {
  mf_grid line[MF_AXES];
  double *along[MF_AXES], *product;
} factors;

static factors make_product(const mf_grid *grid, unsigned long long seed,
                            double (*density)(double x, unsigned long long *seed))
{
  factors f = {.product = reals(grid->cells)};
  for (ptrdiff_t c = 0; c < grid->cells; c++) f.product[c] = 1;
  for (int a = 0; a < grid->dim; a++) {
    f.line[a] = line_grid((long)grid->n[a], grid->lo[a], grid->hi[a], false);
    f.along[a] = reals(grid->n[a]);
    for (ptrdiff_t i = 0; i < grid->n[a]; i++)
      f.along[a][i] = grid->n[a] == 1 ? 1 : density(((double)i + 0.5) / (double)grid->n[a], &seed);
    for (ptrdiff_t c = 0; c < grid->cells; c++) f.product[c] *= f.along[a][c / grid->stride[a] % grid->n[a]];
  }
  return f;
}

/* As rough as may be, with a tenth of the cells empty. */
static double rough(double x, unsigned long long *seed)
{
  (void)x;
  const double u = chance(seed);
  return u < -0.8 ? 0 : 1 + u;
}

/* A Gaussian in the middle, in units of the axis; its mean and its width. */
static double mean_of(unsigned long long seed)
{
  return 0.42 + 0.02 * (double)seed;
}
static double width_of(unsigned long long seed)
{
  return 0.06 + 0.002 * (double)seed;
}
static double bump(double x, unsigned long long *seed)
{
  const double y = (x - mean_of(*seed)) / width_of(*seed);
  return exp(-0.5 * y * y);
}

/* Between products W_2^2 is the sum over axes, each of which is exact by quantiles, and every unit of mass counts. */
static double squared_distance(const mf_grid *grid, const factors *f, const factors *g)
{
  double sum = 0, mass = mf_field_mass(grid, f->product);
  for (int a = 0; a < grid->dim; a++) {
    const double d =
        find(mf_distance_types[0], &f->line[a], f->along[a],
             scaled(&f->line[a],
                    mf_field_mass(&f->line[a], f->along[a]) / mf_field_mass(&f->line[a], g->along[a]),
                    g->along[a]),
             NULL)
            .value;
    sum += d * d / mf_field_mass(&f->line[a], f->along[a]);
  }
  return mass * sum;
}

static const long sizes[][MF_AXES] = {{24, 17},    {40, 9}, {64, 48}, {10, 12, 9},
                                      {20, 1, 15}, {3, 2},  {2, 2, 2}};
static const int dims[] = {2, 2, 2, 3, 3, 2, 3};
enum { SIZES = sizeof dims / sizeof *dims };

/* The enclosure holds for any data. */
START_TEST(products_are_enclosed)
{
  for (int i = 0; i < SIZES; i++)
    for (unsigned long long seed = 1; seed <= 6; seed++) {
      const mf_grid grid = skew_grid(dims[i], sizes[i]);
      const factors f = make_product(&grid, seed, rough), g = make_product(&grid, seed + 100, rough);
      const double *b =
          scaled(&grid, mf_field_mass(&grid, f.product) / mf_field_mass(&grid, g.product), g.product);
      const double exact = sqrt(squared_distance(&grid, &f, &g));
      const mf_distance d = find(mf_distance_types[0], &grid, f.product, b, NULL);
      at("grid %d, seed %llu: %g in [%g, %g]", i, seed, exact, d.lower, d.upper);
      HOLDS(d.lower <= exact * (1 + 1e-12) && exact <= d.upper * (1 + 1e-12)); /* rounding of the exact one */
      HOLDS(d.residual < 1e-4);
      CLOSE(d.value, exact, 0.05 * exact + 0.1 * (d.upper - d.lower)); /* even rough data are near */
    }
}
END_TEST

/* Smooth data: what is printed as error is one, and falls with the fourth power of h.  Walls are 5.5 widths away. */
START_TEST(smooth_products)
{
  for (int dim = 2; dim <= 3; dim++) {
    double error[2];
    for (int fine = 0; fine < 2; fine++) {
      const long n = dim == 2 ? 40 + 40 * fine : 20 + 12 * fine, cells[] = {n, n + 2, n - 1};
      const mf_grid grid = skew_grid(dim, cells);
      const factors f = make_product(&grid, 1, bump), g = make_product(&grid, 7, bump);
      double exact = 0;
      for (int a = 0; a < dim; a++)
        exact += pow(grid.hi[a] - grid.lo[a], 2) *
                 (pow(mean_of(7) - mean_of(1), 2) + pow(width_of(7) - width_of(1), 2));
      const double mass = mf_field_mass(&grid, f.product);
      const mf_distance d = find(mf_distance_types[0], &grid, f.product,
                                 scaled(&grid, mass / mf_field_mass(&grid, g.product), g.product), NULL);
      error[fine] = d.error;
      at("%d dimensions, %td cells", dim, grid.cells);
      CLOSE(d.value, sqrt(mass * exact), d.error);
    }
    HOLDS(error[1] < error[0] / (dim == 2 ? 12 : 5)); /* 2^4 and (5/3)^4 but for coarse cells */
    HOLDS(error[1] < (dim == 2 ? 1e-4 : 1e-3));
  }
}
END_TEST

/* Gaussians with axes of their own: |m0 - m1|^2 + tr(S0 + S1 - 2 (S0^1/2 S1 S0^1/2)^1/2). */
START_TEST(rotated_gaussians)
{
  const double angle[] = {pi / 6, -40 * pi / 180}, wide[][2] = {{.055, .03}, {.05, .035}},
               mean[][2] = {{.44, .47}, {.55, .54}}, exact = 0.0177080805;
  double square[2];
  for (int fine = 0; fine < 2; fine++) {
    const mf_grid grid = plane_grid(32 << fine, 32 << fine, 0, 1, false);
    mf_measure *m[2];
    for (int i = 0; i < 2; i++) {
      const double c = cos(angle[i]), s = sin(angle[i]), p = wide[i][0] * wide[i][0],
                   q = wide[i][1] * wide[i][1];
      m[i] = empty_measure(&grid);
      DO(mf_measure_add_gaussian(
          m[i], 1, mean[i],
          (double[]){c * c * p + s * s * q, c * s * (p - q), c * s * (p - q), s * s * p + c * c * q}));
    }
    const mf_distance d = find(mf_distance_types[0], &grid, m[0]->density, m[1]->density, NULL);
    square[fine] = d.value * d.value;
    HOLDS(d.lower * d.lower <= exact && exact <= d.upper * d.upper);
  }
  CLOSE_REL(square[1], exact, 5e-6);                             /* measured: 2.1e-6 */
  HOLDS(fabs(square[1] - exact) < fabs(square[0] - exact) / 32); /* better than order 5 while it is coarse */
}
END_TEST

/* A translation by no whole number of cells: the map is it, and the potential is straight. */
START_TEST(map_of_a_translation)
{
  const mf_grid grid = plane_grid(64, 64, 0, 1, false);
  const double shift[] = {0.1137, 0.0691};
  mf_measure *m[2];
  for (int i = 0; i < 2; i++) {
    m[i] = empty_measure(&grid);
    DO(mf_measure_add_gaussian(m[i], 1, (double[]){0.43 + i * shift[0], 0.46 + i * shift[1]},
                               (double[]){0.004, 0, 0, 0.003}));
  }
  double *potential[2] = {reals(grid.cells), reals(grid.cells)},
         *map[2] = {reals(grid.cells), reals(grid.cells)};
  const mf_distance_fields fields = {.potential = {potential[0], potential[1]}, .map = {map[0], map[1]}};
  const mf_distance d = find(mf_distance_types[0], &grid, m[0]->density, m[1]->density, &fields);
  CLOSE(d.value, hypot(shift[0], shift[1]), 1e-6);
  const ptrdiff_t middle = 32 + 64 * 30;
  double centre[MF_AXES], x[MF_AXES];
  mf_grid_centre(&grid, middle, centre);
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    mf_grid_centre(&grid, c, x);
    if (hypot(x[0] - 0.43, x[1] - 0.46) > 0.12) continue;
    for (int a = 0; a < 2; a++) CLOSE(map[a][c] - x[a], shift[a], 1e-4);
    /* d(W_2^2/2)/da = phi with grad phi = x - T(x) = -shift */
    CLOSE(potential[0][c] - potential[0][middle],
          -shift[0] * (x[0] - centre[0]) - shift[1] * (x[1] - centre[1]), 1e-5);
  }
}
END_TEST

/* ---- Hellinger-Kantorovich ---- */

static double normal(double x, double mean, double variance)
{
  return exp(-0.5 * (x - mean) * (x - mean) / variance) / sqrt(2 * pi * variance);
}

/* N(m0, v0) to z N(m1, v1) on [-6, 6], with a common factor along further axes. */
static mf_distance between_gaussians(int dim, const long *cells, const double of[4], double z,
                                     const char *name, const mf_distance_options *o)
{
  const double lo[] = {-6, -3, -3}, hi[] = {6, 3, 3};
  const bool periodic[] = {false, false, false};
  mf_grid grid;
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  double *m[2] = {reals(grid.cells), reals(grid.cells)}, x[MF_AXES];
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    mf_grid_centre(&grid, c, x);
    const double common = (dim > 1 ? normal(x[1], 0.3, 0.5) : 1) * (dim > 2 ? normal(x[2], 0, 0.4) : 1);
    m[0][c] = common * normal(x[0], of[0], of[1]);
    m[1][c] = z * common * normal(x[0], of[2], of[3]);
  }
  for (const mf_distance_type *const *t = mf_distance_types; *t; t++) {
    mf_distance d;
    if (strcmp((*t)->name, name)) continue;
    DO(mf_distance_compute(*t, (mf_distance_measure[]){{&grid, m[0]}, {&grid, m[1]}}, o, NULL, &d));
    return d;
  }
  ck_abort_msg("no distance %s", name);
}

static const double near[] = {-0.5, 0.36, 0.4, 0.64}, far[] = {-1.2, 0.09, 1.2, 0.09};

/* Values of an independent computation to all its digits (a line of 2048 cells, weaker entropy), the second beyond reach for
 * half of the mass; and of W_2^2 = 0.85 towards beta = 0. */
START_TEST(wfr_on_the_line)
{
  const long n[] = {128}, fine[] = {256};
  mf_distance_options o = usual();
  mf_distance d = between_gaussians(1, n, near, 1, "wfr", &o);
  CLOSE(d.value, sqrt(0.5593835493), d.error);
  CLOSE_REL(d.value, sqrt(0.5593835493), 1e-8);
  d = between_gaussians(1, fine, far, 0.2, "wfr", &o);
  CLOSE_REL(d.value, sqrt(3.228705), 1e-6);
  d = between_gaussians(1, n, near, 1, "spherical_wfr", &o);
  CLOSE_REL(d.value, 0.75234757, 1e-8);
  const double beta[] = {0.3, 0.1, 0.03}, square[] = {0.73758, 0.80932, 0.83743};
  for (int i = 0; i < 3; i++) {
    o.beta = beta[i];
    CLOSE_REL(between_gaussians(1, fine, near, 1, "wfr", &o).value, sqrt(square[i]),
              1e-5); /* digits of the table */
  }
}
END_TEST

/* Towards alpha = 0 it is He/sqrt(beta), towards beta = 0 W_2/sqrt(alpha), and no more than either; c alpha, c beta divide its
 * square by c. */
START_TEST(wfr_between_its_limits)
{
  const long n[] = {160};
  mf_distance_options o = usual();
  double before = 0;
  for (double alpha = 1e-2; alpha > 1e-9; alpha *= 1e-3) {
    o.alpha = alpha;
    const double he = between_gaussians(1, n, near, 1, "hellinger", &o).value,
                 hk = between_gaussians(1, n, near, 1, "wfr", &o).value;
    at("alpha = %g", alpha);
    HOLDS(hk <= he * (1 + 1e-12) && hk >= before * (1 - 1e-12));
    if (alpha < 1e-6) CLOSE_REL(hk, he, 1e-6);
    before = hk;
  }
  o = usual();
  for (double beta = 9; beta > 0.05; beta *= 0.2) {
    o.beta = beta;
    const double w2 = between_gaussians(1, n, near, 1, "wasserstein", &o).value,
                 hk = between_gaussians(1, n, near, 1, "wfr", &o).value;
    at("beta = %g", beta);
    HOLDS(hk <= w2 * (1 + 1e-6));
    if (beta < 0.1)
      CLOSE(1 - hk / w2, 0.23 * beta, 0.03 * beta); /* of first order in beta, see the table above */
  }
  const double one = between_gaussians(1, n, near, 1, "wfr", &o).value;
  o.alpha *= 4, o.beta *= 4;
  CLOSE_REL(between_gaussians(1, n, near, 1, "wfr", &o).value, 0.5 * one, 1e-12);
}
END_TEST

/* A common factor changes nothing: potentials of the line are those of the plane and of space. */
START_TEST(wfr_with_a_common_factor)
{
  const long fine[] = {256}, cells[][MF_AXES] = {{30}, {30, 20}, {30, 10, 12}};
  mf_distance_options o = usual();
  o.alpha = 16; /* so that few cells resolve the cosine */
  const double exact = between_gaussians(1, fine, near, 1, "wfr", &o).value;
  for (int dim = 1; dim <= 3; dim++) {
    const mf_distance d = between_gaussians(dim, cells[dim - 1], near, 1, "wfr", &o);
    at("%d dimensions", dim);
    CLOSE(d.value, exact, d.error);
    HOLDS(d.error < (dim < 3 ? 2e-2 : 1e-1) * d.value);
  }
}
END_TEST

/* Masses are as they are, from the smallest to the largest. */
START_TEST(wfr_cone_law)
{
  const long n[] = {64};
  const mf_distance_options o = usual();
  const double one = between_gaussians(1, n, near, 1, "wfr", &o).value;
  for (double z = 1e-150; z < 1e200; z *= 1e50)
    CLOSE_REL(between_gaussians(1, n, near, z, "wfr", &o).value,
              sqrt(sqrt(z) * one * one + 4 * (1 - sqrt(z)) * (1 - sqrt(z))), 1e-10);
}
END_TEST

/* ---- Hellinger, MMD ---- */

/* Unit Gaussians d apart in every dimension: int sqrt(a b) = e^(-d^2/8); sums over cells are exact to e^(-2 pi^2/h^2). */
START_TEST(hellinger_of_gaussians)
{
  for (int dim = 1; dim <= 3; dim++) {
    const long cells[] = {40, 41, 39};
    const double lo[] = {-8, -8, -8}, hi[] = {8, 8, 8}, here_[] = {0.3, 0, -0.2}, there[] = {-0.5, 0.4, 0.1},
                 one[] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, two[] = {1, 0, 0, 1};
    const bool periodic[] = {false, false, false};
    mf_grid grid;
    DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
    mf_measure *m[2];
    double square = 0;
    for (int a = 0; a < dim; a++) square += pow(here_[a] - there[a], 2);
    for (int i = 0; i < 2; i++) {
      m[i] = empty_measure(&grid);
      DO(mf_measure_add_gaussian(m[i], i ? 3 : 1, i ? there : here_, dim == 2 ? two : one));
    }
    const double affinity = exp(-square / 8);
    const mf_distance_options o = usual();
    at("%d dimensions", dim);
    CLOSE_REL(ask(mf_distance_types[1], &grid, m[0]->density, m[1]->density, &o, NULL),
              2 * sqrt(4 - 2 * sqrt(3) * affinity), 1e-12);
    /* the cone law: He^2 = 4 [z0 + z1 - 2 sqrt(z0 z1) cos(SHe/2)] */
    const double *b = scaled(&grid, 1.0 / 3, m[1]->density);
    CLOSE_REL(ask(mf_distance_types[2], &grid, m[0]->density, b, &o, NULL), 2 * acos(affinity), 1e-12);
  }
}
END_TEST

/* Measures that nearly touch, or do not touch at all. */
START_TEST(spherical_ends)
{
  const mf_grid grid = line_grid(2, 0, 2, false);
  const mf_distance_options o = usual();
  double *a = reals(2), *b = reals(2);
  a[0] = 1;
  b[1] = 1;
  CLOSE(ask(mf_distance_types[2], &grid, a, b, &o, NULL), pi, 1e-15);
  for (double e = 1e-3; e > 1e-14; e *= 1e-3) {
    a[0] = 0.5 + e, a[1] = 0.5 - e, b[0] = b[1] = 0.5; /* sqrt(1 +- 2 e): the angle is e + O(e^3) */
    CLOSE_REL(ask(mf_distance_types[2], &grid, a, b, &o, NULL), 2 * e, 2 * e * e + 1e-16 / e);
  }
}
END_TEST

/* Against the double sum over cells. */
START_TEST(mmd_is_a_double_sum)
{
  for (scene s = scenes(9); next_scene(&s);) {
    const mf_distance_options o = usual();
    const mf_grid *grid = &s.grid;
    double sum = 0, x[MF_AXES], y[MF_AXES];
    for (ptrdiff_t c = 0; c < grid->cells; c++)
      for (ptrdiff_t d = 0; d < grid->cells; d++) {
        mf_grid_centre(grid, c, x);
        mf_grid_centre(grid, d, y);
        sum += grid->volume * grid->volume * (s.mu->density[c] - s.pi->density[c]) *
               (s.mu->density[d] - s.pi->density[d]) * mf_kernel_between(&kernel, grid, x, y);
      }
    at("%s", s.name);
    CLOSE_REL(ask(mf_distance_types[5], grid, s.mu->density, s.pi->density, &o, NULL), sqrt(sum), 1e-11);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("distance");
  TCase *laws = tcase_create("laws"), *forms = tcase_create("closed forms");
  tcase_add_checked_fixture(laws, NULL, release_all);
  tcase_add_checked_fixture(forms, NULL, release_all);
  tcase_add_test(laws, is_a_distance);
  tcase_add_test(laws, scales_with_masses_and_mobilities);
  tcase_add_test(laws, potential_is_the_first_variation);
  tcase_add_test(laws, threads_do_not_matter);
  tcase_add_test(laws, refuses);
  tcase_add_test(forms, powers_on_the_line);
  tcase_add_test(forms, powers_on_a_ring);
  tcase_add_test(forms, ring_has_no_seam);
  tcase_add_test(forms, map_of_gaussians);
  tcase_add_test(forms, products_are_enclosed);
  tcase_add_test(forms, smooth_products);
  tcase_add_test(forms, rotated_gaussians);
  tcase_add_test(forms, map_of_a_translation);
  tcase_add_test(forms, wfr_on_the_line);
  tcase_add_test(forms, wfr_between_its_limits);
  tcase_add_test(forms, wfr_with_a_common_factor);
  tcase_add_test(forms, wfr_cone_law);
  tcase_add_test(forms, hellinger_of_gaussians);
  tcase_add_test(forms, spherical_ends);
  tcase_add_test(forms, mmd_is_a_double_sum);
  suite_add_tcase(suite, laws);
  suite_add_tcase(suite, forms);
  return mf_run_suite(suite);
}
