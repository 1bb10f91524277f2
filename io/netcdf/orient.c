/* SPDX-License-Identifier: BSD-3-Clause */
/* Which axis of space or time a dimension of a netCDF file is. */
#include "io/netcdf/orient.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct {
  const char *name;
  char letter;
} known;

static char look_up(const known *table, const char *name)
{
  for (; table->name; table++)
    if (!strcasecmp(table->name, name)) return table->letter;
  return 0;
}

static char by_attribute(const mf_nc *file, int coordinate, const char *attribute, const known *table)
{
  char *text = NULL;
  char letter = 0;
  if (!mf_nc_get_text(file, coordinate, attribute, &text)) letter = look_up(table, text);
  mf_release(text);
  return letter;
}

char mf_nc_axis_letter(const mf_nc *file, int dimension)
{
  static const known axes[] = {{"X", 'x'}, {"Y", 'y'}, {"Z", 'z'}, {"T", 't'}, {NULL, 0}};
  static const known standard[] = {{"projection_x_coordinate", 'x'},
                                   {"longitude", 'x'},
                                   {"grid_longitude", 'x'},
                                   {"projection_y_coordinate", 'y'},
                                   {"latitude", 'y'},
                                   {"grid_latitude", 'y'},
                                   {"height", 'z'},
                                   {"altitude", 'z'},
                                   {"depth", 'z'},
                                   {"air_pressure", 'z'},
                                   {"time", 't'},
                                   {NULL, 0}};
  static const known names[] = {{"x", 'x'},     {"lon", 'x'},      {"longitude", 'x'}, {"y", 'y'},
                                {"lat", 'y'},   {"latitude", 'y'}, {"z", 'z'},         {"lev", 'z'},
                                {"level", 'z'}, {"height", 'z'},   {"altitude", 'z'},  {"depth", 'z'},
                                {"time", 't'},  {NULL, 0}};
  char name[NC_MAX_NAME + 1], letter = 0;
  int coordinate;
  if (nc_inq_dimname(file->id, dimension, name)) return 0;
  if (!nc_inq_varid(file->id, name, &coordinate)) {
    letter = by_attribute(file, coordinate, "axis", axes);
    if (!letter) letter = by_attribute(file, coordinate, "standard_name", standard);
  }
  if (letter) return letter;
  return look_up(names, name);
}

/* The first of x, y, z that no other axis has. */
static char left_over(const char *letter, int count)
{
  char c = 'x';
  while (memchr(letter, c, (size_t)count)) c++;
  return c;
}

static int refuse(const mf_nc *file, const char *variable, const char *why)
{
  return mf_fail(
      MF_EFILE,
      "%s: %s of %s: rename its dimensions to x, y, z (`ncrename -d OLD,x -v OLD,x`) or give their "
      "coordinates the attribute axis",
      file->path, why, variable);
}

int mf_nc_order_axes(const mf_nc *file, const char *variable, int *dimension, int count)
{
  char letter[MF_AXES] = {0};
  int unknown = 0, nameless = 0;
  for (int a = 0; a < count; a++) {
    letter[a] = mf_nc_axis_letter(file, dimension[a]);
    if (letter[a]) continue;
    unknown++;
    nameless = a;
  }
  if (count == 1) return MF_OK;
  if (unknown > 1) return refuse(file, variable, "nothing says which axis is x and which y");
  if (unknown == 1) letter[nameless] = left_over(letter, count);
  for (int a = 1; a < count; a++)
    for (int b = a; b > 0 && letter[b - 1] >= letter[b]; b--) {
      if (letter[b - 1] == letter[b]) return refuse(file, variable, "two axes are called the same");
      const char l = letter[b];
      const int d = dimension[b];
      letter[b] = letter[b - 1], letter[b - 1] = l;
      dimension[b] = dimension[b - 1], dimension[b - 1] = d;
    }
  return MF_OK;
}
