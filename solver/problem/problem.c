/* SPDX-License-Identifier: BSD-3-Clause */
/* A case, built: grid, measures, flow, times, tolerances, output. */
#define _POSIX_C_SOURCE 200809L
#include "solver/problem/problem.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "grids/stage.h"
#include "solver/observe/gap.h"
#include "solver/problem/compose.h"
#include "solver/problem/grid_section.h"
#include "solver/problem/measures.h"
#include "solver/problem/sections.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int build_scope(mf_problem *p, const mf_case_options *o)
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

/* ---- flow ---- */

/* The initial measure must exist in the coordinate: better said now than when files are open. */
static int try_start(mf_problem *p)
{
  double *y;
  MF_TRY(mf_field_create(&p->grid, &y));
  const int status = mf_flow_start(p->flow, p->initial, y);
  mf_field_free(y);
  return status;
}

static int build_flow(mf_problem *p, const mf_case_options *o)
{
  MF_TRY(mf_flow_create(&p->flow, &p->grid, p->target));
  MF_TRY(mf_compose_flow(p, o->energy, o->geometry));
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

/* The decimal of few digits that is all but this number, or the number itself: 3*0.1 is 0.3, which is looked for by value. */
static double near_decimal(double x)
{
  enum { FEW = 12 };
  char text[32];
  for (int digits = 1; digits <= FEW; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, x);
    const double decimal = strtod(text, NULL);
    if (fabs(decimal - x) <= 4 * DBL_EPSILON * fabs(x)) return decimal;
  }
  return x;
}

static int add_regular_times(mf_problem *p, const mf_node *node, double interval, unsigned purpose)
{
  const double count = (p->end - p->start) / interval;
  if (!(interval > 0) || count > 1e6)
    return mf_node_error(node,
                         "an interval between outputs is positive, and there are at most a million of them");
  for (long k = 0; (double)k <= count * (1 + 1e-12); k++) {
    const double time = near_decimal(p->start + (double)k * interval);
    MF_TRY(mf_problem_add_time(p, time < p->end ? time : p->end, purpose));
  }
  return mf_problem_add_time(p, p->end, purpose);
}

static int add_times(mf_problem *p, const mf_node *node, double parts, unsigned purpose);

/* {decay: factor, times: ...} */
static int add_decay(mf_problem *p, const mf_node *node, unsigned purpose)
{
  mf_decay_options o;
  MF_TRY(mf_section_read(node, "outputs by decay", &mf_decay_table, p->scope, &o));
  if (!mf_flow_vanishes(p->flow))
    return mf_node_key_error(
        mf_node_get(node, "decay"),
        "this energy does not fall to 0 at the target, so it has no decades to count: give "
        "a time between outputs or a list of times");
  p->decay[p->decays++] = (mf_output_decay){o.factor, purpose};
  if (o.times && o.times->kind == MF_MAPPING)
    return mf_node_error(o.times, "expected a time interval or a list of times");
  if (o.times) return add_times(p, o.times, 1, purpose);
  MF_TRY(mf_problem_add_time(p, p->start, purpose));
  return mf_problem_add_time(p, p->end, purpose);
}

static int add_times(mf_problem *p, const mf_node *node, double parts, unsigned purpose)
{
  double value;
  int beyond = 0;
  if (!node) return add_regular_times(p, NULL, (p->end - p->start) / parts, purpose);
  if (node->kind == MF_SCALAR) {
    MF_TRY(mf_scope_number(p->scope, node, &value));
    return add_regular_times(p, node, value, purpose);
  }
  if (node->kind == MF_MAPPING) return add_decay(p, node, purpose);
  MF_TRY(mf_problem_add_time(p, p->start, purpose));
  for (int i = 0; i < node->count; i++) {
    MF_TRY(mf_scope_number(p->scope, node->child[i], &value));
    if (value < p->start) return mf_node_error(node->child[i], "output time %g is before the start", value);
    if (value > p->end) /* a run cut short by --set time.end keeps its list */
      beyond++;
    else
      MF_TRY(mf_problem_add_time(p, value, purpose));
  }
  if (beyond > 0)
    mf_node_warn(node, "%d of these times are beyond the end, t = %g, and have no output", beyond, p->end);
  return MF_OK;
}

static int build_gap(mf_problem *p, const char *name)
{
  mf_gap gap;
  mf_stage("spectral gap");
  const mf_node *at = mf_node_get(mf_case_root(p->source), "gap");
  const int status = mf_gap_compute(p->flow, 1, &gap, NULL);
  if (status) return mf_node_blame(at, status);
  p->gap = (mf_named_gap){name, gap.gap.value, gap.gap.lower, gap.gap.upper};
  return mf_scope_set(p->scope, name, p->gap.value);
}

