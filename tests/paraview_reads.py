# SPDX-License-Identifier: BSD-3-Clause
"""What ParaView makes of the files of a run, in TAP: paraview_reads.py DIRECTORY, run by paraview.sh under pvpython.

DIRECTORY holds run1.nc, run2.nc, run3.nc and single.nc of write_sample; it gets the pictures.  The netCDF reader shows
point data at the cell centres; the XDMF reader shows cell data on the box.
(This file must not be called paraview.py: Python would import it in place of ParaView's own module.)"""
import math
import os
import sys

from paraview import simple

from paraview_sample import CELLS, LOWER, UPPER, centre, density, output, potential, read_picture, step, target

TIMES = [0.0, 0.25, 1.0]
BACKGROUND = (0.0, 0.0, 1.0)

tests = 0


def report(what, errors):
    """One line of TAP: ok if the list of errors is empty."""
    global tests
    tests += 1
    print('%sok %d - %s' % ('not ' if errors else '', tests, what))
    for error in errors[:5]:
        print('#   ' + error)
    sys.stdout.flush()


FIELDS = {'density': density, 'potential': potential, 'target': target}


def differ(what, seen, expected):
    return [] if seen == expected else ['%s: %s instead of %s' % (what, seen, expected)]


def differ_much(what, seen, expected, tolerance):
    if len(seen) == len(expected) and all(abs(a - b) <= tolerance for a, b in zip(seen, expected)):
        return []
    return ['%s: %s instead of %s' % (what, tuple(seen), tuple(expected))]


def check_values(dim, t, arrays, places, precision):
    """Every value of every field against its function, at places that ParaView names itself."""
    errors = differ('fields', sorted(a for a in FIELDS if arrays.GetArray(a)), sorted(FIELDS))
    count = math.prod(CELLS[:dim])
    if errors or len(places) != count:
        return errors or ['%d places instead of %d' % (len(places), count)]
    for name, function in FIELDS.items():
        array = arrays.GetArray(name)
        errors += differ('number of values of ' + name, array.GetNumberOfTuples(), count)
        for cell, x in enumerate(places):
            errors += differ_much('place', x, centre(dim, cell), 1e-13 * 14)
            value = function(dim, x, t)
            # the coordinates are good to some ulp, the functions vary by less than 100 from cell to cell
            errors += differ_much('%s at %s' % (name, x), [array.GetValue(cell)], [value],
                                  precision * max(1, abs(value)))
    return errors


def check_netcdf(name, path, dim, precision):
    reader = simple.NetCDFReader(FileName=[path])
    reader.UpdatePipelineInformation()
    report(name + ', netCDF: the reader is left as it comes', differ('sphere', reader.SphericalCoordinates, 1))
    report(name + ', netCDF: time steps', differ('times', list(reader.TimestepValues), TIMES))
    for t in TIMES:
        reader.UpdatePipeline(t)
        data = output(reader)
        bounds = [b for a in range(3) for b in ((LOWER[a] + 0.5 * step(a), UPPER[a] - 0.5 * step(a))
                                                if a < dim else (0, 0))]
        errors = differ('kind', data.GetClassName(), 'vtkImageData')
        extent = [e for a in range(3) for e in (0, CELLS[a] - 1 if a < dim else 0)]
        errors += differ('points', list(data.GetExtent()), extent)
        errors += differ_much('bounds', data.GetBounds(), bounds, 1e-13 * 14)
        errors += differ('cell data', data.GetCellData().GetNumberOfArrays(), 0)
        report('%s, netCDF: axes at t = %g' % (name, t), errors)
        places = [data.GetPoint(i) for i in range(data.GetNumberOfPoints())]
        report('%s, netCDF: values at t = %g' % (name, t),
               check_values(dim, t, data.GetPointData(), places, precision))
    return reader


def cell_centre(data, cell):
    b = data.GetCell(cell).GetBounds()
    return [0.5 * (b[2 * a] + b[2 * a + 1]) for a in range(3)]


