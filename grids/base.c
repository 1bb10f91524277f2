/* SPDX-License-Identifier: BSD-3-Clause */
/* Status codes, the error chain, aligned memory. */
#define _POSIX_C_SOURCE 200809L
#include "grids/base.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 63 };

/* Of memory: bytes at whose multiples objects begin; large ones are staggered, by so many bytes at so many places. */
enum {
  ALIGNMENT = 64,
  LARGE = 1 << 16,
  STEP = 11 * ALIGNMENT,
  PLACES = 16,
  SPARE = PLACES * STEP + 2 * ALIGNMENT
};

static _Thread_local char message[MF_MESSAGE_SIZE];

static void set_message(const char *format, va_list arguments) MF_PRINTF(1, 0);
static void set_message(const char *format, va_list arguments)
{
  message[0] = '\0';
  if (format) vsnprintf(message, sizeof message, format, arguments);
}

/* In brackets, for tests/lint.h has macros of these names. */
int(mf_fail)(int status, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  set_message(format, arguments);
  va_end(arguments);
  return status;
}

int(mf_blame)(int status, const char *format, ...)
{
  char inner[MF_MESSAGE_SIZE];
  memcpy(inner, message, sizeof inner);
  va_list arguments;
  va_start(arguments, format);
  set_message(format, arguments);
  va_end(arguments);
  const size_t length = strlen(message), room = sizeof message - length - 1;
  if (room > 1) strncat(strcat(message, "\n"), inner, room - 1);
  return status;
}

const char *mf_error(void)
{
  return message;
}

/* Arrays of one grid would all begin at the same place of a page, and so compete for the same lines of the cache in loops over
 * several of them: each begins some lines further on than the one before. */
static size_t stagger(size_t bytes)
{
  static atomic_uint arrays;
  return bytes < LARGE ? 0 : atomic_fetch_add(&arrays, 1) % PLACES * STEP;
}

/* The system hands out large blocks zeroed, and gives them memory where they are first written to: nothing is spent on
 * what is never used.  In front of an object lies the address that is to be freed. */
int mf_objects_create(void *out, ptrdiff_t count, size_t size)
{
  void **slot = out;
  if (!slot) return mf_fail(MF_ECASE, "where the memory goes is NULL");
  *slot = NULL;
  if (count < 0 || (size > 0 && (size_t)count > (SIZE_MAX - SPARE) / size))
    return mf_fail(MF_EMEMORY, "cannot allocate %td objects of %zu bytes", count, size);
  const size_t bytes = (size_t)count * size, shift = stagger(bytes);
  char *block = calloc(1, bytes + shift + 2 * ALIGNMENT);
  if (!block) return mf_fail(MF_EMEMORY, "out of memory: %.1f MB more were needed", 1e-6 * (double)bytes);
  char *memory = block + shift + ALIGNMENT - (uintptr_t)block % ALIGNMENT;
  if ((size_t)(memory - block) < sizeof block) memory += ALIGNMENT;
  memcpy(memory - sizeof block, &block, sizeof block);
  *slot = memory;
  return MF_OK;
}

int mf_reals_create(double **out, ptrdiff_t count)
{
  return mf_objects_create(out, count, sizeof **out);
}

int mf_text_copy(char **out, const char *text)
{
  if (!text) return mf_fail(MF_ECASE, "the text is NULL");
  const size_t size = strlen(text) + 1;
  MF_TRY(mf_objects_create(out, (ptrdiff_t)size, 1));
  memcpy(*out, text, size);
  return MF_OK;
}

bool mf_ends_with(const char *text, const char *ending)
{
  if (!text || !ending) return false;
  const size_t length = strlen(text), tail = strlen(ending);
  return length >= tail && !strcmp(text + length - tail, ending);
}

void mf_release(void *memory)
{
  if (!memory) return;
  void *block;
  memcpy(&block, (char *)memory - sizeof block, sizeof block);
  free(block);
}

/* Without regard to case: KL is kl. */
static bool same_letter(char a, char b)
{
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int least_of(int a, int b)
{
  return a < b ? a : b;
}

/* Insertions, removals, replacements and swaps of neighbours that make one word of the other (Damerau 1964), for words
 * short enough to be keys. */
static int edit_distance(const char *a, const char *b)
{
  const size_t m = strlen(a), n = strlen(b);
  if (m > LONGEST_WORD || n > LONGEST_WORD) return LONGEST_WORD;
  int row[3][LONGEST_WORD + 1];
  for (size_t j = 0; j <= n; j++) row[0][j] = (int)j;
  for (size_t i = 1; i <= m; i++) {
    int *now = row[i % 3];
    const int *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
    now[0] = (int)i;
    for (size_t j = 1; j <= n; j++) {
      now[j] = least_of(last[j - 1] + !same_letter(a[i - 1], b[j - 1]), least_of(now[j - 1], last[j]) + 1);
      if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
        now[j] = least_of(now[j], before[j - 2] + 1);
    }
  }
  return row[m % 3][n];
}

const char *mf_nearest(const char *word, const char *const *names, int count)
{
  const char *best = NULL;
  if (!word || !names || strlen(word) > LONGEST_WORD) return NULL;
  int least = 1 + (int)strlen(word) / 3;
  for (int i = 0; i < count; i++) {
    const bool begins = strlen(word) > 2 && strncmp(word, names[i], strlen(word)) == 0;
    const int distance = begins ? 0 : edit_distance(word, names[i]);
    if (distance <= least && (!best || distance < least)) {
      best = names[i];
      least = distance;
    }
  }
  return best;
}
