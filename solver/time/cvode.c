/* SPDX-License-Identifier: BSD-3-Clause */
/* Time integration by CVODE. */
#include "solver/time/cvode.h"

#include "grids/base.h"
#include "solver/time/vector.h"

#include <cvode/cvode.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sunlinsol/sunlinsol_spfgmr.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

struct mf_cvode {
  mf_system system;
  mf_tolerances tolerances;
  SUNContext context;
  void *cvode;
  N_Vector y, view;
  SUNLinearSolver linear;
  SUNNonlinearSolver fixed_point;
  double t0, t; /* where this CVODE began, and is */
  double *y0;
  mf_counters before;   /* of those that it took over from */
  bool linearised;      /* where CVODE is now; no longer when it asks for the rate elsewhere */
  bool short_of_memory; /* there was none for a vector that CVODE cloned */
  int fatal;            /* first status < 0 of a callback: CVODE does not always pass it on */
};

/* ---- callbacks ---- */

static int keep(mf_cvode *i, int status)
{
  if (status < 0 && !i->fatal) i->fatal = status;
  return status < 0 ? -1 : status;
}

static int on_rate(sunrealtype t, N_Vector y, N_Vector ydot, void *user)
{
  mf_cvode *i = user;
  if (i->fatal || i->short_of_memory) return -1;
  if (!i->system.linear) i->linearised = false;
  return keep(i, i->system.rate(i->system.self, t, mf_vector_data(y), mf_vector_data(ydot)));
}

/* Every Newton iteration asks for it with a new rate, for products and, sometimes, for factors. */
static void linearise(mf_cvode *i, double t, N_Vector y)
{
  if (!i->linearised) i->system.linearise(i->system.self, t, mf_vector_data(y));
  i->linearised = true;
}

static int on_jacobian_setup(sunrealtype t, N_Vector y, N_Vector fy, void *user)
{
  (void)fy;
  linearise(user, t, y);
  return 0;
}

static int on_jacobian(N_Vector v, N_Vector jv, sunrealtype t, N_Vector y, N_Vector fy, void *user,
                       N_Vector scratch)
{
  (void)y, (void)fy, (void)scratch;
  mf_cvode *i = user;
  return keep(i, i->system.jacobian(i->system.self, t, mf_vector_data(v), mf_vector_data(jv)));
}

static int on_factor(sunrealtype t, N_Vector y, N_Vector fy, sunbooleantype fresh, sunbooleantype *renewed,
                     sunrealtype gamma, void *user)
{
  (void)fy, (void)fresh;
  mf_cvode *i = user;
  *renewed = SUNTRUE;
  linearise(i, t, y);
  return keep(i, i->system.factor(i->system.self, t, gamma));
}

static int on_solve(sunrealtype t, N_Vector y, N_Vector fy, N_Vector r, N_Vector z, sunrealtype gamma,
                    sunrealtype delta, int side, void *user)
{
  (void)t, (void)y, (void)fy, (void)gamma, (void)delta, (void)side;
  mf_cvode *i = user;
  i->system.solve(i->system.self, mf_vector_data(r), mf_vector_data(z));
  return 0;
}

/* CVODE asks for them where it has arrived. */
static int on_weights(N_Vector y, N_Vector weights, void *user)
{
  mf_cvode *i = user;
  double t = i->t0;
  CVodeGetCurrentTime(i->cvode, &t);
  i->system.weights(i->system.self, t, mf_vector_data(y), mf_vector_data(weights));
  return 0;
}

static int on_project(sunrealtype t, N_Vector y, N_Vector corr, sunrealtype tolerance, N_Vector error,
                      void *user)
{
  (void)tolerance;
  mf_cvode *i = user;
  i->system.project(i->system.self, t, mf_vector_data(y), mf_vector_data(corr),
                    error ? mf_vector_data(error) : NULL);
  return 0;
}

#if SUNDIALS_VERSION_MAJOR < 7
static void say_nothing(int code, const char *module, const char *function, char *text, void *user)
{
  (void)code, (void)module, (void)function, (void)text, (void)user;
}
#endif

/* ---- life ---- */

static int no_memory(void)
{
  return mf_fail(
      MF_EMEMORY,
      "no memory for the vectors of the integrator: take fewer cells (mflow show tells what a run needs)");
}

/* A CVODE call that fails only for want of memory or by a mistake of ours. */
static int require(const mf_cvode *i, int flag, const char *what)
{
  if (i->short_of_memory) return no_memory();
  return flag >= 0 ? MF_OK : mf_fail(MF_EMEMORY, "%s failed with flag %d", what, flag);
}

/* GMRES stops by a norm that knows nothing of what is watched.  Where that is most of a right-hand side, all of it has to be as
 * much smaller as the rest: else the steps shrink without end, because what is left of linear systems is no error of steps. */
