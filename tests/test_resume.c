/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs that go on from a checkpoint: every number is that of a run that was never stopped, to the last bit, whatever the
 * integrator, the unknown, the dimension and the number of threads; and the checkpoint's file, whole or refused. */
#include "tests/scratch.h"

#include "grids/threads.h"
#include "io/netcdf/checkpoint.h"
#include "postproc/claims/claim.h"
#include "solver/run/resume.h"
#include "solver/run/run.h"
#include "solver/version.h"

#include <float.h>
#include <math.h>

#define GAUSSIANS1                                                                                           \
  "target: {gaussian: {mean: 0, covariance: 1}}\ninitial: {gaussian: {mean: 1, covariance: 0.5}}\n"
#define GAUSSIANS2                                                                                           \
  "target: {gaussian: {mean: [0, 0], covariance: 1}}\ninitial: {gaussian: {mean: [1, 0.5], covariance: "     \
  "0.5}}\n"
#define GAUSSIANS3                                                                                           \
  "target: {gaussian: {mean: [0, 0, 0], covariance: 1}}\n"                                                   \
  "initial: {gaussian: {mean: [0.5, 0, 0], covariance: 0.5}}\n"

/* Each integrator, each unknown, walls and periods, one cell along an axis, outputs by decay, claims about fields. */
static const char *const cases[] = {
    "grid: {cells: 61, box: [-5, 5]}\n" GAUSSIANS1 "energy: kl\ngeometry: {wasserstein: 1}\n"
    "time: {end: 60, output: 0.5, integrator: chebyshev}\noutput: {fields: {decay: 100, times: 5}}\n"
    "claims: [{density: exp(-x^2/2)/sqrt(2*pi), tolerance: 10, at: [1, 2, 25]}]\n",
    "grid: {cells: [24, 17], box: [[-5, 5], [-4, 4]], boundary: [wall, periodic]}\n"
    "target: {density: exp(-x^2/2)*(1.5 + cos(pi*y/4))}\ninitial: {gaussian: {mean: [1, 0.5], covariance: "
    "0.5}}\n"
    "energy: kl\ngeometry: {wasserstein: 1, hellinger: 1}\ntime: {start: 0.75, end: 20, output: 1, "
    "integrator: "
    "splitting}\n"
    "output: {fields: 4}\n",
    "grid: {cells: 40, box: [-5, 5]}\n" GAUSSIANS1
    "energy: kl\ngeometry: {wasserstein: 1, spherical_hellinger: 1}\n"
    "time: {end: 10, output: {decay: 2, times: 0.7}, integrator: splitting, rtol: 1e-5}\noutput: {fields: "
    "{decay: 10}}\n",
    "grid: {cells: 80, box: [-5, 5]}\n" GAUSSIANS1
    "energy: kl\ngeometry: {wasserstein: 1}\ncoordinate: deviation\n"
    "time: {end: 110, output: {decay: 1000, times: 10}, integrator: bdf, checkpoint: 40}\n",
    "grid: {cells: [20, 19], box: [[-5, 5], [-4, 4]], boundary: [wall, periodic]}\n"
    "target: {density: exp(-x^2/2)*(1.5 + cos(pi*y/4))}\ninitial: {gaussian: {mean: [1, 0.5], covariance: "
    "0.5}}\n"
    "energy: kl\ngeometry: {wasserstein: 1, hellinger: 1}\ncoordinate: log\n"
    "time: {end: 20, output: 1, integrator: bdf, checkpoint: 25}\noutput: {fields: {decay: 100}}\n"
    "claims: [{quantity: kl, bound: exp(-t)}]\n",
    "grid: {cells: [10, 1, 9], box: [[-4, 4], [0, 1], [-4, 4]]}\n"
    "target: {density: exp(-x^2/2 - z^2/2)}\ninitial: {density: \"exp(-(x - 1)^2 - z^2)\"}\nenergy: "
    "kl\ngeometry: {wasserstein: 1}\n"
    "time: {end: 4, output: 0.5, integrator: bdf, checkpoint: 20}\n",
    "grid: {cells: [9, 8, 7], box: [[-4, 4], [-4, 4], [-4, 4]]}\n" GAUSSIANS3
    "energy: kl\ngeometry: {wasserstein: 1, hellinger: 0.5}\ntime: {end: 4, output: 0.5, integrator: bdf, "
    "checkpoint: 20}\n",
    "grid: {cells: [16, 15], box: [[-5, 5], [-5, 5]]}\n" GAUSSIANS2
    "energy: {mmd: {kernel: gaussian, bandwidth: 2}}\ngeometry: {wasserstein: 1, mmd: 1}\n"
    "time: {end: 210, output: 15, integrator: adams, checkpoint: 150}\noutput: {fields: {decay: 1e40}}\n",
    "grid: {cells: 60, box: [-3, 3]}\ninitial: {density: \"max(1 - x^2, 0)\"}\nenergy: {internal: {m: 2}}\n"
    "geometry: {wasserstein: 1}\ntime: {end: 2, output: 0.05, checkpoint: 20}\n",
    "grid: {cells: 60, box: [-5, 5]}\n" GAUSSIANS1
    "energy: {divergence: {p: 0.5}}\ngeometry: {hellinger: 1}\n"
    "time: {end: 20, output: 0.5, checkpoint: 15, rescale: false}\n",
    "grid: {cells: 30, box: [-5, 5]}\ntarget: {gaussian: {mean: 0, covariance: 1}, mass: 1e-200}\n"
    "initial: {gaussian: {mean: 1, covariance: 0.5}, mass: 1e-200}\nenergy: {mmd: {kernel: gaussian, "
    "bandwidth: 2}}\n"
    "geometry: {mmd: 1}\ntime: {end: 5, output: 0.5, integrator: adams, checkpoint: 15, rescale: false}\n",
};
enum { CASES = sizeof cases / sizeof *cases, PLACES = 4, OUTPUTS = 4096 };

