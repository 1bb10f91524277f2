"""Writes particles for `mflow compare RUN.nc PARTICLES.csv`: one line a particle and snapshot."""
import csv


def write_particles(path, times, positions, weights=None):
    """positions[k][i]: coordinates of particle i at times[k], 1 to 3 of them; weights[k][i] >= 0, or None if all are equal."""
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["time", *"xyz"[: len(positions[0][0])], *(["weight"] if weights is not None else [])])
        for k, time in enumerate(times):
            for i, x in enumerate(positions[k]):
                out.writerow([repr(float(v)) for v in (time, *x, *([weights[k][i]] if weights is not None else []))])
