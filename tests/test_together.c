/* SPDX-License-Identifier: BSD-3-Clause */
/* Several solutions in several threads at once: each has the bits that it has alone. */
#include "tests/scratch.h"

#include "grids/threads.h"
#include "io/netcdf/history.h"
#include "operators/kernels/convolution.h"
#include "solver/mflow.h"

#include <pthread.h>
#include <unistd.h>

enum { LONGEST_NAME = 64, ROUNDS = 3, COLUMNS = 40 };

/* Every integrator, convolutions (plans), formulas (parsers), walls and rings, one to three dimensions. */
static const char *const cases[] = {
    "grid: {cells: 31, box: [[-5, 6]]}\n"
    "target: {gaussian: {mean: 0, covariance: 1}}\ninitial: {gaussian: {mean: 1, covariance: 0.5}}\n"
    "energy: kl\ngeometry: wasserstein\ntime: {end: 0.5, output: 0.125}\noutput: {fields: 0.125}\n",
    "grid: {cells: [23, 20], box: [[-2, 2], [-1, 3]], boundary: periodic}\n"
    "target: {density: exp(cos(pi*x/2))}\ninitial: {density: 1 + 0.5*sin(pi*y/2)}\n"
    "energy: {mmd: {kernel: gaussian, bandwidth: 1}}\ngeometry: {wasserstein: 1, mmd: 2}\n"
    "time: {end: 0.25, output: 0.125}\noutput: {fields: 0.125}\n",
    "grid: {cells: [5, 4, 3], box: [[-2, 2], [-2, 2], [0, 1]], boundary: [wall, periodic, wall]}\n"
    "target: {density: exp(-x^2/2)}\ninitial: {density: 2 + x}\n"
    "energy: kl\ngeometry: {wasserstein: 1, hellinger: 1}\n"
    "time: {end: 0.25, output: 0.125, integrator: bdf}\noutput: {fields: 0.125}\n",
    "grid: {cells: [24, 24], box: [[0, 1], [0, 1]]}\n"
    "target: {density: 2 + cos(pi*x)}\ninitial: {density: 1}\n"
    "energy: kl\ngeometry: {wasserstein: 0.1, hellinger: 1}\n"
    "time: {end: 0.25, output: 0.125, integrator: splitting}\noutput: {fields: 0.125}\n"};
enum { CASES = sizeof cases / sizeof *cases };

/* What there is to compare: every number of the history, and the last density. */
typedef struct {
  int columns, rows;
  double *series[COLUMNS], *density;
  ptrdiff_t cells;
} outcome;

static void forget(outcome *o)
{
  for (int i = 0; i < o->columns; i++) free(o->series[i]);
  free(o->density);
}

/* Counts of work are those of one run too. */
static int keep(mf_solution *s, outcome *o)
{
  const double *density;
  MF_TRY(mf_solution_field(s, "density", &density));
  o->cells = mf_grid_cells(mf_solution_grid(s));
  o->rows = mf_solution_rows(s);
  o->density = malloc((size_t)o->cells * sizeof *density);
  memcpy(o->density, density, (size_t)o->cells * sizeof *density);
  for (o->columns = 0; o->columns < COLUMNS && mf_solution_column(s, o->columns); o->columns++) {
    double **series = &o->series[o->columns];
    *series = malloc((size_t)o->rows * sizeof **series);
    MF_TRY(mf_solution_series(s, mf_solution_column(s, o->columns), *series));
  }
  return MF_OK;
}

static int solve(int index, const char *prefix, outcome *o)
{
  mf_solution *s = NULL;
  int status = mf_solution_parse(&s, "case.yaml", cases[index], NULL, NULL, 0);
  if (!status) status = mf_solution_run(s, prefix, false);
  if (!status) status = keep(s, o);
  mf_solution_free(s);
  return status;
}

static bool same(const outcome *a, const outcome *b)
{
  bool equal = a->columns == b->columns && a->rows == b->rows && a->cells == b->cells &&
               !memcmp(a->density, b->density, (size_t)a->cells * sizeof *a->density);
  for (int i = 0; equal && i < a->columns; i++)
    equal = !memcmp(a->series[i], b->series[i], (size_t)a->rows * sizeof *a->series[i]);
  return equal;
}

/* ---- in threads ---- */

