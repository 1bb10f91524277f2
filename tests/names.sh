#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every symbol that the libraries offer to a program starts with mf_.
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

finish
