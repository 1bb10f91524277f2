/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netcdf.h  What the netCDF files of io/ share: checked calls, attributes, safe creation, opening,
 *  closing.
 *
 *  Internal to io/; nothing outside includes it, so <netcdf.h> stays in this directory.  What is called on files that are
 *  written goes through MF_NC, or stands between mf_nc_enter and mf_nc_leave (alone.h); what reads runs in a child
 *  (foreign.h), alone. */
#ifndef MF_IO_NETCDF_NETCDF_H
#define MF_IO_NETCDF_NETCDF_H

#include "grids/base.h"
#include "grids/grid.h"
#include "io/netcdf/alone.h"
#include "io/netcdf/fields.h"

#include <errno.h>
#include <netcdf.h>

/** What a file holds decides on its format: fields lie in chunks of HDF5, which can be compressed and which ParaView reads;
 *  a table's rows follow each other in the classic format (64-bit offsets), which whoever reads while it is written sees
 *  whole, whose library does not crash where a write fails, and where a row costs a tenth. */
typedef enum { MF_NC_FIELDS, MF_NC_TABLE } mf_nc_content;

/** What there is to know of a file that is written: it stands in a temporary place beside its path until it is published. */
typedef struct {
  char *place;
  unsigned long long device, inode;
  mf_nc_content content;
  bool force, published;
  bool broken; /**< a write failed: HDF5 may crash if the file is touched again, be it to close it */
  bool gone;   /**< somebody has replaced or removed it */
} mf_nc_written;

/** An open file and the path it is known by in messages.  All zeros is a file that is not open. */
typedef struct {
  int id;
  char *path;             /**< NULL: not open */
  mf_nc_written *written; /**< NULL: it is read */
} mf_nc;

/** Names of the axes: "x", "y", "z". */
extern const char *const mf_axis_names[MF_AXES];

/** Why a call on `path` failed, in words that help: `nc_status` is a netCDF status or an errno; errno is as
 *  that call left it.  HDF5 says only "HDF error" where it means a full disk; this looks. */
const char *mf_nc_explain(const char *path, int nc_status);

/** MF_OK for NC_NOERR; else MF_EFILE (MF_EMEMORY for NC_ENOMEM) with "PATH: WHAT: REASON".  A file that is written is
 *  broken then, unless the call itself was a mistake. */
int mf_nc_check(const mf_nc *file, int nc_status, const char *what, ...) MF_PRINTF(3, 4);

/** Makes a netCDF call, alone, and returns from the calling function if it fails: MF_NC(file, nc_sync(file->id),
 *  "cannot write record %td", r).  Clears errno first, so that mf_nc_check may trust it. */
#define MF_NC(file, call, ...)                                                                               \
  do {                                                                                                       \
    mf_nc_enter();                                                                                           \
    errno = 0;                                                                                               \
    const int mf_nc_status = (call);                                                                         \
    mf_nc_leave();                                                                                           \
    MF_TRY(mf_nc_check((file), mf_nc_status, __VA_ARGS__));                                                  \
  } while (0)

/** MF_EFILE if PATH may not be replaced: there is something, and not `force`; or no plain file, or one that is protected. */
int mf_nc_check_place(const char *path, bool force);

/** Creates a file of the classic model without fill values, in define mode, in a temporary place beside `path`, and gives
 *  it Conventions="CF-1.8" and the attributes.  MF_EFILE if mf_nc_check_place says so, or it cannot be made. */
int mf_nc_create(mf_nc *file, const char *path, mf_nc_content content, bool force,
                 const mf_attribute *attributes, int attribute_count);

/** Ends the definitions, with room in a table's header for so many bytes of attributes to come: without it they would move
 *  all rows. */
int mf_nc_end_definitions(const mf_nc *file, size_t to_come);

/** Puts a file that was created where it belongs, in one step.  What was there is replaced only with `force`. */
int mf_nc_publish(const mf_nc *file);

/** Brings what the library has handed to the system down to the disk. */
int mf_nc_flush(const mf_nc *file);

/** MF_EFILE if nothing more can be written to a file, which was told when it came about. */
int mf_nc_usable(const mf_nc *file);

/** MF_EFILE if a file that was published is no longer the one that its path leads to. */
int mf_nc_check_present(const mf_nc *file);

/** Opens for reading. */
int mf_nc_open(mf_nc *file, const char *path);

/** Opens for changes. */
int mf_nc_open_again(mf_nc *file, const char *path);

/** Closes a file that was read, or that is given up; nothing is reported. */
void mf_nc_abandon(mf_nc *file);

/** Abandons a file that was created, and removes it if it was not published. */
void mf_nc_discard(mf_nc *file);

/** Publishes and closes a file that was written, down to the disk; MF_EFILE if not every byte arrived.  One that is broken is left to
 *  the end of the process (mf_files_left_open).  A file that is not open is fine. */
int mf_nc_close(mf_nc *file);

/** Writes a text attribute of a variable, or of the file (NC_GLOBAL). */
int mf_nc_put_text(const mf_nc *file, int variable, const char *name, const char *text);

/** Reads all values of a variable, which are `count`; MF_EFILE if it has more or fewer, as it may where a file's variable
 *  has other dimensions than its name promises. */
int mf_nc_get_numbers(const mf_nc *file, int variable, size_t count, double *values);

/** Reads a text attribute; "" if it is absent or no text.  Release with mf_release.  MF_EFILE if it is longer than any case. */
int mf_nc_get_text(const mf_nc *file, int variable, const char *name, char **text);

/** Looks, before a write of so many bytes, whether they will fit: MF_EMEMORY if there is no memory for it, MF_EFILE if the disk or the limit on the
 *  size of files leaves too little.  HDF5 does not recover from a write that failed (it may even crash when
 *  the program ends), so this comes first; what only the write itself can tell, such as a quota, is reported
 *  then. */
int mf_nc_check_room(const mf_nc *file, double bytes);

/** Defines the unlimited dimension `time`. */
int mf_nc_define_time_dimension(const mf_nc *file, int *dimension);

/** Defines a double variable over the time dimension; with HDF5 in chunks of one page. */
int mf_nc_define_series(const mf_nc *file, int dimension, const char *name, int *variable);

#endif
