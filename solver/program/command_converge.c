/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow converge: errors and orders of a case over a sequence of grids. */
#include "solver/program/command.h"

#include "io/terminal.h"
#include "postproc/claims/converge.h"

#include <math.h>
#include <stdlib.h>

enum { CELL = 96, COLUMNS = MF_LEVELS + 5 };

static bool quiet;

static void tell(const char *text)
{
  if (!quiet) fprintf(stderr, "  %s\n", text);
}

static void put(char *cell, const char *format, double value)
{
  if (isnan(value))
    snprintf(cell, CELL, "-");
  else
    snprintf(cell, CELL, format, value);
}

/* One row of texts per series; the heading tells the grids. */
static void fill_row(char (*row)[CELL], const mf_convergence *c, const mf_convergence_series *s)
{
  int k = 0;
  snprintf(row[k++], CELL, "%.40s", s->name);
  snprintf(row[k++], CELL, "%s", s->exact ? "error" : "value");
  for (int l = 0; l < c->levels; l++) put(row[k++], s->exact ? "%.4e" : "%.10g", s->value[l]);
  put(row[k++], "%.3f", s->order);
  put(row[k++], "%.10g", s->extrapolated);
  put(row[k], "%.1e", s->uncertainty);
}

static void fill_heading(char (*row)[CELL], const mf_convergence *c)
{
  int k = 0;
  snprintf(row[k++], CELL, "quantity");
  snprintf(row[k++], CELL, "kind");
  for (int l = 0; l < c->levels; l++) snprintf(row[k++], CELL, "h = %.5g", c->h[l]);
  snprintf(row[k++], CELL, "order");
  snprintf(row[k++], CELL, "extrapolated");
  snprintf(row[k], CELL, "+-");
}

static int print_text(const mf_convergence *c)
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
  }
  mf_release(cells);
  mf_release(text);
  return status;
}

static void print_number(const char *before, double value)
{
  if (isfinite(value))
    printf("%s%.17g", before, value);
  else
    printf("%snull", before);
}

static void print_json(const mf_convergence *c)
{
  printf("{\"levels\": [");
  for (int l = 0; l < c->levels; l++)
    printf("%s{\"h\": %.17g, \"rtol\": %.17g}", l ? ", " : "", c->h[l], c->rtol[l]);
  printf("], \"quantities\": [");
  for (int i = 0; i < c->count; i++) {
    const mf_convergence_series *s = &c->series[i];
    printf("%s\n  {\"name\": ", i ? "," : "");
    mf_print_json_text(s->name);
    printf(", \"kind\": \"%s\", \"values\": [", s->exact ? "error" : "value");
    for (int l = 0; l < c->levels; l++) print_number(l ? ", " : "", s->value[l]);
    print_number("], \"order\": ", s->order);
    print_number(", \"extrapolated\": ", s->extrapolated);
    print_number(", \"uncertainty\": ", s->uncertainty);
    printf("}");
  }
  printf("\n]}\n");
}

static int converge(const mf_options *o)
{
  mf_convergence c;
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  quiet = o->quiet || o->json;
  MF_TRY(mf_converge(&job, o->levels ? o->levels : 3, tell, &mf_stop_signal, &c));
  if (!o->json) return print_text(&c);
  print_json(&c);
  return MF_OK;
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
    .usage = "Usage: mflow converge [OPTION]... CASE\n"
             "Run CASE on grids that double their cells, the last one its own, with tolerances that follow.  "
             "Print the\n"
             "error of every claim with an exact solution and its order; for the other quantities the value "
             "at the end,\n"
             "the order that three levels show, and Richardson's extrapolation with its uncertainty.\n\n"
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
