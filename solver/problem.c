/* A case, built: grid, measures, flow, times, tolerances, output. */
#define _POSIX_C_SOURCE 200809L
#include "solver/problem.h"

#include "io/points.h"
#include "operators/registry.h"
#include "solver/gap.h"
#include "solver/measures.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- tables of the sections ---- */

typedef struct {
  const char *title, *reference, *coordinate, *gap;
  const mf_node *parameters, *formulas, *odes, *grid, *target, *initial, *energy, *geometry, *time, *output,
      *diagnostics, *claims;
} case_options;

#define SECTION(name, text)                                                                                  \
  {                                                                                                          \
    .key = #name, .kind = MF_NODE, .offset = offsetof(case_options, name), .doc = text                       \
  }
#define NEEDED(name, text)                                                                                   \
  {                                                                                                          \
    .key = #name, .kind = MF_NODE, .offset = offsetof(case_options, name), .required = true, .doc = text     \
  }
#define WORDS(name, text)                                                                                    \
  {                                                                                                          \
    .key = #name, .kind = MF_TEXT, .offset = offsetof(case_options, name), .doc = text                       \
  }

static const mf_param case_params[] = {
    WORDS(title, "what the case shows"),
    WORDS(reference, "where the theory is"),
    SECTION(parameters, "names with numbers or formulas"),
    SECTION(formulas, "names with formulas in x, y, z, t, for claims"),
    SECTION(odes, "reference dynamics: names with {start, rate}, for claims"),
    NEEDED(grid, "{cells, box, boundary}"),
    SECTION(target, "the measure that the energy compares with"),
    NEEDED(initial, "the measure to start from"),
    NEEDED(energy, "what decreases: a name, {name: options}, or a list of them"),
    NEEDED(geometry, "how the measure moves: {name: coefficient} or {name: options}"),
    WORDS(gap, "a name for the flow's spectral gap on the grid, for claims"),
    WORDS(coordinate, "auto, density, deviation, log or power"),
    NEEDED(time, "{end, output, rtol, ...}"),
    SECTION(output, "{fields, precision, deflate}"),
    SECTION(diagnostics, "{kernel, bandwidth, ...} of the MMD in the history"),
    SECTION(claims, "list of statements that `mflow verify` judges"),
};
static const mf_param_table case_table = MF_PARAM_TABLE(case_params, case_options);

typedef struct {
  mf_reals cells, box;
  const mf_node *boundary;
} grid_options;

static const mf_param grid_params[] = {
    {.key = "cells",
     .kind = MF_REALS,
     .offset = offsetof(grid_options, cells),
     .required = true,
     .fallback = NAN,
     .min = 1,
     .max = 1e9,
     .doc = "cells per axis, [nx, ny, nz]"},
    {.key = "box",
     .kind = MF_REALS,
     .offset = offsetof(grid_options, box),
     .required = true,
     .fallback = NAN,
     .doc = "[[lo, hi], ...], one pair per axis [L]"},
    {.key = "boundary",
     .kind = MF_NODE,
     .offset = offsetof(grid_options, boundary),
     .doc = "wall (no flux) or periodic, for all axes or a list"},
};
static const mf_param_table grid_table = MF_PARAM_TABLE(grid_params, grid_options);

static const char *const method_names[] = {"auto", "bdf", "adams", NULL};

typedef struct {
  double end, rtol, max_step;
  const mf_node *output;
  int method;
  long max_order, max_steps;
} time_options;

