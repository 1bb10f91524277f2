/* SPDX-License-Identifier: BSD-3-Clause */
/* The picture of convergence, from what `mflow converge --json` printed: errors over the length of a cell,
 * both axes logarithmic, with triangles that show the slope of each order.
 *
 * A quantity with an exact solution has errors of its own; of another the distance to the extrapolated value
 * is drawn. */
#include "postproc/figures/plot_parts.h"

#include "io/language/case.h"

#include <stdlib.h>
#include <string.h>

enum { LEVELS = 16, LINES = 6, WIDTH = 1100, HEIGHT = 820 };

typedef struct {
  char name[MF_CURVE_TEXT];
  bool exact;
  double error[LEVELS], order;
} line;

typedef struct {
  int levels, count;
  double h[LEVELS];
  line line[LINES];
  double least, greatest;
} study;

/* ---- reading ---- */

/* A number; NAN for null and for what is none. */
static double number(const mf_node *mapping, const char *key)
{
  const mf_node *node = key ? mf_node_get(mapping, key) : mapping;
  char *end;
  if (!node || node->kind != MF_SCALAR || !*node->text) return NAN;
  const double value = strtod(node->text, &end);
  return *end ? NAN : value;
}

static int list_of(const mf_node *mapping, const char *key, const mf_node **list)
{
  *list = mapping->kind == MF_MAPPING ? mf_node_get(mapping, key) : NULL;
  if (*list && (*list)->kind == MF_SEQUENCE) return MF_OK;
  return mf_node_error(mapping, "this is not what `mflow converge --json` prints: there is no list `%s`",
                       key);
}

static int read_levels(study *s, const mf_node *root)
{
  const mf_node *list;
  MF_TRY(list_of(root, "levels", &list));
  if (list->count < 2 || list->count > LEVELS)
    return mf_node_error(list, "a convergence study has 2 to %d levels, not %d", LEVELS, list->count);
  for (; s->levels < list->count; s->levels++) {
    const mf_node *level = list->child[s->levels];
    s->h[s->levels] = level->kind == MF_MAPPING ? number(level, "h") : NAN;
    if (!(s->h[s->levels] > 0)) return mf_node_error(level, "this level has no positive `h`");
  }
  return MF_OK;
}

static int read_line(const study *s, const mf_node *node, line *l)
{
  const mf_node *values, *name = mf_node_get(node, "name"), *kind = mf_node_get(node, "kind");
  MF_TRY(list_of(node, "values", &values));
  if (!name || !kind || values->count != s->levels)
    return mf_node_error(node, "this quantity has no name, no kind or no value for each level");
  *l = (line){.exact = !strcmp(kind->text, "error"), .order = number(node, "order")};
  snprintf(l->name, sizeof l->name, "%.150s", name->text);
  const double limit = l->exact ? 0 : number(node, "extrapolated");
  for (int k = 0; k < s->levels; k++) l->error[k] = fabs(number(values->child[k], NULL) - limit);
  return MF_OK;
}

static bool is_asked_for(const mf_plot *plot, const line *l)
{
  for (int i = 0; i < plot->quantities; i++)
    if (!strcmp(plot->quantity[i], l->name)) return true;
  return false;
}

static bool can_be_drawn(const study *s, const line *l)
{
  int count = 0;
  for (int k = 0; k < s->levels; k++) count += l->error[k] > 0 && isfinite(l->error[k]);
  return count > 1;
}

/* Quantities named, or else errors against exact solutions, or else all that have an order. */
static int read_lines(study *s, const mf_node *root, const mf_plot *plot)
{
  const mf_node *list;
  MF_TRY(list_of(root, "quantities", &list));
  for (int pass = plot->quantities > 0 ? 2 : 0; pass < 3 && s->count == 0; pass++)
    for (int i = 0; i < list->count && s->count < LINES; i++) {
      line l;
      if (list->child[i]->kind != MF_MAPPING) return mf_node_error(list->child[i], "this is no quantity");
      MF_TRY(read_line(s, list->child[i], &l));
      const bool wanted = pass == 0 ? l.exact : pass == 1 ? isfinite(l.order) : is_asked_for(plot, &l);
      if (wanted && can_be_drawn(s, &l)) s->line[s->count++] = l;
    }
  if (s->count > 0) return MF_OK;
  return mf_fail(MF_ECASE, "%s: there is no error to draw%s", plot->run,
                 plot->quantities > 0 ? " under the names given"
                                      : ": no quantity has an exact value or an order");
}

static int read_study(study *s, const mf_plot *plot)
{
  mf_case *file = NULL;
  MF_TRY(mf_case_read(&file, plot->run));
  int status = read_levels(s, mf_case_root(file));
  if (!status) status = read_lines(s, mf_case_root(file), plot);
  mf_case_free(file);
  s->least = INFINITY;
  for (int i = 0; i < s->count; i++)
    for (int k = 0; k < s->levels; k++) {
      const double error = s->line[i].error[k];
      if (!(error > 0) || !isfinite(error)) continue;
      s->least = fmin(s->least, error);
      s->greatest = fmax(s->greatest, error);
    }
  return status;
}

