#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# SciPy 1.17.1, scipy.stats.wasserstein_distance_nd (W_1 in any dimension, through HiGHS).
#
# Expected: a distance: never negative, and c times as large for points c times as far apart; if the linear program is not
# solved, an exception.
# Seen: the program is handed over in the user's units, and HiGHS allows 1e-7, absolutely, in its conditions.  With 40 points
# in a square of side 1e-6 the value is 4 % too large, of side 1e-7 57 %, and of side 1e-8 it is 3.5 times the distance.  If 1e-7
# of the mass moves by 1, the value is -1e-7; if 1e-8 does, it is 0.  Nothing is raised or warned of.  The one-dimensional
# wasserstein_distance is right in all of these.  Divide points by their extent first, and do not resolve differences of mass
# below 1e-6: late in a flow, when the distance to the target falls to that, its decay is that of the solver.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'numpy==2.4.6' 'scipy==1.17.1'
"$folder/venv/bin/python" - <<'END'
import warnings
import numpy as np
import scipy
from scipy.stats import wasserstein_distance, wasserstein_distance_nd

assert scipy.__version__ == '1.17.1', scipy.__version__
warnings.simplefilter('error')
generator = np.random.default_rng(0)
u, v = generator.random((40, 2)), generator.random((40, 2))
whole = wasserstein_distance_nd(u, v)
error = {}
for scale in (1e6, 1e-3, 1e-6, 1e-7, 1e-8):
    error[scale] = wasserstein_distance_nd(scale * u, scale * v) / (scale * whole) - 1
    print(f'square of side {scale:g}: distance off by {error[scale]:.2g}')
assert abs(error[1e6]) < 1e-12 and abs(error[1e-3]) < 1e-12
assert .01 < error[1e-6] < .1 and .3 < error[1e-7] < 1 and 2 < error[1e-8] < 3

points = np.array([0., 1.])
distance = {}
for mass in (1e-6, 1e-7, 1e-8):
    a, b = [1 - mass, mass], [1 - 2 * mass, 2 * mass]
    distance[mass] = wasserstein_distance_nd(points[:, None], points[:, None], a, b)
    exact = wasserstein_distance(points, points, a, b)
    print(f'mass {mass:g} moved by 1: wasserstein_distance {exact:.6g}, wasserstein_distance_nd {distance[mass]:.6g}')
    assert abs(exact / mass - 1) < 1e-6
assert abs(distance[1e-6] / 1e-6 - 1) < 1e-6 and distance[1e-7] < 0 and distance[1e-8] == 0
END
