/* SPDX-License-Identifier: BSD-3-Clause */
/* Which records of a fields file to draw: such that about as much mass moves or changes between any two.
 *
 * Only a few records are read, averaged to a coarse grid: the first, the last, and time and again the middle of
 * the widest change. */
#include "postproc/figures/plot_parts.h"

#include "io/netcdf/import.h"

enum { SAMPLES = 4 * MF_PLOT_TIMES };

/* Records that have been read to choose from, in order. */
typedef struct {
  mf_grid grid;
  int count, record[SAMPLES];
  double *field[SAMPLES];
  double change[SAMPLES]; /* int |density - that of the sample before| dx */
} samples;

static void measure_change(samples *s, int k)
{
  double sum = 0;
  if (k < 1 || k >= s->count) return;
  for (ptrdiff_t c = 0; c < s->grid.cells; c++) sum += fabs(s->field[k][c] - s->field[k - 1][c]);
  s->change[k] = sum;
}

static int add_sample(samples *s, const char *path, int record)
{
  double *field;
  int k = s->count;
  MF_TRY(mf_reals_create(&field, s->grid.cells));
  for (; k > 0 && s->record[k - 1] > record; k--) {
    s->record[k] = s->record[k - 1];
    s->field[k] = s->field[k - 1];
    s->change[k] = s->change[k - 1];
  }
  s->record[k] = record;
  s->field[k] = field;
  s->count++;
  MF_TRY(mf_import_field(&s->grid, path, "density", record, field));
  measure_change(s, k);
  measure_change(s, k + 1);
  return MF_OK;
}

/* Reads the middle of the widest change, time and again. */
static int sample(samples *s, const char *path, int records, int most)
{
  MF_TRY(add_sample(s, path, 0));
  MF_TRY(add_sample(s, path, records - 1));
  while (s->count < most) {
    int widest = 0;
    for (int k = 1; k < s->count; k++)
      if (s->record[k] - s->record[k - 1] > 1 && (widest == 0 || s->change[k] > s->change[widest]))
        widest = k;
    if (widest == 0) break;
    MF_TRY(add_sample(s, path, (s->record[widest - 1] + s->record[widest]) / 2));
  }
  return MF_OK;
}

/* Splits the span of samples first..last where its change is halved: the sample nearest to that, or -1 if
 * none lies between. */
static int halve(const samples *s, int first, int last, double *change)
{
  double so_far = 0;
  int best = -1;
  *change = 0;
  for (int k = first + 1; k <= last; k++) *change += s->change[k];
  for (int k = first + 1; k < last; k++) {
    const double before = so_far;
    so_far += s->change[k];
    if (best < 0 || fabs(so_far - 0.5 * *change) < fabs(before - 0.5 * *change)) best = k;
  }
  return best;
}

/* `wanted` records with about equal changes between them. */
static int spread(const samples *s, int wanted, int *record)
{
  bool chosen[SAMPLES] = {[0] = true};
  chosen[s->count - 1] = true;
  for (int count = 2; count < wanted; count++) {
    int first = 0, best = -1;
    double most = -1, change;
    for (int k = 1; k < s->count; k++) {
      if (!chosen[k]) continue;
      const int middle = halve(s, first, k, &change);
      if (middle >= 0 && change > most) {
        best = middle;
        most = change;
      }
      first = k;
    }
    if (best >= 0) chosen[best] = true;
  }
  int count = 0;
  for (int k = 0; k < s->count; k++)
    if (chosen[k]) record[count++] = s->record[k];
  return count;
}

int mf_plot_choose_times(const char *path, const mf_grid *coarse, int records, int wanted, int *record,
                         int *count)
{
  *count = 0;
  if (records <= wanted) {
    for (; *count < records; ++*count) record[*count] = *count;
    return MF_OK;
  }
  samples s = {.grid = *coarse};
  const int status = sample(&s, path, records, 4 * wanted);
  if (!status) *count = spread(&s, wanted, record);
  for (int k = 0; k < s.count; k++) mf_release(s.field[k]);
  return status;
}
