#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# mflow distance on the command line: how measures are named, what is printed, exit codes, messages, JSON, files.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

cat >line.yaml <<'END'
parameters: {m: 1}
grid: {cells: [300], box: [[-8, 8]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [m], covariance: 1}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 1, output: 0.5}
output: {fields: 0.5}
END
mflow run line.yaml -q -o line >/dev/null || exit 1

# field NAME: the first number under a key in the JSON of the last command.
field() {
  grep -o "\"$1\": [-0-9][^,}]*" "$scratch/.out" | sed 's/.*: //;1q'
}
# distance WANTED TOLERANCE ARGUMENT...
distance() {
  wanted=$1 tolerance=$2
  shift 2
  exits 0 mflow distance "$@" --json >/dev/null && close_to "$(field distance)" "$wanted" "$tolerance"
}

# Unit Gaussians 1 apart: W_p = 1, He^2 = 8 (1 - e^(-1/8)), SHe = 2 arccos e^(-1/8); 300 cells cost h^2 times what is flat.
cases_are_measures() {
  distance 1 1e-6 line.yaml:initial line.yaml:target --geometry wasserstein &&
    distance 1 1e-6 line.yaml:initial line.yaml:target --geometry wasserstein --p 3.5 &&
    distance 0.5 1e-6 line.yaml:initial line.yaml:target --geometry wasserstein --alpha '2^2' &&
    distance 3 1e-6 line.yaml:initial line.yaml:target --geometry wasserstein --set parameters.m=3 &&
    distance 0.96954875 1e-8 line.yaml:initial line.yaml:target --geometry hellinger &&
    distance 0.97930264 1e-8 line.yaml:initial line.yaml:target --geometry spherical_hellinger
}
check 'a target and an initial measure are named CASE:target and CASE:initial' cases_are_measures

# The flow moves the mean by e^(-t); fourth digits are its error on this grid.
records_are_measures() {
  distance 0.60653066 1e-3 line.nc@0.5 line.yaml:target --geometry wasserstein &&
    distance 0.36787944 1e-3 line line.yaml:target --geometry wasserstein &&
    exits 2 mflow distance line.nc@0.3 line.nc --geometry mmd && says 'no record at t = 0.3' 'nearest'
}
check 'a record is named NAME.nc@TIME' records_are_measures

# Images whose halves are black and white, samples at the quartiles, a section, a field by its variable.
data_are_measures() {
  printf 'P2\n2 1\n255\n255 0\n' >left.pgm && printf 'P2\n2 1\n255\n0 255\n' >right.pgm || return 1
  distance 2.8284271247 1e-9 left.pgm right.pgm --grid '{cells: [8, 4], box: [[0, 2], [0, 1]]}' --geometry hellinger || return 1
  printf '0.3\n0.8\n' >two.csv
  distance 0.125 1e-12 two.csv '{uniform: [[0, 1]]}' --grid '{cells: [4], box: [[0, 1]]}' --geometry wasserstein --p 1 || return 1
  distance 1.25 1e-6 line.yaml:target '{gaussian: {mean: [1.25], covariance: 1}}' --geometry wasserstein &&
    distance 0.36787944 1e-3 line.nc:density line.yaml:target --geometry wasserstein
}
check 'images, samples, fields and sections are read on the other grid or on --grid' data_are_measures

# A translation of a Gaussian in the plane, and in it a map.
plane_is_measured() {
  set -- '{gaussian: {mean: [0.4, 0.45], covariance: 0.004}}' '{gaussian: {mean: [0.52, 0.5], covariance: 0.004}}' --grid '{cells: [40, 48], box: [[0, 1], [0, 1]]}'
  distance 0.13 1e-5 "$@" --geometry wasserstein --potentials plane.nc || return 1
  first=$(field distance)
  distance "$first" 0 "$@" --geometry wasserstein --threads 1 && distance "$first" 0 "$@" --geometry wasserstein --threads 3 || return 1
  exits 2 mflow distance "$@" --geometry wasserstein --p 3 && says 'p = 2' || return 1
  exits 2 mflow distance '{uniform: [[0, 1], [0, 0.5]]}' '{uniform: [[0, 1], [0, 1]]}' --grid '{cells: [8, 8], box: [[0, 1], [0, 1]], boundary: [wall, periodic]}' \
    --geometry wasserstein && says 'axis y is periodic'
}
check 'W2 is computed in the plane, the same for any number of threads' plane_is_measured