/* The rate that the march takes off its unknown (solver/time/rescale.h). */
static int find_decay(mf_problem *p)
{
  const bool cvode = p->integrator == MF_BDF || p->integrator == MF_ADAMS;
  if (!cvode || !p->target || mf_flow_coordinate(p->flow)->kind == MF_DENSITY ||
      mf_flow_keeps_vacuum(p->flow))
    return MF_OK;
  if (p->gap.name) {
    p->tolerances.decay = p->gap.value;
    return MF_OK;
  }
  mf_stage("slowest rate");
  return mf_gap_slowest(p->flow, &p->tolerances.decay);
}

static int build_time(mf_problem *p, const mf_node *node)
{
  mf_time_options o;
  MF_TRY(mf_section_read(node, "time", &mf_time_table, p->scope, &o));
  p->start = o.start;
  p->end = o.end;
  if (!(p->start < p->end))
    return mf_node_error(mf_node_get(node, "start"), "a run begins before its end, t = %g", p->end);
  p->tolerances = (mf_tolerances){.rtol = o.rtol,
                                  .max_order = (int)o.max_order,
                                  .max_steps = o.max_steps,
                                  .max_step = o.max_step,
                                  .renewal = o.checkpoint};
  p->checkpoint = mf_node_get(node, "checkpoint") ? o.checkpoint : 0;
  MF_TRY(add_times(p, o.output, 100, MF_AT_HISTORY));
  const mf_node *asked = mf_node_get(node, "integrator");
  const mf_horizon horizon = {.end = p->end - p->start, .outputs = p->outputs, .rtol = o.rtol};
  p->integrator = (mf_integrator)o.integrator;
  const int status =
      mf_integrator_choose(&p->integrator, &p->integrator_reason, p->flow, p->initial, &horizon, &p->series);
  if (status) return mf_node_blame(asked ? asked : node, status);
  if (p->integrator == MF_BDF && o.max_order > 5)
    return mf_node_error(mf_node_get(node, "max_order"), "BDF, which this run uses, has orders 1 to 5");
  return o.rescale ? find_decay(p) : MF_OK;
}

static int add_variable(mf_problem *p, const mf_node *node)
{
  const mf_variable *v;
  if (node->kind != MF_SCALAR) return mf_node_error(node, "expected the name of a variable");
  const int status = mf_variable_choose(&v, node->text, p->flow);
  if (status) return mf_node_blame(node, status);
  for (int i = 0; i < p->variables; i++)
    if (p->variable[i] == v) return mf_node_error(node, "%s is there twice", v->info.name);
  p->variable[p->variables++] = v;
  return MF_OK;
}

static int read_variables(mf_problem *p, const mf_node *node)
{
  if (node && node->kind == MF_SCALAR) return add_variable(p, node);
  if (node && (node->kind != MF_SEQUENCE || node->count == 0))
    return mf_node_error(node, "expected a list of variables, such as [density, ratio]");
  for (int i = 0; node && i < node->count; i++) MF_TRY(add_variable(p, node->child[i]));
  static const char *const usual[] = {"density", "first_variation", "target"};
  for (int i = 0; !node && i < (p->target ? 3 : 2); i++)
    p->variable[p->variables++] = mf_variable_find(usual[i]);
  return MF_OK;
}

/* What float does to densities is small, but not nothing to those who compare masses. */
static int check_single(const mf_problem *p, const mf_node *at)
{
  const double most = 1e30; /* tails 30 decades below are seen */
  double largest = mf_field_max(&p->grid, p->initial->density);
  if (p->target) largest = fmax(largest, mf_field_max(&p->grid, p->target->density));
  if (!(largest <= most && largest >= 1 / most))
    return mf_node_error(
        at, "densities up to %g are beyond float, which goes from 1e-38 to 3e38: write double", largest);
  mf_node_warn(
      at,
      "float rounds densities by 6e-8 of themselves: their masses differ by as much from each other, which "
      "programs that compare equal masses refuse; what vanishes at the target is written as double");
  return MF_OK;
}

static int build_output(mf_problem *p, const mf_node *node)
{
  mf_output_options o;
  MF_TRY(mf_section_read(node, "output", &mf_output_table, p->scope, &o));
  p->single = o.precision == 1;
  if (p->single) MF_TRY(check_single(p, mf_node_get(node, "precision")));
  p->deflate = (int)o.deflate;
  MF_TRY(read_variables(p, o.variables));
  return add_times(p, o.fields, 20, MF_AT_FIELDS);
}

