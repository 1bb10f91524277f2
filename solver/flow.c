/* A gradient flow: a sum of energies in a sum of geometries. */
#include "solver/flow.h"

#include "grids/field.h"
#include "grids/threads.h"
#include "operators/entropy.h"

#include <math.h>
#include <string.h>

struct mf_flow {
  const mf_grid *grid;
  const mf_measure *target;
  mf_energy *energy[MF_PARTS];
  mf_geometry *geometry[MF_PARTS];
  int energies, geometries;
  bool borrowed; /* both, from another flow */
  mf_entropy entropy[MF_PARTS];
  mf_force force; /* its parts; values in xi */
  bool has_xi;    /* some energy is not entropic */
  mf_coordinate coordinate;
  unsigned needs;
  double *inverse_target;
  mf_snapshot now, linear, full; /* of the rate, of the Jacobian, of reports */
  double *xi, *linear_xi, *change_xi, *total_xi;
  double *linear_rate; /* d log rho/dt there, where dy is not d log rho */
  double *tangent_density, *tangent_ratio, *tangent_log;
  double *start_log; /* log-ratio of the initial measure, tails included */
  double excess;     /* conserved mass less the target's */
};

int mf_flow_create(mf_flow **out, const mf_grid *grid, const mf_measure *target)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->grid = grid;
  (*out)->target = target;
  (*out)->force.entropy = (*out)->entropy;
  return MF_OK;
}

void mf_flow_free(mf_flow *flow)
{
  if (!flow) return;
  for (int i = 0; i < flow->energies && !flow->borrowed; i++) mf_energy_free(flow->energy[i]);
  for (int i = 0; i < flow->geometries && !flow->borrowed; i++) mf_geometry_free(flow->geometry[i]);
  mf_snapshot_clear(&flow->now);
  mf_snapshot_clear(&flow->linear);
  mf_snapshot_clear(&flow->full);
  double *const arrays[] = {
      flow->inverse_target, flow->xi,          flow->linear_xi,       flow->change_xi,
      flow->total_xi,       flow->linear_rate, flow->tangent_density, flow->tangent_ratio,
      flow->tangent_log,    flow->start_log};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) mf_release(arrays[i]);
  mf_release(flow);
}

/* ---- composition ---- */

/* Sorts a new energy into the parts of the force. */
static void connect(mf_flow *flow, const mf_energy *e)
{
  if (e->type->traits & MF_ENERGY_ENTROPIC) {
    flow->entropy[flow->force.entropies++] = (mf_entropy){.weight = e->weight,
                                                          .exponent = e->exponent,
                                                          .constant = e->constant,
                                                          .flat = e->type->traits & MF_ENERGY_FLAT};
  } else {
    flow->has_xi = true;
    flow->needs |= e->type->needs;
  }
  const bool alone = flow->energies == 1;
  flow->force.embedding = alone ? e->embedding : NULL;
  flow->force.embedding_weight = e->weight;
}

int mf_flow_add_energy(mf_flow *flow, const mf_energy_type *type, const void *options)
{
  if (flow->energies == MF_PARTS) return mf_fail(MF_ECASE, "more than %d energies", MF_PARTS);
  if (flow->geometries > 0) return mf_fail(MF_ECASE, "energy %s comes after a geometry", type->name);
  MF_TRY(mf_energy_create(&flow->energy[flow->energies], type, flow->grid, flow->target, options));
  connect(flow, flow->energy[flow->energies++]);
  return MF_OK;
}

int mf_flow_add_geometry(mf_flow *flow, const mf_geometry_type *type, const void *options)
{
  if (flow->geometries == MF_PARTS) return mf_fail(MF_ECASE, "more than %d geometries", MF_PARTS);
  mf_force parts = flow->force;
  if (flow->has_xi) {
    if (!flow->xi) MF_TRY(mf_reals_create(&flow->xi, flow->grid->cells));
    parts.xi = flow->xi;
  }
  MF_TRY(
      mf_geometry_create(&flow->geometry[flow->geometries], type, flow->grid, flow->target, options, &parts));
  flow->geometries++;
  return MF_OK;
}

