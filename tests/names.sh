#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Names that the libraries offer: all start with mf_, and the shared library has those that installed headers declare.  No
# file calls one that calls it in turn, be it through others.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.inc
. tests/tap.inc
build=${BUILD:-build}
[ "${MODE:-release}" != coverage ] || skip_all 'what counts the lines adds names of its own'

# Names on standard input that are neither ours nor a sanitizer's.
foreign() {
  awk 'NF > 1 && $1 !~ /:$/ { print $1 }' | grep -vE '^(mf_|__odr_asan|__asan_)' | sort -u || :
}

# What the library exports; clang also exports what chooses among the versions of a static function.
exported() {
  nm -P -D --defined-only "$build/libmflow.so" | awk '{ print $1 }' | grep -v -e '^__' -e '\.resolver$' | sort -u
}

# Functions and variables that the installed headers declare: what the preprocessor leaves of them, statement by statement.
# Definitions of inline functions and types are passed over.
declared() {
  public | sed 's/.*/#include "&"/' | ${CC:-cc} -I. -std=c11 -E -x c - | awk '
    /^# [0-9]+ "/ { ours = $3 !~ /^"[\/<]/; next }
    /^#/ || !ours { next }
    { text = text " " $0 }
    END {
      while ((at = match(text, /[{};]/)) > 0) {
        mark = substr(text, at, 1)
        if (depth == 0) said = said substr(text, 1, at - 1)
        text = substr(text, at + 1)
        if (mark == "{") depth++
        if (mark == "}" && --depth == 0 && said ~ /\(/) said = "" # the end of a function
        if (mark == ";" && depth == 0) { print said; said = "" }
      }
    }' | grep -vE '^ *(typedef|static)' | awk '
    /\(/ { sub(/ *\(.*/, ""); print $NF; next }
    /^ *extern/ { n = split($0, names, ","); for (i = 1; i <= n; i++) { sub(/ *\[.*/, "", names[i]); k = split(names[i], word, " "); print word[k] } }
    ' | tr -d '*' | sort -u
}

# Who calls whom, as pairs of objects; tsort says where such pairs close a circle.
calls() {
  find grids operators io solver postproc -name '*.c' | sed "s|\(.*\)\.c|$build/\1.o|" | tr '\n' '\0' |
    xargs -0 nm -P -A -g "$build/operators/plugins.o" | sed 's|^[^:]*/\([^/]*/[^/]*\)\.o: |\1 |' | awk '
      $3 == "U" { user[++uses] = $1; used[uses] = $2; next }
      { home[$2] = $1 }
      END { for (i = 1; i <= uses; i++) if (used[i] in home && home[used[i]] != user[i]) print user[i], home[used[i]] }'
}
circles() {
  calls >"$scratch/calls"
  [ -s "$scratch/calls" ] || echo 'nobody calls anybody'
  tsort "$scratch/calls" 2>&1 >/dev/null | sed "s|tsort: $scratch/calls: input contains a loop:|a circle:|; s|^tsort: |  |"
}

# only FIRST SECOND: lines of the one that the other has not.
only() {
  "$1" >"$scratch/first"
  "$2" >"$scratch/second"
  comm -23 "$scratch/first" "$scratch/second"
}

verdict 'libmflow.a defines names' "$(
  nm -P -g --defined-only "$build/libmflow.a" | grep -q '^mf_' || echo "none found in $build/libmflow.a"
)"
verdict 'global symbols of libmflow.a start with mf_' "$(nm -P -g --defined-only "$build/libmflow.a" | foreign)"
verdict 'exported symbols of libmflow.so start with mf_' "$(nm -P -D --defined-only "$build/libmflow.so" | foreign)"
verdict 'installed headers declare names' "$(declared | grep -qx mf_solution_open || echo 'not even mf_solution_open')"
verdict 'what libmflow.so exports is declared by an installed header' "$(only exported declared)"
verdict 'what an installed header declares is exported by libmflow.so' "$(only declared exported)"
verdict 'no circle of files that call each other' "$(circles)"

finish
