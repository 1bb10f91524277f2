/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel operator: the FFT against the double sum that it stands for, on every kind of grid and for
 * every kernel of the registry; positivity, symmetry, translation, and a closed form of the MMD. */
#include "operators/kernels/convolution.h"
#include "operators/kernels/kernel_lattice.h"
#include "tests/kernels.h"

static mf_convolution *convolution(const mf_grid *grid, const mf_kernel *kernel)
{
  mf_convolution *c;
  DO(mf_convolution_create(&c, grid, kernel));
  return keep(A_CONVOLUTION, c);
}

/* ---- the double sum ------------------------------------------------------------------------------------------ */

/* k of two cells `d` apart along each axis: over all images that count where the kernel decays, at the chord else. */
static double kernel_between(const mf_grid *grid, const mf_kernel *kernel, const ptrdiff_t d[MF_AXES])
{
  const bool chord = kernel->type->reach == 0;
  int reach[MF_AXES], at_[MF_AXES];
  double widest = 0;
  long double sum = 0; /* there may be a million images */
  for (int i = 0; i < kernel->scales; i++) widest = fmax(widest, kernel->bandwidth[i]);
  for (int a = 0; a < MF_AXES; a++)
    reach[a] = grid->periodic[a] && !chord ? 1 + (int)(45 * widest / (grid->hi[a] - grid->lo[a])) : 0;
  for (at_[2] = -reach[2]; at_[2] <= reach[2]; at_[2]++)
    for (at_[1] = -reach[1]; at_[1] <= reach[1]; at_[1]++)
      for (at_[0] = -reach[0]; at_[0] <= reach[0]; at_[0]++) {
        double square = 0;
        for (int a = 0; a < MF_AXES; a++) {
          const double length = grid->hi[a] - grid->lo[a], pi = acos(-1);
          double distance = (double)d[a] * grid->h[a] + at_[a] * length;
          if (grid->periodic[a] && chord) distance = length / pi * sin(pi * distance / length);
          square += distance * distance;
        }
        sum += mf_kernel_value(kernel, sqrt(square));
      }
  return (double)sum;
}

/* A kernel of finite rank has no meaning on a periodic axis, and says so. */
static bool refused(const mf_grid *grid, const mf_kernel *kernel)
{
  mf_convolution *c;
  bool periodic = false;
  for (int a = 0; a < grid->dim; a++) periodic = periodic || grid->periodic[a];
  if (!kernel->type->coefficient || !periodic) return false;
  REFUSES(mf_convolution_create(&c, grid, kernel), "it needs walls");
  return true;
}

/* The power series in x.y of two cells. */
static double series_between(const mf_grid *grid, const mf_kernel *kernel, ptrdiff_t i, ptrdiff_t j)
{
  double x[MF_AXES], y[MF_AXES], dot = 0, sum = 0;
  mf_grid_centre(grid, i, x);
  mf_grid_centre(grid, j, y);
  for (int a = 0; a < grid->dim; a++) dot += x[a] * y[a];
  for (int n = 0; n <= MF_KERNEL_DEGREE; n++) sum += mf_kernel_coefficient(kernel, n) * pow(dot, n);
  return sum;
}

/* All values: of a kernel of the distance by the distance in cells along each axis, else by pairs. */
static const double *kernel_table(const mf_grid *grid, const mf_kernel *kernel)
{
  if (kernel->type->coefficient) {
    double *pairs = reals(grid->cells * grid->cells);
    for (ptrdiff_t p = 0; p < grid->cells * grid->cells; p++)
      pairs[p] = series_between(grid, kernel, p / grid->cells, p % grid->cells);
    return pairs;
  }
  double *table = reals(grid->cells);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const ptrdiff_t d[] = {c % grid->n[0], c / grid->n[0] % grid->n[1], c / (grid->n[0] * grid->n[1])};
    table[c] = kernel_between(grid, kernel, d);
  }
  return table;
}

static double table_entry(const mf_grid *grid, const mf_kernel *kernel, const double *table, ptrdiff_t i,
                          ptrdiff_t j)
{
  if (kernel->type->coefficient) return table[i * grid->cells + j];
  ptrdiff_t at_ = 0;
  for (int a = 0; a < MF_AXES; a++) {
    at_ += labs((long)(i % grid->n[a] - j % grid->n[a])) * grid->stride[a];
    i /= grid->n[a];
    j /= grid->n[a];
  }
  return table[at_];
}

