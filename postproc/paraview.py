#!/usr/bin/env pvpython
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures, animations and a state of a run, with ParaView.

    xvfb-run -a pvpython postproc/paraview.py NAME.nc.xmf                  NAME.png, the last record
    xvfb-run -a pvpython postproc/paraview.py NAME.nc.xmf -o 0.png -t 0    the record nearest to t = 0
    xvfb-run -a pvpython postproc/paraview.py NAME.nc.xmf -o NAME.avi      every record; with -a -o X.png as frames
    xvfb-run -a pvpython postproc/paraview.py NAME.nc.xmf -o NAME.py       the view as a state for File > Load State

Where there is a display, xvfb-run is not needed; if ParaView finds a "bad X server connection" on a busy machine, give it
`-s '-noreset -screen 0 1280x1024x24'`.  One dimension gives a chart of the density and its target, two a map
with level lines of the target, three surfaces at 0.2, 0.5 and 0.8 of the largest value; -v shows another variable.

NAME.nc.xmf is read by Xdmf3ReaderS, ParaView's first choice: cell averages on the whole box.  NAME.nc is read by the
NetCDF Reader, not by the CAM reader that ParaView offers first and that shows nothing: values at cell centres, so
that the picture ends half a cell before the walls."""
import argparse
import os
import sys

# The folder of this file comes first where Python looks for modules, and this file would be taken for ParaView's.
here = os.path.dirname(os.path.abspath(sys.argv[0] if '__file__' not in globals() else __file__))
sys.path[:] = [p for p in sys.path if os.path.abspath(p or '.') != here]

from paraview import servermanager, simple  # noqa: E402

FROM_0 = ('density', 'target', 'ratio')
SIGNED = ('first_variation', 'deviation', 'log_ratio')  # coloured around 0
BLACK, WHITE, GREY = [0, 0, 0], [1, 1, 1], [0.45, 0.45, 0.45]
CURVES = {'density': ('0.12', '0.35', '0.71'), 'target': ('0.85', '0.33', '0.10')}
SURFACES = (0.2, 0.5, 0.8)


class Run:
    """A file of fields: its reader, times, axes, and where its values are."""

    def __init__(self, path):
        path = os.path.abspath(path)  # the XDMF reader needs it
        if not os.path.isfile(path):
            raise SystemExit('%s: there is no such file' % path)
        if path.endswith('.xmf'):
            self.source = simple.Xdmf3ReaderS(registrationName=os.path.basename(path), FileName=[path])
            self.association = 'CELLS'
        else:
            self.source = simple.NetCDFReader(registrationName=os.path.basename(path), FileName=[path])
            self.association = 'POINTS'
        self.source.UpdatePipelineInformation()
        self.times = list(self.source.TimestepValues) or [0.0]
        self.source.UpdatePipeline(self.times[-1])
        information = self.source.GetDataInformation()
        bounds = information.GetBounds()
        self.bounds = bounds
        self.dim = max((a + 1 for a in range(3) if bounds[2 * a + 1] > bounds[2 * a]), default=0)
        arrays = self.source.CellData if self.association == 'CELLS' else self.source.PointData
        self.names = [arrays.GetArray(i).GetName() for i in range(arrays.GetNumberOfArrays())]
        if not self.dim or not self.names:
            raise SystemExit('%s: no fields in it' % path)
        self._on_points = None

    def range(self, name, times):
        """Least and greatest value at some times."""
        low, high = float('inf'), -float('inf')
        for t in times:
            self.source.UpdatePipeline(t)
            arrays = self.source.CellData if self.association == 'CELLS' else self.source.PointData
            a, b = arrays[name].GetRange()
            low, high = min(low, a), max(high, b)
        return low, high

    def on_points(self):
        """The same values where contours can be drawn."""
        if self.association == 'POINTS':
            return self.source
        if not self._on_points:
            self._on_points = simple.CellDatatoPointData(registrationName='on points', Input=self.source)
        return self._on_points


# ---- views ----


def points(size, at_full_size):
    """Font sizes are those of a picture of 1000 x 750."""
    return max(6, round(at_full_size * min(size[0] / 1000, size[1] / 750)))


def time_format(new, old):
    """The word for the time in a label, which ParaView changed."""
    manager = servermanager.vtkSMProxyManager
    return 't = ' + (new if (manager.GetVersionMajor(), manager.GetVersionMinor()) >= (5, 10) else old)


def time_label(view, size):
    label = simple.AnnotateTime(registrationName='time')
    label.Format = time_format('{time:.4g}', '%.4g')
    display = simple.Show(label, view)
    display.FontSize, display.Color, display.WindowLocation = points(size, 22), BLACK, 'Upper Left Corner'


def new_view(run, size):
    view = simple.CreateView('RenderView')
    view.ViewSize = list(size)
    view.UseColorPaletteForBackground, view.Background = 0, WHITE
    view.OrientationAxesVisibility = 0
    view.CameraParallelProjection = 1 if run.dim == 2 else 0
    grid = view.AxesGrid
    grid.Visibility = 1
    for axis, unit in zip('XYZ', 'xyz'):
        setattr(grid, axis + 'Title', unit)
        for part in 'Title', 'Label':
            setattr(grid, axis + part + 'Color', BLACK)
            setattr(grid, axis + part + 'FontSize', points(size, 22 if part == 'Title' else 16))
    grid.GridColor = GREY
    grid.ShowGrid = 0
    return view


def colour(display, view, run, name, times, size):
    """Colours by a variable: from 0 up, to both sides of 0, or over its range."""
    low, high = run.range(name, times)
    table = simple.GetColorTransferFunction(name)
    if name in SIGNED:
        high = max(abs(low), abs(high)) or 1.0
        table.ApplyPreset('Cool to Warm', True)
        table.RescaleTransferFunction(-high, high)
    else:
        table.ApplyPreset('Viridis (matplotlib)', True)
        start = 0.0 if name in FROM_0 else low
        table.RescaleTransferFunction(start, high if high > start else start + 1.0)
    bar = simple.GetScalarBar(table, view)
    bar.Title, bar.ComponentTitle = name.replace('_', ' '), ''
    bar.TitleColor = bar.LabelColor = BLACK
    bar.TitleFontSize, bar.LabelFontSize = points(size, 20), points(size, 16)
    bar.WindowLocation, bar.Orientation, bar.Position = 'Any Location', 'Vertical', [0.86, 0.25]
    bar.ScalarBarLength = 0.5
    bar.AutomaticLabelFormat, bar.LabelFormat, bar.RangeLabelFormat = 0, '%-.3g', '%-.3g'
    display.SetScalarBarVisibility(view, True)
    return low, high


def show_line(run, name, times, size):
    """A chart: the density over its target, or another variable alone."""
    names = [name] + (['target'] if name == 'density' and 'target' in run.names else [])
    centres = run.source
    if run.association == 'CELLS':
        centres = simple.CellCenters(registrationName='cell centres', Input=run.source)
    located = simple.Calculator(registrationName='with x', Input=centres, ResultArrayName='x', Function='coordsX')
    plot = simple.PlotData(registrationName='curves', Input=located)
    view = simple.CreateView('XYChartView')
    view.ViewSize = list(size)
    display = simple.Show(plot, view, 'XYChartRepresentation')
    display.AttributeType = 'Point Data'
    display.UseIndexForXAxis, display.XArrayName = 0, 'x'
    display.SeriesVisibility = names
    display.SeriesLabel = [s for n in names for s in (n, n.replace('_', ' '))]
    display.SeriesColor = [s for n in names for s in (n,) + CURVES.get(n, CURVES['density'])]
    display.SeriesLineThickness = [s for n in names for s in (n, '3')]
    low = min(run.range(n, times)[0] for n in names)
    high = max(run.range(n, times)[1] for n in names)
    view.LeftAxisUseCustomRange = view.BottomAxisUseCustomRange = 1
    view.LeftAxisRangeMinimum = min(0.0, 1.05 * low)
    view.LeftAxisRangeMaximum = 1.05 * high if high > 0 else 0.0 if low < 0 else 1.0
    view.BottomAxisRangeMinimum, view.BottomAxisRangeMaximum = run.bounds[0], run.bounds[1]
    view.BottomAxisTitle = 'x'
    view.ChartTitle = time_format('{time:.4g}', '${TIME}')
    view.ChartTitleFontSize = view.BottomAxisTitleFontSize = view.LegendFontSize = points(size, 18)
    view.LeftAxisLabelFontSize = view.BottomAxisLabelFontSize = points(size, 14)
    view.ShowLegend = 1
    return view


def show_plane(run, name, times, size):
    """A map, with level lines of the target under way to it."""
    view = new_view(run, size)
    display = simple.Show(run.source, view)
    display.Representation = 'Surface'
    simple.ColorBy(display, (run.association, name))
    display.Ambient, display.Diffuse, display.Specular = 1, 0, 0  # no lamp: colours are data
    colour(display, view, run, name, times, size)
    if name == 'density' and 'target' in run.names:
        top = run.range('target', times[-1:])[1]
        lines = simple.Contour(registrationName='target', Input=run.on_points(), ContourBy=['POINTS', 'target'],
                               Isosurfaces=[f * top for f in (0.1, 0.3, 0.5, 0.7, 0.9)])
        over = simple.Show(lines, view)
        over.ColorArrayName = [None, '']
        over.AmbientColor = over.DiffuseColor = WHITE
        over.Ambient, over.Diffuse, over.LineWidth, over.Opacity = 1, 0, 1.5, 0.8
        over.Position = [0, 0, 1e-3 * (run.bounds[1] - run.bounds[0])]  # before the map
    time_label(view, size)
    view.InteractionMode = '2D'
    view.AxesGrid.AxesToLabel = 0b000011  # on the left and below
    b = run.bounds
    width, height = b[1] - b[0], b[3] - b[2]
    middle = [b[0] + 0.56 * width, 0.5 * (b[2] + b[3])]
    view.CameraFocalPoint = middle + [0]
    view.CameraPosition = middle + [10 * max(width, height)]
    view.CameraViewUp = [0, 1, 0]
    view.CameraParallelScale = 0.62 * max(height, 1.25 * width * size[1] / size[0])
    return view


def show_space(run, name, times, size):
    """Surfaces of equal value in the box."""
    view = new_view(run, size)
    outline = simple.Show(run.source, view)
    outline.Representation = 'Outline'
    outline.ColorArrayName = [None, '']
    outline.AmbientColor = outline.DiffuseColor = GREY
    low, high = run.range(name, times)
    if name in SIGNED:
        high = max(abs(low), abs(high)) or 1.0
    levels = [f * high for f in SURFACES] + ([-f * high for f in SURFACES] if name in SIGNED else [])
    surfaces = simple.Contour(registrationName='surfaces', Input=run.on_points(), ContourBy=['POINTS', name],
                              Isosurfaces=levels)
    display = simple.Show(surfaces, view)
    simple.ColorBy(display, ('POINTS', name))
    display.Opacity = 0.5
    colour(display, view, run, name, times, size)
    time_label(view, size)
    b = run.bounds
    middle = [0.5 * (b[2 * a] + b[2 * a + 1]) for a in range(3)]
    view.CameraFocalPoint = middle
    view.CameraPosition = [middle[0] + 1.0, middle[1] - 1.6, middle[2] + 0.9]
    view.CameraViewUp = [0, 0, 1]
    simple.ResetCamera(view)
    simple.GetActiveCamera().Dolly(0.97)
    return view


# ---- output ----


def animate(scene, view, path, size):
    scene.PlayMode = 'Snap To TimeSteps'
    scene.GoToFirst()
    if not path.endswith('.png'):
        size = [n // 4 * 4 for n in size]  # as video formats want it
        return simple.SaveAnimation(path, view, ImageResolution=size, FrameRate=10)
    for i, t in enumerate(scene.TimeKeeper.TimestepValues):
        view.ViewTime = scene.AnimationTime = t
        simple.SaveScreenshot('%s.%04d.png' % (path[:-4], i), view, ImageResolution=size)


def save_state(path):
    from paraview import smstate
    with open(path, 'w') as out:
        out.write(smstate.get_state())


def main():
    parser = argparse.ArgumentParser(prog='paraview.py', description=__doc__.split('\n')[0])
    parser.add_argument('file', help='NAME.nc.xmf or NAME.nc')
    parser.add_argument('-o', '--output', help='.png, .avi, .ogv or .py (default: NAME.png)')
    parser.add_argument('-v', '--variable', default='density')
    parser.add_argument('-t', '--time', type=float, help='record nearest to this time (default: the last)')
    parser.add_argument('-a', '--animation', action='store_true', help='every record; as frames if the output is .png')
    parser.add_argument('-s', '--size', type=int, nargs=2, default=[1000, 750], help='width and height in pixels')
    parser.add_argument('--force', action='store_true', help='replace pictures that are there')
    o = parser.parse_args()
    run = Run(o.file)
    if o.variable not in run.names:
        raise SystemExit('%s: there is no %s; there is: %s' % (o.file, o.variable, ', '.join(run.names)))
    name = o.file[:-4] if o.file.endswith('.xmf') else o.file
    output = o.output or os.path.splitext(name)[0] + '.png'
    moving = o.animation or os.path.splitext(output)[1] in ('.avi', '.ogv')
    first = output[:-4] + '.0000.png' if o.animation and output.endswith('.png') else output
    if os.path.exists(first) and not o.force:
        raise SystemExit('%s is there already: --force replaces it' % first)
    t = run.times[-1] if o.time is None else min(run.times, key=lambda s: abs(s - o.time))
    times = run.times if moving or output.endswith('.py') else [t]

    simple._DisableFirstRenderCameraReset()
    view = (show_line, show_plane, show_space)[run.dim - 1](run, o.variable, times, o.size)
    scene = simple.GetAnimationScene()
    scene.UpdateAnimationUsingDataTimeSteps()
    scene.AnimationTime = view.ViewTime = t
    if output.endswith('.py'):
        simple.Render(view)
        save_state(output)
    elif moving:
        animate(scene, view, output, o.size)
    else:
        simple.SaveScreenshot(output, view, ImageResolution=o.size)


main()
