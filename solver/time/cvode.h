/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cvode.h  Time integration by CVODE: variable order, variable step, dense output.
 *
 *  BDF with Newton and preconditioned flexible GMRES where the system is stiff, Adams with functional iteration where
 *  not. Outputs are interpolated, so the trajectory does not depend on how often one looks.  This is the only
 *  file that knows CVODE. */
#ifndef MF_SOLVER_TIME_CVODE_H
#define MF_SOLVER_TIME_CVODE_H

#include "grids/grid.h"

/** What is integrated: dy/dt = rate(t, y).  Callbacks return a status of base.h; all but `rate` may be NULL.
 *  */
typedef struct {
  void *self;
  const mf_grid *grid; /**< of the array, or NULL for a plain one */
  ptrdiff_t length;
  bool stiff;
  bool linear; /**< the Jacobian is the same everywhere */
  int (*rate)(void *self, double t, const double *y, double *ydot);
  void (*linearise)(void *self, double t,
                    const double *y); /**< before `jacobian` and `factor`; once if linear */
  int (*jacobian)(void *self, double t, const double *v, double *jv);      /**< J v */
  int (*factor)(void *self, double t, double gamma);                       /**< of P ~ I - gamma J */
  void (*solve)(void *self, const double *r, double *z);                   /**< z = P^-1 r */
  void (*weights)(void *self, double t, const double *y, double *weights); /**< else rtol |y| + atol */
  double (*watch)(const void *self,
                  const double *e); /**< what the square of a norm of errors has besides; may be NULL */
  void (*project)(void *self, double t, const double *y, double *corr,
                  double *error); /**< used with BDF only */
} mf_system;

typedef struct {
  double rtol, atol;
  int max_order;   /**< 0: CVODE's own */
  long max_steps;  /**< of the whole run */
  double max_step; /**< 0: none */
  long renewal;    /**< of a march: steps after which CVODE begins anew (march.h); 0: never */
  double decay;    /**< s of rescale.h [1/T], of a march; 0: none */
} mf_tolerances;

/** Counters since the start. */
typedef struct {
  long steps, rates, newton, krylov, error_failures, convergence_failures;
  int order;
} mf_counters;

typedef struct mf_cvode mf_cvode;

int mf_cvode_create(mf_cvode **out, const mf_system *system, const mf_tolerances *tolerances, double t0,
                    const double *y0);
void mf_cvode_free(mf_cvode *i);

/** Begins anew at another time and y, without memory of steps: what is done from here on depends on these two alone.
 *  Counters go on from those given. */
int mf_cvode_renew(mf_cvode *i, double t, const double *y, const mf_counters *counters);

/** One internal step, not beyond t_end.  MF_ENUMERIC with what CVODE said and where, if it cannot go on. */
int mf_cvode_step(mf_cvode *i, double t_end);

/** Time reached, and size of the last step. */
double mf_cvode_time(const mf_cvode *i);
double mf_cvode_step_size(const mf_cvode *i);

/** y at the time reached, to the last bit; the integrator's, until the next step. */
const double *mf_cvode_state(mf_cvode *i);

/** y and dy/dt (or NULL) at a time within the last step, or at the start. */
int mf_cvode_at(mf_cvode *i, double t, double *y, double *ydot);

/** What CVODE believes to be the error of each number of y in the last step; 0 at the start. */
void mf_cvode_errors(mf_cvode *i, double *errors);

void mf_cvode_counters(const mf_cvode *i, mf_counters *counters);

/** Version of SUNDIALS. */
const char *mf_cvode_library(void);

#endif
