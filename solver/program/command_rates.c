/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow rates: the law by which quantities of a run decay, fitted from its history. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command.h"

#include "io/terminal.h"
#include "postproc/claims/stated.h"
#include "postproc/rates/rates.h"
#include "solver/program/command_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CELL = 64, COLUMNS = 8, PATH = 4096 };

/* One fit, or why there is none. */
typedef struct {
  const char *quantity;
  mf_rate fit;
  int status;
  char reason[512];
} row;

typedef struct {
  const mf_options *options;
  char path[PATH];
  mf_history *history;
  mf_stated *stated;
  mf_rate_options window;
  double theory; /* of --theory, or NAN */
  row row[MF_QUANTITIES];
  int rows;
} report;

/* ---- what is asked ---- */

/* RUN, RUN.nc and RUN_history.nc mean the same history; so does a history under another name. */
static void find_history(const char *given, char path[PATH])
{
  const int stem = (int)strlen(given) - (mf_ends_with(given, ".nc") ? 3 : 0);
  snprintf(path, PATH, "%.*s_history.nc", stem, given);
  if (mf_ends_with(given, "_history.nc") || access(path, F_OK)) {
    if (!mf_ends_with(given, "_history.nc") && access(given, F_OK)) return;
    snprintf(path, PATH, "%s", given);
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
  char from[CELL];
  if (!colon || colon - text >= CELL)
    return mf_fail(MF_ECASE, "mflow rates: --window takes FROM:TO, such as 5:20, 5: or :20, not '%s'", text);
  snprintf(from, sizeof from, "%.*s", (int)(colon - text), text);
  if (from[0]) MF_TRY(read_number(from, "--window", &w->from));
  if (colon[1]) MF_TRY(read_number(colon + 1, "--window", &w->to));
  if (w->from >= w->to) return mf_fail(MF_ECASE, "mflow rates: --window %s ends before it begins", text);
  return MF_OK;
}

static void add_quantity(report *r, const char *quantity)
{
  for (int i = 0; i < r->rows; i++)
    if (!strcmp(r->row[i].quantity, quantity)) return;
  if (r->rows < MF_QUANTITIES) r->row[r->rows++].quantity = quantity;
}

/* Those of --quantity; else those of the case's claims about rates; else the first that there is. */
static int choose_quantities(report *r)
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

static int read_request(report *r)
{
  const mf_options *o = r->options;
  if (o->case_count != 1)
    return mf_fail(MF_ECASE, "mflow rates: name one run, by its history\nTry 'mflow rates --help'.");
  r->window = (mf_rate_options)MF_RATE_AUTOMATIC;
  r->theory = NAN;
  if (o->window) MF_TRY(read_window(o->window, &r->window));
  if (o->floor) MF_TRY(read_number(o->floor, "--floor", &r->window.floor));
  find_history(o->cases[0], r->path);
  MF_TRY(mf_history_read(&r->history, r->path));
  MF_TRY(mf_stated_open(&r->stated, r->path));
  if (o->theory) MF_TRY(mf_stated_number(r->stated, "--theory", o->theory, &r->theory));
  return choose_quantities(r);
}

/* ---- fitting ---- */

static int fit_row(report *r, row *one, double *t, double *q)
{
  const int n = mf_history_rows(r->history);
  for (int i = 0; i < n; i++) t[i] = mf_history_value(r->history, i, 0);
  MF_TRY(mf_stated_series(r->stated, r->history, one->quantity, q));
  one->status = mf_rate_fit(t, q, n, &r->window, &one->fit);
  if (one->status) snprintf(one->reason, sizeof one->reason, "%s", mf_error());
  return one->status == MF_ENUMERIC ? MF_OK : one->status;
}

static int fit_all(report *r)
{
  const int n = mf_history_rows(r->history);
  double *t = NULL, *q = NULL;
  int status = mf_reals_create(&t, n);
  if (!status) status = mf_reals_create(&q, n);
  for (int i = 0; i < r->rows && !status; i++) status = fit_row(r, &r->row[i], t, q);
  mf_release(t);
  mf_release(q);
  return status;
}

/* ---- telling ---- */

static bool is_algebraic(const mf_rate *f)
{
  return f->kind == MF_DECAY_ALGEBRAIC;
}

static void fill_cells(const row *one, char (*cell)[CELL])
{
  const mf_rate *f = &one->fit;
  snprintf(cell[0], CELL, "%.40s", one->quantity);
  for (int k = 1; k < COLUMNS; k++) snprintf(cell[k], CELL, "-");
  if (one->status) {
    snprintf(cell[1], CELL, "none");
    return;
  }
  snprintf(cell[1], CELL, is_algebraic(f) ? "t^-k" : "e^(-r t)");
  snprintf(cell[2], CELL, "%.10g", is_algebraic(f) ? f->power : f->rate);
  snprintf(cell[3], CELL, "%.1e", is_algebraic(f) ? f->power_error : f->standard_error);
  snprintf(cell[4], CELL, "[%.6g, %.6g]", f->from, f->to);
  snprintf(cell[5], CELL, "%d", f->points);
  snprintf(cell[6], CELL, "%.1f", f->decades);
  if (f->floor > 0)
    snprintf(cell[7], CELL, "%.1e", f->floor);
  else
    snprintf(cell[7], CELL, "not reached");
}

static void tell_theory(double measured, double theory, double tolerance, const char *name)
{
  const double off = measured - theory;
  if (isnan(theory)) {
    printf("  theory: %s: its rate cannot be worked out from this file; give it with --theory\n", name);
    return;
  }
  printf("  theory %.10g (%s): off by %+.2e, %.1e of it", theory, name, off, fabs(off / theory));
  if (!isnan(tolerance)) printf("; the claim allows %.1e", tolerance);
  putchar('\n');
}

static int tell_theories(const report *r, const row *one)
{
  const mf_rate *f = &one->fit;
  const double measured = is_algebraic(f) ? f->power : f->rate;
  if (!isnan(r->theory)) tell_theory(measured, r->theory, NAN, "--theory");
  for (int i = 0; isnan(r->theory) && !is_algebraic(f) && i < mf_stated_rates(r->stated); i++) {
    mf_stated_rate claim;
    MF_TRY(mf_stated_rate_at(r->stated, i, &claim));
    if (!strcmp(claim.quantity, one->quantity))
      tell_theory(measured, claim.rate, claim.tolerance, claim.name ? claim.name : "claim");
  }
  return MF_OK;
}

static int tell_notes(const report *r, const row *one)
{
  const mf_rate *f = &one->fit;
  printf("\n%s\n", one->quantity);
  if (one->status) {
    printf("  %s\n", one->reason);
    return MF_OK;
  }
  if (is_algebraic(f))
    printf("  algebraic, %.6g (t + %.6g)^-%.6g: no exponential; a line in t would give the rate %.3g, and "
           "%.3g of "
           "difference between its halves\n",
           exp(f->log_amplitude), f->shift, f->power, f->rate, f->half_difference);
  else
    printf("  amplitude %.6g e^(-r t), 1 - R^2 = %.1e, halves of the window differ by %.1e\n",
           exp(f->log_amplitude), 1 - f->r2, f->half_difference);
  if (f->second.found)
    printf("  second exponential %.6g e^(-%.6g t) before it, rate +- %.1e, window [%.6g, %.6g], %d points\n",
           f->second.amplitude, f->second.rate, f->second.standard_error, f->second.from, f->second.to,
           f->second.points);
  return tell_theories(r, one);
}

static int print_text(const report *r)
{
  static const char *const heading[COLUMNS] = {"quantity", "law",    "r or k",  "+-",
                                               "window",   "points", "decades", "floor"};
  char text[(MF_QUANTITIES + 1) * COLUMNS][CELL];
  const char *cells[(MF_QUANTITIES + 1) * COLUMNS];
  for (int i = 0; i < r->rows; i++) fill_cells(&r->row[i], text + (i + 1) * COLUMNS);
  for (int i = 0; i < (r->rows + 1) * COLUMNS; i++) cells[i] = i < COLUMNS ? heading[i] : text[i];
  printf("%s\n", r->path);
  mf_table_print(stdout, cells, r->rows + 1, COLUMNS);
  for (int i = 0; i < r->rows; i++) MF_TRY(tell_notes(r, &r->row[i]));
  return MF_OK;
}

static void put_theory(mf_json *j, const char *name, double value, double tolerance)
{
  mf_json_object(j, NULL);
  mf_json_text(j, "name", name);
  mf_json_number_or(j, "value", value, "it cannot be worked out from this file");
  mf_json_number(j, "tolerance", tolerance);
  mf_json_end(j);
}

static int put_theories(mf_json *j, const report *r, const row *one)
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

static void put_second(mf_json *j, const mf_rate *f)
{
  mf_json_object(j, "second");
  mf_json_number(j, "rate", f->second.rate);
  mf_json_number(j, "standard_error", f->second.standard_error);
  mf_json_number(j, "amplitude", f->second.amplitude);
  mf_json_number(j, "from", f->second.from);
  mf_json_number(j, "to", f->second.to);
  mf_json_count(j, "points", f->second.points);
  mf_json_end(j);
}

static void put_fit(mf_json *j, const mf_rate *f)
{
  mf_json_text(j, "law", is_algebraic(f) ? "algebraic" : "exponential");
  mf_json_number(j, "rate", f->rate);
  mf_json_number(j, "standard_error", f->standard_error);
  mf_json_number(j, "half_difference", f->half_difference);
  mf_json_number(j, "r2", f->r2);
  mf_json_number(j, "from", f->from);
  mf_json_number(j, "to", f->to);
  mf_json_count(j, "points", f->points);
  mf_json_number(j, "decades", f->decades);
  mf_json_number(j, "floor", f->floor);
  mf_json_number(j, "log_amplitude", f->log_amplitude);
  if (is_algebraic(f)) {
    mf_json_number(j, "power", f->power);
    mf_json_number(j, "power_error", f->power_error);
    mf_json_number(j, "shift", f->shift);
  }
  if (f->second.found) put_second(j, f);
}

static int put_row(mf_json *j, const report *r, const row *one)
{
  mf_json_object(j, NULL);
  mf_json_text(j, "quantity", one->quantity);
  if (one->status) {
    mf_json_text(j, "law", NULL);
    mf_json_text(j, "reason", one->reason);
  } else
    put_fit(j, &one->fit);
  const int status = put_theories(j, r, one);
  mf_json_end(j);
  return status;
}

static int put_report(mf_json *j, const report *r)
{
  static const mf_json_unit units[] = {{"rate", "1/T"},
                                       {"standard_error", "1/T"},
                                       {"half_difference", "1/T"},
                                       {"r2", "1"},
                                       {"from", "T"},
                                       {"to", "T"},
                                       {"decades", "1"},
                                       {"floor", "q"},
                                       {"amplitude", "q"},
                                       {"log_amplitude", "log q"},
                                       {"power", "1"},
                                       {"power_error", "1"},
                                       {"shift", "T"},
                                       {"value", "1/T"},
                                       {"tolerance", "1/T"},
                                       {0}};
  MF_TRY(mf_json_run(j, r->path));
  mf_json_text(j, "history", r->path);
  mf_json_units(j, units);
  mf_json_list(j, "rates");
  for (int i = 0; i < r->rows; i++) MF_TRY(put_row(j, r, &r->row[i]));
  mf_json_end(j);
  return MF_OK;
}

static int print_json(const report *r)
{
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = put_report(j, r);
  if (!status) return mf_json_print(j, stdout);
  mf_json_free(j);
  return status;
}

static int rates(report *r)
{
  MF_TRY(read_request(r));
  MF_TRY(fit_all(r));
  MF_TRY(r->options->json ? print_json(r) : print_text(r));
  for (int i = 0; i < r->rows; i++)
    if (r->row[i].status)
      return mf_fail(r->row[i].status, "%s: %s: %s", r->path, r->row[i].quantity, r->row[i].reason);
  return MF_OK;
}

static int run(const mf_options *o)
{
  report *r;
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
             "Fit the law by which quantities of a run decay: e^(-r t), or t^-k where no exponential fits.  "
             "RUN is\n"
             "NAME_history.nc, NAME.nc or NAME.  The window begins after the transient and ends above the "
             "floor where the\n"
             "decay stops; both are printed, with the standard error, a second exponential where it stands "
             "out, and what the\n"
             "case's claims or --theory say.  Without a window that is straight there is no rate, and exit "
             "code 3.\n\n"
             "      --quantity FORMULA  a column of the history, or a formula in its columns (repeatable; "
             "default: those\n"
             "                          of the case's claims about rates, else kl, mmd or energy)\n"
             "      --window FROM:TO    fit there; either end may be left out\n"
             "      --floor VALUE       leave out samples at or below it\n"
             "      --theory FORMULA    what to compare with: a number, or a formula in the case's "
             "parameters and gap\n"
             "      --json              print one JSON object\n"
             "  -h, --help              this text\n",
    .accepts = "QwFtJ",
    .run = run,
};
