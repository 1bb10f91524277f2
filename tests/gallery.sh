#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The page of cases: complete, well-formed, without scripts, and drawn by a browser if there is one.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc

# Small enough to be fetched with the sources.
readme_pictures() {
  grep -oE 'postproc/pictures/[a-z]+\.png' README.md | sort -u >"$scratch/shown" && [ -s "$scratch/shown" ] || return 1
  ls postproc/pictures/*.png | cmp - "$scratch/shown" && cat postproc/pictures/*.png >"$scratch/all" && [ "$(wc -c <"$scratch/all")" -lt 300000 ]
}
check 'README shows the pictures that are there, and they are small' readme_pictures

have gnuplot || skip_rest 'the page of cases' 'there is no gnuplot (apt-get install gnuplot-nox)'

page=$scratch/page
made() {
  exits 0 postproc/gallery.sh "$program" "$page" cases/torus_rates_1d cases/fokker_planck_translation_1d:phi_p && told "$page/index.html"
}
check 'the page is made of cases and variants' made

# Every element that is opened is closed, in order.
well_formed() {
  tr '\n' ' ' <"$page/index.html" | awk '
    BEGIN { split("meta img link br", list, " "); for (i in list) void[list[i]] = 1 }
    { while (match($0, /<[^>]*>/)) {
        tag = substr($0, RSTART + 1, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH); count++
        if (tag ~ /^!/) continue
        split(tag, part, " "); name = part[1]
        if (name ~ /^\//) { if (stack[depth--] != substr(name, 2)) { print "out of order: " tag; bad = 1; exit } }
        else if (!(name in void)) stack[++depth] = name
      } }
    END { if (depth) print "left open: " stack[depth]; exit bad || depth || count < 50 }'
}
check 'its elements are closed in order' well_formed

complete() {
  grep -o 'src="[^"]*"' "$page/index.html" | sed 's/src="//; s/"$//' >"$scratch/pictures"
  [ "$(wc -l <"$scratch/pictures")" -eq 4 ] || return 1
  while read -r picture; do [ -s "$page/$picture" ] && grep -q "src=\"$picture\" alt=\"[^\"]" "$page/index.html" || return 1; done <"$scratch/pictures"
  ! grep -qi '<script\|https\?://[^ ]*\.js' "$page/index.html" || return 1
  # Claims of the case and of the variant, each with its verdict; symbols in the text; no commands.
  [ "$(grep -c '<td class="holds">' "$page/index.html")" -eq "$(cat "$page"/runs/*.json | grep -c '"kind":')" ] &&
    grep -q '<td>phi_1.5</td><td>bound <code>exp(-2\*alpha\*t)</code></td>' "$page/index.html" &&
    grep -q 'e<sup>−2 α t</sup>' "$page/index.html" && grep -q 'π<sub>0</sub> k̂ k²' "$page/index.html" && ! grep -q 'mflow verify cases' "$page/index.html"
}
check 'every picture has words, every claim its verdict, and there is no script' complete

# A folder's name is no HTML and no address.
odd_names() {
  odd=$scratch/'a<b>&"c #1%'
  mkdir -p "$odd" && echo '# A "case" <of> its own' >"$odd/README.md" && cat >"$odd/case.yaml" <<'END'
grid: {cells: [16], box: [[-5, 5]]}
target: {gaussian: {mean: 0, covariance: 1}}
initial: {gaussian: {mean: 1, covariance: 1}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 0.1, output: 0.05}
END
  exits 0 postproc/gallery.sh "$program" "$scratch/odd" "$odd" &&
    grep -qF '<section id="a&lt;b&gt;&amp;&quot;c #1%">' "$scratch/odd/index.html" &&
    grep -qF 'src="./a&lt;b&gt;&amp;&quot;c %231%25.decay.png"' "$scratch/odd/index.html" &&
    ! grep -qF 'a<b>' "$scratch/odd/index.html" && [ -s "$scratch/odd/"'a<b>&"c #1%.decay.png' ]
}
check 'names of folders are escaped' odd_names

broken_case() {
  mkdir -p "$scratch/case" && echo 'grid: {cells: [3' >"$scratch/case/case.yaml" && : >"$scratch/case/README.md"
  before=$(cksum <"$page/index.html")
  exits 2 postproc/gallery.sh "$program" "$page" "$scratch/case" && [ "$(cksum <"$page/index.html")" = "$before" ]
}
check 'a case that cannot be run ends it with its exit code, and the page before stays' broken_case

browser=
for name in chromium chromium-browser google-chrome; do
  have $name && browser=$name && break
done
# A page without pictures and text is some 20 kB.
shown() {
  timeout 60 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$scratch/profile" \
    --window-size=1200,2400 --screenshot="$scratch/shot.png" "file://$page/index.html" && [ "$(wc -c <"$scratch/shot.png")" -gt 100000 ]
}
if [ -n "$browser" ]; then
  check 'a browser draws it' shown
else
  skip 'a browser draws it' 'there is no chromium (apt-get install chromium)'
fi

finish