/* sum[i] = volume sum_j k_ij f_j in long double; returns volume * sum_j max|k| |f_j|, the size of what is summed. */
static double double_sum(const mf_grid *grid, const mf_kernel *kernel, const double *table, const double *f,
                         double *sum)
{
  const ptrdiff_t entries = kernel->type->coefficient ? grid->cells * grid->cells : grid->cells;
  for (ptrdiff_t i = 0; i < grid->cells; i++) {
    long double total = 0;
    for (ptrdiff_t j = 0; j < grid->cells; j++)
      total += (long double)table_entry(grid, kernel, table, i, j) * f[j];
    sum[i] = grid->volume * (double)total;
  }
  return grid->volume * largest(table, entries) * mf_field_sum_abs(grid, f);
}

/* An FFT is good to a few ulp of the largest thing it adds up. */
static const double fft = 16 * DBL_EPSILON;

static void check_against_double_sum(const mf_grid *grid, const mf_kernel *kernel)
{
  const double *table = kernel_table(grid, kernel), *f = random_field(grid->cells, 3),
               *g = random_field(grid->cells, 4);
  double *want = reals(grid->cells), *got = reals(grid->cells), *start = random_field(grid->cells, 5);
  const mf_convolution *c = convolution(grid, kernel);
  const double size = double_sum(grid, kernel, table, f, want);
  mf_convolution_add(c, f, 1, got);
  SAME(got, want, grid->cells, fft * size);

  memcpy(got, start, (size_t)grid->cells * sizeof *got);
  mf_convolution_add(c, f, -2.5, got); /* adds to what is there */
  for (ptrdiff_t i = 0; i < grid->cells; i++) want[i] = start[i] - 2.5 * want[i];
  SAME(got, want, grid->cells, 2.5 * fft * size + DBL_EPSILON);

  double_sum(grid, kernel, table, f, want);
  const double scale = size * grid->volume * mf_field_sum_abs(grid, f);
  CLOSE(mf_convolution_form(c, f), grid->volume * mf_field_dot(grid, f, want), fft * scale);
  memset(got, 0, (size_t)grid->cells * sizeof *got);
  mf_convolution_add(c, g, 1, got);
  CLOSE(mf_field_dot(grid, f, got), mf_field_dot(grid, g, want), /* K is symmetric */
        fft * size * mf_field_sum_abs(grid, g));
}

START_TEST(fft_is_the_double_sum)
{
  for (int s = 0; s < SHAPES; s++) {
    const mf_grid grid = shape_grid(&shapes[s]);
    const mf_kernel kernel = kernel_of(_i, 0.6);
    at("%s on the %s", mf_kernel_names[_i], shapes[s].name);
    if (refused(&grid, &kernel)) continue;
    check_against_double_sum(&grid, &kernel);
    release_all();
  }
}
END_TEST

/* Lengths with large prime factors, in the transform or in the padding. */
START_TEST(any_length_will_do)
{
  static const long cells[] = {1, 2, 3, 4, 5, 31, 64, 97, 101, 128};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    for (int periodic = 0; periodic < 2; periodic++) {
      const mf_grid grid = line_grid(cells[i], -1, 2.5, periodic);
      const mf_kernel kernel = kernel_of(_i, 0.3);
      at("%s, %ld cells, periodic %d", mf_kernel_names[_i], cells[i], periodic);
      if (refused(&grid, &kernel)) continue;
      check_against_double_sum(&grid, &kernel);
      release_all();
    }
}
END_TEST

