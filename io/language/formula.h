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

/** Checks the formula in a scalar.  `clean` receives it in a form that muParser reads: room for twice the
 *  bytes of the text and 2 more. */
int mf_formula_check(const mf_node *node, mf_name_user *use, void *context, char *clean);

#endif
