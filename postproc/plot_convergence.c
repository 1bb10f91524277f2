#include "postproc/plot_parts.h"
int mf_plot_convergence(const mf_plot *plot)
{
  (void)plot;
  return MF_OK;
}
