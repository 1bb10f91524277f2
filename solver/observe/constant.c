/* SPDX-License-Identifier: BSD-3-Clause */
/* The best constant of D >= c F: candidates by families (constant_start.c), of which the best of each family descend, the local
 * ratio of an entropy by its derivatives (constant_entropic.c), other flows' in a few directions; in the end the flow's own D/F
 * of the best is what is said (constant_trial.c). */
#include "solver/observe/constant.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "grids/stage.h"
#include "solver/observe/constant_simplex.h"
#include "solver/observe/constant_start.h"
#include "solver/observe/constant_trial.h"
#include "solver/observe/gap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 48 };

typedef struct {
  double value;
  int family;
  const char *name;
  double *l;
} candidate;

typedef struct {
  const mf_flow *flow;
  const mf_grid *grid;
  mf_linear linear;
  mf_entropic entropic;
  bool local; /* `entropic` is the flow's ratio */
  mf_starts starts;
  mf_trial *trial;
  candidate best[MOST]; /* one of each family, the least first */
  int count;
  double *scratch;
} hunt;

/* ---- what kind of flow it is ---- */

static int check_energies(const mf_flow *flow)
{
  if (!mf_flow_target(flow))
    return mf_fail(MF_ENUMERIC,
                   "no constant: the flow has no target, and so no least energy to compare with");
  for (int i = 0; i < mf_flow_energies(flow); i++) {
    const mf_energy *e = mf_flow_energy(flow, i);
    if (!(e->type->traits & MF_ENERGY_TARGET))
      return mf_fail(MF_ENUMERIC,
                     "no constant: energy %s has no infimum at the target, and nobody knows where it has",
                     e->type->name);
    if (e->type->traits & MF_ENERGY_EQUAL_MASS && !mf_flow_conserves_mass(flow))
      return mf_fail(MF_ENUMERIC,
                     "no constant: energy %s has no infimum at the target among measures of other masses",
                     e->type->name);
  }
  return MF_OK;
}

static int check_geometries(const mf_flow *flow)
{
  bool moves = false;
  for (int i = 0; i < mf_flow_geometries(flow); i++) {
    const mf_geometry *g = mf_flow_geometry(flow, i);
    if (!(g->coefficient > 0)) continue;
    moves = true;
    if (g->type->traits & MF_GEOMETRY_UNSIGNED)
      return mf_fail(MF_ENUMERIC, "no constant: in geometry %s the dissipation may be negative",
                     g->type->name);
    if (!g->type->dissipation)
      return mf_fail(MF_ENUMERIC, "no constant: geometry %s has no dissipation", g->type->name);
  }
  return moves ? MF_OK : mf_fail(MF_ENUMERIC, "no constant: nothing moves in this flow: its factors are 0");
}

/* The common exponent of the energies if all are entropies, else NAN. */
static double common_exponent(const mf_flow *flow)
{
  double p = NAN;
  for (int i = 0; i < mf_flow_energies(flow); i++) {
    const mf_energy *e = mf_flow_energy(flow, i);
    if (!(e->type->traits & MF_ENERGY_ENTROPIC) || (i > 0 && e->exponent != p)) return NAN;
    p = e->exponent;
  }
  return p;
}

/* What each geometry says of its linear part tells what kind it is: reaction in place, diffusion, or something else. */
static bool is_local(const mf_flow *flow, mf_linear *l)
{
  *l = (mf_linear){.entropic = mf_flow_weight(flow)};
  for (int i = 0; i < mf_flow_geometries(flow); i++) {
    const mf_geometry *g = mf_flow_geometry(flow, i);
    if (!(g->coefficient > 0)) continue;
    if (!g->type->linearise || g->type->linearise(g, l)) return false;
  }
  return !l->kernel && !l->staggered && !l->upwind && (l->mass == 0 || l->mass == l->reaction);
}

static void recognise(hunt *h)
{
  const double p = common_exponent(h->flow);
  h->local = !isnan(p) && is_local(h->flow, &h->linear);
  if (!h->local) return;
  const mf_linear *l = &h->linear;
  h->entropic = (mf_entropic){.grid = h->grid,
                              .mass = mf_flow_target(h->flow)->density,
                              .exponent = p,
                              .transport = l->entropic * l->transport,
                              .reaction = l->entropic * l->reaction,
                              .spherical = l->mass == 0,
                              .conserves = mf_flow_conserves_mass(h->flow)};
  for (int a = 0; a < h->grid->dim; a++) h->entropic.weight[a] = l->weight[a];
}

