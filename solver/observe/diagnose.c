/* SPDX-License-Identifier: BSD-3-Clause */
/* What is measured of a flow at every output. */
#include "solver/observe/diagnose.h"

#include "grids/field.h"
#include "operators/entropy.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct mf_diagnosis {
  mf_flow *flow;
  const mf_convolution *mmd; /* the energy's embedding or `own` */
  mf_convolution *own;
  bool divergences; /* the target is positive everywhere */
  double exponent;  /* of the column `divergence`, or NAN */
  mf_column column[MF_COLUMNS];
  int columns;
  mf_distance_columns distances;
  mf_entropic_start start; /* of the next distance */
  double *density;         /* without negative values, if there are distances */
  double target_mean[MF_AXES], target_covariance[MF_AXES * MF_AXES];
};

/* ---- columns ---- */

static void add_column(mf_diagnosis *d, const char *name, const char *long_name)
{
  d->column[d->columns++] = (mf_column){name, long_name, "1"};
}

static const char *const mean_names[MF_AXES] = {"mean_x", "mean_y", "mean_z"};
static const char *const covariance_names[MF_AXES * MF_AXES] = {
    "cov_xx", "cov_xy", "cov_xz", NULL, "cov_yy", "cov_yz", NULL, NULL, "cov_zz"};

static void add_moment_columns(mf_diagnosis *d)
{
  const int dim = mf_flow_grid(d->flow)->dim;
  for (int a = 0; a < dim; a++) add_column(d, mean_names[a], "mean of the normalised measure");
  for (int a = 0; a < dim; a++)
    for (int b = a; b < dim; b++)
      add_column(d, covariance_names[MF_AXES * a + b], "covariance of the normalised measure");
}

static void add_columns(mf_diagnosis *d)
{
  add_column(d, "time", "flow time");
  add_column(d, "energy", "energy F");
  add_column(d, "dissipation", "dissipation <xi, K xi>");
  add_column(d, "decay_rate", "instantaneous decay rate: dissipation over energy");
  add_column(d, "energy_defect", "relative defect of dF/dt = -dissipation");
  add_column(d, "least_variation", "least value of the first variation");
  add_column(d, "greatest_variation", "greatest value of the first variation");
  add_column(d, "mass", "total mass");
  add_column(d, "minimum", "least density");
  add_column(d, "clipped", "mass of negative cell values that output sets to zero");
  add_moment_columns(d);
  if (mf_flow_target(d->flow)) {
    add_column(d, "mass_excess", "mass less the target's mass");
    add_column(d, "l1", "L1 distance to the target");
    add_column(d, "mmd", "maximum mean discrepancy to the target");
  }
  if (d->divergences) {
    add_column(d, "log_mass", "logarithm of mass over the target's mass");
    add_column(d, "kl", "KL(mu|pi)");
    add_column(d, "inclusive_kl", "KL(pi|mu)");
    add_column(d, "chi2", "chi^2(mu|pi) = int (u - 1)^2 dpi");
    add_column(d, "he2", "squared Hellinger distance 4 int (sqrt mu - sqrt pi)^2");
    if (!isnan(d->exponent)) add_column(d, "divergence", "int phi_p(dmu/dpi) dpi");
    add_column(d, "shape_kl", "KL of the normalised measure from the normalised target");
  }
  add_column(d, "step", "last step of the time integrator");
  add_column(d, "steps", "steps so far");
  add_column(d, "rate_evaluations", "evaluations of the rate so far");
  add_column(d, "newton_iterations", "nonlinear iterations so far");
  add_column(d, "krylov_iterations", "linear iterations so far");
  add_column(d, "error_failures", "steps repeated for their error so far");
}

/* ---- creation ---- */

mf_kernel mf_kernel_as_wide(const mf_grid *grid, const double *covariance)
{
  double trace = 0;
  for (int a = 0; a < grid->dim; a++) trace += covariance[(MF_AXES + 1) * a];
  const double width = sqrt(trace / grid->dim);
  mf_kernel kernel = {.type = mf_kernel_types[0], .scales = 1, .weight = {1}};
  kernel.bandwidth[0] = width > 0 ? width : grid->h[0];
  return kernel;
}

static int choose_kernel(mf_diagnosis *d, const mf_kernel *kernel)
{
  const mf_grid *grid = mf_flow_grid(d->flow);
  for (int i = 0; !kernel && i < mf_flow_energies(d->flow); i++)
    if (mf_flow_energy(d->flow, i)->embedding) {
      d->mmd = mf_flow_energy(d->flow, i)->embedding;
      return MF_OK;
    }
  const mf_kernel fallback = mf_kernel_as_wide(grid, d->target_covariance);
  MF_TRY(mf_convolution_create(&d->own, grid, kernel ? kernel : &fallback));
  d->mmd = d->own;
  return MF_OK;
}

