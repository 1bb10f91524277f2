/* SPDX-License-Identifier: BSD-3-Clause */
/* The library as programs use it: solutions of cases, their fields and histories, energies of one's own. */
#include "tests/scratch.h"

#include "io/netcdf/history.h"
#include "operators/registry.h"
#include "solver/mflow.h"
#include "solver/run/run.h"

#include <math.h>

static mf_solution *s;

static void tear_down(void)
{
  mf_solution_free(s);
  s = NULL;
}

/** A call that must be refused as a mistake, with a message that has these words. */
#define MISTAKE(call, words)                                                                                 \
  do {                                                                                                       \
    ck_assert_int_eq((call), MF_ECASE);                                                                      \
    ck_assert_msg(strstr(mf_error(), words) != NULL, "\"%s\" does not say \"%s\"", mf_error(), words);       \
  } while (0)

static void parse(const char *text)
{
  mf_solution_free(s);
  DO(mf_solution_parse(&s, "test.yaml", text, NULL, NULL, 0));
}

static double value(const char *column)
{
  double out;
  DO(mf_solution_value(s, column, &out));
  return out;
}

static const double *field(const char *name)
{
  const double *out;
  DO(mf_solution_field(s, name, &out));
  return out;
}

/* ---- time ---- */

/* Every integrator, dimension and boundary: explicit, implicit, the series and the splitting. */
static const char *const cases[] = {
    "grid: {cells: 31, box: [-5, 6]}\n"
    "target: {gaussian: {mean: 0, covariance: 1}}\ninitial: {gaussian: {mean: 1, covariance: 0.5}}\n"
    "energy: kl\ngeometry: wasserstein\ntime: {end: 0.5, output: 0.125}\noutput: {fields: 0.125}\n",
    "grid: {cells: [8, 7], box: [[-2, 2], [-1, 3]], boundary: periodic}\n"
    "target: {density: exp(cos(pi*x/2))}\ninitial: {density: 1 + 0.5*sin(pi*y/2)}\n"
    "energy: {mmd: {kernel: gaussian, bandwidth: 1}}\ngeometry: {wasserstein: 1, mmd: 2}\n"
    "time: {end: 0.5, output: 0.125}\noutput: {fields: 0.125}\n",
    "grid: {cells: [5, 4, 3], box: [[-2, 2], [-2, 2], [0, 1]], boundary: [wall, periodic, wall]}\n"
    "target: {density: exp(-x^2/2)}\ninitial: {density: 2 + x}\n"
    "energy: kl\ngeometry: {wasserstein: 1, hellinger: 1}\n"
    "time: {end: 0.5, output: 0.125, integrator: bdf}\noutput: {fields: 0.125}\n",
    "grid: {cells: 24, box: [0, 1]}\n"
    "target: {density: 2 + cos(pi*x)}\ninitial: {density: 1}\n"
    "energy: kl\ngeometry: {wasserstein: 0.1, hellinger: 1}\n"
    "time: {end: 0.5, output: 0.125, integrator: splitting}\noutput: {fields: 0.125}\n"};

/* Going to the times of the outputs, one after another, is the run: every number of the history, every field. */
START_TEST(going_is_running)
{
  parse(cases[_i]);
  DO(mf_solution_run(s, NULL, false));
  mf_solution *run = s;
  const ptrdiff_t cells = mf_grid_cells(mf_solution_grid(run));
  const int rows = mf_solution_rows(run);
  ck_assert_int_eq(rows, 5);
  ck_assert_double_eq(mf_solution_time(run), mf_solution_end(run));

  s = NULL;
  parse(cases[_i]);
  ck_assert(isnan(mf_solution_time(s)));
  for (int k = 0; k < rows; k++) {
    DO(mf_solution_to(s, 0.125 * k));
    DO(mf_solution_to(s, 0.125 * k)); /* once there, going there is nothing */
    ck_assert_double_eq(mf_solution_time(s), 0.125 * k);
  }
  ck_assert_int_eq(mf_solution_rows(s), rows);
  double own[5], other[5];
  for (int i = 0; mf_solution_column(run, i); i++) {
    ck_assert_str_eq(mf_solution_column(s, i), mf_solution_column(run, i));
    DO(mf_solution_series(s, mf_solution_column(s, i), own));
    DO(mf_solution_series(run, mf_solution_column(s, i), other));
    for (int k = 0; k < rows; k++)
      ck_assert_msg(own[k] == other[k] || (isnan(own[k]) && isnan(other[k])), "%s differs: %g, %g",
                    mf_solution_column(s, i), own[k], other[k]);
  }
  static const char *const names[] = {"density",   "first_variation", "target",
                                      "deviation", "ratio",           "log_ratio"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const double *there;
    DO(mf_solution_field(run, names[i], &there));
    ck_assert_msg(!memcmp(field(names[i]), there, (size_t)cells * sizeof *there), "%s differs", names[i]);
  }
  mf_solution_free(run);
}
END_TEST

