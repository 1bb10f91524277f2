/* SPDX-License-Identifier: BSD-3-Clause */
/* A figure: the gnuplot script and its data, and running gnuplot. */
#define _POSIX_C_SOURCE 200809L
#include "postproc/figures/plot_parts.h"

#include "io/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATH_SIZE = 4096 };

/* ---- colours ---- */

const char *const mf_plot_colours[MF_CURVES] = {"#0072B2", "#D55E00", "#009E73",
                                                "#CC79A7", "#E69F00", "#56B4E9"};
const int mf_plot_codes[MF_CURVES] = {25, 166, 36, 175, 178, 74};

/* Nine of the 256 colours of viridis (Smith & van der Walt 2015, CC0), equally far apart. */
static const unsigned char viridis[][3] = {{68, 1, 84},    {71, 44, 122},  {59, 81, 139},
                                           {44, 113, 142}, {33, 144, 141}, {39, 173, 129},
                                           {92, 200, 99},  {170, 220, 50}, {253, 231, 37}};
enum { SHADES = sizeof viridis / sizeof *viridis };

void mf_figure_palette(mf_figure *f)
{
  fprintf(f->script, "set palette defined (");
  for (int i = 0; i < SHADES; i++)
    fprintf(f->script, "%s%d '#%02x%02x%02x'", i ? ", " : "", i, viridis[i][0], viridis[i][1], viridis[i][2]);
  fprintf(f->script, ")\n");
}

void mf_plot_viridis(double x, char colour[8])
{
  const double place = fmin(fmax(x, 0), 1) * (SHADES - 1);
  const int below = place < SHADES - 2 ? (int)place : SHADES - 2;
  int c[3];
  for (int k = 0; k < 3; k++)
    c[k] = (int)lround(viridis[below][k] + (place - below) * (viridis[below + 1][k] - viridis[below][k]));
  snprintf(colour, 8, "#%02x%02x%02x", (unsigned char)c[0], (unsigned char)c[1], (unsigned char)c[2]);
}

/* ---- script and data ---- */

/* A line end would end gnuplot's text, and a quote in it is doubled. */
void mf_figure_text(mf_figure *f, const char *text)
{
  fputc('\'', f->script);
  for (; *text; text++) {
    if (*text == '\'') fputc('\'', f->script);
    fputc((unsigned char)*text < ' ' ? ' ' : *text, f->script);
  }
  fputc('\'', f->script);
}

static const struct {
  const char *word, *symbol;
} symbols[] = {{"alpha", "α"},  {"beta", "β"},  {"gamma", "γ"}, {"delta", "δ"}, {"eps", "ε"}, {"kappa", "κ"},
               {"lambda", "λ"}, {"mu", "μ"},    {"dmu", "dμ"},  {"xi", "ξ"},    {"pi", "π"},  {"dpi", "dπ"},
               {"rho", "ρ"},    {"sigma", "σ"}, {"phi", "φ"},   {"int", "∫"},   {"<=", "≤"},  {">=", "≥"},
               {"^2", "²"},     {"^3", "³"},    {"*", "·"}};

static bool is_letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The symbol for the word that begins at `text + at`, if it is a whole one; `length` is that of the word. */
static const char *symbol_at(const char *text, size_t at, size_t *length)
{
  for (size_t k = 0; k < sizeof symbols / sizeof *symbols; k++) {
    const char *word = symbols[k].word;
    *length = strlen(word);
    if (strncmp(text + at, word, *length) != 0) continue;
    const bool joined = is_letter(word[0]) && at > 0 && is_letter(text[at - 1]);
    if (!joined && !(is_letter(word[*length - 1]) && is_letter(text[at + *length]))) return symbols[k].symbol;
  }
  return NULL;
}

void mf_figure_formula(mf_figure *f, const char *text)
{
  char out[4 * MF_CURVE_TEXT] = "";
  size_t used = 0, length;
  for (size_t at = 0; text[at] && used + 8 < sizeof out;) {
    const char *symbol = symbol_at(text, at, &length);
    if (!symbol) {
      out[used++] = text[at++];
      continue;
    }
    used += (size_t)snprintf(out + used, sizeof out - used, "%s", symbol);
    at += length;
  }
  out[used] = '\0';
  mf_figure_text(f, out);
}

