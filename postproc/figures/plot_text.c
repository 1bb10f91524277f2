/* SPDX-License-Identifier: BSD-3-Clause */
/* Decay curves in characters: one column of the screen is one moment, one row a share of the decades. */
#include "postproc/figures/plot_parts.h"

#include <string.h>

enum { LEAST_WIDTH = 40, MOST_WIDTH = 160, ROWS = 20, MARGIN = 9 };

#define THEORY '.' /* marks of what belongs to no curve */
#define FLOOR  '_'
static const char marks[MF_CURVES + 1] = "*o+x#@";

typedef struct {
  FILE *stream;
  bool colour;
  int width;          /* of the plot, without its margin */
  double top, bottom; /* logarithms to the base 10 */
  char cell[ROWS][MOST_WIDTH];
} screen;

static int row_of(const screen *s, double value)
{
  return (int)lround((s->top - log10(value)) / (s->top - s->bottom) * (ROWS - 1));
}

/* Never over a curve that is there. */
static void mark(screen *s, int row, int column, char what)
{
  if (row < 0 || row >= ROWS) return;
  char *cell = &s->cell[row][column];
  if (*cell == ' ' || *cell == THEORY || *cell == FLOOR) *cell = what;
}

/* Value at a time between rows, on a straight line of logarithms; NAN where a neighbour is missing. */
static double value_at(const mf_curves *all, const double *value, double t)
{
  int r = 0;
  while (r + 2 < all->rows && all->time[r + 1] < t) r++;
  const double a = value[r], b = value[r + 1], w = (t - all->time[r]) / (all->time[r + 1] - all->time[r]);
  if (w <= 0) return a > 0 ? a : NAN;
  if (w >= 1) return b > 0 ? b : NAN;
  return a > 0 && b > 0 ? exp((1 - w) * log(a) + w * log(b)) : NAN;
}

static double time_at(const screen *s, const mf_curves *all, double column)
{
  return all->time[0] + (all->time[all->rows - 1] - all->time[0]) * column / (s->width - 1);
}

/* A curve that falls by many rows from one column to the next is filled in between. */
static void draw_line(screen *s, const mf_curves *all, const double *value, char what)
{
  int last = -1;
  for (int column = 0; column < s->width; column++) {
    const double now = value_at(all, value, time_at(s, all, column));
    if (!(now > 0) || !isfinite(now)) {
      last = -1;
      continue;
    }
    const int row = row_of(s, now), from = last < 0 || what == THEORY ? row
                                           : last < row               ? last + 1
                                           : last > row               ? last - 1
                                                                      : row;
    for (int k = from; k != row; k += from < row ? 1 : -1) mark(s, k, column, what);
    mark(s, row, column, what);
    last = row;
  }
}

static void draw_all(screen *s, const mf_curves *all)
{
  memset(s->cell, ' ', sizeof s->cell);
  for (int i = 0; i < all->count; i++) {
    const mf_curve *c = &all->curve[i];
    for (int column = 0; column < s->width && c->fitted && c->fit.floor > 0; column++)
      mark(s, row_of(s, c->fit.floor), column, FLOOR);
  }
  for (int i = 0; i < all->count; i++)
    for (int k = 0; k < all->curve[i].theories; k++) draw_line(s, all, all->curve[i].theory[k].value, THEORY);
  for (int i = 0; i < all->count; i++) draw_line(s, all, all->curve[i].value, marks[i]);
}

/* ---- printing ---- */

static void paint(const screen *s, int colour)
{
  if (!s->colour) return;
  if (colour < 0)
    fputs("\033[0m", s->stream);
  else
    fprintf(s->stream, "\033[38;5;%dm", mf_plot_codes[colour]);
}

