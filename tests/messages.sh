#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every message of the command line: its text and its exit code; and that none is left out.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1
: >said

cat >case.yaml <<'END'
parameters: {alpha: 1}
grid: {cells: [16], box: [[-5, 5]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [1], covariance: 0.5}}
energy: kl
geometry: {wasserstein: alpha}
time: {end: 0.1, output: 0.1}
claims: [{quantity: kl, bound: 1}]
variants: {quick: {time.end: 0.05}}
END
mkdir empty out

# says_that CODE TEXT ARGUMENT...
says_that() {
  wanted=$1 text=$2
  shift 2
  exits "$wanted" mflow "$@"
  as_wanted=$?
  cat "$scratch/.err" >>said
  [ "$as_wanted" -eq 0 ] && says "$text"
}
# message CODE TEXT ARGUMENT...: mflow with these arguments ends with the code and says the text.
message() {
  check "exit code $1: $2" says_that "$@"
  rm -rf out && mkdir out
}

# ---- commands and options ----

message 2 "there is no command 'rnu'; did you mean run?" rnu case.yaml
message 2 "there is no command 'hlep'; did you mean help?" hlep
message 2 "there is no command 'xyzzy'" xyzzy
message 2 "there is no command 'shwo'; did you mean show?" help shwo
message 2 "'case.yaml' is no command; to run that case: mflow run case.yaml" case.yaml
message 2 "unknown option '--verzion'; did you mean --version?" --verzion
message 2 "unknown option '--hepl'; did you mean --help?" --hepl
message 2 "unknown option '-z'" -z
message 2 "mflow run: unknown option '--sett'; did you mean --set?" run case.yaml --sett time.end=1
message 2 "mflow verify: unknown option '--jbos=2'; did you mean --jobs?" verify --jbos=2 case.yaml
message 2 "mflow run: unknown option '-x'" run -qx case.yaml
message 2 "mflow show: there is no option '--json'" show case.yaml --json
message 2 "mflow run: --quiet takes no value" run --quiet=3 case.yaml
message 2 "mflow run: a value is missing behind '--set'" run case.yaml --set
message 2 "mflow run: a value is missing behind '-o'" run case.yaml -o
message 2 "--jobs takes a whole number from 1 on, not '3x'" verify --jobs 3x case.yaml
message 2 "--levels takes a whole number from 1 on, not '0'" converge --levels 0 case.yaml
message 2 "Try 'mflow run --help'." run
# shellcheck disable=SC2046 # pairs of words
message 2 'more than 64 --set options' show case.yaml $(yes -- '--set alpha=1' | head -n 65)
# shellcheck disable=SC2046
message 2 'more than 32 --quantity options' rates case.nc $(yes -- '--quantity kl' | head -n 33)

# ---- how many cases ----

message 2 'mflow run: name one case' run
message 2 'mflow run: name one case' run case.yaml case.yaml
message 2 'mflow run: --json is for --profile; what a run computes is in its files' run case.yaml --json
message 2 'mflow show: name one case' show
message 2 'mflow gap: name one case' gap
message 2 'mflow constant: name one case' constant
message 2 'mflow converge: name one case' converge
message 2 'mflow verify: name a case, or a folder of cases' verify
message 2 "mflow list takes no arguments, such as 'case.yaml'" list case.yaml
message 2 'mflow new: give one name' new
message 2 'mflow new: give one name' new one two

# ---- new ----

message 2 'mflow new: --dim is 1, 2 or 3, not 4' new one --dim 4
message 2 "mflow new: there is no flow 'fisher-roa'; did you mean 'fisher-rao'?" new one --flow fisher-roa
message 2 "there is no flow 'zzzzzz'; choose from: fokker-planck," new one --flow zzzzzz
message 2 'mflow new: the name is empty' new ''
message 2 'mflow new: the name is too long' new "$(printf '%05000d' 1)"
message 4 'case.yaml is there already; --force replaces it, or choose another name' new case
message 4 'cannot write none/one.yaml: No such file or directory' new none/one
message 4 'cannot make the folder none/one/: No such file or directory' new none/one/

