/* SPDX-License-Identifier: BSD-3-Clause */
/** @file decays.h  Made-up decays whose law is known, drawn at random: what a fit of rates is tried on.
 *
 *  One to three exponentials with near and far rates and any amplitudes, series of exponentials as an entropy
 *  has them, algebraic, stretched and super-exponential decays, and oscillating ones; at few and many, even and
 *  uneven times, over few and many decades, with relative and additive noise, waves, and floors that are
 *  reached or not. */
#ifndef MF_TESTS_DECAYS_H
#define MF_TESTS_DECAYS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { DECAY_SAMPLES = 400 };

typedef enum { EXPONENTIALS, SERIES, ALGEBRAIC, STRETCHED, SUPER_EXPONENTIAL, OSCILLATING, LAWS } decay_law;
static const char *const decay_laws[] = {"exponentials",      "series",     "algebraic", "stretched",
                                         "super-exponential", "oscillating"};

typedef struct {
  decay_law law;
  double truth;   /* rate of the slowest component, or NAN: there is none */
  double decades; /* that it falls while it is more than half of all and stands clear of floor and noise */
  int samples;    /* seen meanwhile */
  int n;
  double t[DECAY_SAMPLES], q[DECAY_SAMPLES];
  char text[256];
} decay;

/* SplitMix64 (Steele, Lea & Flood 2014). */
static inline double uniform(uint64_t *state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static inline double between(uint64_t *s, double low, double high)
{
  return low + (high - low) * uniform(s);
}

static inline double any_size(uint64_t *s, double low, double high)
{
  return low * pow(high / low, uniform(s));
}

static inline double normal(uint64_t *s)
{
  const double r = sqrt(-2 * log(uniform(s)));
  return r * cos(6.283185307179586 * uniform(s));
}

/* ---- laws of a time s that is 1 when the slowest component has fallen by e ---- */

typedef struct {
  decay_law law;
  int terms;
  double rate[3], size[3]; /* exponentials */
  double power, width;     /* of the other laws */
} decay_shape;

static inline double decay_at(const decay_shape *d, double s)
{
  double sum = 0, x;
  switch (d->law) {
  case EXPONENTIALS:
    for (int k = 0; k < d->terms; k++) sum += d->size[k] * exp(-d->rate[k] * s);
    return sum;
  case SERIES: /* the entropy of two cells, (1 + x) log(1 + x) + (1 - x) log(1 - x), or KL of a translation */
    x = d->width * exp(-0.5 * s);
    if (x < 1e-3) return x * x * (1 + x * x / 6 + (d->terms == 2 ? x : 0));
    return (1 + x) * log1p(x) + (1 - x) * log1p(-x) + (d->terms == 2 ? x * x * x : 0);
  case ALGEBRAIC:
    return pow(1 + s, -d->power);
  case STRETCHED:
    return exp(-pow(s, d->power));
  case SUPER_EXPONENTIAL:
    return d->terms == 1 ? exp(-pow(s, d->power)) : exp(-expm1(s));
  default:
    return exp(-s) * (d->terms == 1   ? cos(d->power * s)
                      : d->terms == 2 ? fabs(cos(d->power * s + 0.3))
                                      : 1 + d->width * cos(d->power * s));
  }
}

/* The times between which the slowest exponential is more than half of all, and ten times what lies under it. */
static inline void find_seen(const decay_shape *d, double end, double lowest, double *first, double *last)
{
  const double size = d->law == SERIES ? d->width * d->width : 1;
  *first = end;
  *last = 0;
  for (int i = 1000; i >= 0; i--) {
    const double s = end * i / 1000, slow = size * exp(-s), all = decay_at(d, s);
    if (slow < 10 * lowest) continue;
    *last = fmax(*last, s);
    if (slow < 0.5 * all || slow > 2 * all) break;
    *first = s;
  }
}

static inline bool stays_positive(const decay_shape *d, double end)
{
  for (int i = 0; i <= 200; i++)
    if (!(decay_at(d, end * i / 200) > 0)) return false;
  return true;
}

/* Draws a law, and the time at which it ends. */
static inline void draw_shape(decay_shape *d, uint64_t *s, double *end)
{
  const double which = uniform(s), decades = any_size(s, 0.5, 30);
  *d = (decay_shape){.law = which < 0.6    ? EXPONENTIALS
                            : which < 0.7  ? SERIES
                            : which < 0.78 ? ALGEBRAIC
                            : which < 0.88 ? STRETCHED
                            : which < 0.94 ? SUPER_EXPONENTIAL
                                           : OSCILLATING};
  *end = decades * log(10);
  d->terms = 1 + (int)(3 * uniform(s));
  switch (d->law) {
  case EXPONENTIALS:
    do
      for (int k = 0; k < d->terms; k++) {
        d->rate[k] = k ? d->rate[k - 1] * (1 + any_size(s, 0.05, 10)) : 1;
        d->size[k] = k ? any_size(s, 0.01, 100) * (uniform(s) < 0.25 ? -1 : 1) : 1;
      }
    while (!stays_positive(d, *end));
    return;
  case SERIES:
    d->width = between(s, 0.1, 0.99);
    return;
  case ALGEBRAIC:
    d->power = any_size(s, 0.5, 8);
    *end = pow(10, decades / d->power * (decades > 8 ? 0.2 : 1)) - 1;
    return;
  case STRETCHED:
    d->power = uniform(s) < 0.5 ? 0.9 : uniform(s) < 0.5 ? 1.1 : between(s, 0.3, 0.9);
    *end = pow(*end, 1 / d->power);
    return;
  case SUPER_EXPONENTIAL:
    d->power = between(s, 1.5, 3);
    *end = d->terms == 1 ? pow(*end, 1 / d->power) : log1p(*end);
    return;
  default:
    d->power = any_size(s, 0.5, 10) + 6.3 / *end; /* a period at least */
    d->width = between(s, 0.1, 0.9);
  }
}

/* ---- times, noise, floors ---- */

static inline void draw_times(decay *d, uint64_t *s, double end)
{
  const double kind = uniform(s);
  d->n = (int)any_size(s, 10, DECAY_SAMPLES);
  for (int i = 0; i < d->n; i++) {
    const double x = (double)i / (d->n - 1);
    d->t[i] = end * (kind < 0.6 ? x : kind < 0.75 ? x * x : kind < 0.85 ? expm1(4 * x) / expm1(4) : x);
    if (kind >= 0.85 && i > 0 && i < d->n - 1) d->t[i] += end / (d->n - 1) * between(s, -0.45, 0.45);
  }
}

typedef struct {
  double relative, additive, memory, wave, floor;
  int floor_kind; /* 0 none, 1 added, 2 clips, 3 clips and fluctuates */
} decay_noise;

static inline void draw_noise(decay_noise *z, uint64_t *s)
{
  *z = (decay_noise){.relative = any_size(s, 1e-14, 1e-3)};
  if (uniform(s) < 0.2) z->additive = any_size(s, 1e-14, 1e-3);
  if (uniform(s) < 0.2) z->memory = 0.9;
  if (uniform(s) < 0.1) z->wave = any_size(s, 1e-12, 1e-4);
  if (uniform(s) < 0.4) z->floor_kind = 1 + (int)(3 * uniform(s));
  z->floor = z->floor_kind ? any_size(s, 1e-25, 1e-2) : 0;
}

static inline double spoilt(double pure, const decay_noise *z, double start, double error, uint64_t *s)
{
  const double floor = z->floor * start;
  const double fluctuates = floor * exp(0.5 * normal(s));
  double q = pure * (1 + error) + z->additive * start * normal(s);
  if (z->floor_kind == 1) q += floor;
  if (z->floor_kind == 2) q = fmax(q, floor);
  if (z->floor_kind == 3) q = fmax(q, fluctuates);
  return q;
}

static inline void draw_decay(decay *d, uint64_t seed)
{
  uint64_t s = seed * 0x2545f4914f6cdd1du + 12345;
  decay_shape shape;
  decay_noise noise;
  double end, error = 0;
  draw_shape(&shape, &s, &end);
  const double unit = any_size(&s, 1e-4, 1e4), size = any_size(&s, 1e-20, 1e10); /* of rates, of values */
  draw_times(d, &s, end);
  draw_noise(&noise, &s);
  const double start = decay_at(&shape, 0);
  for (int i = 0; i < d->n; i++) {
    const double wave = noise.wave * sin(25 * d->t[i] / end);
    error = noise.memory * error + sqrt(1 - noise.memory * noise.memory) * noise.relative * normal(&s);
    d->q[i] = size * spoilt(decay_at(&shape, d->t[i]), &noise, start, error + wave, &s);
    d->t[i] /= unit;
  }
  const bool exponential = shape.law == EXPONENTIALS || shape.law == SERIES;
  const double lowest = fmax(noise.floor_kind ? noise.floor : 0, noise.additive) * start;
  d->law = shape.law;
  d->truth = exponential ? unit : NAN;
  double first = end, last = 0;
  if (exponential) find_seen(&shape, end, lowest, &first, &last);
  d->decades = fmax(0, last - first) / log(10);
  d->samples = 0;
  for (int i = 0; i < d->n; i++) d->samples += d->t[i] * unit >= first && d->t[i] * unit <= last;
  snprintf(
      d->text, sizeof d->text,
      "%s %d terms: rates %.3g %.3g, sizes %.3g %.3g, power %.3g, %d samples, %.1f decades, noise %.0e + "
      "%.0e, memory %.1f, wave %.0e, floor %d %.0e",
      decay_laws[d->law], shape.terms, shape.rate[1], shape.rate[2], shape.size[1], shape.size[2],
      shape.power, d->n, end / log(10), noise.relative, noise.additive, noise.memory, noise.wave,
      noise.floor_kind, noise.floor);
}

#endif
