/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run reads must not be what it writes. */
#define _POSIX_C_SOURCE 200809L
#include "solver/run/inputs.h"

#include "io/data/numbers.h"

#include <stdio.h>
#include <sys/stat.h>

const char *const mf_run_endings[MF_RUN_FILES] = {".nc", ".nc.xmf", "_history.nc", "_checkpoint.nc"};

/* The files that are there and will be replaced. */
typedef struct {
  int count;
  struct stat file[MF_RUN_FILES];
} outputs;

static bool is_one_of(const outputs *o, const char *path)
{
  struct stat info;
  if (stat(path, &info)) return false;
  for (int i = 0; i < o->count; i++)
    if (info.st_dev == o->file[i].st_dev && info.st_ino == o->file[i].st_ino) return true;
  return false;
}

/* Any text of a case may name a file: what is none is not there. */
static int check_node(const outputs *o, const mf_node *node)
{
  char *path;
  for (int i = 0; i < node->count; i++) MF_TRY(check_node(o, node->child[i]));
  if (node->kind != MF_SCALAR || mf_node_absent(node)) return MF_OK;
  MF_TRY(mf_node_path(node, &path));
  const bool same = is_one_of(o, path);
  mf_release(path);
  return same ? mf_node_error(node,
                              "the run would replace this file, which it reads: choose another name with -o")
              : MF_OK;
}

int mf_refuse_inputs(const mf_case *source, const char *prefix)
{
  outputs o = {0};
  for (int i = 0; i < MF_RUN_FILES; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s%s", prefix, mf_run_endings[i]);
    o.count += stat(path, &o.file[o.count]) == 0;
  }
  if (o.count == 0) return MF_OK;
  if (is_one_of(&o, mf_case_file(source)))
    return mf_fail(MF_ECASE, "%s: the run would replace its own case", mf_case_file(source));
  return check_node(&o, mf_case_root(source));
}
