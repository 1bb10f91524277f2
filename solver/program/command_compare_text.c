/* SPDX-License-Identifier: BSD-3-Clause */
/* What mflow compare finds, as tables. */
#include "io/terminal.h"
#include "solver/program/command_compare.h"

#include <math.h>

enum { CELL = 48 };

static void put(char cell[CELL], const char *format, double value)
{
  if (isnan(value))
    snprintf(cell, CELL, "-");
  else
    snprintf(cell, CELL, format, value);
}

/* A column without a single value is left out. */
static bool has_values(const mf_comparison *j, int column)
{
  for (int i = 0; i < j->pairs; i++)
    if (!isnan(j->row[i].value[column])) return true;
  return false;
}

static int print_values(const mf_comparison *j)
{
  int shown[MF_COMPARISON_COLUMNS], count = 0;
  for (int k = 0; k < j->columns; k++)
    if (has_values(j, k)) shown[count++] = k;
  const int columns = count + 1;
  char(*text)[CELL] = NULL;
  const char **cells = NULL;
  int status = mf_objects_create(&text, (ptrdiff_t)(j->pairs + 1) * columns, CELL);
  if (!status) status = mf_objects_create(&cells, (ptrdiff_t)(j->pairs + 1) * columns, sizeof *cells);
  if (!status) {
    for (int i = 0; i < (j->pairs + 1) * columns; i++) cells[i] = text[i];
    for (int k = 0; k < columns; k++) cells[k] = k ? j->names[shown[k - 1]] : "time";
    for (int i = 0; i < j->pairs; i++) {
      put(text[(i + 1) * columns], "%.6g", j->row[i].time);
      for (int k = 0; k < count; k++) {
        const bool number = j->ensemble && shown[k] == 0;
        put(text[(i + 1) * columns + k + 1], number ? "%.0f" : "%.4g", j->row[i].value[shown[k]]);
      }
    }
    mf_table_print(stdout, cells, j->pairs + 1, columns);
  }
  mf_release(cells);
  mf_release(text);
  return status;
}

static int print_moments(const mf_comparison *j)
{
  enum { COLUMNS = 6 };
  static const char *const heading[COLUMNS] = {"time", "moment", "density", "particles", "+-", "z"};
  const ptrdiff_t rows = (ptrdiff_t)j->pairs * j->row[0].particles.moments + 1;
  char(*text)[CELL] = NULL;
  const char **cells = NULL;
  int status = mf_objects_create(&text, rows * COLUMNS, CELL);
  if (!status) status = mf_objects_create(&cells, rows * COLUMNS, sizeof *cells);
  if (!status) {
    for (ptrdiff_t i = 0; i < rows * COLUMNS; i++) cells[i] = i < COLUMNS ? heading[i] : text[i];
    char(*cell)[CELL] = text + COLUMNS;
    for (int i = 0; i < j->pairs; i++)
      for (int k = 0; k < j->row[i].particles.moments; k++, cell += COLUMNS) {
        const mf_moment_comparison *m = &j->row[i].particles.moment[k];
        put(cell[0], "%.6g", j->row[i].time);
        snprintf(cell[1], CELL, "%s", m->name);
        put(cell[2], "%.8g", m->grid);
        put(cell[3], "%.8g", m->particles);
        put(cell[4], "%.2g", m->error);
        put(cell[5], "%.2f", mf_particle_errors(m->particles - m->grid, m->error));
      }
    putchar('\n');
    mf_table_print(stdout, cells, (int)rows, COLUMNS);
  }
  mf_release(cells);
  mf_release(text);
  return status;
}

static void print_outside(const mf_comparison *j)
{
  for (int i = 0; i < j->pairs; i++)
    if (j->row[i].particles.outside)
      printf("%td of %td particles are outside the box at t = %g\n", j->row[i].particles.outside,
             j->row[i].particles.particles, j->row[i].time);
}

int mf_comparison_print(const mf_comparison *j)
{
  const int count = j->ensemble ? j->ensemble->count : j->b.count;
  printf("%s and %s %s: %d of %d and %d times in common\n", j->path_a,
         j->ensemble ? "the particles of" : "the run", j->path_b, j->pairs, j->a.count, count);
  printf("%s", j->ensemble ? "grid" : "compared on");
  for (int a = 0; a < j->grid.dim; a++) printf("%s%td", a ? " x " : " ", j->grid.global[a]);
  printf(" cells; MMD kernel %s%s\n\n", j->kernel_text,
         j->ensemble ? "; all per unit of mass; mmd2_floor, w1_floor: expected of independent samples" : "");
  MF_TRY(print_values(j));
  if (j->ensemble) {
    MF_TRY(print_moments(j));
    print_outside(j);
  }
  if (j->limits) putchar('\n');
  for (int i = 0; i < j->limits; i++) {
    const mf_comparison_limit *l = &j->limit[i];
    printf("%s  %s: %.4g at t = %g, where %.4g is allowed\n", l->holds ? "holds" : "FAILS", l->quantity,
           l->worst, l->time, l->allowed);
  }
  return MF_OK;
}
