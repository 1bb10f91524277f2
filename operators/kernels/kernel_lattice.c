/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of a kernel on a lattice of displacements, summed over the images of periodic axes.
 *
 * A Gaussian is a product over the axes, and so is its sum over images: of theta functions, by a few images
 * where it is narrow against the ring, by a few terms of its Fourier series (Poisson's formula) where it is
 * wide.
 *
 * Laplace and Matern kernels are mixtures of Gaussians of variance s^2 u / nu with density u^(nu-1) e^-u /
 * Gamma(nu) (DLMF 10.32.10 for K_nu; Rasmussen & Williams 2006, (4.14)).  Where they reach
 * over many images, the mixture is cut at a variance that the nearest images exhaust (Ewald 1921).  Wider
 * Gaussians: theta functions minus the nearest images, by quadrature in log u; narrower ones: the nearest
 * images of the kernel itself, less what the wider Gaussians have there. */
#include "operators/kernels/kernel_lattice.h"

#include "grids/base.h"

#include <float.h>
#include <math.h>

static const double pi = 3.14159265358979323846;

enum { NEAR = 1, PANEL = 16, FACTORS = 2 };

/* Standard deviations at which a Gaussian is below 1e-17. */
static const double tail = 8.85;

/* ---- image by image ------------------------------------------------------------------------------------ */

static double square(const mf_kernel *kernel, const mf_lattice *l, int axis, ptrdiff_t i, int image)
{
  const double period = l->period[axis];
  double d = (double)i * l->h[axis];
  if (period > 0) d = kernel->type->reach == 0 ? period / pi * sin(pi * d / period) : d + image * period;
  return d * d;
}

/* Compensated: there may be a million images. */
static double sum_over_images(const mf_kernel *kernel, const mf_lattice *l, const ptrdiff_t i[MF_AXES],
                              const int reach[MF_AXES])
{
  double sum = 0, carry = 0;
  for (int q = -reach[2]; q <= reach[2]; q++)
    for (int p = -reach[1]; p <= reach[1]; p++)
      for (int o = -reach[0]; o <= reach[0]; o++) {
        const double r = sqrt(square(kernel, l, 0, i[0], o) + square(kernel, l, 1, i[1], p) +
                              square(kernel, l, 2, i[2], q));
        const double value = mf_kernel_value(kernel, r) - carry, next = sum + value;
        carry = (next - sum) - value;
        sum = next;
      }
  return sum;
}

static void add_images(const mf_kernel *kernel, const mf_lattice *l, const int reach[MF_AXES], double *out)
{
  ptrdiff_t i[MF_AXES];
  for (i[2] = 0; i[2] < l->count[2]; i[2]++)
    for (i[1] = 0; i[1] < l->count[1]; i[1]++)
      for (i[0] = 0; i[0] < l->count[0]; i[0]++)
        out[i[0] * l->stride[0] + i[1] * l->stride[1] + i[2] * l->stride[2]] +=
            sum_over_images(kernel, l, i, reach);
}

/* Images within the kernel's reach, and how many they are. */
static double images(const mf_kernel *kernel, const mf_lattice *l, int reach[MF_AXES])
{
  double count = 1;
  for (int a = 0; a < MF_AXES; a++) {
    const double periods = l->period[a] > 0 ? ceil(mf_kernel_reach(kernel) / l->period[a]) : 0;
    reach[a] = (int)fmin(periods, 1e9);
    count *= 2 * periods + 1;
  }
  return count;
}

static void clear(const mf_lattice *l, double *out)
{
  for (ptrdiff_t k = 0; k < l->count[2]; k++)
    for (ptrdiff_t j = 0; j < l->count[1]; j++)
      for (ptrdiff_t i = 0; i < l->count[0]; i++)
        out[i * l->stride[0] + j * l->stride[1] + k * l->stride[2]] = 0;
}

int mf_kernel_sample_images(const mf_kernel *kernel, const mf_lattice *lattice, double *out)
{
  int reach[MF_AXES];
  images(kernel, lattice, reach);
  clear(lattice, out);
  add_images(kernel, lattice, reach, out);
  return MF_OK;
}

/* ---- Gaussians as products over the axes --------------------------------------------------------------- */

/* sum over |image| <= reach of exp(-(d + image period)^2 / (2 variance)) */
static double images_on_axis(double d, double variance, double period, int reach)
{
  double sum = 0;
  for (int o = -reach; o <= reach; o++) sum += exp(-0.5 * (d + o * period) * (d + o * period) / variance);
  return sum;
}

/* The same over all images. */
static double theta(double d, double variance, double period)
{
  const double deviation = sqrt(variance);
  if (period == 0 || deviation < 0.4 * period)
    return images_on_axis(d, variance, period, period > 0 ? (int)ceil(tail * deviation / period + 0.5) : 0);
  const double decay = 2 * pi * pi * variance / (period * period);
  double sum = 1;
  for (int j = 1; decay * j * j < 0.5 * tail * tail; j++)
    sum += 2 * exp(-decay * j * j) * cos(2 * pi * j * d / period);
  return sqrt(2 * pi * variance) / period * sum;
}

/* One table of `count[a]` values for each axis, twice: over all images and over the nearest. */
typedef struct {
  double *all[MF_AXES], *nearest[MF_AXES], *memory;
} tables;

static int tables_create(tables *t, const mf_lattice *l)
{
  MF_TRY(mf_reals_create(&t->memory, FACTORS * (l->count[0] + l->count[1] + l->count[2])));
  double *next = t->memory;
  for (int a = 0; a < MF_AXES; a++) {
    t->all[a] = next;
    t->nearest[a] = next + l->count[a];
    next += FACTORS * l->count[a];
  }
  return MF_OK;
}

/* out += weight * (Gaussian of that variance over all images - over `near[a]` images each way; none if
 * `near` is NULL) */
static void add_gaussian(const tables *t, const mf_lattice *l, double variance, double weight,
                         const int near[MF_AXES], double *out)
{
  for (int a = 0; a < MF_AXES; a++)
    for (ptrdiff_t i = 0; i < l->count[a]; i++) {
      const double d = (double)i * l->h[a];
      t->all[a][i] = theta(d, variance, l->period[a]);
      t->nearest[a][i] = near ? images_on_axis(d, variance, l->period[a], near[a]) : 0;
    }
  for (ptrdiff_t k = 0; k < l->count[2]; k++)
    for (ptrdiff_t j = 0; j < l->count[1]; j++) {
      const double all = weight * t->all[1][j] * t->all[2][k],
                   nearest = weight * t->nearest[1][j] * t->nearest[2][k];
      double *row = out + j * l->stride[1] + k * l->stride[2];
      for (ptrdiff_t i = 0; i < l->count[0]; i++)
        row[i * l->stride[0]] += all * t->all[0][i] - nearest * t->nearest[0][i];
    }
}

/* ---- mixtures ------------------------------------------------------------------------------------------ */

/* Nodes and weights of Gauss and Legendre on [0, 1], by Newton's method from the asymptotic zeros. */
static void gauss_legendre(double node[PANEL], double weight[PANEL])
{
  for (int i = 0; i < PANEL; i++) {
    double x = cos(pi * (i + 0.75) / (PANEL + 0.5)), slope = 1;
    for (int iteration = 0; iteration < 8; iteration++) {
      double before = 1, p = x;
      for (int n = 2; n <= PANEL; n++) {
        const double next = ((2 * n - 1) * x * p - (n - 1) * before) / n;
        before = p;
        p = next;
      }
      slope = PANEL * (x * p - before) / (x * x - 1);
      x -= p / slope;
    }
    node[i] = 0.5 * (1 + x);
    weight[i] = 1 / ((1 - x * x) * slope * slope);
  }
}

/* Gaussians of the mixture wider than `variance`: panels of unit length in log u, up to where e^-u is
 * round-off.  The integrand is analytic for |Im log u| < pi/2, which 16 nodes turn into round-off. */
static void add_wide(const tables *t, const mf_lattice *l, const mf_kernel *kernel, double variance,
                     const int near[MF_AXES], double *out)
{
  const double nu = kernel->type->mixture(kernel->shape), s2 = kernel->bandwidth[0] * kernel->bandwidth[0];
  const double from = log(nu * variance / s2), to = log(70);
  double node[PANEL], weight[PANEL];
  gauss_legendre(node, weight);
  const int panels = to > from ? (int)ceil(to - from) : 0;
  for (int p = 0; p < panels; p++)
    for (int i = 0; i < PANEL; i++) {
      const double width = (to - from) / panels, u = exp(from + (p + node[i]) * width);
      add_gaussian(t, l, s2 * u / nu,
                   kernel->weight[0] * width * weight[i] * pow(u, nu) * exp(-u) / tgamma(nu), near, out);
    }
}

/* Variance of a Gaussian that fills NEAR periods of the shortest ring each way, and the images it reaches. */
static double cut(const mf_lattice *l, int near[MF_AXES])
{
  double shortest = INFINITY;
  for (int a = 0; a < MF_AXES; a++)
    if (l->period[a] > 0) shortest = fmin(shortest, l->period[a]);
  const double deviation = (NEAR + 0.5) * shortest / tail;
  for (int a = 0; a < MF_AXES; a++)
    near[a] = l->period[a] > 0 ? (int)ceil(tail * deviation / l->period[a] - 0.5 - 1e-9) : 0;
  return deviation * deviation;
}

/* A kernel of one bandwidth. */
static void add_scale(const mf_kernel *kernel, const mf_lattice *l, const tables *t, double *out)
{
  int reach[MF_AXES], near[MF_AXES];
  const double variance = kernel->bandwidth[0] * kernel->bandwidth[0], count = images(kernel, l, reach);
  const bool mixture = kernel->type->mixture != NULL;
  if (mixture && isinf(kernel->type->mixture(kernel->shape))) {
    add_gaussian(t, l, variance, kernel->weight[0], NULL, out);
    return;
  }
  const double widest_near = cut(l, near);
  if (!mixture || count <= (2. * near[0] + 1) * (2. * near[1] + 1) * (2. * near[2] + 1)) {
    add_images(kernel, l, reach, out);
    return;
  }
  add_images(kernel, l, near, out);
  add_wide(t, l, kernel, widest_near, near, out);
}

int mf_kernel_sample(const mf_kernel *kernel, const mf_lattice *lattice, double *out)
{
  tables t;
  MF_TRY(tables_create(&t, lattice));
  clear(lattice, out);
  for (int i = 0; i < kernel->scales; i++) {
    mf_kernel one = *kernel;
    one.scales = 1;
    one.bandwidth[0] = kernel->bandwidth[i];
    one.weight[0] = kernel->weight[i];
    add_scale(&one, lattice, &t, out);
  }
  mf_release(t.memory);
  return MF_OK;
}
