/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of the command line, and exit codes. */
#define _GNU_SOURCE
#include "solver/program/command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct option long_options[] = {
    {"set", required_argument, NULL, 's'},
    {"output", required_argument, NULL, 'o'},
    {"variant", required_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"force", no_argument, NULL, 'f'},
    {"json", no_argument, NULL, 'J'},
    {"jobs", required_argument, NULL, 'j'},
    {"modes", required_argument, NULL, 'm'},
    {"levels", required_argument, NULL, 'l'},
    {"threads", required_argument, NULL, 'N'},
    {"profile", no_argument, NULL, 'p'},
    {"help", no_argument, NULL, 'h'},
    {"quantity", required_argument, NULL, 'Q'},
    {"window", required_argument, NULL, 'w'},
    {"floor", required_argument, NULL, 'F'},
    {"theory", required_argument, NULL, 't'},
    {"gap", no_argument, NULL, 'g'},
    {"kernel", required_argument, NULL, 'k'},
    {"bandwidth", required_argument, NULL, 'b'},
    {"shape", required_argument, NULL, 'S'},
    {"tolerance", required_argument, NULL, 'T'},
    {"geometry", required_argument, NULL, 'Y'},
    {"alpha", required_argument, NULL, 'a'},
    {"beta", required_argument, NULL, 'e'},
    {"p", required_argument, NULL, 'P'},
    {"potentials", required_argument, NULL, 'V'},
    {"grid", required_argument, NULL, 'D'},
    {"kind", required_argument, NULL, 'K'},
    {"times", required_argument, NULL, 'A'},
    {"text", no_argument, NULL, 'x'},
    {"flow", required_argument, NULL, 'G'},
    {"dim", required_argument, NULL, 'd'},
    {"strict", no_argument, NULL, 'R'},
    {"resume", no_argument, NULL, 'U'},
    {"verify", no_argument, NULL, 'C'},
    {"count", required_argument, NULL, 'n'},
    {"method", required_argument, NULL, 'M'},
    {"seed", required_argument, NULL, 'z'},
    {NULL, 0, NULL, 0},
};

static int add_set(mf_options *o, const char *assignment)
{
  if (o->sets == MF_SETS) return mf_fail(MF_ECASE, "more than %d --set options", MF_SETS);
  o->set[o->sets++] = assignment;
  return MF_OK;
}

static int add_text(const char *list[MF_QUANTITIES], int *count, const char *name)
{
  if (*count == MF_QUANTITIES) return mf_fail(MF_ECASE, "more than %d %s options", MF_QUANTITIES, name);
  list[(*count)++] = optarg;
  return MF_OK;
}

static int read_count(int *out, const char *name)
{
  char *end;
  const long value = strtol(optarg, &end, 10);
  if (end == optarg || *end || value < 1 || value > 1000000)
    return mf_fail(MF_ECASE, "mflow: %s takes a whole number from 1 on, not '%s'", name, optarg);
  *out = (int)value;
  return MF_OK;
}

static int read_one(mf_options *o, int option)
{
  switch (option) {
  case 's':
    return add_set(o, optarg);
  case 'o':
    o->output = optarg;
    return MF_OK;
  case 'v':
    o->main_only = !strcmp(optarg, "main");
    o->variant = o->main_only ? NULL : optarg;
    return MF_OK;
  case 'q':
    o->quiet = true;
    return MF_OK;
  case 'f':
    o->force = true;
    return MF_OK;
  case 'J':
    o->json = true;
    return MF_OK;
  case 'l':
    return read_count(&o->levels, "--levels");
  case 'm':
    return read_count(&o->modes, "--modes");
  case 'j':
    return read_count(&o->jobs, "--jobs");
  case 'N':
    return read_count(&o->threads, "--threads");
  case 'p':
    o->profile = true;
    return MF_OK;
  case 'Q':
    return add_text(o->quantity, &o->quantities, "--quantity");
  case 'T':
    return add_text(o->tolerance, &o->tolerances, "--tolerance");
  case 'w':
    o->window = optarg;
    return MF_OK;
  case 'F':
    o->floor = optarg;
    return MF_OK;
  case 't':
    o->theory = optarg;
    return MF_OK;
  case 'g':
    o->gap = true;
    return MF_OK;
  case 'k':
    o->kernel = optarg;
    return MF_OK;
  case 'b':
    o->bandwidth = optarg;
    return MF_OK;
  case 'S':
    o->shape = optarg;
    return MF_OK;
  case 'Y':
    o->geometry = optarg;
    return MF_OK;
  case 'a':
    o->alpha = optarg;
    return MF_OK;
  case 'e':
    o->beta = optarg;
    return MF_OK;
  case 'P':
    o->exponent = optarg;
    return MF_OK;
  case 'V':
    o->potentials = optarg;
    return MF_OK;
  case 'D':
    o->grid = optarg;
    return MF_OK;
  case 'K':
    o->kind = optarg;
    return MF_OK;
  case 'A':
    o->times = optarg;
    return MF_OK;
  case 'x':
    o->text = true;
    return MF_OK;
  case 'G':
    o->flow = optarg;
    return MF_OK;
  case 'd':
    return read_count(&o->dim, "--dim");
  case 'R':
    o->strict = true;
    return MF_OK;
  case 'n':
    return read_count(&o->count, "--count");
  case 'M':
    o->method = optarg;
    return MF_OK;
  case 'z':
    return read_count(&o->seed, "--seed");
  case 'C':
    o->check = true;
    return MF_OK;
  case 'U':
    o->resume = true;
    return MF_OK;
  case 'h':
    o->help = true;
    return MF_OK;
  default:
    return MF_ECASE;
  }
}

