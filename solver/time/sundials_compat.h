/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sundials_compat.h  The places where SUNDIALS 6 and 7 differ, for vector.c and cvode.c. */
#ifndef MF_SOLVER_TIME_SUNDIALS_COMPAT_H
#define MF_SOLVER_TIME_SUNDIALS_COMPAT_H

#include <sundials/sundials_context.h>
#include <sundials/sundials_nvector.h>
#include <sundials/sundials_types.h>
#include <sundials/sundials_version.h>

/** A context that prints nothing: failures reach the caller as return values. */
static inline int mf_sundials_context(SUNContext *context)
{
#if SUNDIALS_VERSION_MAJOR >= 7
  const int flag = SUNContext_Create(SUN_COMM_NULL, context);
  if (flag == 0) SUNContext_ClearErrHandlers(*context);
  return flag;
#else
  return SUNContext_Create(NULL, context);
#endif
}

#endif
