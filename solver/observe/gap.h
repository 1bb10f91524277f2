/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap.h  The spectral gap of a flow at its target, on its grid, with an enclosure.
 *
 *  Near the target a small deviation decays in modes (operators/linear.h); the gap lambda is the rate of the slowest one that the
 *  flow can have: without mass, if the flow conserves mass, else any.  For Fokker-Planck flows chi^2(t) <= e^{-2 lambda t} chi^2(0)
 *  holds on the grid at every time t, and other entropies decay like e^{-2 lambda t} in the end, though not always from the
 *  start; of flows of MMD it is MMD^2 that does.  Upwind fluxes have two mobilities at the target: from below the lower one of each face
 *  is taken, from above the higher one.
 *
 *  What is enclosed is the gap of the numbers that the flow computes with: pi of each cell and pi_f of each face.  Nothing is said
 *  of the continuum, nor of what the box cuts off.  A target that underflows, below e^-708 of a density of 1, has no such numbers: a
 *  flow of an entropy divides by them, and is refused when it is made. */
#ifndef MF_SOLVER_OBSERVE_GAP_H
#define MF_SOLVER_OBSERVE_GAP_H

#include "solver/flow/flow.h"
#include "solver/observe/gap_network.h"

/** lower <= rate <= upper [1/T]; value is the best guess between. */
typedef struct {
  double value, lower, upper;
} mf_mode_rate;

typedef struct {
  mf_mode_rate gap;
  mf_bound_kind
      kind;  /**< whether `lower` is proved, or assumes that there are at most `below` rates less than nu */
  double nu; /**< [1/T], or NAN */
  int below;
  const char *origin; /**< how nu, or the whole of it, was found */
  double residual; /**< largest |L u - lambda u|/lambda of the eigenfunctions, as far as vectors were used */
  int iterations;
  bool mass;          /**< the slowest mode is that of the mass, u = 1 */
  const char *square; /**< what falls like e^(-2 gap t): <v, H v> of the deviation v, in words */
  int modes;
  mf_mode_rate mode[MF_NETWORK_MODES + 1]; /**< the slowest first, mode[0] = gap */
} mf_gap;

/** Computes the gap and the first `modes` rates, 1 <= modes <= MF_NETWORK_MODES (fewer if the grid has fewer), whatever the flow's
 *  coordinate.  function[k], cells values each, if given, becomes the eigenfunction of mode k as a ratio d mu/d pi of
 *  L^2(pi) norm 1; where every function is one, or it is not known, it is 0.  MF_ENUMERIC, with the reason, if this flow has no gap or none that is
 *  known, or if nothing could be proved of it. */
int mf_gap_compute(const mf_flow *flow, int modes, mf_gap *gap, double *const *function);

/** A rate that no deviation without mass, if the flow conserves mass, else none at all falls slower than in the end, as far as that
 *  is known: of MMD energies the rate of a reaction alone.  0 else. */
int mf_gap_slowest(const mf_flow *flow, double *rate);

/** One or two sentences on what is known of the gap, into a buffer. */
void mf_gap_text(const mf_gap *gap, char *buffer, size_t size);

#endif
