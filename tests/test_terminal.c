/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user sees: progress on a pipe and on a terminal (a pseudo-terminal here), spans of time, tables. */
#define _XOPEN_SOURCE 700
#include "io/terminal.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *seen; /* what was written to `stream` */
static size_t seen_size;
static FILE *stream;

static void open_stream(void)
{
  unsetenv("NO_COLOR");
  unsetenv("COLUMNS");
  setenv("TERM", "xterm", 1);
  stream = open_memstream(&seen, &seen_size);
  ck_assert_ptr_nonnull(stream);
}

static void close_stream(void)
{
  fclose(stream);
  free(seen);
}

static const char *written(void)
{
  fflush(stream);
  return seen;
}

static int count(const char *text, const char *word)
{
  int n = 0;
  while ((text = strstr(text, word))) n++, text++;
  return n;
}

/* A terminal with a line that renews itself, writing into the stream. */
static mf_terminal live_terminal(int width)
{
  mf_terminal t;
  mf_terminal_init(&t, stream, false);
  t.live = true;
  t.width = width;
  return t;
}

START_TEST(a_note_goes_when_it_is_done)
{
  mf_terminal t;
  mf_terminal_init(&t, stream, false);
  mf_terminal_note(&t, "spectral gap ...");
  mf_terminal_finish(&t);
  ck_assert_str_eq(written(), ""); /* a pipe gets none */
  t = live_terminal(9);
  mf_terminal_note(&t, "spectral gap ...");
  ck_assert_str_eq(written(), "\rspectral\033[K"); /* 8 of 9 columns, or the line would wrap */
  mf_terminal_finish(&t);
  ck_assert_str_eq(written(), "\rspectral\033[K\r\033[K");
  mf_terminal_finish(&t);
  ck_assert_str_eq(written(), "\rspectral\033[K\r\033[K");
  t.quiet = true;
  mf_terminal_note(&t, "spectral gap ...");
  ck_assert_str_eq(written(), "\rspectral\033[K\r\033[K");
}
END_TEST

START_TEST(a_note_gives_way_to_progress)
{
  mf_terminal t = live_terminal(80);
  mf_terminal_note(&t, "spectral gap ...");
  mf_terminal_progress(&t, &(mf_progress){.fraction = 1, .time = 1, .step = NAN, .energy = NAN, .rate = NAN});
  mf_terminal_finish(&t);
  const char *end = written() + strlen(written()) - 1;
  ck_assert(strstr(written(), "100 %") && *end == '\n'); /* progress stays on the screen */
}
END_TEST

START_TEST(a_pipe_is_no_terminal)
{
  mf_terminal t;
  mf_terminal_init(&t, stream, false);
  ck_assert(!t.live && !t.colour && !t.quiet && !t.line_open);
  ck_assert_int_eq(t.width, 80);
  ck_assert_ptr_eq(t.stream, stream);
}
END_TEST

START_TEST(the_environment_is_respected)
{
  static const struct {
    const char *term, *no_color;
    bool live, colour;
  } cases[] = {{"xterm", NULL, true, true},
               {"xterm", "", true, true}, /* empty is not set, as no-color.org has it */
               {"xterm", "1", true, false},
               {"dumb", NULL, false, false},
               {NULL, NULL, true, true}};
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  const bool granted = master >= 0 && !grantpt(master) && !unlockpt(master);
  FILE *tty = granted ? fopen(ptsname(master), "w") : NULL;
  if (!tty) { /* a bare root without /dev/pts */
    printf("terminals: skipped, there is no pseudo-terminal\n");
    if (master >= 0) close(master);
    return;
  }
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mf_terminal t;
    cases[i].term ? setenv("TERM", cases[i].term, 1) : unsetenv("TERM");
    cases[i].no_color ? setenv("NO_COLOR", cases[i].no_color, 1) : unsetenv("NO_COLOR");
    mf_terminal_init(&t, tty, false);
    ck_assert_int_eq(t.live, cases[i].live);
    ck_assert_int_eq(t.colour, cases[i].colour);
    ck_assert_int_ge(t.width, 1);
  }
  fclose(tty);
  close(master);
}
END_TEST

START_TEST(a_pipe_gets_a_line_each_ten_percent)
{
  mf_terminal t;
  mf_terminal_init(&t, stream, false);
  for (int i = 0; i <= 1000; i++)
    mf_terminal_progress(&t, &(mf_progress){i / 1000.0, 0.01 * i, 0.125, exp(-i), NAN, i % 2 == 0});
  const char *text = written();
  ck_assert_int_eq(count(text, "\n"), 11);
  ck_assert_int_eq(count(text, "\r") + count(text, "\033"), 0);
  ck_assert_int_eq(strncmp(text, "  0 %  t = 0  dt = 0.12  F = 1\n", 30), 0);
  ck_assert_int_eq(count(text, "rate"), 0); /* it was NAN */
  ck_assert_int_eq(count(text, "100 %  t = 10  dt = 0.12  F = "), 1);
  ck_assert(!t.line_open);
  mf_terminal_finish(&t);
  ck_assert_int_eq(count(written(), "\n"), 11);
}
END_TEST

START_TEST(a_pipe_gets_records_only)
{
  mf_terminal t;
  mf_terminal_init(&t, stream, false);
  mf_terminal_progress(&t, &(mf_progress){0.5, 1, 1, 1, 1, false});
  ck_assert_str_eq(written(), "");
  mf_terminal_progress(&t, &(mf_progress){0.5, 1, 1, 1, 1, true});
  ck_assert_int_eq(count(written(), "\n"), 1);
}
END_TEST

