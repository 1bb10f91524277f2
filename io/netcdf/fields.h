/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fields.h  Fields over time in NAME.nc: CF netCDF that ParaView, xarray, ncview, cdo and nco read.
 *
 *  Layout: (time, z, y, x), x fastest, time unlimited; cell centres as coordinates with bounds, no `axis` on
 *  x, y, z (ParaView would draw them on a sphere); only fields of the grid's shape, because ParaView loads
 *  what has the shape of the alphabetically first variable.  A side file NAME.nc.xmf shows the same numbers
 *  as cell data on the whole box. */
#ifndef MF_IO_NETCDF_FIELDS_H
#define MF_IO_NETCDF_FIELDS_H

#include "grids/grid.h"

/** One field: name, long_name and units attributes; `mean`: its values are averages over cells, else values at
 *  their centres; cell_methods say so. */
typedef struct {
  const char *name, *long_name, *units;
  bool mean;
} mf_field_info;

/** A text attribute of the whole file. */
typedef struct {
  const char *name, *text;
} mf_attribute;

typedef struct mf_fields mf_fields;

/** Creates PATH (NAME.nc), in a temporary place beside it until it is published.  `varying` fields get one value per record, `fixed` ones are
 *  written once with `mf_fields_put_fixed`.  Conventions="CF-1.8" and the attributes given go to the file.
 *  `single`: float instead of double, where what is too large becomes infinite, but for the varying fields of which bit i of
 *  `doubles` is set; `deflate`: 0 (off) to 9.
 *  MF_EFILE if one of the two files is there and not `force`, or cannot be written; then nothing is left
 *  behind. */
typedef struct {
  const mf_grid *grid;
  const mf_field_info *varying, *fixed;
  int varying_count, fixed_count;
  const mf_attribute *attributes;
  int attribute_count;
  bool single, force;
  unsigned doubles;
  int deflate;
} mf_fields_layout;
int mf_fields_create(mf_fields **out, const char *path, const mf_fields_layout *layout);

/** Writes fixed field number `index` (cells values, x fastest). */
int mf_fields_put_fixed(mf_fields *f, int index, const double *values);

/** Appends a record: `values[i]` are the cells values of varying field i.  Synced to the kernel, and the side
 *  file, once the fields are published, is renewed (temporary file, rename), before it returns; beyond 256 records the side file is renewed
 *  each time it has 1/64 more to show, and by mf_fields_close, so that long runs do not spend their time on
 *  it.  If it fails the records before are kept; on a full disk nothing is written at all.
 *  MF_EFILE, once and for all, if somebody has replaced or removed the file. */
int mf_fields_append(mf_fields *f, double time, const double *const *values);

/** What a file holds so far. */
enum { MF_FIELDS = 32 };
typedef struct {
  const mf_grid *grid;
  const char *const *names; /**< varying fields, then fixed ones */
  int varying_count, fixed_count;
  const double *times;
  ptrdiff_t records;
} mf_fields_view;
mf_fields_view mf_fields_look(const mf_fields *f);

/** Brings what was written down to the disk, and the side file up to date. */
int mf_fields_flush(mf_fields *f);

/** Puts the file and its side file where they belong; with `force` what was there is replaced, the side file first removed, so
 *  that it never speaks of records that are not there. */
int mf_fields_publish(mf_fields *f);

/** Gives up fields; what was not published is removed.  NULL is fine. */
void mf_fields_discard(mf_fields *f);

/** True if a file of this process was left open because a write to it failed.  Then end with _Exit: on the way out of exit
 *  HDF5 would try to close it, and may crash. */
bool mf_files_left_open(void);

/** Version of the netCDF library. */
const char *mf_fields_library(void);

/** Publishes and closes; every byte is flushed.  MF_EFILE if that fails (full disk).  NULL is fine. */
int mf_fields_close(mf_fields *f);

#endif
