/* SPDX-License-Identifier: BSD-3-Clause */
/* Grey images as fields of cell averages.
 *
 * PGM is read here; PNG by libpng, whose errors leave by longjmp: so what the jump passes over lives in a
 * struct. */
#define _POSIX_C_SOURCE 200809L

#include "io/data/image.h"

#include "grids/base.h"
#include "grids/remap.h"
#include "io/language/file.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifdef MF_WITH_PNG
#include <png.h>
#include <setjmp.h>
#endif

enum { LARGEST = 1 << 16 }; /* columns and rows */

static int damaged(const char *path, const char *what)
{
  return mf_fail(MF_EFILE, "%s: cannot be read as an image: %s", path, what);
}

/* What a byte of a file can stand for: a sample of a PGM, or eight of one bit each of what deflate shrinks best. */
enum { OF_PGM = 1, OF_PNG = 8 * 1032 };

/* A header alone claims no memory: what the file cannot hold is refused before there is room for it. */
static int make_room(mf_image *image, FILE *file, const char *path, unsigned long columns, unsigned long rows,
                     int a_byte)
{
  struct stat is;
  if (columns < 1 || rows < 1 || columns > LARGEST || rows > LARGEST)
    return mf_fail(MF_EFILE, "%s: an image of %lu x %lu; it may have 1 to %d columns and rows", path, columns,
                   rows, LARGEST);
  if (fstat(fileno(file), &is) == 0 && S_ISREG(is.st_mode) &&
      (double)columns * (double)rows > (double)a_byte * (double)is.st_size)
    return mf_fail(MF_EFILE, "%s: ends too early: its header says %lu x %lu, and it has %lld bytes", path,
                   columns, rows, (long long)is.st_size);
  image->columns = (ptrdiff_t)columns;
  image->rows = (ptrdiff_t)rows;
  return mf_reals_create(&image->grey, image->columns * image->rows);
}

/* ---- PGM ---- */

/* Next whole number of a header or of plain data, past white space and comments; the one character after it
 * is read. */
static int read_number(FILE *file, const char *path, unsigned long *out)
{
  int c = getc(file);
  while (isspace(c) || c == '#') {
    if (c == '#')
      while (c != '\n' && c != EOF) c = getc(file);
    c = getc(file);
  }
  if (c == EOF) return damaged(path, "it ends too early");
  if (!isdigit(c)) return damaged(path, "a number is expected");
  for (*out = 0; isdigit(c); c = getc(file)) {
    *out = 10 * *out + (unsigned long)(c - '0');
    if (*out > 1000000) return damaged(path, "a number is too large");
  }
  return MF_OK;
}

/* Raw samples have one byte, or two with the more significant first. */
static int read_raw(FILE *file, const char *path, bool wide, unsigned long *out)
{
  const int high = wide ? getc(file) : 0, low = getc(file);
  if (high == EOF || low == EOF) return damaged(path, "it ends too early");
  *out = 256ul * (unsigned long)high + (unsigned long)low;
  return MF_OK;
}

/* After the last sample nothing follows but, in plain files, white space and comments: what is longer than its header says is
 * shifted, as by a header that ends in CR LF. */
static int check_end(FILE *file, const char *path, bool plain)
{
  int c = getc(file);
  while (plain && (isspace(c) || c == '#')) {
    if (c == '#')
      while (c != '\n' && c != EOF) c = getc(file);
    c = getc(file);
  }
  return c == EOF
             ? MF_OK
             : damaged(path, "more follows than its header says; one white-space character ends the header");
}

