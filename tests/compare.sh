#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# mflow rates and mflow compare on the command line: what they find, tolerances, exit codes, messages, JSON.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

mflow run "$sources/cases/fokker_planck_double_well_1d" -q -o well >/dev/null || exit 1

cat >small.yaml <<'END'
parameters: {alpha: 0.5}
grid: {cells: [60], box: [[-6, 6]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [1], covariance: 1}}
energy: kl
geometry: {wasserstein: alpha}
time: {end: 1, output: 0.01}
output: {fields: 0.5}
END
mflow run small.yaml -q -o small >/dev/null || exit 1
mflow run small.yaml -q -o fine --set grid.cells=120 >/dev/null || exit 1
mflow run small.yaml -q -o wide --set 'grid.box=[[-7, 7]]' >/dev/null || exit 1
mflow run small.yaml -q -o later --set time.end=0.3 --set output.fields=0.3 \
  --set 'initial.gaussian.mean=[2]' >/dev/null || exit 1
cat >plane.yaml <<'END'
grid: {cells: [20, 20], box: [[-6, 6], [-6, 6]]}
target: {gaussian: {mean: [0, 0], covariance: 1}}
initial: {gaussian: {mean: [1, 0], covariance: 1}}
energy: kl
geometry: {hellinger: 1}
time: {end: 0.1, output: 0.1}
END
mflow run plane.yaml -q -o plane >/dev/null || exit 1

# field NAME: the first number under a key in the JSON of the last command.
field() {
  grep -o "\"$1\": [-0-9][^,}]*" "$scratch/.out" | sed 's/.*: //;1q'
}

# ---- rates ----

# The gap of this grid with these face weights, as `mflow gap` computes it, and the continuum's.
double_well() {
  exits 0 mflow gap "$sources/cases/fokker_planck_double_well_1d" >/dev/null || return 1
  gap=$(sed 's/.*e^(-\([0-9.]*\) t), twice the gap.*/\1/;t;d' .out)
  exits 0 mflow rates well --json >/dev/null || return 1
  close_to "$(field rate)" "$gap" 6e-7 && close_to "$(field rate)" 1.4973633 6e-6 && [ "$(field floor)" = 0.0 ]
}
check 'the double well decays at twice the gap of its grid and of the continuum' double_well

claims_are_named() {
  for name in well well.nc well_history.nc; do
    exits 0 mflow rates $name >/dev/null && told 'theory 1.4973633' "KL decays at twice the grid's gap" \
      'the claim allows' 'window' 'not reached' 'an exponential' 'e^(-r t)' || return 1
  done
}
check 'rates compares with the claims that the file carries, the gap included' claims_are_named

theory_is_a_formula() {
  exits 0 mflow rates well --theory 2*lambda_h >/dev/null && told 'theory 1.497358914 (--theory)' || return 1
  exits 0 mflow rates well --theory lambda_h --quantity 'sqrt(kl)' >/dev/null && told 'theory 0.74867945'
}
check 'theory and quantity are formulas in the names of the case and the history' theory_is_a_formula
# The flow of `small` goes at 1 in the continuum, and on its grid at nearly that; its case does not name the gap.
gap_has_a_name() {
  exits 0 mflow rates well --theory 2*gap >/dev/null && told 'theory 1.497358914 (--theory)' || return 1
  exits 0 mflow run small.yaml -q -o slow --set time.end=6 --set time.output=0.1 && exits 0 mflow rates slow --theory 2*gap >/dev/null &&
    told 'theory 0.9999' '(--theory)' && exits 2 mflow rates slow --theory 2*gapp && says "unknown name 'gapp'"
}
check 'theory knows the gap whatever the case calls it' gap_has_a_name

window_is_respected() {
  exits 0 mflow rates well --window 20:40 --json >/dev/null || return 1
  [ "$(field from)" = 20.0 ] && close_to "$(field to)" 40 0.05 || return 1
  exits 0 mflow rates well --window 30: --floor 1e-30 --json >/dev/null && close_to "$(field floor)" 1e-30 1e-15
}
check 'window and floor of the command line are used' window_is_respected

# KL = e^(-t)/2 here (a translated Gaussian), with too few samples above 0.4: 0.5 e^-0.22.
floor_is_refused() {
  exits 3 mflow rates small --floor 0.48 >/dev/null && says 'kl: no rate' 'samples are usable' &&
    told 'none' || return 1
  exits 3 mflow rates small --quantity mass --json >/dev/null && told '"law": null' 'nothing decays'
}
check 'rates refuses, with a reason and exit code 3, where there is no rate' floor_is_refused

