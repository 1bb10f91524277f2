/* SPDX-License-Identifier: BSD-3-Clause */
/* Which case, with what changes: as the command line gives it. */
#define _XOPEN_SOURCE 700
#include "solver/problem/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool mf_is_folder(const char *path)
{
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int open_file(const char *path, mf_case **out)
{
  if (!mf_is_folder(path)) return mf_case_read(out, path);
  char inside[4096];
  const size_t length = strlen(path);
  snprintf(inside, sizeof inside, "%s%scase.yaml", path, length && path[length - 1] == '/' ? "" : "/");
  return mf_case_read(out, inside);
}

static int change(mf_case *c, const mf_job *job)
{
  MF_TRY(mf_case_choose_variant(c, job->variant));
  for (int i = 0; i < job->set_count; i++) MF_TRY(mf_case_set(c, job->set[i]));
  return MF_OK;
}

int mf_job_open(const mf_job *job, mf_case **out)
{
  MF_TRY(job->text ? mf_case_parse(out, job->path, job->text) : open_file(job->path, out));
  const int status = change(*out, job);
  if (status) {
    mf_case_free(*out);
    *out = NULL;
  }
  return status;
}

int mf_job_name(const mf_job *job, char **out)
{
  char path[4096], name[4096];
  char *absolute = realpath(job->path, NULL); /* so that "." and "cases/x/" have a name */
  snprintf(path, sizeof path, "%s", absolute ? absolute : job->path);
  free(absolute);
  char *slash = strrchr(path, '/');
  if (slash && !strcmp(slash, "/case.yaml")) {
    *slash = '\0';
    slash = strrchr(path, '/');
  }
  char *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
  if (dot && dot != base && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"))) *dot = '\0';
  if (!job->variant) return mf_text_copy(out, base);
  snprintf(name, sizeof name, "%.2000s.%.2000s", base, job->variant);
  return mf_text_copy(out, name);
}
