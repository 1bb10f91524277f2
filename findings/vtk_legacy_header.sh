#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# VTK 9.7.2, vtkStructuredPointsWriter and its reader (.vtk, the legacy format), written in binary.
#
# Expected: a binary file of doubles gives back the grid that was written, to the last bit.
# Seen: values come back exactly, but the origin and the spacing are text of six digits, whatever the file type: a
# grid of 3000 cells of 1/3 on [0,1000] comes back on [0,999.999], an origin of 100000.4 as 100000, and a window of width 1e-3
# at 1 + 1e-7 begins at 1.  Integrals over the grid change by as much (1e-6).  The XML format (.vti) keeps all digits, and so do
# the coordinates of rectilinear grids in binary.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'numpy==2.4.6' 'vtk==9.7.2'
cd "$folder"
"$folder/venv/bin/python" - <<'END'
import vtk

assert vtk.vtkVersion().GetVTKVersion() == '9.7.2'


def there_and_back(image, writer, reader, name):
    writer.SetFileName(name)
    writer.SetInputData(image)
    writer.Write()
    reader.SetFileName(name)
    reader.Update()
    out = reader.GetOutput()
    print(f'{name}: origin {out.GetOrigin()[0]!r}, spacing {out.GetSpacing()[0]!r}, end {out.GetBounds()[1]!r}')
    return out


def grid(origin, spacing, cells):
    image = vtk.vtkImageData()
    image.SetDimensions(cells + 1, 1, 1)
    image.SetOrigin(origin, 0, 0)
    image.SetSpacing(spacing, 1, 1)
    values = vtk.vtkDoubleArray()
    values.SetName('density')
    for i in range(cells):
        values.InsertNextValue(1 / (i + 3))
    image.GetCellData().AddArray(values)
    return image


def legacy(image, name):
    writer = vtk.vtkStructuredPointsWriter()
    writer.SetFileTypeToBinary()
    points = vtk.vtkStructuredPoints()
    points.ShallowCopy(image)
    return there_and_back(points, writer, vtk.vtkStructuredPointsReader(), name)


thirds, far, near = grid(0, 1 / 3, 3000), grid(100000.4, 1, 10), grid(1 + 1e-7, 1e-4, 10)
xml = there_and_back(thirds, vtk.vtkXMLImageDataWriter(), vtk.vtkXMLImageDataReader(), 'thirds.vti')
old = legacy(thirds, 'thirds.vtk')
old_far, old_near = legacy(far, 'far.vtk'), legacy(near, 'near.vtk')
values = old.GetCellData().GetArray('density')
assert all(values.GetValue(i) == 1 / (i + 3) for i in range(3000))
assert xml.GetSpacing()[0] == 1 / 3
assert old.GetSpacing()[0] == .333333 and abs(old.GetBounds()[1] - 999.999) < 1e-9
assert old_far.GetOrigin()[0] == 100000 and old_near.GetOrigin()[0] == 1
END
