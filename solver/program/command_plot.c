/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow plot: pictures of what a run wrote. */
#include "solver/program/command.h"

#include "io/terminal.h"
#include "postproc/figures/plot.h"

#include <string.h>

static int show_text(const mf_plot *p)
{
  mf_terminal terminal;
  mf_terminal_init(&terminal, stdout, false);
  return mf_plot_text(p, stdout, terminal.width, terminal.colour);
}

static int plot(const mf_options *o)
{
  if (o->case_count != 1) return mf_fail(MF_ECASE, "mflow plot: name one run\nTry 'mflow plot --help'.");
  const mf_plot p = {.run = o->cases[0],
                     .picture = o->output,
                     .kind = o->kind,
                     .quantity = o->quantity,
                     .quantities = o->quantities,
                     .times = o->times,
                     .force = o->force};
  if (o->text && o->output) return mf_fail(MF_ECASE, "mflow plot: --text goes to the terminal, without -o");
  if (!o->output && o->kind && strcmp(o->kind, "decay"))
    return mf_fail(MF_ECASE, "mflow plot: %s cannot be drawn in characters: add -o FILE.png", o->kind);
  if (!o->output) return show_text(&p);
  MF_TRY(mf_plot_draw(&p));
  const int stem = (int)strlen(o->output) - 4;
  if (!o->quiet)
    printf("%s (gnuplot: %.*s.gp, numbers: %.*s.dat)\n", o->output, stem, o->output, stem, o->output);
  return MF_OK;
}

static int run(const mf_options *o)
{
  return mf_exit_code(plot(o));
}

const mf_command mf_command_plot = {
    .name = "plot",
    .summary = "pictures of a run: decay, densities, convergence",
    .usage = "Usage: mflow plot [OPTION]... RUN\n"
             "Draw what `mflow run` wrote.  RUN is NAME, NAME.nc or NAME_history.nc, or what `mflow converge "
             "--json` printed,\n"
             "kept in a file NAME.json.  Without -o: the decay curves in characters.\n\n"
             "  -o, --output FILE     draw FILE.png, .svg or .pdf with gnuplot; its script FILE.gp and its "
             "numbers FILE.dat stay\n"
             "                        beside it, to be edited and run again\n"
             "      --kind KIND       decay: quantities over time on a logarithmic axis, with the bounds, "
             "exact values and rates\n"
             "                        that claims state (default); density: the measure at several times, "
             "and the target;\n"
             "                        convergence: errors over the length of a cell (default for NAME.json)\n"
             "      --quantity NAME   a column of the history, or a quantity of the JSON (repeatable; "
             "default: those of "
             "the\n"
             "                        claims)\n"
             "      --times T,T       of the densities (default: as the density changes)\n"
             "      --text            in characters, also if -o is not given\n"
             "      --force           replace files that are there\n"
             "  -q, --quiet           say nothing\n"
             "  -h, --help            this text\n",
    .accepts = "oKQAxfq",
    .run = run,
};
