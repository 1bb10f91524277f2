/* SPDX-License-Identifier: BSD-3-Clause */
/** @file plot.h  Pictures of a run: decay, densities, convergence.
 *
 *  Pictures are drawn from files alone: NAME_history.nc, NAME.nc, and the JSON of `mflow converge --json`.
 *  gnuplot draws them; its script and the numbers it draws are kept beside the picture, to be edited and run
 *  again. */
#ifndef MF_POSTPROC_FIGURES_PLOT_H
#define MF_POSTPROC_FIGURES_PLOT_H

#include "grids/base.h"

#include <stdio.h>

typedef enum { MF_PLOT_DECAY, MF_PLOT_DENSITY, MF_PLOT_CONVERGENCE } mf_plot_kind;

typedef struct {
  const char *run; /**< NAME, NAME.nc or NAME_history.nc; for convergence, a JSON file */
  const char
      *picture; /**< ends in .png, .svg or .pdf; script and numbers go to the same name with .gp and .dat */
  const char *kind; /**< "decay", "density", "convergence"; NULL: convergence for NAME.json, else decay */
  const char *const *quantity; /**< names of quantities; none: what the claims are about */
  int quantities;
  const char *times; /**< of densities, separated by commas; NULL: as the density changes */
  bool force;        /**< replace files that are there */
} mf_plot;

/** Draws the picture.  MF_ECASE: another ending, an unknown quantity, a time outside the run.  MF_EFILE: a
 *  file that cannot be read or is there already; also if gnuplot is missing or refuses, which leaves script
 *  and numbers in place. */
int mf_plot_draw(const mf_plot *plot);

/** The decay curves in characters, in lines of at most `width` columns (but no fewer than 40); `colour`: with
 *  escape sequences. */
int mf_plot_text(const mf_plot *plot, FILE *stream, int width, bool colour);

#endif
