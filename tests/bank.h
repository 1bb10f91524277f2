/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bank.h  Random cases whose values at the end are known in closed form, for intervals that are to hold the truth.
 *
 *  Means, widths, boxes, numbers of cells, times and tolerances are random; edges of boxes and targets are off the cells;
 *  some starts are hardly resolved on the coarse grids. */
#ifndef MF_TESTS_BANK_H
#define MF_TESTS_BANK_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { BANK_TRUTHS = 6 };

/** A case as text, and what it ends at. */
typedef struct {
  const char *kind;
  char yaml[2048];
  int count;
  struct {
    const char *name;
    double value;
  } truth[BANK_TRUTHS];
} bank_case;

static const double bank_pi = 3.14159265358979323846;

/* splitmix64 */
static inline double bank_uniform(uint64_t *state, double lo, double hi)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return lo + (hi - lo) * (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static inline double bank_log_uniform(uint64_t *state, double lo, double hi)
{
  return exp(bank_uniform(state, log(lo), log(hi)));
}

static inline void bank_truth(bank_case *c, const char *name, double value)
{
  c->truth[c->count].name = name;
  c->truth[c->count++].value = value;
}

/** Random numbers that all cases have: target N(m, s), start around x0 with a width, a box around both. */
typedef struct {
  double target_mean, target_variance, start, width, rate, end, rtol, lo, hi;
  int cells;
} bank_line;

static inline bank_line bank_line_make(uint64_t *state, double reach)
{
  bank_line l;
  l.target_variance = bank_log_uniform(state, 0.3, 3);
  l.target_mean = bank_uniform(state, -1, 1);
  const double scale = sqrt(l.target_variance);
  l.start = l.target_mean + bank_uniform(state, -2, 2) * scale;
  l.cells = 4 * (int)bank_uniform(state, 24, 80);
  const double left = fmin(l.start, l.target_mean) - reach * scale,
               right = fmax(l.start, l.target_mean) + reach * scale;
  l.lo = left - bank_uniform(state, 0, 1);
  l.hi = right + bank_uniform(state, 0, 1);
  const double h = (l.hi - l.lo) / l.cells;
  l.width = bank_log_uniform(state, 2.3 * h, 1.2 * scale);
  l.rate = bank_log_uniform(state, 0.5, 2);
  l.end = bank_log_uniform(state, 0.03, 2) * l.target_variance / l.rate;
  l.rtol = bank_log_uniform(state, 1e-8, 1e-4);
  return l;
}

static inline int bank_head(bank_case *c, const bank_line *l)
{
  return snprintf(c->yaml, sizeof c->yaml,
                  "grid: {cells: [%d], box: [[%.17g, %.17g]]}\n"
                  "time: {end: %.17g, output: %.17g, rtol: %.3g}\noutput: {fields: [0]}\n",
                  l->cells, l->lo, l->hi, l->end, l->end, l->rtol);
}

#define BANK_ADD(c, used, ...)                                                                               \
  ((used) += snprintf((c)->yaml + (used), sizeof(c)->yaml - (size_t)(used), __VA_ARGS__))

static inline int bank_gaussian_target(bank_case *c, const bank_line *l)
{
  int used = bank_head(c, l);
  BANK_ADD(c, used, "target: {gaussian: {mean: [%.17g], covariance: %.17g}}\n", l->target_mean,
           l->target_variance);
  return used;
}

/** Mean and variance after the Ornstein-Uhlenbeck flow. */
static inline void bank_relax(const bank_line *l, double *mean, double *variance)
{
  const double fade = exp(-l->rate * l->end / l->target_variance);
  *mean = l->target_mean + (*mean - l->target_mean) * fade;
  *variance = l->target_variance + (*variance - l->target_variance) * fade * fade;
}

/** KL of the measure of mass z and shape N(mean, variance) from the target. */
static inline double bank_kl(const bank_line *l, double z, double mean, double variance)
{
  const double ratio = variance / l->target_variance, shift = mean - l->target_mean;
  const double shape = 0.5 * (ratio - 1 - log(ratio) + shift * shift / l->target_variance);
  return z * (log(z) + shape) - z + 1;
}

static inline void bank_ou(bank_case *c, uint64_t *state, bool fourth)
{
  const bank_line l = bank_line_make(state, 8);
  double mean = l.start, variance = l.width * l.width;
  int used = bank_gaussian_target(c, &l);
  BANK_ADD(c, used,
           "initial: {gaussian: {mean: [%.17g], covariance: %.17g}}\nenergy: kl\ngeometry: {%s: %.17g}\n",
           mean, variance, fourth ? "wasserstein_fourth" : "wasserstein", l.rate);
  c->kind = fourth ? "fourth order" : "Ornstein-Uhlenbeck";
  bank_relax(&l, &mean, &variance);
  bank_truth(c, "mean_x", mean);
  bank_truth(c, "cov_xx", variance);
  bank_truth(c, "kl", bank_kl(&l, 1, mean, variance));
  bank_truth(c, "mass", 1);
}

static inline void bank_mixture(bank_case *c, uint64_t *state)
{
  const bank_line l = bank_line_make(state, 8);
  const double weight = bank_uniform(state, 0.2, 0.8), scale = sqrt(l.target_variance);
  const double other = l.target_mean + bank_uniform(state, -2, 2) * scale,
               wide = bank_uniform(state, 0.3, 1) * scale;
  int used = bank_gaussian_target(c, &l);
  BANK_ADD(c, used,
           "initial: {mixture: [{mean: [%.17g], covariance: %.17g, weight: %.17g}, {mean: [%.17g], "
           "covariance: %.17g, "
           "weight: %.17g}]}\nenergy: kl\ngeometry: {wasserstein: %.17g}\n",
           l.start, l.width * l.width, weight, other, wide * wide, 1 - weight, l.rate);
  c->kind = "mixture";
  double mean = weight * l.start + (1 - weight) * other;
  const double second =
      weight * (l.width * l.width + l.start * l.start) + (1 - weight) * (wide * wide + other * other);
  double variance = second - mean * mean;
  bank_relax(&l, &mean, &variance);
  bank_truth(c, "mean_x", mean);
  bank_truth(c, "cov_xx", variance);
}

static inline void bank_box(bank_case *c, uint64_t *state)
{
  const bank_line l = bank_line_make(state, 8);
  const double half = fmax(l.width, 2.1 * (l.hi - l.lo) / l.cells);
  int used = bank_gaussian_target(c, &l);
  BANK_ADD(
      c, used,
      "initial: {density: \"x > %.17g && x < %.17g ? 1 : 0\"}\nenergy: kl\ngeometry: {wasserstein: %.17g}\n",
      l.start - half, l.start + half, l.rate);
  c->kind = "box";
  double mean = l.start, variance = half * half / 3;
  bank_relax(&l, &mean, &variance);
  bank_truth(c, "mean_x", mean);
  bank_truth(c, "cov_xx", variance);
}

static inline void bank_wfr(bank_case *c, uint64_t *state)
{
  const bank_line l = bank_line_make(state, 9);
  const double beta = bank_log_uniform(state, 0.2, 2), g = 1 / l.target_variance,
               z0 = bank_log_uniform(state, 0.3, 3);
  int used = bank_gaussian_target(c, &l);
  BANK_ADD(c, used,
           "initial: {gaussian: {mean: [%.17g], covariance: %.17g}, mass: %.17g}\nenergy: kl\n"
           "geometry: {wasserstein: %.17g, hellinger: %.17g}\n",
           l.start, l.width * l.width, z0, l.rate, beta);
  c->kind = "Wasserstein-Fisher-Rao";
  double y[3] = {l.start - l.target_mean, l.width * l.width, log(z0)};
  enum { STEPS = 40000 };
  for (int n = 0; n < STEPS; n++) { /* Runge-Kutta, Liero, Mielke, Tse & Zhu 2025, Proposition 2.1 */
    double k[4][3], at[3];
    const double dt = l.end / STEPS, share[4] = {0, 0.5, 0.5, 1};
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 3; j++) at[j] = y[j] + (i ? share[i] * dt * k[i - 1][j] : 0);
      const double m = at[0], s = at[1];
      k[i][0] = -(l.rate + beta * s) * g * m;
      k[i][1] = 2 * l.rate - 2 * l.rate * g * s + beta * (s - g * s * s);
      k[i][2] = -beta * (at[2] + 0.5 * (g * s - 1 + g * m * m - log(g * s)));
    }
    for (int j = 0; j < 3; j++) y[j] += dt / 6 * (k[0][j] + 2 * k[1][j] + 2 * k[2][j] + k[3][j]);
  }
  bank_truth(c, "mean_x", y[0] + l.target_mean);
  bank_truth(c, "cov_xx", y[1]);
  bank_truth(c, "mass", exp(y[2]));
  bank_truth(c, "kl", bank_kl(&l, exp(y[2]), y[0] + l.target_mean, y[1]));
}

