/* SPDX-License-Identifier: BSD-3-Clause */
/* New files that are nobody else's.
 *
 * In a folder that others may write to, whoever guesses the name of a temporary file can put a link there, and what is
 * written goes to the link's target.  O_EXCL refuses whatever is there, links too; then the next name is tried. */
#define _POSIX_C_SOURCE 200809L
#include "io/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SUFFIX = 48, TRIES = 1000 };

int mf_fresh_file(const char *path, char **name, int *fd)
{
  const size_t size = strlen(path) + SUFFIX;
  MF_TRY(mf_objects_create(name, (ptrdiff_t)size, 1));
  *fd = -1;
  for (int k = 0; k < TRIES && *fd < 0; k++) {
    snprintf(*name, size, "%s.part.%ld.%d", path, (long)getpid(), k);
    *fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (*fd < 0 && errno != EEXIST) break;
  }
  if (*fd >= 0) return MF_OK;
  const int status = mf_fail(MF_EFILE, "%s: cannot create it: %s", path, strerror(errno));
  mf_release(*name);
  *name = NULL;
  return status;
}
