/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netcdf.h  What the netCDF files of io/ share: checked calls, attributes, safe creation, opening,
 *  closing.
 *
 *  Internal to io/; nothing outside includes it, so <netcdf.h> stays in this directory.  One thread does all
 *  netCDF work: the library below is not safe for more, even on different files. */
#ifndef MF_IO_NETCDF_NETCDF_H
#define MF_IO_NETCDF_NETCDF_H

#include "grids/base.h"
#include "grids/grid.h"
#include "io/netcdf/fields.h"

#include <errno.h>
#include <netcdf.h>

/** An open file and the path it is known by in messages.  All zeros is a file that is not open. */
typedef struct {
  int id;
  char *path; /**< NULL: not open */
} mf_nc;

/** Names of the axes: "x", "y", "z". */
extern const char *const mf_axis_names[MF_AXES];

/** Why a call on `path` failed, in words that help: `nc_status` is a netCDF status or an errno; errno is as
 *  that call left it.  HDF5 says only "HDF error" where it means a full disk; this looks. */
const char *mf_nc_explain(const char *path, int nc_status);

/** MF_OK for NC_NOERR; else MF_EFILE (MF_EMEMORY for NC_ENOMEM) with "PATH: WHAT: REASON". */
int mf_nc_check(const mf_nc *file, int nc_status, const char *what, ...) MF_PRINTF(3, 4);

/** Makes a netCDF call and returns from the calling function if it fails: MF_NC(file, nc_sync(file->id),
 *  "cannot write record %td", r).  Clears errno first, so that mf_nc_check may trust it. */
#define MF_NC(file, call, ...)                                                                               \
  do {                                                                                                       \
    errno = 0;                                                                                               \
    MF_TRY(mf_nc_check((file), (call), __VA_ARGS__));                                                        \
  } while (0)

/** Creates a netCDF-4 classic-model file without fill values, in define mode, and gives it
 *  Conventions="CF-1.8" and the attributes.  MF_EFILE if there is such a file and not `force`, or it cannot
 *  be made. */
int mf_nc_create(mf_nc *file, const char *path, bool force, const mf_attribute *attributes,
                 int attribute_count);

/** Opens for reading. */
int mf_nc_open(mf_nc *file, const char *path);

/** Closes a file that was read, or that is given up; nothing is reported. */
void mf_nc_abandon(mf_nc *file);

/** Abandons a file that was created, and removes what there is of it. */
void mf_nc_discard(mf_nc *file);

/** Closes a file that was written, down to the disk; MF_EFILE if not every byte arrived.  A file that is not
 *  open is fine. */
int mf_nc_close(mf_nc *file);

/** Writes a text attribute of a variable, or of the file (NC_GLOBAL). */
int mf_nc_put_text(const mf_nc *file, int variable, const char *name, const char *text);

/** Reads all values of a variable, which are `count`; MF_EFILE if it has more or fewer, as it may where a file's variable
 *  has other dimensions than its name promises. */
int mf_nc_get_numbers(const mf_nc *file, int variable, size_t count, double *values);

/** Reads a text attribute; "" if it is absent or no text.  Release with mf_release. */
int mf_nc_get_text(const mf_nc *file, int variable, const char *name, char **text);

/** Looks, before a write of so many bytes, whether they will fit: MF_EFILE if the disk or the limit on the
 *  size of files leaves too little.  HDF5 does not recover from a write that failed (it may even crash when
 *  the program ends), so this comes first; what only the write itself can tell, such as a quota, is reported
 *  then. */
int mf_nc_check_room(const mf_nc *file, double bytes);

/** Defines the unlimited dimension `time`. */
int mf_nc_define_time_dimension(const mf_nc *file, int *dimension);

/** Bytes of a chunk of a series. */
enum { MF_NC_PAGE = 4096 };

/** Defines a double variable over the time dimension, in chunks of one page. */
int mf_nc_define_series(const mf_nc *file, int dimension, const char *name, int *variable);

#endif