START_TEST(bandwidths_add_with_their_weights)
{
  const double bandwidth[] = {0.2, 0.5, 1.1}, weights[] = {0.5, 0, 3};
  const mf_kernel_options o = kernel_options(_i, 3, bandwidth, weights),
                          even = kernel_options(_i, 3, bandwidth, NULL);
  if (!mf_kernel_types[_i]->scaled) return; /* this one has no bandwidth to sum over */
  mf_kernel sum, plain;
  DO(mf_kernel_init(&sum, &o));
  DO(mf_kernel_init(&plain, &even));
  at("%s", mf_kernel_names[_i]);
  for (int n = 0; sum.type->coefficient && n <= MF_KERNEL_DEGREE; n++) {
    double want = 0;
    for (int i = 0; i < 3; i++) {
      const mf_kernel one = kernel_of(_i, bandwidth[i]);
      want += weights[i] * mf_kernel_coefficient(&one, n);
    }
    CLOSE_REL(mf_kernel_coefficient(&sum, n), want, 4 * DBL_EPSILON);
  }
  for (double r = 0; sum.type->value && r < 5; r += 0.1) {
    double want = 0, want_plain = 0;
    for (int i = 0; i < 3; i++) {
      const mf_kernel one = kernel_of(_i, bandwidth[i]);
      want += weights[i] * mf_kernel_value(&one, r);
      want_plain += mf_kernel_value(&one, r);
    }
    CLOSE_REL(mf_kernel_value(&sum, r), want, 4 * DBL_EPSILON);
    CLOSE_REL(mf_kernel_value(&plain, r), want_plain, 4 * DBL_EPSILON);
  }
  static const int on[] = {0, 1, 6, 11}; /* line, ring, tube, 3-torus */
  for (size_t s = 0; s < sizeof on / sizeof *on; s++) {
    const mf_grid grid = shape_grid(&shapes[on[s]]);
    at("%s, three bandwidths on the %s", mf_kernel_names[_i], shapes[on[s]].name);
    if (refused(&grid, &sum)) continue;
    check_against_double_sum(&grid, &sum);
    release_all();
  }
}
END_TEST

/* ---- the blocked transforms against those of the whole box ------------------------------------------------------ */

static mf_convolution *sampled(const mf_grid *grid, const double *values)
{
  mf_convolution *c;
  DO(mf_convolution_create_sampled(&c, grid, values));
  return keep(A_CONVOLUTION, c);
}

/* Of a kernel, or of samples. */
static void check_against_plain(const mf_grid *grid, const mf_kernel *kernel, const double *values)
{
  const double *f = random_field(grid->cells, 6);
  double *want = random_field(grid->cells, 7), *got = reals(grid->cells), *size = reals(grid->cells);
  const mf_convolution *fast = kernel ? convolution(grid, kernel) : sampled(grid, values);
  mf_convolution *plain;
  DO(mf_convolution_create_plain(&plain, grid, kernel, values));
  keep(A_CONVOLUTION, plain);
  for (ptrdiff_t c = 0; c < grid->cells; c++) got[c] = 1;
  mf_convolution_add(plain, got, 1, size);
  const double sum = fmax(largest(size, grid->cells), grid->volume), /* of |k|: both round what they add up */
      allowed = 2 * fft * sum;
  memcpy(got, want, (size_t)grid->cells * sizeof *got);
  mf_convolution_add(plain, f, -1.5, want);
  mf_convolution_add(fast, f, -1.5, got);
  SAME(got, want, grid->cells, 1.5 * allowed + DBL_EPSILON);
  CLOSE(mf_convolution_form(fast, f), mf_convolution_form(plain, f),
        allowed * grid->volume * mf_field_sum_abs(grid, f));
  bool periodic = kernel != NULL && !kernel->type->conditional;
  for (int a = 0; a < grid->dim; a++) periodic = periodic && grid->periodic[a];
  if (!periodic) return;
  const double shift =
      0.1 * sum; /* 2 (K + shift)^-1 is at most 2/shift, times sum/shift of the round-off in K */
  mf_convolution_add_inverse(plain, f, shift, 2, want);
  mf_convolution_add_inverse(fast, f, shift, 2, got);
  SAME(got, want, grid->cells, allowed + 2 * fft * 2 / shift * 10);
}

/* Grids large enough for modes to be left out and for blocks that are not full: lengths odd, even and prime,
 * axes of one cell, walls and rings mixed, cells of any shape. */
