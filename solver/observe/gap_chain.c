/* SPDX-License-Identifier: BSD-3-Clause */
/* Eigenvalues of a reversible chain on a line, enclosed.
 *
 * lambda_1.  In the steps d_i = u_{i+1} - u_i the chain becomes a Dirichlet problem whose inverse is explicit and positive: with
 * P_i the mass up to cell i, Q_i the mass beyond and Z = P_i + Q_i,
 *
 *   phi_i = (Q_i sum_{k <= i} P_k d_k + P_i sum_{k > i} Q_k d_k) / Z,      min c d/phi <= lambda_1 <= max c d/phi for every d > 0
 *
 * (Collatz & Wielandt: pair with the positive flux of the eigenfunction).  Only positive numbers are added, multiplied and
 * divided.  Along a chain of operations relative errors add up: sum_{k<=i} P_k d_k has i + 2 of them, times Q_i N + 1; the
 * other term N; with Z and 1/c that makes c d/phi good to 2N + 6.  Widening by (1 +- (2N + 9) u), u = 2^-64, covers second order
 * too.  The iteration d <- phi/c, from d = P Q/c on, is inverse iteration; where it is slow, steps with a
 * shift just below lambda_1 (Noda 1971) prepare d.  They need no proof: any d > 0 will do.
 *
 * Others are counted (Sturm).  Eliminating cells from the left leaves s_0 = -sigma m_0, s_{i+1} = c_i s_i/(c_i + s_i) - sigma
 * m_{i+1}; the eigenvalues below sigma are as many as the negative ones among c_i + s_i and the last s.  c s/(c + s) is
 * homogeneous, so the 4 relative errors of a step scale everything to its left: what is counted is exact for a chain whose
 * c and m are multiplied along the line by factors that wander by 4N u at most, and so are its eigenvalues. */
#include "solver/observe/gap_chain.h"

#include "grids/base.h"

#include <float.h>
#include <math.h>

static const long double unit = LDBL_EPSILON / 2;

typedef struct {
  const mf_chain *chain;
  long double *up_to, *beyond; /* P and Q at each joint */
  long double *resistance;     /* 1/c */
  long double *phi;            /* Z phi */
  long double total;           /* Z */
} inverse;

static void prepare(inverse *v)
{
  const mf_chain *c = v->chain;
  long double sum = 0;
  for (ptrdiff_t i = 0; i < c->n - 1; i++) {
    v->up_to[i] = sum += c->mass[i];
    v->resistance[i] = 1 / c->joint[i];
  }
  v->total = sum + c->mass[c->n - 1];
  sum = 0;
  for (ptrdiff_t i = c->n - 2; i >= 0; i--) v->beyond[i] = sum += c->mass[i + 1];
}

/* d <- phi/c, up to a factor; the least and greatest c d/phi, and in *quotient that of Rayleigh, of phi, which is nearer. */
static mf_enclosure apply(const inverse *v, long double *d, long double *quotient)
{
  const ptrdiff_t joints = v->chain->n - 1;
  const long double *r = v->resistance, *p = v->up_to, *q = v->beyond;
  long double sum = 0, above = 0, below = 0, least = LDBL_MAX, most = 0;
  for (ptrdiff_t i = joints - 1; i >= 0; i--) {
    v->phi[i] = p[i] * sum;
    sum += q[i] * d[i];
  }
  sum = 0;
  for (ptrdiff_t i = 0; i < joints; i++) {
    sum += p[i] * d[i];
    const long double phi = v->phi[i] + q[i] * sum, next = phi * r[i], ratio = d[i] / next;
    above += phi * d[i];
    below += phi * next;
    if (ratio < least) least = ratio;
    if (ratio > most) most = ratio;
    d[i] = next;
  }
  *quotient = v->total * (above / below);
  return (mf_enclosure){v->total * least, v->total * most};
}

static void rescale(const inverse *v, long double *d)
{
  const ptrdiff_t joints = v->chain->n - 1;
  long double most = 0;
  for (ptrdiff_t i = 0; i < joints; i++)
    if (d[i] > most) most = d[i];
  const long double factor = 1 / most;
  for (ptrdiff_t i = 0; i < joints; i++) d[i] *= factor;
}

/* d <- J/c with J_i (1/m_i + 1/m_{i+1}) - J_{i-1}/m_i - J_{i+1}/m_{i+1} - shift J_i/c_i = d_i, by elimination from the left,
 * with the part s_i of a pivot 1/m_{i+1} + s_i.  False, and d as it was, if J is not positive: the shift was above lambda_1. */