# MMD ~ 1/t there: a rate is neither fitted nor claimed, whatever the tolerance.
power_is_told() {
  algebraic=$sources/cases/mmd_flow_algebraic_1d
  exits 1 mflow verify "$algebraic" --variant main --set 'claims=[{quantity: mmd, rate: 0.1, tolerance: 10}]' -o power &&
    told 'FAILS' 'no exponential: (t + ' || return 1
  exits 3 mflow rates power --quantity mmd --theory 1 >/dev/null && told 't^-k' 'theory 1 (--theory)' &&
    says 'no rate: the decay is algebraic' || return 1
  exits 3 mflow rates power --quantity mmd --json >/dev/null && told '"law": "algebraic"' '"status": "algebraic"' && close_to "$(field power)" 1 1e-3
}
check 'an algebraic decay is no rate, for claims and rates alike' power_is_told

rates_refuse() {
  exits 2 mflow rates && says 'name one run' || return 1
  exits 2 mflow rates small --window 3 && says 'FROM:TO' || return 1
  exits 2 mflow rates small --window 3:2 && says 'ends before it begins' || return 1
  exits 2 mflow rates small --window a: && says "'a' is no number" || return 1
  exits 2 mflow rates small --quantity k && says "unknown name 'k'" || return 1
  exits 2 mflow rates small --theory 2*lambda && says "unknown name 'lambda'" || return 1
  exits 2 mflow rates small --jobs 2 && says 'no option' || return 1
  exits 4 mflow rates nothing && says nothing_history.nc
}
check 'rates tells mistakes' rates_refuse

# ---- compare ----

itself() {
  exits 0 mflow compare small small.nc --tolerance l1=0 --tolerance kl=0 --tolerance mmd=0 --tolerance w2=0 \
    --tolerance mass=0 && told 'holds  w2: 0' '3 of 3 and 3 times in common'
}
check 'a run is at no distance from itself' itself

tolerance_decides() {
  exits 0 mflow compare small fine --tolerance w2=0.1 >/dev/null && told 'compared on 60 cells' 'holds  w2' || return 1
  exits 1 mflow compare small fine --tolerance w2=0.1 --tolerance l1=1e-9 >/dev/null &&
    told 'FAILS  l1' 'where 1e-09 is allowed' || return 1
  exits 1 mflow compare small fine --tolerance kl=1e-12 --json >/dev/null && told '"verdict": "fails"' || return 1
  exits 0 mflow compare plane plane --tolerance w2=0 >/dev/null && told 'holds  w2: 0' || return 1
  exits 1 mflow compare plane plane --tolerance ks=1 >/dev/null && told 'FAILS  ks'
}
check 'a tolerance decides the exit code; a quantity without a value fails' tolerance_decides

# At the start both are Gaussians of one width, (0.5, 0.2) apart; transport that may also react is no further.
geometries_are_compared() {
  mflow run plane.yaml -q -o moved --set 'initial.gaussian.mean=[1.5, 0.2]' >/dev/null || return 1
  exits 0 mflow compare plane moved --quantity w2 --quantity hk --json >/dev/null && close_to "$(field w2)" 0.5385164807 2e-3 &&
    close_to "$(field hk)" 0.53 2e-2 || return 1
  exits 0 mflow compare plane moved --json >/dev/null && told '"w2": null' && exits 2 mflow compare plane moved --quantity w3 &&
    says "no quantity 'w3'"
}
check 'W2 in the plane and Hellinger-Kantorovich are compared where they are asked for' geometries_are_compared

# Both start as Gaussians of one width, 1 apart: W2 = 1 to the error of midpoint values on 60 cells.
only_common_times() {
  exits 0 mflow compare small later --json >/dev/null || return 1
  [ "$(grep -c '"time": [0-9]' .out)" = 1 ] && close_to "$(field w2)" 1 1e-3 && close_to "$(field kl)" 0.5 1e-3
}
check 'only common times are compared' only_common_times

kernel_is_given() {
  exits 0 mflow compare small later --kernel matern --bandwidth 'sqrt(2)' --shape 2.5 >/dev/null &&
    told 'MMD kernel matern, bandwidth 1.414213562373' 'shape 2.5' || return 1
  exits 0 mflow compare small later --kernel energy >/dev/null && told 'kernel energy, shape 1' || return 1
  exits 0 mflow compare small later --bandwidth '[1, 2]' >/dev/null && told 'gaussian, bandwidth 1, 2' || return 1
  exits 2 mflow compare small later --kernel energy --bandwidth 1 && says 'has no bandwidth' || return 1
  exits 2 mflow compare small later --kernel gauss && says "did you mean 'gaussian'"
}
check 'the kernel is chosen like in a case' kernel_is_given

compare_refuses() {
  exits 2 mflow compare small && says 'name two files' || return 1
  exits 2 mflow compare small wide && says 'axis x' '[-6, 6]' '[-7, 7]' || return 1
  exits 2 mflow compare small plane && says 'dimensions' || return 1
  exits 2 mflow compare small fine --tolerance w3=1 && says "no quantity 'w3'" || return 1
  exits 2 mflow compare small fine --tolerance w2 && says 'QUANTITY=VALUE' || return 1
  exits 2 mflow compare small fine --tolerance w2=-1 && says 'QUANTITY=VALUE' || return 1
  exits 4 mflow compare small nothing && says nothing || return 1
  exits 4 mflow compare small_history.nc small && says 'no file of fields' || return 1
  printf 'time x\n0.25 1\n0.25 2\n' >never.csv
  exits 2 mflow compare small never.csv && says 'no time in common'
}
check 'compare tells mistakes' compare_refuses

