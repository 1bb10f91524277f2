#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a run writes: layout, provenance, values, and that neither the times of output nor the day change them.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
# shellcheck disable=SC2094 # what has the name of a file in the scratch folder is no file
cd "$scratch" || exit 1

cat >line.yaml <<'END'
title: A line with vacuum
reference: Otto 2001
parameters: {alpha: 1}
grid: {cells: [50], box: [[-5, 5]]}
target: {potential: x^2/2}
initial: {uniform: [0, 2]}
energy: kl
geometry: {wasserstein: alpha}
time: {end: 0.5, output: 0.1}
output: {fields: 0.25}
END
cat >plane.yaml <<'END'
title: A plane, periodic across
grid: {cells: [24, 16], box: [[-4, 4], [-3, 3]], boundary: [wall, periodic]}
target: {mixture: [{mean: [-1, 0], covariance: [[0.7, 0.2], [0.2, 0.5]]}, {mean: [1, 1], covariance: 0.4, weight: 0.5}]}
initial: {gaussian: {mean: [1, -1], covariance: [0.5, 0.6]}, mass: 0.5}
energy: inclusive_kl
geometry: {wasserstein: 0.5, hellinger: 1}
time: {end: 0.5, output: 0.1}
output: {fields: 0.25}
END
cat >space.yaml <<'END'
title: A box with walls
grid: {cells: [12, 10, 8], box: [[-4, 4], [-5, 5], [-4, 4]]}
target: {density: exp(-(x^2 + y^2 + z^2)/4)}
initial: {uniform: [[-2, 2], [-2, 2], [0, 2]]}
energy: {mmd: {kernel: gaussian, bandwidth: 2}}
geometry: {wasserstein: 1, mmd: 1}
time: {end: 0.5, output: 0.1}
output: {fields: 0.25}
END
cases='line plane space'

# In the folder `first`, with the same command line as later elsewhere.
run_all() {
  for case in $cases; do
    exits 0 mflow run "$case.yaml" -q -o first/ || return 1
  done
}
check 'runs in one, two and three dimensions' run_all

# ---- the same again ----

same_bytes() {
  mkdir one two
  for case in $cases; do
    cp "$case.yaml" one && cp "$case.yaml" two
    (cd one && SOURCE_DATE_EPOCH=1000000000 exits 0 mflow run "$case.yaml" -q) || return 1
  done
  sleep 1.1
  for case in $cases; do
    (cd two && SOURCE_DATE_EPOCH=1000000000 exits 0 mflow run "$case.yaml" -q) || return 1
  done
  for case in $cases; do
    for ending in .nc .nc.xmf _history.nc; do cmp "one/$case$ending" "two/$case$ending" || return 1; done
  done
}
check 'with SOURCE_DATE_EPOCH, two runs write the same bytes' same_bytes

well_formed() {
  for case in $cases; do
    grep -q "$case.nc:/density" "first/$case.nc.xmf" && python3 -c 'import sys, xml.etree.ElementTree as tree
times = [float(t.get("Value")) for t in tree.parse(sys.argv[1]).iter("Time")]
assert times == [0, 0.25, 0.5], times' "first/$case.nc.xmf" || return 1
  done
}
check_with python3 'NAME.nc.xmf is XML, names the fields file beside it, and has the times of its records' well_formed

have ncdump || skip_rest 'all that ncdump would show' 'there is no ncdump (apt-get install netcdf-bin)'

# header FILE: what ncdump says of it, without tabs.
header() {
  ncdump -hs "$1" | tr -d '\t'
}

# has FILE LINE...: its header has these lines.
has() {
  header "$1" >head.txt
  file=$1
  shift
  for line; do
    grep -qxF -e "$line" head.txt || {
      echo "$file has no line: $line"
      return 1
    }
  done
}

# numbers FILE NAME: its values on one line, as they are told usually.
numbers() {
  column "$1" "$2" | awk '{ printf "%s%.9g", (NR > 1 ? " " : ""), $1 }'
}

# ---- provenance ----

# attribute FILE NAME: the text of a global attribute.
attribute() {
  ncdump -h "$1" | sed -n "/^\t\t:$2 = /,/ ;\$/p"
}

# is FILE NAME PATTERN: its text is of this form.
is() {
  attribute "$1" "$2" | grep -qE "= \"$3\" ;\$" || {
    echo "$1 says of $2:"
    attribute "$1" "$2"
    return 1
  }
}

