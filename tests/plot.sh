#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Pictures: what script and numbers say, exit codes, a missing or failing gnuplot, awkward names, the curve in characters.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

# The Ornstein-Uhlenbeck flow of a shifted Gaussian: KL = (a^2/2) e^(-2t), a = 1.
cat >line.yaml <<'END'
title: It's a "line" & {more} of KL_x
grid: {cells: [400], box: [[-7, 7]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [1], covariance: 1}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 6, output: 0.1, rtol: 1e-7}
claims:
  - {name: decay, quantity: kl, bound: exp(-2*t), tolerance: 1e-3, reference: Bakry & Emery 1985}
  - {name: rate, quantity: kl, rate: 2, tolerance: 1e-2, from: 1}
  - {name: formula, quantity: sqrt(2*kl), exact: exp(-t), tolerance: 1e-2, to: 3}
  - {name: mass, quantity: mass, conserved: true, tolerance: 1e-12}
END
cat >plane.yaml <<'END'
title: A plane
grid: {cells: [40, 200], box: [[-4, 4], [0, 2]]}
target: {density: exp(-x^2)}
initial: {density: exp(-(x-1)^2 - y)}
energy: kl
geometry: {wasserstein: 1}
time: {end: 2, output: 0.1}
END
cat >space.yaml <<'END'
title: A space
grid: {cells: [12, 10, 8], box: [[-3, 3], [-2, 2], [0, 1]]}
target: {density: exp(-4*(x-1.25)^2 - y^2)}
initial: {density: exp(-(x-1)^2 - y^2)}
energy: kl
geometry: {wasserstein: 1}
time: {end: 1, output: 0.1}
END
# A cell thick along y and z.
sed 's/cells.*/cells: [30, 1, 1], box: [[-3, 3], [-2, 2], [0, 1]]}/' space.yaml >thin.yaml
for case in line plane space thin; do
  mflow run $case.yaml -q || exit 1
done

# block FILE N: block N of a .dat file, without its comment.
block() {
  awk -v n="$2" '/^# index / { now = $3 + 0; next } NF && now == n' "$1"
}

# missing COMMAND...: runs it where there is no gnuplot.
mkdir nothing
without_gnuplot() {
  (
    # shellcheck disable=SC2123 # gnuplot is not to be found
    PATH=$scratch/nothing
    "$program" "$@"
  )
}

# ---- the history tells what claims say ----

theory_columns() {
  column line_history.nc kl >kl.txt && column line_history.nc claim_1 >claim.txt && cmp kl.txt claim.txt || return 1
  # The bound is q(0) e^(-2t): the same arithmetic but for the last bits.
  column line_history.nc time >time.txt && column line_history.nc theory_1 | paste time.txt kl.txt - | awk '
    NR == 1 { first = $2 }
    { e = $3 / (first * exp(-2 * $1)) - 1; if (e > 1e-12 || e < -1e-12) { print; bad = 1 } }
    END { exit bad || NR != 61 }' || return 1
  # A claim is silent outside its times, and a rate is a number.
  [ "$(column line_history.nc theory_2 | grep -cx 2)" = 51 ] && [ "$(column line_history.nc theory_3 | grep -vc '[0-9]')" = 30 ] || return 1
  ncdump -h line_history.nc | grep -q 'claim_1:reference = "Bakry & Emery 1985"' && ncdump -h line_history.nc | grep -q 'claim_3:quantity = "sqrt(2\*kl)"'
}
check_with ncdump 'the history has each claim and what theory says of it' theory_columns

# ---- in characters ----

narrow() {
  for width in 40 61 100; do
    COLUMNS=$width exits 0 mflow plot line --text || return 1
    awk -v width="$width" '{ gsub(/[\200-\277]/, ""); if (length($0) > width) { print "too wide: " $0; bad = 1 } } END { exit bad }' .out || return 1
    grep -q "$(printf '\033')" .out && return 1
  done
  [ ! -s .err ]
}
check 'in characters: as wide as the terminal, without colours on a pipe' narrow

