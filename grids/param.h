/* SPDX-License-Identifier: BSD-3-Clause */
/** @file param.h (plug-in)  Parameter tables: one description of a key serves parsing, checking, help and provenance.
 *
 *  A plug-in (or a section of the case file) owns a struct of options and a table with one row a key.  The
 *  reader (io/language/section.h) fills the struct from a case file by the table and refuses what does not fit. */
#ifndef MF_GRIDS_PARAM_H
#define MF_GRIDS_PARAM_H

#include "grids/base.h"

#include <stdbool.h>
#include <stddef.h>

MF_PUBLIC_BEGIN

typedef enum {
  MF_REAL,               /**< double; a number or a formula in the case's parameters */
  MF_COUNT,              /**< long; a whole number, or a formula with a whole value */
  MF_FLAG,               /**< bool; true or false */
  MF_TEXT,               /**< const char *; owned by the case */
  MF_CHOICE,             /**< int; index into `choices` */
  MF_REALS,              /**< mf_reals; a number or a (nested) list of numbers, row by row */
  MF_FIELD,              /**< mf_sampled; a formula in x, y, z, sampled at the cell centres */
  MF_DISPLACEMENT_FIELD, /**< mf_sampled; a formula in the displacement x, y, z (grid.h: mf_grid_displacements) */
  MF_TABLE,              /**< mf_table; a text file of numbers */
  MF_NODE                /**< const struct mf_node *; a part of the case that is read by other code */
} mf_param_kind;

enum { MF_REALS_MAX = 36 };

/** A short list of numbers, as read from `[1, 2, 3]` or `[[1, 0], [0, 1]]` (row by row). */
typedef struct {
  int count;
  double value[MF_REALS_MAX];
} mf_reals;

/** A formula and its values: the reader sets `node`, who knows the grid sets `values` (NULL without a formula). */
typedef struct {
  const struct mf_node *node;
  const double *values;
} mf_sampled;

/** A text file and its numbers, rows * columns, row by row; set like mf_sampled. */
typedef struct {
  const struct mf_node *node;
  const double *values;
  int rows, columns;
} mf_table;

/** One key.  `fallback` is used where the key is absent and not `required`: its value for MF_REAL, MF_COUNT,
 *  MF_FLAG and MF_CHOICE; an MF_REALS gets one entry `fallback`, or none if that is NAN; texts and nodes
 *  NULL. */
typedef struct {
  const char *key;
  mf_param_kind kind;
  size_t offset; /**< of the member in the struct of options */
  bool required;
  double fallback;
  double min, max;            /**< closed range of MF_REAL, MF_COUNT and each of MF_REALS; both 0: any */
  const char *const *choices; /**< of MF_CHOICE, NULL-terminated */
  const char *doc;            /**< what it means, with its unit: L length, T flow time, M mass */
} mf_param;

/** A table: rows and the size of the struct they fill. */
typedef struct {
  const mf_param *rows;
  int count;
  size_t size;
} mf_param_table;

#define MF_PARAM_TABLE(rows, type)                                                                           \
  {                                                                                                          \
    (rows), (int)(sizeof(rows) / sizeof *(rows)), sizeof(type)                                               \
  }

/** The word for a kind in messages: "a number", "true or false", ... */
const char *mf_param_kind_name(mf_param_kind kind);

/** Sets every member that the table describes to its fallback; the rest of `options` is zeroed. */
void mf_param_defaults(const mf_param_table *table, void *options);

MF_PUBLIC_END

#endif
