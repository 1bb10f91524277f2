/* SPDX-License-Identifier: BSD-3-Clause */
/* What the netCDF files of io/ share.
 *
 * HDF5, below netCDF, answers nearly every failure of the system with one word, "HDF error", or with
 * "Permission denied" whatever the matter was, and does not recover from a write that failed: even to close such a file may
 * crash.  So a file is first created with open(2), which says why it cannot be; a write first asks whether there is room; and
 * a file of which a write has failed is not touched again.
 *
 * A file is written in a temporary place beside its path and renamed when its writer says so, so that what was there before
 * stays until there is something better. */
#define _POSIX_C_SOURCE 200809L
#include "io/netcdf/netcdf.h"

#include "io/fresh.h"

#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* What HDF5 may want beside the data: so many bytes, and a share of the data for chunk indices. */
enum { METADATA = 1 << 16 };
#define METADATA_SHARE (1.0 / 64)

/* Characters of an attribute that is read. */
enum { LONGEST_TEXT = 1 << 24 };

/* Bytes of memory that HDF5 may want for a write; where it gets less it may crash. */
enum { MEMORY = 4 << 20 };

#define FULL    "the disk is full: free some space, or write elsewhere, and run again"
#define LIMITED "the file would be larger than the system allows (see ulimit -f)"

const char *const mf_axis_names[MF_AXES] = {"x", "y", "z"};

/* Bytes that the file system of `path` can still take; infinite if it does not say. */
static double space_left(const char *path)
{
  struct statvfs s;
  if (statvfs(path, &s) || s.f_blocks == 0) return INFINITY;
  return (double)s.f_bavail * (double)s.f_frsize;
}

/* Bytes by which the file may grow before it reaches the limit of this process. */
static double limit_left(const char *path)
{
  struct rlimit limit;
  struct stat s;
  if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY || stat(path, &s)) return INFINITY;
  return (double)limit.rlim_cur - (double)s.st_size;
}

/* Where the file is now. */
static const char *place(const mf_nc *file)
{
  return file->written ? file->written->place : file->path;
}

static int check_memory(const mf_nc *file)
{
  void *volatile memory = malloc(MEMORY);
  if (!memory) return mf_fail(MF_EMEMORY, "%s: cannot write it: out of memory", file->path);
  free(memory);
  return MF_OK;
}

int mf_nc_check_room(const mf_nc *file, double bytes)
{
  MF_TRY(check_memory(file));
  const double needed = (1 + METADATA_SHARE) * bytes + METADATA;
  if (space_left(place(file)) < needed) return mf_fail(MF_EFILE, "%s: " FULL, file->path);
  if (limit_left(place(file)) < needed) return mf_fail(MF_EFILE, "%s: " LIMITED, file->path);
  return MF_OK;
}

const char *mf_nc_explain(const char *path, int nc_status)
{
  const bool vague = nc_status == NC_EHDFERR || nc_status == EACCES;
  const int error = vague ? errno : nc_status;
  if (error == ENOSPC || error == EDQUOT || (vague && space_left(path) < METADATA)) return FULL;
  if (error == EFBIG) return LIMITED;
  if (vague && (error == EIO || error == ESTALE)) return strerror(error);
  return nc_strerror(nc_status);
}

static atomic_bool left_open;

bool mf_files_left_open(void)
{
  return atomic_load(&left_open);
}

static void leave_open(const mf_nc *file)
{
  file->written->broken = true;
  atomic_store(&left_open, true);
}

/* Errors of the system and of HDF5, as against those of netCDF about what it was asked for. */
static bool is_lasting(int nc_status)
{
  return nc_status > 0 || nc_status <= NC_EHDFERR || nc_status == NC_ENOMEM || nc_status == NC_EINTERNAL;
}

int mf_nc_check(const mf_nc *file, int nc_status, const char *what, ...)
{
  if (nc_status == NC_NOERR) return MF_OK;
  const char *reason = mf_nc_explain(place(file), nc_status); /* before anything touches errno */
  if (file->written && is_lasting(nc_status)) leave_open(file);
  char text[256];
  va_list arguments;
  va_start(arguments, what);
  vsnprintf(text, sizeof text, what, arguments);
  va_end(arguments);
  return mf_fail(nc_status == NC_ENOMEM ? MF_EMEMORY : MF_EFILE, "%s: %s: %s", file->path, text, reason);
}

