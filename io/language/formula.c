/* SPDX-License-Identifier: BSD-3-Clause */
/* Formulas: which tokens there are, in what order they make sense, and what to say where they do not.
 *
 * A formula alternates between values and operators, so the check needs to know only which of the two is due
 * and which brackets are open.  Precedence is muParser's business: ^ (to the right) before * and /, + and -,
 * comparisons, &&, ||,
 * ?:, and a sign binds less than ^, so that -x^2 is -(x^2). */
#define _POSIX_C_SOURCE 200809L
#include "io/language/formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 64, NAME_SIZE = 64, LIST_SIZE = 1024 };

/* ---- functions ---- */

static double sign(double x)
{
  return (double)((x > 0) - (x < 0));
}

/* Unlike fmin and fmax these keep a NAN, so that log(-1) cannot hide in a minimum. */
static double smallest(const double *x, int n)
{
  double least = x[0];
  for (int i = 1; i < n; i++)
    if (isnan(x[i]) || x[i] < least) least = x[i];
  return least;
}

static double largest(const double *x, int n)
{
  double most = x[0];
  for (int i = 1; i < n; i++)
    if (isnan(x[i]) || x[i] > most) most = x[i];
  return most;
}

static double sum(const double *x, int n)
{
  double total = 0;
  for (int i = 0; i < n; i++) total += x[i];
  return total;
}

static double average(const double *x, int n)
{
  return sum(x, n) / n;
}

static const mf_function functions[] = {
    {"sin", .one = sin},       {"cos", .one = cos},       {"tan", .one = tan},      {"asin", .one = asin},
    {"acos", .one = acos},     {"atan", .one = atan},     {"atan2", .two = atan2},  {"sinh", .one = sinh},
    {"cosh", .one = cosh},     {"tanh", .one = tanh},     {"asinh", .one = asinh},  {"acosh", .one = acosh},
    {"atanh", .one = atanh},   {"exp", .one = exp},       {"expm1", .one = expm1},  {"log", .one = log},
    {"ln", .one = log},        {"log1p", .one = log1p},   {"log2", .one = log2},    {"log10", .one = log10},
    {"sqrt", .one = sqrt},     {"cbrt", .one = cbrt},     {"hypot", .two = hypot},  {"pow", .two = pow},
    {"abs", .one = fabs},      {"sign", .one = sign},     {"rint", .one = rint},    {"floor", .one = floor},
    {"ceil", .one = ceil},     {"erf", .one = erf},       {"erfc", .one = erfc},    {"gamma", .one = tgamma},
    {"lgamma", .one = lgamma}, {"min", .many = smallest}, {"max", .many = largest}, {"sum", .many = sum},
    {"avg", .many = average},
};
enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

const mf_function *mf_functions(int *count)
{
  *count = FUNCTION_COUNT;
  return functions;
}

static const mf_function *find_function(const char *name)
{
  for (int i = 0; i < FUNCTION_COUNT; i++)
    if (strcmp(functions[i].name, name) == 0) return &functions[i];
  return NULL;
}

bool mf_is_function(const char *name)
{
  return find_function(name) != NULL;
}

/* ---- tokens ---- */

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

typedef enum { NUMBER, NAME, OPERATOR, ASSIGN, OPEN, CLOSE, COMMA, QUESTION, COLON, STRANGE, END } token_kind;

typedef struct {
  token_kind kind;
  int at, length; /* bytes of the text */
} token;

bool mf_is_identifier(const char *text)
{
  return *text && !strchr(DIGITS, *text) && text[strspn(text, DIGITS LETTERS)] == '\0';
}

/* Length of the number that begins a text, or 0. */
static size_t number_length(const char *text)
{
  size_t n = strspn(text, DIGITS), digits = n;
  if (text[n] == '.') {
    const size_t decimals = strspn(text + n + 1, DIGITS);
    digits += decimals;
    n += 1 + decimals;
  }
  if (!digits) return 0;
  if (text[n] == 'e' || text[n] == 'E') {
    const size_t sign_length = text[n + 1] == '-' || text[n + 1] == '+' ? 1 : 0;
    const size_t exponent = strspn(text + n + 1 + sign_length, DIGITS);
    if (exponent) n += 1 + sign_length + exponent;
  }
  return n;
}

static size_t operator_length(const char *text)
{
  static const char *const two[] = {"&&", "||", "<=", ">=", "==", "!="};
  for (size_t i = 0; i < sizeof two / sizeof *two; i++)
    if (strncmp(text, two[i], 2) == 0) return 2;
  return *text && strchr("+-*/^<>", *text) ? 1 : 0;
}

