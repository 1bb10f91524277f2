#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Units: nothing but round-off changes where lengths, masses and times are measured in others.
#
# Every case is written in a length L, a mass M and a time T, so that its history in these units is always the same; each is
# run in several and its columns compared, divided by their units.  Tolerances of time are so small that steps which round-off
# moves are not seen.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

have ncdump || skip_all 'there is no ncdump (apt-get install netcdf-bin)'

# case_of NAME: each energy is of degree 1 in M, so that its first variation has no unit.
case_of() {
  echo 'parameters: {L: 1, M: 1, T: 1}'
  case $1 in
  line | series | reaction | spherical | transport | ift | kernelised | stein | inclusive)
    echo 'grid: {cells: [48], box: [[-5*L, 5*L]], boundary: wall}'
    echo 'target: {gaussian: {mean: [0.3*L], covariance: L^2}, mass: M}'
    echo 'initial: {gaussian: {mean: [L], covariance: 0.5*L^2}, mass: M}' ;;
  plane | ift_plane)
    echo 'grid: {cells: [20, 15], box: [[-4*L, 4*L], [-3*L, 3*L]], boundary: [wall, periodic]}'
    echo 'target: {density: "exp(-(x/L)^2/2)*(2 + cos(pi*y/(3*L)))", mass: M}'
    echo 'initial: {gaussian: {mean: [L, L/2], covariance: [0.5*L^2, 0.7*L^2]}, mass: 1.5*M}' ;;
  space | ift_space)
    echo 'grid: {cells: [10, 9, 8], box: [[-3*L, 3*L], [-3*L, 3*L], [-2*L, 2*L]], boundary: [wall, periodic, wall]}'
    echo 'target: {potential: "(x/L)^2/2 + cos(pi*y/(3*L)) + (z/L)^2", mass: M}'
    echo 'initial: {potential: "((x/L) - 0.5)^2 + (z/L)^2", mass: M}' ;;
  porous)
    echo 'grid: {cells: [48], box: [[-5*L, 5*L]], boundary: wall}'
    echo 'initial: {density: "max(1 - (x/L)^2, 0)", mass: M}' ;;
  aggregation | drift)
    echo 'grid: {cells: [48], box: [[-5*L, 5*L]], boundary: wall}'
    echo 'initial: {gaussian: {mean: [L], covariance: 0.5*L^2}, mass: M}' ;;
  esac
  case $1 in
  line | series | reaction | spherical | plane | space | stein) echo 'energy: kl' ;;
  inclusive) echo 'energy: inclusive_kl' ;;
  transport | ift | ift_plane | ift_space | kernelised) echo 'energy: {mmd: {kernel: gaussian, bandwidth: L, weight: 1/M}}' ;;
  porous) echo 'energy: {internal: {m: 2, weight: L/M}}' ;;
  aggregation) echo 'energy: {interaction: {formula: (x/L)^2/2, weight: 1/M}}' ;;
  drift) echo 'energy: {potential: {formula: (x/L)^2/2}}' ;;
  esac
  case $1 in
  reaction) echo 'geometry: {hellinger: 1/T}' ;;
  spherical) echo 'geometry: {wasserstein: L^2/T, spherical_hellinger: 1/T}' ;;
  plane | inclusive) echo 'geometry: {wasserstein: L^2/T, hellinger: 1/T}' ;;
  ift | ift_plane | ift_space) echo 'geometry: {wasserstein: L^2/T, mmd: M/T}' ;;
  kernelised) echo 'geometry: {kernelised_hellinger: {kernel: gaussian, bandwidth: L, coefficient: 1/(M*T)}}' ;;
  stein) echo 'geometry: {stein: {kernel: gaussian, bandwidth: L, coefficient: L^2/(M*T)}}' ;;
  *) echo 'geometry: {wasserstein: L^2/T}' ;;
  esac
  echo "time: {end: T, output: T/4, rtol: 1e-9$([ "$1" = line ] && echo ', integrator: bdf')}"
  echo 'output: {fields: T}'
  echo 'diagnostics: {kernel: gaussian, bandwidth: L}'
  case $1 in
  series | line)
    echo 'claims:'
    echo '  - {quantity: kl, bound: exp(-1.9*t/T)}'
    echo '  - {quantity: mass, conserved: true}'
    echo '  - {quantity: mean_x, exact: L*(0.3 + 0.7*exp(-t/T)), tolerance: 0.01}'
    echo '  - {density: "M/(L*sqrt(2*pi*s(t)))*exp(-(x/L - 0.3 - 0.7*exp(-t/T))^2/(2*s(t)))", at: T, tolerance: 0.03}' | sed 's/s(t)/(1 - 0.5*exp(-2*t\/T))/g'
    # The grid is too coarse for 0.005; the odes have unknowns of the sizes L and L^2/T, one of which starts at 0.
    echo '  - {density: "M/(L*sqrt(2*pi))*exp(-(x/L - 0.3)^2/2)", at: T, tolerance: 0.005}'
    echo '  - {quantity: mean_x, exact: m, tolerance: 1e-5}'
    echo '  - {quantity: mean_x - L, exact: d, at: T, tolerance: 1e-4}'
    echo '  - {quantity: mean_x - m, exact: 0, absolute: true, tolerance: 1e-5*L}'
    echo '  - {quantity: kl, rate: 2/T, tolerance: 0.5}'
    echo '  - {quantity: kl, conserved: true}'
    echo '  - {quantity: cov_xx, exact: L^2*(1 - 0.5*exp(-2*t/T)), order: 2, cells: [[24], [34], [48]], tolerance: 0.2}'
    echo 'odes: {m: {start: L, rate: (0.3*L - m)/T}, d: {start: 0, rate: (-0.7*L - d)/T}}' ;;
  ift*) echo 'claims: [{quantity: mmd, bound: exp(-t/T)}]' ;;
  esac
}