static const mf_param time_params[] = {
    {.key = "end",
     .kind = MF_REAL,
     .offset = offsetof(time_options, end),
     .required = true,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "flow time to reach [T]"},
    {.key = "output",
     .kind = MF_NODE,
     .offset = offsetof(time_options, output),
     .doc = "time between rows of the history, or a list of times (default end/100)"},
    {.key = "rtol",
     .kind = MF_REAL,
     .offset = offsetof(time_options, rtol),
     .fallback = 1e-6,
     .min = 1e-13,
     .max = 1e-1,
     .doc = "local error per step, relative to the norm of the coordinate"},
    {.key = "method",
     .kind = MF_CHOICE,
     .offset = offsetof(time_options, method),
     .choices = method_names,
     .doc = "auto: bdf where the flow is stiff, adams where it is not"},
    {.key = "max_order",
     .kind = MF_COUNT,
     .offset = offsetof(time_options, max_order),
     .min = 0,
     .max = 12,
     .doc = "highest order of the formula (0: CVODE's own)"},
    {.key = "max_steps",
     .kind = MF_COUNT,
     .offset = offsetof(time_options, max_steps),
     .fallback = 1000000,
     .min = 1,
     .max = 1e15,
     .doc = "steps after which a run gives up"},
    {.key = "max_step",
     .kind = MF_REAL,
     .offset = offsetof(time_options, max_step),
     .min = 0,
     .max = DBL_MAX,
     .doc = "longest step (0: no limit) [T]"},
};
static const mf_param_table time_table = MF_PARAM_TABLE(time_params, time_options);

static const char *const precision_names[] = {"double", "float", NULL};

typedef struct {
  const mf_node *fields;
  int precision;
  long deflate;
} output_options;

static const mf_param output_params[] = {
    {.key = "fields",
     .kind = MF_NODE,
     .offset = offsetof(output_options, fields),
     .doc = "time between records of fields, or a list of times (default end/20)"},
    {.key = "precision",
     .kind = MF_CHOICE,
     .offset = offsetof(output_options, precision),
     .choices = precision_names,
     .doc = "numbers of the fields"},
    {.key = "deflate",
     .kind = MF_COUNT,
     .offset = offsetof(output_options, deflate),
     .min = 0,
     .max = 9,
     .doc = "compression of the fields (0: none)"},
};
static const mf_param_table output_table = MF_PARAM_TABLE(output_params, output_options);

typedef struct {
  mf_kernel_options kernel;
} diagnostics_options;

static const mf_param diagnostics_params[] = {MF_KERNEL_PARAMS(diagnostics_options, kernel, true)};
static const mf_param_table diagnostics_table = MF_PARAM_TABLE(diagnostics_params, diagnostics_options);

const mf_section_info *mf_problem_sections(void)
{
  static const mf_section_info sections[] = {
      {"the case", &case_table},
      {"grid", &grid_table},
      {"target, initial", &mf_measure_table},
      {"time", &time_table},
      {"output", &output_table},
      {"diagnostics", &diagnostics_table},
      {NULL, NULL},
  };
  return sections;
}

/* ---- scope ---- */

/* Reference odes are names that formulas may use; their values are set when claims are judged. */
static int declare_odes(mf_problem *p)
{
  for (int i = 0; p->odes && i < p->odes->count; i++)
    if (mf_scope_set(p->scope, p->odes->child[i]->key, 0))
      return mf_node_key_error(p->odes->child[i], "'%s' cannot be the name of an ode",
                               p->odes->child[i]->key);
  return MF_OK;
}

static int build_scope(mf_problem *p, const case_options *o)
{
  MF_TRY(mf_scope_add_parameters(p->scope, o->parameters));
  p->odes = o->odes;
  if (p->odes && p->odes->kind != MF_MAPPING)
    return mf_node_error(p->odes, "odes are written {name: {start: ..., rate: ...}}");
  if (o->gap && mf_scope_set(p->scope, o->gap, 0))
    return mf_node_blame(mf_node_get(mf_case_root(p->source), "gap"), MF_ECASE);
  MF_TRY(declare_odes(p));
  return mf_scope_add_formulas(p->scope, o->formulas);
}

/* ---- grid ---- */

static int read_boundary(const mf_node *node, bool *periodic)
{
  if (node->kind == MF_SCALAR && !strcmp(node->text, "wall"))
    *periodic = false;
  else if (node->kind == MF_SCALAR && !strcmp(node->text, "periodic"))
    *periodic = true;
  else
    return mf_node_error(node, "a boundary is 'wall' (no flux) or 'periodic'");
  return MF_OK;
}

