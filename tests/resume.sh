#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs that are ended, by signals and kill -9 at random moments, and go on until they are done: every value is that of a run that
# was left alone, byte by byte.  What is no sound checkpoint of the case is refused, and nothing is changed then.
#
#   KILLS=N    so many kills (12; `make soak` 1000)
#   SEED=N     of the moments
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
build=${BUILD:-build}
case $build in /*) ;; *) build=$sources/$build ;; esac
[ -x "$build/tests/write_values" ] || skip_all 'there is no tests/write_values yet'
cd "$scratch" || exit 1

cat >series.yaml <<'END'
grid: {cells: 400, box: [-5, 5]}
target: {gaussian: {mean: 0, covariance: 1}}
initial: {gaussian: {mean: 1, covariance: 0.5}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 50, output: 0.1, integrator: chebyshev}
output: {fields: 1}
claims: [{quantity: kl, bound: exp(-2*t)}]
END
# By CVODE, which begins anew after 40 steps each.
cat >cvode.yaml <<'END'
grid: {cells: [32, 30], box: [[-5, 5], [-4, 4]], boundary: [wall, periodic]}
target: {density: "exp(-x^2/2)*(1.5 + cos(pi*y/4))"}
initial: {gaussian: {mean: [1, 0.5], covariance: 0.5}}
energy: kl
geometry: {wasserstein: 1, hellinger: 1}
time: {end: 12, output: 0.1, integrator: bdf, checkpoint: 40}
output: {fields: {decay: 100}}
END
cat >adams.yaml <<'END'
grid: {cells: [24, 24], box: [[-5, 5], [-5, 5]]}
target: {gaussian: {mean: [0, 0], covariance: 1}}
initial: {gaussian: {mean: [1, 0.5], covariance: 0.5}}
energy: {mmd: {kernel: gaussian, bandwidth: 2}}
geometry: {wasserstein: 1, mmd: 1}
time: {end: 60, output: {decay: 10, times: 0.5}, integrator: adams, checkpoint: 100}
output: {fields: {decay: 1e6}}
END
sed 's/^geometry.*/geometry: {wasserstein: 1, hellinger: 1}/; s/^time.*/time: {end: 15, output: 0.1, integrator: splitting, rtol: 1e-6}/' \
  series.yaml >splitting.yaml

