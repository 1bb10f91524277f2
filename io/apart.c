/* SPDX-License-Identifier: BSD-3-Clause */
/* Work that may crash or never end, done by a process of its own.
 *
 * The child answers through a pipe: any number of warnings, then status and message of the work, then what it passes.  A
 * child that ends before that is one that crashed.  Limits make sure that it ends: of processor time, which grows with
 * the file, and of memory, so that a header that claims terabytes is refused and not begun. */
#define _GNU_SOURCE
#include "io/apart.h"

#include "grids/stage.h"
#include "grids/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* Seconds of processor time: for any file, and for so many bytes of it more, which is ten times what decompression takes. */
enum { LEAST_SECONDS = 20, BYTES_A_SECOND = 2 << 20 };

/* Sanitizers map more address space than there is memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED false
#endif

struct mf_parcel {
  int file;
  bool gives;    /* in the child */
  bool together; /* there is no child, and what was read is in its place */
};

static atomic_bool forbidden;

void mf_apart_allow(bool apart)
{
  atomic_store(&forbidden, !apart);
}

/* ---- the pipe ---- */

static bool give(int file, const void *data, size_t size)
{
  for (const char *at = data; size > 0;) {
    const ssize_t done = write(file, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    size -= (size_t)done;
  }
  return true;
}

static bool take(int file, void *data, size_t size)
{
  for (char *at = data; size > 0;) {
    const ssize_t done = read(file, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    size -= (size_t)done;
  }
  return true;
}

int mf_parcel_pass(mf_parcel *p, void *data, size_t size)
{
  if (p->together) return MF_OK;
  const bool passed = p->gives ? give(p->file, data, size) : take(p->file, data, size);
  return passed ? MF_OK : mf_fail(MF_EFILE, "what was read did not arrive");
}

int mf_parcel_make(mf_parcel *p, void *objects, ptrdiff_t count, size_t size)
{
  return p->together || p->gives ? MF_OK : mf_objects_create(objects, count, size);
}

int mf_parcel_pass_reals(mf_parcel *p, double **values, ptrdiff_t count)
{
  MF_TRY(mf_parcel_make(p, values, count, sizeof **values));
  return mf_parcel_pass(p, *values, (size_t)count * sizeof **values);
}

int mf_parcel_pass_text(mf_parcel *p, char **text)
{
  ptrdiff_t size = p->gives && *text ? (ptrdiff_t)strlen(*text) + 1 : 0;
  MF_TRY(mf_parcel_pass(p, &size, sizeof size));
  if (size == 0) return MF_OK;
  MF_TRY(mf_parcel_make(p, text, size, 1));
  return mf_parcel_pass(p, *text, (size_t)size);
}

/* What comes before the values: a sentence, and what it is about. */
typedef struct {
  bool warning; /* else it ends the work: */
  int status;
  size_t length;
} notice;

static void send(int file, bool warning, int status, const char *text)
{
  notice n;
  memset(&n, 0, sizeof n); /* with its padding */
  n.warning = warning;
  n.status = status;
  n.length = strnlen(text, MF_MESSAGE_SIZE - 1);
  if (!give(file, &n, sizeof n) || !give(file, text, n.length)) _exit(1);
}

/* False: the child is gone. */
static bool receive(int file, notice *n, char *text)
{
  if (!take(file, n, sizeof *n) || n->length >= MF_MESSAGE_SIZE || !take(file, text, n->length)) return false;
  text[n->length] = '\0';
  return true;
}

/* ---- the child ---- */

static void send_warning(void *self, const char *text)
{
  send(*(const int *)self, true, MF_OK, text);
}

static rlim_t least(rlim_t limit, double most)
{
  return limit != RLIM_INFINITY && (double)limit <= most ? limit : (rlim_t)most;
}

static double seconds_for(const char *path)
{
  struct stat s;
  return LEAST_SECONDS + (stat(path, &s) ? 0 : (double)s.st_size / BYTES_A_SECOND);
}

/* Bytes of address space that this process has, as far as the system says. */
static double address_space(void)
{
  char text[64] = "";
  FILE *file = fopen("/proc/self/statm", "r"); /* pages first */
  if (!file) return 0;
  if (!fgets(text, sizeof text, file)) text[0] = '\0';
  fclose(file);
  return strtod(text, NULL) * (double)sysconf(_SC_PAGESIZE);
}

/* If memory is so scarce that the system ends somebody, it is to be the child. */
static void volunteer(void)
{
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)give(file, "1000", 4);
  close(file);
}

static void limit_resources(const char *path)
{
  const double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  struct rlimit time, space;
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  if (!getrlimit(RLIMIT_CPU, &time)) {
    const double last =
        time.rlim_max == RLIM_INFINITY ? INFINITY : (double)time.rlim_max - 1; /* then it is killed */
    time.rlim_cur = least(time.rlim_cur, fmax(1, fmin(seconds_for(path), last)));
    setrlimit(RLIMIT_CPU, &time);
  }
  if (!SANITIZED && !getrlimit(RLIMIT_AS, &space)) {
    space.rlim_cur = least(space.rlim_cur, address_space() + there);
    setrlimit(RLIMIT_AS, &space);
  }
}

static void limit_child(const char *path)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGPIPE};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_DFL);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  mf_threads_set(1);
  volunteer();
  limit_resources(path);
}

