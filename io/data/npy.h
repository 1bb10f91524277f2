/* SPDX-License-Identifier: BSD-3-Clause */
/** @file npy.h  Arrays of numbers as NumPy saves them (.npy, format 1 to 3; numpy.lib.format): points, one a row. */
#ifndef MF_IO_DATA_NPY_H
#define MF_IO_DATA_NPY_H

#include "grids/base.h"

/** True if the file begins as such an array. */
bool mf_is_npy(const char *path);

/** Reads an array of one or two axes of little-endian float64 or float32, in either order: rows x columns values, row by row; release with
 *  mf_release.  MF_EFILE: no such file, another type or shape, fewer or more bytes than the header says. */
int mf_npy_read(const char *path, ptrdiff_t *rows, int *columns, double **values);

/** Writes x[column][row] as an array of rows x columns of float64.  MF_EFILE if it is there and not `force`, or cannot be written; it gets its
 *  name when it is whole. */
int mf_npy_write(const char *path, ptrdiff_t rows, int columns, const double *const *x, bool force);

#endif
