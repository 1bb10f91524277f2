/* SPDX-License-Identifier: BSD-3-Clause */
/* Lower bounds of c in D >= c F, of the numbers of the grid.
 *
 * Diffusion of KL on a line: D = sum w_i [u][log u], rates up b_i = w_i/pi_i and down d_i = w_{i-1}/pi_i.
 *
 *  - rates: if b falls, by f_i = b_i - b_{i+1}, and d rises, by r_i = d_{i+1} - d_i,
 *      c = min (f_i + r_i + T(f_i, r_i)),   T(f, r) = inf_x (2 sinh(x/2)/x) (f e^(-x/2) + r e^(x/2)) >= 2 sqrt(f r).
 *    Along the flow -dD/dt is sum_i w_i ([u][log u] (f_i + r_i) + [u]^2 (f_i/u_i + r_i/u_{i+1})), plus a sum over the cells between
 *    two faces of w_i b_{i+1} times (s - 2) log P + s/P + 2 P - s - 2, s = p + q, P = p q, p and q the ratios of u beside to u
 *    there.  That is >= 0: it grows with s >= 2 sqrt P, and at s = 2 sqrt P it is least at P = 1, where it is 0.  [u]^2 is [u][log u]
 *    times the logarithmic mean, which makes T.  (Caputo, Dai Pra & Posta 2009 have it without T, Mielke 2013 for geodesics.)
 *  - weighted Hardy: [u][log u] >= 4 [sqrt u]^2 and, for any cell m,
 *      Ent(f^2) <= sup {int (f - f_m)^2 h : h >= 0, int e^h <= e^2 + 1}   (Rothaus 1985, and duality of the entropy),
 *    of which each side of m is at most 4 B times sum w [f]^2 (Muckenhoupt), B the largest T_k log(1 + e^2/T_k) R_k, T_k the mass
 *    beyond, R_k = sum 1/w from m on: c = 1/max B, for the best m (Barthe & Roberto 2003, Miclo 1999).
 *  - perturbation: c >= c_0 min(w/w_0)/max(pi/pi_0) (Holley & Stroock 1987) with pi_0 = e^-V0 and w_0 the square root of pi_0
 *    pi_0'.  If all second differences of V_0 are at least a, c_0 = 4 (1 - e^(-a/2)) by rates, as T >= 2 sqrt(f r).  V_0 is the greatest such function
 *    below -log pi, and a the best of a table.
 *
 * A ring is cut at its least weight, which takes from D.  On a grid: the product of its marginals, whose c_0 is the least of the
 * axes', perturbed as above.
 *
 * Reaction of phi_p, cell by cell or with the mean taken off: of int X^2 dmu - (int X dmu)^2 for X = u^(p-1) nothing matters but
 * A = int X dmu = int u^p dpi and int X^(1/(1-p)) dmu = 1, and log int X^s dmu is convex in s, so that int X^2 dmu >= A^(2-1/p):
 *
 *    on positive measures  c = 1/(1-p) for p <= 1/2, else 0,
 *    on probabilities      c = p/(1-p) inf_{0<A<1} (A^(2-1/p) - A^2)/(1-A) for 0 < p <= 1/2, 1/(1-p) for p <= 0, else 0. *
 * MMD: in its own geometry D = 2 beta weight F, whatever the state.  Moved on a line with walls, of the energy distance, with V the sum of
 * mu - pi up to a face, F is a multiple of sum V^2 and D of sum m V^2, m the density upwind: mu_i where V > 0, mu_{i+1} where
 * V < 0.  As mu = pi + the difference of V, and V^2 is the derivative of the convex V^3/3, sum (mu - pi) V^2 >= 0, upwind: so
 * c = 4 alpha weight min pi.  The limited value is no less than half of the upwind one with minmod: half of that.
 */
#include "solver/observe/constant_lower.h"

#include "grids/field.h"
#include "operators/transport/transport.h"

#include <float.h>
#include <math.h>

/* Masses, and w_i between cells i and i + 1 < n. */
typedef struct {
  ptrdiff_t n;
  double *pi, *w;
} line;

/* ---- on a line ---- */

/* T(f, r): convex in x up to its logarithm, and least between 0 and log(f/r). */
static double logarithmic_share(double f, double r)
{
  double low, high, least = f + r;
  if (!(f > 0 && r > 0)) return 0;
  low = fmin(0, log(f / r));
  high = fmax(0, log(f / r));
  for (int step = 0; step < 100 && high - low > 1e-9; step++) {
    double value[2];
    for (int k = 0; k < 2; k++) {
      const double x = low + (k + 1) * (high - low) / 3, shape = x == 0 ? 1 : 2 * sinh(0.5 * x) / x;
      value[k] = shape * (f * exp(-0.5 * x) + r * exp(0.5 * x));
    }
    least = fmin(least, fmin(value[0], value[1]));
    if (value[0] < value[1])
      high = low + 2 * (high - low) / 3;
    else
      low += (high - low) / 3;
  }
  return least * (1 - 1e-12); /* flat to the second order there */
}

