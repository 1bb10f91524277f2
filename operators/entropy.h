/* SPDX-License-Identifier: BSD-3-Clause */
/** @file entropy.h  The entropies phi_p and their derivatives, exact near equilibrium and in tails.
 *
 *    phi_p(u) = (u^p - p (u - 1) - 1) / (p (p - 1)),   phi_1 = u log u - u + 1,   phi_0 = u - 1 - log u,
 *
 *  u = d mu / d pi the density ratio (Mielke & Zhu 2024, (1.15)).  Every function takes w = u - 1 and l = log
 *  u, of which each is exact where the other loses digits: w near u = 1, l in tails.  Results are relative to
 *  the deviation: they vanish like w or w^2, never through a difference of numbers near 1. */
#ifndef MF_OPERATORS_ENTROPY_H
#define MF_OPERATORS_ENTROPY_H

#include <stddef.h>

/** What stands for log 0, so that first variations stay finite in vacuum.  Logarithms of what is no vacuum may lie below:
 *  those of 1 + w cannot. */
#define MF_LOG_VACUUM (-600.0)

/** l, or MF_LOG_VACUUM for -INFINITY. */
double mf_entropy_finite_log(double l);

/** phi_p(u); +INFINITY in vacuum, l = MF_LOG_VACUUM, for p <= 0. */
double mf_entropy_value(double p, double w, double l);

/** First variation phi_p'(u) = (u^(p-1) - 1) / (p - 1); log u for p = 1. */
double mf_entropy_variation(double p, double l);

/** Pressure above that at u = 1: (u^p - 1) / p; log u for p = 0.  P'(u) = u phi_p''(u). */
double mf_entropy_pressure(double p, double w, double l);

/** dP/du = u^(p-1). */
double mf_entropy_pressure_slope(double p, double l);

/** Reaction force per target density, u phi_p'(u) = (u^p - u) / (p - 1). */
double mf_entropy_force(double p, double w, double l);

/** d/du of the force: p phi_p'(u) + 1. */
double mf_entropy_force_slope(double p, double l);

/** log(1 + w), held above MF_LOG_VACUUM. */
double mf_entropy_log(double w);

#endif
