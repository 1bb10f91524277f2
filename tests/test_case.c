/* SPDX-License-Identifier: BSD-3-Clause */
/* Case files: what is read, where mistakes are seen, overrides, variants, YAML text. */
#include "tests/case.h"

static const char *text_at(const char *path)
{
  const mf_node *node = at(path);
  ck_assert_msg(node && node->kind == MF_SCALAR, "no scalar at %s", path);
  return node->text;
}

/* The text must be refused with this beginning and end: the words between them are libfyaml's and vary. */
static void not_yaml(const char *text, const char *beginning, const char *ending)
{
  ck_assert_int_eq(mf_case_parse(&c, "case.yaml", text), MF_ECASE);
  ck_assert_ptr_null(c);
  const char *message = mf_error();
  ck_assert_msg(strncmp(message, beginning, strlen(beginning)) == 0, "%s does not begin with %s", message,
                beginning);
  const size_t length = strlen(message), tail = strlen(ending);
  ck_assert_msg(length > tail && strcmp(message + length - tail, ending) == 0, "%s does not end in %s",
                message, ending);
}

static const char example[] = "title: An example\n"
                              "parameters: {beta: 1, mass: 2}\n"
                              "grid:\n"
                              "  cells: [64, 32]\n"
                              "  box: [[-8, 12], [0, 1]]\n"
                              "time: {end: 10}\n"
                              "claims:\n"
                              "  - {quantity: mmd, bound: \"exp(-t)\"}\n"
                              "  - quantity: mass\n"
                              "empty:\n"
                              "variants:\n"
                              "  quick: {grid.cells: [8, 8], time.end: 1}\n"
                              "  long:\n"
                              "    \"time.end\": 100\n"
                              "    time.output.every: 5\n"
                              "    beta: 3\n";

/* ---- reading ---- */

START_TEST(a_tree_keeps_kinds_and_order)
{
  parse(example);
  const mf_node *root = mf_case_root(c);
  ck_assert_int_eq(root->kind, MF_MAPPING);
  ck_assert_int_eq(root->count, 7);
  ck_assert_ptr_null(root->key);
  ck_assert_str_eq(root->child[0]->key, "title");
  ck_assert_str_eq(root->child[6]->key, "variants");
  ck_assert_str_eq(text_at("title"), "An example");
  ck_assert_int_eq(at("grid.box")->kind, MF_SEQUENCE);
  ck_assert_str_eq(text_at("grid.box.0.1"), "12");
  ck_assert_ptr_null(at("grid.box.0")->key);
  ck_assert_str_eq(text_at("claims.0.bound"), "exp(-t)");
  ck_assert_ptr_null(mf_node_get(root, "titel"));
  ck_assert_ptr_null(mf_node_get(at("title"), "x"));
  ck_assert_ptr_null(mf_node_get(NULL, "x"));
}
END_TEST

START_TEST(nodes_know_their_places)
{
  parse("a: 1\nb:\n  \"c d\": 'x'\n  e: [é, {f: g}]\nh:\n");
  const struct {
    const char *path;
    int line, column, key_line, key_column;
  } places[] = {{"a", 1, 4, 1, 1},     {"b", 3, 3, 2, 1},      {"b.c d", 3, 10, 3, 3},    {"b.e", 4, 6, 4, 3},
                {"b.e.0", 4, 7, 0, 0}, {"b.e.1", 4, 10, 0, 0}, {"b.e.1.f", 4, 14, 4, 11}, {"h", 5, 1, 5, 1}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    const mf_node *node = at(places[i].path);
    ck_assert_msg(node != NULL, "%s", places[i].path);
    ck_assert_int_eq(node->line, places[i].line);
    ck_assert_int_eq(node->column, places[i].column);
    ck_assert_int_eq(node->key_line, places[i].key_line);
    ck_assert_int_eq(node->key_column, places[i].key_column);
  }
}
END_TEST

