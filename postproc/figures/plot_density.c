/* SPDX-License-Identifier: BSD-3-Clause */
/* The picture of the density at several times, from NAME.nc: lines in one dimension, maps on one colour scale
 * in two, slices through the middle of the target in three.  An axis of one cell does not count.
 *
 * Fine grids are averaged to what a picture can show.  Unless times are asked for, they are chosen so that
 * about as much mass moves or changes between any two of them. */
#include "postproc/figures/plot_parts.h"

#include "io/netcdf/import.h"

#include <stdlib.h>
#include <string.h>

enum {
  LINES = 6,          /* times of lines and maps, unasked, */
  SLICES = 4,         /* and of slices */
  LINE_CELLS = 2000,  /* along a line */
  MAP_CELLS = 160,    /* along an axis of a map */
  SAMPLE_CELLS = 4096 /* of a record that is read to choose times */
};

#define CLIP 4.0 /* the scale ends at so many times the greatest value of the target */

/* A plane of the picture: x and y on the paper are axes a and b of the box. */
typedef struct {
  mf_grid grid; /* averaged, and one cell thick along the third axis */
  int a, b;
  double place, target_max, target_min;
  int target; /* block of data */
} plane;

typedef struct {
  const char *path;
  mf_fields_summary file;
  int axis[MF_AXES], axes; /* those with more than one cell */
  int record[MF_PLOT_TIMES], count;
  plane plane[MF_AXES];
  int planes;
  double greatest, top; /* of all values; end of the scale */
  double *values;       /* scratch, of one plane */
} density;

/* ---- grids ---- */

static ptrdiff_t fewer(ptrdiff_t n, ptrdiff_t most)
{
  return (n + (n + most - 1) / most - 1) / ((n + most - 1) / most);
}

/* The box with at most `most` cells along each axis; `normal` >= 0: only the layer of cells `layer` of that
 * axis. */
static int averaged_grid(const mf_grid *box, ptrdiff_t most, int normal, ptrdiff_t layer, mf_grid *out)
{
  long cells[MF_AXES];
  double lo[MF_AXES], hi[MF_AXES];
  for (int a = 0; a < box->dim; a++) {
    const bool cut = a == normal;
    cells[a] = cut ? 1 : (long)fewer(box->global[a], most);
    lo[a] = cut ? box->lo[a] + (double)layer * box->h[a] : box->lo[a];
    hi[a] = cut ? lo[a] + box->h[a] : box->hi[a];
  }
  return mf_grid_init(out, box->dim, cells, lo, hi, box->periodic);
}

/* ---- times ---- */

static int choose_times(density *d, int wanted)
{
  static const ptrdiff_t along[] = {SAMPLE_CELLS, 64, 16}; /* 4096 in all */
  mf_grid coarse;
  MF_TRY(averaged_grid(&d->file.grid, along[d->file.grid.dim - 1], -1, 0, &coarse));
  return mf_plot_choose_times(d->path, &coarse, d->file.records, wanted, d->record, &d->count);
}

static int nearest_record(const mf_fields_summary *file, double time)
{
  int best = 0;
  for (int r = 1; r < file->records; r++)
    if (fabs(file->time[r] - time) < fabs(file->time[best] - time)) best = r;
  return best;
}

static int take_times(density *d, const char *list)
{
  char item[64], *end;
  const mf_fields_summary *file = &d->file;
  for (int i = 0; mf_plot_item(list, i, item, sizeof item); i++) {
    const double time = strtod(item, &end), last = file->time[file->records - 1];
    if (*end || end == item) return mf_fail(MF_ECASE, "'%s' is no time", item);
    if (!(time >= file->time[0] && time <= last))
      return mf_fail(MF_ECASE, "time %g is outside the run, [%g, %g]", time, file->time[0], last);
    if (d->count == MF_PLOT_TIMES) return mf_fail(MF_ECASE, "a picture has at most %d times", MF_PLOT_TIMES);
    d->record[d->count++] = nearest_record(file, time);
  }
  return MF_OK;
}

