/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of a formula on a grid.
 *
 * An expression changes its variables as it is evaluated, so every thread has one of its own.  What a formula that fails
 * somewhere has to say is said in a second, serial pass. */
#include "io/language/tabulate.h"

#include "grids/threads.h"

#include <stdatomic.h>

/* An expression, and whether somebody is using it. */
typedef struct {
  mf_expression *expression;
  atomic_flag taken;
} desk;

typedef struct {
  const mf_grid *grid;
  desk *desk;
  int desks; /* as many as there are threads */
  bool extended;
  double *values;
  atomic_bool *failed;
} table;

static int fill_range(const table *t, mf_expression *e, ptrdiff_t begin, ptrdiff_t end)
{
  for (ptrdiff_t c = begin; c < end; c++) {
    double x[MF_AXES];
    mf_grid_centre(t->grid, c, x);
    MF_TRY(t->extended ? mf_expression_at_extended(e, x, 0, &t->values[c])
                       : mf_expression_at(e, x, 0, &t->values[c]));
  }
  return MF_OK;
}

static void fill_piece(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const table *t = self;
  int k = 0;
  while (atomic_flag_test_and_set(&t->desk[k].taken)) k = (k + 1) % t->desks;
  if (fill_range(t, t->desk[k].expression, begin, end)) atomic_store(t->failed, true);
  atomic_flag_clear(&t->desk[k].taken);
}

static int fill(const table *t)
{
  mf_share(t->grid->cells, MF_PIECE / 4, fill_piece, t);
  return atomic_load(t->failed) ? fill_range(t, t->desk[0].expression, 0, t->grid->cells) : MF_OK;
}

/* Desks for the other threads. */
static int copy_desks(table *t)
{
  for (int k = 1; k < t->desks; k++)
    MF_TRY(mf_expression_copy(&t->desk[k].expression, t->desk[0].expression));
  return MF_OK;
}

int mf_tabulate(const mf_grid *grid, const mf_node *formula, mf_scope *scope, bool extended, double *values)
{
  static const char *const axes[] = {"", "x", "xy", "xyz"};
  atomic_bool failed = false;
  const bool large = grid->cells > MF_PIECE; /* that evaluations outweigh the copies */
  table t = {.grid = grid,
             .desks = large ? mf_threads() : 1,
             .extended = extended,
             .values = values,
             .failed = &failed};
  MF_TRY(mf_objects_create(&t.desk, t.desks, sizeof *t.desk));
  for (int k = 0; k < t.desks; k++) atomic_flag_clear(&t.desk[k].taken);
  int status = mf_expression_create(&t.desk[0].expression, scope, formula, axes[grid->dim]);
  if (!status) status = copy_desks(&t);
  if (!status) status = fill(&t);
  for (int k = t.desks - 1; k >= 0; k--) mf_expression_free(t.desk[k].expression);
  mf_release(t.desk);
  return status;
}