/* What goes well leaves no message behind. */
START_TEST(success_has_no_message)
{
  mf_case *good, *bad;
  ck_assert_int_ne(mf_case_parse(&bad, "bad.yaml", "a: [1"), MF_OK);
  char before[512];
  snprintf(before, sizeof before, "%s", mf_error());
  DO(mf_case_parse(&good, "good.yaml", "a: 1"));
  ck_assert_str_eq(mf_error(), before);
  mf_case_free(good);
}
END_TEST

START_TEST(nothing_is_an_empty_text_unless_quoted)
{
  parse("a:\nb: ~\nc: null\nd: \"\"\ne: '~'\nf: 'null'\n");
  const char *const absent[] = {"a", "b", "c"}, *const present[] = {"d", "e", "f"};
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(text_at(absent[i]), "");
    ck_assert(mf_node_absent(at(absent[i])));
    ck_assert(!mf_node_absent(at(present[i])));
    ck_assert(at(present[i])->quoted);
  }
  ck_assert_str_eq(text_at("f"), "null");
  ck_assert(mf_node_absent(NULL));
  ck_assert(!mf_node_absent(mf_case_root(c)));
}
END_TEST

START_TEST(quotes_and_blocks_are_undone)
{
  parse("a: 'it''s'\nb: \"say \\\"x\\\"\\n\\u00e9\"\nc: |\n  one\n  two\nd: >-\n  x +\n  y\n");
  ck_assert_str_eq(text_at("a"), "it's");
  ck_assert_str_eq(text_at("b"), "say \"x\"\n\xc3\xa9");
  ck_assert_str_eq(text_at("c"), "one\ntwo\n");
  ck_assert_str_eq(text_at("d"), "x + y");
}
END_TEST

START_TEST(aliases_are_copies)
{
  parse("a: &one {x: 1, y: [2]}\nb: *one\nc: [*one, 3]\n");
  ck_assert_str_eq(text_at("b.y.0"), "2");
  ck_assert_str_eq(text_at("c.0.x"), "1");
  ck_assert_str_eq(at("b")->key, "b");
  ck_assert_int_eq(at("b")->key_line, 2);
  ck_assert_int_eq(at("b.x")->line, 1);
  ck_assert_ptr_null(at("c.0")->key);
  DO(mf_case_set(c, "b.x=7"));
  ck_assert_str_eq(text_at("b.x"), "7");
  ck_assert_str_eq(text_at("a.x"), "1");
}
END_TEST

START_TEST(what_is_no_yaml_is_located)
{
  not_yaml("a: 1\nb: [1, 2\nc: 3\n", "case.yaml:2:4: error: ", "this bracket is not closed\nb: [1, 2\n   ^");
  not_yaml("grid: {cells: [4, 4}\n",
           "case.yaml:1:20: error: ", "\ngrid: {cells: [4, 4}\n                   ^");
  not_yaml("g:\n  c: [1\n  b: 3\nt: 4\n",
           "case.yaml:4:2: error: ", "(the bracket at 2:6 is still open)\nt: 4\n ^");
  not_yaml("a:\n\tb: 2\n", "case.yaml:2:1: error: ", "\n\tb: 2\n^");
  not_yaml("a: b: c\n", "case.yaml:1:5: error: ", "\na: b: c\n    ^");
  not_yaml("a: 1\n b: 2\n", "case.yaml:1:4: error: ", "\na: 1\n   ^");
  not_yaml("a: @x\n", "case.yaml:1:4: error: ", "\na: @x\n   ^");
  not_yaml("b: \"x\n", "case.yaml:1:5: error: ", "\nb: \"x\n    ^");
}
END_TEST

