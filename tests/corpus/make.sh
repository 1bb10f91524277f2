#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What fuzzing begins with: small sound inputs of every kind, as FOLDER/KIND/*.
#
#   tests/corpus/make.sh FOLDER
set -eu
cd "$(dirname "$0")/../.."
folder=$1
rm -rf "$folder"
mkdir -p "$folder/case" "$folder/formula" "$folder/numbers" "$folder/image" "$folder/fields" "$folder/history"

# A case after a line for --set.
for case in cases/*/case.yaml; do
  name=$(basename "$(dirname "$case")")
  { echo 'time.end=2' && cat "$case"; } >"$folder/case/$name"
done
printf 'a.b.0=[1, {c: d}]\n---\na: {b: [1, "x\\ty", ~]}\nvariants: {v: {a.b: 2}}\n' >"$folder/case/small"

# Formulas: what stands behind the keys of claims.
sed -n 's/.*\(bound\|exact\|density\|log_ratio\|above\|within\): *\([^,}]*\).*/\2/p' cases/*/case.yaml | tr -d '"' | LC_ALL=C sort -u |
  awk -v folder="$folder/formula" '{ file = folder "/" NR; printf "%s", $0 >file; close(file) }'
printf 'x > 0 ? min(x, y, 2)^-1 : -x^2^3 && t <= 1e-3' >"$folder/formula/operators"

printf '1 2 3\n4 5 6\n' >"$folder/numbers/plain"
printf '# a comment\nx, y; weight\n1e-3,-2;0.5\n3,4,1\n' >"$folder/numbers/named"
printf 'time,x,weight\n0,1,1\n0,2,1\n0.5,1.5,2\n' >"$folder/numbers/particles"

printf 'P2 # plain\n3 2\n9\n0 1 2\n3 4 9\n' >"$folder/image/plain.pgm"
printf 'P5\n3 2\n9\n\0\1\2\3\4\11' >"$folder/image/raw.pgm"
printf 'P5 2 1 65535\n\1\0\377\377' >"$folder/image/wide.pgm"
echo iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg== |
  base64 -d >"$folder/image/dot.png"

# Changes of a sound file (tests/fuzz_netcdf.h): none; a value; a length.
for kind in fields history; do
  : >"$folder/$kind/none"
  printf '\5\0\5\3\1\7' >"$folder/$kind/value"
  printf '\0\2\3\5' >"$folder/$kind/length"
done