static inline void bank_hellinger(bank_case *c, uint64_t *state)
{
  const bank_line l = bank_line_make(state, 8);
  const double z0 = bank_log_uniform(state, 0.3, 3), s0 = l.width * l.width, theta = exp(-l.rate * l.end);
  const double precision = (1 - theta) / l.target_variance + theta / s0;
  const double mean = ((1 - theta) * l.target_mean / l.target_variance + theta * l.start / s0) / precision;
  const double square = (1 - theta) * l.target_mean * l.target_mean / l.target_variance +
                        theta * l.start * l.start / s0 - precision * mean * mean;
  const double log_mass = theta * log(z0) - 0.5 * ((1 - theta) * log(l.target_variance) + theta * log(s0)) -
                          0.5 * square - 0.5 * log(precision);
  int used = bank_gaussian_target(c, &l);
  BANK_ADD(c, used,
           "initial: {gaussian: {mean: [%.17g], covariance: %.17g}, mass: %.17g}\nenergy: kl\n"
           "geometry: {hellinger: %.17g}\n",
           l.start, s0, z0, l.rate);
  c->kind = "Hellinger";
  bank_truth(c, "mean_x", mean);
  bank_truth(c, "cov_xx", 1 / precision);
  bank_truth(c, "mass", exp(log_mass));
  bank_truth(c, "kl", bank_kl(&l, exp(log_mass), mean, 1 / precision));
}