static size_t character_bytes(const char *text)
{
  size_t n = 1;
  while (((unsigned char)text[n] & 0xC0) == 0x80) n++;
  return n;
}

static token next_token(const char *text, int at)
{
  at += (int)strspn(text + at, " \t\r\n");
  const char *p = text + at;
  size_t length;
  if (!*p) return (token){END, at, 0};
  if ((length = number_length(p)) > 0) return (token){NUMBER, at, (int)length};
  if (strspn(p, LETTERS)) return (token){NAME, at, (int)strspn(p, DIGITS LETTERS)};
  if ((length = operator_length(p)) > 0) return (token){OPERATOR, at, (int)length};
  static const char marks[] = "=(),?:";
  static const token_kind kinds[] = {ASSIGN, OPEN, CLOSE, COMMA, QUESTION, COLON};
  const char *mark = strchr(marks, *p);
  if (mark) return (token){kinds[mark - marks], at, 1};
  return (token){STRANGE, at, (int)character_bytes(p)};
}

/* ---- grammar ---- */

/* A bracket that is open, or a '?' that waits for its ':'. */
typedef struct {
  token opener, name;
  const mf_function *function; /* `name`, whose arguments the bracket holds; NULL: a plain bracket or a '?' */
  int arguments;
} level;

typedef struct {
  const mf_node *node;
  const char *text;
  token now, last; /* the token in hand and the one before it; END: none */
  bool value_due, signed_value;
  level levels[NESTING_MAX];
  int depth;
  mf_name_user *use;
  void *context;
} checker;

/* A token as arguments for "%.*s". */
#define SHOW(c, t) (t).length, (c)->text + (t).at

static int strange_character(const checker *c)
{
  return mf_node_error_at(c->node, c->now.at, "'%.*s' has no meaning in a formula", SHOW(c, c->now));
}

static int value_missing(const checker *c)
{
  const token now = c->now, last = c->last;
  if (now.kind == STRANGE) return strange_character(c);
  if (now.kind == END && last.kind == END)
    return mf_node_error_at(c->node, 0, "a number or a formula is missing here");
  if (now.kind == END)
    return mf_node_error_at(c->node, last.at, "a value is missing behind '%.*s'", SHOW(c, last));
  if (last.kind == END)
    return mf_node_error_at(c->node, now.at, "a value is missing before '%.*s'", SHOW(c, now));
  if (last.length == 1 && c->text[last.at] == '*' && c->text[last.at + 1] == '*')
    return mf_node_error_at(c->node, last.at, "'**' has no meaning in a formula; write powers as x^2");
  return mf_node_error_at(c->node, now.at, "a value is missing between '%.*s' and '%.*s'", SHOW(c, last),
                          SHOW(c, now));
}

static int operator_missing(const checker *c)
{
  if (c->now.kind == STRANGE) return strange_character(c);
  if (c->now.kind == ASSIGN)
    return mf_node_error_at(c->node, c->now.at, "a formula cannot assign with '='; '==' compares");
  return mf_node_error_at(c->node, c->now.at, "an operator is missing between '%.*s' and '%.*s'",
                          SHOW(c, c->last), SHOW(c, c->now));
}

static int not_closed(const checker *c)
{
  const token opener = c->levels[c->depth - 1].opener;
  return mf_node_error_at(c->node, opener.at,
                          opener.kind == QUESTION ? "this '?' has no ':'" : "this bracket is not closed");
}

static int open_level(checker *c, token name, const mf_function *function)
{
  if (c->depth == NESTING_MAX)
    return mf_node_error_at(c->node, c->now.at, "nested too deeply: more than %d levels", NESTING_MAX);
  c->levels[c->depth++] = (level){c->now, name, function, 1};
  c->value_due = true;
  c->signed_value = false;
  return MF_OK;
}

static int close_level(checker *c)
{
  if (c->depth == 0) return mf_node_error_at(c->node, c->now.at, "this bracket closes nothing");
  const level *top = &c->levels[c->depth - 1];
  if (top->opener.kind == QUESTION) return not_closed(c);
  const mf_function *f = top->function;
  const int wanted = !f || f->many ? top->arguments : f->one ? 1 : 2;
  if (top->arguments != wanted)
    return mf_node_error_at(c->node, top->name.at, "'%s' takes %d argument%s, not %d", f->name, wanted,
                            wanted > 1 ? "s" : "", top->arguments);
  c->depth--;
  return MF_OK;
}

