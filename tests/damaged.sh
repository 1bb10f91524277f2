#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Files of strangers: whatever the library that reads them does, the program says what is wrong and ends in order.  Where they
# are damaged is made up from seeds; SOAK=N tries N times as many.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
damage=$sources/${BUILD:-build}/tests/write_damaged
case ${BUILD:-build} in /*) damage=$BUILD/tests/write_damaged ;; esac
cd "$scratch" || exit 1

cat >run.yaml <<'END'
title: A run
grid: {cells: [24], box: [[-4, 4]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [1], covariance: 0.5}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 4, output: 0.1}
output: {fields: 2}
claims: [{quantity: kl, nonincreasing: true}]
END
cat >from.yaml <<'END'
grid: {cells: [24], box: [[-4, 4]]}
target: {file: odd.nc}
initial: {file: odd.nc}
energy: kl
geometry: {hellinger: 1}
time: {end: 0.01, output: 0.01}
END
mflow run run.yaml -q && mflow run run.yaml -q -o zipped --set output.deflate=4 || exit 1
mflow run run.yaml -q -o plane --set 'grid.cells=[12, 10]' --set 'grid.box=[[-5, 5], [-5, 5]]' \
  --set 'target.gaussian.mean=[0, 0]' --set 'initial.gaussian.mean=[1, 0]' || exit 1

# ---- libraries that crash, and that do not come to an end ----

cat >bad.c <<'END'
/* In place of a function of netCDF: what a damaged file may make of it. */
#include <signal.h>
#include <stdlib.h>
int nc_open(const char *path, int mode, int *id)
{
  (void)path, (void)mode, (void)id;
  if (getenv("ENDLESS"))
    for (volatile int on = 1; on;) continue;
  raise(SIGSEGV);
  return 0;
}
END
crashing() {
  LD_PRELOAD=$scratch/bad.so exits "$@"
}
told_of() {
  for command in 'rates run' 'plot run' 'compare run.nc plane.nc' 'show from.yaml' 'run from.yaml -q -o new'; do
    # shellcheck disable=SC2086 # words of a command
    crashing 4 "$program" $command && says "$@" && says '.nc: ' || return 1
  done
  [ ! -e new.nc ]
}
cp run.nc odd.nc
if have cc && cc -shared -fPIC -o bad.so bad.c 2>/dev/null && LD_PRELOAD=$scratch/bad.so "$program" --version >/dev/null 2>&1; then
  check 'where the library crashes on a file, every command says so, code 4' told_of 'the library that reads it crashed' 'damaged'
  (
    # shellcheck disable=SC3045 # dash and bash have it
    ulimit -t 2
    export ENDLESS=1
    check 'so where it does not come to an end' told_of 'does not come to an end' 'damaged'
  )
  number=$((number + 1)) # of the line above
else
  skip 'libraries that crash' 'there is no compiler, or nothing can be put before the libraries'
fi

# ---- no regular files ----

if have mkfifo && mkfifo pipe.nc; then
  for command in 'rates pipe.nc' 'compare pipe.nc run.nc' 'plot pipe.nc --kind density -o pipe.png'; do
    # shellcheck disable=SC2086
    check "a pipe is refused: $command" exits 4 timeout 10 "$program" $command
  done
fi

# ---- damaged files ----

if have ncgen; then
  ncgen -k classic -o particles.nc - <<'END'
netcdf particles {
dimensions: time = 3; particle = 5; coordinate = 1;
variables: double time(time); double position(time, particle, coordinate); double weight(particle);
data: time = 0, 2, 4; position = 1, 2, 0.1, -1, 0.3, 1, 1.5, 0.2, -0.8, 0.4, 0.9, 1.4, 0.1, -0.7, 0.2; weight = 1, 1, 1, 1, 1;
}
END
  ncgen -k classic -o old.nc - <<'END'
netcdf old {
dimensions: x = 4;
variables: double x(x); double density(x);
data: x = -3, -1, 1, 3; density = 1, 2, 3, 1;
}
END
fi

# judge COMMAND: the end of a command on a damaged file is in order; a crash that a sanitizer tells of is not ours.
judge() {
  code=0
  (
    # shellcheck disable=SC3045 # dash and bash have it
    ulimit -t 10
    exec "$program" "$@"
  ) >.out 2>.err || code=$?
  tried=$((tried + 1))
  if grep -q 'library that reads it' .err; then crashed=$((crashed + 1)); fi
  if [ $code = 0 ]; then
    read=$((read + 1))
  elif [ $code -gt 4 ] || ! grep -q '[a-z]' .err; then
    echo "seed $seed: exit code $code: $*" && cat .err && return 1
  fi
  if grep -q Sanitizer .err && ours <.err; then
    echo "seed $seed: $*" && cat .err && return 1
  fi
}

# Whether the first frame of a report that is no part of the sanitizer is in our code.
ours() {
  awk '/^ *#[0-9]/ && !/sanitizer|asan|interceptor/ { found = !/libhdf5|libnetcdf|libz|libsz|libcurl/; exit } END { exit !found }'
}

# each FILE COMMAND...: damaged in many ways as odd.nc and odd_history.nc, which the command reads.
rounds=$((8 * ${SOAK:-1}))
each() {
  tried=0 read=0 crashed=0 seed=0 file=$1
  shift
  cp "$file" odd.nc && cp odd.nc odd_history.nc && exits 0 "$program" "$@" || return 1
  while [ $seed -lt $rounds ]; do
    seed=$((seed + 1))
    rm -f new* && "$damage" "$file" odd.nc $seed && cp odd.nc odd_history.nc && judge "$@" || return 1
  done
  echo "# $tried damaged copies of $file: $read read, $crashed crashed the library or had no end" >&3
  [ $read -lt $tried ]
}
exec 3>&1
if [ ! -x "$damage" ]; then
  skip 'damaged files' 'write_damaged is not built (make test-programs)'
else
  check 'damaged histories: rates' each run_history.nc rates odd
  check 'damaged histories: plot' each run_history.nc plot odd
  check 'damaged fields: compare' each run.nc compare run.nc odd.nc
  check 'damaged fields, compressed: compare' each zipped.nc compare odd.nc run.nc
  check 'damaged fields: a target' each run.nc show from.yaml
  check 'damaged fields, compressed: a run from one' each zipped.nc run from.yaml -q -o new
  check 'damaged fields in the plane: compare' each plane.nc compare odd.nc plane.nc
  if have ncgen; then
    check 'damaged particles: compare' each particles.nc compare run.nc odd.nc
    check 'damaged fields of the old kind: a target' each old.nc show from.yaml
  fi
fi

finish
