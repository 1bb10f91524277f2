/* SPDX-License-Identifier: BSD-3-Clause */
/* A measure from samples in a text file. */
#include "solver/problem/samples.h"

#include "grids/empirical.h"
#include "io/data/numbers.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { HISTOGRAM, KERNEL_DENSITY } method;
static const char *const method_names[] = {"histogram", "kernel_density", NULL};

typedef struct {
  const mf_node *data, *columns, *weight;
  int method;
  mf_reals bandwidth;
} options;

static const mf_param params[] = {
    {.key = "data",
     .kind = MF_NODE,
     .offset = offsetof(options, data),
     .required = true,
     .doc = "text file, one sample a line; its first line may name the columns"},
    {.key = "method",
     .kind = MF_CHOICE,
     .offset = offsetof(options, method),
     .choices = method_names,
     .doc = "how samples become a density"},
    {.key = "bandwidth",
     .kind = MF_REALS,
     .offset = offsetof(options, bandwidth),
     .fallback = NAN,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "of kernel_density: standard deviation of the Gaussian, one for all axes or one each [L]"},
    {.key = "columns",
     .kind = MF_NODE,
     .offset = offsetof(options, columns),
     .doc = "names or numbers (from 1) of the columns with x, y, z (default: the first ones)"},
    {.key = "weight",
     .kind = MF_NODE,
     .offset = offsetof(options, weight),
     .doc = "name or number of the column with weights (default: all samples weigh the same)"},
};
const mf_param_table mf_samples_table = MF_PARAM_TABLE(params, options);

/* ---- columns ---- */

/* Without `columns` all of them are coordinates, but for an index and a weight. */
static int check_columns(const options *o, const mf_numbers *data, int dim)
{
  const int there = data->columns - data->index;
  if (o->columns || there == dim || (o->weight && there > dim)) return MF_OK;
  return mf_node_error(o->data,
                       "this file has %d columns, the grid %d axes: say which with columns and weight",
                       data->columns, dim);
}

/* Points into `point`, weights (if there are any) into `weight`. */
static int pick(const options *o, const mf_numbers *data, int dim, double *point, double *weight)
{
  int column[MF_AXES], heavy = 0;
  MF_TRY(check_columns(o, data, dim));
  MF_TRY(mf_numbers_columns(data, o->columns, dim, column));
  for (int a = 0; a < dim; a++)
    for (int i = 0; i < data->rows; i++) point[dim * i + a] = data->value[data->columns * i + column[a]];
  if (!o->weight) return MF_OK;
  MF_TRY(mf_numbers_column(data, o->weight, &heavy));
  for (int i = 0; i < data->rows; i++) weight[i] = data->value[data->columns * i + heavy];
  return MF_OK;
}

/* ---- bandwidth ---- */

static int no_bandwidth(const mf_node *section, int dim, const mf_samples *s)
{
  double rule[MF_AXES];
  char text[128] = "";
  mf_empirical_bandwidth(dim, s, rule);
  for (int a = 0; a < dim; a++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.3g", a ? ", " : "", rule[a]);
  return mf_node_error(
      section, "a kernel density needs a bandwidth; Silverman's rule gives [%s] for these samples", text);
}

static int read_bandwidth(const options *o, const mf_node *section, int dim, const mf_samples *s, double *out)
{
  const mf_reals *given = &o->bandwidth;
  const mf_node *at = mf_node_get(section, "bandwidth");
  if (o->method == HISTOGRAM) return at ? mf_node_key_error(at, "a histogram has no bandwidth") : MF_OK;
  if (given->count == 0) return no_bandwidth(section, dim, s);
  if (given->count != 1 && given->count != dim)
    return mf_node_error(at, "%d bandwidths for a grid with %d axes", given->count, dim);
  for (int a = 0; a < dim; a++) out[a] = given->value[given->count == 1 ? 0 : a];
  return MF_OK;
}

/* ---- the whole ---- */

static int fill(mf_measure *m, const options *o, const mf_node *section, const mf_numbers *data,
                double *point, double *weight)
{
  const int dim = m->grid->dim;
  double bandwidth[MF_AXES];
  const mf_samples samples = {.count = data->rows, .point = point, .weight = o->weight ? weight : NULL};
  const int picked = pick(o, data, dim, point, weight);
  if (picked) return mf_node_blame(o->data, picked);
  MF_TRY(read_bandwidth(o, section, dim, &samples, bandwidth));
  const int status = o->method == HISTOGRAM ? mf_empirical_histogram(m, &samples)
                                            : mf_empirical_kernel_density(m, &samples, bandwidth);
  return status ? mf_node_blame(o->data, status) : MF_OK;
}

int mf_samples_from_case(mf_measure *m, const mf_node *section, mf_scope *scope)
{
  options o;
  mf_numbers *data;
  double *point = NULL, *weight = NULL;
  MF_TRY(mf_section_read(section, "samples", &mf_samples_table, scope, &o));
  if (o.data->kind != MF_SCALAR) return mf_node_error(o.data, "expected a file name");
  MF_TRY(mf_numbers_read(&data, o.data));
  int status = mf_reals_create(&point, (ptrdiff_t)data->rows * m->grid->dim);
  if (!status) status = mf_reals_create(&weight, data->rows);
  if (!status) status = fill(m, &o, section, data, point, weight);
  mf_release(point);
  mf_release(weight);
  mf_numbers_free(data);
  return status;
}