values() {
  "$build/tests/write_values" "$1.nc" "$1_history.nc"
}
# same A B: two runs have the same values.
same() {
  values "$1" >.first && values "$2" >.second && cmp .first .second
}
# alone CASE: it was run to its end, as alone_CASE.
alone() {
  [ -e "alone_$1.nc" ] || mflow run "$1.yaml" -q -o "alone_$1"
}
attribute() {
  ncdump -h "$1" | sed -n "/:$2 = /,/;\$/p"
}
# keep, kept: all files of `run` are as they were.
keep() {
  rm -rf kept && mkdir kept && cp -p run* kept/
}
kept() {
  for file in run*; do cmp "$file" "kept/$file" || return 1; done
  for file in kept/*; do [ -e "${file#kept/}" ] || { echo "gone: $file" && return 1; }; done
}

# ended SIGNAL CASE: the case is run as `run`, and gets the signal once it has a checkpoint; again if it was done before.
ended() {
  tries=0 code=0
  until [ $code != 0 ]; do
    tries=$((tries + 1)) waited=0
    [ $tries -le 50 ] && rm -f run* || return 1
    "$program" run "$2.yaml" -o run >/dev/null 2>.err &
    pid=$!
    until [ -e run_checkpoint.nc ] || [ $waited -gt 6000 ]; do
      waited=$((waited + 1))
      sleep 0.005
    done
    kill -s "$1" $pid
    wait $pid || code=$?
  done
  cat .err
}

# ---- ended by a signal ----

exact_after() {
  alone "$2" && ended "$1" "$2" && [ $code = "$3" ] && exits 0 mflow resume run --threads 2 && same "alone_$2" run
}
check 'the series goes on after SIGTERM to the last bit' exact_after TERM series 143
check 'the splitting goes on after SIGHUP to the last bit' exact_after HUP splitting 129
check 'a run goes on after SIGKILL to the last bit' exact_after KILL cvode 137

loose_after() {
  alone cvode && ended TERM cvode && [ $code = 143 ] && grep -q 'mflow resume run. goes on from there' .err &&
    exits 0 mflow run cvode.yaml --resume -o run && says 'run goes on from t = ' || return 1
  if grep -q 'where CVODE begins anew: the same to its tolerances' "$scratch/.err"; then
    have ncdump || return 0
    attribute run_history.nc history | grep -q 'CVODE began anew' && close_to "$(last run_history.nc kl)" "$(last alone_cvode_history.nc kl)" 1e-3
  else # it was at a place of the case
    same alone_cvode run
  fi
}
check 'CVODE goes on after SIGTERM to its tolerances, and says so' loose_after

# Asked for, a checkpoint is written at the next step; the run does not change.
asked() {
  alone cvode
  rm -f run*
  "$program" run cvode.yaml -q -o run --set time.checkpoint=0 2>.err &
  pid=$!
  until [ -e run_checkpoint.nc ]; do sleep 0.01; done
  cp run_checkpoint.nc first
  kill -s USR1 $pid
  waited=0
  while cmp -s first run_checkpoint.nc && [ $waited -le 1000 ]; do
    waited=$((waited + 1))
    sleep 0.01
  done
  cp run_checkpoint.nc second
  wait $pid && [ $waited -le 1000 ] && cp second run_checkpoint.nc && exits 0 mflow show run_checkpoint.nc &&
    told '# goes on:    the same to the tolerances: CVODE begins anew' '# unknown:    log, by bdf' 'cells: [32, 30]' || return 1
  rm run* && mflow run cvode.yaml -q -o run --set time.checkpoint=0 && mflow run cvode.yaml -q -o twin --set time.checkpoint=0 && same twin run
}
check 'SIGUSR1 asks for a checkpoint' asked

# ---- what goes on, and what does not ----

begun() {
  rm -f run* && alone series && exits 0 mflow run series.yaml --resume -o run && says 'run has no checkpoint: it begins at the start' &&
    same alone_series run && keep && exits 0 mflow run series.yaml --resume -o run &&
    says 'run was finished at t = 50: there is nothing to do' && kept && exits 0 mflow resume run_history.nc && kept
}
check '--resume begins what is not there, and leaves alone what is finished' begun

prolonged() {
  rm -f run* && alone series && exits 0 mflow run series.yaml -q -o run --set time.end=20 && exits 0 mflow run series.yaml -o run --resume &&
    says 'run goes on from t = 20' && same alone_series run && exits 0 mflow show run && told 'finished' '# fields:     51 records' || return 1
  rm -f run* && mflow run series.yaml -q -o run --set time.end=20 && exits 0 mflow resume run --set time.end=50 && same alone_series run
}
check 'a finished run is prolonged by a later end' prolonged

other_claims() {
  rm -f run* && mflow run series.yaml -q -o run --set time.end=20 &&
    exits 0 mflow resume run --set time.end=50 --set 'claims=[{quantity: mass, conserved: true}, {quantity: kl, bound: 2}]' || return 1
  mflow run series.yaml -q -o twin --force --set 'claims=[{quantity: mass, conserved: true}, {quantity: kl, bound: 2}]' && same twin run
}
check 'with other claims, whose columns are filled from the start' other_claims

# changed CASE KEY=VALUE WORDS: refused, at the key.
changed() {
  keep && exits 2 mflow run series.yaml -q --resume -o run --set time.end=60 --set "$1" && says "$2" && kept
}
rm -f run* && alone series && for file in alone_series*; do cp -p "$file" "run${file#alone_series}"; done
check 'another target is refused' changed target.gaussian.mean=0.1 'target.gaussian.mean was 0 when the checkpoint was written'
check 'another grid is refused' changed grid.cells=200 'grid.cells was 400'
check 'another tolerance is refused' changed time.rtol=1e-7 'time.rtol was not there when the checkpoint was written'
check 'another coefficient is refused' changed geometry.wasserstein=2 'geometry.wasserstein was 1'
located() {
  sed 's/mean: 1,/mean: 2,/' series.yaml >changed.yaml && keep && exits 2 mflow run changed.yaml -q --resume -o run --set time.end=60 &&
    says 'changed.yaml:3:28: error: initial.gaussian.mean was 1' && kept
}
check 'the place of what has changed is told' located
written_otherwise() {
  sed 's/box: \[-5, 5\]/box: [[-5.0, 5e0]]/; s/mean: 1,/mean: "1",/' series.yaml >changed.yaml && exits 2 mflow run changed.yaml -q --resume -o run &&
    says 'grid.box' && sed 's/end: 50/end: 5e1/; s/covariance: 0.5/covariance: 5e-1/' series.yaml >changed.yaml &&
    exits 0 mflow run changed.yaml -q --resume -o run
}
check 'a number written otherwise is the same number' written_otherwise
earlier() {
  keep && exits 2 mflow resume run -q --set time.end=10 && says 'the run has reached t = 50 already' && kept
}
check 'an end before the checkpoint is refused' earlier

# Data that a case names, and does not contain.
data() {
  printf '0.5\n1.5\n0.2\n' >points.csv
  sed 's/^initial.*/initial: {samples: {data: points.csv, method: kernel_density, bandwidth: 0.5}}/; s/^target.*/target: {samples: {data: more.csv, method: kernel_density, bandwidth: 1}}/' \
    series.yaml >data.yaml
  printf '0\n1\n-1\n' >more.csv
  rm -f run* && exits 0 mflow run data.yaml -q -o run --set time.end=20 && printf '0\n1\n-1.5\n' >more.csv && keep &&
    exits 4 mflow run data.yaml -q -o run --resume && says 'data that the case reads have changed' && kept
}
check 'other data under the same name are refused' data

