#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Claims can fail: the cases that are shipped, some on smaller grids and for shorter times, hold; broken in one place,
# the claim about that place fails and the others still hold.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
cd "$scratch" || exit 1

# reduced CASE OPTION...: CASE.yaml, the shipped case with changes and without variants.
reduced() {
  case=$1
  shift
  mflow show "$sources/cases/$case" "$@" >"$case.yaml" || {
    echo "Bail out! $case cannot be reduced"
    exit 1
  }
}

# judge CODE CASE OPTION...: verify's exit code, and the names of the claims that fail in failing.txt.
judge() {
  wanted=$1 case=$2
  shift 2
  exits "$wanted" mflow verify "$case.yaml" -q --json "$@" >/dev/null || {
    cat "$scratch/.out" "$scratch/.err"
    return 1
  }
  for finding in fails empty; do
    awk -v finding="$finding" 'sub(/^      "name": "/, "") { sub(/",$/, ""); name = $0 }
      index($0, "      \"verdict\": \"" finding "\"") { print name }' "$scratch/.out" >"$finding.txt"
  done
  mv fails.txt failing.txt
}

# holds CASE OPTION...: every claim.
holds() {
  judge 0 "$@" --strict && [ ! -s failing.txt ] && [ ! -s empty.txt ] && grep -q '^  "verdict": "holds"$' "$scratch/.out"
}

# breaks CASE CLAIMS OPTION...: these claims fail, by their names with ; between them, and no others.
breaks() {
  case=$1 names=$2
  shift 2
  judge 1 "$case" "$@" && printf '%s\n' "$names" | sed 's/; /\n/g' >names.txt && diff names.txt failing.txt
}

# says_nothing CASE CLAIM OPTION...: this claim and no other is empty, which --strict does not let pass.
says_nothing() {
  case=$1 name=$2
  shift 2
  judge 1 "$case" --strict "$@" && judge 0 "$case" "$@" && [ ! -s failing.txt ] && [ "$(cat empty.txt)" = "$name" ]
}

# ---- interaction-force transport ----

reduced ift_gaussian_2d --set 'grid.cells=[48, 48]' --set time.end=5 --set time.output=0.5 --set output.fields=5 \
  --set claims.1.reach=0.1
bound='MMD <= e^(-beta t) MMD(0)' falls='MMD e^(beta t) never rises'
check 'interaction-force transport: all claims hold' holds ift_gaussian_2d
check 'half of beta in the geometry: the bound fails, and its proof' breaks ift_gaussian_2d "$bound; $falls" \
  --set geometry.mmd=beta/2
check 'no reaction: the bound fails, and its proof' breaks ift_gaussian_2d "$bound; $falls" \
  --set 'geometry={wasserstein: 1}'
check 'twice beta in the theory' breaks ift_gaussian_2d "$bound" --set 'claims.1.bound=exp(-2*beta*t)'
check 'twice beta everywhere holds' holds ift_gaussian_2d --set beta=2
check 'a bound with the wrong sign' breaks ift_gaussian_2d "$bound" --set 'claims.1.bound=-exp(-beta*t)'
check 'a quantity that was not followed far enough' breaks ift_gaussian_2d "$bound" --set claims.1.reach=1e-3
check 'a wrong exact value' breaks ift_gaussian_2d 'MMD^2 of the two Gaussians' --set claims.0.exact=1.3739
check 'a wrong start: the exact value and nothing else' breaks ift_gaussian_2d 'MMD^2 of the two Gaussians' \
  --set 'initial.gaussian.mean=[5, 4]'
check 'masses that differ: the exact value, and the mass is not conserved' breaks ift_gaussian_2d \
  'MMD^2 of the two Gaussians; mass' --set initial.mass=0.9
check 'an absolute bound that is too low' breaks ift_gaussian_2d 'dF/dt = -D' --set claims.4.bound=1e-12

