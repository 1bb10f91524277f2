/* SPDX-License-Identifier: BSD-3-Clause */
/** @file image.h  Grey images as fields of cell averages.
 *
 *  PGM (plain P2 and raw P5, Netpbm's pgm(5)) and, where the library was built with libpng, PNG. */
#ifndef MF_IO_DATA_IMAGE_H
#define MF_IO_DATA_IMAGE_H

#include "grids/grid.h"

/** columns x rows values between 0 (black) and 1 (white), row by row from the top. */
typedef struct {
  ptrdiff_t columns, rows;
  double *grey;
} mf_image;

/** Reads an image; what it is, is told from its first bytes.  Grey values are samples over the largest, as
 *  they stand in the file: no gamma correction.  Colours of a PNG become 0.2126 R + 0.7152 G + 0.0722 B (ITU-R
 *  BT.709), and what is transparent shows a white ground, by its alpha.  MF_EFILE: no such file, no such format, damaged,
 *  more or fewer bytes than the header says, or PNG without libpng.  Free the values with mf_release. */
int mf_image_read(mf_image *out, const char *path);

/** Brings the image, as seen, with its left lower corner at `lo` and its right upper one at `hi` (2 entries
 *  [L]), to a grid with two axes: `values` are the cell averages of grey, 0 outside the image (remap.h).
 * MF_ECASE if the box is empty. */
int mf_image_remap(const mf_image *image, const double *lo, const double *hi, const mf_grid *grid,
                   double *values);

/** Version of libpng, or NULL if it was built without. */
const char *mf_image_library(void);

#endif
