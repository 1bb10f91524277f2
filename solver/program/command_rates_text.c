/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow rates: tables and notes. */
#include "solver/program/command_rates.h"

#include "io/terminal.h"

#include <math.h>
#include <string.h>

enum { CELL = 64, COLUMNS = 7 };

static bool is_algebraic(const mf_rate *f)
{
  return f->status == MF_RATE_ALGEBRAIC;
}

/* ---- table ---- */

/* A number to two digits of its uncertainty. */
static void put_value(char *cell, double value, double width)
{
  const double digits = width > 0 ? 2 + floor(log10(fabs(value) / width)) : 15;
  snprintf(cell, CELL, "%.*g", (int)fmin(fmax(digits, 3), 15), value);
}

static void put_interval(char *cell, double lo, double hi)
{
  char from[CELL], to[CELL];
  put_value(from, lo, hi - lo);
  put_value(to, hi, hi - lo);
  snprintf(cell, CELL, "[%.28s, %.28s]", from, to);
}

static void fill_cells(const mf_report_rate *one, char (*cell)[CELL])
{
  const mf_rate *f = &one->fit;
  const bool power = is_algebraic(f);
  const double value = power ? f->power : f->rate, lo = power ? f->power_lo : f->lo,
               hi = power ? f->power_hi : f->hi;
  snprintf(cell[0], CELL, "%.40s", one->quantity);
  for (int k = 1; k < COLUMNS; k++) snprintf(cell[k], CELL, "-");
  snprintf(cell[1], CELL, "%s", power ? "t^-k" : one->status ? "none" : "e^(-r t)");
  if (one->status && !power) return;
  put_value(cell[2], value, hi - lo);
  put_interval(cell[3], lo, hi);
  snprintf(cell[4], CELL, "[%.6g, %.6g]", f->from, f->to);
  snprintf(cell[5], CELL, "%.1f", f->decades);
  if (f->floor > 0)
    snprintf(cell[6], CELL, "%.1e", f->floor);
  else
    snprintf(cell[6], CELL, "not reached");
}

/* ---- notes ---- */

static void tell_theory(const mf_rate *f, double theory, double tolerance, const char *name)
{
  const double off = (is_algebraic(f) ? f->power : f->rate) - theory;
  if (isnan(theory)) {
    printf("  theory: %s: its rate cannot be worked out from this file; give it with --theory\n", name);
    return;
  }
  printf("  theory %.10g (%s): off by %+.2e, %.1e of it", theory, name, off, fabs(off / theory));
  if (!is_algebraic(f)) printf(", %.1f standard errors", mf_rate_errors_between(f, theory));
  if (!isnan(tolerance)) printf("; the claim allows %.1e", tolerance);
  putchar('\n');
}

static void tell_gap(const mf_rate *f, double gap)
{
  const double beside = mf_rate_gap_beside(f, gap);
  if (isnan(gap)) return;
  printf("  %s %.10g: off by %+.2e, %.1e of it, %.1f standard errors\n",
         beside > gap ? "twice the grid's gap is" : "the grid's gap is", beside, f->rate - beside,
         fabs(f->rate / beside - 1), mf_rate_errors_between(f, beside));
}

static int tell_theories(const mf_rates_report *r, const mf_report_rate *one)
{
  const mf_rate *f = &one->fit;
  if (!isnan(r->theory)) tell_theory(f, r->theory, NAN, "--theory");
  for (int i = 0; isnan(r->theory) && !is_algebraic(f) && i < mf_stated_rates(r->stated); i++) {
    mf_stated_rate claim;
    MF_TRY(mf_stated_rate_at(r->stated, i, &claim));
    if (!strcmp(claim.quantity, one->quantity))
      tell_theory(f, claim.rate, claim.tolerance, claim.name ? claim.name : "claim");
  }
  if (!is_algebraic(f)) tell_gap(f, r->gap);
  return MF_OK;
}

static int tell_notes(const mf_rates_report *r, const mf_report_rate *one)
{
  const mf_rate *f = &one->fit;
  printf("\n%s\n", one->quantity);
  if (one->status) {
    printf("  %s\n", one->reason);
    return is_algebraic(f) ? tell_theories(r, one) : MF_OK;
  }
  printf("  an exponential, %.6g e^(-r t), through %d outputs; r is known to %.1e of it: noise %.1e, time "
         "integration %.1e\n",
         exp(f->log_amplitude), f->points, 0.5 * (f->hi - f->lo) / f->rate, f->standard_error / f->rate,
         f->integration / f->rate);
  if (f->second.found)
    printf("  second exponential %.6g e^(-%.6g t), rate +- %.1e\n", f->second.amplitude, f->second.rate,
           f->second.standard_error);
  return tell_theories(r, one);
}

int mf_rates_print(const mf_rates_report *r)
{
  static const char *const heading[COLUMNS] = {"quantity", "law",     "r or k", "interval",
                                               "window",   "decades", "floor"};
  char text[(MF_QUANTITIES + 1) * COLUMNS][CELL];
  const char *cells[(MF_QUANTITIES + 1) * COLUMNS];
  for (int i = 0; i < r->rows; i++) fill_cells(&r->row[i], text + (i + 1) * COLUMNS);
  for (int i = 0; i < (r->rows + 1) * COLUMNS; i++) cells[i] = i < COLUMNS ? heading[i] : text[i];
  printf("%s\n", r->path);
  mf_table_print(stdout, cells, r->rows + 1, COLUMNS);
  for (int i = 0; i < r->rows; i++) MF_TRY(tell_notes(r, &r->row[i]));
  return MF_OK;
}
