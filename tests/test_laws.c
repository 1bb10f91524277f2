/* SPDX-License-Identifier: BSD-3-Clause */
/* Laws of gradient flows, looped over the registry: a new energy or geometry is tested the moment it is listed. */
#include "tests/scene.h"

enum { LINES = 64, LINE = 96 };
static char energies[LINES][LINE], geometries[LINES][LINE];
static int energy_count, geometry_count;

/* ---- what is looped over ------------------------------------------------------------------------------------- */

static void add_line(char lines[LINES][LINE], int *count, const char *format, ...) MF_PRINTF(3, 4);
static void add_line(char lines[LINES][LINE], int *count, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  if (*count < LINES) vsnprintf(lines[(*count)++], LINE, format, arguments);
  va_end(arguments);
}

/* True if something is required that only a case file can give. */
static bool needs_a_case(const mf_param_table *table)
{
  for (int i = 0; i < table->count; i++)
    if (table->rows[i].required &&
        (table->rows[i].kind == MF_TEXT || table->rows[i].kind == MF_NODE || table->rows[i].kind == MF_TABLE))
      return true;
  return false;
}

/* A part as it is, with each of its flags turned and, if asked for, with each of its choices but the first. */
static void add_part(char lines[LINES][LINE], int *count, const char *name, const mf_param_table *table,
                     bool choices)
{
  if (needs_a_case(table)) return;
  add_line(lines, count, "%s", name);
  for (int i = 0; i < table->count; i++) {
    const mf_param *row = &table->rows[i];
    if (row->kind == MF_FLAG) add_line(lines, count, "%s %s=%d", name, row->key, row->fallback == 0);
    if (!choices || row->kind != MF_CHOICE || row->choices == mf_kernel_names)
      continue; /* kernels: see below */
    for (int choice = 0; row->choices[choice]; choice++)
      if (row->required ? choice > 0 : choice != (int)row->fallback)
        add_line(lines, count, "%s %s=%s", name, row->key, row->choices[choice]);
  }
}

static void list_parts(void)
{
  static const char *const more[] = {"divergence p=-1",
                                     "divergence p=0.25",
                                     "divergence p=0.95",
                                     "divergence p=3",
                                     "mmd kernel=inverse_multiquadric bandwidth=0.3,1",
                                     "kl + mmd weight=2",
                                     "kl weight=0.5 + chi2 weight=2",
                                     "hellinger + inclusive_kl weight=0.3 + mmd"};
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++)
    add_part(energies, &energy_count, (*t)->name, &(*t)->params, true);
  for (size_t i = 0; i < sizeof more / sizeof *more; i++) add_line(energies, &energy_count, "%s", more[i]);
  for (int k = 1; mf_kernel_types[k]; k++) /* conditional ones are for equal masses only */
    if (!mf_kernel_types[k]->conditional)
      add_line(energies, &energy_count, "mmd kernel=%s bandwidth=%s", mf_kernel_names[k],
               mf_kernel_types[k]->scaled ? "0.4" : "");
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++)
    add_part(geometries, &geometry_count, (*t)->name, &(*t)->params, (*t)->traits & MF_GEOMETRY_TRANSPORT);
}

/* ---- flows of a scene ----------------------------------------------------------------------------------------- */

/* Calls a law for every energy, coordinate and shape with the geometry of one line; counts the calls. */
typedef void law(const scene *s, mf_flow *flow);

static int entropies_of(const mf_flow *flow, double *exponent)
{
  int count = 0;
  for (int i = 0; i < mf_flow_energies(flow); i++) {
    const mf_energy *e = mf_flow_energy(flow, i);
    if (!(e->type->traits & MF_ENERGY_ENTROPIC) || e->type->traits & MF_ENERGY_FLAT) continue;
    *exponent = e->exponent;
    count++;
  }
  return count;
}

static bool energies_have(const mf_flow *flow, unsigned trait)
{
  for (int i = 0; i < mf_flow_energies(flow); i++)
    if (!(mf_flow_energy(flow, i)->type->traits & trait)) return false;
  return true;
}

/* The power coordinate is for one phi_p with p other than 1; the others fit every flow with a target. */
static bool fits(const mf_flow *flow, const char *coordinate)
{
  double p = 1;
  return strcmp(coordinate, "power") || (entropies_of(flow, &p) == 1 && p != 1);
}

/* The type and options of a geometry's line. */
static const mf_geometry_type *read_geometry(const char *line, options *o)
{
  char name[LINE];
  strcpy(name, line);
  char *rest = after_name(name);
  const mf_geometry_type *type = mf_geometry_find(name);
  HOLDS(options_init(o, &type->params));
  options_read(o, rest);
  return type;
}

typedef struct {
  mf_flow *flow;
  bool refused;
} attempt;

static void try_energy(void *self, const char *name, char *rest)
{
  attempt *a = self;
  options o;
  const mf_energy_type *type = mf_energy_find(name);
  ck_assert_msg(type != NULL, "%s: there is no energy %s", here, name);
  HOLDS(options_init(&o, &type->params));
  options_read(&o, rest);
  const int status = mf_flow_add_energy(a->flow, type, o.data.bytes);
  ck_assert_msg(status == MF_OK || (status == MF_ECASE && strstr(mf_error(), "needs walls")), "%s: %s", here,
                mf_error());
  a->refused = a->refused || status;
}

