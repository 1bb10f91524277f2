/* The kernel operator K f by FFT: zero-padded where there are walls, as it is on periodic axes.
 *
 * The kernel is sampled at the grid's displacements and embedded in a circulant matrix on m >= 2n - 1 points
 * per axis with walls; its spectrum is real because the kernel is even.  Eigenvalues that round-off has made
 * negative are set to 0; others are kept, since then only the circulant embedding, not K itself, has a
 * negative part. */
#include "operators/convolution.h"

#include "grids/base.h"
#include "grids/field.h"
#include "operators/finite_rank.h"

#include <complex.h>
#include <fftw3.h>
#include <float.h>
#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

struct mf_convolution {
  const mf_grid *grid;
  mf_kernel kernel;
  mf_finite_rank *features; /* of a kernel that has them; then nothing below is used */
  ptrdiff_t m[MF_AXES];     /* transform lengths, x first */
  ptrdiff_t half;           /* m[0]/2 + 1 complex numbers per line */
  ptrdiff_t modes;
  double *real;           /* m[0]*m[1]*m[2] */
  fftw_complex *spectrum; /* modes */
  double *eigenvalue;     /* modes: of K, volume included, divided by the transform length */
  fftw_plan forward, backward;
};

/* Least length >= n whose only prime factors are 2, 3, 5, 7. */
static ptrdiff_t smooth_length(ptrdiff_t n)
{
  static const ptrdiff_t primes[] = {2, 3, 5, 7};
  for (;; n++) {
    ptrdiff_t rest = n;
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
      while (rest % primes[i] == 0) rest /= primes[i];
    if (rest == 1) return n;
  }
}

static bool chordal(const mf_convolution *c)
{
  return c->kernel.type->reach == 0;
}

/* Squared displacement along one axis of transform index i: `image` periods away, or the chord. */
static double square(const mf_convolution *c, int axis, ptrdiff_t i, int image)
{
  const mf_grid *grid = c->grid;
  const double length = grid->hi[axis] - grid->lo[axis];
  const ptrdiff_t folded = i <= c->m[axis] / 2 ? i : i - c->m[axis];
  double d = (double)folded * grid->h[axis];
  if (grid->periodic[axis]) d = chordal(c) ? length / pi * sin(pi * d / length) : d + image * length;
  return d * d;
}

/* Value of a sampled kernel at a transform index; 0 in the padding, which no pair of cells reaches. */
static double look_up(const mf_convolution *c, const mf_grid *displacements, const double *values,
                      const ptrdiff_t i[MF_AXES])
{
  ptrdiff_t at = 0;
  for (int a = MF_AXES - 1; a >= 0; a--) {
    const ptrdiff_t n = displacements->n[a];
    ptrdiff_t j = (i[a] <= c->m[a] / 2 ? i[a] : i[a] - c->m[a]) + n / 2;
    if (c->grid->periodic[a]) j = (j + n) % n;
    if (j < 0 || j >= n) return 0;
    at = at * n + j;
  }
  return values[at];
}

static double sample(const mf_convolution *c, const ptrdiff_t i[MF_AXES], const int reach[MF_AXES])
{
  double sum = 0;
  for (int q = -reach[2]; q <= reach[2]; q++)
    for (int p = -reach[1]; p <= reach[1]; p++)
      for (int o = -reach[0]; o <= reach[0]; o++)
        sum += mf_kernel_value(&c->kernel,
                               sqrt(square(c, 0, i[0], o) + square(c, 1, i[1], p) + square(c, 2, i[2], q)));
  return sum;
}

static void sample_kernel(mf_convolution *c)
{
  int reach[MF_AXES];
  for (int a = 0; a < MF_AXES; a++) {
    const double length = c->grid->hi[a] - c->grid->lo[a];
    reach[a] = c->grid->periodic[a] ? (int)ceil(mf_kernel_reach(&c->kernel) / length) : 0;
  }
  ptrdiff_t i[MF_AXES], at = 0;
  for (i[2] = 0; i[2] < c->m[2]; i[2]++)
    for (i[1] = 0; i[1] < c->m[1]; i[1]++)
      for (i[0] = 0; i[0] < c->m[0]; i[0]++) c->real[at++] = sample(c, i, reach);
}

static void store_eigenvalues(mf_convolution *c)
{
  const double length = (double)(c->m[0] * c->m[1] * c->m[2]);
  double largest = 0;
  for (ptrdiff_t k = 0; k < c->modes; k++) largest = fmax(largest, fabs(creal(c->spectrum[k])));
  const double round_off = 16 * DBL_EPSILON * largest;
  for (ptrdiff_t k = 0; k < c->modes; k++) {
    const double value = creal(c->spectrum[k]);
    c->eigenvalue[k] = value < 0 && value > -round_off ? 0 : value * c->grid->volume / length;
  }
}

static int copy_samples(mf_convolution *c, const double *values)
{
  mf_grid displacements;
  MF_TRY(mf_grid_displacements(&displacements, c->grid));
  ptrdiff_t i[MF_AXES], at = 0;
  for (i[2] = 0; i[2] < c->m[2]; i[2]++)
    for (i[1] = 0; i[1] < c->m[1]; i[1]++)
      for (i[0] = 0; i[0] < c->m[0]; i[0]++) c->real[at++] = look_up(c, &displacements, values, i);
  return MF_OK;
}