static int solve_watched(SUNLinearSolver solver, SUNMatrix a, N_Vector x, N_Vector b, sunrealtype tolerance)
{
  const N_Vector weights = ((SUNLinearSolverContent_SPFGMR)solver->content)->s1;
  const double all = N_VWrmsNorm(b, weights), rest = mf_vector_unwatched(b, weights);
  return SUNLinSolSolve_SPFGMR(solver, a, x, b, all > rest ? tolerance * (rest / all) : tolerance);
}

static int set_implicit(mf_cvode *i)
{
  const mf_system *s = &i->system;
  enum { KRYLOV_VECTORS = 10 };
  i->linear = SUNLinSol_SPFGMR(i->y, s->solve ? SUN_PREC_RIGHT : SUN_PREC_NONE, KRYLOV_VECTORS, i->context);
  if (!i->linear || i->short_of_memory) return no_memory();
  SUNLinSol_SPFGMRSetGSType(i->linear,
                            SUN_CLASSICAL_GS); /* fused dot products; orthogonal enough for few vectors */
  MF_TRY(require(i, CVodeSetLinearSolver(i->cvode, i->linear, NULL), "CVodeSetLinearSolver"));
  if (s->solve)
    MF_TRY(require(i, CVodeSetPreconditioner(i->cvode, on_factor, on_solve), "CVodeSetPreconditioner"));
  if (s->jacobian)
    MF_TRY(require(i, CVodeSetJacTimes(i->cvode, on_jacobian_setup, on_jacobian), "CVodeSetJacTimes"));
  if (s->watch) i->linear->ops->solve = solve_watched;
  if (s->project) MF_TRY(require(i, CVodeSetProjFn(i->cvode, on_project), "CVodeSetProjFn"));
  /* The first step would do it; memory is to be short before there is a result. */
  return require(i, SUNLinSolInitialize(i->linear) ? -1 : 0, "SUNLinSolInitialize");
}

static int set_explicit(mf_cvode *i)
{
  i->fixed_point = SUNNonlinSol_FixedPoint(i->y, 0, i->context);
  if (!i->fixed_point || i->short_of_memory) return no_memory();
  return require(i, CVodeSetNonlinearSolver(i->cvode, i->fixed_point), "CVodeSetNonlinearSolver");
}

static int set_limits(mf_cvode *i)
{
  const mf_tolerances *o = &i->tolerances;
  MF_TRY(require(i,
                 i->system.weights ? CVodeWFtolerances(i->cvode, on_weights)
                                   : CVodeSStolerances(i->cvode, o->rtol, o->atol),
                 "setting tolerances"));
  if (o->max_order > 0) MF_TRY(require(i, CVodeSetMaxOrd(i->cvode, o->max_order), "CVodeSetMaxOrd"));
  if (o->max_step > 0) MF_TRY(require(i, CVodeSetMaxStep(i->cvode, o->max_step), "CVodeSetMaxStep"));
#if SUNDIALS_VERSION_MAJOR < 7
  MF_TRY(require(i, CVodeSetErrHandlerFn(i->cvode, say_nothing, NULL), "CVodeSetErrHandlerFn"));
#endif
  return MF_OK;
}

/* CVODE and its vectors, at t0 and y0. */
static int begin(mf_cvode *i)
{
  if (mf_sundials_context(&i->context)) return mf_fail(MF_EMEMORY, "no memory for SUNDIALS");
  i->y = mf_vector_create(i->context, i->system.grid, i->system.length, &i->short_of_memory);
  if (i->y && i->system.watch) mf_vector_watch(i->y, i->system.watch, i->system.self);
  i->view = i->y ? N_VCloneEmpty(i->y) : NULL;
  i->cvode = CVodeCreate(i->system.stiff ? CV_BDF : CV_ADAMS, i->context);
  if (!i->y || !i->view || !i->cvode || i->short_of_memory) return no_memory();
  memcpy(mf_vector_data(i->y), i->y0, (size_t)i->system.length * sizeof *i->y0);
  MF_TRY(require(i, CVodeInit(i->cvode, on_rate, i->t0, i->y), "CVodeInit"));
  MF_TRY(require(i, CVodeSetUserData(i->cvode, i), "CVodeSetUserData"));
  MF_TRY(set_limits(i));
  return i->system.stiff ? set_implicit(i) : set_explicit(i);
}

static void end(mf_cvode *i)
{
  if (i->cvode) CVodeFree(&i->cvode);
  if (i->linear) SUNLinSolFree(i->linear);
  if (i->fixed_point) SUNNonlinSolFree(i->fixed_point);
  if (i->view) N_VDestroy(i->view);
  if (i->y) N_VDestroy(i->y);
  if (i->context) SUNContext_Free(&i->context);
  i->linear = NULL;
  i->fixed_point = NULL;
  i->view = i->y = NULL;
}

static int fill(mf_cvode *i, const double *y0)
{
  MF_TRY(mf_reals_create(&i->y0, i->system.length));
  memcpy(i->y0, y0, (size_t)i->system.length * sizeof *y0);
  return begin(i);
}

