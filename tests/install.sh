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

version=$(sed -n 's/^VERSION *:= *//p' Makefile)
minor=${version%.*}

files_are_there() {
  for file in bin/mflow share/bash-completion/completions/mflow lib/libmflow.a lib/libmflow.so "lib/libmflow.so.$minor" \
    "lib/libmflow.so.$version" lib/pkgconfig/mflow.pc share/man/man1/mflow.1 include/mflow/solver/mflow.h include/mflow/operators/energy.h; do
    [ -e "$stage/usr/$file" ] || { echo "missing: $file" && return 1; }
  done
}

# ---- headers ----

headers() {
  (cd "$stage/usr/include/mflow" && find . -name '*.h' | sed 's|^\./||' | sort)
}

# Those whose first line says whom they are for, and no others.
headers_are_public() {
  public >"$scratch/public"
  headers | diff "$scratch/public" - && headers | while read -r header; do
    cmp "$header" "$stage/usr/include/mflow/$header" || return 1
  done
}

# Plug-ins that are not of this folder can include what those of this folder do.
plug_ins_need_no_more() {
  headers >"$scratch/installed"
  for file in operators/energies/*.c operators/geometries/*.c; do ${CC:-cc} -I. -std=c11 -MM "$file"; done |
    tr ' \\' '\n\n' | grep '\.h$' | sort -u | comm -23 - "$scratch/installed" >"$scratch/private"
  [ ! -s "$scratch/private" ] || { cat "$scratch/private" && return 1; }
}

# alone LANGUAGE COMPILER FLAG...: every header is all that a file needs to include.
alone() {
  language=$1
  shift
  [ -n "$(headers)" ] || return 1
  headers | while read -r header; do
    echo "#include \"$header\"" | "$@" -Wall -Wextra -Wpedantic -Werror "-I$stage/usr/include/mflow" -x "$language" \
      -fsyntax-only - || { echo "$header" && return 1; }
  done
}

# ---- programs ----

program_knows_its_version() {
  "$stage/usr/bin/mflow" --version | grep -F "$(pkg --modversion mflow)"
}

# build_program LINK
build_program() {
  cat >"$stage/program.c" <<'END'
#include <solver/mflow.h>
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

# The same as C++, with the shared library.
own_energy_is_cxx() {
  # shellcheck disable=SC2046 # lists of flags
  c++ -Wall -Wextra -Wpedantic -Werror -x c++ "$stage/moment.c" -x none $(pkg --cflags --libs mflow) -o "$stage/moment" &&
    own_energy_is_right
}

# A program linked with another 0.MINOR is not started with this library.
soname_is_the_minor_version() {
  objdump -p "$stage/usr/lib/libmflow.so" | grep -E "SONAME +libmflow\.so\.$minor\$"
}

# A table of functions, as those of operators/energies/: F(mu) = int a x dmu, so xi = a x.
brings_a_plug_in() {
  cat >"$stage/plug_in.c" <<'END'
#include <solver/mflow.h>
#include <operators/registry.h>
#include <grids/field.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

typedef struct {
  double weight, a;
} options;
static const mf_param params[] = {
    {.key = "a", .kind = MF_REAL, .offset = offsetof(options, a), .required = true, .doc = "slope"},
    MF_WEIGHT_PARAM(options, -DBL_MAX),
};
static int create(mf_energy *e)
{
  const options *o = e->options;
  e->weight = o->a * o->weight;
  return MF_OK;
}
static double value(const mf_energy *e, const mf_state *s)
{
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(s->grid, s->density, mean, covariance);
  return e->weight * mean[0] * mf_field_mass(s->grid, s->density);
}
static void add_variation(const mf_energy *e, const mf_state *s, double *restrict xi)
{
  for (ptrdiff_t c = 0; c < s->grid->cells; c++) xi[c] += e->weight * mf_grid_coordinate(s->grid, 0, c);
}
static const mf_energy_type slope = {.name = "slope", .summary = "int a x dmu", .reference = "a test",
  .params = MF_PARAM_TABLE(params, options), .create = create, .value = value, .add_variation = add_variation,
  .needs = MF_NEED_DENSITY};

int main(void)
{
  mf_solution *s;
  const double *xi;
  double mean, worst = 0;
  if (mf_energy_register(&slope) ||
      mf_solution_parse(&s, "case", "grid: {cells: 100, box: [-8, 8]}\n"
        "initial: {gaussian: {mean: 2, covariance: 0.5}}\n"
        "energy: {slope: {a: 3}}\ngeometry: wasserstein\ntime: {end: 1}\n", NULL, NULL, 0) ||
      mf_solution_to(s, 1) || mf_solution_value(s, "mean_x", &mean) || mf_solution_field(s, "first_variation", &xi))
    return fprintf(stderr, "%s\n", mf_error()), 1;
  for (ptrdiff_t c = 0; c < 100; c++) worst = fmax(worst, fabs(xi[c] - 3 * mf_grid_coordinate(mf_solution_grid(s), 0, c)));
  mf_solution_free(s);
  return printf("%g %.9f\n", worst, mean) < 0;
}
END
  # shellcheck disable=SC2046 # lists of flags
  ${CC:-cc} -std=c11 -Wall -Werror "$stage/plug_in.c" $(pkg --cflags --libs mflow) -lm -o "$stage/plug_in" &&
    LD_LIBRARY_PATH=$stage/usr/lib "$stage/plug_in" | tee "$stage/plug_in.out"
}

# xi is what it was told to be, and the mean drifts at speed -a, from 2 to -1, to the error of the grid, h^2 = 0.026.
plug_in_is_right() {
  brings_a_plug_in && awk '{ exit !($1 == 0 && $2 > -1.026 && $2 < -0.974) }' "$stage/plug_in.out"
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
check 'program, libraries and pages are there' files_are_there
check 'installed headers are those that say whom they are for' headers_are_public
check 'plug-ins need no other headers' plug_ins_need_no_more
# shellcheck disable=SC2086 # a command of several words
check 'each header compiles alone as C' alone c ${CC:-cc} -std=c11
check_with c++ 'each header compiles alone as C++' alone c++ c++
check_with objdump 'the shared library is named after 0.MINOR' soname_is_the_minor_version
check 'the program knows its version' program_knows_its_version
check 'mflow.pc is valid' pkg --validate mflow
check 'a program compiles and links with the shared library' build_program "$(pkg --libs mflow)"
check 'it prints the version' program_prints_version
check 'a program compiles and links with the archive' build_program "$(archive_libs)"
check 'it prints the version' program_prints_version
check "the page's program with an energy of its own compiles" own_energy_compiles
check 'it follows the exact second moment' own_energy_is_right
check_with c++ 'it does as C++' own_energy_is_cxx
check 'a program brings a plug-in with options' plug_in_is_right
check_with bash 'the completion is where bash looks for it, and works' completion_works
check_with man 'the man page has no warnings' man_page_is_clean
check 'the man page names the version' grep -F "mflow $(pkg --modversion mflow)" "$stage/usr/share/man/man1/mflow.1"
check 'make uninstall leaves what is not ours' only_ours_goes
check 'make uninstall leaves nothing' nothing_is_left
check 'PREFIX and LIBDIR lead elsewhere' elsewhere

finish