/* ---- the gap ---- */

static int add_gap(hunt *h, mf_constant *out)
{
  mf_gap gap;
  out->twice_gap = NAN;
  for (int k = 0; k < MF_START_MODES; k++) MF_TRY(mf_field_create(h->grid, &h->starts.mode[k]));
  int status = mf_gap_compute(h->flow, MF_START_MODES, &gap, h->starts.mode);
  if (status == MF_ENUMERIC) {
    snprintf(out->no_gap, sizeof out->no_gap, "%s", mf_error());
    gap.modes = 0;
    status = MF_OK;
  } else if (!status) {
    out->twice_gap = 2 * gap.gap.upper;
  }
  for (int k = gap.modes; k < MF_START_MODES; k++) {
    mf_field_free(h->starts.mode[k]);
    h->starts.mode[k] = NULL;
  }
  return status;
}

/* ---- candidates ---- */

/* Keeps l if it is the best of its family, or of the MOST best families. */
static int keep(hunt *h, const mf_start *about, double value, const double *l)
{
  int at = 0;
  while (at < h->count && h->best[at].family != about->family) at++;
  if (at == MOST) at = MOST - 1;
  if (at < h->count && !(value < h->best[at].value)) return MF_OK;
  if (at == h->count) {
    MF_TRY(mf_field_create(h->grid, &h->best[at].l));
    h->count++;
  }
  h->best[at].value = value;
  h->best[at].family = about->family;
  h->best[at].name = about->name;
  memcpy(h->best[at].l, l, (size_t)h->grid->cells * sizeof *l);
  return MF_OK;
}

static void sort(hunt *h)
{
  for (int i = 1; i < h->count; i++)
    for (int j = i; j > 0 && h->best[j].value < h->best[j - 1].value; j--) {
      const candidate swap = h->best[j];
      h->best[j] = h->best[j - 1];
      h->best[j - 1] = swap;
    }
}

static int gather(hunt *h)
{
  const int count = mf_starts_count(&h->starts);
  for (int k = 0; k < count; k++) {
    mf_start about;
    if (!mf_starts_fill(&h->starts, k, h->scratch, &about)) continue;
    const double value = mf_trial_ratio(h->trial, h->scratch, NULL, NULL);
    if (isfinite(value)) MF_TRY(keep(h, &about, value, h->scratch));
  }
  sort(h);
  return h->count ? MF_OK
                  : mf_fail(MF_ENUMERIC,
                            "no constant: no measure was found whose energy and dissipation are numbers");
}

/* ---- descent ---- */

/* Fewer and fewer of them, for longer and longer. */
static const struct {
  int candidates, steps;
  double enough;
} rounds[] = {{MOST, 40, 1e-4}, {16, 150, 1e-6}, {4, 2000, 1e-11}};

static int descend_locally(hunt *h)
{
  mf_descent *descent;
  MF_TRY(mf_descent_create(&descent, &h->entropic));
  for (size_t k = 0; k < sizeof rounds / sizeof *rounds; k++) {
    for (int i = 0; i < h->count && i < rounds[k].candidates; i++)
      mf_descent_run(descent, h->best[i].l, rounds[k].steps, rounds[k].enough, &h->best[i].value);
    sort(h);
  }
  mf_descent_free(descent);
  return MF_OK;
}

static int descend(hunt *h)
{
  enum { SIMPLICES = 3 };
  if (h->local) return descend_locally(h);
  for (int i = 0; i < h->count && i < SIMPLICES; i++)
    MF_TRY(mf_simplex_run(h->trial, h->grid, h->starts.conserves, h->best[i].l, &h->best[i].value));
  sort(h);
  return MF_OK;
}

/* What the flow itself says of those that were found. */
static int certify(hunt *h)
{
  for (int i = 0; i < h->count; i++) h->best[i].value = mf_trial_ratio(h->trial, h->best[i].l, NULL, NULL);
  sort(h);
  return isfinite(h->best[0].value) ? MF_OK
                                    : mf_fail(MF_ENUMERIC, "no constant: the search left the numbers");
}

/* ---- bounds from below ---- */

/* What the geometries say of an MMD energy that is alone; those that fail say nothing. */
static mf_linear embedded_parts(const hunt *h, const mf_energy *e)
{
  mf_linear l = {.embedding = e->embedding, .embedded = e->weight};
  for (int i = 0; i < mf_flow_geometries(h->flow); i++) {
    const mf_geometry *g = mf_flow_geometry(h->flow, i);
    if (g->coefficient > 0 && g->type->linearise) (void)g->type->linearise(g, &l);
  }
  return l;
}