START_TEST(what_is_no_case_is_located)
{
  const struct {
    const char *text, *message;
  } cases[] = {
      {"", "case.yaml: the case is empty"},
      {"# nothing\n", "case.yaml: the case is empty"},
      {"- a\n", "case.yaml:1:1: error: a case consists of keys with values, like 'title: ...'\n- a\n^"},
      {"a: 1\nb: 2\n  # x\na: 3\n", "case.yaml:4:1: error: key 'a' is given twice; first in line 1\na: 3\n^"},
      {"a: {\tb: 1, b: 2}",
       "case.yaml:1:12: error: key 'b' is given twice; first in line 1\na: {\tb: 1, b: 2}\n"
       "    \t      ^"},
      {"a: 1\n---\nb: 2\n",
       "case.yaml:2:1: error: a second document begins here; a case is one document\n---\n^"},
      {"a: 1\nb: [*y]\n", "case.yaml:2:5: error: nothing before this has the anchor '&y'\nb: [*y]\n    ^"},
      {"a: &x [1, *x]\n", "case.yaml:1:11: error: nothing before this has the anchor '&x'\na: &x [1, *x]\n"
                          "          ^"},
      {"a: !!str 5\n", "case.yaml:1:10: error: a tag (a word after '!') has no meaning here\na: !!str 5\n"
                       "         ^"},
      {"[1, 2]: 3\n", "case.yaml:1:1: error: a key must be a single word\n[1, 2]: 3\n^"},
      {"a: 1\n: 2\n", "case.yaml:2:1: error: a key is missing here\n: 2\n^"},
      {"a: {b: 1, : 2}\n", "case.yaml:1:11: error: a key is missing here\na: {b: 1, : 2}\n          ^"},
      {"a: 1\n'': 2\n", "case.yaml:2:1: error: a key is missing here\n'': 2\n^"},
      {"a: \xff\n",
       "case.yaml:1:4: error: this character (byte 0xFF) cannot be read; the text must be UTF-8\n"
       "a: ?\n   ^"},
      {"a: \xc3\xa9 \x1b[1m\n",
       "case.yaml:1:6: error: this character (byte 0x1B) cannot be read; the text must "
       "be UTF-8\na: \xc3\xa9 ?[1m\n     ^"},
      {"a: \"\\x1b\"\n", "case.yaml:1:4: error: this text has a character that cannot be printed\n"
                         "a: \"\\x1b\"\n   ^"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    WRONG(mf_case_parse(&c, "case.yaml", cases[i].text), cases[i].message);
    ck_assert_ptr_null(c);
  }
}
END_TEST

START_TEST(depth_and_size_are_limited)
{
  char deep[256] = "a: ";
  for (int i = 0; i < 70; i++) strcat(deep, "[");
  for (int i = 0; i < 70; i++) strcat(deep, "]");
  ck_assert_int_eq(mf_case_parse(&c, "case.yaml", deep), MF_ECASE);
  ck_assert_ptr_nonnull(strstr(mf_error(), "nested too deeply"));

  char bomb[512] = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 9; i++) {
    char line[64];
    snprintf(line, sizeof line, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1,
             i - 1, i - 1, i - 1);
    strcat(bomb, line);
  }
  ck_assert_int_eq(mf_case_parse(&c, "case.yaml", bomb), MF_ECASE);
  ck_assert_ptr_nonnull(strstr(mf_error(), "is an alias repeated too often?"));
}
END_TEST

START_TEST(long_lines_are_cut_around_the_caret)
{
  char text[2048] = "a: [";
  for (int i = 0; i < 200; i++) strcat(text, "1, ");
  strcat(text, "key, ");
  for (int i = 0; i < 200; i++) strcat(text, "2, ");
  strcat(text, "3]\n");
  parse(text);
  ck_assert_int_eq(mf_node_error(at("a.200"), "here"), MF_ECASE);
  const char *line = strchr(mf_error(), '\n') + 1, *caret_line = strchr(line, '\n') + 1;
  ck_assert_int_eq(strncmp(line, "... ", 4), 0);
  ck_assert_int_eq(strncmp(line + strspn(caret_line, " "), "key", 3), 0);
  ck_assert_str_eq(caret_line + strspn(caret_line, " "), "^");
  ck_assert(strlen(mf_error()) < 700);
}
END_TEST

