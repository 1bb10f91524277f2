/* SPDX-License-Identifier: BSD-3-Clause */
/* What a verification of particles has found: a table, powers and verdicts, or JSON. */
#include "solver/program/command_particles_verify.h"

#include "io/terminal.h"
#include "solver/program/command_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL = 24, COLUMNS = 4 + 2 * MF_STUDY_KERNELS + 3 + 2 };

static void print_cell(char cell[CELL], double value)
{
  if (isnan(value))
    snprintf(cell, CELL, "-");
  else
    snprintf(cell, CELL, "%.3g", value);
}

/* A number of a row under its heading. */
typedef struct {
  char heading[CELL];
  double value;
} column;

static void add(column *columns, int *count, double value, const char *heading)
{
  column *c = &columns[(*count)++];
  snprintf(c->heading, sizeof c->heading, "%s", heading);
  c->value = value;
}

/* One table a kernel would be long: the rows have every kernel's mmd2 over its floor.  The number of columns. */
static int columns_of(const mf_study *v, const mf_study_row *r, column *c)
{
  const bool on_line = v->plan->parts.grid->dim == 1 && !v->plan->parts.grid->periodic[0];
  int n = 0;
  add(c, &n, (double)r->count, "N");
  add(c, &n, r->step, "step");
  add(c, &n, r->time, "t");
  add(c, &n, r->effective, "worth");
  for (int b = 0; b < v->kernels; b++) {
    char heading[CELL];
    snprintf(heading, sizeof heading, "mmd2(%.3g)", v->kernel[b].bandwidth[0]);
    add(c, &n, r->mmd2[b], heading);
    add(c, &n, r->mmd2[b] / r->floor[b], "/floor");
  }
  if (on_line) {
    add(c, &n, r->ks, "ks");
    add(c, &n, r->w1, "w1");
    add(c, &n, r->w2, "w2");
  } else
    add(c, &n, r->sliced, "sliced w2");
  add(c, &n, r->moment_z, "moment z");
  add(c, &n, mf_study_worst(v, r), "z");
  return n;
}

static int print_table(const mf_study *v)
{
  column columns[COLUMNS];
  char(*text)[CELL];
  const char **cells;
  const ptrdiff_t most = (ptrdiff_t)(v->count + 1) * COLUMNS;
  MF_TRY(mf_objects_create(&text, most, CELL));
  int status = mf_objects_create(&cells, most, sizeof *cells), n = 0;
  for (int i = 0; i <= v->count && !status; i++) {
    n = columns_of(v, &v->rows[i > 0 ? i - 1 : 0], columns);
    for (int k = 0; k < n; k++) {
      char *cell = text[i * n + k];
      if (i == 0)
        memcpy(cell, columns[k].heading, CELL);
      else
        print_cell(cell, columns[k].value);
      cells[i * n + k] = cell;
    }
  }
  if (!status) mf_table_print(stdout, cells, v->count + 1, n);
  mf_release(cells);
  mf_release(text);
  return status;
}

static void print_fits(const mf_study *v)
{
  for (int k = 0; k < v->kernels; k++) {
    printf("  bandwidth %-8.4g", v->kernel[k].bandwidth[0]);
    if (isnan(v->power[k].value))
      printf("  power of N: -");
    else
      printf("  power of N: %.3f +- %.3f", v->power[k].value, v->power[k].error);
    if (isnan(v->order[k].value))
      printf("  weak order: -\n");
    else
      printf("  weak order: %.3f +- %.3f\n", v->order[k].value, v->order[k].error);
  }
}

int mf_study_print(const mf_study *v, const char *name, const mf_study_verdict *verdicts, int count)
{
  const mf_flow_name flow = mf_method_flow(&v->plan->parts);
  printf("%s: %s of %s, %ld seeds from %llu on, start %s\n\n", name, v->plan->type->name, flow.text,
         v->plan->repeats, (unsigned long long)v->plan->parts.seed, mf_start_names[v->plan->start]);
  MF_TRY(print_table(v));
  printf("\n");
  print_fits(v);
  for (int i = 0; i < count; i++)
    printf("%s%s  %s\n", i ? "" : "\n", verdicts[i].holds ? "holds" : "FAILS", verdicts[i].text);
  return MF_OK;
}

static void put_fit(mf_json *j, const char *key, const mf_study_fit *f, int kernel)
{
  mf_json_object(j, key);
  mf_json_number(j, "value", f[kernel].value);
  mf_json_number(j, "error", f[kernel].error);
  mf_json_end(j);
}

static void put_row(mf_json *j, const mf_study *v, const mf_study_row *r)
{
  mf_json_object(j, NULL);
  mf_json_count(j, "particles", r->count);
  mf_json_number(j, "step", r->step);
  mf_json_number(j, "time", r->time);
  mf_json_number(j, "effective", r->effective);
  mf_json_numbers(j, "mmd2", r->mmd2, v->kernels);
  mf_json_numbers(j, "mmd2_error", r->scatter, v->kernels);
  mf_json_numbers(j, "mmd2_floor", r->floor, v->kernels);
  mf_json_numbers(j, "mmd2_unbiased", r->pooled, v->kernels);
  mf_json_numbers(j, "mmd2_unbiased_error", r->error, v->kernels);
  mf_json_number(j, "ks", r->ks);
  mf_json_number(j, "w1", r->w1);
  mf_json_number(j, "w2", r->w2);
  mf_json_number(j, "sliced_w2", r->sliced);
  mf_json_number(j, "moment_z", r->moment_z);
  mf_json_number(j, "z", mf_study_worst(v, r));
  mf_json_end(j);
}

int mf_study_print_json(const mf_study *v, const mf_job *job, const mf_study_verdict *verdicts, int count)
{
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = mf_json_job(j, job);
  mf_json_text(j, "flow", mf_method_flow(&v->plan->parts).text);
  mf_json_text(j, "method", v->plan->type->name);
  mf_json_count(j, "seeds", v->plan->repeats);
  mf_json_number(j, "seed", (double)v->plan->parts.seed);
  mf_json_list(j, "kernels");
  for (int k = 0; k < v->kernels; k++) {
    mf_json_object(j, NULL);
    mf_json_number(j, "bandwidth", v->kernel[k].bandwidth[0]);
    put_fit(j, "order_n", v->power, k);
    put_fit(j, "weak_order", v->order, k);
    mf_json_end(j);
  }
  mf_json_end(j);
  mf_json_list(j, "rows");
  for (int i = 0; i < v->count; i++) put_row(j, v, &v->rows[i]);
  mf_json_end(j);
  mf_json_list(j, "claims");
  for (int i = 0; i < count; i++) {
    mf_json_object(j, NULL);
    mf_json_text(j, "claim", verdicts[i].text);
    mf_json_text(j, "verdict", verdicts[i].holds ? "holds" : "fails");
    mf_json_end(j);
  }
  mf_json_end(j);
  const int printed = mf_json_print(j, stdout);
  return status ? status : printed;
}