/* ---- reading ---- */

static int read_plane(const density *d, const plane *p, int record)
{
  return record < 0 ? mf_import_part(&p->grid, d->path, "target", 0, d->values)
                    : mf_import_part(&p->grid, d->path, "density", record, d->values);
}

static double greatest_of(const density *d, const plane *p)
{
  double most = 0;
  for (ptrdiff_t c = 0; c < p->grid.cells; c++) most = fmax(most, d->values[c]);
  return most;
}

/* The layer of cells that holds the mean of the target (of the last density, if there is none) along an
 * axis. */
static int middle_layer(const density *d, int axis, ptrdiff_t *layer)
{
  const mf_grid *box = &d->file.grid;
  mf_grid line;
  double *values, mass = 0, moment = 0;
  long cells[MF_AXES] = {1, 1, 1};
  const ptrdiff_t n = box->global[axis];
  cells[axis] = (long)n;
  MF_TRY(mf_grid_init(&line, box->dim, cells, box->lo, box->hi, box->periodic));
  MF_TRY(mf_reals_create(&values, n));
  const bool target = d->file.has_target;
  const int status = mf_import_field(&line, d->path, target ? "target" : "density", target ? 0 : -1, values);
  for (ptrdiff_t i = 0; i < n; i++) {
    mass += values[i];
    moment += values[i] * (double)i;
  }
  mf_release(values);
  *layer = mass > 0 ? (ptrdiff_t)lround(fmin(fmax(moment / mass, 0), (double)(n - 1))) : n / 2;
  return status;
}

/* The plane of axes a < b; a third axis with more than one cell is cut. */
static int add_plane(density *d, int a, int b, int normal)
{
  plane *p = &d->plane[d->planes++];
  ptrdiff_t layer = 0;
  *p = (plane){.a = a, .b = b, .target = -1};
  if (normal >= 0) MF_TRY(middle_layer(d, normal, &layer));
  const ptrdiff_t most = d->axes < 2 ? LINE_CELLS : MAP_CELLS;
  MF_TRY(averaged_grid(&d->file.grid, most, normal, layer, &p->grid));
  if (normal >= 0) p->place = mf_grid_coordinate(&p->grid, normal, 0);
  if (normal >= 0 && fabs(p->place) < 1e-9 * p->grid.h[normal]) p->place = 0;
  return MF_OK;
}

static int make_planes(density *d)
{
  static const int pairs[MF_AXES][3] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}};
  const int *axis = d->axis;
  if (d->axes < 2) return add_plane(d, axis[0], axis[0], -1);
  if (d->axes == 2) return add_plane(d, axis[0], axis[1], -1);
  for (int i = 0; i < MF_AXES; i++) MF_TRY(add_plane(d, pairs[i][0], pairs[i][1], pairs[i][2]));
  return MF_OK;
}

/* The scale holds every value, unless a narrow start would leave the target in the dark. */
static int find_scale(density *d)
{
  double reference = 0;
  for (int i = 0; i < d->planes; i++) {
    plane *p = &d->plane[i];
    double last = 0;
    for (int k = 0; k < d->count; k++) {
      MF_TRY(read_plane(d, p, d->record[k]));
      last = greatest_of(d, p);
      d->greatest = fmax(d->greatest, last);
    }
    if (d->file.has_target) {
      MF_TRY(read_plane(d, p, -1));
      p->target_max = last = greatest_of(d, p);
      p->target_min = p->target_max;
      for (ptrdiff_t c = 0; c < p->grid.cells; c++) p->target_min = fmin(p->target_min, d->values[c]);
      d->greatest = fmax(d->greatest, last);
    }
    reference = fmax(reference, last);
  }
  d->top = reference > 0 && d->greatest > CLIP * reference ? CLIP * reference : d->greatest;
  return d->top > 0 ? MF_OK : mf_fail(MF_EFILE, "%s: the density is nowhere positive", d->path);
}

