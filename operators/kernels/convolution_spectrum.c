/* SPDX-License-Identifier: BSD-3-Clause */
/* The spectrum of a convolution: lengths of the transforms, eigenvalues, and the modes that have any.
 *
 * Padding.  A kernel that reaches r cells needs n + min(n - 1, r) points.  If r >= n a Gaussian has a
 * choice: on 2n - 1 points its spectrum has a long tail, from the kink where displacements wrap; as a sum
 * over images on n + r points nearly all of it is round-off, and is not computed.  The cheaper one by the
 * count of operations is taken, unless it stores much more. */
#include "operators/kernels/convolution_spectrum.h"

#include "grids/base.h"
#include "grids/threads.h"
#include "operators/kernels/kernel_lattice.h"
#include "operators/kernels/planner.h"

#include <complex.h>
#include <fftw3.h>
#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>

/* ---- lengths ------------------------------------------------------------------------------------------- */

/* Time of one line, up to a factor; the weights are measured, for FFTW's estimated plans of 100 to 1100
 * points. */
static double line_work(ptrdiff_t m, bool is_real)
{
  const double weight = is_real ? (m % 2 ? 3 : 0.8) : m % 3 == 0 ? 1.8 : m % 8 ? 1.5 : 1;
  return weight * (double)m * log2((double)m + 1);
}

/* The length >= n of least work. */
static ptrdiff_t good_length(ptrdiff_t n, bool is_real)
{
  ptrdiff_t best = mf_convolution_length(n);
  for (ptrdiff_t m = best; m < 2 * n; m = mf_convolution_length(m + 1))
    if (line_work(m, is_real) < line_work(best, is_real)) best = m;
  return best;
}

/* Time of one convolution that keeps these modes, up to the same factor. */
static double operations(const mf_spectrum *s, const ptrdiff_t kept[MF_AXES])
{
  const double columns = fmin((double)kept[0], (double)s->half),
               inner = fmin(2 * (double)kept[1] - 1, (double)s->m[1]);
  double sum = (double)(s->n[1] * s->n[2]) * line_work(s->m[0], true);
  if (s->dim > 1) sum += columns * (double)s->n[2] * line_work(s->m[1], false);
  if (s->dim > 2) sum += columns * inner * line_work(s->m[2], false);
  return sum;
}

/* Eigenvalues of a kernel on these lengths. */
static double stored(const mf_spectrum *s)
{
  double count = 1;
  for (int a = 0; a < s->dim; a++) count *= (double)(s->m[a] / 2 + 1);
  return count;
}

/* Cells beyond which the kernel is round-off; as many as there are if it never is. */
static ptrdiff_t reach(const mf_kernel *kernel, const mf_grid *grid, int axis)
{
  const double cells = kernel ? ceil(mf_kernel_reach(kernel) / grid->h[axis]) : 0;
  return cells > 0 && cells < 1e6 * (double)grid->n[axis] ? (ptrdiff_t)cells : 1000000 * grid->n[axis];
}

/* Lengths of the axes with walls, padded by the kernel's reach: all of it (`whole`), or as much as the
 * grid sees. */
static void pad(mf_spectrum *s, const mf_kernel *kernel, bool whole)
{
  for (int a = 0; a < s->dim; a++) {
    const int axis = s->axis[a];
    const ptrdiff_t n = s->n[a], r = reach(kernel, s->grid, axis);
    s->m[a] = n;
    if (s->grid->periodic[axis] || n == 1) continue;
    s->m[a] = good_length(whole || r < n ? n + r : 2 * n - 1, a == 0);
    s->period[axis] = whole ? (double)s->m[a] * s->grid->h[axis] : 0;
  }
  s->half = s->m[0] / 2 + 1;
}

