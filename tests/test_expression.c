/* SPDX-License-Identifier: BSD-3-Clause */
/* Formulas: what they give, what they may use, and where their mistakes are seen. */
#include "tests/case.h"

#include <math.h>

static const double PI = 3.14159265358979323846, E = 2.71828182845904523536;

/* The formula as a value in double quotes: f: "...". */
static int create(mf_expression **e, const char *formula, const char *variables)
{
  char text[2048];
  snprintf(text, sizeof text, "f: \"%s\"\n", formula);
  return mf_expression_create(e, scope, first_value(text), variables);
}

static double value_of(const char *formula)
{
  mf_expression *e;
  double value;
  DO(create(&e, formula, "xyzt"));
  DO(mf_expression_value(e, &value));
  mf_expression_free(e);
  return value;
}

/* ---- values ---- */

START_TEST(precedence_is_that_of_mathematics)
{
  DO(mf_scope_set(scope, "x", 3));
  const struct {
    const char *formula;
    double value;
  } table[] = {
      {"-x^2", -9},
      {"-2^2", -4},
      {"2^-1", 0.5},
      {"2^3^2", 512},
      {"2*x^2", 18},
      {"-x^2/2", -4.5},
      {"x-1-1", 1},
      {"x/3/2", 0.5},
      {"1+2*x", 7},
      {"(1+2)*x", 9},
      {"x--1", 4},
      {"x*-2", -6},
      {"+x", 3},
      {"exp (0)*2", 2},
      {"x > 2 ? 5 : 7", 5},
      {"x < 2 ? 5 : x > 2 ? 6 : 7", 6},
      {"1 + x > 3", 1},
      {"1 || 0 && 0", 1},
      {"x == 3 && x != 4", 1},
      {"x >= 3.5 || x <= 2", 0},
      {"2 * (x > 2 ? 5 : 7) + 1", 11},
      {"1e-3*x", 3e-3},
      {".5 + 5. + 2E+1", 25.5},
      {"alpha^x", 8},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    ck_assert_msg(fabs(value_of(table[i].formula) - table[i].value) < 1e-14, "%s = %g, not %g",
                  table[i].formula, value_of(table[i].formula), table[i].value);
}
END_TEST

START_TEST(functions_are_what_they_are_called)
{
  const struct {
    const char *formula;
    double value;
  } table[] = {
      {"log(e)", 1},
      {"ln(e^2)", 2},
      {"log10(1000)", 3},
      {"log2(8)", 3},
      {"log1p(0)", 0},
      {"expm1(0)", 0},
      {"exp(1)", E},
      {"sqrt(16)", 4},
      {"cbrt(27)", 3},
      {"pow(2, 10)", 1024},
      {"hypot(3, 4)", 5},
      {"abs(-2.5)", 2.5},
      {"sign(-3)", -1},
      {"sign(0)", 0},
      {"rint(2.6)", 3},
      {"floor(-1.5)", -2},
      {"ceil(-1.5)", -1},
      {"min(3, 1, 2)", 1},
      {"max(3, 1, 5)", 5},
      {"min(4)", 4},
      {"sum(1, 2, 3)", 6},
      {"avg(1, 2, 6)", 3},
      {"gamma(5)", 24},
      {"lgamma(3)", 0.69314718055994531},
      {"erf(1)", 0.84270079294971487},
      {"erfc(1)", 0.15729920705028513},
      {"sin(pi/2)", 1},
      {"cos(pi)", -1},
      {"tan(pi/4)", 1},
      {"asin(1)", PI / 2},
      {"acos(-1)", PI},
      {"atan(1)", PI / 4},
      {"atan2(1, -1)", 3 * PI / 4},
      {"sinh(1)", 1.1752011936438014},
      {"cosh(0)", 1},
      {"tanh(0.5)", 0.46211715726000976},
      {"asinh(sinh(2))", 2},
      {"acosh(cosh(2))", 2},
      {"atanh(tanh(0.5))", 0.5},
      {"pi", PI},
      {"e", E},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    ck_assert_msg(fabs(value_of(table[i].formula) - table[i].value) < 4e-15 * fmax(1, table[i].value),
                  "%s = %.17g, not %.17g", table[i].formula, value_of(table[i].formula), table[i].value);
}
END_TEST

START_TEST(expressions_follow_their_variables)
{
  mf_expression *e;
  double value;
  DO(create(&e, "x + 10*y + 100*z + 1000*t", "xyzt"));
  DO(mf_expression_at(e, (double[3]){1, 2, 3}, 4, &value));
  ck_assert_double_eq(value, 4321);
  DO(mf_scope_set(scope, "y", 5));
  DO(mf_expression_value(e, &value));
  ck_assert_double_eq(value, 4351);
  ck_assert(mf_scope_value(scope, "x", &value));
  ck_assert_double_eq(value, 1);
  mf_expression_free(e);

  DO(create(&e, "alpha*x", "x"));
  DO(mf_scope_set(scope, "alpha", 7));
  DO(mf_expression_value(e, &value));
  ck_assert_double_eq(value, 7);
  mf_expression_free(e);
  mf_expression_free(NULL);
}
END_TEST

START_TEST(many_lines_are_one_formula)
{
  mf_expression *e;
  double value;
  DO(mf_expression_create(&e, scope, first_value("f: |\n  1 +\n\n  2 *\n  3\n"), ""));
  DO(mf_expression_value(e, &value));
  ck_assert_double_eq(value, 7);
  mf_expression_free(e);
}
END_TEST

/* ---- mistakes ---- */

START_TEST(mistakes_have_a_caret)
{
  const struct {
    const char *formula;
    int at; /* byte of the formula */
    const char *message;
  } table[] = {
      {"x + +", 4, "a value is missing behind '+'"},
      {"x +", 2, "a value is missing behind '+'"},
      {"", 0, "a number or a formula is missing here"},
      {"* x", 0, "a value is missing before '*'"},
      {"x * / t", 4, "a value is missing between '*' and '/'"},
      {"x ** 2", 2, "'**' has no meaning in a formula; write powers as x^2"},
      {"- -x", 2, "a value is missing between '-' and '-'"},
      {"(x + )", 5, "a value is missing between '+' and ')'"},
      {"exp()", 4, "a value is missing between '(' and ')'"},
      {"2x", 1, "an operator is missing between '2' and 'x'"},
      {"(x)(t)", 3, "an operator is missing between ')' and '('"},
      {"x 3", 2, "an operator is missing between 'x' and '3'"},
      {"0x10", 1, "an operator is missing between '0' and 'x10'"},
      {"sin x", 0, "'sin' is a function; write sin(...)"},
      {"1 + sn(x)", 4, "'sn' is no function; did you mean 'sin'?"},
      {"alpha (x)", 0, "'alpha' is a value, no function; to multiply, write alpha*(...)"},
      {"exp(x", 3, "this bracket is not closed"},
      {"exp(x))", 6, "this bracket closes nothing"},
      {"1 + exp(x, 1)", 4, "'exp' takes 1 argument, not 2"},
      {"atan2(1)", 0, "'atan2' takes 2 arguments, not 1"},
      {"(1, 2)", 2, "a comma separates arguments of a function and nothing else"},
      {"0,5", 1, "a comma separates arguments of a function and nothing else"},
      {"x ? 1", 2, "this '?' has no ':'"},
      {"max(x ? 1, 2)", 6, "this '?' has no ':'"},
      {"x : 1", 2, "there is no '?' for this ':'"},
      {"x = 3", 2, "a formula cannot assign with '='; '==' compares"},
      {"x % 3", 2, "'%' has no meaning in a formula"},
      {"x + \xc3\xa9", 4, "'\xc3\xa9' has no meaning in a formula"},
      {"x + 'a'", 4, "''' has no meaning in a formula"},
      {"1e999", 0, "this number is too large"},
      {"x + alpah*2", 4, "unknown name 'alpah'; did you mean 'alpha'?"},
      {"x + speed", 4, "unknown name 'speed'; choose from: pi, e, x, t, alpha"},
      {"2*y", 2, "y is not known here: only x and t are"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    mf_expression *e;
    char message[512];
    snprintf(message, sizeof message, "case.yaml:1:%d: error: %s\nf: \"%s\"\n%*s^", 5 + table[i].at,
             table[i].message, table[i].formula, 4 + table[i].at, "");
    WRONG(create(&e, table[i].formula, "xt"), message);
    ck_assert_ptr_null(e);
  }
}
END_TEST

START_TEST(carets_find_their_way_through_yaml)
{
  mf_expression *e;
  WRONG(mf_expression_create(&e, scope, first_value("f: 1 + foo\n"), ""),
        "case.yaml:1:8: error: unknown name 'foo'; choose from: pi, e, alpha\nf: 1 + foo\n       ^");
  WRONG(
      mf_expression_create(&e, scope, first_value("\xc3\xa9: {f: 'foo'}\n")->child[0], ""),
      "case.yaml:1:9: error: unknown name 'foo'; choose from: pi, e, alpha\n\xc3\xa9: {f: 'foo'}\n        ^");
  WRONG(mf_expression_create(&e, scope, first_value("f: >\n  1 +\n  foo\n"), ""),
        "case.yaml:3:3: error: unknown name 'foo'; choose from: pi, e, alpha\n  foo\n  ^");
  WRONG(mf_expression_create(&e, scope, first_value("f: \"1\\x20+ foo\"\n"), ""),
        "case.yaml:1:4: error: unknown name 'foo'; choose from: pi, e, alpha\nf: \"1\\x20+ foo\"\n   ^");
  WRONG(mf_expression_create(&e, scope, first_value("f: [1]\n"), ""),
        "case.yaml:1:4: error: a formula is expected here, not a list\nf: [1]\n   ^");
  WRONG(mf_expression_create(&e, scope, first_value("f:\n"), ""),
        "case.yaml:1:1: error: a number or a formula is missing here\nf:\n^");
  DO(mf_case_set(c, "f=2*foo"));
  WRONG(mf_expression_create(&e, scope, at("f"), ""),
        "--set f=2*foo:1:5: error: unknown name 'foo'; choose from: pi, e, alpha\nf=2*foo\n    ^");
}
END_TEST

START_TEST(variables_are_allowed_one_by_one)
{
  mf_expression *e;
  const struct {
    const char *allowed, *message;
  } table[] = {{"", "z is not known here: this must be a fixed number"},
               {"t", "z is not known here: only t is"},
               {"xy", "z is not known here: only x and y are"},
               {"xyt", "z is not known here: only x, y and t are"}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char message[256];
    snprintf(message, sizeof message, "case.yaml:1:5: error: %s\nf: \"z\"\n    ^", table[i].message);
    WRONG(create(&e, "z", table[i].allowed), message);
  }
  DO(create(&e, "z", "xyzt"));
  mf_expression_free(e);
}
END_TEST

START_TEST(limits_are_errors)
{
  mf_expression *e;
  char text[400] = "";
  for (int i = 0; i < 70; i++) strcat(text, "(");
  ck_assert_int_eq(create(&e, text, ""), MF_ECASE);
  ck_assert_ptr_nonnull(strstr(mf_error(), ":1:69: error: nested too deeply: more than 64 levels\n"));
  memset(text, 'a', 70);
  text[70] = '\0';
  ck_assert_int_eq(create(&e, text, ""), MF_ECASE);
  ck_assert_ptr_nonnull(strstr(mf_error(), ":1:5: error: a name has at most 63 letters\n"));
}
END_TEST

START_TEST(what_is_not_finite_is_refused_with_its_point)
{
  mf_expression *e;
  double value;
  DO(create(&e, "x/y", "xyzt"));
  WRONG(mf_expression_at(e, (double[3]){-1, 0, 9}, 9, &value),
        "case.yaml:1:4: error: value -inf at x = -1, y = 0\nf: \"x/y\"\n   ^");
  DO(mf_expression_at_extended(e, (double[3]){1, 0, 0}, 0, &value));
  ck_assert_double_eq(value, HUGE_VAL);
  WRONG(mf_expression_at_extended(e, (double[3]){0, 0, 0}, 0, &value),
        "case.yaml:1:4: error: value nan at x = 0, y = 0\nf: \"x/y\"\n   ^");
  DO(mf_expression_at(e, (double[3]){1, 4, 0}, 0, &value));
  ck_assert_double_eq(value, 0.25);
  mf_expression_free(e);

  DO(create(&e, "max(1, log(t))", "t"));
  WRONG(mf_expression_at(e, (double[3]){0}, -0.5, &value),
        "case.yaml:1:4: error: value nan at t = -0.5\nf: \"max(1, log(t))\"\n   ^");
  mf_expression_free(e);

  DO(create(&e, "1/0", ""));
  WRONG(mf_expression_value(e, &value), "case.yaml:1:4: error: value inf\nf: \"1/0\"\n   ^");
  mf_expression_free(e);
}
END_TEST

/* count times "0.125*x + ", and 0: the sum is count*x/8 exactly while x is a power of 2. */
static char *long_sum(int count)
{
  static const char term[] = "0.125*x + ";
  char *text = malloc(8 + (sizeof term - 1) * (size_t)count), *end = text + sprintf(text, "f: ");
  ck_assert_ptr_nonnull(text);
  for (int i = 0; i < count; i++) end += sprintf(end, "%s", term);
  strcpy(end, "0\n");
  return text;
}

START_TEST(long_formulas_have_their_value_or_are_refused)
{
  int evaluated = 0, refusals = 0;
  for (int count = 1; count <= 100000; count *= 10) {
    mf_expression *e;
    double value;
    char *text = long_sum(count);
    const int status = mf_expression_create(&e, scope, first_value(text), "x");
    free(text);
    if (status) {
      refusals++;
      ck_assert_int_eq(status, MF_ECASE);
      ck_assert_ptr_nonnull(strstr(mf_error(), ":1:4: error: this formula is too long, with "));
      continue;
    }
    evaluated++;
    DO(mf_expression_at(e, (double[3]){2, 0, 0}, 0, &value));
    ck_assert_double_eq(value, count / 4.0);
    mf_expression_free(e);
  }
  ck_assert_int_ge(evaluated, 4); /* a thousand terms are evaluated, */
  ck_assert_int_ge(refusals, 1);  /* a megabyte is not */
}
END_TEST

/* Right to the last bit, by the arithmetic of C in the same order. */
START_TEST(formulas_are_evaluated_as_they_are_written)
{
  const volatile double x = 3, large = 1e16, tenth = 0.1, third = 3;
  const struct {
    const char *formula;
    double value;
  } table[] = {
      {"(x+1e16)-1e16", (x + large) - large},
      {"x+(1e16-1e16)", x + (large - large)},
      {"(x-1e16)+1e16", (x - large) + large},
      {"0.1*x*3", tenth * x * third},
      {"0.1*(x*3)", tenth * (x * third)},
      {"x/3*0.1", x / third * tenth},
      {"x*0.1/3", x * tenth / third},
      {"0.1+x+0.1", tenth + x + tenth},
      {"(x+0.1)*3", (x + tenth) * third},
      {"pi+x-pi", PI + x - PI},
      {"x^2-9", 0},
  };
  DO(mf_scope_set(scope, "x", 3));
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    ck_assert_msg(value_of(table[i].formula) == table[i].value, "%s = %.17g, not %.17g", table[i].formula,
                  value_of(table[i].formula), table[i].value);
}
END_TEST

/* ---- names ---- */

START_TEST(names_are_set_and_asked_for)
{
  double value = 0;
  ck_assert(mf_scope_value(scope, "alpha", &value));
  ck_assert_double_eq(value, 2);
  ck_assert(!mf_scope_value(scope, "beta", &value));
  ck_assert(mf_scope_value(scope, "pi", &value));
  ck_assert_double_eq(value, PI);
  ck_assert(mf_scope_value(scope, "t", &value));
  ck_assert_double_eq(value, 0);
  WRONG(mf_scope_set(scope, "2a", 1),
        "'2a' is no name: letters, digits and '_' make a name, a digit does not "
        "begin it");
  WRONG(mf_scope_set(scope, "", 1),
        "'' is no name: letters, digits and '_' make a name, a digit does not begin "
        "it");
  WRONG(mf_scope_set(scope, "pi", 3), "'pi' is a constant and cannot be redefined");
  WRONG(mf_scope_set(scope, "erf", 3), "'erf' is a function and cannot be redefined");
  for (int i = 0; i < 100; i++) { /* the table of names grows; values stay where parsers look for them */
    char name[16];
    snprintf(name, sizeof name, "p_%d", i);
    DO(mf_scope_set(scope, name, i));
  }
  ck_assert_double_eq(value_of("p_0 + p_99 + alpha"), 101);
}
END_TEST

START_TEST(parameters_use_those_before_them)
{
  double value;
  DO(mf_scope_add_parameters(
      scope, first_value("p: {beta: 3, gamma_: beta^2 + alpha, d: \"-gamma_\", n: -1e-3}\n")));
  ck_assert(mf_scope_value(scope, "d", &value));
  ck_assert_double_eq(value, -11);
  ck_assert_double_eq(value_of("n*1000"), -1);
  DO(mf_scope_add_parameters(scope, NULL));
  DO(mf_scope_add_parameters(scope, first_value("p:\n")));
}
END_TEST

START_TEST(bad_parameters_are_located)
{
  const struct {
    const char *text, *message;
  } table[] = {
      {"p: {a: b, b: 1}\n",
       "1:8: error: 'b' is not known yet: a formula may use those before it\np: {a: b, b: 1}\n       ^"},
      {"p: {a: a}\n",
       "1:8: error: 'a' is not known yet: a formula may use those before it\np: {a: a}\n       ^"},
      {"p:\n  exp: 1\n", "2:3: error: 'exp' is a function and cannot be redefined\n  exp: 1\n  ^"},
      {"p:\n  pi: 1\n", "2:3: error: 'pi' is a constant and cannot be redefined\n  pi: 1\n  ^"},
      {"p:\n  t: 1\n", "2:3: error: 't' is a variable (x, y, z or t) and cannot be redefined\n  t: 1\n  ^"},
      {"p:\n  alpha: 1\n", "2:3: error: 'alpha' is defined already\n  alpha: 1\n  ^"},
      {"p:\n  a-b: 1\n",
       "2:3: error: 'a-b' is no name: letters, digits and '_' make a name, a digit does not begin "
       "it\n  a-b: 1\n  ^"},
      {"p:\n  a: x\n", "2:6: error: x is not known here: this must be a fixed number\n  a: x\n     ^"},
      {"p:\n  a: [1]\n", "2:6: error: a number is expected here, not a list\n  a: [1]\n     ^"},
      {"p:\n  a:\n", "2:3: error: a number is missing here\n  a:\n  ^"},
      {"p:\n  a: log(0)\n", "2:6: error: value -inf\n  a: log(0)\n     ^"},
      {"p: 3\n", "1:4: error: names with values are expected here\np: 3\n   ^"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char message[256];
    snprintf(message, sizeof message, "case.yaml:%s", table[i].message);
    WRONG(mf_scope_add_parameters(scope, first_value(table[i].text)), message);
  }
}
END_TEST

START_TEST(numbers_may_be_formulas)
{
  double value;
  parse("a: [12, -1.5e-3, +2, .5, sqrt(alpha*8), \"3\"]\n");
  const double expected[] = {12, -1.5e-3, 2, .5, 4, 3};
  for (int i = 0; i < 6; i++) {
    DO(mf_scope_number(scope, at("a")->child[i], &value));
    ck_assert_double_eq(value, expected[i]);
  }
  WRONG(mf_scope_number(scope, first_value("a: inf\n"), &value),
        "case.yaml:1:4: error: unknown name 'inf'; choose from: pi, e, alpha\na: inf\n   ^");
  WRONG(mf_scope_number(scope, first_value("a: 1e999\n"), &value),
        "case.yaml:1:4: error: this number is too large\na: 1e999\n   ^");
  WRONG(mf_scope_number(scope, first_value("a: 12 px\n"), &value),
        "case.yaml:1:7: error: an operator is missing between '12' and 'px'\na: 12 px\n      ^");
}
END_TEST

/* ---- named formulas ---- */

START_TEST(formulas_form_chains)
{
  mf_expression *e;
  double value;
  parse("formulas: {r2: x^2 + y^2, g: exp(-r2/alpha), h: g*r2}\nf: h + g\n");
  DO(mf_scope_add_formulas(scope, at("formulas")));
  DO(mf_expression_create(&e, scope, at("f"), "xy"));
  DO(mf_expression_at(e, (double[3]){1, 2, 0}, 0, &value));
  ck_assert_double_eq_tol(value, 6 * exp(-2.5), 1e-15);
  DO(mf_expression_at(e, (double[3]){1, 0, 0}, 0, &value));
  ck_assert_double_eq_tol(value, 2 * exp(-0.5), 1e-15);
  ck_assert(mf_scope_value(scope, "r2", &value));
  ck_assert_double_eq(value, 1);
  DO(mf_scope_set(scope, "alpha", 4));
  DO(mf_expression_value(e, &value));
  ck_assert_double_eq_tol(value, 2 * exp(-0.25), 1e-15);
  mf_expression_free(e);
}
END_TEST

START_TEST(only_formulas_in_use_are_evaluated)
{
  mf_expression *e;
  double value;
  parse("formulas: {good: 2*t, bad: 1/t, worse: bad + good}\nf: good + 1\ng: worse\n");
  DO(mf_scope_add_formulas(scope, at("formulas")));
  DO(mf_expression_create(&e, scope, at("f"), "t"));
  DO(mf_expression_at(e, (double[3]){0}, 0, &value));
  ck_assert_double_eq(value, 1);
  mf_expression_free(e);
  DO(mf_scope_value(scope, "bad", &value) ? MF_OK : MF_ECASE);
  ck_assert_double_eq(value, 0); /* never evaluated */
  DO(mf_expression_create(&e, scope, at("g"), "t"));
  WRONG(mf_expression_at(e, (double[3]){0}, 0, &value),
        "case.yaml:3:4: error: value inf at t = 0\ng: worse\n   ^");
  mf_expression_free(e);
}
END_TEST

START_TEST(variables_are_seen_through_formulas)
{
  mf_expression *e;
  double value;
  parse("formulas: {m: exp(-t), n: 2*m}\nf: x + n\n");
  DO(mf_scope_add_formulas(scope, at("formulas")));
  WRONG(mf_expression_create(&e, scope, at("f"), "xyz"),
        "case.yaml:2:8: error: 'n' depends on t, which is not known here: only x, y and z are\nf: x + n\n  "
        "     ^");
  WRONG(mf_scope_number(scope, at("f"), &value),
        "case.yaml:2:4: error: x is not known here: this must be a fixed number\nf: x + n\n   ^");
}
END_TEST

START_TEST(bad_formulas_are_located)
{
  WRONG(mf_scope_add_formulas(scope, first_value("g: {a: b, b: x}\n")),
        "case.yaml:1:8: error: 'b' is not known yet: a formula may use those before it\ng: {a: b, b: x}\n"
        "       ^");
  WRONG(mf_scope_add_formulas(scope, first_value("g: {alpha: x}\n")),
        "case.yaml:1:5: error: 'alpha' is defined already\ng: {alpha: x}\n    ^");
  DO(mf_scope_add_formulas(scope, first_value("g: {m: x}\n")));
  WRONG(mf_scope_set(scope, "m", 1), "'m' is a formula already");
}
END_TEST

static Suite *expression_suite(void)
{
  Suite *suite = suite_create("expression");
  TCase *t = tcase_create("expression");
  tcase_add_checked_fixture(t, set_up, tear_down);
  tcase_add_test(t, precedence_is_that_of_mathematics);
  tcase_add_test(t, functions_are_what_they_are_called);
  tcase_add_test(t, expressions_follow_their_variables);
  tcase_add_test(t, many_lines_are_one_formula);
  tcase_add_test(t, mistakes_have_a_caret);
  tcase_add_test(t, carets_find_their_way_through_yaml);
  tcase_add_test(t, variables_are_allowed_one_by_one);
  tcase_add_test(t, limits_are_errors);
  tcase_add_test(t, what_is_not_finite_is_refused_with_its_point);
  tcase_add_test(t, long_formulas_have_their_value_or_are_refused);
  tcase_add_test(t, formulas_are_evaluated_as_they_are_written);
  tcase_add_test(t, names_are_set_and_asked_for);
  tcase_add_test(t, parameters_use_those_before_them);
  tcase_add_test(t, bad_parameters_are_located);
  tcase_add_test(t, numbers_may_be_formulas);
  tcase_add_test(t, formulas_form_chains);
  tcase_add_test(t, only_formulas_in_use_are_evaluated);
  tcase_add_test(t, variables_are_seen_through_formulas);
  tcase_add_test(t, bad_formulas_are_located);
  suite_add_tcase(suite, t);
  return suite;
}

int main(void)
{
  return mf_run_suite(expression_suite());
}