static int prepare(density *d, const mf_plot *plot)
{
  ptrdiff_t cells = 0;
  MF_TRY(mf_import_summary(&d->file, d->path));
  for (int a = 0; a < d->file.grid.dim; a++)
    if (d->file.grid.global[a] > 1) d->axis[d->axes++] = a;
  MF_TRY(plot->times ? take_times(d, plot->times) : choose_times(d, d->axes == 3 ? SLICES : LINES));
  MF_TRY(make_planes(d));
  for (int i = 0; i < d->planes; i++)
    if (d->plane[i].grid.cells > cells) cells = d->plane[i].grid.cells;
  MF_TRY(mf_reals_create(&d->values, cells));
  return find_scale(d);
}

/* ---- lines ---- */

static const char *const axis_names[MF_AXES] = {"x", "y", "z"};

static void scale_label(const density *d, char *text, size_t size)
{
  if (d->top < d->greatest)
    snprintf(text, size, "density (dimensionless; cut off, greatest %.3g)", d->greatest);
  else
    snprintf(text, size, "density (dimensionless)");
}

static int put_line(mf_figure *f, const density *d, int record)
{
  const plane *p = &d->plane[0];
  char text[64];
  snprintf(text, sizeof text, record < 0 ? "target" : "t = %g", record < 0 ? 0 : d->file.time[record]);
  mf_figure_block(f, text);
  MF_TRY(read_plane(d, p, record));
  for (ptrdiff_t i = 0; i < p->grid.cells; i++)
    fprintf(f->data, "%.9g %.6g\n", mf_grid_coordinate(&p->grid, p->a, i), d->values[i]);
  return MF_OK;
}

static int draw_lines(density *d, mf_figure *f, const mf_plot *plot)
{
  const plane *p = &d->plane[0];
  char label[128], colour[8];
  MF_TRY(mf_figure_create(f, plot, 1200, 720));
  for (int k = 0; k < d->count; k++) MF_TRY(put_line(f, d, d->record[k]));
  if (d->file.has_target) MF_TRY(put_line(f, d, -1));
  scale_label(d, label, sizeof label);
  fprintf(f->script, "set title ");
  mf_figure_formula(f, d->file.title);
  fprintf(f->script, " noenhanced\nset xlabel '%s (dimensionless)'\nset ylabel '%s'\n", axis_names[p->a],
          label);
  fprintf(f->script, "set xrange [%.9g:%.9g]\nset yrange [0:%.6g]\n", p->grid.lo[p->a], p->grid.hi[p->a],
          1.04 * d->top);
  fprintf(f->script, "set grid xtics ytics lt 1 lc rgb '#d8d8d8' lw 1\n"
                     "set key outside right center Left reverse samplen 2 spacing 1.2\n");
  const char *style = p->grid.cells > 1 ? "lines" : "points pt 7 ps 2";
  for (int k = 0; k < d->count; k++) {
    mf_plot_viridis(d->count > 1 ? 0.88 * k / (d->count - 1) : 0, colour);
    fprintf(f->script, "%sdata index %d using 1:2 title 't = %g' with %s lw 3 lc rgb '%s'",
            k ? ", \\\n     " : "plot ", k, d->file.time[d->record[k]], style, colour);
  }
  if (d->file.has_target)
    fprintf(f->script, ", \\\n     data index %d using 1:2 title 'target' with %s lw 2 dt 2 lc rgb 'black'",
            d->count, style);
  fputc('\n', f->script);
  return mf_figure_draw(f);
}

/* ---- maps ---- */

/* Pixels: everything is placed by hand, so that all maps have one scale and the box's shape. */
enum { LEFT = 105, RIGHT = 170, HEAD = 95, FOOT = 90, GAP = 28, BETWEEN_MAPS = 52, BETWEEN_SLICES = 128 };

typedef struct {
  int columns, rows, width, height; /* of maps, of the picture */
  int map_width, map_height[2 * MF_AXES], map_top[2 * MF_AXES];
} layout;