/* What the fields are to each other and to the history; round-off of a few operations, of numbers of order 1. */
START_TEST(fields_are_what_they_say)
{
  parse(cases[_i]);
  const mf_grid *grid = mf_solution_grid(s);
  const double round_off = 1e-13;
  double mass = 0, target_mass = 0, mean = 0;
  DO(mf_solution_to(s, 0.25));
  const double *rho = field("density"), *pi = field("target"), *left = field("deviation"),
               *u = field("ratio"), *l = field("log_ratio");
  for (ptrdiff_t c = 0; c < mf_grid_cells(grid); c++) {
    double x[MF_AXES];
    mf_grid_centre(grid, c, x);
    mass += mf_grid_volume(grid) * rho[c];
    target_mass += mf_grid_volume(grid) * pi[c];
    mean += mf_grid_volume(grid) * rho[c] * x[0];
    ck_assert_double_eq_tol(left[c], rho[c] - pi[c], round_off);
    ck_assert_double_eq_tol(u[c] * pi[c], rho[c], round_off);
    ck_assert_double_eq_tol(l[c], log(rho[c] / pi[c]), round_off / fmin(1, rho[c]));
  }
  ck_assert_double_eq_tol(value("mass"), mass, round_off);
  ck_assert_double_eq_tol(value("mass_excess"), mass - target_mass, round_off);
  ck_assert_double_eq_tol(value("mean_x"), mean / mass, round_off);
  ck_assert_double_eq(value("time"), 0.25);
}
END_TEST

START_TEST(grids_are_described)
{
  parse(cases[2]);
  const mf_grid *grid = mf_solution_grid(s);
  ck_assert_int_eq(mf_grid_dim(grid), 3);
  ck_assert_int_eq(mf_grid_cells(grid), 60);
  static const ptrdiff_t cells[] = {5, 4, 3};
  static const double lo[] = {-2, -2, 0}, hi[] = {2, 2, 1};
  for (int a = 0; a < 3; a++) {
    ck_assert_int_eq(mf_grid_axis_cells(grid, a), cells[a]);
    ck_assert_int_eq(mf_grid_axis_periodic(grid, a), a == 1);
    ck_assert_double_eq(mf_grid_edge(grid, a, 0), lo[a]);
    ck_assert_double_eq(mf_grid_edge(grid, a, cells[a]), hi[a]);
    ck_assert_double_eq_tol(mf_grid_coordinate(grid, a, 1), lo[a] + 1.5 * (hi[a] - lo[a]) / (double)cells[a],
                            1e-15);
  }
  ck_assert_double_eq_tol(mf_grid_volume(grid), 16.0 / 60, 1e-15);
}
END_TEST

/* ---- files ---- */

