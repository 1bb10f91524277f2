/* SPDX-License-Identifier: BSD-3-Clause */
/** @file coordinate.h  The unknown that is integrated: how a measure is written as an array of numbers.
 *
 *    density    y = rho                         flows without a target
 *    deviation  y = rho - pi                    transport and MMD flows: round-off is relative to what is
 *  left
 *    log        y = log u,  u = rho / pi        reaction of KL type: tails and equilibrium both exact;
 *  transport of
 *                                               phi_p with p < 1, which is singular in vacuum
 *    power      y = (u^q - 1) / q               reaction alone of phi_p, which q = 1 - p makes linear:
 *                                               y_t = -beta y; its limit q -> 0 is log, q = 1 the excess u - 1
 *
 *  With the coordinate come the state that operators see, the norm in which time errors are weighed, and the
 *  projection on the conserved mass. */
#ifndef MF_SOLVER_FLOW_COORDINATE_H
#define MF_SOLVER_FLOW_COORDINATE_H

#include "operators/state.h"

typedef enum { MF_DENSITY, MF_DEVIATION, MF_LOG, MF_POWER } mf_coordinate_kind;

/** With p <= 1 diffusion leaves vacuum at once, so a start from u = e^-36, which round-off cannot tell from 0, is as
 *  good. */
#define MF_LOG_FLOOR (-36.0)

typedef struct {
  mf_coordinate_kind kind;
  double exponent;    /**< q of MF_POWER; 0 for MF_LOG */
  double floor;       /**< MF_LOG starts from log u >= floor, */
  double vacuum;      /**< and from this where u = 0 */
  const char *reason; /**< why it was chosen, for `mflow show` */
} mf_coordinate;

extern const char *const mf_coordinate_names[];

/** What the choice of a coordinate depends on. */
typedef struct {
  const mf_measure *target; /**< or NULL */
  bool transport, reaction; /**< geometries that move mass, that create it in place */
  int entropies;            /**< entropic energies */
  double lowest_exponent;   /**< least p among them */
} mf_flow_facts;

/** Chooses a coordinate: `request` (of mf_coordinate_names) if given and possible, else by the facts and whether
 *  the initial measure has vacuum. */
int mf_coordinate_choose(mf_coordinate *out, const mf_flow_facts *facts, const char *request,
                         const mf_measure *initial);

/** A state with the memory of its arrays. */
typedef struct {
  mf_state state;
  unsigned needs;
  double *density, *deviation, *excess,
      *log_ratio;        /**< owned; what is not needed, or is the unknown itself, is NULL */
  const double *unknown; /**< y of the last `mf_state_store_set` */
} mf_state_store;

/** Allocates the arrays in `needs`.  `inverse_target` is 1/pi or NULL; it and the measures are borrowed. */
int mf_state_store_init(mf_state_store *s, const mf_grid *grid, const mf_measure *target,
                        const double *inverse_target, const mf_coordinate *coordinate, unsigned needs);
void mf_state_store_clear(mf_state_store *s);

/** Fills the state from the unknown, as far as `wanted`; arrays that equal the unknown point into it. */
void mf_state_store_set(mf_state_store *s, const mf_coordinate *coordinate, const double *y, unsigned wanted);

/** Arrays that weights and projection below read. */
unsigned mf_coordinate_needs(const mf_coordinate *coordinate);

/** y of a measure; MF_ECASE if it has vacuum where the coordinate has none. */
int mf_coordinate_start(const mf_coordinate *coordinate, const mf_measure *target, const mf_measure *initial,
                        double *y);

/** y of log(rho/pi), for the deviation and the log coordinate; vacuum (-infinity) becomes MF_LOG_VACUUM in the latter. */
void mf_coordinate_from_log_ratio(const mf_coordinate *coordinate, const mf_measure *target,
                                  const double *log_ratio, double *y);

/** True for the coordinates whose operators give d log rho / dt. */
bool mf_coordinate_relative(const mf_coordinate *coordinate);

/** dy / d log rho = u^q at log-ratio l. */
double mf_coordinate_slope(const mf_coordinate *coordinate, double l);

/** Error weights: CVODE keeps sqrt(mean((weight * error)^2)) below 1.  The tolerance is rtol times the norm
 *  of y itself, so it shrinks with what is left of the deviation:
 *   - deviation with an entropic energy: int e^2 / (pi + |rho - pi|), L^2(1/pi) near the target, finite far
 *  from it;
 *   - deviation else, density: the mean square;
 *   - log, power: L^2((pi + mu)/2), and a tenth of that care for every cell's own relative error, for the
 *  tails.
 *  They are for errors in a `unit` of y, 1 but for densities that are very small or large.
 *  The norm, which is the result, counts for no less than floor/rtol times that of a measure like the target, and of log u = 1. */
double mf_coordinate_weights(const mf_coordinate *coordinate, const mf_state_store *at, bool entropic,
                             double rtol, double floor, double unit, double *weights);

/** Projection on the conserved mass: corr[c] brings y to a mass that exceeds the target's by `mass_excess`
 *  (without a target: to the mass `mass_excess`); error[c] (or NULL) is freed of its mass. */
void mf_coordinate_project(const mf_coordinate *coordinate, const mf_state_store *at, double mass_excess,
                           double *corr, double *error);

/** Mass less that of the target, if there is one, without cancellation. */
double mf_coordinate_mass_excess(const mf_state_store *at);

#endif
