/* The kernel operator by transforms of what is not known to be zero, a few lines at a time.
 *
 * Along the first axis only the rows of the grid are transformed, not those of the padding; along the next
 * axes only columns with eigenvalues other than 0; and the last axis is transformed, multiplied and
 * transformed back while a column is in the cache (Bowman & Roberts 2011, doi:10.1137/100787933, on the order
 * of the axes).  So the padded array never exists: what is stored between the axes is the spectrum of the
 * grid's rows.  Lines are copied into contiguous buffers, four at a time, because FFTW is fastest there.
 *
 * Even along each axis, as radial kernels are, eigenvalues are stored for one orthant.
 *
 * Padding.  A kernel that reaches r cells needs n + min(n - 1, r) points.  If r >= n a Gaussian has a
 * choice: on 2n - 1 points its spectrum has a long tail, from the kink where displacements wrap; as a sum
 * over images on n + r points nearly all of it is round-off, and is not computed.  The cheaper one by the
 * count of operations is taken. */
#include "operators/convolution_method.h"

#include "grids/base.h"
#include "grids/field.h"
#include "operators/kernel_lattice.h"

#include <complex.h>
#include <fftw3.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { LINES = 4 };

/* Buffers of whoever transforms a block. */
typedef struct {
  double *row, *factor;
  fftw_complex *spectrum, *lines, *image, *slab;
} workspace;

/* Axes of one cell are passed over: `dim` counts the others, at least one; lengths beyond it are 1. */
typedef struct {
  const mf_grid *grid;
  int dim, axis[MF_AXES];
  ptrdiff_t n[MF_AXES], m[MF_AXES]; /* cells, transform length */
  ptrdiff_t half;                   /* m[0]/2 + 1 */
  ptrdiff_t modes[MF_AXES];         /* eigenvalues stored along an axis: m/2 + 1, or m if not even along it */
  ptrdiff_t kept[MF_AXES];          /* from mode kept on, and down from -kept, they are all 0 */
  ptrdiff_t columns, pitch;         /* of a row's spectrum: those stored, and how far apart the rows are */
  double period[MF_AXES];           /* of the grid's axes, see mf_lattice */
  double *eigenvalue;               /* of K, volume included, divided by the transform length; x slowest */
  fftw_complex *rows;               /* n[2]*n[1] spectra */
  double *form;                     /* of each column */
  fftw_plan row_forward, row_backward, forward[MF_AXES], backward[MF_AXES];
  workspace buffers;
} blocked;

/* Lines of complex numbers start at multiples of 64 bytes. */
static ptrdiff_t whole_lines(ptrdiff_t count)
{
  return (count + 3) / 4 * 4;
}

static ptrdiff_t at_least(ptrdiff_t a, ptrdiff_t b)
{
  return a > b ? a : b;
}

static bool all_periodic(const blocked *b)
{
  for (int a = 0; a < b->dim; a++)
    if (b->n[a] > 1 && !b->grid->periodic[b->axis[a]]) return false;
  return true;
}

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
static double work(const blocked *b, const ptrdiff_t kept[MF_AXES])
{
  const double columns = fmin((double)kept[0], (double)b->half),
               inner = fmin(2 * (double)kept[1] - 1, (double)b->m[1]);
  double sum = (double)(b->n[1] * b->n[2]) * line_work(b->m[0], true);
  if (b->dim > 1) sum += columns * (double)b->n[2] * line_work(b->m[1], false);
  if (b->dim > 2) sum += columns * inner * line_work(b->m[2], false);
  return sum;
}

/* Cells beyond which the kernel is round-off; as many as there are if it never is. */
static ptrdiff_t reach(const mf_kernel *kernel, const mf_grid *grid, int axis)
{
  const double cells = kernel ? ceil(mf_kernel_reach(kernel) / grid->h[axis]) : 0;
  return cells > 0 && cells < 1e6 * (double)grid->n[axis] ? (ptrdiff_t)cells : 1000000 * grid->n[axis];
}

/* Lengths of the axes with walls, padded by the kernel's reach: all of it (`whole`), or as much as the
 * grid sees. */