/* A flow with the energy of a line, or NULL if it has no meaning on the scene's grid. */
static mf_flow *with_energy(const scene *s, const char *energy)
{
  attempt a = {0};
  DO(mf_flow_create(&a.flow, &s->grid, s->pi));
  keep(A_FLOW, a.flow);
  each_part(energy, &a, try_energy);
  return a.refused ? NULL : a.flow;
}

/* A flow with the scene's energy and geometry, or NULL if the geometry has no use for the energy. */
static mf_flow *accepted(const scene *s)
{
  options o;
  mf_flow *flow = with_energy(s, s->energy);
  if (!flow) return NULL;
  const mf_geometry_type *type = read_geometry(s->geometry, &o);
  const bool embedded = mf_flow_energies(flow) == 1 && mf_flow_energy(flow, 0)->embedding;
  const int status = mf_flow_add_geometry(flow, type, o.data.bytes);
  if (type->traits & MF_GEOMETRY_EMBEDDED)
    ck_assert_int_eq(status, embedded ? MF_OK : MF_ECASE);
  else
    ck_assert_msg(status == MF_OK || status == MF_ECASE, "%s: %s", here, mf_error());
  return status ? NULL : flow;
}

static void each_flow(int geometry, law *check)
{
  int calls = 0;
  for (scene s = scenes(11); next_scene(&s);) {
    const int before = kept_count;
    for (int e = 0; e < energy_count; e++)
      for (const char *const *name = mf_coordinate_names; *name; name++) {
        at("%s in %s, %s, %s", energies[e], geometries[geometry], *name, s.name);
        s.energy = energies[e];
        s.geometry = geometries[geometry];
        mf_flow *flow = accepted(&s);
        if (flow && fits(flow, *name)) {
          DO(mf_flow_finish(flow, *name, s.mu));
          check(&s, flow);
          calls++;
        } else if (flow) {
          ck_assert_int_eq(mf_flow_finish(flow, *name, s.mu), MF_ECASE);
        }
        release_to(before);
      }
  }
  ck_assert_msg(calls > 0, "no energy suits %s", geometries[geometry]);
}

static bool is_absolute(const mf_flow *flow)
{
  return !mf_coordinate_relative(mf_flow_coordinate(flow));
}

static unsigned traits_of(const mf_flow *flow)
{
  return mf_flow_geometry(flow, 0)->type->traits;
}

/* ---- the registry --------------------------------------------------------------------------------------------- */

static bool has_row(const mf_param_table *table, const char *key)
{
  for (int i = 0; i < table->count; i++)
    if (!strcmp(table->rows[i].key, key)) return true;
  return false;
}

START_TEST(energies_keep_their_form)
{
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) {
    const mf_energy_type *type = *t;
    at("energy %s", type->name);
    ck_assert_ptr_eq(mf_energy_find(type->name), type);
    HOLDS(type->summary && *type->summary && type->reference && *type->reference && type->create);
    HOLDS(has_row(&type->params, "weight"));
    const bool entropic = type->traits & MF_ENERGY_ENTROPIC, flat = type->traits & MF_ENERGY_FLAT;
    HOLDS((entropic && !flat) == !type->value && entropic == !type->add_variation);
    for (int i = 0; i < type->params.count; i++) HOLDS(type->params.rows[i].doc && *type->params.rows[i].doc);
  }
  ck_assert_ptr_null(mf_energy_find("nothing"));
}
END_TEST

START_TEST(geometries_keep_their_form)
{
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++) {
    const mf_geometry_type *type = *t;
    at("geometry %s", type->name);
    ck_assert_ptr_eq(mf_geometry_find(type->name), type);
    HOLDS(type->summary && *type->summary && type->reference && *type->reference && type->create);
    HOLDS(type->needs && type->rate && type->dissipation);
    HOLDS(type->jacobian || !type->add_bands);
    HOLDS(type->params.count > 0 && !strcmp(type->params.rows[0].key, "coefficient"));
    HOLDS(!(type->traits & MF_GEOMETRY_TRANSPORT) || type->traits & MF_GEOMETRY_MASS);
    for (int i = 0; i < type->params.count; i++) HOLDS(type->params.rows[i].doc && *type->params.rows[i].doc);
  }
  ck_assert_ptr_null(mf_geometry_find("nothing"));
}
END_TEST

START_TEST(energies_ask_for_their_target)
{
  const mf_grid grid = line_grid(4, 0, 1, false);
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) {
    mf_energy *e = NULL;
    options o;
    if (!((*t)->traits & MF_ENERGY_TARGET) || !options_init(&o, &(*t)->params)) continue;
    at("energy %s", (*t)->name);
    REFUSES(mf_energy_create(&e, *t, &grid, NULL, o.data.bytes), "target");
    ck_assert_ptr_null(e);
  }
}
END_TEST

/* What divides by the target says so before it divides by 0. */
START_TEST(entropies_refuse_an_empty_target)
{
  const mf_grid grid = line_grid(4, 0, 1, false);
  const mf_measure *pi = with_vacuum(random_measure(&grid, 1, 1, 1), 2);
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) {
    mf_energy *e = NULL;
    options o;
    if (!((*t)->traits & MF_ENERGY_ENTROPIC) || (*t)->traits & MF_ENERGY_FLAT) continue;
    if (!options_init(&o, &(*t)->params)) continue;
    at("energy %s", (*t)->name);
    REFUSES(mf_energy_create(&e, *t, &grid, pi, o.data.bytes), "(0.625)");
  }
}
END_TEST