static int fill(mf_diagnosis *d, mf_flow *flow, const mf_kernel *kernel, double exponent)
{
  d->flow = flow;
  d->exponent = exponent;
  const mf_measure *pi = mf_flow_target(flow);
  if (pi) {
    d->divergences = mf_field_min(pi->grid, pi->log_density) > MF_LOG_LEAST;
    mf_field_moments(pi->grid, pi->density, d->target_mean, d->target_covariance);
    MF_TRY(choose_kernel(d, kernel));
  }
  add_columns(d);
  return MF_OK;
}

int mf_diagnosis_create(mf_diagnosis **out, mf_flow *flow, const mf_kernel *kernel, double exponent)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, flow, kernel, exponent);
  if (status) {
    mf_diagnosis_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_diagnosis_free(mf_diagnosis *d)
{
  if (!d) return;
  mf_convolution_free(d->own);
  mf_entropic_start_clear(&d->start);
  mf_release(d->density);
  mf_release(d);
}

int mf_diagnosis_add_distances(mf_diagnosis *d, const mf_distance_columns *columns)
{
  const mf_measure *pi = mf_flow_target(d->flow);
  if (columns->count && !pi)
    return mf_fail(MF_ECASE, "distances are those to the target, and this case has none");
  for (int i = 0; i < columns->count; i++) {
    const mf_distance_type *type = columns->type[i];
    const mf_distance_options o = {.alpha = columns->alpha, .beta = columns->beta, .p = 2};
    const mf_distance_measure same[2] = {{pi->grid, pi->density}, {pi->grid, pi->density}};
    mf_distance none;
    MF_TRY(mf_distance_compute(type, same, &o, NULL, &none));
    add_column(d, type->column, type->summary);
  }
  d->distances = *columns;
  return columns->count ? mf_reals_create(&d->density, pi->grid->cells) : MF_OK;
}

const mf_column *mf_diagnosis_columns(const mf_diagnosis *d, int *count)
{
  *count = d->columns;
  return d->column;
}

const mf_kernel *mf_diagnosis_kernel(const mf_diagnosis *d)
{
  return d->mmd ? mf_convolution_kernel(d->mmd) : NULL;
}

double mf_diagnosis_mmd_scale(const mf_diagnosis *d)
{
  const mf_measure *pi = mf_flow_target(d->flow);
  return d->mmd ? sqrt(fabs(mf_convolution_form(d->mmd, pi->density))) / pi->mass : 0;
}

/* ---- measuring ---- */

static void put(const mf_diagnosis *d, double *row, const char *name, double value)
{
  for (int i = 0; i < d->columns; i++)
    if (!strcmp(d->column[i].name, name)) row[i] = value;
}

static void measure_moments(const mf_diagnosis *d, const mf_state *s, double *row)
{
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(s->grid, s->density, mean, covariance);
  for (int a = 0; a < s->grid->dim; a++) {
    put(d, row, mean_names[a], mean[a]);
    for (int b = a; b < s->grid->dim; b++)
      put(d, row, covariance_names[MF_AXES * a + b], covariance[MF_AXES * a + b]);
  }
}

/* Mass of what is below 0 in the unknown: only coordinates that are linear in rho can have any. */
typedef struct {
  const mf_state *state;
  double shift;
} sum_operands;

MF_INLINE double clipped_at(const void *self, ptrdiff_t c)
{
  const mf_state *s = ((const sum_operands *)self)->state;
  return fmax(0, -(s->target ? s->target->density[c] + s->deviation[c] : s->deviation[c]));
}

static void sum_clipped(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, clipped_at);
}

static double clipped_mass(const mf_state *s)
{
  if (s->form == MF_RELATIVE) return 0;
  double total;
  mf_field_sums(s->grid, 1, sum_clipped, &(sum_operands){s, 0}, &total);
  return total * s->grid->volume;
}

MF_INLINE double shape_at(const void *self, ptrdiff_t c)
{
  const sum_operands *j = self;
  const double l = j->state->log_ratio[c] - j->shift;
  return j->state->target->density[c] * mf_entropy_value(1, expm1(l), l);
}

static void sum_shape(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, shape_at);
}

/* KL of mu/z from pi/z*: the entropy of u e^-h with h = log(z/z*). */
static double shape_kl(const mf_state *s, double h)
{
  double total;
  mf_field_sums(s->grid, 1, sum_shape, &(sum_operands){s, h}, &total);
  return total * s->grid->volume / s->target->mass;
}

/* log(mass/target mass), from what of the two is known to its last digits: the excess near equal masses, the mass where it
 * is small.  An absolute unknown cannot tell a mass of some ulp of the target's from none. */
static double log_mass(const mf_report *r)
{
  const mf_state *s = r->state;
  const double excess = r->mass_excess / s->target->mass;
  if (excess > -0.5) return log1p(excess);
  const double ratio = mf_field_mass(s->grid, s->density) / s->target->mass, unresolved = 1e3 * DBL_EPSILON;
  return s->form == MF_ABSOLUTE && ratio < unresolved ? NAN : log(ratio);
}