/* An error with this place in a file. */
static void refused_in(const char *path, const char *place)
{
  ck_assert_int_eq(mf_case_read(&c, path), MF_ECASE);
  const size_t length = strlen(path);
  ck_assert_int_eq(strncmp(mf_error(), path, length), 0);
  ck_assert_msg(strncmp(mf_error() + length, place, strlen(place)) == 0, "%s", mf_error());
  ck_assert_ptr_null(c);
}

START_TEST(files_are_read)
{
  const char *path = scratch("case.yaml");
  write_text(path, "a: 1\nb: [x]\n");
  DO(mf_case_read(&c, path));
  ck_assert_str_eq(text_at("b.0"), "x");
  ck_assert_str_eq(at("a")->source->name, path);
  mf_case_free(c);

  FILE *file = fopen(path, "w");
  fputs("\xEF\xBB\xBF"
        "a: 1\r\nb: [x\r\n",
        file);
  for (int i = 0; i < 20000; i++) fputs("# filling\n", file);
  fclose(file);
  refused_in(path, ":2:4: error: this bracket is not closed\nb: [x\n   ^");

  file = fopen(path, "w");
  fwrite("a: 1\nb: \0x\n", 1, 11, file);
  fclose(file);
  refused_in(path, ":2:4: error: ");
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
  char message[256];
  const char *path = scratch("none.yaml");
  ck_assert_int_eq(mf_case_read(&c, path), MF_EFILE);
  snprintf(message, sizeof message, "%s: No such file or directory", path);
  ck_assert_str_eq(mf_error(), message);
  ck_assert_int_eq(mf_case_read(&c, scratch_directory), MF_EFILE);
  ck_assert_ptr_null(c);
  path = scratch("huge.yaml");
  write_text(path, "a: 1\n");
  ck_assert_int_eq(truncate(path, 20 << 20), 0);
  ck_assert_int_eq(mf_case_read(&c, path), MF_EFILE);
  snprintf(message, sizeof message, "%s: cannot be read:\nlarger than 16 MB", path);
  ck_assert_str_eq(mf_error(), message);
}
END_TEST

/* ---- messages ---- */

START_TEST(errors_point_into_texts)
{
  parse("a: abc\nb: \"abc\"\nc: 'a''bc'\nd: \"a\\\"bc\"\ne: >-\n  ab\n  cd\nf: |\n  ab\n  cd\ng: "
        "\"a\\u0062c\"\n"
        "h: [1]\ni: a\n  bc\n");
  WRONG(mf_node_error_at(at("a"), 2, "x%d", 1), "case.yaml:1:6: error: x1\na: abc\n     ^");
  WRONG(mf_node_error_at(at("b"), 2, "x"), "case.yaml:2:7: error: x\nb: \"abc\"\n      ^");
  WRONG(mf_node_error_at(at("b"), 3, "x"), "case.yaml:2:8: error: x\nb: \"abc\"\n       ^");
  WRONG(mf_node_error_at(at("c"), 2, "x"), "case.yaml:3:8: error: x\nc: 'a''bc'\n       ^");
  WRONG(mf_node_error_at(at("d"), 2, "x"), "case.yaml:4:8: error: x\nd: \"a\\\"bc\"\n       ^");
  WRONG(mf_node_error_at(at("e"), 4, "x"), "case.yaml:7:4: error: x\n  cd\n   ^");
  WRONG(mf_node_error_at(at("f"), 3, "x"), "case.yaml:10:3: error: x\n  cd\n  ^");
  WRONG(mf_node_error_at(at("g"), 2, "x"), "case.yaml:11:4: error: x\ng: \"a\\u0062c\"\n   ^");
  WRONG(mf_node_error_at(at("h"), 1, "x"), "case.yaml:12:4: error: x\nh: [1]\n   ^");
  WRONG(mf_node_error_at(at("i"), 3, "x"), "case.yaml:14:4: error: x\n  bc\n   ^");
  WRONG(mf_node_error_at(at("a"), 99, "x"), "case.yaml:1:4: error: x\na: abc\n   ^");
  WRONG(mf_node_key_error(at("b"), "x"), "case.yaml:2:1: error: x\nb: \"abc\"\n^");
  WRONG(mf_node_key_error(at("h.0"), "x"), "case.yaml:12:5: error: x\nh: [1]\n    ^");
}
END_TEST

