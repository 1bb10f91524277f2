/* SPDX-License-Identifier: BSD-3-Clause */
/** @file history.h  Scalars over time: a table in memory, and the same in NAME_history.nc.
 *
 *  One row per output, one column per diagnostic; the first column is `time`. */
#ifndef MF_IO_NETCDF_HISTORY_H
#define MF_IO_NETCDF_HISTORY_H

#include "grids/base.h"
#include "io/netcdf/fields.h"

/** Name, long_name and units of a column. */
typedef struct {
  const char *name, *long_name, *units;
} mf_column;

/** A growing table.  Column names are copied. */
typedef struct mf_history mf_history;

int mf_history_create(mf_history **out, const mf_column *columns, int count);
void mf_history_free(mf_history *h);

/** One column more, before the first row, with text attributes of its own: rows leave it NAN, and
 *  mf_history_set fills it.  All texts are copied. */
int mf_history_add(mf_history *h, const mf_column *column, const mf_attribute *attributes,
                   int attribute_count);

/** Appends a row of one value per column given at creation. */
int mf_history_append(mf_history *h, const double *row);

/** Changes a value. */
void mf_history_set(mf_history *h, int row, int column, double value);

int mf_history_rows(const mf_history *h);
int mf_history_columns(const mf_history *h);
const mf_column *mf_history_column(const mf_history *h, int index);

/** A further text attribute of a column (all but long_name and units), or NULL. */
const char *mf_history_attribute(const mf_history *h, int column, const char *name);

/** Index of a column by name, or -1. */
int mf_history_find(const mf_history *h, const char *name);

double mf_history_value(const mf_history *h, int row, int column);

/** A history file that follows a table: created with its columns, extended row by row, synced. */
typedef struct mf_history_file mf_history_file;

/** Creates the file, in a temporary place until it is published, with dimension `time` (unlimited) and one double variable per column; MF_EFILE as for
 *  fields. */
int mf_history_file_create(mf_history_file **out, const char *path, const mf_history *h,
                           const mf_attribute *attributes, int attribute_count, bool force);

/** Writes the rows that the table has and the file has not, then syncs. */
int mf_history_file_update(mf_history_file *f, const mf_history *h);

/** Puts the file where it belongs, in the place of one that was there if so asked. */
int mf_history_file_publish(mf_history_file *f);

/** Gives the file up; if it was not published it is removed.  NULL is fine. */
void mf_history_file_discard(mf_history_file *f);

/** Publishes and closes; MF_EFILE if that fails.  NULL is fine. */
int mf_history_file_close(mf_history_file *f);

/** Reads a history file back into a table. */
int mf_history_read(mf_history **out, const char *path);

/** Reads a text attribute that a run left in one of its netCDF files, such as `case_yaml`; "" if it is
 *  absent.  Release with mf_release. */
int mf_file_attribute(const char *path, const char *name, char **text);

/** An attribute of a variable, or with NULL of the file. */
typedef struct {
  const char *variable;
  mf_attribute attribute;
} mf_note;

/** Adds notes to a netCDF file that a run has closed; attributes of the same name are replaced.  MF_EFILE. */
int mf_file_annotate(const char *path, const mf_note *notes, int count);

#endif
