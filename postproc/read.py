#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One figure of a run: fields at some times, and what decays.

    python3 postproc/read.py [--force] NAME.nc [FIGURE.png]

A figure that is there is replaced with --force only.

Reading takes five lines of xarray:

    import xarray
    fields = xarray.open_dataset('NAME.nc')             # density(time, z, y, x), target(z, y, x), x, y, z, time
    history = xarray.open_dataset('NAME_history.nc')    # energy(time), kl(time), mass(time), ...
    last = fields.density.isel(time=-1)
    mass = float(last.sum() * cell)                     # cell: the product of the lengths in x_bnds, y_bnds, z_bnds

Without xarray, netCDF4 reads the same arrays: netCDF4.Dataset('NAME.nc')['density'][-1].  NAME.nc is HDF5 below netCDF-4,
which scipy.io does not read."""
import os
import sys

import matplotlib

matplotlib.use('Agg')  # no window
import matplotlib.pyplot as plot  # noqa: E402
import numpy  # noqa: E402

AXES = 'xyz'
DECAYING = ('energy', 'kl', 'inclusive_kl', 'chi2', 'he2', 'mmd')


def open_run(path):
    """Every variable of a netCDF file, by name, as an array of numpy."""
    try:
        import xarray
        with xarray.open_dataset(path) as data:
            return {name: data[name].values for name in data.variables}
    except ImportError:
        import netCDF4
        with netCDF4.Dataset(path) as data:
            return {name: numpy.array(data[name][:]) for name in data.variables}


def cell_volume(fields):
    volume = 1.0
    for axis in AXES:
        if axis + '_bnds' in fields:
            bounds = fields[axis + '_bnds']
            volume *= (bounds[-1, 1] - bounds[0, 0]) / len(bounds)
    return volume


def edges(fields, axis):
    bounds = fields[axis + '_bnds']
    return numpy.append(bounds[:, 0], bounds[-1, 1])


def draw_line(axes, fields):
    times = fields['time']
    for i in sorted({0, len(times) // 8, len(times) // 3, len(times) - 1}):
        axes.plot(fields['x'], fields['density'][i], label='t = %.4g' % times[i])
    if 'target' in fields:
        axes.plot(fields['x'], fields['target'], 'k--', linewidth=1, label='target')
    axes.set(xlabel='x', ylabel='density', xlim=edges(fields, 'x')[[0, -1]])
    axes.legend(frameon=False)


def draw_map(figure, axes, fields):
    """In three dimensions the marginal in x and y."""
    def flat(values):
        if values.ndim == 2:
            return values
        bounds = fields['z_bnds']
        return values.sum(axis=0) * (bounds[-1, 1] - bounds[0, 0]) / len(bounds)

    picture = axes.pcolormesh(edges(fields, 'x'), edges(fields, 'y'), flat(fields['density'][-1]), vmin=0)
    figure.colorbar(picture, ax=axes, label='density' if 'z' not in fields else 'density, integrated over z')
    if 'target' in fields and len(fields['x']) > 1 and len(fields['y']) > 1:
        axes.contour(fields['x'], fields['y'], flat(fields['target']), 5, colors='white', linewidths=0.8)
    axes.set(xlabel='x', ylabel='y', title='t = %.4g, lines: target' % fields['time'][-1] if 'target' in fields
             else 't = %.4g' % fields['time'][-1], aspect='equal')


def draw_decay(axes, history):
    for name in DECAYING:
        if name in history:
            positive = history[name] > 0
            if positive.any():
                axes.semilogy(history['time'][positive], history[name][positive], label=name.replace('_', ' '))
    axes.set(xlabel='t', xlim=history['time'][[0, -1]])
    axes.legend(frameon=False)


def main(path, figure_path=None, force=False):
    base = path[:-3] if path.endswith('.nc') else path
    out = figure_path or base + '.png'
    if os.path.exists(out) and not force:
        sys.exit('%s is there already: --force replaces it' % out)
    fields, history = open_run(base + '.nc'), open_run(base + '_history.nc')
    mass = [float(density.sum() * cell_volume(fields)) for density in fields['density']]
    figure, (left, right) = plot.subplots(1, 2, figsize=(11, 4.5), constrained_layout=True)
    if 'y' in fields:
        draw_map(figure, left, fields)
    else:
        draw_line(left, fields)
    draw_decay(right, history)
    figure.savefig(out, dpi=110)
    print('%s: %d records to t = %g, mass %.15g -> %.15g' % (out, len(mass), fields['time'][-1], mass[0], mass[-1]))


if __name__ == '__main__':
    words = [word for word in sys.argv[1:] if word != '--force']
    if len(words) not in (1, 2) or not os.path.isfile(words[0]):
        sys.exit('usage: read.py [--force] NAME.nc [FIGURE.png]')
    main(*words, force='--force' in sys.argv)
