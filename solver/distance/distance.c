/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of distances, and what is asked of measures before one is computed. */
#include "solver/distance/distance.h"

#include "grids/field.h"
#include "solver/distance/distance_parts.h"

#include <math.h>

const mf_distance_type *const mf_distance_types[] = {&mf_distance_wasserstein,
                                                     &mf_distance_hellinger,
                                                     &mf_distance_spherical_hellinger,
                                                     &mf_distance_wfr,
                                                     &mf_distance_spherical_wfr,
                                                     &mf_distance_mmd,
                                                     NULL};

const char *const mf_distance_names[] = {
    "wasserstein", "hellinger", "spherical_hellinger", "wfr", "spherical_wfr", "mmd", NULL};

static bool same_grid(const mf_grid *a, const mf_grid *b)
{
  if (a->dim != b->dim) return false;
  for (int k = 0; k < a->dim; k++)
    if (a->n[k] != b->n[k] || a->lo[k] != b->lo[k] || a->hi[k] != b->hi[k] ||
        a->periodic[k] != b->periodic[k])
      return false;
  return true;
}

static int check_grids(const mf_distance_type *type, const mf_grid *a, const mf_grid *b)
{
  const bool lines =
      type == &mf_distance_wasserstein && a->dim == 1 && b->dim == 1 && !a->periodic[0] && !b->periodic[0];
  if (lines || same_grid(a, b)) return MF_OK;
  return mf_fail(MF_ECASE, "the distance %s is taken between measures on one grid", type->name);
}

/* Masses are as equal as sums and floats in files leave them. */
static int check_masses(const mf_distance_type *type, const mf_distance_measure m[2])
{
  const double round_off = 1e-6, a = mf_field_mass(m[0].grid, m[0].density),
               b = mf_field_mass(m[1].grid, m[1].density);
  if (!(a > 0 && b > 0 && isfinite(a) && isfinite(b)))
    return mf_fail(MF_ECASE,
                   "a distance is taken between measures of finite mass > 0: these have %.9g and %.9g", a, b);
  if (!(type->traits & MF_DISTANCE_EQUAL) || fabs(a - b) <= round_off * fmax(a, b)) return MF_OK;
  return mf_fail(
      MF_ECASE,
      "%s keeps mass: between masses %.9g and %.9g there is no distance; hellinger and wfr compare them",
      type->name, a, b);
}

static int check_options(const mf_distance_type *type, const mf_distance_options *o)
{
  if (type->traits & MF_DISTANCE_ALPHA && !(o->alpha > 0 && isfinite(o->alpha)))
    return mf_fail(MF_ECASE, "alpha = %g: a distance needs a mobility > 0", o->alpha);
  if (type->traits & MF_DISTANCE_BETA && !(o->beta > 0 && isfinite(o->beta)))
    return mf_fail(MF_ECASE, "beta = %g: a distance needs a rate > 0", o->beta);
  if (type->traits & MF_DISTANCE_POWER && !(o->p >= 1 && isfinite(o->p)))
    return mf_fail(MF_ECASE, "p = %g: W_p is a distance for 1 <= p < infinity", o->p);
  return MF_OK;
}

int mf_distance_compute(const mf_distance_type *type, const mf_distance_measure measure[2],
                        const mf_distance_options *options, const mf_distance_fields *fields,
                        mf_distance *out)
{
  static const mf_distance_fields none = {.potential = {NULL}};
  *out = (mf_distance){.value = NAN, .error = NAN, .lower = NAN, .upper = NAN, .residual = NAN};
  MF_TRY(check_options(type, options));
  MF_TRY(check_grids(type, measure[0].grid, measure[1].grid));
  MF_TRY(check_masses(type, measure));
  return type->compute(measure, options, fields ? fields : &none, out);
}
