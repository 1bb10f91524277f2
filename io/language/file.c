/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening what is to be read. */
#define _POSIX_C_SOURCE 200809L
#include "io/language/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *refusal(int descriptor)
{
  struct stat info;
  if (fstat(descriptor, &info)) return strerror(errno);
  if (S_ISREG(info.st_mode)) return NULL;
  return S_ISDIR(info.st_mode) ? strerror(EISDIR)
                               : "is no file but a pipe or a device: write to a file first";
}

/* O_NONBLOCK: a pipe that nobody writes to opens at once, to be refused. */
int mf_file_open(FILE **out, const char *path)
{
  *out = NULL;
  const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return mf_fail(MF_EFILE, "%s: %s", path, strerror(errno));
  const char *why = refusal(descriptor);
  if (!why) *out = fdopen(descriptor, "rb");
  if (*out) return MF_OK;
  close(descriptor);
  return mf_fail(MF_EFILE, "%s: %s", path, why ? why : strerror(errno));
}