/* Modes along each axis at which a Gaussian's spectrum falls below an ulp of its largest value. */
static void expect_modes(const mf_spectrum *s, const mf_kernel *kernel, ptrdiff_t kept[MF_AXES])
{
  double narrowest = INFINITY;
  for (int i = 0; i < kernel->scales; i++) narrowest = fmin(narrowest, kernel->bandwidth[i]);
  for (int a = 0; a < MF_AXES; a++) {
    const double period = (double)s->m[a] * s->grid->h[s->axis[a]],
                 modes = sqrt(-2 * log(DBL_EPSILON)) * period / (2 * acos(-1) * narrowest);
    kept[a] = (ptrdiff_t)fmin(modes + 2, (double)(s->m[a] / 2 + 1));
  }
}

static void choose_lengths(mf_spectrum *s, const mf_kernel *kernel)
{
  const ptrdiff_t every[] = {PTRDIFF_MAX, PTRDIFF_MAX, PTRDIFF_MAX};
  const bool is_gaussian = kernel && kernel->type->mixture && isinf(kernel->type->mixture(kernel->shape));
  pad(s, kernel, false);
  if (!is_gaussian) return;
  const double compact = operations(s, every), fewest = stored(s);
  double longest = 0;
  for (int a = 0; a < s->dim; a++)
    longest = fmax(longest, (double)reach(kernel, s->grid, s->axis[a]) / (double)s->n[a]);
  if (longest < 64) {
    ptrdiff_t kept[MF_AXES];
    pad(s, kernel, true);
    expect_modes(s, kernel, kept);
    if (operations(s, kept) <= compact && stored(s) <= 4 * fewest) return;
  }
  pad(s, kernel, false);
}

static void find_axes(mf_spectrum *s)
{
  const mf_grid *grid = s->grid;
  for (int a = 0; a < MF_AXES; a++) {
    s->n[a] = s->m[a] = s->modes[a] = s->kept[a] = 1;
    if (grid->periodic[a]) s->period[a] = grid->hi[a] - grid->lo[a];
  }
  for (int a = 0; a < MF_AXES; a++)
    if (grid->n[a] > 1) {
      s->axis[s->dim] = a;
      s->n[s->dim++] = grid->n[a];
    }
  if (s->dim == 0) s->dim = 1;
}

/* ---- eigenvalues --------------------------------------------------------------------------------------- */

/* Lattice of displacements that are not negative, in the order of the eigenvalues. */
static mf_lattice lattice(const mf_spectrum *s)
{
  mf_lattice l;
  for (int a = 0; a < MF_AXES; a++) {
    l.count[a] = 1;
    l.stride[a] = 0;
    l.h[a] = s->grid->h[a];
    l.period[a] = s->period[a];
  }
  for (int a = 0; a < s->dim; a++) {
    l.count[s->axis[a]] = s->modes[a];
    l.stride[s->axis[a]] = (a < 1 ? s->modes[1] : 1) * (a < 2 ? s->modes[2] : 1);
  }
  return l;
}

/* Even sequences along one axis, given by their first m/2 + 1 values. */
typedef struct {
  double *values;
  ptrdiff_t m, modes, stride;
  fftw_plan plan;
  atomic_bool *failed;
} even_lines;

enum { TILE = 8 /* lines beside each other in memory that are copied together */ };

/* Transforms `count` lines beside each other; `line` has room for one after the other, `image` for one. */
static void transform_tile(const even_lines *e, double *at, ptrdiff_t count, ptrdiff_t room, double *line,
                           fftw_complex *image)
{
  for (ptrdiff_t i = 0; i < e->m; i++)
    for (ptrdiff_t k = 0; k < count; k++)
      line[k * room + i] = at[e->stride * (i < e->modes ? i : e->m - i) + k];
  for (ptrdiff_t k = 0; k < count; k++) {
    fftw_execute_dft_r2c(e->plan, line + k * room, image);
    for (ptrdiff_t i = 0; i < e->modes; i++) line[k * room + i] = creal(image[i]);
  }
  for (ptrdiff_t i = 0; i < e->modes; i++)
    for (ptrdiff_t k = 0; k < count; k++) at[e->stride * i + k] = line[k * room + i];
}

