#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Measures from samples and images, as a case names them.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

have ncdump || skip_all 'there is no ncdump (apt-get install netcdf-bin)'

# first FILE NAME: the first value of a column.
first() {
  column "$1" "$2" | head -n 1
}

# starts COLUMN VALUE TOLERANCE: what the history of the last run says of the start.
starts() {
  close_to "$(first out_history.nc "$1")" "$2" "$3" || {
    echo "  of $1"
    return 1
  }
}

mkdir data
cat >data/points.csv <<'END'
x, y, mass
-1, 0.5, 1
0.5, -0.5, 2
1, 1, 1
END
cat >data/line.txt <<'END'
# four numbers
-1 -0.5
0.5 1
END
tr -s ' ' '\n' <data/line.txt | grep -v '[#a-z]' >data/column.txt
cat >line.yaml <<'END'
title: A line
grid: {cells: [80], box: [[-5, 5]]}
target: {gaussian: {mean: 0, covariance: 1}}
initial: {samples: {data: data/column.txt, method: kernel_density, bandwidth: 0.5}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 0.01, output: 0.01}
output: {fields: 0.01}
END
cat >plane.yaml <<'END'
title: A plane
grid: {cells: [32, 16], box: [[-4, 4], [-4, 4]], boundary: [wall, periodic]}
initial: {samples: {data: data/points.csv, columns: [x, y], weight: mass}}
energy: entropy
geometry: {wasserstein: 1}
time: {end: 0.01, output: 0.01}
output: {fields: 0.01}
END

# out CASE [OPTION]...
out() {
  exits 0 mflow run "$1" -q -o out --force ${2:+--set "$2"} ${3:+--set "$3"}
}

# Mean 0 and variance (1 + 1/4)/2 + 1/4; walls are 8 bandwidths away, e^-32 = 1e-14.
kernel_density() {
  out line.yaml && starts mass 1 1e-13 && starts cov_xx 0.875 1e-12 && awk -v m="$(first out_history.nc mean_x)" 'BEGIN { exit !(m*m < 1e-24) }'
}
check 'a kernel density has mass 1, the mean of the samples and their variance plus h^2' kernel_density

# Cells of 1/4 and 1/2: each point on a face is in the cell above, whose centre is 1/8 and 1/4 away.
histogram() {
  out plane.yaml && starts mass 1 1e-13 && starts mean_x 0.375 1e-12 && starts mean_y 0.375 1e-12 && starts cov_xx 0.5625 1e-12 &&
    starts cov_xy -0.03125 1e-12 && column out.nc density | head -n 512 | awk '$1 > 0 { n++; sum += $1/8 } END { print n, sum; exit !(n == 3 && sum > 1 - 1e-12 && sum < 1 + 1e-12) }'
}
check 'a histogram has the points in their cells, with their weights' histogram

by_number() {
  out plane.yaml 'initial.samples.columns=[1, 2]' 'initial.samples.weight=3' && starts mean_x 0.375 1e-12 &&
    out plane.yaml 'initial.samples.columns=[y, x]' && starts cov_xx 0.421875 1e-12 &&
    out plane.yaml 'initial={samples: {data: data/points.csv, columns: [x, y]}}' && starts mean_x 0.29166666666666667 1e-12
}
check 'columns by number, in another order, without weights' by_number

mass() {
  out line.yaml 'initial.mass=0.5' && starts mass 0.5 1e-13 && out line.yaml 'target={samples: {data: data/column.txt, method: kernel_density, bandwidth: 0.5}}' &&
    [ "$(first out_history.nc kl)" = 0 ]
}
check 'a mass may be given, and the target may be samples' mass

# Index, labels, quotes, empty fields and other columns stay in their places.
printf '%s\n' ',name,x,y' '0,"a, b",0.5,-1' '1,c,1.5,' '2,d,2.5,1' '3,e,3.5,2' >data/frame.csv
frame() {
  exits 0 mflow run line.yaml -q -o out --force --set 'initial={samples: {data: data/frame.csv, columns: [x], method: kernel_density, bandwidth: 0.1}}' &&
    starts mean_x 2 1e-6 && # .5 from the wall are 15 bandwidths, but the target's box ends at 5: 1.5 from 3.5
    exits 4 mflow run line.yaml -q -o no --set 'initial={samples: {data: data/frame.csv, columns: [y]}}' && says "frame.csv:3: '' is no number" &&
    exits 4 mflow run line.yaml -q -o no --set 'initial={samples: {data: data/frame.csv, columns: name}}' && says "frame.csv:2: 'a, b' is no number" &&
    exits 0 mflow show line.yaml --set 'energy={mixture_likelihood: {data: {path: data/frame.csv, columns: [x]}, deviation: 1}}' &&
    exits 2 mflow show line.yaml --set 'energy={mixture_likelihood: {data: data/points.csv, deviation: 1}}' && says 'columns: [...]'
}
check 'tables of data-frame tools: an index, names, quotes, empty fields' frame

doubtful() {
  printf '0\n2.5\n2.5\n3.5\n' >data/doubtful.csv
  exits 0 mflow run line.yaml -q -o out --force --set initial.samples.data=data/doubtful.csv && says 'doubtful.csv:1: this line was read as values' &&
    starts mean_x 2.125 1e-2
}
check 'a first line that may name a column by its number is told' doubtful