static double by_rates(const line *l)
{
  double least = INFINITY, largest = 0;
  for (ptrdiff_t i = 0; i + 1 < l->n; i++) {
    const double up = l->w[i] / l->pi[i], next = i + 2 < l->n ? l->w[i + 1] / l->pi[i + 1] : 0;
    const double below = i > 0 ? l->w[i - 1] / l->pi[i] : 0, down = l->w[i] / l->pi[i + 1];
    largest = fmax(largest, fmax(up, down));
    if (!(up >= next) || !(down >= below)) return 0;
    const double falls = up - next, rises = down - below, sum = falls + rises;
    if (sum + 2 * sqrt(falls * rises) < least) least = fmin(least, sum + logarithmic_share(falls, rises));
  }
  return fmax(0, least - 64 * DBL_EPSILON * largest);
}

/* The largest T log(1 + e^2/T) R on one side of cell m; beyond[k] is the mass of cell k and of those behind it. */
static double hardy_side(const line *l, ptrdiff_t m, int side, double total, const double *beyond)
{
  const double square = 7.38905609893065;
  double most = 0, resistance = 0;
  for (ptrdiff_t k = m + side; k >= 0 && k < l->n; k += side) {
    resistance += 1 / l->w[side > 0 ? k - 1 : k];
    most = fmax(most, beyond[k] / total * log1p(square * total / beyond[k]) * resistance);
  }
  return total * most;
}

/* B falls on the right and rises on the left as m goes up: bisection for where they cross. */
static double by_hardy(const line *l, double *scratch)
{
  double *right = scratch, *left = scratch + l->n, total = 0, best = INFINITY;
  for (ptrdiff_t i = l->n - 1; i >= 0; i--) right[i] = total += l->pi[i];
  total = 0;
  for (ptrdiff_t i = 0; i < l->n; i++) left[i] = total += l->pi[i];
  ptrdiff_t lo = 0, hi = l->n - 1;
  while (lo <= hi) {
    const ptrdiff_t m = lo + (hi - lo) / 2;
    const double above = hardy_side(l, m, 1, total, right), below = hardy_side(l, m, -1, total, left);
    best = fmin(best, fmax(above, below));
    if (below > above)
      hi = m - 1;
    else
      lo = m + 1;
  }
  return (1 - 1e-9) / best;
}

/* Lower convex hull of y_i over i, in place; `at` has room for n places. */
static void make_convex(ptrdiff_t n, double *y, ptrdiff_t *at)
{
  ptrdiff_t count = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    while (count > 1) {
      const ptrdiff_t j = at[count - 1], k = at[count - 2];
      if ((y[j] - y[k]) * (double)(i - k) < (y[i] - y[k]) * (double)(j - k)) break;
      count--;
    }
    at[count++] = i;
  }
  for (ptrdiff_t k = 0; k + 1 < count; k++) {
    const ptrdiff_t from = at[k], to = at[k + 1];
    const double low = y[from], slope = (y[to] - low) / (double)(to - from);
    for (ptrdiff_t i = from + 1; i < to; i++) y[i] = low + slope * (double)(i - from);
  }
}

/* log of min(w/w_0)/max(pi/pi_0) for the greatest V_0 <= -log pi that is convex by a. */
static double perturbation(const line *l, const double *log_pi, const double *log_w, double a, double *v,
                           ptrdiff_t *at)
{
  const double middle = 0.5 * (double)l->n;
  double high = -INFINITY, low = INFINITY;
  for (ptrdiff_t i = 0; i < l->n; i++)
    v[i] = -log_pi[i] - 0.5 * a * ((double)i - middle) * ((double)i - middle);
  make_convex(l->n, v, at);
  for (ptrdiff_t i = 0; i < l->n; i++) v[i] += 0.5 * a * ((double)i - middle) * ((double)i - middle);
  for (ptrdiff_t i = 0; i < l->n; i++) {
    high = fmax(high, log_pi[i] + v[i]);
    if (i + 1 < l->n) low = fmin(low, log_w[i] + 0.5 * (v[i] + v[i + 1]));
  }
  return low - high;
}

static double by_perturbation(const line *l, const double *log_pi, const double *log_w, double *v,
                              ptrdiff_t *at)
{
  enum { SIZES = 128 };
  const double n = (double)l->n;
  double best = -INFINITY;
  for (int i = 0; i < SIZES; i++) {
    const double a = 0.1 / (n * n) * exp(0.125 * i);
    best = fmax(best, log(-4 * expm1(-0.5 * a)) + perturbation(l, log_pi, log_w, a, v, at));
  }
  return exp(best) * (1 - 1e-9);
}

