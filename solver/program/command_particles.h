/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_particles.h  What mflow particles does with a plan: one ensemble with its file, or a verification against the grid. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_PARTICLES_H
#define MF_SOLVER_PROGRAM_COMMAND_PARTICLES_H

#include "solver/particles/plan.h"
#include "solver/program/command.h"

/** Runs the grid and the ladders, prints a table (or JSON) and judges the plan's claims; `*holds`: none of them fails. */
int mf_particles_verify(const mf_options *o, const mf_job *job, mf_plan *plan, const char *name, bool *holds);

#endif
