/* SPDX-License-Identifier: BSD-3-Clause */
/* Target and initial measures from their sections of a case. */
#include "solver/problem/measures.h"

#include "grids/elementwise.h"
#include "grids/halo.h"
#include "io/data/image.h"
#include "io/data/numbers.h"
#include "io/language/tabulate.h"
#include "io/netcdf/history.h"
#include "io/netcdf/import.h"
#include "solver/problem/samples.h"
#include "solver/problem/seam.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  const mf_node *gaussian, *mixture, *density, *potential, *posterior, *samples, *image, *file;
  mf_reals uniform;
  double mass;
  bool normalise;
} options;

static const mf_param params[] = {
    {.key = "gaussian", .kind = MF_NODE, .offset = offsetof(options, gaussian), .doc = "{mean, covariance}"},
    {.key = "mixture",
     .kind = MF_NODE,
     .offset = offsetof(options, mixture),
     .doc = "list of {mean, covariance, weight}"},
    {.key = "uniform",
     .kind = MF_REALS,
     .offset = offsetof(options, uniform),
     .fallback = NAN,
     .doc = "box [[lo, hi], ...], one pair per axis [L]"},
    {.key = "density", .kind = MF_NODE, .offset = offsetof(options, density), .doc = "formula in x, y, z"},
    {.key = "potential",
     .kind = MF_NODE,
     .offset = offsetof(options, potential),
     .doc = "formula V in x, y, z: the density is proportional to exp(-V)"},
    {.key = "posterior",
     .kind = MF_NODE,
     .offset = offsetof(options, posterior),
     .doc = "{prior, loss, data}: the density is proportional to exp(-prior - sum of loss over the rows of "
            "data)"},
    {.key = "samples",
     .kind = MF_NODE,
     .offset = offsetof(options, samples),
     .doc = "{data, method, bandwidth, columns, weight}: points of a text file"},
    {.key = "image",
     .kind = MF_NODE,
     .offset = offsetof(options, image),
     .doc = "PGM or PNG file, or {path, box, invert}: grey is the density, the top row at the largest y"},
    {.key = "file",
     .kind = MF_NODE,
     .offset = offsetof(options, file),
     .doc = "netCDF file, or {path, variable, record}"},
    {.key = "mass",
     .kind = MF_REAL,
     .offset = offsetof(options, mass),
     .fallback = 1,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "total mass [M]"},
    {.key = "normalise",
     .kind = MF_FLAG,
     .offset = offsetof(options, normalise),
     .fallback = 1,
     .doc = "false keeps the mass that a density, an image or a file has by itself"},
};
const mf_param_table mf_measure_table = MF_PARAM_TABLE(params, options);

typedef struct {
  mf_reals mean, covariance;
  double weight;
} gaussian_options;

static const mf_param gaussian_params[] = {
    {.key = "mean",
     .kind = MF_REALS,
     .offset = offsetof(gaussian_options, mean),
     .required = true,
     .fallback = NAN,
     .doc = "one number per axis [L]"},
    {.key = "covariance",
     .kind = MF_REALS,
     .offset = offsetof(gaussian_options, covariance),
     .required = true,
     .fallback = NAN,
     .doc = "matrix, its diagonal, or one variance for all axes [L^2]"},
    {.key = "weight",
     .kind = MF_REAL,
     .offset = offsetof(gaussian_options, weight),
     .fallback = 1,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "share in a mixture"},
};
const mf_param_table mf_gaussian_table = MF_PARAM_TABLE(gaussian_params, gaussian_options);

typedef struct {
  const char *path, *variable;
  long record;
} file_options;

static const mf_param file_params[] = {
    {.key = "path",
     .kind = MF_TEXT,
     .offset = offsetof(file_options, path),
     .required = true,
     .doc = "file name, beside the case file unless it is absolute"},
    {.key = "variable",
     .kind = MF_TEXT,
     .offset = offsetof(file_options, variable),
     .doc = "default: density"},
    {.key = "record",
     .kind = MF_COUNT,
     .offset = offsetof(file_options, record),
     .fallback = -1,
     .doc = "index in time; negative counts from the end"},
};
const mf_param_table mf_file_table = MF_PARAM_TABLE(file_params, file_options);

typedef struct {
  const char *path;
  mf_reals box;
  bool invert;
} image_options;

