/* SPDX-License-Identifier: BSD-3-Clause */
/* Particle methods: laws of the whole registry, and closed forms of their laws.
 *
 * Statistical assertions have fixed seeds; each limit is one that another seed would exceed less often than once in 1e6: six standard
 * errors of a normal number (2e-9). */
#include "grids/sampler.h"
#include "operators/plugins.h"
#include "postproc/distances/particles.h"
#include "tests/flows.h"

static const double beyond = 6;

/* ---- methods and particles ---- */

enum { A_FEW = 120 };

/* "kl", "mmd" with what they need. */
static void complete(char *out, size_t size, const char *names, bool geometry)
{
  static const char *const needs[][2] = {{"mmd", "bandwidth=0.7"},
                                         {"interaction", "kernel=gaussian bandwidth=0.7"},
                                         {"stein", "bandwidth=0.7"},
                                         {"kernelised_hellinger", "bandwidth=0.7"}};
  char text[256], *rest = text;
  snprintf(text, sizeof text, "%s", names);
  *out = '\0';
  for (char *name; (name = strtok_r(rest, " +", &rest));) {
    const size_t used = strlen(out);
    const char *more = "";
    for (int k = 0; k < 4; k++)
      if (!strcmp(name, needs[k][0]) && !(geometry && k == 0)) more = needs[k][1];
    snprintf(out + used, size - used, "%s%s %s", used ? " + " : "", name, more);
  }
}

/* A flow "kl in wasserstein", as the parts of a method. */
static mf_method parts_of(const mf_grid *grid, const mf_measure *target, const char *text, size_t length)
{
  char flow[256], energies[512], geometries[512];
  snprintf(flow, sizeof flow, "%.*s", (int)length, text);
  char *in = strstr(flow, " in ");
  HOLDS(in != NULL);
  *in = '\0';
  complete(energies, sizeof energies, flow, false);
  complete(geometries, sizeof geometries, in + 4, true);
  mf_flow *f = flow_parts(grid, target, energies, geometries);
  mf_method parts = {.grid = grid, .target = target, .seed = 20260801};
  for (int i = 0; i < mf_flow_energies(f); i++) parts.energy[parts.energies++] = mf_flow_energy(f, i);
  for (int i = 0; i < mf_flow_geometries(f); i++) parts.geometry[parts.geometries++] = mf_flow_geometry(f, i);
  return parts;
}

static mf_method *method_with(const char *name, const mf_method *parts, const char *text)
{
  const mf_method_type *type = NULL;
  options o;
  char copy[256];
  mf_method *m;
  for (int i = 0; mf_method_types[i]; i++)
    if (!strcmp(mf_method_types[i]->name, name)) type = mf_method_types[i];
  HOLDS(type != NULL);
  HOLDS(type->params.count == 0 || options_init(&o, &type->params));
  snprintf(copy, sizeof copy, "%s", text);
  if (type->params.count) options_read(&o, copy);
  DO(mf_method_create(&m, type, parts, type->params.count ? o.data.bytes : NULL));
  return m;
}

/* Samples of a measure. */
static mf_swarm *swarm_of(const mf_measure *m, ptrdiff_t count)
{
  const mf_random r = {99, MF_STREAM_START};
  mf_swarm *s;
  mf_sampler *sampler;
  DO(mf_swarm_create(&s, m->grid, count, m->mass));
  DO(mf_sampler_create(&sampler, m->grid, m->density, m->averages));
  for (int a = 0; a < m->grid->dim; a++) mf_random_uniforms(&r, 0, (uint32_t)a, 0, count, s->x[a], NULL);
  mf_sampler_at(sampler, count, (const double *const[]){s->x[0], s->x[1], s->x[2]}, s->x);
  mf_sampler_free(sampler);
  return s;
}

static mf_swarm *copy_of(const mf_swarm *s)
{
  mf_swarm *copy;
  DO(mf_swarm_create(&copy, s->grid, s->count, 1));
  for (int a = 0; a < s->grid->dim; a++) memcpy(copy->x[a], s->x[a], (size_t)s->count * sizeof *s->x[a]);
  memcpy(copy->weight, s->weight, (size_t)s->count * sizeof *s->weight);
  return copy;
}

static double difference(const mf_swarm *a, const mf_swarm *b)
{
  double worst = 0;
  for (ptrdiff_t i = 0; i < a->count; i++) {
    for (int k = 0; k < a->grid->dim; k++) worst = fmax(worst, fabs(a->x[k][i] - b->x[k][i]));
    worst = fmax(worst, (double)a->count * fabs(a->weight[i] - b->weight[i]));
  }
  return worst;
}

