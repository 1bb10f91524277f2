/* SPDX-License-Identifier: BSD-3-Clause */
/** @file random.h  Random numbers by counting: each is a function of seed, stream, particle, step and draw, and of nothing else.
 *
 *  Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011) maps a counter of four words, under a key of two, to four words:
 *
 *    key = seed,  counter = (particle, step, stream, draw)
 *
 *  so no generator has a state, and who draws what, in which order and in which thread, is of no account.  A block gives two
 *  uniform numbers of 52 bits, and these by Box and Muller two normal ones. */
#ifndef MF_GRIDS_RANDOM_H
#define MF_GRIDS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** Which numbers: those of one seed and one purpose. */
typedef struct {
  uint64_t seed;
  uint32_t stream;
} mf_random;

/** The four words of a counter under a key. */
void mf_random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** Two independent uniform numbers in (0, 1), multiples of 2^-53, for each of the particles first, ..., first + count - 1:
 *  `a` and `b` have count values, `b` may be NULL.  Different draws are independent. */
void mf_random_uniforms(const mf_random *r, uint32_t step, uint32_t draw, ptrdiff_t first, ptrdiff_t count,
                        double *a, double *b);

/** The same for standard normal numbers, the largest of which is 8.6. */
void mf_random_normals(const mf_random *r, uint32_t step, uint32_t draw, ptrdiff_t first, ptrdiff_t count,
                       double *a, double *b);

#endif
