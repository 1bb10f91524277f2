/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow particles: the flow of a case by particles, alone or beside the grid. */
#include "solver/program/command_particles.h"

#include "grids/stage.h"
#include "io/data/ensemble_file.h"
#include "io/lock.h"
#include "io/terminal.h"
#include "solver/program/command_json.h"
#include "solver/version.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT = 256 };

/* ---- the file ---- */

/* Provenance: what was run by what, and which numbers. */
typedef struct {
  mf_attribute attribute[16];
  int count;
  char source[TEXT], seed[32], step[32], *case_text;
  mf_flow_name flow;
} provenance;

static void add(provenance *p, const char *name, const char *text)
{
  if (text && *text) p->attribute[p->count++] = (mf_attribute){name, text};
}

static int fill_provenance(provenance *p, const mf_options *o, const mf_plan *plan, double step)
{
  const mf_problem *problem = plan->problem;
  MF_TRY(mf_case_emit(problem->source, &p->case_text));
  snprintf(p->source, sizeof p->source, "mflow %s (git %s)", mf_version(), mf_git_id());
  snprintf(p->seed, sizeof p->seed, "%llu", (unsigned long long)plan->parts.seed);
  snprintf(p->step, sizeof p->step, "%.17g", step);
  p->flow = mf_method_flow(&plan->parts);
  add(p, "title", problem->title);
  add(p, "references", problem->reference);
  add(p, "source", p->source);
  add(p, "command_line", o->command_line);
  add(p, "case_file", mf_case_file(problem->source));
  add(p, "variant", mf_case_variant(problem->source));
  add(p, "case_yaml", p->case_text);
  add(p, "flow", p->flow.text);
  add(p, "particle_method", plan->type->name);
  add(p, "particle_reference", plan->type->reference);
  add(p, "random_generator", "Philox4x32-10, key = seed, counter = (particle, step, stream, draw)");
  add(p, "seed", p->seed);
  add(p, "longest_step", p->step);
  add(p, "start", mf_start_names[plan->start]);
  return MF_OK;
}

/* ---- a run ---- */

typedef struct {
  const mf_options *options;
  mf_terminal *terminal;
  const mf_plan *plan;
  char path[4200];
  int snapshots;
} ensemble_run;

static int write_snapshots(ensemble_run *r, mf_population *p, mf_ensemble_file *file)
{
  const mf_problem *problem = r->plan->problem;
  const double *const x[MF_AXES] = {p->swarm->x[0], p->swarm->x[1], p->swarm->x[2]};
  for (int i = 0; i < problem->outputs; i++) {
    if (!(problem->output[i].purpose & MF_AT_FIELDS)) continue;
    MF_TRY(mf_population_to(p, problem->output[i].time, &mf_stop_signal));
    MF_TRY(mf_ensemble_file_append(file, p->time, x, p->swarm->weight));
    r->snapshots++;
    const mf_progress progress = {.fraction = p->time / problem->end,
                                  .time = p->time,
                                  .step = p->step,
                                  .energy = NAN,
                                  .rate = NAN,
                                  .record = true};
    mf_terminal_progress(r->terminal, &progress);
  }
  return MF_OK;
}

static int run_to_file(ensemble_run *r, mf_population *population)
{
  provenance p = {.count = 0};
  mf_ensemble_file *file = NULL;
  int status = fill_provenance(&p, r->options, r->plan, population->step);
  if (!status)
    status = mf_ensemble_file_create(&file, r->path, population->swarm->grid->dim, population->swarm->count,
                                     p.attribute, p.count, r->options->force);
  if (!status) status = write_snapshots(r, population, file);
  const int closed = mf_ensemble_file_close(file);
  mf_release(p.case_text);
  return status ? status : closed;
}

