/* SPDX-License-Identifier: BSD-3-Clause */
/** @file records.h  The fields of a run, as they stand in NAME.nc, to be written anew. */
#ifndef MF_IO_NETCDF_RECORDS_H
#define MF_IO_NETCDF_RECORDS_H

#include "io/netcdf/fields.h"

/** Puts the fixed fields of PATH and its first `records` records, which are at `times`, into a file that has none yet, to the last
 *  bit.  MF_EFILE: PATH cannot be read, or has other fields, cells or times. */
int mf_records_copy(mf_fields *to, const char *path, const double *times, ptrdiff_t records);

#endif
