#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The recipes of postproc/: read.py with xarray or netCDF4, paraview.py with ParaView.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
case ${BUILD:-build} in /*) build=$BUILD ;; *) build=$PWD/${BUILD:-build} ;; esac
cd "$scratch" || exit 1

# ---- read.py ----

python=
for candidate in python3 /usr/bin/python3; do
  if [ -z "$python" ] && "$candidate" -c 'import matplotlib, netCDF4' 2>/dev/null; then python=$candidate; fi
done

cat >plane.yaml <<'END'
title: A plane
grid: {cells: [24, 16], box: [[-4, 4], [-3, 3]]}
target: {gaussian: {mean: [0, 0], covariance: 0.5}}
initial: {gaussian: {mean: [1, -0.5], covariance: 0.4}, mass: 0.5}
energy: kl
geometry: {wasserstein: 1, hellinger: 1}
time: {end: 1, output: 0.1}
output: {fields: 0.5}
END
sed 's/cells: .*/cells: [50], box: [[-4, 4]]}/; s/\[0, 0\]/0/; s/\[1, -0.5\]/1/' plane.yaml >line.yaml
sed 's/cells: .*/cells: [12, 10, 8], box: [[-4, 4], [-3, 3], [-3, 3]]}/; s/\[0, 0\]/[0, 0, 0]/; s/\[1, -0.5\]/[1, -0.5, 0]/' plane.yaml >space.yaml

is_png() {
  [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] && [ "$(wc -c <"$1")" -gt 5000 ]
}

# The mass of the last record, summed from density and bounds, is that of the history, to its rounding.
figure() {
  for case in line plane space; do
    [ -e $case.nc ] || exits 0 mflow run $case.yaml -q || return 1
    exits 0 "$@" "$python" "$sources/postproc/read.py" --force $case.nc && told '3 records to t = 1' && is_png $case.png || return 1
    have ncdump || continue
    close_to "$(sed 's/.*-> //' "$scratch/.out")" "$(last ${case}_history.nc mass)" 1e-13 || return 1
  done
  exits 1 "$@" "$python" "$sources/postproc/read.py" space.nc && says 'space.png is there already'
}

five_lines() {
  sed -n '/^    import xarray/,/^    mass/p' "$sources/postproc/read.py" | sed "s/^    //; s/NAME/plane/; s/\* cell)/* (8\/24)*(6\/16))/" >five.py
  [ "$(grep -c . five.py)" -eq 5 ] && echo 'assert fields.density.dims == ("time", "y", "x") and abs(mass - float(history.mass[-1])) < 1e-14' >>five.py &&
    exits 0 "$python" five.py
}

mkdir without && echo 'raise ImportError("as if it were not there")' >without/xarray.py
if [ -z "$python" ]; then
  skip 'read.py' 'no python3 with matplotlib and netCDF4 (apt-get install python3-matplotlib python3-netcdf4)'
elif "$python" -c 'import xarray' 2>/dev/null; then
  check 'read.py draws a run in one, two and three dimensions and sums its mass, with xarray' figure
  check 'the five lines of xarray that it tells' five_lines
  check 'and with netCDF4 alone' figure env PYTHONPATH="$scratch/without"
else
  skip 'read.py with xarray' 'there is no xarray (apt-get install python3-xarray)'
  check 'read.py draws a run in one, two and three dimensions and sums its mass, with netCDF4' figure
fi

# ---- paraview.py ----

has_paraview || skip_rest 'paraview.py' "$no_paraview"

for dim in 1 2 3; do
  "$build/tests/write_sample" $dim "run$dim.nc"
done

# picture ARGUMENT...
picture() {
  exits 0 virtual "$sources/postproc/paraview.py" "$@" -s 600 450 || return 1
  # ParaView's netCDF reader speaks of scalars before it has them
  if grep -E 'ERR|WARN|Error|Traceback' .out .err | grep -v 'No Scalar Field'; then return 1; fi
}

pictures() {
  for dim in 1 2 3; do
    picture run$dim.nc.xmf -o cells$dim.png -t 1 && picture run$dim.nc -o points$dim.png -t 1 && is_png cells$dim.png &&
      is_png points$dim.png || return 1
  done
}
check 'paraview.py, under a name that is ParaView'\''s own, draws both files in one, two and three dimensions' pictures

moving() {
  picture run2.nc.xmf -o run2.avi && [ "$(head -c 4 run2.avi)" = RIFF ] && picture run1.nc.xmf -a -o frame.png && is_png frame.0000.png &&
    is_png frame.0002.png && [ ! -e frame.0003.png ] && ! cmp -s frame.0000.png frame.0002.png
}
check 'an animation has every record' moving

states() {
  for dim in 1 2 3; do
    picture run$dim.nc.xmf -o state$dim.py -t 1 || return 1
  done
}
check 'a view is kept as a state' states

others() {
  picture run2.nc.xmf -v potential -o potential.png && is_png potential.png || return 1
  exits 1 virtual "$sources/postproc/paraview.py" run2.nc.xmf -v density_ && told 'there is no density_; there is: density' ||
    says 'there is no density_; there is: density' || return 1
  exits 1 virtual "$sources/postproc/paraview.py" run2.nc.xmf -o potential.png && { told 'is there already' || says 'is there already'; } || return 1
  exits 1 virtual "$sources/postproc/paraview.py" absent.nc && { told 'no such file' || says 'no such file'; }
}
check 'another variable, a misspelt one, no file' others

# Pixels and values, read back.
virtual "$sources/tests/pictures_read.py" "$scratch" >read.tap 2>read.err
count=0
while read -r line; do
  case $line in
  'ok '* | 'not ok '*)
    count=$((count + 1))
    number=$((number + 1))
    echo "$line" | sed "s/ok /ok $number - /"
    ;;
  '#'*) echo "$line" ;;
  esac
done <read.tap
enough() {
  cat read.err
  [ "$count" -eq 10 ]
}
check 'all of them were read back' enough

finish
