/* SPDX-License-Identifier: BSD-3-Clause */
/* What is being prepared, for whoever waits, and what to be careful about. */
#include "grids/stage.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local mf_stage_listener listening, warned;
static _Thread_local void *listener_self, *warned_self;

void mf_stage_listen(mf_stage_listener listener, void *self)
{
  listening = listener;
  listener_self = self;
}

void mf_stage(const char *what)
{
  if (listening) listening(listener_self, what);
}

void mf_warning_listen(mf_stage_listener listener, void *self)
{
  warned = listener;
  warned_self = self;
}

void mf_warn(const char *format, ...)
{
  char text[4096];
  va_list arguments;
  if (!warned) return;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  warned(warned_self, text);
}
