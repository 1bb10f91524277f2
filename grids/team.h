/* SPDX-License-Identifier: BSD-3-Clause */
/** @file team.h  The processes that share a grid, and what they say to each other.
 *
 *  A team has one or more members, each with a slab of the grid: some layers of the last axis (grid.h).  How they
 *  communicate is one table; `mf_team_alone` is the team of one process.
 *
 *  Every function is collective: all members call it, in the same order, with the same counts.  So whatever decides what is
 *  called next, a status above all, has to be agreed on first. */
#ifndef MF_GRIDS_TEAM_H
#define MF_GRIDS_TEAM_H

#include "grids/exact.h"

#include <stdbool.h>
#include <stddef.h>

/** A slab's own layers of a field, with room for `width` layers on either side, which are its neighbours' nearest. */
typedef struct {
  double *own;                    /**< first own value */
  ptrdiff_t layer, layers, width; /**< values of a layer; own layers; width <= layers, at each member */
  bool around; /**< the last member's neighbour is the first; else ends that have none keep what they have */
} mf_team_halo;

typedef struct mf_team mf_team;

typedef struct {
  const char *name;
  /** values[i] = the sum of all members'. */
  void (*sum)(const mf_team *team, int64_t *values, ptrdiff_t count);
  /** The least of all members' values; NAN if one of them is. */
  double (*minimum)(const mf_team *team, double value);
  /** Fills the layers on either side.  Between the two calls own layers may be read, those next to the ends not written. */
  void (*halo_begin)(const mf_team *team, const mf_team_halo *halo);
  void (*halo_finish)(const mf_team *team, const mf_team_halo *halo);
  /** Sends out_count[m] values to member m, one member's after another's in `out`, and receives in_count[m] from it. */
  void (*exchange)(const mf_team *team, const double *out, const ptrdiff_t *out_count, double *in,
                   const ptrdiff_t *in_count);
  /** The team of the first `members`, which belongs to this one; NULL at the others. */
  const mf_team *(*shrink)(const mf_team *team, int members);
} mf_team_type;

struct mf_team {
  const mf_team_type *type;
  int members, rank; /**< rank: this one's number, from 0 */
  void *self;
};

extern const mf_team mf_team_alone;

/** Each sum becomes that over all members. */
void mf_team_sum(const mf_team *team, mf_exact *sums, int count);

/** The least of all members' values; NAN if one of them is. */
double mf_team_minimum(const mf_team *team, double value);

/** True if it is true at all members. */
bool mf_team_all(const mf_team *team, bool value);

/** The worst status of any member: MF_OK only if all are fine, MF_RETRY if none is worse.  All members then have the message of
 *  the first that has it. */
int mf_team_agree(const mf_team *team, int status);

#endif