provenance() {
  for case in $cases; do
    for file in "first/$case.nc" "first/${case}_history.nc"; do
      title=$(sed -n 's/^title: //p' "$case.yaml")
      has "$file" ':Conventions = "CF-1.8" ;' ":title = \"$title\" ;" &&
        is "$file" history "2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z: .*mflow run $case.yaml -q -o first/" &&
        is "$file" source 'mflow [0-9.]+ \(git .+\)' && is "$file" git_commit '.+' &&
        is "$file" sundials_version '.*[0-9]\.[0-9].*' && is "$file" fftw_version '.*[0-9]\.[0-9].*' &&
        is "$file" netcdf_version '.*[0-9]\.[0-9].*' || return 1
    done
  done
}
check 'both files say what they are, by which program, libraries and command, and when' provenance

epoch() {
  attribute one/line.nc history | grep -q '"2001-09-09T01:46:40Z: '
}
check 'SOURCE_DATE_EPOCH is the time they say' epoch

# The text between the quotes, with its line ends.
case_text() {
  attribute "$1" case_yaml | sed 's/^\t\t:case_yaml = //; s/^\t*"//; s/ ;$//; s/,$//; s/"$//; s/\\n$//' | sed '/^$/d'
}
resolved_case() {
  exits 0 mflow run plane.yaml -q -o set --set 'geometry.hellinger=2' --set 'title=Another' || return 1
  for file in set.nc set_history.nc; do
    case_text "$file" >set.yaml && grep -qx 'title: Another' set.yaml && mflow show set.yaml >file.yaml &&
      mflow show plane.yaml --set 'geometry.hellinger=2' --set 'title=Another' >case.yaml || return 1
    for shown in file case; do grep -v '^# memory' "$shown.yaml" >"from_$shown.txt"; done # measured
    cmp from_file.txt from_case.txt || return 1
  done
}
check 'both files hold the case as it was resolved, and it can be run again' resolved_case

reference() {
  has first/line.nc ':references = "Otto 2001" ;' ':coordinate = "deviation" ;' &&
    has first/line_history.nc ':references = "Otto 2001" ;'
}
check 'the reference of the case is in both files' reference

# ---- layout ----

fields_layout() {
  has first/line.nc 'time = UNLIMITED ; // (3 currently)' 'x = 50 ;' 'double density(time, x) ;' \
    'double first_variation(time, x) ;' 'double target(x) ;' &&
    has first/plane.nc 'time = UNLIMITED ; // (3 currently)' 'y = 16 ;' 'x = 24 ;' 'double density(time, y, x) ;' \
      'double first_variation(time, y, x) ;' 'double target(y, x) ;' &&
    has first/space.nc 'time = UNLIMITED ; // (3 currently)' 'z = 8 ;' 'y = 10 ;' 'x = 12 ;' \
      'double density(time, z, y, x) ;' 'double first_variation(time, z, y, x) ;' 'double target(z, y, x) ;'
}
check 'fields have the axes time, z, y, x' fields_layout

conventions() {
  for case in $cases; do
    has "first/$case.nc" ':_Format = "netCDF-4 classic model" ;' 'double time(time) ;' 'time:axis = "T" ;' \
      'time:units = "1" ;' 'time:long_name = "flow time" ;' 'double x(x) ;' 'x:units = "1" ;' 'x:bounds = "x_bnds" ;' \
      'double x_bnds(x, nv) ;' 'density:units = "1" ;' || return 1
    grep -q '^density:long_name = "..*" ;' head.txt && grep -q '^density:cell_methods = "x: .*point" ;' head.txt || return 1
    # what ParaView would take for a sphere, a date or a shape of its own
    if grep -E '^[xyz]:axis|standard_name|since|int64' head.txt; then return 1; fi
    # everything but coordinates and bounds is a field
    odd=$(sed -n 's/^[a-z0-9]* \([a-z_]*\)(.*) ;$/\1/p' head.txt | grep -vxE 'time|[xyz](_bnds)?|density|first_variation|target')
    [ -z "$odd" ] || {
      echo "not a field: $odd"
      return 1
    }
  done
}
check 'coordinates and fields have the attributes that ParaView and CF want, and none that ParaView mistakes' conventions

coordinates() {
  [ "$(numbers first/space.nc time)" = '0 0.25 0.5' ] &&
    [ "$(numbers first/space.nc z)" = '-3.5 -2.5 -1.5 -0.5 0.5 1.5 2.5 3.5' ] &&
    [ "$(numbers first/space.nc y)" = '-4.5 -3.5 -2.5 -1.5 -0.5 0.5 1.5 2.5 3.5 4.5' ] &&
    [ "$(numbers first/space.nc z_bnds | cut -d' ' -f1-4,15-16)" = '-4 -3 -3 -2 3 4' ]
}
check 'coordinates are cell centres, bounds the faces between them' coordinates

