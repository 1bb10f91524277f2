/* SPDX-License-Identifier: BSD-3-Clause */
/** @file geometry.h (plug-in)  Onsager operators K(mu): how a measure may move, and what moving costs.
 *
 *  Given the force xi = dF/dmu, a geometry subtracts K(mu) xi from the rate, so that dF/dt = -<xi, K xi>.
 *  The force comes in parts, and a geometry uses what suits it: the entropic energies by exponent, the
 *  sum xi of all others, and the embedded one. */
#ifndef MF_OPERATORS_GEOMETRY_H
#define MF_OPERATORS_GEOMETRY_H

#include "operators/force.h"
#include "operators/linear.h"

#include <float.h>

MF_PUBLIC_BEGIN

typedef struct mf_geometry mf_geometry;

enum {
  MF_GEOMETRY_TRANSPORT = 1, /**< moves mass between neighbours: conserves it */
  MF_GEOMETRY_MASS = 2,      /**< conserves mass */
  MF_GEOMETRY_REACTION = 4,  /**< creates and destroys mass in place, at a rate that remembers tails */
  MF_GEOMETRY_EMBEDDED = 8,  /**< without further options needs an embedded energy */
  MF_GEOMETRY_UNSIGNED = 16, /**< <xi, K xi> may be negative: not a gradient structure for every energy */
  MF_GEOMETRY_WIDE = 32 /**< reaches beyond neighbours: may take from empty cells, bands are only close */
};

typedef struct {
  const char *name;      /**< key in the case file */
  const char *summary;   /**< one line for `mflow list` */
  const char *reference; /**< where the operator is defined */
  unsigned traits;       /**< promises that tests/ checks */
  int order; /**< of its error in the length of cells, for smooth measures; 0: it has none of its own */
  mf_param_table params; /**< first row: coefficient */
  /** Checks the options against the force (its parts, not yet their values) and allocates what evaluation
   *  needs. */
  int (*create)(mf_geometry *g, const mf_force *f);
  void (*destroy)(mf_geometry *g);
  /** Arrays of the state that `rate` reads, given the force's parts. */
  unsigned (*needs)(const mf_geometry *g, const mf_force *force, mf_rate_form form);
  /** rate[c] -= K(mu) xi in the state's form.  No argument aliases another. */
  void (*rate)(const mf_geometry *g, const mf_state *s, const mf_force *f, double *MF_RESTRICT rate);
  /** The same in one pass over the arrays: added to the rate, or with `fresh` written over it.  `finite` becomes false
   *  if a value is not.  Returns false, nothing done, where there is no such pass; NULL if there never is. */
  bool (*fused_rate)(const mf_geometry *g, const mf_state *s, const mf_force *f, bool fresh,
                     double *MF_RESTRICT rate, bool *finite);
  /** rate[c] -= derivative of K(mu) xi along the tangent, whose change of f->xi is dxi (NULL if f->xi is).  NULL if the
   *  operator is never stiff: Newton's method converges without it. */
  void (*jacobian)(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                   const double *dxi, double *MF_RESTRICT rate);
  /** As fused_rate to rate. */
  bool (*fused_jacobian)(const mf_geometry *g, const mf_state *s, const mf_force *f, const mf_tangent *d,
                         const double *dxi, bool fresh, double *MF_RESTRICT rate, bool *finite);
  /** log(rho/pi) after a time t of the flow of KL in this geometry alone, in closed form; vacuum is -infinity.  NULL if there
   *  is none. */
  void (*react)(const mf_geometry *g, double t, double *log_ratio);
  /** w_f along an axis, cells values, borrowed, if the flow of KL in this geometry is du/dt = coefficient L u (generator.h).
   *  NULL if it never is. */
  const double *(*weights)(const mf_geometry *g, int axis);
  /** Adds what the geometry does to a small deviation at the target (linear.h), or fails with MF_ENUMERIC and the reason.
   *  NULL: nobody has worked it out. */
  int (*linearise)(const mf_geometry *g, mf_linear *l);
  /** <xi, K xi> [E/T] at a state that has all arrays, as a sum of terms that are each >= 0 where theory says
   *  so. */
  double (*dissipation)(const mf_geometry *g, const mf_state *s, const mf_force *f);
  /** Adds the derivative of the rate along one axis as a tridiagonal matrix (row c couples to its lower and
   *  upper neighbour, across a periodic end too); pointwise terms go to the diagonal of axis 0.  What is not
   *  stiff may be left out.  NULL if nothing is stiff. */
  void (*add_bands)(const mf_geometry *g, const mf_state *s, const mf_force *f, int axis,
                    double *MF_RESTRICT lower, double *MF_RESTRICT diagonal, double *MF_RESTRICT upper);
} mf_geometry_type;

struct mf_geometry {
  const mf_geometry_type *type;
  const mf_grid *grid;
  const mf_measure *target; /**< or NULL */
  void *options;            /**< type->params.size bytes, owned */
  bool conserves;           /**< mass, by its options, where its traits do not say so */
  double coefficient;       /**< alpha or beta [L^2 M/E/T resp. M/E/T] >= 0 */
  void *self;               /**< private to the type */
};

/** Row of a parameter table for the member `coefficient` of `type`: alpha or beta. */
#define MF_COEFFICIENT_PARAM(type, text)                                                                     \
  {                                                                                                          \
    .key = "coefficient", .kind = MF_REAL, .offset = offsetof(type, coefficient), .fallback = 1, .min = 0,   \
    .max = DBL_MAX, .doc = (text)                                                                            \
  }

/** Creates a geometry of a type with options as its table reads them (copied), or with the table's defaults for NULL, for
 *  forces of these parts. */
int mf_geometry_create(mf_geometry **out, const mf_geometry_type *type, const mf_grid *grid,
                       const mf_measure *target, const void *options, const mf_force *force);
void mf_geometry_free(mf_geometry *g);

/** `needs` of a geometry that looks at the density and at xi cell by cell, in either form. */
unsigned mf_geometry_needs_variation(const mf_geometry *g, const mf_force *f, mf_rate_form form);

MF_PUBLIC_END

#endif
