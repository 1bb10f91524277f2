/* SPDX-License-Identifier: BSD-3-Clause */
/* The first variation of a sum of energies, in parts. */
#include "operators/force.h"

#include "operators/entropy.h"

#include <float.h>
#include <math.h>

bool mf_force_has(const mf_force *f, bool flat)
{
  for (int k = 0; k < f->entropies; k++)
    if (f->entropy[k].flat == flat) return true;
  return false;
}

bool mf_force_linear(const mf_force *f)
{
  int count = 0;
  bool linear = true;
  for (int k = 0; k < f->entropies; k++)
    if (!f->entropy[k].flat) {
      linear = linear && f->entropy[k].exponent == 1 && f->entropy[k].weight == 1;
      count++;
    }
  return linear && count == 1;
}

unsigned mf_force_needs(const mf_force *f, bool logarithm)
{
  unsigned mask = mf_force_has(f, true) ? MF_NEED_DENSITY : 0;
  if (mf_force_has(f, false))
    mask |= MF_NEED_EXCESS | (logarithm || !mf_force_linear(f) ? MF_NEED_LOG_RATIO : 0);
  return mask;
}

/* log rho, or that of the least density for vacuum. */
static double flat_log(const mf_state *s, ptrdiff_t c)
{
  return log(fmax(s->density[c], DBL_MIN));
}

static double log_ratio(const mf_entropy *e, const mf_state *s, ptrdiff_t c)
{
  return e->flat ? flat_log(s, c) : s->log_ratio[c];
}

/* The part of a power's variation over Lebesgue measure that is a constant: 0 for rho^m, whose density has a unit, so that what
 * phi_p subtracts at rho = 1 must not be left to cancel. */
static double flat_offset(const mf_entropy *e)
{
  return e->constant - e->weight / (e->exponent - 1);
}

static double variation(const mf_entropy *e, double l)
{
  const double p = e->exponent;
  if (!e->flat || p == 1) return e->weight * mf_entropy_variation(p, l) + e->constant;
  const bool nothing = p > 1 && l <= log(DBL_MIN); /* vacuum, of which rho^(p - 1) leaves nothing */
  return (nothing ? 0 : e->weight * mf_entropy_pressure_slope(p, l) / (p - 1)) + flat_offset(e);
}

double mf_force_variation(const mf_force *f, const mf_state *s, ptrdiff_t c)
{
  double sum = f->xi ? f->xi[c] : 0;
  for (int k = 0; k < f->entropies; k++) sum += variation(&f->entropy[k], log_ratio(&f->entropy[k], s, c));
  return sum;
}

static double entropy_product(const mf_entropy *e, const mf_state *s, ptrdiff_t c)
{
  if (e->flat) return s->density[c] * variation(e, flat_log(s, c));
  const double offset = e->constant != 0 ? e->constant * s->density[c] : 0;
  return e->weight * s->target->density[c] * mf_entropy_force(e->exponent, s->excess[c], s->log_ratio[c]) +
         offset;
}

double mf_force_product(const mf_force *f, const mf_state *s, ptrdiff_t c)
{
  double sum = 0;
  for (int k = 0; k < f->entropies; k++) sum += entropy_product(&f->entropy[k], s, c);
  return f->xi ? sum + s->density[c] * f->xi[c] : sum;
}

double mf_force_product_slope(const mf_force *f, const mf_state *s, ptrdiff_t c)
{
  double sum = 0;
  for (int k = 0; k < f->entropies; k++) {
    const mf_entropy *e = &f->entropy[k];
    const double p = e->exponent, l = log_ratio(e, s, c);
    sum += e->flat && p != 1 ? p * e->weight * mf_entropy_pressure_slope(p, l) / (p - 1) + flat_offset(e)
                             : e->weight * mf_entropy_force_slope(p, l) + e->constant;
  }
  return sum;
}

double mf_force_product_change(const mf_force *f, const mf_state *s, const mf_tangent *d, const double *dxi,
                               ptrdiff_t c)
{
  const double slope = mf_force_product_slope(f, s, c) + (f->xi ? f->xi[c] : 0);
  return slope * d->density[c] + (dxi ? s->density[c] * dxi[c] : 0);
}

double mf_force_log_slope(const mf_force *f, const mf_state *s, ptrdiff_t c)
{
  double sum = 0;
  for (int k = 0; k < f->entropies; k++) {
    const mf_entropy *e = &f->entropy[k];
    sum += e->weight * mf_entropy_pressure_slope(e->exponent, log_ratio(e, s, c));
  }
  return sum;
}

double mf_force_variation_change(const mf_force *f, const mf_state *s, const mf_tangent *d, const double *dxi,
                                 ptrdiff_t c)
{
  double sum = dxi ? dxi[c] : 0;
  for (int k = 0; k < f->entropies; k++) {
    const mf_entropy *e = &f->entropy[k];
    const double l = log_ratio(e, s, c);
    const double dl =
        s->form == MF_RELATIVE ? d->log_ratio[c] : (e->flat ? d->density[c] : d->excess[c]) * exp(-l);
    sum += e->weight * mf_entropy_pressure_slope(e->exponent, l) * dl;
  }
  return sum;
}

/* weight rho^p/p, which may be a number where the power is none. */
static double flat_pressure(double weight, double p, double rho)
{
  if (p == 1) return weight * rho;
  if (p == 2) return 0.5 * (weight * rho) * rho;
  if (p == 0) return weight * log(fmax(rho, DBL_MIN));
  const double positive = p < 0 ? fmax(rho, 1e-100) : rho;
  return p < 1 ? weight * pow(positive, p) / p : weight * positive * pow(positive, p - 1) / p;
}

double mf_force_pressure(const mf_force *f, const mf_state *s, bool flat, ptrdiff_t c)
{
  double sum = 0;
  for (int k = 0; k < f->entropies; k++) {
    const mf_entropy *e = &f->entropy[k];
    if (e->flat != flat) continue;
    sum +=
        flat ? flat_pressure(e->weight, e->exponent, s->density[c])
             : e->weight * mf_entropy_pressure(e->exponent, s->excess[c], s->log_ratio ? s->log_ratio[c] : 0);
  }
  return sum;
}

double mf_force_pressure_slope(const mf_force *f, const mf_state *s, bool flat, ptrdiff_t c)
{
  double sum = 0;
  for (int k = 0; k < f->entropies; k++) {
    const mf_entropy *e = &f->entropy[k];
    if (e->flat != flat) continue;
    const double l = e->exponent == 1 ? 0 : log_ratio(e, s, c);
    sum += e->weight * mf_entropy_pressure_slope(e->exponent, l);
  }
  return sum;
}
