/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow: numerical gradient flows of measures.  The command line. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command.h"

#include "grids/stage.h"
#include "grids/threads.h"
#include "io/netcdf/fields.h"
#include "solver/version.h"

#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const mf_command *const commands[] = {
    &mf_command_run,      &mf_command_resume,    &mf_command_verify, &mf_command_gap,
    &mf_command_constant, &mf_command_converge,  &mf_command_rates,  &mf_command_compare,
    &mf_command_distance, &mf_command_particles, &mf_command_sample, &mf_command_plot,
    &mf_command_list,     &mf_command_show,      &mf_command_new,    NULL};

static void print_usage(FILE *stream)
{
  fprintf(stream, "Usage: mflow COMMAND [OPTION]... [CASE]...\n"
                  "Integrate gradient flows of measures and check their theorems.\n\n");
  for (const mf_command *const *c = commands; *c; c++)
    fprintf(stream, "  %-9s %s\n", (*c)->name, (*c)->summary);
  fprintf(stream, "  %-9s %s\n", "help", "this text, or that of a command");
  fprintf(stream, "\n  -h, --help      this text; 'mflow COMMAND --help' for a command\n"
                  "  -V, --version   version, with those of the libraries\n");
}

static void print_version(void)
{
  printf("mflow %s (git %s)\n", mf_version(), mf_git_id());
  for (int i = 0; mf_library_name(i); i++) printf("  %-10s %s\n", mf_library_name(i), mf_library_version(i));
}

/* The first signal asks the run to stop after its step and close its files; a second one ends it at once. */
static void on_signal(int number)
{
  if (mf_stop_signal) {
    signal(number, SIG_DFL);
    raise(number);
  }
  mf_stop_signal = number;
}

static void on_checkpoint_signal(int number)
{
  (void)number;
  mf_checkpoint_signals++;
}

static void catch_signals(void)
{
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  struct sigaction before;
  if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN) /* nohup has it ignored */
    sigaction(SIGHUP, &action, NULL);
  action.sa_handler = on_checkpoint_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static const mf_command *find_command(const char *name)
{
  for (const mf_command *const *c = commands; *c; c++)
    if (!strcmp((*c)->name, name)) return *c;
  return NULL;
}

static int no_command(const char *name)
{
  fprintf(stderr, "mflow: '%s' is no command; to run that case: mflow run %s\nTry 'mflow --help'.\n", name,
          name);
  return EXIT_CASE;
}

static int unknown_command(const char *name)
{
  const char *names[sizeof commands / sizeof *commands + 1] = {"help"};
  int count = 1;
  for (const mf_command *const *c = commands; *c; c++) names[count++] = (*c)->name;
  const char *near = mf_nearest(name, names, count);
  fprintf(stderr, "mflow: there is no command '%s'%s%s%s\nTry 'mflow --help'.\n", name,
          near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
  return EXIT_CASE;
}

static void print_help(const mf_command *command)
{
  fputs(command->usage, stdout);
  if (command->more) command->more();
}

static int run_command(const mf_command *command, int argc, char **argv)
{
  char line[2048] = "";
  for (int i = 0; i < argc; i++) {
    const size_t used = strlen(line);
    snprintf(line + used, sizeof line - used, "%s%s", i ? " " : "", i ? argv[i] : "mflow");
  }
  mf_options options = {.command_line = line};
  const int status = mf_options_read(&options, command, argc - 1, argv + 1);
  if (status) return mf_exit_code(status);
  if (options.help) {
    print_help(command);
    return EXIT_HOLDS;
  }
  mf_threads_set(options.threads);
  return command->run(&options);
}

static int unknown_option(const char *word)
{
  static const char *const names[] = {"--help", "--version"};
  const char *near = strlen(word) > 3 ? mf_nearest(word, names, 2) : NULL;
  fprintf(stderr, "mflow: unknown option '%s'%s%s%s\nTry 'mflow --help'.\n", word,
          near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
  return EXIT_CASE;
}

/* `mflow help run` is `mflow run --help`. */
static int help(int argc, char **argv)
{
  const mf_command *command = argc > 2 ? find_command(argv[2]) : NULL;
  if (argc > 2 && !command) return unknown_command(argv[2]);
  if (command)
    print_help(command);
  else
    print_usage(stdout);
  return EXIT_HOLDS;
}

/* A closed stdin, stdout or stderr would hand its number to the next file, and messages would go into it. */
static bool open_standard_files(void)
{
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd) return false;
  return true;
}

/* Arrays that are freed go back to the system: the library would soon keep even large blocks for later, which do not come. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

/* The stack grows when it is used; where there is no address space left by then, the process is killed without a word. */
static char grow_stack(void)
{
  enum { STACK = 1 << 20, PAGE = 4096 };
  volatile char room[STACK];
  for (int i = STACK - 1; i >= 0; i -= PAGE) room[i] = 0;
  return room[0];
}

/* Each warning once: a study builds a case many times. */
static void print_warning(void *self, const char *text)
{
  enum { WARNINGS = 32 };
  static char told[WARNINGS][256];
  static int count;
  (void)self;
  for (int i = 0; i < count; i++)
    if (!strncmp(told[i], text, sizeof told[i] - 1)) return;
  if (count < WARNINGS) snprintf(told[count++], sizeof told[0], "%s", text);
  fprintf(stderr, "%s%s\n", strstr(text, ": warning: ") ? "" : "mflow: warning: ", text);
}

int main(int argc, char **argv)
{
  if (!open_standard_files()) return EXIT_FILE;
  char (*volatile grow)(void) = grow_stack; /* as a part of this function it would keep the room to itself */
  (void)grow();
  give_memory_back();
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0); /* lets ParaView open a file that is being written */
  catch_signals();
  mf_warning_listen(print_warning, NULL);
  if (argc < 2) {
    print_usage(stderr);
    return EXIT_CASE;
  }
  if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
    print_usage(stdout);
    return EXIT_HOLDS;
  }
  if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
    print_version();
    return EXIT_HOLDS;
  }
  if (argv[1][0] == '-') return unknown_option(argv[1]);
  if (!strcmp(argv[1], "help")) return help(argc, argv);
  const mf_command *command = find_command(argv[1]);
  if (!command && (strchr(argv[1], '.') || strchr(argv[1], '/')) && access(argv[1], F_OK) == 0)
    return no_command(argv[1]);
  const int code = command ? run_command(command, argc, argv) : unknown_command(argv[1]);
  const bool lost = fflush(stdout) || ferror(stdout);
  const int said = lost && !code ? EXIT_FILE : code;
  if (!mf_files_left_open()) return said;
  fflush(stderr);
  _Exit(said); /* after a failed write HDF5 may crash in its exit handler */
}