# ---- damage ----

refused() { # CODE WORDS
  keep && exits "$1" mflow resume run -q --set time.end=60 && says "$2" && kept && exits 4 mflow show run_checkpoint.nc && says "$2"
}
fresh_run() {
  rm -f run* && for file in alone_series*; do cp -p "$file" "run${file#alone_series}"; done
}
cut() {
  fresh_run && head -c 2000 alone_series_checkpoint.nc >run_checkpoint.nc && refused 4 'this checkpoint is damaged'
}
check 'a checkpoint that was cut is refused' cut
mutated() {
  fresh_run && printf x | dd of=run_checkpoint.nc bs=1 seek=3000 conv=notrunc 2>/dev/null && refused 4 'this checkpoint is damaged'
}
check 'a checkpoint of which a byte has changed is refused' mutated
foreign() {
  fresh_run && cp alone_series_history.nc run_checkpoint.nc && refused 4 'this is no checkpoint of a run'
}
check 'another file in its place is refused' foreign
other_run() {
  alone splitting && fresh_run && cp alone_splitting_checkpoint.nc run_checkpoint.nc && keep && exits 2 mflow run series.yaml -q -o run --resume &&
    kept && exits 4 mflow resume run -q --set time.end=60 && says 'run.nc: it is of another case than the checkpoint' && kept
}
check 'the checkpoint of another run is refused' other_run
no_fields() {
  fresh_run && rm run.nc && keep && exits 4 mflow resume run -q --set time.end=60 && says 'run.nc: No such file or directory' && kept
}
check 'a run without its fields is refused' no_fields
no_checkpoint() {
  fresh_run && rm run_checkpoint.nc && keep && exits 4 mflow run series.yaml -q -o run --resume && says 'use --force to begin anew' && kept &&
    exits 4 mflow resume run && says 'run_checkpoint.nc: cannot open it' && kept
}
check 'a finished run without a checkpoint is refused' no_checkpoint
is_case() {
  exits 2 mflow resume series.yaml && says 'mflow run series.yaml --resume' && exits 2 mflow resume && says 'name one run'
}
check 'resume tells a case from a run' is_case
existing() {
  fresh_run && exits 4 mflow run series.yaml -q -o run && says '--resume to go on with it'
}
check 'a run over another is told of --resume' existing

# What a new run replaces takes its checkpoint along.
forced() {
  fresh_run && exits 0 mflow run splitting.yaml -q -o run --force && exits 0 mflow show run && told 'by splitting' && same alone_splitting run
}
check '--force replaces the checkpoint too' forced

