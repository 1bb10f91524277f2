/* SPDX-License-Identifier: BSD-3-Clause */
/** @file terminal.h  What the user sees while a run goes on, and aligned tables.
 *
 *  On a terminal: one line that renews itself (percent, flow time, step size, energy, rate, time left), at
 *  most ten times a second.  Elsewhere: plain lines, one per report.  NO_COLOR, TERM=dumb and quiet are
 *  respected. */
#ifndef MF_IO_TERMINAL_H
#define MF_IO_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

typedef struct {
  FILE *stream; /**< stderr */
  bool live;    /**< a terminal that can renew a line */
  bool colour;
  bool quiet;
  double started, last; /**< monotonic seconds */
  int width;            /**< columns of the terminal */
  bool line_open;       /**< a live line is on display */
  bool note;            /**< it tells what is being prepared, and goes when that is done */
  double shown;         /**< fraction at the last report */
} mf_terminal;

/** Looks at the stream and the environment. */
void mf_terminal_init(mf_terminal *terminal, FILE *stream, bool quiet);

/** Shows how far a run is.  `fraction` 0..1; NAN numbers are left out.  `record` marks an output: on a pipe
 *  only those are printed, at most one each 10 % of the run. */
typedef struct {
  double fraction, time, step, energy, rate;
  bool record;
} mf_progress;
void mf_terminal_progress(mf_terminal *terminal, const mf_progress *progress);

/** Shows what is being prepared, in the line that renews itself; elsewhere nothing. */
void mf_terminal_note(mf_terminal *terminal, const char *what);

/** Ends the live line (a note is wiped out), if there is one, so that other text can follow. */
void mf_terminal_finish(mf_terminal *terminal);

/** Seconds since some fixed moment, for measuring spans. */
double mf_seconds(void);

/** "1.2 s", "3 min 05 s", "2 h 10 min" into a buffer. */
void mf_span_text(double seconds, char *buffer, size_t size);

/** Prints rows of `columns` texts, each column as wide as its longest entry; the first row is the heading,
 *  underlined. The last column is not padded. */
void mf_table_print(FILE *stream, const char *const *cells, int rows, int columns);

#endif