void mf_figure_decades(mf_figure *f, double bottom, double top, bool of_logarithms)
{
  if (top - bottom > 2.5) {
    if (of_logarithms) fprintf(f->script, "set ytics %g\n", fmax(mf_plot_step((top - bottom) / 6), 1));
    fprintf(f->script, "set format y '10^{%s}'\n", of_logarithms ? "%g" : "%L");
    return;
  }
  const char *separator = "";
  const bool all = top - bottom < 0.7; /* else 1, 2 and 5 */
  fprintf(f->script, "set ytics (");
  for (int k = (int)floor(bottom); k <= (int)ceil(top); k++)
    for (int m = 1; m <= (all ? 9 : 5); m += all || m == 1 ? 1 : 3) {
      const double value = m * pow(10, k);
      fprintf(f->script, "%s'%g' %.9g", separator, value, of_logarithms ? k + log10(m) : value);
      separator = ", ";
    }
  fprintf(f->script, ")\n");
}

void mf_figure_legend(mf_figure *f, int entries)
{
  enum { BELOW = 16, AXIS = 112 }; /* pixels under the legend; and for the axis too */
  const double height = f->height, lines = MF_LEGEND_LINE * (double)entries;
  fprintf(f->script, "set bmargin at screen %.5f\n", (lines + AXIS) / height);
  fprintf(f->script,
          "set key noenhanced at screen 0.11,%.5f left top Left reverse maxcols 1 samplen 3 spacing 1.15\n",
          (lines + BELOW) / height);
}

int mf_figure_block(mf_figure *f, const char *comment)
{
  fprintf(f->data, "%s# index %d: ", f->blocks ? "\n\n" : "", f->blocks);
  for (const char *c = comment; *c; c++) fputc((unsigned char)*c < ' ' ? ' ' : *c, f->data);
  fputc('\n', f->data);
  return f->blocks++;
}