/* ---- energies ------------------------------------------------------------------------------------------------- */

/* An energy of one line, evaluated at densities. */
typedef struct {
  mf_flow *flow; /* in the deviation coordinate */
  const scene *s;
} probe;

/* A scene's probe; its flow is NULL where the energy has no meaning. */
static probe probe_of(const scene *s, const char *energy)
{
  at("%s on the %s", energy, s->name);
  mf_flow *flow =
      with_energy(s, energy) ? flow_make(&s->grid, s->pi, s->mu, "deviation", energy, "wasserstein") : NULL;
  return (probe){flow, s};
}

/* Value and, if asked for, first variation at density rho. */
static double value_at(const probe *p, const double *rho, double *xi)
{
  const ptrdiff_t cells = p->s->grid.cells;
  mf_report report;
  double *y = reals(cells);
  for (ptrdiff_t c = 0; c < cells; c++) y[c] = rho[c] - p->s->pi->density[c];
  DO(mf_flow_report(p->flow, y, &report));
  if (xi) memcpy(xi, report.xi, (size_t)cells * sizeof *xi);
  return report.energy;
}

static double *displaced(const double *rho, double step, const double *nu, ptrdiff_t cells)
{
  double *out = reals(cells);
  for (ptrdiff_t c = 0; c < cells; c++) out[c] = rho[c] + step * nu[c];
  return out;
}

/* errors[0], errors[1] of central differences with steps h and h/2: second order, or nothing but rounding. */
static void is_second_order(const double errors[2], double round_off)
{
  if (errors[1] <= round_off) return;
  const double order = log2(errors[0] / errors[1]);
  ck_assert_msg(order > 1.9 && order < 2.1, "%s: errors %.3g, %.3g are of order %.2f, and rounding is %.1g",
                here, errors[0], errors[1], order, round_off);
}

/* F(rho + h nu) - F(rho - h nu) over 2 h against <xi, nu>, nu a random part of rho (so 0 in vacuum): with h = 1/50 the
 * error is 1e-4 to 1e-6 of F and the next order 1e-4 of that; rounding is 1e-16 F/h. */
static void check_variation(const probe *p, const mf_measure *m)
{
  const mf_grid *grid = m->grid;
  double *nu = random_field(grid->cells, 30), *xi = reals(grid->cells), errors[2];
  for (ptrdiff_t c = 0; c < grid->cells; c++) nu[c] *= m->density[c];
  const double f = value_at(p, m->density, xi);
  const double slope = grid->volume * mf_field_dot(grid, xi, nu);
  for (int k = 0; k < 2; k++) {
    const double h = k ? 0.01 : 0.02;
    const double high = value_at(p, displaced(m->density, h, nu, grid->cells), NULL);
    const double low = value_at(p, displaced(m->density, -h, nu, grid->cells), NULL);
    errors[k] = fabs((high - low) / (2 * h) - slope);
  }
  is_second_order(errors, 1e-13 * (fabs(f) + 0.1)); /* a sum of both signs may be near 0 */
}

/* phi_p is infinite in vacuum for p <= 0. */
static bool finite_in_vacuum(const mf_flow *flow)
{
  for (int i = 0; i < mf_flow_energies(flow); i++) {
    const mf_energy *e = mf_flow_energy(flow, i);
    if (e->type->traits & MF_ENERGY_ENTROPIC && e->exponent <= 0) return false;
  }
  return true;
}

START_TEST(first_variation_is_the_derivative)
{
  for (scene s = scenes(11); next_scene(&s);) {
    const probe p = probe_of(&s, energies[_i]);
    if (!p.flow) continue;
    check_variation(&p, s.mu);
    at("%s on the %s with an empty cell", energies[_i], s.name);
    if (s.holed && finite_in_vacuum(p.flow)) check_variation(&p, s.holed);
  }
}
END_TEST

/* The derivative of xi along nu, for energies that offer it, against central differences of xi. */
START_TEST(hessian_is_the_derivative_of_the_variation)
{
  for (scene s = scenes(11); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    const probe p = probe_of(&s, energies[_i]);
    if (!p.flow) continue;
    double *nu = random_field(cells, 31), *excess = reals(cells), *log_ratio = reals(cells),
           *change = reals(cells);
    double *high = reals(cells), *low = reals(cells), *xi = reals(cells), *y = unknown(p.flow, s.mu),
           errors[2] = {0, 0};
    for (ptrdiff_t c = 0; c < cells; c++) {
      log_ratio[c] = nu[c];
      nu[c] *= s.mu->density[c];
      excess[c] = nu[c] / s.pi->density[c];
    }
    const mf_tangent tangent = {.density = nu, .excess = excess, .log_ratio = log_ratio};
    mf_report report;
    DO(mf_flow_report(p.flow, y, &report));
    for (int k = 0; k < mf_flow_energies(p.flow); k++) {
      const mf_energy *e = mf_flow_energy(p.flow, k);
      if (e->type->add_hessian) e->type->add_hessian(e, report.state, &tangent, change);
      if (e->type->traits & MF_ENERGY_ENTROPIC) /* phi_p'' = u^(p - 2) */
        for (ptrdiff_t c = 0; c < cells; c++)
          change[c] += e->weight * log_ratio[c] *
                       mf_entropy_pressure_slope(e->exponent, e->type->traits & MF_ENERGY_FLAT
                                                                  ? log(report.state->density[c])
                                                                  : report.state->log_ratio[c]);
    }
    for (int k = 0; k < 2; k++) {
      const double h = k ? 0.01 : 0.02;
      value_at(&p, displaced(s.mu->density, h, nu, cells), high);
      value_at(&p, displaced(s.mu->density, -h, nu, cells), low);
      for (ptrdiff_t c = 0; c < cells; c++)
        errors[k] = fmax(errors[k], fabs((high[c] - low[c]) / (2 * h) - change[c]));
    }
    value_at(&p, s.mu->density, xi);
    is_second_order(errors, 1e-12 * largest(xi, cells)); /* an FFT's 1e-14 of xi, over h = 1/100 */
  }
}
END_TEST