# ---- where files go ----

message 4 'cannot make the folder none/out/: No such file or directory' run case.yaml -q -o none/out/
message 2 '-o needs a name' run case.yaml -q -o .nc
message 2 'several cases need a folder to write to: -o out/x/' verify case.yaml case.yaml -q -o out/x
message 2 'empty holds neither case.yaml nor folders with one' verify empty

# ---- converge and gap ----

message 2 'convergence is looked at on 2 to 6 levels, not 7' converge case.yaml --levels 7
message 2 '16 cells cannot be halved 4 times: ask for fewer levels, or begin with a finer grid' converge case.yaml \
  --levels 5
message 2 'mflow gap: at most 16 modes, not 17' gap case.yaml --modes 17
message 3 'no gap: the kernel hardly sees what varies from cell to cell' gap case.yaml \
  --set 'geometry={stein: {kernel: gaussian, bandwidth: 1}}'

# ---- constant ----

message 3 'no constant: energy potential has no infimum at the target' constant case.yaml --set 'energy={kl: 1, potential: "x"}'
message 3 'no constant: in geometry wasserstein_fourth the dissipation may be negative' constant case.yaml \
  --set 'geometry=wasserstein_fourth'

# ---- the case ----

# mistake TEXT ASSIGNMENT...: the case with these changes is refused.
mistake() {
  text=$1
  shift
  for assignment; do
    set -- "$@" --set "$assignment"
    shift
  done
  message 2 "$text" show case.yaml "$@"
}

mistake "there is no coordinate 'logg'; choose from: auto, density, deviation, log, power" coordinate=logg
sed '/^target/d; s/^energy: .*/energy: entropy/' case.yaml >free.yaml
message 2 'the log coordinate needs a target' show free.yaml --set coordinate=log
# shellcheck disable=SC2016 # of the message itself
mistake 'which is singular where the initial measure has no mass: use `coordinate: log`' 'energy={divergence: {p: 0.5}}' \
  'initial={uniform: [[-1, 1]]}' coordinate=deviation
mistake 'a distance is one of w2, he, she, hk, shk; did you mean w2?' 'diagnostics={distances: [w3]}'
mistake 'the power coordinate is for one energy phi_p with p other than 1' coordinate=power
mistake "there is no energy 'kll'; did you mean 'kl'?" energy=kll
mistake "there is no geometry 'stien'; did you mean 'stein'?" 'geometry={stien: 1}'
mistake 'a gradient flow needs an energy' 'energy=[]'
mistake 'a gradient flow needs a geometry' 'geometry={}'
mistake "'exp' cannot be the name of an ode" 'odes={exp: {start: 1, rate: 1}}'
mistake 'odes are written {name: {start: ..., rate: ...}}' 'odes=[1]'
mistake "a boundary is 'wall' (no flux) or 'periodic'" grid.boundary=open
mistake '2 boundaries for 1 axes: write one for all, or one per axis' 'grid.boundary=[wall, wall]'
mistake 'cells need' 'grid={cells: [100000, 100000, 1000], box: [[0, 1], [0, 1], [0, 1]]}'
mistake 'a grid has 1, 2 or 3 axes, not 4' 'grid={cells: [1, 1, 1, 1], box: [[0, 1]]}'
mistake 'the box has 2 numbers: 2 axes need 2 pairs [lo, hi]' 'grid.cells=[4, 4]'
mistake '2.5 is no number of cells' 'grid.cells=[2.5]'
mistake 'an interval between outputs is positive, and there are at most a million of them' time.output=0
mistake 'expected a time interval or a list of times' 'time.output={decay: 10, times: {a: 1}}'
mistake 'does not fall to 0 at the target, so it has no decades to count' energy=entropy 'time.output={decay: 10}'
mistake "unknown variable 'densty'; did you mean 'density'?" 'output={variables: [densty]}'
mistake 'expected the name of a variable' 'output={variables: [[density]]}'
mistake 'expected a list of variables, such as [density, ratio]' 'output={variables: {a: 1}}'
mistake 'density is there twice' 'output={variables: [density, density]}'
mistake 'there is no ratio where the target underflows' 'grid.box=[[-50, 50]]' 'grid.cells=[200]' \
  'energy={mmd: {kernel: gaussian, bandwidth: 1}}' 'geometry={mmd: 1}' 'output={variables: [ratio]}'