sample_mistakes() {
  exits 2 mflow run line.yaml -q -o no --set 'initial={samples: {data: data/column.txt, method: kernel_density}}' &&
    says "Silverman's rule gives [0.635]" && # sqrt(5/8) (4/12)^(1/5)
    exits 2 mflow run line.yaml -q -o no --set initial.samples.method=histogram && says 'has no bandwidth' &&
    exits 2 mflow run line.yaml -q -o no --set 'initial.samples.bandwidth=[1, 2]' && says '2 bandwidths for a grid with 1 ax' &&
    exits 2 mflow run line.yaml -q -o no --set initial.samples.data=data/points.csv && says 'has 3 columns, the grid 1 ax' &&
    exits 2 mflow run plane.yaml -q -o no --set 'initial.samples.columns=[x, z]' && says "no column 'z'" &&
    exits 2 mflow run plane.yaml -q -o no --set 'initial.samples.columns=[x]' && says '1 columns for a grid with 2' &&
    exits 2 mflow run line.yaml -q -o no --set 'grid.box=[[-0.9, 5]]' --set 'target={uniform: [0, 1]}' && says 'sample 1 has the coordinate -1, outside the box [-0.9, 5]' &&
    exits 4 mflow run line.yaml -q -o no --set initial.samples.data=data/absent.txt && says 'data/absent.txt' && [ ! -e no.nc ]
}
check 'no bandwidth, one too many, other columns, a point outside, no file' sample_mistakes

# What a run reads is not replaced by what it writes, whatever the names; nothing is waited for that is no file.
own_input() {
  mflow run line.yaml -q -o data/own --force >/dev/null 2>&1 && ln -f data/own.nc data/link.nc && before=$(cksum <data/own.nc) &&
    exits 2 mflow run line.yaml -q -o data/own --force --set 'target={file: data/link.nc}' && says 'would replace this file, which it reads' &&
    [ "$(cksum <data/own.nc)" = "$before" ] &&
    exits 0 mflow run line.yaml -q -o data/other --force --set 'target={file: data/link.nc}'
}
check 'a run does not replace what it reads' own_input

pipes() {
  mkfifo data/pipe && exits 4 timeout 20 "$program" run data/pipe -q && says 'data/pipe: is no file but a pipe' &&
    exits 4 timeout 20 "$program" run line.yaml -q -o no --set initial.samples.data=data/pipe && says 'no file but a pipe'
}
check 'a pipe is refused' pipes

# ---- images ----

# Columns 1/8, 3/8, 5/8, 7/8 of white, brighter to the right and below.
printf 'P2\n4 2\n8\n0 1 2 3\n4 5 6 7\n' >data/ramp.pgm

image() {
  out plane.yaml 'initial={image: data/ramp.pgm, normalise: false}' &&
    column out.nc density | head -n 512 | awk '{ i = (NR - 1) % 32; j = int((NR - 1)/32); want = (int(i/8) + (j < 8 ? 4 : 0))/8
      if ($1 - want > 1e-15 || want - $1 > 1e-15) { print i, j, $1, want; bad = 1 } } END { exit bad || NR != 512 }' &&
    starts mass 28 1e-13 # 64 times the mean of 0/8 .. 7/8
}
check 'an image fills the box, its top row at the largest y' image

image_options() {
  out plane.yaml 'initial={image: {path: data/ramp.pgm, invert: true}, mass: 3}' && starts mass 3 1e-13 && starts mean_x -0.5555555555555556 1e-12 &&
    out plane.yaml 'initial={image: {path: data/ramp.pgm, box: [[0, 2], [-1, 1]]}, normalise: false}' && starts mass 1.75 1e-13 &&
    column out.nc density | head -n 512 | awk '{ i = (NR - 1) % 32; j = int((NR - 1)/32); inside = i >= 16 && i < 24 && j >= 6 && j < 10
      if (!inside && $1 != 0) { print i, j, $1; bad = 1 } } END { exit bad }'
}
check 'an image may be inverted, or lie in a box of its own' image_options

image_mistakes() {
  exits 2 mflow run line.yaml -q -o no --set 'initial={image: data/ramp.pgm}' && says '2 axes, not 1' &&
    exits 4 mflow run plane.yaml -q -o no --set 'initial={image: data/points.csv}' && says 'is no grey image' &&
    exits 2 mflow run plane.yaml -q -o no --set 'initial={image: {path: data/ramp.pgm, box: [[0, 1]]}}' && says '4 numbers, not 2' &&
    exits 2 mflow run plane.yaml -q -o no --set 'initial={image: {path: data/ramp.pgm, box: [[1, 0], [0, 1]]}}' && says 'from 1 to 0' &&
    printf 'P2 1 1 9 0' >black.pgm && exits 2 mflow run plane.yaml -q -o no --set "initial={image: $PWD/black.pgm}" && [ ! -e no.nc ]
}
check 'an image on a line, no image, a box of two numbers or upside down, a black one' image_mistakes

finish
