/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether values of a netCDF variable are numbers that mean themselves. */
#include "io/netcdf/missing.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Numbers that are codes for others must not pass for a density. */
int mf_nc_check_plain(const mf_nc *file, int variable, const char *name)
{
  double ignored;
  if (!nc_get_att_double(file->id, variable, "scale_factor", &ignored) ||
      !nc_get_att_double(file->id, variable, "add_offset", &ignored))
    return mf_fail(MF_EFILE, "%s: %s is packed: unpack it first (`ncpdq -U`)", file->path, name);
  return MF_OK;
}

/* What netCDF leaves where nobody wrote and no attribute says otherwise; single bytes have none (netCDF Users Guide,
 * Attribute Conventions). */
static bool usual_fill(nc_type type, double *fill)
{
  static const struct {
    nc_type type;
    double fill;
  } table[] = {{NC_SHORT, NC_FILL_SHORT},
               {NC_USHORT, NC_FILL_USHORT},
               {NC_INT, NC_FILL_INT},
               {NC_UINT, NC_FILL_UINT},
               {NC_INT64, (double)NC_FILL_INT64},
               {NC_UINT64, (double)NC_FILL_UINT64},
               {NC_FLOAT, (double)NC_FILL_FLOAT},
               {NC_DOUBLE, NC_FILL_DOUBLE}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].type == type) {
      *fill = table[i].fill;
      return true;
    }
  return false;
}

/* The attribute's numbers as the variable's type holds them, so that 1e20 in double is the 1e20 of floats; none for text or
 * where there is no such attribute.  Release with mf_release. */
static int get_limits(const mf_nc *file, int variable, const char *attribute, double **number, size_t *count)
{
  nc_type type, of_values;
  *number = NULL;
  *count = 0;
  size_t length;
  if (nc_inq_att(file->id, variable, attribute, &type, &length) || type < NC_BYTE || type > NC_UINT64 ||
      type == NC_CHAR || length == 0)
    return MF_OK;
  MF_TRY(mf_reals_create(number, (ptrdiff_t)length));
  MF_NC(file, nc_get_att_double(file->id, variable, attribute, *number), "cannot read %s", attribute);
  MF_NC(file, nc_inq_vartype(file->id, variable, &of_values), "cannot read its variables");
  for (size_t i = 0; of_values == NC_FLOAT && i < length; i++) (*number)[i] = (double)(float)(*number)[i];
  *count = length;
  return MF_OK;
}

/* "y = 3, x = 2" for value number c: dimensions as the file has them, counted from 0. */
static void say_cell(const mf_nc *file, int variable, const size_t *start, const size_t *count, size_t c,
                     size_t room, char *text)
{
  int rank = 0, dimension[NC_MAX_VAR_DIMS];
  size_t place[NC_MAX_VAR_DIMS], used = 0;
  char name[NC_MAX_NAME + 1];
  nc_inq_var(file->id, variable, NULL, NULL, &rank, dimension, NULL);
  for (int d = rank - 1; d >= 0; c /= count[d], d--) place[d] = start[d] + c % count[d];
  *text = '\0';
  for (int d = 0; d < rank && used < room; d++) {
    if (nc_inq_dimname(file->id, dimension[d], name)) continue;
    used += (size_t)snprintf(text + used, room - used, "%s%s = %zu", d ? ", " : "", name, place[d]);
  }
}

typedef bool is_none(double value, const double *number, size_t count);

static bool is_one_of(double value, const double *number, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (value == number[i] || (isnan(value) && isnan(number[i]))) return true;
  return false;
}
static bool is_below(double value, const double *number, size_t count)
{
  (void)count;
  return value < number[0];
}
static bool is_above(double value, const double *number, size_t count)
{
  (void)count;
  return value > number[0];
}
static bool is_outside(double value, const double *number, size_t count)
{
  return count > 1 && (value < number[0] || value > number[1]);
}

typedef struct {
  const mf_nc *file;
  int variable;
  const size_t *start, *count;
  const double *values;
  size_t cells;
} read_values;

static int refuse_any(const read_values *r, is_none *none, const double *number, size_t count,
                      const char *why)
{
  char cell[512], name[NC_MAX_NAME + 1] = "";
  for (size_t c = 0; count > 0 && c < r->cells; c++) {
    if (!none(r->values[c], number, count)) continue;
    say_cell(r->file, r->variable, r->start, r->count, c, sizeof cell, cell);
    nc_inq_varname(r->file->id, r->variable, name);
    return mf_fail(MF_EFILE, "%s: %s has missing values: %g at %s (%s)", r->file->path, name, r->values[c],
                   *cell ? cell : "its only cell", why);
  }
  return MF_OK;
}

static int check_written(const read_values *r)
{
  nc_type type;
  double fill;
  size_t length;
  MF_NC(r->file, nc_inq_vartype(r->file->id, r->variable, &type), "cannot read its variables");
  if (!nc_inq_attlen(r->file->id, r->variable, "_FillValue", &length) || !usual_fill(type, &fill))
    return MF_OK;
  return refuse_any(r, is_one_of, &fill, 1, "never written");
}

int mf_nc_check_values(const mf_nc *file, int variable, const size_t *start, const size_t *count,
                       const double *values)
{
  static const struct {
    const char *attribute;
    is_none *none;
  } rules[] = {{"_FillValue", is_one_of},
               {"missing_value", is_one_of},
               {"valid_min", is_below},
               {"valid_max", is_above},
               {"valid_range", is_outside}};
  read_values r = {file, variable, start, count, values, 1};
  int rank;
  MF_NC(file, nc_inq_varndims(file->id, variable, &rank), "cannot read its variables");
  for (int d = 0; d < rank; d++) r.cells *= count[d];
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    double *number;
    size_t length;
    int status = get_limits(file, variable, rules[i].attribute, &number, &length);
    if (!status) status = refuse_any(&r, rules[i].none, number, length, rules[i].attribute);
    mf_release(number);
    MF_TRY(status);
  }
  return check_written(&r);
}