/* A run takes the initial measure; another one of the same problem is refused with a word. */
START_TEST(a_problem_is_run_once)
{
  static const char text[] =
      "grid: {cells: [16], box: [[-5, 5]]}\ntarget: {gaussian: {mean: 0, covariance: 1}}\n"
      "initial: {gaussian: {mean: 1, covariance: 1}}\nenergy: kl\ngeometry: {wasserstein: 1}\n"
      "time: {end: 0.1, output: 0.1}\n";
  mf_case *source;
  mf_problem *p;
  mf_history *h;
  DO(mf_case_parse(&source, "once.yaml", text));
  DO(mf_case_choose_variant(source, NULL));
  DO(mf_problem_create(&p, source));
  DO(mf_run_history(p, &h));
  DO(mf_run(p, h, NULL, 0, NULL));
  ck_assert_int_eq(mf_run(p, h, NULL, 0, NULL), MF_ECASE);
  ck_assert_msg(strstr(mf_error(), "create it anew") != NULL, "%s", mf_error());
  mf_history_free(h);
  mf_problem_free(p);
}
END_TEST

START_TEST(runs_are_written)
{
  parse(cases[0]);
  DO(mf_solution_run(s, scratch("run"), false));
  mf_history *h;
  DO(mf_history_read(&h, scratch("run_history.nc")));
  double kl[5];
  DO(mf_solution_series(s, "kl", kl));
  ck_assert_int_eq(mf_history_rows(h), mf_solution_rows(s));
  for (int k = 0; k < 5; k++) ck_assert_double_eq(mf_history_value(h, k, mf_history_find(h, "kl")), kl[k]);
  mf_history_free(h);
  ck_assert(is_there(scratch("run.nc")) && is_there(scratch("run.nc.xmf")));
  parse(cases[0]);
  REFUSED(mf_solution_run(s, scratch("run"), false), "run.nc", "is there already");
  DO(mf_solution_run(s, scratch("run"), true));
}
END_TEST

START_TEST(cases_come_from_files_with_changes)
{
  char text[1024];
  static const char *const set[] = {"time.end=2", "grid.cells=12"};
  snprintf(text, sizeof text, "%svariants: {short: {time.end: 1, time.output: 0.25}}\n", cases[0]);
  ck_assert_int_eq(mkdir(scratch("folder"), 0777), 0);
  write_text(scratch("folder/case.yaml"), text);
  DO(mf_solution_open(&s, scratch("folder"), NULL, NULL, 0));
  ck_assert_double_eq(mf_solution_end(s), 0.5);
  mf_solution_free(s);
  DO(mf_solution_open(&s, scratch("folder/case.yaml"), "short", NULL, 0));
  ck_assert_double_eq(mf_solution_end(s), 1);
  mf_solution_free(s);
  DO(mf_solution_parse(&s, "test.yaml", text, "short", set, 2));
  ck_assert_double_eq(mf_solution_end(s), 2);
  ck_assert_int_eq(mf_grid_cells(mf_solution_grid(s)), 12);
}
END_TEST

/* ---- energies of one's own ---- */

typedef struct {
  double slope;
  int calls;
} tilt;

/* F = int V dmu with V = slope x^2/2. */
static double tilt_value(void *self, const mf_grid *grid, const double *density)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < mf_grid_cells(grid); c++)
    sum += density[c] * pow(mf_grid_coordinate(grid, 0, c), 2) / 2;
  return ((const tilt *)self)->slope * mf_grid_volume(grid) * sum;
}

static void tilt_variation(void *self, const mf_grid *grid, const double *density, double *xi)
{
  (void)density;
  ((tilt *)self)->calls++;
  for (ptrdiff_t c = 0; c < mf_grid_cells(grid); c++)
    xi[c] = ((const tilt *)self)->slope * pow(mf_grid_coordinate(grid, 0, c), 2) / 2;
}

#define TILTED(energy)                                                                                       \
  "grid: {cells: 40, box: [-2, 2]}\ninitial: {gaussian: {mean: 0.5, covariance: 0.1}}\n"                     \
  "energy: " energy "\ngeometry: {wasserstein: 1, hellinger: 0.5}\ntime: {end: 1}\n"

