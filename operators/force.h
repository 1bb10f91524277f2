/* SPDX-License-Identifier: BSD-3-Clause */
/** @file force.h (plug-in)  The first variation xi = dF/dmu of a sum of energies, in parts.
 *
 *  Entropic energies are kept by exponent and reference measure, so that a geometry can form what it needs without
 *  cancellation: pressures for transport, the product mu xi for reaction.  All other energies are summed up in an
 *  array.  The functions below put the parts together again, cell by cell. */
#ifndef MF_OPERATORS_FORCE_H
#define MF_OPERATORS_FORCE_H

#include "operators/energy.h"

MF_PUBLIC_BEGIN

/** weight * int phi_p(u) dm + constant * mass, with u = d mu/d m and m the target or, if `flat`, Lebesgue measure. */
typedef struct {
  double weight, exponent, constant;
  bool flat;
} mf_entropy;

typedef struct {
  const mf_entropy *entropy;
  int entropies;
  const double *xi;                /**< of all other energies [E/M]; NULL if there are none */
  const double *total;             /**< entropic part included; only where `dissipation` is asked for */
  const mf_convolution *embedding; /**< K if every energy is embedded and there is one, else NULL */
  double embedding_weight;
} mf_force;

/** True if some entropy has this reference measure. */
bool mf_force_has(const mf_force *f, bool flat);

/** True if the pressure over the target is u - 1 itself: KL of weight 1 and no other entropy over the target. */
bool mf_force_linear(const mf_force *f);

/** Arrays of the state that the entropic part reads in MF_ABSOLUTE form; with `logarithm` always log u. */
unsigned mf_force_needs(const mf_force *f, bool logarithm);

/** xi[c]. */
double mf_force_variation(const mf_force *f, const mf_state *s, ptrdiff_t c);

/** (mu xi)[c]: of entropies over the target pi (u^p - u)/(p - 1), right in vacuum and linear in rho - pi for p = 0. */
double mf_force_product(const mf_force *f, const mf_state *s, ptrdiff_t c);

/** Derivative of mu xi along a tangent; dxi is the change of f->xi, or NULL. */
double mf_force_product_change(const mf_force *f, const mf_state *s, const mf_tangent *d, const double *dxi,
                               ptrdiff_t c);

/** Derivative of xi along a tangent. */
double mf_force_variation_change(const mf_force *f, const mf_state *s, const mf_tangent *d, const double *dxi,
                                 ptrdiff_t c);

/** Derivative of the entropic part of xi by log rho. */
double mf_force_log_slope(const mf_force *f, const mf_state *s, ptrdiff_t c);

/** Derivative of the entropic part of mu xi by rho. */
double mf_force_product_slope(const mf_force *f, const mf_state *s, ptrdiff_t c);

/** Pressure of all entropies with one reference: over the target sum weight (u^p - 1)/p, flat sum weight rho^p/p. */
double mf_force_pressure(const mf_force *f, const mf_state *s, bool flat, ptrdiff_t c);

/** Its derivative by u, resp. by rho. */
double mf_force_pressure_slope(const mf_force *f, const mf_state *s, bool flat, ptrdiff_t c);

MF_PUBLIC_END

#endif