/* Height of a map over its width, like the box's, but neither a thread nor a tower. */
static double shape(const plane *p)
{
  const double x = p->grid.hi[p->a] - p->grid.lo[p->a], y = p->grid.hi[p->b] - p->grid.lo[p->b];
  return fmin(fmax(y / x, 0.35), 1.6);
}

static layout arrange(const density *d)
{
  layout l = {.columns = d->count};
  const bool slices = d->planes > 1;
  if (!slices && d->count > 3) l.columns = (d->count + 1) / 2;
  l.rows = slices ? d->planes : (d->count + l.columns - 1) / l.columns;
  l.map_width = l.columns > 3 ? 260 : l.columns > 1 ? 330 : 600;
  l.width = LEFT + l.columns * l.map_width + (l.columns - 1) * GAP + RIGHT;
  l.height = HEAD;
  for (int r = 0; r < l.rows; r++) {
    l.map_top[r] = l.height;
    l.map_height[r] = (int)lround(l.map_width * shape(&d->plane[slices ? r : 0]));
    l.height += l.map_height[r] + (slices ? BETWEEN_SLICES : BETWEEN_MAPS);
  }
  l.height += FOOT - (slices ? BETWEEN_SLICES : BETWEEN_MAPS);
  return l;
}

/* A matrix: a row of numbers for every cell along b. */
static int put_map(mf_figure *f, const density *d, const plane *p, int record, int *block)
{
  char text[96];
  const mf_grid *g = &p->grid;
  snprintf(text, sizeof text, record < 0 ? "target" : "density at t = %g",
           record < 0 ? 0 : d->file.time[record]);
  *block = mf_figure_block(f, text);
  MF_TRY(read_plane(d, p, record));
  for (ptrdiff_t j = 0; j < g->n[p->b]; j++) {
    for (ptrdiff_t i = 0; i < g->n[p->a]; i++)
      fprintf(f->data, "%s%.4g", i ? " " : "", d->values[i * g->stride[p->a] + j * g->stride[p->b]]);
    fputc('\n', f->data);
  }
  return MF_OK;
}

/* gnuplot's coordinates of a matrix. */
static void put_using(mf_figure *f, const plane *p, int block)
{
  const mf_grid *g = &p->grid;
  fprintf(f->script, "data index %d matrix using (%.9g + %.9g*$1):(%.9g + %.9g*$2):3", block,
          mf_grid_coordinate(g, p->a, 0), g->h[p->a], mf_grid_coordinate(g, p->b, 0), g->h[p->b]);
}

static bool has_contours(const plane *p)
{
  return p->target >= 0 && p->target_min < 0.9 * p->target_max;
}

/* Contours of the target, as lines in a table of gnuplot's. */
static int put_contours(mf_figure *f, const density *d, plane *p, int index)
{
  MF_TRY(put_map(f, d, p, -1, &p->target));
  if (!has_contours(p)) return MF_OK;
  const double m = p->target_max;
  fprintf(f->script,
          "set contour base\nunset surface\nset cntrparam levels discrete %.4g, %.4g, %.4g, %.4g\n", 0.02 * m,
          0.2 * m, 0.5 * m, 0.8 * m);
  fprintf(f->script, "set table $contours%d\nsplot ", index);
  put_using(f, p, p->target);
  fprintf(f->script, "\nunset table\nunset contour\nset surface\n");
  return MF_OK;
}

static void put_axis(mf_figure *f, const plane *p, char which, int axis, int pixels, bool labelled)
{
  enum { APART = 100 }; /* pixels between ticks, more or less */
  const double length = p->grid.hi[axis] - p->grid.lo[axis];
  fprintf(f->script, "set %crange [%.9g:%.9g]\nset %ctics %g\n", which, p->grid.lo[axis], p->grid.hi[axis],
          which, mf_plot_step(length * fmin(APART / (double)pixels, 1)));
  if (labelled)
    fprintf(f->script, "set %clabel '%s' offset %s\nset format %c '%%g'\n", which, axis_names[axis],
            which == 'x' ? "0,0.5" : "0,0", which);
  else
    fprintf(f->script, "unset %clabel\nset format %c ''\n", which, which);
}

