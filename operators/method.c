/* SPDX-License-Identifier: BSD-3-Clause */
/* Particle methods: which serves a flow, and what they share. */
#include "operators/method.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- flows by name ---- */

static int by_name(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void append(mf_flow_name *out, const char **names, int count)
{
  qsort(names, (size_t)count, sizeof *names, by_name);
  for (int i = 0; i < count; i++) {
    const size_t used = strlen(out->text);
    if (i > 0 && !strcmp(names[i], names[i - 1])) continue;
    snprintf(out->text + used, sizeof out->text - used, "%s%s", i ? " + " : "", names[i]);
  }
}

mf_flow_name mf_method_flow(const mf_method *parts)
{
  mf_flow_name out = {""};
  const char *names[MF_METHOD_PARTS];
  for (int i = 0; i < parts->energies; i++) names[i] = parts->energy[i]->type->name;
  append(&out, names, parts->energies);
  strcat(out.text, " in ");
  for (int i = 0; i < parts->geometries; i++) names[i] = parts->geometry[i]->type->name;
  append(&out, names, parts->geometries);
  return out;
}

bool mf_method_serves(const mf_method_type *type, const char *flow)
{
  const size_t length = strlen(flow);
  for (const char *at = type->flows; at; at = strchr(at, ';')) {
    at += strspn(at, "; ");
    if (strcspn(at, ";") == length && !strncmp(at, flow, length)) return true;
  }
  return false;
}

/* ---- life ---- */

static int check_target(const mf_method *m)
{
  for (ptrdiff_t c = 0; (m->type->traits & MF_METHOD_SCORE) && c < m->grid->cells; c++)
    if (!isfinite(m->target->log_density[c])) {
      double x[MF_AXES];
      mf_grid_centre(m->grid, c, x);
      return mf_fail(MF_ECASE, "%s reads the logarithm of the target, which is nowhere at %s", m->type->name,
                     mf_grid_point(m->grid, x).text);
    }
  return MF_OK;
}

static int fill(mf_method *m, const void *options)
{
  const mf_flow_name flow = mf_method_flow(m);
  if (!mf_method_serves(m->type, flow.text))
    return mf_fail(MF_ECASE, "%s is no counterpart of this flow, %s; it is one of: %s", m->type->name,
                   flow.text, m->type->flows);
  MF_TRY(mf_objects_create(&m->options, 1, m->type->params.size));
  if (options)
    memcpy(m->options, options, m->type->params.size);
  else
    mf_param_defaults(&m->type->params, m->options);
  MF_TRY(check_target(m));
  return m->type->create ? m->type->create(m) : MF_OK;
}

int mf_method_create(mf_method **out, const mf_method_type *type, const mf_method *parts, const void *options)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  **out = *parts;
  (*out)->type = type;
  (*out)->options = (*out)->self = NULL;
  const int status = fill(*out, options);
  if (!status) return MF_OK;
  mf_method_free(*out);
  *out = NULL;
  return status;
}

void mf_method_free(mf_method *m)
{
  if (!m) return;
  if (m->type->destroy && m->self) m->type->destroy(m);
  mf_release(m->self);
  mf_release(m->options);
  mf_release(m);
}

static bool is_finite(const mf_swarm *s)
{
  for (ptrdiff_t i = 0; i < s->count; i++) {
    double sum = s->weight[i];
    for (int a = 0; a < s->grid->dim; a++) sum += s->x[a][i];
    if (!isfinite(sum)) return false;
  }
  return true;
}

int mf_method_step(const mf_method *m, mf_swarm *s, double dt, uint32_t step)
{
  MF_TRY(m->type->step(m, s, dt, step));
  return is_finite(s) ? MF_OK
                      : mf_fail(MF_ENUMERIC,
                                "%s: a particle is no number after step %u of length %g: take shorter ones",
                                m->type->name, step, dt);
}

/* ---- for methods ---- */

const mf_geometry *mf_method_geometry(const mf_method *m, const char *name)
{
  for (int i = 0; i < m->geometries; i++)
    if (!strcmp(m->geometry[i]->type->name, name)) return m->geometry[i];
  return NULL;
}

double mf_method_coefficient(const mf_method *m, const char *name)
{
  double sum = 0;
  for (int i = 0; i < m->geometries; i++)
    if (!strcmp(m->geometry[i]->type->name, name)) sum += m->geometry[i]->coefficient;
  return sum;
}

const mf_kernel_options *mf_options_kernel(const mf_param_table *params, const void *options)
{
  for (int i = 0; i < params->count; i++)
    if (!strcmp(params->rows[i].key, "kernel"))
      return (const void *)((const char *)options + params->rows[i].offset -
                            offsetof(mf_kernel_options, name));
  return NULL;
}

mf_random mf_method_random(const mf_method *m, uint32_t stream)
{
  return (mf_random){m->seed, stream};
}
