/* SPDX-License-Identifier: BSD-3-Clause */
/* netCDF files of strangers, read apart. */
#include "io/netcdf/foreign.h"

#include "io/language/file.h"
#include "io/netcdf/alone.h"

#include <stdio.h>

typedef struct {
  const char *path;
  mf_nc_reader *read;
  int (*pass)(void *self, mf_parcel *p);
  void *self;
} errand;

static int work(void *self)
{
  const errand *e = self;
  mf_nc file;
  MF_TRY(mf_nc_open(&file, e->path));
  const int status = e->read(e->self, &file);
  mf_nc_abandon(&file);
  return status;
}

static int pass(void *self, mf_parcel *p)
{
  const errand *e = self;
  return e->pass(e->self, p);
}

/* What is no regular file never comes to the library, which takes the name of a pipe, or an address on the net, as well. */
static int check_regular(const char *path)
{
  FILE *file;
  MF_TRY(mf_file_open(&file, path));
  fclose(file);
  return MF_OK;
}

int mf_nc_read(const char *path, mf_nc_reader *read, int (*pass_on)(void *self, mf_parcel *p), void *self)
{
  errand e = {path, read, pass_on, self};
  const mf_apart_task task = {.path = path, .work = work, .pass = pass, .self = &e};
  MF_TRY(check_regular(path));
  mf_nc_enter(); /* from now on the child finds the library at rest */
  mf_nc_leave();
  return mf_apart(&task);
}
