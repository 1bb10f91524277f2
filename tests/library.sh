#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The shared library from Python, by ctypes alone: small flows, an energy of the program's own, mistakes.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.inc
. tests/tap.inc

[ "${MODE:-release}" != asan ] || skip_all 'Python does not load a sanitized library'

check_with python3 'solutions, fields, histories and energies need no layout of a struct' \
  python3 tests/library.py "${BUILD:-build}/libmflow.so"

finish