# Every kernel that `list` shows is in the cases that run the theorem for every kernel.
all_kernels_run() {
  mflow list | sed -n '/^Kernels/,/^$/s/^  \([a-z_]*\) .*/\1/p' >kernels.txt
  [ "$(wc -l <kernels.txt)" -ge 7 ] || return 1
  for case in ift_kernels_1d ift_kernels_2d ift_kernels_3d; do
    while read -r kernel; do
      grep -q "kernel: ${kernel}[,}]" "$sources/cases/$case/case.yaml" || {
        echo "$case does not run $kernel"
        return 1
      }
    done <kernels.txt
  done
}
check 'the theorem is run for every kernel, in every dimension' all_kernels_run

reduced ift_kernels_3d --variant matern_periodic --set 'grid.cells=[12, 12, 12]' --set time.end=4 --set claims.0.reach=0.2
check 'a kernel on a torus in space: all claims hold' holds ift_kernels_3d
check 'half of beta in the geometry: both claims fail' breaks ift_kernels_3d "$bound; $falls" --set geometry.mmd=beta/2

reduced ift_linear_kernel --variant upwind
rate='MMD = e^(-(alpha + beta) t) MMD(0)' decades='rate over 17 decades'
check 'the kernel x.y: all claims hold' holds ift_linear_kernel
check 'a tenth of a percent more transport: equality and rate fail' breaks ift_linear_kernel "$rate; $decades" \
  --set geometry.wasserstein.coefficient=1.001*alpha
# The rate is off by less than the fit knows it.
check 'a limiter, which moves another mass than there is' breaks ift_linear_kernel "$rate" \
  --set geometry.wasserstein.limiter=minmod

reduced ift_energy_distance_1d --variant not_uniform
on='density on the characteristic from'
check 'characteristics: all claims hold' holds ift_energy_distance_1d
check 'a hundredth less transport: densities and their order fail, the bound holds' breaks ift_energy_distance_1d \
  "$on 1/4; $on 1/2; $on 3/4; order of the density" --set geometry.wasserstein=0.99*alpha
check 'no reaction: the same, for transport alone is fast enough for the bound' breaks ift_energy_distance_1d \
  "$on 1/4; $on 1/2; $on 3/4; order of the density" --set 'geometry={wasserstein: alpha}'
check 'another characteristic' breaks ift_energy_distance_1d "$on 1/2" --set 'odes.xb.start=b + 0.01'

# ---- Fokker-Planck ----

reduced fokker_planck_ou_2d --set 'grid.cells=[48, 48]' --set time.output=0.1 --set output.fields=1 \
  --set 'claims.1.cells=[[24, 24], [34, 34], [48, 48]]' --set claims.0.tolerance=2e-3 --set claims.2.tolerance=2e-3 \
  --set claims.1.tolerance=0.1
check 'Ornstein-Uhlenbeck flow: all claims hold' holds fokker_planck_ou_2d
check 'a quarter of alpha in the geometry: density, order, KL and the bounds fail, mass holds' breaks fokker_planck_ou_2d \
  'density; order of the density; KL(t); KL <= e^(-2t) KL(0); chi^2 <= e^(-2t) chi^2(0)' --set geometry.wasserstein=0.25
check 'a wrong mean in theory: density, order and KL fail' breaks fokker_planck_ou_2d \
  'density; order of the density; KL(t)' --set 'formulas.mx=1.5*exp(-1.1*t)'
check 'a wrong density alone' breaks fokker_planck_ou_2d 'density' \
  --set 'claims.0.density=exp(-(x - mx)^2/(2*sx) - (y - my)^2/(2*sy))/(2*pi*sqrt(sx*sx))'
check 'a density at the wrong time' breaks fokker_planck_ou_2d 'density' --set claims.0.at=0.9 \
  --set 'claims.0.density=exp(-(x - 1.5*e^-1)^2/(2*sx) - (y - my)^2/(2*sy))/(2*pi*sqrt(sx*sy))'
check 'a wrong order' breaks fokker_planck_ou_2d 'order of the density' --set claims.1.order=3
check 'a wrong KL' breaks fokker_planck_ou_2d 'KL(t)' \
  --set 'claims.2.exact=0.5*(sx + 2*sy - 2 + mx^2 + 2*my^2 - log(sx*sy))'
