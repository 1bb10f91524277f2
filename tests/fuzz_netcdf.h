/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_netcdf.h  Sound netCDF files of unsound content.
 *
 *  What netCDF and HDF5 make of damaged files is theirs, and of no harm (io/apart.h; tests/damaged.sh).  Here a model of a good file is changed as the input says (names,
 *  types, lengths, ranks, values, attributes) and written by the netCDF library, so that every file is sound and what is
 *  tried are our own readers. */
#ifndef MF_TESTS_FUZZ_NETCDF_H
#define MF_TESTS_FUZZ_NETCDF_H

#include "io/apart.h"
#include "tests/fuzz.h"

#include <netcdf.h>

enum { FUZZ_DIMS = 8, FUZZ_VARS = 10, FUZZ_VALUES = 64, FUZZ_RECORDS = 3, FUZZ_REMARKS = 8, FUZZ_TEXT = 200 };

typedef struct {
  const char *name;
  size_t length; /* 0: unlimited */
} fuzz_dim;

typedef struct {
  const char *name;
  nc_type type;
  int rank, dim[4];
  double value[FUZZ_VALUES];
} fuzz_var;

typedef struct {
  int variable; /* or NC_GLOBAL */
  const char *name;
  char text[FUZZ_TEXT];
} fuzz_remark;

typedef struct {
  fuzz_dim dim[FUZZ_DIMS];
  fuzz_var var[FUZZ_VARS];
  fuzz_remark remark[FUZZ_REMARKS];
  int dims, vars, remarks;
} fuzz_model;

static const char *const fuzz_names[] = {
    "time",         "x",      "y",        "z",          "x_bnds",       "y_bnds",     "z_bnds",
    "density",      "target", "position", "particle",   "weight",       "coordinate", "bnds",
    "kl",           "energy", "units",    "_FillValue", "scale_factor", "case_yaml",  "long_name",
    "missing_value"};
enum { FUZZ_NAMES = sizeof fuzz_names / sizeof *fuzz_names };

/* ---- the input ---- */

typedef struct {
  const uint8_t *data;
  size_t left;
} fuzz_bytes;

static inline unsigned fuzz_take(fuzz_bytes *b, unsigned below)
{
  if (!b->left) return 0;
  b->left--;
  return *b->data++ % below;
}

static inline double fuzz_number(fuzz_bytes *b)
{
  static const double odd[] = {0, -1, 1, 1e300, -1e-300, INFINITY, -INFINITY, NAN, 9.96921e36, 0.5};
  double value = 0;
  if (fuzz_take(b, 2)) return odd[fuzz_take(b, sizeof odd / sizeof *odd)];
  if (b->left < sizeof value) return fuzz_take(b, 256);
  memcpy(&value, b->data, sizeof value);
  b->data += sizeof value;
  b->left -= sizeof value;
  return value;
}

/* One change of the model. */
static inline void fuzz_change(fuzz_model *m, fuzz_bytes *b)
{
  static const nc_type types[] = {NC_DOUBLE, NC_FLOAT, NC_INT, NC_SHORT, NC_BYTE, NC_CHAR};
  fuzz_var *v = &m->var[fuzz_take(b, (unsigned)m->vars)];
  fuzz_dim *d = &m->dim[fuzz_take(b, (unsigned)m->dims)];
  switch (fuzz_take(b, 7)) {
  case 0:
    v->name = fuzz_names[fuzz_take(b, FUZZ_NAMES)];
    break;
  case 1:
    v->type = types[fuzz_take(b, 6)];
    break;
  case 2:
    v->rank = (int)fuzz_take(b, 5);
    for (int i = 0; i < v->rank; i++) v->dim[i] = (int)fuzz_take(b, (unsigned)m->dims);
    break;
  case 3:
    d->length = fuzz_take(b, 9);
    break;
  case 4:
    d->name = fuzz_names[fuzz_take(b, FUZZ_NAMES)];
    break;
  case 5:
    v->value[fuzz_take(b, FUZZ_VALUES)] = fuzz_number(b);
    break;
  default:
    if (m->remarks == FUZZ_REMARKS) break;
    fuzz_remark *r = &m->remark[m->remarks++];
    const unsigned length = fuzz_take(b, FUZZ_TEXT);
    r->variable = fuzz_take(b, 2) ? (int)(v - m->var) : NC_GLOBAL;
    r->name = fuzz_names[fuzz_take(b, FUZZ_NAMES)];
    for (unsigned i = 0; i < length && b->left; i++) r->text[i] = (char)fuzz_take(b, 256);
  }
}

/* ---- the file ---- */

static inline size_t fuzz_count(const fuzz_model *m, const fuzz_var *v, size_t count[4])
{
  size_t all = 1;
  for (int i = 0; i < v->rank; i++) {
    const size_t length = m->dim[v->dim[i]].length;
    count[i] = length ? length : FUZZ_RECORDS;
    all *= count[i];
  }
  return all;
}

static inline void fuzz_put_values(const fuzz_model *m, const fuzz_var *v, int nc, int id)
{
  const size_t start[4] = {0};
  size_t count[4] = {1, 1, 1, 1};
  const size_t all = fuzz_count(m, v, count);
  double *values = malloc(all * sizeof *values);
  char *text = malloc(all);
  FUZZ_TRUE(values && text);
  for (size_t i = 0; i < all; i++) values[i] = v->value[i % FUZZ_VALUES];
  memset(text, 'a', all);
  if (v->type == NC_CHAR)
    nc_put_vara_text(nc, id, start, count, text);
  else
    nc_put_vara_double(nc, id, start, count, values);
  free(values);
  free(text);
}

/* What netCDF refuses (a name twice, an unlimited dimension that is not the first) is left out; NULL if it refuses all. */
static inline const char *fuzz_write(const fuzz_model *m)
{
  static char path[64];
  int nc, dim[FUZZ_DIMS], id[FUZZ_VARS];
  snprintf(path, sizeof path, "/tmp/mflow-fuzz-%d.nc", (int)getpid());
  FUZZ_TRUE(!nc_create(path, NC_CLOBBER, &nc));
  for (int i = 0; i < m->dims; i++)
    if (nc_def_dim(nc, m->dim[i].name, m->dim[i].length, &dim[i])) dim[i] = -1;
  for (int i = 0; i < m->vars; i++) {
    const fuzz_var *v = &m->var[i];
    int of[4];
    bool all = true;
    for (int k = 0; k < v->rank; k++) all = (of[k] = dim[v->dim[k]]) >= 0 && all;
    if (!all || nc_def_var(nc, v->name, v->type, v->rank, of, &id[i])) id[i] = -1;
  }
  for (int i = 0; i < m->remarks; i++) {
    const fuzz_remark *r = &m->remark[i];
    const int at = r->variable == NC_GLOBAL ? NC_GLOBAL : id[r->variable];
    if (at != -1 || r->variable == NC_GLOBAL) nc_put_att_text(nc, at, r->name, strlen(r->text), r->text);
  }
  if (nc_enddef(nc)) {
    nc_abort(nc);
    return NULL;
  }
  for (int i = 0; i < m->vars; i++)
    if (id[i] >= 0) fuzz_put_values(m, &m->var[i], nc, id[i]);
  nc_close(nc);
  return path;
}

static inline const char *fuzz_netcdf(fuzz_model *m, const uint8_t *data, size_t size)
{
  fuzz_bytes b = {data, size};
  mf_apart_allow(false);
  while (b.left) fuzz_change(m, &b);
  return fuzz_write(m);
}

#endif
