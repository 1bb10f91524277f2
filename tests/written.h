/* SPDX-License-Identifier: BSD-3-Clause */
/** @file written.h  netCDF files of tests: written with the library, looked into with netCDF itself, and cut short.
 *
 *  Include it first of all, as scratch.h. */
#ifndef MF_TESTS_WRITTEN_H
#define MF_TESTS_WRITTEN_H

#include "tests/scratch.h"

#include "io/netcdf/fields.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- writing -------------------------------------------------------------------------------------------------- */

/** A run of equal records; on a periodic grid it says so, as the case that it would be of. */
static inline void write_fields(const char *path, const mf_grid *grid, int records, const double *density)
{
  static const mf_field_info info[] = {{"density", "density", "1", true}};
  const mf_attribute around = {"case_yaml", "grid: {boundary: periodic}"};
  const mf_fields_layout layout = {.grid = grid,
                                   .varying = info,
                                   .varying_count = 1,
                                   .attributes = &around,
                                   .attribute_count = grid->periodic[0] ? 1 : 0};
  mf_fields *f;
  DO(mf_fields_create(&f, path, &layout));
  for (int r = 0; r < records; r++) DO(mf_fields_append(f, 0.5 * r, &density));
  DO(mf_fields_close(f));
}

/* ---- looking into --------------------------------------------------------------------------------------------- */

static inline int open_file(const char *path)
{
  int nc;
  NC(nc_open(path, NC_NOWRITE, &nc));
  return nc;
}

static inline int variable_of(int nc, const char *name)
{
  int variable;
  NC(nc_inq_varid(nc, name, &variable));
  return variable;
}

static inline size_t records_of(int nc)
{
  int dimension;
  size_t length;
  NC(nc_inq_unlimdim(nc, &dimension));
  ck_assert_int_ge(dimension, 0);
  NC(nc_inq_dimlen(nc, dimension, &length));
  return length;
}

static inline void check_text(int nc, int variable, const char *name, const char *expected)
{
  char text[256] = "";
  size_t length;
  NC(nc_inq_attlen(nc, variable, name, &length));
  ck_assert_uint_lt(length, sizeof text);
  NC(nc_get_att_text(nc, variable, name, text));
  ck_assert_str_eq(text, expected);
}

/** Type and the names of the dimensions, joined by blanks. */
static inline void check_shape(int nc, const char *name, nc_type expected_type, const char *expected)
{
  int rank, dimensions[NC_MAX_VAR_DIMS], no_fill, format;
  nc_type type;
  char text[256] = "", dimension[NC_MAX_NAME + 1];
  NC(nc_inq_var(nc, variable_of(nc, name), NULL, &type, &rank, dimensions, NULL));
  for (int i = 0; i < rank; i++) {
    NC(nc_inq_dimname(nc, dimensions[i], dimension));
    strcat(strcat(text, i ? " " : ""), dimension);
  }
  ck_assert_str_eq(text, expected);
  ck_assert_int_eq(type, expected_type);
  NC(nc_inq_format(nc, &format));
  if (format != NC_FORMAT_NETCDF4_CLASSIC) return; /* the classic format does not say what was filled */
  NC(nc_inq_var_fill(nc, variable_of(nc, name), &no_fill, NULL));
  ck_assert_int_eq(no_fill, 1);
}

/* ---- cutting short -------------------------------------------------------------------------------------------- */

/** Runs `work` in a process that dies where it stands, without closing anything. */
static inline void run_and_kill(void (*work)(void))
{
  int status;
  const pid_t child = fork();
  if (child == 0) {
    work();
    raise(SIGKILL);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/** The file may grow by `bytes` more; NULL: as it likes. */
static inline void limit_size(const char *path, const rlim_t *bytes)
{
  struct rlimit limit;
  struct stat s = {0};
  if (path) ck_assert_int_eq(stat(path, &s), 0);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes ? (rlim_t)s.st_size + *bytes : limit.rlim_max;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#endif
