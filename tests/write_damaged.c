/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes a damaged copy of a file, for tests of what is read from strangers:
 *
 *   write_damaged FILE COPY SEED
 *
 * The seed says what the damage is: bits, bytes, numbers, stretches, the end.  A quarter of it lies in the first bytes, where
 * headers are. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 2048, CHANGES = 3, LONGEST = 32 };

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t state;

static size_t below(size_t count)
{
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return (size_t)((z ^ z >> 31) % count);
}

typedef struct {
  unsigned char *at;
  size_t size;
} bytes;

static void flip_bit(bytes *b, size_t i)
{
  b->at[i] ^= (unsigned char)(1u << below(8));
}

static void replace_byte(bytes *b, size_t i)
{
  b->at[i] = (unsigned char)below(256);
}

static size_t stretch(const bytes *b, size_t i)
{
  const size_t length = 1 + below(LONGEST);
  return length < b->size - i ? length : b->size - i;
}

static void fill(bytes *b, size_t i)
{
  memset(b->at + i, below(2) ? 0xff : 0, stretch(b, i));
}

static void scramble(bytes *b, size_t i)
{
  for (size_t k = stretch(b, i); k > 0; k--) b->at[i + k - 1] = (unsigned char)below(256);
}

static void copy_stretch(bytes *b, size_t i)
{
  const size_t length = stretch(b, i);
  memmove(b->at + i, b->at + below(b->size - length + 1), length);
}

/* Lengths and addresses have four or eight bytes, either end first. */
static void put_number(bytes *b, size_t i)
{
  static const uint64_t odd[] = {0,      1,          2,          0x7f,      0xff,      0x7fff,
                                 0xffff, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};
  const uint64_t number = odd[below(sizeof odd / sizeof *odd)];
  const size_t width = below(2) ? 4 : 8;
  const int big = (int)below(2);
  for (size_t k = 0; k < width && i + k < b->size; k++)
    b->at[i + k] = (unsigned char)(number >> 8 * (big ? width - 1 - k : k));
}

static void cut(bytes *b, size_t i)
{
  b->size = i > 0 ? i : 1;
}

static void damage(bytes *b)
{
  static void (*const kinds[])(bytes *, size_t) = {flip_bit, flip_bit,     replace_byte, replace_byte, fill,
                                                   scramble, copy_stretch, put_number,   put_number,   cut};
  for (size_t n = 1 + below(CHANGES); n > 0; n--) {
    const size_t head = b->size < HEAD ? b->size : HEAD;
    kinds[below(sizeof kinds / sizeof *kinds)](b, below(below(4) ? b->size : head));
  }
}

static int whole(const char *path, bytes *b)
{
  FILE *in = fopen(path, "rb");
  if (!in || fseek(in, 0, SEEK_END)) return 0;
  b->size = (size_t)ftell(in);
  b->at = malloc(b->size + 1);
  rewind(in);
  const int got = b->at && b->size > 0 && fread(b->at, 1, b->size, in) == b->size;
  fclose(in);
  return got;
}

int main(int argc, char **argv)
{
  bytes b = {0};
  if (argc != 4 || !whole(argv[1], &b)) return 2;
  state = strtoull(argv[3], NULL, 10);
  damage(&b);
  FILE *out = fopen(argv[2], "wb");
  const size_t put = out ? fwrite(b.at, 1, b.size, out) : 0;
  free(b.at);
  return put != b.size || fclose(out) ? 2 : 0;
}
