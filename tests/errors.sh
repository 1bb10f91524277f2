#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Mistakes in a case: each is told with file, line and column, the line itself, a caret under the culprit and what was
# expected; the exit code is 2 (4 for files), and nothing is written.
#
# A case below is one that runs, but for the sections that a test gives.  The sign @ in them marks the place that the
# message must point at, and is taken out before the program sees it.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1
mkdir out

# ---- cases ----

base_sections='title grid target initial energy geometry time'
base() {
  case $1 in
  title) echo 'title: A case that runs' ;;
  grid) echo 'grid: {cells: [32], box: [[-5, 5]]}' ;;
  target) echo 'target: {gaussian: {mean: [0], covariance: 1}}' ;;
  initial) echo 'initial: {gaussian: {mean: [1], covariance: 0.5}}' ;;
  energy) echo 'energy: kl' ;;
  geometry) echo 'geometry: {wasserstein: 1}' ;;
  time) echo 'time: {end: 0.1, output: 0.1}' ;;
  esac
}

# write_case SECTION...: marked.yaml and case.yaml, the base with these sections in place of its own or behind it;
# `-name` leaves one out.
write_case() {
  {
    for name in $base_sections; do
      given=
      for section; do
        case $section in
        "$name:"* | "@$name:"*) given=yes && printf '%s\n' "$section" ;;
        "-$name") given=yes ;;
        esac
      done
      [ -n "$given" ] || base "$name"
    done
    for section; do
      key=${section%%:*}
      case " $base_sections " in *" ${key#@} "* | *" ${key#-} "*) ;; *) printf '%s\n' "$section" ;; esac
    done
  } >marked.yaml
  sed 's/@//' marked.yaml >case.yaml
}

# ---- messages ----

# points NAME PLACE LINE WORDS...: what was said to stderr is a message about LINE of NAME, with the caret at PLACE
# (line:column) and these words.  Before the place may stand the name of the program.
points() {
  file=$1 where=$2 line=$3
  shift 3
  sed '1s/^mflow: //' "$scratch/.err" >message
  case $(head -n 1 message) in
  "$file:$where: error: "*) ;;
  *) echo "the message does not begin with $file:$where: error:" && return 1 ;;
  esac
  for words; do
    head -n 1 message | grep -qF -e "$words" || {
      echo "it does not say: $words"
      return 1
    }
  done
  [ "$(sed -n 2p message)" = "$line" ] || {
    echo "its second line is not: $line"
    return 1
  }
  [ "$(sed -n 3p message)" = "$(printf "%${where#*:}s" '^')" ] || {
    echo "its third line is not a caret in column ${where#*:}"
    return 1
  }
  [ "$(wc -l <message)" -eq 3 ] || {
    echo 'there is more than the message'
    return 1
  }
}

# refuses CODE WORDS...: running case.yaml ends with this code and a message at the mark; nothing is written.
refuses() {
  wanted=$1
  shift
  place=$(awk '{ at = index($0, "@"); if (at) { print NR ":" at; exit } }' marked.yaml)
  exits "$wanted" mflow run case.yaml -q -o out/ &&
    points case.yaml "$place" "$(sed -n "${place%:*}p" case.yaml)" "$@" && is_empty out
}

# check_case CODE NAME WORDS SECTION...: the case of these sections is refused.
check_case() {
  wanted=$1 what=$2 words=$3
  shift 3
  write_case "$@"
  check "$what" refuses "$wanted" "$words"
  rm -rf out && mkdir out
}

# mistake NAME WORDS SECTION...; no_file: the same, for a file that the case names.
mistake() {
  check_case 2 "$@"
}
no_file() {
  check_case 4 "$@"
}