/* ---- a run, seen from outside ---- */

typedef struct {
  mf_problem *problem;
  mf_claims *claims;
  mf_history *history;
  unsigned long long field[OUTPUTS]; /* what is seen of the fields at each output */
  int rows_before;                   /* outputs that were made before the run went on */
  const char *prefix;                /* of the checkpoints to be kept, or NULL */
  bool exact;                        /* at places where nothing is lost; else at others */
  int places, kept;
} watched;

static unsigned long long hash_of(unsigned long long hash, const double *values, ptrdiff_t count)
{
  const unsigned char *bytes = (const unsigned char *)values;
  for (size_t i = 0; i < (size_t)count * sizeof *values; i++) hash = (hash ^ bytes[i]) * 0x100000001b3ull;
  return hash;
}

static int on_output(void *self, const mf_output *m)
{
  watched *w = self;
  const int row = mf_history_rows(w->history) - 1;
  const mf_state *s = m->report->state;
  ck_assert_int_lt(row, OUTPUTS);
  w->field[row] = hash_of(hash_of(m->purpose, s->density, s->grid->cells), m->report->xi, s->grid->cells);
  return MF_OK;
}

/* The places 0, 1, 3, 7. */
static int on_place(void *self, mf_runner *r, const mf_place *place)
{
  watched *w = self;
  char name[32];
  if (!w->prefix || place->exact != w->exact || place->finished) return MF_OK;
  if (w->places++ != (1 << w->kept) - 1 || w->kept == PLACES) return MF_OK;
  snprintf(name, sizeof name, "%s_%d.nc", w->prefix, w->kept++);
  mf_checkpoint *c;
  DO(mf_checkpoint_create(&c));
  DO(mf_runner_save(r, c));
  DO(mf_checkpoint_write(c, scratch(name)));
  mf_checkpoint_free(c);
  return MF_OK;
}

static watched *run(const char *text, const char *change, int threads, const char *prefix, bool exact,
                    const mf_checkpoint *from)
{
  watched *w = calloc(1, sizeof *w);
  mf_case *source;
  mf_threads_set(threads);
  w->prefix = prefix;
  w->exact = exact;
  DO(mf_case_parse(&source, "case.yaml", text));
  DO(mf_case_choose_variant(source, NULL));
  if (change) DO(mf_case_set(source, change));
  DO(mf_problem_create(&w->problem, source));
  DO(mf_claims_create(&w->claims, w->problem));
  DO(mf_run_history(w->problem, &w->history));
  DO(mf_claims_record(w->claims, w->history));
  const mf_observer observers[] = {mf_claims_observer(w->claims),
                                   {.self = w, .on_output = on_output, .on_place = on_place}};
  if (from) w->rows_before = (int)(mf_checkpoint_count(from, "history") / mf_history_columns(w->history));
  DO(mf_run_on(w->problem, w->history, observers, 2, NULL, from));
  DO(mf_claims_judge(w->claims, w->history));
  return w;
}

