/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow converge: errors and orders of a case over a sequence of grids. */
#include "solver/program/ladder.h"

#include "io/terminal.h"
#include "postproc/claims/extrapolate.h"
#include "solver/program/command_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 6, PROBES = 2, GRIDS = LEVELS + PROBES, SERIES = 64, CELL = 96 };

/* One quantity over the levels, coarsest first, and after LEVELS of them on the probes: errors against a claim's exact
 * solution, or values at the end. */
typedef struct {
  char name[96];
  bool exact;
  double value[GRIDS];
  mf_limit limit;
} series;

typedef struct {
  int levels, probes, count;
  bool quiet;
  double h[GRIDS], rtol[GRIDS]; /* on the first axis */
  double length[GRIDS];         /* of a cell, the mean over the axes */
  int place;                    /* where the grid that runs goes: a level, or LEVELS + a probe */
  int order;                    /* of the scheme */
  double integration;           /* relative error that integrating in time may leave on the finest grid */
  series series[SERIES];
} study;

/* Columns that say something about the measure, not about the integrator. */
static const char *const watched[] = {"energy", "mass",   "mean_x", "mean_y",       "mean_z",
                                      "cov_xx", "cov_xy", "cov_yy", "cov_zz",       "l1",
                                      "mmd",    "kl",     "chi2",   "inclusive_kl", NULL};

/* ---- levels ---- */

static void put_value(study *all, int level, const char *name, bool exact, double value)
{
  int i = 0;
  while (i < all->count && (strcmp(all->series[i].name, name) || all->series[i].exact != exact)) i++;
  if (i == SERIES) return;
  series *s = &all->series[i];
  if (i == all->count) {
    snprintf(s->name, sizeof s->name, "%s", name);
    s->exact = exact;
    all->count++;
  }
  s->value[level] = value;
}

static void tell(void *self, int level, const mf_rung *rung)
{
  const study *all = self;
  if (all->quiet) return;
  if (all->place < LEVELS)
    fprintf(stderr, "  level %d of %d: %s\n", level + 1, all->levels, rung->cells);
  else
    fprintf(stderr, "  probe: %s\n", rung->cells);
}

/* Geometric mean over the axes that have cells to halve. */
static double mean_length(const mf_grid *grid)
{
  double product = 1;
  int axes = 0;
  for (int a = 0; a < grid->dim; a++) {
    if (grid->global[a] == 1) continue;
    product *= grid->h[a];
    axes++;
  }
  return axes > 0 ? pow(product, 1.0 / axes) : grid->h[0];
}

static int look(void *self, int rung, mf_result *r)
{
  study *all = self;
  const int last = mf_history_rows(r->history) - 1, level = all->place++;
  (void)rung;
  all->h[level] = r->problem->grid.h[0];
  all->rtol[level] = r->problem->tolerances.rtol;
  all->length[level] = mean_length(&r->problem->grid);
  all->order = mf_flow_order(r->problem->flow);
  all->integration = r->problem->integrator == MF_CHEBYSHEV ? 0 : r->problem->tolerances.rtol;
  for (int i = 0; i < mf_claims_count(r->claims); i++) {
    double error;
    if (mf_claims_grids(r->claims, i) > 0 || !mf_claims_has_error(r->claims, i)) continue;
    MF_TRY(mf_claims_error(r->claims, i, r->history, &error));
    put_value(all, level, mf_claims_verdict(r->claims, i)->name, true, error);
  }
  for (const char *const *name = watched; *name; name++) {
    const int column = mf_history_find(r->history, *name);
    if (column >= 0) put_value(all, level, *name, false, mf_history_value(r->history, last, column));
  }
  return MF_OK;
}

/* A rung with these cells on the axes that have more than one. */
static void set_cells(mf_rung *rung, const mf_grid *grid, const long *cells)
{
  snprintf(rung->cells, sizeof rung->cells, "grid.cells=[");
  for (int a = 0; a < grid->dim; a++) {
    const size_t used = strlen(rung->cells);
    snprintf(rung->cells + used, sizeof rung->cells - used, "%s%ld%s", a ? ", " : "",
             grid->global[a] > 1 ? cells[a] : 1, a + 1 < grid->dim ? "" : "]");
  }
}