# ---- particles ----

# Quantiles (i - 1/2)/400 of N(e^(-t/2), 1), by bisection of a series for the distribution function.
awk 'function cdf(x,  k, term, sum) {
    term = sum = x
    for (k = 1; k < 200; k++) { term *= -x * x / (2 * k); sum += term / (2 * k + 1) }
    return 0.5 + sum / sqrt(2 * 3.14159265358979)
  }
  BEGIN {
    print "time,x,weight"
    for (i = 0; i < 400; i++) {
      low = -5; high = 5
      for (s = 0; s < 60; s++) { x = (low + high) / 2; if (cdf(x) < (i + 0.5) / 400) low = x; else high = x }
      for (t = 0; t <= 1; t += 0.5) printf "%g,%.15g,2\n", t, x + exp(-t / 2)
    }
  }' >quantiles.csv

# KS of quantiles is 1/800, and the grid and the edges of its cells cost h^2/8 at most.
quantiles_agree() {
  exits 0 mflow compare fine quantiles.csv --tolerance ks=0.003 --tolerance mmd2_v=1e-5 --tolerance w1=0.02 \
    --tolerance moment_z=1 >/dev/null && told 'holds  ks' 'mmd2_floor' 'mean_x' 'cov_xx' || return 1
  exits 0 mflow compare fine quantiles.csv --json >/dev/null && told '"kind": "particles"' '"mass_b": 800' &&
    close_to "$(field effective)" 400 1e-12 || return 1
  exits 1 mflow compare fine quantiles.csv --tolerance mass=1e-3
}
check 'particles at the quantiles of the exact solution agree with the run' quantiles_agree

shifted_particles() {
  awk -F, 'NR == 1 { print; next } { printf "%s,%.15g,%s\n", $1, $2 + 0.3, $3 }' quantiles.csv >shifted.csv
  exits 1 mflow compare fine shifted.csv --tolerance mmd2_z=4 --tolerance ks_z=1.95 --tolerance moment_z=4 >/dev/null &&
    told 'FAILS  mmd2_z' 'FAILS  ks_z' 'FAILS  moment_z' || return 1
  exits 0 mflow compare fine shifted.csv --json >/dev/null && close_to "$(field w1)" 0.3 1e-2
}
check 'particles that are shifted do not' shifted_particles

one_snapshot() {
  sed -n '/^1,/s/^1,\([^,]*\),.*/\1/p' quantiles.csv | sed '1i x' >last.csv
  exits 0 mflow compare fine last.csv --tolerance ks=0.003 >/dev/null && told '1 of 3 and 1 times' || return 1
  printf 'x y\n1 2\n3 4\n' >plane.csv
  exits 2 mflow compare fine plane.csv && says 'plane.csv' '2 coordinates' || return 1
  exits 0 mflow compare plane plane.csv >/dev/null && told 'cov_xy'
}
check 'particles without a time belong to the last record' one_snapshot

if have ncgen; then
  cat >p.cdl <<'END'
netcdf p {
dimensions: time = UNLIMITED ; particle = 3 ; coordinate = 1 ;
variables: double time(time) ; double position(time, particle, coordinate) ; double weight(particle) ;
data: time = 0, 1 ; position = 0, 1, 2, 0.1, 0.6, 1.4 ; weight = 1, 2, 0 ;
}
END
  netcdf_particles() {
    ncgen -o p.nc p.cdl && exits 0 mflow compare fine p.nc --json >/dev/null && [ "$(field particles)" = 2 ] &&
      [ "$(grep -c '"time"' .out)" -ge 2 ]
  }
  check 'particles come in netCDF' netcdf_particles
else
  skip 'particles come in netCDF' 'no ncgen'
fi

if have python3; then
  python_writes() {
    PYTHONPATH=$sources/postproc PYTHONDONTWRITEBYTECODE=1 python3 -c '
from write_particles import write_particles
write_particles("w.csv", [0, 0.5], [[(0.1, 1), (2, 3)], [(4, 5)]], [[1, 2], [3]])
write_particles("e.csv", [0], [[(0.1,), (2,), (1 / 3,)]])
' && [ "$(tr -d '\r' <w.csv)" = 'time,x,y,weight
0.0,0.1,1.0,1.0
0.0,2.0,3.0,2.0
0.5,4.0,5.0,3.0' ] && exits 0 mflow compare fine e.csv >/dev/null && told '1 of 3 and 1 times'
  }
  check 'write_particles.py writes what compare reads' python_writes
else
  skip 'write_particles.py writes what compare reads' 'no python3'
fi

finish