static int lower_embedded(const hunt *h, mf_lower_bound *bound)
{
  const mf_energy *e = mf_flow_energy(h->flow, 0);
  if (mf_flow_energies(h->flow) != 1 || !e->embedding) return 0;
  const mf_linear l = embedded_parts(h, e);
  return mf_lower_embedded(mf_flow_target(h->flow), &l, bound);
}

static void add_lower(const hunt *h, mf_constant *out)
{
  double largest[2] = {0};
  out->bounds = h->local ? mf_lower_entropic(&h->entropic, out->bound) : lower_embedded(h, out->bound);
  for (int k = 0; k < out->bounds; k++)
    largest[out->bound[k].reaction] = fmax(largest[out->bound[k].reaction], out->bound[k].value);
  out->below = largest[0] + largest[1];
}

/* ---- the whole ---- */

static int find(hunt *h, mf_constant *out, double *density)
{
  const double apart =
      1e-7; /* of the limit at the target: the witness nearest to it errs by its deviation, 1e-4, squared */
  MF_TRY(mf_field_create(h->grid, &h->scratch));
  MF_TRY(mf_trial_create(&h->trial, h->flow));
  h->starts =
      (mf_starts){.reference = mf_trial_reference(h->trial), .conserves = mf_flow_conserves_mass(h->flow)};
  mf_stage("spectral gap");
  MF_TRY(add_gap(h, out));
  mf_stage("candidates");
  MF_TRY(gather(h));
  mf_stage("descent");
  MF_TRY(descend(h));
  MF_TRY(certify(h));
  double *l = h->best[0].l;
  out->witness = mf_trial_ratio(h->trial, l, &out->energy, &out->dissipation);
  for (ptrdiff_t c = 0; c < h->grid->cells; c++)
    density[c] = mf_trial_reference(h->trial)->density[c] * exp(l[c]);
  out->start = h->best[0].name;
  out->near = out->witness >= out->twice_gap * (1 - apart);
  out->above = out->near ? fmin(out->twice_gap, out->witness) : out->witness;
  add_lower(h, out);
  return MF_OK;
}

int mf_constant_compute(const mf_flow *flow, mf_constant *out, double *density)
{
  hunt h = {.flow = flow, .grid = mf_flow_grid(flow)};
  *out = (mf_constant){0};
  MF_TRY(check_energies(flow));
  MF_TRY(check_geometries(flow));
  if (h.grid->cells == 1 && mf_flow_conserves_mass(flow))
    return mf_fail(MF_ENUMERIC, "no constant: a single cell has one measure of the target's mass");
  recognise(&h);
  const int status = find(&h, out, density);
  for (int k = 0; k < MF_START_MODES; k++) mf_field_free(h.starts.mode[k]);
  for (int k = 0; k < h.count; k++) mf_field_free(h.best[k].l);
  mf_field_free(h.scratch);
  mf_trial_free(h.trial);
  return status;
}

/* ---- words ---- */

static const char *criterion_text(const mf_constant *c, char *buffer, size_t size)
{
  const char *part[2] = {NULL, NULL};
  double largest[2] = {0};
  for (int k = 0; k < c->bounds; k++) {
    const mf_lower_bound *b = &c->bound[k];
    if (!(b->value > largest[b->reaction])) continue;
    largest[b->reaction] = b->value;
    part[b->reaction] = b->criterion;
  }
  if (part[0] && part[1])
    snprintf(buffer, size, "%s and %s", part[0], part[1]);
  else
    snprintf(buffer, size, "%s", part[0] ? part[0] : part[1]);
  return buffer;
}

void mf_constant_text(const mf_constant *c, const char *file, char *buffer, size_t size)
{
  const double up = 1 + 1e-9, down = 1 - 1e-9; /* nine digits */
  char reason[256], lower[320] = "no criterion gives a lower bound but 0";
  if (c->below > 0)
    snprintf(lower, sizeof lower, "at least %.9g by %s", c->below * down,
             criterion_text(c, reason, sizeof reason));
  if (c->near)
    snprintf(buffer, size,
             "no constant above %.9g holds: that is twice the gap, the limit of D/F at the target, and %s "
             "has %.9g; %s",
             c->above * up, file, c->witness * up, lower);
  else
    snprintf(buffer, size, "no constant above %.9g holds: %s is a counterexample; %s", c->above * up, file,
             lower);
}
