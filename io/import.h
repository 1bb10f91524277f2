/** @file import.h  A field from a netCDF file, brought to a grid conservatively. */
#ifndef MF_IO_IMPORT_H
#define MF_IO_IMPORT_H

#include "grids/grid.h"

/** Reads variable `variable` (NULL: "density") of PATH at record `record` (of an unlimited or leading `time`
 *  dimension; negative counts from the end, so -1 is the last) and fills `density` (cells values of `grid`)
 *  with cell averages.
 *
 *  The file's grid may differ: cell bounds come from x_bnds, y_bnds, z_bnds, else midway between centres;
 *  each axis is averaged by overlap (first-order conservative remapping), so the integral over the common box
 *  is kept. What lies outside the file's box is 0.  The same grid gives the same numbers to the last bit.
 *  MF_EFILE: no such file, variable or record, wrong number or order of axes, coordinates that do not
 *  increase, packed or missing values. */
int mf_import_field(const mf_grid *grid, const char *path, const char *variable, long record,
                    double *density);

#endif