int mf_nc_check_place(const char *path, bool force)
{
  struct stat s;
  if (lstat(path, &s)) return MF_OK;
  if (!force) return mf_fail(MF_EFILE, "%s: this file exists; use --force to replace it", path);
  if (S_ISDIR(s.st_mode)) return mf_fail(MF_EFILE, "%s: cannot create it: %s", path, strerror(EISDIR));
  if (S_ISLNK(s.st_mode)) return MF_OK; /* the link is replaced, not what it leads to */
  if (!S_ISREG(s.st_mode))
    return mf_fail(MF_EFILE, "%s: cannot create it: there is something that is no file", path);
  if (access(path, W_OK)) return mf_fail(MF_EFILE, "%s: cannot replace it: %s", path, strerror(errno));
  return MF_OK;
}

static int begin(const mf_nc *file, const mf_attribute *attributes, int attribute_count)
{
  int before;
  MF_NC(file, nc_set_fill(file->id, NC_NOFILL, &before), "cannot switch filling off");
  MF_TRY(mf_nc_put_text(file, NC_GLOBAL, "Conventions", "CF-1.8"));
  for (int i = 0; i < attribute_count; i++)
    MF_TRY(mf_nc_put_text(file, NC_GLOBAL, attributes[i].name, attributes[i].text));
  return MF_OK;
}

static void forget(mf_nc *file)
{
  if (file->written) mf_release(file->written->place);
  mf_release(file->written);
  mf_release(file->path);
  *file = (mf_nc){0};
}

/* The place in which the file will be written, empty. */
static int reserve(mf_nc_written *w, const char *path)
{
  struct stat s;
  int fd;
  MF_TRY(mf_fresh_file(path, &w->place, &fd));
  const int error = fstat(fd, &s) ? errno : 0;
  close(fd);
  if (error) {
    unlink(w->place);
    return mf_fail(MF_EFILE, "%s: cannot create it: %s", path, strerror(error));
  }
  w->device = s.st_dev;
  w->inode = s.st_ino;
  return MF_OK;
}

static int make(mf_nc *file)
{
  static const int format[] = {
      [MF_NC_FIELDS] = NC_NETCDF4 | NC_CLASSIC_MODEL, [MF_NC_TABLE] = NC_64BIT_OFFSET};
  MF_TRY(mf_nc_check_room(file, 0));
  MF_NC(file, nc_set_chunk_cache(4 << 20, 31, 0.75),
        "cannot choose a cache"); /* not tables of 4000 per variable */
  MF_NC(file, nc_create(file->written->place, format[file->written->content] | NC_CLOBBER, &file->id),
        "cannot create it");
  return MF_OK;
}

static int prepare(mf_nc *file, const char *path, mf_nc_content content, bool force)
{
  MF_TRY(mf_nc_check_place(path, force));
  MF_TRY(mf_text_copy(&file->path, path));
  MF_TRY(mf_objects_create(&file->written, 1, sizeof *file->written));
  file->written->content = content;
  file->written->force = force;
  return reserve(file->written, path);
}

int mf_nc_create(mf_nc *file, const char *path, mf_nc_content content, bool force,
                 const mf_attribute *attributes, int attribute_count)
{
  *file = (mf_nc){0};
  int status = prepare(file, path, content, force);
  if (!status && (status = make(file))) unlink(file->written->place);
  if (status) {
    forget(file);
    return status;
  }
  status = begin(file, attributes, attribute_count);
  if (status) mf_nc_discard(file);
  return status;
}

int mf_nc_end_definitions(const mf_nc *file, size_t to_come)
{
  const size_t aligned = 4; /* the format's own */
  MF_NC(file,
        file->written->content == MF_NC_TABLE ? nc__enddef(file->id, to_come, aligned, 0, aligned)
                                              : nc_enddef(file->id),
        "cannot write its header");
  return MF_OK;
}

