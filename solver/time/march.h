/* SPDX-License-Identifier: BSD-3-Clause */
/** @file march.h  Time integration of a flow, by the integrator that suits it.
 *
 *    bdf        CVODE, implicit: variable order and step, Newton with preconditioned GMRES (cvode.h)
 *    adams      CVODE, explicit
 *    chebyshev  exp(t A) from output to output, exact to round-off: linear reversible flows (propagate.h)
 *    splitting  Strang: transport by exp(t A), reaction in closed form (split.h), steps by comparison with half steps
 *
 *  `auto` takes the series where it is exact and cheaper, else bdf where the flow is stiff and adams where it is not;
 *  `cvode` leaves the series out. */
#ifndef MF_SOLVER_TIME_MARCH_H
#define MF_SOLVER_TIME_MARCH_H

#include "io/netcdf/checkpoint.h"
#include "solver/flow/flow.h"
#include "solver/time/cvode.h"
#include "solver/time/propagate.h"

typedef enum { MF_AUTO, MF_CVODE, MF_BDF, MF_ADAMS, MF_CHEBYSHEV, MF_SPLITTING } mf_integrator;
extern const char *const mf_integrator_names[];

/** What an integrator costs depends on. */
typedef struct {
  double end;  /**< flow time to reach */
  int outputs; /**< times at which somebody looks */
  double rtol; /**< tolerance of the other integrators */
} mf_horizon;

/** Turns a request into one of the integrators above, with the reason.  MF_ECASE if the flow does not allow it.  If the choice
 *  is the series, `*series` (may be NULL) is what was built to estimate its cost: hand it to `mf_march_create`, or free
 *  it; else it is NULL. */
int mf_integrator_choose(mf_integrator *integrator, const char **reason, mf_flow *flow,
                         const mf_measure *initial, const mf_horizon *horizon, mf_propagator **series);

typedef struct mf_march mf_march;

/** Starts at the initial measure, at a time.  `series` is borrowed, or NULL. */
int mf_march_create(mf_march **out, mf_flow *flow, mf_integrator integrator, const mf_tolerances *tolerances,
                    const mf_measure *initial, double time, mf_propagator *series);
void mf_march_free(mf_march *m);

/** One step, not beyond `end`; `next` is when somebody will look.  CVODE steps over that time as it likes, so that its
 *  trajectory is the same however often one looks; the others end there, the series because it is exact anyway. */
int mf_march_step(mf_march *m, double next, double end);

/** Time reached, and size of the last step. */
double mf_march_time(const mf_march *m);
double mf_march_step_size(const mf_march *m);

/** y and dy/dt (may be NULL) at a time within the last step, or at the start, of the conserved mass: interpolated by CVODE,
 *  integrated anew from where that step began by the others.  The trajectory does not change.  Both stay the march's, and as
 *  they are until it looks or steps again; what a report said is gone. */
int mf_march_at(mf_march *m, double t, const double **y, const double **ydot);

/** Errors of y in the last step, one a cell, as far as the method has any beside round-off; else NULL.  They stay the march's
 *  until the next call. */
int mf_march_errors(mf_march *m, const double **errors);

/** Says that somebody will look at times within steps to come: a series needs two arrays more for that, without which it
 *  knows the ends of its steps only. */
int mf_march_look_back(mf_march *m);

/** Says that nobody will look before t again, a time within the last step: looking after it may be cheaper then. */
int mf_march_forget(mf_march *m, double t);

/** True at a place from which the march goes on the same whether it came there or was put there: all that its next step depends
 *  on can be kept.  That is everywhere for the series and the splitting.  CVODE's memory of steps is its own, so it begins anew
 *  every `renewal` steps (mf_tolerances), and there it is such a place: known before the next step, wherever anybody looks. */
bool mf_march_at_place(const mf_march *m);

/** Puts all that the next step depends on into a checkpoint, which borrows the unknown until the next step; takes it from one,
 *  of a march of the same flow.  Beside a place CVODE goes on without its memory of steps, as exactly as its tolerances say.
 *  MF_EFILE: it is of another march. */
int mf_march_save(mf_march *m, mf_checkpoint *c);
int mf_march_restore(mf_march *m, const mf_checkpoint *c);

void mf_march_counters(const mf_march *m, mf_counters *counters);

#endif
