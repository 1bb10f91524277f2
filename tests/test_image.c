/* SPDX-License-Identifier: BSD-3-Clause */
/* Grey images as measures: values, orientation, formats, and averages on other grids. */
#include "tests/scratch.h"

#include "io/data/image.h"

#include <math.h>
#ifdef MF_WITH_PNG
#include <png.h>
#endif

static mf_image image;

static void write_bytes(const char *path, const void *bytes, size_t count)
{
  FILE *out = fopen(path, "wb");
  ck_assert_ptr_nonnull(out);
  ck_assert_uint_eq(fwrite(bytes, 1, count, out), count);
  ck_assert_int_eq(fclose(out), 0);
}

static void check_image(ptrdiff_t columns, ptrdiff_t rows, const double *grey)
{
  ck_assert_int_eq(image.columns, columns);
  ck_assert_int_eq(image.rows, rows);
  for (ptrdiff_t i = 0; i < columns * rows; i++)
    ck_assert_double_eq_tol(image.grey[i], grey[i], 3e-16); /* rounding of three products */
}

/* ---- PGM ---- */

START_TEST(plain_and_raw_pgm)
{
  static const char plain[] = "P2 # plain\n# a comment\n 3\t2\n#another\n9\n0 1 2 # row\n3\n4 9",
                    raw[] = "P5\n3 2\n9\n\0\1\2\3\4\11";
  static const double want[] = {0, 1 / 9.0, 2 / 9.0, 3 / 9.0, 4 / 9.0, 1};
  write_bytes(scratch("image"), _i ? raw : plain, (_i ? sizeof raw : sizeof plain) - 1);
  DO(mf_image_read(&image, scratch("image")));
  check_image(3, 2, want);
}
END_TEST

START_TEST(wide_pgm)
{
  static const char raw[] = "P5 2 1 65535\n\1\0\xff\xff";
  static const double want[] = {256 / 65535.0, 1};
  write_bytes(scratch("image"), raw, sizeof raw - 1);
  DO(mf_image_read(&image, scratch("image")));
  check_image(2, 1, want);
}
END_TEST

static const struct {
  const char *text, *says;
} mistakes[] = {
    {"P5\n3 2\n255\nabc", "it ends too early"},
    {"P2\n2 1\n9\n1", "it ends too early"},
    {"P5\n60000 60000\n255\nabc", "its header says 60000 x 60000, and it has 22 bytes"},
    {"P5\r\n2 1\r\n255\r\nab", "more follows than its header says"},
    {"P5\n2 1\n255\nabc", "more follows than its header says"},
    {"P2\n2 1\n9\n1 2 # end\n3", "more follows than its header says"},
    {"P2\n2 1\n9\n1 10", "larger than the largest"},
    {"P2\n2 x\n9\n1 1", "a number is expected"},
    {"P2\n2 1\n70000\n1 1", "between 1 and 65535"},
    {"P2\n0 1\n9\n", "0 x 1"},
    {"P2\n99999 99999\n9\n", "99999 x 99999"},
    {"P6\n1 1\n255\nabc", "no grey image"},
    {"", "no grey image"},
    {"\x89PNG\r\n\x1a\nnothing", ""},
};

START_TEST(mistakes_are_told)
{
  write_bytes(scratch("image"), mistakes[_i].text, strlen(mistakes[_i].text));
  ck_assert_int_eq(mf_image_read(&image, scratch("image")), MF_EFILE);
  ck_assert_msg(strstr(mf_error(), mistakes[_i].says) && strstr(mf_error(), scratch("image")), "%s",
                mf_error());
  ck_assert_ptr_null(image.grey);
  ck_assert_int_eq(mf_image_read(&image, scratch("absent")), MF_EFILE);
}
END_TEST

/* ---- PNG ---- */

#ifdef MF_WITH_PNG

enum { W = 5, H = 3 };

/* Numbers between 0 and most, the corners included. */
static unsigned value(int i, unsigned most)
{
  return i == W * H - 1 ? most : (unsigned)i * most / 16;
}

