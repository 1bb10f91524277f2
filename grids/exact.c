/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of doubles without rounding. */
#include "grids/exact.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
  LIMB = 32,       /* bits of a term that one limb takes */
  SPAN = 3,        /* limbs of a term: 53 bits, shifted by up to 31 */
  MANTISSA = 52,   /* stored bits of a double's mantissa */
  EXPONENT = 0x7ff /* the exponent of what is not finite */
};
enum { PLUS, MINUS, NEITHER }; /* infinities, NANs */

static const uint64_t low_bits = 0xffffffff;
static const int64_t most_terms = 1 << 29; /* twice as many, and limbs are below 2^62 */

/* The bits of a double: sign, exponent + 1023, mantissa without its leading 1. */
static uint64_t bits_of(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static double double_of(uint64_t bits)
{
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

void mf_exact_start(mf_exact *sum)
{
  sum->low = sum->high = 0;
  sum->terms = 0;
  memset(sum->special, 0, sizeof sum->special);
}

/* Brings the limbs [low, high) into play. */
static void reach(mf_exact *sum, int low, int high)
{
  if (sum->low == sum->high) sum->low = sum->high = low;
  while (sum->low > low) sum->limb[--sum->low] = 0;
  while (sum->high < high) sum->limb[sum->high++] = 0;
}

/* out = sign limb with carries worked off, each in [0, 2^32); returns what goes on into the next limb. */
static int64_t carry(const int64_t *limb, int count, int sign, int64_t *out)
{
  int64_t over = 0;
  for (int i = 0; i < count; i++) {
    const int64_t all = sign * limb[i] + over;
    out[i] = (int64_t)((uint64_t)all & low_bits);
    over = (all - out[i]) / ((int64_t)1 << LIMB);
  }
  return over;
}

/* Limbs are then in [0, 2^32), but for the highest, which has the sign. */
static void settle(mf_exact *sum)
{
  if (sum->low == sum->high) return;
  int64_t *limb = sum->limb + sum->low;
  const int64_t over = carry(limb, sum->high - sum->low, 1, limb);
  sum->terms = 1;
  if (over == 0 || over == -1)
    sum->limb[sum->high - 1] += over * ((int64_t)1 << LIMB);
  else {
    reach(sum, sum->low, sum->high + 1);
    sum->limb[sum->high - 1] = over;
  }
}

static void add_special(mf_exact *sum, uint64_t bits)
{
  const bool is_nan = bits << (64 - MANTISSA);
  sum->special[is_nan ? NEITHER : bits >> 63 ? MINUS : PLUS]++;
}

void mf_exact_add(mf_exact *sum, double term)
{
  const uint64_t bits = bits_of(term), stored = bits & (((uint64_t)1 << MANTISSA) - 1);
  const int exponent = (int)(bits >> MANTISSA) & EXPONENT;
  if (exponent == EXPONENT) {
    add_special(sum, bits);
    return;
  }
  if (!exponent && !stored) return;
  const int place = exponent ? exponent - 1 : 0, first = place / LIMB, shift = place % LIMB;
  const uint64_t mantissa = exponent ? stored | (uint64_t)1 << MANTISSA : stored,
                 upper = mantissa >> (LIMB - shift);
  const int64_t sign = bits >> 63 ? -1 : 1;
  if (first < sum->low || first + SPAN > sum->high) reach(sum, first, first + SPAN);
  if (++sum->terms > most_terms) settle(sum);
  int64_t *limb = sum->limb + first;
  limb[0] += sign * (int64_t)(mantissa << shift & low_bits);
  limb[1] += sign * (int64_t)(upper & low_bits);
  limb[2] += sign * (int64_t)(upper >> LIMB);
}

void mf_exact_merge(mf_exact *sum, const mf_exact *part)
{
  for (int k = 0; k < MF_EXACT_KINDS; k++) sum->special[k] += part->special[k];
  if (part->low == part->high) return;
  if (sum->terms + part->terms > most_terms) settle(sum);
  reach(sum, part->low, part->high);
  for (int i = part->low; i < part->high; i++) sum->limb[i] += part->limb[i];
  sum->terms += part->terms;
}

/* ---- rounding ---- */

/* A sum above 0 whose limbs are in [0, 2^32) and the last not 0; the first is worth 2^(32 low - 1074).  `lead` has its first
 * 64 bits from the leading one on, which is worth 2^(place - 1074): from place 52 on the last 11 of them are rounded off,
 * below all fit. */
static double rounded(const int64_t *limb, int count, int low)
{
  const int top = count - 1, off = 63 - MANTISSA;
  uint64_t three[3] = {0};
  int length;
  for (int i = 0; i < 3 && i <= top; i++) three[i] = (uint64_t)limb[top - i];
  frexp((double)three[0], &length);
  const int left = LIMB - length, place = LIMB * (low + top) + length - 1;
  const uint64_t lead = (three[0] << LIMB | three[1]) << left | three[2] << left >> LIMB;
  if (place <= MANTISSA) return double_of(lead >> (63 - place));
  bool more = three[2] << left & low_bits;
  for (int i = 0; i < top - 2 && !more; i++) more = limb[i] != 0;
  const uint64_t half = (uint64_t)1 << (off - 1), rest = lead & (2 * half - 1), kept = lead >> off;
  const bool up = rest > half || (rest == half && (more || kept & 1));
  const uint64_t bits =
      ((uint64_t)(place - MANTISSA) << MANTISSA) + kept + up; /* a carry raises the exponent */
  return bits >> MANTISSA < EXPONENT ? double_of(bits) : INFINITY;
}

double mf_exact_value(const mf_exact *sum)
{
  const int64_t *special = sum->special;
  if (special[NEITHER] || (special[PLUS] && special[MINUS])) return NAN;
  if (special[PLUS] || special[MINUS]) return special[PLUS] ? INFINITY : -INFINITY;
  int64_t size[MF_EXACT_LIMBS + 2];
  int count = sum->high - sum->low, sign = 1;
  int64_t over = carry(sum->limb + sum->low, count, sign, size);
  if (over < 0) over = carry(sum->limb + sum->low, count, sign = -1, size);
  for (; over; over >>= LIMB) size[count++] = (int64_t)((uint64_t)over & low_bits);
  while (count && !size[count - 1]) count--;
  return count ? sign * rounded(size, count, sum->low) : 0;
}

/* ---- as integers ---- */

void mf_exact_pack(const mf_exact *sum, int64_t words[MF_EXACT_WORDS])
{
  mf_exact whole = *sum;
  settle(&whole);
  memset(words, 0, MF_EXACT_LIMBS * sizeof *words);
  for (int i = whole.low; i < whole.high; i++) words[i] = whole.limb[i];
  memcpy(words + MF_EXACT_LIMBS, whole.special, sizeof whole.special);
}

void mf_exact_unpack(mf_exact *sum, const int64_t words[MF_EXACT_WORDS])
{
  int low = 0, high = MF_EXACT_LIMBS;
  while (low < high && !words[low]) low++;
  while (high > low && !words[high - 1]) high--;
  mf_exact_start(sum);
  memcpy(sum->special, words + MF_EXACT_LIMBS, sizeof sum->special);
  if (low == high) return;
  reach(sum, low, high);
  memcpy(sum->limb + low, words + low, (size_t)(high - low) * sizeof *words);
  settle(sum);
}
