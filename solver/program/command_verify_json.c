/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts as JSON.  Runs are made in processes of their own, each of which prints a document
 *
 *    {"runs": [{...}], "claims": [{...}, ...]}
 *
 * and the parent joins their lists. */
#include "solver/program/command_verify.h"

#include <string.h>

/* What is measured, and by how much it may be off, in units of the case; "q": those of the quantity. */
typedef struct {
  const char *kind, *measured, *slack, *absolute; /* absolute: of both, where the claim says so */
} claim_units;
static const claim_units units[] = {{"bound", "1", "1", NULL},
                                    {"above", "1", "1", NULL},
                                    {"nonincreasing", "1", "1", NULL},
                                    {"conserved", "1", "1", "q"},
                                    {"exact", "1", "1", "q"},
                                    {"rate", "1/T", "1", NULL},
                                    {"density", "M", "M", NULL},
                                    {"log_ratio", "1", "1", NULL},
                                    {"within", "T", "1", NULL},
                                    {"order", "1", "1", NULL},
                                    {0}};

static void put_units(mf_json *j, const mf_verdict *v)
{
  const claim_units *u = units;
  while (u->kind && strcmp(u->kind, v->kind) != 0) u++;
  const char *absolute = v->absolute ? u->absolute : NULL, *slack = absolute ? absolute : u->slack;
  mf_json_object(j, "units");
  mf_json_text(j, "measured", absolute ? absolute : u->measured);
  mf_json_text(j, "slack", slack);
  mf_json_text(j, "tolerance", slack);
  mf_json_text(j, "first_time", "T");
  mf_json_text(j, "worst_time", "T");
  mf_json_end(j);
}

static void put_claim(mf_json *j, const mf_result *r, int index, const mf_verdict *v)
{
  const char *why = v->note[0] ? v->note : NULL;
  mf_json_object(j, NULL);
  mf_json_text(j, "case", r->name);
  mf_json_count(j, "run", index);
  mf_json_text(j, "name", v->name);
  mf_json_text(j, "kind", v->kind);
  mf_json_text(j, "reference", v->reference ? v->reference : "");
  mf_json_text(j, "theory", v->theory);
  mf_json_number_or(j, "measured", v->measured, why);
  mf_json_number_or(j, "slack", v->slack, why);
  mf_json_number(j, "tolerance", v->tolerance);
  mf_json_number(j, "first_time", v->first_time);
  mf_json_number(j, "worst_time", v->worst_time);
  mf_json_number(j, "decades", v->decades);
  put_units(j, v);
  mf_json_text(j, "note", v->note);
  mf_json_text(j, "verdict", mf_finding_name(v->finding));
  mf_json_end(j);
}

static int put_run(mf_json *j, const mf_job *job, const mf_result *r, const char *error)
{
  mf_json_object(j, NULL);
  mf_json_text(j, "name", r->name);
  const int status = mf_json_job(j, job);
  mf_json_text(j, "error", error);
  mf_json_end(j);
  return status;
}

int mf_verdicts_print(const mf_job *job, const mf_result *r, int index, const char *error, FILE *text)
{
  mf_json *j;
  MF_TRY(mf_json_create(&j));
  mf_json_list(j, "runs");
  const int status = put_run(j, job, r, error);
  mf_json_end(j);
  mf_json_list(j, "claims");
  for (int i = 0; !error && i < mf_claims_count(r->claims); i++)
    put_claim(j, r, index, mf_claims_verdict(r->claims, i));
  mf_json_end(j);
  const int printed = mf_json_print(j, text);
  return status ? status : printed;
}

static void put_unknown_run(mf_json *j)
{
  mf_json_object(j, NULL);
  mf_json_text(j, "name", NULL);
  mf_json_text(j, "error", "it has left no verdict");
  mf_json_end(j);
}

void mf_verdicts_collect(mf_json *j, mf_json *const *run, int count)
{
  mf_json_list(j, "runs");
  for (int i = 0; i < count; i++) {
    if (run[i])
      mf_json_append(j, run[i], "runs");
    else
      put_unknown_run(j);
  }
  mf_json_end(j);
  mf_json_list(j, "claims");
  for (int i = 0; i < count; i++)
    if (run[i]) mf_json_append(j, run[i], "claims");
  mf_json_end(j);
}
