/* SPDX-License-Identifier: BSD-3-Clause */
/* What may be written of a measure on its way: fields by name. */
#include "solver/observe/variable.h"

#include "io/language/case.h"
#include "operators/entropy.h"

#include <math.h>
#include <string.h>

static const double *density(const mf_report *report, double *room)
{
  (void)room;
  return report->state->density;
}

static const double *first_variation(const mf_report *report, double *room)
{
  (void)room;
  return report->xi;
}

static const double *target(const mf_report *report, double *room)
{
  (void)room;
  return report->state->target->density;
}

static const double *deviation(const mf_report *report, double *room)
{
  (void)room;
  return report->state->deviation;
}

static const double *ratio(const mf_report *report, double *room)
{
  const mf_state *s = report->state;
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) {
    const double l = s->log_ratio[c];
    room[c] = l < -1 ? exp(l) : fmax(0, 1 + s->excess[c]); /* fmax hides NAN, */
    if (isnan(s->excess[c])) room[c] = NAN;                /* which says that this is not known */
  }
  return room;
}

static const double *log_ratio(const mf_report *report, double *room)
{
  (void)room;
  return report->state->log_ratio;
}

const mf_variable mf_variables[] = {
    {.info = {"density", "density of the measure", "1", true}, .values = density},
    {.info = {"first_variation", "first variation dF/dmu of the energy", "1", false},
     .vanishes = true,
     .values = first_variation},
    {.info = {"target", "density of the target", "1", true},
     .needs = MF_VARIABLE_TARGET,
     .fixed = true,
     .values = target},
    {.info = {"deviation", "density less that of the target", "1", true},
     .needs = MF_VARIABLE_TARGET,
     .vanishes = true,
     .values = deviation},
    {.info = {"ratio", "density over that of the target", "1", false},
     .needs = MF_VARIABLE_RATIO,
     .computed = true,
     .values = ratio},
    {.info = {"log_ratio", "logarithm of density over that of the target", "1", false},
     .needs = MF_VARIABLE_RATIO,
     .vanishes = true,
     .values = log_ratio},
    {.info = {NULL, NULL, NULL, false}},
};

const mf_variable *mf_variable_find(const char *name)
{
  for (const mf_variable *v = mf_variables; v->info.name; v++)
    if (!strcmp(v->info.name, name)) return v;
  return NULL;
}

static int unknown(const char *name)
{
  const char *names[MF_VARIABLES];
  char list[256];
  int count = 0;
  for (const mf_variable *v = mf_variables; v->info.name; v++) names[count++] = v->info.name;
  return mf_fail(MF_ECASE, "unknown variable '%s'%s", name,
                 mf_suggest(list, sizeof list, name, names, count));
}

int mf_variable_choose(const mf_variable **out, const char *name, const mf_flow *flow)
{
  const mf_variable *v = *out = mf_variable_find(name);
  if (!v) return unknown(name);
  if (v->needs != MF_VARIABLE_ANY && !mf_flow_target(flow))
    return mf_fail(MF_ECASE, "there is no %s without a target", name);
  if (v->needs == MF_VARIABLE_RATIO && !mf_flow_divides(flow))
    return mf_fail(MF_ECASE, "there is no %s where the target underflows", name);
  return MF_OK;
}
