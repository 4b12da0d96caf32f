#!/usr/bin/env python3
"""Writes nma.json and nma.bin.gz: what NumPy makes of the tutorial's filter formulas.

Formulas: Neuromatch Academy, W1D5 tutorial 2, function filters (CC BY 4.0), in our own words, with its float32 grid.
Made with NumPy 1.24.2; NumPy 2 promotes scalars differently, which moves the Gabors by up to 1.7e-6.

nma.bin.gz holds filters, float32 little-endian, row by row, each once though several banks have it. nma.json lists the
banks, and for each of their channels at which value of nma.bin.gz the filter begins.
"""
import gzip, json, os
import numpy as np

def bank(channels, size, tutorial3):
    grid = np.linspace(-size / 2, size / 2, size).astype(np.float32)
    x, y = np.meshgrid(grid, grid, indexing="ij")
    sigma = 1.1
    cusp = lambda s: np.exp(-(x ** 2 + y ** 2) ** 0.5 / (2 * s ** 2))
    surround = cusp(sigma) - 0.5 * cusp(sigma * 2)
    thetas = np.linspace(0, 180, channels - 2 + 1)[:-1] * np.pi / 180
    gabors = np.zeros((len(thetas), size, size), np.float32)
    for i, theta in enumerate(thetas):
        along = x * np.cos(theta) + y * np.sin(theta)
        gabors[i] = cusp(sigma * 0.4) * np.cos(2 * np.pi * along / 10 + np.pi / 2)
    filters = np.concatenate((surround[None], -1 * surround[None], gabors), axis=0)
    filters /= np.abs(filters).max(axis=(1, 2))[:, None, None]
    if not tutorial3:
        filters -= filters.mean(axis=(1, 2))[:, None, None]
    return filters

cases, offsets, values = [], {}, b""
for size in (2, 3, 5, 7, 8, 11, 31):
    for channels in (2, 3, 6, 10):
        for tutorial3 in (False, True):
            filters = bank(channels, size, tutorial3)
            assert filters.dtype == np.float32
            begins = []
            for plane in filters.astype("<f4"):
                raw = plane.tobytes()
                if raw not in offsets:
                    offsets[raw] = len(values) // 4
                    values += raw
                begins.append(offsets[raw])
            cases.append(dict(channels=channels, size=size, tutorial3=tutorial3, begins=begins))
folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "nma.bin.gz"), "wb") as f:
    f.write(gzip.compress(values, mtime=0))
with open(os.path.join(folder, "nma.json"), "w") as f:
    f.write('{"made_by": "NumPy %s", "cases": [\n' % np.__version__)
    f.write(",\n".join(json.dumps(c) for c in cases))
    f.write("\n]}\n")