START_TEST(blame_locates_once)
{
  parse("a: {b: 1}\n");
  ck_assert_int_eq(mf_node_blame(at("a.b"), mf_fail(MF_ENUMERIC, "no good\n  at all")), MF_ENUMERIC);
  const char located[] = "case.yaml:1:8: error: no good\n  at all\na: {b: 1}\n       ^";
  ck_assert_str_eq(mf_error(), located);
  ck_assert_int_eq(mf_node_blame(at("a"), MF_ENUMERIC), MF_ENUMERIC);
  ck_assert_str_eq(mf_error(), located);
  mf_blame(MF_ECASE, "while reading");
  ck_assert_int_eq(mf_node_blame(at("a"), MF_ECASE), MF_ECASE);
  ck_assert_int_eq(strncmp(mf_error(), "while reading\ncase.yaml:1:8:", 28), 0);
  mf_fail(MF_ECASE, "left alone");
  ck_assert_int_eq(mf_node_blame(at("a"), MF_OK), MF_OK);
  ck_assert_str_eq(mf_error(), "left alone");
}
END_TEST

START_TEST(suggestions)
{
  const char *const names[] = {"cells", "box", "boundary"};
  char buffer[64], small[20];
  ck_assert_str_eq(mf_suggest(buffer, sizeof buffer, "cels", names, 3), "; did you mean 'cells'?");
  ck_assert_str_eq(mf_suggest(buffer, sizeof buffer, "spacing", names, 3),
                   "; choose from: cells, box, boundary");
  ck_assert_str_eq(mf_suggest(buffer, sizeof buffer, "b", names, 3), "; choose from: cells, box, boundary");
  ck_assert_str_eq(mf_suggest(buffer, sizeof buffer, "b", names, 0), "");
  ck_assert_str_eq(mf_suggest(small, sizeof small, "spacing", names, 3), "; choose from: c...");
}
END_TEST

/* ---- overrides ---- */

START_TEST(overrides_replace_and_add)
{
  parse(example);
  DO(mf_case_set(c, "time.end=5"));
  DO(mf_case_set(c, " time.step = 0.5 "));
  DO(mf_case_set(c, "grid.cells.1=max(1, 2)"));
  DO(mf_case_set(c, "claims.1.bound={a: [1, 2]}"));
  DO(mf_case_set(c, "empty.new=x"));
  DO(mf_case_set(c, "solver.krylov.size=7"));
  DO(mf_case_set(c, "title="));
  DO(mf_case_set(c, "beta=a==b"));
  ck_assert_str_eq(text_at("time.end"), "5");
  ck_assert_str_eq(text_at("time.step"), "0.5");
  ck_assert_str_eq(text_at("grid.cells.0"), "64");
  ck_assert_str_eq(text_at("grid.cells.1"), "max(1, 2)");
  ck_assert_str_eq(text_at("claims.1.bound.a.1"), "2");
  ck_assert_str_eq(text_at("claims.1.quantity"), "mass");
  ck_assert_str_eq(text_at("empty.new"), "x");
  ck_assert_str_eq(text_at("solver.krylov.size"), "7");
  ck_assert(mf_node_absent(at("title")));
  ck_assert_str_eq(text_at("parameters.beta"), "a==b");
  ck_assert_ptr_null(at("beta"));
  ck_assert_str_eq(mf_case_root(c)->child[0]->key, "title");
  ck_assert_ptr_null(at("grid.cells.1")->key);
  ck_assert_str_eq(at("time.step")->key, "step");
}
END_TEST