static void pad(blocked *b, const mf_kernel *kernel, bool whole)
{
  for (int a = 0; a < b->dim; a++) {
    const int axis = b->axis[a];
    const ptrdiff_t n = b->n[a], r = reach(kernel, b->grid, axis);
    b->m[a] = n;
    if (b->grid->periodic[axis] || n == 1) continue;
    b->m[a] = good_length(whole || r < n ? n + r : 2 * n - 1, a == 0);
    b->period[axis] = whole ? (double)b->m[a] * b->grid->h[axis] : 0;
  }
  b->half = b->m[0] / 2 + 1;
}

/* Modes along each axis at which a Gaussian's spectrum falls below an ulp of its largest value. */
static void expect_modes(const blocked *b, const mf_kernel *kernel, ptrdiff_t kept[MF_AXES])
{
  double narrowest = INFINITY;
  for (int i = 0; i < kernel->scales; i++) narrowest = fmin(narrowest, kernel->bandwidth[i]);
  for (int a = 0; a < MF_AXES; a++) {
    const double period = (double)b->m[a] * b->grid->h[b->axis[a]],
                 modes = sqrt(-2 * log(DBL_EPSILON)) * period / (2 * acos(-1) * narrowest);
    kept[a] = (ptrdiff_t)fmin(modes + 2, (double)(b->m[a] / 2 + 1));
  }
}

static void choose_lengths(blocked *b, const mf_kernel *kernel)
{
  const ptrdiff_t every[] = {PTRDIFF_MAX, PTRDIFF_MAX, PTRDIFF_MAX};
  const bool is_gaussian = kernel && kernel->type->mixture && isinf(kernel->type->mixture(kernel->shape));
  pad(b, kernel, false);
  if (!is_gaussian) return;
  const double compact = work(b, every);
  double longest = 0;
  for (int a = 0; a < b->dim; a++)
    longest = fmax(longest, (double)reach(kernel, b->grid, b->axis[a]) / (double)b->n[a]);
  if (longest < 64) {
    ptrdiff_t kept[MF_AXES];
    pad(b, kernel, true);
    expect_modes(b, kernel, kept);
    if (work(b, kept) <= compact) return;
  }
  pad(b, kernel, false);
}

static void find_axes(blocked *b)
{
  const mf_grid *grid = b->grid;
  for (int a = 0; a < MF_AXES; a++) {
    b->n[a] = b->m[a] = b->modes[a] = b->kept[a] = 1;
    if (grid->periodic[a]) b->period[a] = grid->hi[a] - grid->lo[a];
  }
  for (int a = 0; a < MF_AXES; a++)
    if (grid->n[a] > 1) {
      b->axis[b->dim] = a;
      b->n[b->dim++] = grid->n[a];
    }
  if (b->dim == 0) b->dim = 1;
}

/* ---- eigenvalues --------------------------------------------------------------------------------------- */

/* Lattice of displacements that are not negative, in the order of the eigenvalues. */
static mf_lattice lattice(const blocked *b)
{
  mf_lattice l;
  for (int a = 0; a < MF_AXES; a++) {
    l.count[a] = 1;
    l.stride[a] = 0;
    l.h[a] = b->grid->h[a];
    l.period[a] = b->period[a];
  }
  for (int a = 0; a < b->dim; a++) {
    l.count[b->axis[a]] = b->modes[a];
    l.stride[b->axis[a]] = (a < 1 ? b->modes[1] : 1) * (a < 2 ? b->modes[2] : 1);
  }
  return l;
}

/* Transforms even sequences, given by their first m/2 + 1 values, along one axis in place. */
static int transform_even(const blocked *b, int a, double *values)
{
  const ptrdiff_t m = b->m[a], modes = b->modes[a], total = b->modes[0] * b->modes[1] * b->modes[2];
  const ptrdiff_t stride = (a < 1 ? b->modes[1] : 1) * (a < 2 ? b->modes[2] : 1);
  fftw_complex *image = fftw_alloc_complex((size_t)modes);
  double *line = fftw_alloc_real((size_t)m);
  fftw_plan plan = image && line ? fftw_plan_dft_r2c_1d((int)m, line, image, FFTW_ESTIMATE) : NULL;
  for (ptrdiff_t first = 0; plan && first < total; first++) {
    if (first / stride % modes) continue;
    double *at = values + first;
    for (ptrdiff_t i = 0; i < m; i++) line[i] = at[stride * (i < modes ? i : m - i)];
    fftw_execute(plan);
    for (ptrdiff_t i = 0; i < modes; i++) at[stride * i] = creal(image[i]);
  }
  if (plan) fftw_destroy_plan(plan);
  fftw_free(line);
  fftw_free(image);
  return plan ? MF_OK : mf_fail(MF_EMEMORY, "no memory for a transform of %td points", m);
}

