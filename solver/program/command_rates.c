/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow rates: the law by which quantities of a run decay, fitted from its history. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command_rates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is asked ---- */

/* RUN, RUN.nc and RUN_history.nc mean the same history; so does a history under another name. */
static void find_history(const char *given, char *path, size_t size)
{
  const int stem = (int)strlen(given) - (mf_ends_with(given, ".nc") ? 3 : 0);
  snprintf(path, size, "%.*s_history.nc", stem, given);
  if (mf_ends_with(given, "_history.nc") || access(path, F_OK)) {
    if (!mf_ends_with(given, "_history.nc") && access(given, F_OK)) return;
    snprintf(path, size, "%s", given);
  }
}

static int read_number(const char *text, const char *option, double *value)
{
  char *end;
  *value = strtod(text, &end);
  if (end != text && !*end && isfinite(*value)) return MF_OK;
  return mf_fail(MF_ECASE, "mflow rates: %s: '%s' is no number", option, text);
}

/* a:b, where either may be missing. */
static int read_window(const char *text, mf_rate_options *w)
{
  const char *colon = strchr(text, ':');
  char from[64];
  if (!colon || colon - text >= (ptrdiff_t)sizeof from)
    return mf_fail(MF_ECASE, "mflow rates: --window takes FROM:TO, such as 5:20, 5: or :20, not '%s'", text);
  snprintf(from, sizeof from, "%.*s", (int)(colon - text), text);
  if (from[0]) MF_TRY(read_number(from, "--window", &w->from));
  if (colon[1]) MF_TRY(read_number(colon + 1, "--window", &w->to));
  if (w->from >= w->to) return mf_fail(MF_ECASE, "mflow rates: --window %s ends before it begins", text);
  return MF_OK;
}

static void add_quantity(mf_rates_report *r, const char *quantity)
{
  for (int i = 0; i < r->rows; i++)
    if (!strcmp(r->row[i].quantity, quantity)) return;
  if (r->rows < MF_QUANTITIES) r->row[r->rows++].quantity = quantity;
}

/* Those of --quantity; else those of the case's claims about rates; else the first that there is. */
static int choose_quantities(mf_rates_report *r)
{
  static const char *const usual[] = {"kl", "mmd", "energy"};
  for (int i = 0; i < r->options->quantities; i++) add_quantity(r, r->options->quantity[i]);
  for (int i = 0; !r->options->quantities && i < mf_stated_rates(r->stated); i++) {
    mf_stated_rate claim;
    MF_TRY(mf_stated_rate_at(r->stated, i, &claim));
    add_quantity(r, claim.quantity);
  }
  for (int i = 0; !r->rows && i < 3; i++)
    if (mf_history_find(r->history, usual[i]) >= 0) add_quantity(r, usual[i]);
  return r->rows
             ? MF_OK
             : mf_fail(MF_ECASE, "%s has none of kl, mmd, energy: name a column with --quantity", r->path);
}

static int read_request(mf_rates_report *r)
{
  const mf_options *o = r->options;
  if (o->case_count != 1)
    return mf_fail(MF_ECASE, "mflow rates: name one run, by its history\nTry 'mflow rates --help'.");
  r->window = (mf_rate_options)MF_RATE_AUTOMATIC;
  r->theory = NAN;
  if (o->window) MF_TRY(read_window(o->window, &r->window));
  if (o->floor) MF_TRY(read_number(o->floor, "--floor", &r->window.floor));
  find_history(o->cases[0], r->path, sizeof r->path);
  MF_TRY(mf_history_read(&r->history, r->path));
  MF_TRY(mf_stated_open(&r->stated, r->path));
  if (o->theory) MF_TRY(mf_stated_number(r->stated, "--theory", o->theory, &r->theory));
  MF_TRY(mf_stated_gap(r->stated, o->gap, &r->gap));
  return choose_quantities(r);
}

/* ---- fitting ---- */