/* F >= 0 with F = 0 at the target, for energies that measure a distance to it. */
START_TEST(target_is_the_minimum)
{
  for (scene s = scenes(11); next_scene(&s);) {
    const probe p = probe_of(&s, energies[_i]);
    if (!p.flow) continue;
    bool equal_mass = false, distance = true;
    for (int k = 0; k < mf_flow_energies(p.flow); k++) {
      const unsigned traits = mf_flow_energy(p.flow, k)->type->traits;
      equal_mass = equal_mass || traits & MF_ENERGY_EQUAL_MASS;
      distance = distance && traits & MF_ENERGY_TARGET;
    }
    if (!distance) return;
    double *xi = reals(s.grid.cells);
    HOLDS(value_at(&p, s.pi->density, xi) == 0 && largest(xi, s.grid.cells) == 0);
    for (unsigned long long seed = 40; seed < 50; seed++) {
      const mf_measure *m =
          random_measure(&s.grid, equal_mass ? 1 : 0.5 + 0.1 * (double)(seed - 40), 2, seed);
      if (s.grid.cells > 1 || m->mass != 1) HOLDS(value_at(&p, m->density, NULL) > 0);
    }
  }
}
END_TEST

/* ---- geometries ----------------------------------------------------------------------------------------------- */

/* Every coordinate gives the same d rho/dt as the density does. */

static void check_agreement(const scene *s, mf_flow *flow)
{
  const ptrdiff_t cells = s->grid.cells;
  double *ydot = reals(cells), *got = reals(cells), *want = reals(cells);
  rates(flow, unknown(flow, s->mu), ydot, got);
  mf_flow *plain = flow_make(&s->grid, s->pi, s->mu, "density", s->energy, s->geometry);
  rates(plain, unknown(plain, s->mu), ydot, want);
  SAME(got, want, cells, rounding(want, cells));
}

START_TEST(coordinates_agree)
{
  each_flow(_i, check_agreement);
}
END_TEST

/* dF/dt = <xi, d mu/dt> = -<xi, K xi> <= 0. */
static void check_dissipation_at(const scene *s, mf_flow *flow, const mf_measure *m)
{
  const ptrdiff_t cells = s->grid.cells;
  double *y = unknown(flow, m), *ydot = reals(cells), *rho = reals(cells), size = 0;
  rates(flow, y, ydot, rho);
  mf_report report;
  DO(mf_flow_report(flow, y, &report));
  for (ptrdiff_t c = 0; c < cells; c++) size += s->grid.volume * fabs(report.xi[c] * rho[c]);
  const bool any_sign = traits_of(flow) & MF_GEOMETRY_UNSIGNED;
  HOLDS(any_sign || (cells > 1 ? report.dissipation > 0 : report.dissipation >= 0));
  CLOSE(report.dissipation, -mf_flow_power(flow, &report, ydot), 1e-12 * (size + 0.01));
}

static void check_dissipation(const scene *s, mf_flow *flow)
{
  check_dissipation_at(s, flow, s->mu);
  if (s->holed && is_absolute(flow) && finite_in_vacuum(flow)) check_dissipation_at(s, flow, s->holed);
}

START_TEST(dissipation_is_that_of_the_rate)
{
  each_flow(_i, check_dissipation);
}
END_TEST

/* The same where u is anything from e^-200 to e^5, and 1 somewhere: the tails that the log coordinate is for.  The sums
 * are good to an ulp of their terms, mu xi^2 where a mean is subtracted, and e^200 is good to 1e-13. */
static void check_tails(const scene *s, mf_flow *flow)
{
  const mf_coordinate *coordinate = mf_flow_coordinate(flow);
  if (coordinate->kind != MF_LOG) return;
  const ptrdiff_t cells = s->grid.cells;
  double *y = random_field(cells, 50), *ydot = reals(cells), size = 0;
  for (ptrdiff_t c = 0; c < cells; c++) y[c] = 102.5 * y[c] - 97.5;
  y[0] = 0.1;
  mf_report report;
  DO(mf_flow_rate(flow, y, ydot));
  DO(mf_flow_report(flow, y, &report));
  for (ptrdiff_t c = 0; c < cells; c++) {
    const double change = fabs(ydot[c]) + 1e-3 * fabs(report.xi[c]);
    size += s->grid.volume * fabs(report.xi[c]) * report.state->density[c] * change;
  }
  HOLDS(report.dissipation >= -1e-11 * size || traits_of(flow) & MF_GEOMETRY_UNSIGNED);
  CLOSE(report.dissipation, -mf_flow_power(flow, &report, ydot), 1e-11 * size);
}

