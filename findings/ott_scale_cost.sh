#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# OTT-JAX 0.6.0 (jax 0.10.2), ott.tools.sinkhorn_divergence with PointCloud(..., scale_cost="mean").
#
# Expected: scale_cost divides the costs by one number, so that the divergence is the plain one in another unit: 0 for equal
# measures, positive otherwise.  (epsilon is shared among the three transport problems for that reason.)
# Seen: each of the three divides by the mean of its own matrix, in which points of weight 0 count as well, and the difference
# of the three is no divergence.  A cloud shrunk to a half and one blown up to its double are at the same distance from it, where
# the plain values differ by four.  Two clouds that differ by the place of a point of weight 0, one measure, are at -0.041; with
# a weight of 1e-4 at that point the value is -0.039, of a plain one of +0.018.
# A descent of it goes elsewhere than to its target.  Give scale_cost as a number, or scale the points.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'numpy==2.4.6' 'scipy==1.17.1' 'jax==0.10.2' 'jaxlib==0.10.2' 'ott-jax==0.6.0'
"$folder/venv/bin/python" -W ignore - <<'END'
import jax
import numpy as np
import ott
from ott.geometry.pointcloud import PointCloud
from ott.tools.sinkhorn_divergence import sinkhorn_divergence

assert ott.__version__ == '0.6.0' and jax.__version__ == '0.10.2', (ott.__version__, jax.__version__)
jax.config.update('jax_enable_x64', True)
plain = jax.jit(lambda x, y, a: sinkhorn_divergence(PointCloud, x, y, a=a, b=a, epsilon=.05)[0])
scaled = jax.jit(lambda x, y, a: sinkhorn_divergence(PointCloud, x, y, a=a, b=a, epsilon=.05, scale_cost='mean')[0])
cloud, middle = np.random.default_rng(0).random((21, 2)), .5


def both(title, y, a):
    values = float(plain(cloud, y, a)), float(scaled(cloud, y, a))
    print(f'{title}: plain {values[0]:.4g}, scale_cost="mean" {values[1]:.4g}')
    return values


def weights(last):
    a = np.append(np.full(20, 1 / 20), last)
    return a / a.sum()


moved = cloud.copy()
moved[20] += 10
equal = np.full(21, 1 / 21)
half = both('shrunk to a half', middle + (cloud - middle) / 2, equal)
double = both('blown up to the double', middle + (cloud - middle) * 2, equal)
none = both('a point of weight 0 elsewhere', moved, weights(0))
little = both('a point of weight 1e-4 elsewhere', moved, weights(1e-4))
assert abs(none[0]) < 1e-5 and little[0] > .01
assert abs(half[1] / double[1] - 1) < .05 and double[0] > 3 * half[0]
assert none[1] < -.02 and little[1] < -.02
END