check 'a bound that falls too fast' breaks fokker_planck_ou_2d 'KL <= e^(-2t) KL(0)' --set 'claims.3.bound=exp(-4*t)'
check 'a constant that is not conserved' breaks fokker_planck_ou_2d 'mass' --set claims.5.quantity=mean_x

reduced fokker_planck_double_well_1d --set 'grid.cells=[256]' --set time.end=40 --set output.fields=40 \
  --set claims.0.reach=1e-20 --set claims.0.tolerance=1e-4 --set claims.1.tolerance=1e-3
rate="KL decays at twice the gap"
check 'double well: all claims hold' holds fokker_planck_double_well_1d
check 'a rate that is one part in a thousand too large' breaks fokker_planck_double_well_1d "$rate" --set claims.0.rate=1.499
check 'a rate that is one part in a thousand too small' breaks fokker_planck_double_well_1d "$rate" --set claims.0.rate=1.4958
check 'a decay that was not followed far enough' breaks fokker_planck_double_well_1d "$rate" --set claims.0.reach=1e-100
check 'other barriers decay at another rate' judge 1 fokker_planck_double_well_1d --set 'target.potential=1.1*(x^2 - 1)^2'

# ---- Hellinger and Fisher-Rao ----

reduced hellinger_phi_half_1d --set time.end=20 --set claims.1.reach=1e-10
check 'Hellinger flow: all claims hold' holds hellinger_phi_half_1d
check 'half of beta in the geometry: the constant, the bound and the path fail' breaks hellinger_phi_half_1d \
  'energy e^(2 beta t) is constant; He^2 <= e^(-2 beta t) He^2(0); sqrt mu runs along a straight line; D >= 2 beta F, and no more' \
  --set geometry.hellinger=beta/2
check 'a path that is not straight' breaks hellinger_phi_half_1d 'sqrt mu runs along a straight line' \
  --set 'claims.2.density=pi_x + exp(-beta*t)*(mu_x - pi_x)'

reduced fisher_rao_kl_1d
ratio='log u = e^(-beta t) log u0 in every cell'
check 'Fisher-Rao flow: all claims hold' holds fisher_rao_kl_1d
check 'another decay of the logarithm' breaks fisher_rao_kl_1d "$ratio" --set 'claims.0.log_ratio=exp(-1.0001*beta*t)*log_u0'
check 'another start of the logarithm' breaks fisher_rao_kl_1d "$ratio" --set 'claims.0.log_ratio=theta*(log_u0 + 0.001)'
check 'half of beta in the geometry: the logarithm and the rate fail' breaks fisher_rao_kl_1d "$ratio; asymptotic rate" \
  --set geometry.hellinger=beta/2

reduced spherical_hellinger_1d --variant chi2_clock
clock='beta t = int log(1 + beta tau u0) dpi'
check 'the clock of chi^2: all claims hold' holds spherical_hellinger_1d
check 'a clock that is one part in ten thousand fast' breaks spherical_hellinger_1d "$clock" \
  --set geometry.spherical_hellinger=1.0001*beta
check 'no projection on the sphere: clock and mass fail' breaks spherical_hellinger_1d "$clock; mass" \
  --set 'geometry={hellinger: beta}'

# ---- Hellinger-Kantorovich ----

reduced hk_boltzmann_gaussian_1d --set 'grid.cells=[200]' --set time.end=6 --set output.fields=6 \
  --set claims.0.tolerance=1e-3 --set claims.1.tolerance=2e-3 --set claims.2.tolerance=2e-3 \
  --set 'claims.3.cells=[[100], [140], [200]]' --set 'claims.4.cells=[[100], [140], [200]]' --set claims.3.tolerance=0.1 \
  --set claims.4.tolerance=0.1 --set claims.5.tolerance=0.01
check 'Hellinger-Kantorovich flow: all claims hold' holds hk_boltzmann_gaussian_1d
check 'a wrong mass at the start: the mass and its order fail' breaks hk_boltzmann_gaussian_1d 'mass; order of the mass' \
  --set 'odes.h.start=log(0.52)'
