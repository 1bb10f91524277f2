/* SPDX-License-Identifier: BSD-3-Clause */
/** @file formula.h  The grammar of formulas, for io/language/expression.c alone.
 *
 *  A formula is checked here, token by token, before muParser sees it: muParser's own messages are terse
 *  ("Unexpected token", at times "Internal error"), it takes `x = 3` for an assignment and `1, 2` for two
 *  formulas.  What passes this check is understood by muParser, which does the arithmetic. */
#ifndef MF_IO_LANGUAGE_FORMULA_H
#define MF_IO_LANGUAGE_FORMULA_H

#include "io/language/case.h"

/** A function that formulas may call; exactly one of the pointers is set. */
typedef struct {
  const char *name;
  double (*one)(double);
  double (*two)(double, double);
  double (*many)(const double *, int);
} mf_function;

/** The table of functions. */
const mf_function *mf_functions(int *count);

bool mf_is_function(const char *name);

/** Letters, digits and underscores, not beginning with a digit. */
bool mf_is_identifier(const char *text);

/** Is told every name in a formula that is no function, and its byte in the text; a status other than 0
 *  ends the check. */
typedef int mf_name_user(void *context, const char *name, int position);

/** Values of the numbers in a formula, in their order: room for half the bytes of the text and one more. */
typedef struct {
  double *value;
  int count;
} mf_literals;

/** What begins the names of numbers, and no name of a user's: $0, $1, ... */
#define MF_NUMBER_PREFIX "$"

/** Checks the formula in a scalar.  `clean` receives it in a form that muParser reads: room for 8 times the bytes of the
 *  text and 2 more.  Numbers become variables $0, $1, ... there, whose values are in `numbers`: muParser's optimiser folds
 *  the numbers that it sees, across brackets too, (x + 1e16) - 1e16 to x, while a sum of variables is added as it is
 *  written.  A number right behind ^ stays: x^2 is x*x then. */
int mf_formula_check(const mf_node *node, mf_name_user *use, void *context, char *clean,
                     mf_literals *numbers);

#endif
