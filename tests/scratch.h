/* SPDX-License-Identifier: BSD-3-Clause */
/** @file scratch.h  A directory for the files of a test, and calls that must succeed.
 *
 *  Include it first of all: it asks for the POSIX names it needs. */
#ifndef MF_TESTS_SCRATCH_H
#define MF_TESTS_SCRATCH_H

#define _XOPEN_SOURCE 700

#include "grids/base.h"
#include "tests/suite.h"

#include <ftw.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_directory[512];

/** Fixtures of a test case: each test has a directory of its own, which stays behind if the test fails. */
static inline void scratch_create(void)
{
  const char *place = getenv("TMPDIR");
  snprintf(scratch_directory, sizeof scratch_directory, "%s/mflow-test-XXXXXX", place ? place : "/tmp");
  ck_assert_msg(mkdtemp(scratch_directory) != NULL, "cannot make %s", scratch_directory);
}

static inline int scratch_remove_one(const char *path, const struct stat *s, int kind, struct FTW *where)
{
  (void)s, (void)kind, (void)where;
  return remove(path);
}

static inline void scratch_remove(void)
{
  nftw(scratch_directory, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/** Path of a file in the directory; good until the fourth call after this one. */
static inline const char *scratch(const char *name)
{
  static char paths[4][1024];
  static int turn;
  char *path = paths[turn++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", scratch_directory, name);
  return path;
}

static inline bool is_there(const char *path)
{
  struct stat s;
  return !lstat(path, &s);
}

/** Whole content of a text file; release with free. */
static inline char *file_text(const char *path)
{
  FILE *in = fopen(path, "r");
  ck_assert_msg(in != NULL, "no file %s", path);
  char *text = NULL;
  size_t size = 0;
  if (getdelim(&text, &size, '\0', in) < 0) text = calloc(1, 1);
  fclose(in);
  return text;
}

static inline void write_text(const char *path, const char *text)
{
  FILE *out = fopen(path, "w");
  ck_assert_ptr_nonnull(out);
  fputs(text, out);
  ck_assert_int_eq(fclose(out), 0);
}

static inline int occurrences(const char *text, const char *word)
{
  int count = 0;
  while ((text = strstr(text, word))) count++, text++;
  return count;
}

/** The same in a text file. */
static inline int occurrences_in(const char *path, const char *word)
{
  char *text = file_text(path);
  const int count = occurrences(text, word);
  free(text);
  return count;
}

/** A text file holds this and no more. */
static inline void check_file(const char *path, const char *expected)
{
  char *text = file_text(path);
  ck_assert_str_eq(text, expected);
  free(text);
}

/** A call into the library that must succeed, */
#define DO(call) ck_assert_msg((call) == MF_OK, "%s: %s", #call, mf_error())

/** or must fail with a file error whose message has these two parts; */
#define REFUSED(call, path, advice)                                                                          \
  do {                                                                                                       \
    ck_assert_int_eq((call), MF_EFILE);                                                                      \
    ck_assert_msg(strstr(mf_error(), path) && strstr(mf_error(), advice), "%s does not name \"%s\", \"%s\"", \
                  mf_error(), path, advice);                                                                 \
  } while (0)

/** and a netCDF call that must succeed. */
#define NC(call)                                                                                             \
  do {                                                                                                       \
    const int nc_status = (call);                                                                            \
    ck_assert_msg(nc_status == NC_NOERR, "%s: %s", #call, nc_strerror(nc_status));                           \
  } while (0)

#endif
