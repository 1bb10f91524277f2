#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Prints README's table of flows, from what `mflow new` can begin: name, what it is, its equation.  flows.sh MFLOW
set -eu

printf '| `mflow new --flow` | | |\n|---|---|---|\n'
"$1" new --help | sed -n 's/^  \([a-z-]*\)  *\([^:]*\):  \(.*\)$/\1\t\2\t\3/p' |
  sed 's/|/\\|/g' | awk -F '\t' '{ printf "| `%s` | %s | %s |\n", $1, $2, $3 }'