/* Samples at transform index i; mirrored along axis `mirrored`, if it is one. */
static double sample(const blocked *b, const mf_convolution_source *source, const mf_grid *displacements,
                     const ptrdiff_t i[MF_AXES], int mirrored)
{
  ptrdiff_t at[MF_AXES] = {0}, m[MF_AXES] = {1, 1, 1};
  for (int a = 0; a < b->dim; a++) {
    at[b->axis[a]] = a == mirrored ? (b->m[a] - i[a]) % b->m[a] : i[a];
    m[b->axis[a]] = b->m[a];
  }
  return mf_convolution_look_up(source, displacements, m, at);
}

static bool even(const blocked *b, const mf_convolution_source *source, const mf_grid *displacements)
{
  ptrdiff_t i[MF_AXES];
  for (i[0] = 0; i[0] < b->half; i[0]++)
    for (i[1] = 0; i[1] < b->m[1]; i[1]++)
      for (i[2] = 0; i[2] < b->m[2]; i[2]++)
        for (int a = 0; a < b->dim; a++)
          if (sample(b, source, displacements, i, a) != sample(b, source, displacements, i, -1)) return false;
  return true;
}

/* Samples in the order of the eigenvalues, over counts[0] * counts[1] * counts[2] transform indices. */
static void copy_samples(const blocked *b, const mf_convolution_source *source, const mf_grid *displacements,
                         const ptrdiff_t counts[MF_AXES], double *to)
{
  ptrdiff_t i[MF_AXES];
  for (i[0] = 0; i[0] < counts[0]; i[0]++)
    for (i[1] = 0; i[1] < counts[1]; i[1]++)
      for (i[2] = 0; i[2] < counts[2]; i[2]++) *to++ = sample(b, source, displacements, i, -1);
}

/* A function that is even under inversion only: its transform is real. */
static int transform_whole(blocked *b, const mf_convolution_source *source, const mf_grid *displacements)
{
  const ptrdiff_t *m = b->m, half = m[b->dim - 1] / 2 + 1;
  const ptrdiff_t points = m[0] * m[1] * m[2], rows = points / m[b->dim - 1];
  const int lengths[] = {(int)m[0], (int)m[1], (int)m[2]};
  double *values = fftw_alloc_real((size_t)points);
  fftw_complex *image = fftw_alloc_complex((size_t)(rows * half));
  fftw_plan plan = values && image ? fftw_plan_dft_r2c(b->dim, lengths, values, image, FFTW_ESTIMATE) : NULL;
  if (plan) {
    copy_samples(b, source, displacements, m, values);
    fftw_execute(plan);
    for (ptrdiff_t i = 0; i < b->modes[0] * b->modes[1] * b->modes[2]; i++) {
      const ptrdiff_t last = b->modes[b->dim - 1], k = i % last, row = i / last;
      ptrdiff_t from = row * half + k;
      if (k >= half) { /* of the opposite row */
        const ptrdiff_t x = row / (b->dim > 2 ? m[1] : 1), y = b->dim > 2 ? row % m[1] : 0;
        const ptrdiff_t opposite =
            (m[0] - x) % m[0] * (b->dim > 2 ? m[1] : 1) + (b->dim > 2 ? (m[1] - y) % m[1] : 0);
        from = opposite * half + m[b->dim - 1] - k;
      }
      b->eigenvalue[i] = creal(image[from]);
    }
    fftw_destroy_plan(plan);
  }
  fftw_free(values);
  fftw_free(image);
  return plan ? MF_OK : mf_fail(MF_EMEMORY, "no memory for a transform of %td points", points);
}

