/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_particles_verify.h  What a verification of particles finds, its claims and its reports share. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_PARTICLES_VERIFY_H
#define MF_SOLVER_PROGRAM_COMMAND_PARTICLES_VERIFY_H

#include "solver/program/command_particles.h"

/** Kernels that are compared at most; characters of a verdict. */
enum { MF_STUDY_KERNELS = 8, MF_STUDY_TEXT = 160 };

/** One number of particles with one step at one time. */
typedef struct {
  ptrdiff_t count;
  double step, time;
  double mmd2[MF_STUDY_KERNELS], scatter[MF_STUDY_KERNELS],
      floor[MF_STUDY_KERNELS]; /**< mean over seeds, its standard error, its floor */
  double pooled[MF_STUDY_KERNELS], error[MF_STUDY_KERNELS]; /**< unbiased, of all seeds together */
  double ks, w1, w2, sliced, moment_z, effective;
} mf_study_row;

/** The slope of a straight line in logarithms; NAN: not to be had. */
typedef struct {
  double value, error;
} mf_study_fit;

typedef struct {
  const mf_options *options;
  mf_plan *plan;
  double **density; /**< of the grid at the times of the plan */
  mf_kernel kernel[MF_STUDY_KERNELS];
  int kernels;
  mf_study_row *rows;
  int count;
  double *position, *weight; /**< of all seeds together, one after another */
  mf_study_fit power[MF_STUDY_KERNELS], order[MF_STUDY_KERNELS];
} mf_study;

typedef struct {
  char text[MF_STUDY_TEXT];
  bool holds;
} mf_study_verdict;

/** The powers of N and of the step, from the rows. */
void mf_study_find_powers(mf_study *v);

/** Largest standard errors of a row: of a bias of the MMD, one-sided, or of a moment. */
double mf_study_worst(const mf_study *v, const mf_study_row *r);

/** The row of a time at the most particles and the shortest step. */
const mf_study_row *mf_study_finest(const mf_study *v, double time);

/** MF_ECASE if a claim of the plan is none: before anything is run, so that a mistake does not cost the run. */
int mf_study_check_claims(const mf_plan *plan);

/** Judges an entry of the plan's claims. */
int mf_study_judge(const mf_study *v, const mf_node *node, mf_study_verdict *out);

/** The table, the powers and the verdicts, for people or as JSON. */
int mf_study_print(const mf_study *v, const char *name, const mf_study_verdict *verdicts, int count);
int mf_study_print_json(const mf_study *v, const mf_job *job, const mf_study_verdict *verdicts, int count);

#endif