/* Of a kernel, or of samples. */
static int fill(mf_convolution *c, const mf_grid *grid, const mf_kernel *kernel, const double *values)
{
  c->grid = grid;
  if (kernel) c->kernel = *kernel;
  if (kernel && kernel->type->coefficient) return mf_finite_rank_create(&c->features, grid, kernel);
  for (int a = 0; a < MF_AXES; a++)
    c->m[a] = grid->periodic[a] || grid->n[a] == 1 ? grid->n[a] : smooth_length(2 * grid->n[a] - 1);
  c->half = c->m[0] / 2 + 1;
  c->modes = c->half * c->m[1] * c->m[2];
  MF_TRY(mf_reals_create(&c->real, c->m[0] * c->m[1] * c->m[2]));
  MF_TRY(mf_objects_create(&c->spectrum, c->modes, sizeof *c->spectrum));
  MF_TRY(mf_reals_create(&c->eigenvalue, c->modes));
  const int nx = (int)c->m[0], ny = (int)c->m[1], nz = (int)c->m[2];
  /* ESTIMATE chooses the same algorithm every time, so runs repeat to the last bit. */
  c->forward = fftw_plan_dft_r2c_3d(nz, ny, nx, c->real, c->spectrum, FFTW_ESTIMATE);
  c->backward = fftw_plan_dft_c2r_3d(nz, ny, nx, c->spectrum, c->real, FFTW_ESTIMATE);
  if (!c->forward || !c->backward)
    return mf_fail(MF_ENUMERIC, "FFTW has no plan for %d x %d x %d points", nx, ny, nz);
  if (kernel)
    sample_kernel(c);
  else
    MF_TRY(copy_samples(c, values));
  fftw_execute(c->forward);
  store_eigenvalues(c);
  return MF_OK;
}

static int create(mf_convolution **out, const mf_grid *grid, const mf_kernel *kernel, const double *values)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, grid, kernel, values);
  if (status) {
    mf_convolution_free(*out);
    *out = NULL;
  }
  return status;
}

int mf_convolution_create(mf_convolution **out, const mf_grid *grid, const mf_kernel *kernel)
{
  return create(out, grid, kernel, NULL);
}

int mf_convolution_create_from(mf_convolution **out, const mf_grid *grid, const mf_kernel_options *options)
{
  mf_kernel kernel;
  *out = NULL;
  MF_TRY(mf_kernel_init(&kernel, options));
  return mf_convolution_create(out, grid, &kernel);
}

int mf_convolution_create_sampled(mf_convolution **out, const mf_grid *grid, const double *values)
{
  return create(out, grid, NULL, values);
}

void mf_convolution_free(mf_convolution *c)
{
  if (!c) return;
  mf_finite_rank_free(c->features);
  if (c->forward) fftw_destroy_plan(c->forward);
  if (c->backward) fftw_destroy_plan(c->backward);
  mf_release(c->real);
  mf_release(c->spectrum);
  mf_release(c->eigenvalue);
  mf_release(c);
}

/* Copies lines of the grid into the padded box (scatter) and transforms. */
static void transform(const mf_convolution *c, const double *f)
{
  const ptrdiff_t *n = c->grid->n, *m = c->m;
  if (m[0] * m[1] * m[2] > c->grid->cells) memset(c->real, 0, (size_t)(m[0] * m[1] * m[2]) * sizeof *c->real);
  for (ptrdiff_t k = 0; k < n[2]; k++)
    for (ptrdiff_t j = 0; j < n[1]; j++)
      memcpy(c->real + m[0] * (j + m[1] * k), f + n[0] * (j + n[1] * k), (size_t)n[0] * sizeof *f);
  fftw_execute(c->forward);
}

static void transform_back(const mf_convolution *c, double *out)
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

void mf_convolution_add(const mf_convolution *c, const double *f, double scale, double *out)
{
  if (c->features) {
    mf_finite_rank_add(c->features, f, scale, out);
    return;
  }
  transform(c, f);
  for (ptrdiff_t k = 0; k < c->modes; k++) c->spectrum[k] *= scale * c->eigenvalue[k];
  transform_back(c, out);
}

void mf_convolution_add_inverse(const mf_convolution *c, const double *f, double shift, double scale,
                                double *out)
{
  const double length = (double)(c->m[0] * c->m[1] * c->m[2]);
  transform(c, f);
  for (ptrdiff_t k = 0; k < c->modes; k++)
    c->spectrum[k] *= scale / (length * (length * c->eigenvalue[k] + shift));
  transform_back(c, out);
}

/* Parseval on the half spectrum: all columns but kx = 0 and, for even length, kx = m/2 stand for two. */
double mf_convolution_form(const mf_convolution *c, const double *f)
{
  if (c->features) return mf_finite_rank_form(c->features, f);
  transform(c, f);
  mf_sum sum = {0};
  for (ptrdiff_t row = 0; row < c->m[1] * c->m[2]; row++) {
    double partial = 0;
    for (ptrdiff_t i = 0; i < c->half; i++) {
      const ptrdiff_t k = c->half * row + i;
      const double re = creal(c->spectrum[k]), im = cimag(c->spectrum[k]);
      const double copies = i == 0 || 2 * i == c->m[0] ? 1 : 2;
      partial += copies * c->eigenvalue[k] * (re * re + im * im);
    }
    mf_sum_add(&sum, partial);
  }
  return c->grid->volume * mf_sum_value(&sum);
}

const mf_kernel *mf_convolution_kernel(const mf_convolution *c)
{
  return &c->kernel;
}

const char *mf_convolution_library(void)
{
  return fftw_version;
}