static int report(const ensemble_run *r, const mf_job *job, const mf_population *p, double seconds)
{
  const char *method = r->plan->type->name;
  const mf_flow_name flow = mf_method_flow(&r->plan->parts);
  if (r->options->json) {
    mf_json *j;
    MF_TRY(mf_json_begin(&j));
    const int status = mf_json_job(j, job);
    mf_json_text(j, "file", r->path);
    mf_json_text(j, "flow", flow.text);
    mf_json_text(j, "method", method);
    mf_json_count(j, "particles", p->swarm->count);
    mf_json_number(j, "effective", mf_swarm_effective(p->swarm));
    mf_json_number(j, "mass", mf_swarm_mass(p->swarm));
    mf_json_count(j, "steps", p->steps);
    mf_json_count(j, "snapshots", r->snapshots);
    mf_json_number(j, "seed", (double)r->plan->parts.seed);
    const int printed = mf_json_print(j, stdout);
    return status ? status : printed;
  }
  char span[64];
  mf_span_text(seconds, span, sizeof span);
  printf("%s of %s: %td particles, worth %.0f, %u steps, seed %llu, in %s\n  %s (%d snapshots)\n", method,
         flow.text, p->swarm->count, mf_swarm_effective(p->swarm), p->steps,
         (unsigned long long)r->plan->parts.seed, span, r->path, r->snapshots);
  return MF_OK;
}

static int run_ensemble(ensemble_run *r, const mf_job *job, const char *name)
{
  char *prefix;
  mf_lock lock = {0};
  mf_population *population = NULL;
  const double start = mf_seconds();
  MF_TRY(mf_output_prefix(r->options, job, name, &prefix));
  snprintf(r->path, sizeof r->path, "%s_particles.nc", prefix);
  int status = mf_lock_take(&lock, r->path);
  if (!status)
    status = mf_population_create(&population, r->plan, mf_plan_most(r->plan), mf_plan_shortest(r->plan), 0);
  if (!status) {
    r->terminal->started = mf_seconds();
    status = run_to_file(r, population);
  }
  mf_terminal_finish(r->terminal);
  if (!status) status = report(r, job, population, mf_seconds() - start);
  mf_population_free(population);
  mf_lock_release(&lock);
  mf_release(prefix);
  return status;
}

/* ---- the job ---- */

static int follow(const mf_options *o, const mf_job *job, mf_terminal *terminal, bool *holds)
{
  mf_case *source;
  mf_problem *p;
  mf_plan *plan = NULL;
  char *name = NULL;
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&p, source));
  int status = mf_job_name(job, &name);
  if (!status) status = mf_plan_create(&plan, p);
  if (!status) {
    ensemble_run r = {.options = o, .terminal = terminal, .plan = plan};
    status = o->check ? mf_particles_verify(o, job, plan, name, holds) : run_ensemble(&r, job, name);
  }
  mf_plan_free(plan);
  mf_release(name);
  mf_problem_free(p);
  return status;
}

static int run(const mf_options *o)
{
  if (o->case_count != 1)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow particles: name one case\nTry 'mflow particles --help'."));
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  mf_terminal terminal;
  bool holds = true;
  mf_terminal_init(&terminal, stderr, o->quiet);
  mf_stage_listen(mf_show_stage, &terminal);
  const int status = follow(o, &job, &terminal, &holds);
  mf_stage_listen(NULL, NULL);
  mf_terminal_finish(&terminal);
  const int code = mf_exit_code(status);
  return code ? code : holds ? EXIT_HOLDS : EXIT_FAILS;
}

const mf_command mf_command_particles = {
    .name = "particles",
    .summary = "the flow of a case by particles, alone or verified against the grid",
    .usage =
        "Usage: mflow particles [OPTION]... CASE\n"
        "Follow the flow of CASE by particles, as its section `particles` says, and write them to "
        "NAME_particles.nc at "
        "the\n"
        "times of the fields; with --verify run the grid as well, with every number of particles and step of "
        "the "
        "section and\n"
        "several seeds, print how far they are apart, the power of the number and the order in the step, and "
        "judge the\n"
        "section's claims.  'mflow list' tells the methods, and which flows they are counterparts of.\n\n"
        "      --verify              beside the grid; exit code 1 if a claim fails\n"
        "  -s, --set KEY=VALUE       change a value of the case, such as particles.count=1e5 (repeatable)\n"
        "      --variant NAME        a variant of the case\n"
        "  -o, --output PATH         write PATH_particles.nc\n"
        "      --force               replace a file that is there\n"
        "      --json                print one JSON object\n"
        "      --threads N           threads to use; results do not depend on it\n"
        "  -q, --quiet               no progress\n"
        "  -h, --help                this text\n",
    .accepts = "sovqfJNC",
    .run = run,
};
