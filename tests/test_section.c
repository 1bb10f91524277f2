/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections of a case by a table of parameters: fallbacks, values of every kind, and mistakes where they stand. */
#include "tests/case.h"

#include "io/language/section.h"

#include <math.h>
#include <stddef.h>

typedef struct {
  double width, ratio, limit;
  long cells;
  bool on, off;
  const char *name;
  int boundary;
  mf_reals box, weights;
  const mf_node *part;
} options;

static const char *const boundaries[] = {"wall", "periodic", NULL};

static const mf_param rows[] = {
    {"width", MF_REAL, offsetof(options, width), .fallback = 0.25},
    {"ratio", MF_REAL, offsetof(options, ratio), .fallback = 0.5, .min = 0, .max = 1},
    {"limit", MF_REAL, offsetof(options, limit), .fallback = 1, .min = 0, .max = HUGE_VAL},
    {"cells", MF_COUNT, offsetof(options, cells), .fallback = 8, .min = 1, .max = 4096},
    {"on", MF_FLAG, offsetof(options, on), .fallback = 1},
    {"off", MF_FLAG, offsetof(options, off), .fallback = 0},
    {"name", MF_TEXT, offsetof(options, name), .doc = "any"},
    {"boundary", MF_CHOICE, offsetof(options, boundary), .fallback = 1, .choices = boundaries},
    {"box", MF_REALS, offsetof(options, box), .fallback = 3},
    {"weights", MF_REALS, offsetof(options, weights), .fallback = NAN, .min = -1, .max = HUGE_VAL},
    {"part", MF_NODE, offsetof(options, part), .doc = "any"},
};
static const mf_param_table table = MF_PARAM_TABLE(rows, options);

static int read_section(const char *text, options *o)
{
  return mf_section_read(first_value(text), "grid", &table, scope, o);
}

START_TEST(absent_keys_fall_back)
{
  options o;
  memset(&o, 0xFF, sizeof o);
  DO(mf_section_read(NULL, "grid", &table, scope, &o));
  ck_assert_double_eq(o.width, 0.25);
  ck_assert_int_eq(o.cells, 8);
  ck_assert(o.on && !o.off);
  ck_assert_ptr_null(o.name);
  ck_assert_ptr_null(o.part);
  ck_assert_int_eq(o.boundary, 1);
  ck_assert_int_eq(o.box.count, 1);
  ck_assert_double_eq(o.box.value[0], 3);
  ck_assert_int_eq(o.weights.count, 0);
  DO(read_section("grid:\n", &o));
  DO(read_section("grid: {}\n", &o));
  ck_assert_double_eq(o.ratio, 0.5);
}
END_TEST

START_TEST(values_are_read_by_kind)
{
  options o;
  DO(read_section(
      "grid:\n  width: -2*alpha^2\n  ratio: 1e-3\n  limit: .inf\n  cells: 2^6\n  on: false\n  off: True\n"
      "  name: \"a b\"\n  boundary: wall\n  box: [[-8, alpha], [0.5, +1e2]]\n  weights: alpha\n"
      "  part: [x]\n",
      &o));
  ck_assert_double_eq(o.width, -8);
  ck_assert_double_eq(o.ratio, 1e-3);
  ck_assert_double_eq(o.limit, HUGE_VAL);
  ck_assert_int_eq(o.cells, 64);
  ck_assert(!o.on && o.off);
  ck_assert_str_eq(o.name, "a b");
  ck_assert_int_eq(o.boundary, 0);
  ck_assert_int_eq(o.box.count, 4);
  const double box[] = {-8, 2, 0.5, 100};
  for (int i = 0; i < 4; i++) ck_assert_double_eq(o.box.value[i], box[i]);
  ck_assert_int_eq(o.weights.count, 1);
  ck_assert_double_eq(o.weights.value[0], 2);
  ck_assert_ptr_eq(o.part, at("grid.part"));
  DO(read_section("grid: {cells: 10*0.3, box: []}\n", &o));
  ck_assert_int_eq(o.cells, 3);
  ck_assert_int_eq(o.box.count, 0);
}
END_TEST

