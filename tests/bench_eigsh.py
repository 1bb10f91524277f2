#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rival of `mflow gap` in `make bench`: SciPy's eigsh by a shifted factorisation, on the matrix of the same chain.

usage: bench_eigsh.py CELLS SIGMA

The chain is that of 20 kT wells, turned against the grid of CELLS^2 cells, with square-root weights w = sqrt(pi pi')/h^2; its matrix
is sqrt(pi) L / sqrt(pi).  Prints a JSON line: the two eigenvalues next to SIGMA and the processor's seconds that eigsh took."""
import json
import sys
import time

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as linalg


def matrix(n):
    h = 3.4 / n
    x, y = np.meshgrid(-1.7 + (np.arange(n) + 0.5) * h, -1.7 + (np.arange(n) + 0.5) * h)
    along, across = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x
    v = 20 * (along**2 - 1)**2 + 5 * across**2
    v -= v.min()
    number = np.arange(n * n).reshape(n, n)
    low = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    high = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    v = v.ravel()
    weight = np.exp(-(v[low] + v[high]) / 2) / h**2
    diagonal = (np.bincount(low, weight, n * n) + np.bincount(high, weight, n * n)) * np.exp(v)
    off = np.full(low.size, -1 / h**2)
    return sparse.csc_matrix((np.concatenate([off, off, diagonal]), (np.concatenate([low, high, number.ravel()]),
                                                                    np.concatenate([high, low, number.ravel()]))))


def main():
    a = matrix(int(sys.argv[1]))
    begin = time.process_time()
    values = linalg.eigsh(a, k=2, sigma=float(sys.argv[2]), which='LM')[0]
    print(json.dumps({'cpu_s': time.process_time() - begin, 'values': sorted(values)}))


main()