static void take_steps(const mf_method *m, mf_swarm *s, double dt, int count)
{
  for (int k = 0; k < count; k++) DO(mf_method_step(m, s, dt, (uint32_t)k));
}

/* ---- laws of the registry ---- */

static bool conserves(const mf_method *m)
{
  for (int i = 0; i < m->geometries; i++)
    if (!(m->geometry[i]->type->traits & MF_GEOMETRY_MASS) && !m->geometry[i]->conserves &&
        strcmp(m->geometry[i]->type->name, "mmd") != 0)
      return false;
  return true;
}

static void check_rest(const mf_method *m, const mf_swarm *start)
{
  mf_swarm *s = copy_of(start);
  take_steps(m, s, 0, 3);
  CLOSE(difference(s, start), 0, 0);
  mf_swarm_free(s);
}

/* The same bits again and for any number of threads; other numbers for another seed, if numbers are drawn. */
static void check_seeds(const mf_method_type *type, const mf_method *parts, const mf_swarm *start)
{
  mf_swarm *first = NULL;
  for (int k = 0; k < 4; k++) {
    mf_method other = *parts, *m;
    mf_swarm *s = copy_of(start);
    if (k == 3) other.seed++;
    mf_threads_set(k == 1 ? 1 : 3);
    DO(mf_method_create(&m, type, &other, NULL));
    take_steps(m, s, 0.05, 3);
    const bool draws = (type->traits & MF_METHOD_RANDOM) && strcmp(type->name, "mmd_flow") != 0;
    if (first && (k < 3 || !draws)) CLOSE(difference(s, first), 0, 0);
    if (k == 3 && draws) HOLDS(difference(s, first) > 0);
    if (first)
      mf_swarm_free(s);
    else
      first = s;
    mf_method_free(m);
  }
  mf_swarm_free(first);
  mf_threads_set(0);
}

/* Particles in the box, weights >= 0 whose sum is the mass. */
static void check_measure(const mf_method *m, const mf_swarm *start)
{
  mf_swarm *s = copy_of(start);
  take_steps(m, s, 0.1, 5);
  for (ptrdiff_t i = 0; i < s->count; i++) {
    HOLDS(s->weight[i] >= 0);
    for (int a = 0; a < s->grid->dim; a++)
      HOLDS(s->x[a][i] >= s->grid->lo[a] && s->x[a][i] <= s->grid->hi[a]);
  }
  if (conserves(m)) CLOSE_REL(mf_swarm_mass(s), mf_swarm_mass(start), 1e-13);
  mf_swarm_free(s);
}

/* Particles in the opposite order do the same, up to the rounding of sums in another order, which fast ones have at 1e-8. */
static void check_permutation(const mf_method *m, const mf_swarm *start)
{
  mf_swarm *s = copy_of(start), *mirrored = copy_of(start);
  const ptrdiff_t last = s->count - 1;
  for (int turn = 0; turn < 2; turn++) {
    for (ptrdiff_t i = 0; 2 * i < last; i++) {
      double *const arrays[] = {mirrored->x[0], mirrored->x[1], mirrored->x[2], mirrored->weight};
      for (int k = 0; k < 4; k++) {
        if (!arrays[k]) continue;
        const double other = arrays[k][i];
        arrays[k][i] = arrays[k][last - i];
        arrays[k][last - i] = other;
      }
    }
    if (turn == 0) {
      take_steps(m, s, 0.05, 3);
      take_steps(m, mirrored, 0.05, 3);
    }
  }
  CLOSE(difference(s, mirrored), 0, 1e-6);
  mf_swarm_free(s);
  mf_swarm_free(mirrored);
}

/* Half the step, a quarter of the difference, for methods without numbers, where fields are smooth on the grid: a line of many cells, and
 * no potential, which is a rough one here. */
static void check_order(const mf_method *m, const mf_swarm *start)
{
  double between[2];
  mf_swarm *before = NULL;
  for (int level = 0; level < 3; level++) {
    mf_swarm *s = copy_of(start);
    take_steps(m, s, 0.04 / (1 << level), 10 << level);
    if (before) {
      between[level - 1] = difference(s, before);
      mf_swarm_free(before);
    }
    before = s;
  }
  mf_swarm_free(before);
  const double order = log2(between[0] / between[1]);
  if (between[1] > 1e-9) HOLDS(order > m->type->order - 0.35 && order < m->type->order + 0.6);
}

