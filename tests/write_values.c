/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes every value of netCDF files to stdout, byte by byte, so that two runs can be compared: write_values FILE...
 *
 * A line for each variable with its length, then a line for every 8 values; attributes, which tell when and how a run
 * was made, are left out. */
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_variable(int file, int variable)
{
  char name[NC_MAX_NAME + 1];
  int rank, dimension[NC_MAX_VAR_DIMS];
  nc_type type;
  size_t count = 1, size;
  if (nc_inq_var(file, variable, name, &type, &rank, dimension, NULL) || nc_inq_type(file, type, NULL, &size))
    return 1;
  for (int i = 0; i < rank; i++) {
    size_t length;
    if (nc_inq_dimlen(file, dimension[i], &length)) return 1;
    count *= length;
  }
  unsigned char *bytes = calloc(count + 1, size);
  if (!bytes || (count > 0 && nc_get_var(file, variable, bytes))) return 1;
  printf("%s: %zu values of %zu bytes", name, count, size);
  for (size_t i = 0; i < count; i++) {
    printf("%s", i % 8 ? " " : "\n");
    for (size_t k = 0; k < size; k++) printf("%02x", bytes[i * size + k]);
  }
  printf("\n");
  free(bytes);
  return 0;
}

static int write_file(const char *path)
{
  int file, variables = 0, failed;
  if (nc_open(path, NC_NOWRITE, &file)) return 1;
  failed = nc_inq_nvars(file, &variables);
  for (int v = 0; v < variables && !failed; v++) failed = write_variable(file, v);
  nc_close(file);
  return failed;
}

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (write_file(argv[i])) {
      fprintf(stderr, "%s cannot be read\n", argv[i]);
      return 1;
    }
  return 0;
}
