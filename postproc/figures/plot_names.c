/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures: names of runs, lists of names, labels and ticks. */
#define _POSIX_C_SOURCE 200809L
#include "postproc/figures/plot_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

bool mf_plot_ends_in(const char *text, const char *ending)
{
  return mf_ends_with(text, ending) && strcmp(text, ending) != 0;
}

int mf_plot_path(const char *run, const char *ending, char **path)
{
  static const char *const endings[] = {"_history.nc", ".nc.xmf", ".nc"};
  char text[4096];
  size_t length = strlen(run);
  for (int i = 0; i < 3; i++)
    if (mf_plot_ends_in(run, endings[i])) {
      length -= strlen(endings[i]);
      break;
    }
  snprintf(text, sizeof text, "%.*s%s", (int)length, run, ending);
  if (access(text, R_OK))
    return mf_fail(MF_EFILE,
                   "%s: %s (a run is named NAME, NAME.nc or NAME_history.nc; `mflow run` writes them)", text,
                   strerror(errno));
  return mf_text_copy(path, text);
}

bool mf_plot_item(const char *list, int index, char *item, size_t size)
{
  for (int i = 0; i < index && list; i++) {
    list = strchr(list, ',');
    if (list) list++;
  }
  if (!list) return false;
  list += strspn(list, " \t");
  size_t length = strcspn(list, ",");
  while (length > 0 && strchr(" \t", list[length - 1])) length--;
  snprintf(item, size, "%.*s", (int)length, list);
  return true;
}

void mf_plot_label(const char *name, const char *units, char *text, size_t size)
{
  const bool none = !*units || !strcmp(units, "1");
  snprintf(text, size, "%s (%s)", name, none ? "dimensionless" : units);
}

double mf_plot_step(double x)
{
  const double power = pow(10, floor(log10(x) + 1e-9)), digit = x / power + 1e-9;
  return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}
