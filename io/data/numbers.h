/* SPDX-License-Identifier: BSD-3-Clause */
/** @file numbers.h  Numbers in a text file, in rows and named columns, whatever they mean: samples, observations, particles. */
#ifndef MF_IO_DATA_NUMBERS_H
#define MF_IO_DATA_NUMBERS_H

#include "io/language/case.h"

/** rows x columns numbers, row by row.  `name` has one entry per column, from a first line of words, or is NULL. */
typedef struct {
  int rows, columns;
  double *value;
  char **name;
} mf_numbers;

/** Reads numbers separated by commas, semicolons or white space; # begins a comment; the first line may name the
 *  columns.  The path is that of a scalar node, relative to the case file it stands in.  MF_EFILE with file:line for
 *  what is no number and for lines of different length. */
int mf_numbers_read(mf_numbers **out, const mf_node *path);

/** The same for a path of its own. */
int mf_numbers_read_file(mf_numbers **out, const char *path);
void mf_numbers_free(mf_numbers *p);

/** The file that a scalar node names: as it is if absolute or given by --set, else beside the case file; release with
 *  mf_release. */
int mf_node_path(const mf_node *node, char **out);

#endif