# explained NAME: the header kept in head.txt has this column, with words about it.
explained() {
  if ! grep -qx "double $1(time) ;" head.txt || ! grep -q "^$1:long_name = \"..*\" ;" head.txt; then
    echo "there is no $1, or no word about it"
    return 1
  fi
}

history_layout() {
  for case in $cases; do
    axes=$(case $case in line) echo x ;; plane) echo x y ;; space) echo x y z ;; esac)
    header "first/${case}_history.nc" >head.txt
    for name in time energy dissipation decay_rate energy_defect mass minimum clipped mass_excess l1 mmd kl inclusive_kl \
      chi2 he2 step steps rate_evaluations newton_iterations krylov_iterations error_failures; do
      explained "$name" || return 1
    done
    for a in $axes; do
      for b in $axes; do
        name=cov_$a$b
        case $name in cov_yx | cov_zx | cov_zy) continue ;; esac
        explained "$name" || return 1
      done
      explained "mean_$a" || return 1
    done
    ! grep -q '(time, ' head.txt || return 1
  done
}
check 'the history has a column for every diagnostic, and nothing else' history_layout

row_times() {
  [ "$(numbers first/line_history.nc time | tr ' ' '\n' | grep -cxE '0|0.1|0.2|0.3|0.4|0.5')" -eq 6 ]
}
check 'the history has a row at every time that was asked for' row_times

# ---- values ----

nonnegative() {
  for case in $cases; do
    for name in density target; do
      column "first/$case.nc" "$name" | awk '!($1 >= 0) { print "bad density: " $1; bad = 1 } END { exit bad || NR < 50 }' ||
        return 1
    done
    column "first/${case}_history.nc" minimum | awk '!($1 >= 0) { bad = 1 } END { exit bad || NR < 6 }' &&
      column "first/${case}_history.nc" clipped | awk '!($1 >= 0 && $1 < 1e-5) { print; bad = 1 } END { exit bad }' || return 1
  done
}
check 'no density is negative or no number, and what was clipped is within the tolerance' nonnegative

finite() {
  for case in $cases; do
    ncdump "first/${case}_history.nc" >text
    if sed '1,/^data:/d' text | grep -iE 'nan|inf[^a-z]|_ *[,;]'; then return 1; fi
  done
}
check 'every number in the history is finite, of a start with vacuum too' finite

# The history's mass and mean are those of the fields: sums over the cells.
same_moments() {
  volume=$(awk 'BEGIN { printf "%.17g", (8/12)*(10/10)*(8/8) }')
  column first/space.nc density | tail -n 960 >density.txt
  column first/space.nc x >x.txt
  sums=$(awk -v volume="$volume" 'NR == FNR { x[NR - 1] = $1; next }
    { mass += $1; mean += $1*x[(FNR - 1) % 12] } END { printf "%.17g %.17g", mass*volume, mean/mass }' x.txt density.txt)
  close_to "${sums% *}" "$(last first/space_history.nc mass)" 1e-9 &&
    close_to "$(awk "BEGIN { printf \"%.17g\", 1 + (${sums#* }) }")" "$(awk "BEGIN { printf \"%.17g\", 1 + ($(last first/space_history.nc mean_x)) }")" 1e-9
}
check 'mass and mean of the history are those of the field' same_moments

decays() {
  for case in $cases; do
    column "first/${case}_history.nc" energy | awk 'NR > 1 && $1 >= last { bad = 1 } { last = $1 } END { exit bad || NR < 6 }' ||
      return 1
  done
}
check 'the energy falls from row to row' decays

# The last decade is not the end of a run: whoever asks for more time gets the target.
arrives() {
  exits 0 mflow run line.yaml -q -o there --force --set time.end=1000 --set time.output=100 --set output.fields=1000 \
    --set initial.uniform='[-5, 5]' --set "geometry=$1" && close_to "$(last there_history.nc mass)" 1 1e-6 &&
    last there_history.nc kl | grep -xE '0|.*e-[1-3][0-9][0-9]'
}
check 'a flow that has arrived stays there to the end of the run: transport' arrives '{wasserstein: 1}'
check 'a flow that has arrived stays there to the end of the run: reaction' arrives '{hellinger: 1}'

# ---- the times of output ----

# Final values with few and many outputs.
independent() {
  set -- "$1" -q --force --set time.integrator=cvode
  exits 0 mflow run "$@" -o few --set time.output=0.5 --set output.fields=0.5 &&
    exits 0 mflow run "$@" -o many --set time.output=0.01 --set output.fields=0.05 || return 1
  header few_history.nc >head.txt
  # shellcheck disable=SC2013 # names are single words
  for name in $(sed -n 's/^double \([a-z0-9_]*\)(time) ;$/\1/p' head.txt); do
    a=$(last few_history.nc "$name") b=$(last many_history.nc "$name")
    case $name in
    # round-off of sums that vanish
    mass_excess | energy_defect | mean_* | cov_?? | log_mass)
      awk -v a="$a" -v b="$b" 'BEGIN { d = a - b; exit !(d < 1e-12 && d > -1e-12) }' || {
        echo "$name: $a and $b"
        return 1
      }
      ;;
    *) close_to "$a" "$b" 1e-12 || {
      echo "$name: $a and $b"
      return 1
    } ;;
    esac
  done
}
for case in $cases; do
  check "the end of $case does not depend on how often output is written" independent "$case.yaml"
