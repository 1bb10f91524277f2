/* SPDX-License-Identifier: BSD-3-Clause */
/** @file foreign.h  netCDF files of strangers, read apart.
 *
 *  Internal to io/.  HDF5 may crash or loop on a damaged file, so whatever reads one stands between mf_nc_read's hands: the
 *  file is opened in a child process (apart.h), and what was found comes back. */
#ifndef MF_IO_NETCDF_FOREIGN_H
#define MF_IO_NETCDF_FOREIGN_H

#include "io/apart.h"
#include "io/netcdf/netcdf.h"

/** Reads the open file into *self, in the child. */
typedef int mf_nc_reader(void *self, const mf_nc *file);

/** Opens the file, reads it and closes it, all in a child; then what `read` has left in *self is passed by `pass` into the
 *  same place here.  MF_EFILE: no regular file, or one that is damaged; else what `read` returns. */
int mf_nc_read(const char *path, mf_nc_reader *read, int (*pass)(void *self, mf_parcel *p), void *self);

#endif
