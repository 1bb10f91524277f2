/* SPDX-License-Identifier: BSD-3-Clause */
/* The picture of decay: quantities over time on a logarithmic axis, with theory and fitted rates.
 *
 * A curve is solid, theory is dashed and black, the window of a fitted rate is the shaded area under the
 * curve, the floor it ends in is dotted. */
#include "postproc/figures/plot_parts.h"

#include <string.h>

enum { WIDTH = 1200, HEIGHT = 770 };

static void put_number(FILE *file, double value)
{
  if (isfinite(value) && value > 0)
    fprintf(file, " %.9g", value);
  else
    fprintf(file, " NaN");
}

/* Time, value, theories; then the fitted law over its window, and the floor from there to the end. */
static void put_data(mf_figure *f, const mf_curves *all, const mf_curve *c)
{
  enum { PIECES = 64 }; /* of a law that may bend */
  const mf_rate *fit = &c->fit;
  mf_figure_block(f, c->name);
  for (int r = 0; r < all->rows; r++) {
    fprintf(f->data, "%.9g", all->time[r]);
    put_number(f->data, c->value[r]);
    for (int k = 0; k < c->theories; k++) put_number(f->data, c->theory[k].value[r]);
    fputc('\n', f->data);
  }
  mf_figure_block(f, "its fitted law, and the floor");
  for (int k = 0; k <= PIECES && c->fitted; k++) {
    const double t = fit->from + (fit->to - fit->from) * k / PIECES;
    fprintf(f->data, "%.9g", t);
    put_number(f->data, mf_rate_value(fit, t));
    put_number(f->data, fit->floor);
    fputc('\n', f->data);
  }
  fprintf(f->data, "%.9g NaN", all->time[all->rows - 1]);
  put_number(f->data, c->fitted ? fit->floor : NAN);
  fputc('\n', f->data);
}

static bool has_floor(const mf_curve *c, const mf_curves *all)
{
  return c->fitted && c->fit.floor >= all->least && c->fit.floor < all->greatest;
}

/* Lines of the legend. */
static int count_entries(const mf_curves *all)
{
  int count = 0;
  for (int i = 0; i < all->count; i++) {
    const mf_curve *c = &all->curve[i];
    count += 1 + c->theories + (c->fitted ? 1 : 0) + (has_floor(c, all) ? 1 : 0);
  }
  return count;
}

static void put_separator(mf_figure *f, bool *first)
{
  fprintf(f->script, "%s", *first ? "plot " : ", \\\n     ");
  *first = false;
}

/* Areas first, so that lines lie on top of them. */
static void plot_windows(mf_figure *f, const mf_curves *all, bool *first)
{
  for (int i = 0; i < all->count; i++) {
    if (!all->curve[i].fitted) continue;
    put_separator(f, first);
    fprintf(
        f->script,
        "data index %d using 1:(lg($2)) notitle with filledcurves y1=bottom fc rgb '%s' fs transparent solid "
        "0.15 noborder",
        2 * i + 1, mf_plot_colours[i]);
  }
}

static void plot_curve(mf_figure *f, const mf_curves *all, int i, bool *first)
{
  const mf_curve *c = &all->curve[i];
  char text[2 * MF_CURVE_TEXT + 8];
  const bool plain = strcmp(c->name, c->label) == 0;
  put_separator(f, first);
  snprintf(text, sizeof text, "%s%s%s", c->name, plain ? "" : ": ", plain ? "" : c->label);
  fprintf(f->script, "data index %d using 1:(lg($2)) title ", 2 * i);
  mf_figure_formula(f, text);
  fprintf(f->script, " with lines lw 4 lc rgb '%s'", mf_plot_colours[i]);
}

static void plot_remarks(mf_figure *f, const mf_curves *all, int i, bool *first, int *theories)
{
  static const char *const dashes[] = {"2", "(12,4,3,4)", "(18,6)", "(6,3)", "(12,4,3,4,3,4)", "(3,3)"};
  const mf_curve *c = &all->curve[i];
  char text[2 * MF_CURVE_TEXT];
  for (int k = 0; k < c->theories; k++) {
    put_separator(f, first);
    fprintf(f->script, "data index %d using 1:(lg($%d)) title ", 2 * i, 3 + k);
    mf_figure_formula(f, c->theory[k].text);
    fprintf(f->script, " with lines lw 2 dt %s lc rgb 'black'", dashes[(*theories)++ % 6]);
  }
  if (c->fitted) {
    put_separator(f, first);
    mf_curve_rate_text(c, text, sizeof text);
    fprintf(f->script, "keyentry with boxes fc rgb '%s' fs transparent solid 0.25 noborder title ",
            mf_plot_colours[i]);
    mf_figure_formula(f, text);
  }
  if (has_floor(c, all)) {
    put_separator(f, first);
    snprintf(text, sizeof text, "floor %.2g", c->fit.floor);
    fprintf(f->script, "data index %d using 1:(lg($3)) title ", 2 * i + 1);
    mf_figure_formula(f, text);
    fprintf(f->script, " with lines lw 3 dt 3 lc rgb '%s'", mf_plot_colours[i]);
  }
}

/* The axis is that of the logarithm to the base 10: gnuplot's own ends its areas too early far below 1. */
static void put_axes(mf_figure *f, const mf_curves *all, double bottom, double top)
{
  char label[MF_CURVE_TEXT + 64];
  const bool alone = all->count == 1;
  mf_plot_label(alone ? all->curve[0].label : "energies and distances", all->curve[0].units, label,
                sizeof label);
  fprintf(f->script, "set title ");
  mf_figure_formula(f, all->title);
  fprintf(f->script, " noenhanced\nset xlabel ");
  mf_figure_formula(f, all->time_label);
  fprintf(f->script, " noenhanced\nset ylabel ");
  mf_figure_formula(f, label);
  fprintf(f->script, " noenhanced\nset xrange [%.9g:%.9g]\n", all->time[0], all->time[all->rows - 1]);
  fprintf(f->script, "bottom = %.6g\nset yrange [bottom:%.6g]\nlg(q) = q > 0 ? log10(q) : NaN\n", bottom,
          top);
  mf_figure_decades(f, bottom, top, true);
  fprintf(f->script, "set grid xtics ytics lt 1 lc rgb '#d8d8d8' lw 1\n");
  mf_figure_legend(f, count_entries(all));
}

static int draw(const mf_curves *all, mf_figure *f, const mf_plot *plot)
{
  bool first = true;
  int theories = 0;
  const double top = log10(all->greatest), bottom = fmin(log10(all->least), top - 0.1);
  const double margin = 0.04 * (top - bottom);
  MF_TRY(mf_figure_create(f, plot, WIDTH, HEIGHT + MF_LEGEND_LINE * count_entries(all)));
  for (int i = 0; i < all->count; i++) put_data(f, all, &all->curve[i]);
  put_axes(f, all, bottom - margin, top + margin);
  plot_windows(f, all, &first);
  for (int i = 0; i < all->count; i++) {
    plot_curve(f, all, i, &first);
    plot_remarks(f, all, i, &first, &theories);
  }
  fputc('\n', f->script);
  return mf_figure_draw(f);
}

int mf_plot_decay(const mf_plot *plot)
{
  mf_curves all;
  mf_figure f = {.blocks = 0};
  int status = mf_curves_read(&all, plot);
  if (!status) status = draw(&all, &f, plot);
  mf_figure_clear(&f);
  mf_curves_clear(&all);
  return status;
}