done

# ---- threads ----

# Large enough to be shared.  The wall clock and the command line are in the attributes, so values are compared.
threaded() {
  for threads in 1 3; do
    exits 0 mflow run "$1.yaml" -q -o "with$threads" --force --threads $threads --set "grid.cells=$2" --set energy="$3" --set time.end=1e-5 \
      --set time.output=5e-6 --set output.fields=1e-5 || return 1
    ncdump -p 17 -v density,first_variation "with$threads.nc" | sed '1,/^data:/d' >"values$threads.txt" || return 1
    ncdump -p 17 "with${threads}_history.nc" | sed '1,/^data:/d' >>"values$threads.txt" || return 1
  done
  [ "$(wc -l <values1.txt)" -gt 100 ] && cmp values1.txt values3.txt
}
check 'a plane is the same to the last bit with one thread and with three' threaded plane '[400, 350]' kl
check 'so is a box' threaded space '[60, 50, 47]' '{mmd: {kernel: gaussian, bandwidth: 2}}'

# ---- formats ----

compact() {
  exits 0 mflow run space.yaml -q -o compact --set output.precision=float --set output.deflate=1 &&
    has compact.nc 'float density(time, z, y, x) ;' 'double first_variation(time, z, y, x) ;' 'float target(z, y, x) ;' \
      'density:_DeflateLevel = 1 ;' 'density:_Shuffle = "true" ;' 'double x(x) ;' 'double time(time) ;' || return 1
  column first/space.nc density >double
  column compact.nc density >float
  paste double float | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 1e-7*$1) { print; bad = 1 } } END { exit bad || NR != 2880 }'
}
check 'output: {precision: float, deflate: 1} is smaller and the same to seven digits' compact

exact_history() {
  for name in kl mass mmd; do [ "$(last compact_history.nc $name)" = "$(last first/space_history.nc $name)" ] || return 1; done
}
check 'the history does not depend on the format of the fields' exact_history

plain() {
  header first/space.nc >head.txt
  ! grep -q Deflate head.txt
}
check 'fields are not compressed unless asked for' plain

# ---- fields as measures ----

# The last record of a run is where the next one starts.
goes_on() {
  exits 0 mflow run line.yaml -q -o next --set 'initial={file: first/line.nc}' --set time.end=0.1 || return 1
  for name in kl mass mmd cov_xx l1 minimum; do
    close_to "$(last first/line_history.nc $name)" "$(column next_history.nc $name | head -n 1)" 1e-12 || return 1
  done
}
check 'a run goes on from the last record of another' goes_on

two_legs() {
  exits 0 mflow run line.yaml -q -o whole --set time.end=0.6 &&
    for name in kl mmd mean_x cov_xx; do close_to "$(last whole_history.nc $name)" "$(last next_history.nc $name)" 1e-4 || return 1; done
}
check 'and ends where one run over both times ends' two_legs

other_record() {
  exits 0 mflow run line.yaml -q -o next --force --set 'initial={file: {path: first/line.nc, record: 1}}' --set time.end=0.1 &&
    column first/line_history.nc time >times.txt && column first/line_history.nc kl >values.txt &&
    close_to "$(paste times.txt values.txt | awk '$1 == 0.25 { print $2 }')" "$(column next_history.nc kl | head -n 1)" 1e-12
}
check 'an earlier record may be chosen' other_record

as_target() {
  exits 0 mflow run plane.yaml -q -o next --force --set 'target={file: {path: first/plane.nc, variable: target}}' || return 1
  for name in energy mass mmd kl; do
    close_to "$(last first/plane_history.nc $name)" "$(last next_history.nc $name)" 1e-9 || return 1
  done
}
check 'a field of a file may be the target' as_target

