/* SPDX-License-Identifier: BSD-3-Clause */
/** @file exact.h  Sums of doubles without rounding.
 *
 *  A double is an integer times 2^-1074, so the sum of any number of them is one too: it is kept as
 *
 *    sum = 2^-1074 sum_i limb[i] 2^(32 i)
 *
 *  in limbs of 64 bits, to which 32 bits at a time are added without a carry; carries are worked off once in 2^29
 *  additions (Kulisch 1981; Neal 2015).  No term is lost, no partial sum overflows, and the order is of no account: a sum
 *  may be taken in parts, by any number of threads or processes, whose limbs are added as integers.  It is rounded once,
 *  when it is asked for.  Infinities and NANs are counted.
 *
 *  Only the limbs between the smallest and the largest term are touched: a sum of terms of one size has three or four. */
#ifndef MF_GRIDS_EXACT_H
#define MF_GRIDS_EXACT_H

#include <stdint.h>

/** 2098 bits of a double's range, and 78 for carries; terms that are not finite, by kind. */
enum { MF_EXACT_LIMBS = 68, MF_EXACT_KINDS = 3 };

/** `{0}`, or one that was started, is the sum of nothing; limbs outside [low, high) are 0, whatever they hold. */
typedef struct {
  int low, high;
  int64_t terms; /**< since carries were worked off */
  int64_t special[MF_EXACT_KINDS];
  int64_t limb[MF_EXACT_LIMBS];
} mf_exact;

/** Makes it the sum of nothing; faster than clearing all of it. */
void mf_exact_start(mf_exact *sum);

/** Adds a term. */
void mf_exact_add(mf_exact *sum, double term);

/** Adds a part. */
void mf_exact_merge(mf_exact *sum, const mf_exact *part);

/** The sum, rounded to nearest, ties to even; that of nothing is 0, one beyond the range of a double infinite. */
double mf_exact_value(const mf_exact *sum);

/** The sum as integers, which may be added, up to 2^30 of each, to those of other parts and made a sum again. */
enum { MF_EXACT_WORDS = MF_EXACT_LIMBS + MF_EXACT_KINDS };
void mf_exact_pack(const mf_exact *sum, int64_t words[MF_EXACT_WORDS]);
void mf_exact_unpack(mf_exact *sum, const int64_t words[MF_EXACT_WORDS]);

#endif
