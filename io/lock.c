/* SPDX-License-Identifier: BSD-3-Clause */
/* One process at a time for a name.
 *
 * The lock is the kernel's, on a file beside the results, so it ends with its process whatever ends that: what a process
 * that was killed leaves behind is a file that the next one takes over.  The file holds the number of the process, for
 * the message. */
#define _POSIX_C_SOURCE 200809L
#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".mflow-lock"
enum { TRIES = 100 };

/* Who removes the file does so while he holds it; who had opened it before then holds a file without a name. */
static bool is_named(int file, const char *path)
{
  struct stat held, there;
  return !fstat(file, &held) && !lstat(path, &there) && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}

static int refuse(int file, const char *path)
{
  char text[32];
  const ssize_t got = pread(file, text, sizeof text - 1, 0);
  text[got > 0 ? got : 0] = 0;
  const long process = strtol(text, NULL, 10);
  const int name = (int)(strlen(path) - strlen(SUFFIX));
  if (process > 0)
    return mf_fail(
        MF_EFILE,
        "%.*s: another run, process %ld, is writing files of this name: wait, or use -o for another", name,
        path, process);
  return mf_fail(MF_EFILE, "%.*s: another run is writing files of this name: wait, or use -o for another",
                 name, path);
}

static void sign(int file)
{
  char text[32];
  const int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  if (ftruncate(file, 0) || pwrite(file, text, (size_t)length, 0) < 0)
    return; /* a message will lack the number */
}

/* MF_RETRY: the file was removed meanwhile. */
static int try_once(mf_lock *lock)
{
  struct stat s;
  lock->file = open(lock->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (lock->file < 0) return mf_fail(MF_EFILE, "%s: cannot create it: %s", lock->path, strerror(errno));
  if (fstat(lock->file, &s) || !S_ISREG(s.st_mode))
    return mf_fail(MF_EFILE, "%s: there is something that is no file", lock->path);
  if (flock(lock->file, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) return refuse(lock->file, lock->path);
  if (!is_named(lock->file, lock->path)) return MF_RETRY;
  sign(lock->file);
  return MF_OK;
}

int mf_lock_take(mf_lock *lock, const char *name)
{
  const size_t size = strlen(name) + sizeof SUFFIX;
  *lock = (mf_lock){.file = -1};
  MF_TRY(mf_objects_create(&lock->path, (ptrdiff_t)size, 1));
  snprintf(lock->path, size, "%s" SUFFIX, name);
  int status = MF_RETRY;
  for (int i = 0; i < TRIES && status == MF_RETRY; i++) {
    if (lock->file >= 0) close(lock->file);
    status = try_once(lock);
  }
  if (!status) return MF_OK;
  if (status == MF_RETRY) status = mf_fail(MF_EFILE, "%s: somebody keeps removing it", lock->path);
  if (lock->file >= 0) close(lock->file);
  mf_release(lock->path);
  *lock = (mf_lock){0};
  return status;
}

void mf_lock_release(mf_lock *lock)
{
  if (!lock->path) return;
  if (is_named(lock->file, lock->path)) unlink(lock->path);
  close(lock->file);
  mf_release(lock->path);
  *lock = (mf_lock){0};
}
