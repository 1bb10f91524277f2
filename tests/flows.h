/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flows.h  Small grids, measures, options and flows for tests.
 *
 *  Parts of a flow are written on one line, energies and geometries separated by " + ", options as key=value:
 *
 *    flow_make(&grid, pi, mu, "log", "kl weight=2 + mmd bandwidth=0.5,1", "wasserstein + hellinger coefficient=3")
 *
 *  Whatever is made here is kept in a list; the fixture `release_all` frees it after each test. */
#ifndef MF_TESTS_FLOWS_H
#define MF_TESTS_FLOWS_H

#include "grids/field.h"
#include "operators/entropy.h"
#include "operators/plugins.h"
#include "operators/registry.h"
#include "operators/transport/transport.h"
#include "solver/flow/flow.h"
#include "solver/precondition/precondition.h"
#include "solver/time/march.h"
#include "tests/suite.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- assertions --------------------------------------------------------------------------------------------- */

/* Checked a million times over arrays, so libcheck hears of failures only: each call of its costs a system call. */

/** What is being looked at, for messages: set it at the head of a loop. */
static char here[512] = "";
static inline void at(const char *format, ...) MF_PRINTF(1, 2);
static inline void at(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(here, sizeof here, format, arguments);
  va_end(arguments);
}

/** A call into the library that must succeed, */
#define DO(call)                                                                                             \
  do {                                                                                                       \
    if ((call) != MF_OK) ck_abort_msg("%s: %s: %s", here, #call, mf_error());                                \
  } while (0)

/** or must be refused as a mistake in the case, with a message that has this part. */
#define REFUSES(call, part)                                                                                  \
  do {                                                                                                       \
    const int refuses_status = (call);                                                                       \
    ck_assert_msg(refuses_status == MF_ECASE, "%s: %s is not refused but %d", here, #call, refuses_status);  \
    ck_assert_msg(strstr(mf_error(), part) != NULL, "%s: \"%s\" does not say \"%s\"", here, mf_error(),      \
                  part);                                                                                     \
  } while (0)

/** |got - want| <= tolerance. */
#define CLOSE(got, want, tolerance) close_to(__LINE__, #got, got, want, tolerance)
static inline void close_to(int line, const char *what, double got, double want, double tolerance)
{
  if (fabs(got - want) <= tolerance) return;
  ck_abort_msg("line %d: %s: %s = %.17g, want %.17g: off by %.3g, allowed are %.3g", line, here, what, got,
               want, fabs(got - want), tolerance);
}

/** The same with a tolerance relative to `want`. */
#define CLOSE_REL(got, want, tolerance) close_rel(__LINE__, #got, got, want, tolerance)
static inline void close_rel(int line, const char *what, double got, double want, double tolerance)
{
  if (got == want || fabs(got - want) <= tolerance * fabs(want)) return;
  ck_abort_msg("line %d: %s: %s = %.17g, want %.17g: off by %.3g of it, allowed are %.3g", line, here, what,
               got, want, fabs(got - want) / fabs(want), tolerance);
}

/** A condition that must hold here. */
#define HOLDS(condition)                                                                                     \
  do {                                                                                                       \
    if (!(condition)) ck_abort_msg("%s: %s is false", here, #condition);                                     \
  } while (0)

static inline double largest(const double *a, ptrdiff_t n)
{
  double high = 0;
  for (ptrdiff_t i = 0; i < n; i++) high = fabs(a[i]) > high || isnan(a[i]) ? fabs(a[i]) : high;
  return high;
}

/** max |got - want| <= tolerance over arrays. */
#define SAME(got, want, n, tolerance) same_arrays(__LINE__, #got, got, want, n, tolerance)
static inline void same_arrays(int line, const char *what, const double *got, const double *want, ptrdiff_t n,
                               double tolerance)
{
  for (ptrdiff_t i = 0; i < n; i++)
    if (!(got[i] == want[i] || fabs(got[i] - want[i]) <= tolerance))
      ck_abort_msg("line %d: %s: %s[%td] = %.17g, want %.17g: off by %.3g, allowed are %.3g", line, here,
                   what, i, got[i], want[i], fabs(got[i] - want[i]), tolerance);
}

/* ---- objects that are freed after the test ------------------------------------------------------------------- */

enum { KEPT = 4096 };
typedef enum {
  A_BLOCK,
  A_MEASURE,
  A_FLOW,
  A_CONVOLUTION,
  A_PRECONDITIONER,
  AN_INTEGRATOR,
  A_MARCH
} kept_kind;
static struct {
  kept_kind kind;
  void *object;
} kept[KEPT];
static int kept_count;

static inline void *keep(kept_kind kind, void *object)
{
  if (kept_count == KEPT) ck_abort_msg("%s: more than %d objects", here, KEPT);
  kept[kept_count].kind = kind;
  kept[kept_count++].object = object;
  return object;
}

/** Frees what was made after the first `count` objects; last first, since flows borrow measures. */
static inline void release_to(int count)
{
  while (kept_count > count) {
    void *object = kept[--kept_count].object;
    switch (kept[kept_count].kind) {
    case A_BLOCK:
      mf_release(object);
      break;
    case A_MEASURE:
      mf_measure_free(object);
      break;
    case A_FLOW:
      mf_flow_free(object);
      break;
    case A_CONVOLUTION:
      mf_convolution_free(object);
      break;
    case A_PRECONDITIONER:
      mf_preconditioner_free(object);
      break;
    case AN_INTEGRATOR:
      mf_cvode_free(object);
      break;
    case A_MARCH:
      mf_march_free(object);
      break;
    }
  }
}

static inline void release_all(void)
{
  release_to(0);
}

/** Zeroed numbers. */
static inline double *reals(ptrdiff_t count)
{
  double *out;
  DO(mf_reals_create(&out, count));
  return keep(A_BLOCK, out);
}

/* ---- numbers that repeat ------------------------------------------------------------------------------------ */

/** Uniform in [-1, 1). */
static inline double chance(unsigned long long *seed)
{
  *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
  return (double)(*seed >> 11) * 0x1p-52 - 1;
}

static inline double *random_field(ptrdiff_t cells, unsigned long long seed)
{
  double *f = reals(cells);
  for (ptrdiff_t c = 0; c < cells; c++) f[c] = chance(&seed);
  return f;
}

/* ---- grids -------------------------------------------------------------------------------------------------- */

static inline mf_grid line_grid(long cells, double lo, double hi, bool periodic)
{
  mf_grid grid;
  DO(mf_grid_init(&grid, 1, &cells, &lo, &hi, &periodic));
  return grid;
}

static inline mf_grid plane_grid(long nx, long ny, double lo, double hi, bool periodic)
{
  mf_grid grid;
  DO(mf_grid_init(&grid, 2, (const long[]){nx, ny}, (const double[]){lo, lo}, (const double[]){hi, hi},
                  (const bool[]){periodic, periodic}));
  return grid;
}

/** Every kind of grid: 1 to 3 axes, walls and rings, odd and even numbers of cells, cells longer along one axis than
 *  along another, axes of one and of two cells. */
typedef struct {
  const char *name;
  int dim;
  long cells[MF_AXES];
  bool periodic[MF_AXES];
} shape;
static const shape shapes[] = {
    {"line", 1, {24}, {false}},
    {"ring", 1, {23}, {true}},
    {"ring of two", 1, {2}, {true}},
    {"one cell", 1, {1}, {false}},
    {"rectangle", 2, {9, 6}, {false, false}},
    {"torus", 2, {6, 7}, {true, true}},
    {"tube", 2, {7, 6}, {false, true}},
    {"thin rectangle", 2, {12, 1}, {false, false}},
    {"thin torus", 2, {1, 11}, {true, true}},
    {"tube of two", 2, {2, 8}, {true, false}},
    {"box", 3, {5, 4, 6}, {false, false, false}},
    {"3-torus", 3, {4, 5, 4}, {true, true, true}},
    {"3-tube", 3, {4, 5, 3}, {true, false, true}},
    {"thin box", 3, {4, 1, 5}, {false, false, true}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static inline mf_grid shape_grid(const shape *s)
{
  static const double lo[MF_AXES] = {-1.5, -1, 0.25}, hi[MF_AXES] = {2, 1.75, 2.25};
  mf_grid grid;
  DO(mf_grid_init(&grid, s->dim, s->cells, lo, hi, s->periodic));
  return grid;
}

/** Zeros for the faces of an axis, after a layer of those below (grids/neighbour.h). */
static inline double *face_reals(const mf_grid *grid, int axis)
{
  return reals(grid->stride[axis] + grid->cells) + grid->stride[axis];
}

/** The cell `step` (-1 or 1) beside c along an axis; -1 if there is none. */
static inline ptrdiff_t neighbour(const mf_grid *grid, int axis, ptrdiff_t c, int step)
{
  const ptrdiff_t n = grid->n[axis], k = c / grid->stride[axis] % n, to = k + step;
  if (to >= 0 && to < n) return c + step * grid->stride[axis];
  return grid->periodic[axis] && n > 1 ? c + ((to + n) % n - k) * grid->stride[axis] : -1;
}

/* ---- measures ----------------------------------------------------------------------------------------------- */

static inline mf_measure *empty_measure(const mf_grid *grid)
{
  mf_measure *m;
  DO(mf_measure_create(&m, grid));
  return keep(A_MEASURE, m);
}

/** mass * exp(potential(x)), x the cell centre, normalised on the grid. */
static inline mf_measure *measure_of(const mf_grid *grid, double mass, double (*log_density)(const double *x))
{
  mf_measure *m = empty_measure(grid);
  double *l = reals(grid->cells);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(grid, c, x);
    l[c] = log_density(x);
  }
  DO(mf_measure_set_log_density(m, l));
  DO(mf_measure_normalise(m, mass));
  return m;
}

/** The log-density of two wells along the first axis, at -1 and 1. */
static inline double double_well(const double *x)
{
  return -4 * (x[0] * x[0] - 1) * (x[0] * x[0] - 1);
}

/** A log-density uniform in [-spread, spread], cell by cell: as rough as it gets. */
static inline mf_measure *random_measure(const mf_grid *grid, double mass, double spread,
                                         unsigned long long seed)
{
  mf_measure *m = empty_measure(grid);
  double *l = random_field(grid->cells, seed);
  for (ptrdiff_t c = 0; c < grid->cells; c++) l[c] *= spread;
  DO(mf_measure_set_log_density(m, l));
  DO(mf_measure_normalise(m, mass));
  return m;
}

/** A Gaussian of unit mass with equal variance along each axis. */
static inline mf_measure *gaussian(const mf_grid *grid, double mean, double variance)
{
  double centre[MF_AXES], covariance[MF_AXES * MF_AXES] = {0};
  for (int a = 0; a < grid->dim; a++) {
    centre[a] = mean;
    covariance[grid->dim * a + a] = variance;
  }
  mf_measure *m = empty_measure(grid);
  DO(mf_measure_add_gaussian(m, 1, centre, covariance));
  DO(mf_measure_normalise(m, 1));
  return m;
}

/** The same measure with one cell emptied. */
static inline mf_measure *with_vacuum(const mf_measure *from, ptrdiff_t cell)
{
  mf_measure *m = empty_measure(from->grid);
  double *l = reals(from->grid->cells);
  memcpy(l, from->log_density, (size_t)from->grid->cells * sizeof *l);
  l[cell] = -INFINITY;
  DO(mf_measure_set_log_density(m, l));
  DO(mf_measure_normalise(m, from->mass));
  return m;
}

/* ---- options ------------------------------------------------------------------------------------------------ */

/** A struct of options and the table that describes it. */
typedef struct {
  const mf_param_table *table;
  union {
    max_align_t align;
    unsigned char bytes[2048];
  } data;
} options;

static inline void *option(options *o, const char *key, const mf_param **row)
{
  for (int i = 0; i < o->table->count; i++)
    if (!strcmp(o->table->rows[i].key, key)) {
      *row = &o->table->rows[i];
      return o->data.bytes + (*row)->offset;
    }
  ck_abort_msg("%s: there is no option %s", here, key);
  return NULL;
}

/** Sets an option from text: a number, numbers with commas, or one of its choices. */
static inline void option_set(options *o, const char *key, const char *value)
{
  const mf_param *row;
  void *member = option(o, key, &row);
  char *end = NULL;
  const double number = strtod(value, &end);
  switch (row->kind) {
  case MF_REAL:
    *(double *)member = number;
    break;
  case MF_COUNT:
    *(long *)member = (long)number;
    break;
  case MF_FLAG:
    *(bool *)member = number != 0;
    break;
  case MF_CHOICE: {
    int i = 0;
    while (row->choices[i] && strcmp(row->choices[i], value)) i++;
    if (!row->choices[i]) ck_abort_msg("%s: %s cannot be %s", here, key, value);
    *(int *)member = i;
    break;
  }
  case MF_REALS: {
    mf_reals list = {.count = 0};
    for (const char *rest = value; *rest; rest = *end == ',' ? end + 1 : end)
      list.value[list.count++] = strtod(rest, &end);
    *(mf_reals *)member = list;
    break;
  }
  default:
    ck_abort_msg("%s: only a case file can set %s", here, key);
  }
}

/** Values that a formula might have, for any of the shapes above. */
static inline const double *some_field(void)
{
  enum { MOST_CELLS = 8192 };
  static double field[MOST_CELLS];
  for (int i = 0; i < MOST_CELLS; i++) field[i] = sin(0.7 * i) + 0.1 * cos(0.013 * i * i);
  return field;
}

/** Default options; what has no default gets a value that makes sense.  False if only a case file could give it. */
static inline bool options_init(options *o, const mf_param_table *table)
{
  HOLDS(table->size <= sizeof o->data);
  o->table = table;
  mf_param_defaults(table, o->data.bytes);
  for (int i = 0; i < table->count; i++) {
    const mf_param *row = &table->rows[i];
    if (!strcmp(row->key, "bandwidth")) option_set(o, row->key, "0.8"); /* required by most kernels */
    const bool alternative = !strcmp(row->key, "formula") && row->kind == MF_DISPLACEMENT_FIELD;
    if (alternative) option_set(o, "kernel", "gaussian"); /* instead of the formula */
    if (!row->required) continue;
    switch (row->kind) {
    case MF_REAL:
    case MF_COUNT:
    case MF_FLAG:
    case MF_REALS: {
      const bool bounded = row->max > row->min && row->max < 1e100 && row->min > -1e100;
      char text[32];
      snprintf(text, sizeof text, "%g", bounded ? 0.5 * (row->min + row->max) : 1.5);
      option_set(o, row->key, text);
      break;
    }
    case MF_CHOICE:
      option_set(o, row->key, row->choices[0]);
      break;
    case MF_FIELD:
      ((mf_sampled *)(o->data.bytes + row->offset))->values = some_field();
      break;
    default:
      return false;
    }
  }
  return true;
}

/** Ends the first word of a line and returns what follows it. */
static inline char *after_name(char *line)
{
  char *rest = line + strcspn(line, " ");
  if (*rest) *rest++ = '\0';
  return rest;
}

/** Calls `add` for each part "name key=value key=value" of a text with " + " between them. */
static inline void each_part(const char *text, void *self,
                             void (*add)(void *self, const char *name, char *rest))
{
  char line[512], *part = line;
  ck_assert_uint_lt(strlen(text), sizeof line);
  strcpy(line, text);
  while (part) {
    char *next = strstr(part, " + ");
    if (next) *next = '\0';
    char *rest = after_name(part);
    add(self, part, rest);
    part = next ? next + 3 : NULL;
  }
}

/** Sets options from "key=value key=value". */
static inline void options_read(options *o, char *text)
{
  while (*text) {
    char *end = text + strcspn(text, " "), *value = text + strcspn(text, "=");
    ck_assert_msg(value < end, "%s: no = in \"%s\"", here, text);
    if (*end) *end++ = '\0';
    *value++ = '\0';
    option_set(o, text, value);
    text = end;
  }
}

/* ---- flows -------------------------------------------------------------------------------------------------- */

static inline void add_energy(void *self, const char *name, char *rest)
{
  const mf_energy_type *type = mf_energy_find(name);
  ck_assert_msg(type != NULL, "%s: there is no energy %s", here, name);
  options o;
  HOLDS(options_init(&o, &type->params));
  options_read(&o, rest);
  DO(mf_flow_add_energy(self, type, o.data.bytes));
}

static inline void add_geometry(void *self, const char *name, char *rest)
{
  const mf_geometry_type *type = mf_geometry_find(name);
  ck_assert_msg(type != NULL, "%s: there is no geometry %s", here, name);
  options o;
  HOLDS(options_init(&o, &type->params));
  options_read(&o, rest);
  DO(mf_flow_add_geometry(self, type, o.data.bytes));
}

/** A flow without its coordinate: `mf_flow_finish` comes next. */
static inline mf_flow *flow_parts(const mf_grid *grid, const mf_measure *target, const char *energies,
                                  const char *geometries)
{
  mf_flow *flow;
  DO(mf_flow_create(&flow, grid, target));
  keep(A_FLOW, flow);
  each_part(energies, flow, add_energy);
  each_part(geometries, flow, add_geometry);
  return flow;
}

/** A flow in a coordinate (NULL: its own choice). */
static inline mf_flow *flow_make(const mf_grid *grid, const mf_measure *target, const mf_measure *initial,
                                 const char *coordinate, const char *energies, const char *geometries)
{
  mf_flow *flow = flow_parts(grid, target, energies, geometries);
  DO(mf_flow_finish(flow, coordinate, initial));
  return flow;
}

/** y of a measure, untouched by projections. */
static inline double *unknown(const mf_flow *flow, const mf_measure *m)
{
  double *y = reals(m->grid->cells);
  DO(mf_coordinate_start(mf_flow_coordinate(flow), mf_flow_target(flow), m, y));
  return y;
}

/** dy/dt at y and, in `rho`, d rho/dt. */
static inline void rates(mf_flow *flow, const double *y, double *ydot, double *rho)
{
  mf_report report;
  DO(mf_flow_rate(flow, y, ydot));
  DO(mf_flow_report(flow, y, &report));
  const mf_state *s = report.state;
  for (ptrdiff_t c = 0; c < s->grid->cells; c++)
    rho[c] = s->form == MF_ABSOLUTE
                 ? ydot[c]
                 : ydot[c] * s->density[c] / mf_coordinate_slope(mf_flow_coordinate(flow), s->log_ratio[c]);
}

/* ---- linear theory -------------------------------------------------------------------------------------------- */

/** pi_f/h^2 along the first axis; the caller frees *t. */
static inline const double *face_weights(const mf_grid *grid, const mf_measure *pi, mf_face_weight kind,
                                         mf_transport **t)
{
  DO(mf_transport_create(t, grid, pi, kind, MF_LIMITER_MINMOD));
  return mf_transport_weight(*t, 0);
}

/** A decay rate of the chain on a line with walls: sum_j w_ij (u_i - u_j) = lambda pi_i u_i, symmetric and tridiagonal in
 *  sqrt(pi) u, by inverse iteration from a shift nearer to it than to others.  The Rayleigh quotient is formed from
 *  differences, so it is good to the last digits. */
static inline double chain_eigenvalue(const mf_grid *grid, const mf_measure *pi, mf_face_weight kind,
                                      double shift)
{
  const ptrdiff_t n = grid->cells;
  mf_transport *t;
  const double *w = face_weights(grid, pi, kind, &t), *p = pi->density;
  double *diagonal = reals(n), *off = reals(n), *pivot = reals(n), *v = random_field(n, 130);
  double gap = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    diagonal[i] = ((i > 0 ? w[i - 1] : 0) + (i < n - 1 ? w[i] : 0)) / p[i] - shift;
    off[i] = i < n - 1 ? -w[i] / sqrt(p[i] * p[i + 1]) : 0;
  }
  for (ptrdiff_t i = 0; i < n; i++)
    pivot[i] = diagonal[i] - (i > 0 ? off[i - 1] * off[i - 1] / pivot[i - 1] : 0);
  for (int iteration = 0; iteration < 60; iteration++) {
    for (ptrdiff_t i = 1; i < n; i++) v[i] -= off[i - 1] / pivot[i - 1] * v[i - 1];
    for (ptrdiff_t i = n - 1; i >= 0; i--) v[i] = (v[i] - (i < n - 1 ? off[i] * v[i + 1] : 0)) / pivot[i];
    const double norm = sqrt(mf_field_dot(grid, v, v));
    for (ptrdiff_t i = 0; i < n; i++) v[i] /= norm;
  }
  double square = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    const double step = i < n - 1 ? v[i + 1] / sqrt(p[i + 1]) - v[i] / sqrt(p[i]) : 0;
    gap += w[i] * step * step;
    square += v[i] * v[i];
  }
  mf_transport_free(t);
  return gap / square;
}

/* ---- runs --------------------------------------------------------------------------------------------------- */

/** rtol bounds the error of a step in the norm of what is left; over a run some ten to a hundred times that accumulate.
 *  Tolerances for runs are `spread` times rtol unless a discretisation error is named. */
static const double spread = 100;

/** A flow under way. */
typedef struct {
  mf_flow *flow;
  mf_march *march;
  double *y, *ydot;
} run;

/** Copies y and dy/dt (or NULL) of a time that the run can see. */
static inline void run_look(run *r, double t, double *y, double *ydot)
{
  const size_t bytes = (size_t)mf_flow_grid(r->flow)->cells * sizeof *y;
  const double *seen, *change;
  DO(mf_march_at(r->march, t, &seen, ydot ? &change : NULL));
  memcpy(y, seen, bytes);
  if (ydot) memcpy(ydot, change, bytes);
}

/** Starts a flow at a measure, with one of the methods, whose unknown is e^{decay t} times the flow's. */
static inline run *run_start_rescaled(mf_integrator integrator, mf_flow *flow, const mf_measure *initial,
                                      double rtol, double decay)
{
  const mf_tolerances tolerances = {.rtol = rtol, .atol = 0, .max_steps = 100000, .decay = decay};
  const mf_horizon horizon = {.end = 1, .outputs = 1, .rtol = 1e-6};
  const ptrdiff_t cells = mf_flow_grid(flow)->cells;
  const char *reason;
  void *block;
  DO(mf_integrator_choose(&integrator, &reason, flow, initial, &horizon, NULL));
  DO(mf_objects_create(&block, 1, sizeof(run)));
  run *r = keep(A_BLOCK, block);
  *r = (run){.flow = flow, .y = reals(cells), .ydot = reals(cells)};
  DO(mf_march_create(&r->march, flow, integrator, &tolerances, initial, 0, NULL));
  keep(A_MARCH, r->march);
  run_look(r, 0, r->y, r->ydot);
  return r;
}

/** Starts a flow at a measure, with one of the methods. */
static inline run *run_start_by(mf_integrator integrator, mf_flow *flow, const mf_measure *initial,
                                double rtol)
{
  return run_start_rescaled(integrator, flow, initial, rtol, 0);
}

/** Starts a flow at a measure, with that of CVODE which suits it. */
static inline run *run_start(mf_flow *flow, const mf_measure *initial, double rtol)
{
  return run_start_by(MF_CVODE, flow, initial, rtol);
}

/** Takes CVODE's own steps towards t_end until t is reached, and leaves y and dy/dt of time t in the run. */
static inline void run_until(run *r, double t, double t_end)
{
  while (mf_march_time(r->march) < t) DO(mf_march_step(r->march, t, t_end));
  run_look(r, t, r->y, r->ydot);
}

static inline void run_to(run *r, double t)
{
  run_until(r, t, t);
}

/** What the flow says of the run's y. */
static inline mf_report run_report(run *r)
{
  mf_report report;
  DO(mf_flow_report(r->flow, r->y, &report));
  return report;
}

#endif
