/* SPDX-License-Identifier: BSD-3-Clause */
/* A gradient flow: a sum of energies in a sum of geometries.  How one is put together, and what is known of it. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "solver/flow/flow_parts.h"

#include <math.h>

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
  mf_state_store_clear(&flow->now);
  mf_state_store_clear(&flow->linear);
  mf_state_store_clear(&flow->full);
  double *const arrays[] = {
      flow->inverse_target, flow->xi,          flow->linear_xi,       flow->change_xi,
      flow->total_xi,       flow->linear_rate, flow->tangent_density, flow->tangent_excess,
      flow->tangent_log,    flow->start_log};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) mf_field_free(arrays[i]);
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
  if (flow->energies == MF_TERMS) return mf_fail(MF_ECASE, "more than %d energies", MF_TERMS);
  if (flow->geometries > 0) return mf_fail(MF_ECASE, "energy %s comes after a geometry", type->name);
  MF_TRY(mf_energy_create(&flow->energy[flow->energies], type, flow->grid, flow->target, options));
  connect(flow, flow->energy[flow->energies++]);
  return MF_OK;
}

int mf_flow_add_geometry(mf_flow *flow, const mf_geometry_type *type, const void *options)
{
  if (flow->geometries == MF_TERMS) return mf_fail(MF_ECASE, "more than %d geometries", MF_TERMS);
  mf_force parts = flow->force;
  if (flow->has_xi) {
    if (!flow->xi) MF_TRY(mf_field_create(flow->grid, &flow->xi));
    parts.xi = flow->xi;
  }
  MF_TRY(
      mf_geometry_create(&flow->geometry[flow->geometries], type, flow->grid, flow->target, options, &parts));
  flow->geometries++;
  return MF_OK;
}

int mf_flow_create_subflow(mf_flow **out, const mf_flow *whole, unsigned traits)
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
  return mf_field_create(part->grid, &part->xi);
}

unsigned mf_flow_traits(const mf_flow *flow)
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
  const unsigned traits = mf_flow_traits(flow);
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

static int invert_target(mf_flow *flow)
{
  MF_TRY(mf_field_create(flow->grid, &flow->inverse_target));
  mf_each(flow->grid->cells, mf_each_inverse, 0, flow->target->density, 0, NULL, flow->inverse_target);
  mf_halo(flow->grid, flow->inverse_target, flow->grid->ghosts);
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
    divides = mf_field_min(grid, flow->target->log_density) > MF_LOG_LEAST;
  if (flow->target && divides) MF_TRY(invert_target(flow));
  const mf_force parts = {.entropy = flow->entropy, .entropies = flow->force.entropies, .xi = flow->xi};
  for (int i = 0; i < flow->geometries; i++)
    flow->needs |=
        flow->geometry[i]->type->needs(flow->geometry[i], &parts, relative ? MF_RELATIVE : MF_ABSOLUTE);
  const mf_coordinate *q = &flow->coordinate;
  const unsigned needs = flow->needs | mf_coordinate_needs(q); /* of norm, projection and tangents too */
  MF_TRY(mf_state_store_init(&flow->now, grid, flow->target, flow->inverse_target, q, needs));
  MF_TRY(mf_state_store_init(&flow->linear, grid, flow->target, flow->inverse_target, q, needs));
  MF_TRY(mf_state_store_init(&flow->full, grid, flow->target, flow->inverse_target, q, MF_NEED_ALL));
  MF_TRY(mf_field_create(grid, &flow->total_xi));
  if (flow->has_xi) {
    MF_TRY(mf_field_create(grid, &flow->linear_xi));
    MF_TRY(mf_field_create(grid, &flow->change_xi));
  }
  if (q->exponent != 0) MF_TRY(mf_field_create(grid, &flow->linear_rate));
  if (relative) {
    MF_TRY(mf_field_create(grid, &flow->tangent_density));
    MF_TRY(mf_field_create(grid, &flow->tangent_log));
  } else if (divided && flow->needs & MF_NEED_EXCESS) {
    MF_TRY(mf_field_create(grid, &flow->tangent_excess));
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

/* ---- questions ---- */

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

int mf_flow_order(const mf_flow *flow)
{
  const int sums = 2; /* of cells with points or averages at their centres */
  int order = 0;
  for (int i = 0; i < flow->geometries; i++) {
    const int own = flow->geometry[i]->type->order;
    if (own > 0 && (order == 0 || own < order)) order = own;
  }
  return order > 0 ? order : sums;
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
  bool splits = is_kl(flow) && mf_flow_traits(flow) & MF_GEOMETRY_TRANSPORT;
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry_type *type = flow->geometry[i]->type;
    splits = splits && (type->traits & MF_GEOMETRY_TRANSPORT || type->react);
  }
  return splits;
}

bool mf_flow_keeps_vacuum(const mf_flow *flow)
{
  return flow->vacuum && flow->force.entropies > 0 && !(mf_flow_traits(flow) & MF_GEOMETRY_TRANSPORT);
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
  const unsigned traits = mf_flow_traits(flow);
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

bool mf_flow_has_jacobian(const mf_flow *flow)
{
  for (int i = 0; i < flow->geometries; i++)
    if (flow->geometry[i]->coefficient > 0 && !flow->geometry[i]->type->jacobian) return false;
  return true;
}