int mf_nc_open(mf_nc *file, const char *path)
{
  *file = (mf_nc){0};
  MF_TRY(mf_text_copy(&file->path, path));
  errno = 0;
  const int opened = nc_open(path, NC_NOWRITE, &file->id);
  if (!opened) return MF_OK;
  int status = mf_nc_check(file, opened, "cannot open it");
  if (opened == NC_EHDFERR)
    status = mf_fail(MF_EFILE,
                     "%s: cannot open it: it is damaged, or another program is writing it (to read it "
                     "nevertheless, set HDF5_USE_FILE_LOCKING=FALSE)",
                     path);
  forget(file);
  return status;
}

static int open_again(mf_nc *file)
{
  int format;
  struct stat is;
  MF_NC(file, nc_open(file->path, NC_WRITE, &file->id), "cannot be opened for writing");
  errno = 0;
  int status = mf_nc_check(file, nc_inq_format(file->id, &format), "cannot be opened for writing");
  if (!status && stat(file->path, &is)) status = mf_nc_check(file, errno, "cannot be opened for writing");
  if (status) {
    nc_close(file->id);
    return status;
  }
  mf_nc_written *w = file->written;
  w->content =
      format == NC_FORMAT_NETCDF4 || format == NC_FORMAT_NETCDF4_CLASSIC ? MF_NC_FIELDS : MF_NC_TABLE;
  w->device = is.st_dev;
  w->inode = is.st_ino;
  w->published = true;
  return MF_OK;
}

int mf_nc_open_again(mf_nc *file, const char *path)
{
  *file = (mf_nc){0};
  int status = mf_text_copy(&file->path, path);
  if (!status) status = mf_objects_create(&file->written, 1, sizeof *file->written);
  if (!status) status = mf_text_copy(&file->written->place, path);
  mf_nc_enter();
  if (!status) status = open_again(file);
  mf_nc_leave();
  if (status) forget(file);
  return status;
}

