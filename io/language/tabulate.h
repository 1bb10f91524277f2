/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tabulate.h  Values of a formula on a grid. */
#ifndef MF_IO_LANGUAGE_TABULATE_H
#define MF_IO_LANGUAGE_TABULATE_H

#include "grids/grid.h"
#include "io/language/expression.h"

/** values[c] = formula in x, y, z (as far as the grid has axes) at the centre of cell c.  An infinite value is an error
 *  unless `extended`, NAN always; the message is about the first cell that has one.  Shared among threads. */
int mf_tabulate(const mf_grid *grid, const mf_node *formula, mf_scope *scope, bool extended, double *values);

#endif
