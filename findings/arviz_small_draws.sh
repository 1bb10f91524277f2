#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ArviZ 0.23.4, az.ess and az.mcse of the mean (arviz-stats 0.8.0 does the same).
#
# Expected: the effective sample size does not depend on the unit of the draws, their Monte Carlo error is in that unit, and
# chains that never moved have no effective size (NaN, as their rhat is).
# Seen: draws whose extent is below 1e-15, an absolute number, count as constant, and constant draws as independent: four
# chains of 1000 draws with an effective size of 24 have one of 4000 after multiplication with 1e-18, and the error of the mean
# that is reported is 13 times too small.  rhat and the rank-normalised size do not change.  Densities and rates are often
# that small: divide them by their scale first, and do not trust the size of a quantity that never moved.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'numpy==2.4.6' 'scipy==1.17.1' 'arviz==0.23.4'
"$folder/venv/bin/python" -W ignore - <<'END'
import arviz as az
import numpy as np

assert az.__version__ == '0.23.4', az.__version__
generator = np.random.default_rng(0)
noise, draws = generator.standard_normal((4, 1000)), np.zeros((4, 1000))
for i in range(1, 1000):
    draws[:, i] = .98 * draws[:, i - 1] + noise[:, i]
size, error = {}, {}
for scale in (1, 1e-10, 1e-18):
    size[scale] = float(az.ess(scale * draws, method='mean'))
    error[scale] = np.ravel(az.mcse(scale * draws, method='mean'))[0] / scale
    print(f'draws times {scale:g}: effective size {size[scale]:.4g}, error of the mean {error[scale]:.3g} times {scale:g}, '
          f'rhat {float(az.rhat(scale * draws)):.3f}')
still = np.ones((4, 100))
print(f'400 equal draws: effective size {az.ess(still):g}, rhat {az.rhat(still):g}')
assert size[1] < 50 and abs(size[1e-10] / size[1] - 1) < 1e-6 and size[1e-18] == 4000
assert error[1e-18] < error[1] / 10
assert az.ess(still) == 400 and np.isnan(az.rhat(still))
END
