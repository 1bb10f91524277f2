# SPDX-License-Identifier: BSD-3-Clause
"""What write_sample.c writes, and what ParaView's readers and pictures hold of it; for the tests under pvpython."""
import math

from vtkmodules.vtkIOImage import vtkPNGReader

CELLS = (24, 15, 10)
LOWER = (-2.0, 1.0, 10.0)
UPPER = (4.0, 3.5, 14.0)


def density(dim, x, t):
    centre, width = (t, 2.0, 11.5), (0.8, 1.0, 1.6)
    return math.exp(-sum(((x[a] - centre[a]) / width[a]) ** 2 for a in range(dim)))


def potential(dim, x, t):
    return sum(10.0 ** a * x[a] for a in range(dim)) + 1000 * t


def target(dim, x, t):
    return sum(c * x[a] for a, c in zip(range(dim), (1, -2, 3)))


def step(axis):
    return (UPPER[axis] - LOWER[axis]) / CELLS[axis]


def centre(dim, cell):
    """Centre of a cell, x fastest; 0 along axes there are not."""
    x = [0.0, 0.0, 0.0]
    for a in range(dim):
        cell, i = divmod(cell, CELLS[a])
        x[a] = LOWER[a] + (i + 0.5) * step(a)
    return x


def output(reader):
    """The grid of one time step, which newer versions wrap in collections.  Not by Fetch(): ParaView 5.11 garbles the
    coordinates of a rectilinear grid on the way."""
    data = reader.GetClientSideObject().GetOutputDataObject(0)
    while data.IsA('vtkCompositeDataSet'):
        iterator = data.NewIterator()
        iterator.InitTraversal()
        data = iterator.GetCurrentDataObject()
    return data


def read_picture(path):
    """Width, height and a function (column, row from below) -> (red, green, blue)."""
    png = vtkPNGReader()
    png.SetFileName(path)
    png.Update()
    image = png.GetOutput()
    width, height, _ = image.GetDimensions()
    colours = image.GetPointData().GetScalars()
    return width, height, lambda i, j: colours.GetTuple(i + width * j)[:3]