/* Straight to a target that is a box with edges off the cells; masses differ. */
static inline void bank_straight(bank_case *c, uint64_t *state)
{
  const bank_line l = bank_line_make(state, 5);
  const double half = bank_uniform(state, 0.5, 1.5) * sqrt(l.target_variance),
               z0 = bank_log_uniform(state, 0.3, 3), left = exp(-l.rate * l.end), s0 = l.width * l.width;
  int used = bank_head(c, &l);
  BANK_ADD(c, used,
           "target: {density: \"x > %.17g && x < %.17g ? %.17g : 0\", normalise: false}\n"
           "initial: {gaussian: {mean: [%.17g], covariance: %.17g}, mass: %.17g}\n"
           "energy: {mmd: {kernel: gaussian, bandwidth: 1}}\ngeometry: {mmd: %.17g}\n",
           l.target_mean - half, l.target_mean + half, 1 / (2 * half), l.start, s0, z0, l.rate);
  c->kind = "MMD geometry, box";
  const double mass = 1 - left + left * z0, mean = ((1 - left) * l.target_mean + left * z0 * l.start) / mass,
               second = ((1 - left) * (half * half / 3 + l.target_mean * l.target_mean) +
                         left * z0 * (s0 + l.start * l.start)) /
                        mass;
  bank_truth(c, "mass", mass);
  bank_truth(c, "mean_x", mean);
  bank_truth(c, "cov_xx", second - mean * mean);
}

/* One mode, or a box, on the torus. */
static inline void bank_heat(bank_case *c, uint64_t *state)
{
  const bool box = bank_uniform(state, 0, 1) < 0.5;
  const int cells = 4 * (int)bank_uniform(state, 12, 64), mode = 1 + (int)bank_uniform(state, 0, 3);
  const double rate = bank_log_uniform(state, 0.5, 2), end = bank_log_uniform(state, 0.03, 1) / rate,
               size = bank_uniform(state, 0.1, 0.9), phase = bank_uniform(state, 0, 2 * bank_pi),
               half = bank_uniform(state, 0.4, 1.5), rtol = bank_log_uniform(state, 1e-8, 1e-4);
  int used = snprintf(c->yaml, sizeof c->yaml,
                      "grid: {cells: [%d], box: [[0, 2*pi]], boundary: periodic}\n"
                      "time: {end: %.17g, output: %.17g, rtol: %.3g}\noutput: {fields: [0]}\n"
                      "target: {density: \"1\"}\nenergy: kl\ngeometry: {wasserstein: %.17g}\n",
                      cells, end, end, rtol, rate);
  c->kind = box ? "heat, box" : "heat";
  double chi2 = 0.5 * size * size * exp(-2 * rate * end * mode * mode);
  if (box) {
    BANK_ADD(c, used, "initial: {density: \"x > %.17g && x < %.17g ? 1 : 0\"}\n",
             bank_pi - half + 0.1 * phase, bank_pi + half + 0.1 * phase);
    chi2 = 0;
    for (int k = 1; k < 400; k++)
      chi2 += 2 * pow(sin(k * half) / (k * half), 2) * exp(-2 * rate * end * k * k);
  } else {
    BANK_ADD(c, used, "initial: {density: 1 + %.17g*cos(%d*x + %.17g)}\n", size, mode, phase);
    bank_truth(c, "l1", 2 / bank_pi * size * exp(-rate * end * mode * mode));
  }
  bank_truth(c, "chi2", chi2);
}