/* Nothing is closed or written on the way out: files that are open belong to the other process. */
static _Noreturn void work_apart(const mf_apart_task *task, int file)
{
  mf_parcel p = {.file = file, .gives = true};
  limit_child(task->path);
  mf_stage_listen(NULL, NULL);
  mf_warning_listen(send_warning, &p.file);
  const int status = task->work(task->self);
  send(file, false, status, status ? mf_error() : "");
  _exit(status || task->pass(task->self, &p) ? 1 : 0);
}

/* ---- the process that waits ---- */

static bool memory_is_scarce(void)
{
  enum { SCARCE = 32 << 20 };
  void *volatile memory = malloc(SCARCE);
  free(memory);
  return !memory;
}

/* What a child that has handed out nothing died of. */
static int explain(const char *path, int how)
{
  const int by = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
  if (by == SIGINT || by == SIGTERM || by == SIGHUP)
    return mf_fail(MF_ESTOPPED, "%s: stopped while it was read", path);
  if (by == SIGXCPU)
    return mf_fail(MF_EFILE, "%s: the library that reads it does not come to an end: it is damaged", path);
  if (by == SIGKILL || memory_is_scarce())
    return mf_fail(MF_EMEMORY, "%s: out of memory while it was read", path);
  return mf_fail(MF_EFILE, "%s: the library that reads it crashed (%s): it is damaged", path,
                 by ? strsignal(by) : "it ended the program");
}

static int collect(const mf_apart_task *task, mf_parcel *p, bool *answered)
{
  char text[MF_MESSAGE_SIZE];
  notice n;
  do {
    if (!receive(p->file, &n, text)) return MF_EFILE;
    if (n.warning) mf_warn("%s", text);
  } while (n.warning);
  *answered = n.status != MF_OK;
  return n.status ? mf_fail(n.status, "%s", text) : task->pass(task->self, p);
}

static int await(const mf_apart_task *task, pid_t child, int file)
{
  mf_parcel p = {.file = file};
  bool answered = false;
  int how = 0;
  const int status = collect(task, &p, &answered);
  close(file);
  while (waitpid(child, &how, 0) < 0)
    if (errno != EINTR) {
      how = 0; /* a program that does not want to know of its children */
      break;
    }
  if (!status || answered || status == MF_EMEMORY) return status;
  return explain(task->path, how);
}

static int cannot_begin(const char *path)
{
  return mf_fail(MF_EMEMORY, "%s: cannot start the process that reads it: %s", path, strerror(errno));
}

int mf_apart(const mf_apart_task *task)
{
  int ends[2];
  if (atomic_load(&forbidden)) {
    mf_parcel p = {.together = true};
    MF_TRY(task->work(task->self));
    return task->pass(task->self, &p);
  }
  if (pipe2(ends, O_CLOEXEC)) return cannot_begin(task->path);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    work_apart(task, ends[1]);
  }
  close(ends[1]);
  if (child > 0) return await(task, child, ends[0]);
  close(ends[0]);
  return cannot_begin(task->path);
}
