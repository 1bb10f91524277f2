# SPDX-License-Identifier: BSD-3-Clause
"""The shared library from another language: no struct is laid out here, all are handles, numbers, texts and functions.

    python3 tests/library.py LIBMFLOW.SO        prints what went wrong, if something did
"""
import math
import sys
from ctypes import (CDLL, CFUNCTYPE, POINTER, byref, c_bool, c_char_p, c_double, c_int, c_ssize_t, c_void_p)

lib = CDLL(sys.argv[1])
lib.mf_error.restype = c_char_p
lib.mf_version.restype = c_char_p
lib.mf_solution_parse.argtypes = [POINTER(c_void_p), c_char_p, c_char_p, c_char_p, POINTER(c_char_p), c_int]
lib.mf_solution_to.argtypes = [c_void_p, c_double]
lib.mf_solution_run.argtypes = [c_void_p, c_char_p, c_bool]
lib.mf_solution_time.argtypes = [c_void_p]
lib.mf_solution_time.restype = c_double
lib.mf_solution_field.argtypes = [c_void_p, c_char_p, POINTER(POINTER(c_double))]
lib.mf_solution_value.argtypes = [c_void_p, c_char_p, POINTER(c_double)]
lib.mf_solution_rows.argtypes = [c_void_p]
lib.mf_solution_series.argtypes = [c_void_p, c_char_p, POINTER(c_double)]
lib.mf_solution_column.argtypes = [c_void_p, c_int]
lib.mf_solution_column.restype = c_char_p
lib.mf_solution_grid.argtypes = [c_void_p]
lib.mf_solution_grid.restype = c_void_p
lib.mf_solution_free.argtypes = [c_void_p]
lib.mf_grid_cells.argtypes = [c_void_p]
lib.mf_grid_cells.restype = c_ssize_t
lib.mf_grid_volume.argtypes = [c_void_p]
lib.mf_grid_volume.restype = c_double
lib.mf_grid_coordinate.argtypes = [c_void_p, c_int, c_ssize_t]
lib.mf_grid_coordinate.restype = c_double
VALUE = CFUNCTYPE(c_double, c_void_p, c_void_p, POINTER(c_double))
VARIATION = CFUNCTYPE(None, c_void_p, c_void_p, POINTER(c_double), POINTER(c_double))
lib.mf_own_energy.argtypes = [c_char_p, VALUE, VARIATION, c_void_p]


def do(status):
    assert status == 0, lib.mf_error().decode()


class Solution:
    """A case, solved: what a binding would look like."""

    def __init__(self, text, **changes):
        assignments = [f'{key}={value}'.encode() for key, value in changes.items()]
        array = (c_char_p * len(assignments))(*assignments)
        self.handle = c_void_p()
        do(lib.mf_solution_parse(byref(self.handle), b'case', text.encode(), None, array, len(assignments)))
        self.grid = lib.mf_solution_grid(self.handle)
        self.cells = lib.mf_grid_cells(self.grid)

    def __del__(self):
        lib.mf_solution_free(self.handle)

    def to(self, t):
        do(lib.mf_solution_to(self.handle, t))
        return self

    def field(self, name):
        values = POINTER(c_double)()
        do(lib.mf_solution_field(self.handle, name.encode(), byref(values)))
        return values[:self.cells]

    def __getitem__(self, column):
        value = c_double()
        do(lib.mf_solution_value(self.handle, column.encode(), byref(value)))
        return value.value

    def series(self, column):
        values = (c_double * lib.mf_solution_rows(self.handle))()
        do(lib.mf_solution_series(self.handle, column.encode(), values))
        return list(values)

    def integral(self, density, of=lambda x: 1):
        volume = lib.mf_grid_volume(self.grid)
        return volume * sum(r * of(lib.mf_grid_coordinate(self.grid, 0, c)) for c, r in enumerate(density))


OU = '''
grid: {cells: 100, box: [-8, 8]}
target: {gaussian: {mean: 0, covariance: 1}}
initial: {gaussian: {mean: 1.5, covariance: 0.5}}
energy: kl
geometry: wasserstein
time: {end: 1, output: 0.25}
output: {fields: 0.5}
'''


def fokker_planck():
    """Mass is kept, and the mean of the Ornstein-Uhlenbeck flow is m e^-t; h^2 = 0.026 is the error of the grid."""
    s = Solution(OU)
    for t in (0, 0.5, 1):
        rho, pi, xi = s.to(t).field('density'), s.field('target'), s.field('first_variation')
        assert len(rho) == 100 and lib.mf_solution_time(s.handle) == t
        assert abs(s['mass'] - 1) < 1e-12 and abs(s.integral(rho) - s['mass']) < 1e-12
        mean = s.integral(rho, lambda x: x)
        assert abs(mean - s['mean_x']) < 1e-12 and abs(mean - 1.5 * math.exp(-t)) < 0.026
        assert all(abs(x - math.log(r / p)) < 1e-9 for r, p, x in zip(rho, pi, xi) if r > 1e-6)
    kl = s.series('kl')
    assert len(kl) == 3 and kl[0] > kl[1] > kl[2] > 0 and kl[2] == s['kl']


def changes():
    """Assignments, a whole run, the names of its columns."""
    s = Solution(OU, **{'grid.cells': 64, 'initial.gaussian.mean': 1})
    do(lib.mf_solution_run(s.handle, None, False))
    assert s.cells == 64 and s.series('time') == [0, 0.25, 0.5, 0.75, 1]
    assert abs(s['mean_x'] - math.exp(-1)) < 0.0625  # h^2
    columns = []
    while (name := lib.mf_solution_column(s.handle, len(columns))) is not None:
        columns.append(name.decode())
    assert columns[0] == 'time' and 'he2' in columns


def own_energy():
    """F = (M - 1)^2/2 of the second moment M, whose Wasserstein flow has M' = -4 (M - 1) M."""

    def moment(grid, density):
        return lib.mf_grid_volume(grid) * sum(
            density[c] * lib.mf_grid_coordinate(grid, 0, c)**2 for c in range(lib.mf_grid_cells(grid)))

    @VALUE
    def value(_, grid, density):
        return (moment(grid, density) - 1)**2 / 2

    @VARIATION
    def variation(_, grid, density, xi):
        slope = moment(grid, density) - 1
        for c in range(lib.mf_grid_cells(grid)):
            xi[c] = slope * lib.mf_grid_coordinate(grid, 0, c)**2

    do(lib.mf_own_energy(b'moment', value, variation, None))
    s = Solution('''
        grid: {cells: 100, box: [-4, 4]}
        initial: {gaussian: {mean: 0, covariance: 0.25}}
        energy: {moment: 1}
        geometry: wasserstein
        time: {end: 0.5}
        ''')
    for t in (0, 0.25, 0.5):
        second = s.to(t)['cov_xx'] + s['mean_x']**2
        assert abs(second - 1 / (1 + 3 * math.exp(-4 * t))) < 0.0064  # h^2
        assert abs(s['energy'] - (second - 1)**2 / 2) < 1e-12


def mistakes():
    """A status, and a message that says where."""
    none = c_void_p()
    status = lib.mf_solution_parse(byref(none), b'case', OU.replace('kl', 'kll').encode(), None, None, 0)
    assert status == -2 and none.value is None
    message = lib.mf_error().decode()
    assert message.startswith("case:5:9: error: there is no energy 'kll'; did you mean 'kl'?"), message
    assert lib.mf_solution_to(Solution(OU).handle, 2) == -2


assert lib.mf_version()
for test in (fokker_planck, changes, own_energy, mistakes):
    test()
