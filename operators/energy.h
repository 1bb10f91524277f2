/* SPDX-License-Identifier: BSD-3-Clause */
/** @file energy.h (plug-in)  Energies F(mu): what decreases along a gradient flow.
 *
 *  An energy gives its value and its first variation xi = dF/dmu, so that F(mu + eps nu) = F(mu) + eps <xi,
 *  nu> + ... Two kinds of energy offer a geometry more than xi:
 *   - entropic ones, F = weight * int phi_p(d mu / d pi) d pi, bring a pressure; a geometry evaluates them
 *  from
 *     w and l itself (operators/entropy.h) in the form it needs;
 *   - embedded ones, F = weight/2 |mu - pi|_K^2, are quadratic in the embedding K, which the MMD geometry
 *  inverts. */
#ifndef MF_OPERATORS_ENERGY_H
#define MF_OPERATORS_ENERGY_H

#include "grids/base.h"
#include "grids/param.h"
#include "operators/kernels/convolution.h"
#include "operators/state.h"

#include <float.h>

MF_PUBLIC_BEGIN

typedef struct mf_energy mf_energy;

/** Promises that tests/ checks over the registry. */
enum {
  MF_ENERGY_ENTROPIC = 1,  /**< weight * int phi_p(d mu/d pi) d pi; `exponent` is p */
  MF_ENERGY_EMBEDDED = 2,  /**< weight/2 |mu - pi|_K^2; `embedding` is K */
  MF_ENERGY_TARGET = 4,    /**< needs a target, which minimises it with value 0 */
  MF_ENERGY_PLACED = 32,   /**< depends on where the measure is, not only on its shape */
  MF_ENERGY_FLAT = 16,     /**< entropic over Lebesgue measure; has a `value` of its own */
  MF_ENERGY_EQUAL_MASS = 8 /**< non-negative only for mu of the target's mass */
};

typedef struct {
  const char *name;      /**< key in the case file */
  const char *summary;   /**< one line for `mflow list` */
  const char *reference; /**< where the energy is defined */
  unsigned traits;
  mf_param_table params; /**< one row is weight; a scalar in the case stands for the first */
  /** Checks the options and allocates what evaluation needs; grid, target and options are set, weight is 1.  NULL if there
   *  is nothing to do. */
  int (*create)(mf_energy *e);
  void (*destroy)(mf_energy *e);
  /** Value of F [E]; for entropic energies NULL. */
  double (*value)(const mf_energy *e, const mf_state *s);
  /** xi[c] += weight * dF/dmu [E/M], finite in every cell; for entropic energies NULL. */
  void (*add_variation)(const mf_energy *e, const mf_state *s, double *MF_RESTRICT xi);
  /** xi[c] += weight * (derivative of dF/dmu along the tangent). */
  void (*add_hessian)(const mf_energy *e, const mf_state *s, const mf_tangent *d, double *MF_RESTRICT xi);
  /** Arrays of the state that `value` and `add_variation` read. */
  unsigned needs;
} mf_energy_type;

struct mf_energy {
  const mf_energy_type *type;
  const mf_grid *grid;
  const mf_measure *target; /**< or NULL */
  void *options;            /**< type->params.size bytes, owned */
  double weight;
  double exponent;           /**< p of an entropic energy */
  double constant;           /**< added to xi of an entropic energy */
  mf_convolution *embedding; /**< K of an embedded energy, owned */
  void *self;                /**< private to the type */
};

/** Row of a parameter table for the member `weight` of `type`, not below `least`. */
#define MF_WEIGHT_PARAM(type, least)                                                                         \
  {                                                                                                          \
    .key = "weight", .kind = MF_REAL, .offset = offsetof(type, weight), .fallback = 1, .min = (least),       \
    .max = DBL_MAX, .doc = "factor of the energy"                                                            \
  }

/** Creates an energy of a type with options as its table reads them (copied), or with the table's defaults for NULL. */
int mf_energy_create(mf_energy **out, const mf_energy_type *type, const mf_grid *grid,
                     const mf_measure *target, const void *options);
void mf_energy_free(mf_energy *e);

/** int phi_p(d mu/d pi) d pi at a state that has all arrays: a sum of terms >= 0. */
double mf_energy_entropy_of(const mf_state *s, double p);

/** Value of F [E] at a state that has all arrays. */
double mf_energy_value(const mf_energy *e, const mf_state *s);

MF_PUBLIC_END

#endif
