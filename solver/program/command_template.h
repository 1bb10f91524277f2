/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_template.h  Cases to start from: flows by name, in one to three dimensions. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_TEMPLATE_H
#define MF_SOLVER_PROGRAM_COMMAND_TEMPLATE_H

#include <stdio.h>

/** A flow with closed forms or decay theorems for claims.  All texts but the first two are parts of a case, in which
 *
 *    @{a|b|c}  is a, b or c in one, two or three dimensions
 *    @[text]   is [text, ...], once per axis
 *    @(text)   is the sum over axes of the text with x, y, z for x
 *    @d        is the dimension
 *
 *  A part that is NULL is left out. */
typedef struct {
  const char *name;
  const char *equation; /**< one line for people */
  const char *title, *reference;
  const char *parameters, *formulas, *odes;
  const char *setting; /**< grid, target, initial */
  const char *energy, *geometry, *time, *diagnostics, *claims;
} mf_template;

/** All of them; the last has no name. */
extern const mf_template mf_templates[];

/** Writes the case in `dim` dimensions; `path` is what its comments call it. */
void mf_template_write(const mf_template *t, int dim, const char *path, FILE *out);

#endif