# The curve falls: its first column on the screen is in the first row, its last in the last.
falls() {
  COLUMNS=80 exits 0 mflow plot line_history.nc --quantity kl && told 'kl: KL(mu|pi)' 'bound exp(-2*t)' 'Bakry' 'rate 2.0' &&
    told 't = 0' 't = 6' || return 1
  awk '
    /\|/ && !seen { first = substr($0, index($0, "|") + 1, 1); seen = 1 }
    /^ *[0-9e.+-]* ?\|/ { last = $0 }
    END { exit !(first == "*" && last ~ /\*$/) }' .out
}
check 'in characters: the curve, its bound and its rate' falls

# tty SETTING...: the text as a terminal of 80 columns gets it, in typescript.
tty() {
  env "$@" TERM=xterm script -qec "stty cols 80; '$program' plot line" typescript >/dev/null </dev/null
}
colours() {
  tty NO_COLOR= && grep -q "$(printf '\033')\[38;5;" typescript && tty NO_COLOR=1 && ! grep -q "$(printf '\033')\[38" typescript
}
if have_terminal; then
  check 'on a terminal: colours, but with NO_COLOR' colours
else
  skip 'on a terminal: colours, but with NO_COLOR' 'there is no script, or no pseudo-terminal'
fi

# ---- mistakes ----

mistakes() {
  exits 2 mflow plot && says 'one run' && exits 2 mflow plot line plane && says 'one run' &&
    exits 4 mflow plot nobody && says nobody_history.nc && exits 4 mflow plot nobody --kind density -o x.png && says nobody.nc &&
    exits 2 mflow plot line -o x.gif && says .png .svg .pdf "'x.gif'" &&
    exits 2 mflow plot line -o .png && exits 2 mflow plot line --kind phase -o x.png && says density &&
    exits 2 mflow plot line --kind density && says 'add -o' && exits 2 mflow plot line --text -o x.png && says --text &&
    exits 2 mflow plot line --quantity enrgy -o x.png && says "did you mean 'energy'" &&
    exits 2 mflow plot line --kind density --times 7 -o x.png && says 'outside the run' &&
    exits 2 mflow plot line --kind density --times 1,later -o x.png && says "'later' is no time" &&
    exits 2 mflow plot line --quantity clipped --text && says logarithmic || return 1
  printf '{"levels": [1]}\n' >broken.json
  exits 2 mflow plot broken.json -o x.png && says broken.json:1 || return 1
  [ ! -e x.png ] && [ ! -e x.gp ] && [ ! -e x.dat ]
}
check 'mistakes are told, and nothing is written' mistakes

missing() {
  exits 4 without_gnuplot plot line -o none.png && says gnuplot apt-get none.gp none.dat && [ -s none.gp ] && [ -s none.dat ] && [ ! -e none.png ]
}
check 'without gnuplot: exit code 4, how to get it, script and numbers are kept' missing

mkdir broken
printf '#!/bin/sh\necho "a word of complaint" >&2\nexit 1\n' >broken/gnuplot && chmod +x broken/gnuplot
refused() {
  exits 4 env PATH="$scratch/broken:$PATH" "$program" plot line -o bad.png && says 'a word of complaint' bad.gp && [ ! -e bad.png ] && [ -s bad.gp ]
}
check 'gnuplot fails: exit code 4 and its own words' refused

# ---- script and numbers ----

same_numbers() {
  without_gnuplot plot line -o curve.png --quantity kl >/dev/null 2>&1
  column line_history.nc kl >kl.txt
  block curve.dat 0 | awk '{ print $2 }' | paste kl.txt - | awk '
    { e = $2 / $1 - 1; if (e > 1e-8 || e < -1e-8) { print; bad = 1 } } END { exit bad || NR != 61 }' || return 1 # nine digits are printed
  # The fitted line ends on the curve: KL is an exponential here, to the error of the grid.
  block curve.dat 1 | awk '$2 != "NaN" { e = $2 / (0.5 * exp(-2 * $1)) - 1; if (e > 0.01 || e < -0.01) { print; bad = 1 } } END { exit bad || NR != 66 }' || return 1
  block curve.dat 1 | awk 'NR == 1 && $1 < 1 { exit 1 }' # the window is that of the claim, from 1 on
}
check_with ncdump 'decay: the numbers are those of the history, and the fitted line lies on the curve' same_numbers

