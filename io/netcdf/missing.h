/* SPDX-License-Identifier: BSD-3-Clause */
/** @file missing.h  Whether values of a netCDF variable are numbers that mean themselves.
 *
 *  Internal to io/netcdf. */
#ifndef MF_IO_NETCDF_MISSING_H
#define MF_IO_NETCDF_MISSING_H

#include "io/netcdf/netcdf.h"

/** Refuses what was read from `variable` with these starts and counts, one for each of its dimensions, where a value stands
 *  for none: equal to _FillValue or to an entry of missing_value, outside valid_min, valid_max or valid_range, or never
 *  written (NetCDF Users Guide, Attribute Conventions).  Attributes are compared in the type of the variable.  MF_EFILE
 *  names the cell and the attribute. */
int mf_nc_check_values(const mf_nc *file, int variable, const size_t *start, const size_t *count,
                       const double *values);

/** MF_EFILE if the values are codes: scale_factor or add_offset. */
int mf_nc_check_plain(const mf_nc *file, int variable, const char *name);

#endif
