/* SPDX-License-Identifier: BSD-3-Clause */
/* New files that are nobody else's.
 *
 * In a folder that others may write to, whoever guesses the name of a temporary file can put a link there, and what is
 * written goes to the link's target.  O_EXCL refuses whatever is there, links too; then the next name is tried. */
#define _POSIX_C_SOURCE 200809L
#include "io/fresh.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART ".part."
enum { SUFFIX = 48, TRIES = 1000 };

int mf_fresh_file(const char *path, char **name, int *fd)
{
  const size_t size = strlen(path) + SUFFIX;
  MF_TRY(mf_objects_create(name, (ptrdiff_t)size, 1));
  *fd = -1;
  for (int k = 0; k < TRIES && *fd < 0; k++) {
    snprintf(*name, size, "%s" PART "%ld.%d", path, (long)getpid(), k);
    *fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (*fd < 0 && errno != EEXIST) break;
  }
  if (*fd >= 0) return MF_OK;
  const int status = mf_fail(MF_EFILE, "%s: cannot create it: %s", path, strerror(errno));
  mf_release(*name);
  *name = NULL;
  return status;
}

/* The process of a name BASE.part.PID.K, or 0. */
static long process_of(const char *name, const char *base)
{
  const size_t length = strlen(base);
  if (strncmp(name, base, length) != 0 || strncmp(name + length, PART, strlen(PART)) != 0) return 0;
  char *end;
  const long process = strtol(name + length + strlen(PART), &end, 10);
  return *end == '.' && process > 0 ? process : 0;
}

static bool is_gone(long process)
{
  return kill((pid_t)process, 0) && errno == ESRCH;
}

void mf_fresh_clear(const char *path)
{
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  char folder[4096];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
  DIR *all = opendir(folder);
  if (!all) return;
  for (const struct dirent *one; (one = readdir(all));) {
    const long process = process_of(one->d_name, base);
    if (process > 0 && is_gone(process)) unlinkat(dirfd(all), one->d_name, 0);
  }
  closedir(all);
}

static bool write_open(int fd, bool (*put)(const void *self, FILE *file), const void *self)
{
  FILE *file = fdopen(fd, "wb");
  if (!file) {
    close(fd);
    return false;
  }
  const bool filled = put(self, file) && !ferror(file) && !fflush(file);
  return !fclose(file) && filled;
}

int mf_fresh_write(const char *path, bool force, bool (*put)(const void *self, FILE *file), const void *self)
{
  char *place;
  int fd;
  if (!force && access(path, F_OK) == 0)
    return mf_fail(MF_EFILE, "%s: this file exists; use --force to replace it", path);
  MF_TRY(mf_fresh_file(path, &place, &fd));
  const bool good = write_open(fd, put, self) && !rename(place, path);
  const int error = errno;
  if (!good) unlink(place);
  mf_release(place);
  return good ? MF_OK : mf_fail(MF_EFILE, "%s: cannot write it: %s", path, strerror(error));
}
