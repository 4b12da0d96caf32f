#!/usr/bin/env python3
"""Writes nma.json: what NumPy makes of the tutorial's grating formula.

Formula: Neuromatch Academy, W1D5 tutorial 2, function grating (CC BY 4.0), in our own words. Made with NumPy 1.24.2 on a
CPU without AVX-512, where np.cos and np.sin are glibc's; with AVX-512 they are Intel's SVML.
Each case is a sweep over start + i*step for i < count and carries the SHA-256 of its float32 little-endian pixels, and
for a few images their pixels, so that a mismatch can be located: 0 for the darkest value, 1 for the brightest, 2 for
the one between.
"""
import hashlib, json, os
import numpy as np

def grating(degrees, sf, res, patch, tutorial3):
    angle = np.deg2rad(degrees)
    x, y = np.meshgrid(sf * np.arange(0, 640 * res) / res, sf * np.arange(0, 480 * res) / res)
    if patch:
        angle = angle + .1
    image = np.cos(x * np.cos(angle) + y * np.sin(angle))
    image[image < 0] = 0
    image[image > 0] = 1
    if patch:
        height, width = image.shape
        columns, rows = np.meshgrid(np.arange(0, width), np.arange(0, height))
        inside = ((columns - width * .75) ** 2 + (rows - height / 2) ** 2) ** 0.5 < 640 / 3 / 2 * res
        image[~inside] = 0.5
    if not tutorial3:
        image -= 0.5
    return image.astype("<f4")

CASES = [  # start, step, count, sf, res, patch, tutorial3
    (-90.0, 0.045, 4000, 1 / 28, 0.1, False, False),
    (-90.0, 0.045, 4000, 1 / 28, 0.1, True, False),
    (-90.0, 45.0, 5, 1 / 28, 0.1, False, False),
    (-90.0, 45.0, 5, 1 / 28, 0.1, False, True),
    (-90.0, 45.0, 5, 1 / 28, 0.1, True, True),
    (0.0, 1.0, 180, 0.0357, 0.1, False, False),
    (0.0, 1.0, 180, 0.2, 0.1, True, False),
    (0.0, 1.0, 180, 1 / 28, 0.05, False, False),
    (0.0, 1.0, 180, 1 / 28, 0.07, True, False),
    (0.0, 1.0, 180, 1 / 28, 0.13, False, True),
    (0.0, 7.5, 24, 1 / 28, 0.25, True, False),
    (0.0, 22.5, 8, 1 / 28, 1.0, False, False),
    (0.0, 22.5, 8, 1 / 7, 0.7, True, False),
    (-720.5, 33.3, 60, 1.5, 0.1, False, False),
    (0.0, 11.25, 16, 250.0, 0.1, False, False),
    (1e6, 1234.5, 50, 1 / 28, 0.1, False, False),
    (0.0, 45.0, 5, 0.001, 0.003, False, False),
    (0.0, 45.0, 4, np.pi / 2, 1.0, False, False),  # zeros of the cosine near every pixel of the rows
    # Periods of whole pixels put zeros on pixels, where an ulp of sin or cos of the orientation decides: 2, 4, 8, 16, 32 pixels.
    (-1440.0, 30.0, 97, 2 * np.pi / 2 * 0.1, 0.1, False, False),
    (-720.0, 15.0, 97, 2 * np.pi / 4 * 0.1, 0.1, False, False),
    (-720.0, 15.0, 97, 2 * np.pi / 8 * 0.05, 0.05, False, False),
    (-720.0, 15.0, 97, 2 * np.pi / 16 * 0.1, 0.1, False, False),
    (-720.0, 15.0, 97, 2 * np.pi / 16 * 0.1, 0.1, True, False),
    (-360.0, 60.0, 13, 2 * np.pi / 32, 1.0, False, False),
    (0.0, 15.0, 24, 1 / 28, 0.3, True, False),  # a radius of 32 pixels exactly: ties on the disc's rim
    (0.0, 30.0, 12, 1e15, 0.1, False, False),  # phases that need a full reduction
]
KEPT = {2: (0, 1), 4: (0, 1), 7: (0, 60), 21: (28, 68)}  # images whose pixels are stored, by case

out = []
for start, step, count, sf, res, patch, tutorial3 in CASES:
    digest = hashlib.sha256()
    kept = {}
    for i in range(count):
        image = grating(start + i * step, sf, res, patch, tutorial3)
        digest.update(image.tobytes())
        if i in KEPT.get(len(out), ()):
            dark, bright = (0, 1) if tutorial3 else (-.5, .5)
            kept[i] = "".join("0" if v == dark else "1" if v == bright else "2" for v in image.ravel())
    out.append(dict(start=start, step=step, count=count, sf=sf, res=res, patch=patch, tutorial3=tutorial3,
                    rows=image.shape[0], columns=image.shape[1], sha256=digest.hexdigest(),
                    images=kept))
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nma.json")
with open(path, "w") as f:
    json.dump(dict(made_by="NumPy " + np.__version__, cases=out), f, indent=1)
    f.write("\n")
