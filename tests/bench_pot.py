#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""W2^2 of the Gaussians of bench.py by POT's exact solver between point masses at the centres of cells, for `make bench`.

usage: bench_pot.py CELLS MEAN_A COVARIANCE_A MEAN_B COVARIANCE_B, each as JSON; prints {"square": ..., "cpu_s": ...}.  Needs
NumPy and POT (python3-pot)."""
import json
import sys
import time

import numpy
import ot

n = int(sys.argv[1])
x = (numpy.arange(n) + 0.5) / n
points = numpy.stack(numpy.meshgrid(x, x, indexing='ij'), axis=-1).reshape(-1, 2)


def masses(mean, covariance):
    d = points - numpy.array(mean)
    m = numpy.exp(-0.5 * numpy.einsum('ij,jk,ik->i', d, numpy.linalg.inv(numpy.array(covariance)), d))
    kept = m > 1e-7 * m.max()
    return points[kept], m[kept] / m[kept].sum()


a, b = (masses(json.loads(sys.argv[i]), json.loads(sys.argv[i + 1])) for i in (2, 4))
start = time.process_time()
square = ot.emd2(a[1], b[1], ot.dist(a[0], b[0]), numItermax=10_000_000)
print(json.dumps({'square': float(square), 'cpu_s': time.process_time() - start}))
