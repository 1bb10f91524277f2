/* SPDX-License-Identifier: BSD-3-Clause */
/** @file points.h  Tables of numbers in text files: data points, one per line. */
#ifndef MF_IO_DATA_POINTS_H
#define MF_IO_DATA_POINTS_H

#include "io/language/case.h"

/** rows x columns numbers, row by row.  `name` has one entry per column, from a first line of words, or is NULL. */
typedef struct {
  int rows, columns;
  double *value;
  char **name;
} mf_points;

/** Reads numbers separated by commas, semicolons or white space; # begins a comment; the first line may name the
 *  columns.  The path is that of a scalar node, relative to the case file it stands in.  MF_EFILE with file:line for
 *  what is no number and for lines of different length. */
int mf_points_read(mf_points **out, const mf_node *path);

/** The same for a path of its own. */
int mf_points_read_file(mf_points **out, const char *path);
void mf_points_free(mf_points *p);

/** The file that a scalar node names: as it is if absolute or given by --set, else beside the case file; release with
 *  mf_release. */
int mf_node_path(const mf_node *node, char **out);

#endif