check 'a wrong equation of the mean: whatever uses it fails' judge 1 hk_boltzmann_gaussian_1d \
  --set 'odes.m.rate=-(alpha + 0.9*beta*s)*g*m'
grep -qx mean failing.txt || echo "# these failed: $(tr '\n' ';' <failing.txt)"
check 'no reaction in the geometry' judge 1 hk_boltzmann_gaussian_1d --set geometry.hellinger=0
check 'a wrong rate of the shape' breaks hk_boltzmann_gaussian_1d "rate of the shape's KL" --set claims.5.rate=3.9

# ---- the spherical flow of the inclusive divergence ----

reduced inclusive_kl_wfr_2d --variant spherical --set 'grid.cells=[32, 32]' --set time.end=4 --set time.output=0.25 \
  --set output.fields=4 --set claims.0.reach=0.1
check 'spherical WFR: all claims hold' holds inclusive_kl_wfr_2d
check 'no reaction: both bounds fail, mass holds' breaks inclusive_kl_wfr_2d \
  'KL(pi|mu) <= e^(-beta t) KL(pi|mu0); 1 - e^(-KL) <= (1 - e^(-KL0)) e^(-beta t)' \
  --set geometry.spherical_hellinger=0 --set geometry.wasserstein=0.05
check 'plain instead of spherical Hellinger: the mass is not conserved' judge 1 inclusive_kl_wfr_2d \
  --set 'geometry={wasserstein: alpha, hellinger: beta}' --set initial.mass=0.9

# ---- each kind of claim, to the letter ----

cat >plain.yaml <<'END'
grid: {cells: [96], box: [[-8, 8]]}
target: {potential: x^2/2}
initial: {gaussian: {mean: [1], covariance: 0.5}}
energy: kl
geometry: {wasserstein: 1}
time: {end: 1, output: 0.1}
END

