/* SPDX-License-Identifier: BSD-3-Clause */
/** @file alone.h  One thread at a time in netCDF.
 *
 *  Internal to io/.  The library is not safe for two threads, even on different files.  Who calls it enters before and leaves
 *  after; who is inside may enter again.  Once somebody has entered, a fork waits until nobody is inside. */
#ifndef MF_IO_NETCDF_ALONE_H
#define MF_IO_NETCDF_ALONE_H

void mf_nc_enter(void);
void mf_nc_leave(void);

#endif
