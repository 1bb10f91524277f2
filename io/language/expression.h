/* SPDX-License-Identifier: BSD-3-Clause */
/** @file expression.h  Formulas of a case file: "exp(-beta*t)", "x > 0 ? 1 : eps", parsed by muParser.
 *
 *  A scope holds names with values: constants (pi, e), the case's parameters, the variables x, y, z, t, and
 *  named formulas, which are evaluated in the order of their definition before the expression that uses
 *  them.
 *
 *  Operators, the strongest first: ^ (2^3^2 = 2^9), signs (-x^2 = -(x^2)), * /, + -, comparisons, &&, ||,
 *  and ?: at last.
 *
 *  Functions: sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log ln log1p log2
 *  log10 sqrt cbrt hypot pow abs sign rint floor ceil erf erfc gamma lgamma, and min max sum avg of any
 *  number of values; `log` is the natural logarithm. */
#ifndef MF_IO_LANGUAGE_EXPRESSION_H
#define MF_IO_LANGUAGE_EXPRESSION_H

#include "io/language/case.h"

typedef struct mf_scope mf_scope;
typedef struct mf_expression mf_expression;

/** A scope with the constants pi and e and the variables x, y, z, t (0 until set). */
int mf_scope_create(mf_scope **out);
void mf_scope_free(mf_scope *scope);

/** Defines a name with a value, or changes the value of one that is there.  MF_ECASE for a name that is no
 *  identifier, or one of the functions or constants. */
int mf_scope_set(mf_scope *scope, const char *name, double value);

/** Defines every key of a mapping as a parameter: its value is a number or a formula in the names before
 *  it.  NULL is an empty mapping.  Clashes with x, y, z, t, functions and constants are located errors. */
int mf_scope_add_parameters(mf_scope *scope, const mf_node *mapping);

/** Defines every key of a mapping as a named formula in x, y, z, t, the parameters and the formulas before
 *  it; it is evaluated afresh with each expression that uses it, directly or through another formula, and
 *  with no other. */
int mf_scope_add_formulas(mf_scope *scope, const mf_node *mapping);

/** Value of a name as last set or evaluated; false if there is none. */
bool mf_scope_value(const mf_scope *scope, const char *name, double *value);

/** Compiles the formula of a scalar node.  `variables` is a string with those of "xyzt" that it may use,
 *  also through named formulas.  Errors are located inside the formula, with a caret under the token:
 *  syntax, unknown name (with the nearest known one), a variable not allowed here, an assignment.  The
 *  scope and the case must outlive it. */
int mf_expression_create(mf_expression **out, mf_scope *scope, const mf_node *node, const char *variables);
void mf_expression_free(mf_expression *e);

/** The same expression with names of its own, which have the values that the original's have now: one thread may evaluate
 *  it while another evaluates the original. */
int mf_expression_copy(mf_expression **out, const mf_expression *e);

/** Value at the scope's present x, y, z, t.  MF_ECASE, located, if it is not finite; the message gives the
 *  point. */
int mf_expression_value(mf_expression *e, double *value);

/** Value at a point and time; same errors. */
int mf_expression_at(mf_expression *e, const double x[3], double t, double *value);

/** The same, but an infinite value is returned as it is; only NAN is an error.  For potentials and
 *  logarithms. */
int mf_expression_at_extended(mf_expression *e, const double x[3], double t, double *value);

/** Version of the formula library. */
const char *mf_expression_library(void);

/** Shorthand: a scalar node that is a number or a formula without x, y, z, t. */
int mf_scope_number(mf_scope *scope, const mf_node *node, double *value);

#endif
