/* SPDX-License-Identifier: BSD-3-Clause */
/* A positive measure on a grid: density and log-density per cell. */
#include "grids/measure.h"

#include "grids/base.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"

#include <math.h>
#include <string.h>

static const double log_two_pi = 1.837877066409345483560659472811;

static int fill(mf_measure *m, const mf_grid *grid)
{
  m->grid = grid;
  MF_TRY(mf_field_create(grid, &m->density));
  MF_TRY(mf_field_create(grid, &m->log_density));
  for (ptrdiff_t c = 0; c < grid->cells; c++) m->log_density[c] = -INFINITY;
  return MF_OK;
}

int mf_measure_create(mf_measure **out, const mf_grid *grid)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, grid);
  if (status) {
    mf_measure_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_measure_free(mf_measure *m)
{
  if (!m) return;
  mf_field_free(m->density);
  mf_field_free(m->log_density);
  mf_release(m);
}

/* log(e^a + e^b). */
static double log_add(double a, double b)
{
  const double high = fmax(a, b), low = fmin(a, b);
  return isinf(high) ? high : high + log1p(exp(low - high));
}

/* Lower Cholesky factor of a dim*dim matrix, and the logarithm of its determinant. */
static int cholesky(int dim, const double *matrix, double factor[MF_AXES][MF_AXES], double *log_det)
{
  *log_det = 0;
  for (int i = 0; i < dim; i++)
    for (int j = 0; j <= i; j++) {
      const double upper = matrix[dim * j + i], lower = matrix[dim * i + j];
      if (fabs(upper - lower) > 1e-12 * (fabs(upper) + fabs(lower)))
        return mf_fail(MF_ECASE, "the covariance is not symmetric: %g and %g face each other", upper, lower);
      double sum = lower;
      for (int k = 0; k < j; k++) sum -= factor[i][k] * factor[j][k];
      if (i > j) {
        factor[i][j] = sum / factor[j][j];
      } else {
        if (!(sum > 0)) return mf_fail(MF_ECASE, "the covariance is not positive definite");
        factor[i][i] = sqrt(sum);
        *log_det += log(sum);
      }
    }
  return MF_OK;
}

/* |L^-1 (x - mean)|^2. */
static double mahalanobis2(int dim, double factor[MF_AXES][MF_AXES], const double *x, const double *mean)
{
  double z[MF_AXES], sum = 0;
  for (int i = 0; i < dim; i++) {
    z[i] = x[i] - mean[i];
    for (int k = 0; k < i; k++) z[i] -= factor[i][k] * z[k];
    z[i] /= factor[i][i];
    sum += z[i] * z[i];
  }
  return sum;
}

/* One Gaussian over its image: log_peak - |L^-1 (x - mean)|^2 / 2. */
typedef struct {
  mf_measure *m;
  double log_peak;
  const double *mean;
  double (*factor)[MF_AXES];
} gaussian_operands;

static void add_gaussian_cells(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const gaussian_operands *j = self;
  const mf_grid *grid = j->m->grid;
  double *log_density = j->m->log_density, x[MF_AXES];
  for (ptrdiff_t c = begin; c < end; c++) {
    if (c == begin || c % grid->n[0] == 0) mf_grid_centre(grid, c, x);
    x[0] = mf_grid_coordinate(grid, 0, grid->offset[0] + c % grid->n[0]);
    const double value = j->log_peak - 0.5 * mahalanobis2(grid->dim, j->factor, x, j->mean);
    log_density[c] = isinf(log_density[c]) ? value : log_add(log_density[c], value);
  }
}

static void add_one_gaussian(mf_measure *m, double log_peak, const double *mean,
                             double factor[MF_AXES][MF_AXES])
{
  mf_share(m->grid->cells, MF_PIECE / 4, add_gaussian_cells, &(gaussian_operands){m, log_peak, mean, factor});
}

/* density = exp(log density + shift), and so the logarithm. */
typedef struct {
  mf_measure *m;
  double shift;
} shift_operands;

static void shift_cells(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const shift_operands *j = self;
  for (ptrdiff_t c = begin; c < end; c++) {
    if (j->shift != 0) j->m->log_density[c] += j->shift;
    j->m->density[c] = exp(j->m->log_density[c]);
  }
}

static void shift_log(mf_measure *m, double shift)
{
  mf_share(m->grid->cells, MF_PIECE / 4, shift_cells, &(shift_operands){m, shift});
}

/* Images needed on either side so that what is left out is below e^-50 of the peak. */
static int images(const mf_grid *grid, int axis, double variance)
{
  if (axis >= grid->dim || !grid->periodic[axis]) return 0;
  return 1 + (int)(10 * sqrt(variance) / (grid->hi[axis] - grid->lo[axis]));
}

/* A coordinate `image` periods from where it lies in the box; on an axis with walls the coordinate itself. */
static double wrapped(const mf_grid *grid, int axis, double x, int image)
{
  const double length = grid->hi[axis] - grid->lo[axis];
  return grid->periodic[axis] ? x + length * (image - floor((x - grid->lo[axis]) / length)) : x;
}

int mf_measure_add_gaussian(mf_measure *m, double mass, const double *mean, const double *covariance)
{
  const mf_grid *grid = m->grid;
  const int dim = grid->dim;
  double factor[MF_AXES][MF_AXES] = {{0}}, log_det;
  MF_TRY(cholesky(dim, covariance, factor, &log_det));
  const double log_peak = log(mass) - 0.5 * (dim * log_two_pi + log_det);
  int reach[MF_AXES], at[MF_AXES];
  for (int a = 0; a < MF_AXES; a++) reach[a] = images(grid, a, a < dim ? covariance[dim * a + a] : 0);
  for (at[2] = -reach[2]; at[2] <= reach[2]; at[2]++)
    for (at[1] = -reach[1]; at[1] <= reach[1]; at[1]++)
      for (at[0] = -reach[0]; at[0] <= reach[0]; at[0]++) {
        double shifted[MF_AXES];
        for (int a = 0; a < dim; a++) shifted[a] = wrapped(grid, a, mean[a], at[a]);
        add_one_gaussian(m, log_peak, shifted, factor);
      }
  shift_log(m, 0);
  return MF_OK;
}

/* Share of a cell that [lo, hi] covers; the last bits of edges that meet are not mass. */
static double covered(double lo, double hi, double centre, double h)
{
  const double share = (fmin(hi, centre + 0.5 * h) - fmax(lo, centre - 0.5 * h)) / h, edge = 1e-9;
  return share < edge ? 0 : share > 1 - edge ? 1 : share;
}

int mf_measure_add_box(mf_measure *m, double mass, const double *lo, const double *hi)
{
  const mf_grid *grid = m->grid;
  double measure = 1;
  for (int a = 0; a < grid->dim; a++) {
    const double slack = 1e-9 * grid->h[a];
    if (!(lo[a] < hi[a])) return mf_fail(MF_ECASE, "the box [%g, %g] is upside down", lo[a], hi[a]);
    if (lo[a] < grid->lo[a] - slack || hi[a] > grid->hi[a] + slack)
      return mf_fail(MF_ECASE, "the box [%g, %g] is not inside the grid's [%g, %g]", lo[a], hi[a],
                     grid->lo[a], grid->hi[a]);
    measure *= hi[a] - lo[a];
  }
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    double x[MF_AXES], share = 1;
    mf_grid_centre(grid, c, x);
    for (int a = 0; a < grid->dim; a++) share *= covered(lo[a], hi[a], x[a], grid->h[a]);
    if (share <= 0) continue;
    m->density[c] += mass / measure * share;
    m->log_density[c] = log_add(m->log_density[c], log(mass / measure * share));
  }
  return MF_OK;
}

