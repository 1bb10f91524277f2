#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# netCDF-C 4.9.0 as Debian 12 ships it (libnetcdf-dev 1:4.9.0-3+b1).
#
# Expected: a filter that the library was built without is refused, as nc_def_var_bzip2 and nc_def_var_blosc are.
# Seen: nc_def_var_zstandard returns NC_NOERR, and the variable is written uncompressed: a megabyte of zeros takes a megabyte,
# while deflate makes some kilobytes of it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -o APT::Sandbox::User=root download -q libnetcdf-dev=1:4.9.0-3+b1 libnetcdf19=1:4.9.0-3+b1 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
cat >try.c <<'END'
#include <netcdf.h>
#include <netcdf_filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static double zeros[131072];

static long size_with(const char *filter, const char *path)
{
  int file, dimension, variable;
  nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file);
  nc_def_dim(file, "x", 131072, &dimension);
  nc_def_var(file, "v", NC_DOUBLE, 1, &dimension, &variable);
  const int status = !strcmp(filter, "zstandard") ? nc_def_var_zstandard(file, variable, 3)
                                                  : nc_def_var_deflate(file, variable, 1, 1, 1);
  nc_put_var_double(file, variable, zeros);
  nc_close(file);
  struct stat info;
  stat(path, &info);
  printf("%s: status %d, %ld bytes\n", filter, status, (long)info.st_size);
  return status ? -1 : (long)info.st_size;
}

int main(void)
{
  printf("netCDF %s\n", nc_inq_libvers());
  const long with_zstandard = size_with("zstandard", "z.nc"), with_deflate = size_with("deflate", "d.nc");
  return !(with_zstandard > 1000000 && with_deflate > 0 && with_deflate < 100000);
}
END
lib=root/usr/lib/$(gcc -print-multiarch)
gcc -isystem root/usr/include try.c -o try "$lib/libnetcdf.so.19" -Wl,-rpath,"$PWD/$lib" -Wl,--allow-shlib-undefined
./try