typedef struct {
  int index, status;
  bool writes, right;
  const outcome *alone;
  char prefix[sizeof scratch_directory + LONGEST_NAME], message[MF_MESSAGE_SIZE];
} member;

static int take_part(member *m, int round)
{
  outcome here = {0};
  char prefix[sizeof m->prefix + LONGEST_NAME];
  snprintf(prefix, sizeof prefix, "%s.%d", m->prefix, round);
  const int status = solve(m->index, m->writes ? prefix : NULL, &here);
  if (!status && !same(&here, m->alone)) m->right = false;
  forget(&here);
  if (status || !m->writes) return status;
  mf_history *h;
  strcat(prefix, "_history.nc");
  MF_TRY(mf_history_read(&h, prefix)); /* in a child, while others write */
  if (mf_history_rows(h) != m->alone->rows) m->right = false;
  mf_history_free(h);
  return MF_OK;
}

static void *work(void *self)
{
  member *m = self;
  m->right = true;
  for (int round = 0; round < ROUNDS && !m->status; round++) m->status = take_part(m, round);
  if (m->status) snprintf(m->message, sizeof m->message, "%s", mf_error());
  return NULL;
}

static void together(bool write)
{
  enum { MEMBERS = 2 * CASES };
  outcome alone[CASES] = {{0}};
  member member_of[MEMBERS] = {{0}};
  pthread_t thread[MEMBERS];
  for (int k = 0; k < CASES; k++) DO(solve(k, NULL, &alone[k]));
  for (int i = 0; i < MEMBERS; i++) {
    member *m = &member_of[i];
    m->index = i % CASES;
    m->alone = &alone[m->index];
    m->writes = write;
    snprintf(m->prefix, sizeof m->prefix, "%s/run%d", scratch_directory, i);
    ck_assert_int_eq(pthread_create(&thread[i], NULL, work, m), 0);
  }
  for (int i = 0; i < MEMBERS; i++) pthread_join(thread[i], NULL);
  for (int i = 0; i < MEMBERS; i++) {
    ck_assert_msg(!member_of[i].status, "thread %d: %s", i, member_of[i].message);
    ck_assert_msg(member_of[i].right, "thread %d has other numbers", i);
  }
  for (int k = 0; k < CASES; k++) forget(&alone[k]);
}

START_TEST(solutions_are_those_of_one_thread)
{
  mf_threads_set(_i);
  together(false);
}
END_TEST

START_TEST(files_are_written_and_read_meanwhile)
{
  mf_threads_set(2);
  together(true);
}
END_TEST

/* FFTW's planner keeps what it has seen in one table for all. */
static int make_plan(long cells)
{
  static const bool ring[] = {true};
  mf_convolution *k = NULL;
  mf_grid grid;
  double *values;
  MF_TRY(mf_grid_init(&grid, 1, &cells, (const double[]){0}, (const double[]){1}, ring));
  MF_TRY(mf_reals_create(&values, cells));
  values[cells / 2] = 1; /* the identity */
  const int status = mf_convolution_create_sampled(&k, &grid, values);
  mf_convolution_free(k);
  mf_release(values);
  return status;
}

static void *make_plans(void *self)
{
  int *status = self;
  for (int round = 0; round < 200 && !*status; round++) *status = make_plan(16 + 7 * round);
  return NULL;
}

START_TEST(plans_are_made_in_turn)
{
  enum { MEMBERS = 4 };
  pthread_t thread[MEMBERS];
  int status[MEMBERS] = {0};
  for (int i = 0; i < MEMBERS; i++) ck_assert(!pthread_create(&thread[i], NULL, make_plans, &status[i]));
  for (int i = 0; i < MEMBERS; i++) pthread_join(thread[i], NULL);
  for (int i = 0; i < MEMBERS; i++) ck_assert_int_eq(status[i], MF_OK);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("together");
  TCase *t = tcase_create("together");
  suite_add_tcase(suite, t);
  tcase_add_checked_fixture(t, scratch_create, scratch_remove);
  tcase_add_loop_test(t, solutions_are_those_of_one_thread, 1, 4);
  tcase_add_test(t, plans_are_made_in_turn);
  tcase_add_test(t, files_are_written_and_read_meanwhile);
  return mf_run_suite(suite);
}
