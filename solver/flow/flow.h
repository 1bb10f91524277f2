/* SPDX-License-Identifier: BSD-3-Clause */
/** @file flow.h  A gradient flow: a sum of energies in a sum of geometries, d mu/dt = -K(mu) dF/dmu.
 *
 *  A flow knows no energy or geometry by name.  It collects the force from the energies, hands it to the
 *  geometries, and translates between the coordinate that is integrated and the state that operators see. */
#ifndef MF_SOLVER_FLOW_FLOW_H
#define MF_SOLVER_FLOW_FLOW_H

#include "operators/energy.h"
#include "operators/geometry.h"
#include "operators/transport/generator.h"
#include "solver/flow/coordinate.h"

enum { MF_TERMS = 16 };

typedef struct mf_flow mf_flow;

/** An empty flow; grid and target (or NULL) are borrowed. */
int mf_flow_create(mf_flow **out, const mf_grid *grid, const mf_measure *target);
void mf_flow_free(mf_flow *flow);

/** A flow with the energies of another and those of its geometries that have all of some traits, to be finished; both
 *  kinds of parts are borrowed from `whole`, which outlives it. */
int mf_flow_create_subflow(mf_flow **out, const mf_flow *whole, unsigned traits);

/** Adds an energy; all energies come before the first geometry.  Options as the type's table reads them, or NULL
 *  for its defaults. */
int mf_flow_add_energy(mf_flow *flow, const mf_energy_type *type, const void *options);

/** Adds a geometry; options likewise. */
int mf_flow_add_geometry(mf_flow *flow, const mf_geometry_type *type, const void *options);

/** Chooses the coordinate (`request` from mf_coordinate_names, or NULL: by the flow's traits and whether the
 *  initial measure has vacuum) and allocates. */
int mf_flow_finish(mf_flow *flow, const char *request, const mf_measure *initial);

const mf_grid *mf_flow_grid(const mf_flow *flow);
const mf_measure *mf_flow_target(const mf_flow *flow);
const mf_coordinate *mf_flow_coordinate(const mf_flow *flow);
int mf_flow_energies(const mf_flow *flow);
int mf_flow_geometries(const mf_flow *flow);
const mf_energy *mf_flow_energy(const mf_flow *flow, int index);
const mf_geometry *mf_flow_geometry(const mf_flow *flow, int index);

/** Order of the flow's error in the length of cells, for smooth measures: the least of its geometries, else that of sums
 *  over cells. */
int mf_flow_order(const mf_flow *flow);

/** True if every geometry conserves mass. */
bool mf_flow_conserves_mass(const mf_flow *flow);

/** True if every energy vanishes at the target, so that rates are exact however little of a deviation is left. */
bool mf_flow_vanishes(const mf_flow *flow);

/** True if dy/dt = A y with A symmetric and non-positive in L^2(1/pi): KL in transport geometries, as a deviation. */
bool mf_flow_linear(const mf_flow *flow);

/** If such an A is `*factor` times a generator, as rates of rho/pi: that generator, with the flow's own arrays.  False else. */
bool mf_flow_generator(const mf_flow *flow, mf_generator *generator, double *factor);

/** True if F is a multiple of KL, and every geometry either gives such an A or has a closed form of reaction. */
bool mf_flow_splits(const mf_flow *flow);

/** True if the initial measure has vacuum that reactions of entropies may keep: nothing moves mass. */
bool mf_flow_keeps_vacuum(const mf_flow *flow);

/** True if reports have rho/pi and its logarithm: there is a target, and it does not underflow. */
bool mf_flow_divides(const mf_flow *flow);

/** Sum of the weights of the entropic energies. */
double mf_flow_weight(const mf_flow *flow);

/** True if implicit steps are called for, with the reason. */
bool mf_flow_stiff(const mf_flow *flow, const char **reason);

/** True if every geometry has a derivative, or needs none, for Newton's method. */
bool mf_flow_has_jacobian(const mf_flow *flow);

/** y at the initial measure. */
int mf_flow_start(mf_flow *flow, const mf_measure *initial, double *y);

/** Makes the mass of y the one that is conserved. */
void mf_flow_hold_mass(mf_flow *flow, const double *y);

/** dy/dt at y.  MF_RETRY if it is not finite. */
int mf_flow_rate(mf_flow *flow, const double *y, double *ydot);

/** Keeps y as the point of linearisation for the two functions below. */
void mf_flow_linearise(mf_flow *flow, const double *y);

/** (d ydot/dy) v at the point of linearisation. */
int mf_flow_jacobian(mf_flow *flow, const double *v, double *jv);

/** Stiff part of d ydot/dy along one axis, as bands (overwritten): see geometry.h. */
void mf_flow_bands(mf_flow *flow, int axis, double *lower, double *diagonal, double *upper);

/** What makes the transport part of these bands symmetric: mass[c] > 0, such that every face's flux is a
 *  multiple of the difference of d rho/mass, pi/P'(u) (with several pressures nearly), and slope = d rho/dy > 0,
 *  or NULL if y is rho or rho - pi. */
void mf_flow_symmetry(const mf_flow *flow, double *mass, double *slope);

/** Error weights at y, and its norm: see mf_coordinate_weights. */
double mf_flow_weights(mf_flow *flow, const double *y, double rtol, double floor, double unit,
                       double *weights);

/** d rho/dy of the log coordinate, where weights were asked for last or the rate was; NULL in the others. */
const double *mf_flow_slope(const mf_flow *flow);

/** Brings y back to the conserved mass, to the last bit that sums can see.  What a report said is gone. */
void mf_flow_restore_mass(mf_flow *flow, double *y);

/** Correction of y to the conserved mass, and error freed of mass (error may be NULL). */
void mf_flow_project(mf_flow *flow, const double *y, double *corr, double *error);

/** What the energies and geometries say at y. */
typedef struct {
  const mf_state *state; /**< with all arrays; valid until the next call */
  double energy;         /**< F [E] */
  double dissipation;    /**< <xi, K xi> [E/T] */
  const double *xi;      /**< first variation of the whole energy, cells values */
  double mass_excess;    /**< mass less target's mass, without cancellation */
} mf_report;
int mf_flow_report(mf_flow *flow, const double *y, mf_report *report);

/** The same at the start, from the initial measure itself: y may have lost tails that entropies with p <= 0 see. */
int mf_flow_report_start(mf_flow *flow, const mf_measure *initial, const double *y, mf_report *report);

/** Sets to NAN what the last report says of log u, of the first variation and of u where round-off of an absolute unknown, or
 *  an `error` of its cells (or NULL), leaves less than their first digit.  Read divergences before. */
void mf_flow_hide_unresolved(mf_flow *flow, const double *error);

/** KL(pi|mu) of the last report, a time `since` after the start, or NAN where tails that y does not resolve may make up more of it than a hundredth. */
double mf_flow_inclusive_kl(mf_flow *flow, const double *error, double since);

/** An array of cells values, k = 0 or 1, of those that reports are made in, for whoever needs memory between two reports:
 *  a report writes over it, and what the last one said is gone.  For linear flows. */
double *mf_flow_lend(const mf_flow *flow, int k);

/** Along the report's state: <xi, d mu/dt> for dy/dt = ydot, that is dF/dt. */
double mf_flow_power(mf_flow *flow, const mf_report *report, const double *ydot);

#endif
