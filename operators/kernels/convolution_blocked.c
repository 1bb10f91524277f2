/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel operator by transforms of what is not known to be zero, a few lines at a time.
 *
 * Along the first axis only the rows of the grid are transformed, not those of the padding; along the next
 * axes only columns with eigenvalues other than 0; and the last axis is transformed, multiplied and
 * transformed back while a column is in the cache (Bowman & Roberts 2011, doi:10.1137/100787933, on the order
 * of the axes).  So the padded array never exists: what is stored between the axes is the spectrum of the
 * grid's rows.  Lines are copied into contiguous buffers, four at a time, because FFTW is fastest there.
 *
 * Of kernels that are even along each axis, as radial ones are, eigenvalues are stored for one orthant. */
#include "operators/kernels/convolution_spectrum.h"

#include "grids/base.h"
#include "grids/exact.h"
#include "grids/field.h"
#include "grids/threads.h"
#include "operators/kernels/planner.h"

#include <complex.h>
#include <fftw3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 4, PIECE = 65536 };

/* Buffers of a thread that transforms a block. */
typedef struct {
  atomic_flag taken;
  double *row, *factor;
  fftw_complex *spectrum, *lines, *image, *planes;
  void *room; /* kept for what FFTW takes in a transform */
} workspace;

typedef struct {
  mf_spectrum s;
  ptrdiff_t columns, pitch; /* of a row's spectrum: those stored, and how far apart the rows are */
  fftw_complex *rows;       /* n[2]*n[1] spectra */
  double *form;             /* of each column */
  fftw_plan row_forward, row_backward, forward[MF_AXES], backward[MF_AXES];
  workspace *buffers;
  int threads; /* that there are buffers for */
  size_t room; /* bytes of it in each */
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

/* ---- plans --------------------------------------------------------------------------------------------- */

static void keep_room(workspace *w, const blocked *b)
{
  if (b->room > 0) w->room = malloc(b->room);
}

static void let_go(workspace *w)
{
  free(w->room);
  w->room = NULL;
}

static int create_workspace(workspace *w, const blocked *b)
{
  const ptrdiff_t longest = whole_lines(at_least(b->s.m[0], at_least(b->s.m[1], b->s.m[2])));
  atomic_flag_clear(&w->taken);
  MF_TRY(mf_reals_create(&w->row, b->s.m[0]));
  MF_TRY(mf_reals_create(&w->factor, longest));
  MF_TRY(mf_objects_create(&w->spectrum, whole_lines(b->s.half), sizeof *w->spectrum));
  MF_TRY(mf_objects_create(&w->lines, LINES * longest, sizeof *w->lines));
  MF_TRY(mf_objects_create(&w->image, longest, sizeof *w->image));
  if (b->s.dim > 2)
    MF_TRY(mf_objects_create(&w->planes, LINES * b->s.n[2] * whole_lines(b->s.m[1]), sizeof *w->planes));
  keep_room(w, b);
  return b->room == 0 || w->room ? MF_OK : mf_fail(MF_EMEMORY, "no memory for transforms");
}

/* ESTIMATE chooses the same algorithm every time, so runs repeat to the last bit. */
static bool plan(blocked *b)
{
  const workspace *w = &b->buffers[0];
  const int m = (int)b->s.m[0];
  b->row_forward = fftw_plan_dft_r2c_1d(m, w->row, w->spectrum, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  b->row_backward = fftw_plan_dft_c2r_1d(m, w->spectrum, w->row, FFTW_ESTIMATE);
  bool complete = b->row_forward && b->row_backward;
  for (int a = 1; a < b->s.dim; a++) {
    const int length = (int)b->s.m[a];
    b->forward[a] =
        fftw_plan_dft_1d(length, w->lines, w->image, FFTW_FORWARD, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    b->backward[a] = fftw_plan_dft_1d(length, w->image, w->lines, FFTW_BACKWARD, FFTW_ESTIMATE);
    complete = complete && b->forward[a] && b->backward[a];
  }
  return complete;
}

static int plan_alone(blocked *b)
{
  const ptrdiff_t *m = b->s.m;
  MF_TRY(mf_planner_enter(m[0] + m[1] + m[2]));
  const bool complete = plan(b);
  mf_planner_leave();
  return complete ? MF_OK
                  : mf_fail(MF_ENUMERIC, "FFTW has no plan for %td x %td x %td points", m[0], m[1], m[2]);
}

static int create(void **self, const mf_convolution_source *source)
{
  MF_TRY(mf_objects_create(self, 1, sizeof(blocked)));
  blocked *b = *self;
  MF_TRY(mf_spectrum_init(&b->s, source));
  b->columns = b->s.padded ? b->s.kept[0] : b->s.half; /* an inverse needs all of them */
  b->pitch = whole_lines(b->columns);
  MF_TRY(mf_objects_create(&b->rows, b->s.n[2] * b->s.n[1] * b->pitch, sizeof *b->rows));
  MF_TRY(mf_reals_create(&b->form, b->columns));
  b->threads = mf_threads();
  for (int a = 0; a < b->s.dim; a++)
    if (mf_planner_room(b->s.m[a]) > b->room) b->room = mf_planner_room(b->s.m[a]);
  MF_TRY(mf_objects_create(&b->buffers, b->threads, sizeof *b->buffers));
  for (int i = 0; i < b->threads; i++) MF_TRY(create_workspace(&b->buffers[i], b));
  return plan_alone(b);
}

static void release_workspace(workspace *w)
{
  void *memory[] = {w->row, w->factor, w->spectrum, w->lines, w->image, w->planes};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mf_release(memory[i]);
  let_go(w);
}

static void release(void *self)
{
  blocked *b = self;
  if (!b) return;
  mf_planner_destroy(b->row_forward);
  mf_planner_destroy(b->row_backward);
  for (int a = 0; a < MF_AXES; a++) {
    mf_planner_destroy(b->forward[a]);
    mf_planner_destroy(b->backward[a]);
  }
  for (int i = 0; b->buffers && i < b->threads; i++) release_workspace(&b->buffers[i]);
  void *memory[] = {b->buffers, b->s.eigenvalue, b->rows, b->form, b};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mf_release(memory[i]);
}

/* ---- one convolution ----------------------------------------------------------------------------------- */

/* What is done, and the modes it takes. */
typedef struct {
  const blocked *b;
  const mf_convolution_request *request;
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
  if (b->s.dim == 1) return b->s.eigenvalue;
  if (b->s.dim == 2) return b->s.eigenvalue + kx * b->s.modes[1];
  const ptrdiff_t folded = ky < b->s.modes[1] ? ky : b->s.m[1] - ky;
  return b->s.eigenvalue + (kx * b->s.modes[1] + folded) * b->s.modes[2];
}

/* Factors of the inverse. */
static const double *inverted(const blocked *b, const mf_convolution_request *request,
                              const double *eigenvalue, double *factor)
{
  const double length = (double)(b->s.m[0] * b->s.m[1] * b->s.m[2]);
  for (ptrdiff_t k = 0; k < b->s.modes[b->s.dim - 1]; k++)
    factor[k] = 1 / (length * (length * eigenvalue[k] + request->shift));
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
  const int last = b->s.dim - 1;
  const ptrdiff_t m = b->s.m[last], stored = b->s.modes[last];
  const double *factor = line_of(b, kx, ky);
  clear(line, b->s.n[last], m);
  fftw_execute_dft(b->forward[last], line, w->image);
  if (t->request->task == MF_FORM) {
    b->form[kx] += weighted_square(w->image, m, factor, stored);
    return;
  }
  if (t->request->task == MF_INVERT) factor = inverted(b, t->request, factor, w->factor);
  multiply(w->image, m, factor, stored);
  fftw_execute_dft(b->backward[last], w->image, line);
}

/* The last of two axes for modes [begin, end) of the first. */
static void columns(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end)
{
  const blocked *b = t->b;
  const ptrdiff_t length = whole_lines(b->s.m[1]);
  for (ptrdiff_t kx = begin; kx < end; kx += LINES) {
    const ptrdiff_t lines = end - kx < LINES ? end - kx : LINES;
    gather(b->rows + kx, b->pitch, b->s.n[1], lines, w->lines, length);
    for (ptrdiff_t i = 0; i < lines; i++) apply(t, w, w->lines + i * length, kx + i, 0);
    if (t->request->task != MF_FORM) scatter(w->lines, length, b->s.n[1], lines, b->rows + kx, b->pitch);
  }
}

/* The last of three axes for mode kx of the first and [begin, end) of the second. */
static void plane_columns(const task *t, workspace *w, fftw_complex *plane, ptrdiff_t kx, ptrdiff_t begin,
                          ptrdiff_t end)
{
  const blocked *b = t->b;
  const ptrdiff_t length = whole_lines(b->s.m[2]), pitch = whole_lines(b->s.m[1]);
  for (ptrdiff_t ky = begin; ky < end; ky += LINES) {
    const ptrdiff_t lines = end - ky < LINES ? end - ky : LINES;
    gather(plane + ky, pitch, b->s.n[2], lines, w->lines, length);
    for (ptrdiff_t i = 0; i < lines; i++) apply(t, w, w->lines + i * length, kx, ky + i);
    if (t->request->task != MF_FORM) scatter(w->lines, length, b->s.n[2], lines, plane + ky, pitch);
  }
}

/* The second and third of three axes for modes [begin, end) of the first. */
static void planes(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end)
{
  const blocked *b = t->b;
  const ptrdiff_t m = b->s.m[1], n = b->s.n[1], length = whole_lines(m), plane = b->s.n[2] * length;
  const ptrdiff_t positive = t->kept[1] < m ? t->kept[1] : m,
                  negative = at_least(positive, m - t->kept[1] + 1);
  for (ptrdiff_t kx = begin; kx < end; kx += LINES) {
    const ptrdiff_t lines = end - kx < LINES ? end - kx : LINES;
    for (ptrdiff_t z = 0; z < b->s.n[2]; z++) {
      gather(b->rows + z * n * b->pitch + kx, b->pitch, n, lines, w->lines, length);
      for (ptrdiff_t i = 0; i < lines; i++) {
        clear(w->lines + i * length, n, m);
        fftw_execute_dft(b->forward[1], w->lines + i * length, w->planes + i * plane + z * length);
      }
    }
    for (ptrdiff_t i = 0; i < lines; i++) {
      plane_columns(t, w, w->planes + i * plane, kx + i, 0, positive);
      plane_columns(t, w, w->planes + i * plane, kx + i, negative, m);
    }
    if (t->request->task == MF_FORM) continue;
    for (ptrdiff_t z = 0; z < b->s.n[2]; z++) {
      for (ptrdiff_t i = 0; i < lines; i++) {
        fftw_complex *line = w->planes + i * plane + z * length;
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
  const double *factor = b->s.eigenvalue;
  if (t->request->task == MF_FORM) {
    for (ptrdiff_t k = 0; k < t->kept[0]; k++) b->form[k] = weighted_square(spectrum + k, 1, factor + k, 1);
    return;
  }
  if (t->request->task == MF_INVERT) factor = inverted(b, t->request, factor, w->factor);
  multiply(spectrum, t->kept[0], factor, t->kept[0]);
}

/* Spectra of the grid's rows [begin, end), modes below `kept` of them. */
static void rows_forward(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end)
{
  const blocked *b = t->b;
  const bool whole = b->columns == b->s.half;
  const double scale = t->request->task == MF_FORM ? t->request->scale : 1;
  memset(w->row + b->s.n[0], 0, (size_t)(b->s.m[0] - b->s.n[0]) * sizeof *w->row);
  for (ptrdiff_t j = begin; j < end; j++) {
    fftw_complex *to = b->rows + j * b->pitch;
    const double *from = t->request->f + j * b->s.n[0];
    if (scale == 1)
      memcpy(w->row, from, (size_t)b->s.n[0] * sizeof *w->row);
    else
      for (ptrdiff_t i = 0; i < b->s.n[0]; i++) w->row[i] = scale * from[i];
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
    double *to = t->request->out + j * b->s.n[0];
    if (t->kept[0] < b->s.half) {
      memcpy(w->spectrum, from, (size_t)t->kept[0] * sizeof *from);
      clear(w->spectrum, t->kept[0], b->s.half);
      from = w->spectrum;
    }
    fftw_execute_dft_c2r(b->row_backward, from, w->row);
    for (ptrdiff_t i = 0; i < b->s.n[0]; i++) to[i] += t->request->scale * w->row[i];
  }
}

/* Parseval on the half spectrum: all columns but kx = 0 and, for even length, kx = m/2 stand for two.  A few columns are
 * added as they come, those sums exactly: on a line a column is a single mode. */
static double total_form(const task *t)
{
  enum { FEW = 16 };
  const blocked *b = t->b;
  mf_exact sum = {0};
  for (ptrdiff_t begin = 0; begin < t->kept[0]; begin += FEW) {
    double few = 0;
    for (ptrdiff_t kx = begin; kx < t->kept[0] && kx < begin + FEW; kx++)
      few += (kx == 0 || 2 * kx == b->s.m[0] ? 1 : 2) * b->form[kx];
    mf_exact_add(&sum, few);
  }
  return b->s.grid->volume * mf_exact_value(&sum);
}

/* A loop over rows or columns, which are independent of each other: shared among threads, it gives the
 * same to the last bit.  There are enough buffers unless threads were added since. */
typedef struct {
  const task *t;
  void (*work)(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end);
} loop;

static void some(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const loop *l = self;
  const blocked *b = l->t->b;
  int i = 0;
  while (atomic_flag_test_and_set(&b->buffers[i].taken)) i = (i + 1) % b->threads;
  let_go(&b->buffers[i]);
  l->work(l->t, &b->buffers[i], begin, end);
  keep_room(&b->buffers[i], b);
  atomic_flag_clear(&b->buffers[i].taken);
}

/* `count` rows or columns of so many points each. */
static void each(const task *t, ptrdiff_t count, ptrdiff_t points,
                 void (*work)(const task *t, workspace *w, ptrdiff_t begin, ptrdiff_t end))
{
  mf_share(count, whole_lines(at_least(1, PIECE / points)), some, &(loop){t, work});
}

static double run(const void *self, const mf_convolution_request *request)
{
  const blocked *b = self;
  task t = {.b = b, .request = request};
  for (int a = 0; a < MF_AXES; a++) t.kept[a] = request->task == MF_INVERT ? b->s.m[a] : b->s.kept[a];
  if (request->task == MF_INVERT) t.kept[0] = b->s.half;
  const ptrdiff_t rows = b->s.n[1] * b->s.n[2];
  for (ptrdiff_t kx = 0; kx < t.kept[0]; kx++) b->form[kx] = 0;
  each(&t, rows, b->s.m[0], rows_forward);
  if (b->s.dim == 1)
    apply_row(&t, &b->buffers[0], b->rows);
  else if (b->s.dim == 2)
    each(&t, t.kept[0], 2 * b->s.m[1], columns);
  else
    each(&t, t.kept[0], 2 * b->s.n[2] * b->s.m[1], planes);
  if (request->task == MF_FORM) return total_form(&t);
  each(&t, rows, b->s.m[0], rows_backward);
  return 0;
}

const mf_convolution_method mf_convolution_blocked = {create, run, release};
