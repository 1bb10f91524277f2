#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Numbers where measures are small, far from the target or half resolved: each is right, or there is none.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

have ncdump || skip_all 'there is no ncdump (apt-get install netcdf-bin)'

# line ENERGY GEOMETRY MASS TARGET_MASS: from N(1, 1/2) to N(0, 1) on 200 cells.
line() {
  cat <<END
grid: {cells: [200], box: [[-5, 5]], boundary: wall}
target: {gaussian: {mean: [0], covariance: 1}, mass: $4}
initial: {gaussian: {mean: [1], covariance: 0.5}, mass: $3}
energy: $1
geometry: $2
time: {end: 2, output: 0.5}
output: {fields: 0.5}
END
}
run() {
  exits 0 mflow run "$1.yaml" -q -o "$1" --force
}
# value NAME COLUMN ROW: rows are counted from 1.
value() {
  column "$1_history.nc" "$2" | sed -n "$3p"
}
# is NAME COLUMN ROW VALUE TOLERANCE
is() {
  close_to "$(value "$1" "$2" "$3")" "$4" "$5"
}

# d mu/dt = -(mu - pi): the mean is e^-t, whatever the mass, and so is MMD over its start.  The box cuts 3e-8 of the start's
# mean; 1e-6 is the integrator's tolerance.
straight() {
  line '{mmd: {kernel: gaussian, bandwidth: 1}}' '{mmd: 1}' "$1" "$1" >straight.yaml
  run straight && is straight mean_x 3 0.36787944 1e-5 &&
    is straight mmd 3 "$(awk -v d="$(value straight mmd 1)" 'BEGIN { printf "%.17g", d*exp(-1) }')" 1e-5 &&
    is straight mmd 1 "$(awk -v m="$1" 'BEGIN { printf "%.17g", 0.498834174552*m }')" 1e-9
}
for mass in 1 1e-100 1e-200 1e-290 1e200; do
  check "the straight line of MMD with masses $mass" straight "$mass"
done

# h = log(mass) to start with, whatever the mass; the shape's KL is (s + m^2 - 1 - log s)/2 of N(m, s), on cells as well.
small_start() {
  line kl '{wasserstein: 1, hellinger: 1}' "$1" 1 >small.yaml
  run small && is small mass 1 "$1" 1e-12 && is small mean_x 1 1 1e-7 &&
    is small log_mass 1 "$(awk -v m="$1" 'BEGIN { printf "%.17g", log(m) }')" 1e-12 &&
    is small shape_kl 1 0.5965735903 1e-6
}
for mass in 0.5 1e-14 1e-20 1e-300; do
  check "a start of mass $mass has its logarithm and its shape" small_start "$mass"
done

finish
