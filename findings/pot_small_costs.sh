#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# POT 0.9.7.post1 (Python Optimal Transport), ot.emd and ot.emd2: the exact simplex.
#
# Expected: the problem is linear in the cost, so the plan for s*M is the plan for M, whatever the unit of length.
# Seen: for costs of order 1 down to 1e-11 the value is right to 15 digits.  With squared distances of 1e-12 (lengths in
# micrometres written in metres) it is 1 % too large, of 1e-14 20 %, always with result code 1, "optimal", and without a
# warning: reduced costs are compared with an absolute tolerance.  Divide costs by their largest value first.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'numpy==2.4.6' 'scipy==1.17.1' 'POT==0.9.7.post1'
"$folder/venv/bin/python" - <<'END'
import warnings
import numpy as np
import ot

assert ot.__version__ == '0.9.7.post1', ot.__version__
x = np.linspace(0, 1, 50)
a, b = np.exp(-(x - .3)**2 / .01), np.exp(-(x - .6)**2 / .02)
a, b = a / a.sum(), b / b.sum()
cost = (x[:, None] - x[None])**2
warnings.simplefilter('error')
exact = ot.wasserstein_1d(x, x, a, b, p=2)
error = {}
for scale in (1, 1e-6, 1e-11, 1e-12, 1e-14):
    plan, log = ot.emd(a, b, scale * cost, log=True)
    assert log['warning'] is None and log['result_code'] == 1, log
    error[scale] = (plan * cost).sum() / exact - 1
    print(f'costs times {scale:g}: value off by {error[scale]:.2e}, result code {log["result_code"]}')
assert abs(error[1]) < 1e-12 and abs(error[1e-11]) < 1e-12
assert .005 < error[1e-12] < .02 and .15 < error[1e-14] < .25
END
