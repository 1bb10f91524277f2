/* SPDX-License-Identifier: BSD-3-Clause */
/** @file elementary.h  exp, log, sine and cosine without branches or calls, so that loops of them become vectors.
 *
 *  The library's own are as exact, but compilers take them one by one.  Polynomials and reductions are those of fdlibm
 *  (Sun Microsystems 1993) and of a Taylor series; errors are below two units of the last place on the ranges named, and the
 *  bits are the same for every instruction set, since no products and sums are fused. */
#ifndef MF_GRIDS_ELEMENTARY_H
#define MF_GRIDS_ELEMENTARY_H

#include "grids/threads.h"

#include <stdint.h>
#include <string.h>

/** The bits of a double, and back. */
MF_INLINE uint64_t mf_bits_of(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

MF_INLINE double mf_real_of(uint64_t bits)
{
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/** e^x for -708 <= x <= 708; below that e^-708, which is nothing beside 1. */
MF_INLINE double mf_fast_exp(double x)
{
  const double shift = 0x1.8p52; /* adding it rounds to a whole number, which then stands in the last bits */
  x = x < -708 ? -708 : x;
  const double t = x * 1.4426950408889634 + shift, n = t - shift;
  const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  /* sum of r^k / k!, |r| <= 0.347: what follows r^13 is 3e-17 */
  double sum = 1.0 / 6227020800;
  sum = sum * r + 1.0 / 479001600;
  sum = sum * r + 1.0 / 39916800;
  sum = sum * r + 1.0 / 3628800;
  sum = sum * r + 1.0 / 362880;
  sum = sum * r + 1.0 / 40320;
  sum = sum * r + 1.0 / 5040;
  sum = sum * r + 1.0 / 720;
  sum = sum * r + 1.0 / 120;
  sum = sum * r + 1.0 / 24;
  sum = sum * r + 1.0 / 6;
  sum = sum * r + 0.5;
  sum = sum * r + 1;
  sum = sum * r + 1;
  return mf_real_of(mf_bits_of(sum) + (mf_bits_of(t) << 52));
}

/** e^x for x <= 0, and 0 below -40: a weight beside the largest of its kind. */
MF_INLINE double mf_fast_weight(double x)
{
  return x < -40 ? 0 : mf_fast_exp(x);
}

/** log x for a positive normal number. */
MF_INLINE double mf_fast_log(double x)
{
  const uint64_t bits = mf_bits_of(x) + (0x3FF0000000000000 - 0x3FE6A09E00000000);
  const double k = mf_real_of((bits >> 52) | 0x4330000000000000) - 0x1p52 - 1023;
  const double f = mf_real_of((bits & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E00000000) - 1, s = f / (2 + f),
               z = s * s;
  const double half = 0.5 * f * f, w = z * z;
  const double odd =
      w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const double even =
      z * (6.666666666666735130e-01 +
           w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  return k * 6.93147180369123816490e-01 -
         ((half - (s * (half + (odd + even)) + k * 1.90821492927058770002e-10)) - f);
}

/** sin 2 pi v and cos 2 pi v for 0 <= v <= 1. */
MF_INLINE void mf_fast_turn(double v, double *sine, double *cosine)
{
  const double shift = 0x1.8p52, t = 4 * v + shift;
  const uint64_t quarter = mf_bits_of(t);
  const double x = (4 * v - (t - shift)) * 1.57079632679489661923, z = x * x;
  const double s =
      x + x * z *
              (-1.66666666666666324348e-01 +
               z * (8.33333333332248946124e-03 +
                    z * (-1.98412698298579493134e-04 +
                         z * (2.75573137070700676789e-06 +
                              z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
  const double c =
      1 -
      (0.5 * z - z * z *
                     (4.16666666666666019037e-02 +
                      z * (-1.38888888888741095749e-03 +
                           z * (2.48015872894767294178e-05 +
                                z * (-2.75573143513906633035e-07 +
                                     z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))))));
  /* odd quarters change places; bit 1 of the quarter, resp. of the next, is the sign */
  const uint64_t swap = -(quarter & 1), sin_bits = (mf_bits_of(s) & ~swap) | (mf_bits_of(c) & swap),
                 cos_bits = (mf_bits_of(c) & ~swap) | (mf_bits_of(s) & swap);
  *sine = mf_real_of(sin_bits ^ ((quarter & 2) << 62));
  *cosine = mf_real_of(cos_bits ^ (((quarter + 1) & 2) << 62));
}

#endif
