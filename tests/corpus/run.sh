#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# One fuzz target for a while; says what it did, or what it found.  Called by `make fuzz`.
#
#   tests/corpus/run.sh BUILD NAME SECONDS
set -u
build=$1 name=$2 seconds=$3
mkdir -p "$build/corpus/$name" "$build/found"
log=$build/$name.log
if "$build/tests/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2000 -max_len=4096 -print_final_stats=1 \
  -artifact_prefix="$build/found/$name-" "$build/corpus/$name" "$build/seeds/$name" >"$log" 2>&1; then
  printf '%-8s %s inputs tried, %s kept\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
    "$(find "$build/corpus/$name" -type f | wc -l)"
else
  tail -n 40 "$log"
  echo "$name: run $build/tests/fuzz_$name on the file named above to see it again"
  exit 255 # xargs stops
fi