int mf_flow_create_part(mf_flow **out, const mf_flow *whole, unsigned traits)
{
  MF_TRY(mf_flow_create(out, whole->grid, whole->target));
  mf_flow *part = *out;
  part->borrowed = true;
  for (int i = 0; i < whole->energies; i++) {
    part->energy[part->energies++] = whole->energy[i];
    connect(part, whole->energy[i]);
  }
  for (int i = 0; i < whole->geometries; i++)
    if ((whole->geometry[i]->type->traits & traits) == traits)
      part->geometry[part->geometries++] = whole->geometry[i];
  if (!part->has_xi) return MF_OK;
  return mf_reals_create(&part->xi, part->grid->cells);
}

static unsigned geometry_traits(const mf_flow *flow)
{
  unsigned traits = 0;
  for (int i = 0; i < flow->geometries; i++)
    if (flow->geometry[i]->coefficient > 0) traits |= flow->geometry[i]->type->traits;
  return traits;
}

bool mf_flow_conserves_mass(const mf_flow *flow)
{
  for (int i = 0; i < flow->geometries; i++)
    if (!(flow->geometry[i]->type->traits & MF_GEOMETRY_MASS) && !flow->geometry[i]->conserves &&
        flow->geometry[i]->coefficient > 0)
      return false;
  return true;
}

static mf_flow_facts facts(const mf_flow *flow)
{
  const unsigned traits = geometry_traits(flow);
  mf_flow_facts f = {.target = flow->target,
                     .transport = traits & MF_GEOMETRY_TRANSPORT,
                     .reaction = traits & MF_GEOMETRY_REACTION,
                     .lowest_exponent = INFINITY};
  for (int k = 0; k < flow->force.entropies; k++) {
    if (flow->entropy[k].flat) continue;
    f.entropies++;
    f.lowest_exponent = fmin(f.lowest_exponent, flow->entropy[k].exponent);
  }
  return f;
}

static void invert(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_flow *flow = self;
  for (ptrdiff_t c = begin; c < end; c++) flow->inverse_target[c] = 1 / flow->target->density[c];
}

static int invert_target(mf_flow *flow)
{
  MF_TRY(mf_reals_create(&flow->inverse_target, flow->grid->cells));
  mf_share(flow->grid->cells, MF_PIECE, invert, flow);
  return MF_OK;
}

static int allocate(mf_flow *flow)
{
  const mf_grid *grid = flow->grid;
  const bool relative = mf_coordinate_relative(&flow->coordinate);
  const bool divided = mf_force_has(&flow->force, false);
  bool divides = relative || divided;
  if (flow->target &&
      !divides) /* so that reports can give divergences as well, where the target is positive */
    divides = mf_field_min(grid, flow->target->log_density) > -650;
  if (flow->target && divides) MF_TRY(invert_target(flow));
  const mf_force parts = {.entropy = flow->entropy, .entropies = flow->force.entropies, .xi = flow->xi};
  for (int i = 0; i < flow->geometries; i++)
    flow->needs |=
        flow->geometry[i]->type->needs(flow->geometry[i], &parts, relative ? MF_RELATIVE : MF_ABSOLUTE);
  const mf_coordinate *q = &flow->coordinate;
  const unsigned needs = flow->needs | mf_coordinate_needs(q); /* of norm, projection and tangents too */
  MF_TRY(mf_snapshot_init(&flow->now, grid, flow->target, flow->inverse_target, q, needs));
  MF_TRY(mf_snapshot_init(&flow->linear, grid, flow->target, flow->inverse_target, q, needs));
  MF_TRY(mf_snapshot_init(&flow->full, grid, flow->target, flow->inverse_target, q, MF_NEED_ALL));
  MF_TRY(mf_reals_create(&flow->total_xi, grid->cells));
  if (flow->has_xi) {
    MF_TRY(mf_reals_create(&flow->linear_xi, grid->cells));
    MF_TRY(mf_reals_create(&flow->change_xi, grid->cells));
  }
  if (q->exponent != 0) MF_TRY(mf_reals_create(&flow->linear_rate, grid->cells));
  if (relative) {
    MF_TRY(mf_reals_create(&flow->tangent_density, grid->cells));
    MF_TRY(mf_reals_create(&flow->tangent_log, grid->cells));
  } else if (divided && flow->needs & MF_NEED_RATIO) {
    MF_TRY(mf_reals_create(&flow->tangent_ratio, grid->cells));
  }
  return MF_OK;
}

