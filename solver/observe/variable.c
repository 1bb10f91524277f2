/* SPDX-License-Identifier: BSD-3-Clause */
/* What may be written of a measure on its way: fields by name. */
#include "solver/observe/variable.h"

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
    const bool vacuum = s->form == MF_ABSOLUTE && l <= MF_LOG_VACUUM;
    room[c] = vacuum ? 0 : l < -1 ? exp(l) : 1 + s->excess[c];
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
     .values = first_variation},
    {.info = {"target", "density of the target", "1", true},
     .needs = MF_VARIABLE_TARGET,
     .fixed = true,
     .values = target},
    {.info = {"deviation", "density less that of the target", "1", true},
     .needs = MF_VARIABLE_TARGET,
     .values = deviation},
    {.info = {"ratio", "density over that of the target", "1", false},
     .needs = MF_VARIABLE_RATIO,
     .computed = true,
     .values = ratio},
    {.info = {"log_ratio", "logarithm of density over that of the target", "1", false},
     .needs = MF_VARIABLE_RATIO,
     .values = log_ratio},
    {.info = {NULL, NULL, NULL, false}},
};

const mf_variable *mf_variable_find(const char *name)
{
  for (const mf_variable *v = mf_variables; v->info.name; v++)
    if (!strcmp(v->info.name, name)) return v;
  return NULL;
}