static const mf_param image_params[] = {
    {.key = "path",
     .kind = MF_TEXT,
     .offset = offsetof(image_options, path),
     .required = true,
     .doc = "file name, beside the case file unless it is absolute"},
    {.key = "box",
     .kind = MF_REALS,
     .offset = offsetof(image_options, box),
     .fallback = NAN,
     .doc = "[[left, right], [bottom, top]] (default: the grid's) [L]"},
    {.key = "invert",
     .kind = MF_FLAG,
     .offset = offsetof(image_options, invert),
     .doc = "true: black is dense"},
};
const mf_param_table mf_image_table = MF_PARAM_TABLE(image_params, image_options);

/* ---- Gaussians ---- */

/* Full matrix from a matrix, a diagonal or one variance. */
static int expand_covariance(const mf_node *at, int dim, const mf_reals *given,
                             double matrix[MF_AXES * MF_AXES])
{
  if (given->count == dim * dim && (dim > 1 || given->count == 1)) {
    memcpy(matrix, given->value, (size_t)(dim * dim) * sizeof *matrix);
    return MF_OK;
  }
  if (given->count != 1 && given->count != dim)
    return mf_node_error(
        at, "the covariance has %d numbers: %d for a matrix, %d for a diagonal or 1 are expected",
        given->count, dim * dim, dim);
  memset(matrix, 0, (size_t)(dim * dim) * sizeof *matrix);
  for (int a = 0; a < dim; a++) matrix[(dim + 1) * a] = given->value[given->count == 1 ? 0 : a];
  return MF_OK;
}

static int add_gaussian(mf_measure *m, const mf_node *node, mf_scope *scope, double *weight)
{
  gaussian_options o;
  MF_TRY(mf_section_read(node, "a gaussian", &mf_gaussian_table, scope, &o));
  const int dim = m->grid->dim;
  if (o.mean.count != dim)
    return mf_node_error(mf_node_get(node, "mean"), "the mean has %d numbers, the grid %d axes", o.mean.count,
                         dim);
  double covariance[MF_AXES * MF_AXES];
  const mf_node *at = mf_node_get(node, "covariance");
  MF_TRY(expand_covariance(at, dim, &o.covariance, covariance));
  *weight += o.weight;
  const int status = mf_measure_add_gaussian(m, o.weight, o.mean.value, covariance);
  return status ? mf_node_blame(at, status) : MF_OK;
}

/* The grid must see the mass that was put on it. */
static int check_fit(const mf_measure *m, const mf_node *node, double expected)
{
  const double tolerance = 1e-3, seen = mf_measure_mass(m) / expected;
  if (seen < 1 - tolerance)
    return mf_node_error(
        node, "the grid sees only %.4g of this mass: make the box larger or the cells smaller", seen);
  if (seen > 1 + tolerance)
    return mf_node_error(node, "the cells are too coarse for this measure: they see %.4g of its mass", seen);
  return MF_OK;
}

static int read_gaussian(mf_measure *m, const options *o, mf_scope *scope)
{
  double weight = 0;
  MF_TRY(add_gaussian(m, o->gaussian, scope, &weight));
  return check_fit(m, o->gaussian, weight);
}

static int read_mixture(mf_measure *m, const options *o, mf_scope *scope)
{
  if (o->mixture->kind != MF_SEQUENCE || o->mixture->count == 0)
    return mf_node_error(o->mixture, "a mixture is a list of gaussians: [{mean: ..., covariance: ...}, ...]");
  double weight = 0;
  for (int i = 0; i < o->mixture->count; i++) MF_TRY(add_gaussian(m, o->mixture->child[i], scope, &weight));
  return check_fit(m, o->mixture, weight);
}

/* ---- other kinds ---- */

static int read_uniform(mf_measure *m, const options *o, const mf_node *node)
{
  const int dim = m->grid->dim;
  if (o->uniform.count != 2 * dim)
    return mf_node_error(node, "a box in %d dimensions has %d numbers, not %d", dim, 2 * dim,
                         o->uniform.count);
  double lo[MF_AXES], hi[MF_AXES];
  for (int a = 0; a < dim; a++) {
    lo[a] = o->uniform.value[2 * a];
    hi[a] = o->uniform.value[2 * a + 1];
  }
  const int status = mf_measure_add_box(m, 1, lo, hi);
  return status ? mf_node_blame(node, status) : MF_OK;
}

static int set_potential(mf_measure *m, double *values)
{
  mf_each(m->grid->cells, mf_each_scaled, -1, values, 0, NULL, values);
  return mf_measure_set_log_density(m, values);
}

