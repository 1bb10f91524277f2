#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The layering of the sources: which include may stand where, and what may lie at the top level.
#
#   grids < operators, io < solver < postproc < the program and tests/
#
# Inside a layer the rooms have ranks of their own, in the table below.  An include points down or stays in its room.
# One file (or room) owns each library.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.inc
. tests/tap.inc

# Tracked files and new ones; without git, all there are.
list() {
  git ls-files --cached --others --exclude-standard -- "$@" 2>/dev/null ||
    find "$@" -type f | sed 's|^\./||'
}

# file:line:delimiter and name, for every include of a C file; files that are gone but tracked are passed over.
includes() {
  list grids operators io solver postproc tests | grep '\.[ch]$' | while read -r file; do
    [ ! -f "$file" ] || sed -n -E 's|^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"][^>"]*).*|\1|;t found
      b
      :found
      =;p' "$file" | sed 'N;s/\n/:/' | sed "s|^|$file:|"
  done
}

all=$(includes)

verdict 'includes are written from the root and lead to a file' "$(
  echo "$all" | grep ':"' | while IFS=: read -r file line name; do
    name=${name#\"}
    case $name in
    grids/* | operators/* | io/* | solver/* | postproc/* | tests/*) [ -f "$name" ] || echo "$file:$line: no file $name" ;;
    *) echo "$file:$line: \"$name\" is not written from the root" ;;
    esac
  done
)"

# Rooms from the ground up; those of one line do not see each other.
ranks='
grids
operators/kernels io io/language
operators io/netcdf
operators/energies operators/transport io/data
operators/geometries operators/methods
solver/flow
solver/precondition solver/distance
solver/time
solver/observe
solver/problem
solver
solver/run
solver/particles
postproc/rates postproc/distances
postproc/claims postproc/figures
solver/program
tests'

verdict 'no include points up the layers or sideways' "$(
  echo "$all" | grep ':"' | grep -v '^solver/mflow.h:' | awk -F'[:"]' -v ranks="$ranks" '
    function room(path) { return substr(path, 1, match(path, /\/[^\/]*$/) - 1) }
    BEGIN {
      lines = split(ranks, line, "\n")
      for (i = 1; i <= lines; i++) {
        rooms = split(line[i], name, " ")
        for (k = 1; k <= rooms; k++) rank[name[k]] = i
      }
    }
    {
      from = room($1); to = room($4)
      if (!(from in rank)) print $1 ": " from "/ has no rank in tests/layers.sh"
      else if (from != to && (!(to in rank) || rank[to] >= rank[from]))
        print $1 ":" $2 ": " from "/ may not include " $4
    }'
)"

verdict 'each library has its owner' "$(
  echo "$all" | grep ':<' | grep -v '^tests/' | while IFS=: read -r file line name; do
    name=${name#<}
    case $name in
    fftw3*) owner='operators/kernels/*.c' ;;
    cvode/* | cvodes/* | arkode/* | kinsol/* | ida/* | sunlinsol/* | sunnonlinsol/* | sunmatrix/*) owner='solver/time/cvode.c' ;;
    sundials/* | nvector/*) owner='solver/time/vector.[ch] solver/time/cvode.c solver/time/sundials_compat.h' ;;
    netcdf*) owner='io/netcdf/* io/data/ensemble.c io/data/ensemble_file.c' ;;
    libfyaml*) owner='io/language/case.c' ;;
    muParser*) owner='io/language/expression.c' ;;
    png*) owner='io/data/image.c' ;;
    jansson*) owner='io/json.c' ;;
    *) continue ;;
    esac
    for pattern in $owner; do
      # shellcheck disable=SC2254 # an owner is a pattern
      case $file in $pattern) continue 2 ;; esac
    done
    echo "$file:$line: <$name> belongs to $owner"
  done
)"

verdict 'every source names its licence in its first two lines' "$(
  list grids operators io solver postproc cases tests findings .ci .github Makefile |
    grep -E '(\.(c|h|sh|inc|awk|py|bash|in)|Makefile|run)$' | while read -r file; do
    [ ! -f "$file" ] || head -n 2 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || echo "$file"
  done
)"

if git ls-files >/dev/null 2>&1; then
  verdict 'nothing new at the top level' "$(
    git ls-files | cut -d/ -f1 | sort -u |
      grep -vxE 'Makefile|solver|grids|operators|io|tests|cases|postproc|findings|README\.md|LICENSE|CHANGELOG\.md|CITATION\.cff|\..*' || :
  )"
else
  skip 'nothing new at the top level' 'not a git checkout'
fi

verdict 'cases/README.md lists the cases as they are (make index)' "$(cases/index.sh | diff cases/README.md - || :)"

finish