/* The same as the energy of the library; F is summed in another order. */
START_TEST(own_energies_are_energies)
{
  tilt t = {.slope = 1};
  double energy[2], mass[2], mean[2];
  DO(mf_own_energy("tilt", tilt_value, tilt_variation, &t));
  static const char *const texts[] = {TILTED("{potential: {formula: x^2/2, weight: 3}}"),
                                      TILTED("{tilt: 3}")};
  for (int k = 0; k < 2; k++) {
    parse(texts[k]);
    DO(mf_solution_to(s, 1));
    energy[k] = value("energy");
    mass[k] = value("mass");
    mean[k] = value("mean_x");
  }
  ck_assert_int_gt(t.calls, 0);
  ck_assert_double_eq_tol(energy[1], energy[0], 1e-14);
  ck_assert_double_eq_tol(mass[1], mass[0], 1e-14);
  ck_assert_double_eq_tol(mean[1], mean[0], 1e-14);
  ck_assert_double_lt(mass[0], 0.99); /* reaction has its share */
}
END_TEST

/* A solution keeps the energy that it was built with. */
START_TEST(own_energies_are_replaced)
{
  tilt one = {.slope = 1}, two = {.slope = 2};
  DO(mf_own_energy("slanted", tilt_value, tilt_variation, &one));
  parse(TILTED("slanted"));
  mf_solution *first = s;
  s = NULL;
  DO(mf_own_energy("slanted", tilt_value, tilt_variation, &two));
  parse(TILTED("slanted"));
  DO(mf_solution_to(s, 0));
  DO(mf_solution_to(first, 0));
  double energy;
  DO(mf_solution_value(first, "energy", &energy));
  ck_assert_double_eq(value("energy"), 2 * energy);
  mf_solution_free(first);
}
END_TEST

START_TEST(names_of_energies_are_guarded)
{
  MISTAKE(mf_own_energy("kl", tilt_value, tilt_variation, NULL), "energy 'kl' is there already");
  MISTAKE(mf_own_energy("", tilt_value, tilt_variation, NULL), "energy without a name");
  MISTAKE(mf_own_energy(NULL, tilt_value, tilt_variation, NULL), "energy without a name");
  MISTAKE(mf_own_energy("half", tilt_value, NULL, NULL), "energy 'half' needs two functions");
  MISTAKE(mf_own_energy("half", NULL, tilt_variation, NULL), "energy 'half' needs two functions");
  tilt t = {.slope = 1};
  DO(mf_own_energy("tilt", tilt_value, tilt_variation, &t));
  MISTAKE(mf_solution_parse(&s, "test.yaml", TILTED("tlit"), NULL, NULL, 0), "did you mean 'tilt'?");
  int status = MF_OK;
  for (int i = 0; i < 64 && !status; i++) {
    char name[16];
    snprintf(name, sizeof name, "energy%d", i);
    status = mf_own_energy(name, tilt_value, tilt_variation, &t);
  }
  MISTAKE(status, "is one more than 64");
  DO(mf_own_energy("energy1", tilt_value, tilt_variation, &t));
}
END_TEST

/* A table that a program brings is a geometry like those of the library, under its name. */
START_TEST(own_geometries_are_geometries)
{
  static mf_geometry_type type;
  double mean[2];
  type = *mf_geometry_find("wasserstein");
  MISTAKE(mf_geometry_register(&type), "geometry 'wasserstein' is there already");
  type.name = "carried";
  DO(mf_geometry_register(&type));
  static const char *const texts[] = {"wasserstein", "carried"};
  for (int k = 0; k < 2; k++) {
    char text[512];
    snprintf(text, sizeof text,
             "grid: {cells: 40, box: [-2, 2]}\ninitial: {gaussian: {mean: 0.5, covariance: 0.1}}\n"
             "energy: {potential: x^2/2}\ngeometry: %s\ntime: {end: 1}\n",
             texts[k]);
    parse(text);
    DO(mf_solution_to(s, 1));
    mean[k] = value("mean_x");
  }
  ck_assert_double_eq(mean[1], mean[0]);
  ck_assert_double_eq_tol(mean[0], 0.5 * exp(-1), 0.01); /* x' = -x; h^2 is the error of the grid */
}
END_TEST

/* ---- mistakes ---- */