START_TEST(a_key_of_the_root_comes_before_a_parameter)
{
  parse("parameters: {time: 1, mass: 2}\ntime: 3\n");
  DO(mf_case_set(c, "time=4"));
  DO(mf_case_set(c, "parameters.mass=5"));
  ck_assert_str_eq(text_at("time"), "4");
  ck_assert_str_eq(text_at("parameters.time"), "1");
  ck_assert_str_eq(text_at("parameters.mass"), "5");
}
END_TEST

START_TEST(messages_point_into_overrides)
{
  parse(example);
  DO(mf_case_set(c, "time.end=foo"));
  WRONG(mf_node_error(at("time.end"), "bad"),
        "--set time.end=foo:1:10: error: bad\ntime.end=foo\n         ^");
  WRONG(mf_node_key_error(at("time.end"), "bad"), "--set time.end=foo:1:6: error: bad\ntime.end=foo\n     ^");
  DO(mf_case_set(c, "tiem.end=[1, {a: b}]"));
  WRONG(mf_node_key_error(at("tiem"), "bad"),
        "--set tiem.end=[1, {a: b}]:1:1: error: bad\ntiem.end=[1, {a: b}]\n^");
  WRONG(mf_node_error(at("tiem.end.1.a"), "bad"),
        "--set tiem.end=[1, {a: b}]:1:18: error: bad\ntiem.end=[1, {a: b}]\n                 ^");
  DO(mf_case_set(c, "title=\"a + b\""));
  WRONG(mf_node_error_at(at("title"), 4, "bad"),
        "--set title=\"a + b\":1:12: error: bad\ntitle=\"a + b\"\n           ^");
}
END_TEST

START_TEST(bad_overrides_are_refused)
{
  const struct {
    const char *assignment, *message;
  } bad[] = {
      {"time.end", "1:1: error: there is no '='; write KEY=VALUE, like time.end=5\ntime.end\n^"},
      {"=5", "1:1: error: a key is missing here\n=5\n^"},
      {"time..end=5", "1:6: error: a key is missing here\ntime..end=5\n     ^"},
      {"time.=5", "1:6: error: a key is missing here\ntime.=5\n     ^"},
      {"grid.cells.2=1", "1:12: error: 'grid.cells' has no part 2; its parts are 0 to 1\ngrid.cells.2=1\n"
                         "           ^"},
      {"grid.cells.x=1", "1:12: error: 'grid.cells' is a list: its parts are numbered from 0, not named\n"
                         "grid.cells.x=1\n           ^"},
      {"time.end.x=1",
       "1:10: error: there is no 'x', because 'time.end' is a single value; choose from: end\n"
       "time.end.x=1\n         ^"},
      {"beta.x=1", "1:6: error: there is no 'x', because 'beta' is a single value; choose from: beta, mass\n"
                   "beta.x=1\n     ^"},
  };
  parse(example);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char message[512];
    snprintf(message, sizeof message, "--set %s:%s", bad[i].assignment, bad[i].message);
    WRONG(mf_case_set(c, bad[i].assignment), message);
  }
  ck_assert_int_eq(mf_case_set(c, "time.end=[1"), MF_ECASE);
  ck_assert_str_eq(mf_error(),
                   "--set time.end=[1:1:10: error: this bracket is not closed\ntime.end=[1\n         ^");
  ck_assert_str_eq(text_at("time.end"), "10");
}
END_TEST

/* ---- variants ---- */