static void discard(watched *w)
{
  mf_claims_free(w->claims);
  mf_history_free(w->history);
  mf_problem_free(w->problem);
  free(w);
}

static void same_bits(double a, double b, int row, const char *column)
{
  ck_assert_msg(!memcmp(&a, &b, sizeof a), "row %d, %s: %.17g instead of %.17g", row, column, b, a);
}

static void same_run(const watched *whole, const watched *rest)
{
  const int rows = mf_history_rows(whole->history), columns = mf_history_columns(whole->history);
  ck_assert_int_eq(mf_history_rows(rest->history), rows);
  ck_assert_int_eq(mf_history_columns(rest->history), columns);
  for (int i = 0; i < rows; i++)
    for (int k = 0; k < columns; k++)
      same_bits(mf_history_value(whole->history, i, k), mf_history_value(rest->history, i, k), i,
                mf_history_column(whole->history, k)->name);
  for (int i = rest->rows_before; i < rows; i++)
    ck_assert_msg(whole->field[i] == rest->field[i], "fields of row %d", i);
  for (int i = 0; i < mf_claims_count(whole->claims); i++) {
    const mf_verdict *a = mf_claims_verdict(whole->claims, i), *b = mf_claims_verdict(rest->claims, i);
    ck_assert_int_eq(a->finding, b->finding);
    same_bits(a->measured, b->measured, i, "claim: measured");
    same_bits(a->worst_time, b->worst_time, i, "claim: worst time");
    same_bits(a->first_time, b->first_time, i, "claim: first time");
  }
}

/* From a place in the middle on, with another number of threads. */
START_TEST(a_run_goes_on_to_the_last_bit)
{
  watched *whole = run(cases[_i], NULL, 1, "place", true, NULL);
  ck_assert_int_ge(whole->kept, 2);
  for (int k = 0; k < whole->kept; k++) {
    char name[32];
    mf_checkpoint *from;
    snprintf(name, sizeof name, "place_%d.nc", k);
    DO(mf_checkpoint_read(&from, scratch(name)));
    watched *rest = run(cases[_i], NULL, 1 + k % 2, NULL, true, from);
    same_run(whole, rest);
    discard(rest);
    mf_checkpoint_free(from);
  }
  discard(whole);
}
END_TEST

/* The depths that the cases above have: a decay goes on where it was, however little is left. */
START_TEST(deep_decays_go_on)
{
  static const int deep[] = {0, 3, 7};
  static const double least[] = {1e-45, 1e-45, 1e-180}; /* F = MMD^2/2 in the last */
  watched *whole = run(cases[deep[_i]], NULL, 1, NULL, true, NULL);
  const int last = mf_history_rows(whole->history) - 1;
  const double end = mf_history_value(whole->history, last, mf_history_find(whole->history, "energy"));
  ck_assert_msg(end > 0 && end < least[_i], "F = %g", end);
  discard(whole);
}
END_TEST

/* Between two places CVODE begins anew: what follows is within what its tolerance lets it err over the run.  Local errors of 1e-6
 * that do not grow, in some hundred steps, stay below 1e-3. */
START_TEST(between_places_to_the_tolerances)
{
  static const int some[] = {3, 4, 6, 8};
  const char *text = cases[some[_i]];
  watched *whole = run(text, NULL, 1, "loose", false, NULL);
  ck_assert_int_eq(whole->kept, PLACES);
  mf_checkpoint *from;
  DO(mf_checkpoint_read(&from, scratch("loose_3.nc")));
  watched *rest = run(text, NULL, 1, NULL, true, from);
  const int energy = mf_history_find(whole->history, "energy");
  double most = 0;
  ck_assert_int_eq(mf_history_rows(whole->history), mf_history_rows(rest->history));
  for (int i = 0; i < mf_history_rows(whole->history); i++) {
    const double a = mf_history_value(whole->history, i, energy),
                 b = mf_history_value(rest->history, i, energy);
    most = fmax(most, fabs(b / a - 1));
  }
  ck_assert_msg(most > 0 && most < 1e-3, "relative difference %g", most);
  mf_checkpoint_free(from);
  discard(rest);
  discard(whole);
}
END_TEST