# claim_holds CLAIM, claim_fails CLAIM
claim_holds() {
  claim=$1
  shift
  judge 0 plain --strict --set "claims=[{name: it, tolerance: 1e-9, $claim}]" "$@"
}
claim_fails() {
  claim=$1
  shift
  breaks plain it --set "claims=[{name: it, tolerance: 1e-9, $claim}]" "$@"
}
claim_is_empty() {
  claim=$1
  shift
  says_nothing plain it --set "claims=[{name: it, tolerance: 1e-9, $claim}]" "$@"
}
check 'bound: q(t) <= q(0) B(t) holds' claim_holds 'quantity: kl, bound: exp(-1.9*t)'
check 'bound: and not if it is too low' claim_fails 'quantity: kl, bound: exp(-2.6*t)'
check 'bound: of a negative quantity, which rises, fails' claim_fails 'quantity: -kl, bound: exp(-t)'
check 'bound: of a negative quantity, which falls, holds' claim_holds 'quantity: -1 - t, bound: 1'
check 'bound: of a quantity that vanishes is empty' claim_is_empty 'quantity: 0*mass, bound: 1'
check 'bound: of a quantity that does not move is empty' claim_is_empty 'quantity: mass, bound: 1'
check 'bound: and fails if it ought to' claim_fails 'quantity: mass, bound: exp(-t)'
rest='initial={potential: x^2/2}'
check 'bound: of a run that starts in equilibrium is empty' claim_is_empty 'quantity: kl, bound: exp(-2*t)' --set "$rest"
check 'absolute bound: holds' claim_holds 'quantity: kl, bound: 1, absolute: true'
check 'absolute bound: fails' claim_fails 'quantity: kl, bound: 0.5*exp(-t), absolute: true'
check 'absolute bound: 0 <= 0' claim_holds 'quantity: 0*mass, bound: 0, absolute: true'
check 'absolute bound: -2 <= -1' claim_holds 'quantity: -2 - t, bound: -1, absolute: true'
check 'absolute bound: not -1 <= -2' claim_fails 'quantity: -1 - t, bound: -2, absolute: true'
check 'nonincreasing: holds' claim_holds 'quantity: kl, nonincreasing: true'
check 'nonincreasing: fails of what rises' claim_fails 'quantity: cov_xx, nonincreasing: true'
check 'nonincreasing: fails of a negative quantity that rises' claim_fails 'quantity: -kl, nonincreasing: true'
check 'nonincreasing: 0 does not rise to 0, which says nothing' claim_is_empty 'quantity: 0*mass, nonincreasing: true'
check 'nonincreasing: one output is empty' claim_is_empty 'quantity: kl, nonincreasing: true, at: 0.5'
check 'conserved: holds' claim_holds 'quantity: mass, conserved: true'
check 'conserved: fails' claim_fails 'quantity: mean_x, conserved: true'
check 'conserved: 0 is 0' claim_holds 'quantity: 0*mass, conserved: true'
check 'conserved: to a tolerance' claim_holds 'quantity: 1 + 1e-10*t, conserved: true'
check 'conserved: and not beyond' claim_fails 'quantity: 1 + 1e-8*t, conserved: true'
check 'conserved: the start alone is empty' claim_is_empty 'quantity: mass, conserved: true, to: 0'
check 'conserved: of a run that starts in equilibrium is empty' claim_is_empty 'quantity: mass, conserved: true' --set "$rest"
check 'exact: holds' claim_holds 'quantity: time, exact: t, absolute: true'
check 'exact: fails' claim_fails 'quantity: time, exact: t + 1e-6, absolute: true'
check 'exact: 0 is 0' claim_holds 'quantity: 0*mass, exact: 0'
check 'exact: at one time only' claim_holds 'quantity: time, exact: 0.7, at: 0.7'
check 'exact: and not at another' claim_fails 'quantity: time, exact: 0.7, at: 0.8'
check 'rate: of an exponential, to round-off' claim_holds 'quantity: exp(-3*t), rate: 3'
check 'rate: and of no other' claim_fails 'quantity: exp(-3*t), rate: 3.00001'
check 'rate: of a constant there is none' claim_is_empty 'quantity: mass, rate: 2'
check 'rate: of growth, negative' claim_holds 'quantity: exp(3*t), rate: -3'
check 'rate: of growth, and no other' claim_fails 'quantity: exp(3*t), rate: -3.00001'
check 'rate: a decay is no growth' claim_fails 'quantity: exp(-3*t), rate: -3'
check 'from and to: only what is between them is judged' claim_holds \
  'quantity: (t - 0.5)^2, bound: 0.05, absolute: true, from: 0.3, to: 0.7'
