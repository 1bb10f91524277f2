#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# SciPy 1.17.1, scipy.io.netcdf_file in mode "a", with netCDF4 1.7.5.1.post1 to read.
#
# Expected: a record appended to one record variable holds the fill value (9.97e36) in the others until they are written, as
# with the netCDF library, so that a run which ended between two variables shows.
# Seen: the others are lengthened by repeating what they hold from the start (numpy.resize): a history whose last
# time was appended without its energy ends with the energy of t = 0, a plausible number that is wrong.  In a file that is newly
# written the same gap reads 0.  Write every variable of a record, or append with the netCDF library.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'numpy==2.4.6' 'scipy==1.17.1' 'netCDF4==1.7.5.1.post1'
cd "$folder"
"$folder/venv/bin/python" - <<'END'
import netCDF4
import numpy as np
import scipy
from scipy.io import netcdf_file

assert scipy.__version__ == '1.17.1', scipy.__version__


def history(name):
    file = netCDF4.Dataset(name, 'w', format='NETCDF3_64BIT_OFFSET')
    file.createDimension('time', None)
    file.createVariable('time', 'f8', ('time',))[:] = [0, 1, 2]
    file.createVariable('energy', 'f8', ('time',))[:] = [8, 4, 2]
    file.close()


def energy(name):
    with netCDF4.Dataset(name) as file:
        values = np.ma.getdata(file['energy'][:]).tolist()
    print(f'{name}: energy {values}')
    return values


history('netcdf.nc')
with netCDF4.Dataset('netcdf.nc', 'a') as file:
    file['time'][3:5] = [3, 4]
history('scipy.nc')
with netcdf_file('scipy.nc', 'a') as file:
    file.variables['time'][3] = 3
    file.variables['time'][4] = 4
with netcdf_file('new.nc', 'w') as file:
    file.createDimension('time', None)
    time = file.createVariable('time', 'd', ('time',))
    new = file.createVariable('energy', 'd', ('time',))
    time[0], time[1], new[0] = 0, 1, 8
fill = netCDF4.default_fillvals['f8']
assert energy('netcdf.nc') == [8, 4, 2, fill, fill]
assert energy('scipy.nc') == [8, 4, 2, 8, 4]
assert energy('new.nc') == [8, 0]
END