/* A conditionally positive kernel measures distances between equal masses only. */
static int check_masses(const mf_flow *flow, const mf_measure *initial)
{
  for (int i = 0; i < flow->energies; i++) {
    const mf_convolution *k = flow->energy[i]->embedding;
    if (!k || !mf_convolution_kernel(k)->type->conditional) continue;
    if (fabs(initial->mass - flow->target->mass) > 1e-9 * initial->mass)
      return mf_fail(MF_ECASE, "kernel %s compares equal masses only: the initial one is %g, the target's %g",
                     mf_convolution_kernel(k)->type->name, initial->mass, flow->target->mass);
  }
  return MF_OK;
}

int mf_flow_finish(mf_flow *flow, const char *request, const mf_measure *initial)
{
  if (flow->energies == 0) return mf_fail(MF_ECASE, "a gradient flow needs an energy");
  if (flow->geometries == 0) return mf_fail(MF_ECASE, "a gradient flow needs a geometry");
  MF_TRY(check_masses(flow, initial));
  const mf_flow_facts known = facts(flow);
  MF_TRY(mf_coordinate_choose(&flow->coordinate, &known, request, initial));
  return allocate(flow);
}

const mf_grid *mf_flow_grid(const mf_flow *flow)
{
  return flow->grid;
}

const mf_measure *mf_flow_target(const mf_flow *flow)
{
  return flow->target;
}

const mf_coordinate *mf_flow_coordinate(const mf_flow *flow)
{
  return &flow->coordinate;
}

int mf_flow_energies(const mf_flow *flow)
{
  return flow->energies;
}

int mf_flow_geometries(const mf_flow *flow)
{
  return flow->geometries;
}

const mf_energy *mf_flow_energy(const mf_flow *flow, int index)
{
  return flow->energy[index];
}

const mf_geometry *mf_flow_geometry(const mf_flow *flow, int index)
{
  return flow->geometry[index];
}

bool mf_flow_vanishes(const mf_flow *flow)
{
  for (int i = 0; i < flow->energies; i++)
    if (!(flow->energy[i]->type->traits & MF_ENERGY_TARGET)) return false;
  return true;
}

/* True if F is a multiple of KL(mu|pi). */
static bool is_kl(const mf_flow *flow)
{
  bool kl = flow->force.entropies > 0 && !flow->has_xi;
  for (int k = 0; k < flow->force.entropies; k++) {
    const mf_entropy *e = &flow->entropy[k];
    kl = kl && e->exponent == 1 && e->constant == 0 && !e->flat;
  }
  return kl;
}

bool mf_flow_linear(const mf_flow *flow)
{
  bool linear = flow->coordinate.kind == MF_DEVIATION && is_kl(flow);
  for (int i = 0; i < flow->geometries; i++)
    linear = linear && flow->geometry[i]->type->traits & MF_GEOMETRY_TRANSPORT;
  return linear;
}

bool mf_flow_splits(const mf_flow *flow)
{
  bool splits = is_kl(flow) && geometry_traits(flow) & MF_GEOMETRY_TRANSPORT;
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry_type *type = flow->geometry[i]->type;
    splits = splits && (type->traits & MF_GEOMETRY_TRANSPORT || type->react);
  }
  return splits;
}

bool mf_flow_divides(const mf_flow *flow)
{
  return flow->inverse_target != NULL;
}

double mf_flow_weight(const mf_flow *flow)
{
  double sum = 0;
  for (int k = 0; k < flow->force.entropies; k++) sum += flow->entropy[k].weight;
  return sum;
}

bool mf_flow_generator(const mf_flow *flow, mf_generator *generator, double *factor)
{
  const mf_geometry *only = NULL;
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry *g = flow->geometry[i];
    if (!(g->coefficient > 0)) continue;
    if (only || !g->type->weights) return false;
    only = g;
  }
  if (!only || !mf_flow_linear(flow)) return false;
  *generator = (mf_generator){.grid = flow->grid, .inverse = flow->inverse_target};
  for (int a = 0; a < flow->grid->dim; a++) generator->weight[a] = only->type->weights(only, a);
  *factor = mf_flow_weight(flow) * only->coefficient;
  return true;
}

bool mf_flow_stiff(const mf_flow *flow, const char **reason)
{
  const unsigned traits = geometry_traits(flow);
  const bool entropic = flow->force.entropies > 0;
  if ((traits & MF_GEOMETRY_TRANSPORT) && entropic) {
    *reason = "diffusion is stiff";
    return true;
  }
  const bool linear = flow->force.entropies == 1 &&
                      flow->entropy[0].exponent == 1 - flow->coordinate.exponent &&
                      mf_coordinate_relative(&flow->coordinate);
  if ((traits & MF_GEOMETRY_REACTION) && entropic && !linear) {
    *reason = "this reaction may be stiff in the coordinate";
    return true;
  }
  *reason = "nothing is stiff";
  return false;
}