grep -v '^target\|^claims' case.yaml | sed 's/energy: kl/energy: entropy/' >free.yaml
message 2 'there is no ratio without a target' run free.yaml -q -o out/ --set 'output={variables: [ratio]}'
mistake 'output time -1 is before the start' 'time.output=[-1]'
mistake 'BDF, which this run uses, has orders 1 to 5' time.max_order=6 time.integrator=bdf
mistake 'the mean has 2 numbers, the grid 1 axes' 'target={gaussian: {mean: [0, 0], covariance: 1}}'
mistake 'the covariance has 2 numbers: 1 for a matrix, 1 for a diagonal or 1 are expected' \
  'target={gaussian: {mean: [0], covariance: [1, 1]}}'
mistake 'of this mass: make the box larger or the cells smaller' 'target={gaussian: {mean: [9], covariance: 1}}'
mistake 'the cells are too coarse for this measure: they see' 'target={gaussian: {mean: [0.3125], covariance: 0.0001}}'
mistake 'a mixture is a list of gaussians: [{mean: ..., covariance: ...}, ...]' 'target={mixture: 1}'
mistake 'a box in 1 dimensions has 2 numbers, not 1' 'target={uniform: [1]}'
mistake 'are beyond float, which goes from 1e-38 to 3e38: write double' output.precision=float initial.mass=1e35
mistake 'an interaction is even, but this is' 'energy={interaction: {formula: x + x^2}}'
printf '1 2\n3 4\n' >bare.csv
mistake 'the first line of this file must name the columns' 'target={posterior: {prior: x^2, loss: x, data: bare.csv}}'
mistake 'expected a file name' 'target={posterior: {prior: x^2, loss: x, data: [1]}}'
mistake "'target' needs one of gaussian, mixture, uniform, density, potential, posterior, file, samples, image; it has 0" 'target={mass: 1}'
message 2 "there is no variant 'quik'; did you mean 'quick'?" run case.yaml -q -o out/ --variant quik
message 4 'no_such.yaml: No such file' run no_such.yaml -q
touch out/x.nc
message 4 'out/x.nc is there already: use --force to replace it' run case.yaml -q -o out/x

message 2 'are beyond float, which goes from 1e-38 to 3e38: write double' run case.yaml -o out/ --set initial.mass=1e-40 \
  --set target.mass=1e-40 --set output='{precision: float}'
message 2 'an interaction is even, but this is ' run case.yaml -o out/ --set energy='{interaction: {formula: x^3}}'

mistake "in braces a comma ends a value; put one that has commas in quotes" 'target={potential: x^2 + max(x,0)}'
mistake "there is no energy 'KL'; did you mean 'kl'?" energy=KL
mistake 'odes, grid, target, initial, energy, geometry, gap, coordinate, time, output, diagnostics, particles, claims; parameters: alpha' gamma=2
mistake 'which is round-off of coordinates up to 1e+16: move the box towards 0' 'grid.box=[[1e16, 1.00000000000001e16]]'
mistake 'density is -1 in the cell at (-4.6875)' 'target={density: -1}'
message 0 '2 of these times are beyond the end, t = 0.1, and have no output' show case.yaml --set 'time.output=[0.05, 0.2, 0.3]'
says_size() {
  exits 0 mflow show case.yaml --set 'output={fields: 0.05, variables: [density, target]}' &&
    told '# files:      3 records of fields, 0.000512 MB' # (3 + 1) 16 8 bytes
}
check 'show says how large the files will be' says_size
mflow run case.yaml -q -o light --set initial.mass=0.25 --set energy=entropy >/dev/null 2>&1
message 0 'the density of this run has the mass 0.25 and is scaled to 1; `normalise: false` keeps it' show case.yaml \
  --set 'initial={file: light.nc}'