/* libpng's own writer; what is not interlaced there is here, by the reader's own account. */
static void write_png(const char *path, int depth, int colour, bool interlaced, const png_byte *data,
                      size_t row)
{
  FILE *out = fopen(path, "wb");
  ck_assert_ptr_nonnull(out);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  png_bytep rows[H];
  png_init_io(png, out);
  png_set_IHDR(png, info, W, H, depth, colour, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_gAMA(png, info, 1 / 2.2); /* to be left alone */
  if (colour == PNG_COLOR_TYPE_PALETTE) {
    png_color palette[16];
    for (int k = 0; k < 16; k++) palette[k] = (png_color){(png_byte)(17 * k), (png_byte)(255 - 17 * k), 51};
    png_set_PLTE(png, info, palette, 16);
  }
  png_write_info(png, info);
  for (int j = 0; j < H; j++) rows[j] = (png_bytep)(size_t)(data + row * (size_t)j);
  png_write_image(png, rows);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  ck_assert_int_eq(fclose(out), 0);
}

static void check_png(int depth, int colour, bool interlaced, const png_byte *data, size_t row,
                      const double *want)
{
  write_png(scratch("image.png"), depth, colour, interlaced, data, row);
  DO(mf_image_read(&image, scratch("image.png")));
  check_image(W, H, want);
  mf_release(image.grey);
  image.grey = NULL;
}

START_TEST(grey_png)
{
  png_byte narrow[W * H], wide[2 * W * H], with_alpha[2 * W * H];
  double want8[W * H], want16[W * H], want_alpha[W * H];
  for (int i = 0; i < W * H; i++) {
    narrow[i] = with_alpha[2 * i] = (png_byte)value(i, 255);
    with_alpha[2 * i + 1] = (png_byte)(7 * i);
    want_alpha[i] = 1 - 7 * i / 255.0 * (1 - value(i, 255) / 255.0); /* on white */
    wide[2 * i] = (png_byte)(value(i, 65535) / 256);
    wide[2 * i + 1] = (png_byte)(value(i, 65535) % 256);
    want8[i] = value(i, 255) / 255.0;
    want16[i] = value(i, 65535) / 65535.0;
  }
  check_png(8, PNG_COLOR_TYPE_GRAY, _i, narrow, W, want8);
  check_png(16, PNG_COLOR_TYPE_GRAY, _i, wide, 2 * W, want16);
  check_png(8, PNG_COLOR_TYPE_GRAY_ALPHA, _i, with_alpha, 2 * W, want_alpha);
}
END_TEST

START_TEST(coloured_png)
{
  png_byte rgb[3 * W * H], index[W * H];
  png_byte rgba[8 * W * H];
  double want_rgb[W * H], want_index[W * H], want_rgba[W * H];
  for (int i = 0; i < W * H; i++) {
    const double r = rgb[3 * i] = (png_byte)(17 * i), g = rgb[3 * i + 1] = (png_byte)(200 - 10 * i),
                 b = rgb[3 * i + 2] = (png_byte)(3 * i);
    want_rgb[i] = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
    const unsigned high[4] = {(unsigned)r, (unsigned)g, (unsigned)b, 13u * (unsigned)i};
    for (int k = 0; k < 4; k++)
      rgba[8 * i + 2 * k] = rgba[8 * i + 2 * k + 1] = (png_byte)high[k]; /* 257 high of 65535 */
    want_rgba[i] = 1 - high[3] / 255.0 * (1 - want_rgb[i]);
    index[i] = (png_byte)(i % 16);
    want_index[i] = (0.2126 * 17 * (i % 16) + 0.7152 * (255 - 17 * (i % 16)) + 0.0722 * 51) / 255;
  }
  check_png(8, PNG_COLOR_TYPE_RGB, _i, rgb, 3 * W, want_rgb);
  check_png(16, PNG_COLOR_TYPE_RGB_ALPHA, _i, rgba, 8 * W, want_rgba);
  check_png(8, PNG_COLOR_TYPE_PALETTE, _i, index, W, want_index);
}
END_TEST

/* Black and white, eight cells a byte. */
START_TEST(one_bit_png)
{
  static const png_byte data[H] = {0xa8, 0x50, 0xf8};
  static const double want[W * H] = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1};
  check_png(1, PNG_COLOR_TYPE_GRAY, _i, data, 1, want);
}
END_TEST

/* Cut short anywhere, it is refused and nothing leaks. */
START_TEST(damaged_png)
{
  png_byte data[W * H] = {0};
  write_png(scratch("image.png"), 8, PNG_COLOR_TYPE_GRAY, false, data, W);
  FILE *in = fopen(scratch("image.png"), "rb");
  char bytes[1024];
  const size_t size = fread(bytes, 1, sizeof bytes, in);
  fclose(in);
  for (size_t cut = 1; cut < size; cut++) {
    write_bytes(scratch("image.png"), bytes, cut);
    ck_assert_int_eq(mf_image_read(&image, scratch("image.png")), MF_EFILE);
    ck_assert_ptr_null(image.grey);
  }
}
END_TEST

#endif

/* ---- on a grid ---- */

static mf_grid make_grid(const long *cells, const double *lo, const double *hi)
{
  static const bool periodic[2] = {false, true};
  mf_grid grid;
  DO(mf_grid_init(&grid, 2, cells, lo, hi, periodic));
  return grid;
}

/* A gradient: grey rises to the right by 1/8 a column and downwards by 1/32 a row. */
static mf_image gradient(ptrdiff_t columns, ptrdiff_t rows)
{
  mf_image g = {.columns = columns, .rows = rows};
  DO(mf_reals_create(&g.grey, columns * rows));
  for (ptrdiff_t j = 0; j < rows; j++)
    for (ptrdiff_t i = 0; i < columns; i++) g.grey[i + columns * j] = (double)i / 8 + (double)j / 32;
  return g;
}

static const double lo[2] = {-0.3, 0.7}, hi[2] = {1.1, 2.9};

