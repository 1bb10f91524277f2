/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plot_parts.h  What the pictures share: curves of a history, and a gnuplot script with its data. */
#ifndef MF_POSTPROC_FIGURES_PLOT_PARTS_H
#define MF_POSTPROC_FIGURES_PLOT_PARTS_H

#include "grids/grid.h"
#include "io/netcdf/history.h"
#include "postproc/figures/plot.h"
#include "postproc/rates/accuracy.h"
#include "postproc/rates/rates.h"

/* ---- names ---- */

bool mf_plot_ends_in(const char *text, const char *ending);

/** The file of a run with this ending ("_history.nc", ".nc"), whichever of its names is given; release with
 *  mf_release. */
int mf_plot_path(const char *run, const char *ending, char **path);

/** Items of a list separated by commas, without blanks around them: copies item `index`; false after the
 *  last. */
bool mf_plot_item(const char *list, int index, char *item, size_t size);

/** The largest of 1, 2, 5 times a power of ten that is at most x > 0, but for rounding: a distance of
 *  ticks. */
double mf_plot_step(double x);

/* ---- curves of a history ---- */

enum { MF_CURVES = 6, MF_THEORIES = 3, MF_CURVE_TEXT = 160 };

/** What a claim says of a curve. */
typedef struct {
  char text[MF_CURVE_TEXT]; /**< kind, formula and reference */
  const double *value;      /**< one per row; NAN where it is silent */
} mf_curve_theory;

/** A quantity over time. */
typedef struct {
  char name[MF_CURVE_TEXT], label[MF_CURVE_TEXT], units[32];
  double *value; /**< one per row */
  mf_curve_theory theory[MF_THEORIES];
  int theories;
  double *store[MF_THEORIES]; /**< what the theories point to */
  bool fitted;
  mf_rate fit;
  double stated_rate; /**< by a claim; NAN: none */
} mf_curve;

typedef struct {
  mf_history *history;
  mf_accuracy accuracy; /**< of its columns */
  char *title, *time_label;
  int rows, count;
  double *time;
  double least, greatest; /**< of all positive values */
  mf_curve curve[MF_CURVES];
} mf_curves;

/** Reads the curves of a run and fits their rates; to be cleared in any case.  Without `quantities`: those
 *  that claims are about and that fall to a tenth at least; else such of KL, MMD and L1; else the energy. */
int mf_curves_read(mf_curves *c, const mf_plot *plot);
void mf_curves_clear(mf_curves *c);

/** "rate 2.0007 in [2.0005, 2.0009] for t in [20, 180] (theory: rate 2)" of a fitted curve; of an algebraic decay its power. */
void mf_curve_rate_text(const mf_curve *c, char *text, size_t size);

/** "long name (units)", where a unit of 1 is dimensionless. */
void mf_plot_label(const char *name, const char *units, char *text, size_t size);

/* ---- gnuplot ---- */

/** A picture in the making: a script and its data, open for writing. */
typedef struct {
  char *picture, *script_path, *data_path;
  char *script_part, *data_part;                      /**< where they stand until they are whole */
  const char *picture_name, *script_name, *data_name; /**< without the folder */
  FILE *script, *data;
  int height; /**< in pixels */
  int blocks; /**< of data, so far: gnuplot's `index` of the next one */
} mf_figure;

/** Checks the names and opens script and data.  The script begins with the terminal: `width` x `height`
 *  pixels. */
int mf_figure_create(mf_figure *f, const mf_plot *plot, int width, int height);

/** Closes script and data and has gnuplot draw the picture. */
int mf_figure_draw(mf_figure *f);

/** Closes what is open and releases all; a script without a picture is left where it is. */
void mf_figure_clear(mf_figure *f);

/** Writes a text in gnuplot's quotes. */
void mf_figure_text(mf_figure *f, const char *text);

/** The same with symbols for the words of formulas: mu, alpha, <=, ^2. */
void mf_figure_formula(mf_figure *f, const char *text);

/** Ticks of a y axis from 10^bottom to 10^top: whole decades, or 1, 2, 5 times a power of ten where there are
 *  few. `of_logarithms`: the axis is that of the logarithm to the base 10, not logarithmic itself. */
void mf_figure_decades(mf_figure *f, double bottom, double top, bool of_logarithms);

/** Puts the legend below the axes; each entry adds MF_LEGEND_LINE pixels to the height of a picture. */
enum { MF_LEGEND_LINE = 34 };
void mf_figure_legend(mf_figure *f, int entries);

/** Begins a block of data with a comment line and returns its index. */
int mf_figure_block(mf_figure *f, const char *comment);

/** Colours that colour-blind readers tell apart (Okabe & Ito 2008), "#rrggbb"; as numbers of a 256-colour
 *  terminal. */
extern const char *const mf_plot_colours[MF_CURVES];
extern const int mf_plot_codes[MF_CURVES];

/** Writes viridis as gnuplot's palette. */
void mf_figure_palette(mf_figure *f);

/** Its colour at 0 <= x <= 1 as "#rrggbb". */
void mf_plot_viridis(double x, char colour[8]);

/* ---- times ---- */

enum { MF_PLOT_TIMES = 8 };

/** Chooses at most `wanted` (2..MF_PLOT_TIMES) of the records of a fields file, the first and the last among
 *  them, with about equal changes of the density in L1 between them, as seen on a coarse grid. */
int mf_plot_choose_times(const char *path, const mf_grid *coarse, int records, int wanted, int *record,
                         int *count);

/* ---- the pictures ---- */

int mf_plot_decay(const mf_plot *plot);
int mf_plot_density(const mf_plot *plot);
int mf_plot_convergence(const mf_plot *plot);

#endif