# ---- what is made of a run ----

mflow run case.yaml -q -o once >/dev/null 2>&1
message 2 'name one run' plot
message 2 '--text goes to the terminal, without -o' plot once --text -o out/x.png
message 2 'cannot be drawn in characters: add -o FILE.png' plot once --kind density
message 2 "mflow rates: --floor: 'low' is no number" rates once --floor low
message 2 '--window takes FROM:TO, such as 5:20, 5: or :20, not' rates once --window 5
message 2 '--window 2:1 ends before it begins' rates once --window 2:1
message 2 'name one run, by its history' rates
message 2 '--tolerance takes QUANTITY=VALUE, such as kl=1e-6, not' compare once.nc once.nc --tolerance kl
message 2 "--tolerance: there is no quantity 'lk' here" compare once.nc once.nc --tolerance lk=1
message 2 "--quantity: there is no quantity 'lk' here" compare once.nc once.nc --quantity lk
message 2 'name two files, A.nc and what to compare it with' compare once.nc
printf 'time,x\n7,0\n7,1\n' >particles.csv
message 2 'have no time in common; nearest are 0.1 and 7' compare once.nc particles.csv

# ---- none is left out ----

# Texts of mf_fail and its kin in the sources of the command line whose longest piece nothing above has said.
unsaid() {
  perl -0777 -e '
    open my $f, "<", "said" or die; my $said = <$f>;
    for my $file (@ARGV) {
      open my $g, "<", $file or die "$file: $!"; my $text = <$g>;
      while ($text =~ /\b(?:mf_fail|mf_node_(?:key_)?error|fprintf|refuse)\s*\(\s*(?:stderr|[^";]*?),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)/g) {
        my ($call, $format) = ($&, join "", $1 =~ /"((?:[^"\\]|\\.)*)"/g);
        next if $call =~ /^fprintf/ && $call !~ /stderr/;
        my ($longest) = sort { length $b <=> length $a } split /%(?:-?[0-9.]*(?:l|t|z)?[a-z])|\\n/, $format;
        next if length $longest < 6 || index($said, $longest) >= 0;
        print "$file: $longest\n";
      }
    }' "$@"
}
nothing_unsaid() {
  left=$(unsaid "$sources"/solver/program/main.c "$sources"/solver/problem/job.c "$sources"/solver/flow/coordinate_choose.c "$sources"/solver/problem/problem.c \
    "$sources"/solver/problem/measures.c "$sources"/solver/problem/compose.c "$sources"/solver/program/command_converge.c "$sources"/solver/run/record.c \
    "$sources"/solver/program/command_execute.c "$sources"/solver/program/command_gap.c "$sources"/solver/program/command_constant.c "$sources"/solver/program/command_list.c \
    "$sources"/solver/program/command_new.c "$sources"/solver/program/command_options.c "$sources"/solver/program/command_pool.c \
    "$sources"/solver/program/command_run.c "$sources"/solver/program/command_show.c "$sources"/solver/program/command_verify.c "$sources"/solver/program/command_plot.c \
    "$sources"/solver/program/command_rates.c "$sources"/solver/program/command_compare.c |
    grep -vF -f unprovoked)
  [ -z "$left" ] || {
    echo "$left"
    return 1
  }
}
# What needs a machine that is out of something, a signal or a stranger's file, is no mistake, or is said in resume.sh.
cat >unprovoked <<'END'
no temporary file for the output of a run
no process for another run
 GB, and the machine has 
mflow compare: stopped
has none of kl, mmd, energy
  level 
  probe: 
Integrate gradient flows
: there is nothing to do
 goes on from t = 
 has no checkpoint: it begins at the start
: cannot replace it: 
this text; 'mflow COMMAND --help' for a command
END
check 'every message of the command line was said' nothing_unsaid

finish