static int read_formula(mf_measure *m, const mf_node *node, mf_scope *scope, bool potential)
{
  double *values = NULL;
  MF_TRY(mf_field_create(m->grid, &values));
  int status = mf_tabulate(m->grid, node, scope, potential, values);
  if (!status) status = mf_seam_check(m->grid, node, scope);
  if (!status) status = potential ? set_potential(m, values) : mf_measure_set_density(m, values);
  mf_field_free(values);
  return status ? mf_node_blame(node, status) : MF_OK;
}

typedef struct {
  const mf_node *prior, *loss, *data;
} posterior_options;

static const mf_param posterior_params[] = {
    {.key = "prior",
     .kind = MF_NODE,
     .offset = offsetof(posterior_options, prior),
     .required = true,
     .doc = "potential of the prior in x, y, z"},
    {.key = "loss",
     .kind = MF_NODE,
     .offset = offsetof(posterior_options, loss),
     .required = true,
     .doc = "minus log-likelihood of one row, in x, y, z and the names of the columns"},
    {.key = "data",
     .kind = MF_NODE,
     .offset = offsetof(posterior_options, data),
     .required = true,
     .doc = "text file; its first line names the columns"},
};
const mf_param_table mf_posterior_table = MF_PARAM_TABLE(posterior_params, posterior_options);

/* A column that a formula can name: of numbers, under an identifier. */
static bool is_usable(const mf_numbers *data, int column)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const char *name = data->name[column];
  return *name && strspn(name, letters) == strlen(name) && !(*name >= '0' && *name <= '9') &&
         !(data->text && data->text[column]);
}

/* The columns' names become names of the scope; their values are those of one row. */
static int set_row(mf_scope *scope, const mf_numbers *data, int row)
{
  for (int k = 0; k < data->columns; k++)
    if (is_usable(data, k)) MF_TRY(mf_scope_set(scope, data->name[k], data->value[row * data->columns + k]));
  return MF_OK;
}

/* values[c] += loss of every row. */
static int add_losses(const mf_grid *grid, const mf_node *loss, const mf_numbers *data, mf_scope *scope,
                      double *part, double *values)
{
  for (int row = 0; row < data->rows; row++) {
    MF_TRY(set_row(scope, data, row));
    MF_TRY(mf_tabulate(grid, loss, scope, false, part));
    mf_each(grid->cells, mf_each_sum, 1, part, 1, values, values);
  }
  return MF_OK;
}

static int sum_posterior(mf_measure *m, const posterior_options *o, const mf_numbers *data, mf_scope *scope)
{
  double *values = NULL, *part = NULL;
  if (!data->name) return mf_node_error(o->data, "the first line of this file must name the columns");
  int status = mf_field_create(m->grid, &values);
  if (!status) status = mf_field_create(m->grid, &part);
  if (!status) status = mf_tabulate(m->grid, o->prior, scope, true, values);
  if (!status) status = mf_seam_check(m->grid, o->prior, scope);
  if (!status) status = add_losses(m->grid, o->loss, data, scope, part, values);
  if (!status) status = set_potential(m, values);
  mf_field_free(values);
  mf_field_free(part);
  return status;
}

static int read_posterior(mf_measure *m, const mf_node *node, mf_scope *scope)
{
  posterior_options o;
  mf_numbers *data;
  MF_TRY(mf_section_read(node, "a posterior", &mf_posterior_table, scope, &o));
  if (o.data->kind != MF_SCALAR) return mf_node_error(o.data, "expected a file name");
  MF_TRY(mf_numbers_read(&data, o.data));
  const int status = sum_posterior(m, &o, data, scope);
  mf_numbers_free(data);
  return status ? mf_node_blame(node, status) : MF_OK;
}

static int read_file(mf_measure *m, const mf_node *node, mf_scope *scope)
{
  file_options o;
  MF_TRY(mf_section_read(node, "a file", &mf_file_table, scope, &o));
  const mf_node *named = node->kind == MF_MAPPING ? mf_node_get(node, "path") : node;
  double *values = NULL;
  char *path;
  MF_TRY(mf_node_path(named, &path));
  int status = mf_field_create(m->grid, &values);
  if (!status) status = mf_import_field(m->grid, path, o.variable, o.record, values);
  if (!status) status = mf_measure_set_density(m, values);
  mf_release(path);
  mf_field_free(values);
  return status ? mf_node_blame(node, status) : MF_OK;
}