/* Whether nc_close, which crashes where its last write fails, does not: a child tries, whose end is its own. */
static bool can_close(const mf_nc *file)
{
  int how;
  const pid_t child = fork();
  if (child == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    close(STDERR_FILENO);
    _exit(nc_close(file->id) ? 1 : 0);
  }
  if (child < 0) return true; /* no memory to try in */
  while (waitpid(child, &how, 0) < 0)
    if (errno != EINTR) return true;
  return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

/* Closes a file unless that would crash; a netCDF status. */
static int close_alone(const mf_nc *file)
{
  if (!file->written) return nc_close(file->id);
  if (!file->written->broken && (file->written->content == MF_NC_TABLE || can_close(file)))
    return nc_close(file->id);
  leave_open(file);
  return NC_EHDFERR;
}

static int close_handle(const mf_nc *file)
{
  mf_nc_enter();
  const int status = close_alone(file);
  mf_nc_leave();
  return status;
}

void mf_nc_abandon(mf_nc *file)
{
  if (!file->path) return;
  close_handle(file);
  forget(file);
}

void mf_nc_discard(mf_nc *file)
{
  if (file->written && !file->written->published) unlink(file->written->place);
  mf_nc_abandon(file);
}

/* A disk with delayed allocation (network, quota) reports that it is full only here. */
int mf_nc_flush(const mf_nc *file)
{
  MF_TRY(mf_nc_check_present(file));
  const int fd = open(place(file), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return mf_nc_check(file, errno, "cannot close it");
  const int error = fsync(fd) ? errno : 0;
  close(fd);
  return mf_nc_check(file, error == EINVAL || error == EROFS ? 0 : error, "cannot close it");
}

/* A name is given only where there is none by link(2), which not every file system has. */
static int put_in_place(const mf_nc *file)
{
  const char *from = file->written->place, *to = file->path;
  if (!file->written->force) {
    if (!link(from, to)) return unlink(from) ? errno : 0;
    if (errno == EEXIST || access(to, F_OK) == 0) return EEXIST;
  }
  return rename(from, to) ? errno : 0;
}

int mf_nc_publish(const mf_nc *file)
{
  mf_nc_written *w = file->written;
  if (w->published) return MF_OK;
  MF_TRY(mf_nc_usable(file));
  if (access(file->path, F_OK) == 0) MF_TRY(mf_nc_flush(file)); /* before the old one goes */
  const int error = put_in_place(file);
  if (error) return mf_fail(MF_EFILE, "%s: cannot create it: %s", file->path, strerror(error));
  strcpy(w->place, file->path); /* which is shorter */
  w->published = true;
  return MF_OK;
}

int mf_nc_usable(const mf_nc *file)
{
  return file->written->broken || file->written->gone ? MF_EFILE : MF_OK;
}

int mf_nc_check_present(const mf_nc *file)
{
  struct stat s;
  mf_nc_written *w = file->written;
  if (!w->published || (!stat(file->path, &s) && s.st_dev == w->device && s.st_ino == w->inode)) return MF_OK;
  w->gone = true;
  return mf_fail(MF_EFILE,
                 "%s: somebody has replaced or removed this file while it was written; the run stops",
                 file->path);
}

int mf_nc_close(mf_nc *file)
{
  if (!file->path) return MF_OK;
  int status = mf_nc_usable(file);
  if (!status) status = mf_nc_publish(file);
  if (status) {
    mf_nc_discard(file);
    return status;
  }
  errno = 0;
  status = mf_nc_check(file, close_handle(file), "cannot close it");
  if (!status) status = mf_nc_flush(file);
  forget(file);
  return status;
}

int mf_nc_put_text(const mf_nc *file, int variable, const char *name, const char *text)
{
  MF_NC(file, nc_put_att_text(file->id, variable, name, strlen(text), text), "cannot write attribute %s",
        name);
  return MF_OK;
}

int mf_nc_get_numbers(const mf_nc *file, int variable, size_t count, double *values)
{
  char name[NC_MAX_NAME + 1];
  size_t there = 1;
  int rank, dimensions[NC_MAX_VAR_DIMS];
  MF_NC(file, nc_inq_var(file->id, variable, name, NULL, &rank, dimensions, NULL),
        "cannot read its variables");
  for (int i = 0; i < rank; i++) {
    size_t n;
    MF_NC(file, nc_inq_dimlen(file->id, dimensions[i], &n), "cannot read %s", name);
    there *= n;
  }
  if (there != count)
    return mf_fail(MF_EFILE, "%s: %s has %zu values instead of %zu", file->path, name, there, count);
  MF_NC(file, nc_get_var_double(file->id, variable, values), "cannot read %s", name);
  return MF_OK;
}

int mf_nc_get_text(const mf_nc *file, int variable, const char *name, char **text)
{
  nc_type type;
  size_t length = 0;
  const bool present = !nc_inq_att(file->id, variable, name, &type, &length) && type == NC_CHAR;
  if (present && length > LONGEST_TEXT)
    return mf_fail(MF_EFILE, "%s: the attribute %s has %zu characters", file->path, name, length);
  MF_TRY(mf_objects_create(text, (ptrdiff_t)(present ? length : 0) + 1, 1));
  if (!present || length == 0) return MF_OK;
  errno = 0;
  const int got = nc_get_att_text(file->id, variable, name, *text);
  const int status = mf_nc_check(file, got, "cannot read attribute %s", name);
  if (status) {
    mf_release(*text);
    *text = NULL;
  }
  return status;
}

int mf_nc_define_time_dimension(const mf_nc *file, int *dimension)
{
  MF_NC(file, nc_def_dim(file->id, "time", NC_UNLIMITED, dimension), "cannot define dimension time");
  return MF_OK;
}

int mf_nc_define_series(const mf_nc *file, int dimension, const char *name, int *variable)
{
  const size_t chunk = 4096 / sizeof(double);
  MF_NC(file, nc_def_var(file->id, name, NC_DOUBLE, 1, &dimension, variable), "cannot define variable %s",
        name);
  if (file->written->content == MF_NC_FIELDS)
    MF_NC(file, nc_def_var_chunking(file->id, *variable, NC_CHUNKED, &chunk), "cannot define variable %s",
          name);
  return MF_OK;
}