/* Values of the three, in the order of `names`. */
static void bound_line(const line *l, double *scratch, ptrdiff_t *at, double value[3])
{
  double *log_pi = scratch, *log_w = scratch + l->n;
  value[0] = by_rates(l);
  value[1] = by_hardy(l, scratch);
  for (ptrdiff_t i = 0; i < l->n; i++) {
    log_pi[i] = log(l->pi[i]);
    log_w[i] = i + 1 < l->n ? log(l->w[i]) : 0;
  }
  value[2] = by_perturbation(l, log_pi, log_w, scratch + 2 * l->n, at);
}

static const struct {
  const char *line, *product, *reference;
} names[] = {
    {"the rates of the chain", "the rates of the marginals", "Caputo, Dai Pra & Posta 2009; Mielke 2013"},
    {"a weighted Hardy inequality", "weighted Hardy inequalities of the marginals", "Barthe & Roberto 2003"},
    {"perturbation of a convex potential", "perturbation of convex marginals", "Holley & Stroock 1987"},
};
enum { CRITERIA = sizeof names / sizeof *names };

/* ---- on a grid ---- */

/* Marginal masses, and means of the weights with the last one (of a ring) at w[n - 1]; cut there. */
static void marginal(const mf_entropic *r, int axis, line *l)
{
  const mf_grid *g = r->grid;
  const ptrdiff_t n = g->n[axis];
  for (ptrdiff_t i = 0; i < n; i++) l->pi[i] = l->w[i] = 0;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    const ptrdiff_t i = c / g->stride[axis] % n;
    l->pi[i] += r->mass[c];
    l->w[i] += r->weight[axis][c];
  }
  l->n = n;
}

static void turn_ring(line *l, double *scratch)
{
  ptrdiff_t cut = l->n - 1;
  for (ptrdiff_t i = 0; i < l->n; i++)
    if (l->w[i] < l->w[cut]) cut = i;
  for (int part = 0; part < 2; part++) {
    double *x = part ? l->w : l->pi;
    for (ptrdiff_t i = 0; i < l->n; i++) scratch[i] = x[(i + cut + 1) % l->n];
    for (ptrdiff_t i = 0; i < l->n; i++) x[i] = scratch[i];
  }
}

/* log pi_0 of the product of the marginals, up to a constant, leaving out one axis (or -1). */
static double log_product(const mf_grid *g, double *const *marginals, int except, ptrdiff_t c)
{
  double sum = 0;
  for (int a = 0; a < g->dim; a++)
    if (a != except && g->n[a] > 1) sum += marginals[a][c / g->stride[a] % g->n[a]];
  return sum;
}

/* min(w/w_0)/max(pi/pi_0) for the product of the marginals, given as logarithms of masses and weights. */
static double product_factor(const mf_entropic *r, double *const *log_pi, double *const *log_w)
{
  const mf_grid *g = r->grid;
  double high = -INFINITY, low = INFINITY;
  for (ptrdiff_t c = 0; c < g->cells; c++) high = fmax(high, log(r->mass[c]) - log_product(g, log_pi, -1, c));
  for (int a = 0; a < g->dim; a++)
    for (mf_faces f = mf_faces_of(g, a); g->n[a] > 1 && mf_faces_next(&f);)
      for (ptrdiff_t c = f.first; c < f.first + f.count; c++)
        low = fmin(low, log(r->weight[a][c]) - log_w[a][c / g->stride[a] % g->n[a]] -
                            log_product(g, log_pi, a, c));
  return exp(low - high);
}

static int bound_grid(const mf_entropic *r, double *const *room, ptrdiff_t *at, double value[CRITERIA],
                      int *axes)
{
  const mf_grid *g = r->grid;
  double *log_pi[MF_AXES] = {NULL}, *log_w[MF_AXES] = {NULL}, factor = 1;
  *axes = 0;
  for (int k = 0; k < CRITERIA; k++) value[k] = INFINITY;
  for (int a = 0; a < g->dim; a++) {
    double one[CRITERIA];
    const ptrdiff_t n = g->n[a];
    line l = {.pi = room[a], .w = room[a] + n};
    if (n == 1) continue;
    ++*axes;
    marginal(r, a, &l);
    log_pi[a] = room[a] + 5 * n;
    log_w[a] = room[a] + 6 * n;
    for (ptrdiff_t i = 0; i < n; i++) {
      log_pi[a][i] = log(l.pi[i]);
      log_w[a][i] = log(l.w[i]);
    }
    if (g->periodic[a]) turn_ring(&l, room[a] + 2 * n);
    bound_line(&l, room[a] + 2 * n, at, one);
    for (int k = 0; k < CRITERIA; k++) value[k] = fmin(value[k], one[k]);
  }
  if (*axes > 1) factor = product_factor(r, log_pi, log_w) * (1 - 1e-9);
  for (int k = 0; k < CRITERIA; k++) value[k] *= factor;
  return MF_OK;
}