def check_xdmf(name, path, dim, precision):
    reader = simple.OpenDataFile(path)
    reader.UpdatePipelineInformation()
    report(name + ', XDMF: the default reader', differ('reader', reader.GetXMLName(), 'Xdmf3ReaderS'))
    report(name + ', XDMF: time steps', differ('times', list(reader.TimestepValues), TIMES))
    for t in TIMES:
        reader.UpdatePipeline(t)
        data = output(reader)
        box = [b for a in range(3) for b in ((LOWER[a], UPPER[a]) if a < dim else (0, 0))]
        errors = differ('box', list(data.GetBounds()), box)
        errors += differ('point data', data.GetPointData().GetNumberOfArrays(), 0)
        report('%s, XDMF: the whole box at t = %g' % (name, t), errors)
        places = [cell_centre(data, i) for i in range(data.GetNumberOfCells())]
        report('%s, XDMF: values at t = %g' % (name, t),
               check_values(dim, t, data.GetCellData(), places, precision))
    return reader


def new_view(width, height):
    view = simple.CreateView('RenderView')
    view.ViewSize = [width, height]
    view.UseColorPaletteForBackground = 0
    view.Background = BACKGROUND
    view.OrientationAxesVisibility = 0
    return view


def show_density(source, view, association, t):
    """Black where the density is 0, white where it is 1."""
    view.ViewTime = t
    display = simple.Show(source, view)
    display.Representation = 'Surface'
    simple.ColorBy(display, (association, 'density'))
    table = simple.GetColorTransferFunction('density')
    table.RGBPoints = [0, 0, 0, 0, 1, 1, 1, 1]
    table.ColorSpace = 'RGB'
    display.SetScalarBarVisibility(view, False)
    display.MapScalars = 1
    display.Ambient, display.Diffuse, display.Specular = 1, 0, 0  # no lamp: colours are data
    return display


def check_map(name, source, association, path, t, z, to_the_edge):
    """A map of x and y at 100 pixels a unit: the hump is where it should be, and the box is filled to its edge."""
    width, height = 600, 250
    view = new_view(width, height)
    show_density(source, view, association, t)
    view.CameraParallelProjection = 1
    view.CameraParallelScale = 0.5 * (UPPER[1] - LOWER[1])
    view.CameraFocalPoint = [1, 2.25, z]
    view.CameraPosition = [1, 2.25, z + 20]
    view.CameraViewUp = [0, 1, 0]
    simple.SaveScreenshot(path, view, ImageResolution=[width, height])
    simple.Delete(view)
    w, h, colour = read_picture(path)
    errors = differ('size', (w, h), (width, height))
    bright = [(i, j) for j in range(0, h, 2) for i in range(0, w, 2) if min(colour(i, j)) > 0.9 * 255]
    if not bright:
        return report(name, errors + ['nothing bright is in the picture'])
    # the density is above 0.9 in an ellipse around (t, 2), 0.26 wide and 0.32 high, seen in cells of 0.25 by 0.17
    x = LOWER[0] + sum(p[0] for p in bright) / len(bright) / 100
    y = LOWER[1] + sum(p[1] for p in bright) / len(bright) / 100
    errors += differ_much('centre of the hump', (x, y), (t, 2), 0.5 * step(0))
    greys = {colour(i, j) for j in range(0, h, 5) for i in range(0, w, 5)}
    errors += [] if len(greys) > 30 else ['only %d colours' % len(greys)]
    blue = tuple(255 * c for c in BACKGROUND)
    corners = [colour(2, 2), colour(w - 3, 2), colour(2, h - 3), colour(w - 3, h - 3)]
    errors += differ('corners show the background', [c == blue for c in corners], 4 * [not to_the_edge])
    return report(name, errors)