/* A shorter run, prolonged: the series and the splitting step from output to output, and end on one. */
START_TEST(a_finished_run_is_prolonged)
{
  static const char *const ends[] = {"time.end=30", "time.end=8.75"};
  watched *whole = run(cases[_i], NULL, 1, NULL, true, NULL);
  const char *text = cases[_i];
  mf_checkpoint *c, *from;
  DO(mf_checkpoint_create(&c));
  mf_case *source;
  DO(mf_case_parse(&source, "case.yaml", text));
  DO(mf_case_choose_variant(source, NULL));
  DO(mf_case_set(source, ends[_i]));
  mf_problem *p;
  mf_claims *claims;
  mf_history *h;
  mf_runner *r;
  DO(mf_problem_create(&p, source));
  DO(mf_claims_create(&claims, p));
  DO(mf_run_history(p, &h));
  DO(mf_claims_record(claims, h));
  const mf_observer observer = mf_claims_observer(claims);
  DO(mf_runner_create(&r, p, h, &observer, 1, NULL));
  DO(mf_runner_finish(r));
  DO(mf_runner_save(r, c));
  DO(mf_checkpoint_write(c, scratch("end.nc")));
  mf_checkpoint_free(c);
  mf_runner_free(r);
  mf_history_free(h);
  mf_claims_free(claims);
  mf_problem_free(p);
  DO(mf_checkpoint_read(&from, scratch("end.nc")));
  watched *rest = run(text, NULL, 1, NULL, true, from);
  same_run(whole, rest);
  mf_checkpoint_free(from);
  discard(rest);
  discard(whole);
}
END_TEST

/* A flow does not know what time it is: one that begins at another time is the same, to the last bit where sums of times are exact. */
START_TEST(a_run_may_begin_at_another_time)
{
  static const char text[] = "grid: {cells: 61, box: [-5, 5]}\n" GAUSSIANS1
                             "energy: kl\ngeometry: {wasserstein: 1%s}\ntime: {start: %g, end: %g, output: "
                             "0.25, integrator: %s}\noutput: {fields: 0.25}\n"
                             "claims: [{quantity: kl, bound: exp(-2*(t - %g))}]\n";
  static const char *const by[] = {"chebyshev", "splitting", "bdf", "adams"};
  char early[512], late[512];
  const char *more = _i == 1 ? ", hellinger: 1" : "";
  snprintf(early, sizeof early, text, more, 0.0, 2.0, by[_i], 0.0);
  snprintf(late, sizeof late, text, more, 0.5, 2.5, by[_i], 0.5);
  watched *a = run(early, NULL, 1, NULL, true, NULL), *b = run(late, NULL, 1, NULL, true, NULL);
  const int energy = mf_history_find(a->history, "energy"), rows = mf_history_rows(a->history);
  ck_assert_int_eq(rows, 9);
  ck_assert_int_eq(mf_history_rows(b->history), rows);
  for (int i = 0; i < rows; i++) {
    const double f = mf_history_value(a->history, i, energy), g = mf_history_value(b->history, i, energy);
    same_bits(mf_history_value(a->history, i, 0) + 0.5, mf_history_value(b->history, i, 0), i, "time");
    if (_i == 0) same_bits(f, g, i, "energy");
    ck_assert_double_le(fabs(g / f - 1),
                        1e-4); /* steps are rounded otherwise, within its tolerance of 1e-6 each */
  }
  ck_assert_int_eq(mf_claims_verdict(b->claims, 0)->finding, mf_claims_verdict(a->claims, 0)->finding);
  discard(a);
  discard(b);
}
END_TEST

/* ---- whose checkpoint it is ---- */