START_TEST(dissipation_is_right_in_tails)
{
  each_flow(_i, check_tails);
}
END_TEST

static void check_mass(const scene *s, mf_flow *flow)
{
  HOLDS(mf_flow_conserves_mass(flow) || !(traits_of(flow) & MF_GEOMETRY_MASS));
  if (!mf_flow_conserves_mass(flow)) return;
  double *ydot = reals(s->grid.cells), *rho = reals(s->grid.cells);
  rates(flow, unknown(flow, s->mu), ydot, rho);
  CLOSE(mf_field_sum(&s->grid, rho), 0, 1e-14 * (mf_field_sum_abs(&s->grid, rho) + 0.1));
  if (!s->holed || !is_absolute(flow) || !finite_in_vacuum(flow)) return;
  rates(flow, unknown(flow, s->holed), ydot, rho);
  CLOSE(mf_field_sum(&s->grid, rho), 0, 1e-14 * (mf_field_sum_abs(&s->grid, rho) + 0.1));
}

START_TEST(mass_is_conserved_where_promised)
{
  each_flow(_i, check_mass);
}
END_TEST

/* Nothing leaves an empty cell. */
static void check_positivity(const scene *s, mf_flow *flow)
{
  if (!is_absolute(flow) || !s->holed || traits_of(flow) & MF_GEOMETRY_WIDE) return;
  double *ydot = reals(s->grid.cells);
  for (ptrdiff_t hole = 0; hole < s->grid.cells;
       hole += 1 + s->grid.cells / 5) { /* corners and inner cells */
    DO(mf_flow_rate(flow, unknown(flow, with_vacuum(s->mu, hole)), ydot));
    ck_assert_msg(ydot[hole] >= 0, "%s: %g leaves the empty cell %td", here, ydot[hole], hole);
  }
}

START_TEST(empty_cells_do_not_give)
{
  each_flow(_i, check_positivity);
}
END_TEST

static void check_rest(const scene *s, mf_flow *flow)
{
  double *ydot = reals(s->grid.cells), *y = unknown(flow, s->pi);
  mf_report report;
  if (!energies_have(flow, MF_ENERGY_TARGET)) return;
  DO(mf_flow_rate(flow, y, ydot));
  ck_assert_msg(largest(ydot, s->grid.cells) < 1e-300, "%s: %g at the target", here,
                largest(ydot, s->grid.cells));
  DO(mf_flow_report(flow, y, &report));
  HOLDS(report.energy == 0 && report.dissipation == 0 && report.mass_excess == 0);
}

START_TEST(nothing_moves_at_the_target)
{
  each_flow(_i, check_rest);
}
END_TEST

/* Near the target everything is linear in the deviation, down to 1e-150: no difference of large numbers is left. */
static void check_linear(const scene *s, mf_flow *flow)
{
  if (!strcmp(mf_coordinate_names[mf_flow_coordinate(flow)->kind], "density"))
    return; /* it subtracts: not its use */
  if (!energies_have(flow, MF_ENERGY_TARGET)) return;
  const ptrdiff_t cells = s->grid.cells;
  double *y = random_field(cells, 60), *small = reals(cells), *ydot = reals(cells), *want = reals(cells);
  for (ptrdiff_t c = 0; c < cells; c++) y[c] *= is_absolute(flow) ? 1e-9 * s->pi->density[c] : 1e-9;
  for (ptrdiff_t c = 0; c < cells; c++) small[c] = 1e-141 * y[c];
  DO(mf_flow_rate(flow, small, ydot));
  DO(mf_flow_rate(flow, y, want));
  for (ptrdiff_t c = 0; c < cells; c++) ydot[c] *= 1e141;
  /* The quadratic term is 1e-9 of the linear one, and u^p < e^6; a single cell's terms cancel. */
  SAME(ydot, want, cells, 1e-7 * (largest(want, cells) + 1e-2 * 1e-9));
}

START_TEST(rates_are_linear_near_the_target)
{
  each_flow(_i, check_linear);
}
END_TEST

/* Shifting all measures by one cell shifts the rate. */
static mf_measure *shifted(const mf_measure *m, int axis)
{
  const mf_grid *grid = m->grid;
  mf_measure *out = empty_measure(grid);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const ptrdiff_t k = c / grid->stride[axis] % grid->n[axis],
                    to = c + ((k + 1) % grid->n[axis] - k) * grid->stride[axis];
    out->density[to] = m->density[c];
    out->log_density[to] = m->log_density[c];
  }
  out->mass = m->mass;
  return out;
}