static const shape large[] = {
    {"line", 1, {300}, {false}},
    {"ring", 1, {101}, {true}},
    {"square", 2, {64, 64}, {false, false}},
    {"rectangle", 2, {31, 97}, {false, false}},
    {"torus", 2, {53, 60}, {true, true}},
    {"tube", 2, {46, 61}, {false, true}},
    {"other tube", 2, {61, 46}, {true, false}},
    {"upright line", 2, {1, 83}, {false, false}},
    {"box", 3, {24, 17, 30}, {false, false, false}},
    {"3-torus", 3, {20, 25, 18}, {true, true, true}},
    {"3-tube", 3, {19, 32, 22}, {false, true, false}},
    {"other 3-tube", 3, {32, 21, 19}, {true, false, false}},
    {"standing plate", 3, {1, 40, 37}, {false, false, true}},
    {"lying plate", 3, {40, 37, 1}, {true, false, false}},
    {"plate", 3, {37, 1, 40}, {false, true, false}},
};
enum { LARGE = sizeof large / sizeof *large };

START_TEST(blocked_transforms_are_those_of_the_whole_box)
{
  static const double bandwidth[] = {0.05, 0.3, 1.5,
                                     20};       /* round-off a few cells away; as the box; much wider */
  if (mf_kernel_types[_i]->coefficient) return; /* never transformed */
  for (int s = 0; s < LARGE; s++)
    for (int b = 0; b < 4; b++) {
      const mf_grid grid = shape_grid(&large[s]);
      const mf_kernel kernel = kernel_of(_i, bandwidth[b]);
      at("%s of bandwidth %g on the %s", mf_kernel_names[_i], bandwidth[b], large[s].name);
      check_against_plain(&grid, &kernel, NULL);
      release_all();
    }
}
END_TEST

/* exp of a quadratic form of the displacement, of its sine on rings: with `skew` it is even only if all axes
 * are turned round. */
static const double *quadratic_samples(const mf_grid *grid, const mf_grid *displacements, bool skew)
{
  double *values = reals(displacements->cells), x[MF_AXES];
  for (ptrdiff_t c = 0; c < displacements->cells; c++) {
    ptrdiff_t rest = c;
    for (int a = 0; a < MF_AXES; a++) {
      const ptrdiff_t n = displacements->n[a];
      const double d = (double)(rest % n - n / 2) * grid->h[a],
                   wave = 2 * acos(-1) / ((double)n * grid->h[a]);
      x[a] = grid->periodic[a] ? sin(wave * d) / wave : d;
      rest /= n;
    }
    values[c] = exp(-x[0] * x[0] - x[1] * x[1] - x[2] * x[2] - skew * (x[0] * x[1] - x[1] * x[2]));
  }
  return values;
}

/* Index of the displacement between two cells. */
static ptrdiff_t displacement_between(const mf_grid *grid, const mf_grid *displacements, ptrdiff_t i,
                                      ptrdiff_t j)
{
  ptrdiff_t index = 0;
  for (int a = 0; a < MF_AXES; a++) {
    const ptrdiff_t n = displacements->n[a], by = i % grid->n[a] - j % grid->n[a] + n / 2;
    index += displacements->stride[a] * (grid->periodic[a] ? (by + n) % n : by);
    i /= grid->n[a];
    j /= grid->n[a];
  }
  return index;
}

START_TEST(sampled_functions_need_not_be_even_along_each_axis)
{
  const shape *on = _i < SHAPES ? &shapes[_i] : &large[_i - SHAPES];
  for (int skew = 0; skew < 2; skew++) {
    const mf_grid grid = shape_grid(on);
    mf_grid displacements;
    DO(mf_grid_displacements(&displacements, &grid));
    const double *values = quadratic_samples(&grid, &displacements, skew), *f = random_field(grid.cells, 8);
    at("%s function on the %s", skew ? "skew" : "even", on->name);
    check_against_plain(&grid, NULL, values);
    if (_i < SHAPES) {
      double *got = reals(grid.cells), *want = reals(grid.cells);
      for (ptrdiff_t i = 0; i < grid.cells; i++)
        for (ptrdiff_t j = 0; j < grid.cells; j++)
          want[i] += grid.volume * values[displacement_between(&grid, &displacements, i, j)] * f[j];
      mf_convolution_add(sampled(&grid, values), f, 1, got);
      SAME(got, want, grid.cells,
           fft * grid.volume * largest(values, displacements.cells) * mf_field_sum_abs(&grid, f));
    }
    release_all();
  }
}
END_TEST

