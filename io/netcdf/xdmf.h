/* SPDX-License-Identifier: BSD-3-Clause */
/** @file xdmf.h  The side file NAME.nc.xmf: how ParaView is to see the fields of NAME.nc as cell data.
 *
 *  ParaView's netCDF reader ignores cell bounds and shows point data at the cell centres, half a cell short
 *  of the box.  A netCDF-4 file is an HDF5 file, though, and a few lines of XDMF can address its numbers and
 *  put them on cells between given faces. */
#ifndef MF_IO_NETCDF_XDMF_H
#define MF_IO_NETCDF_XDMF_H

#include "grids/grid.h"

typedef struct {
  const char *path; /**< of the netCDF file; ".xmf" is appended for the side file */
  const mf_grid *grid;
  const char *const *varying, *const *fixed; /**< names of variables with and without time */
  int varying_count, fixed_count;
  const int *precision; /**< bytes of a number of each field in the file, varying ones first: 8 or 4 */
  const double *times;
  ptrdiff_t records; /**< entries of `times`, and records in the file */
} mf_xdmf;

/** MF_EFILE if the side file of PATH may not be replaced, as mf_nc_check_place. */
int mf_xdmf_check_place(const char *path, bool force);

/** Gives the side file of PATH, if there is one, another name, which is NULL or ends by mf_xdmf_put_back, that gives it its own again, or
 *  mf_xdmf_drop. */
int mf_xdmf_put_aside(const char *path, char **aside);
void mf_xdmf_put_back(const char *path, char *aside);

/** MF_EFILE if no side file can speak of PATH: ParaView aborts where ':' or '|' is in the name of a file. */
int mf_xdmf_check_name(const char *path);

/** Writes the side file whole: to a temporary name beside it, then renamed, because ParaView aborts on one
 *  that ends in the middle. */
int mf_xdmf_write(const mf_xdmf *x);

/** The same in two steps: the temporary file, whose name the second one, or mf_xdmf_drop, releases. */
int mf_xdmf_prepare(const mf_xdmf *x, char **temporary);
int mf_xdmf_place(const char *path, char *temporary);

/** Removes a temporary file that is not wanted.  NULL is fine. */
void mf_xdmf_drop(char *temporary);

#endif