START_TEST(rates_move_with_the_measures)
{
  for (scene s = scenes(11); next_scene(&s);)
    for (int axis = 0; axis < s.grid.dim; axis++) {
      if (!s.grid.periodic[axis]) continue;
      scene moved = {.grid = s.grid, .pi = shifted(s.pi, axis), .mu = shifted(s.mu, axis)};
      const int before = kept_count;
      for (int e = 0; e < energy_count; e++)
        for (const char *const *name = mf_coordinate_names; *name; name++) {
          at("%s in %s, %s, %s along axis %d", energies[e], geometries[_i], *name, s.name, axis);
          s.energy = moved.energy = energies[e];
          s.geometry = moved.geometry = geometries[_i];
          mf_flow *flow = accepted(&s), *other = accepted(&moved);
          if (flow && fits(flow, *name) && !energies_have(flow, MF_ENERGY_PLACED)) {
            double *rate = reals(s.grid.cells), *want = reals(s.grid.cells), *got = reals(s.grid.cells);
            DO(mf_flow_finish(flow, *name, s.mu));
            DO(mf_flow_finish(other, *name, moved.mu));
            DO(mf_flow_rate(flow, unknown(flow, s.mu), rate));
            DO(mf_flow_rate(other, unknown(other, moved.mu), got));
            for (ptrdiff_t c = 0; c < s.grid.cells; c++) {
              const ptrdiff_t n = s.grid.n[axis], k = c / s.grid.stride[axis] % n;
              want[c + ((k + 1) % n - k) * s.grid.stride[axis]] = rate[c];
            }
            SAME(got, want, s.grid.cells, rounding(rate, s.grid.cells));
          }
          release_to(before);
        }
    }
}
END_TEST

/* Rate and dissipation are proportional to the coefficient, rate to the energy's weight; coefficient 0 is no geometry. */
START_TEST(coefficients_and_weights_are_factors)
{
  for (scene s = scenes(11); next_scene(&s);) {
    const int before = kept_count;
    for (int e = 0; e < energy_count; e++)
      for (int relative = 0; relative < 2; relative++) {
        const char *coordinate = relative ? "log" : "deviation";
        char heavy[LINE + 16], strong[LINE + 16], none[LINE + 16];
        at("%s in %s, %s, %s", energies[e], geometries[_i], coordinate, s.name);
        strcat(strcpy(heavy, energies[e]), " weight=3");
        strcat(strcpy(strong, geometries[_i]), " coefficient=2.5");
        strcat(strcpy(none, geometries[_i]), " coefficient=0");
        s.energy = energies[e];
        s.geometry = geometries[_i];
        if (strchr(energies[e], '+') || !accepted(&s)) continue;
        mf_flow *flow = flow_make(&s.grid, s.pi, s.mu, coordinate, energies[e], geometries[_i]);
        mf_flow *both = flow_make(&s.grid, s.pi, s.mu, coordinate, heavy, strong);
        mf_flow *still = flow_make(&s.grid, s.pi, s.mu, coordinate, energies[e], none);
        double *y = unknown(flow, s.mu), *rate = reals(s.grid.cells), *got = reals(s.grid.cells);
        mf_report one, many;
        DO(mf_flow_rate(flow, y, rate));
        DO(mf_flow_rate(both, y, got));
        for (ptrdiff_t c = 0; c < s.grid.cells; c++) rate[c] *= 7.5;
        SAME(got, rate, s.grid.cells, rounding(rate, s.grid.cells));
        DO(mf_flow_report(flow, y, &one));
        DO(mf_flow_report(both, y, &many));
        CLOSE_REL(many.energy, 3 * one.energy, 1e-14);
        CLOSE(many.dissipation, 2.5 * 3 * 3 * one.dissipation, 1e-12 * (fabs(many.dissipation) + 0.01));
        DO(mf_flow_rate(still, y, got));
        HOLDS(largest(got, s.grid.cells) == 0);
        release_to(before);
      }
  }
}
END_TEST

/* ---- linearisation -------------------------------------------------------------------------------------------- */

/* (f(y + h v) - f(y - h v))/(2 h) against J v: second order in h where no limiter or upwind switch is crossed on the
 * way, which smaller h make unlikely; a wrong J never passes.  v is relative to what y is made of. */
static double difference_error(mf_flow *flow, const double *y, const double *v, const double *jv, double h)
{
  const ptrdiff_t cells = mf_flow_grid(flow)->cells;
  double *high = reals(cells), *low = reals(cells), error = 0;
  DO(mf_flow_rate(flow, displaced(y, h, v, cells), high));
  DO(mf_flow_rate(flow, displaced(y, -h, v, cells), low));
  for (ptrdiff_t c = 0; c < cells; c++) error = fmax(error, fabs((high[c] - low[c]) / (2 * h) - jv[c]));
  return error;
}

static void check_jacobian(const scene *s, mf_flow *flow)
{
  const ptrdiff_t cells = s->grid.cells;
  if (!mf_flow_geometry(flow, 0)->type->jacobian) return; /* never stiff: Newton does without */
  double *y = unknown(flow, s->mu), *v = random_field(cells, 70), *jv = reals(cells), *ydot = reals(cells);
  for (ptrdiff_t c = 0; c < cells; c++)
    v[c] *= is_absolute(flow) ? s->mu->density[c]
                              : mf_coordinate_slope(mf_flow_coordinate(flow),
                                                    s->mu->log_density[c] - s->pi->log_density[c]);
  mf_flow_linearise(flow, y);
  DO(mf_flow_jacobian(flow, v, jv));
  DO(mf_flow_rate(flow, y, ydot));
  const double size = fmax(largest(jv, cells), largest(ydot, cells)) + 0.01;
  double first = 0, second = 0;
  for (double h = 1e-3; h > 3e-6; h /= 4) {
    first = difference_error(flow, y, v, jv, h);
    second = difference_error(flow, y, v, jv, h / 2);
    if (second <= 1e-9 * size) return; /* 1e-14 of rounding over h */
    if (log2(first / second) > 1.9 && log2(first / second) < 2.1 && second < 1e-3 * size) return;
  }
  ck_abort_msg("%s: the Jacobian is off by %.3g, then %.3g of %.3g", here, first, second, size);
}