/* Sums over images by tables against the images themselves, up to a million of them. */
START_TEST(wide_kernels_are_sums_over_their_images)
{
  static const struct {
    ptrdiff_t count[MF_AXES];
    double h[MF_AXES], period[MF_AXES], bandwidth;
  } rows[] = {
      {{17, 1, 1}, {0.0625, 1, 1}, {2, 0, 0}, 30}, {{5, 4, 1}, {0.2, 0.25, 1}, {2, 2, 0}, 10},
      {{5, 4, 1}, {0.2, 0.25, 1}, {2, 2, 0}, 0.6}, {{4, 5, 1}, {0.3, 0.25, 1}, {2, 0, 0}, 10}, /* a tube */
      {{5, 4, 1}, {0.2, 1, 1}, {2, 7, 0}, 8}, /* a short ring and a long one */
      {{2, 3, 2}, {1, 0.5, 0.9}, {2, 2, 2}, 1.7},  {{2, 3, 2}, {1, 0.5, 0.9}, {2, 0, 3}, 9},
      {{2, 3, 2}, {1, 0.5, 0.9}, {0, 0, 3}, 9},
  };
  if (mf_kernel_types[_i]->coefficient) return; /* no images */
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    for (double smoothness = 0.5; smoothness < 3; smoothness++) {
      mf_kernel kernel = kernel_of(_i, rows[r].bandwidth);
      if (kernel.type->shape_max == 2.5)
        kernel.shape = smoothness;
      else if (smoothness > 0.5)
        continue;
      mf_lattice l;
      ptrdiff_t size = 1;
      for (int a = 0; a < MF_AXES; a++) {
        l.count[a] = rows[r].count[a];
        l.h[a] = rows[r].h[a];
        l.period[a] = rows[r].period[a];
        l.stride[a] = size;
        size *= l.count[a];
      }
      double *want = reals(size), *got = reals(size);
      DO(mf_kernel_sample_images(&kernel, &l, want));
      DO(mf_kernel_sample(&kernel, &l, got));
      at("%s of bandwidth %g, shape %g, row %zu", kernel.type->name, rows[r].bandwidth, kernel.shape, r);
      /* Tables, nodes and weights are good to a few ulp each, and so is r at the end of the kernel's reach. */
      SAME(got, want, size, 16 * DBL_EPSILON * largest(want, size));
      release_all();
    }
}
END_TEST

/* ---- positivity, translation --------------------------------------------------------------------------------- */

/* Directions of every kind: rough, smooth, a single cell, the checkerboard that wide kernels barely see. */
static void fill_direction(const mf_grid *grid, int kind, double *f)
{
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const ptrdiff_t i = c % grid->n[0], j = c / grid->n[0] % grid->n[1], k = c / (grid->n[0] * grid->n[1]);
    double x[MF_AXES];
    mf_grid_centre(grid, c, x);
    switch (kind) {
    case 0:
      break; /* random, as it comes */
    case 1:
      f[c] = cos(3 * x[0] + 2 * x[1] - x[2]);
      break;
    case 2:
      f[c] = c == grid->cells / 2;
      break;
    case 3:
      f[c] = (i + j + k) % 2 ? -1 : 1;
      break;
    default:
      f[c] = i % 2 ? -1 : 1;
      break;
    }
  }
}

static void remove_mean(const mf_grid *grid, double *f)
{
  const double mean = mf_field_sum(grid, f) / (double)grid->cells;
  for (ptrdiff_t c = 0; c < grid->cells; c++) f[c] -= mean;
}

/* |f|_K^2 >= 0; conditional kernels promise it for mean 0 only.  On a torus it is a sum of terms >= 0, so exactly;
 * with walls the embedding in a larger torus may have negative terms, and their rounding counts. */
