/* SPDX-License-Identifier: BSD-3-Clause */
/** @file numbers.h  Numbers in a text file, in rows and named columns, whatever they mean: samples, observations, particles. */
#ifndef MF_IO_DATA_NUMBERS_H
#define MF_IO_DATA_NUMBERS_H

#include "io/language/case.h"

/** rows x columns numbers, row by row.  `name` has one entry per column, from a first line of words, or is NULL.  What is no
 *  number is NAN, and `text` has its place: text is of no concern in columns that nobody uses (mf_numbers_need). */
typedef struct {
  int rows, columns;
  double *value;
  char **name;
  char **text; /**< of each column: "PATH:LINE: 'WORD'", the first that is no number; NULL: all are numbers */
  bool index;  /**< the first column has no name where others have: data-frame tools number rows so */
} mf_numbers;

/** Reads a table.  Fields are separated by semicolons if a line has some, else by commas, else by white space; two commas
 *  have an empty field between them.  Fields may be in double quotes; # begins a comment; exponents are e or d.  The first
 *  line names the columns if it holds no number, or words above numbers; a line that might do either gets a warning.  The
 *  path is that of a scalar node, relative to the case file it stands in.  MF_EFILE with file:line for lines of different
 *  length and for what is no text. */
int mf_numbers_read(mf_numbers **out, const mf_node *path);

/** MF_EFILE, with file and line, if a column is not made of numbers. */
int mf_numbers_need(const mf_numbers *p, int column);

/** The column that a scalar node gives by name or by number from 1; MF_ECASE at the node if there is none, MF_EFILE if it is
 *  not made of numbers. */
int mf_numbers_column(const mf_numbers *p, const mf_node *node, int *column);

/** The first `count` columns, but for an index, where `columns` is NULL; else those of that list, or of one scalar. */
int mf_numbers_columns(const mf_numbers *p, const mf_node *columns, int count, int *column);

/** The same for a path of its own. */
int mf_numbers_read_file(mf_numbers **out, const char *path);
void mf_numbers_free(mf_numbers *p);

/** The file that a scalar node names: as it is if absolute or given by --set, else beside the case file; release with
 *  mf_release. */
int mf_node_path(const mf_node *node, char **out);

#endif