# conserved GRID BOX: mass and mean of the file's field on another grid.
conserved() {
  exits 0 mflow run line.yaml -q -o next --force --set 'initial={file: first/line.nc, normalise: false}' --set time.end=1e-5 \
    --set "grid.cells=$1" --set "grid.box=$2" &&
    close_to 1 "$(column next_history.nc mass | head -n 1)" 1e-12 &&
    close_to "$(last first/line_history.nc mean_x)" "$(column next_history.nc mean_x | head -n 1)" 1e-6 &&
    close_to "$(last first/line_history.nc cov_xx)" "$(column next_history.nc cov_xx | head -n 1)" 0.02
}
check 'a field is brought to a coarser grid with its mass and mean' conserved '[25]' '[[-5, 5]]'
check 'a field is brought to a finer grid with its mass and mean' conserved '[100]' '[[-5, 5]]'
# The mean is not exact where cells are cut.
other_cells() {
  exits 0 mflow run line.yaml -q -o next --force --set 'initial={file: first/line.nc, normalise: false}' --set time.end=1e-5 \
    --set 'grid.cells=[73]' --set 'grid.box=[[-6, 7]]' && close_to 1 "$(column next_history.nc mass | head -n 1)" 1e-12 &&
    close_to "$(last first/line_history.nc mean_x)" "$(column next_history.nc mean_x | head -n 1)" 0.02
}
check 'a field is brought to a larger box and other cells with its mass' other_cells

# ---- choice of fields ----

chosen() {
  exits 0 mflow run plane.yaml -q -o chosen --set 'output.variables=[log_ratio, target, ratio, deviation, density]' &&
    has chosen.nc 'double log_ratio(time, y, x) ;' 'double ratio(time, y, x) ;' 'double deviation(time, y, x) ;' \
      'double density(time, y, x) ;' 'double target(y, x) ;' || return 1
  if grep -q first_variation head.txt; then return 1; fi
  for name in target ratio log_ratio deviation density; do column chosen.nc $name >$name.txt; done
  # 384 cells, 3 records; rho/pi and its logarithm to rounding, rho - pi to that of rho and pi
  awk 'FILENAME == "target.txt" { pi[FNR - 1] = $1; next } { p = pi[(FNR - 1) % 384]; n = split($0, v, "\t")
      a = v[1]/p - v[2]; b = v[2] > 0 ? log(v[2]) - v[3] : 0; c = v[1] - p - v[4]; s = 1e-12
      if (a*a > s*s*v[2]*v[2] || b*b > s*s*(1 + v[3]*v[3]) || c*c > s*s*(v[1] + p)*(v[1] + p)) { print; bad = 1 } }
    END { exit bad || n != 4 || FNR != 1152 }' target.txt "$(paste density.txt ratio.txt log_ratio.txt deviation.txt >all.txt && echo all.txt)"
}
check 'output: {variables: [...]} are rho/pi, its logarithm and rho - pi' chosen

same_numbers() {
  for name in density target; do
    column first/plane.nc $name | cmp - $name.txt || return 1
  done
  xmf=$(tr '>' '\n' <chosen.nc.xmf)
  [ "$(echo "$xmf" | grep -c 'Attribute Name="log_ratio"')" -eq 3 ] && ! echo "$xmf" | grep -q first_variation
}
check 'the choice of fields does not change them, and the side file has the same choice' same_numbers

few() {
  exits 0 mflow run line.yaml -q -o lone --set output.variables=density && has lone.nc 'double density(time, x) ;' &&
    exits 0 mflow run line.yaml -q -o lone --force --set 'output.variables=[target]' && has lone.nc 'double target(x) ;' &&
    [ "$(column lone.nc time | grep -c .)" -eq 3 ] && ! grep -q 'double density' head.txt
}
check 'one field is enough' few

no_such_variable() {
  exits 2 mflow run line.yaml -q -o no --set 'output.variables=[density, log_ration]' && says "did you mean 'log_ratio'?" &&
    exits 2 mflow run line.yaml -q -o no --set 'output.variables=[]' && says 'expected a list' &&
    exits 2 mflow run line.yaml -q -o no --set 'output.variables=[density, density]' && says 'twice' || return 1
  sed '/^target/d; s/^energy.*/energy: entropy/' line.yaml >free.yaml
  exits 2 mflow run free.yaml -q -o no --set 'output.variables=[ratio]' && says 'without a target' && [ ! -e no.nc ]
}
check 'a misspelt field, none, one twice, one that needs a target' no_such_variable

finish
