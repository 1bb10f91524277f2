#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# SUNDIALS 6.4.1 as Debian 12 ships it (libsundials-dev 6.4.1+dfsg1-3): CVODE, Adams with the fixed-point solver.
#
# Expected: a right-hand side that returns a negative number has failed for good, and CVode returns CV_RHSFUNC_FAIL at once, as
# it does with BDF and Newton.
# Seen: with the fixed-point solver the step is taken for one that did not converge, is made smaller, and the failed function
# is called 400 times before CVode returns CV_TOO_MUCH_WORK.  Who cannot afford that remembers the failure himself.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=6.4.1+dfsg1-3
for package in dev cvode6 nvecserial6 sunlinsol3 sunmatrix4; do
  apt-get -o APT::Sandbox::User=root download -q "libsundials-$package=$version" >/dev/null
done
for package in *.deb; do dpkg -x "$package" root; done
cat >try.c <<'END'
#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <stdio.h>
#include <sundials/sundials_version.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

static int calls_after;

static int rate(double t, N_Vector y, N_Vector ydot, void *user)
{
  (void)user;
  N_VScale(-1, y, ydot);
  if (t <= 0.5) return 0;
  calls_after++;
  return -1;
}

static void quiet(int code, const char *module, const char *function, char *text, void *user)
{
  (void)code, (void)module, (void)function, (void)text, (void)user;
}

static int run(int method)
{
  SUNContext context;
  SUNContext_Create(NULL, &context);
  N_Vector y = N_VNew_Serial(1, context);
  N_VConst(1, y);
  void *cvode = CVodeCreate(method, context);
  CVodeInit(cvode, rate, 0, y);
  CVodeSStolerances(cvode, 1e-6, 1e-9);
  CVodeSetErrHandlerFn(cvode, quiet, NULL);
  if (method == CV_ADAMS)
    CVodeSetNonlinearSolver(cvode, SUNNonlinSol_FixedPoint(y, 0, context));
  else
    CVodeSetLinearSolver(cvode, SUNLinSol_SPGMR(y, SUN_PREC_NONE, 0, context), NULL);
  calls_after = 0;
  double t;
  const int flag = CVode(cvode, 1, y, &t, CV_NORMAL);
  printf("%s: flag %d (CV_RHSFUNC_FAIL is %d) after %d failing calls\n",
         method == CV_ADAMS ? "Adams, fixed point" : "BDF, Newton", flag, CV_RHSFUNC_FAIL, calls_after);
  return flag;
}

int main(void)
{
  char version[32];
  SUNDIALSGetVersion(version, sizeof version);
  printf("SUNDIALS %s\n", version);
  const int newton = run(CV_BDF), newton_calls = calls_after, fixed = run(CV_ADAMS), fixed_calls = calls_after;
  return !(newton == CV_RHSFUNC_FAIL && newton_calls == 1 && fixed == CV_TOO_MUCH_WORK && fixed_calls > 100);
}
END
lib=root/usr/lib/$(gcc -print-multiarch)
gcc -isystem root/usr/include try.c -o try -L"$lib" -lsundials_cvode -lsundials_nvecserial -lsundials_sunlinsolspgmr \
  -lsundials_sunnonlinsolfixedpoint -lm -Wl,-rpath,"$PWD/$lib" -Wl,--allow-shlib-undefined
./try
