/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command.h  What the commands of the program share: options, signals, one job from case to files.
 *  */
#ifndef MF_SOLVER_PROGRAM_COMMAND_H
#define MF_SOLVER_PROGRAM_COMMAND_H

#include "postproc/claims/claim.h"
#include "solver/problem/job.h"

#include <signal.h>
#include <stdio.h>

/** Exit codes; 128 + N after signal N. */
enum { EXIT_HOLDS = 0, EXIT_FAILS = 1, EXIT_CASE = 2, EXIT_NUMERIC = 3, EXIT_FILE = 4 };

enum { MF_SETS = 64, MF_QUANTITIES = 32 };

/** Options of the command line. */
typedef struct {
  const char *set[MF_SETS];
  int sets;
  const char *output, *variant;
  bool quiet, force, json, profile, help;
  int count, seed;                  /**< of points; 0: the default */
  const char *method;               /**< how they are chosen */
  bool check;                       /**< particles beside the grid */
  bool resume;                      /**< goes on from the checkpoint of the files */
  bool strict;                      /**< a claim that is empty fails */
  bool main_only;                   /**< --variant main: the case without its variants */
  int levels, jobs, threads, modes; /**< 0: the default */
  const char *quantity[MF_QUANTITIES];
  int quantities;
  const char *window, *floor, *theory;    /**< of a fit */
  bool gap;                               /**< to stand beside a rate */
  const char *kernel, *bandwidth, *shape; /**< of a discrepancy */
  const char *tolerance[MF_QUANTITIES];   /**< QUANTITY=VALUE */
  int tolerances;
  const char *geometry, *alpha, *beta, *exponent; /**< of a distance */
  const char *potentials, *grid; /**< a file to write, and what measures without a grid are on */
  const char *kind, *times;      /**< of a picture */
  bool text;                     /**< a picture in characters */
  const char *flow;              /**< of a new case */
  int dim;                       /**< of a new case; 0: the default */
  const char *const *cases;
  int case_count;
  const char *command_line;
} mf_options;

/** A command: its name, one line about it, its help, what it does. */
typedef struct {
  const char *name, *summary, *usage;
  /** Letters of its options: s o v q f J(son) l(evels) m(odes) j(obs) N (threads) p(rofile), Q(uantity) w(indow) F(loor)
   *  t(heory) g(ap), k(ernel) b(andwidth) S(hape) T(olerance), K(ind) A(t times) x (text), G (flow) d(im), R (strict),
   *  Y (geometry) a(lpha) e (beta) P (p) V (potentials) D (grid), U (resume), C (verify), n (count) M (method) z (seed); -h always. */
  const char *accepts;
  void (*more)(void); /**< prints what follows the usage in the help, or NULL */
  int (*run)(const mf_options *options);
} mf_command;

extern const mf_command mf_command_run, mf_command_resume, mf_command_verify, mf_command_gap,
    mf_command_constant, mf_command_converge, mf_command_list, mf_command_show, mf_command_rates,
    mf_command_compare, mf_command_distance, mf_command_particles, mf_command_sample, mf_command_plot,
    mf_command_new;

/** Reads options after the command's name; MF_ECASE with a message for a mistake. */
int mf_options_read(mf_options *options, const mf_command *command, int argc, char **argv);

/** The exit code of a status, after its message has gone to stderr. */
int mf_exit_code(int status);

/** Which signal asked to stop, 0 if none. */
extern volatile sig_atomic_t mf_stop_signal;

/** How often a signal has asked for a checkpoint. */
extern volatile sig_atomic_t mf_checkpoint_signals;

/** Shows on a terminal what the library is about to do (grids/stage.h); `self` is an mf_terminal. */
void mf_show_stage(void *self, const char *what);

/** What becomes of one job. */
typedef struct {
  mf_problem *problem;
  mf_claims *claims;
  mf_history *history;
  char *name;          /**< of its output */
  mf_checkpoint *from; /**< that the run went on from, or NULL */
  bool idle;           /**< it had been finished before */
} mf_result;

/** Builds the job's problem and claims and runs it with a progress line; writes files PREFIX.* if `prefix` is
 *  given, and goes on with those there are if the options say so.
 *  `result` is to be cleared with mf_result_clear in any case. */
int mf_execute(const mf_options *options, const mf_job *job, const char *prefix, mf_result *result);
void mf_result_clear(mf_result *result);

/** Runs a job and tells what came out, as `mflow run` does. */
int mf_run_job(const mf_options *options, const mf_job *job, const char *prefix, mf_result *result);

/** Prints what the checkpoint of NAME holds, as comments, and its case.  MF_EFILE. */
int mf_show_checkpoint(const char *path);

/** NAME of a run by any of its files: NAME, NAME.nc, NAME_history.nc, NAME_checkpoint.nc; release with mf_release. */
int mf_run_name(const char *word, char **name);

/** Prints a result's verdicts as a table. */
int mf_report_claims(const mf_result *r, double seconds, FILE *text);

/** Prints where a run's time went (grids/profile.h), with its work and its peak memory. */
int mf_profile_report(const mf_result *r, const mf_job *job, bool json);

/** Largest resident size of this process so far [bytes]. */
double mf_peak_memory(void);

/** "  PREFIX.nc (fields), ...": the files of a run, for its summary. */
void mf_files_text(const char *prefix, char *text, size_t size);

/** Where a job's files go: next to the case, or where -o says; release with mf_release. */
int mf_output_prefix(const mf_options *options, const mf_job *job, const char *name, char **prefix);

#endif
