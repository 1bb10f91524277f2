/* SPDX-License-Identifier: BSD-3-Clause */
/* What is being prepared, for whoever waits. */
#include "grids/stage.h"

#include <stddef.h>

static _Thread_local mf_stage_listener listening;
static _Thread_local void *listener_self;

void mf_stage_listen(mf_stage_listener listener, void *self)
{
  listening = listener;
  listener_self = self;
}

void mf_stage(const char *what)
{
  if (listening) listening(listener_self, what);
}
