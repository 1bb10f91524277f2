/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sections.h  The sections of a case: what each key is called, and the struct that it fills. */
#ifndef MF_SOLVER_PROBLEM_SECTIONS_H
#define MF_SOLVER_PROBLEM_SECTIONS_H

#include "io/language/section.h"
#include "operators/kernels/kernel.h"

typedef struct {
  const char *title, *reference, *coordinate, *gap;
  const mf_node *parameters, *formulas, *odes, *grid, *target, *initial, *energy, *geometry, *time, *output,
      *diagnostics, *particles, *claims;
} mf_case_options;

typedef struct {
  mf_reals cells, box;
  const mf_node *boundary;
} mf_grid_options;

typedef struct {
  double start, end, rtol, max_step;
  const mf_node *output;
  int integrator;
  bool rescale;
  long max_order, max_steps, checkpoint;
} mf_time_options;

typedef struct {
  double factor;
  const mf_node *times;
} mf_decay_options;

typedef struct {
  const mf_node *fields, *variables;
  int precision;
  long deflate;
} mf_output_options;

typedef struct {
  mf_kernel_options kernel;
  double divergence, alpha, beta;
  const mf_node *distances;
} mf_diagnostics_options;

extern const mf_param_table mf_case_table, mf_grid_table, mf_time_table, mf_decay_table, mf_output_table,
    mf_diagnostics_table;

/** The sections of a case with the keys they have, for `mflow list`; NULL-terminated by name. */
typedef struct {
  const char *name;
  const mf_param_table *table;
} mf_section_info;
const mf_section_info *mf_problem_sections(void);

#endif
