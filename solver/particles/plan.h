/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plan.h  What a case says of particles: the section `particles`, and with which method they follow the case's flow. */
#ifndef MF_SOLVER_PARTICLES_PLAN_H
#define MF_SOLVER_PARTICLES_PLAN_H

#include "grids/sampler.h"
#include "operators/method.h"
#include "solver/problem/problem.h"

#include <signal.h>

typedef enum { MF_START_RANDOM, MF_START_QUANTILE, MF_START_SOBOL } mf_start;
extern const char *const mf_start_names[];

/** Points of the unit cube, u[axis][i], for mf_sampler_at; quantiles are for a line. */
void mf_start_points(mf_start how, uint64_t seed, int dim, ptrdiff_t count, double *const *u);

typedef struct {
  mf_problem *problem; /**< borrowed */
  const mf_method_type *type;
  mf_method parts; /**< of the flow, with the seed */
  void *options;   /**< of the method, owned */
  int start;
  mf_reals count, step;  /**< at least one of each, in the order of the case; steps [T] */
  mf_reals times;        /**< at which a verification looks, increasing; one at least */
  mf_reals bandwidth;    /**< of its discrepancies, in units of the target's width */
  long repeats;          /**< seeds of a verification */
  mf_sampler *initial;   /**< of the initial measure, owned */
  double mass;           /**< of it */
  const mf_node *claims; /**< or NULL */
} mf_plan;

/** Keys of the section, for `mflow list`. */
extern const mf_param_table mf_particles_table;

/** Reads the section, which may be absent, before the problem is run: later its initial measure may be gone.  Located MF_ECASE; a
 *  flow without a counterpart is refused with the flows that have one. */
int mf_plan_create(mf_plan **out, mf_problem *p);
void mf_plan_free(mf_plan *plan);

/** The most particles and the shortest step of the lists. */
ptrdiff_t mf_plan_most(const mf_plan *plan);
double mf_plan_shortest(const mf_plan *plan);

/** Particles of a plan on their way. */
typedef struct {
  mf_method *method;
  mf_swarm *swarm;
  double time, step;
  uint32_t steps; /**< so far */
} mf_population;

/** `count` particles from the initial measure; `turn` 0, 1, ...: with the seed of the plan and those after it.  MF_ECASE: a start by
 *  quantiles in more than one dimension. */
int mf_population_create(mf_population **out, const mf_plan *plan, ptrdiff_t count, double step, long turn);
void mf_population_free(mf_population *p);

/** Steps of equal length, the longest not above the plan's, to a time. */
int mf_population_to(mf_population *p, double time, const volatile sig_atomic_t *stop);

#endif