START_TEST(jacobian_is_the_derivative_of_the_rate)
{
  each_flow(_i, check_jacobian);
}
END_TEST

/* J is linear. */
static void check_jacobian_linear(const scene *s, mf_flow *flow)
{
  const ptrdiff_t cells = s->grid.cells;
  double *a = random_field(cells, 71), *b = random_field(cells, 72), *sum = reals(cells);
  double *ja = reals(cells), *jb = reals(cells), *js = reals(cells);
  for (ptrdiff_t c = 0; c < cells; c++) sum[c] = 2 * a[c] - 3 * b[c];
  mf_flow_linearise(flow, unknown(flow, s->mu));
  DO(mf_flow_jacobian(flow, a, ja));
  DO(mf_flow_jacobian(flow, b, jb));
  DO(mf_flow_jacobian(flow, sum, js));
  for (ptrdiff_t c = 0; c < cells; c++) ja[c] = 2 * ja[c] - 3 * jb[c];
  /* Differences such as p = -1 makes: u^(p - 1) up to e^4 in terms that nearly cancel */
  SAME(js, ja, cells, 1e-11 * (largest(js, cells) + largest(ja, cells) + largest(jb, cells) + 0.01));
}

START_TEST(jacobian_is_linear)
{
  each_flow(_i, check_jacobian_linear);
}
END_TEST

/* The bands of all axes together are the whole Jacobian wherever the flow couples neighbours only: entropic energies,
 * and no mean over the grid.  A coupling along one axis is in the bands of that axis alone. */
static void add_band_entry(double *matrix, ptrdiff_t cells, ptrdiff_t row, ptrdiff_t column, double value)
{
  matrix[row * cells + column] += value;
}

static void check_bands(const scene *s, mf_flow *flow)
{
  const mf_grid *grid = &s->grid;
  const ptrdiff_t cells = grid->cells;
  const mf_geometry *g = mf_flow_geometry(flow, 0);
  const unsigned traits = g->type->traits;
  double p;
  const bool entropic = entropies_of(flow, &p) == mf_flow_energies(flow);
  if (!g->type->add_bands || traits & MF_GEOMETRY_WIDE || !(entropic || traits & MF_GEOMETRY_EMBEDDED))
    return;
  if (traits & MF_GEOMETRY_REACTION && traits & MF_GEOMETRY_MASS) return; /* the mean is left out */
  double *lower = reals(cells), *diagonal = reals(cells), *upper = reals(cells),
         *matrix = reals(cells * cells);
  mf_flow_linearise(flow, unknown(flow, s->mu));
  for (int a = 0; a < grid->dim; a++) {
    mf_flow_bands(flow, a, lower, diagonal, upper);
    for (ptrdiff_t c = 0; c < cells; c++) {
      const ptrdiff_t before = neighbour(grid, a, c, -1), after = neighbour(grid, a, c, 1);
      add_band_entry(matrix, cells, c, c, diagonal[c]);
      if (before >= 0) add_band_entry(matrix, cells, c, before, lower[c]);
      if (after >= 0) add_band_entry(matrix, cells, c, after, upper[c]);
      if (before < 0) HOLDS(lower[c] == 0);
      if (after < 0) HOLDS(upper[c] == 0);
    }
  }
  double *e = reals(cells), *column = reals(cells);
  const double size = largest(matrix, cells * cells);
  for (ptrdiff_t j = 0; j < cells; j++) {
    e[j] = 1;
    DO(mf_flow_jacobian(flow, e, column));
    e[j] = 0;
    for (ptrdiff_t i = 0; i < cells; i++) CLOSE(matrix[i * cells + j], column[i], 1e-13 * size);
  }
}

START_TEST(bands_are_the_jacobian)
{
  each_flow(_i, check_bands);
}
END_TEST

/* With the deviation as unknown the generator of KL in a transport geometry is symmetric and dissipative in L^2(1/pi):
 * chi^2 decays at twice the gap, and Chebyshev series and conjugate gradients apply. */
static void check_generator(const scene *s, mf_flow *flow)
{
  const ptrdiff_t cells = s->grid.cells;
  const bool kl = !strcmp(s->energy, "kl") && mf_flow_coordinate(flow)->kind == MF_DEVIATION;
  if (!kl || !(traits_of(flow) & MF_GEOMETRY_TRANSPORT)) return;
  double *v = random_field(cells, 51), *w = random_field(cells, 52), *jv = reals(cells), *jw = reals(cells);
  double vjw = 0, wjv = 0, vjv = 0, size = 0;
  mf_flow_linearise(flow, unknown(flow, s->mu));
  DO(mf_flow_jacobian(flow, v, jv));
  DO(mf_flow_jacobian(flow, w, jw));
  for (ptrdiff_t c = 0; c < cells; c++) {
    const double pi = s->pi->density[c];
    vjw += v[c] * jw[c] / pi;
    wjv += w[c] * jv[c] / pi;
    vjv += v[c] * jv[c] / pi;
    size += fabs(v[c] * jw[c] / pi) + fabs(w[c] * jv[c] / pi);
  }
  CLOSE(vjw, wjv, 1e-14 * size); /* the sums' own rounding */
  HOLDS(cells > 1 ? vjv < 0 : vjv <= 0);
}