static void measure_divergences(const mf_diagnosis *d, const mf_observation *o, const mf_report *r,
                                double *row)
{
  const mf_state *s = r->state;
  const double h = log_mass(r);
  put(d, row, "log_mass", h);
  put(d, row, "kl", mf_energy_entropy_of(s, 1));
  put(d, row, "inclusive_kl", mf_flow_inclusive_kl(d->flow, o->errors, o->since));
  put(d, row, "chi2", 2 * mf_energy_entropy_of(s, 2));
  put(d, row, "he2", 2 * mf_energy_entropy_of(s, 0.5));
  if (!isnan(d->exponent)) put(d, row, "divergence", mf_energy_entropy_of(s, d->exponent));
  put(d, row, "shape_kl", shape_kl(s, h));
}

static void measure_distances(const mf_diagnosis *d, const mf_report *r, double *row)
{
  const mf_state *s = r->state;
  put(d, row, "mass_excess", r->mass_excess);
  put(d, row, "l1", s->grid->volume * mf_field_sum_abs(s->grid, s->deviation));
  put(d, row, "mmd", mf_convolution_norm(d->mmd, s->deviation));
}

/* Geometries that keep mass have no distance between masses that differ. */
static bool has_distance(const mf_distance_type *type, double mass, double target)
{
  const double round_off = 1e-6;
  return mass > 0 && (!(type->traits & MF_DISTANCE_EQUAL) || fabs(mass - target) <= round_off * target);
}

static int measure_geometries(mf_diagnosis *d, const mf_state *s, double *row)
{
  if (!d->distances.count) return MF_OK;
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) d->density[c] = fmax(s->density[c], 0);
  const double mass = mf_field_mass(s->grid, d->density);
  const mf_distance_options o = {
      .alpha = d->distances.alpha, .beta = d->distances.beta, .p = 2, .start = &d->start};
  const mf_distance_measure m[2] = {{s->grid, d->density}, {s->grid, s->target->density}};
  for (int i = 0; i < d->distances.count; i++) {
    const mf_distance_type *type = d->distances.type[i];
    mf_distance found = {.value = NAN};
    if (has_distance(type, mass, s->target->mass)) MF_TRY(mf_distance_compute(type, m, &o, NULL, &found));
    put(d, row, type->column, found.value);
  }
  return MF_OK;
}

static void put_counters(const mf_diagnosis *d, const mf_counters *n, double step, double *row)
{
  put(d, row, "step", step);
  put(d, row, "steps", (double)n->steps);
  put(d, row, "rate_evaluations", (double)n->rates);
  put(d, row, "newton_iterations", (double)n->newton);
  put(d, row, "krylov_iterations", (double)n->krylov);
  put(d, row, "error_failures", (double)n->error_failures);
}

/* What the first variation is where it is known. */
static void measure_variation(const mf_diagnosis *d, const mf_report *r, double *row)
{
  const mf_grid *grid = r->state->grid;
  double least = INFINITY, greatest = -INFINITY;
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    least = fmin(least, r->xi[c]); /* which pass over NAN */
    greatest = fmax(greatest, r->xi[c]);
  }
  least = mf_grid_min(grid, least);
  greatest = -mf_grid_min(grid, -greatest);
  put(d, row, "least_variation", isinf(least) && isinf(greatest) ? NAN : least);
  put(d, row, "greatest_variation", isinf(least) && isinf(greatest) ? NAN : greatest);
}

int mf_diagnosis_row(mf_diagnosis *d, const mf_observation *o, double *row, mf_report *report)
{
  mf_report local, *r = report ? report : &local;
  MF_TRY(mf_flow_report(d->flow, o->y, r));
  const double power = mf_flow_power(d->flow, r, o->ydot);
  put(d, row, "energy_defect", r->dissipation > 0 ? fabs(power / r->dissipation + 1) : 0);
  if (o->initial) MF_TRY(mf_flow_report_start(d->flow, o->initial, o->y, r));
  const mf_state *s = r->state;
  put(d, row, "time", o->time);
  put(d, row, "energy", r->energy);
  put(d, row, "dissipation", r->dissipation);
  put(d, row, "decay_rate", r->dissipation / r->energy);
  put(d, row, "mass", mf_field_mass(s->grid, s->density));
  put(d, row, "minimum", mf_field_min(s->grid, s->density));
  put(d, row, "clipped", clipped_mass(s));
  measure_moments(d, s, row);
  if (s->target) measure_distances(d, r, row);
  if (d->divergences) measure_divergences(d, o, r, row);
  MF_TRY(measure_geometries(d, s, row));
  mf_flow_hide_unresolved(d->flow, o->errors);
  measure_variation(d, r, row);
  put_counters(d, o->counters, o->step, row);
  return MF_OK;
}