START_TEST(a_single_value_is_the_first_key)
{
  options o;
  DO(read_section("grid: 3*alpha\n", &o));
  ck_assert_double_eq(o.width, 6);
  ck_assert_double_eq(o.ratio, 0.5);
  WRONG(read_section("grid: [1]\n", &o),
        "case.yaml:1:7: error: grid needs keys with values here\ngrid: [1]\n      ^");
  const mf_param_table empty = {NULL, 0, 1};
  char nothing;
  parse("kl: {a: 1}\nhk: 3\nw:\n");
  WRONG(mf_section_read(at("kl"), "kl", &empty, scope, &nothing),
        "case.yaml:1:6: error: unknown key 'a': kl takes none\nkl: {a: 1}\n     ^");
  WRONG(mf_section_read(at("hk"), "hk", &empty, scope, &nothing),
        "case.yaml:2:5: error: hk takes no value\nhk: 3\n    ^");
  DO(mf_section_read(at("w"), "w", &empty, scope, &nothing));
}
END_TEST

START_TEST(wrong_values_are_located)
{
  const struct {
    const char *line, *place, *message; /* of the second line; the caret stands in the column of the place */
  } wrong[] = {
      {"  wdth: 3", "3", "unknown key 'wdth' in grid; did you mean 'width'?"},
      {"  spacing: 3", "3",
       "unknown key 'spacing' in grid; choose from: width, ratio, limit, cells, on, off, name, boundary, "
       "box, weights, "
       "part"},
      {"  width: [1]", "10", "'width' must be a number, not a list"},
      {"  width: {a: 1}", "10", "'width' must be a number, not a section"},
      {"  width:", "3", "'width' must be a number, not empty"},
      {"  width: inf", "10", "'width' must be finite"},
      {"  limit: -.inf", "10", "'limit' must be finite"},
      {"  limit: 1/0", "10", "value inf"},
      {"  width: alpah", "10", "unknown name 'alpah'; did you mean 'alpha'?"},
      {"  width: 1 + x", "14", "x is not known here: this must be a fixed number"},
      {"  width: 0x10", "11", "an operator is missing between '0' and 'x10'"},
      {"  ratio: 1.5", "10", "'ratio' must lie between 0 and 1; it is 1.5"},
      {"  ratio: \"1-alpha\"", "10", "'ratio' must lie between 0 and 1; it is -1"},
      {"  limit: -1", "10", "'limit' must be at least 0; it is -1"},
      {"  cells: 2.5", "10", "'cells' must be a whole number; it is 2.5"},
      {"  cells: 0", "10", "'cells' must lie between 1 and 4096; it is 0"},
      {"  cells: inf", "10", "'cells' must be finite"},
      {"  on: yes", "7", "'on' must be true or false, not 'yes'"},
      {"  on: 'true'", "7", "'on' must be true or false without quotes"},
      {"  on: [true]", "7", "'on' must be true or false, not a list"},
      {"  name: [a]", "9", "'name' must be a text, not a list"},
      {"  boundary: walls", "13", "'boundary' cannot be 'walls'; did you mean 'wall'?"},
      {"  boundary: open", "13", "'boundary' cannot be 'open'; choose from: wall, periodic"},
      {"  box: [1, [2]]", "12", "'box' mixes numbers and lists"},
      {"  box: [[1, 2], [3]]", "17", "'box' has rows of different length: 1 here, 2 in the first"},
      {"  box: [1, {a: 2}]", "12", "'box' must be a list of numbers, not a section"},
      {"  box:", "3", "'box' must be a list of numbers, not empty"},
      {"  weights: [1, -2]", "16", "'weights' must be at least -1; it is -2"},
      {"  weights: [1, inf]", "16", "'weights' must be finite"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char text[128], message[512];
    options o;
    snprintf(text, sizeof text, "grid:\n%s\n", wrong[i].line);
    snprintf(message, sizeof message, "case.yaml:2:%s: error: %s\n%s\n%*s^", wrong[i].place, wrong[i].message,
             wrong[i].line, atoi(wrong[i].place) - 1, "");
    WRONG(read_section(text, &o), message);
  }
}
END_TEST

START_TEST(lists_may_be_full_but_not_longer)
{
  char text[512] = "grid: {box: [";
  options o;
  for (int i = 0; i < MF_REALS_MAX - 1; i++) strcat(text, "1, ");
  strcat(text, "7");
  char *end = text + strlen(text);
  strcpy(end, "]}\n");
  DO(read_section(text, &o));
  ck_assert_int_eq(o.box.count, MF_REALS_MAX);
  ck_assert_double_eq(o.box.value[MF_REALS_MAX - 1], 7);
  strcpy(end, ", 8]}\n");
  ck_assert_int_eq(read_section(text, &o), MF_ECASE);
  ck_assert_ptr_nonnull(strstr(mf_error(), ":122: error: 'box' is too long: there may be 36 numbers\n"));
}
END_TEST

START_TEST(required_keys_are_asked_for)
{
  typedef struct {
    double a, b;
  } pair;
  const mf_param both[] = {{"a", MF_REAL, offsetof(pair, a), .required = true, .doc = "first of the two"},
                           {"b", MF_REAL, offsetof(pair, b), .required = true}};
  const mf_param_table required = MF_PARAM_TABLE(both, pair);
  pair p;
  parse("kernel: {b: 2}\nshort: 1\nnone:\n");
  WRONG(mf_section_read(at("kernel"), "kernel", &required, scope, &p),
        "case.yaml:1:1: error: kernel: key 'a' is missing (a number: first of the two)\nkernel: {b: 2}\n^");
  WRONG(mf_section_read(at("short"), "kernel", &required, scope, &p),
        "case.yaml:2:1: error: kernel: key 'b' is missing (a number)\nshort: 1\n^");
  WRONG(mf_section_read(at("none"), "kernel", &required, scope, &p),
        "case.yaml:3:1: error: kernel: key 'a' is missing (a number: first of the two)\nnone:\n^");
  WRONG(mf_section_read(NULL, "kernel", &required, scope, &p),
        "kernel: key 'a' is missing (a number: first of the two)");
}
END_TEST

START_TEST(old_names_are_told_the_new_ones)
{
  const char *const names[] = {"integrator", "end"};
  parse("time: {method: cvode}\nother: {method: cvode}\n");
  WRONG(mf_section_check_keys(at("time"), "time", names, 2),
        "case.yaml:1:8: error: time.method is called time.integrator now\n"
        "time: {method: cvode}\n       ^");
  WRONG(mf_section_check_keys(at("other"), "other", names, 2),
        "case.yaml:2:9: error: unknown key 'method' in other; choose from: integrator, end\n"
        "other: {method: cvode}\n        ^");
}
END_TEST

START_TEST(keys_alone_are_checked)
{
  const char *const names[] = {"wasserstein", "hellinger"};
  parse("geometry: {hellinger: {x: 1}}\nother: {helinger: 1}\nlist: [1]\n");
  DO(mf_section_check_keys(at("geometry"), "geometry", names, 2));
  DO(mf_section_check_keys(NULL, "geometry", names, 2));
  WRONG(mf_section_check_keys(at("other"), "geometry", names, 2),
        "case.yaml:2:9: error: unknown key 'helinger' in geometry; did you mean 'hellinger'?\n"
        "other: {helinger: 1}\n        ^");
  WRONG(mf_section_check_keys(at("list"), "geometry", names, 2),
        "case.yaml:3:7: error: geometry needs keys with values here\nlist: [1]\n      ^");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("section");
  TCase *all = tcase_create("section");
  tcase_add_checked_fixture(all, set_up, tear_down);
  tcase_add_test(all, absent_keys_fall_back);
  tcase_add_test(all, values_are_read_by_kind);
  tcase_add_test(all, a_single_value_is_the_first_key);
  tcase_add_test(all, wrong_values_are_located);
  tcase_add_test(all, lists_may_be_full_but_not_longer);
  tcase_add_test(all, required_keys_are_asked_for);
  tcase_add_test(all, old_names_are_told_the_new_ones);
  tcase_add_test(all, keys_alone_are_checked);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