int mf_cvode_create(mf_cvode **out, const mf_system *system, const mf_tolerances *tolerances, double t0,
                    const double *y0)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  **out = (mf_cvode){.system = *system, .tolerances = *tolerances, .t0 = t0, .t = t0};
  const int status = fill(*out, y0);
  if (status) {
    mf_cvode_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_cvode_free(mf_cvode *i)
{
  if (!i) return;
  end(i);
  mf_release(i->y0);
  mf_release(i);
}

int mf_cvode_renew(mf_cvode *i, double t, const double *y, const mf_counters *counters)
{
  memmove(i->y0, y, (size_t)i->system.length * sizeof *y);
  i->before = *counters;
  i->t0 = i->t = t;
  i->linearised = false;
  end(i);
  return begin(i);
}

/* ---- stepping ---- */

static int failed(const mf_cvode *i, int flag)
{
  if (i->short_of_memory) return no_memory();
  if (i->fatal) return i->fatal;
  char *name = CVodeGetReturnFlagName(flag);
  double step = 0;
  CVodeGetLastStep(i->cvode, &step);
  const int status =
      mf_fail(MF_ENUMERIC,
              "the time integrator gave up at t = %.6g with step %.3g (CVODE: %s): try another coordinate, "
              "a larger tolerance or a finer grid",
              i->t, step, name);
  free(name); /* CVODE allocates it with malloc */
  return status;
}

int mf_cvode_step(mf_cvode *i, double t_end)
{
  long steps = 0;
  CVodeGetNumSteps(i->cvode, &steps);
  steps += i->before.steps;
  if (steps >= i->tolerances.max_steps)
    return mf_fail(MF_ENUMERIC, "%ld steps were not enough: t = %.6g of %.6g reached; raise time.max_steps%s",
                   steps, i->t, t_end, i->system.stiff ? "" : ", or set time.integrator: bdf");
  MF_TRY(require(i, CVodeSetStopTime(i->cvode, t_end), "CVodeSetStopTime"));
  const int flag = CVode(i->cvode, t_end, i->y, &i->t, CV_ONE_STEP);
  return flag < 0 || i->fatal || i->short_of_memory ? failed(i, flag) : MF_OK;
}

double mf_cvode_time(const mf_cvode *i)
{
  return i->t;
}

const double *mf_cvode_state(mf_cvode *i)
{
  return mf_vector_data(i->y);
}

double mf_cvode_step_size(const mf_cvode *i)
{
  double step = 0;
  CVodeGetLastStep(i->cvode, &step);
  return step;
}

static int interpolate(mf_cvode *i, double t, int derivative, double *out)
{
  N_VSetArrayPointer(out, i->view);
  const int flag = CVodeGetDky(i->cvode, t, derivative, i->view);
  N_VSetArrayPointer(NULL, i->view); /* so that nothing is put off of what goes to `out` */
  return flag == CV_SUCCESS ? MF_OK : mf_fail(MF_ENUMERIC, "t = %.17g is not within the last step", t);
}

int mf_cvode_at(mf_cvode *i, double t, double *y, double *ydot)
{
  if (i->t == i->t0) {
    memcpy(y, i->y0, (size_t)i->system.length * sizeof *y);
    return ydot ? i->system.rate(i->system.self, t, y, ydot) : MF_OK;
  }
  MF_TRY(interpolate(i, t, 0, y));
  return ydot ? interpolate(i, t, 1, ydot) : MF_OK;
}

void mf_cvode_errors(mf_cvode *i, double *errors)
{
  memset(errors, 0, (size_t)i->system.length * sizeof *errors);
  if (i->t == i->t0) return;
  N_VSetArrayPointer(errors, i->view);
  CVodeGetEstLocalErrors(i->cvode, i->view);
  N_VSetArrayPointer(NULL, i->view);
}

void mf_cvode_counters(const mf_cvode *i, mf_counters *n)
{
  *n = (mf_counters){0};
  CVodeGetNumSteps(i->cvode, &n->steps);
  CVodeGetNumRhsEvals(i->cvode, &n->rates);
  CVodeGetNumNonlinSolvIters(i->cvode, &n->newton);
  CVodeGetNumErrTestFails(i->cvode, &n->error_failures);
  CVodeGetNumNonlinSolvConvFails(i->cvode, &n->convergence_failures);
  if (i->linear) CVodeGetNumLinIters(i->cvode, &n->krylov);
  CVodeGetLastOrder(i->cvode, &n->order);
  n->steps += i->before.steps;
  n->rates += i->before.rates;
  n->newton += i->before.newton;
  n->krylov += i->before.krylov;
  n->error_failures += i->before.error_failures;
  n->convergence_failures += i->before.convergence_failures;
}

const char *mf_cvode_library(void)
{
  return SUNDIALS_VERSION;
}