static int put_panel(mf_figure *f, const density *d, const layout *l, int index, int time, int row,
                     int column)
{
  const plane *p = &d->plane[index];
  const bool slices = d->planes > 1;
  const double left = LEFT + column * (l->map_width + GAP), top = l->map_top[row];
  const bool lowest = slices || row == l->rows - 1 || time + l->columns >= d->count;
  int block;
  MF_TRY(put_map(f, d, p, d->record[time], &block));
  fprintf(f->script, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n", left / l->width,
          (left + l->map_width) / l->width);
  fprintf(f->script, "set tmargin at screen %.5f\nset bmargin at screen %.5f\n", 1 - top / l->height,
          1 - (top + l->map_height[row]) / l->height);
  put_axis(f, p, 'x', p->a, l->map_width, lowest);
  put_axis(f, p, 'y', p->b, l->map_height[row], column == 0);
  fprintf(f->script, "set title 't = %g", d->file.time[d->record[time]]);
  if (slices) fprintf(f->script, ",  %s = %.3g", axis_names[3 - p->a - p->b], p->place);
  fprintf(f->script, "' offset 0,-0.6\nplot ");
  put_using(f, p, block);
  fprintf(f->script, " notitle with image");
  if (has_contours(p))
    fprintf(f->script, ", $contours%d using 1:2 notitle with lines lw 1.5 lc rgb 'white'", index);
  fprintf(f->script, "\nunset colorbox\n");
  return MF_OK;
}

static void put_scale(mf_figure *f, const density *d, const layout *l)
{
  char label[128];
  const double top = HEAD, bottom = l->map_top[l->rows - 1] + l->map_height[l->rows - 1];
  scale_label(d, label, sizeof label);
  mf_figure_palette(f);
  fprintf(f->script, "set cbrange [0:%.6g]\nset cblabel '%s'\n", d->top, label);
  fprintf(f->script, "set colorbox vertical user origin screen %.5f,%.5f size screen %.5f,%.5f\n",
          (l->width - RIGHT + 25.0) / l->width, 1 - bottom / l->height, 22.0 / l->width,
          (bottom - top) / l->height);
}

static int draw_maps(density *d, mf_figure *f, const mf_plot *plot)
{
  const layout l = arrange(d);
  const bool slices = d->planes > 1;
  MF_TRY(mf_figure_create(f, plot, l.width, l.height));
  put_scale(f, d, &l);
  for (int i = 0; i < d->planes && d->file.has_target; i++) MF_TRY(put_contours(f, d, &d->plane[i], i));
  fprintf(f->script, "set tics out nomirror scale 0.6\nset multiplot\nset label 1 ");
  mf_figure_formula(f, d->file.title);
  fprintf(f->script, " noenhanced at screen 0.5,%.5f center\n", 1 - 28.0 / l.height);
  for (int r = 0; r < l.rows; r++)
    for (int c = 0; c < l.columns; c++) {
      const int time = slices ? c : r * l.columns + c;
      if (time >= d->count) continue;
      MF_TRY(put_panel(f, d, &l, slices ? r : 0, time, r, c));
      fprintf(f->script, "unset label 1\n");
    }
  fprintf(f->script, "unset multiplot\n");
  return mf_figure_draw(f);
}

int mf_plot_density(const mf_plot *plot)
{
  char *path = NULL;
  density d = {.count = 0};
  mf_figure f = {.blocks = 0};
  int status = mf_plot_path(plot->run, ".nc", &path);
  d.path = path;
  if (!status) status = prepare(&d, plot);
  if (!status) status = d.axes < 2 ? draw_lines(&d, &f, plot) : draw_maps(&d, &f, plot);
  mf_figure_clear(&f);
  mf_fields_summary_clear(&d.file);
  mf_release(d.values);
  mf_release(path);
  return status;
}
