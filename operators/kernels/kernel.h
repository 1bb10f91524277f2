/* SPDX-License-Identifier: BSD-3-Clause */
/** @file kernel.h (plug-in)  Positive definite kernels, k(|x - y|) or a power series in x.y, and sums of them over
 *  several bandwidths.
 *
 *  On a periodic axis a kernel that decays fast is summed over its images; one that does not is evaluated at
 *  the chord (L/pi) sin(pi d/L), the distance in the plane that the circle bounds, which keeps it positive
 *  definite.  A power series has finite rank (convolution_features.c) and no meaning there. */
#ifndef MF_OPERATORS_KERNELS_KERNEL_H
#define MF_OPERATORS_KERNELS_KERNEL_H

#include "grids/param.h"

#include <math.h>

MF_PUBLIC_BEGIN

enum { MF_KERNEL_SCALES = 16, MF_KERNEL_DEGREE = 8 };

typedef struct {
  const char *name;
  const char *summary; /**< the formula, with s the bandwidth */
  const char *reference;
  bool scaled;      /**< needs a bandwidth */
  bool conditional; /**< positive definite on measures of total mass 0 only */
  double reach;     /**< bandwidths beyond which it is below 1e-17; 0: decays too slowly to sum images */
  double (*value)(double r, double shape); /**< at distance r in units of the bandwidth */
  double (*slope)(double r,
                  double shape); /**< its derivative by r, over r; 0 at r = 0 where that has a kink */
  /** Or, of a kernel of finite rank: c_n >= 0 of sum_n c_n (x.y / s^2)^n, n <= MF_KERNEL_DEGREE. */
  double (*coefficient)(int n, double shape);
  /** NULL, or nu if it is the Matern kernel of smoothness nu: a mixture of Gaussians; INFINITY: a Gaussian */
  double (*mixture)(double shape);
  double shape, shape_min, shape_max; /**< default and range of the shape parameter; all 0: none */
  double shape_step;                  /**< shapes are this far apart; 0: any will do */
} mf_kernel_type;

/** sum_i weight[i] * k(r / bandwidth[i]). */
typedef struct {
  const mf_kernel_type *type;
  int scales;
  double bandwidth[MF_KERNEL_SCALES]; /**< [L] */
  double weight[MF_KERNEL_SCALES];
  double shape;
} mf_kernel;

/** What a case says of a kernel; to be embedded in a struct of options. */
typedef struct {
  int name; /**< index into mf_kernel_types */
  mf_reals bandwidth, weights;
  double shape; /**< NAN: the type's own */
} mf_kernel_options;

/** Rows of a parameter table for an mf_kernel_options at `member` of `type`; not `needed`, name may be -1. */
#define MF_KERNEL_PARAMS(type, member, needed)                                                               \
  {.key = "kernel",                                                                                          \
   .kind = MF_CHOICE,                                                                                        \
   .offset = offsetof(type, member) + offsetof(mf_kernel_options, name),                                     \
   .required = (needed),                                                                                     \
   .fallback = (needed) ? 0 : -1,                                                                            \
   .choices = mf_kernel_names,                                                                               \
   .doc = "kernel"},                                                                                         \
      {.key = "bandwidth",                                                                                   \
       .kind = MF_REALS,                                                                                     \
       .offset = offsetof(type, member) + offsetof(mf_kernel_options, bandwidth),                            \
       .fallback = NAN,                                                                                      \
       .min = 1e-300,                                                                                        \
       .max = 1e300,                                                                                         \
       .doc = "length scale s [L], or a list: the kernel is the sum over them"},                             \
      {.key = "weights",                                                                                     \
       .kind = MF_REALS,                                                                                     \
       .offset = offsetof(type, member) + offsetof(mf_kernel_options, weights),                              \
       .fallback = NAN,                                                                                      \
       .min = 0,                                                                                             \
       .max = 1e300,                                                                                         \
       .doc = "weight of each bandwidth (default 1 each)"},                                                  \
  {                                                                                                          \
    .key = "shape", .kind = MF_REAL, .offset = offsetof(type, member) + offsetof(mf_kernel_options, shape),  \
    .fallback = NAN, .doc = "matern: smoothness 0.5, 1.5 or 2.5; other kernels: exponent"                    \
  }

/** NULL-terminated list, and the names in its order. */
extern const mf_kernel_type *const mf_kernel_types[];
extern const char *const mf_kernel_names[];

/** Checks and fills; MF_ECASE: no bandwidth, weights that do not match, shape out of range. */
int mf_kernel_init(mf_kernel *kernel, const mf_kernel_options *options);

/** Value at distance r [L], of a kernel of the distance. */
double mf_kernel_value(const mf_kernel *kernel, double r);

/** (dk/dr)/r at distance r [L], of a kernel of the distance [L^-2]: its gradient is that times x - y. */
double mf_kernel_slope(const mf_kernel *kernel, double r);

/** Coefficient of (x.y)^n, of a kernel of finite rank [L^-2n]. */
double mf_kernel_coefficient(const mf_kernel *kernel, int n);

/** Distance [L] beyond which the kernel is below 1e-17 of its value at 0; 0 if it decays too slowly. */
double mf_kernel_reach(const mf_kernel *kernel);

/** "gaussian, bandwidth 3.16228" into a buffer. */
void mf_kernel_text(const mf_kernel *kernel, char *buffer, size_t size);

MF_PUBLIC_END

#endif