static inline void bank_drift(bank_case *c, uint64_t *state)
{
  bank_line l = bank_line_make(state, 8);
  const double reach = 8 * l.width;
  l.lo = fmin(l.start - reach, -1);
  l.hi = fmax(l.start + reach, 1);
  l.end = bank_log_uniform(state, 0.03, 0.7) / l.rate;
  int used = bank_head(c, &l);
  BANK_ADD(c, used,
           "initial: {gaussian: {mean: [%.17g], covariance: %.17g}}\nenergy: {potential: {formula: x^2/2}}\n"
           "geometry: {wasserstein: %.17g}\n",
           l.start, l.width * l.width, l.rate);
  c->kind = "drift";
  bank_truth(c, "mean_x", l.start * exp(-l.rate * l.end));
  bank_truth(c, "cov_xx", l.width * l.width * exp(-2 * l.rate * l.end));
}

static inline void bank_plane(bank_case *c, uint64_t *state)
{
  bank_line x = bank_line_make(state, 6), y = bank_line_make(state, 6);
  const int nx = 4 * (int)bank_uniform(state, 12, 20), ny = 4 * (int)bank_uniform(state, 12, 20);
  y.rate = x.rate;
  y.end = x.end;
  x.width = fmax(x.width, 2.3 * (x.hi - x.lo) / nx);
  y.width = fmax(y.width, 2.3 * (y.hi - y.lo) / ny);
  double mean[2] = {x.start, y.start}, variance[2] = {x.width * x.width, y.width * y.width};
  snprintf(c->yaml, sizeof c->yaml,
           "grid: {cells: [%d, %d], box: [[%.17g, %.17g], [%.17g, %.17g]]}\n"
           "time: {end: %.17g, output: %.17g, rtol: %.3g}\noutput: {fields: [0]}\n"
           "target: {gaussian: {mean: [%.17g, %.17g], covariance: [[%.17g, 0], [0, %.17g]]}}\n"
           "initial: {gaussian: {mean: [%.17g, %.17g], covariance: [[%.17g, 0], [0, %.17g]]}}\n"
           "energy: kl\ngeometry: {wasserstein: %.17g}\n",
           nx, ny, x.lo, x.hi, y.lo, y.hi, x.end, x.end, x.rtol, x.target_mean, y.target_mean,
           x.target_variance, y.target_variance, mean[0], mean[1], variance[0], variance[1], x.rate);
  c->kind = "plane";
  bank_relax(&x, &mean[0], &variance[0]);
  bank_relax(&y, &mean[1], &variance[1]);
  bank_truth(c, "mean_x", mean[0]);
  bank_truth(c, "mean_y", mean[1]);
  bank_truth(c, "cov_xx", variance[0]);
  bank_truth(c, "cov_yy", variance[1]);
  bank_truth(c, "kl", bank_kl(&x, 1, mean[0], variance[0]) + bank_kl(&y, 1, mean[1], variance[1]));
}

/** Case number `index` of a bank. */
static inline void bank_make(bank_case *c, uint64_t seed, int index)
{
  uint64_t state = seed * 0x2545f4914f6cdd1du + (uint64_t)index * 0x632be59bd9b4e019u;
  c->count = 0;
  switch (index % 10) {
  case 0:
  case 1:
    bank_ou(c, &state, false);
    break;
  case 2:
    bank_mixture(c, &state);
    break;
  case 3:
    bank_box(c, &state);
    break;
  case 4:
    bank_wfr(c, &state);
    break;
  case 5:
    bank_hellinger(c, &state);
    break;
  case 6:
    bank_straight(c, &state);
    break;
  case 7:
    bank_heat(c, &state);
    break;
  case 8:
    index % 20 == 8 ? bank_plane(c, &state) : bank_drift(c, &state);
    break;
  default:
    bank_ou(c, &state, true);
  }
}

#endif
