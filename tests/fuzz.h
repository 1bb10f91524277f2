/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz.h  What the programs that try made-up inputs share (`make fuzz`).
 *
 *  Each hands bytes to what reads them.  Any status is fine; what is looked for are crashes, reads out of bounds, leaks and
 *  undefined behaviour, which the sanitizers tell, hangs, and broken promises, which FUZZ_TRUE tells. */
#ifndef MF_TESTS_FUZZ_H
#define MF_TESTS_FUZZ_H

#define _GNU_SOURCE

#include "grids/base.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_TRUE(claim)                                                                                     \
  do {                                                                                                       \
    if (!(claim)) {                                                                                          \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #claim);                                  \
      abort();                                                                                               \
    }                                                                                                        \
  } while (0)

/** The bytes with a 0 behind them, and no room beyond: a reader that goes on is seen.  Release with free. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
  char *text = malloc(size + 1);
  FUZZ_TRUE(text);
  memcpy(text, data, size);
  text[size] = '\0';
  return text;
}

/** A file in memory with these bytes; good until the next call. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
  static char path[64];
  static int file = -1;
  if (file < 0) file = memfd_create("fuzz", 0);
  FUZZ_TRUE(file >= 0 && !ftruncate(file, 0) && pwrite(file, data, size, 0) == (ssize_t)size);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  return path;
}

#endif
