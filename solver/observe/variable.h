/* SPDX-License-Identifier: BSD-3-Clause */
/** @file variable.h  What may be written of a measure on its way: fields by name. */
#ifndef MF_SOLVER_OBSERVE_VARIABLE_H
#define MF_SOLVER_OBSERVE_VARIABLE_H

#include "io/netcdf/fields.h"
#include "solver/flow/flow.h"

/** What there must be for it. */
typedef enum {
  MF_VARIABLE_ANY,
  MF_VARIABLE_TARGET, /**< a target */
  MF_VARIABLE_RATIO   /**< one that can be divided by: mf_flow_divides */
} mf_variable_needs;

typedef struct {
  mf_field_info info;
  mf_variable_needs needs;
  bool fixed;    /**< the same at all times: written once */
  bool computed; /**< not among what a report has */
  bool vanishes; /**< at the target, through all decades: never written as float */
  /** Its cells values; they are put into `room` if they are computed. */
  const double *(*values)(const mf_report *report, double *room);
} mf_variable;

/** NULL-terminated by info.name. */
extern const mf_variable mf_variables[];

/** At most so many. */
enum { MF_VARIABLES = 8 };

/** The variable of that name, or NULL. */
const mf_variable *mf_variable_find(const char *name);

/** The same, of a flow that has it.  MF_ECASE with the names that there are, or with what the flow lacks. */
int mf_variable_choose(const mf_variable **out, const char *name, const mf_flow *flow);

#endif