/* A checkpoint that says this of itself, of the first case. */
static int check_told(const char *version, const char *integrator, double time)
{
  mf_checkpoint *c, *back;
  mf_case *source;
  mf_problem *p;
  DO(mf_checkpoint_create(&c));
  DO(mf_checkpoint_put_text(c, "source", "mflow"));
  DO(mf_checkpoint_put_text(c, "version", version));
  DO(mf_checkpoint_put_text(c, "git_commit", mf_git_id()));
  DO(mf_checkpoint_put_text(c, "coordinate", "deviation"));
  DO(mf_checkpoint_put_text(c, "integrator", integrator));
  DO(mf_checkpoint_put_text(c, "case_yaml", cases[0]));
  DO(mf_checkpoint_put_number(c, "time", time));
  DO(mf_checkpoint_write(c, scratch("told.nc")));
  mf_checkpoint_free(c);
  DO(mf_checkpoint_read(&back, scratch("told.nc")));
  DO(mf_case_parse(&source, "case.yaml", cases[0]));
  DO(mf_case_choose_variant(source, NULL));
  DO(mf_problem_create(&p, source));
  const int status = mf_resume_check(p, back);
  mf_problem_free(p);
  mf_checkpoint_free(back);
  return status;
}

START_TEST(a_checkpoint_of_another_program_is_refused)
{
  DO(check_told(mf_version(), "chebyshev", 3));
  REFUSED(check_told("0.0.1", "chebyshev", 3), "told.nc", "mflow 0.0.1 has written it, and this is");
  REFUSED(check_told(mf_version(), "euler", 3), "told.nc", "there is no integrator 'euler'");
  ck_assert_int_eq(check_told(mf_version(), "chebyshev", 61), MF_ECASE);
}
END_TEST

/* ---- the file ---- */

static const double odd[] = {0.0, -0.0, INFINITY, -INFINITY, DBL_MIN, 4.9e-324, DBL_MAX, 0.1, -1e-300, NAN};
enum { ODD = sizeof odd / sizeof *odd };

static void write_small(const char *path, double first)
{
  mf_checkpoint *c;
  DO(mf_checkpoint_create(&c));
  DO(mf_checkpoint_put(c, "odd", odd, ODD));
  DO(mf_checkpoint_put_number(c, "first", first));
  DO(mf_checkpoint_put(c, "nothing", NULL, 0));
  DO(mf_checkpoint_put_text(c, "text", "two\nlines, and fnv1a64:0123456789abcdef"));
  DO(mf_checkpoint_put_text(c, "empty", ""));
  DO(mf_checkpoint_write(c, path));
  mf_checkpoint_free(c);
}

START_TEST(a_checkpoint_reads_back_to_the_last_bit)
{
  mf_checkpoint *c;
  double values[ODD], first;
  write_small(scratch("small.nc"), 7);
  write_small(scratch("small.nc"), 8); /* over the one before */
  DO(mf_checkpoint_read(&c, scratch("small.nc")));
  DO(mf_checkpoint_get(c, "odd", values, ODD));
  ck_assert_int_eq(memcmp(values, odd, sizeof odd), 0);
  DO(mf_checkpoint_get_number(c, "first", &first));
  ck_assert_double_eq(first, 8);
  ck_assert_str_eq(mf_checkpoint_text(c, "text"), "two\nlines, and fnv1a64:0123456789abcdef");
  ck_assert_str_eq(mf_checkpoint_text(c, "empty"), "");
  ck_assert_str_eq(mf_checkpoint_text(c, "odd"), "");
  ck_assert_int_eq(mf_checkpoint_count(c, "text"), -1);
  REFUSED(mf_checkpoint_get(c, "odd", values, ODD - 1), "small.nc", "numbers 'odd' instead of");
  REFUSED(mf_checkpoint_get_number(c, "none", &first), "small.nc", "numbers 'none' instead of");
  mf_checkpoint_free(c);
}
END_TEST

static unsigned char *bytes_of(const char *path, size_t *size)
{
  FILE *in = fopen(path, "rb");
  ck_assert_ptr_nonnull(in);
  fseek(in, 0, SEEK_END);
  *size = (size_t)ftell(in);
  rewind(in);
  unsigned char *bytes = malloc(*size);
  ck_assert_uint_eq(fread(bytes, 1, *size, in), *size);
  fclose(in);
  return bytes;
}

static void put_bytes(const char *path, const unsigned char *bytes, size_t size)
{
  FILE *out = fopen(path, "wb");
  ck_assert_ptr_nonnull(out);
  ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
  ck_assert_int_eq(fclose(out), 0);
}

