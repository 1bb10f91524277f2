#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# `mflow new`: every flow in every dimension is a case whose claims hold; nothing is overwritten unasked.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

flows=$(mflow new --help | sed -n '/^Flows/,$s/^  \([a-z-]*\) .*/\1/p')

# Small grids: the tolerances of the templates go with h^2.
cells() {
  case $1 in 1) echo 120 ;; 2) echo 48 ;; 3) echo 24 ;; esac
}

# claims_hold FLOW DIM
claims_hold() {
  name=$1-$2
  exits 0 mflow new "$name" --flow "$1" --dim "$2" && told "$name.yaml: " ", $2-D" "mflow verify $name.yaml" &&
    grep -q '^# ' "$name.yaml" && exits 0 mflow verify "$name.yaml" -q -j 1 --set "n=$(cells "$2")" &&
    grep -qE '^[2-9] claims in 1 runs: ' .out && exits 0 mflow show "$name.yaml" &&
    grep -qE "^# grid: +([0-9]+ x ){$(($2 - 1))}[0-9]+ = " .out
}
[ "$(printf '%s\n' "$flows" | wc -l)" -ge 17 ] || flows='none'
for flow in $flows; do
  for dim in 1 2 3; do
    check "$flow in $dim-D: a case whose claims hold" claims_hold "$flow" "$dim"
  done
done

every_geometry() {
  for geometry in wasserstein hellinger spherical_hellinger mmd kernelised_hellinger stein; do
    cat ./*.yaml | grep -q "^geometry: .*$geometry" || { echo "no flow in $geometry" && return 1; }
  done
}
check 'the flows go through the table of geometries' every_geometry

defaults() {
  exits 0 mflow new plain && mflow new asked --flow ift --dim 2 -q && sed 's/asked/plain/' asked.yaml | cmp - plain.yaml
}
check 'without options: interaction-force transport in 2-D' defaults

folders() {
  mkdir there && exits 0 mflow new there -q && [ -f there/case.yaml ] && exits 0 mflow new made/ -q && [ -f made/case.yaml ] &&
    exits 0 mflow new given.yaml -q && [ -f given.yaml ] && [ ! -e given.yaml.yaml ] && exits 0 mflow show made
}
check 'NAME/ and a folder NAME get a case.yaml, NAME.yaml is itself' folders

overwrites() {
  echo mine >kept.yaml && exits 4 mflow new kept && says 'kept.yaml is there already' --force && [ "$(cat kept.yaml)" = mine ] &&
    exits 0 mflow new kept --force -q && grep -q '^energy:' kept.yaml && ! ls kept.yaml.part* 2>/dev/null
}
check 'a file that is there is replaced with --force only' overwrites

# shellcheck disable=SC2016 # for the inner shell
full_disk() {
  echo mine >full.yaml && exits 4 sh -c 'ulimit -f 1; trap "" XFSZ; exec "$0" new full --flow wfr --dim 3 --force' "$program" &&
    says 'cannot write full.yaml' && [ "$(cat full.yaml)" = mine ] && ! ls full.yaml.part* 2>/dev/null &&
    exits 4 sh -c 'ulimit -f 1; trap "" XFSZ; exec "$0" new fresh --flow wfr --dim 3' "$program" && [ ! -e fresh.yaml ]
}
check 'what cannot be written whole is not written: the old file stays' full_disk

finish
