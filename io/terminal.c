/* SPDX-License-Identifier: BSD-3-Clause */
/* What the user sees while a run goes on, and aligned tables.
 *
 * Everything goes to the stream a caller names, and nothing else of the program knows about escape sequences.
 */
#define _POSIX_C_SOURCE 200809L
#include "io/terminal.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BOLD        "\033[1m"
#define PLAIN       "\033[0m"
#define ERASE       "\033[K" /* from here to the end of the line */
#define REFRESH     0.1      /* least seconds between two live lines */
#define PLAIN_LINES 10       /* most plain lines of a run, but for the first */

enum { LINE_SIZE = 256, USUAL_WIDTH = 80 };

double mf_seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int width_of(int fd)
{
  struct winsize size;
  if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col > 0) return size.ws_col;
  const char *columns = getenv("COLUMNS");
  const long width = columns ? strtol(columns, NULL, 10) : 0;
  return width > 0 && width < 10000 ? (int)width : USUAL_WIDTH;
}

void mf_terminal_init(mf_terminal *terminal, FILE *stream, bool quiet)
{
  const int fd = fileno(stream);
  const char *kind = getenv("TERM"), *plain = getenv("NO_COLOR");
  const bool capable = fd >= 0 && isatty(fd) && !(kind && !strcmp(kind, "dumb"));
  *terminal = (mf_terminal){.stream = stream,
                            .live = capable,
                            .colour = capable && !(plain && *plain),
                            .quiet = quiet,
                            .started = mf_seconds(),
                            .last = -INFINITY,
                            .shown = -INFINITY,
                            .width = fd >= 0 ? width_of(fd) : USUAL_WIDTH};
}

/* Appends to `line`, which ends early rather than overflow. */
static void add(char *line, const char *format, ...)
{
  const size_t used = strlen(line);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line + used, LINE_SIZE - used, format, arguments);
  va_end(arguments);
}

static void add_number(char *line, const char *name, int digits, double value)
{
  if (!isnan(value)) add(line, "  %s = %.*g", name, digits, value);
}

static void compose(const mf_terminal *terminal, const mf_progress *p, double now, char line[LINE_SIZE])
{
  char span[32];
  const double elapsed = now - terminal->started;
  line[0] = '\0';
  if (!isnan(p->fraction)) add(line, "%3d %%", (int)floor(100 * fmin(fmax(p->fraction, 0), 1)));
  add_number(line, "t", 4, p->time);
  add_number(line, "dt", 2, p->step);
  add_number(line, "F", 4, p->energy);
  add_number(line, "rate", 4, p->rate);
  if (p->fraction >= 1) {
    mf_span_text(elapsed, span, sizeof span);
    add(line, "  %s", span);
  } else if (p->fraction > 0 && elapsed >= 1) { /* sooner it is guesswork */
    mf_span_text(elapsed * (1 - p->fraction) / p->fraction, span, sizeof span);
    add(line, "  %s left", span);
  }
}

/* The whole line is written with one call, so that it does not flicker; the percentage is bold. */
static void show_live(mf_terminal *terminal, const char *line)
{
  const int room = terminal->width > 1 ? terminal->width - 1 : 1; /* a full line would wrap */
  const char *mark = terminal->colour ? strchr(line, '%') : NULL;
  const int head = mark ? (int)(mark + 1 - line) : 0;
  if (head > 0 && head < room)
    fprintf(terminal->stream, "\r" BOLD "%.*s" PLAIN "%.*s" ERASE, head, line, room - head, line + head);
  else
    fprintf(terminal->stream, "\r%.*s" ERASE, room, line);
  fflush(terminal->stream);
  terminal->line_open = true;
}

/* Whether nothing worth a plain line lies between two fractions of a run. */
static bool same_part(double now, double before)
{
  return floor(PLAIN_LINES * now) <= floor(PLAIN_LINES * before);
}

void mf_terminal_progress(mf_terminal *terminal, const mf_progress *progress)
{
  char line[LINE_SIZE];
  const double now = mf_seconds();
  const bool ends = progress->fraction >= 1 && terminal->shown < 1;
  if (terminal->quiet) return;
  if (terminal->live) {
    if (now - terminal->last < REFRESH && !ends) return;
  } else if (!progress->record || (same_part(progress->fraction, terminal->shown) && !ends)) {
    return;
  }
  compose(terminal, progress, now, line);
  terminal->note = false;
  if (terminal->live)
    show_live(terminal, line);
  else
    fprintf(terminal->stream, "%s\n", line), fflush(terminal->stream);
  terminal->last = now;
  terminal->shown = progress->fraction;
}

void mf_terminal_note(mf_terminal *terminal, const char *what)
{
  if (!terminal->live || terminal->quiet) return;
  show_live(terminal, what);
  terminal->note = true;
}

void mf_terminal_finish(mf_terminal *terminal)
{
  if (!terminal->line_open) return;
  fputs(terminal->note ? "\r" ERASE : "\n", terminal->stream);
  fflush(terminal->stream);
  terminal->line_open = terminal->note = false;
}

void mf_span_text(double seconds, char *buffer, size_t size)
{
  if (!(seconds >= 0 && seconds < 1e12)) {
    snprintf(buffer, size, "?");
    return;
  }
  const long whole = lround(seconds), minutes = lround(seconds / 60);
  if (seconds < 59.95) /* beyond, it would round to 60.0 */
    snprintf(buffer, size, "%.1f s", seconds);
  else if (whole < 3600)
    snprintf(buffer, size, "%ld min %02ld s", whole / 60, whole % 60);
  else
    snprintf(buffer, size, "%ld h %02ld min", minutes / 60, minutes % 60);
}

/* Columns a UTF-8 text takes on the screen, one a character. */
static int text_width(const char *text)
{
  int width = 0;
  for (; *text; text++) width += ((unsigned char)*text & 0xC0) != 0x80;
  return width;
}

static int column_width(const char *const *cells, int rows, int columns, int column)
{
  int width = 0;
  for (int r = 0; r < rows; r++) {
    const char *text = cells[r * columns + column];
    const int own = text ? text_width(text) : 0;
    if (own > width) width = own;
  }
  return width;
}

/* Blanks up to column `place`, once there is something to print: so no line ends in blanks. */
static int move_to(FILE *stream, int at, int place)
{
  if (at < place) fprintf(stream, "%*s", place - at, "");
  return place;
}

/* One row; `ruled`: a line of dashes under each text instead of the text. */
static void print_row(FILE *stream, const char *const *row, const int *place, int columns, bool ruled)
{
  int at = 0;
  for (int c = 0; c < columns; c++) {
    const char *text = row[c] ? row[c] : "";
    const int width = text_width(text);
    if (width == 0) continue;
    at = move_to(stream, at, place[c]) + width;
    if (!ruled)
      fputs(text, stream);
    else
      for (int i = 0; i < width; i++) fputc('-', stream);
  }
  fputc('\n', stream);
}

void mf_table_print(FILE *stream, const char *const *cells, int rows, int columns)
{
  enum { GAP = 2, COLUMNS = 32 };
  int place[COLUMNS] = {0};
  if (columns < 1 || columns > COLUMNS) return;
  for (int c = 1; c < columns; c++) place[c] = place[c - 1] + column_width(cells, rows, columns, c - 1) + GAP;
  for (int r = 0; r < rows; r++) {
    print_row(stream, cells + (ptrdiff_t)r * columns, place, columns, false);
    if (r == 0) print_row(stream, cells, place, columns, true);
  }
}
