/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow rates: JSON. */
#include "solver/program/command_rates.h"

#include "solver/program/command_json.h"

#include <math.h>
#include <string.h>

static void put_theory(mf_json *j, const char *name, double value, double tolerance)
{
  mf_json_object(j, NULL);
  mf_json_text(j, "name", name);
  mf_json_number_or(j, "value", value, "it cannot be worked out from this file");
  mf_json_number(j, "tolerance", tolerance);
  mf_json_end(j);
}

static int put_theories(mf_json *j, const mf_rates_report *r, const mf_report_rate *one)
{
  int status = MF_OK;
  mf_json_list(j, "theory");
  if (!isnan(r->theory)) put_theory(j, "--theory", r->theory, NAN);
  for (int i = 0; !status && isnan(r->theory) && i < mf_stated_rates(r->stated); i++) {
    mf_stated_rate claim;
    status = mf_stated_rate_at(r->stated, i, &claim);
    if (!status && !strcmp(claim.quantity, one->quantity))
      put_theory(j, claim.name ? claim.name : "", claim.rate, claim.tolerance);
  }
  mf_json_end(j);
  return status;
}

static void put_gap(mf_json *j, const mf_rate *f, double gap)
{
  const double beside = mf_rate_gap_beside(f, gap);
  mf_json_object(j, "gap");
  mf_json_number(j, "value", gap);
  mf_json_number(j, "beside", beside);
  mf_json_number(j, "standard_errors", mf_rate_errors_between(f, beside));
  mf_json_end(j);
}

static void put_second(mf_json *j, const mf_rate *f)
{
  mf_json_object(j, "second");
  mf_json_number(j, "rate", f->second.rate);
  mf_json_number(j, "standard_error", f->second.standard_error);
  mf_json_number(j, "amplitude", f->second.amplitude);
  mf_json_end(j);
}

static void put_window(mf_json *j, const mf_rate *f)
{
  mf_json_number(j, "from", f->from);
  mf_json_number(j, "to", f->to);
  mf_json_count(j, "points", f->points);
  mf_json_number(j, "decades", f->decades);
  mf_json_number(j, "floor", f->floor);
  mf_json_number(j, "log_amplitude", f->log_amplitude);
}

static void put_power(mf_json *j, const mf_rate *f)
{
  mf_json_number(j, "power", f->power);
  mf_json_number(j, "power_lo", f->power_lo);
  mf_json_number(j, "power_hi", f->power_hi);
  mf_json_number(j, "shift", f->shift);
  put_window(j, f);
}

static void put_rate(mf_json *j, const mf_rates_report *r, const mf_rate *f)
{
  mf_json_number(j, "rate", f->rate);
  mf_json_number(j, "lo", f->lo);
  mf_json_number(j, "hi", f->hi);
  mf_json_number(j, "standard_error", f->standard_error);
  mf_json_number(j, "integration", f->integration);
  put_window(j, f);
  if (f->second.found) put_second(j, f);
  if (!isnan(r->gap)) put_gap(j, f, r->gap);
}

static int put_row(mf_json *j, const mf_rates_report *r, const mf_report_rate *one)
{
  const bool power = one->fit.status == MF_RATE_ALGEBRAIC;
  mf_json_object(j, NULL);
  mf_json_text(j, "quantity", one->quantity);
  mf_json_text(j, "status", mf_rate_status_names[one->fit.status]);
  mf_json_text(j, "law", power ? "algebraic" : one->status ? NULL : "exponential");
  mf_json_text(j, "reason", one->status ? one->reason : NULL);
  if (!one->status) put_rate(j, r, &one->fit);
  if (power) put_power(j, &one->fit);
  const int status = put_theories(j, r, one);
  mf_json_end(j);
  return status;
}

static int put_report(mf_json *j, const mf_rates_report *r)
{
  static const mf_json_unit units[] = {{"rate", "1/T"},
                                       {"lo", "1/T"},
                                       {"hi", "1/T"},
                                       {"standard_error", "1/T"},
                                       {"integration", "1/T"},
                                       {"from", "T"},
                                       {"to", "T"},
                                       {"decades", "1"},
                                       {"floor", "q"},
                                       {"amplitude", "q"},
                                       {"log_amplitude", "log q"},
                                       {"power", "1"},
                                       {"power_lo", "1"},
                                       {"power_hi", "1"},
                                       {"shift", "T"},
                                       {"value", "1/T"},
                                       {"beside", "1/T"},
                                       {"standard_errors", "1"},
                                       {"tolerance", "1"},
                                       {0}};
  MF_TRY(mf_json_run(j, r->path));
  mf_json_text(j, "history", r->path);
  mf_json_units(j, units);
  mf_json_list(j, "rates");
  for (int i = 0; i < r->rows; i++) MF_TRY(put_row(j, r, &r->row[i]));
  mf_json_end(j);
  return MF_OK;
}

int mf_rates_print_json(const mf_rates_report *r)
{
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = put_report(j, r);
  if (!status) return mf_json_print(j, stdout);
  mf_json_free(j);
  return status;
}
