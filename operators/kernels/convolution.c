/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel operator K f: the public face of the ways to compute it.  A kernel goes to the blocked
 * transforms, or to its features if it has finite rank; transforms of the whole box are kept beside them
 * as the statement of what they compute. */
#include "operators/kernels/convolution.h"

#include "grids/base.h"
#include "grids/field.h"
#include "grids/profile.h"
#include "operators/kernels/convolution_method.h"

#include <complex.h>
#include <fftw3.h>
#include <math.h>

struct mf_convolution {
  mf_kernel kernel;
  const mf_grid *grid;
  const mf_convolution_method *method;
  void *self;
};

static int create(mf_convolution **out, const mf_convolution_method *method,
                  const mf_convolution_source *source)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  mf_convolution *c = *out;
  if (source->kernel) c->kernel = *source->kernel;
  c->method = method;
  c->grid = source->grid;
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

static double run(const mf_convolution *c, const mf_convolution_request *request)
{
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_CONVOLUTION);
  const double form = c->method->run(c->self, request);
  mf_profile_leave(outer);
  return form;
}

void mf_convolution_add(const mf_convolution *c, const double *f, double scale, double *out)
{
  run(c, &(mf_convolution_request){.task = MF_CONVOLVE, .f = f, .out = out, .scale = scale});
}

void mf_convolution_add_inverse(const mf_convolution *c, const double *f, double shift, double scale,
                                double *out)
{
  run(c, &(mf_convolution_request){.task = MF_INVERT, .f = f, .out = out, .scale = scale, .shift = shift});
}

double mf_convolution_form(const mf_convolution *c, const double *f)
{
  return run(c, &(mf_convolution_request){.task = MF_FORM, .f = f, .scale = 1});
}

double mf_convolution_weighted(const mf_convolution *c, double weight, const double *f)
{
  const double form = mf_convolution_form(c, f);
  if (mf_square_is_exact(fabs(form))) return weight * form;
  const double unit = mf_field_unit(c->grid, f);
  if (unit == 0) return 0;
  return run(c, &(mf_convolution_request){.task = MF_FORM, .f = f, .scale = 1 / unit}) * (weight * unit) *
         unit;
}

double mf_convolution_norm(const mf_convolution *c, const double *f)
{
  const double form = mf_convolution_form(c, f);
  if (mf_square_is_exact(form)) return sqrt(form);
  const double scale = mf_field_unit(c->grid, f);
  if (scale == 0) return 0;
  return sqrt(fmax(0, run(c, &(mf_convolution_request){.task = MF_FORM, .f = f, .scale = 1 / scale}))) *
         scale;
}

const mf_kernel *mf_convolution_kernel(const mf_convolution *c)
{
  return &c->kernel;
}

const char *mf_convolution_library(void)
{
  return fftw_version;
}
