#!/usr/bin/env python3
"""Writes the files beside it with NumPy (made with 1.24.2; needs 1.23 or later).

Element i of every array, counted in C order, is i - 3 for signed types, i for
unsigned ones, i % 3 != 0 for bool and (i - 3) / 4 for floats: exact in all.
"""

import io
import os
import zipfile

import numpy as np
from numpy.lib import format as npyformat

HERE = os.path.dirname(os.path.abspath(__file__))
ORDERED = ["f2", "f4", "f8", "i2", "i4", "i8", "u2", "u4", "u8"]
DTYPES = ["<" + t for t in ORDERED] + [">" + t for t in ORDERED] + ["|i1", "|u1", "|b1"]


def values(dtype, shape):
    dtype = np.dtype(dtype)
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    x = {"f": (i - 3) / 4, "i": i - 3, "u": i, "b": i % 3 != 0}[dtype.kind]
    return x.astype(dtype).reshape(shape)


def path(name):
    return os.path.join(HERE, name)


def dtypes():
    """Each dtype, in C and Fortran order; the key gives both."""
    arrays = {}
    for t in DTYPES:
        arrays[t + " C"] = values(t, (2, 3, 4))
        arrays[t + " F"] = np.array(values(t, (2, 3, 4)), order="F")
    np.savez_compressed(path("dtypes.npz"), **arrays)


def ranks():
    """0 to 5 dimensions and no elements, stored, in both orders."""
    shapes = [(), (5,), (3, 2), (2, 3, 2), (2, 1, 3, 2), (2, 1, 3, 1, 2), (0,), (2, 0, 3)]
    arrays = {}
    for s in shapes:
        arrays["C" + "x".join(map(str, s))] = values("<f4", s)
        arrays["F" + "x".join(map(str, s))] = np.array(values("<f4", s), order="F")
    np.savez(path("ranks.npz"), **arrays)


def versions():
    for major in 1, 2, 3:
        with open(path("v%d.npy" % major), "wb") as f:
            npyformat.write_array(f, values("<f4", (2, 3, 4)), version=(major, 0))


def refused():
    """What is refused by name. NumPy pickles the object array."""
    arrays = {
        "object": np.array([None, 1], dtype=object),
        "complex": np.zeros(2, "<c8"),
        "bytes": np.zeros(2, "S3"),
        "string": np.zeros(2, "<U3"),
        "void": np.zeros(2, "V3"),
        "datetime": np.zeros(2, "<M8[s]"),
        "timedelta": np.zeros(2, "<m8[s]"),
        "structured": np.zeros(2, [("a", "<f4"), ("b", "<i2")]),
        "longdouble": np.zeros(2, "<f16"),
    }
    np.savez(path("refused.npz"), **arrays)


def float16():
    """Edges of float16 and the float32 that NumPy makes of them."""
    bits = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x3555, 0x3C00, 0xC000,
            0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0xFE01, 0x7D55]
    half = np.array(bits, "<u2").view("<f2")
    np.savez(path("float16.npz"), half=half, single=half.astype("<f4"))


def headers():
    """Headers of '<f4' arrays, one after the other."""
    shapes = [(1,) * n for n in range(21)]
    shapes += [(1,) * 13 + (100,)]  # 128 bytes without padding, to which NumPy adds 64
    shapes += [(0,), (2, 0), (5, 1, 48, 64), (4000000, 6, 48, 64), (7, 10**6, 2)]
    shapes += [(10**n, 1) for n in range(13)] + [(3, 10**n) for n in range(1, 13)]
    with open(path("headers.bin"), "wb") as f:
        for s in shapes:
            buf = io.BytesIO()
            d = {"descr": "<f4", "fortran_order": False, "shape": s}
            npyformat.write_array_header_1_0(buf, d)
            f.write(buf.getvalue())


def bzip2():
    with zipfile.ZipFile(path("bzip2.npz"), "w", zipfile.ZIP_BZIP2) as z:
        buf = io.BytesIO()
        np.save(buf, values("<f4", (2, 3)))
        z.writestr(zipfile.ZipInfo("a.npy"), buf.getvalue(), zipfile.ZIP_BZIP2)


if __name__ == "__main__":
    dtypes()
    ranks()
    versions()
    refused()
    float16()
    headers()
    bzip2()