static int add_distance(mf_distance_columns *columns, const mf_node *node)
{
  const char *names[MF_DISTANCE_COLUMNS];
  int count = 0;
  for (const mf_distance_type *const *t = mf_distance_types; *t; t++)
    if (!((*t)->traits & MF_DISTANCE_KERNEL)) names[count++] = (*t)->column;
  for (const mf_distance_type *const *t = mf_distance_types; *t && node->kind == MF_SCALAR; t++) {
    if (strcmp(node->text, (*t)->column) != 0 || (*t)->traits & MF_DISTANCE_KERNEL) continue;
    for (int i = 0; i < columns->count; i++)
      if (columns->type[i] == *t) return mf_node_error(node, "%s is there twice", node->text);
    columns->type[columns->count++] = *t;
    return MF_OK;
  }
  const char *near = node->kind == MF_SCALAR ? mf_nearest(node->text, names, count) : NULL;
  return mf_node_error(node, "a distance is one of w2, he, she, hk, shk%s%s%s (mmd is always a column)",
                       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int build_distances(mf_problem *p, const mf_diagnostics_options *o)
{
  mf_distance_columns columns = {.alpha = o->alpha, .beta = o->beta};
  const mf_node *list = o->distances;
  if (!list) return MF_OK;
  if (list->kind != MF_SEQUENCE) MF_TRY(add_distance(&columns, list));
  for (int i = 0; list->kind == MF_SEQUENCE && i < list->count; i++)
    MF_TRY(add_distance(&columns, list->child[i]));
  const int status = mf_diagnosis_add_distances(p->diagnosis, &columns);
  return status ? mf_node_blame(list, status) : MF_OK;
}

static int build_diagnosis(mf_problem *p, const mf_node *node)
{
  mf_diagnostics_options o;
  mf_kernel kernel;
  MF_TRY(mf_section_read(node, "diagnostics", &mf_diagnostics_table, p->scope, &o));
  const bool named = o.kernel.name >= 0;
  int status = named ? mf_kernel_init(&kernel, &o.kernel) : MF_OK;
  if (!status) status = mf_diagnosis_create(&p->diagnosis, p->flow, named ? &kernel : NULL, o.divergence);
  if (status) return named ? mf_node_blame(node, status) : status;
  return build_distances(p, &o);
}

/* ---- the whole ---- */

static int build_measures(mf_problem *p, mf_case_options *o)
{
  MF_TRY(mf_scope_create(&p->scope));
  MF_TRY(mf_section_read(mf_case_root(p->source), "the case", &mf_case_table, p->scope, o));
  p->title = o->title;
  p->reference = o->reference;
  p->claims = o->claims;
  p->particles = o->particles;
  MF_TRY(build_scope(p, o));
  MF_TRY(mf_grid_from_case(&p->grid, o->grid, p->scope));
  mf_stage("target and initial measure");
  if (o->target) MF_TRY(mf_measure_from_case(&p->target, &p->grid, o->target, p->scope));
  return mf_measure_from_case(&p->initial, &p->grid, o->initial, p->scope);
}

static int build(mf_problem *p)
{
  mf_case_options o;
  MF_TRY(build_measures(p, &o));
  mf_stage("energies, geometries and their kernels");
  MF_TRY(build_flow(p, &o));
  if (o.gap) MF_TRY(build_gap(p, o.gap));
  mf_stage("choice of the integrator");
  MF_TRY(build_time(p, o.time));
  MF_TRY(build_output(p, o.output));
  return build_diagnosis(p, o.diagnostics);
}

static int create(mf_problem **out, mf_case *source, int (*fill)(mf_problem *p))
{
  const int status = mf_objects_create(out, 1, sizeof **out);
  if (status) {
    mf_case_free(source);
    return status;
  }
  (*out)->source = source;
  const int filled = fill(*out);
  if (filled) {
    mf_problem_free(*out);
    *out = NULL;
  }
  return filled;
}

int mf_problem_create(mf_problem **out, mf_case *source)
{
  return create(out, source, build);
}

static int build_measures_alone(mf_problem *p)
{
  mf_case_options o;
  return build_measures(p, &o);
}

int mf_problem_create_measures(mf_problem **out, mf_case *source)
{
  return create(out, source, build_measures_alone);
}

void mf_problem_free(mf_problem *p)
{
  if (!p) return;
  mf_propagator_free(p->series);
  mf_diagnosis_free(p->diagnosis);
  mf_flow_free(p->flow);
  mf_measure_free(p->target);
  mf_measure_free(p->initial);
  mf_scope_free(p->scope);
  mf_case_free(p->source);
  mf_release(p->output);
  mf_release(p);
}

/* Arrays of one number per cell that a run fills after its integrator has been set up: the reports', BDF's history and basis
 * of GMRES and the levels of multigrid, Adams' history, stages of the splitting. */
static double arrays_to_come(const mf_problem *p)
{
  const double reports = 2;
  if (p->integrator == MF_CHEBYSHEV) return reports;
  if (p->integrator == MF_SPLITTING) return reports + 12;
  if (p->integrator == MF_BDF) return reports + 23 + (p->grid.dim > 1 ? 14 : 0);
  return reports + 16;
}

/* HDF5 needs about 10 MB for itself and the columns of the history. */
double mf_problem_memory(const mf_problem *p)
{
  const double library = 10e6;
  return sizeof(double) * (double)p->grid.cells * arrays_to_come(p) + library;
}
