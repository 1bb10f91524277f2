/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and texts by name, in a netCDF file that is whole or not there.
 *
 * The first attribute is a checksum, Fowler-Noll-Vo's of 64 bits, of all bytes of the file with zeros in its own place. */
#define _POSIX_C_SOURCE 200809L
#include "io/netcdf/checkpoint.h"

#include "io/fresh.h"
#include "io/netcdf/netcdf.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT   "mflow checkpoint 1"
#define CHECKSUM "checksum"
#define SEAL     "fnv1a64:"
enum { DIGITS = 16, SEAL_LENGTH = sizeof SEAL - 1, HEAD = 4096, PIECE = 1 << 16 };

typedef struct {
  char *name, *text;    /* a text, or NULL: */
  const double *values; /* numbers */
  double *owned;        /* the same, or NULL: they are lent */
  ptrdiff_t count;
} entry;

struct mf_checkpoint {
  entry *entry;
  int count, room;
  char *path;
};

/* ---- in memory ---- */

int mf_checkpoint_create(mf_checkpoint **out)
{
  return mf_objects_create(out, 1, sizeof **out);
}

void mf_checkpoint_free(mf_checkpoint *c)
{
  if (!c) return;
  for (int i = 0; i < c->count; i++) {
    mf_release(c->entry[i].name);
    mf_release(c->entry[i].text);
    mf_release(c->entry[i].owned);
  }
  mf_release(c->entry);
  mf_release(c->path);
  mf_release(c);
}

static int add(mf_checkpoint *c, const char *name, entry **out)
{
  if (c->count == c->room) {
    entry *more;
    c->room = c->room ? 2 * c->room : 64;
    MF_TRY(mf_objects_create(&more, c->room, sizeof *more));
    if (c->entry) memcpy(more, c->entry, (size_t)c->count * sizeof *more);
    mf_release(c->entry);
    c->entry = more;
  }
  *out = &c->entry[c->count++];
  return mf_text_copy(&(*out)->name, name);
}

static const entry *find(const mf_checkpoint *c, const char *name)
{
  for (int i = 0; i < c->count; i++)
    if (!strcmp(c->entry[i].name, name)) return &c->entry[i];
  return NULL;
}

int mf_checkpoint_lend(mf_checkpoint *c, const char *name, const double *values, ptrdiff_t count)
{
  entry *e;
  MF_TRY(add(c, name, &e));
  e->values = values;
  e->count = count;
  return MF_OK;
}

int mf_checkpoint_put(mf_checkpoint *c, const char *name, const double *values, ptrdiff_t count)
{
  entry *e;
  MF_TRY(add(c, name, &e));
  MF_TRY(mf_reals_create(&e->owned, count));
  if (count > 0) memcpy(e->owned, values, (size_t)count * sizeof *values);
  e->values = e->owned;
  e->count = count;
  return MF_OK;
}

int mf_checkpoint_put_number(mf_checkpoint *c, const char *name, double value)
{
  return mf_checkpoint_put(c, name, &value, 1);
}

int mf_checkpoint_put_text(mf_checkpoint *c, const char *name, const char *text)
{
  entry *e;
  MF_TRY(add(c, name, &e));
  return mf_text_copy(&e->text, text);
}

ptrdiff_t mf_checkpoint_count(const mf_checkpoint *c, const char *name)
{
  const entry *e = find(c, name);
  return e && !e->text ? e->count : -1;
}

int mf_checkpoint_get(const mf_checkpoint *c, const char *name, double *values, ptrdiff_t count)
{
  const ptrdiff_t there = mf_checkpoint_count(c, name);
  if (there != count)
    return mf_fail(MF_EFILE, "%s: it has %td numbers '%s' instead of %td", mf_checkpoint_path(c),
                   there < 0 ? 0 : there, name, count);
  if (count > 0) memcpy(values, find(c, name)->values, (size_t)count * sizeof *values);
  return MF_OK;
}

int mf_checkpoint_get_number(const mf_checkpoint *c, const char *name, double *value)
{
  return mf_checkpoint_get(c, name, value, 1);
}

const char *mf_checkpoint_text(const mf_checkpoint *c, const char *name)
{
  const entry *e = find(c, name);
  return e && e->text ? e->text : "";
}

const char *mf_checkpoint_path(const mf_checkpoint *c)
{
  return c->path ? c->path : "";
}

/* ---- the checksum ---- */

