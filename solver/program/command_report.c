/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts as a table; command_verify_json.c has them as JSON. */
#include "solver/program/command.h"

#include "io/terminal.h"

#include <math.h>
#include <string.h>

enum { REPORT_COLUMNS = 8, CELL = 96 };

static void put_cell(char *cell, const char *format, double value)
{
  if (isnan(value))
    snprintf(cell, CELL, "-");
  else
    snprintf(cell, CELL, format, value);
}

/* When it began, and the worst. */
static void print_failure(const mf_verdict *v, FILE *text)
{
  if (v->finding != MF_FAILS || isnan(v->slack)) return;
  fprintf(text, "  %s: fails", v->name);
  if (v->first_time < v->worst_time) fprintf(text, " from t = %.6g on, worst", v->first_time);
  if (!isnan(v->worst_time)) fprintf(text, " at t = %.6g", v->worst_time);
  fprintf(text, " by %.3g, where %.3g is allowed\n", v->slack, v->tolerance);
}

static void print_notes(const mf_claims *claims, FILE *text)
{
  for (int i = 0; i < mf_claims_count(claims); i++) {
    const mf_verdict *v = mf_claims_verdict(claims, i);
    if (v->note[0]) fprintf(text, "  %s: %s\n", v->name, v->note);
    print_failure(v, text);
  }
}

static int print_claims(const mf_claims *claims, FILE *stream)
{
  const int count = mf_claims_count(claims), rows = count + 1;
  static const char *const heading[REPORT_COLUMNS] = {"verdict", "claim",   "theory",  "measured",
                                                      "slack",   "allowed", "decades", "reference"};
  const char **cells = NULL;
  char(*text)[CELL] = NULL;
  int status = mf_objects_create(&cells, rows * REPORT_COLUMNS, sizeof *cells);
  if (!status) status = mf_objects_create(&text, rows * REPORT_COLUMNS, CELL);
  for (int i = 0; !status && i < rows * REPORT_COLUMNS; i++)
    cells[i] = i < REPORT_COLUMNS ? heading[i] : text[i];
  for (int i = 0; !status && i < count; i++) {
    const mf_verdict *v = mf_claims_verdict(claims, i);
    char(*row)[CELL] = text + (i + 1) * REPORT_COLUMNS;
    snprintf(row[0], CELL, "%s", v->finding == MF_FAILS ? "FAILS" : mf_finding_name(v->finding));
    snprintf(row[1], CELL, "%.40s", v->name);
    snprintf(row[2], CELL, "%s %.32s%s", v->kind, v->theory, strlen(v->theory) > 32 ? "..." : "");
    put_cell(row[3], "%.9g", v->measured);
    put_cell(row[4], "%.2e", v->slack);
    put_cell(row[5], "%.1e", v->tolerance);
    put_cell(row[6], "%.1f", v->decades);
    snprintf(row[7], CELL, "%.90s", v->reference ? v->reference : "");
  }
  if (!status) mf_table_print(stream, cells, rows, REPORT_COLUMNS);
  mf_release(cells);
  mf_release(text);
  return status;
}

int mf_report_claims(const mf_result *r, double seconds, FILE *text)
{
  char span[64];
  mf_span_text(seconds, span, sizeof span);
  fprintf(text, "%s: %s (%s)\n", r->name, r->problem->title ? r->problem->title : "untitled", span);
  MF_TRY(print_claims(r->claims, text));
  print_notes(r->claims, text);
  putc('\n', text);
  return MF_OK;
}
