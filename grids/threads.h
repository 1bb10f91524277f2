/* SPDX-License-Identifier: BSD-3-Clause */
/** @file threads.h (plug-in)  Loops shared among threads, and loops compiled for several instruction sets.
 *
 *  A loop is cut into pieces by its length alone.  Whoever is free takes the next piece, the caller among them, so a
 *  thread that the system has not woken yet, or has put aside, holds nothing up; and since no result depends on who
 *  did which piece, it is the same to the last bit for any number of threads.  Idle threads look for work for some
 *  microseconds, then sleep. */
#ifndef MF_GRIDS_THREADS_H
#define MF_GRIDS_THREADS_H

#include "grids/base.h"

#include <stddef.h>

MF_PUBLIC_BEGIN

/** Number of threads that loops may use: set below, or OMP_NUM_THREADS, or the processors open to this process. */
int mf_threads(void);

/** Sets it; 0 goes back to the default.  Not while a loop is running. */
void mf_threads_set(int count);

/** Cells of a piece: so many that handing it to another thread costs little of what it takes. */
enum { MF_PIECE = 32768 };

/** work(self, begin, end) for ranges that together are [0, count), each of `piece` (the last of fewer).  Calls from
 *  within work, and from a second thread at the same time, run in the thread that makes them. */
void mf_share(ptrdiff_t count, ptrdiff_t piece,
              void (*work)(const void *self, ptrdiff_t begin, ptrdiff_t end), const void *self);

/** Marks a function that is compiled for several instruction sets, the best of which is taken when the program starts.
 *  It is static, since compilers differ in what other files have to call it, and its name starts with mf_ all the same,
 *  because the linker sees it.  Sanitizers and other machines get it once. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) &&  \
    !defined(__SANITIZE_THREAD__) && !defined(__AVX512F__) && !defined(MF_ONE_TARGET)
#define MF_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MF_CLONES
#endif

/** A function that is to become a part of such a function. */
#if defined(__GNUC__)
#define MF_INLINE static inline __attribute__((always_inline))
#else
#define MF_INLINE static inline
#endif

MF_PUBLIC_END

#endif
