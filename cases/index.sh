#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Prints cases/README.md: one line a case, from its title and the names of its variants.
set -eu
cd "$(dirname "$0")"

cat <<'END'
# Cases

Each folder holds a `case.yaml` with its claims and a README with equation, theorem and what one sees. `mflow verify cases`
runs them all; `make gallery` shows some of them on one page, with equations, pictures and verdicts. This page is written by
`make index`.

| case | what it is | variants |
|---|---|---|
END
for case in */case.yaml; do
  name=${case%/case.yaml}
  awk -v name="$name" '
    /^title: / { title = substr($0, 8) }
    /^variants:/ { inside = 1; next }
    /^[a-z]/ { inside = 0 }
    inside && /^  [a-z0-9_]+:/ { sub(/:.*/, ""); sub(/^ +/, ""); list = list (list ? ", " : "") $0 }
    END { printf "| [%s](%s) | %s | %s |\n", name, name, title, list }' "$case"
done

cat <<'END'

A case is YAML; every number may be a formula in its `parameters`. `mflow list` prints all keys.
END