static bool apply_shifted(const inverse *v, long double shift, long double *d, long double *right)
{
  const ptrdiff_t joints = v->chain->n - 1;
  const long double *r = v->resistance, *m = v->chain->mass;
  long double s = 1 / m[0] - shift * r[0], load = d[0];
  for (ptrdiff_t i = 0; i < joints; i++) {
    const long double pivot = 1 + m[i + 1] * s; /* times 1/m */
    if (!(pivot > 0)) return false;
    right[i] = 1 / pivot; /* J_i = m load/pivot + right J_{i+1} */
    v->phi[i] = m[i + 1] * load * right[i];
    if (i + 1 == joints) break;
    s = s * right[i] - shift * r[i + 1];
    load = d[i + 1] + right[i] * load;
  }
  for (ptrdiff_t i = joints - 2; i >= 0; i--) v->phi[i] += right[i] * v->phi[i + 1];
  for (ptrdiff_t i = 0; i < joints; i++)
    if (!(v->phi[i] > 0)) return false;
  for (ptrdiff_t i = 0; i < joints; i++) d[i] = v->phi[i] * r[i];
  return true;
}

/* A step with a shift as close below lambda_1 as can be had, `near` relative to the quotient at first. */
static void hasten(const inverse *v, long double quotient, long double near, long double *d,
                   long double *scratch)
{
  const long double close = 1e-9L;
  for (near = fmaxl(close, near); near < 1; near *= 30)
    if (apply_shifted(v, quotient * (1 - near), d, scratch)) return;
}

static int iterate(const inverse *v, long double *d, long double *scratch, mf_enclosure *gap)
{
  enum { LEAST = 4, MOST = 60 };
  const long double enough = (long double)v->chain->n * unit / 4, slow = 1e-3L;
  long double before = LDBL_MAX, quotient = LDBL_MAX;
  *gap = (mf_enclosure){0, LDBL_MAX};
  for (ptrdiff_t i = 0; i < v->chain->n - 1; i++)
    d[i] = v->up_to[i] / v->total * (v->beyond[i] / v->total) * v->resistance[i];
  for (int k = 0; k < MOST; k++) {
    const long double last = quotient;
    const mf_enclosure here = apply(v, d, &quotient);
    if (!(here.lower > 0 && here.upper < LDBL_MAX)) break;
    gap->lower = fmaxl(gap->lower, here.lower);
    gap->upper = fminl(gap->upper, here.upper);
    const long double width = gap->upper / gap->lower - 1;
    rescale(v, d);
    if (width <= enough || (k > LEAST && width < 1e-9L && width > before / 2)) return MF_OK;
    if (width > slow * before || k > LEAST) hasten(v, quotient, 4 * fabsl(last / quotient - 1), d, scratch);
    before = width;
  }
  if (gap->lower > 0) return MF_OK;
  return mf_fail(MF_ENUMERIC, "the masses of this line span more than numbers can hold");
}

static int enclose(inverse *v, long double *scratch, mf_enclosure *gap, long double *step)
{
  const long double wider = (long double)(2 * v->chain->n + 9) * unit;
  prepare(v);
  MF_TRY(iterate(v, step, scratch, gap));
  *gap = (mf_enclosure){gap->lower * (1 - wider), gap->upper * (1 + wider)};
  return MF_OK;
}

int mf_chain_gap(const mf_chain *chain, mf_enclosure *gap, long double *step)
{
  inverse v = {.chain = chain};
  long double *room;
  const ptrdiff_t joints = chain->n - 1;
  MF_TRY(mf_objects_create(&room, 5 * joints, sizeof *room));
  v.up_to = room;
  v.beyond = room + joints;
  v.resistance = room + 2 * joints;
  v.phi = room + 3 * joints;
  const int status = enclose(&v, room + 4 * joints, gap, step);
  mf_release(room);
  return status;
}

/* ---- counts ---- */

ptrdiff_t mf_chain_count(const mf_chain *chain, long double sigma)
{
  const long double *c = chain->joint, *m = chain->mass;
  long double s = -sigma * m[0];
  ptrdiff_t count = 0;
  for (ptrdiff_t i = 0; i < chain->n - 1; i++) {
    long double pivot = c[i] + s;
    if (pivot == 0) pivot = unit * c[i]; /* within the errors that the count is good to */
    count += pivot < 0;
    s = c[i] * (s / pivot) - sigma * m[i + 1];
  }
  return count + (s < 0);
}

long double mf_chain_count_error(const mf_chain *chain)
{
  return (long double)(4 * chain->n + 16) * unit;
}

mf_enclosure mf_chain_eigenvalue(const mf_chain *chain, ptrdiff_t k, long double guess, long double width)
{
  const long double least = 4 * unit, error = mf_chain_count_error(chain);
  const long double wanted = fmaxl(width / 2, least);
  if (!(guess > 0 && guess < LDBL_MAX)) guess = chain->joint[0] / chain->mass[0];
  long double lower = guess, upper = guess, factor = 1 + wanted;
  while (mf_chain_count(chain, lower) > k) lower /= factor, factor *= factor;
  factor = 1 + wanted;
  while (mf_chain_count(chain, upper) <= k) upper *= factor, factor *= factor;
  while (upper / lower - 1 > wanted) {
    const long double middle = sqrtl(lower) * sqrtl(upper);
    if (!(middle > lower && middle < upper)) break;
    if (mf_chain_count(chain, middle) > k)
      upper = middle;
    else
      lower = middle;
  }
  return (mf_enclosure){lower * (1 - error), upper * (1 + error)};
}