static void print_row(const screen *s, int row)
{
  int width = s->width;
  while (width > 0 && s->cell[row][width - 1] == ' ') width--;
  const bool labelled = row % 5 == 0 || row == ROWS - 1;
  if (labelled)
    fprintf(s->stream, "%*.0e |", MARGIN - 2, pow(10, s->top - (s->top - s->bottom) * row / (ROWS - 1)));
  else
    fprintf(s->stream, "%*s", MARGIN, "|");
  for (int column = 0; column < width; column++) {
    const char what = s->cell[row][column];
    const char *which = what == ' ' ? NULL : strchr(marks, what);
    if (which) paint(s, (int)(which - marks));
    fputc(what, s->stream);
    if (which) paint(s, -1);
  }
  fputc('\n', s->stream);
}

/* Equals signs under the window of the first fitted curve. */
static void print_axis(const screen *s, const mf_curves *all)
{
  const mf_rate *fit = NULL;
  for (int i = 0; i < all->count && !fit; i++)
    if (all->curve[i].fitted) fit = &all->curve[i].fit;
  fprintf(s->stream, "%*s", MARGIN, "+");
  for (int column = 0; column < s->width; column++) {
    const double t = time_at(s, all, column);
    fputc(fit && t >= fit->from && t <= fit->to ? '=' : '-', s->stream);
  }
  char first[32], last[64];
  snprintf(first, sizeof first, "t = %g", all->time[0]);
  snprintf(last, sizeof last, "t = %g", all->time[all->rows - 1]);
  fprintf(s->stream, "\n%*s%s%*s\n", MARGIN, "", first, s->width - (int)strlen(first), last);
}

/* A line of the legend, cut to the width of the screen between two characters of UTF-8. */
static void print_cut(const screen *s, int colour, const char *text)
{
  int room = s->width + MARGIN;
  paint(s, colour);
  for (; *text && (room > 0 || ((unsigned char)*text & 0xC0) == 0x80); text++) {
    fputc(*text, s->stream);
    room -= ((unsigned char)text[1] & 0xC0) != 0x80;
  }
  if (colour >= 0) paint(s, -1);
  fputc('\n', s->stream);
}

static void print_legend(const screen *s, const mf_curves *all)
{
  char text[3 * MF_CURVE_TEXT], rate[2 * MF_CURVE_TEXT];
  for (int i = 0; i < all->count; i++) {
    const mf_curve *c = &all->curve[i];
    const bool plain = !strcmp(c->name, c->label);
    snprintf(text, sizeof text, "  %c %s%s%s", marks[i], c->name, plain ? "" : ": ", plain ? "" : c->label);
    print_cut(s, i, text);
    for (int k = 0; k < c->theories; k++) {
      snprintf(text, sizeof text, "    %c %s", THEORY, c->theory[k].text);
      print_cut(s, -1, text);
    }
    if (!c->fitted) continue;
    mf_curve_rate_text(c, rate, sizeof rate);
    snprintf(text, sizeof text, "    = %s", rate);
    print_cut(s, -1, text);
    if (!(c->fit.floor > 0)) continue;
    snprintf(text, sizeof text, "    %c floor %.2g", FLOOR, c->fit.floor);
    print_cut(s, -1, text);
  }
}

static void print(screen *s, const mf_curves *all)
{
  draw_all(s, all);
  if (*all->title) print_cut(s, -1, all->title);
  for (int row = 0; row < ROWS; row++) print_row(s, row);
  print_axis(s, all);
  print_legend(s, all);
}

int mf_plot_text(const mf_plot *plot, FILE *stream, int width, bool colour)
{
  mf_curves all;
  const int status = mf_curves_read(&all, plot);
  if (!status) {
    screen s = {.stream = stream, .colour = colour};
    s.width = (width < LEAST_WIDTH ? LEAST_WIDTH : width > MOST_WIDTH ? MOST_WIDTH : width) - MARGIN;
    s.top = log10(all.greatest);
    s.bottom = fmin(log10(all.least), s.top - 0.1);
    print(&s, &all);
  }
  mf_curves_clear(&all);
  return status;
}