static int read_pgm(mf_image *image, FILE *file, const char *path, bool plain)
{
  unsigned long columns, rows, largest, value;
  MF_TRY(read_number(file, path, &columns));
  MF_TRY(read_number(file, path, &rows));
  MF_TRY(read_number(file, path, &largest));
  if (largest < 1 || largest > 65535) return damaged(path, "the largest value is not between 1 and 65535");
  MF_TRY(make_room(image, file, path, columns, rows, OF_PGM));
  for (ptrdiff_t i = 0; i < image->columns * image->rows; i++) {
    MF_TRY(plain ? read_number(file, path, &value) : read_raw(file, path, largest > 255, &value));
    if (value > largest) return damaged(path, "a value is larger than the largest");
    image->grey[i] = (double)value / (double)largest;
  }
  return check_end(file, path, plain);
}

/* ---- PNG ---- */

#ifdef MF_WITH_PNG

typedef struct {
  png_structp png;
  png_infop info;
  png_bytep data;
  png_bytepp row;
  char message[128];
} reader;

static void on_error(png_structp png, png_const_charp message)
{
  reader *r = png_get_error_ptr(png);
  snprintf(r->message, sizeof r->message, "%s", message);
  longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
  (void)png, (void)message;
}

/* Asks for samples of one or two bytes, of grey or of three colours, with alpha or not, whatever the file has. */
static void ask_for_samples(reader *r)
{
  png_set_expand(r->png); /* palettes to colours, 1 to 4 bits to 8, a transparent colour to alpha */
  png_set_interlace_handling(r->png);
  png_read_update_info(r->png, r->info);
}

static int decode(reader *r, mf_image *image, FILE *file, const char *path)
{
  if (setjmp(png_jmpbuf(r->png))) return damaged(path, r->message);
  png_init_io(r->png, file);
  png_read_info(r->png, r->info);
  MF_TRY(make_room(image, file, path, png_get_image_width(r->png, r->info),
                   png_get_image_height(r->png, r->info), OF_PNG));
  ask_for_samples(r);
  const size_t bytes = png_get_rowbytes(r->png, r->info);
  MF_TRY(mf_objects_create(&r->data, (ptrdiff_t)bytes * image->rows, 1));
  MF_TRY(mf_objects_create(&r->row, image->rows, sizeof *r->row));
  for (ptrdiff_t j = 0; j < image->rows; j++) r->row[j] = r->data + bytes * (size_t)j;
  png_read_image(r->png, r->row);
  png_read_end(r->png, NULL);
  return MF_OK;
}

/* Sample number i of a row, over the largest. */
static double sample(const png_byte *row, ptrdiff_t i, bool wide)
{
  return wide ? (256 * row[2 * i] + row[2 * i + 1]) / 65535.0 : row[i] / 255.0;
}

/* Transparent parts show a white ground. */
static void take_grey(const reader *r, mf_image *image)
{
  static const double share[3] = {0.2126, 0.7152, 0.0722}; /* ITU-R BT.709 */
  const int channels = png_get_channels(r->png, r->info);
  const bool wide = png_get_bit_depth(r->png, r->info) == 16, coloured = channels >= 3,
             alpha = channels % 2 == 0;
  for (ptrdiff_t j = 0; j < image->rows; j++)
    for (ptrdiff_t i = 0; i < image->columns; i++) {
      double grey = coloured ? 0 : sample(r->row[j], channels * i, wide);
      for (int k = 0; coloured && k < 3; k++) grey += share[k] * sample(r->row[j], channels * i + k, wide);
      const double opaque = alpha ? sample(r->row[j], channels * i + channels - 1, wide) : 1;
      image->grey[i + image->columns * j] = alpha ? opaque * grey + (1 - opaque) : grey;
    }
}

static int read_png(mf_image *image, FILE *file, const char *path)
{
  reader r = {.message = "damaged"};
  r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
  if (r.png) r.info = png_create_info_struct(r.png);
  int status = r.info ? MF_OK : mf_fail(MF_EMEMORY, "no memory for libpng");
  if (!status) status = decode(&r, image, file, path);
  if (!status) take_grey(&r, image);
  mf_release(r.row);
  mf_release(r.data);
  png_destroy_read_struct(&r.png, &r.info, NULL);
  return status;
}

const char *mf_image_library(void)
{
  return png_get_libpng_ver(NULL);
}

