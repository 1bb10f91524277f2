/* SPDX-License-Identifier: BSD-3-Clause */
/* A flow from the `energy` and `geometry` of a case. */
#include "solver/problem/compose.h"

#include "io/data/numbers.h"
#include "io/language/tabulate.h"
#include "operators/registry.h"
#include "solver/problem/seam.h"

#include <math.h>

/* The energy of a pair counts W(x - y) and W(y - x) alike, so an odd part would be lost without a word.  On a periodic axis
 * the last displacement of an even number of cells is its own opposite. */
static int check_even(const mf_node *node, const mf_grid *displacements, const double *values)
{
  const ptrdiff_t *n = displacements->n;
  double largest = 0;
  for (ptrdiff_t c = 0; c < displacements->cells; c++) largest = fmax(largest, fabs(values[c]));
  for (ptrdiff_t c = 0; c < displacements->cells; c++) {
    ptrdiff_t opposite = 0, rest = c, stride = 1;
    for (int a = 0; a < MF_AXES; a++) {
      opposite += (2 * (n[a] / 2) - rest % n[a]) % n[a] * stride;
      rest /= n[a];
      stride *= n[a];
    }
    if (fabs(values[c] - values[opposite]) <= 1e-9 * largest) continue;
    double x[MF_AXES];
    mf_grid_centre(displacements, c, x);
    return mf_node_error(
        node, "an interaction is even, but this is %g at the displacement %s and %g at its opposite",
        values[c], mf_grid_point(displacements, x).text, values[opposite]);
  }
  return MF_OK;
}

/* The values of a formula, and what they must be like. */
static int sample_field(mf_problem *p, const mf_node *node, const mf_grid *grid, double *values)
{
  MF_TRY(mf_tabulate(grid, node, p->scope, false, values));
  return grid == &p->grid ? mf_seam_check(grid, node, p->scope) : check_even(node, grid, values);
}

/* Values of every formula of a table's MF_FIELD and MF_DISPLACEMENT_FIELD members, one array after another in
 * `pool`; release with mf_release. */
static int sample_fields(mf_problem *p, const mf_param_table *table, void *options, double **pool)
{
  mf_grid displacements;
  ptrdiff_t total = 0;
  MF_TRY(mf_grid_displacements(&displacements, &p->grid));
  for (int pass = 0; pass < 2; pass++) {
    if (pass) MF_TRY(mf_reals_create(pool, total));
    total = 0;
    for (int i = 0; i < table->count; i++) {
      const mf_param_kind kind = table->rows[i].kind;
      mf_sampled *field = (mf_sampled *)((char *)options + table->rows[i].offset);
      if ((kind != MF_FIELD && kind != MF_DISPLACEMENT_FIELD) || !field->node) continue;
      const mf_grid *grid = kind == MF_FIELD ? &p->grid : &displacements;
      if (pass) MF_TRY(sample_field(p, field->node, grid, *pool + total));
      field->values = pass ? *pool + total : NULL;
      total += grid->cells;
    }
  }
  return MF_OK;
}

/* Options of one plug-in, read by its table, with the values of its formulas. */
enum { TABLES = 4 };

typedef struct {
  void *options;
  double *pool;
  double *table[TABLES];
  int tables;
} plug_in;

typedef struct {
  const mf_node *path, *columns;
} table_options;

static const mf_param table_params[] = {
    {.key = "path",
     .kind = MF_NODE,
     .offset = offsetof(table_options, path),
     .required = true,
     .doc = "text file"},
    {.key = "columns",
     .kind = MF_NODE,
     .offset = offsetof(table_options, columns),
     .doc = "names or numbers (from 1) of the columns with x, y, z (default: all)"},
};
static const mf_param_table table_table = MF_PARAM_TABLE(table_params, table_options);

static void plug_in_clear(plug_in *x)
{
  mf_release(x->options);
  mf_release(x->pool);
  for (int i = 0; i < x->tables; i++) mf_release(x->table[i]);
}

/* The columns that were asked for, side by side. */
static int copy_columns(const mf_numbers *data, const mf_node *columns, mf_table *t, double **values)
{
  const int count = !columns                       ? data->columns - data->index
                    : columns->kind == MF_SEQUENCE ? columns->count
                                                   : 1;
  int *column;
  MF_TRY(mf_objects_create(&column, count, sizeof *column));
  int status = mf_numbers_columns(data, columns, count, column);
  if (!status) status = mf_reals_create(values, (ptrdiff_t)data->rows * count);
  for (ptrdiff_t i = 0; !status && i < data->rows; i++)
    for (int k = 0; k < count; k++) (*values)[i * count + k] = data->value[i * data->columns + column[k]];
  mf_release(column);
  t->values = *values;
  t->rows = data->rows;
  t->columns = count;
  return status;
}

