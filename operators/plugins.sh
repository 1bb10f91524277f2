#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The lists of energies, geometries and particle methods, as C: every table named mf_energy_*, mf_geometry_* or mf_method_*
# in the files given.
#
#   operators/plugins.sh operators/energies/*.c operators/geometries/*.c operators/methods/*.c >plugins.c
set -eu

# tables KIND FILE...: the names of the tables of a kind, in the order of the files.
tables() {
  kind=$1
  shift
  sed -n "s/^const mf_${kind}_type mf_${kind}_\([a-z0-9_]*\) = {.*/\1/p" "$@"
}

# list KIND NAME...: declarations, and the list that plugins.h promises.
list() {
  kind=$1
  shift
  for name; do echo "extern const mf_${kind}_type mf_${kind}_$name;"; done
  echo "const mf_${kind}_type *const mf_${kind}_types[] = {"
  for name; do echo "  &mf_${kind}_$name,"; done
  echo '  NULL};'
}

echo '/* Written by operators/plugins.sh from the files of the plug-ins. */'
echo '#include "operators/plugins.h"'
# shellcheck disable=SC2046 # one word a name
list energy $(tables energy "$@")
# shellcheck disable=SC2046
list geometry $(tables geometry "$@")
# shellcheck disable=SC2046
list method $(tables method "$@")