static int no_function(const checker *c, const char *name, int position)
{
  if (c->use(c->context, name, position) == MF_OK)
    return mf_node_error_at(c->node, position, "'%s' is a value, no function; to multiply, write %s*(...)",
                            name, name);
  const char *names[FUNCTION_COUNT];
  for (int i = 0; i < FUNCTION_COUNT; i++) names[i] = functions[i].name;
  char list[LIST_SIZE];
  return mf_node_error_at(c->node, position, "'%s' is no function%s", name,
                          mf_suggest(list, sizeof list, name, names, FUNCTION_COUNT));
}

/* A name where a value is due: something with a value, or a function and its bracket. */
static int check_name(checker *c)
{
  char name[NAME_SIZE];
  const token now = c->now, next = next_token(c->text, now.at + now.length);
  if (now.length >= NAME_SIZE)
    return mf_node_error_at(c->node, now.at, "a name has at most %d letters", NAME_SIZE - 1);
  memcpy(name, c->text + now.at, (size_t)now.length);
  name[now.length] = '\0';
  const mf_function *function = find_function(name);
  if (next.kind == OPEN) {
    if (!function) return no_function(c, name, now.at);
    c->last = now;
    c->now = next;
    return open_level(c, now, function);
  }
  if (function) return mf_node_error_at(c->node, now.at, "'%s' is a function; write %s(...)", name, name);
  c->value_due = false;
  return c->use(c->context, name, now.at);
}

static int check_value(checker *c)
{
  switch (c->now.kind) {
  case NUMBER:
    if (!isfinite(strtod(c->text + c->now.at, NULL)))
      return mf_node_error_at(c->node, c->now.at, "this number is too large");
    c->value_due = false;
    return MF_OK;
  case NAME:
    return check_name(c);
  case OPEN:
    return open_level(c, c->now, NULL);
  case OPERATOR: /* one sign may stand before a value, behind an operator too: 2^-x */
    if (c->signed_value || !strchr("+-", c->text[c->now.at])) return value_missing(c);
    c->signed_value = true;
    return MF_OK;
  default:
    return value_missing(c);
  }
}

static int check_operator(checker *c)
{
  const level *top = c->depth ? &c->levels[c->depth - 1] : NULL;
  c->value_due = true;
  c->signed_value = false;
  switch (c->now.kind) {
  case OPERATOR:
    return MF_OK;
  case QUESTION:
    return open_level(c, c->now, NULL);
  case CLOSE:
    c->value_due = false;
    return close_level(c);
  case END:
    return c->depth ? not_closed(c) : MF_OK;
  case COLON:
    if (!top || top->opener.kind != QUESTION)
      return mf_node_error_at(c->node, c->now.at, "there is no '?' for this ':'");
    c->depth--;
    return MF_OK;
  case COMMA:
    if (top && top->opener.kind == QUESTION) return not_closed(c);
    if (!top || !top->function)
      return mf_node_error_at(c->node, c->now.at,
                              "a comma separates arguments of a function and nothing else");
    c->levels[c->depth - 1].arguments++;
    return MF_OK;
  default:
    return operator_missing(c);
  }
}

static bool is_power(const checker *c, token t)
{
  return t.kind == OPERATOR && c->text[t.at] == '^';
}

/* The bytes from `at` to the end of the token in hand, as muParser reads them: a function and its bracket side by side, and
 * no blanks but behind operators, of which two may follow each other.  Returns the end. */
static char *write_clean(const checker *c, int at, char *clean, mf_literals *numbers)
{
  if (c->now.kind == NUMBER && !is_power(c, c->last)) {
    numbers->value[numbers->count] = strtod(c->text + at, NULL);
    return clean + sprintf(clean, MF_NUMBER_PREFIX "%d", numbers->count++);
  }
  for (int i = at; i < c->now.at + c->now.length; i++)
    if (!strchr(" \t\r\n", c->text[i])) *clean++ = c->text[i];
  if (c->now.kind == OPERATOR) *clean++ = ' ';
  return clean;
}

int mf_formula_check(const mf_node *node, mf_name_user *use, void *context, char *clean, mf_literals *numbers)
{
  if (node->kind != MF_SCALAR) return mf_node_error(node, "a number or a formula is expected here");
  checker c = {.node = node, .text = node->text, .value_due = true, .use = use, .context = context};
  c.last.kind = END;
  numbers->count = 0;
  do {
    c.now = next_token(c.text, c.last.at + c.last.length);
    const int at = c.now.at;
    MF_TRY(c.value_due ? check_value(&c) : check_operator(&c));
    clean = write_clean(&c, at, clean, numbers);
    c.last = c.now;
  } while (c.now.kind != END);
  *clean = '\0';
  return MF_OK;
}
