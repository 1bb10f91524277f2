#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The command line: help, commands and options, where files go, exit codes, signals, full disks.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1
trap 'umount "$scratch/disk" 2>/dev/null; rm -rf "$scratch"' EXIT

cat >small.yaml <<'END'
title: A small Fokker-Planck flow
parameters: {alpha: 1, shift: 1}
grid: {cells: [32], box: [[-5, 5]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [shift], covariance: 0.5}}
energy: kl
geometry: {wasserstein: alpha}
time: {end: 0.2, output: 0.05}
claims:
  - {name: decay, quantity: kl, bound: exp(-2*alpha*t), reference: Bakry & Emery 1985}
  - {name: mass, quantity: mass, conserved: true, tolerance: 1e-13}
variants:
  quick: {time.end: 0.1}
  chi2: {energy: chi2, title: Another energy}
END

# A run that would take hours, with many outputs.
cat >long.yaml <<'END'
grid: {cells: [32], box: [[-5, 5]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [1], covariance: 0.5}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 1, output: 0.0001, max_step: 1e-8, max_steps: 1e12}
output: {fields: 0.0002}
END

fresh() {
  rm -rf out && mkdir out
}

# files FOLDER NAME...: these and no others are there.
files() {
  folder=$1
  shift
  there=$(cd "$folder" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort | tr '\n' ' ')
  [ "$there" = "$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')" ] || {
    echo "$folder has: $there"
    return 1
  }
}

quiet() {
  [ ! -s "$scratch/.out" ] && [ ! -s "$scratch/.err" ]
}

# ---- help ----

program_help() {
  for option in --help -h; do
    exits 0 mflow "$option" && told 'Usage: mflow' run verify list show && [ ! -s .err ] || return 1
  done
}
check '--help names every command' program_help

# command_help COMMAND OPTION...
command_help() {
  command=$1
  shift
  for option in --help -h; do
    exits 0 mflow "$command" "$option" && told "Usage: mflow $command" "$@" && [ ! -s .err ] || return 1
  done
}
check 'run --help names its options' command_help run --set --variant --output --force --quiet
check 'verify --help names its options and exit codes' command_help verify --json --set --variant --output --force \
  --quiet 'Exit code 0'
check 'show --help names its options' command_help show --set --variant
check 'list --help says what it lists' command_help list energy geometry kernel

no_arguments() {
  exits 2 mflow && says 'Usage: mflow' && [ ! -s .out ]
}
check 'without arguments: the help on stderr, exit code 2' no_arguments

version() {
  for option in --version -V; do
    exits 0 mflow "$option" && grep -qE '^mflow [0-9]+\.[0-9]+\.[0-9]+' .out || return 1
    for library in sundials fftw netcdf libfyaml muparser jansson; do
      grep -qE "^ *$library +.*[0-9]+\.[0-9]+" .out || {
        echo "no version of $library"
        return 1
      }
    done
  done
}
check '--version gives its own version and those of the libraries' version

# ---- mistakes on the command line ----

unknown_command() {
  exits 2 mflow verfy small.yaml && says "no command 'verfy'" 'did you mean verify' --help && [ ! -s .out ]
}
check 'an unknown command: the one that was meant' unknown_command

unknown_option() {
  for command in run verify show list; do
    exits 2 mflow "$command" --colour && says --colour "mflow $command --help" && [ ! -s .out ] || return 1
  done
}
check 'an unknown option is named, with the way to help' unknown_option

missing_value() {
  exits 2 mflow run small.yaml --set && says --set
}
check 'an option without its value is named' missing_value

wrong_count() {
  exits 2 mflow run && says 'one case' && exits 2 mflow run small.yaml small.yaml && says 'one case' &&
    exits 2 mflow show && says 'one case' && exits 2 mflow verify && says 'a case' && exits 2 mflow list small.yaml
}
check 'a command with too few or too many cases says so' wrong_count

# ---- list ----