/* ---- rate ---- */

/* Force at a state; the non-entropic energies' first variation goes to xi. */
static mf_force force_at(const mf_flow *flow, const mf_state *s, double *xi)
{
  mf_force f = flow->force;
  if (!flow->has_xi) return f;
  memset(xi, 0, (size_t)flow->grid->cells * sizeof *xi);
  for (int i = 0; i < flow->energies; i++)
    if (flow->energy[i]->type->add_variation) flow->energy[i]->type->add_variation(flow->energy[i], s, xi);
  f.xi = xi;
  return f;
}

/* False if a rate is not finite. */
static bool sum_rates(const mf_flow *flow, const mf_state *s, const mf_force *f, double *rate)
{
  bool fresh = true, checked = true, finite = true;
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry *g = flow->geometry[i];
    if (!(g->coefficient > 0)) continue;
    if (g->type->fused_rate && g->type->fused_rate(g, s, f, fresh, rate, &finite)) {
      fresh = false;
      continue;
    }
    if (fresh) memset(rate, 0, (size_t)flow->grid->cells * sizeof *rate);
    g->type->rate(g, s, f, rate);
    fresh = checked = false;
  }
  if (fresh) memset(rate, 0, (size_t)flow->grid->cells * sizeof *rate);
  return checked ? finite : isfinite(mf_field_sum_abs(flow->grid, rate));
}

/* Turns d log rho/dt into dy/dt; false if one is not finite. */
static bool scale_by_slope(const mf_flow *flow, const mf_state *s, double *rate)
{
  if (flow->coordinate.exponent == 0) return true;
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++)
    rate[c] *= mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]);
  return isfinite(mf_field_sum_abs(flow->grid, rate));
}

typedef struct {
  const double *change;
  double *y;
} addition;

static void add(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const addition *j = self;
  for (ptrdiff_t c = begin; c < end; c++) j->y[c] += j->change[c];
}

/* One Newton step towards the conserved mass; the correction takes the place of a report's first variation. */
static void correct(mf_flow *flow, double *y)
{
  mf_flow_project(flow, y, flow->total_xi, NULL);
  mf_share(flow->grid->cells, MF_PIECE, add, &(addition){flow->total_xi, y});
}

int mf_flow_start(mf_flow *flow, const mf_measure *initial, double *y)
{
  MF_TRY(mf_coordinate_start(&flow->coordinate, flow->target, initial, y));
  mf_snapshot_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  flow->excess = mf_coordinate_excess(&flow->now);
  const double round_off = 1e-13 * initial->mass;
  if (!flow->target || fabs(flow->excess) > round_off) return MF_OK;
  flow->excess = 0; /* equal masses: start from a deviation without mass, to the last bit that sums can see */
  if (!mf_flow_conserves_mass(flow)) return MF_OK;
  correct(flow, y);
  return MF_OK;
}

/* Where mass is not linear in y (log, power) the second of two Newton steps makes up for the first. */
void mf_flow_restore_mass(mf_flow *flow, double *y)
{
  if (!mf_flow_conserves_mass(flow)) return;
  for (int pass = 0; pass < 2; pass++) correct(flow, y);
}

void mf_flow_hold_mass(mf_flow *flow, const double *y)
{
  mf_snapshot_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  flow->excess = mf_coordinate_excess(&flow->now);
}

int mf_flow_rate(mf_flow *flow, const double *y, double *ydot)
{
  mf_snapshot_set(&flow->now, &flow->coordinate, y, flow->needs);
  const mf_force f = force_at(flow, &flow->now.state, flow->xi);
  if (sum_rates(flow, &flow->now.state, &f, ydot) && scale_by_slope(flow, &flow->now.state, ydot))
    return MF_OK;
  return mf_fail(MF_RETRY, "the rate of the flow is not finite");
}

/* ---- linearisation ---- */

void mf_flow_linearise(mf_flow *flow, const double *y)
{
  mf_snapshot_set(&flow->linear, &flow->coordinate, y, flow->linear.needs);
  mf_force f = force_at(flow, &flow->linear.state, flow->linear_xi);
  if (flow->linear_rate) sum_rates(flow, &flow->linear.state, &f, flow->linear_rate);
}