/* A file, or {path, columns}. */
static int read_table(mf_table *t, mf_scope *scope, double **values)
{
  table_options o = {.path = t->node};
  mf_numbers *data;
  if (t->node->kind == MF_MAPPING) MF_TRY(mf_section_read(t->node, "a table", &table_table, scope, &o));
  if (o.path->kind != MF_SCALAR) return mf_node_error(o.path, "expected a file name");
  MF_TRY(mf_numbers_read(&data, o.path));
  const int status = copy_columns(data, o.columns, t, values);
  mf_numbers_free(data);
  return status ? mf_node_blame(o.path, status) : MF_OK;
}

static int read_tables(const mf_param_table *table, mf_scope *scope, plug_in *x)
{
  for (int i = 0; i < table->count; i++) {
    mf_table *t = (mf_table *)((char *)x->options + table->rows[i].offset);
    if (table->rows[i].kind != MF_TABLE || !t->node || x->tables == TABLES) continue;
    MF_TRY(read_table(t, scope, &x->table[x->tables++]));
  }
  return MF_OK;
}

static int read_plug_in(mf_problem *p, const char *name, const mf_node *node, const mf_param_table *table,
                        plug_in *x)
{
  *x = (plug_in){0};
  MF_TRY(mf_objects_create(&x->options, 1, table->size));
  int status = mf_section_read(node, name, table, p->scope, x->options);
  if (!status) status = sample_fields(p, table, x->options, &x->pool);
  if (!status) status = read_tables(table, p->scope, x);
  if (status) plug_in_clear(x);
  return status;
}

static int unknown_part(const mf_node *node, bool at_key, const char *what, const char *name,
                        const char *const *names, int count)
{
  char list[1024];
  const char *hint = mf_suggest(list, sizeof list, name, names, count);
  return at_key ? mf_node_key_error(node, "there is no %s '%s'%s", what, name, hint)
                : mf_node_error(node, "there is no %s '%s'%s", what, name, hint);
}

/* `node` is the value under the name, or the scalar that is the name. */
static int add_energy(mf_problem *p, const char *name, const mf_node *node, bool at_key)
{
  const mf_energy_type *type = mf_energy_find(name);
  if (!type) {
    const char *names[MF_PLUGINS];
    return unknown_part(node, at_key, "energy", name, names, mf_energy_names(names));
  }
  plug_in x;
  const int read = read_plug_in(p, name, at_key ? node : NULL, &type->params, &x);
  if (read) return mf_node_blame(node, read);
  const int status = mf_flow_add_energy(p->flow, type, x.options);
  plug_in_clear(&x);
  return status ? mf_node_blame(node, status) : MF_OK;
}

static int add_geometry(mf_problem *p, const char *name, const mf_node *node, bool at_key)
{
  const mf_geometry_type *type = mf_geometry_find(name);
  if (!type) {
    const char *names[MF_PLUGINS];
    return unknown_part(node, at_key, "geometry", name, names, mf_geometry_names(names));
  }
  plug_in x;
  const int read = read_plug_in(p, name, at_key ? node : NULL, &type->params, &x);
  if (read) return mf_node_blame(node, read);
  const int status = mf_flow_add_geometry(p->flow, type, x.options);
  plug_in_clear(&x);
  return status ? mf_node_blame(node, status) : MF_OK;
}

/* A name, {name: options, ...}, or a list of either. */
static int add_parts(mf_problem *p, const mf_node *node,
                     int (*add)(mf_problem *, const char *, const mf_node *, bool))
{
  if (node->kind == MF_SCALAR) return add(p, node->text, node, false);
  for (int i = 0; i < node->count; i++) {
    const mf_node *child = node->child[i];
    MF_TRY(node->kind == MF_SEQUENCE ? add_parts(p, child, add) : add(p, child->key, child, true));
  }
  return MF_OK;
}

int mf_compose_flow(mf_problem *p, const mf_node *energy, const mf_node *geometry)
{
  MF_TRY(add_parts(p, energy, add_energy));
  if (mf_flow_energies(p->flow) == 0) return mf_node_error(energy, "a gradient flow needs an energy");
  MF_TRY(add_parts(p, geometry, add_geometry));
  if (mf_flow_geometries(p->flow) == 0) return mf_node_error(geometry, "a gradient flow needs a geometry");
  return MF_OK;
}
