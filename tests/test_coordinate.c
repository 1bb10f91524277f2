/* SPDX-License-Identifier: BSD-3-Clause */
/* The unknown that is integrated: which one a flow takes, which can be asked for, and where vacuum is refused. */
#include "tests/flows.h"

typedef enum { PLAIN, HOLED, THIN } start_kind;

static mf_measure *start_measure(const mf_measure *pi, start_kind kind)
{
  const mf_grid *grid = pi->grid;
  mf_measure *m = empty_measure(grid);
  double *l = random_field(grid->cells, 400);
  for (ptrdiff_t c = 0; c < grid->cells; c++) l[c] += pi->log_density[c];
  if (kind == HOLED) l[3] = -INFINITY;
  if (kind == THIN) l[3] -= 500;
  DO(mf_measure_set_log_density(m, l));
  DO(mf_measure_normalise(m, 1));
  return m;
}

START_TEST(coordinate_follows_from_the_traits)
{
  static const struct {
    const char *energy, *geometry;
    start_kind start;
    mf_coordinate_kind kind;
    double exponent;
    bool stiff;
  } rows[] = {
      {"kl", "wasserstein", PLAIN, MF_DEVIATION, 0, true},
      {"kl", "wasserstein", HOLED, MF_DEVIATION, 0, true},
      {"chi2", "wasserstein", HOLED, MF_DEVIATION, 0, true},
      {"mmd", "wasserstein", HOLED, MF_DEVIATION, 0, false},
      {"mmd", "wasserstein + mmd", HOLED, MF_DEVIATION, 0, false},
      {"mmd", "hellinger", PLAIN, MF_DEVIATION, 0, false},
      {"kl + mmd", "wasserstein", PLAIN, MF_DEVIATION, 0, true},
      {"inclusive_kl", "wasserstein", HOLED, MF_LOG, 0, true},
      {"hellinger", "wasserstein + hellinger", HOLED, MF_LOG, 0, true},
      {"kl + hellinger", "wasserstein", PLAIN, MF_LOG, 0, true},
      {"kl", "hellinger", PLAIN, MF_LOG, 0, false},
      {"kl", "hellinger", THIN, MF_LOG, 0, false},
      {"kl", "hellinger", HOLED, MF_DEVIATION, 0, true},
      {"kl", "spherical_hellinger", PLAIN, MF_LOG, 0, false},
      {"kl", "wasserstein + hellinger", PLAIN, MF_LOG, 0, true},
      {"kl", "wasserstein + hellinger", HOLED, MF_LOG, 0, true},
      {"chi2", "wasserstein + hellinger", HOLED, MF_DEVIATION, 0, true},
      {"kl", "wasserstein + hellinger coefficient=0", PLAIN, MF_DEVIATION, 0, true},
      {"kl", "wasserstein coefficient=0 + hellinger", PLAIN, MF_LOG, 0, false},
      {"hellinger", "hellinger", PLAIN, MF_POWER, 0.5, false},
      {"hellinger", "hellinger", HOLED, MF_POWER, 0.5, false},
      {"inclusive_kl", "hellinger", HOLED, MF_POWER, 1, false},
      {"divergence p=-1", "hellinger", THIN, MF_POWER, 2, false},
      {"chi2", "hellinger", PLAIN, MF_POWER, -1, false},
      {"chi2", "hellinger", HOLED, MF_DEVIATION, 0, true},
      {"chi2", "hellinger", THIN, MF_LOG, 0, true},
      {"divergence p=3", "hellinger", THIN, MF_LOG, 0, true},
      {"kl + chi2", "hellinger", PLAIN, MF_LOG, 0, true},
  };
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 401);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    at("%s in %s, start %d", rows[i].energy, rows[i].geometry, rows[i].start);
    const mf_measure *m = start_measure(pi, rows[i].start);
    mf_flow *flow = flow_make(&grid, pi, m, NULL, rows[i].energy, rows[i].geometry);
    const mf_coordinate *q = mf_flow_coordinate(flow);
    const char *reason = NULL;
    ck_assert_msg(q->kind == rows[i].kind, "%s: %s", here, mf_coordinate_names[q->kind]);
    HOLDS(q->exponent == rows[i].exponent && q->reason && *q->reason);
    HOLDS(mf_flow_stiff(flow, &reason) == rows[i].stiff && reason && *reason);
    double *v = reals(grid.cells), *rate = reals(grid.cells);
    DO(mf_flow_start(flow, m, v)); /* what was chosen can hold the start */
    DO(mf_flow_rate(flow, v, rate));
  }
}
END_TEST

START_TEST(coordinates_can_be_asked_for)
{
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 402), *m = start_measure(pi, PLAIN);
  for (int kind = MF_DENSITY; mf_coordinate_names[kind]; kind++) {
    mf_flow *flow = flow_make(&grid, pi, m, mf_coordinate_names[kind], "hellinger", "hellinger");
    ck_assert_int_eq((int)mf_flow_coordinate(flow)->kind, kind);
    ck_assert_int_eq(mf_coordinate_relative(mf_flow_coordinate(flow)), kind == MF_LOG || kind == MF_POWER);
  }
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "kl", "hellinger"), "polar", m), "no coordinate 'polar'");
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "kl", "hellinger"), "power", m), "other than 1");
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "mmd", "hellinger"), "power", m), "power");
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "chi2 + hellinger", "hellinger"), "power", m), "power");
}
END_TEST

START_TEST(vacuum_is_refused_where_there_is_none)
{
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 403), *m = start_measure(pi, HOLED);
  static const struct {
    const char *energy, *coordinate;
    bool refused;
  } rows[] = {{"kl", "log", true},         {"chi2", "log", true},         {"chi2", "power", true},
              {"hellinger", "log", false}, {"hellinger", "power", false}, {"inclusive_kl", "log", false},
              {"kl", "deviation", false},  {"kl", "density", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    mf_flow *flow = flow_make(&grid, pi, m, rows[i].coordinate, rows[i].energy, "hellinger");
    double *v = reals(grid.cells);
    at("%s in %s", rows[i].energy, rows[i].coordinate);
    if (rows[i].refused)
      REFUSES(mf_flow_start(flow, m, v), "at (0.291667),");
    else
      DO(mf_flow_start(flow, m, v));
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("coordinate");
  TCase *all = tcase_create("coordinate");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, coordinate_follows_from_the_traits);
  tcase_add_test(all, coordinates_can_be_asked_for);
  tcase_add_test(all, vacuum_is_refused_where_there_is_none);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