check 'from and to: if nothing is, the claim is empty' claim_is_empty 'quantity: kl, bound: 1, from: 2'
check 'floor: if nothing is above it, the claim is empty' claim_is_empty 'quantity: kl, bound: 1, floor: 100'
check 'floor: what is below is not judged' claim_holds 'quantity: "max(exp(-9*t), 1e-3)", bound: exp(-9*t), floor: 1e-3'
check 'density: holds of itself at the start' claim_holds 'density: exp(-(x - 1)^2)/sqrt(pi), at: 0'
check 'density: fails at another time' claim_fails 'density: exp(-(x - 1)^2)/sqrt(pi), at: [0, 0.1]'
share='density: 1.001*exp(-(x - 1)^2)/sqrt(pi), at: 0'
check 'density: as a share of its mass' judge 0 plain --strict --set "claims=[{$share, tolerance: 0.001}]"
check 'density: and no less' judge 1 plain --set "claims=[{$share, tolerance: 0.00099}]"
check 'density: along a point, to round-off at a centre' claim_holds 'density: exp(-(x - 1)^2)/sqrt(pi), along: [13/12 + t], at: 0'
check 'density: and not elsewhere' claim_fails 'density: exp(-(x - 1)^2)/sqrt(pi), along: [14/12 + t], at: 0'
check 'density: nor at another time' claim_fails 'density: exp(-(x - 1)^2)/sqrt(pi), along: [13/12], at: 0.1'
outside() {
  exits 2 mflow verify plain.yaml -q --set 'claims=[{density: 1, along: [80*t], at: 0.2}]' >/dev/null &&
    says 'at time 0.2 coordinate 0 is 16, outside the box'
}
check 'density: a point that leaves the box is a mistake in the case' outside
check 'within: a time between outputs, exact of an exponential' claim_holds 'quantity: exp(-3*t), reach: 0.5, within: log(2)/3'
check 'within: and not earlier' claim_fails 'quantity: exp(-3*t), reach: 0.5, within: 0.231'
check 'within: a formula in the initial values' claim_holds 'quantity: kl, reach: 0.1, within: log(kl/0.1)/2'
check 'within: one that is too early' claim_fails 'quantity: kl, reach: 0.1, within: log(kl/0.1)/3'
check 'within: what is never reached' claim_fails 'quantity: mass, reach: 0.5, within: 1'
check 'within: what is there from the start' claim_is_empty 'quantity: mass, reach: 2, within: 0'
check 'order: errors that vanish have none' claim_is_empty 'quantity: 0*mass, exact: 0, order: 2, cells: [[24], [48]]'
# order FINDING-CODE QUANTITY ORDER CELLS: of an error that the grid makes, c h^2 (1 + O(h^2)).
order() {
  judge "$1" plain --set "claims=[{name: it, quantity: $2, exact: 1 - exp(-2*t)/2, at: 0.5, order: $3, cells: $4, tolerance: 0.1}]"
}
order_is_empty() {
  order 0 "$@" && [ "$(cat empty.txt)" = it ]
}
three='[[30], [42], [60]]'
check 'order: the last three errors have it' order 0 cov_xx 2 "$three"
check 'order: and evidently' [ ! -s empty.txt ]
check 'order: two grids show none' order_is_empty cov_xx 2 '[[30], [60]]'
check 'order: nor do errors that fall to something else' order_is_empty 'cov_xx - 1e-3' 2 "$three"
check 'order: an error that does not fall is evidence' order 1 'cov_xx + 1' 2 "$three"
check 'order: so are orders that are too low throughout' order 1 cov_xx 3 "$three"
check 'exact: 0 is met by round-off' claim_holds 'quantity: mean_x, exact: 0' --set "$rest"
check 'exact: and not by more' claim_fails 'quantity: mean_x + 1e-14, exact: 0' --set "$rest"
echo 'coordinate: log' >>plain.yaml
check 'log_ratio: holds of itself at the start' claim_holds \
  'log_ratio: -(x - 1)^2 + x^2/2 + log(2)/2, at: 0, absolute: true'
check 'log_ratio: fails at another time' claim_fails 'log_ratio: -(x - 1)^2 + x^2/2 + log(2)/2, at: 0.1, absolute: true'


# ---- units, tolerances, times ----

# One flow in units of any size: V = x^2/(2 L^2) and alpha = L^2/T have the rate 2/T, which the grid knows to 2e-6.
cat >units.yaml <<'END'
parameters: {length: 1, unit: 1}
grid: {cells: [200], box: [[-7*length, 7*length]]}
target: {potential: (x/length)^2/2}
initial: {gaussian: {mean: [length/2], covariance: length^2}}
energy: kl
geometry: {wasserstein: length^2/unit}
time: {end: 5*unit, output: 0.05*unit}
END
for unit in 1e-12 1e-6 1 1e6 1e12; do
  in_units="--set length=1e3 --set unit=$unit"
  # shellcheck disable=SC2086 # these are words
  check "rate: the truth holds in units of $unit, two percent more and what it is not fail" breaks units '102; 5; grows' $in_units \
    --set 'claims=[{name: "100", quantity: kl, rate: 2/unit}, {name: "102", quantity: kl, rate: 2.04/unit},
      {name: "5", quantity: kl, rate: 10/unit}, {name: grows, quantity: kl, rate: -2/unit}]'
done
zero() {
  exits 2 mflow verify plain.yaml -q --set 'claims=[{quantity: kl, rate: 0}]' >/dev/null && says 'a rate of 0 has no size'
}
check 'rate: 0 cannot be compared with' zero

