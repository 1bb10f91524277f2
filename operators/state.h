/* SPDX-License-Identifier: BSD-3-Clause */
/** @file state.h (plug-in)  A measure as operators see it, and a direction in which it changes.
 *
 *  The coordinate that is integrated (solver/flow/coordinate.h) decides in which form an operator gives its rate:
 *
 *    MF_ABSOLUTE   rate = d rho / dt           [M/L^d/T]
 *    MF_RELATIVE   rate = d log(rho) / dt      [1/T]: no vacuum, tails exact
 *
 *  Every array has one value per local cell; an array that neither form nor need asks for is NULL. */
#ifndef MF_OPERATORS_STATE_H
#define MF_OPERATORS_STATE_H

#include "grids/measure.h"

MF_PUBLIC_BEGIN

typedef enum { MF_ABSOLUTE, MF_RELATIVE } mf_rate_form;

/** Which arrays of a state an operator reads. */
enum {
  MF_NEED_DENSITY = 1,
  MF_NEED_DEVIATION = 2,
  MF_NEED_EXCESS = 4,
  MF_NEED_LOG_RATIO = 8,
  MF_NEED_ALL = 15
};

/** The measure mu = rho dx and, with a target pi: rho - pi, w = rho/pi - 1 and l = log(rho/pi). */
typedef struct {
  const mf_grid *grid;
  const mf_measure *target;     /**< pi, or NULL */
  const double *inverse_target; /**< 1/pi, or NULL where no entropic energy needs it */
  mf_rate_form form;
  const double *density;   /**< rho >= 0 [M/L^d] */
  const double *deviation; /**< rho - pi [M/L^d]; without a target, rho itself */
  const double *excess;    /**< rho/pi - 1; round-off may leave it below -1 */
  const double *log_ratio; /**< log(rho/pi) >= MF_LOG_VACUUM in MF_ABSOLUTE form */
} mf_state;

/** A change of the measure: d rho, d rho / pi (MF_ABSOLUTE) and d log rho (MF_RELATIVE). */
typedef struct {
  const double *density, *excess, *log_ratio;
} mf_tangent;

MF_PUBLIC_END

#endif
