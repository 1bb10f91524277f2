/* SPDX-License-Identifier: BSD-3-Clause */
/** @file swarm.h  Particles with weights as a measure in a box, and how they are moved. */
#ifndef MF_OPERATORS_SWARM_H
#define MF_OPERATORS_SWARM_H

#include "operators/kernels/sums.h"

/** sum_i weight[i] delta(x[.][i]).  Particles are in the box: walls reflect, periodic axes wrap. */
typedef struct {
  const mf_grid *grid;
  ptrdiff_t count;
  double *x[MF_AXES];   /**< [L]; arrays beyond dim are NULL */
  double *weight;       /**< >= 0 [M] */
  double *v[MF_AXES];   /**< room for velocities */
  double *old[MF_AXES]; /**< and for positions */
} mf_swarm;

/** Most particles that numbers by counting tell apart. */
enum { MF_MOST_PARTICLES = 2000000000 };

/** `count` particles of equal weights of sum `mass`, at the origin of the box. */
int mf_swarm_create(mf_swarm **out, const mf_grid *grid, ptrdiff_t count, double mass);
void mf_swarm_free(mf_swarm *s);

/** Its points. */
mf_cloud mf_swarm_cloud(const mf_swarm *s);

/** Sum of the weights, and 1/sum (w/mass)^2: how many equal particles have the same statistical weight. */
double mf_swarm_mass(const mf_swarm *s);
double mf_swarm_effective(const mf_swarm *s);

/** Takes particles [begin, end) back into the box. */
void mf_swarm_confine(const mf_swarm *s, ptrdiff_t begin, ptrdiff_t end);

/** Fills v[axis][i], the velocities of all particles where they are now [L/T]. */
typedef int mf_velocity(const void *self, mf_swarm *s, double *const *v);

/** One step of dx/dt = v(x; all particles) by the midpoint rule, of order 2. */
int mf_swarm_drift(mf_swarm *s, double dt, mf_velocity *velocity, const void *self);

/** Systematic resampling (Kitagawa 1996): N equal weights, particle i copied floor or ceil of N w_i times for one number u in
 *  (0, 1).  The mass stays. */
int mf_swarm_resample(mf_swarm *s, double u);

#endif
