/* SPDX-License-Identifier: BSD-3-Clause */
/* What a march keeps of itself, and goes on from: the unknown to the last bit, and all else on which its next step depends. */
#include "solver/time/march_parts.h"

#include <string.h>

/* The unknown: of CVODE in its own unit, of the series, or log u of the splitting. */
static double *unknown(const mf_march *m)
{
  return m->splitting ? m->splitting->log_ratio : m->now;
}

/* The work of either integrator, and what the series knows. */
enum { STEPS, RATES, NEWTON, KRYLOV, ERROR_FAILURES, CONVERGENCE_FAILURES, COUNTERS };
enum { TIME, STEP, TRIAL, LONGEST, PACES };
enum { RESCALE = sizeof(mf_rescale) / sizeof(double) };

int mf_march_save(mf_march *m, mf_checkpoint *c)
{
  mf_counters n;
  mf_march_counters(m, &n);
  const double counters[COUNTERS] = {(double)n.steps,          (double)n.rates,
                                     (double)n.newton,         (double)n.krylov,
                                     (double)n.error_failures, (double)n.convergence_failures};
  const double paces[PACES] = {mf_march_time(m), mf_march_step_size(m),
                               m->splitting ? m->splitting->trial : 0,
                               m->cvode ? 0 : mf_propagator_remember(mf_march_series(m)).longest};
  double rescale[RESCALE];
  memcpy(rescale, &m->rescale, sizeof rescale);
  MF_TRY(mf_checkpoint_put(c, "march_counters", counters, COUNTERS));
  MF_TRY(mf_checkpoint_put(c, "march_paces", paces, PACES));
  MF_TRY(mf_checkpoint_put(c, "march_rescale", rescale, RESCALE));
  return mf_checkpoint_lend(c, "unknown", m->cvode ? mf_cvode_state(m->cvode) : unknown(m), m->grid->cells);
}

static int restore_cvode(mf_march *m, const mf_checkpoint *c, const double *paces, const double *counters)
{
  const mf_counters n = {.steps = (long)counters[STEPS],
                         .rates = (long)counters[RATES],
                         .newton = (long)counters[NEWTON],
                         .krylov = (long)counters[KRYLOV],
                         .error_failures = (long)counters[ERROR_FAILURES],
                         .convergence_failures = (long)counters[CONVERGENCE_FAILURES]};
  mf_rescale rescale;
  double numbers[RESCALE];
  MF_TRY(mf_checkpoint_get(c, "march_rescale", numbers, RESCALE));
  memcpy(&rescale, numbers, sizeof rescale);
  if (rescale.unit != m->rescale.unit || rescale.rate != m->rescale.rate)
    return mf_fail(MF_EFILE, "the checkpoint's unknown is in another unit, or rescaled by another rate");
  m->rescale = rescale;
  MF_TRY(mf_checkpoint_get(c, "unknown", m->seen, m->grid->cells));
  m->renewed = n.steps;
  return mf_cvode_renew(m->cvode, paces[TIME], m->seen, &n);
}

int mf_march_restore(mf_march *m, const mf_checkpoint *c)
{
  double counters[COUNTERS], paces[PACES];
  MF_TRY(mf_checkpoint_get(c, "march_counters", counters, COUNTERS));
  MF_TRY(mf_checkpoint_get(c, "march_paces", paces, PACES));
  if (m->cvode) return restore_cvode(m, c, paces, counters);
  MF_TRY(mf_checkpoint_get(c, "unknown", unknown(m), m->grid->cells));
  m->time = m->from = paces[TIME];
  m->step = paces[STEP];
  m->steps = (long)counters[STEPS];
  m->failures = (long)counters[ERROR_FAILURES];
  if (m->splitting) m->splitting->trial = paces[TRIAL];
  mf_propagator_recall(mf_march_series(m), (mf_propagator_past){paces[LONGEST], (long)counters[RATES]});
  return MF_OK;
}
