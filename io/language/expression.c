/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of formulas.
 *
 * Every expression is a muParser parser of its own whose variables are the doubles of the scope's names, so
 * an evaluation looks nothing up.  The named formulas that an expression needs, directly or through others,
 * are listed once when it is made, in the order of their definition; only they are evaluated before it, so a
 * formula that is singular somewhere troubles nobody else.  Grammar and its messages: formula.c.
 *
 * All parsers of a program have one decimal separator and one place for messages, so a formula is parsed by one thread at a
 * time; evaluated it is by many. */
#define _POSIX_C_SOURCE 200809L
#include "io/language/expression.h"

#include "io/language/formula.h"

#include <math.h>
#include <muParserDLL.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_SIZE = 1024, VARIABLE_COUNT = 4 };

typedef enum { CONSTANT, VARIABLE, PARAMETER, FORMULA } name_kind;

typedef struct {
  char *name;
  name_kind kind;
  double value;
  mf_expression *formula; /* of a FORMULA */
} entry;

struct mf_scope {
  entry **entries; /* one allocation each: parsers hold the addresses of their values */
  int count, room;
  entry *variables[VARIABLE_COUNT]; /* x, y, z, t */
  const mf_node *section;           /* mapping that is being read: its later keys are not known yet */
};

struct mf_expression {
  mf_scope *scope;
  bool owns_scope;
  const mf_node *node;
  muParserHandle_t parser;
  mf_literals numbers; /* variables of the parser as well */
  entry **needs;       /* formulas to evaluate first, in this order */
  int need_count;
  bool uses[VARIABLE_COUNT]; /* directly or through a formula */
};

#define NAME_CHARACTERS "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" MF_NUMBER_PREFIX

static const char variable_names[VARIABLE_COUNT + 1] = "xyzt";

/* ---- names ---- */

static entry *find_entry(const mf_scope *scope, const char *name)
{
  for (int i = 0; i < scope->count; i++)
    if (strcmp(scope->entries[i]->name, name) == 0) return scope->entries[i];
  return NULL;
}

static int reserve_entry(mf_scope *scope)
{
  if (scope->count < scope->room) return MF_OK;
  entry **larger;
  const int room = 2 * scope->room + 16;
  MF_TRY(mf_objects_create(&larger, room, sizeof *larger));
  if (scope->count) memcpy(larger, scope->entries, sizeof *larger * (size_t)scope->count);
  mf_release(scope->entries);
  scope->entries = larger;
  scope->room = room;
  return MF_OK;
}

static int add_entry(mf_scope *scope, const char *name, name_kind kind, double value, entry **out)
{
  entry *e;
  MF_TRY(reserve_entry(scope));
  MF_TRY(mf_objects_create(&e, 1, sizeof *e));
  const int status = mf_text_copy(&e->name, name);
  if (status) {
    mf_release(e);
    return status;
  }
  e->kind = kind;
  e->value = value;
  scope->entries[scope->count++] = e;
  if (out) *out = e;
  return MF_OK;
}

static int fill_scope(mf_scope *scope)
{
  MF_TRY(add_entry(scope, "pi", CONSTANT, acos(-1.0), NULL));
  MF_TRY(add_entry(scope, "e", CONSTANT, exp(1.0), NULL));
  for (int i = 0; i < VARIABLE_COUNT; i++)
    MF_TRY(add_entry(scope, (char[2]){variable_names[i]}, VARIABLE, 0, &scope->variables[i]));
  return MF_OK;
}

int mf_scope_create(mf_scope **out)
{
  mf_scope *scope;
  *out = NULL;
  MF_TRY(mf_objects_create(&scope, 1, sizeof *scope));
  const int status = fill_scope(scope);
  if (status)
    mf_scope_free(scope);
  else
    *out = scope;
  return status;
}

void mf_scope_free(mf_scope *scope)
{
  if (!scope) return;
  for (int i = 0; i < scope->count; i++) {
    mf_expression_free(scope->entries[i]->formula);
    mf_release(scope->entries[i]->name);
    mf_release(scope->entries[i]);
  }
  mf_release(scope->entries);
  mf_release(scope);
}

/* Why a name cannot be given to something new, or NULL. */
static const char *name_refusal(const mf_scope *scope, const char *name)
{
  if (!mf_is_identifier(name))
    return "is no name: letters, digits and '_' make a name, a digit does not begin it";
  if (mf_is_function(name)) return "is a function and cannot be redefined";
  const entry *e = find_entry(scope, name);
  if (!e) return NULL;
  switch (e->kind) {
  case CONSTANT:
    return "is a constant and cannot be redefined";
  case VARIABLE:
    return "is a variable (x, y, z or t) and cannot be redefined";
  case FORMULA:
    return "is a formula already";
  default:
    return "is defined already";
  }
}

