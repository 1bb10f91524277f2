#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# mflow constant: its measure is one that a case starts from, and its words claim no more than is known.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

cat >well.yaml <<'END'
grid: {cells: [80], box: [[-2, 2]]}
target: {potential: "4*((x^2 - 1)^2 + 0.15*x)"}
initial: {density: "1"}
energy: kl
geometry: {wasserstein: 1}
time: {end: 0.01, output: 0.01}
END

number_of() {
  sed -n "s/^ *\"$1\": \([^,]*\),*\$/\1/p" "$2" | tail -n 1
}

# A run from the file has F and D at its start as they were printed: that the density was written with 17 digits.
starts_there() {
  exits 0 mflow constant well.yaml -o well --json || return 1
  mv .out found.json
  exits 0 mflow run -q well.yaml --set 'initial={file: well_constant.nc}' -o again || return 1
  for quantity in energy dissipation; do
    there=$(ncdump -p 17 -v "$quantity" again_history.nc | sed -n "s/^ $quantity = \([^,;]*\)[,;].*/\1/p")
    awk -v a="$there" -v b="$(number_of "$quantity" found.json)" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 <= (1e-12 * b) ^ 2) }' ||
      { echo "$quantity is $there" && cat found.json && return 1; }
  done
}
if have ncdump; then
  check 'a case starts from the measure, with its F and D' starts_there
else
  skip 'a case starts from the measure, with its F and D' 'there is no ncdump'
fi

far_away() {
  exits 0 mflow constant well.yaml || return 1
  grep -q '^well: no constant above 0\.2[0-9]* holds: the measure that -o writes is a counterexample; at least 0\.0[0-9]* by a weighted Hardy inequality$' .out &&
    grep -q 'far from equilibrium' .out && grep -q '0\.90[0-9]* of it' .out
}
check 'the words of a constant far from equilibrium' far_away

near() {
  exits 0 mflow constant well.yaml --set 'target={potential: "x^2/2"}' || return 1
  grep -q 'holds: that is twice the gap, the limit of D/F at the target, and the measure that -o writes has' .out &&
    grep -q 'near equilibrium' .out && grep -q '1\.000000 of it' .out
}
check 'the words of a constant near equilibrium' near

kept() {
  echo mine >kept_constant.nc
  exits 4 mflow constant well.yaml -o kept || return 1
  [ "$(cat kept_constant.nc)" = mine ] || return 1
  exits 0 mflow constant well.yaml -o kept --force
}
check 'a file that is there is replaced with --force only' kept

cat >claims.yaml <<'END'
parameters: {c: 0.04}
grid: {cells: [80], box: [[-2, 2]]}
target: {potential: "4*((x^2 - 1)^2 + 0.15*x)"}
initial: {density: "1"}
energy: kl
geometry: {wasserstein: 1}
time: {end: 0.01, output: 0.01}
claims:
  - {name: refuted by a measure, constant: {above: 0.25}}
  - {name: open, constant: {above: 0.2}}
  - {name: proved by a criterion, constant: {above: c}}
  - {name: proved by a measure, constant: {below: 0.25}}
  - {name: refuted by a criterion, constant: {below: 0.04}}
  - {name: both, constant: {above: c, below: 0.25}}
END
findings() {
  exits 1 mflow verify claims.yaml -q || return 1
  sed -n 's/^\(FAILS\|holds\|empty\)  *\(.*\)  constant .*/\1 \2/p' .out | sed 's/ *$//' >found
  cat >wanted <<'END'
FAILS refuted by a measure
empty open
holds proved by a criterion
holds proved by a measure
FAILS refuted by a criterion
holds both
END
  diff wanted found
}
check 'claims hold by proof, fail by counterexample, and are empty between' findings

without() {
  exits 0 mflow verify claims.yaml -q --set 'energy={kl: 1, potential: "x"}' || return 1
  [ "$(grep -c '^empty' .out)" = 6 ] && told 'no constant: energy potential has no infimum at the target'
}
check 'claims of a flow without an inequality are empty' without

finish
