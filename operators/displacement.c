/* A kernel between any two points of a box. */
#include "operators/displacement.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* Squared displacement along one axis, `image` periods away, or the chord. */
static double square(const mf_kernel *kernel, const mf_grid *grid, int axis, double d, int image)
{
  const double length = grid->hi[axis] - grid->lo[axis];
  if (grid->periodic[axis])
    d = kernel->type->reach == 0 ? length / pi * sin(pi * d / length) : d + image * length;
  return d * d;
}

double mf_kernel_between(const mf_kernel *kernel, const mf_grid *grid, const double d[MF_AXES])
{
  double folded[MF_AXES] = {0, 0, 0}, sum = 0;
  int reach[MF_AXES] = {0, 0, 0};
  for (int a = 0; a < grid->dim; a++) {
    const double length = grid->hi[a] - grid->lo[a];
    folded[a] = grid->periodic[a] ? d[a] - length * rint(d[a] / length) : d[a];
    if (grid->periodic[a]) reach[a] = (int)ceil(mf_kernel_reach(kernel) / length);
  }
  for (int q = -reach[2]; q <= reach[2]; q++)
    for (int p = -reach[1]; p <= reach[1]; p++)
      for (int o = -reach[0]; o <= reach[0]; o++)
        sum += mf_kernel_value(kernel, sqrt(square(kernel, grid, 0, folded[0], o) +
                                            square(kernel, grid, 1, folded[1], p) +
                                            square(kernel, grid, 2, folded[2], q)));
  return sum;
}
