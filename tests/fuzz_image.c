/* SPDX-License-Identifier: BSD-3-Clause */
/* Made-up images, PGM and PNG: every grey is between black and white, and the mean stays in between on another grid. */
#include "tests/fuzz.h"

#include "io/data/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const long cells[3] = {3, 2, 1};
  static const double lo[3] = {0, 0, 0}, hi[3] = {1, 1, 1};
  static const bool walls[3] = {false, false, false};
  mf_image image;
  mf_grid grid;
  double values[6];
  if (mf_image_read(&image, fuzz_file(data, size))) return 0;
  FUZZ_TRUE(image.columns > 0 && image.rows > 0);
  for (ptrdiff_t i = 0; i < image.columns * image.rows; i++)
    FUZZ_TRUE(image.grey[i] >= 0 && image.grey[i] <= 1);
  FUZZ_TRUE(mf_grid_init(&grid, 2, cells, lo, hi, walls) == MF_OK);
  FUZZ_TRUE(mf_image_remap(&image, lo, hi, &grid, values) == MF_OK);
  for (int i = 0; i < 6; i++)
    FUZZ_TRUE(values[i] >= 0 && values[i] <= 1 + 1e-12); /* rounding of many weights */
  mf_release(image.grey);
  return 0;
}