static void check_flow(const mf_method_type *type, const mf_grid *grid, const char *flow, size_t length)
{
  at("%s, %.*s, %d axes", type->name, (int)length, flow, grid->dim);
  const mf_measure *target = gaussian(grid, 0.2, 0.8), *initial = gaussian(grid, -0.4, 0.5);
  const mf_method parts = parts_of(grid, target, flow, length);
  mf_method *m;
  mf_swarm *start = swarm_of(initial, A_FEW);
  HOLDS(mf_method_serves(type, mf_method_flow(&parts).text));
  DO(mf_method_create(&m, type, &parts, NULL));
  const bool fixed = !(type->traits & MF_METHOD_RANDOM) || !strcmp(type->name, "mmd_flow");
  check_rest(m, start);
  check_seeds(type, &parts, start);
  check_measure(m, start);
  if (fixed) check_permutation(m, start);
  if (fixed && type->order == 2 && grid->dim == 1 &&
      !strstr(parts.energy[parts.energies - 1]->type->name, "potential"))
    check_order(m, start);
  mf_swarm_free(start);
  mf_method_free(m);
}

START_TEST(methods_keep_their_promises)
{
  const mf_method_type *type = mf_method_types[_i / 4];
  const long cells[] = {_i % 4 ? 24 : 96, 20, 12};
  const double lo[] = {-4, -4.5, -4}, hi[] = {4, 4.5, 4};
  const bool periodic[] = {false, _i % 4 == 3, false};
  const int dim = _i % 4 == 3 ? 2 : _i % 4 + 1;
  mf_grid grid;
  HOLDS(type->name && type->summary && type->reference && type->order > 0);
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  for (const char *flow = type->flows; *flow;) {
    const size_t length = strcspn(flow, ";");
    check_flow(type, &grid, flow, length);
    flow += length;
    flow += strspn(flow, "; ");
  }
}
END_TEST

START_TEST(other_flows_are_refused)
{
  const mf_grid grid = line_grid(24, -4, 4, false);
  const mf_measure *target = gaussian(&grid, 0, 1), *vacuum = with_vacuum(target, 3);
  const mf_method stein = parts_of(&grid, target, "kl in stein", 11);
  mf_method *m;
  ck_assert_int_eq(mf_method_create(&m, mf_method_types[0], &stein, NULL), MF_ECASE);
  ck_assert_msg(strstr(mf_error(), "kl in stein") != NULL, "%s", mf_error());
  mf_method empty = stein;
  empty.target = vacuum;
  for (int i = 0; mf_method_types[i]; i++)
    if (mf_method_serves(mf_method_types[i], "kl in stein")) {
      ck_assert_int_eq(mf_method_create(&m, mf_method_types[i], &empty, NULL), MF_ECASE);
      ck_assert_msg(strstr(mf_error(), "at (-2.83333)") != NULL, "%s", mf_error());
    }
}
END_TEST

/* ---- closed forms ---- */

/* Ornstein-Uhlenbeck: every scheme takes x to r x + sqrt(v) z, so the law stays Gaussian: mean r^k m, variance s -> r^2 (s + before) + after. */
static void check_law(const char *scheme, double r, double before, double after)
{
  enum { COUNT = 100000, STEPS = 20 };
  const mf_grid grid = line_grid(64, -9, 9, false);
  const double h = 0.1;
  const mf_method parts = parts_of(&grid, gaussian(&grid, 0, 1), "kl in wasserstein", 17);
  mf_method *m = method_with("langevin", &parts, scheme);
  mf_swarm *s;
  double mean = 1.5, variance = 0, got = 0, square = 0;
  DO(mf_swarm_create(&s, &grid, COUNT, 1));
  for (int i = 0; i < COUNT; i++) s->x[0][i] = mean;
  take_steps(m, s, h, STEPS);
  for (int k = 0; k < STEPS; k++) {
    mean *= r;
    variance = r * r * (variance + before) + after;
  }
  for (int i = 0; i < COUNT; i++) got += s->x[0][i] / COUNT;
  for (int i = 0; i < COUNT; i++) square += (s->x[0][i] - mean) * (s->x[0][i] - mean) / COUNT;
  HOLDS(fabs(got - mean) < beyond * sqrt(variance / COUNT));
  HOLDS(fabs(square - variance) < beyond * variance * sqrt(2.0 / COUNT));
  mf_swarm_free(s);
  mf_method_free(m);
}