/* A periodic axis of two cells has two faces between them: the cut takes one. */
static int bound_transport(const mf_entropic *r, mf_lower_bound *bound)
{
  double *room[MF_AXES] = {NULL}, value[CRITERIA];
  ptrdiff_t *at = NULL, longest = 1;
  int axes = 0, count = 0;
  for (int a = 0; a < r->grid->dim; a++) longest = r->grid->n[a] > longest ? r->grid->n[a] : longest;
  int status = mf_objects_create(&at, longest, sizeof *at);
  for (int a = 0; !status && a < r->grid->dim; a++) status = mf_reals_create(&room[a], 7 * r->grid->n[a]);
  if (!status) status = bound_grid(r, room, at, value, &axes);
  for (int k = 0; !status && axes > 0 && k < CRITERIA; k++)
    if (isfinite(value[k]) && value[k] > 0)
      bound[count++] = (mf_lower_bound){.value = r->transport * value[k],
                                        .criterion = axes > 1 ? names[k].product : names[k].line,
                                        .reference = names[k].reference};
  for (int a = 0; a < MF_AXES; a++) mf_release(room[a]);
  mf_release(at);
  return count;
}

/* ---- reactions ---- */

/* inf_{0<A<1} (A^(2-1/p) - A^2)/(1-A), 0 < p <= 1/2; at A = 1 it is 1/p. */
static double least_variance(double p)
{
  enum { PLACES = 20000 };
  double least = 1 / p;
  for (int i = 1; i < PLACES; i++) {
    const double a = (double)i / PLACES;
    least = fmin(least, (pow(a, 2 - 1 / p) - a * a) / (1 - a));
  }
  return p == 0.5 ? 1 : least * (1 - 1e-7); /* what lies between the places */
}

static int bound_reaction(const mf_entropic *r, mf_lower_bound *bound)
{
  const double p = r->exponent;
  if (p > 0.5) return 0;
  const double value = r->spherical && p > 0 ? p / (1 - p) * least_variance(p) : 1 / (1 - p);
  *bound =
      (mf_lower_bound){.value = r->reaction * value * (1 - 1e-13), /* rounding of D/F */
                       .criterion = r->spherical ? "the reaction's moments" : "the reaction, cell by cell",
                       .reference = r->spherical ? NULL : "Mielke & Zhu 2024",
                       .reaction = true};
  return 1;
}

int mf_lower_entropic(const mf_entropic *r, mf_lower_bound *bound)
{
  int count = 0;
  if (r->transport > 0 && r->conserves && r->exponent == 1) count += bound_transport(r, bound);
  if (r->reaction > 0) count += bound_reaction(r, bound + count);
  return count;
}

/* ---- MMD ---- */

/* The axis of a line with walls, or -1. */
static int line_with_walls(const mf_grid *g)
{
  int axis = -1;
  for (int a = 0; a < g->dim; a++) {
    if (g->n[a] == 1) continue;
    if (axis >= 0 || g->periodic[a]) return -1;
    axis = a;
  }
  return axis;
}

/* w if the kernel is -w r, else 0. */
static double energy_distance(const mf_convolution *k)
{
  const mf_kernel *kernel = mf_convolution_kernel(k);
  return kernel && kernel->type->conditional && kernel->shape == 1 ? -mf_kernel_value(kernel, 1) : 0;
}

static double moved_energy_distance(const mf_measure *target, const mf_linear *l)
{
  const mf_grid *g = target->grid;
  const int axis = line_with_walls(g);
  if (axis < 0 || !l->upwind || l->first) return 0;
  const mf_limiter limiter = mf_transport_limiter(l->upwind);
  const double kept = limiter == MF_LIMITER_NONE ? 1 : limiter == MF_LIMITER_MINMOD ? 0.5 : 0;
  return 4 * kept * l->velocity * l->embedded * energy_distance(l->embedding) *
         mf_field_min(g, target->density) * g->volume / g->h[axis];
}

int mf_lower_embedded(const mf_measure *target, const mf_linear *l, mf_lower_bound *bound)
{
  const double rounding = 1e-12;
  const double identity = 2 * l->embedded * l->inverse, moved = moved_energy_distance(target, l);
  int count = 0;
  if (identity > 0)
    bound[count++] = (mf_lower_bound){.value = identity * (1 - rounding),
                                      .criterion = "the geometry's identity D = 2 beta F",
                                      .reference = "Gladin, Dvurechensky, Mielke & Zhu 2024",
                                      .reaction = true};
  if (moved > 0)
    bound[count++] = (mf_lower_bound){.value = moved * (1 - rounding),
                                      .criterion = "the upwind energy distance, by the least density"};
  return count;
}