/* The end is told even if the last line was a moment ago, but once. */
START_TEST(the_end_is_told)
{
  mf_terminal t;
  mf_terminal_init(&t, stream, false);
  mf_terminal_progress(&t, &(mf_progress){0.99, 1, 1, 1, 1, true});
  mf_terminal_progress(&t, &(mf_progress){1, 1, 1, 1, 1, true});
  mf_terminal_progress(&t, &(mf_progress){1, 1, 1, 1, 1, true});
  ck_assert_int_eq(count(written(), "\n"), 2);
  ck_assert_ptr_nonnull(strstr(written(), "100 %"));

  mf_terminal l = live_terminal(80);
  mf_terminal_progress(&l, &(mf_progress){0.5, 1, 1, 1, 1, false});
  mf_terminal_progress(&l, &(mf_progress){1, 1, 1, 1, 1, false});
  ck_assert_int_eq(count(written(), "\r"), 2);
}
END_TEST

START_TEST(a_live_line_renews_itself)
{
  mf_terminal t = live_terminal(80);
  for (int i = 0; i < 1000; i++) mf_terminal_progress(&t, &(mf_progress){0.25, 1, 0.5, 2, -3, false});
  ck_assert_int_eq(count(written(), "\r"), 1); /* a thousand calls in less than a tenth of a second */
  t.last -= 0.2;
  mf_terminal_progress(&t, &(mf_progress){0.26, 1, 0.5, 2, -3, false});
  ck_assert_str_eq(written(), "\r 25 %  t = 1  dt = 0.5  F = 2  rate = -3\033[K"
                              "\r 26 %  t = 1  dt = 0.5  F = 2  rate = -3\033[K");
  ck_assert(t.line_open);
  mf_terminal_finish(&t);
  mf_terminal_finish(&t);
  ck_assert_int_eq(count(written(), "\n"), 1);
  ck_assert(!t.line_open);
}
END_TEST

START_TEST(time_left_follows_from_progress)
{
  mf_terminal t = live_terminal(80);
  t.started -= 30; /* a quarter took 30 seconds */
  mf_terminal_progress(&t, &(mf_progress){0.25, 1, NAN, NAN, NAN, false});
  ck_assert_ptr_nonnull(strstr(written(), "1 min 30 s left"));
}
END_TEST

/* A line as wide as the terminal would wrap, and then not be renewed but repeated. */
START_TEST(a_live_line_fits)
{
  mf_terminal t = live_terminal(20);
  t.colour = true;
  mf_terminal_progress(&t, &(mf_progress){0.25, 1.234, 0.5, 2, -3, false});
  ck_assert_str_eq(written(), "\r\033[1m 25 %\033[0m  t = 1.234  d\033[K");
}
END_TEST

START_TEST(quiet_is_quiet)
{
  mf_terminal t;
  mf_terminal_init(&t, stream, true);
  mf_terminal_progress(&t, &(mf_progress){0.5, 1, 1, 1, 1, true});
  t.live = true;
  mf_terminal_progress(&t, &(mf_progress){1, 1, 1, 1, 1, true});
  mf_terminal_finish(&t);
  ck_assert_str_eq(written(), "");
}
END_TEST

START_TEST(spans_read_well)
{
  static const struct {
    double seconds;
    const char *text;
  } spans[] = {{0, "0.0 s"},
               {1.23, "1.2 s"},
               {59.94, "59.9 s"},
               {59.96, "1 min 00 s"},
               {185, "3 min 05 s"},
               {3599.4, "59 min 59 s"},
               {3599.6, "1 h 00 min"},
               {7800, "2 h 10 min"},
               {360000, "100 h 00 min"},
               {-1, "?"},
               {NAN, "?"},
               {INFINITY, "?"}};
  char text[32];
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
    mf_span_text(spans[i].seconds, text, sizeof text);
    ck_assert_str_eq(text, spans[i].text);
  }
  char small[4];
  mf_span_text(185, small, sizeof small);
  ck_assert_str_eq(small, "3 m");
}
END_TEST

START_TEST(seconds_go_on)
{
  const double before = mf_seconds();
  nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  const double span = mf_seconds() - before;
  ck_assert(span >= 0.002 && span < 60);
}
END_TEST

START_TEST(tables_are_aligned)
{
  static const char *const cells[] = {"name",
                                      "value",
                                      "summary", /**/
                                      "mass",
                                      "1",
                                      "what is conserved", /**/
                                      "gen\xc3\xa8ve",
                                      NULL,
                                      "\xc3\xa9", /**/
                                      "x",
                                      "12345678",
                                      ""};
  mf_table_print(stream, cells, 4, 3);
  ck_assert_str_eq(written(), "name    value     summary\n"
                              "----    -----     -------\n"
                              "mass    1         what is conserved\n"
                              "gen\xc3\xa8ve            \xc3\xa9\n"
                              "x       12345678\n");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("terminal");
  TCase *all = tcase_create("terminal");
  tcase_add_checked_fixture(all, open_stream, close_stream);
  tcase_add_test(all, a_note_goes_when_it_is_done);
  tcase_add_test(all, a_note_gives_way_to_progress);
  tcase_add_test(all, a_pipe_is_no_terminal);
  tcase_add_test(all, the_environment_is_respected);
  tcase_add_test(all, a_pipe_gets_a_line_each_ten_percent);
  tcase_add_test(all, a_pipe_gets_records_only);
  tcase_add_test(all, the_end_is_told);
  tcase_add_test(all, a_live_line_renews_itself);
  tcase_add_test(all, time_left_follows_from_progress);
  tcase_add_test(all, a_live_line_fits);
  tcase_add_test(all, quiet_is_quiet);
  tcase_add_test(all, spans_read_well);
  tcase_add_test(all, seconds_go_on);
  tcase_add_test(all, tables_are_aligned);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