def check_isosurface(name, source, path, t):
    """In 3-D: a surface that covers a part of the picture, and is shaded."""
    contour = simple.Contour(Input=source, ContourBy=['POINTS', 'density'], Isosurfaces=[0.3])
    view = new_view(400, 300)
    view.ViewTime = t
    display = simple.Show(contour, view)
    display.ColorArrayName = [None, '']
    display.DiffuseColor = display.AmbientColor = [1, 1, 0]
    simple.ResetCamera(view)
    simple.SaveScreenshot(path, view, ImageResolution=[400, 300])
    simple.Delete(view)
    w, h, colour = read_picture(path)
    pixels = [colour(i, j) for j in range(h) for i in range(w)]
    blue = tuple(255 * c for c in BACKGROUND)
    covered = sum(p != blue for p in pixels) / len(pixels)
    errors = [] if 0.02 < covered < 0.98 else ['%g of the picture is covered' % covered]
    errors += [] if len(set(pixels)) > 20 else ['only %d colours' % len(set(pixels))]
    report(name, errors)


def check_curve(name, source, directory, t):
    """In 1-D: the same chart with and without the curve; what differs is the curve."""
    located = simple.Calculator(Input=source, ResultArrayName='x', Function='coordsX')
    plot = simple.PlotData(Input=located)
    view = simple.CreateView('XYChartView')
    view.ViewSize = [400, 300]
    view.ViewTime = t
    display = simple.Show(plot, view, 'XYChartRepresentation')
    display.AttributeType = 'Point Data'
    display.UseIndexForXAxis = 0
    display.XArrayName = 'x'
    view.ShowLegend = 0
    view.LeftAxisUseCustomRange = view.BottomAxisUseCustomRange = 1
    view.LeftAxisRangeMinimum, view.LeftAxisRangeMaximum = 0, 1
    view.BottomAxisRangeMinimum, view.BottomAxisRangeMaximum = LOWER[0], UPPER[0]
    pictures = []
    for series, file in ((['density'], 'curve.png'), ([], 'axes.png')):
        display.SeriesVisibility = series
        simple.SaveScreenshot(os.path.join(directory, file), view, ImageResolution=[400, 300])
        pictures.append(read_picture(os.path.join(directory, file)))
    simple.Delete(view)
    (w, h, with_curve), (_, _, without) = pictures
    curve = [(i, j) for j in range(h) for i in range(w) if with_curve(i, j) != without(i, j)]
    errors = [] if len(curve) > 300 else ['the curve has %d pixels' % len(curve)]
    if curve:
        top = max(curve, key=lambda p: p[1])[0] / w
        # the hump is at 1 of [-2, 4]: the middle of the chart, apart from the margins for its labels
        errors += differ_much('place of the maximum', [top], [0.5], 0.1)
        errors += [] if max(j for _, j in curve) > 0.8 * h else ['the maximum is not near 1']
    report(name, errors)


def main(directory):
    simple._DisableFirstRenderCameraReset()

    def place(name):
        return os.path.join(os.path.abspath(directory), name)

    # doubles: a few ulp of coordinates up to 14 in functions with slopes up to 100; floats: half an ulp
    readers = {}
    for name, dim, precision in (('run1', 1, 1e-12), ('run2', 2, 1e-12), ('run3', 3, 1e-12), ('single', 3, 1e-7)):
        readers[name] = check_netcdf(name, place(name + '.nc'), dim, precision)
        readers[name + '.xmf'] = check_xdmf(name, place(name + '.nc.xmf'), dim, precision)

    check_curve('picture of run1, netCDF', readers['run1'], directory, 1.0)
    check_map('picture of run2, netCDF', readers['run2'], 'POINTS', place('map_points.png'), 1.0, 0, False)
    check_map('picture of run2, XDMF', readers['run2.xmf'], 'CELLS', place('map_cells.png'), 1.0, 0, True)
    check_isosurface('picture of run3, netCDF', readers['run3'], place('isosurface.png'), 1.0)
    cut = simple.Slice(Input=readers['run3.xmf'], SliceType='Plane')
    cut.SliceType.Origin, cut.SliceType.Normal = [1, 2, 11.45], [0, 0, 1]
    cut.Triangulatetheslice = 0
    check_map('picture of run3, XDMF', cut, 'CELLS', place('slice.png'), 1.0, 11.45, True)
    print('1..%d' % tests)


main(sys.argv[1])
