#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# One static page of cases: equations, pictures, and the verdicts on their claims.
#
#   postproc/gallery.sh PROGRAM FOLDER CASE...      CASE is cases/NAME, or cases/NAME:VARIANT
#
# Runs every case with PROGRAM, draws its decay and its density with gnuplot, studies the convergence of those that have
# claims on orders, and writes FOLDER/index.html, which needs nothing but the pictures beside it.
set -eu
export LC_ALL=C

[ $# -ge 3 ] || {
  echo 'usage: postproc/gallery.sh PROGRAM FOLDER CASE...' >&2
  exit 2
}
program=$1 folder=$2
shift 2
here=$(dirname "$0")
command -v gnuplot >/dev/null || {
  echo 'the gallery is drawn by gnuplot, which is not installed (Debian: apt-get install gnuplot-nox)' >&2
  exit 4
}
mkdir -p "$folder/runs"

# escaped TEXT: as it stands in HTML, between tags and in attributes.
escaped() {
  printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

# linked FILE: its name as a relative address.
linked() {
  escaped "./$(printf '%s' "$1" | sed 's/%/%25/g; s/#/%23/g; s/?/%3F/g')"
}

# figure FILE TEXT: a picture, if it was drawn.
figure() {
  [ ! -s "$folder/$1" ] ||
    printf '<figure><a href="%s"><img src="%s" alt="%s" loading="lazy"></a><figcaption>%s</figcaption></figure>\n' \
      "$(linked "$1")" "$(linked "$1")" "$(escaped "$2")" "$(escaped "$2")"
}

# draw RUN PICTURE OPTION...: tells what went wrong and goes on.
draw() {
  run=$1 picture=$2
  shift 2
  rm -f "$folder/$picture"
  "$program" plot "$run" -o "$folder/$picture" --force -q "$@" || echo "gallery: no $picture" >&2
}

section() {
  case=${1%%:*} variant=main
  case $1 in *:*) variant=${1#*:} ;; esac
  name=$(basename "$case")
  [ "$variant" = main ] || name=$name.$variant
  run=$folder/runs/$name
  echo "gallery: $name" >&2
  code=0
  "$program" verify "$case" --variant "$variant" -o "$run" --force --json -q >"$run.json" || code=$?
  [ "$code" -le 1 ] || return "$code"
  # -o NAME keeps the name and adds the variant.
  [ "$variant" = main ] || run=$run.$variant
  draw "$run" "$name.decay.png"
  draw "$run" "$name.density.png" --kind density
  if grep -q 'order:' "$case/case.yaml" && [ "$variant" = main ]; then
    "$program" converge "$case" --levels 4 --json -q >"$folder/runs/$name.converge.json"
    draw "$folder/runs/$name.converge.json" "$name.convergence.png"
  fi
  printf '<section id="%s">\n' "$(escaped "$name")"
  NAME=$name awk -f "$here/gallery_text.awk" "$case/README.md"
  echo '<div class="pictures">'
  figure "$name.decay.png" "Decay of $name"
  figure "$name.density.png" "Density of $name"
  figure "$name.convergence.png" "Convergence of $name"
  echo '</div>'
  awk -f "$here/gallery_table.awk" "$folder/runs/$name.json"
  echo '</section>'
}

head() {
  cat <<'END'
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Measureflow: gradient flows of measures</title>
<style>
body { font: 17px/1.5 Georgia, "DejaVu Serif", serif; color: #1a1a1a; background: #fff; max-width: 1100px; margin: 0 auto; padding: 1em; }
h1, h2, nav, table, figcaption { font-family: "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9em; margin: 0.4em 0 0; }
h2 { font-size: 1.3em; margin: 0 0 0.4em; }
nav { font-size: 0.85em; line-height: 1.9; margin: 1em 0; }
nav a { margin-right: 1em; }
a { color: #0072B2; }
section { border-top: 1px solid #ccc; padding: 1.4em 0; }
pre { font: 1em/1.5 "DejaVu Serif", Georgia, serif; background: #f4f6f8; border-left: 4px solid #0072B2; padding: 0.5em 1em; overflow-x: auto; }
code { font: 0.88em "DejaVu Sans Mono", monospace; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(430px, 1fr)); gap: 1em; align-items: start; }
figure { margin: 0; }
img { width: 100%; height: auto; }
figcaption { font-size: 0.8em; color: #555; text-align: center; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.78em; margin: 1em 0 0; width: 100%; }
th, td { text-align: left; padding: 0.25em 0.7em 0.25em 0; border-bottom: 1px solid #e2e2e2; vertical-align: top; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.number { text-align: right; }
.holds { color: #00694c; }
.fails { color: #a33c00; font-weight: bold; }
.empty { color: #777; font-style: italic; }
@media (max-width: 480px) { .pictures { grid-template-columns: 1fr; } }
</style>
</head>
<body>
<h1>Measureflow</h1>
<p>Gradient flows of measures, ∂<sub>t</sub>μ = −K(μ) DF(μ), computed on grids, and what theory says of them. Every
picture and every number on this page comes from the runs that <code>make gallery</code> has just made.</p>
END
}

{
  head
  echo '<nav>'
  for case; do
    name=$(basename "${case%%:*}")
    case $case in *:*) name=$name.${case#*:} ;; esac
    printf '<a href="#%s">%s</a>\n' "$(escaped "$(printf '%s' "$name" | sed 's/%/%25/g')")" "$(escaped "$name")"
  done
  echo '</nav>'
  for case; do section "$case" || {
    code=$?
    rm -f "$folder/index.html.part"
    echo "gallery: $case could not be run" >&2
    exit "$code"
  }; done
  printf '</body>\n</html>\n'
} >"$folder/index.html.part"
mv "$folder/index.html.part" "$folder/index.html"
echo "$folder/index.html"
