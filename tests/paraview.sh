#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ParaView reads the files of a run: the work is done by paraview_reads.py.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.inc
. tests/tap.inc
build=${BUILD:-build}

has_paraview || skip_all "$no_paraview"

for dim in 1 2 3; do
  "$build/tests/write_sample" "$dim" "$scratch/run$dim.nc"
done
"$build/tests/write_sample" 3 "$scratch/single.nc" single deflate

virtual tests/paraview_reads.py "$scratch" || {
  echo 'Bail out! pvpython failed'
  exit 1
}
