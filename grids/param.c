/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameter tables. */
#include "grids/param.h"

#include <math.h>
#include <string.h>

const char *mf_param_kind_name(mf_param_kind kind)
{
  static const char *const names[] = {
      [MF_REAL] = "a number",      [MF_COUNT] = "a whole number",
      [MF_FLAG] = "true or false", [MF_TEXT] = "a text",
      [MF_CHOICE] = "a word",      [MF_REALS] = "a list of numbers",
      [MF_FIELD] = "a formula",    [MF_DISPLACEMENT_FIELD] = "a formula of a displacement",
      [MF_TABLE] = "a file name",  [MF_NODE] = "a section"};
  return names[kind];
}

void mf_param_defaults(const mf_param_table *table, void *options)
{
  memset(options, 0, table->size);
  for (int i = 0; i < table->count; i++) {
    const mf_param *row = &table->rows[i];
    void *member = (char *)options + row->offset;
    switch (row->kind) {
    case MF_REAL:
      *(double *)member = row->fallback;
      break;
    case MF_COUNT:
      *(long *)member = (long)row->fallback;
      break;
    case MF_FLAG:
      *(bool *)member = row->fallback != 0;
      break;
    case MF_CHOICE:
      *(int *)member = (int)row->fallback;
      break;
    case MF_REALS:
      *(mf_reals *)member = (mf_reals){.count = isnan(row->fallback) ? 0 : 1, .value = {row->fallback}};
      break;
    case MF_TEXT:
    case MF_FIELD:
    case MF_DISPLACEMENT_FIELD:
    case MF_TABLE:
    case MF_NODE:
      break;
    }
  }
}
