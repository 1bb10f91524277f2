#!/bin/sh
# The layering of the sources: which include may stand where, and what may lie at the top level.
#
#   grids < operators, io < solver < postproc < the program and tests/
#
# An include points down or stays in its directory.  One file (or directory) owns each library.
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

verdict 'no include points up the layers or sideways' "$(
  echo "$all" | grep ':"' | awk -F'[:"]' '
    BEGIN { rank["grids"] = 0; rank["operators"] = rank["io"] = 1; rank["solver"] = 2; rank["postproc"] = 3; rank["tests"] = 5 }
    {
      split($1, from, "/"); split($4, to, "/")
      height = $1 ~ /^solver\/(main|command[^\/]*)\.[ch]$/ ? 4 : rank[from[1]]
      if (from[1] != to[1] && (!(to[1] in rank) || rank[to[1]] >= height))
        print $1 ":" $2 ": " from[1] "/ may not include " $4
    }'
)"

verdict 'each library has its owner' "$(
  echo "$all" | grep ':<' | grep -v '^tests/' | while IFS=: read -r file line name; do
    name=${name#<}
    case $name in
    fftw3*) owner='operators/convolution*.c' ;;
    cvode/* | cvodes/* | arkode/* | kinsol/* | ida/* | sunlinsol/* | sunnonlinsol/* | sunmatrix/*) owner='solver/integrate.c' ;;
    sundials/* | nvector/*) owner='solver/vector.[ch] solver/integrate.c solver/sundials_compat.h' ;;
    netcdf*) owner='io/*' ;;
    libfyaml*) owner='io/case.c' ;;
    muParser*) owner='io/expression.c' ;;
    png*) owner='io/image.c' ;;
    *) continue ;;
    esac
    for pattern in $owner; do
      # shellcheck disable=SC2254 # an owner is a pattern
      case $file in $pattern) continue 2 ;; esac
    done
    echo "$file:$line: <$name> belongs to $owner"
  done
)"

if git ls-files >/dev/null 2>&1; then
  verdict 'nothing new at the top level' "$(
    git ls-files | cut -d/ -f1 | sort -u |
      grep -vxE 'Makefile|solver|grids|operators|io|tests|cases|postproc|README\.md|LICENSE|CHANGELOG\.md|CITATION\.cff|\..*' || :
  )"
else
  skip 'nothing new at the top level' 'not a git checkout'
fi

verdict 'cases/README.md lists the cases as they are (make index)' "$(cases/index.sh | diff cases/README.md - || :)"

finish