START_TEST(kernels_are_positive)
{
  static const double bandwidth[] = {0.05, 0.6, 30}; /* narrower than a cell, as the box, much wider */
  for (int s = 0; s < SHAPES; s++)
    for (int b = 0; b < 3; b++)
      for (int kind = 0; kind < 5; kind++) {
        const mf_grid grid = shape_grid(&shapes[s]);
        const mf_kernel kernel = kernel_of(_i, bandwidth[b]);
        if (refused(&grid, &kernel)) continue;
        double *f = random_field(grid.cells, 10), *size = reals(grid.cells), *kf = reals(grid.cells);
        fill_direction(&grid, kind, f);
        if (mf_kernel_types[_i]->conditional) remove_mean(&grid, f);
        for (ptrdiff_t c = 0; c < grid.cells; c++) size[c] = fabs(f[c]);
        const mf_convolution *c = convolution(&grid, &kernel);
        bool torus = true;
        for (int axis = 0; axis < grid.dim; axis++)
          torus = torus && (grid.periodic[axis] || grid.n[axis] == 1);
        mf_convolution_add(c, size, 1, kf);
        const double allowed = fft * grid.volume * fabs(mf_field_dot(&grid, size, kf));
        at("%s of bandwidth %g on the %s, direction %d", mf_kernel_names[_i], bandwidth[b], shapes[s].name,
           kind);
        ck_assert_msg(mf_convolution_form(c, f) >= (torus && !kernel.type->conditional ? 0 : -allowed),
                      "%s: %g < 0", here, mf_convolution_form(c, f));
        release_all();
      }
}
END_TEST

/* Wide smooth kernels have eigenvalues below rounding: each mode of a ring asks for one, and none may be negative. */
START_TEST(eigenvalues_on_a_ring_are_not_negative)
{
  if (mf_kernel_types[_i]->conditional || mf_kernel_types[_i]->coefficient) return;
  for (long n = 63; n <= 64; n++) {
    const mf_grid grid = line_grid(n, 0, 3, true);
    const mf_kernel kernel = kernel_of(_i, 0.5);
    const mf_convolution *c = convolution(&grid, &kernel);
    double *f = reals(n);
    for (long mode = 0; mode <= n / 2; mode++) {
      for (long i = 0; i < n; i++) f[i] = cos(2 * acos(-1) * (double)(mode * i % n) / (double)n);
      at("%s, %ld cells, mode %ld", mf_kernel_names[_i], n, mode);
      HOLDS(mf_convolution_form(c, f) >= 0);
    }
  }
}
END_TEST

START_TEST(convolution_commutes_with_translation)
{
  static const int on[] = {1, 2, 5, 8, 11}; /* the periodic shapes */
  for (size_t s = 0; s < sizeof on / sizeof *on; s++) {
    const mf_grid grid = shape_grid(&shapes[on[s]]);
    const mf_kernel kernel = kernel_of(_i, 0.6);
    if (refused(&grid, &kernel)) continue;
    const mf_convolution *c = convolution(&grid, &kernel);
    const double *f = random_field(grid.cells, 20);
    for (int a = 0; a < grid.dim; a++) {
      double *shifted = reals(grid.cells), *k_shifted = reals(grid.cells), *kf = reals(grid.cells),
             *want = reals(grid.cells);
      mf_convolution_add(c, f, 1, kf);
      for (ptrdiff_t i = 0; i < grid.cells; i++) {
        const ptrdiff_t at_ = i / grid.stride[a] % grid.n[a], to = (at_ + 1) % grid.n[a];
        shifted[i + (to - at_) * grid.stride[a]] = f[i];
        want[i + (to - at_) * grid.stride[a]] = kf[i];
      }
      mf_convolution_add(c, shifted, 1, k_shifted);
      at("%s on the %s along axis %d", mf_kernel_names[_i], shapes[on[s]].name, a);
      SAME(k_shifted, want, grid.cells, fft * (1 + largest(kf, grid.cells)) * (double)grid.cells);
    }
    release_all();
  }
}
END_TEST

/* ---- closed forms -------------------------------------------------------------------------------------------- */

/* E k(X, Y) for X ~ N(m, S), Y ~ N(n, T) and k = exp(-|x - y|^2/(2 s2)) in the plane (mathematics: B.4). */
static double expected_kernel(double s2, const double *m, const double *S, const double *n, const double *T)
{
  const double a = s2 + S[0] + T[0], b = S[1] + T[1], d = s2 + S[3] + T[3], det = a * d - b * b;
  const double x = m[0] - n[0], y = m[1] - n[1];
  return s2 / sqrt(det) * exp(-0.5 * (d * x * x - 2 * b * x * y + a * y * y) / det);
}