static int read_boundaries(const mf_node *node, int dim, bool periodic[MF_AXES])
{
  for (int a = 0; node && a < dim; a++) {
    if (node->kind != MF_SEQUENCE) {
      MF_TRY(read_boundary(node, &periodic[a]));
      continue;
    }
    if (node->count != dim)
      return mf_node_error(node, "%d boundaries for %d axes: write one for all, or one per axis", node->count,
                           dim);
    MF_TRY(read_boundary(node->child[a], &periodic[a]));
  }
  return MF_OK;
}

/* Forty arrays are the least that a run takes. */
static int check_memory(const mf_problem *p, const mf_node *at)
{
  const double needed = 40 * sizeof(double) * (double)p->grid.cells;
  const double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  if (needed < there) return MF_OK;
  return mf_node_error(at, "%td cells need %.0f GB at least; this machine has %.0f", p->grid.cells,
                       1e-9 * needed, 1e-9 * there);
}

static int build_grid(mf_problem *p, const mf_node *node)
{
  grid_options o;
  MF_TRY(mf_section_read(node, "the grid", &grid_table, p->scope, &o));
  const int dim = o.cells.count;
  const mf_node *cells_at = mf_node_get(node, "cells"), *box_at = mf_node_get(node, "box");
  if (dim < 1 || dim > MF_AXES) return mf_node_error(cells_at, "a grid has 1, 2 or 3 axes, not %d", dim);
  if (o.box.count != 2 * dim)
    return mf_node_error(box_at, "the box has %d numbers: %d axes need %d pairs [lo, hi]", o.box.count, dim,
                         dim);
  long cells[MF_AXES];
  double lo[MF_AXES], hi[MF_AXES];
  bool periodic[MF_AXES] = {false};
  for (int a = 0; a < dim; a++) {
    if (o.cells.value[a] != floor(o.cells.value[a]))
      return mf_node_error(cells_at, "%g is no number of cells", o.cells.value[a]);
    cells[a] = (long)o.cells.value[a];
    lo[a] = o.box.value[2 * a];
    hi[a] = o.box.value[2 * a + 1];
  }
  MF_TRY(read_boundaries(o.boundary, dim, periodic));
  const int status = mf_grid_init(&p->grid, dim, cells, lo, hi, periodic);
  return status ? mf_node_blame(box_at, status) : check_memory(p, cells_at);
}

/* ---- flow ---- */

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
      if (pass) MF_TRY(mf_formula_sample(grid, field->node, p->scope, *pool + total));
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
  mf_points *table[TABLES];
  int tables;
} plug_in;

static void plug_in_clear(plug_in *x)
{
  mf_release(x->options);
  mf_release(x->pool);
  for (int i = 0; i < x->tables; i++) mf_points_free(x->table[i]);
}