second() {
  fresh_run && rm run_checkpoint.nc run.nc run_history.nc run.nc.xmf
  "$program" run series.yaml -q -o run --set time.output=0.001 2>.err &
  pid=$!
  until [ -e run.mflow-lock ] && [ -e run_checkpoint.nc ]; do sleep 0.01; done
  exits 4 mflow run series.yaml -q -o run --resume --set time.output=0.001 && says 'another run, process'
  held=$?
  kill -s KILL $pid
  wait $pid
  return $held
}
check 'a run that is going on is not resumed' second

# ---- a checkpoint that cannot be written ----

cat >full.c <<'END'
/* Lets every write to a file with "checkpoint" in its name fail: the disk is full. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_checkpoint(int fd)
{
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t got = readlink(link, path, sizeof path - 1);
  path[got > 0 ? got : 0] = 0;
  return strstr(path, "_checkpoint") != NULL;
}

ssize_t write(int fd, const void *data, size_t size)
{
  static ssize_t (*next)(int, const void *, size_t);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "write");
  if (!is_checkpoint(fd)) return next(fd, data, size);
  errno = ENOSPC;
  return -1;
}
END
full_disk() {
  fresh_run && rm run* && mflow run series.yaml -q -o run --set time.end=20 && cp run_checkpoint.nc before &&
    exits 0 env LD_PRELOAD="$scratch/full.so" "$program" run series.yaml -q -o run --resume &&
    says 'the disk is full' 'the one before stays' && cmp run_checkpoint.nc before && same alone_series run &&
    exits 0 mflow run series.yaml -q -o run --resume && same alone_series run && set -- run*.part.* && [ ! -e "$1" ]
}
can_fail() {
  [ -d /proc/self/fd ] && have cc && cc -shared -fPIC -o full.so full.c -ldl 2>/dev/null && [ "${MODE:-release}" = release ]
}
if can_fail; then
  check 'on a full disk the checkpoint before stays, and the run goes on' full_disk
else
  skip 'a full disk' 'nothing can be put before the libraries'
fi

# ---- kills at random moments ----

kills=${KILLS:-12} seed=${SEED:-1}
# moment K: the K-th random number from 0 to 1.
moments=$(awk -v seed="$seed" -v n=$((kills + 400)) 'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.4f\n", rand() }')
moment() {
  echo "$moments" | sed -n "$(($1 % (kills + 400) + 1))p"
}

# round CASE SECONDS: kills the case within so many seconds of each start, until it is done, and compares.
round() {
  rm -f run*
  here=0
  while :; do
    "$program" run "$1.yaml" -q -o run --resume --threads $((done % 2 + 1)) 2>.err &
    pid=$!
    if [ $here -lt 40 ]; then
      sleep "$(awk -v u="$(moment $done)" -v most="$2" 'BEGIN { print 0.02 + u * most }')"
      kill -s KILL $pid 2>/dev/null
    fi
    code=0
    wait $pid 2>/dev/null || code=$?
    [ $code != 137 ] || done=$((done + 1)) here=$((here + 1))
    [ $code != 0 ] || break
    [ $code = 137 ] || { cat .err && echo "exit code $code after $done kills" && return 1; }
  done
  same "alone_$1" run && set -- run* && { [ $# = 4 ] || { echo "left: $*" && return 1; }; }
}
campaign() {
  done=0 rounds=0
  while [ $done -lt $((kills)) ]; do
    for case in series cvode adams splitting; do
      alone $case
      begin=$(date +%s%N) && mflow run $case.yaml -q -o timed --force && most=$((($(date +%s%N) - begin) / 1000000))
      round $case "$(awk -v ms=$most 'BEGIN { print 0.6e-3 * ms }')" || { echo "case $case" && return 1; }
      rounds=$((rounds + 1))
      echo "$done kills in $rounds runs" >kills
      [ $done -lt $((kills)) ] || break
    done
  done
}
check "$kills kills at random moments (seed $seed), no value lost or different" campaign
[ ! -e kills ] || echo "# $(cat kills)"

finish