static mf_force linear_force(const mf_flow *flow)
{
  mf_force f = flow->force;
  f.xi = flow->has_xi ? flow->linear_xi : NULL;
  return f;
}

/* The tangent of dy = v. */
static mf_tangent tangent_of(mf_flow *flow, const double *v)
{
  const mf_state *s = &flow->linear.state;
  if (s->form == MF_ABSOLUTE) {
    for (ptrdiff_t c = 0; flow->tangent_ratio && c < flow->grid->cells; c++)
      flow->tangent_ratio[c] = v[c] * flow->inverse_target[c];
    return (mf_tangent){.density = v, .ratio = flow->tangent_ratio};
  }
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++) {
    flow->tangent_log[c] = v[c] / mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]);
    flow->tangent_density[c] = s->density[c] * flow->tangent_log[c];
  }
  return (mf_tangent){.density = flow->tangent_density, .log_ratio = flow->tangent_log};
}

/* False if a value is not finite. */
static bool sum_jacobians(const mf_flow *flow, const mf_state *s, const mf_force *f, const mf_tangent *d,
                          const double *dxi, double *jv)
{
  bool fresh = true, checked = true, finite = true;
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry *g = flow->geometry[i];
    if (!(g->coefficient > 0) || !g->type->jacobian) continue;
    if (g->type->fused_jacobian && g->type->fused_jacobian(g, s, f, d, dxi, fresh, jv, &finite)) {
      fresh = false;
      continue;
    }
    if (fresh) memset(jv, 0, (size_t)flow->grid->cells * sizeof *jv);
    g->type->jacobian(g, s, f, d, dxi, jv);
    fresh = checked = false;
  }
  if (fresh) memset(jv, 0, (size_t)flow->grid->cells * sizeof *jv);
  return checked ? finite : isfinite(mf_field_sum_abs(flow->grid, jv));
}

int mf_flow_jacobian(mf_flow *flow, const double *v, double *jv)
{
  const mf_state *s = &flow->linear.state;
  const mf_force f = linear_force(flow);
  const mf_tangent d = tangent_of(flow, v);
  double *dxi = flow->has_xi ? flow->change_xi : NULL;
  if (dxi) memset(dxi, 0, (size_t)flow->grid->cells * sizeof *dxi);
  for (int i = 0; dxi && i < flow->energies; i++)
    if (flow->energy[i]->type->add_hessian) flow->energy[i]->type->add_hessian(flow->energy[i], s, &d, dxi);
  bool finite = sum_jacobians(flow, s, &f, &d, dxi, jv);
  const double q = flow->coordinate.exponent;
  if (q != 0)
    for (ptrdiff_t c = 0; c < flow->grid->cells; c++)
      jv[c] = mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]) *
              (jv[c] + q * flow->linear_rate[c] * d.log_ratio[c]);
  if (q != 0) finite = isfinite(mf_field_sum_abs(flow->grid, jv));
  return finite ? MF_OK : mf_fail(MF_RETRY, "the Jacobian is not finite");
}

/* Similarity by u^q turns bands for d log rho into bands for dy. */
static void rescale_bands(const mf_flow *flow, int axis, double *lower, double *diagonal, double *upper)
{
  const double q = flow->coordinate.exponent, *l = flow->linear.state.log_ratio;
  if (q == 0) return;
  for (mf_faces f = mf_faces_of(flow->grid, axis); mf_faces_next(&f);)
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      const ptrdiff_t high = low + f.step;
      const double factor = exp(q * (l[high] - l[low]));
      upper[low] /= factor;
      lower[high] *= factor;
    }
  if (axis == 0)
    for (ptrdiff_t c = 0; c < flow->grid->cells; c++) diagonal[c] += q * flow->linear_rate[c];
}

void mf_flow_bands(mf_flow *flow, int axis, double *lower, double *diagonal, double *upper)
{
  const size_t bytes = (size_t)flow->grid->cells * sizeof(double);
  memset(lower, 0, bytes);
  memset(diagonal, 0, bytes);
  memset(upper, 0, bytes);
  const mf_force f = linear_force(flow);
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry *g = flow->geometry[i];
    if (g->type->add_bands && g->coefficient > 0)
      g->type->add_bands(g, &flow->linear.state, &f, axis, lower, diagonal, upper);
  }
  rescale_bands(flow, axis, lower, diagonal, upper);
}

