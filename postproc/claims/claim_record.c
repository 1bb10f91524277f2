/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims in the history's file: what was measured beside what theory says of it, so that a picture or a
 * reader needs neither the case nor its formulas. */
#include "postproc/claims/claim_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ATTRIBUTES = 12, NUMBER = 32 };

typedef struct {
  mf_attribute list[ATTRIBUTES];
  char number[ATTRIBUTES][NUMBER];
  int count;
} attributes;

static void add_text(attributes *a, const char *name, const char *text)
{
  if (text && *text) a->list[a->count++] = (mf_attribute){name, text};
}

static void add_number(attributes *a, const char *name, double value)
{
  if (isnan(value)) return;
  snprintf(a->number[a->count], NUMBER, "%.15g", value);
  add_text(a, name, a->number[a->count]);
}

/* A claim about an order says nothing of this run alone, one about a constant nothing of a run, and a field is no number over
 * time. */
static bool recorded(const mf_claim *c)
{
  return !mf_claim_of_field(c) && c->kind != MF_CONSTANT && !c->say.order;
}

static bool has_theory(const mf_claim *c)
{
  return c->kind != MF_NONINCREASING;
}

static void describe(const mf_claim *c, attributes *a)
{
  add_text(a, "kind", c->verdict.kind);
  add_text(a, "quantity", c->say.quantity->text);
  add_text(a, "theory", c->verdict.theory);
  add_text(a, "reference", c->say.reference);
  if (c->say.absolute) add_text(a, "absolute", "true");
  add_number(a, "tolerance", c->say.tolerance);
  add_number(a, "floor", c->say.floor);
  add_number(a, "reach", c->say.reach);
  add_number(a, "from", c->say.from);
  add_number(a, "to", c->say.to);
}

static int add_columns(const mf_claim *c, int number, mf_history *h)
{
  attributes a = {.count = 0};
  char name[32];
  const mf_column value = {name, c->verdict.name, "1"}, theory = {name, "what theory says of it", "1"};
  describe(c, &a);
  snprintf(name, sizeof name, "claim_%d", number);
  MF_TRY(mf_history_add(h, &value, a.list, a.count));
  snprintf(name, sizeof name, "theory_%d", number);
  return has_theory(c) ? mf_history_add(h, &theory, NULL, 0) : MF_OK;
}

int mf_claims_record(mf_claims *c, mf_history *history)
{
  for (int i = 0; i < c->count; i++)
    if (recorded(&c->claim[i])) MF_TRY(add_columns(&c->claim[i], i + 1, history));
  c->record = history;
  return MF_OK;
}

/* NAN where a formula has no finite value: judging complains of it, a recording goes on. */
static double value_at(mf_expression *e, double t)
{
  const double origin[3] = {0, 0, 0};
  double value;
  return mf_expression_at(e, origin, t, &value) ? NAN : value;
}

/* `first` and `stated` are the quantity and theory's number in the first row; a time to be reached is stated
 * in terms of that row. */
static double theory_at(const mf_claim *c, double t, double first, double stated)
{
  switch (c->kind) {
  case MF_WITHIN:
    return isnan(stated) ? value_at(c->theory, t) : stated;
  case MF_BOUND:
    return (c->say.absolute ? 1 : first) * value_at(c->theory, t);
  case MF_CONSERVED:
    return first;
  case MF_RATE:
    return c->number;
  default:
    return value_at(c->theory, t);
  }
}

int mf_claims_record_row(const mf_claims *all, int row)
{
  mf_history *h = all->record;
  const double t = mf_history_value(h, row, 0);
  int column;
  mf_diagnosis_columns(all->problem->diagnosis, &column);
  MF_TRY(mf_claims_set_row(all, h, row));
  for (int i = 0; i < all->count; i++) {
    const mf_claim *c = &all->claim[i];
    if (!recorded(c)) continue;
    const double q = value_at(c->quantity, t);
    mf_history_set(h, row, column, q);
    if (has_theory(c) && mf_claim_judged(c, t, q, all->problem->end))
      mf_history_set(h, row, column + 1,
                     theory_at(c, t, mf_history_value(h, 0, column), mf_history_value(h, 0, column + 1)));
    column += has_theory(c) ? 2 : 1;
  }
  return MF_OK;
}

typedef char column_name[32];

/* "1 holds: NAME", a line a claim; release with mf_release. */
static int list_verdicts(const mf_claims *c, char **text)
{
  size_t size = 1, used = 0;
  for (int i = 0; i < c->count; i++) size += strlen(c->claim[i].verdict.name) + NUMBER;
  char *list;
  MF_TRY(mf_objects_create(&list, (ptrdiff_t)size, 1));
  for (int i = 0; i < c->count; i++) {
    const mf_verdict *v = &c->claim[i].verdict;
    used += (size_t)snprintf(list + used, size - used, "%s%d %s: %s", i ? "\n" : "", i + 1,
                             mf_finding_name(v->finding), v->name);
  }
  *text = list;
  return MF_OK;
}

int mf_claims_annotate(const mf_claims *c, const char *path)
{
  char *list;
  mf_note *notes = NULL;
  column_name *names = NULL;
  if (c->count == 0) return MF_OK;
  MF_TRY(list_verdicts(c, &list));
  int count = 0, status = mf_objects_create(&notes, c->count + 1, sizeof *notes);
  if (!status) status = mf_objects_create(&names, c->count, sizeof *names);
  for (int i = 0; i < c->count && !status; i++) {
    if (!recorded(&c->claim[i])) continue;
    snprintf(names[i], sizeof names[i], "claim_%d", i + 1);
    notes[count++] = (mf_note){names[i], {"verdict", mf_finding_name(c->claim[i].verdict.finding)}};
  }
  if (!status) {
    notes[count++] = (mf_note){NULL, {"verdicts", list}};
    status = mf_file_annotate(path, notes, count);
  }
  mf_release(names);
  mf_release(notes);
  mf_release(list);
  return status;
}