# Unequal masses: what WFR is for.  HK^2(a, z b) = sqrt(z) HK^2(a, b) + 4 (1 - sqrt(z))^2.
masses_may_differ() {
  set -- line.yaml:target --geometry wfr
  exits 0 mflow distance '{gaussian: {mean: [1], covariance: 1}}' "$@" --json >/dev/null && one=$(field distance) || return 1
  distance "$(echo "$one" | awk '{printf "%.12g", sqrt(2 * $1 * $1 + 4)}')" 1e-6 '{gaussian: {mean: [1], covariance: 1}, mass: 4}' "$@" &&
    exits 0 mflow distance '{gaussian: {mean: [1], covariance: 1}}' "$@" --potentials wfr.nc && told 'over-relaxed Sinkhorn' 'no more than in place'
}
check 'WFR compares unequal masses, by the cone law' masses_may_differ

potentials_are_written() {
  exits 0 mflow distance line.yaml:initial line.yaml:target --geometry wasserstein --potentials out.nc && told 'potentials in out.nc' || return 1
  distance 1 1e-6 out.nc:density_a out.nc:density_b --grid line.yaml --geometry wasserstein || return 1
  exits 4 mflow distance line.yaml:initial line.yaml:target --geometry wasserstein --potentials out.nc && says 'out.nc' &&
    exits 0 mflow distance line.yaml:initial line.yaml:target --geometry mmd --potentials out.nc --force
}
check 'potentials are written, and nothing is replaced unasked' potentials_are_written

# Columns are what the command finds between records; contraction is a claim.
distances_are_columns() {
  sed 's/cells: .300., box: ..-8, 8../cells: [24, 20], box: [[-5, 5], [-5, 5]]/; s/mean: .0./mean: [0, 0]/; s/mean: .m./mean: [m, 0.5]/' line.yaml >plane.yaml
  cat >>plane.yaml <<'END'
diagnostics: {distances: [w2, he, hk], alpha: 2}
claims:
  - {quantity: w2, bound: exp(-t), tolerance: 1e-2}
END
  exits 0 mflow verify plane.yaml -q -o columns >/dev/null || return 1
  for name in w2:wasserstein he:hellinger hk:wfr; do
    option='--alpha 2'
    [ "$name" != he:hellinger ] || option=
    # shellcheck disable=SC2086 # two words, or none
    distance "$(last columns_history.nc "${name%:*}")" 1e-6 columns.nc plane.yaml:target --geometry "${name#*:}" $option || return 1
  done
  exits 2 mflow show plane.yaml --set 'diagnostics.distances=[w3]' && says "did you mean w2" || return 1
  exits 2 mflow show plane.yaml --set 'diagnostics.distances=[w2, w2]' && says 'there twice' || return 1
  exits 2 mflow show plane.yaml --set grid.boundary=periodic && says 'axis x is periodic'
}
check 'distances to the target are columns of a history' distances_are_columns

says_all() {
  exits 0 mflow distance line.yaml:initial line.yaml:target --geometry wasserstein >/dev/null &&
    told 'wasserstein 1.0000' 'error about' 'certainly in' 'constant in cells' 'alpha 1, p 2, by quantiles' || return 1
  exits 0 mflow distance line.yaml:initial line.yaml:target --geometry mmd >/dev/null && told 'kernel gaussian, bandwidth'
}
check 'value, error, enclosure and algorithm are printed' says_all

mistakes_are_told() {
  exits 2 mflow distance line.yaml:initial && says 'two measures' || return 1
  exits 2 mflow distance line.yaml:initial line.yaml:target && says '--geometry' || return 1
  exits 2 mflow distance line.yaml:initial line.yaml:target --geometry wassestein && says "did you mean 'wasserstein'" || return 1
  exits 2 mflow distance line.yaml:initial line.yaml:target --geometry hellinger --alpha 2 && says 'has no --alpha' || return 1
  exits 2 mflow distance line.yaml:initial line.yaml:target --geometry wasserstein --p 0.5 && says '0.5' || return 1
  exits 2 mflow distance line.yaml:initial '{gaussian: {mean: [0], covariance: 1}, mass: 2}' --geometry wasserstein &&
    says 'keeps mass' 'masses 1 and 2' || return 1
  exits 2 mflow distance two.csv left.pgm --geometry mmd && says 'neither measure has a grid' || return 1
  exits 2 mflow distance line.yaml:initial line.yaml:target --geometry mmd --kernel gaus && says "did you mean 'gaussian'" || return 1
  exits 4 mflow distance line.yaml:start line.yaml:target --geometry mmd && says 'line.yaml:start' || return 1
  exits 2 mflow distance line.yaml '{gaussian: {mean: 0}}' --geometry mmd && says 'CASE:target'
}
check 'mistakes are told' mistakes_are_told

finish
