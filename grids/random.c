/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers by counting.  A chunk of particles passes through short loops without branches, which are compiled for
 * several instruction sets and give the same bits in each.  The elementary functions are in elementary.h. */
#include "grids/random.h"

#include "grids/elementary.h"
#include "grids/threads.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 10, CHUNK = 256 };

static const uint32_t multiplier[2] = {0xD2511F53, 0xCD9E8D57}, weyl[2] = {0x9E3779B9, 0xBB67AE85};

/* A round of one block.  The halves of a product are those of 64 bits. */
MF_INLINE void turn(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d, uint32_t first, uint32_t second)
{
  const uint64_t p = (uint64_t)multiplier[0] * *a, q = (uint64_t)multiplier[1] * *c;
  *a = (uint32_t)(q >> 32) ^ *b ^ first;
  *c = (uint32_t)(p >> 32) ^ *d ^ second;
  *b = (uint32_t)q;
  *d = (uint32_t)p;
}

void mf_random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
  memcpy(out, counter, 4 * sizeof *out);
  for (uint32_t k = 0; k < ROUNDS; k++)
    turn(&out[0], &out[1], &out[2], &out[3], key[0] + k * weyl[0], key[1] + k * weyl[1]);
}

/* What a chunk is made of. */
typedef struct {
  uint32_t key[2], step, stream, draw;
  uint32_t first;
} request;

/* (k + 1/2) 2^-52 with the upper 52 bits k. */
MF_INLINE double to_uniform(uint64_t word)
{
  return mf_real_of((word >> 12) | 0x3FF0000000000000) - 1 + 0x1p-53;
}

/* Round by round over the whole chunk: compilers make vectors of that. */
MF_CLONES static void mf_chunk_of_uniforms(const request *r, ptrdiff_t count, double *restrict x,
                                           double *restrict y)
{
  uint32_t a[CHUNK], b[CHUNK], c[CHUNK], d[CHUNK];
  for (ptrdiff_t i = 0; i < count; i++) {
    a[i] = r->first + (uint32_t)i;
    b[i] = r->step;
    c[i] = r->stream;
    d[i] = r->draw;
  }
  for (uint32_t k = 0; k < ROUNDS; k++) {
    const uint32_t first = r->key[0] + k * weyl[0], second = r->key[1] + k * weyl[1];
#pragma omp simd
    for (ptrdiff_t i = 0; i < count; i++) turn(&a[i], &b[i], &c[i], &d[i], first, second);
  }
#pragma omp simd
  for (ptrdiff_t i = 0; i < count; i++) {
    x[i] = to_uniform((uint64_t)b[i] << 32 | a[i]);
    y[i] = to_uniform((uint64_t)d[i] << 32 | c[i]);
  }
}

/* Box & Muller: radius sqrt(-2 log a), angle 2 pi b. */
MF_CLONES static void mf_chunk_to_normals(ptrdiff_t count, double *restrict a, double *restrict b)
{
#pragma omp simd
  for (ptrdiff_t i = 0; i < count; i++) {
    double sine, cosine;
    const double radius = sqrt(-2 * mf_fast_log(a[i]));
    mf_fast_turn(b[i], &sine, &cosine);
    a[i] = radius * cosine;
    b[i] = radius * sine;
  }
}

static void draw(const mf_random *g, uint32_t step, uint32_t number, ptrdiff_t first, ptrdiff_t count,
                 double *a, double *b, bool normal)
{
  double one[CHUNK], other[CHUNK];
  request r = {{(uint32_t)g->seed, (uint32_t)(g->seed >> 32)}, step, g->stream, number, 0};
  for (ptrdiff_t begin = 0; begin < count; begin += CHUNK) {
    const ptrdiff_t n = count - begin < CHUNK ? count - begin : CHUNK;
    r.first = (uint32_t)(first + begin);
    mf_chunk_of_uniforms(&r, n, one, other);
    if (normal) mf_chunk_to_normals(n, one, other);
    memcpy(a + begin, one, (size_t)n * sizeof *a);
    if (b) memcpy(b + begin, other, (size_t)n * sizeof *b);
  }
}

void mf_random_uniforms(const mf_random *r, uint32_t step, uint32_t number, ptrdiff_t first, ptrdiff_t count,
                        double *a, double *b)
{
  draw(r, step, number, first, count, a, b, false);
}

void mf_random_normals(const mf_random *r, uint32_t step, uint32_t number, ptrdiff_t first, ptrdiff_t count,
                       double *a, double *b)
{
  draw(r, step, number, first, count, a, b, true);
}