int mf_scope_set(mf_scope *scope, const char *name, double value)
{
  entry *e = find_entry(scope, name);
  if (e && (e->kind == VARIABLE || e->kind == PARAMETER)) {
    e->value = value;
    return MF_OK;
  }
  const char *refusal = name_refusal(scope, name);
  if (refusal) return mf_fail(MF_ECASE, "'%s' %s", name, refusal);
  return add_entry(scope, name, PARAMETER, value, NULL);
}

bool mf_scope_value(const mf_scope *scope, const char *name, double *value)
{
  const entry *e = find_entry(scope, name);
  if (e) *value = e->value;
  return e != NULL;
}

/* ---- compiling ---- */

typedef struct {
  mf_expression *expression;
  const char *allowed; /* variables that may be used */
} compiler;

static int variable_index(const mf_scope *scope, const entry *e)
{
  int i = 0;
  while (scope->variables[i] != e) i++;
  return i;
}

/* "x, y and t" of the allowed variables. */
static const char *spell(const char *allowed, char text[static 32])
{
  const int n = (int)strlen(allowed);
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < n && i < VARIABLE_COUNT; i++)
    used += (size_t)snprintf(text + used, 32 - used, "%s%c",
                             !i           ? ""
                             : i == n - 1 ? " and "
                                          : ", ",
                             allowed[i]);
  return text;
}

/* `name` is the variable, or a formula that depends on it. */
static int variable_refused(const compiler *c, const char *name, char variable, int position)
{
  char list[32], subject[96], known[64] = "this must be a fixed number";
  snprintf(subject, sizeof subject, "%c", variable);
  if (strcmp(name, subject) != 0)
    snprintf(subject, sizeof subject, "'%s' depends on %c, which", name, variable);
  if (*c->allowed)
    snprintf(known, sizeof known, "only %s %s", spell(c->allowed, list), c->allowed[1] ? "are" : "is");
  return mf_node_error_at(c->expression->node, position, "%s is not known here: %s", subject, known);
}

static int unknown_name(const compiler *c, const char *name, int position)
{
  const mf_expression *e = c->expression;
  const mf_scope *scope = e->scope;
  if (mf_node_get(scope->section, name))
    return mf_node_error_at(e->node, position, "'%s' is not known yet: a formula may use those before it",
                            name);
  const char **names;
  int count = 0;
  MF_TRY(mf_objects_create(&names, scope->count, sizeof *names));
  for (int i = 0; i < scope->count; i++) {
    const entry *known = scope->entries[i];
    if (known->kind != VARIABLE || strchr(c->allowed, *known->name)) names[count++] = known->name;
  }
  char list[LIST_SIZE];
  mf_suggest(list, sizeof list, name, names, count);
  mf_release(names);
  return mf_node_error_at(e->node, position, "unknown name '%s'%s", name, list);
}

static void need(mf_expression *e, entry *formula)
{
  for (int i = 0; i < e->need_count; i++)
    if (e->needs[i] == formula) return;
  e->needs[e->need_count++] = formula;
}

/* Binds a name of the formula to its value and notes what that value depends on. */
static int use_name(void *context, const char *name, int position)
{
  const compiler *c = context;
  mf_expression *e = c->expression;
  entry *used = find_entry(e->scope, name);
  if (!used) return unknown_name(c, name, position);
  bool depends[VARIABLE_COUNT] = {false};
  if (used->kind == VARIABLE) depends[variable_index(e->scope, used)] = true;
  if (used->kind == FORMULA) memcpy(depends, used->formula->uses, sizeof depends);
  for (int i = 0; i < VARIABLE_COUNT; i++) {
    if (depends[i] && !strchr(c->allowed, variable_names[i]))
      return variable_refused(c, name, variable_names[i], position);
    e->uses[i] |= depends[i];
  }
  if (used->kind == FORMULA) {
    for (int i = 0; i < used->formula->need_count; i++) need(e, used->formula->needs[i]);
    need(e, used);
  }
  mupDefineVar(e->parser, name, &used->value);
  return MF_OK;
}

