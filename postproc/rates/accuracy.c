/* SPDX-License-Identifier: BSD-3-Clause */
/* How well the values of a history are known.
 *
 * Time.  A step keeps its error below rtol of what is left of the unknown, so n steps change it by n rtol of itself at most, and
 * what is quadratic in it by twice that.  Errors of one sign are what a wrong rate comes from.  Measured on 400 runs with BDF, Adams and
 * splitting (tests/test_rates_runs.c): at most 1.5 n rtol in log KL; DRIFT leaves room.
 *
 * Round-off.  Entropies and norms of the deviation are sums of terms of one sign, known relative to themselves to the
 * last bits, however small.  What is a difference is known relative to its terms only: the mass to
 * eps mass, what integrates the deviation to eps l1, MMD to eps sqrt(sup k) l1 since the sum over modes that the kernel does
 * not see is one of round-off, the shape's entropy to the square of eps times the logarithm of the mass, which is
 * subtracted from every cell. */
#include "postproc/rates/accuracy.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRIFT 4.0
#define EPS   (2 * DBL_EPSILON)

/* A number that a file has as an attribute, or what is to be assumed without it. */
static int read_attribute(const char *path, const char *name, double otherwise, double *value)
{
  char *text, *end;
  MF_TRY(mf_file_attribute(path, name, &text));
  *value = strtod(text, &end);
  if (end == text) *value = otherwise;
  mf_release(text);
  return MF_OK;
}

int mf_accuracy_read(const char *path, mf_accuracy *a)
{
  MF_TRY(read_attribute(path, "time_error_per_step", 0, &a->rtol));
  return read_attribute(path, "mmd_scale", 1, &a->mmd_scale);
}

/* The value of a column by its name; 0 if there is none. */
static double signed_value_of(const mf_history *h, int row, const char *name)
{
  const int column = mf_history_find(h, name);
  return column < 0 ? 0 : mf_history_value(h, row, column);
}

static double value_of(const mf_history *h, int row, const char *name)
{
  return fabs(signed_value_of(h, row, name));
}

void mf_accuracy_drift(const mf_history *h, const mf_accuracy *a, double *drift)
{
  for (int row = 0; row < mf_history_rows(h); row++) drift[row] = DRIFT * a->rtol * value_of(h, row, "steps");
}

/* ---- columns ---- */

typedef struct {
  double l1, mass, log_mass, mmd_scale, box;
} sizes;

static double of_itself(const sizes *s, double value)
{
  (void)s;
  return EPS * fabs(value);
}

static double of_deviation(const sizes *s, double value)
{
  return EPS * (s->l1 + fabs(value));
}

static double of_log_mass(const sizes *s, double value)
{
  return EPS * (s->l1 / s->mass + fabs(value));
}

static double of_mmd(const sizes *s, double value)
{
  return EPS * (s->mmd_scale * s->l1 + fabs(value));
}

static double of_shape(const sizes *s, double value)
{
  return EPS * fabs(value) + EPS * EPS * s->log_mass * s->log_mass;
}

static double of_moment(const sizes *s, double value)
{
  return EPS * (s->box + fabs(value));
}

static const struct {
  const char *name;
  double (*round_off)(const sizes *s, double value);
} columns[] = {
    {"time", NULL},         {"step", NULL},
    {"steps", NULL},        {"mass_excess", of_deviation},
    {"mmd", of_mmd},        {"log_mass", of_log_mass},
    {"shape_kl", of_shape}, {"mean_x", of_moment},
    {"mean_y", of_moment},  {"mean_z", of_moment},
    {"cov_xx", of_moment},  {"cov_xy", of_moment},
    {"cov_xz", of_moment},  {"cov_yy", of_moment},
    {"cov_yz", of_moment},  {"cov_zz", of_moment},
};

/* Lengths and their squares that moments are made of. */
static double size_of_box(const mf_history *h, int row)
{
  static const char *const names[] = {"mean_x", "mean_y", "mean_z", "cov_xx", "cov_yy", "cov_zz"};
  double size = 0;
  for (int k = 0; k < 6; k++) {
    const double value = value_of(h, row, names[k]);
    size = fmax(size, k < 3 ? value : fmax(value, sqrt(value)));
  }
  return size;
}

/* The energy MMD^2/2 is no better known than MMD. */
static double of_energy(const mf_history *h, int row, const sizes *s, double value)
{
  const double mmd = value_of(h, row, "mmd");
  const bool is_mmd = mmd > 0 && fabs(value / (0.5 * mmd * mmd) - 1) < 1e-6;
  return is_mmd ? mmd * of_mmd(s, mmd) : EPS * fabs(value);
}

void mf_accuracy_of_row(const mf_history *h, const mf_accuracy *a, int row, double *round_off)
{
  const double target = value_of(h, row, "mass") - signed_value_of(h, row, "mass_excess");
  const sizes s = {.l1 = value_of(h, row, "l1"),
                   .mass = target > 0 ? target : value_of(h, row, "mass"),
                   .log_mass = value_of(h, row, "log_mass"),
                   .mmd_scale = a->mmd_scale,
                   .box = size_of_box(h, row)};
  for (int k = 0; k < mf_history_columns(h); k++) {
    const char *name = mf_history_column(h, k)->name;
    const double value = mf_history_value(h, row, k);
    double (*rule)(const sizes *, double) = of_itself;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
      if (!strcmp(columns[i].name, name)) rule = columns[i].round_off;
    round_off[k] = rule ? rule(&s, value) : 0;
    if (!strcmp(name, "energy")) round_off[k] = of_energy(h, row, &s, value);
  }
}

/* ---- formulas ---- */

int mf_accuracy_of_formula(mf_scope *scope, mf_expression *formula, const mf_history *h, int row,
                           const double *round_off, double value, double *out)
{
  const double origin[3] = {0}, t = mf_history_value(h, row, 0);
  *out = 0;
  for (int k = 1; k < mf_history_columns(h); k++) {
    const char *name = mf_history_column(h, k)->name;
    const double here = mf_history_value(h, row, k);
    double moved;
    if (!(round_off[k] > 0)) continue;
    MF_TRY(mf_scope_set(scope, name, here + round_off[k]));
    if (!mf_expression_at_extended(formula, origin, t, &moved) && isfinite(moved))
      *out += fabs(moved - value);
    MF_TRY(mf_scope_set(scope, name, here));
  }
  return MF_OK;
}
