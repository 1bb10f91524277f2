/* SPDX-License-Identifier: BSD-3-Clause */
/** @file method.h  Particle methods: how an ensemble follows a flow of an energy in a geometry.
 *
 *  A method is one file in methods/, found by its table mf_method_NAME, and says which flows it is the counterpart of.  What its table
 *  promises is checked over the whole registry by tests: it does not matter how particles are numbered, a step of length 0
 *  changes nothing, weights sum to the mass, one seed gives one result. */
#ifndef MF_OPERATORS_METHOD_H
#define MF_OPERATORS_METHOD_H

#include "grids/random.h"
#include "operators/energy.h"
#include "operators/geometry.h"
#include "operators/swarm.h"

typedef struct mf_method mf_method;

enum {
  MF_METHOD_RANDOM = 1,  /**< draws numbers: particles change places, laws stay */
  MF_METHOD_WEIGHTS = 2, /**< changes weights */
  MF_METHOD_SCORE = 4    /**< reads grad log pi, or log pi: the target has no vacuum */
};

/** What numbers are drawn for. */
enum {
  MF_STREAM_START = 1,
  MF_STREAM_NOISE,
  MF_STREAM_ACCEPT,
  MF_STREAM_JUMP,
  MF_STREAM_SAMPLE,
  MF_STREAM_RESAMPLE
};

enum { MF_METHOD_PARTS = 4 };

typedef struct {
  const char *name;      /**< in the case's section `particles` */
  const char *summary;   /**< one line for `mflow list` */
  const char *reference; /**< where it was published */
  const char *
      flows; /**< "kl in wasserstein; ...": names in alphabetical order, with " + " between those of one kind */
  unsigned traits;
  int order; /**< weak order in the step */
  mf_param_table params;
  /** Checks the options and allocates; all members of the method but `self` are set.  NULL if there is nothing to do. */
  int (*create)(mf_method *m);
  void (*destroy)(mf_method *m);
  /** A step of length dt [T], the number `step` of the ensemble's life: no two have the same, so their numbers are independent. */
  int (*step)(const mf_method *m, mf_swarm *s, double dt, uint32_t step);
} mf_method_type;

struct mf_method {
  const mf_method_type *type;
  const mf_grid *grid;
  const mf_measure *target; /**< or NULL */
  const mf_energy *energy[MF_METHOD_PARTS];
  const mf_geometry *geometry[MF_METHOD_PARTS];
  int energies, geometries;
  uint64_t seed;
  void *options; /**< type->params.size bytes, owned */
  void *self;    /**< private to the type */
};

/** "kl in wasserstein": the flow of a method's parts. */
typedef struct {
  char text[256];
} mf_flow_name;
mf_flow_name mf_method_flow(const mf_method *parts);

/** True if the type is a counterpart of that flow. */
bool mf_method_serves(const mf_method_type *type, const char *flow);

/** Creates a method of a type for the parts that are set in `parts` (grid, target, energies, geometries, seed), with options as its
 *  table reads them, or its defaults for NULL.  MF_ECASE: it does not serve that flow, or its target. */
int mf_method_create(mf_method **out, const mf_method_type *type, const mf_method *parts,
                     const void *options);
void mf_method_free(mf_method *m);

/** One step; MF_ENUMERIC if a particle or weight is no number afterwards. */
int mf_method_step(const mf_method *m, mf_swarm *s, double dt, uint32_t step);

/* ---- for methods ---- */

/** The geometry of a name, or NULL, and its coefficient, or 0. */
const mf_geometry *mf_method_geometry(const mf_method *m, const char *name);
double mf_method_coefficient(const mf_method *m, const char *name);

/** What the options of an energy or geometry say of a kernel, by its table; NULL if it has none. */
const mf_kernel_options *mf_options_kernel(const mf_param_table *params, const void *options);

/** The numbers of a stream. */
mf_random mf_method_random(const mf_method *m, uint32_t stream);

#endif