void mf_flow_symmetry(const mf_flow *flow, double *mass, double *slope)
{
  const double least = 1e-290, most = 1e290; /* one's inverse is the other; what is below is vacuum */
  const mf_state *s = &flow->linear.state;
  const mf_force f = linear_force(flow);
  const bool divided = mf_force_has(&f, false), flat = mf_force_has(&f, true);
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++) {
    double pressure = divided || flat ? 0 : 1;
    if (divided) pressure += mf_force_pressure_slope(&f, s, false, c);
    if (flat) pressure += mf_force_pressure_slope(&f, s, true, c);
    const double value = (divided ? s->target->density[c] : 1) / pressure;
    mass[c] = value < least ? least : value > most ? most : value;
  }
  for (ptrdiff_t c = 0; slope && c < flow->grid->cells; c++)
    slope[c] = fmax(s->density[c] / mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]), least);
}

void mf_flow_weights(mf_flow *flow, const double *y, double rtol, double atol, double *weights)
{
  mf_snapshot_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  mf_coordinate_weights(&flow->coordinate, &flow->now, flow->force.entropies > 0, rtol, atol, weights);
}

void mf_flow_project(mf_flow *flow, const double *y, double *corr, double *error)
{
  mf_snapshot_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  mf_coordinate_project(&flow->coordinate, &flow->now, flow->excess, corr, error);
}

/* ---- reports ---- */

typedef struct {
  const mf_force *force;
  const mf_state *state;
  double *xi;
} variation_job;

static void fill_variation(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const variation_job *j = self;
  for (ptrdiff_t c = begin; c < end; c++) j->xi[c] = mf_force_variation(j->force, j->state, c);
}

/* Reports on the state that flow->full holds. */
static int report_state(mf_flow *flow, mf_report *report)
{
  const mf_state *s = &flow->full.state;
  mf_force f = force_at(flow, s, flow->xi);
  mf_share(flow->grid->cells, MF_PIECE / 4, fill_variation, &(variation_job){&f, s, flow->total_xi});
  f.total = flow->total_xi;
  *report = (mf_report){.state = s, .xi = flow->total_xi, .excess = mf_coordinate_excess(&flow->full)};
  for (int i = 0; i < flow->energies; i++) report->energy += mf_energy_value(flow->energy[i], s);
  for (int i = 0; i < flow->geometries; i++)
    if (flow->geometry[i]->coefficient > 0)
      report->dissipation += flow->geometry[i]->type->dissipation(flow->geometry[i], s, &f);
  if (!isnan(report->energy) && !isnan(report->dissipation)) return MF_OK;
  return mf_fail(MF_ENUMERIC, "energy %g or dissipation %g is not a number", report->energy,
                 report->dissipation);
}

int mf_flow_report(mf_flow *flow, const double *y, mf_report *report)
{
  mf_snapshot_set(&flow->full, &flow->coordinate, y, MF_NEED_ALL);
  return report_state(flow, report);
}

int mf_flow_report_start(mf_flow *flow, const mf_measure *initial, const double *y, mf_report *report)
{
  if (!mf_coordinate_relative(&flow->coordinate)) return mf_flow_report(flow, y, report);
  const mf_coordinate exact = {.kind = MF_LOG};
  if (!flow->start_log) MF_TRY(mf_reals_create(&flow->start_log, flow->grid->cells));
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++)
    flow->start_log[c] = fmax(initial->log_density[c] - flow->target->log_density[c], MF_LOG_VACUUM);
  mf_snapshot_set(&flow->full, &exact, flow->start_log, MF_NEED_ALL);
  return report_state(flow, report);
}

double *mf_flow_lend(const mf_flow *flow, int k)
{
  return k ? flow->full.log_ratio : flow->full.ratio;
}

double mf_flow_power(mf_flow *flow, const mf_report *report, const double *ydot)
{
  const mf_state *s = report->state;
  if (s->form == MF_ABSOLUTE) return flow->grid->volume * mf_field_dot(flow->grid, report->xi, ydot);
  mf_sum sum = {0};
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++)
    mf_sum_add(&sum, report->xi[c] * s->density[c] * ydot[c] /
                         mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]));
  const double total = mf_sum_total(&sum, flow->grid);
  return total * flow->grid->volume;
}
