/* SPDX-License-Identifier: BSD-3-Clause */
/** @file orient.h  Which axis of space or time a dimension of a netCDF file is.
 *
 *  Internal to io/netcdf. */
#ifndef MF_IO_NETCDF_ORIENT_H
#define MF_IO_NETCDF_ORIENT_H

#include "io/netcdf/netcdf.h"

/** 'x', 'y', 'z' or 't' by the attribute `axis`, else by `standard_name` of the dimension's coordinate, else by the
 *  dimension's name, whatever their case (CF conventions, chapter 4); 0 if nothing says. */
char mf_nc_axis_letter(const mf_nc *file, int dimension);

/** Puts `dimension`, `count` of them, in the order x, y, z.  One that nothing names takes the letter that is left; of
 *  several the file must say which is which.  MF_EFILE: it does not, or two are the same. */
int mf_nc_order_axes(const mf_nc *file, const char *variable, int *dimension, int count);

#endif