START_TEST(mistakes_are_told)
{
  const double *values;
  double number;
  mf_solution *none = s = NULL;
  MISTAKE(mf_solution_parse(&s, "test.yaml",
                            "grid: {cels: 3}\ninitial: 1\nenergy: kl\ngeometry: mmd\ntime: 1\n", NULL, NULL,
                            0),
          "test.yaml:1:8: error: ");
  ck_assert_ptr_null(s);
  ck_assert_int_eq(mf_solution_open(&s, scratch("nothing.yaml"), NULL, NULL, 0), MF_EFILE);
  ck_assert_ptr_null(s);
  mf_solution_free(none);

  parse(cases[0]);
  ck_assert_ptr_null(mf_solution_column(s, -1));
  MISTAKE(mf_solution_field(s, "density", &values), "go to a time first");
  MISTAKE(mf_solution_value(s, "mass", &number), "go to a time first");
  MISTAKE(mf_solution_to(s, -1e-9), "is not between 0 and the end, time.end = 0.5");
  MISTAKE(mf_solution_to(s, 0.51), "is not between 0 and the end");
  MISTAKE(mf_solution_to(s, NAN), "is not between 0 and the end");
  ck_assert_int_eq(mf_solution_rows(s), 0);
  DO(mf_solution_to(s, 0.25));
  ck_assert_int_eq(mf_solution_rows(s), 2); /* the start is the first */
  MISTAKE(mf_solution_to(s, 0.2), "before the present time, 0.25");
  MISTAKE(mf_solution_run(s, NULL, false), "has left its start");
  MISTAKE(mf_solution_field(s, "densty", &values), "did you mean 'density'?");
  MISTAKE(mf_solution_value(s, "weight", &number), "there is no column 'weight'");
  MISTAKE(mf_solution_series(s, "weight", &number), "there is no column 'weight'");

  parse("grid: {cells: 9, box: [0, 1]}\ninitial: {density: 1 + x}\n"
        "energy: {potential: x}\ngeometry: wasserstein\ntime: {end: 1}\n");
  DO(mf_solution_to(s, 0));
  MISTAKE(mf_solution_field(s, "ratio", &values), "there is no ratio without a target");
}
END_TEST