/* As many cells as pixels: the same numbers, the top row at the largest y. */
START_TEST(pixels_are_cells)
{
  const long cells[2] = {7, 5};
  const mf_grid grid = make_grid(cells, lo, hi);
  image = gradient(7, 5);
  double density[35];
  DO(mf_image_remap(&image, lo, hi, &grid, density));
  for (int j = 0; j < 5; j++)
    for (int i = 0; i < 7; i++) ck_assert_double_eq(density[i + 7 * j], i / 8.0 + (4 - j) / 32.0);
}
END_TEST

/* Averages of two columns and three rows; and the other way round. */
START_TEST(coarser_and_finer_grids)
{
  const long coarse[2] = {3, 2}, fine[2] = {12, 30};
  const mf_grid few = make_grid(coarse, lo, hi), many = make_grid(fine, lo, hi);
  image = gradient(6, 6);
  double density[360];
  DO(mf_image_remap(&image, lo, hi, &few, density));
  for (int j = 0; j < 2; j++)
    for (int i = 0; i < 3; i++) /* rounding of some weights */
      ck_assert_double_eq_tol(density[i + 3 * j], (2 * i + 0.5) / 8 + (5 - 3 * j - 1) / 32.0, 1e-15);
  DO(mf_image_remap(&image, lo, hi, &many, density));
  for (int j = 0; j < 30; j++)
    for (int i = 0; i < 12; i++)
      ck_assert_double_eq_tol(density[i + 12 * j], i / 2 / 8.0 + (5 - j / 5) / 32.0, 1e-15);
}
END_TEST

/* Any grid that holds the image sees its integral; outside it is vacuum, to the last bit beside its edge too.
 */
START_TEST(integrals_are_kept)
{
  const long cells[2] = {14, 44};
  const double box_lo[2] = {-1, -0.8},
               box_hi[2] = {1.8, 3.6}; /* cells of 0.2 and 0.1: the image's edges are faces */
  const mf_grid grid = make_grid(cells, box_lo, box_hi);
  image = gradient(9, 11);
  for (int i = 0; i < 99; i++) image.grey[i] += 0.1;
  double *density, sum = 0, want = 0;
  DO(mf_reals_create(&density, grid.cells));
  const double left[2] = {-0.4, 0.7}, right[2] = {1.2, 2.9};
  DO(mf_image_remap(&image, left, right, &grid, density));
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&grid, c, x);
    const bool inside = x[0] > left[0] && x[0] < right[0] && x[1] > left[1] && x[1] < right[1];
    ck_assert(inside ? density[c] > 0.05 : density[c] == 0);
    sum += density[c] * grid.volume;
  }
  for (int i = 0; i < 99; i++) want += image.grey[i] * 1.6 * 2.2 / 99;
  ck_assert_double_eq_tol(sum, want, 1e-13);
  mf_release(density);
}
END_TEST

START_TEST(other_boxes_and_grids_are_refused)
{
  const long cells[3] = {4, 4, 4};
  const double low[3] = {0, 0, 0}, high[3] = {1, 1, 1};
  const bool periodic[3] = {false, false, false};
  double values[64];
  mf_grid grid;
  image = gradient(2, 2);
  DO(mf_grid_init(&grid, 3, cells, low, high, periodic));
  ck_assert_int_eq(mf_image_remap(&image, low, high, &grid, values), MF_ECASE);
  ck_assert_msg(strstr(mf_error(), "2 axes") != NULL, "%s", mf_error());
  const mf_grid plane = make_grid(cells, low, high);
  ck_assert_int_eq(mf_image_remap(&image, high, low, &plane, values), MF_ECASE);
}
END_TEST

static void clear(void)
{
  mf_release(image.grey);
  image.grey = NULL;
  scratch_remove();
}

int main(void)
{
  Suite *suite = suite_create("image");
  TCase *files = tcase_create("files"), *grids = tcase_create("grids");
  tcase_add_checked_fixture(files, scratch_create, clear);
  tcase_add_loop_test(files, plain_and_raw_pgm, 0, 2);
  tcase_add_test(files, wide_pgm);
  tcase_add_loop_test(files, mistakes_are_told, 0, sizeof mistakes / sizeof *mistakes);
#ifdef MF_WITH_PNG
  tcase_add_loop_test(files, grey_png, 0, 2);
  tcase_add_loop_test(files, coloured_png, 0, 2);
  tcase_add_loop_test(files, one_bit_png, 0, 2);
  tcase_add_test(files, damaged_png);
#endif
  suite_add_tcase(suite, files);
  tcase_add_checked_fixture(grids, scratch_create, clear);
  tcase_add_test(grids, pixels_are_cells);
  tcase_add_test(grids, coarser_and_finer_grids);
  tcase_add_test(grids, integrals_are_kept);
  tcase_add_test(grids, other_boxes_and_grids_are_refused);
  suite_add_tcase(suite, grids);
  return mf_run_suite(suite);
}