static int bad_value(const mf_measure *m, ptrdiff_t c, const char *what, double value)
{
  double x[MF_AXES];
  mf_grid_centre(m->grid, c, x);
  return mf_fail(MF_ECASE, "%s is %g in the cell at %s", what, value, mf_grid_point(m->grid, x).text);
}

static void take_logarithms(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_measure *m = self;
  for (ptrdiff_t c = begin; c < end; c++) m->log_density[c] = log(m->density[c]);
}

int mf_measure_set_density(mf_measure *m, const double *density)
{
  for (ptrdiff_t c = 0; c < m->grid->cells; c++)
    if (!(density[c] >= 0) || isinf(density[c])) return bad_value(m, c, "the density", density[c]);
  memcpy(m->density, density, (size_t)m->grid->cells * sizeof *density);
  mf_share(m->grid->cells, MF_PIECE / 4, take_logarithms, m);
  return MF_OK;
}

int mf_measure_set_log_density(mf_measure *m, const double *log_density)
{
  for (ptrdiff_t c = 0; c < m->grid->cells; c++)
    if (isnan(log_density[c]) || log_density[c] == INFINITY)
      return bad_value(m, c, "the logarithm of the density", log_density[c]);
  memcpy(m->log_density, log_density, (size_t)m->grid->cells * sizeof *log_density);
  shift_log(m, 0);
  return MF_OK;
}

MF_INLINE double shifted_at(const void *self, ptrdiff_t c)
{
  const shift_operands *j = self;
  return exp(j->m->log_density[c] + j->shift);
}

static void sum_shifted(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, shifted_at);
}

/* log of the mass, from the highest cell down, so that neither e^800 nor e^-800 is ever formed. */
static double log_mass(const mf_measure *m)
{
  const double high = mf_field_max(m->grid, m->log_density);
  if (isinf(high)) return high;
  double total;
  mf_field_sums(m->grid, 1, sum_shifted, &(shift_operands){(mf_measure *)m, -high}, &total);
  return high + log(total * m->grid->volume);
}

double mf_measure_mass(const mf_measure *m)
{
  return exp(log_mass(m));
}

int mf_measure_normalise(mf_measure *m, double mass)
{
  const double present = log_mass(m);
  if (!isfinite(present))
    return mf_fail(MF_ECASE, "the density is zero everywhere: there is no mass to scale");
  const double shift = log(mass) - present;
  shift_log(m, shift);
  m->mass = mf_field_mass(m->grid, m->density);
  return MF_OK;
}
