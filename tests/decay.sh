#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Outputs by decay: rows where F has fallen by a factor again, whatever the integrator.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

have ncdump || skip_all 'there is no ncdump (apt-get install netcdf-bin)'

# On a plane with mixed boundaries; the reaction lets the splitting in.
cat >both.yaml <<'END'
title: Transport and reaction
grid: {cells: [20, 15], box: [[-4, 4], [-3, 3]], boundary: [wall, periodic]}
target: {density: exp(-x^2/2)*(2 + cos(pi*y/3))}
initial: {gaussian: {mean: [1, 0.5], covariance: 0.5}}
energy: kl
geometry: {wasserstein: 1, spherical_hellinger: 1}
time: {end: 6, output: {decay: 10, times: 2}}
output: {fields: {decay: 100}}
END
sed '/^geometry/s/, spherical_hellinger: 1//; /^time/s/end: 6/end: 12/' both.yaml >transport.yaml
# d mu/dt = -(mu - pi), so F = F(0) e^(-2t), and F(0)/10^k is at k log(10)/2
cat >straight.yaml <<'END'
title: A straight line
grid: {cells: [60], box: [[-6, 6]]}
target: {gaussian: {mean: 0, covariance: 1}}
initial: {gaussian: {mean: 1, covariance: 0.5}}
energy: {mmd: {kernel: gaussian, bandwidth: 1}}
geometry: {mmd: 1}
time: {end: 5, output: {decay: 10}, rtol: 1e-10}
output: {fields: {decay: 1000, times: [1, 4]}}
END

# numbers FILE NAME: the values on one line.
numbers() {
  column "$1" "$2" | awk '{ printf "%s%.6g", (NR > 1 ? " " : ""), $1 }'
}

# rising FILE: times are in order.
rising() {
  column "$1" time | awk 'NR > 1 && !($1 > before) { print "time " $1 " after " before; bad = 1 } { before = $1 } END { exit bad }'
}

# levels NAME END: every level F(0)/10^k that was passed has a row, the others are at even times.  F is found to 1e-8, and
# the row tells it of the very state that was found.
levels() {
  rising "$1_history.nc" && column "$1_history.nc" time >times.txt && column "$1_history.nc" energy >energies.txt &&
    paste times.txt energies.txt | awk -v end="$2" '
      NR == 1 { level = $2/10 }
      NR > 1 && $2 <= level*(1 + 2e-8) && $2 >= level*(1 - 2e-8) { found++; level = level/10; next }
      $2 < level { print "a level is missed before t = " $1; bad = 1 }
      $1 % 2 != 0 { print "who asked for t = " $1; bad = 1 }
      { last = $1 }
      END { if (last != end || found < 5) { print found " levels to t = " last; bad = 1 }; exit bad }'
}

# decades CASE END INTEGRATOR
decades() {
  exits 0 mflow run "$1.yaml" -q -o "$3" --force --set time.integrator="$3" && levels "$3" "$2"
}
check 'a row for every decade of F, with bdf' decades both 6 bdf
check 'a row for every decade of F, with adams' decades both 6 adams
check 'a row for every decade of F, with splitting' decades both 6 splitting
check 'a row for every decade of F, with the series' decades transport 12 chebyshev

records() {
  for run in bdf adams splitting chebyshev; do
    column $run.nc time >records.txt && column ${run}_history.nc time >times.txt && column ${run}_history.nc energy >energies.txt &&
      paste times.txt energies.txt | awk '
        FNR == NR { there[$1] = 1; count++; next }
        FNR == 1 { level = $2/100 }
        $2 <= level*(1 + 2e-8) { if (!($1 in there)) { print "no record at t = " $1; bad = 1 }; found++; level = level/100 }
        END { if (count != found + 2 || found < 3) { print count " records for " found " levels"; bad = 1 }; exit bad }' records.txt - ||
      return 1
  done
}
check 'a record of the fields for every second decade, at the start and at the end' records

no_trace() {
  for integrator in bdf adams splitting; do
    exits 0 mflow run both.yaml -q -o plain --force --set time.integrator=$integrator --set time.output=2 --set output.fields=6 || return 1
    for name in kl steps mean_x cov_yy; do
      [ "$(last plain_history.nc $name)" = "$(last ${integrator}_history.nc $name)" ] || {
        echo "$name with $integrator: $(last plain_history.nc $name), $(last ${integrator}_history.nc $name)"
        return 1
      }
    done
  done
}
check 'looking for decades does not change the trajectory by a bit' no_trace

straight() {
  exits 0 mflow run straight.yaml -q || return 1
  # the tolerance of a step is 1e-10, there are a few hundred; 1e-8 of F is 5e-9 of time
  column straight_history.nc time | awk '
    $1 == 0 || $1 == 1 || $1 == 4 || $1 == 5 { next } # asked for by the fields
    { k++; d = $1 - k*log(10)/2; if (d > 1e-7 || d < -1e-7) { print $1 " is off by " d; bad = 1 } }
    END { exit bad || k != 4 }' && [ "$(numbers straight.nc time)" = '0 1 3.45388 4' ]
}
check 'F = F(0) e^(-2t) has its decades at k log(10)/2; times may be given besides' straight

# The level is found within 5e-9 of that time, which the rounding of times takes for the same only by chance: a row more
# is fine, a row less or out of order is not.
coincide() {
  time=$(column straight_history.nc time | awk '$1 > 2 && $1 < 3')
  exits 0 mflow run straight.yaml -q -o coincide --set "time.output={decay: 10, times: [$time, 5]}" || return 1
  rows=$(column coincide_history.nc time | grep -c .)
  rising coincide_history.nc && [ "$rows" -ge 8 ] && [ "$rows" -le 9 ]
}
check 'a decade that falls on a time that was asked for leaves times in order' coincide

nothing() {
  exits 0 mflow run straight.yaml -q -o nothing --set 'initial={gaussian: {mean: 0, covariance: 1}}' &&
    [ "$(numbers nothing_history.nc time)" = '0 1 4 5' ] &&
    exits 0 mflow run straight.yaml -q -o short --set time.end=0.5 && [ "$(numbers short_history.nc time)" = '0 0.5' ]
}
check 'a start at the target, or an end before the first decade, has no such rows' nothing

underflow() {
  exits 0 mflow run transport.yaml -q -o deep --set time.end=3000 --set time.output.times=1000 --set output.fields=1000 &&
    rising deep_history.nc && rows=$(column deep_history.nc time | grep -c .) && [ "$rows" -gt 250 ] && [ "$rows" -lt 312 ]
}
check 'decades are followed until numbers end' underflow

mistakes() {
  exits 2 mflow run straight.yaml -q -o no --set 'time.output={decay: 1}' && says "'decay'" 'time.output={decay: 1}' &&
    exits 2 mflow run straight.yaml -q -o no --set 'time.output={decay: 10, times: {decay: 10}}' && says 'a list of times' &&
    exits 2 mflow run straight.yaml -q -o no --set 'time.output={every: 10}' && says "'every'" &&
    exits 2 mflow run straight.yaml -q -o no --set 'geometry={wasserstein: 1}' \
      --set 'energy=[{mmd: {kernel: gaussian, bandwidth: 1}}, {potential: x}]' && says 'does not fall to 0' 'straight.yaml:7:'
}
check 'a factor of 1, a decay within a decay, another key, an energy without end' mistakes

finish
