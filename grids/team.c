/* SPDX-License-Identifier: BSD-3-Clause */
/* What the members of a team agree on, made of sums and minima. */
#include "grids/team.h"

#include "grids/base.h"

#include <math.h>
#include <string.h>

void mf_team_sum(const mf_team *team, mf_exact *sums, int count)
{
  enum { AT_ONCE = 24 };
  int64_t words[AT_ONCE][MF_EXACT_WORDS];
  if (team->members == 1) return;
  for (int first = 0; first < count; first += AT_ONCE) {
    const int some = count - first < AT_ONCE ? count - first : AT_ONCE;
    for (int k = 0; k < some; k++) mf_exact_pack(&sums[first + k], words[k]);
    team->type->sum(team, words[0], (ptrdiff_t)some * MF_EXACT_WORDS);
    for (int k = 0; k < some; k++) mf_exact_unpack(&sums[first + k], words[k]);
  }
}

double mf_team_minimum(const mf_team *team, double value)
{
  return team->type->minimum(team, value);
}

bool mf_team_all(const mf_team *team, bool value)
{
  return mf_team_minimum(team, value) > 0;
}

/* Statuses by how much they say: below 0 is worse than a retry, and that than none. */
static double goodness(int status)
{
  return status < 0 ? status - MF_RETRY : -status;
}

/* Everybody gets the message of member `first`: the others add nothing to it. */
static void spread_message(const mf_team *team, int first, int status)
{
  union {
    int64_t words[MF_MESSAGE_SIZE / sizeof(int64_t)];
    char text[MF_MESSAGE_SIZE];
  } message = {{0}};
  if (team->rank == first) strncpy(message.text, mf_error(), sizeof message.text - 1);
  team->type->sum(team, message.words, sizeof message.words / sizeof *message.words);
  if (team->rank != first) mf_fail(status, "%s", message.text);
}

int mf_team_agree(const mf_team *team, int status)
{
  if (team->members == 1) return status;
  const double worst = mf_team_minimum(team, goodness(status));
  if (worst == 0) return MF_OK;
  const int agreed = worst < -MF_RETRY ? (int)worst + MF_RETRY : MF_RETRY;
  const double first = mf_team_minimum(team, status == agreed ? (double)team->rank : INFINITY);
  spread_message(team, (int)first, agreed);
  return agreed;
}