START_TEST(langevin_has_the_law_of_its_scheme)
{
  const double h = 0.1;
  check_law("scheme=euler", 1 - h, 0, 2 * h);
  check_law("scheme=splitting", 1 - h + h * h / 2 - h * h * h / 6 + h * h * h * h / 24, h, h);
}
END_TEST

/* Mean and variance of the splitting after t = 1, which the test above has seen, against e^-t m and 1 - e^-2t: order 2. */
START_TEST(splitting_is_of_weak_order_two)
{
  double error[3];
  for (int level = 0; level < 3; level++) {
    const int steps = 10 << level;
    const double h = 1.0 / steps, r = 1 - h + h * h / 2 - h * h * h / 6 + h * h * h * h / 24;
    double mean = 1.5, variance = 0;
    for (int k = 0; k < steps; k++) {
      mean *= r;
      variance = r * r * (variance + h) + h;
    }
    error[level] = hypot(mean - 1.5 * exp(-1), variance - (1 - exp(-2)));
  }
  for (int level = 0; level < 2; level++) HOLDS(fabs(log2(error[level] / error[level + 1]) - 2) < 0.1);
}
END_TEST

static double ks_errors(const mf_measure *target, const mf_swarm *s)
{
  mf_particle_comparison c;
  const mf_kernel_options o = {.bandwidth = {.count = 1, .value = {0.5}}, .shape = NAN};
  mf_kernel kernel;
  DO(mf_kernel_init(&kernel, &o));
  DO(mf_particles_compare(s->grid, target->density, &kernel,
                          &(mf_particles){.dim = 1, .count = s->count, .position = s->x[0]},
                          MF_PARTICLES_TRANSPORT, &c));
  return c.ks * sqrt((double)s->count);
}

/* Double well, samples of pi, forty long steps.  MALA keeps pi: P(D sqrt N > 2.7) = 2 e^(-2 2.7^2) = 9e-7; Euler's bias at this step is seen. */
START_TEST(mala_holds_the_target)
{
  const mf_grid grid = line_grid(200, -2, 2, false);
  const mf_measure *target = measure_of(&grid, 1, double_well);
  const mf_method parts = parts_of(&grid, target, "kl in wasserstein", 17);
  for (int k = 0; k < 2; k++) {
    mf_method *m = method_with("langevin", &parts, k ? "scheme=euler" : "scheme=mala");
    mf_swarm *s = swarm_of(target, 5000);
    take_steps(m, s, 0.02, 40);
    const double errors = ks_errors(target, s);
    at("%s: %g", k ? "euler" : "mala", errors);
    HOLDS(k ? errors > 2.7 : errors < 2.7);
    mf_swarm_free(s);
    mf_method_free(m);
  }
}
END_TEST

/* Without transport each particle stays with the probability e^(-t). */
START_TEST(jumps_have_their_rate)
{
  enum { COUNT = 40000 };
  const mf_grid grid = plane_grid(24, 24, -5, 5, false);
  const mf_measure *target = gaussian(&grid, 0, 1);
  const mf_method parts = parts_of(&grid, target, "mmd in mmd", 10);
  mf_method *m = method_with("interaction_force", &parts, "");
  mf_swarm *s;
  int stay = 0;
  double mean = 0;
  DO(mf_swarm_create(&s, &grid, COUNT, 1));
  for (int i = 0; i < COUNT; i++) s->x[0][i] = s->x[1][i] = 4.125;
  take_steps(m, s, 0.1, 10);
  for (int i = 0; i < COUNT; i++) {
    stay += s->x[0][i] == 4.125;
    mean += s->x[0][i] == 4.125 ? 0 : s->x[0][i] / COUNT;
  }
  const double p = exp(-1);
  HOLDS(fabs(stay - COUNT * p) < beyond * sqrt(COUNT * p * (1 - p)));
  HOLDS(fabs(mean) < beyond * sqrt((1 - p) / COUNT));
  mf_swarm_free(s);
  mf_method_free(m);
}
END_TEST

/* Fisher-Rao from N(1, 1) to N(0, 1): u_t = u_0^(e^-t), N(e^-t, 1) for the flow that keeps mass.  Smoothing with h = 0.1 shifts that by h^2 = 0.01;
 * quantiles instead of samples leave 1/N.  Both forms: jumps are samples, with a standard error of some sqrt(2/N). */
