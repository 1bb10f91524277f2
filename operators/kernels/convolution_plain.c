/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel operator by transforms of the whole padded box: zero-padded where there are walls, as it is on
 * periodic axes.
 *
 * The kernel is sampled at the grid's displacements and embedded in a circulant matrix on m >= 2n - 1
 * points per axis with walls; its spectrum is real because the kernel is even. */
#include "operators/kernels/convolution_method.h"

#include "grids/base.h"
#include "grids/exact.h"
#include "grids/field.h"
#include "operators/kernels/kernel_lattice.h"
#include "operators/kernels/planner.h"

#include <complex.h>
#include <fftw3.h>
#include <string.h>

typedef struct {
  const mf_grid *grid;
  ptrdiff_t m[MF_AXES]; /* transform lengths, x first */
  ptrdiff_t half;       /* m[0]/2 + 1 complex numbers per line */
  ptrdiff_t modes;
  double *real;           /* m[0]*m[1]*m[2] */
  fftw_complex *spectrum; /* modes */
  double *eigenvalue;     /* modes: of K, volume included, divided by the transform length */
  fftw_plan forward, backward;
} plain;

static int copy_samples(plain *c, const mf_convolution_source *source)
{
  mf_grid displacements;
  MF_TRY(mf_grid_displacements(&displacements, c->grid));
  ptrdiff_t i[MF_AXES], at = 0;
  for (i[2] = 0; i[2] < c->m[2]; i[2]++)
    for (i[1] = 0; i[1] < c->m[1]; i[1]++)
      for (i[0] = 0; i[0] < c->m[0]; i[0]++)
        c->real[at++] = mf_convolution_look_up(source, &displacements, c->m, i);
  return MF_OK;
}

/* Sampled where no displacement is negative, then mirrored. */
static int sample_kernel(plain *c, const mf_kernel *kernel)
{
  mf_lattice l;
  ptrdiff_t at = 0, i[MF_AXES], size = 1;
  for (int a = 0; a < MF_AXES; a++) {
    l.count[a] = c->m[a] / 2 + 1;
    l.stride[a] = size;
    l.h[a] = c->grid->h[a];
    l.period[a] = c->grid->periodic[a] ? c->grid->hi[a] - c->grid->lo[a] : 0;
    size *= l.count[a];
  }
  double *values;
  MF_TRY(mf_reals_create(&values, size));
  const int status = mf_kernel_sample(kernel, &l, values);
  for (i[2] = 0; i[2] < c->m[2]; i[2]++)
    for (i[1] = 0; i[1] < c->m[1]; i[1]++)
      for (i[0] = 0; i[0] < c->m[0]; i[0]++) {
        ptrdiff_t from = 0;
        for (int a = 0; a < MF_AXES; a++) from += l.stride[a] * (i[a] < l.count[a] ? i[a] : c->m[a] - i[a]);
        c->real[at++] = values[from];
      }
  mf_release(values);
  return status;
}

static int fill(plain *c, const mf_convolution_source *source)
{
  const mf_grid *grid = c->grid = source->grid;
  for (int a = 0; a < MF_AXES; a++)
    c->m[a] = grid->periodic[a] || grid->n[a] == 1 ? grid->n[a] : mf_convolution_length(2 * grid->n[a] - 1);
  c->half = c->m[0] / 2 + 1;
  c->modes = c->half * c->m[1] * c->m[2];
  const ptrdiff_t points = c->m[0] * c->m[1] * c->m[2];
  MF_TRY(mf_reals_create(&c->real, points));
  MF_TRY(mf_objects_create(&c->spectrum, c->modes, sizeof *c->spectrum));
  MF_TRY(mf_reals_create(&c->eigenvalue, c->modes));
  const int nx = (int)c->m[0], ny = (int)c->m[1], nz = (int)c->m[2];
  MF_TRY(mf_planner_enter(c->m[0] + c->m[1] + c->m[2]));
  c->forward = fftw_plan_dft_r2c_3d(nz, ny, nx, c->real, c->spectrum, FFTW_ESTIMATE);
  c->backward = fftw_plan_dft_c2r_3d(nz, ny, nx, c->spectrum, c->real, FFTW_ESTIMATE);
  mf_planner_leave();
  if (!c->forward || !c->backward)
    return mf_fail(MF_ENUMERIC, "FFTW has no plan for %d x %d x %d points", nx, ny, nz);
  MF_TRY(source->kernel ? sample_kernel(c, source->kernel) : copy_samples(c, source));
  fftw_execute(c->forward);
  for (ptrdiff_t k = 0; k < c->modes; k++) c->eigenvalue[k] = creal(c->spectrum[k]);
  mf_convolution_clean(c->eigenvalue, c->modes, points > grid->cells, grid->volume / (double)points);
  return MF_OK;
}

