/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flow_parts.h  What a flow consists of, for flow.c, flow_rate.c, flow_linear.c and flow_report.c alone. */
#ifndef MF_SOLVER_FLOW_FLOW_PARTS_H
#define MF_SOLVER_FLOW_FLOW_PARTS_H

#include "solver/flow/flow.h"

struct mf_flow {
  const mf_grid *grid;
  const mf_measure *target;
  mf_energy *energy[MF_TERMS];
  mf_geometry *geometry[MF_TERMS];
  int energies, geometries;
  bool borrowed; /* both, from another flow */
  mf_entropy entropy[MF_TERMS];
  mf_force force; /* its parts; values in xi */
  bool has_xi;    /* some energy is not entropic */
  mf_coordinate coordinate;
  unsigned needs;
  double *inverse_target;
  mf_state_store now, linear, full; /* of the rate, of the Jacobian, of reports */
  double *xi, *linear_xi, *change_xi, *total_xi;
  double *linear_rate; /* d log rho/dt there, where dy is not d log rho */
  double *tangent_density, *tangent_excess, *tangent_log;
  bool vacuum;        /* the initial measure has some */
  double *start_log;  /* log-ratio of the initial measure, tails included */
  double mass_excess; /* conserved mass less the target's */
};

/** What its geometries do, all of those whose coefficient is not 0. */
unsigned mf_flow_traits(const mf_flow *flow);

/** Force at a state; the non-entropic energies' first variation goes to xi. */
mf_force mf_flow_force(const mf_flow *flow, const mf_state *s, double *xi);

/** Rates of all geometries, in the state's form; false if one is not finite. */
bool mf_flow_sum_rates(const mf_flow *flow, const mf_state *s, const mf_force *f, double *rate);

#endif