/* The rung that is a power of two coarser than the case, with the tolerance of a method of order 2. */
static int set_level(mf_rung *rung, const mf_problem *finest, int by)
{
  long cells[MF_AXES];
  for (int a = 0; a < finest->grid.dim; a++) {
    const long n = (long)finest->grid.global[a];
    cells[a] = n >> by;
    if (n > 1 && cells[a] < 2)
      return mf_fail(MF_ECASE,
                     "%ld cells cannot be halved %d times: ask for fewer levels, or begin with a finer grid",
                     n, by);
  }
  set_cells(rung, &finest->grid, cells);
  snprintf(rung->rtol, sizeof rung->rtol, "time.rtol=%.17g",
           fmin(1e-3, finest->tolerances.rtol * pow(4, by)));
  return MF_OK;
}

/* A grid somewhat finer than the coarsest, whose cells have edges elsewhere. */
static void set_probe(mf_rung *rung, const mf_problem *finest, int by, int number)
{
  long cells[MF_AXES];
  for (int a = 0; a < finest->grid.dim; a++) {
    const long n = (long)finest->grid.global[a] >> by;
    cells[a] = n + (long)fmax(number + 1, floor((double)n * (number + 1) / 7));
  }
  set_cells(rung, &finest->grid, cells);
}

static int set_rungs(const mf_job *job, int levels, mf_rung *rung)
{
  mf_case *source;
  mf_problem *finest;
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&finest, source));
  int status = MF_OK;
  for (int l = 0; l < levels && !status; l++) status = set_level(&rung[l], finest, levels - 1 - l);
  for (int k = 0; k < PROBES && !status; k++) {
    rung[LEVELS + k] = rung[0]; /* its tolerance */
    set_probe(&rung[LEVELS + k], finest, levels - 1, k);
  }
  mf_problem_free(finest);
  return status;
}

/* A case that needs cells of a certain number may refuse a probe, which then says nothing. */
static int run_probes(const mf_options *o, const mf_job *job, const mf_rung *rung, study *all,
                      const mf_ladder_watch *watch)
{
  for (int k = 0; k < PROBES && all->levels > 2; k++) {
    all->place = LEVELS + all->probes;
    const int status = mf_ladder_run(o, job, &rung[LEVELS + k], 1, watch);
    if (status && status != MF_ECASE) return status;
    all->probes += !status;
  }
  return MF_OK;
}

static mf_limit limit_of(const study *all, const series *s)
{
  const mf_sequence sequence = {.count = all->levels,
                                .h = all->length,
                                .value = s->value,
                                .probes = all->probes,
                                .probe_h = all->length + LEVELS,
                                .probe_value = s->value + LEVELS,
                                .order = all->order,
                                .integration = all->integration};
  return s->exact ? mf_limit_of_errors(&sequence) : mf_limit_of_values(&sequence);
}

static int run_levels(const mf_options *o, const mf_job *job, study *all)
{
  mf_rung rung[GRIDS];
  const mf_ladder_watch watch = {.self = all, .tell = tell, .look = look};
  if (all->levels < 2 || all->levels > LEVELS)
    return mf_fail(MF_ECASE, "convergence is looked at on 2 to %d levels, not %d", LEVELS, all->levels);
  MF_TRY(set_rungs(job, all->levels, rung));
  MF_TRY(run_probes(o, job, rung, all, &watch));
  all->place = 0;
  MF_TRY(mf_ladder_run(o, job, rung, all->levels, &watch));
  for (int i = 0; i < all->count; i++) all->series[i].limit = limit_of(all, &all->series[i]);
  return MF_OK;
}

/* ---- output ---- */

static void put(char *cell, const char *format, double value)
{
  if (isnan(value))
    snprintf(cell, CELL, "-");
  else
    snprintf(cell, CELL, format, value);
}

/* One row of texts per series; the heading tells the grids. */
static void fill_row(char (*row)[CELL], const study *c, const series *s)
{
  int k = 0;
  snprintf(row[k++], CELL, "%.40s", s->name);
  snprintf(row[k++], CELL, "%s", s->exact ? "error" : "value");
  for (int l = 0; l < c->levels; l++) put(row[k++], s->exact ? "%.4e" : "%.10g", s->value[l]);
  put(row[k++], "%.3f", s->limit.order);
  put(row[k++], "%.10g", s->limit.extrapolated);
  put(row[k], "%.1e", s->limit.uncertainty);
}

static void fill_heading(char (*row)[CELL], const study *c)
{
  int k = 0;
  snprintf(row[k++], CELL, "quantity");
  snprintf(row[k++], CELL, "kind");
  for (int l = 0; l < c->levels; l++) snprintf(row[k++], CELL, "h = %.5g", c->h[l]);
  snprintf(row[k++], CELL, "order");
  snprintf(row[k++], CELL, "extrapolated");
  snprintf(row[k], CELL, "+-");
}