static int create_eigenvalues(blocked *b, const mf_convolution_source *source)
{
  mf_grid displacements;
  bool is_even = true;
  if (!source->kernel) {
    MF_TRY(mf_grid_displacements(&displacements, b->grid));
    is_even = even(b, source, &displacements);
  }
  for (int a = 0; a < b->dim; a++) b->modes[a] = is_even || a == 0 ? b->m[a] / 2 + 1 : b->m[a];
  const ptrdiff_t count = b->modes[0] * b->modes[1] * b->modes[2];
  MF_TRY(mf_reals_create(&b->eigenvalue, count));
  if (is_even) {
    const mf_lattice l = lattice(b);
    if (source->kernel)
      MF_TRY(mf_kernel_sample(source->kernel, &l, b->eigenvalue));
    else
      copy_samples(b, source, &displacements, b->modes, b->eigenvalue);
    for (int a = 0; a < b->dim; a++) MF_TRY(transform_even(b, a, b->eigenvalue));
  } else {
    MF_TRY(transform_whole(b, source, &displacements));
  }
  mf_convolution_clean(b->eigenvalue, count, !all_periodic(b),
                       b->grid->volume / (double)(b->m[0] * b->m[1] * b->m[2]));
  return MF_OK;
}

/* Modes beyond which all eigenvalues are 0, along each axis. */
static void find_kept(blocked *b)
{
  const double *value = b->eigenvalue;
  ptrdiff_t k[MF_AXES];
  for (k[0] = 0; k[0] < b->modes[0]; k[0]++)
    for (k[1] = 0; k[1] < b->modes[1]; k[1]++)
      for (k[2] = 0; k[2] < b->modes[2]; k[2]++)
        if (*value++ != 0)
          for (int a = 0; a < b->dim; a++) {
            const ptrdiff_t mode = k[a] <= b->m[a] / 2 ? k[a] : b->m[a] - k[a];
            b->kept[a] = at_least(b->kept[a], mode + 1);
          }
}

/* ---- plans --------------------------------------------------------------------------------------------- */

static int create_workspace(workspace *w, const blocked *b)
{
  const ptrdiff_t longest = whole_lines(at_least(b->m[0], at_least(b->m[1], b->m[2])));
  MF_TRY(mf_reals_create(&w->row, b->m[0]));
  MF_TRY(mf_reals_create(&w->factor, longest));
  MF_TRY(mf_objects_create(&w->spectrum, whole_lines(b->half), sizeof *w->spectrum));
  MF_TRY(mf_objects_create(&w->lines, LINES * longest, sizeof *w->lines));
  MF_TRY(mf_objects_create(&w->image, longest, sizeof *w->image));
  if (b->dim > 2)
    MF_TRY(mf_objects_create(&w->slab, LINES * b->n[2] * whole_lines(b->m[1]), sizeof *w->slab));
  return MF_OK;
}