typedef struct {
  int count;
  double weight[3], mean[3][2], covariance[3][4];
} mixture;

static double mixture_form(double s2, const mixture *a, const mixture *b)
{
  double sum = 0;
  for (int i = 0; i < a->count; i++)
    for (int j = 0; j < b->count; j++)
      sum += a->weight[i] * b->weight[j] *
             expected_kernel(s2, a->mean[i], a->covariance[i], b->mean[j], b->covariance[j]);
  return sum;
}

static mf_measure *mixture_measure(const mf_grid *grid, const mixture *a)
{
  mf_measure *m = empty_measure(grid);
  for (int i = 0; i < a->count; i++)
    DO(mf_measure_add_gaussian(m, a->weight[i], a->mean[i], a->covariance[i]));
  return m;
}

/* The two experiments of Gladin, Dvurechensky, Mielke & Zhu 2024, section 4: start, target, MMD^2 between them for
 * k = exp(-|x - y|^2/20), to the six digits known.  Sums of smooth functions that vanish at the walls converge faster
 * than any power of h, so the grid agrees with the closed form to rounding. */
START_TEST(mmd_of_gaussians_has_a_closed_form)
{
  static const mixture start = {1, {1}, {{5, 5}}, {{1, 0, 0, 1}}};
  static const mixture target[] = {{1, {1}, {{0, 0}}, {{1, 0.5, 0.5, 2}}},
                                   {3,
                                    {1. / 3, 1. / 3, 1. / 3},
                                    {{0, 0}, {3, -1}, {1, 4}},
                                    {{1, 0.5, 0.5, 2}, {1, 0, 0, 1}, {3, 0.5, 0.5, 1}}}};
  static const double published[] = {1.373653, 0.882791};
  const mf_grid grid = plane_grid(72, 72, -14, 16, false);
  const mf_kernel kernel = kernel_of(0, sqrt(10));
  ck_assert_str_eq(mf_kernel_names[0], "gaussian");
  const mf_convolution *c = convolution(&grid, &kernel);
  for (int i = 0; i < 2; i++) {
    const mf_measure *mu = mixture_measure(&grid, &start), *pi = mixture_measure(&grid, &target[i]);
    double *difference = reals(grid.cells);
    for (ptrdiff_t j = 0; j < grid.cells; j++) difference[j] = mu->density[j] - pi->density[j];
    const double want = mixture_form(10, &start, &start) - 2 * mixture_form(10, &start, &target[i]) +
                        mixture_form(10, &target[i], &target[i]);
    CLOSE(want, published[i], 5e-7);
    CLOSE_REL(mf_convolution_form(c, difference), want, 1e-12);
  }
}
END_TEST

/* 2 int (F - G)^2 dx, F and G the distribution functions, is the squared energy distance on a line: for two boxes of
 * width 1 a distance 1 apart, 2 (1/3 + 1/3).  The grid sees boxes of point masses h apart, wrong by O(h^2). */
START_TEST(energy_distance_is_that_of_distribution_functions)
{
  const mf_kernel kernel = kernel_of(kernel_named("energy"), 0);
  for (long n = 30; n <= 300; n *= 10) {
    const mf_grid grid = line_grid(n, 0, 3, false);
    mf_measure *a = empty_measure(&grid), *b = empty_measure(&grid);
    DO(mf_measure_add_box(a, 1, &(const double){0}, &(const double){1}));
    DO(mf_measure_add_box(b, 1, &(const double){1}, &(const double){2}));
    for (ptrdiff_t i = 0; i < grid.cells; i++) a->density[i] -= b->density[i];
    CLOSE(mf_convolution_form(convolution(&grid, &kernel), a->density), 4. / 3, grid.h[0] * grid.h[0]);
  }
}
END_TEST

