/* SPDX-License-Identifier: BSD-3-Clause */
/** @file import.h  A field from a netCDF file, brought to a grid conservatively. */
#ifndef MF_IO_NETCDF_IMPORT_H
#define MF_IO_NETCDF_IMPORT_H

#include "grids/grid.h"

/** Reads variable `variable` (NULL: "density") of PATH at record `record` (of an unlimited or leading `time`
 *  dimension; negative counts from the end, so -1 is the last) and fills `density` (cells values of `grid`)
 *  with cell averages.
 *
 *  The file's grid may differ: cell bounds come from x_bnds, y_bnds, z_bnds, else midway between centres;
 *  each axis is averaged by overlap (first-order conservative remapping, remap.h), so the integral is kept:
 *  periodic axes take a file on any period, and along walls what is not 0 lies in the box.  What the file does not
 *  cover is 0.  The same grid gives the same numbers to the last bit.  Axes come in any order, rising or falling;
 *  which is which the attribute axis, a standard_name or the dimension's name says (orient.h).
 *  MF_EFILE: no such file, variable or record, wrong number of axes or none that says which it is, coordinates
 *  that neither rise nor fall, packed or missing values (missing.h).  MF_ECASE: mass outside the walls, or longer
 *  than a period. */
int mf_import_field(const mf_grid *grid, const char *path, const char *variable, long record,
                    double *density);

/** The same of a part of the file's box, such as a slice: what lies outside the walls is left out. */
int mf_import_part(const mf_grid *grid, const char *path, const char *variable, long record, double *density);

/** What a fields file shows: the grid of `density` (walls on every axis: a file does not say), the times of
 *  its records, whether there is a target, and the title. */
typedef struct {
  mf_grid grid;
  int records;
  double *time;
  bool has_target;
  char *title; /**< "" if there is none */
} mf_fields_summary;

/** Reads it; `summary` is to be cleared in any case.  MF_EFILE: no fields file, no records, cells that differ
 *  in length. */
int mf_import_summary(mf_fields_summary *summary, const char *path);
void mf_fields_summary_clear(mf_fields_summary *summary);

#endif