static int take_image(mf_measure *m, const image_options *o, const char *path)
{
  mf_image image;
  const mf_grid *grid = m->grid;
  double lo[2] = {grid->lo[0], grid->lo[1]}, hi[2] = {grid->hi[0], grid->hi[1]}, *density = NULL;
  for (int a = 0; a < 2 && o->box.count; a++) {
    lo[a] = o->box.value[2 * a];
    hi[a] = o->box.value[2 * a + 1];
  }
  MF_TRY(mf_image_read(&image, path));
  for (ptrdiff_t i = 0; o->invert && i < image.columns * image.rows; i++) image.grey[i] = 1 - image.grey[i];
  int status = mf_field_create(grid, &density);
  if (!status) status = mf_image_remap(&image, lo, hi, grid, density);
  if (!status) status = mf_measure_set_density(m, density);
  mf_field_free(density);
  mf_release(image.grey);
  return status;
}

static int read_image(mf_measure *m, const mf_node *node, mf_scope *scope)
{
  image_options o;
  char *path;
  MF_TRY(mf_section_read(node, "an image", &mf_image_table, scope, &o));
  if (o.box.count != 0 && o.box.count != 4)
    return mf_node_error(mf_node_get(node, "box"), "the box of an image has 4 numbers, not %d", o.box.count);
  MF_TRY(mf_node_path(node->kind == MF_MAPPING ? mf_node_get(node, "path") : node, &path));
  const int status = take_image(m, &o, path);
  mf_release(path);
  return status ? mf_node_blame(node, status) : MF_OK;
}

static int read_kind(mf_measure *m, const options *o, const mf_node *section, mf_scope *scope)
{
  if (o->gaussian) return read_gaussian(m, o, scope);
  if (o->mixture) return read_mixture(m, o, scope);
  if (o->uniform.count) return read_uniform(m, o, mf_node_get(section, "uniform"));
  if (o->density) return read_formula(m, o->density, scope, false);
  if (o->potential) return read_formula(m, o->potential, scope, true);
  if (o->posterior) return read_posterior(m, o->posterior, scope);
  if (o->samples) return mf_samples_from_case(m, o->samples, scope);
  if (o->image) return read_image(m, o->image, scope);
  return read_file(m, o->file, scope);
}

/* A run that goes on from its own file, but for the mass. */
static int warn_of_mass(const mf_measure *m, const options *o, const mf_node *section)
{
  const double mass = mf_measure_mass(m);
  char *path, *program;
  if (mf_node_get(section, "mass") || mf_node_get(section, "normalise") ||
      fabs(mass - o->mass) <= 1e-6 * o->mass)
    return MF_OK;
  MF_TRY(mf_node_path(o->file->kind == MF_MAPPING ? mf_node_get(o->file, "path") : o->file, &path));
  int status = mf_file_attribute(path, "source", &program);
  if (!status && !strncmp(program, "mflow", 5))
    mf_node_warn(o->file,
                 "the density of this run has the mass %.9g and is scaled to %g; `normalise: false` keeps it",
                 mass, o->mass);
  mf_release(program);
  mf_release(path);
  return status;
}

static int scale(mf_measure *m, const options *o, const mf_node *section)
{
  if (o->file) MF_TRY(warn_of_mass(m, o, section));
  const bool as_given = !o->normalise && (o->density || o->potential || o->image || o->file);
  const int status = mf_measure_normalise(m, as_given ? mf_measure_mass(m) : o->mass);
  return status ? mf_node_blame(section, status) : MF_OK;
}

static int read(mf_measure *m, const mf_node *section, mf_scope *scope)
{
  options o;
  MF_TRY(mf_section_read(section, section->key, &mf_measure_table, scope, &o));
  const int kinds = (o.gaussian != NULL) + (o.mixture != NULL) + (o.uniform.count > 0) + (o.density != NULL) +
                    (o.potential != NULL) + (o.posterior != NULL) + (o.samples != NULL) + (o.image != NULL) +
                    (o.file != NULL);
  if (kinds != 1)
    return mf_node_key_error(section,
                             "'%s' needs one of gaussian, mixture, uniform, density, potential, posterior, "
                             "file, samples, image; it has %d",
                             section->key, kinds);
  MF_TRY(read_kind(m, &o, section, scope));
  m->averages = o.uniform.count || o.samples || o.image || o.file;
  return scale(m, &o, section);
}

int mf_measure_from_case(mf_measure **out, const mf_grid *grid, const mf_node *section, mf_scope *scope)
{
  MF_TRY(mf_measure_create(out, grid));
  const int status = read(*out, section, scope);
  if (status) {
    mf_measure_free(*out);
    *out = NULL;
  }
  return status;
}