/* ESTIMATE chooses the same algorithm every time, so runs repeat to the last bit. */
static int plan(blocked *b)
{
  const workspace *w = &b->buffers;
  const int m = (int)b->m[0];
  b->row_forward = fftw_plan_dft_r2c_1d(m, w->row, w->spectrum, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  b->row_backward = fftw_plan_dft_c2r_1d(m, w->spectrum, w->row, FFTW_ESTIMATE);
  bool complete = b->row_forward && b->row_backward;
  for (int a = 1; a < b->dim; a++) {
    const int length = (int)b->m[a];
    b->forward[a] =
        fftw_plan_dft_1d(length, w->lines, w->image, FFTW_FORWARD, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    b->backward[a] = fftw_plan_dft_1d(length, w->image, w->lines, FFTW_BACKWARD, FFTW_ESTIMATE);
    complete = complete && b->forward[a] && b->backward[a];
  }
  if (!complete)
    return mf_fail(MF_ENUMERIC, "FFTW has no plan for %td x %td x %td points", b->m[0], b->m[1], b->m[2]);
  return MF_OK;
}

static int create(void **self, const mf_convolution_source *source)
{
  MF_TRY(mf_objects_create(self, 1, sizeof(blocked)));
  blocked *b = *self;
  b->grid = source->grid;
  find_axes(b);
  choose_lengths(b, source->kernel);
  MF_TRY(create_eigenvalues(b, source));
  find_kept(b);
  b->columns = all_periodic(b) ? b->half : b->kept[0]; /* an inverse needs all of them */
  b->pitch = whole_lines(b->columns);
  MF_TRY(mf_objects_create(&b->rows, b->n[2] * b->n[1] * b->pitch, sizeof *b->rows));
  MF_TRY(mf_reals_create(&b->form, b->columns));
  MF_TRY(create_workspace(&b->buffers, b));
  return plan(b);
}

static void release(void *self)
{
  blocked *b = self;
  if (!b) return;
  if (b->row_forward) fftw_destroy_plan(b->row_forward);
  if (b->row_backward) fftw_destroy_plan(b->row_backward);
  for (int a = 0; a < MF_AXES; a++) {
    if (b->forward[a]) fftw_destroy_plan(b->forward[a]);
    if (b->backward[a]) fftw_destroy_plan(b->backward[a]);
  }
  workspace *w = &b->buffers;
  void *memory[] = {w->row,  w->factor,     w->spectrum, w->lines, w->image,
                    w->slab, b->eigenvalue, b->rows,     b->form,  b};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mf_release(memory[i]);
}

/* ---- one convolution ----------------------------------------------------------------------------------- */

/* What is done, and the modes it takes. */
typedef struct {
  const blocked *b;
  const mf_convolution_job *job;
  ptrdiff_t kept[MF_AXES];
} task;

/* Columns 0..count of n rows, `pitch` apart, into lines. */
static void gather(const fftw_complex *restrict from, ptrdiff_t pitch, ptrdiff_t n, ptrdiff_t count,
                   fftw_complex *restrict lines, ptrdiff_t length)
{
  ptrdiff_t j = 0;
  for (; j + 4 <= n; j += 4)
    for (ptrdiff_t i = 0; i < count; i++) {
      const fftw_complex *column = from + j * pitch + i;
      fftw_complex *line = lines + i * length + j;
      line[0] = column[0];
      line[1] = column[pitch];
      line[2] = column[2 * pitch];
      line[3] = column[3 * pitch];
    }
  for (; j < n; j++)
    for (ptrdiff_t i = 0; i < count; i++) lines[i * length + j] = from[j * pitch + i];
}

/* The way back. */
static void scatter(const fftw_complex *restrict lines, ptrdiff_t length, ptrdiff_t n, ptrdiff_t count,
                    fftw_complex *restrict to, ptrdiff_t pitch)
{
  ptrdiff_t j = 0;
  for (; j + 4 <= n; j += 4)
    for (ptrdiff_t i = 0; i < count; i++) {
      fftw_complex *column = to + j * pitch + i;
      const fftw_complex *line = lines + i * length + j;
      column[0] = line[0];
      column[pitch] = line[1];
      column[2 * pitch] = line[2];
      column[3 * pitch] = line[3];
    }
  for (; j < n; j++)
    for (ptrdiff_t i = 0; i < count; i++) to[j * pitch + i] = lines[i * length + j];
}

static void clear(fftw_complex *line, ptrdiff_t from, ptrdiff_t to)
{
  if (to > from) memset(line + from, 0, (size_t)(to - from) * sizeof *line);
}

/* Eigenvalues along the last axis, for modes of the axes before it. */
static const double *line_of(const blocked *b, ptrdiff_t kx, ptrdiff_t ky)
{
  if (b->dim == 1) return b->eigenvalue;
  if (b->dim == 2) return b->eigenvalue + kx * b->modes[1];
  const ptrdiff_t folded = ky < b->modes[1] ? ky : b->m[1] - ky;
  return b->eigenvalue + (kx * b->modes[1] + folded) * b->modes[2];
}

/* Factors of the inverse. */
static const double *inverted(const blocked *b, const mf_convolution_job *job, const double *eigenvalue,
                              double *factor)
{
  const double length = (double)(b->m[0] * b->m[1] * b->m[2]);
  for (ptrdiff_t k = 0; k < b->modes[b->dim - 1]; k++)
    factor[k] = 1 / (length * (length * eigenvalue[k] + job->shift));
  return factor;
}

/* A line times an even sequence of factors: `stored` of them, mirrored for the rest. */
static void multiply(fftw_complex *line, ptrdiff_t length, const double *restrict factor, ptrdiff_t stored)
{
  double *restrict z = (double *)line;
  for (ptrdiff_t k = 0; k < stored; k++) {
    z[2 * k] *= factor[k];
    z[2 * k + 1] *= factor[k];
  }
  for (ptrdiff_t k = stored; k < length; k++) {
    z[2 * k] *= factor[length - k];
    z[2 * k + 1] *= factor[length - k];
  }
}

static double weighted_square(const fftw_complex *line, ptrdiff_t length, const double *factor,
                              ptrdiff_t stored)
{
  const double *z = (const double *)line;
  double sum = 0;
  for (ptrdiff_t k = 0; k < length; k++)
    sum += factor[k < stored ? k : length - k] * (z[2 * k] * z[2 * k] + z[2 * k + 1] * z[2 * k + 1]);
  return sum;
}

/* Transforms a line of the last axis, multiplies and transforms it back; or adds to the form. */
static void apply(const task *t, workspace *w, fftw_complex *line, ptrdiff_t kx, ptrdiff_t ky)
{
  const blocked *b = t->b;
  const int last = b->dim - 1;
  const ptrdiff_t m = b->m[last], stored = b->modes[last];
  const double *factor = line_of(b, kx, ky);
  clear(line, b->n[last], m);
  fftw_execute_dft(b->forward[last], line, w->image);
  if (t->job->task == MF_FORM) {
    b->form[kx] += weighted_square(w->image, m, factor, stored);
    return;
  }
  if (t->job->task == MF_INVERT) factor = inverted(b, t->job, factor, w->factor);
  multiply(w->image, m, factor, stored);
  fftw_execute_dft(b->backward[last], w->image, line);
}

/* The last of two axes for modes [begin, end) of the first. */
static void columns(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end)
{
  const blocked *b = t->b;
  const ptrdiff_t length = whole_lines(b->m[1]);
  for (ptrdiff_t kx = begin; kx < end; kx += LINES) {
    const ptrdiff_t lines = end - kx < LINES ? end - kx : LINES;
    gather(b->rows + kx, b->pitch, b->n[1], lines, w->lines, length);
    for (ptrdiff_t i = 0; i < lines; i++) apply(t, w, w->lines + i * length, kx + i, 0);
    if (t->job->task != MF_FORM) scatter(w->lines, length, b->n[1], lines, b->rows + kx, b->pitch);
  }
}

/* The last of three axes for mode kx of the first and [begin, end) of the second. */
static void slab_columns(const task *t, workspace *w, fftw_complex *plane, ptrdiff_t kx, ptrdiff_t begin,
                         ptrdiff_t end)
{
  const blocked *b = t->b;
  const ptrdiff_t length = whole_lines(b->m[2]), pitch = whole_lines(b->m[1]);
  for (ptrdiff_t ky = begin; ky < end; ky += LINES) {
    const ptrdiff_t lines = end - ky < LINES ? end - ky : LINES;
    gather(plane + ky, pitch, b->n[2], lines, w->lines, length);
    for (ptrdiff_t i = 0; i < lines; i++) apply(t, w, w->lines + i * length, kx, ky + i);
    if (t->job->task != MF_FORM) scatter(w->lines, length, b->n[2], lines, plane + ky, pitch);
  }
}

/* The second and third of three axes for modes [begin, end) of the first. */
static void slabs(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end)
{
  const blocked *b = t->b;
  const ptrdiff_t m = b->m[1], n = b->n[1], length = whole_lines(m), plane = b->n[2] * length;
  const ptrdiff_t positive = t->kept[1] < m ? t->kept[1] : m,
                  negative = at_least(positive, m - t->kept[1] + 1);
  for (ptrdiff_t kx = begin; kx < end; kx += LINES) {
    const ptrdiff_t lines = end - kx < LINES ? end - kx : LINES;
    for (ptrdiff_t z = 0; z < b->n[2]; z++) {
      gather(b->rows + z * n * b->pitch + kx, b->pitch, n, lines, w->lines, length);
      for (ptrdiff_t i = 0; i < lines; i++) {
        clear(w->lines + i * length, n, m);
        fftw_execute_dft(b->forward[1], w->lines + i * length, w->slab + i * plane + z * length);
      }
    }
    for (ptrdiff_t i = 0; i < lines; i++) {
      slab_columns(t, w, w->slab + i * plane, kx + i, 0, positive);
      slab_columns(t, w, w->slab + i * plane, kx + i, negative, m);
    }
    if (t->job->task == MF_FORM) continue;
    for (ptrdiff_t z = 0; z < b->n[2]; z++) {
      for (ptrdiff_t i = 0; i < lines; i++) {
        fftw_complex *line = w->slab + i * plane + z * length;
        clear(line, positive, negative);
        fftw_execute_dft(b->backward[1], line, w->lines + i * length);
      }
      scatter(w->lines, length, n, lines, b->rows + z * n * b->pitch + kx, b->pitch);
    }
  }
}

/* The only axis: multiplies a row's spectrum; or its form. */
static void apply_row(const task *t, workspace *w, fftw_complex *spectrum)
{
  const blocked *b = t->b;
  const double *factor = b->eigenvalue;
  if (t->job->task == MF_FORM) {
    for (ptrdiff_t k = 0; k < t->kept[0]; k++) b->form[k] = weighted_square(spectrum + k, 1, factor + k, 1);
    return;
  }
  if (t->job->task == MF_INVERT) factor = inverted(b, t->job, factor, w->factor);
  multiply(spectrum, t->kept[0], factor, t->kept[0]);
}

/* Spectra of the grid's rows [begin, end), modes below `kept` of them. */
static void rows_forward(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end)
{
  const blocked *b = t->b;
  const bool whole = b->columns == b->half;
  memset(w->row + b->n[0], 0, (size_t)(b->m[0] - b->n[0]) * sizeof *w->row);
  for (ptrdiff_t j = begin; j < end; j++) {
    fftw_complex *to = b->rows + j * b->pitch;
    memcpy(w->row, t->job->f + j * b->n[0], (size_t)b->n[0] * sizeof *w->row);
    fftw_execute_dft_r2c(b->row_forward, w->row, whole ? to : w->spectrum);
    if (!whole) memcpy(to, w->spectrum, (size_t)t->kept[0] * sizeof *to);
  }
}

/* Adds the rows with these spectra to the grid's. */
static void rows_backward(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end)
{
  const blocked *b = t->b;
  for (ptrdiff_t j = begin; j < end; j++) {
    fftw_complex *from = b->rows + j * b->pitch;
    double *to = t->job->out + j * b->n[0];
    if (t->kept[0] < b->half) {
      memcpy(w->spectrum, from, (size_t)t->kept[0] * sizeof *from);
      clear(w->spectrum, t->kept[0], b->half);
      from = w->spectrum;
    }
    fftw_execute_dft_c2r(b->row_backward, from, w->row);
    for (ptrdiff_t i = 0; i < b->n[0]; i++) to[i] += t->job->scale * w->row[i];
  }
}

/* Parseval on the half spectrum: all columns but kx = 0 and, for even length, kx = m/2 stand for two. */
static double total_form(const task *t)
{
  const blocked *b = t->b;
  mf_sum sum = {0};
  for (ptrdiff_t kx = 0; kx < t->kept[0]; kx++)
    mf_sum_add(&sum, (kx == 0 || 2 * kx == b->m[0] ? 1 : 2) * b->form[kx]);
  return b->grid->volume * mf_sum_value(&sum);
}

static double run(const void *self, const mf_convolution_job *job)
{
  const blocked *b = self;
  workspace w = b->buffers;
  task t = {.b = b, .job = job};
  for (int a = 0; a < MF_AXES; a++) t.kept[a] = job->task == MF_INVERT ? b->m[a] : b->kept[a];
  if (job->task == MF_INVERT) t.kept[0] = b->half;
  const ptrdiff_t rows = b->n[1] * b->n[2];
  for (ptrdiff_t kx = 0; kx < t.kept[0]; kx++) b->form[kx] = 0;
  rows_forward(&t, &w, 0, rows);
  if (b->dim == 1)
    apply_row(&t, &w, b->rows);
  else if (b->dim == 2)
    columns(&t, &w, 0, t.kept[0]);
  else
    slabs(&t, &w, 0, t.kept[0]);
  if (job->task == MF_FORM) return total_form(&t);
  rows_backward(&t, &w, 0, rows);
  return 0;
}

const mf_convolution_method mf_convolution_blocked = {create, run, release};
