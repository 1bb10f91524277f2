#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Memory that runs out, wherever: a message, code 3, and no run is harmed.  The address space is limited in steps, from
# what is just too little down to what the program needs to start.  SOAK=N takes N times as many limits.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

# under KB WORDS...: the program with so much address space; its exit code is $code.
under() {
  code=0
  # shellcheck disable=SC2016 # $0 and $1 are for the inner shell
  sh -c 'ulimit -c 0; ulimit -v "$1" && shift && exec "$0" "$@"' "$program" "$@" >.out 2>.err || code=$?
}
# least WORDS...: how many KB that command needs, to 256, by bisection; in $high.
low=20000
least() {
  high=300000
  while [ $((high - low)) -gt 256 ]; do
    middle=$(((low + high) / 2))
    under $middle "$@"
    if [ "$code" = 0 ]; then high=$middle; else low=$middle; fi
  done
}

under 8000000 --version
[ "$code" = 0 ] || skip_all 'the program does not start under a limit of its address space'
least --version
start=$((high + 1000)) # below, libraries crash before the program begins

cat >head.yaml <<'END'
target: {density: exp(-(x^2 + y^2)/2)}
initial: {density: exp(-(x - 1)^2)}
energy: kl
time: {end: 0.001, output: 0.001}
END
plane() {
  { cat head.yaml && printf 'grid: {cells: [%s], box: [[-4, 4], [-4, 4]], boundary: %s}\ngeometry: %s\n' "$1" "$2" "$3"; } |
    sed "s/^energy.*/energy: ${4:-kl}/; s/output: 0.001}/output: 0.001, integrator: ${5:-auto}}/"
}
mmd='{mmd: {kernel: gaussian, bandwidth: 1}}'
plane '200, 200' wall '{wasserstein: 1}' kl bdf >implicit.yaml
plane '200, 200' wall '{wasserstein: 1}' >series.yaml
plane '150, 150' wall '{wasserstein: 1, hellinger: 1}' kl splitting >splitting.yaml
plane '127, 97' periodic '{wasserstein: 1, mmd: 1}' "$mmd" >prime.yaml
plane '64, 64' wall '{stein: {kernel: laplace, bandwidth: 1}}' >stein.yaml
plane '100003, 1' periodic '{mmd: 1}' "$mmd" >long.yaml

mkdir old && mflow run series.yaml -q -o old/run || exit 1

# whole: the run before is untouched, or there are records of the new one.
whole() {
  if cmp -s run.nc old/run.nc; then
    cmp run_history.nc old/run_history.nc && cmp run.nc.xmf old/run.nc.xmf
  else
    "$program" compare run.nc run.nc >/dev/null
  fi
}

# The limits for a case, so many of them.
limits() {
  case=$1.yaml count=$(($2 * ${SOAK:-1}))
  command="run $case -q -o run --force --threads 1"
  low=$start
  # shellcheck disable=SC2086 # words of a command
  least $command
  step=$(((high - start) / count + 1)) kb=$((high - 256)) tried=0 refused=0
  while [ $kb -gt $start ]; do
    rm -f run* && cp old/* .
    # shellcheck disable=SC2086
    under $kb $command
    tried=$((tried + 1))
    if [ "$code" = 3 ]; then
      grep -q memory .err && whole || return 1
      refused=$((refused + 1))
    elif [ "$code" != 0 ]; then
      echo "with $kb KB: exit code $code: $(cat .err)" && return 1
    fi
    kb=$((kb - step))
  done
  echo "# $1: $tried limits from $start to $high KB, $refused refused" >&3
  [ $refused -gt 0 ]
}
exec 3>&1
check 'an implicit integrator: a message, code 3, and no run is harmed' limits implicit 8
check 'a series' limits series 4
check 'a splitting' limits splitting 4
check 'transforms of prime lengths' limits prime 4
check 'a long line' limits long 6
check 'a Stein geometry' limits stein 4

finish
