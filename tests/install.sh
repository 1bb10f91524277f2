#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# `make install` into an empty directory: what lands there, and whether a program can be built against it.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.inc
. tests/tap.inc

[ "${MODE:-release}" != asan ] || skip_all 'a program linked with the sanitized library needs its flags'

unset MAKEFLAGS MFLAGS MAKELEVEL # this make is nobody's child
stage=$scratch

pkg() {
  PKG_CONFIG_PATH=$stage/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$stage ${PKG_CONFIG:-pkg-config} "$@"
}

files_are_there() {
  for file in bin/mflow share/bash-completion/completions/mflow lib/libmflow.a lib/libmflow.so lib/libmflow.so.0 lib/pkgconfig/mflow.pc \
    share/man/man1/mflow.1 include/mflow/solver/mflow.h include/mflow/grids/base.h; do
    [ -e "$stage/usr/$file" ] || { echo "missing: $file" && return 1; }
  done
  for header in grids/*.h operators/*.h operators/*/*.h io/*.h io/*/*.h solver/*.h solver/*/*.h postproc/*/*.h; do
    [ ! -e "$header" ] || cmp "$header" "$stage/usr/include/mflow/$header" || return 1
  done
}

program_knows_its_version() {
  "$stage/usr/bin/mflow" --version | grep -F "$(pkg --modversion mflow)"
}

# build_program LINK: through the umbrella header and one header by its path.
build_program() {
  cat >"$stage/program.c" <<'END'
#include <solver/mflow.h>
#include "operators/energy.h"
#include <stdio.h>

int main(void)
{
  return puts(mf_version()) < 0;
}
END
  # shellcheck disable=SC2046,SC2086 # lists of flags
  ${CC:-cc} -std=c11 -Wall -Werror $(pkg --cflags mflow) "$stage/program.c" -o "$stage/program" $1
}

program_prints_version() {
  LD_LIBRARY_PATH=$stage/usr/lib "$stage/program" | grep -F "$(pkg --modversion mflow)"
}

# The archive with the shared libraries that it needs itself: all static would want every package's own needs.
archive_libs() {
  echo "$stage/usr/lib/libmflow.a"
  # shellcheck disable=SC2046 # a list of packages
  ${PKG_CONFIG:-pkg-config} --libs $(pkg --print-requires-private mflow)
  sed -n 's/^Libs.private: //p' "$stage/usr/lib/pkgconfig/mflow.pc"
}

# The program of the page on the library is what is compiled here.
own_energy_compiles() {
  sed -n '/^```c$/,/^```$/p' solver/README.md | sed '1d;$d' >"$stage/moment.c"
  grep -q 'int main' "$stage/moment.c" || return 1
  # shellcheck disable=SC2046 # lists of flags
  ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror "$stage/moment.c" $(pkg --cflags --libs mflow) -lm -o "$stage/moment"
}

# The second moment falls into the exact one, M' = -4 (M - 1) M, to the error of the grid, h^2 = 1e-4.
own_energy_is_right() {
  LD_LIBRARY_PATH=$stage/usr/lib "$stage/moment" | tee "$stage/moment.out"
  awk '{ d = $5 - $7; if (d > 1e-4 || d < -1e-4) bad = 1 } NR > 1 && $3 >= F { bad = 1 } { F = $3 }
    END { exit bad || NR != 5 || $7 < 0.9 }' "$stage/moment.out"
}

completion_works() {
  bash -c '. "$0/usr/share/bash-completion/completions/mflow"
    COMP_WORDS=("$0/usr/bin/mflow" ver) COMP_CWORD=1; _mflow mflow ver mflow; [ "${COMPREPLY[*]}" = verify ]' "$stage"
}

man_page_is_clean() {
  warnings=$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l "$stage/usr/share/man/man1/mflow.1" 2>&1 >/dev/null)
  [ -z "$warnings" ] || { echo "$warnings" && return 1; }
}

# Somebody else's files in the same folders stay, also in the one of the headers.
only_ours_goes() {
  theirs='bin/other lib/libother.so include/mflow/grids/mine.h share/man/man1/other.1'
  for file in $theirs; do : >"$stage/usr/$file"; done
  make uninstall DESTDIR="$stage" PREFIX=/usr || return 1
  left=$(cd "$stage/usr" && find . ! -type d | sed 's|^\./||' | sort | tr '\n' ' ')
  [ "$left" = "$(printf '%s\n' $theirs | sort | tr '\n' ' ')" ] || { echo "left: $left" && return 1; }
  (cd "$stage/usr" && rm -f $theirs)
}

nothing_is_left() {
  make install uninstall DESTDIR="$stage" PREFIX=/usr || return 1
  left=$(find "$stage/usr" ! -type d)
  [ -z "$left" ] || { echo "$left" && return 1; }
  [ ! -e "$stage/usr/include/mflow" ]
}

elsewhere() {
  make install PREFIX="$stage/own" LIBDIR="$stage/own/lib64" || return 1
  (unset PKG_CONFIG_SYSROOT_DIR && PKG_CONFIG_PATH=$stage/own/lib64/pkgconfig ${PKG_CONFIG:-pkg-config} --libs mflow) |
    grep -F -e "-L$stage/own/lib64 -lmflow" && "$stage/own/bin/mflow" --version >/dev/null || return 1
  make uninstall PREFIX="$stage/own" LIBDIR="$stage/own/lib64" && [ -z "$(find "$stage/own" ! -type d)" ]
}

check 'make install' make install DESTDIR="$stage" PREFIX=/usr
check 'program, libraries, headers and pages are there' files_are_there
check 'the program knows its version' program_knows_its_version
check 'mflow.pc is valid' pkg --validate mflow
check 'a program compiles and links with the shared library' build_program "$(pkg --libs mflow)"
check 'it prints the version' program_prints_version
check 'a program compiles and links with the archive' build_program "$(archive_libs)"
check 'it prints the version' program_prints_version
check "the page's program with an energy of its own compiles" own_energy_compiles
check 'it follows the exact second moment' own_energy_is_right
check_with bash 'the completion is where bash looks for it, and works' completion_works
check_with man 'the man page has no warnings' man_page_is_clean
check 'the man page names the version' grep -F "mflow $(pkg --modversion mflow)" "$stage/usr/share/man/man1/mflow.1"
check 'make uninstall leaves what is not ours' only_ours_goes
check 'make uninstall leaves nothing' nothing_is_left
check 'PREFIX and LIBDIR lead elsewhere' elsewhere

finish