static void transform_lines(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const even_lines *e = self;
  const ptrdiff_t room = (e->m + TILE - 1) / TILE * TILE; /* every line as well aligned as the first */
  double *line = fftw_alloc_real((size_t)(TILE * room));
  fftw_complex *image = fftw_alloc_complex((size_t)e->modes);
  if (!line || !image) atomic_store(e->failed, true);
  for (ptrdiff_t q = begin; line && image && q < end;) {
    const ptrdiff_t beside = e->stride - q % e->stride, left = end - q < beside ? end - q : beside;
    const ptrdiff_t count = left < TILE ? left : TILE;
    transform_tile(e, e->values + q / e->stride * e->stride * e->modes + q % e->stride, count, room, line,
                   image);
    q += count;
  }
  fftw_free(line);
  fftw_free(image);
}

/* Transforms along axis a, in place. */
static int transform_even(const mf_spectrum *s, int a, double *values)
{
  const ptrdiff_t m = s->m[a], modes = s->modes[a], total = s->modes[0] * s->modes[1] * s->modes[2];
  const ptrdiff_t stride = (a < 1 ? s->modes[1] : 1) * (a < 2 ? s->modes[2] : 1);
  fftw_complex *image = fftw_alloc_complex((size_t)modes);
  double *line = fftw_alloc_real((size_t)m);
  fftw_plan plan = NULL;
  if (image && line && !mf_planner_enter(m)) {
    plan = fftw_plan_dft_r2c_1d((int)m, line, image, FFTW_ESTIMATE);
    mf_planner_leave();
  }
  atomic_bool failed = !plan;
  const even_lines e = {values, m, modes, stride, plan, &failed};
  if (plan) mf_share(total / modes, MF_PIECE / 2 / modes + 1, transform_lines, &e);
  mf_planner_destroy(plan);
  fftw_free(line);
  fftw_free(image);
  return atomic_load(&failed) ? mf_fail(MF_EMEMORY, "no memory for a transform of %td points", m) : MF_OK;
}

/* Samples at transform index i; mirrored along axis `mirrored`, if it is one. */
static double sample(const mf_spectrum *s, const mf_convolution_source *source, const mf_grid *displacements,
                     const ptrdiff_t i[MF_AXES], int mirrored)
{
  ptrdiff_t at[MF_AXES] = {0}, m[MF_AXES] = {1, 1, 1};
  for (int a = 0; a < s->dim; a++) {
    at[s->axis[a]] = a == mirrored ? (s->m[a] - i[a]) % s->m[a] : i[a];
    m[s->axis[a]] = s->m[a];
  }
  return mf_convolution_look_up(source, displacements, m, at);
}

static bool even(const mf_spectrum *s, const mf_convolution_source *source, const mf_grid *displacements)
{
  ptrdiff_t i[MF_AXES];
  for (i[0] = 0; i[0] < s->half; i[0]++)
    for (i[1] = 0; i[1] < s->m[1]; i[1]++)
      for (i[2] = 0; i[2] < s->m[2]; i[2]++)
        for (int a = 0; a < s->dim; a++)
          if (sample(s, source, displacements, i, a) != sample(s, source, displacements, i, -1)) return false;
  return true;
}

/* Samples in the order of the eigenvalues, over counts[0] * counts[1] * counts[2] transform indices. */
static void copy_samples(const mf_spectrum *s, const mf_convolution_source *source,
                         const mf_grid *displacements, const ptrdiff_t counts[MF_AXES], double *to)
{
  ptrdiff_t i[MF_AXES];
  for (i[0] = 0; i[0] < counts[0]; i[0]++)
    for (i[1] = 0; i[1] < counts[1]; i[1]++)
      for (i[2] = 0; i[2] < counts[2]; i[2]++) *to++ = sample(s, source, displacements, i, -1);
}

