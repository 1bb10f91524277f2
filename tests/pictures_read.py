# SPDX-License-Identifier: BSD-3-Clause
"""Reads back the pictures and states that postproc/paraview.py made of write_sample's runs: pictures_read.py DIRECTORY,
run by pictures.sh under pvpython.  One line for each test: ok or not ok, and what."""
import math
import os
import sys

from paraview import simple

from paraview_sample import CELLS, centre, density, output, read_picture

DIRECTORY = os.path.abspath(sys.argv[1])


def report(what, good, *seen):
    print(('ok ' if good else 'not ok ') + what)
    if not good:
        print('# ' + ' '.join(str(s) for s in seen))
    sys.stdout.flush()


def pixels(name):
    width, height, colour = read_picture(os.path.join(DIRECTORY, name))
    return width, height, [colour(i, j) for j in range(height) for i in range(width)]


def near(colour, wanted, tolerance=40):
    return all(abs(a - b) <= tolerance for a, b in zip(colour, wanted))


# ---- pictures ----

for name in 'cells1.png', 'points1.png':
    width, height, seen = pixels(name)
    blue = [i for i, c in enumerate(seen) if near(c, (31, 89, 181)) and i % width < 0.8 * width]  # not the legend's
    top = max(blue, default=0)
    # the hump is at 1 of [-2, 4], in the middle of the chart but for its labels on the left, and 1 is its height where the
    # target goes from -2 to 4
    report(name + ': the curve of the density has its maximum in the middle', len(blue) > 300 and
           abs(top % width / width - 0.51) < 0.05 and 0.4 < top // width / height < 0.6, len(blue), top % width, top // width)
    orange = [i for i, c in enumerate(seen) if near(c, (217, 84, 26))]
    report(name + ': the target is a straight line that rises', len(orange) > 300 and
           min(orange) % width < 0.1 * width and max(orange) % width > 0.7 * width, len(orange))

for name in 'cells2.png', 'points2.png':
    width, height, seen = pixels(name)
    inside = [i for i in range(len(seen)) if i % width < 0.8 * width]
    yellow = [i for i in inside if near(seen[i], (253, 231, 37), 60)]
    violet = [i for i in inside if near(seen[i], (68, 1, 84), 25)]
    # the map: the smallest box around what is violet; the hump at x = 1 of [-2, 4] and y = 2 of [1, 3.5]
    left, right = min(i % width for i in violet), max(i % width for i in violet)
    x = sum(i % width for i in yellow) / max(len(yellow), 1)
    report(name + ': the hump is bright, in the middle of the map', len(yellow) > 20 and
           abs((x - left) / (right - left) - 0.5) < 0.03, len(yellow), left, x, right)

for name in 'cells3.png', 'points3.png':
    width, height, seen = pixels(name)
    coloured = [c for c in seen if max(c) - min(c) > 30]
    report(name + ': surfaces and a scale are coloured, on white', 0.02 < len(coloured) / len(seen) < 0.5 and
           near(seen[0], (255, 255, 255), 0), len(coloured) / len(seen))

# ---- states ----

errors = []
for dim in 1, 2, 3:
    exec(open(os.path.join(DIRECTORY, 'state%d.py' % dim)).read(), {})
    source = [s for key, s in simple.GetSources().items() if key[0] == 'run%d.nc.xmf' % dim]
    if not source:
        errors.append('no source of run%d' % dim)
        continue
    source[0].UpdatePipeline(1.0)
    array = output(source[0]).GetCellData().GetArray('density')
    worst = max(abs(array.GetValue(i) - density(dim, centre(dim, i), 1.0)) for i in range(array.GetNumberOfTuples()))
    if array.GetNumberOfTuples() != math.prod(CELLS[:dim]) or worst > 1e-13:  # coordinates up to 14, to some ulp
        errors.append('run%d: %d values, %g off' % (dim, array.GetNumberOfTuples(), worst))
report('states: the values of every cell', not errors, *errors)

views = sorted(v.GetXMLName() for v in simple.GetRenderViews()) + [
    v.GetXMLName() for v in simple.GetViews() if v.GetXMLName() == 'XYChartView']
report('states: a chart and two views of space', views == ['RenderView', 'RenderView', 'XYChartView'], views)