# refuses_set ASSIGNMENT WORDS: the same for a mark in `--set ASSIGNMENT`.
refuses_set() {
  before=${1%%@*}
  assignment=$before${1#*@}
  exits 2 mflow run case.yaml -q -o out/ --set "$assignment" &&
    points "--set $assignment" "1:$((${#before} + 1))" "$assignment" "$2" && is_empty out
}

# set_mistake NAME WORDS ASSIGNMENT
set_mistake() {
  check "$1" refuses_set "$3" "$2"
  rm -rf out && mkdir out
}

# ---- what works ----

write_case
check 'the case that all mistakes are made in runs' exits 0 mflow run case.yaml -q -o out/
rm -rf out && mkdir out

# ---- keys ----

mistake 'an unknown section: the one that was meant' "unknown key 'geomtry' in the case; did you mean 'geometry'?" \
  -geometry '@geomtry: {wasserstein: 1}'
mistake 'an unknown key of the grid: the one that was meant' "unknown key 'cels' in the grid; did you mean 'cells'?" \
  'grid: {@cels: [32], box: [[-5, 5]]}'
mistake 'an unknown key of the time: the one that was meant' "did you mean 'rtol'?" 'time: {end: 0.1, @rtoll: 1e-6}'
mistake 'an unknown key where none is near: all that there are' 'mean, covariance, weight' \
  'target: {gaussian: {mean: [0], covariance: 1, @colour: 3}}'
mistake 'an unknown option of an energy' "unknown key 'wieght'" 'energy: {kl: {@wieght: 2}}'
mistake 'an unknown option of a geometry' "unknown key 'alpha'" 'geometry: {wasserstein: {@alpha: 1}}'
mistake 'an unknown key in block style, in the right line' "did you mean 'boundary'?" 'grid:
  cells: [32]
  box: [[-5, 5]]
  @boundry: wall'
mistake 'a key given twice, and where it was first' 'given twice; first in line 2' \
  'grid: {cells: [32], box: [[-5, 5]]}
@grid: {cells: [32], box: [[-5, 5]]}'
mistake 'a missing section' "'time' is missing" -time '@title: A case without time'
mistake 'a missing key' "'box' is missing" '@grid: {cells: [32]}'
mistake 'a missing key of a measure' "'covariance' is missing" 'target: {@gaussian: {mean: [0]}}'
mistake 'a missing target' 'target' -target 'energy: @kl'
mistake 'a measure of no kind: the kinds there are' 'gaussian, mixture, uniform, density, potential, posterior, file, samples, image' \
  '@initial: {mass: 2}'
mistake 'a formula that YAML takes apart: what to do' 'needs quotes' 'target: {density: x > 0 ? 1 @: 2}'
mistake 'a measure of two kinds' 'it has 2' '@initial: {density: 1, potential: 1}'
mistake 'a missing kernel' "'kernel' is missing" 'energy: {@mmd: {bandwidth: 1}}'
mistake 'a missing kernel of an energy that is just named' "'kernel' is missing" 'energy: @mmd'
mistake 'an interaction with an odd part' 'an interaction is even, but this is' 'energy: {interaction: {formula: @x^2/2 + x^3/10}}'
mistake 'a missing exponent' "'p' is missing" 'energy: {@divergence: {}}'

# ---- types and ranges ----

mistake 'a list where a number is expected' 'a number, not a list' 'time: {end: @[1, 2]}'
mistake 'a section where a number is expected' 'a number, not a section' 'time: {end: @{a: 1}}'
mistake 'a number where a section is expected' '' 'grid: @[1]'
mistake 'nothing where a number is expected' 'not empty' 'time: {@end: }'
mistake 'a word where a number is expected' "unknown name 'abc'" 'time: {end: @abc}'
mistake 'a word that is no choice: the one that was meant' "did you mean 'adams'?" 'time: {end: 1, integrator: @adam}'
mistake 'a word that is neither true nor false' 'true or false' 'initial: {density: 1, normalise: @maybe}'
mistake 'a time to end at that is not positive' '' 'time: {end: @0}'
mistake 'an infinite time' 'finite' 'time: {end: @.inf}'
mistake 'a tolerance out of its range' '0.1; it is 1' 'time: {end: 0.1, rtol: @1}'
mistake 'an output interval that is not positive' 'positive' 'time: {end: 1, output: @0}'
mistake 'an output time before the start' '' 'time: {end: 1, output: [0.5, @-1]}'
mistake 'more cells than there is memory for' '8000000000 cells need 704 GB at least' 'grid: {cells: @[2000, 2000, 2000], box: [[0, 1], [0, 1], [0, 1]]}'
mistake 'a precision that does not exist' 'double, float' 'output: {precision: @half}'
mistake 'a level of compression that does not exist' 'between 0 and 9' 'output: {deflate: @10}'
mistake 'a number of steps that is no whole number' 'whole number' 'time: {end: 0.1, max_steps: @1.5}'
mistake 'an order of the integrator that its method does not have' '5' 'time: {end: 0.1, integrator: bdf, max_order: @6}'

# ---- the grid ----

mistake 'a box upside down' 'upside down' 'grid: {cells: [32], box: @[[5, -5]]}'
mistake 'an empty box' '' 'grid: {cells: [32], box: @[[5, 5]]}'
mistake 'no cells' '' 'grid: {cells: [@0], box: [[-5, 5]]}'
mistake 'a negative number of cells' '' 'grid: {cells: [@-3], box: [[-5, 5]]}'
mistake 'half a cell' '32.5' 'grid: {cells: @[32.5], box: [[-5, 5]]}'
mistake 'four axes' '1, 2 or 3 axes' 'grid: {cells: @[8, 8, 8, 8], box: [[0, 1], [0, 1], [0, 1], [0, 1]]}'
mistake 'a box of other dimension than the cells' 'pairs' 'grid: {cells: [8, 8], box: @[[0, 1]]}'
mistake 'more cells than can be counted' '' \
  'grid: {cells: [1e9, 1e9, 1e9], box: @[[0, 1], [0, 1], [0, 1]]}'
mistake 'an unknown boundary: those there are' "'wall' (no flux) or 'periodic'" \
  'grid: {cells: [32], box: [[-5, 5]], boundary: @open}'
mistake 'too many boundaries' '' 'grid: {cells: [32], box: [[-5, 5]], boundary: @[wall, wall]}'

# ---- measures ----

mistake 'a target that does not fit the box' 'make the box larger' \
  'target: {gaussian: @{mean: [0], covariance: 30}}'
mistake 'a target outside the box' 'make the box larger' 'target: {gaussian: @{mean: [20], covariance: 1}}'
mistake 'a component of a mixture outside the box' 'make the box larger' \
  'target: {mixture: @[{mean: [0], covariance: 1}, {mean: [30], covariance: 1}]}'
mistake 'a target too narrow for the cells, on a cell' 'too coarse' \
  'target: {gaussian: @{mean: [0.15625], covariance: 1e-4}}'
mistake 'a target too narrow for the cells, between two of them' 'cells smaller' \
  'target: {gaussian: @{mean: [0], covariance: 1e-4}}'
mistake 'a mean of wrong length' '2 numbers' 'target: {gaussian: {mean: @[0, 0], covariance: 1}}'
mistake 'a covariance of wrong size' '2 numbers' 'target: {gaussian: {mean: [0], covariance: @[1, 2]}}'
mistake 'a variance that is not positive' 'not positive definite' 'target: {gaussian: {mean: [0], covariance: @-1}}'
plane='grid: {cells: [16, 16], box: [[-5, 5], [-5, 5]]}'
mistake 'a covariance that is not positive definite' 'not positive definite' "$plane" \
  'target: {gaussian: {mean: [0, 0], covariance: @[[1, 2], [2, 1]]}}'
mistake 'a covariance that is not symmetric' 'not symmetric' "$plane" \
  'target: {gaussian: {mean: [0, 0], covariance: @[[1, 0.5], [0.2, 1]]}}'
mistake 'a covariance with rows of different length' 'different length' "$plane" \
  'target: {gaussian: {mean: [0, 0], covariance: [[1, 0.5], @[1]]}}'
mistake 'a weight that is not positive' '' 'target: {mixture: [{mean: [0], covariance: 1, weight: @0}]}'
mistake 'a mixture of nothing' 'list of gaussians' 'target: {mixture: @[]}'
mistake 'a mass that is not positive' '' \
  'initial: {gaussian: {mean: [1], covariance: 0.5}, mass: @-1}'
mistake 'a uniform measure that sticks out of the box' 'not inside' 'initial: {uniform: @[0, 20]}'
mistake 'a uniform measure upside down' 'upside down' 'initial: {uniform: @[1, 0]}'
mistake 'a negative density, and where it is so' '-4.84375' 'initial: {density: @x}'
mistake 'a density that is infinite, and where' 'inf at x = 0' 'grid: {cells: [33], box: [[-5, 5]]}' \
  'initial: {density: @1/x^2}'
mistake 'a density that is no number, and where' 'nan at x = -4.84375' 'initial: {density: @log(x)}'
mistake 'a density that is zero everywhere' 'zero everywhere' 'initial: @{density: 0}'
mistake 'a potential that is no number, and where' 'nan at x = -4.84375' 'target: {potential: @sqrt(x)}'
mistake 'a potential of minus infinity' 'inf' 'target: {potential: @-1/0}'
mistake 'a target with vacuum for an energy that divides by it' '' 'target: {uniform: [0, 1]}' 'energy: @kl'
no_file 'a file that is not there' 'no_such.nc' 'target: {file: @no_such.nc}'
no_file 'a file that is no netCDF' 'case.yaml' 'target: {file: @case.yaml}'
mistake 'a file without a name' "'path' is missing" 'target: {@file: {variable: density}}'

# ---- formulas ----

mistake 'a formula that ends too soon, at its last sign' "a value is missing behind '+'" 'target: {potential: "x^2 @+"}'
mistake 'a bracket that is not closed, at the bracket' 'not closed' 'target: {potential: exp@(x}'
mistake 'a bracket that closes nothing' 'closes nothing' 'target: {potential: x^2@)}'
mistake 'two signs in a row' '' 'target: {potential: x^2 + @*3}'
mistake 'an unknown name in a formula' "unknown name 'w'" 'target: {potential: x^2 + @w}'
mistake 'an unknown name in a formula: the one that was meant' "did you mean 'width'?" 'parameters: {width: 2}' \
  'target: {potential: x^2/@widht}'
mistake 'an unknown function: the one that was meant' "did you mean 'sqrt'?" 'target: {potential: x + @sqr(x)}'
mistake 'a wrong number of arguments' 'takes 2 arguments' 'target: {potential: @pow(x)}'
mistake 'an axis that the grid does not have' 'only x' 'target: {potential: x^2 + @y^2}'
mistake 'time in a density' 't is not known' 'initial: {density: 1 + @t}'
mistake 'an assignment' "'=='" 'target: {potential: x @= 3}'
mistake 'a power written with two stars' 'x^2' 'target: {potential: "x@**2"}'
# The letter takes two bytes and one column.
behind_a_letter() {
  write_case 'claims: [{name: "ü", quantity: kl, bound: 1, form: 2}]'
  exits 2 mflow run case.yaml -q -o out/ && points case.yaml 8:46 "$(sed -n 8p case.yaml)" "'from'"
}
check 'columns count letters, not bytes' behind_a_letter

# ---- energies, geometries, kernels ----

mistake 'an unknown energy: the one that was meant' "no energy 'kll'; did you mean 'kl'?" 'energy: @kll'
mistake 'an unknown energy with options' "did you mean 'chi2'?" 'energy: {@chi22: {weight: 2}}'
mistake 'an unknown energy in a list' "no energy 'foo'" 'energy: [kl, @foo]'
mistake 'an unknown energy where none is near: all that there are' 'inclusive_kl, hellinger, chi2' 'energy: @zzzz'
mistake 'no energy' 'needs an energy' 'energy: @[]'
mistake 'a negative weight' '' 'energy: {kl: @-2}'
mistake 'an unknown geometry: the one that was meant' "no geometry 'waserstein'; did you mean 'wasserstein'?" \
  'geometry: {@waserstein: 1}'
mistake 'no geometry' 'needs a geometry' 'geometry: @{}'
mistake 'a negative coefficient' '' 'geometry: {wasserstein: @-1}'
mistake 'an unknown kernel: the one that was meant' "did you mean 'gaussian'?" \
  'energy: {mmd: {kernel: @gausian, bandwidth: 1}}'
mistake 'a kernel without bandwidth' 'needs a bandwidth' 'energy: {mmd: @{kernel: gaussian}}'
mistake 'a bandwidth that is not positive' '' 'energy: {mmd: {kernel: gaussian, bandwidth: @0}}'
mistake 'a bandwidth for a kernel that has none' 'no bandwidth' 'energy: {mmd: @{kernel: energy, bandwidth: 1}}'
mistake 'a shape out of its range' '2.5' 'energy: {mmd: @{kernel: matern, bandwidth: 1, shape: 2}}'
mistake 'a kernel of finite rank on a periodic box' 'needs walls' 'energy: {mmd: @{kernel: linear}}' \
  'grid: {cells: [8], box: [[0, 1]], boundary: periodic}'
mistake 'the same, for diagnostics' 'needs walls' 'diagnostics: @{kernel: linear}' \
  'grid: {cells: [8], box: [[0, 1]], boundary: periodic}' 'target: {density: "1"}' 'initial: {density: '1'}'
mistake 'a regularised inverse of finite rank' 'not diagonal' 'geometry: {mmd: @{kernel: linear, regularisation: 0.1}}' \
  'grid: {cells: [8], box: [[0, 1]], boundary: periodic}' 'target: {density: "1"}' 'initial: {density: '1'}'
mistake 'more weights than bandwidths' '2 weights for 1 bandwidths' \
  'energy: {mmd: @{kernel: gaussian, bandwidth: 1, weights: [1, 2]}}'
mistake 'the mmd geometry with an energy that has no kernel' 'the energy must be mmd' 'geometry: {mmd: @1}'
mistake 'the mmd geometry with two energies' 'the energy must be mmd' \
  'energy: [kl, {mmd: {kernel: gaussian, bandwidth: 1}}]' 'geometry: {mmd: @1}'
mistake 'a kernel for diagnostics without bandwidth' 'needs a bandwidth' 'diagnostics: @{kernel: gaussian}'

# ---- coordinates ----

mistake 'an unknown coordinate' 'no coordinate' 'coordinate: @logg'
mistake 'a coordinate for another energy' 'power' 'coordinate: @power'
mistake 'the log coordinate for vacuum that stays' 'log' 'initial: {uniform: [0, 1]}' 'geometry: {hellinger: 1}' 'coordinate: @log'

# ---- parameters, reference dynamics, claims ----

mistake 'a parameter named like a column of the history' "'mass' is a column of the history" 'parameters: {@mass: 1}'
mistake 'a formula named like a column of the history' "'kl' is a column of the history" 'formulas: {@kl: x}'
mistake 'a parameter named like a variable' "'x' is a variable" 'parameters: {@x: 1}'
mistake 'a parameter named like a function' "'exp' is a function" 'parameters: {@exp: 1}'
mistake 'a parameter that is not finite' 'inf' 'parameters: {a: @1/0}'
mistake 'a parameter that uses a later one' 'not known yet' 'parameters: {a: @b, b: 1}'
mistake 'reference dynamics without a rate' "'rate' is missing" 'odes: {@a: {start: 1}}'
mistake 'claims that are no list' 'a list' 'claims: @{quantity: kl}'
mistake 'a claim of no kind: the kinds there are' \
  'bound, above, nonincreasing, conserved, exact, rate, density, log_ratio, within, constant; this one says 0' 'claims: [@{quantity: kl}]'
mistake 'a time to reach what is not said' 'needs a `reach`' 'claims: [@{quantity: kl, within: 1}]'
mistake 'a point for a quantity' '`density` or `log_ratio`' 'claims: [{quantity: kl, bound: 1, @along: [0]}]'
mistake 'a point of another dimension' 'a point with 2 coordinates, where the case has 1' \
  'claims: [{density: 1, at: 0, along: @[0, t]}]'
mistake 'a place in a point' 'only t' 'claims: [{density: 1, at: 0, along: [@x]}]'
mistake 'a constant of which nothing is said' 'says `above`, `below` or both' 'claims: [{constant: @{}}]'
mistake 'a constant of a quantity' 'has no quantity' 'claims: [{@quantity: kl, constant: {above: 1}}]'
mistake 'a claim of two kinds' 'this one says 2' 'claims: [@{quantity: kl, bound: 1, conserved: true}]'
mistake 'a claim without a quantity' 'quantity' 'claims: [@{bound: exp(-t)}]'
mistake 'an unknown quantity: the one that was meant' "did you mean 'energy'?" \
  'claims: [{quantity: 2*@enrgy, bound: exp(-t)}]'
mistake 'an unknown key of a claim: the one that was meant' "did you mean 'from'?" \
  'claims: [{quantity: kl, bound: exp(-t), @form: 1}]'
mistake 'a claim in the second entry, in the right line' "unknown name 'foo'" 'claims:
  - {quantity: kl, bound: 1}
  - quantity: kl
    bound: exp(-@foo*t)'
mistake 'a place in the bound of a claim' 'only t' 'claims: [{quantity: kl, bound: @x}]'
mistake 'a time after the end of the run' 'outside the run' 'claims: [{quantity: kl, exact: 1, at: [0, @2]}]'
mistake 'a time before its start' 'outside the run' 'claims: [{quantity: kl, exact: 1, at: @-1}]'
mistake 'a density without times' 'at' 'claims: [@{density: exp(-x^2)}]'
mistake 'a density at no time' '' 'claims: [{density: exp(-x^2), at: @[]}]'
mistake 'an order without grids' 'cells' 'claims: [{quantity: kl, exact: 1, order: @2}]'
mistake 'an order of one grid' 'two grids or more' 'claims: [{quantity: kl, exact: 1, order: 2, cells: @[[16]]}]'
mistake 'an order of grids that are no grids' '' 'claims: [{quantity: kl, exact: 1, order: 2, cells: [[16], [@0]]}]'
mistake 'an order of something that has none' 'exact' 'claims: [{quantity: kl, rate: 1, order: @2, cells: [[16], [32]]}]'
mistake 'a negative tolerance' '' 'claims: [{quantity: kl, bound: 1, tolerance: @-1}]'

# ---- YAML ----

mistake 'a bracket that is not closed' 'not closed' 'time: @{end: 0.1'
mistake 'a quote that is not closed' 'quote' 'reference: "@Otto'
mistake 'a tab as indentation' 'tab' 'output:
@	fields: 0.1'
mistake 'two colons in one line' 'quotes' 'reference: a@: b'
mistake 'a tag' 'tag' 'reference: !foo @b'
mistake 'an alias of nothing' "'&b'" 'reference: @*b'

# ---- what is found on the way only ----

# verify_points LINE:COLUMN WORDS
verify_points() {
  exits 2 mflow verify -q case.yaml && points case.yaml "$1" "$(sed -n "${1%:*}p" case.yaml)" "$2"
}
write_case 'claims: [{quantity: kl, exact: log(-t)}]'
check 'a value of theory that is no number, and when' verify_points 8:32 't = '
write_case 'claims: [{quantity: 1/(kl - kl), exact: 1}]'
check 'a quantity that is infinite' verify_points 8:21 'inf'
write_case 'odes: {a: {start: 1, rate: 100*a^2}}
claims: [{quantity: kl, exact: a}]'
check 'reference dynamics that blow up' verify_points 8:28 'inf'

# ---- other ways to a mistake ----

write_case
set_mistake 'a mistake in --set, with its place in there' 'between 1 and' 'grid.cells=@0'
set_mistake 'a formula in --set' "a value is missing behind '+'" 'time.end=1 @+'
set_mistake 'an unknown path' "did you mean 'end'?" 'time.@ende=1'
set_mistake 'an unknown section' "did you mean 'energy'?" '@energi=kl'
set_mistake 'a path through a number' "'time.end' is a single value" 'time.end.@foo=1'
set_mistake 'a path that leads beyond a list' 'parts are 0 to 0' 'grid.cells.@1=16'
set_mistake 'a path with an empty key' 'a key is missing' 'time.@.end=1'
set_mistake 'no equals sign' "there is no '='" '@time.end'
set_mistake 'a value that is not YAML' 'not closed' 'time.end=@[1'

variant_mistake() {
  exits 2 mflow run case.yaml -q -o out/ --variant "$1" &&
    points case.yaml "$2" "$(sed -n "${2%:*}p" case.yaml)" "$3" && is_empty out
}
write_case 'variants:
  quick: {time.end: 0.01}
  wrong: {time.ende: 0.01}
  worse: 3'
check 'variants that are no sections' variant_mistake quick 11:10 'section'
write_case 'variants:
  quick: {time.end: 0.01}
  wrong: {time.ende: 0.01}'
check 'an unknown variant: the one that was meant' variant_mistake quik 8:1 "did you mean 'quick'?"
check 'a variant with an unknown path' variant_mistake wrong 10:16 "did you mean 'end'?"
check 'a good variant beside them runs' exits 0 mflow run case.yaml -q -o out/ --variant quick
rm -rf out && mkdir out

no_variants() {
  write_case
  exits 2 mflow run case.yaml -q -o out/ --variant quick && says 'case.yaml' 'no variant' && is_empty out
}
check 'a variant of a case that has none' no_variants

empty_case() {
  : >empty.yaml
  exits 2 mflow run empty.yaml -q -o out/ && says 'empty.yaml' 'empty' && is_empty out
}
check 'an empty file' empty_case

missing_case() {
  exits 4 mflow run no_such.yaml -q -o out/ && says 'no_such.yaml: No such file' && is_empty out
}
check 'a case that is not there' missing_case

all_commands_refuse() {
  write_case 'grid: {cells: [@0], box: [[-5, 5]]}'
  for command in show verify; do
    exits 2 mflow "$command" -q case.yaml && points case.yaml 2:16 "$(sed -n 2p case.yaml)" 'cells' || return 1
  done
}
check 'show and verify tell the same mistake' all_commands_refuse

nothing_beside() {
  mkdir beside && cp case.yaml beside/ && exits 2 mflow run beside && [ "$(ls beside)" = case.yaml ] &&
    exits 2 mflow run beside --force && [ "$(ls beside)" = case.yaml ]
}
check 'nothing is written beside the case either' nothing_beside

finish
