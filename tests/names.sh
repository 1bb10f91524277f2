#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every symbol that the libraries offer to a program starts with mf_, and data flows one way: no circle between object files.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.inc
. tests/tap.inc
build=${BUILD:-build}

# Names on standard input that are neither ours nor a sanitizer's.
foreign() {
  awk 'NF > 1 && $1 !~ /:$/ { print $1 }' | grep -vE '^(mf_|__odr_asan|__asan_)' | sort -u || :
}

verdict 'libmflow.a defines names' "$(
  nm -P -g --defined-only "$build/libmflow.a" | grep -q '^mf_' || echo "none found in $build/libmflow.a"
)"
verdict 'global symbols of libmflow.a start with mf_' "$(nm -P -g --defined-only "$build/libmflow.a" | foreign)"
verdict 'exported symbols of libmflow.so start with mf_' "$(nm -P -D --defined-only "$build/libmflow.so" | foreign)"

# Objects of the sources that are there; an object of a source that is gone may still lie about.
objects() {
  for layer in grids operators io solver postproc; do
    find "$build/$layer" -name '*.o'
  done | while read -r object; do
    source=${object#"$build/"}
    source=${source%.o}.c
    if [ -f "$source" ] || [ -f "$build/$source" ]; then echo "$object"; fi
  done
}

# Pairs "user used", for every symbol that one object takes from another.
uses() {
  objects | xargs nm -A -P -g | sed "s|^$build/||" | awk '
    { object = $1; sub(/\.o:$/, "", object) }
    $3 == "U" { user[++n] = object; symbol[n] = $2; next }
    { home[$2] = object }
    END { for (i = 1; i <= n; i++) if (symbol[i] in home && home[symbol[i]] != user[i]) print user[i], home[symbol[i]] }' |
    sort -u
}

uses >"$scratch/uses"
verdict 'objects use each other' "$([ "$(wc -l <"$scratch/uses")" -gt 100 ] || echo "few uses found in $build")"
verdict 'object files form no circle' "$(tsort "$scratch/uses" 2>&1 >"$scratch/order" | sed -n 's/^tsort: \([^:]*\)$/\1/p')"

finish
