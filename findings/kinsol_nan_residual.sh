#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# SUNDIALS 6.4.1 as Debian 12 ships it (libsundials-dev 6.4.1+dfsg1-3): KINSOL with the serial vector.
#
# Expected: a residual with a component that is not a number is no solution.
# Seen: the maximum norm takes whatever compares greater, so it passes over NaN: KINSol finds the residual (0, NaN) to be of
# norm 0 and returns KIN_INITIAL_GUESS_OK, a success.  Who brings a vector of his own should let its norms show NaN.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=6.4.1+dfsg1-3
for package in dev kinsol6 nvecserial6 sunlinsol3 sunmatrix4; do
  apt-get -o APT::Sandbox::User=root download -q "libsundials-$package=$version" >/dev/null
done
for package in *.deb; do dpkg -x "$package" root; done
cat >try.c <<'END'
#include <kinsol/kinsol.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdio.h>
#include <sundials/sundials_version.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

/* F(u) = (0, log u_1), which is NaN at u_1 < 0. */
static int residual(N_Vector u, N_Vector f, void *user)
{
  (void)user;
  NV_Ith_S(f, 0) = 0;
  NV_Ith_S(f, 1) = log(NV_Ith_S(u, 1));
  return 0;
}

int main(void)
{
  char version[32];
  SUNContext context;
  SUNDIALSGetVersion(version, sizeof version);
  SUNContext_Create(NULL, &context);
  N_Vector u = N_VNew_Serial(2, context), scale = N_VNew_Serial(2, context);
  N_VConst(-1, u);
  N_VConst(1, scale);
  void *kinsol = KINCreate(context);
  SUNMatrix matrix = SUNDenseMatrix(2, 2, context);
  KINInit(kinsol, residual, u);
  KINSetLinearSolver(kinsol, SUNLinSol_Dense(u, matrix, context), matrix);
  const int flag = KINSol(kinsol, u, KIN_NONE, scale, scale);
  double norm;
  KINGetFuncNorm(kinsol, &norm);
  printf("SUNDIALS %s: KINSol returns %d (KIN_INITIAL_GUESS_OK is %d), u = (%g, %g), F_1 = %g\n", version, flag,
         KIN_INITIAL_GUESS_OK, NV_Ith_S(u, 0), NV_Ith_S(u, 1), log(NV_Ith_S(u, 1)));
  return !(flag == KIN_INITIAL_GUESS_OK && NV_Ith_S(u, 1) == -1);
}
END
lib=root/usr/lib/$(gcc -print-multiarch)
gcc -isystem root/usr/include try.c -o try -L"$lib" -lsundials_kinsol -lsundials_nvecserial -lsundials_sunlinsoldense \
  -lsundials_sunmatrixdense -lm -Wl,-rpath,"$PWD/$lib" -Wl,--allow-shlib-undefined
./try
