/* SPDX-License-Identifier: BSD-3-Clause */
/* What every JSON output of mflow begins with: which program, and which case with what parameters. */
#include "solver/program/command_json.h"

#include "io/language/expression.h"
#include "io/netcdf/history.h"
#include "solver/version.h"

int mf_json_begin(mf_json **out)
{
  MF_TRY(mf_json_create(out));
  mf_json_text(*out, "version", mf_version());
  mf_json_text(*out, "git", mf_git_id());
  return MF_OK;
}

/* The case's parameters with their values, in its order. */
static int put_parameters(mf_json *j, const mf_case *c, mf_scope *scope)
{
  const mf_node *parameters = mf_node_get(mf_case_root(c), "parameters");
  MF_TRY(mf_scope_add_parameters(scope, parameters));
  mf_json_object(j, "parameters");
  for (int i = 0; parameters && i < parameters->count; i++) {
    double value;
    if (mf_scope_value(scope, parameters->child[i]->key, &value))
      mf_json_number(j, parameters->child[i]->key, value);
  }
  mf_json_end(j);
  return MF_OK;
}

/* A case whose parameters have no values, or that cannot be read at all, has its message elsewhere: null here. */
static int put_case(mf_json *j, const mf_case *c)
{
  mf_scope *scope;
  MF_TRY(mf_scope_create(&scope));
  if (!c || put_parameters(j, c, scope)) mf_json_text(j, "parameters", NULL);
  mf_scope_free(scope);
  return MF_OK;
}

int mf_json_job(mf_json *j, const mf_job *job)
{
  mf_case *source = NULL;
  mf_json_text(j, "case", job->path);
  mf_json_text(j, "variant", job->variant);
  mf_json_list(j, "set");
  for (int i = 0; i < job->set_count; i++) mf_json_text(j, NULL, job->set[i]);
  mf_json_end(j);
  if (mf_job_open(job, &source)) source = NULL;
  const int status = put_case(j, source);
  mf_case_free(source);
  return status;
}

/* A text attribute of a run's file; null where it has none. */
static int put_attribute(mf_json *j, const char *key, const char *path, const char *name)
{
  char *text = NULL;
  MF_TRY(mf_file_attribute(path, name, &text));
  mf_json_text(j, key, text[0] ? text : NULL);
  mf_release(text);
  return MF_OK;
}

int mf_json_run(mf_json *j, const char *path)
{
  char *text = NULL;
  mf_case *source = NULL;
  MF_TRY(put_attribute(j, "case", path, "case_file"));
  MF_TRY(put_attribute(j, "variant", path, "variant"));
  MF_TRY(put_attribute(j, "source", path, "source"));
  MF_TRY(mf_file_attribute(path, "case_yaml", &text));
  if (text[0] && mf_case_parse(&source, path, text)) source = NULL;
  const int status = put_case(j, source);
  mf_case_free(source);
  mf_release(text);
  return status;
}