static int print_text(const study *c)
{
  const int columns = c->levels + 5, rows = c->count + 1;
  char(*text)[CELL] = NULL;
  const char **cells = NULL;
  int status = mf_objects_create(&text, rows * columns, CELL);
  if (!status) status = mf_objects_create(&cells, rows * columns, sizeof *cells);
  if (!status) {
    fill_heading(text, c);
    for (int i = 0; i < c->count; i++) fill_row(text + (i + 1) * columns, c, &c->series[i]);
    for (int i = 0; i < rows * columns; i++) cells[i] = text[i];
    mf_table_print(stdout, cells, rows, columns);
    for (int i = 0; i < c->count; i++)
      if (*c->series[i].limit.reason)
        printf("  %s: %s%s\n", c->series[i].name, c->series[i].limit.reason,
               c->series[i].exact ? "" : ": not extrapolated");
  }
  mf_release(cells);
  mf_release(text);
  return status;
}

static void put_series(mf_json *j, const study *c, const series *s)
{
  static const char few[] = "the levels do not tell";
  mf_json_object(j, NULL);
  mf_json_text(j, "name", s->name);
  mf_json_text(j, "kind", s->exact ? "error" : "value");
  mf_json_numbers(j, "values", s->value, c->levels);
  mf_json_numbers(j, "probes", s->value + LEVELS, c->probes);
  mf_json_number_or(j, "order", s->limit.order, few);
  mf_json_number_or(j, "extrapolated", s->limit.extrapolated, s->exact ? NULL : few);
  mf_json_number_or(j, "uncertainty", s->limit.uncertainty, s->exact ? NULL : few);
  mf_json_flag(j, "asymptotic", s->limit.asymptotic);
  mf_json_text(j, "reason", s->limit.reason);
  mf_json_end(j);
}

static void put_grids(mf_json *j, const char *key, const study *c, int from, int count)
{
  mf_json_list(j, key);
  for (int l = from; l < from + count; l++) {
    mf_json_object(j, NULL);
    mf_json_number(j, "h", c->h[l]);
    mf_json_number(j, "rtol", c->rtol[l]);
    mf_json_end(j);
  }
  mf_json_end(j);
}

static int print_json(const study *c, const mf_job *job)
{
  static const mf_json_unit units[] = {
      {"h", "L"}, {"rtol", "1"}, {"values", "q"}, {"order", "1"}, {"extrapolated", "q"}, {"uncertainty", "q"},
      {0}};
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = mf_json_job(j, job);
  mf_json_units(j, units);
  put_grids(j, "levels", c, 0, c->levels);
  put_grids(j, "probes", c, LEVELS, c->probes);
  mf_json_count(j, "order", c->order);
  mf_json_list(j, "quantities");
  for (int i = 0; i < c->count; i++) put_series(j, c, &c->series[i]);
  mf_json_end(j);
  const int printed = mf_json_print(j, stdout);
  return status ? status : printed;
}

static int converge(const mf_options *o)
{
  study all = {.levels = o->levels ? o->levels : 3, .quiet = o->quiet || o->json};
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  MF_TRY(run_levels(o, &job, &all));
  return o->json ? print_json(&all, &job) : print_text(&all);
}

static int run(const mf_options *o)
{
  if (o->case_count != 1)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow converge: name one case\nTry 'mflow converge --help'."));
  return mf_exit_code(converge(o));
}

const mf_command mf_command_converge = {
    .name = "converge",
    .summary = "errors and orders of a case over a sequence of grids",
    .usage =
        "Usage: mflow converge [OPTION]... CASE\n"
        "Run CASE on grids that double their cells, the last one its own, with tolerances that follow.  "
        "Print the\n"
        "error of every claim with an exact solution and its order; for the other quantities the value "
        "at the end,\n"
        "the order that three levels show, and the limit with an interval: Richardson's where errors fall "
        "as the\n"
        "scheme's do, else a wide one with the reason.  Two probes, coarse grids with cells elsewhere, "
        "show whether\n"
        "values depend on where the cells lie.\n\n"
        "      --levels N        number of grids, 2 to 6 (default 3)\n"
        "      --json            print one JSON object\n"
        "  -s, --set KEY=VALUE   change a value of the case (repeatable)\n"
        "      --variant NAME    of a variant of the case\n"
        "      --threads N       threads of a run (default: one per processor, or OMP_NUM_THREADS)\n"
        "  -q, --quiet           no progress\n"
        "  -h, --help            this text\n",
    .accepts = "svqJlN",
    .run = run,
};