decay_script() {
  without_gnuplot plot line -o decay.png >/dev/null 2>&1
  for words in "'It''s a \"line\" & {more} of KL_x' noenhanced" 'using 1:(lg($3)) title '"'bound exp(-2·t) times the start: Bakry & Emery 1985'"' with lines lw 2 dt' \
    'filledcurves y1=bottom' '(theory: rate 2)' 'sqrt(2·kl)' "'exact exp(-t)'" "#0072B2" 'flow time t (dimensionless)' 'set output '"'./decay.png'"; do
    grep -qF -e "$words" decay.gp || {
      echo "the script does not say: $words"
      return 1
    }
  done
}
check 'decay: curve, dashed bound with its reference, shaded window, stated rate, units' decay_script

# The density coordinate loses chi^2 in the tolerance of time integration: the curve ends in a floor, and so does the window.
floor_drawn() {
  mflow run line.yaml -q -o floor --set coordinate=density --set time.end=30 || return 1
  without_gnuplot plot floor --quantity chi2 -o floor.png >/dev/null 2>&1
  grep -q "title 'floor .*dt 3" floor.gp && block floor.dat 1 | awk '
    NR == 1 { floor = $3 } { if ($3 != floor) bad = 1 } $2 != "NaN" { to = $1 }
    END { print floor, to; exit bad || NR != 66 || !(floor > 1e-30 && floor < 1e-5) || !(to < 25) || $1 != 30 }'
}
check 'decay: the floor, from the window to the end' floor_drawn

# Mass is 1: the sum over cells times their length; six digits of each of 400 values are printed.
lines() {
  without_gnuplot plot line --kind density -o lines.png >/dev/null 2>&1
  [ "$(grep -c '^# index' lines.dat)" = 7 ] && grep -q '^# index 0: t = 0$' lines.dat && grep -q '^# index 5: t = 6$' lines.dat &&
    grep -q '^# index 6: target$' lines.dat || return 1
  for b in 0 3 6; do
    block lines.dat $b | awk '{ sum += $2 * 14 / 400 } END { e = sum - 1; exit !(NR == 400 && e < 1e-5 && e > -1e-5) }' || return 1
  done
  grep '^# index' lines.dat | sed -n 's/.*t = //p' | awk 'NR > 1 && $1 <= last { exit 1 } { last = $1 }'
}
check 'density in one dimension: six times, first and last among them, and the target' lines

chosen_times() {
  without_gnuplot plot line --kind density --times '0, 1.02,6' -o times.png >/dev/null 2>&1
  [ "$(sed -n 's/^# index.*t = //p' times.dat | tr '\n' ' ')" = "$(cat wanted.txt)" ]
}
# The nearest outputs: fields are written at fewer times than the history.
if have ncdump; then
  column line.nc time | awk '{ d = $1 - 1.02; if (d < 0) d = -d; if (NR == 1 || d < least) { least = d; best = $1 } } END { printf "0 %g 6 ", best }' >wanted.txt
  check 'density: the outputs nearest to the times asked for' chosen_times
else
  skip 'density: the outputs nearest to the times asked for' 'there is no ncdump'
fi

