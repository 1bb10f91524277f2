/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures: which one to draw. */
#include "postproc/figures/plot_parts.h"

#include <string.h>

static int find_kind(const mf_plot *p, mf_plot_kind *kind)
{
  static const char *const names[] = {"decay", "density", "convergence"};
  *kind = mf_plot_ends_in(p->run, ".json") ? MF_PLOT_CONVERGENCE : MF_PLOT_DECAY;
  if (!p->kind) return MF_OK;
  for (int k = 0; k < 3; k++)
    if (!strcmp(p->kind, names[k])) {
      *kind = (mf_plot_kind)k;
      return MF_OK;
    }
  return mf_fail(MF_ECASE, "there is no kind of picture '%s': choose from decay, density, convergence",
                 p->kind);
}

int mf_plot_draw(const mf_plot *p)
{
  static int (*const draw[])(const mf_plot *) = {mf_plot_decay, mf_plot_density, mf_plot_convergence};
  mf_plot_kind kind;
  MF_TRY(find_kind(p, &kind));
  return draw[kind](p);
}