static void refuse_power(mf_report_rate *one)
{
  const mf_rate *f = &one->fit;
  one->status = MF_ENUMERIC;
  snprintf(one->reason, sizeof one->reason,
           "no rate: the decay is algebraic, (t + %.4g)^-k with k in [%.6g, %.6g]", f->shift, f->power_lo,
           f->power_hi);
}

/* `work` has four arrays of a row's length. */
static int fit_row(const mf_rates_report *r, mf_report_rate *one, double *work)
{
  const int n = mf_history_rows(r->history);
  const mf_accuracy accuracy = mf_stated_accuracy(r->stated);
  double *t = work, *q = work + n, *round_off = work + 2 * n, *drift = work + 3 * n;
  for (int i = 0; i < n; i++) t[i] = mf_history_value(r->history, i, 0);
  MF_TRY(mf_stated_series(r->stated, r->history, one->quantity, q, round_off));
  mf_accuracy_drift(r->history, &accuracy, drift);
  mf_rate_options o = r->window;
  o.resolution = round_off;
  o.drift = drift;
  one->status = mf_rate_fit(t, q, n, &o, &one->fit);
  if (one->status) snprintf(one->reason, sizeof one->reason, "%s", mf_error());
  if (!one->status && one->fit.status == MF_RATE_ALGEBRAIC) refuse_power(one);
  return one->status == MF_ENUMERIC ? MF_OK : one->status;
}

static int fit_all(mf_rates_report *r)
{
  double *work;
  MF_TRY(mf_reals_create(&work, 4 * (ptrdiff_t)mf_history_rows(r->history)));
  int status = MF_OK;
  for (int i = 0; i < r->rows && !status; i++) status = fit_row(r, &r->row[i], work);
  mf_release(work);
  return status;
}

static int rates(mf_rates_report *r)
{
  MF_TRY(read_request(r));
  MF_TRY(fit_all(r));
  MF_TRY(r->options->json ? mf_rates_print_json(r) : mf_rates_print(r));
  for (int i = 0; i < r->rows; i++)
    if (r->row[i].status)
      return mf_fail(r->row[i].status, "%s: %s: %s", r->path, r->row[i].quantity, r->row[i].reason);
  return MF_OK;
}

static int run(const mf_options *o)
{
  mf_rates_report *r;
  int status = mf_objects_create(&r, 1, sizeof *r);
  if (!status) {
    r->options = o;
    status = rates(r);
    mf_history_free(r->history);
    mf_stated_free(r->stated);
  }
  mf_release(r);
  return mf_exit_code(status);
}

const mf_command mf_command_rates = {
    .name = "rates",
    .summary = "the rates at which a run decays, fitted from its history",
    .usage = "Usage: mflow rates [OPTION]... RUN\n"
             "Fit the rate r at which quantities of a run decay, C e^(-r t) in the end, from its history.  "
             "RUN is\n"
             "NAME_history.nc, NAME.nc or NAME.  Printed are the rate with an interval that holds it in 95 "
             "of 100 cases,\n"
             "the window, the decades of decay inside it, a floor if one was reached, a second exponential "
             "where one\n"
             "stands out, what the case's claims or --theory say, and the gap of the grid if the case names "
             "it.  Where\n"
             "there is no rate the reason is told, with exit code 3: less than a decade of decay, another "
             "law (algebraic,\n"
             "stretched, waves), a floor, round-off, or an interval too wide.\n\n"
             "      --quantity FORMULA  a column of the history, or a formula in its columns (repeatable; "
             "default: those\n"
             "                          of the case's claims about rates, else kl, mmd or energy)\n"
             "      --window FROM:TO    use outputs of these times only; either end may be left out\n"
             "      --floor VALUE       leave out samples at or below it\n"
             "      --theory FORMULA    what to compare with: a number, or a formula in the case's "
             "parameters and `gap`,\n"
             "                          that of its grid: 2*gap\n"
             "      --gap               compute the gap of the case's grid, to stand beside the rate\n"
             "      --json              print one JSON object\n"
             "  -h, --help              this text\n",
    .accepts = "QwFtJg",
    .run = run,
};