/* A change of any byte, and any length but its own. */
START_TEST(damage_anywhere_is_seen)
{
  mf_checkpoint *c;
  size_t size;
  const char *path = scratch("small.nc");
  write_small(path, 7);
  unsigned char *bytes = bytes_of(path, &size);
  for (size_t i = 0; i < size; i++) {
    bytes[i] ^= (unsigned char)(1 << i % 8);
    put_bytes(path, bytes, size);
    ck_assert_msg(mf_checkpoint_read(&c, path) == MF_EFILE, "byte %zu of %zu", i, size);
    bytes[i] ^= (unsigned char)(1 << i % 8);
  }
  for (size_t length = 0; length < size; length++) {
    put_bytes(path, bytes, length);
    ck_assert_msg(mf_checkpoint_read(&c, path) == MF_EFILE, "%zu bytes of %zu", length, size);
  }
  bytes = realloc(bytes, size + 1);
  bytes[size] = 0;
  put_bytes(path, bytes, size + 1);
  REFUSED(mf_checkpoint_read(&c, path), "small.nc", "damaged");
  free(bytes);
}
END_TEST

START_TEST(what_is_no_checkpoint_is_refused)
{
  mf_checkpoint *c;
  int file;
  REFUSED(mf_checkpoint_read(&c, scratch("none.nc")), "none.nc", "cannot open it: No such file");
  REFUSED(mf_checkpoint_read(&c, scratch_directory), scratch_directory, "this is no checkpoint");
  write_text(scratch("text.nc"), "CDF\5 and fnv1a64:0123456789abcdef");
  REFUSED(mf_checkpoint_read(&c, scratch("text.nc")), "text.nc", "damaged");
  NC(nc_create(scratch("other.nc"), NC_CLOBBER | NC_64BIT_DATA, &file));
  NC(nc_put_att_text(file, NC_GLOBAL, "title", 5, "other"));
  NC(nc_close(file));
  REFUSED(mf_checkpoint_read(&c, scratch("other.nc")), "other.nc", "this is no checkpoint of a run");
  ck_assert_int_eq(mkfifo(scratch("fifo.nc"), 0600), 0);
  REFUSED(mf_checkpoint_read(&c, scratch("fifo.nc")), "fifo.nc", "this is no checkpoint");
}
END_TEST

/* Where a new one cannot be written the old one stays, and nothing else. */
START_TEST(the_old_one_stays)
{
  mf_checkpoint *c, *back;
  double first;
  const char *path = scratch("small.nc");
  write_small(path, 7);
  DO(mf_checkpoint_create(&c));
  DO(mf_checkpoint_put(c, "no/name", odd, ODD));
  REFUSED(mf_checkpoint_write(c, path), "small.nc", "cannot define");
  REFUSED(mf_checkpoint_write(c, scratch("no/folder.nc")), "no/folder.nc", "cannot create it");
  mf_checkpoint_free(c);
  DO(mf_checkpoint_read(&back, path));
  DO(mf_checkpoint_get_number(back, "first", &first));
  ck_assert_double_eq(first, 7);
  mf_checkpoint_free(back);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(rmdir(scratch_directory), 0);
  scratch_create();
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("resume");
  TCase *runs = tcase_create("runs"), *file = tcase_create("file");
  tcase_add_checked_fixture(runs, scratch_create, scratch_remove);
  tcase_add_checked_fixture(file, scratch_create, scratch_remove);
  tcase_add_loop_test(runs, a_run_goes_on_to_the_last_bit, 0, CASES);
  tcase_add_loop_test(runs, deep_decays_go_on, 0, 3);
  tcase_add_loop_test(runs, between_places_to_the_tolerances, 0, 4);
  tcase_add_loop_test(runs, a_finished_run_is_prolonged, 0, 2);
  tcase_add_loop_test(runs, a_run_may_begin_at_another_time, 0, 4);
  tcase_add_test(runs, a_checkpoint_of_another_program_is_refused);
  tcase_add_test(file, a_checkpoint_reads_back_to_the_last_bit);
  tcase_add_test(file, damage_anywhere_is_seen);
  tcase_add_test(file, what_is_no_checkpoint_is_refused);
  tcase_add_test(file, the_old_one_stays);
  suite_add_tcase(suite, runs);
  suite_add_tcase(suite, file);
  return mf_run_suite(suite);
}
