/* SPDX-License-Identifier: BSD-3-Clause */
/* One thread at a time in netCDF.
 *
 * A process that forks waits until nobody is inside, so that the child has the library at rest; there the lock is made anew,
 * since its holder has another number. */
#define _POSIX_C_SOURCE 200809L
#include "io/netcdf/alone.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock;

static void make(void)
{
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&lock, &kind);
  pthread_mutexattr_destroy(&kind);
}

static void begin(void)
{
  make();
  pthread_atfork(mf_nc_enter, mf_nc_leave, make);
}

void mf_nc_enter(void)
{
  pthread_once(&once, begin);
  pthread_mutex_lock(&lock);
}

void mf_nc_leave(void)
{
  pthread_mutex_unlock(&lock);
}