/* ---- mistakes ---- */

static bool accepts(const mf_command *command, int option)
{
  return option == 'h' || strchr(command->accepts, option);
}

/* "; did you mean --set?" among the options of the command, or nothing. */
static const char *suggestion(const mf_command *command, const char *word, char *text, size_t size)
{
  enum { OPTIONS = sizeof long_options / sizeof *long_options };
  const char *names[OPTIONS];
  int count = 0;
  for (const struct option *l = long_options; l->name; l++)
    if (accepts(command, l->val)) names[count++] = l->name;
  while (*word == '-') word++;
  char bare[64];
  snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word, "="), word);
  const char *near = strlen(bare) > 1 ? mf_nearest(bare, names, count) : NULL;
  snprintf(text, size, "%s%s%s", near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
  return text;
}

static int refuse(const mf_command *command, const char *what, const char *word)
{
  char near[80];
  return mf_fail(MF_ECASE, "mflow %s: %s '%s'%s\nTry 'mflow %s --help'.", command->name, what, word,
                 suggestion(command, word, near, sizeof near), command->name);
}

static const char *long_name(int option)
{
  const struct option *l = long_options;
  while (l->name && l->val != option) l++;
  return l->name;
}

/* What getopt stumbled over, behind `last`: a word, a letter, or a value for an option that takes none. */
static int refuse_unknown(const mf_command *command, const char *last)
{
  const char letter[] = {'-', (char)optopt, '\0'}, *name = optopt ? long_name(optopt) : NULL;
  const bool valued = name && !strncmp(last, "--", 2) && !strncmp(last + 2, name, strcspn(last + 2, "="));
  if (valued)
    return mf_fail(MF_ECASE, "mflow %s: --%s takes no value\nTry 'mflow %s --help'.", command->name, name,
                   command->name);
  return refuse(command, "unknown option", optopt ? letter : last);
}

static int refuse_here(const mf_command *command, int option)
{
  char word[64];
  snprintf(word, sizeof word, "--%s", long_name(option));
  return refuse(command, "there is no option", word);
}

static int refuse_without_value(const mf_command *command, const char *word)
{
  return mf_fail(MF_ECASE, "mflow %s: a value is missing behind '%s'\nTry 'mflow %s --help'.", command->name,
                 word, command->name);
}

/* ---- reading ---- */

int mf_options_read(mf_options *o, const mf_command *command, int argc, char **argv)
{
  opterr = 0;
  for (;;) {
    const int option = getopt_long(argc, argv, ":s:o:qj:m:n:h", long_options, NULL);
    if (option == -1) break;
    if (option == '?') return refuse_unknown(command, argv[optind - 1]);
    if (option == ':') return refuse_without_value(command, argv[optind - 1]);
    if (!accepts(command, option)) return refuse_here(command, option);
    MF_TRY(read_one(o, option));
  }
  o->cases = (const char *const *)(argv + optind);
  o->case_count = argc - optind;
  return MF_OK;
}

int mf_exit_code(int status)
{
  if (status == MF_OK) return EXIT_HOLDS;
  const bool says_where = strstr(mf_error(), ": error: ") || !strncmp(mf_error(), "mflow", 5);
  if (mf_error()[0]) fprintf(stderr, "%s%s\n", says_where ? "" : "mflow: ", mf_error());
  switch (status) {
  case MF_ECASE:
    return EXIT_CASE;
  case MF_EFILE:
    return EXIT_FILE;
  case MF_ESTOPPED:
    return 128 + (int)mf_stop_signal;
  default:
    return EXIT_NUMERIC;
  }
}