/* Without a handler muParser prints. */
static void keep_quiet(muParserHandle_t parser)
{
  (void)parser;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int create_parser(muParserHandle_t *out)
{
  muParserHandle_t parser = mupCreate(muBASETYPE_FLOAT);
  if (!parser) return mf_fail(MF_EMEMORY, "out of memory");
  mupSetErrorHandler(parser, keep_quiet);
  mupResetLocale(parser);
  mupClearFun(parser);
  mupClearConst(parser);
  mupDefineNameChars(parser, NAME_CHARACTERS);
  int count;
  const mf_function *functions = mf_functions(&count);
  for (int i = 0; i < count; i++) {
    const mf_function *f = &functions[i];
    if (f->one) mupDefineFun1(parser, f->name, f->one, 1);
    if (f->two) mupDefineFun2(parser, f->name, f->two, 1);
    if (f->many) mupDefineMultFun(parser, f->name, f->many, 1);
  }
  *out = parser;
  return MF_OK;
}

/* muParser tells once whether something went wrong and forgets it then; what goes wrong in an evaluation leaves 0 as its
 * value, which must not pass for one. */
static bool refused(muParserHandle_t parser)
{
  return mupError(parser) != 0;
}

static double value_of(muParserHandle_t parser)
{
  const double value = mupEval(parser);
  return refused(parser) ? NAN : value;
}

/* muParser looks at the length when it is given the text, and parses at the first evaluation.  What it refuses after our
 * own check would be its limits. */
static int parse(mf_expression *e, const char *clean)
{
  mupSetExpr(e->parser, clean);
  if (refused(e->parser))
    return mf_node_error(
        e->node, "this formula is too long, with %zu characters: give parts of it names, under 'formulas'",
        strlen(e->node->text));
  mupEval(e->parser);
  return refused(e->parser)
             ? mf_node_error(e->node, "this formula cannot be evaluated: %s", mupGetErrorMsg(e->parser))
             : MF_OK;
}

static void define_numbers(mf_expression *e)
{
  char name[sizeof MF_NUMBER_PREFIX + 12];
  for (int i = 0; i < e->numbers.count; i++) {
    snprintf(name, sizeof name, MF_NUMBER_PREFIX "%d", i);
    mupDefineVar(e->parser, name, &e->numbers.value[i]);
  }
}

static int compile_alone(mf_expression *e, const char *allowed)
{
  compiler c = {e, allowed};
  char *clean;
  const ptrdiff_t bytes = (ptrdiff_t)strlen(e->node->text);
  MF_TRY(mf_objects_create(&e->needs, e->scope->count, sizeof(entry *)));
  MF_TRY(mf_reals_create(&e->numbers.value, bytes / 2 + 1));
  MF_TRY(create_parser(&e->parser));
  MF_TRY(mf_objects_create(&clean, 8 * bytes + 2, 1));
  int status = mf_formula_check(e->node, use_name, &c, clean, &e->numbers);
  if (!status) {
    define_numbers(e);
    status = parse(e, clean);
  }
  mf_release(clean);
  return status;
}

static int compile(mf_expression *e, const char *allowed)
{
  pthread_mutex_lock(&lock);
  const int status = compile_alone(e, allowed);
  pthread_mutex_unlock(&lock);
  return status;
}

int mf_expression_create(mf_expression **out, mf_scope *scope, const mf_node *node, const char *variables)
{
  mf_expression *e;
  *out = NULL;
  if (node->kind != MF_SCALAR)
    return mf_node_error(node, "a formula is expected here, not a %s",
                         node->kind == MF_MAPPING ? "section" : "list");
  MF_TRY(mf_objects_create(&e, 1, sizeof *e));
  e->scope = scope;
  e->node = node;
  const int status = compile(e, variables);
  if (status)
    mf_expression_free(e);
  else
    *out = e;
  return status;
}

void mf_expression_free(mf_expression *e)
{
  if (!e) return;
  if (e->parser) mupRelease(e->parser);
  mf_release(e->needs);
  mf_release(e->numbers.value);
  if (e->owns_scope) mf_scope_free(e->scope);
  mf_release(e);
}

/* ---- evaluating ---- */

static double evaluate(const mf_expression *e)
{
  for (int i = 0; i < e->need_count; i++) e->needs[i]->value = value_of(e->needs[i]->formula->parser);
  return value_of(e->parser);
}

static int not_finite(const mf_expression *e, double value)
{
  char point[128] = "";
  size_t used = 0;
  for (int i = 0; i < VARIABLE_COUNT; i++)
    if (e->uses[i])
      used += (size_t)snprintf(point + used, sizeof point - used, "%s%c = %g", used ? ", " : " at ",
                               variable_names[i], e->scope->variables[i]->value);
  return mf_node_error(e->node, "value %s%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf", point);
}

int mf_expression_value(mf_expression *e, double *value)
{
  *value = evaluate(e);
  return isfinite(*value) ? MF_OK : not_finite(e, *value);
}

static void move_to(mf_scope *scope, const double x[3], double t)
{
  for (int i = 0; i < 3; i++) scope->variables[i]->value = x[i];
  scope->variables[3]->value = t;
}

int mf_expression_at(mf_expression *e, const double x[3], double t, double *value)
{
  move_to(e->scope, x, t);
  return mf_expression_value(e, value);
}

int mf_expression_at_extended(mf_expression *e, const double x[3], double t, double *value)
{
  move_to(e->scope, x, t);
  *value = evaluate(e);
  return isnan(*value) ? not_finite(e, *value) : MF_OK;
}

/* ---- sections of names ---- */

/* A number as it stands, without any parser. */
static bool is_number(const char *text, double *value)
{
  if (!*text || !strchr("+-.0123456789", *text) || strpbrk(text, "xXnN")) return false;
  char *end;
  *value = strtod(text, &end);
  return *end == '\0' && isfinite(*value);
}

int mf_scope_number(mf_scope *scope, const mf_node *node, double *value)
{
  if (node->kind != MF_SCALAR)
    return mf_node_error(node, "a number is expected here, not a %s",
                         node->kind == MF_MAPPING ? "section" : "list");
  if (mf_node_absent(node)) return mf_node_error(node, "a number is missing here");
  if (is_number(node->text, value)) return MF_OK;
  mf_expression *e;
  MF_TRY(mf_expression_create(&e, scope, node, ""));
  const int status = mf_expression_value(e, value);
  mf_expression_free(e);
  return status;
}

static int add_parameter(mf_scope *scope, const mf_node *node)
{
  double value;
  MF_TRY(mf_scope_number(scope, node, &value));
  return add_entry(scope, node->key, PARAMETER, value, NULL);
}

static int add_formula(mf_scope *scope, const mf_node *node)
{
  mf_expression *formula;
  entry *e = NULL;
  MF_TRY(mf_expression_create(&formula, scope, node, variable_names));
  const int status = add_entry(scope, node->key, FORMULA, 0, &e);
  if (status)
    mf_expression_free(formula);
  else
    e->formula = formula;
  return status;
}

/* The values that `e` may ask for, and the formulas that it needs. */
static int copy_names(mf_scope *scope, const mf_expression *e)
{
  for (int i = 0; i < e->scope->count; i++) {
    const entry *one = e->scope->entries[i];
    if (one->kind == PARAMETER) MF_TRY(add_entry(scope, one->name, PARAMETER, one->value, NULL));
  }
  for (int i = 0; i < e->need_count; i++) MF_TRY(add_formula(scope, e->needs[i]->formula->node));
  return MF_OK;
}

int mf_expression_copy(mf_expression **out, const mf_expression *e)
{
  mf_scope *scope;
  *out = NULL;
  MF_TRY(mf_scope_create(&scope));
  int status = copy_names(scope, e);
  if (!status) status = mf_expression_create(out, scope, e->node, variable_names);
  if (status)
    mf_scope_free(scope);
  else
    (*out)->owns_scope = true;
  return status;
}

static int add_section(mf_scope *scope, const mf_node *mapping, int (*add)(mf_scope *, const mf_node *))
{
  if (mf_node_absent(mapping)) return MF_OK;
  if (mapping->kind != MF_MAPPING) return mf_node_error(mapping, "names with values are expected here");
  int status = MF_OK;
  scope->section = mapping;
  for (int i = 0; !status && i < mapping->count; i++) {
    const mf_node *node = mapping->child[i];
    const char *refusal = name_refusal(scope, node->key);
    status = refusal ? mf_node_key_error(node, "'%s' %s", node->key, refusal) : add(scope, node);
  }
  scope->section = NULL;
  return status;
}

int mf_scope_add_parameters(mf_scope *scope, const mf_node *mapping)
{
  return add_section(scope, mapping, add_parameter);
}

int mf_scope_add_formulas(mf_scope *scope, const mf_node *mapping)
{
  return add_section(scope, mapping, add_formula);
}

const char *mf_expression_library(void)
{
  static _Thread_local char version[64];
  pthread_mutex_lock(&lock);
  muParserHandle_t parser = mupCreate(muBASETYPE_FLOAT);
  snprintf(version, sizeof version, "%s", mupGetVersion(parser));
  mupRelease(parser);
  pthread_mutex_unlock(&lock);
  return version;
}
