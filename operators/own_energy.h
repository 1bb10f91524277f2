/* SPDX-License-Identifier: BSD-3-Clause */
/** @file own_energy.h (user)  An energy of one's own from two functions: its value and its first variation.
 *
 *  A case names it like any other, `energy: {NAME: weight}`; every geometry then makes a flow of it.  What an energy may tell
 *  a geometry beyond that (entropies, second derivatives, options) is for a table of functions: energy.h, registry.h. */
#ifndef MF_OPERATORS_OWN_ENERGY_H
#define MF_OPERATORS_OWN_ENERGY_H

#include "grids/axes.h"

MF_PUBLIC_BEGIN

/** F(mu) [E] of a density [M/L^dim], a number per cell of the grid. */
typedef double mf_own_value(void *self, const mf_grid *grid, const double *density);

/** xi[c] = dF/dmu [E/M] in every cell, such that F changes by volume * sum_c xi[c] nu[c] along a change nu of the density. */
typedef void mf_own_variation(void *self, const mf_grid *grid, const double *density, double *xi);

/** Gives the energy a name.  The functions get `self`, and are called in the thread that integrates.  With a name that was
 *  given before, the energy replaces that one in cases that are read from now on.  MF_ECASE: a name that is taken, or a function
 *  that is missing. */
int mf_own_energy(const char *name, mf_own_value *value, mf_own_variation *variation, void *self);

MF_PUBLIC_END

#endif
