/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes a case from a template: the sections in order, with comments, and the places that depend on the dimension filled
 * in. */
#include "solver/program/command_template.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

typedef struct {
  FILE *out;
  int dim;
  int axis; /* of a sum, or -1: x is x */
} writer;

static void expand(const writer *w, const char *text, size_t length);

/* Bytes up to the bracket that closes the one in front of `text`. */
static size_t enclosed(const char *text)
{
  size_t n = 0;
  for (int depth = 1; text[n]; n++) {
    if (strchr("([{", text[n])) depth++;
    if (strchr(")]}", text[n]) && --depth == 0) break;
  }
  return n;
}

/* The alternative for this dimension; the last one serves those beyond. */
static void choose(const writer *w, const char *text, size_t length)
{
  for (int d = 1; d < w->dim; d++) {
    const char *bar = memchr(text, '|', length);
    if (!bar) break;
    length -= (size_t)(bar + 1 - text);
    text = bar + 1;
  }
  const char *bar = memchr(text, '|', length);
  expand(w, text, bar ? (size_t)(bar - text) : length);
}

static void repeat(const writer *w, const char *text, size_t length, bool sum)
{
  writer each = *w;
  if (!sum) fputc('[', w->out);
  for (int a = 0; a < w->dim; a++) {
    if (sum) each.axis = a;
    if (a > 0) fputs(sum ? " + " : ", ", w->out);
    expand(&each, text, length);
  }
  if (!sum) fputc(']', w->out);
}

static bool is_word(char c)
{
  return isalnum((unsigned char)c) || c == '_';
}

static void expand(const writer *w, const char *text, size_t length)
{
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '@' && text[i + 1] == 'd') {
      fprintf(w->out, "%d", w->dim);
      i++;
    } else if (text[i] == '@') {
      const char *inside = text + i + 2;
      const size_t n = enclosed(inside);
      if (text[i + 1] == '{')
        choose(w, inside, n);
      else
        repeat(w, inside, n, text[i + 1] == '(');
      i += n + 2;
    } else if (text[i] == 'x' && w->axis >= 0 && !(i && is_word(text[i - 1])) && !is_word(text[i + 1])) {
      fputc("xyz"[w->axis], w -> out);
    } else {
      fputc(text[i], w->out);
    }
  }
}

static void section(const writer *w, const char *comment, const char *key, const char *text)
{
  if (!text) return;
  if (comment) fprintf(w->out, "\n# %s\n", comment);
  if (key) fprintf(w->out, "%s:%s", key, *text == '\n' ? "" : " ");
  expand(w, text, strlen(text));
  fputc('\n', w->out);
}

void mf_template_write(const mf_template *t, int dim, const char *path, FILE *out)
{
  const writer w = {.out = out, .dim = dim, .axis = -1};
  fprintf(out,
          "# %s\n#\n"
          "#   mflow show %s      what would be computed, and how\n"
          "#   mflow verify %s    run it and judge the claims\n"
          "#   mflow run %s       run it and write fields and history\n#\n"
          "# A number may be a formula in the parameters.  `mflow list` prints every key, energy, geometry "
          "and kernel.\n",
          t->equation, path, path, path);
  section(&w, NULL, "title", t->title);
  section(&w, NULL, "reference", t->reference);
  section(&w, "Numbers with names; change them here, or on the command line with --set NAME=VALUE.",
          "parameters", t->parameters);
  section(&w, "What the claims below compare with, in x, y, z and t.", "formulas", t->formulas);
  section(&w, "Reference dynamics, integrated beside the flow.", "odes", t->odes);
  section(&w, "Where: cells per axis, the box, and `wall` (no flux) or `periodic`.  From what, to what.",
          NULL, t->setting);
  section(&w, "What decreases, and how a measure may move.", "energy", t->energy);
  section(&w, NULL, "geometry", t->geometry);
  section(&w, "How long, and how often the history gets a row.", "time", t->time);
  section(&w, "What the history measures besides.", "diagnostics", t->diagnostics);
  section(&w, "What theory says; a tolerance is for the error of the grid, h^2, or of the integrator.",
          "claims", t->claims);
}
