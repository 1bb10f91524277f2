/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow new: a commented case to start from, with the theorem of its flow as claims. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command.h"

#include "io/fresh.h"
#include "io/language/case.h"
#include "solver/program/command_template.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, FLOWS = 64 };

static void print_flows(void)
{
  printf("\nFlows:\n");
  for (const mf_template *t = mf_templates; t->name; t++) printf("  %-21s %s\n", t->name, t->equation);
}

static int find_flow(const char *name, const mf_template **out)
{
  const char *names[FLOWS];
  char list[1024];
  int count = 0;
  for (*out = mf_templates; (*out)->name; (*out)++) {
    if (!strcmp((*out)->name, name)) return MF_OK;
    names[count++] = (*out)->name;
  }
  return mf_fail(MF_ECASE, "mflow new: there is no flow '%s'%s", name,
                 mf_suggest(list, sizeof list, name, names, count));
}

/* NAME.yaml; in a folder, or one that is to be made, case.yaml. */
static int choose_path(const char *name, char path[PATH_SIZE])
{
  const bool slash = mf_ends_with(name, "/"), folder = slash || mf_is_folder(name);
  if (!*name) return mf_fail(MF_ECASE, "mflow new: the name is empty");
  if (slash && !mf_is_folder(name) && mkdir(name, 0777))
    return mf_fail(MF_EFILE, "cannot make the folder %s: %s", name, strerror(errno));
  const bool whole = mf_ends_with(name, ".yaml") || mf_ends_with(name, ".yml");
  const char *rest = folder ? (slash ? "case.yaml" : "/case.yaml") : whole ? "" : ".yaml";
  if (snprintf(path, PATH_SIZE, "%s%s", name, rest) >= PATH_SIZE)
    return mf_fail(MF_ECASE, "mflow new: the name is too long");
  return MF_OK;
}

static int cannot_write(const char *path)
{
  return mf_fail(MF_EFILE, "cannot write %s: %s", path, strerror(errno));
}

static int write_whole(const mf_template *t, int dim, const char *path, int fd)
{
  FILE *out = fdopen(fd, "w");
  if (!out) return cannot_write(path);
  mf_template_write(t, dim, path, out);
  const bool lost = ferror(out);
  return fclose(out) || lost ? cannot_write(path) : MF_OK;
}

static int write_new(const mf_template *t, int dim, const char *path)
{
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (fd < 0 && errno == EEXIST)
    return mf_fail(MF_EFILE, "%s is there already; --force replaces it, or choose another name", path);
  if (fd < 0) return cannot_write(path);
  const int status = write_whole(t, dim, path, fd);
  if (status) unlink(path);
  return status;
}

/* A file that is there is replaced as a whole or not at all. */
static int replace(const mf_template *t, int dim, const char *path)
{
  char *part;
  int fd;
  MF_TRY(mf_fresh_file(path, &part, &fd));
  int status = write_whole(t, dim, path, fd);
  if (!status && rename(part, path)) status = cannot_write(path);
  if (status) unlink(part);
  mf_release(part);
  return status;
}

static int create(const mf_options *o)
{
  char path[PATH_SIZE];
  const mf_template *t;
  const int dim = o->dim ? o->dim : 2;
  if (o->case_count != 1) return mf_fail(MF_ECASE, "mflow new: give one name\nTry 'mflow new --help'.");
  if (dim > 3) return mf_fail(MF_ECASE, "mflow new: --dim is 1, 2 or 3, not %d", dim);
  MF_TRY(find_flow(o->flow ? o->flow : "ift", &t));
  MF_TRY(choose_path(o->cases[0], path));
  MF_TRY(o->force ? replace(t, dim, path) : write_new(t, dim, path));
  if (!o->quiet) printf("%s: %s, %d-D\n  mflow verify %s\n", path, t->title, dim, path);
  return MF_OK;
}

static int run(const mf_options *o)
{
  return mf_exit_code(create(o));
}

const mf_command mf_command_new = {
    .name = "new",
    .summary = "write a commented case to start from",
    .usage = "Usage: mflow new [OPTION]... NAME\n"
             "Write NAME.yaml, a case that runs, with comments and the theorem of its flow as claims; in a "
             "folder NAME,\n"
             "or with NAME/, write NAME/case.yaml.\n\n"
             "      --flow FLOW       one of those below (default ift)\n"
             "      --dim N           dimension, 1 to 3 (default 2)\n"
             "      --force           replace a file that is there\n"
             "  -q, --quiet           print nothing\n"
             "  -h, --help            this text\n",
    .more = print_flows,
    .accepts = "Gdfq",
    .run = run,
};