/* ---- drawing ---- */

/* A triangle below the lowest line of an order, over the finer half of the grids: (h0, e), (h1, e), (h1, e
 * (h1/h0)^k). */
static void put_triangle(mf_figure *f, study *s, int order)
{
  const double h0 = s->h[s->levels - 1], h1 = pow(h0, 0.55) * pow(s->h[s->levels - 2], 0.45);
  double lowest = INFINITY;
  for (int i = 0; i < s->count; i++)
    if ((int)lround(s->line[i].order) == order && s->line[i].error[s->levels - 1] > 0)
      lowest = fmin(lowest, s->line[i].error[s->levels - 1]);
  const double gap = pow(s->greatest / s->least, 0.045), left = h0 * pow(s->h[0] / h0, 0.06), ratio = h1 / h0;
  const double base = lowest / gap * pow(left / h0, order) / gap, right = left * ratio,
               high = base * pow(ratio, order);
  mf_figure_block(f, "triangle");
  fprintf(f->data, "%.9g %.9g\n%.9g %.9g\n%.9g %.9g\n%.9g %.9g\n", left, base, right, base, right, high, left,
          base);
  s->least = fmin(s->least, base / gap);
  fprintf(f->script, "set label '1' at %.9g,%.9g center offset 0,-0.7\n", left * sqrt(ratio), base);
  fprintf(f->script, "set label '%d' at %.9g,%.9g left offset 0.5,0\n", order, right, sqrt(base * high));
}

static void put_triangles(mf_figure *f, study *s)
{
  for (int order = 1; order <= 8; order++)
    for (int i = 0; i < s->count; i++)
      if (isfinite(s->line[i].order) && (int)lround(s->line[i].order) == order) {
        put_triangle(f, s, order);
        break;
      }
}

static void put_lines(mf_figure *f, const study *s)
{
  for (int i = 0; i < s->count; i++) {
    mf_figure_block(f, s->line[i].name);
    for (int k = 0; k < s->levels; k++)
      if (s->line[i].error[k] > 0)
        fprintf(f->data, "%.9g %.9g\n", s->h[k], s->line[i].error[k]);
      else
        fprintf(f->data, "%.9g NaN\n", s->h[k]);
  }
}

static void put_axes(mf_figure *f, const study *s)
{
  const double span = fmax(log10(s->greatest / s->least), 0.5), margin = pow(10, 0.06 * span);
  const double wide = pow(s->h[0] / s->h[s->levels - 1], 0.08);
  fprintf(f->script, "set xlabel 'length of a cell h (dimensionless)'\nset ylabel 'error (dimensionless)'\n");
  fprintf(f->script,
          "set logscale xy\nset format y '10^{%%L}'\nset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n",
          s->h[s->levels - 1] / wide, s->h[0] * wide, s->least / margin, s->greatest * margin);
  fprintf(f->script, "set xtics (");
  for (int k = 0; k < s->levels; k++) fprintf(f->script, "%s'%.4g' %.9g", k ? ", " : "", s->h[k], s->h[k]);
  fprintf(f->script, ")\nset grid xtics ytics lt 1 lc rgb '#d8d8d8' lw 1\n");
  mf_figure_legend(f, s->count);
}

static int draw(study *s, mf_figure *f, const mf_plot *plot)
{
  static const int marks[LINES] = {7, 5, 9, 11, 13, 15};
  char text[2 * MF_CURVE_TEXT];
  MF_TRY(mf_figure_create(f, plot, WIDTH, HEIGHT + MF_LEGEND_LINE * s->count));
  put_lines(f, s);
  put_triangles(f, s);
  put_axes(f, s);
  for (int i = 0; i < s->count; i++) {
    const line *l = &s->line[i];
    snprintf(text, sizeof text, "%s%s", l->name, l->exact ? "" : ", distance to the extrapolated value");
    const size_t used = strlen(text);
    if (isfinite(l->order)) snprintf(text + used, sizeof text - used, ": order %.2f", l->order);
    fprintf(f->script, "%sdata index %d using 1:2 title ", i ? ", \\\n     " : "plot ", i);
    mf_figure_formula(f, text);
    fprintf(f->script, " with linespoints lw 3 pt %d ps 2 lc rgb '%s'", marks[i], mf_plot_colours[i]);
  }
  for (int k = s->count; k < f->blocks; k++)
    fprintf(f->script, ", \\\n     data index %d using 1:2 notitle with lines lw 2 lc rgb 'black'", k);
  fputc('\n', f->script);
  return mf_figure_draw(f);
}

int mf_plot_convergence(const mf_plot *plot)
{
  study s = {.count = 0};
  mf_figure f = {.blocks = 0};
  int status = read_study(&s, plot);
  if (!status) status = draw(&s, &f, plot);
  mf_figure_clear(&f);
  return status;
}