START_TEST(variants_replace_by_path)
{
  parse(example);
  const char *const *names;
  int count;
  DO(mf_case_variants(c, &names, &count));
  ck_assert_int_eq(count, 2);
  ck_assert_str_eq(names[0], "quick");
  ck_assert_str_eq(names[1], "long");

  DO(mf_case_choose_variant(c, "long"));
  ck_assert_ptr_null(at("variants"));
  ck_assert_str_eq(text_at("time.end"), "100");
  ck_assert_str_eq(text_at("time.output.every"), "5");
  ck_assert_str_eq(text_at("parameters.beta"), "3");
  ck_assert_str_eq(text_at("grid.cells.0"), "64");
  ck_assert_str_eq(at("time.end")->key, "end");
  WRONG(mf_node_error(at("time.end"), "bad"), "case.yaml:14:17: error: bad\n    \"time.end\": 100\n"
                                              "                ^");
  WRONG(mf_node_key_error(at("time.end"), "bad"), "case.yaml:14:11: error: bad\n    \"time.end\": 100\n"
                                                  "          ^");
  WRONG(mf_node_key_error(at("time.output"), "bad"),
        "case.yaml:15:10: error: bad\n    time.output.every: 5\n         ^");
  DO(mf_case_variants(c, &names, &count));
  ck_assert_int_eq(count, 2);

  parse(example);
  DO(mf_case_choose_variant(c, "quick"));
  DO(mf_case_set(c, "grid.cells.0=4"));
  ck_assert_str_eq(text_at("grid.cells.0"), "4");
  ck_assert_str_eq(text_at("grid.cells.1"), "8");
  ck_assert_str_eq(text_at("time.end"), "1");

  parse(example);
  DO(mf_case_choose_variant(c, NULL));
  ck_assert_ptr_null(at("variants"));
  ck_assert_str_eq(text_at("time.end"), "10");
}
END_TEST

START_TEST(bad_variants_are_refused)
{
  parse(example);
  WRONG(mf_case_choose_variant(c, "quik"),
        "case.yaml:11:1: error: there is no variant 'quik'; did you mean 'quick'?\nvariants:\n^");
  WRONG(mf_case_choose_variant(c, "fancy"),
        "case.yaml:11:1: error: there is no variant 'fancy'; choose from: quick, long\nvariants:\n^");
  parse("a: 1\n");
  WRONG(mf_case_choose_variant(c, "x"), "case.yaml: there is no variant 'x': the case has none");
  DO(mf_case_choose_variant(c, NULL));
  parse("variants: [1]\n");
  WRONG(mf_case_choose_variant(c, NULL), "case.yaml:1:11: error: variants are named sections, like 'quick: "
                                         "{time.end: 1}'\nvariants: [1]\n          ^");
  parse("variants: {v: 1}\n");
  WRONG(mf_case_choose_variant(c, "v"), "case.yaml:1:15: error: a variant is a section of paths and values, "
                                        "like 'time.end: 1'\nvariants: {v: 1}\n              ^");
  parse("a: 1\nvariants:\n  v: {a.b: 2}\n");
  WRONG(mf_case_choose_variant(c, "v"),
        "case.yaml:3:9: error: there is no 'b', because 'a' is a single value; "
        "choose from: a\n  v: {a.b: 2}\n        ^");
}
END_TEST

/* ---- YAML text ---- */

static void same_tree(const mf_node *a, const mf_node *b)
{
  ck_assert_int_eq(a->kind, b->kind);
  ck_assert_int_eq(a->count, b->count);
  ck_assert_int_eq(a->key != NULL, b->key != NULL);
  if (a->key) ck_assert_str_eq(a->key, b->key);
  if (a->kind == MF_SCALAR) {
    ck_assert_str_eq(a->text, b->text);
    ck_assert_int_eq(a->quoted, b->quoted);
  }
  for (int i = 0; i < a->count; i++) same_tree(a->child[i], b->child[i]);
}