START_TEST(births_and_deaths_follow_fisher_rao)
{
  enum { COUNT = 4000 };
  const mf_grid grid = line_grid(200, -6, 7, false);
  const mf_measure *target = gaussian(&grid, 0, 1), *initial = gaussian(&grid, 1, 1);
  const mf_method parts = parts_of(&grid, target, "kl in spherical_hellinger", 25);
  for (int k = 0; k < 2; k++) {
    mf_method *m =
        method_with("birth_death", &parts, k ? "form=weights bandwidth=0.1 resample=0" : "bandwidth=0.1");
    mf_swarm *s;
    mf_sampler *sampler;
    double mean = 0;
    DO(mf_swarm_create(&s, &grid, COUNT, 1));
    DO(mf_sampler_create(&sampler, &grid, initial->density, false));
    for (int i = 0; i < COUNT; i++) s->x[0][i] = (i + 0.5) / COUNT;
    mf_sampler_at(sampler, COUNT, (const double *const[]){s->x[0]}, s->x);
    take_steps(m, s, 0.02, 50);
    for (int i = 0; i < COUNT; i++) mean += s->weight[i] * s->x[0][i];
    at("%s", k ? "weights" : "jumps");
    CLOSE(mean, exp(-1), 0.02 + (k ? 0 : beyond * sqrt(2.0 / COUNT)));
    mf_sampler_free(sampler);
    mf_swarm_free(s);
    mf_method_free(m);
  }
}
END_TEST

/* Each particle floor(N w) or ceil(N w) times, for any number; N w on average. */
START_TEST(resampling_is_fair)
{
  enum { COUNT = 50, TURNS = 400 };
  const mf_grid grid = line_grid(8, 0, COUNT, false);
  double weight[COUNT], mean[COUNT] = {0}, total = 0;
  unsigned long long seed = 5;
  for (int i = 0; i < COUNT; i++) total += weight[i] = 1.01 + chance(&seed);
  for (int turn = 0; turn < TURNS; turn++) {
    mf_swarm *s;
    int copies[COUNT] = {0};
    DO(mf_swarm_create(&s, &grid, COUNT, 1));
    for (int i = 0; i < COUNT; i++) {
      s->x[0][i] = i + 0.25;
      s->weight[i] = 3 * weight[i] / total;
    }
    DO(mf_swarm_resample(s, (turn + 0.5) / TURNS));
    CLOSE_REL(mf_swarm_mass(s), 3, 1e-14);
    for (int i = 0; i < COUNT; i++) copies[(int)s->x[0][i]]++;
    for (int i = 0; i < COUNT; i++) {
      const double expected = COUNT * weight[i] / total;
      HOLDS(copies[i] >= floor(expected) && copies[i] <= ceil(expected));
      mean[i] += (double)copies[i] / TURNS;
    }
    mf_swarm_free(s);
  }
  for (int i = 0; i < COUNT; i++) CLOSE(mean[i], COUNT * weight[i] / total, 1.5 / TURNS);
}
END_TEST

/* The step of the MMD geometry from mu that covers pi: (mu + tau pi)/(1 + tau).  With pi at the particles themselves that is exact. */
START_TEST(weights_on_the_simplex_take_the_step)
{
  const mf_grid grid = line_grid(9, 0, 9, false);
  const mf_measure *target = random_measure(&grid, 1, 1, 21);
  const mf_method parts = parts_of(&grid, target, "mmd in mmd", 10);
  mf_method *m = method_with("interaction_force_simplex", &parts, "iterations=200000");
  mf_swarm *s;
  const double tau = 0.3;
  DO(mf_swarm_create(&s, &grid, 9, 1));
  for (int i = 0; i < 9; i++) s->x[0][i] = i + 0.5;
  take_steps(m, s, tau, 1);
  for (int i = 0; i < 9; i++) CLOSE(s->weight[i], (1.0 / 9 + tau * target->density[i]) / (1 + tau), 1e-7);
  mf_swarm_free(s);
  mf_method_free(m);
}
END_TEST

static int method_count(void)
{
  int count = 0;
  while (mf_method_types[count]) count++;
  return count;
}

int main(void)
{
  Suite *suite = suite_create("methods");
  TCase *all = tcase_create("methods");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, methods_keep_their_promises, 0, 4 * method_count());
  tcase_add_test(all, other_flows_are_refused);
  tcase_add_test(all, langevin_has_the_law_of_its_scheme);
  tcase_add_test(all, splitting_is_of_weak_order_two);
  tcase_add_test(all, mala_holds_the_target);
  tcase_add_test(all, jumps_have_their_rate);
  tcase_add_test(all, births_and_deaths_follow_fisher_rao);
  tcase_add_test(all, resampling_is_fair);
  tcase_add_test(all, weights_on_the_simplex_take_the_step);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