# 200 cells along y are more than a map shows: 100 of the mean of two, so that the mass is kept.
maps() {
  without_gnuplot plot plane.nc --kind density -o maps.png >/dev/null 2>&1
  grep -q 'density at t = 0$' maps.dat && grep -q 'density at t = 2$' maps.dat && grep -qx 'set cbrange \[0:[0-9.]*\]' maps.gp &&
    [ "$(grep -c 'with image, $contours0' maps.gp)" = 6 ] && [ "$(grep -c 'set cbrange' maps.gp)" = 1 ] || return 1
  block maps.dat 1 | awk '{ for (i = 1; i <= NF; i++) sum += $i * 0.2 * 0.02 } NF != 40 { exit 1 } END { print NR, sum; exit NR != 100 || sum < 1.5 || sum > 3.1 }'
  whole=$(block maps.dat 1 | awk '{ for (i = 1; i <= NF; i++) sum += $i * 0.2 * 0.02 } END { printf "%.9g", sum }')
  close_to "$whole" "$(column plane_history.nc mass | head -n 1)" 1e-3 # four digits are printed
}
check_with ncdump 'density in two dimensions: maps on one scale, averaged, with contours of the target' maps

slices() {
  without_gnuplot plot space --kind density -o slices.png >/dev/null 2>&1
  [ "$(grep -c 'density at' slices.dat)" = 12 ] && [ "$(grep -c ': target' slices.dat)" = 3 ] || return 1
  # Planes xy, xz, yz: rows and columns.
  for shape in '0 10 12' '1 8 12' '2 8 10'; do
    # shellcheck disable=SC2086 # three words
    set -- $shape
    block slices.dat "$1" | awk -v columns="$3" -v rows="$2" 'NF != columns { bad = 1 } END { exit bad || NR != rows }' || return 1
  done
  # In the plane x = const the target is that of its middle cell: the greatest of the 12 along x.
  block slices.dat 2 | awk '{ for (i = 1; i <= NF; i++) if ($i > most) most = $i } END { print most }' >middle.txt
  block slices.dat 0 | awk '{ for (i = 1; i <= NF; i++) if ($i > most) most = $i } END { print most }' | cmp - middle.txt
}
check 'density in three dimensions: three slices at four times, through the middle of the target' slices

thin_axes() {
  without_gnuplot plot thin --kind density -o thin.png >/dev/null 2>&1
  [ "$(block thin.dat 0 | awk 'NF == 2' | wc -l)" -eq 30 ] && grep -q "set xlabel 'x (" thin.gp
}
check 'axes of one cell do not count: a line in a box of three dimensions' thin_axes

# A study whose error is h^2/8 to the last bit.
printf '%s\n' '{"levels": [{"h": 0.4, "rtol": 1e-6}, {"h": 0.2, "rtol": 1e-6}, {"h": 0.1, "rtol": 1e-6}], "quantities": [' \
  '{"name": "the_{mean}", "kind": "error", "values": [0.02, 0.005, 0.00125], "order": 2, "extrapolated": null, "uncertainty": null},' \
  '{"name": "kl", "kind": "value", "values": [1.02, 1.005, 1.00125], "order": 2, "extrapolated": 1, "uncertainty": 1e-9},' \
  '{"name": "nothing", "kind": "value", "values": [0, 0, null], "order": null, "extrapolated": null, "uncertainty": null}]}' >study.json
convergence() {
  without_gnuplot plot study.json -o study.png >/dev/null 2>&1
  [ "$(block study.dat 0)" = "$(printf '0.4 0.02\n0.2 0.005\n0.1 0.00125')" ] && grep -qF "'the_{mean}: order 2.00'" study.gp &&
    ! grep -q "kl" study.gp || return 1
  # The triangle's slope is the order: nine digits.
  block study.dat 1 | awk '{ x[NR] = $1; y[NR] = $2 } END { k = log(y[3] / y[1]) / log(x[2] / x[1]); exit !(NR == 4 && y[1] < 0.00125 && k > 2 - 1e-6 && k < 2 + 1e-6) }' || return 1
  without_gnuplot plot study.json --quantity kl --force -o study.png >/dev/null 2>&1
  block study.dat 0 | awk '{ e = $2 / ($1 * $1 / 8) - 1; if (e > 1e-6 || e < -1e-6) exit 1 } END { exit NR != 3 }' && grep -q 'extrapolated value: order 2.00' study.gp
}
check 'convergence: errors, values against the extrapolated one, a triangle of the right slope' convergence