static const char *name_in(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static int name_files(mf_figure *f, const char *picture)
{
  static const char *const endings[] = {".png", ".svg", ".pdf"};
  char path[PATH_SIZE];
  int kind = 0;
  while (kind < 3 && !mf_plot_ends_in(picture, endings[kind])) kind++;
  if (kind == 3 || name_in(picture)[0] == '.')
    return mf_fail(MF_ECASE, "a picture is called NAME.png, NAME.svg or NAME.pdf, not '%s'", picture);
  for (const char *c = picture; *c; c++)
    if ((unsigned char)*c < ' ')
      return mf_fail(MF_ECASE, "a picture's name has no line ends or other controls");
  const int stem = (int)strlen(picture) - 4;
  if (stem + 8 > PATH_SIZE) return mf_fail(MF_ECASE, "the name of the picture is too long");
  MF_TRY(mf_text_copy(&f->picture, picture));
  snprintf(path, sizeof path, "%.*s.gp", stem, picture);
  MF_TRY(mf_text_copy(&f->script_path, path));
  snprintf(path, sizeof path, "%.*s.dat", stem, picture);
  MF_TRY(mf_text_copy(&f->data_path, path));
  f->picture_name = name_in(f->picture);
  f->script_name = name_in(f->script_path);
  f->data_name = name_in(f->data_path);
  return MF_OK;
}

static int open_one(FILE **file, const char *path, char **part)
{
  int fd;
  MF_TRY(mf_fresh_file(path, part, &fd));
  *file = fdopen(fd, "w");
  if (*file) return MF_OK;
  close(fd);
  return mf_fail(MF_EFILE, "%s: cannot create it: %s", path, strerror(errno));
}

static int open_files(mf_figure *f, bool force)
{
  const char *const paths[] = {f->picture, f->script_path, f->data_path};
  for (int i = 0; i < 3 && !force; i++)
    if (access(paths[i], F_OK) == 0)
      return mf_fail(MF_EFILE, "%s is there already: use --force to replace it, or -o for another name",
                     paths[i]);
  MF_TRY(open_one(&f->script, f->script_path, &f->script_part));
  return open_one(&f->data, f->data_path, &f->data_part);
}

/* With the folder: gnuplot takes a name that begins with a bar or a less-than sign for a command. */
static void write_name(mf_figure *f, const char *name)
{
  char path[PATH_SIZE + 2];
  snprintf(path, sizeof path, "./%s", name);
  mf_figure_text(f, path);
}

static void begin_script(mf_figure *f, int width, int height)
{
  fprintf(f->script, "# Draws %s from %s.  After a change, in this folder: gnuplot %s\n", f->picture_name,
          f->data_name, f->script_name);
  fprintf(f->script, "set encoding utf8\n");
  if (mf_plot_ends_in(f->picture, ".png"))
    fprintf(f->script, "set terminal pngcairo enhanced font 'DejaVu Sans,17' size %d,%d\n", width, height);
  else if (mf_plot_ends_in(f->picture, ".svg"))
    fprintf(f->script,
            "set terminal svg enhanced font 'DejaVu Sans,20' size %d,%d dynamic background rgb 'white'\n",
            width, height);
  else
    fprintf(f->script, "set terminal pdfcairo enhanced font 'DejaVu Sans,11' size %.2fin,%.2fin\n",
            width / 150.0, height / 150.0);
  fprintf(f->script, "set output ");
  write_name(f, f->picture_name);
  fprintf(f->script, "\ndata = ");
  write_name(f, f->data_name);
  fprintf(f->script,
          "\nset datafile missing 'NaN'\nset border lc rgb '#404040'\nset tics textcolor rgb 'black'\n");
}

int mf_figure_create(mf_figure *f, const mf_plot *plot, int width, int height)
{
  *f = (mf_figure){.blocks = 0};
  MF_TRY(name_files(f, plot->picture));
  MF_TRY(open_files(f, plot->force));
  f->height = height;
  begin_script(f, width, height);
  return MF_OK;
}

/* A link in the file's place is replaced, not followed. */
static int close_one(FILE **file, const char *path, char **part)
{
  bool failed = ferror(*file);
  failed = fclose(*file) || failed || rename(*part, path);
  *file = NULL;
  if (failed) return mf_fail(MF_EFILE, "%s: cannot write it: %s", path, strerror(errno));
  mf_release(*part);
  *part = NULL;
  return MF_OK;
}

static void drop_one(FILE *file, char *part)
{
  if (file) fclose(file);
  if (part) unlink(part);
  mf_release(part);
}

/* ---- gnuplot ---- */

/* gnuplot, in the picture's folder, with what it says going to `said`.  Other settings than the script's are
 * not read. */
static int spawn_gnuplot(const mf_figure *f, int said, pid_t *child)
{
  char change[2 * PATH_SIZE + 16] = "cd '.'", script[PATH_SIZE];
  char *const arguments[] = {"gnuplot", "-d", "-e", change, script, NULL};
  const ptrdiff_t folder = f->script_name - f->script_path;
  char *end = change + strlen("cd '");
  for (ptrdiff_t i = 0; i < folder; i++) {
    if (f->script_path[i] == '\'') *end++ = '\'';
    *end++ = f->script_path[i];
  }
  if (folder > 0) strcpy(end, "'");
  snprintf(script, sizeof script, "./%s", f->script_name);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, said, 1);
  posix_spawn_file_actions_adddup2(&actions, said, 2);
  const int error = posix_spawnp(child, "gnuplot", &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/* Keeps the beginning of what comes, and reads on to the end. */
static void read_all(int from, char *text, size_t size)
{
  char part[512];
  size_t used = 0;
  ssize_t got;
  while ((got = read(from, part, sizeof part)) > 0 || (got < 0 && errno == EINTR)) {
    const size_t room = size - 1 - used, take = got < 0 ? 0 : (size_t)got < room ? (size_t)got : room;
    memcpy(text + used, part, take);
    used += take;
  }
  text[used] = '\0';
}

static int run_gnuplot(const mf_figure *f, char *said, size_t size, int *code)
{
  int ends[2];
  pid_t child;
  if (pipe(ends)) return mf_fail(MF_EFILE, "cannot run gnuplot: %s", strerror(errno));
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  const int error = spawn_gnuplot(f, ends[1], &child);
  close(ends[1]);
  if (!error) read_all(ends[0], said, size);
  close(ends[0]);
  if (error)
    return mf_fail(MF_EFILE,
                   "cannot run gnuplot, which draws the picture: %s (Debian: apt-get install gnuplot-nox)\n"
                   "what it would draw is in %s and %s",
                   strerror(error), f->script_path, f->data_path);
  while (waitpid(child, code, 0) < 0 && errno == EINTR) continue;
  return MF_OK;
}

int mf_figure_draw(mf_figure *f)
{
  char said[1024];
  int code;
  struct stat picture;
  fprintf(f->script, "unset output\n");
  MF_TRY(close_one(&f->script, f->script_path, &f->script_part));
  MF_TRY(close_one(&f->data, f->data_path, &f->data_part));
  unlink(f->picture);
  MF_TRY(run_gnuplot(f, said, sizeof said, &code));
  if (!WIFEXITED(code) || WEXITSTATUS(code) || stat(f->picture, &picture) || picture.st_size == 0) {
    unlink(f->picture);
    return mf_fail(MF_EFILE, "%s: gnuplot could not draw it from %s:%s%s", f->picture, f->script_path,
                   *said ? " " : " it was stopped", said);
  }
  return MF_OK;
}

void mf_figure_clear(mf_figure *f)
{
  drop_one(f->script, f->script_part);
  drop_one(f->data, f->data_part);
  mf_release(f->picture);
  mf_release(f->script_path);
  mf_release(f->data_path);
  *f = (mf_figure){.blocks = 0};
}