#else

static int read_png(mf_image *image, FILE *file, const char *path)
{
  (void)image, (void)file;
  return mf_fail(
      MF_EFILE,
      "%s: this mflow was built without libpng: install libpng-dev and build again, or make a PGM of it "
      "(`pngtopnm x.png | ppmtopgm >x.pgm`)",
      path);
}

const char *mf_image_library(void)
{
  return NULL;
}

#endif

/* ---- any ---- */

static int read_any(mf_image *image, FILE *file, const char *path)
{
  static const unsigned char png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  unsigned char first[8] = {0};
  const size_t got = fread(first, 1, sizeof first, file);
  rewind(file);
  if (got == sizeof first && !memcmp(first, png, sizeof png)) return read_png(image, file, path);
  if (got < 3 || first[0] != 'P' || (first[1] != '2' && first[1] != '5') || !isspace(first[2]))
    return mf_fail(MF_EFILE, "%s: is no grey image: PGM (P2, P5) and PNG are read", path);
  fseek(file, 2, SEEK_SET);
  return read_pgm(image, file, path, first[1] == '2');
}

int mf_image_read(mf_image *out, const char *path)
{
  *out = (mf_image){0};
  FILE *file;
  MF_TRY(mf_file_open(&file, path));
  const int status = read_any(out, file, path);
  fclose(file);
  if (!status) return MF_OK;
  mf_release(out->grey);
  *out = (mf_image){0};
  return status;
}

/* ---- on a grid ---- */

/* Faces 0 .. n between lo and hi; those that are the grid's are so to the last bit. */
static void set_faces(const mf_grid *grid, int axis, double lo, double hi, ptrdiff_t n, double *face)
{
  const double size = fmax(fmax(fabs(grid->lo[axis]), fabs(grid->hi[axis])), fmax(fabs(lo), fabs(hi)));
  const double rounding = fmin(8 * DBL_EPSILON * size, 0.01 * fmin(grid->h[axis], (hi - lo) / (double)n));
  for (ptrdiff_t i = 0; i <= n; i++)
    face[i] = mf_remap_face(grid, axis, rounding, i < n ? lo + (hi - lo) * ((double)i / (double)n) : hi);
}

static int remap(const mf_image *image, const double *lo, const double *hi, const mf_grid *grid,
                 double *face[2], double **turned)
{
  mf_cells cells = {.dim = 2, .n = {image->columns, image->rows}};
  for (int a = 0; a < 2; a++) {
    MF_TRY(mf_reals_create(&face[a], cells.n[a] + 1));
    set_faces(grid, a, lo[a], hi[a], cells.n[a], face[a]);
    cells.lower[a] = face[a];
    cells.upper[a] = face[a] + 1;
  }
  MF_TRY(mf_reals_create(turned, image->columns * image->rows));
  for (ptrdiff_t j = 0; j < image->rows; j++) /* the first row is on top */
    memcpy(*turned + image->columns * (image->rows - 1 - j), image->grey + image->columns * j,
           (size_t)image->columns * sizeof **turned);
  MF_TRY(mf_remap_check(&cells, grid, *turned));
  return mf_remap(&cells, grid, turned);
}

int mf_image_remap(const mf_image *image, const double *lo, const double *hi, const mf_grid *grid,
                   double *values)
{
  double *face[2] = {NULL, NULL}, *turned = NULL;
  if (grid->dim != 2) return mf_fail(MF_ECASE, "an image is for a grid with 2 axes, not %d", grid->dim);
  for (int a = 0; a < 2; a++)
    if (!(lo[a] < hi[a])) return mf_fail(MF_ECASE, "the box of an image runs from %g to %g", lo[a], hi[a]);
  const int status = remap(image, lo, hi, grid, face, &turned);
  if (!status) memcpy(values, turned, (size_t)grid->cells * sizeof *values);
  mf_release(turned);
  for (int a = 0; a < 2; a++) mf_release(face[a]);
  return status;
}
