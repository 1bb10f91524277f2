/* The kernel operator K f: the public face of the ways to compute it.  A kernel goes to the blocked
 * transforms, or to its features if it has finite rank; transforms of the whole box are kept beside them
 * as the statement of what they compute. */
#include "operators/convolution.h"

#include "grids/base.h"
#include "grids/profile.h"
#include "operators/convolution_method.h"

#include <complex.h>
#include <fftw3.h>
#include <float.h>
#include <math.h>

struct mf_convolution {
  mf_kernel kernel;
  const mf_convolution_method *method;
  void *self;
};

/* ---- what the methods share ---------------------------------------------------------------------------- */

ptrdiff_t mf_convolution_length(ptrdiff_t n)
{
  static const ptrdiff_t primes[] = {2, 3, 5, 7};
  for (;; n++) {
    ptrdiff_t rest = n;
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
      while (rest % primes[i] == 0) rest /= primes[i];
    if (rest == 1) return n;
  }
}

double mf_convolution_look_up(const mf_convolution_source *source, const mf_grid *displacements,
                              const ptrdiff_t m[MF_AXES], const ptrdiff_t i[MF_AXES])
{
  ptrdiff_t at = 0;
  for (int a = MF_AXES - 1; a >= 0; a--) {
    const ptrdiff_t n = displacements->n[a];
    ptrdiff_t j = (i[a] <= m[a] / 2 ? i[a] : i[a] - m[a]) + n / 2;
    if (source->grid->periodic[a]) j = (j + n) % n;
    if (j < 0 || j >= n) return 0;
    at = at * n + j;
  }
  return source->values[at];
}

void mf_convolution_clean(double *eigenvalue, ptrdiff_t count, bool padded, double factor)
{
  double largest = 0;
  for (ptrdiff_t k = 0; k < count; k++) largest = fmax(largest, fabs(eigenvalue[k]));
  const double above = DBL_EPSILON * largest, below = padded ? above : 16 * above;
  for (ptrdiff_t k = 0; k < count; k++) {
    const bool round_off = eigenvalue[k] <= above && eigenvalue[k] >= -below;
    eigenvalue[k] = round_off ? 0 : factor * eigenvalue[k];
  }
}

/* ---- the object ---------------------------------------------------------------------------------------- */

static int create(mf_convolution **out, const mf_convolution_method *method,
                  const mf_convolution_source *source)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  mf_convolution *c = *out;
  if (source->kernel) c->kernel = *source->kernel;
  c->method = method;
  const int status = method->create(&c->self, source);
  if (status) {
    mf_convolution_free(c);
    *out = NULL;
  }
  return status;
}

int mf_convolution_create(mf_convolution **out, const mf_grid *grid, const mf_kernel *kernel)
{
  const bool features = kernel->type->coefficient;
  return create(out, features ? &mf_convolution_features : &mf_convolution_blocked,
                &(mf_convolution_source){.grid = grid, .kernel = kernel});
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
  return create(out, &mf_convolution_blocked, &(mf_convolution_source){.grid = grid, .values = values});
}

int mf_convolution_create_plain(mf_convolution **out, const mf_grid *grid, const mf_kernel *kernel,
                                const double *values)
{
  return create(out, &mf_convolution_plain,
                &(mf_convolution_source){.grid = grid, .kernel = kernel, .values = values});
}

void mf_convolution_free(mf_convolution *c)
{
  if (!c) return;
  c->method->release(c->self);
  mf_release(c);
}

static double run(const mf_convolution *c, const mf_convolution_job *job)
{
  const mf_part outer = mf_profile_enter(MF_PART_CONVOLUTION);
  const double form = c->method->run(c->self, job);
  mf_profile_leave(outer);
  return form;
}

void mf_convolution_add(const mf_convolution *c, const double *f, double scale, double *out)
{
  run(c, &(mf_convolution_job){.task = MF_CONVOLVE, .f = f, .out = out, .scale = scale});
}

void mf_convolution_add_inverse(const mf_convolution *c, const double *f, double shift, double scale,
                                double *out)
{
  run(c, &(mf_convolution_job){.task = MF_INVERT, .f = f, .out = out, .scale = scale, .shift = shift});
}

double mf_convolution_form(const mf_convolution *c, const double *f)
{
  return run(c, &(mf_convolution_job){.task = MF_FORM, .f = f});
}

const mf_kernel *mf_convolution_kernel(const mf_convolution *c)
{
  return &c->kernel;
}

const char *mf_convolution_library(void)
{
  return fftw_version;
}
