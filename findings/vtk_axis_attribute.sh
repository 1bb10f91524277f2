#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# VTK 9.7.2, vtkNetCDFCFReader, with netCDF4 1.7.5.1.post1 to write.
#
# Expected: `axis = "X"` and `axis = "Y"`, which the CF conventions recommend for any horizontal coordinate, tell the order of
# the axes of a plane grid.
# Seen: they make the reader take x and y for longitude and latitude, whatever their units ("1" here): a grid on [0,10]^2
# comes back as a curved grid on a part of the unit sphere, with cell data.  Without the attribute it is an image on
# [0,10]^2 with point data.  SphericalCoordinates = 0 cures it for who knows; a file that is to be drawn as it is leaves the
# attribute away.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'numpy==2.4.6' 'vtk==9.7.2' 'netCDF4==1.7.5.1.post1'
cd "$folder"
"$folder/venv/bin/python" - <<'END'
import netCDF4
import numpy as np
import vtk

assert vtk.vtkVersion().GetVTKVersion() == '9.7.2'


def write(name, with_axis):
    file = netCDF4.Dataset(name, 'w', format='NETCDF4_CLASSIC')
    file.Conventions = 'CF-1.8'
    file.createDimension('time', None)
    time = file.createVariable('time', 'f8', ('time',))
    time.units, time.axis = '1', 'T'
    time[:] = [0, 1]
    for axis, cells in (('y', 4), ('x', 6)):
        file.createDimension(axis, cells)
        variable = file.createVariable(axis, 'f8', (axis,))
        variable[:] = np.linspace(0, 10, cells)
        variable.units = '1'
        if with_axis:
            variable.axis = axis.upper()
    file.createVariable('density', 'f8', ('time', 'y', 'x'))[:] = np.arange(48.).reshape(2, 4, 6)
    file.close()


def read(name):
    reader = vtk.vtkNetCDFCFReader()
    reader.SetFileName(name)
    reader.Update()
    out = reader.GetOutput()
    print(f'{name}: {out.GetClassName()}, bounds {[round(b, 3) for b in out.GetBounds()]}')
    return out


write('plain.nc', False)
write('axis.nc', True)
plain, axis = read('plain.nc'), read('axis.nc')
assert plain.GetClassName() == 'vtkImageData' and plain.GetBounds()[:4] == (0, 10, 0, 10)
assert plain.GetPointData().GetArray('density') and not plain.GetCellData().GetArray('density')
assert axis.GetClassName() == 'vtkStructuredGrid' and max(map(abs, axis.GetBounds())) <= 1
assert axis.GetCellData().GetArray('density')
END