/* A function that is even under inversion only: its transform is real. */
static int transform_whole(mf_spectrum *s, const mf_convolution_source *source, const mf_grid *displacements)
{
  const ptrdiff_t *m = s->m, half = m[s->dim - 1] / 2 + 1;
  const ptrdiff_t points = m[0] * m[1] * m[2], rows = points / m[s->dim - 1];
  const int lengths[] = {(int)m[0], (int)m[1], (int)m[2]};
  double *values = fftw_alloc_real((size_t)points);
  fftw_complex *image = fftw_alloc_complex((size_t)(rows * half));
  fftw_plan plan = NULL;
  if (values && image && !mf_planner_enter(m[0] + m[1] + m[2])) {
    plan = fftw_plan_dft_r2c(s->dim, lengths, values, image, FFTW_ESTIMATE);
    mf_planner_leave();
  }
  if (plan) {
    copy_samples(s, source, displacements, m, values);
    fftw_execute(plan);
    for (ptrdiff_t i = 0; i < s->modes[0] * s->modes[1] * s->modes[2]; i++) {
      const ptrdiff_t last = s->modes[s->dim - 1], k = i % last, row = i / last;
      ptrdiff_t from = row * half + k;
      if (k >= half) { /* of the opposite row */
        const ptrdiff_t x = row / (s->dim > 2 ? m[1] : 1), y = s->dim > 2 ? row % m[1] : 0;
        const ptrdiff_t opposite =
            (m[0] - x) % m[0] * (s->dim > 2 ? m[1] : 1) + (s->dim > 2 ? (m[1] - y) % m[1] : 0);
        from = opposite * half + m[s->dim - 1] - k;
      }
      s->eigenvalue[i] = creal(image[from]);
    }
  }
  mf_planner_destroy(plan);
  fftw_free(values);
  fftw_free(image);
  return plan ? MF_OK : mf_fail(MF_EMEMORY, "no memory for a transform of %td points", points);
}

static int create_eigenvalues(mf_spectrum *s, const mf_convolution_source *source)
{
  mf_grid displacements;
  bool is_even = true;
  if (!source->kernel) {
    MF_TRY(mf_grid_displacements(&displacements, s->grid));
    is_even = even(s, source, &displacements);
  }
  for (int a = 0; a < s->dim; a++) s->modes[a] = is_even || a == 0 ? s->m[a] / 2 + 1 : s->m[a];
  const ptrdiff_t count = s->modes[0] * s->modes[1] * s->modes[2];
  MF_TRY(mf_reals_create(&s->eigenvalue, count));
  if (is_even) {
    const mf_lattice l = lattice(s);
    if (source->kernel)
      MF_TRY(mf_kernel_sample(source->kernel, &l, s->eigenvalue));
    else
      copy_samples(s, source, &displacements, s->modes, s->eigenvalue);
    for (int a = 0; a < s->dim; a++) MF_TRY(transform_even(s, a, s->eigenvalue));
  } else {
    MF_TRY(transform_whole(s, source, &displacements));
  }
  mf_convolution_clean(s->eigenvalue, count, s->padded,
                       s->grid->volume / (double)(s->m[0] * s->m[1] * s->m[2]));
  return MF_OK;
}

/* Modes beyond which all eigenvalues are 0, along each axis. */
static void find_kept(mf_spectrum *s)
{
  const double *value = s->eigenvalue;
  ptrdiff_t k[MF_AXES];
  for (k[0] = 0; k[0] < s->modes[0]; k[0]++)
    for (k[1] = 0; k[1] < s->modes[1]; k[1]++)
      for (k[2] = 0; k[2] < s->modes[2]; k[2]++)
        if (*value++ != 0)
          for (int a = 0; a < s->dim; a++) {
            const ptrdiff_t mode = k[a] <= s->m[a] / 2 ? k[a] : s->m[a] - k[a];
            if (mode >= s->kept[a]) s->kept[a] = mode + 1;
          }
}

int mf_spectrum_init(mf_spectrum *s, const mf_convolution_source *source)
{
  s->grid = source->grid;
  find_axes(s);
  choose_lengths(s, source->kernel);
  for (int a = 0; a < s->dim; a++) s->padded = s->padded || s->m[a] > s->n[a];
  MF_TRY(create_eigenvalues(s, source));
  find_kept(s);
  return MF_OK;
}