static int create(void **self, const mf_convolution_source *source)
{
  MF_TRY(mf_objects_create(self, 1, sizeof(plain)));
  return fill(*self, source);
}

static void release(void *self)
{
  plain *c = self;
  if (!c) return;
  mf_planner_destroy(c->forward);
  mf_planner_destroy(c->backward);
  mf_release(c->real);
  mf_release(c->spectrum);
  mf_release(c->eigenvalue);
  mf_release(c);
}

/* Copies lines of the grid into the padded box (scatter) and transforms. */
static void transform(const plain *c, const double *f)
{
  const ptrdiff_t *n = c->grid->n, *m = c->m;
  if (m[0] * m[1] * m[2] > c->grid->cells) memset(c->real, 0, (size_t)(m[0] * m[1] * m[2]) * sizeof *c->real);
  for (ptrdiff_t k = 0; k < n[2]; k++)
    for (ptrdiff_t j = 0; j < n[1]; j++)
      memcpy(c->real + m[0] * (j + m[1] * k), f + n[0] * (j + n[1] * k), (size_t)n[0] * sizeof *f);
  fftw_execute(c->forward);
}

static void transform_back(const plain *c, double *out)
{
  fftw_execute(c->backward);
  const ptrdiff_t *n = c->grid->n, *m = c->m;
  for (ptrdiff_t k = 0; k < n[2]; k++)
    for (ptrdiff_t j = 0; j < n[1]; j++) {
      const double *from = c->real + m[0] * (j + m[1] * k);
      double *to = out + n[0] * (j + n[1] * k);
      for (ptrdiff_t i = 0; i < n[0]; i++) to[i] += from[i];
    }
}

/* Parseval on the half spectrum: all columns but kx = 0 and, for even length, kx = m/2 stand for two. */
static double form(const plain *c, double scale)
{
  mf_exact sum = {0};
  for (ptrdiff_t row = 0; row < c->m[1] * c->m[2]; row++) {
    double partial = 0;
    for (ptrdiff_t i = 0; i < c->half; i++) {
      const ptrdiff_t k = c->half * row + i;
      const double re = scale * creal(c->spectrum[k]), im = scale * cimag(c->spectrum[k]);
      const double copies = i == 0 || 2 * i == c->m[0] ? 1 : 2;
      partial += copies * c->eigenvalue[k] * (re * re + im * im);
    }
    mf_exact_add(&sum, partial);
  }
  return c->grid->volume * mf_exact_value(&sum);
}

static double run(const void *self, const mf_convolution_request *request)
{
  const plain *c = self;
  const double length = (double)(c->m[0] * c->m[1] * c->m[2]);
  transform(c, request->f);
  if (request->task == MF_FORM) return form(c, request->scale);
  for (ptrdiff_t k = 0; k < c->modes; k++)
    c->spectrum[k] *= request->task == MF_CONVOLVE
                          ? request->scale * c->eigenvalue[k]
                          : request->scale / (length * (length * c->eigenvalue[k] + request->shift));
  transform_back(c, request->out);
  return 0;
}

const mf_convolution_method mf_convolution_plain = {create, run, release};
