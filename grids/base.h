/* SPDX-License-Identifier: BSD-3-Clause */
/** @file base.h (user)  Status codes, the error chain, aligned memory.
 *
 *  Every function that can fail returns a status and hands its results back through pointers.
 *  0 is success; MF_RETRY (+1) asks the integrator for a smaller step; negative values stop.
 *  A failing function describes what went wrong once, with `mf_fail`; a caller that knows more (which file,
 *  which key) adds an outer line with `mf_blame`.  The library never prints and never exits. */
#ifndef MF_GRIDS_BASE_H
#define MF_GRIDS_BASE_H

#include <stdbool.h>
#include <stddef.h>

/** What installed headers declare stands between these two: with the names of C in C++ too, and exported from the shared
 *  library, which hides all else. */
#ifdef __cplusplus
#define MF_PUBLIC_BEGIN                                                                                      \
  extern "C" {                                                                                               \
  MF_VISIBLE
#define MF_PUBLIC_END                                                                                        \
  MF_VISIBLE_NO_MORE                                                                                         \
  }
#define MF_RESTRICT __restrict
#else
#define MF_PUBLIC_BEGIN MF_VISIBLE
#define MF_PUBLIC_END   MF_VISIBLE_NO_MORE
#define MF_RESTRICT     restrict
#endif
#if defined(__GNUC__)
#define MF_VISIBLE         _Pragma("GCC visibility push(default)")
#define MF_VISIBLE_NO_MORE _Pragma("GCC visibility pop")
#else
#define MF_VISIBLE
#define MF_VISIBLE_NO_MORE
#endif

MF_PUBLIC_BEGIN

enum {
  MF_OK = 0,
  MF_RETRY = 1,     /**< recoverable: the integrator should try a smaller step */
  MF_ECASE = -2,    /**< the case or the command line is wrong */
  MF_ENUMERIC = -3, /**< the computation failed */
  MF_EFILE = -4,    /**< a file could not be read or written */
  MF_EMEMORY = -5,  /**< out of memory */
  MF_ESTOPPED = -6  /**< stopped by a signal */
};

#if defined(__GNUC__)
#define MF_PRINTF(string, first) __attribute__((format(printf, string, first)))
#else
#define MF_PRINTF(string, first)
#endif

/** Room of an error message, with the 0 at its end. */
enum { MF_MESSAGE_SIZE = 4096 };

/** Starts a new error message and returns `status`. */
int mf_fail(int status, const char *format, ...) MF_PRINTF(2, 3);

/** Puts an outer line of context in front of the current message and returns `status`. */
int mf_blame(int status, const char *format, ...) MF_PRINTF(2, 3);

/** The message of the last failure in this thread, outermost line first; "" if there was none. */
const char *mf_error(void);

/** Returns from the calling function with the status of `call` if it is not 0. */
#define MF_TRY(call)                                                                                         \
  do {                                                                                                       \
    const int mf_try_status = (call);                                                                        \
    if (mf_try_status) return mf_try_status;                                                                 \
  } while (0)

/** Allocates `count` zeroed doubles at a 64-byte boundary; release with `mf_release`. */
int mf_reals_create(double **out, ptrdiff_t count);

/** Allocates `count` zeroed objects of `size` bytes; release with `mf_release`. */
int mf_objects_create(void *out, ptrdiff_t count, size_t size);

/** Copies a string; release with `mf_release`. */
int mf_text_copy(char **out, const char *text);

/** True if the last characters of a text are these. */
bool mf_ends_with(const char *text, const char *ending);

/** Frees what this header allocated; NULL is fine. */
void mf_release(void *memory);

/** The name among `names[0..count)` nearest to `word`, if near enough to be a slip of the pen; else NULL. */
const char *mf_nearest(const char *word, const char *const *names, int count);

MF_PUBLIC_END

#endif
