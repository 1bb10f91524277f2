# SPDX-License-Identifier: BSD-3-Clause
"""Writes particles for `mflow compare RUN.nc PARTICLES.csv`: one line a particle and snapshot."""
import csv


def write_particles(path, times, positions, weights=None):
    """positions[k][i]: the 1 to 3 coordinates of particle i at times[k]; weights[k][i] >= 0, or None if equal."""
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["time", *"xyz"[: len(positions[0][0])], *(["weight"] if weights is not None else [])])
        for k, time in enumerate(times):
            for i, x in enumerate(positions[k]):
                row = [time, *x] if weights is None else [time, *x, weights[k][i]]
                out.writerow([repr(float(number)) for number in row])