static uint64_t hash_on(uint64_t hash, const unsigned char *bytes, size_t count)
{
  for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* Place of the digits in the first bytes of a file, or -1. */
static ptrdiff_t find_seal(const unsigned char *head, size_t length)
{
  for (size_t i = 0; i + SEAL_LENGTH + DIGITS <= length; i++)
    if (!memcmp(head + i, SEAL, SEAL_LENGTH)) return (ptrdiff_t)(i + SEAL_LENGTH);
  return -1;
}

/* What the digits should be and what they are; an errno, or -1 if this is no file with such digits. */
static int examine(int fd, char wanted[DIGITS + 1], char found[DIGITS + 1], ptrdiff_t *place)
{
  unsigned char piece[PIECE];
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  off_t at = 0;
  for (;;) {
    const ssize_t got = pread(fd, piece, PIECE, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (at == 0) {
      *place = find_seal(piece, got < HEAD ? (size_t)got : HEAD);
      if (*place < 0 || memcmp(piece, "CDF\5", 4) != 0) return -1;
      memcpy(found, piece + *place, DIGITS);
      found[DIGITS] = 0;
      memset(piece + *place, '0', DIGITS);
    }
    if (got == 0) break;
    hash = hash_on(hash, piece, (size_t)got);
    at += got;
  }
  snprintf(wanted, DIGITS + 1, "%016" PRIx64, hash);
  return 0;
}

/* Puts the digits in their place, and all down to the disk; an errno. */
static int seal(const char *path)
{
  char wanted[DIGITS + 1], found[DIGITS + 1];
  ptrdiff_t place;
  const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return errno;
  int error = examine(fd, wanted, found, &place);
  if (error < 0) error = EIO;
  if (!error && pwrite(fd, wanted, DIGITS, place) != DIGITS) error = errno ? errno : EIO;
  if (!error && fsync(fd)) error = errno;
  if (close(fd) && !error) error = errno;
  return error;
}

/* ---- writing ---- */

static int define_numbers(const mf_nc *file, const entry *e, int *variable)
{
  char name[NC_MAX_NAME + 1];
  int dimension;
  snprintf(name, sizeof name, "n%td", e->count);
  if (nc_inq_dimid(file->id, name, &dimension))
    MF_NC(file, nc_def_dim(file->id, name, (size_t)e->count, &dimension), "cannot define %s", name);
  MF_NC(file, nc_def_var(file->id, e->name, NC_DOUBLE, e->count == 1 ? 0 : 1, &dimension, variable),
        "cannot define %s", e->name);
  return MF_OK;
}

/* Nothing of length 0 has a dimension. */
static bool has_numbers(const entry *e)
{
  return !e->text && e->count > 0;
}

static int define(const mf_nc *file, const mf_checkpoint *c)
{
  int before, variable;
  MF_NC(file, nc_set_fill(file->id, NC_NOFILL, &before), "cannot switch filling off");
  MF_TRY(mf_nc_put_text(file, NC_GLOBAL, CHECKSUM, SEAL "0000000000000000"));
  MF_TRY(mf_nc_put_text(file, NC_GLOBAL, "format", FORMAT));
  for (int i = 0; i < c->count; i++) {
    const entry *e = &c->entry[i];
    if (e->text) MF_TRY(mf_nc_put_text(file, NC_GLOBAL, e->name, e->text));
    if (has_numbers(e)) MF_TRY(define_numbers(file, e, &variable));
  }
  MF_NC(file, nc_enddef(file->id), "cannot write its header");
  return MF_OK;
}

static int put_all(const mf_nc *file, const mf_checkpoint *c)
{
  MF_TRY(define(file, c));
  int variable = 0;
  for (int i = 0; i < c->count; i++)
    if (has_numbers(&c->entry[i]))
      MF_NC(file, nc_put_var_double(file->id, variable++, c->entry[i].values), "cannot write %s",
            c->entry[i].name);
  return MF_OK;
}

/* What of the system's messages is about a temporary name is about the final one. */
static int write_file(const mf_checkpoint *c, const char *place, const char *path)
{
  mf_nc file = {.path = (char *)path};
  MF_NC(&file, nc_create(place, NC_CLOBBER | NC_64BIT_DATA, &file.id), "cannot create it");
  const int status = put_all(&file, c);
  if (status) {
    nc_abort(file.id);
    return status;
  }
  MF_NC(&file, nc_close(file.id), "cannot write it");
  errno = 0;
  return mf_nc_check(&file, seal(place), "cannot write it");
}

/* The name of a new file is on the disk when its folder is. */
static int flush_folder(const char *path)
{
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return MF_OK; /* a folder may be closed to readers */
  const int error = fsync(fd) && errno != EINVAL && errno != EROFS ? errno : 0;
  close(fd);
  return error ? mf_fail(MF_EFILE, "%s: cannot write its folder: %s", path, strerror(error)) : MF_OK;
}

int mf_checkpoint_write(const mf_checkpoint *c, const char *path)
{
  char *place;
  int fd;
  MF_TRY(mf_nc_check_place(path, true));
  MF_TRY(mf_fresh_file(path, &place, &fd));
  close(fd);
  int status = write_file(c, place, path);
  if (!status && rename(place, path))
    status = mf_fail(MF_EFILE, "%s: cannot write it: %s", path, strerror(errno));
  if (status) unlink(place);
  mf_release(place);
  return status ? status : flush_folder(path);
}

/* ---- reading ---- */

static int check_whole(const char *path)
{
  char wanted[DIGITS + 1], found[DIGITS + 1];
  ptrdiff_t place;
  struct stat s;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return mf_fail(MF_EFILE, "%s: cannot open it: %s", path, strerror(errno));
  int error = fstat(fd, &s) ? errno : S_ISREG(s.st_mode) ? 0 : -1;
  if (!error) error = examine(fd, wanted, found, &place);
  close(fd);
  if (error < 0) return mf_fail(MF_EFILE, "%s: this is no checkpoint of a run", path);
  if (error) return mf_fail(MF_EFILE, "%s: cannot read it: %s", path, strerror(error));
  if (strcmp(wanted, found) != 0)
    return mf_fail(MF_EFILE, "%s: this checkpoint is damaged: its checksum is %s instead of %s", path, found,
                   wanted);
  return MF_OK;
}

static int read_texts(const mf_nc *file, mf_checkpoint *c)
{
  int count;
  MF_NC(file, nc_inq_natts(file->id, &count), "cannot read it");
  for (int i = 0; i < count; i++) {
    char name[NC_MAX_NAME + 1];
    entry *e;
    MF_NC(file, nc_inq_attname(file->id, NC_GLOBAL, i, name), "cannot read it");
    if (!strcmp(name, CHECKSUM)) continue;
    MF_TRY(add(c, name, &e));
    MF_TRY(mf_nc_get_text(file, NC_GLOBAL, name, &e->text));
  }
  return MF_OK;
}

static int read_numbers(const mf_nc *file, int variable, mf_checkpoint *c)
{
  char name[NC_MAX_NAME + 1];
  int rank, dimension[NC_MAX_VAR_DIMS];
  size_t count = 1;
  entry *e;
  MF_NC(file, nc_inq_var(file->id, variable, name, NULL, &rank, dimension, NULL), "cannot read it");
  if (rank > 0) MF_NC(file, nc_inq_dimlen(file->id, dimension[0], &count), "cannot read %s", name);
  MF_TRY(add(c, name, &e));
  MF_TRY(mf_reals_create(&e->owned, (ptrdiff_t)count));
  e->values = e->owned;
  e->count = (ptrdiff_t)count;
  return mf_nc_get_numbers(file, variable, count, e->owned);
}

static int read_all(const mf_nc *file, mf_checkpoint *c)
{
  int count;
  MF_TRY(read_texts(file, c));
  if (strcmp(mf_checkpoint_text(c, "format"), FORMAT) != 0)
    return mf_fail(MF_EFILE, "%s: its format is '%s', and this program reads '%s'", file->path,
                   mf_checkpoint_text(c, "format"), FORMAT);
  MF_NC(file, nc_inq_nvars(file->id, &count), "cannot read it");
  for (int v = 0; v < count; v++) MF_TRY(read_numbers(file, v, c));
  return MF_OK;
}

int mf_checkpoint_read(mf_checkpoint **out, const char *path)
{
  mf_nc file;
  *out = NULL;
  MF_TRY(check_whole(path));
  MF_TRY(mf_checkpoint_create(out));
  int status = mf_text_copy(&(*out)->path, path);
  if (!status) status = mf_nc_open(&file, path);
  if (!status) {
    status = read_all(&file, *out);
    mf_nc_abandon(&file);
  }
  if (status) {
    mf_checkpoint_free(*out);
    *out = NULL;
  }
  return status;
}