START_TEST(emitted_text_reads_back)
{
  parse(
      "z: 1\na: \"true\"\nb: true\nc: 'it''s: \"x\" # y\\'\nd: max(1, 2)\ne: [-x, \"a, b\", [1, 2], [], "
      "{}]\nf: |\n"
      "  one\n  \ttwo\ng: {}\nh: []\ni:\nj: ''\n\"k: l\": -1\nm: [{n: 1, o: {p: q}}, 2, [[3], {r: s}], {}]\n"
      "t: x#y:z\nu: \"\\t\\r\\\\\"\nv: '- w'\n\"[x]\": é\n\"- y\": '...'\n");
  char *text;
  mf_case *again;
  DO(mf_case_emit(c, &text));
  DO(mf_case_parse(&again, "again", text));
  same_tree(mf_case_root(c), mf_case_root(again));
  mf_release(text);
  mf_case_free(again);
}
END_TEST

START_TEST(emitted_text_is_readable)
{
  parse("variants: {v: {grid.cells.0: \"max(a, b)\"}}\ngrid: {cells: [64, 32], box: [[0, 1], [2, 3]], on:}\n"
        "claims: [{bound: \"exp(-t)\", t: ~}, 'x: y']\nnone: {}\n");
  DO(mf_case_choose_variant(c, "v"));
  DO(mf_case_set(c, "time.end=max(1, 2)"));
  DO(mf_case_set(c, "grid.cells.1=max(1, 2)"));
  char *text;
  DO(mf_case_emit(c, &text));
  ck_assert_str_eq(text, "grid:\n"
                         "  cells: [\"max(a, b)\", \"max(1, 2)\"]\n"
                         "  box: [[0, 1], [2, 3]]\n"
                         "  on: null\n"
                         "claims:\n"
                         "  - bound: \"exp(-t)\"\n"
                         "    t: null\n"
                         "  - \"x: y\"\n"
                         "none: {}\n"
                         "time:\n"
                         "  end: max(1, 2)\n");
  mf_release(text);
}
END_TEST

static Suite *case_suite(void)
{
  Suite *suite = suite_create("case");
  TCase *t = tcase_create("tree");
  tcase_add_checked_fixture(t, set_up, tear_down);
  tcase_add_test(t, a_tree_keeps_kinds_and_order);
  tcase_add_test(t, nodes_know_their_places);
  tcase_add_test(t, success_has_no_message);
  tcase_add_test(t, nothing_is_an_empty_text_unless_quoted);
  tcase_add_test(t, quotes_and_blocks_are_undone);
  tcase_add_test(t, aliases_are_copies);
  tcase_add_test(t, what_is_no_yaml_is_located);
  tcase_add_test(t, what_is_no_case_is_located);
  tcase_add_test(t, depth_and_size_are_limited);
  tcase_add_test(t, long_lines_are_cut_around_the_caret);
  tcase_add_test(t, errors_point_into_texts);
  tcase_add_test(t, blame_locates_once);
  tcase_add_test(t, suggestions);
  tcase_add_test(t, overrides_replace_and_add);
  tcase_add_test(t, a_key_of_the_root_comes_before_a_parameter);
  tcase_add_test(t, messages_point_into_overrides);
  tcase_add_test(t, bad_overrides_are_refused);
  tcase_add_test(t, variants_replace_by_path);
  tcase_add_test(t, bad_variants_are_refused);
  tcase_add_test(t, emitted_text_reads_back);
  tcase_add_test(t, emitted_text_is_readable);
  suite_add_tcase(suite, t);
  t = tcase_create("file");
  tcase_add_checked_fixture(t, scratch_create, scratch_remove);
  tcase_add_checked_fixture(t, set_up, tear_down);
  tcase_add_test(t, files_are_read);
  tcase_add_test(t, files_that_cannot_be_read);
  suite_add_tcase(suite, t);
  return suite;
}

int main(void)
{
  return mf_run_suite(case_suite());
}