# The names in the sources, and those that `list` shows at the head of a line.
all_are_listed() {
  exits 0 mflow list >/dev/null || return 1
  count=0
  # shellcheck disable=SC2013 # names are single words
  for name in $(grep -hoE '\.name = "[a-z0-9_]+"' "$sources"/operators/energies/*.c "$sources"/operators/geometries/*.c \
    "$sources"/operators/kernels/kernel.c | cut -d'"' -f2); do
    count=$((count + 1))
    grep -qE "^  $name " .out || {
      echo "not listed: $name"
      return 1
    }
  done
  [ "$count" -ge 12 ] || {
    echo "only $count names in the sources"
    return 1
  }
}
check 'list has every energy, geometry and kernel of the registry' all_are_listed

keys_are_listed() {
  told grid target initial energy geometry coordinate time output diagnostics claims bandwidth covariance rtol bound
}
check 'list has the keys of a case' keys_are_listed

list_json() {
  exits 0 mflow list --json >/dev/null && python3 - "$scratch/.out" "$sources" <<'END'
import glob, json, re, sys
whole = json.load(open(sys.argv[1]))
def names(part):
    return [entry["name"] for entry in whole[part]]
def written(pattern):
    return {n for f in glob.glob(sys.argv[2] + pattern) for n in re.findall(r'\.name = "([a-z0-9_]+)"', open(f).read())}
assert set(names("energies")) == written("/operators/energies/*.c") and set(names("geometries")) == written("/operators/geometries/*.c")
assert set(names("kernels")) == written("/operators/kernels/kernel.c"), names("kernels")
rows = [r for part in ("energies", "geometries", "sections") for e in whole[part] for r in e["parameters"]] + whole["claim"]
for e in whole["energies"] + whole["geometries"] + whole["kernels"]:
    assert e["summary"] and e["reference"], e
for r in rows:
    assert r["key"] and r["doc"] and r["type"], r
    assert {"required", "default", "min", "max"} <= set(r), r
    assert ("choices" in r) == (r["type"] == "a word"), r
    assert r["default"] is None or not r["required"], r
by = {s["name"]: {r["key"]: r for r in s["parameters"]} for s in whole["sections"]}
rtol, end, integrator = by["time"]["rtol"], by["time"]["end"], by["time"]["integrator"]
assert rtol["default"] == 1e-6 and rtol["min"] == 1e-13 and rtol["max"] == 0.1 and not rtol["required"], rtol
assert end["required"] and 0 < end["min"] < 1e-300 and end["max"] is None, end
assert integrator["default"] == "auto" and "splitting" in integrator["choices"], integrator
assert by["target, initial"]["normalise"]["default"] is True
assert set(whole["claim_kinds"]) <= {r["key"] for r in whole["claim"]} and "bound" in whole["claim_kinds"]
END
}
check_with python3 'list --json has all that list has, with types, defaults and ranges' list_json

aligned() {
  exits 0 mflow list >/dev/null &&
    awk '/^(Energies|Geometries|Particle|Kernels)/ { column = 0 } /^Keys/ { exit bad }
    /^  [a-z]/ { match($0, /^  [a-z0-9_]+ +/); if (column && RLENGTH != column) bad = 1; column = RLENGTH } END { exit bad }' .out
}
check 'list: summaries begin in one column' aligned

narrow() {
  TERM=xterm script -qec "stty cols 60; '$program' list" typescript >/dev/null </dev/null
  tr -d '\r' <typescript | grep -v '^Script' >shown.txt
  [ "$(wc -l <shown.txt)" -gt 100 ] && [ "$(awk 'length > 60 && NF > 3' shown.txt | wc -l)" -eq 0 ] &&
    [ "$(tr -s ' \n' '  ' <shown.txt | cut -c1-3000)" = "$(mflow list | tr -s ' \n' '  ' | cut -c1-3000)" ]
}
if have_terminal; then
  check 'list on a narrow terminal: lines are wrapped, no word is lost' narrow
else
  skip 'list on a narrow terminal: lines are wrapped, no word is lost' 'there is no script, or no pseudo-terminal'
fi

# ---- show ----

shows() {
  exits 0 mflow show small.yaml --set alpha=2 --set time.end=0.5 &&
    told 'alpha: 2' 'end: 0.5' '# grid:       32 = 32 cells' '1 kl' 'wasserstein' '# integrator: chebyshev: the flow is linear' '2 claims' &&
    grep -qE '^# coordinate: (density|deviation|log|power).*: .+' .out && ! grep -q variants .out
}
check 'show prints the resolved case, grid, flow, integrator, and the coordinate with its reason' shows

# estimated FLOW DIM CELLS INTEGRATOR: the memory that show tells is within a factor 1.3 of the largest size of the run.
estimated() {
  fresh
  exits 0 mflow new "out/$1" --flow "$1" --dim "$2" -q || return 1
  set -- "out/$1.yaml" --set n="$3" --set time.integrator="$4" --set time.end=1e-8 --set time.output=5e-9 --set 'claims=[]'
  told=$(mflow show "$@" | sed -n 's/^# memory: *about \([0-9.e+]*\) MB$/\1/p')
  peak=$(mflow run "$@" -q --profile --json | sed -n 's/.*"peak_mb": \([0-9.e+]*\),.*/\1/p')
  echo "show: $told MB, run: $peak MB"
  awk -v a="$told" -v b="$peak" 'BEGIN { exit !(a > 0 && b > 0 && a < 1.3*b && b < 1.3*a) }'
}
# The sizes let the arrays outweigh the program itself, which takes about 25 MB.
if [ "${MODE:-release}" = asan ]; then
  skip 'show tells the memory of a run' 'a sanitizer has memory of its own'
else
  for size in '1 100000' '2 300' '3 45'; do
    for integrator in bdf adams chebyshev; do
      # shellcheck disable=SC2086 # two words
      check "show tells the memory of a run: ${size% *}-D, $integrator" estimated fokker-planck $size $integrator
    done
    # shellcheck disable=SC2086
    check "show tells the memory of a run: ${size% *}-D, splitting" estimated wfr $size splitting
    # shellcheck disable=SC2086
    check "show tells the memory of a run: ${size% *}-D, kernels" estimated ift $size auto
  done
fi

# back CASE OPTION...: what show prints is a case that shows the same.
back() {
  mflow show "$@" >first.yaml && mflow show first.yaml >second.yaml || return 1
  for name in first second; do grep -v '^# memory' "$name.yaml" >"$name.txt"; done # measured
  diff first.txt second.txt
}
shipped_back() {
  count=0
  for case in "$sources"/cases/*/case.yaml; do
    grep -q 'data:' "$case" && continue # names a file beside the case
    count=$((count + 1))
    back "$case" || return 1
    # shellcheck disable=SC2013 # names are single words
    for variant in $(sed -n '/^variants:/,$s/^  \([a-z0-9_]*\):.*/\1/p' "$case"); do
      back "$case" --variant "$variant" || return 1
    done
  done
  [ "$count" -gt 0 ]
}
check 'what show prints of a shipped case and its variants shows the same again' shipped_back

same_history() {
  fresh
  case=$sources/cases/hk_boltzmann_gaussian_1d
  mflow run "$case" --set 'grid.cells=[60]' --set time.end=0.5 -q -o out/a &&
    mflow show "$case" --set 'grid.cells=[60]' --set time.end=0.5 >shown.yaml && mflow run shown.yaml -q -o out/b || return 1
  for name in a b; do
    ncdump -p 9,17 "out/${name}_history.nc" | sed -n '/^data:/,$p' >"$name.txt"
  done
  grep -q ' kl = ' a.txt && cmp a.txt b.txt
}
check_with ncdump 'what show prints runs to the same history, to the last bit' same_history

nothing_written() {
  fresh
  cp small.yaml out/ && exits 0 mflow show out/small.yaml && exits 0 mflow verify out/small.yaml -q && files out small.yaml
}
check 'show and verify write no files unasked' nothing_written

# ---- where files go ----

beside() {
  fresh
  cp small.yaml out/flow.yaml && exits 0 mflow run out/flow.yaml -q &&
    files out flow.yaml flow.nc flow.nc.xmf flow_checkpoint.nc flow_history.nc
}
check 'run writes NAME.nc, NAME.nc.xmf, NAME_history.nc and NAME_checkpoint.nc beside the case' beside

folder() {
  fresh
  mkdir out/flow && cp small.yaml out/flow/case.yaml && exits 0 mflow run out/flow -q &&
    files out/flow case.yaml flow.nc flow.nc.xmf flow_checkpoint.nc flow_history.nc &&
    (cd out/flow && exits 0 mflow run . -q --force && exits 0 mflow run case.yaml -q --force) &&
    files out/flow case.yaml flow.nc flow.nc.xmf flow_checkpoint.nc flow_history.nc
}
check 'a folder with case.yaml gives its name to the files' folder

with_prefix() {
  fresh
  exits 0 mflow run small.yaml -q -o out/other && files out other.nc other.nc.xmf other_checkpoint.nc other_history.nc
}
check '-o PREFIX names them' with_prefix

with_nc() {
  fresh
  exits 0 mflow run small.yaml -q --output=out/other.nc && files out other.nc other.nc.xmf other_checkpoint.nc other_history.nc
}
check '-o PREFIX.nc names them too' with_nc

with_folder() {
  fresh
  exits 0 mflow run small.yaml -q -o out && exits 0 mflow run small.yaml -q -o out/new/ &&
    files out small.nc small.nc.xmf small_checkpoint.nc small_history.nc new/small.nc new/small.nc.xmf new/small_checkpoint.nc new/small_history.nc
}
check '-o FOLDER keeps the name, and FOLDER/ is made' with_folder

in_variant() {
  fresh
  exits 0 mflow run small.yaml -q -o out --variant chi2 &&
    files out small.chi2.nc small.chi2.nc.xmf small.chi2_checkpoint.nc small.chi2_history.nc && exits 0 mflow show small.yaml --variant chi2 &&
    told 'energy: chi2' 'Another energy'
}
check '--variant runs the variant, and its name is in those of the files' in_variant

nowhere() {
  fresh
  exits 4 mflow run small.yaml -q -o out/no/such && says 'No such file' && exits 4 mflow run small.yaml -q -o out/no/such/ &&
    is_empty out
}
check 'a folder that is not there is an error of files' nowhere

unreadable() {
  fresh
  exits 4 mflow run small.yaml -q -o 'out/a:b' && is_empty out
}
check 'a name that ParaView cannot read is refused, and nothing is left behind' unreadable

summary() {
  fresh
  exits 0 mflow run small.yaml -o out/ && told 'small: t = 0.2' out/small.nc out/small_history.nc '2 claims: `mflow verify`' &&
    grep -qE '\(0\.[0-9] decades\), [0-9]+ steps in ' .out &&
    exits 0 mflow verify small.yaml -o out/ --force && told out/small.nc out/small.quick_history.nc &&
    grep -qE '^6 claims in 3 runs: 6 hold, 0 fail; up to [0-9]+\.[0-9] decades, in [0-9]' .out
}
# shellcheck disable=SC2016 # a quote of the program
check 'run and verify end with a summary: decades, files, claims, time' summary

# ---- what is there already ----

# untouched NAME...: out/NAME is as it was kept.
untouched() {
  for name; do cmp "out/$name" "kept/$name" || return 1; done
}
refuses_to_overwrite() {
  fresh
  mflow run small.yaml -q -o out/ && rm -rf kept && cp -R out kept && exits 4 mflow run small.yaml -o out/ --set alpha=2 &&
    says 'is there already' --force && untouched small.nc small.nc.xmf small_history.nc
}
check 'run refuses to overwrite: exit code 4, files untouched' refuses_to_overwrite

one_is_enough() {
  for name in small.nc small.nc.xmf small_history.nc; do
    fresh
    echo mine >"out/$name"
    rm -rf kept && cp -R out kept && exits 4 mflow run small.yaml -q -o out/ && says "$name" && untouched "$name" &&
      files out "$name" || return 1
  done
}
check 'any one of the three files is enough to refuse, and the others are not begun' one_is_enough

force() {
  fresh
  mflow run small.yaml -q -o out/ && rm -rf kept && cp -R out kept &&
    exits 0 mflow run small.yaml -q -o out/ --set alpha=2 --force && ! cmp -s out/small.nc kept/small.nc &&
    ! cmp -s out/small_history.nc kept/small_history.nc && files out small.nc small.nc.xmf small_checkpoint.nc small_history.nc
}
check '--force replaces them' force

force_after_mistake() {
  exits 2 mflow run small.yaml -q -o out/ --set alpha=-1 --force && rm -rf kept && cp -R out kept &&
    exits 2 mflow run small.yaml -q -o out/ --set shift=20 --force && untouched small.nc small.nc.xmf small_history.nc
}
check 'with --force, a mistake in the case leaves the old files alone' force_after_mistake

force_after_late_mistake() {
  rm -rf kept && cp -R out kept &&
    exits 2 mflow run small.yaml -q -o out/ --set coordinate=log --set 'geometry={hellinger: 1}' --set 'initial={uniform: [0, 1]}' --force &&
    untouched small.nc small.nc.xmf small_history.nc
}
check 'nor does one that only shows in the first state touch them' force_after_late_mistake

# ---- what is printed ----

silent() {
  fresh
  exits 0 mflow run small.yaml -q -o out/ && quiet && exits 0 mflow run small.yaml --quiet -o out/ --force && quiet
}
check '-q is silent' silent

plain_lines() {
  fresh
  exits 0 mflow run small.yaml -o out/ >/dev/null && [ "$(tr -d -c '\r\033' <.err | wc -c)" -eq 0 ] &&
    grep -qE '^ *0 %  t = 0  .*F = ' .err && grep -qE '^100 %  t = 0.2  .*F = ' .err &&
    ! grep -vE '^ *[0-9]+ %  t = ' .err
}
check 'into a pipe, progress is plain lines with percent, time and energy' plain_lines

live_line() {
  fresh
  TERM=xterm script -qec "'$program' run small.yaml -o out/" typescript >/dev/null </dev/null &&
    [ "$(tr -d -c '\r' <typescript | wc -c)" -ge 3 ] && grep -q '100 %' typescript
}
if have_terminal; then
  check 'on a terminal, progress is one line that is rewritten' live_line
else
  skip 'on a terminal, progress is one line that is rewritten' 'there is no script, or no pseudo-terminal'
fi

sets() {
  exits 0 mflow show small.yaml --set time.end=3 -s time.end=0.5 --set 'grid.cells=[16]' --set energy=chi2 \
    --set 'claims.0.tolerance=0.1' --set coordinate=deviation --set shift=0.5 &&
    told 'end: 0.5' 'cells: [16]' 'energy: chi2' 'tolerance: 0.1' '# coordinate: deviation' 'shift: 0.5'
}
check '--set changes values, lists, entries of lists and parameters, adds keys, and the last one counts' sets

# ---- verify ----

holds() {
  exits 0 mflow verify small.yaml -q && grep -qE '^holds +decay ' .out && grep -qE '^holds +mass ' .out &&
    told 'Bakry & Emery 1985' '6 claims in 3 runs: 6 hold, 0 fail' 'small.quick:' 'small.chi2:' && [ ! -s .err ]
}
check 'verify: exit code 0 if all claims hold, of the case and its variants' holds

fails() {
  exits 1 mflow verify small.yaml -q --variant quick --set 'claims.0.bound=exp(-9*t)' && grep -qE '^FAILS +decay ' .out &&
    grep -qE '^holds +mass ' .out && grep -qE 'decay: fails from t = 0\.[0-9]* on, worst at t = 0.1 by 0\.[0-9]+, where 1e-05 is allowed' .out &&
    told '1 hold, 1 fail'
}
check 'verify: exit code 1 if one fails; its time, slack and tolerance are told' fails

codes() {
  exits 2 mflow verify small.yaml -q --set time.ende=1 && exits 3 mflow verify small.yaml -q --set time.max_steps=3 &&
    says time.max_steps && exits 4 mflow verify no_such.yaml -q && says no_such.yaml
}
check 'verify: exit code 2 for a mistake, 3 if a run breaks down, 4 for files' codes

several() {
  cp small.yaml other.yaml
  exits 0 mflow verify small.yaml other.yaml -q --variant quick && told 'small.quick:' 'other.quick:' \
    '4 claims in 2 runs: 4 hold, 0 fail'
}
check 'verify takes several cases' several

whole_folder() {
  rm -rf tree && mkdir -p tree/one tree/two tree/none && cp small.yaml tree/one/case.yaml && cp small.yaml tree/two/case.yaml &&
    exits 0 mflow verify tree -q --variant quick && told 'one.quick:' 'two.quick:' '4 hold, 0 fail'
}
check 'verify takes a folder of case folders' whole_folder

goes_on() {
  sed 's/^energy: kl/energy: kll/' small.yaml >tree/one/case.yaml
  exits 2 mflow verify tree -q --variant quick && says 'one/case.yaml:6:9: error:' && told 'two.quick:' || return 1
  exits 4 mflow verify no_such.yaml small.yaml -q --variant quick && told 'small.quick:' || return 1
  exits 2 mflow verify tree/none -q && says 'case.yaml'
}
check 'verify: one broken case does not stop the others' goes_on

with_files() {
  fresh
  exits 0 mflow verify small.yaml -q -o out/ && files out small.nc small.nc.xmf small_checkpoint.nc small_history.nc small.quick.nc \
    small.quick.nc.xmf small.quick_checkpoint.nc small.quick_history.nc small.chi2.nc small.chi2.nc.xmf small.chi2_checkpoint.nc \
    small.chi2_history.nc
}
check 'verify -o FOLDER/ writes the files of every variant' with_files

each_its_own() {
  fresh
  exits 0 mflow verify small.yaml -q -o out/x && [ "$(find out -name '*_history.nc' | wc -l)" -eq 3 ]
}
check 'verify -o PREFIX does not put one variant in the place of another' each_its_own

no_claims() {
  sed '/^claims:/,/^variants:/d' small.yaml | sed '/^  /d' >bare.yaml
  exits 0 mflow verify bare.yaml -q && told '0 claims'
}
check 'verify: a case without claims says so' no_claims

json() {
  exits 1 mflow verify small.yaml other.yaml --json --variant quick --set 'claims.0.bound=exp(-9*t)' >/dev/null &&
    python3 -m json.tool .out >/dev/null && python3 - "$scratch/.out" <<'END'
import json, sys
whole = json.load(open(sys.argv[1]))
assert whole["verdict"] == "fails" and whole["failing"] == 2 and whole["cases"] == 2, whole
claims = whole["claims"]
assert [c["name"] for c in claims] == ["decay", "mass"] * 2, claims
for c in claims:
    assert set("case kind reference name theory measured slack tolerance decades verdict".split()) <= set(c), c
    for key in "measured slack tolerance decades".split():
        assert isinstance(c[key], (int, float)), (key, c)
assert [c["verdict"] for c in claims] == ["fails", "holds"] * 2
assert whole["version"] and [c["run"] for c in claims] == [0, 0, 1, 1], whole
for r, path in zip(whole["runs"], ("small.yaml", "other.yaml"), strict=True):
    assert r["case"] == path and r["variant"] == "quick" and r["set"] == ["claims.0.bound=exp(-9*t)"], r
    assert r["parameters"] == {"alpha": 1, "shift": 1} and r["error"] is None, r
assert claims[0]["units"] == {"measured": "1", "slack": "1", "tolerance": "1", "first_time": "T", "worst_time": "T"}, claims[0]
decay = claims[0]
assert decay["theory"] == "exp(-9*t)" and decay["case"] == "small.quick" and decay["reference"] == "Bakry & Emery 1985"
assert decay["slack"] > decay["tolerance"] and abs(decay["tolerance"] - 1e-5) < 1e-15, decay
assert 0.09 <= decay["worst_time"] <= 0.1 and 0 < decay["decades"] < 1, decay
END
}
json_infinite() {
  exits 1 mflow verify small.yaml --json -q --set claims.0.bound=0 --set 'claims.0.name="say \"x\" \\ ü"' &&
    python3 -c 'import json, sys
def refuse(word): raise ValueError(word)
c = json.load(open(sys.argv[1], encoding="utf-8"), parse_constant=refuse)["claims"][0]
assert c["slack"] is None and c["slack_reason"] and c["name"] == "say \"x\" \\ \u00fc", c' "$scratch/.out"
}
json_broken() {
  exits 2 mflow verify small.yaml --json -q --set energy=kll &&
    python3 -c 'import json, sys
whole = json.load(open(sys.argv[1]))
assert whole["claims"] == [] and whole["verdict"] == "error", whole
assert "kll" in whole["runs"][0]["error"], whole' "$scratch/.out"
}
if have python3 && python3 -c 'import json' 2>/dev/null; then
  check 'verify --json prints one JSON object, with all that is known of every claim' json
  check 'verify --json stays JSON with quotes in names and infinite numbers' json_infinite
  check 'verify --json stays JSON if a case is broken' json_broken
else
  skip 'verify --json prints one JSON object' 'there is no python3'
fi

# ---- what goes wrong on the way ----

breaks_down() {
  fresh
  exits 3 mflow run small.yaml -q -o out/ --set time.integrator=cvode --set time.max_steps=3 && says '3 steps were not enough' time.max_steps
}
check 'a run that breaks down: exit code 3, and what to change' breaks_down

no_interval() {
  fresh
  exits 2 mflow run small.yaml -q -o out/ --set time.end=1e-320 && is_empty out
}
check 'a run of no length is a mistake, not a breakdown' no_interval

# records FILE: how many there are.
records() {
  ncdump -h "$1" | sed -n 's/.*UNLIMITED ; *\/\/ *(\([0-9]*\) currently).*/\1/p'
}

# kept_records: the files of the run that was ended hold what was computed.
kept_records() {
  have ncdump || return 0
  fields=$(records out/long.nc) rows=$(records out/long_history.nc)
  if [ "${fields:-0}" -lt 3 ] || [ "${rows:-0}" -lt "$fields" ]; then
    echo "records: $fields of fields, $rows of the history"
    return 1
  fi
  echo "last times: $(last out/long.nc time) of fields, $(last out/long_history.nc time) of the history"
  close_to "$(last out/long.nc time)" "$(awk "BEGIN { print ($fields - 1)*0.0002 }")" 1e-9 &&
    awk "BEGIN { exit !($(last out/long_history.nc kl) > 0) }"
}

# ended_by SIGNAL CODE
ended_by() {
  fresh
  "$program" run long.yaml -q -o out/ 2>.err &
  pid=$! waited=0
  until [ "$(grep -c '<Time' out/long.nc.xmf 2>/dev/null)" -ge 3 ] 2>/dev/null; do
    waited=$((waited + 1))
    [ "$waited" -le 300 ] || break
    sleep 0.1
  done
  begin=$(date +%s)
  kill -s "$1" "$pid"
  wait "$pid"
  code=$? seconds=$(($(date +%s) - begin))
  cat .err
  [ "$code" -eq "$2" ] || {
    echo "exit code $code"
    return 1
  }
  [ "$seconds" -le 5 ] || {
    echo "it took $seconds seconds to end"
    return 1
  }
  kept_records
}
stopped_by() {
  ended_by "$@" && says 'stopped at t = ' || return 1
  ! have ncdump || [ "$(grep -c '<Time' out/long.nc.xmf)" -eq "$(records out/long.nc)" ]
}
have ncdump || echo '# there is no ncdump: the files of runs that were ended are not looked into'
check 'Ctrl-C ends a run within seconds, exit code 130, with the records so far' stopped_by INT 130
check 'SIGTERM ends a run within seconds, exit code 143, with the records so far' stopped_by TERM 143
check 'so does SIGHUP, of a terminal that is closed: exit code 129' stopped_by HUP 129
# Of two signals the second would end it at once, so a run that ends in order has not heard the first.
ignores_hangup() {
  fresh
  (trap '' HUP && exec "$program" run long.yaml -q -o out/ 2>.err) &
  pid=$! waited=0
  until [ -e out/long.nc.xmf ] || [ "$waited" -gt 300 ]; do
    waited=$((waited + 1))
    sleep 0.1
  done
  kill -s HUP "$pid"
  kill -s TERM "$pid"
  wait "$pid"
  [ "$?" -eq 143 ] && says 'stopped at t = '
}
check 'under nohup a run goes on when the terminal is closed' ignores_hangup
check 'even SIGKILL leaves readable files with the records so far' ended_by KILL 137

stopped_verify() {
  "$program" verify long.yaml small.yaml --json --jobs "$1" >.out 2>.err &
  pid=$!
  sleep 1
  kill -s TERM "$pid"
  wait "$pid"
  code=$?
  cat .out .err
  [ "$code" -eq 143 ] && grep -q '"verdict": "error"$' .out
}
stopped_alone() {
  stopped_verify 1 && ! grep -q decay .out
}
check 'SIGTERM ends verify: exit code 143, and no other case is begun' stopped_alone
check 'SIGTERM ends all runs of a parallel verify: exit code 143' stopped_verify 2
parallel_as_serial() {
  "$program" verify small.yaml --json --jobs 1 >serial.json && "$program" verify small.yaml --json --jobs 3 >parallel.json &&
    cmp serial.json parallel.json
}
check 'runs side by side print what runs one by one print' parallel_as_serial

cat >wide.yaml <<'END'
grid: {cells: [64, 64], box: [[-5, 5], [-5, 5]]}
target: {gaussian: {mean: [0, 0], covariance: 1}}
initial: {gaussian: {mean: [1, 0], covariance: 0.5}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 1, output: 0.1}
output: {fields: 0.01}
END

full_disk() {
  exits 4 mflow run wide.yaml -q -o disk/ && says 'disk/wide' 'disk is full'
}
mkdir disk
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
  check 'a full disk: exit code 4, and the message says so' full_disk
  umount disk
else
  skip 'a full disk: exit code 4, and the message says so' 'no file system can be mounted here'
fi

size_limit() {
  fresh
  # shellcheck disable=SC2016 # $0 is for the inner shell
  exits 4 sh -c 'ulimit -f 400; exec "$0" run wide.yaml -q -o out/' "$program" && says 'out/wide' 'ulimit -f'
}
check 'a limit on the size of files: exit code 4, and the message says so' size_limit

# A file must not get the number of the closed stream, and then its lines.
closed_stream() {
  fresh
  "$program" run small.yaml -o out/ 2>&-
  "$program" run small.yaml -q -o out/open
  ncdump out/small_history.nc >/dev/null && ncdump out/small.nc >/dev/null &&
    [ "$(last out/small_history.nc kl)" = "$(last out/open_history.nc kl)" ]
}
check_with ncdump 'with stderr closed, a run does not write lines into its files' closed_stream

lost_output() {
  "$program" list >/dev/full 2>.err
  code=$?
  echo "exit code $code"
  [ "$code" -eq 4 ]
}
if [ -c /dev/full ]; then
  check 'output that cannot be written: exit code 4' lost_output
else
  skip 'output that cannot be written: exit code 4' 'there is no /dev/full'
fi

finish
