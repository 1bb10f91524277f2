/* SPDX-License-Identifier: BSD-3-Clause */
/* Work done in a process of its own: whatever becomes of that, here it is a status and a message. */
#include "tests/scratch.h"

#include "grids/stage.h"
#include "io/apart.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
  double number, *values;
  char *text, *none;
  ptrdiff_t count;
} content;

static int keep_nothing(void *self, mf_parcel *p)
{
  (void)self;
  (void)p;
  return MF_OK;
}

static int apart(int (*work)(void *), int (*pass)(void *, mf_parcel *), void *self)
{
  const mf_apart_task task = {.path = "stranger.nc", .work = work, .pass = pass, .self = self};
  return mf_apart(&task);
}

/* ---- what comes back ---- */

enum { MANY = 300000 }; /* more than a pipe holds */

static int make(void *self)
{
  content *c = self;
  c->number = -0.1;
  c->count = MANY;
  DO(mf_reals_create(&c->values, MANY));
  for (int i = 0; i < MANY; i++) c->values[i] = i % 1000 ? sqrt(i) : -INFINITY;
  DO(mf_text_copy(&c->text, "of a \xff stranger"));
  return MF_OK;
}

static int pass(void *self, mf_parcel *p)
{
  content *c = self;
  MF_TRY(mf_parcel_pass(p, &c->number, sizeof c->number));
  MF_TRY(mf_parcel_pass_text(p, &c->none));
  MF_TRY(mf_parcel_pass(p, &c->count, sizeof c->count));
  MF_TRY(mf_parcel_pass_reals(p, &c->values, c->count));
  return mf_parcel_pass_text(p, &c->text);
}

/* The same bytes, whether there is a child or not. */
START_TEST(values_come_back)
{
  content here = {0}, there = {0};
  mf_apart_allow(!_i);
  DO(make(&here));
  DO(apart(make, pass, &there));
  ck_assert_double_eq(there.number, here.number);
  ck_assert_ptr_null(there.none);
  ck_assert_str_eq(there.text, here.text);
  ck_assert_int_eq(there.count, MANY);
  ck_assert_mem_eq(there.values, here.values, MANY * sizeof *here.values);
  content *const both[] = {&here, &there};
  for (int i = 0; i < 2; i++) {
    mf_release(both[i]->values);
    mf_release(both[i]->text);
  }
}
END_TEST

static int change(void *self)
{
  *(int *)self = 7;
  return MF_OK;
}

START_TEST(what_is_not_passed_is_not_seen)
{
  int number = 3;
  DO(apart(change, keep_nothing, &number));
  ck_assert_int_eq(number, 3);
}
END_TEST

static int refuse(void *self)
{
  (void)self;
  mf_warn("first: %d", 1);
  mf_warn("second");
  return mf_fail(MF_ECASE, "it is %s", "bad");
}

static void hear(void *self, const char *text)
{
  strcat(strcat(self, text), ";");
}

START_TEST(messages_and_warnings_come_back)
{
  char heard[100] = "";
  mf_warning_listen(hear, heard);
  ck_assert_int_eq(apart(refuse, keep_nothing, NULL), MF_ECASE);
  mf_warning_listen(NULL, NULL);
  ck_assert_str_eq(mf_error(), "it is bad");
  ck_assert_str_eq(heard, "first: 1;second;");
}
END_TEST

/* ---- what does not ---- */

static int crash(void *self)
{
  (void)self;
  raise(SIGSEGV);
  return MF_OK;
}
static int give_up(void *self)
{
  (void)self;
  abort();
}
static int leave(void *self)
{
  (void)self;
  _exit(0);
}
static int half(void *self, mf_parcel *p)
{
  content *c = self;
  MF_TRY(mf_parcel_pass(p, &c->number, sizeof c->number));
  if (c->values) abort(); /* the child alone has them */
  return mf_parcel_pass(p, &c->count, sizeof c->count);
}

START_TEST(crashes_are_told)
{
  content c = {0};
  REFUSED(apart(crash, keep_nothing, NULL), "stranger.nc", "crashed");
  REFUSED(apart(give_up, keep_nothing, NULL), "stranger.nc", "crashed");
  REFUSED(apart(leave, keep_nothing, NULL), "stranger.nc", "crashed");
  REFUSED(apart(make, half, &c), "stranger.nc", "crashed");
}
END_TEST

static int go_on(void *self)
{
  for (volatile int *running = self; *running;) continue;
  return MF_OK;
}

/* Processor time: the child begins at 0, this process has used little. */
START_TEST(what_has_no_end_is_ended)
{
  int running = 1;
  struct rlimit limit;
  ck_assert_int_eq(getrlimit(RLIMIT_CPU, &limit), 0);
  limit.rlim_cur = 1;
  ck_assert_int_eq(setrlimit(RLIMIT_CPU, &limit), 0);
  REFUSED(apart(go_on, keep_nothing, &running), "stranger.nc", "does not come to an end");
}
END_TEST

static int stop(void *self)
{
  (void)self;
  raise(SIGINT);
  return MF_OK;
}

START_TEST(signals_stop_it)
{
  ck_assert_int_eq(apart(stop, keep_nothing, NULL), MF_ESTOPPED);
}
END_TEST

/* What a damaged header may claim: more than the machine has.  Sanitizers map as much. */
static int want(void *self)
{
  double *all;
  const double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  (void)self;
  MF_TRY(mf_reals_create(&all, (ptrdiff_t)(1.5 * there / sizeof *all)));
  mf_release(all);
  return MF_OK;
}

START_TEST(memory_is_limited)
{
  ck_assert_int_eq(apart(want, keep_nothing, NULL), MF_EMEMORY);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("apart");
  TCase *t = tcase_create("apart");
  suite_add_tcase(suite, t);
  tcase_add_loop_test(t, values_come_back, 0, 2);
  tcase_add_test(t, what_is_not_passed_is_not_seen);
  tcase_add_test(t, messages_and_warnings_come_back);
  tcase_add_test(t, crashes_are_told);
  tcase_add_test(t, what_has_no_end_is_ended);
  tcase_add_test(t, signals_stop_it);
#if !defined(__SANITIZE_ADDRESS__)
  tcase_add_test(t, memory_is_limited);
#endif
  return mf_run_suite(suite);
}
