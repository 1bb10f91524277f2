/* SPDX-License-Identifier: BSD-3-Clause */
/* A command that answers one question about one case. */
#include "solver/program/command_answer.h"

#include "grids/stage.h"
#include "io/terminal.h"

#include <stdio.h>

static int find_path(const mf_options *o, const mf_job *job, const char *name, const char *suffix, char *path)
{
  char *prefix;
  MF_TRY(mf_output_prefix(o, job, name, &prefix));
  snprintf(path, MF_ANSWER_PATH, "%s_%s.nc", prefix, suffix);
  mf_release(prefix);
  return MF_OK;
}

int mf_answer_write(const mf_options *o, const char *path, const mf_fields_layout *layout,
                    const double *const *values)
{
  mf_fields *fields;
  mf_fields_layout to = *layout;
  to.force = o->force;
  MF_TRY(mf_fields_create(&fields, path, &to));
  const int appended = mf_fields_append(fields, 0, values), closed = mf_fields_close(fields);
  return appended ? appended : closed;
}

static int answer_job(const mf_options *o, const mf_question *q, const mf_job *job, mf_problem *p,
                      const char *name, void *answer, mf_terminal *terminal)
{
  char path[MF_ANSWER_PATH] = "";
  MF_TRY(q->compute(o, p, answer));
  if (o->output) {
    MF_TRY(find_path(o, job, name, q->suffix, path));
    MF_TRY(q->write(o, p, path, answer));
  }
  mf_terminal_finish(terminal);
  if (o->json) return q->print_json(job, path, answer);
  q->print(name, path, answer);
  return MF_OK;
}

static int answer_case(const mf_options *o, const mf_question *q, void *answer, mf_terminal *terminal)
{
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  mf_case *source;
  mf_problem *p;
  char *name = NULL;
  MF_TRY(mf_job_open(&job, &source));
  MF_TRY(mf_problem_create(&p, source));
  int status = mf_job_name(&job, &name);
  if (!status) status = answer_job(o, q, &job, p, name, answer, terminal);
  mf_release(name);
  mf_problem_free(p);
  return status;
}

int mf_answer(const mf_options *o, const mf_question *q, void *answer)
{
  if (o->case_count != 1)
    return mf_exit_code(
        mf_fail(MF_ECASE, "mflow %s: name one case\nTry 'mflow %s --help'.", q->command, q->command));
  mf_terminal terminal;
  mf_terminal_init(&terminal, stderr, o->quiet);
  mf_stage_listen(mf_show_stage, &terminal);
  const int status = answer_case(o, q, answer, &terminal);
  mf_stage_listen(NULL, NULL);
  mf_terminal_finish(&terminal);
  return mf_exit_code(status);
}