/* Every function of solver/mflow.h that takes a pointer which it needs. */
START_TEST(null_is_told)
{
  const char *const nothing[1] = {NULL};
  const double *values;
  double number, x[MF_AXES];
  void *memory;
  char *text;
  MISTAKE(mf_solution_open(NULL, "case.yaml", NULL, NULL, 0), "where the solution goes is NULL");
  MISTAKE(mf_solution_open(&s, NULL, NULL, NULL, 0), "path or name is NULL");
  MISTAKE(mf_solution_open(&s, "case.yaml", NULL, NULL, 1), "assignments is NULL");
  MISTAKE(mf_solution_open(&s, "case.yaml", NULL, nothing, 1), "assignment is NULL");
  MISTAKE(mf_solution_parse(NULL, "test.yaml", cases[0], NULL, NULL, 0), "where the solution goes is NULL");
  MISTAKE(mf_solution_parse(&s, NULL, cases[0], NULL, NULL, 0), "path or name is NULL");
  MISTAKE(mf_solution_parse(&s, "test.yaml", NULL, NULL, NULL, 0), "text is NULL");
  MISTAKE(mf_solution_parse(&s, "test.yaml", cases[0], NULL, nothing, 1), "assignment is NULL");
  ck_assert_ptr_null(s);
  MISTAKE(mf_solution_to(NULL, 0), "the solution is NULL");
  MISTAKE(mf_solution_run(NULL, NULL, false), "the solution is NULL");
  MISTAKE(mf_solution_field(NULL, "density", &values), "the solution is NULL");
  MISTAKE(mf_solution_value(NULL, "mass", &number), "the solution is NULL");
  MISTAKE(mf_solution_series(NULL, "mass", &number), "the solution is NULL");
  ck_assert(!mf_solution_grid(NULL) && !mf_solution_column(NULL, 0) && mf_solution_rows(NULL) == 0);
  ck_assert(isnan(mf_solution_time(NULL)) && isnan(mf_solution_end(NULL)));
  mf_solution_free(NULL);

  parse(cases[0]);
  DO(mf_solution_to(s, 0));
  MISTAKE(mf_solution_field(s, NULL, &values), "name is NULL");
  MISTAKE(mf_solution_field(s, "density", NULL), "where the field goes is NULL");
  MISTAKE(mf_solution_value(s, NULL, &number), "name is NULL");
  MISTAKE(mf_solution_value(s, "mass", NULL), "where the numbers go is NULL");
  MISTAKE(mf_solution_series(s, NULL, &number), "name is NULL");
  MISTAKE(mf_solution_series(s, "mass", NULL), "where the numbers go is NULL");

  ck_assert(mf_grid_dim(NULL) == 0 && mf_grid_cells(NULL) == 0 && mf_grid_axis_cells(NULL, 0) == 0);
  ck_assert(!mf_grid_axis_periodic(NULL, 0) && isnan(mf_grid_volume(NULL)));
  ck_assert(isnan(mf_grid_coordinate(NULL, 0, 0)) && isnan(mf_grid_edge(NULL, 0, 0)));
  mf_grid_centre(NULL, 0, x);
  ck_assert(isnan(x[0]) && isnan(x[1]) && isnan(x[2]));
  const mf_grid *grid = mf_solution_grid(s);
  mf_grid_centre(grid, 0, NULL);
  for (int axis = -1; axis <= MF_AXES; axis += MF_AXES + 1) {
    ck_assert(mf_grid_axis_cells(grid, axis) == 0 && !mf_grid_axis_periodic(grid, axis));
    ck_assert(isnan(mf_grid_coordinate(grid, axis, 0)) && isnan(mf_grid_edge(grid, axis, 0)));
  }

  MISTAKE(mf_objects_create(NULL, 1, 1), "is NULL");
  MISTAKE(mf_reals_create(NULL, 1), "is NULL");
  MISTAKE(mf_text_copy(NULL, "text"), "is NULL");
  MISTAKE(mf_text_copy(&text, NULL), "is NULL");
  DO(mf_objects_create(&memory, 0, 1));
  mf_release(memory);
  mf_release(NULL);
  ck_assert(!mf_ends_with(NULL, "a") && !mf_ends_with("a", NULL));
  ck_assert(!mf_nearest(NULL, nothing, 0) && !mf_nearest("a", NULL, 1));
}
END_TEST

START_TEST(the_library_is_named)
{
  int count = 0;
  while (mf_library_name(count)) {
    ck_assert(*mf_library_name(count) && *mf_library_version(count));
    count++;
  }
  ck_assert_int_ge(count, 5);
  ck_assert_str_eq(mf_library_name(0), "sundials");
  ck_assert(!mf_library_name(-1) && !mf_library_version(-1) && !mf_library_version(count + 1));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("solution");
  TCase *plain = tcase_create("solutions");
  const int count = sizeof cases / sizeof *cases;
  tcase_add_checked_fixture(plain, NULL, tear_down);
  tcase_add_checked_fixture(plain, scratch_create, scratch_remove);
  tcase_add_loop_test(plain, going_is_running, 0, count);
  tcase_add_loop_test(plain, fields_are_what_they_say, 0, count);
  tcase_add_test(plain, grids_are_described);
  tcase_add_test(plain, a_problem_is_run_once);
  tcase_add_test(plain, runs_are_written);
  tcase_add_test(plain, cases_come_from_files_with_changes);
  tcase_add_test(plain, own_energies_are_energies);
  tcase_add_test(plain, own_energies_are_replaced);
  tcase_add_test(plain, names_of_energies_are_guarded);
  tcase_add_test(plain, own_geometries_are_geometries);
  tcase_add_test(plain, mistakes_are_told);
  tcase_add_test(plain, null_is_told);
  tcase_add_test(plain, the_library_is_named);
  suite_add_tcase(suite, plain);
  return mf_run_suite(suite);
}