# In the MMD geometry MMD e^(beta t) is constant but for the integrator, whose steps add up.
cat >mmd.yaml <<'END'
parameters: {beta: 1}
grid: {cells: [100], box: [[-5, 5]]}
target: {gaussian: {mean: [0], covariance: 1}}
initial: {gaussian: {mean: [1], covariance: 0.5}, mass: 2}
energy: {mmd: {kernel: gaussian, bandwidth: 1}}
geometry: {mmd: beta}
time: {end: 100, output: 1, rtol: 1e-9}
claims:
  - {name: constant, quantity: mmd*exp(beta*t), conserved: true}
  - {name: slower, quantity: mmd*exp(0.9999*beta*t), conserved: true}
  - {name: faster, quantity: mmd*exp(1.0001*beta*t), conserved: true}
  - {name: mass, quantity: mass, conserved: true}
END
for how in adams bdf; do
  for rtol in 1e-10 1e-9 1e-6; do
    check "conserved: MMD e^(beta t) within what $how does at $rtol, one part in 1e4 of beta is seen" breaks mmd \
      'slower; faster; mass' --set time.rtol=$rtol --set time.integrator=$how
  done
done

first_and_worst() {
  judge 1 plain --set 'claims=[{name: it, quantity: t, bound: "t < 0.33 ? 1 : 0.5 - (t - 0.75)^2", absolute: true}]' &&
    python3 - "$scratch/.out" <<'END'
import json, sys
claim = json.load(open(sys.argv[1]))["claims"][0]
assert abs(claim["first_time"] - 0.35) < 1e-9 and abs(claim["worst_time"] - 1) < 1e-9, claim
END
}
check_with python3 'a failing bound tells when it fails first, and when it is worst' first_and_worst
both_times() {
  exits 1 mflow verify plain.yaml -q --set 'claims=[{name: it, quantity: t, bound: "0.35", absolute: true}]' >/dev/null &&
    grep -q 'it: fails from t = 0.4 on, worst at t = 1 by' "$scratch/.out"
}
check 'and says so in words' both_times
word_empty() {
  exits 0 mflow verify plain.yaml -q --set 'claims=[{name: it, quantity: kl, bound: 1, from: 2}]' >/dev/null &&
    grep -q '^empty ' "$scratch/.out" && grep -q '0 hold, 0 fail, 1 is empty' "$scratch/.out"
}
check 'a claim that is empty says so in words' word_empty

verdicts_are_written() {
  exits 1 mflow verify plain.yaml -q -o judged --force --set 'claims=[{name: it, quantity: kl, bound: exp(-9*t)},
    {name: nothing, quantity: kl, bound: 1, from: 2}, {name: falls, quantity: kl, nonincreasing: true},
    {name: start, density: exp(-(x - 1)^2)/sqrt(pi), at: 0, tolerance: 0.1}]' >/dev/null &&
    ncdump -h judged_history.nc >header && grep -q 'claim_1:verdict = "fails"' header &&
    grep -q 'claim_2:verdict = "empty"' header && grep -q 'claim_3:verdict = "holds"' header &&
    grep -q ':verdicts = "1 fails: it\\n",' header && grep -q '"4 holds: start"' header &&
    mflow plot judged --quantity kl >picture && grep -q 'exp(-9\*t) times the start, fails' picture
}
check_with ncdump 'verdicts are in the history, and pictures show those that do not hold' verdicts_are_written

# ---- vacuum ----

# The exact solution is u = u0^(e^-t) where there was mass to start with, and nothing elsewhere.
cat >vacuum.yaml <<'END'
formulas:
  pi_x: exp(-x^2/2)/sqrt(2*pi)
  inside: "x > 0 && x < 2 ? 1 : 0"
grid: {cells: [40], box: [[-4, 4]]}
target: {density: pi_x, normalise: false}
initial: {uniform: [0, 2]}
energy: kl
geometry: {hellinger: 1}
time: {end: 10, output: 0.5, rtol: 1e-8}
claims:
  - name: density
    density: "inside*pi_x*(0.5/pi_x)^exp(-t)"
    at: [0.5, 1, 2, 5, 10]
    tolerance: 1e-5
END
check 'vacuum stays empty where nothing moves' judge 0 vacuum

finish