/* |mu - pi| of k = x.y is the distance of the means, of (1 + x.y)^2 that of all moments up to the second. */
START_TEST(finite_rank_compares_moments)
{
  const mf_grid grid = shape_grid(&shapes[4]);
  const double *f = random_field(grid.cells, 30);
  double m[3] = {0}, s[3] = {0}; /* 1, x, y and xx, xy, yy */
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&grid, c, x);
    const double mass = grid.volume * f[c];
    m[0] += mass, m[1] += mass * x[0], m[2] += mass * x[1];
    s[0] += mass * x[0] * x[0], s[1] += mass * x[0] * x[1], s[2] += mass * x[1] * x[1];
  }
  const mf_kernel first = kernel_of(kernel_named("linear"), 0),
                  second = kernel_of(kernel_named("polynomial"), 1);
  const double means = m[1] * m[1] + m[2] * m[2], squares = s[0] * s[0] + 2 * s[1] * s[1] + s[2] * s[2];
  CLOSE_REL(mf_convolution_form(convolution(&grid, &first), f), means,
            1e-12); /* sums of 54 terms of both signs */
  CLOSE_REL(mf_convolution_form(convolution(&grid, &second), f), m[0] * m[0] + 2 * means + squares, 1e-12);
}
END_TEST

/* Squares of such fields are no numbers: powers of 2 change nothing but the exponent. */
START_TEST(norms_are_as_small_and_large_as_fields)
{
  for (int s = 0; s < SHAPES; s++) {
    const mf_grid grid = shape_grid(&shapes[s]);
    const mf_kernel kernel = kernel_of(_i, 0.6);
    at("%s on the %s", mf_kernel_names[_i], shapes[s].name);
    if (kernel.type->conditional || refused(&grid, &kernel)) continue;
    const double *f = random_field(grid.cells, 7);
    double *scaled = reals(grid.cells);
    const mf_convolution *c = convolution(&grid, &kernel);
    const double norm = mf_convolution_norm(c, f);
    CLOSE_REL(norm * norm, mf_convolution_form(c, f), 4 * DBL_EPSILON);
    for (int exponent = -960; exponent <= 960; exponent += 160) {
      for (ptrdiff_t i = 0; i < grid.cells; i++) scaled[i] = ldexp(f[i], exponent);
      CLOSE_REL(mf_convolution_norm(c, scaled), ldexp(norm, exponent), 4 * DBL_EPSILON);
    }
    memset(scaled, 0, (size_t)grid.cells * sizeof *scaled);
    ck_assert_double_eq(mf_convolution_norm(c, scaled), 0);
    release_all();
  }
}
END_TEST

START_TEST(convolution_keeps_its_kernel)
{
  const mf_grid grid = line_grid(4, 0, 1, false);
  const mf_kernel kernel = kernel_of(0, 0.3);
  const mf_convolution *c = convolution(&grid, &kernel);
  ck_assert_ptr_eq(mf_convolution_kernel(c)->type, kernel.type);
  ck_assert_double_eq(mf_convolution_kernel(c)->bandwidth[0], 0.3);
  HOLDS(strstr(mf_convolution_library(), "fftw") != NULL);
  mf_convolution_free(NULL);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("convolution");
  TCase *all = tcase_create("convolution");
  const int kernels = kernel_count();
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, fft_is_the_double_sum, 0, kernels);
  tcase_add_loop_test(all, any_length_will_do, 0, kernels);
  tcase_add_loop_test(all, bandwidths_add_with_their_weights, 0, kernels);
  tcase_add_loop_test(all, blocked_transforms_are_those_of_the_whole_box, 0, kernels);
  tcase_add_loop_test(all, sampled_functions_need_not_be_even_along_each_axis, 0, SHAPES + LARGE);
  tcase_add_loop_test(all, wide_kernels_are_sums_over_their_images, 0, kernels);
  tcase_add_loop_test(all, kernels_are_positive, 0, kernels);
  tcase_add_loop_test(all, eigenvalues_on_a_ring_are_not_negative, 0, kernels);
  tcase_add_loop_test(all, convolution_commutes_with_translation, 0, kernels);
  tcase_add_test(all, mmd_of_gaussians_has_a_closed_form);
  tcase_add_test(all, energy_distance_is_that_of_distribution_functions);
  tcase_add_test(all, finite_rank_compares_moments);
  tcase_add_loop_test(all, norms_are_as_small_and_large_as_fields, 0, kernels);
  tcase_add_test(all, convolution_keeps_its_kernel);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