existing() {
  without_gnuplot plot line -o there.png >/dev/null 2>&1
  echo mine >there.gp
  exits 4 mflow plot line -o there.png && says there.gp --force && [ "$(cat there.gp)" = mine ] &&
    { without_gnuplot plot line -o there.png --force >/dev/null 2>&1 || [ "$(cat there.gp)" != mine ]; }
}
check 'a script that is there, perhaps edited, is replaced with --force only' existing

# ---- pictures ----

# size FILE: width and height of a PNG.
size() {
  od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }'
}
# png FILE LEAST: a PNG of so many bytes at least.
png() {
  [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] && [ "$(wc -c <"$1")" -ge "$2" ]
}

# An empty picture of this size has less than 10 kB.
drawn() {
  exits 0 mflow plot line -o p1.png && told p1.png p1.gp p1.dat && [ ! -s .err ] && png p1.png 20000 && [ "$(size p1.png | cut -d' ' -f1)" = 1200 ] &&
    exits 0 mflow plot line -q --kind density -o p2.png && [ ! -s .out ] && png p2.png 20000 &&
    exits 0 mflow plot plane --kind density -o p3.png && png p3.png 20000 &&
    exits 0 mflow plot space --kind density -o p4.png && png p4.png 20000 &&
    exits 0 mflow plot thin --kind density -o p5.png && png p5.png 20000 &&
    exits 0 mflow plot study.json --force -o study.png && png study.png 15000
}
vectors() {
  exits 0 mflow plot line -o v1.svg && grep -q '</svg>' v1.svg && grep -q 'Emery' v1.svg && exits 0 mflow plot line -o v2.pdf && [ "$(head -c 5 v2.pdf)" = '%PDF-' ]
}
# Names that shells and gnuplot would take apart.
awkward() {
  folder="a 'b' \"c\" \$d" run="it's; \"my\" run%s"
  mkdir -p "$folder" && cp line.nc "$folder/$run.nc" && cp line_history.nc "$folder/${run}_history.nc" || return 1
  exits 0 mflow plot "$folder/$run" -o "$folder/$run.png" && png "$folder/$run.png" 20000 &&
    exits 0 mflow plot "$folder/$run.nc" --kind density -o "$folder/$run.svg" --force && grep -q '</svg>' "$folder/$run.svg" || return 1
  cp line_history.nc ./-r_history.nc && exits 0 mflow plot -o -x.png -- -r && png ./-x.png 20000 || return 1
  for first in '|touch made;' '<touch made;' '$x'; do # gnuplot runs what begins with a bar or a less-than sign
    exits 0 mflow plot line -o "${first}x.png" && png "./${first}x.png" 20000 && [ ! -e made ] || return 1
  done
}
again() {
  mkdir -p again && exits 0 mflow plot plane --kind density -o again/map.png && mv again/map.png first.png && (cd again && gnuplot -d map.gp) && cmp first.png again/map.png
}
# A start so narrow that it would leave the rest in the dark is cut off.
narrow_start() {
  sed 's/initial.*/initial: {gaussian: {mean: [1], covariance: 0.002}}/; /^claims/,$d' line.yaml >sharp.yaml && mflow run sharp.yaml -q &&
    exits 0 mflow plot sharp --kind density -o sharp.png && grep -q 'cut off, greatest' sharp.gp &&
    awk '/^set yrange/ { sub(/.*:/, ""); top = $0 + 0 } END { print top; exit !(top > 1.2 && top < 2) }' sharp.gp # 4 times 0.4
}
if have gnuplot; then
  check 'pictures of every kind are drawn' drawn
  check 'as SVG and as PDF' vectors
  check 'blanks, quotes and dollars in names' awkward
  check 'the script draws the same picture again' again
  check 'a narrow start does not leave the target in the dark' narrow_start
else
  for what in 'pictures of every kind are drawn' 'as SVG and as PDF' 'blanks, quotes and dollars in names' \
    'the script draws the same picture again' 'a narrow start does not leave the target in the dark'; do
    skip "$what" 'there is no gnuplot'
  done
fi

finish