# history FILE L M T: its columns in these units, one value a line with its name; counters and what may be 0/0 stay away.
history() {
  ncdump -p 9,17 "$1" | sed '1,/^data:/d' | tr -d '\n ' | tr ';' '\n' | awk -F '[=,]' -v L="$2" -v M="$3" -v T="$4" \
    -v dim="$(ncdump -h "$1" | grep -c 'double mean_')" '
    $1 ~ /step|_evaluations|_iterations|_failures|_defect|clipped|decay_rate|claim_|theory_|}/ { next }
    {
      unit = 1
      if ($1 ~ /^(energy|mass|mass_excess|l1|mmd|kl|inclusive_kl|chi2|he2)$/) unit = M
      if ($1 == "dissipation") unit = M/T
      if ($1 == "time") unit = T
      if ($1 == "minimum") unit = M/L^dim
      if ($1 ~ /^mean_/) unit = L
      if ($1 ~ /^cov_/) unit = L*L
      for (i = 2; i <= NF; i++) printf "%s %s\n", $1, $i ~ /[nN]a[nN]|_/ ? "nan" : sprintf("%.17g", $i/unit)
    }'
}

# alike ONE OTHER: to a millionth of each value; what is 0 by symmetry is so to the round-off of logarithms near -700.
alike() {
  paste -d ' ' "$1" "$2" | awk '
    { d = $2 - $4; if (d < 0) d = -d; size = $2 < 0 ? -$2 : $2 }
    $1 != $3 || ($2 == "nan") != ($4 == "nan") || (d > 1e-6*size + 1e-10) { print; bad++ }
    END { exit bad > 0 || NR < 40 }' | head -n 12 >different
  [ ! -s different ] || { cat different; return 1; }
}

# verdicts FILE: of its claims, with how far they were followed and, if they have no unit, what was measured.
verdicts() {
  grep -o '"name": "[^"]*"\|"verdict": "[a-z]*"\|"decades": [-0-9.e]*' "$1" | awk '/decades/ { $0 = sprintf("%s %.4f", $1, $2) } 1'
}
in_units() {
  mflow verify "$1.yaml" -q --json -o "$1" --force --set parameters.L="$2" --set parameters.M="$3" --set parameters.T="$4" >.out 2>.err
  verdicts .out | diff claims - && history "$1_history.nc" "$2" "$3" "$4" >other && alike one other
}

for flow in series line reaction spherical inclusive transport ift kernelised stein drift porous aggregation plane ift_plane space ift_space; do
  case_of $flow >$flow.yaml
  mflow verify $flow.yaml -q --json -o $flow --force >.out
  verdicts .out >claims
  history ${flow}_history.nc 1 1 1 >one
  for units in '1e-9 1 1' '1e9 1 1' '1 1e-300 1' '1 1e-170 1' '1 1e200 1' '1 1 1e-12' '1 1 1e12' '1e9 1e-150 1e-12' '1e-9 1e150 1e12'; do
    # shellcheck disable=SC2086
    check "$flow with lengths, masses and times of $units" in_units $flow $units
  done
done

# Times of a run in a small unit are as far apart as in any other.
all_times() {
  case_of series | sed 's/^output.*/output: {fields: T\/4}/' >fast.yaml
  exits 0 mflow run fast.yaml -q -o fast --set parameters.T=1e-12 && exits 0 mflow compare fast.nc fast.nc --json &&
    [ "$(grep -o '"time": [0-9][0-9.e-]*' .out | sort -u | wc -l)" -eq 5 ]
}
check 'all times of a run are compared, however small' all_times

finish
