/* SPDX-License-Identifier: BSD-3-Clause */
/** @file exponential.h  e^x in loops that become vectors, the same on every processor. */
#ifndef MF_SOLVER_DISTANCE_EXPONENTIAL_H
#define MF_SOLVER_DISTANCE_EXPONENTIAL_H

#include "grids/threads.h"

#include <stdint.h>

/** e^x for x <= 0 to 1e-14 of it, and 0 below -40: 2^k e^r with |r| <= log(2)/2, by a polynomial. */
MF_INLINE double mf_exponential(double given)
{
  const double x = given < -40 ? -40 : given, shift = 0x1.8p52, k = x * 0x1.71547652b82fep0 + shift,
               whole = k - shift;
  const double r = (x - whole * 0x1.62e42fefa0000p-1) - whole * 0x1.cf79abc9e3b3ap-40;
  double p = 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  union {
    double real;
    uint64_t bits;
  } power = {.real = k};
  power.bits = (power.bits + 1023) << 52;
  return given < -40 ? 0 : p * power.real;
}

#endif