static int read_tables(const mf_param_table *table, plug_in *x)
{
  for (int i = 0; i < table->count; i++) {
    mf_table *t = (mf_table *)((char *)x->options + table->rows[i].offset);
    if (table->rows[i].kind != MF_TABLE || !t->node || x->tables == TABLES) continue;
    MF_TRY(mf_points_read(&x->table[x->tables], t->node));
    const mf_points *points = x->table[x->tables++];
    t->values = points->value;
    t->rows = points->rows;
    t->columns = points->columns;
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
  if (!status) status = read_tables(table, x);
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
    const char *names[32];
    int count = 0;
    for (const mf_energy_type *const *t = mf_energy_types; *t; t++) names[count++] = (*t)->name;
    return unknown_part(node, at_key, "energy", name, names, count);
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
    const char *names[32];
    int count = 0;
    for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++) names[count++] = (*t)->name;
    return unknown_part(node, at_key, "geometry", name, names, count);
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

/* The initial measure must exist in the coordinate: better said now than when files are open. */
static int try_start(mf_problem *p)
{
  double *y;
  MF_TRY(mf_reals_create(&y, p->grid.cells));
  const int status = mf_flow_start(p->flow, p->initial, y);
  mf_release(y);
  return status;
}

static int build_flow(mf_problem *p, const case_options *o)
{
  MF_TRY(mf_flow_create(&p->flow, &p->grid, p->target));
  MF_TRY(add_parts(p, o->energy, add_energy));
  if (mf_flow_energies(p->flow) == 0) return mf_node_error(o->energy, "a gradient flow needs an energy");
  MF_TRY(add_parts(p, o->geometry, add_geometry));
  if (mf_flow_geometries(p->flow) == 0) return mf_node_error(o->geometry, "a gradient flow needs a geometry");
  const bool automatic = !o->coordinate || !strcmp(o->coordinate, "auto");
  int status = mf_flow_finish(p->flow, automatic ? NULL : o->coordinate, p->initial);
  if (!status) status = try_start(p);
  if (!status) return MF_OK;
  const mf_node *at = mf_node_get(mf_case_root(p->source), "coordinate");
  return mf_node_blame(at ? at : o->geometry, status);
}

/* ---- times ---- */

static int make_room(mf_problem *p)
{
  if (p->outputs < p->room) return MF_OK;
  mf_output_time *longer;
  p->room = p->room ? 2 * p->room : 64;
  MF_TRY(mf_objects_create(&longer, p->room, sizeof *longer));
  if (p->output) memcpy(longer, p->output, (size_t)p->outputs * sizeof *longer);
  mf_release(p->output);
  p->output = longer;
  return MF_OK;
}

/* First output that is not before a time, by bisection. */
static int find_time(const mf_problem *p, double time)
{
  int low = 0, high = p->outputs;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (p->output[middle].time < time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int mf_problem_add_time(mf_problem *p, double time, unsigned purpose)
{
  const double same = 1e-12 * p->end;
  const int at = find_time(p, time - same);
  if (at < p->outputs && p->output[at].time <= time + same) {
    p->output[at].purpose |= purpose;
    return MF_OK;
  }
  MF_TRY(make_room(p));
  memmove(p->output + at + 1, p->output + at, (size_t)(p->outputs - at) * sizeof *p->output);
  p->output[at] = (mf_output_time){time, purpose};
  p->outputs++;
  return MF_OK;
}

static int add_regular_times(mf_problem *p, const mf_node *node, double interval, unsigned purpose)
{
  const double count = p->end / interval;
  if (!(interval > 0) || count > 1e6)
    return mf_node_error(node, "an interval between outputs is positive, and end/interval at most a million");
  for (long k = 0; (double)k <= count * (1 + 1e-12); k++) {
    const double time = (double)k * interval;
    MF_TRY(mf_problem_add_time(p, time < p->end ? time : p->end, purpose));
  }
  return mf_problem_add_time(p, p->end, purpose);
}

static int add_times(mf_problem *p, const mf_node *node, double parts, unsigned purpose)
{
  double value;
  if (!node) return add_regular_times(p, NULL, p->end / parts, purpose);
  if (node->kind == MF_SCALAR) {
    MF_TRY(mf_scope_number(p->scope, node, &value));
    return add_regular_times(p, node, value, purpose);
  }
  if (node->kind == MF_MAPPING) return mf_node_error(node, "expected a time interval or a list of times");
  MF_TRY(mf_problem_add_time(p, 0, purpose));
  for (int i = 0; i < node->count; i++) {
    MF_TRY(mf_scope_number(p->scope, node->child[i], &value));
    if (value < 0) return mf_node_error(node->child[i], "output time %g is before the start", value);
    if (value > p->end) continue; /* a run cut short by --set time.end keeps its list */
    MF_TRY(mf_problem_add_time(p, value, purpose));
  }
  return MF_OK;
}

static int build_gap(mf_problem *p, const char *name)
{
  mf_gap gap;
  const mf_node *at = mf_node_get(mf_case_root(p->source), "gap");
  const int status = mf_gap_compute(p->flow, &gap, NULL);
  return status ? mf_node_blame(at, status) : mf_scope_set(p->scope, name, gap.value);
}

static int build_time(mf_problem *p, const mf_node *node)
{
  time_options o;
  MF_TRY(mf_section_read(node, "time", &time_table, p->scope, &o));
  p->end = o.end;
  p->tolerances = (mf_tolerances){
      .rtol = o.rtol, .max_order = (int)o.max_order, .max_steps = o.max_steps, .max_step = o.max_step};
  p->stiff = mf_flow_stiff(p->flow, &p->method);
  if (o.method) {
    p->stiff = o.method == 1;
    p->method = "the case asks for it";
  }
  if (p->stiff && o.max_order > 5)
    return mf_node_error(mf_node_get(node, "max_order"), "BDF, which this run uses, has orders 1 to 5");
  return add_times(p, o.output, 100, MF_AT_HISTORY);
}

static int build_output(mf_problem *p, const mf_node *node)
{
  output_options o;
  MF_TRY(mf_section_read(node, "output", &output_table, p->scope, &o));
  p->single = o.precision == 1;
  p->deflate = (int)o.deflate;
  return add_times(p, o.fields, 20, MF_AT_FIELDS);
}

static int build_diagnosis(mf_problem *p, const mf_node *node)
{
  if (!node) return mf_diagnosis_create(&p->diagnosis, p->flow, NULL);
  diagnostics_options o;
  mf_kernel kernel;
  MF_TRY(mf_section_read(node, "diagnostics", &diagnostics_table, p->scope, &o));
  const int status = mf_kernel_init(&kernel, &o.kernel);
  if (status) return mf_node_blame(node, status);
  return mf_diagnosis_create(&p->diagnosis, p->flow, &kernel);
}

/* ---- the whole ---- */

static int build(mf_problem *p)
{
  case_options o;
  const mf_node *root = mf_case_root(p->source);
  MF_TRY(mf_scope_create(&p->scope));
  MF_TRY(mf_section_read(root, "the case", &case_table, p->scope, &o));
  p->title = o.title;
  p->reference = o.reference;
  p->claims = o.claims;
  MF_TRY(build_scope(p, &o));
  MF_TRY(build_grid(p, o.grid));
  if (o.target) MF_TRY(mf_measure_from_case(&p->target, &p->grid, o.target, p->scope));
  MF_TRY(mf_measure_from_case(&p->initial, &p->grid, o.initial, p->scope));
  MF_TRY(build_flow(p, &o));
  if (o.gap) MF_TRY(build_gap(p, o.gap));
  MF_TRY(build_time(p, o.time));
  MF_TRY(build_output(p, o.output));
  return build_diagnosis(p, o.diagnostics);
}

int mf_problem_create(mf_problem **out, mf_case *source)
{
  const int status = mf_objects_create(out, 1, sizeof **out);
  if (status) {
    mf_case_free(source);
    return status;
  }
  (*out)->source = source;
  const int built = build(*out);
  if (built) {
    mf_problem_free(*out);
    *out = NULL;
  }
  return built;
}

void mf_problem_free(mf_problem *p)
{
  if (!p) return;
  mf_diagnosis_free(p->diagnosis);
  mf_flow_free(p->flow);
  mf_measure_free(p->target);
  mf_measure_free(p->initial);
  mf_scope_free(p->scope);
  mf_case_free(p->source);
  mf_release(p->output);
  mf_release(p);
}

double mf_problem_memory(const mf_problem *p)
{
  /* Arrays of one number per cell: measures 4, flow and snapshots about 20, transport 6, padded transforms
   * 2^(dim+1) + 2^dim, and CVODE's history: 6 of BDF or 13 of Adams, 6 of its own, 22 of GMRES. */
  const double transforms = p->target ? 3 * pow(2, p->grid.dim) : 0;
  const double history = p->stiff ? 6 + 6 + 22 + 3 * p->grid.dim : 13 + 6;
  return 8.0 * (double)p->grid.cells * (30 + transforms + history);
}
