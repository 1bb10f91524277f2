/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays of numbers as NumPy saves them: eight bytes of magic and version, the length of the header, the header as a Python dictionary, the
 * numbers. */
#include "io/data/npy.h"

#include "io/fresh.h"
#include "io/language/file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 6, HEADER = 4096, ALIGNMENT = 64 };
static const char magic[MAGIC + 1] = "\x93NUMPY";

bool mf_is_npy(const char *path)
{
  char got[MAGIC];
  FILE *file;
  if (mf_file_open(&file, path)) return false;
  const bool is = fread(got, 1, MAGIC, file) == MAGIC && !memcmp(got, magic, MAGIC);
  fclose(file);
  return is;
}

/* ---- reading ---- */

typedef struct {
  ptrdiff_t rows, columns;
  size_t size; /* of a number */
  bool fortran;
} layout;

static int refuse(const char *path, const char *what)
{
  return mf_fail(MF_EFILE, "%s: %s", path, what);
}

static int read_header(FILE *file, const char *path, char text[HEADER])
{
  unsigned char start[MAGIC + 6];
  if (fread(start, 1, MAGIC + 2, file) != MAGIC + 2 || memcmp(start, magic, MAGIC) != 0)
    return refuse(path, "this is no array of NumPy");
  const size_t width = start[MAGIC] == 1 ? 2 : 4;
  if (fread(start, 1, width, file) != width) return refuse(path, "its header is cut off");
  size_t length = 0;
  for (size_t k = 0; k < width; k++) length |= (size_t)start[k] << (8 * k);
  if (length >= HEADER) return refuse(path, "its header is longer than that of an array of numbers");
  if (fread(text, 1, length, file) != length) return refuse(path, "its header is cut off");
  text[length] = '\0';
  return MF_OK;
}

/* What stands behind a key of the header. */
static const char *value_of(const char *header, const char *key)
{
  const char *at = strstr(header, key);
  at = at ? strchr(at + strlen(key), ':') : NULL;
  return at ? at + 1 + strspn(at + 1, " ") : "";
}

static int read_layout(const char *path, const char *header, layout *l)
{
  const char *type = value_of(header, "'descr'"), *shape = value_of(header, "'shape'");
  char *end;
  l->size = !strncmp(type, "'<f8'", 5) ? 8 : !strncmp(type, "'<f4'", 5) ? 4 : 0;
  if (l->size == 0) return mf_fail(MF_EFILE, "%s: its numbers are %.8s: save them as float64", path, type);
  l->fortran = !strncmp(value_of(header, "'fortran_order'"), "True", 4);
  if (*shape != '(') return refuse(path, "its header has no shape");
  l->rows = strtol(shape + 1, &end, 10);
  l->columns = 1;
  const bool known = end != shape + 1;
  end += strspn(end, ", ");
  if (known && *end != ')') {
    const char *second = end;
    l->columns = strtol(second, &end, 10);
    end += strspn(end, ", ");
    if (end == second) return refuse(path, "its header has no shape");
  }
  if (!known || *end != ')')
    return refuse(path, "an array of points has one or two axes: (points, coordinates)");
  const double most = 1e9;
  if (l->rows < 1 || l->columns < 1 || (double)l->rows * (double)l->columns > most)
    return mf_fail(MF_EFILE, "%s: %td x %td numbers", path, l->rows, l->columns);
  return MF_OK;
}

static double number_at(const unsigned char *bytes, size_t size)
{
  uint64_t bits = 0;
  double wide;
  float narrow;
  for (size_t k = 0; k < size; k++) bits |= (uint64_t)bytes[k] << (8 * k);
  const uint32_t half = (uint32_t)bits;
  memcpy(&wide, &bits, sizeof wide);
  memcpy(&narrow, &half, sizeof narrow);
  return size == 8 ? wide : (double)narrow;
}

static int read_numbers(FILE *file, const char *path, const layout *l, double *values)
{
  unsigned char bytes[8];
  for (ptrdiff_t k = 0; k < l->rows * l->columns; k++) {
    if (fread(bytes, 1, l->size, file) != l->size)
      return refuse(path, "there are fewer numbers than its header says");
    const ptrdiff_t place = l->fortran ? k % l->rows * l->columns + k / l->rows : k;
    values[place] = number_at(bytes, l->size);
  }
  return fgetc(file) == EOF ? MF_OK : refuse(path, "there are more numbers than its header says");
}

static int read_open(FILE *file, const char *path, layout *l, double **values)
{
  char header[HEADER];
  MF_TRY(read_header(file, path, header));
  MF_TRY(read_layout(path, header, l));
  MF_TRY(mf_reals_create(values, l->rows * l->columns));
  const int status = read_numbers(file, path, l, *values);
  if (status) {
    mf_release(*values);
    *values = NULL;
  }
  return status;
}

int mf_npy_read(const char *path, ptrdiff_t *rows, int *columns, double **values)
{
  FILE *file;
  layout l;
  MF_TRY(mf_file_open(&file, path));
  const int status = read_open(file, path, &l, values);
  fclose(file);
  MF_TRY(status);
  *rows = l.rows;
  *columns = (int)l.columns;
  return MF_OK;
}

/* ---- writing ---- */

static bool put_number(FILE *file, double x)
{
  unsigned char bytes[8];
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(bits >> (8 * k));
  return fwrite(bytes, 1, sizeof bytes, file) == sizeof bytes;
}

typedef struct {
  ptrdiff_t rows;
  int columns;
  const double *const *x;
} array;

static bool put_array(const void *self, FILE *file)
{
  const array *o = self;
  char header[4 * ALIGNMENT];
  int length =
      snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': (%td, %d), }",
               o->rows, o->columns);
  while ((MAGIC + 4 + length + 1) % ALIGNMENT) header[length++] = ' ';
  header[length++] = '\n';
  const unsigned char start[4] = {1, 0, (unsigned char)(length & 0xFF), (unsigned char)(length >> 8)};
  bool good = fwrite(magic, 1, MAGIC, file) == MAGIC && fwrite(start, 1, 4, file) == 4 &&
              fwrite(header, 1, (size_t)length, file) == (size_t)length;
  for (ptrdiff_t i = 0; i < o->rows && good; i++)
    for (int a = 0; a < o->columns && good; a++) good = put_number(file, o->x[a][i]);
  return good;
}

int mf_npy_write(const char *path, ptrdiff_t rows, int columns, const double *const *x, bool force)
{
  return mf_fresh_write(path, force, put_array, &(array){rows, columns, x});
}