START_TEST(generators_are_symmetric)
{
  each_flow(_i, check_generator);
}
END_TEST

/* ---- the operator K ------------------------------------------------------------------------------------------- */

/* K xi in MF_ABSOLUTE form for a force that is no entropy: -rate. */
static void apply(const mf_geometry *g, const mf_state *s, const double *xi, double *out)
{
  const mf_force force = {.xi = xi, .total = xi};
  double *rate = reals(s->grid->cells);
  g->type->rate(g, s, &force, rate);
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) out[c] = -rate[c];
}

/* <xi, K xi> >= 0 and is the dissipation; <eta, K xi> = <xi, K eta>.  The upwind value makes K depend on the direction
 * of motion, not on its size: symmetry is that between forces that push every mass the same way, eta increasing in
 * xi.  Reactions are linear: any eta will do. */
START_TEST(operators_are_symmetric_and_positive)
{
  for (scene s = scenes(11); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    options o;
    at("%s on the %s", geometries[_i], s.name);
    const mf_geometry_type *type = read_geometry(geometries[_i], &o);
    if (type->traits & MF_GEOMETRY_UNSIGNED) return;
    double *xi = random_field(cells, 80), *eta = reals(cells), *k_xi = reals(cells), *k_eta = reals(cells);
    mf_geometry *g;
    const mf_force parts = {.xi = xi};
    const int status = mf_geometry_create(&g, type, &s.grid, s.pi, o.data.bytes, &parts);
    ck_assert_int_eq(status, type->traits & MF_GEOMETRY_EMBEDDED ? MF_ECASE : MF_OK);
    if (status) break;
    const mf_state state = {.grid = &s.grid, .target = s.pi, .form = MF_ABSOLUTE, .density = s.mu->density};
    const bool linear = type->traits & MF_GEOMETRY_REACTION;
    const double *other = random_field(cells, 81);
    for (ptrdiff_t c = 0; c < cells; c++) eta[c] = linear ? other[c] : xi[c] + xi[c] * xi[c] * xi[c] + 0.1;
    apply(g, &state, xi, k_xi);
    apply(g, &state, eta, k_eta);
    const double size = mf_field_sum_abs(&s.grid, k_xi) * 2.1;
    CLOSE(mf_field_dot(&s.grid, eta, k_xi), mf_field_dot(&s.grid, xi, k_eta), 1e-14 * size);
    const mf_force force = {.xi = xi, .total = xi};
    CLOSE(g->type->dissipation(g, &state, &force), s.grid.volume * mf_field_dot(&s.grid, xi, k_xi),
          1e-14 * s.grid.volume * size);
    HOLDS(g->type->dissipation(g, &state, &force) >= 0);
    mf_geometry_free(g);
  }
}
END_TEST

int main(void)
{
  list_parts();
  Suite *suite = suite_create("laws");
  TCase *all = tcase_create("laws");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, energies_keep_their_form);
  tcase_add_test(all, geometries_keep_their_form);
  tcase_add_test(all, energies_ask_for_their_target);
  tcase_add_test(all, entropies_refuse_an_empty_target);
  tcase_add_loop_test(all, first_variation_is_the_derivative, 0, energy_count);
  tcase_add_loop_test(all, hessian_is_the_derivative_of_the_variation, 0, energy_count);
  tcase_add_loop_test(all, target_is_the_minimum, 0, energy_count);
  tcase_add_loop_test(all, coordinates_agree, 0, geometry_count);
  tcase_add_loop_test(all, dissipation_is_that_of_the_rate, 0, geometry_count);
  tcase_add_loop_test(all, dissipation_is_right_in_tails, 0, geometry_count);
  tcase_add_loop_test(all, mass_is_conserved_where_promised, 0, geometry_count);
  tcase_add_loop_test(all, empty_cells_do_not_give, 0, geometry_count);
  tcase_add_loop_test(all, nothing_moves_at_the_target, 0, geometry_count);
  tcase_add_loop_test(all, rates_are_linear_near_the_target, 0, geometry_count);
  tcase_add_loop_test(all, rates_move_with_the_measures, 0, geometry_count);
  tcase_add_loop_test(all, coefficients_and_weights_are_factors, 0, geometry_count);
  tcase_add_loop_test(all, jacobian_is_the_derivative_of_the_rate, 0, geometry_count);
  tcase_add_loop_test(all, jacobian_is_linear, 0, geometry_count);
  tcase_add_loop_test(all, bands_are_the_jacobian, 0, geometry_count);
  tcase_add_loop_test(all, generators_are_symmetric, 0, geometry_count);
  tcase_add_loop_test(all, operators_are_symmetric_and_positive, 0, geometry_count);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
