#!/usr/bin/env python3
"""Writes symmetric.json beside itself: convolutions whose padding repeats the border pixel, which PyTorch does not have.

    python3 make_symmetric.py

The layout, the generator of the inputs and the seeds are those of make_goldens.py. Images are padded by NumPy's
pad(mode="symmetric"); sums are NumPy's in float64. Where SciPy can compute a case, its correlate1d's border mode
"reflect" (its name for this one) must agree, or nothing is written. Made with NumPy 2.4.6 and SciPy 1.17.1.
"""
import json
import math
import os

import numpy as np
import scipy.ndimage

GRID, DENSE = "grid", "dense"
SRC, WEIGHT, BIAS = 1, 2, 3  # the seeds of the generator


def numbers(shape, seed, fill):
    state, values = seed * 0x9E3779B9 & 0xFFFFFFFF, []
    for _ in range(math.prod(shape)):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        if fill == GRID:
            values.append(((state >> 24) - 128) / 64)
        else:
            values.append(((state >> 5 & 0xFFFFFF) - 2**23) / 2 ** (23 + (state >> 29)))
    return np.array(values).reshape(shape)


def compute(x, w, b, padding, stride=(1, 1), dilation=(1, 1), groups=1):
    top, bottom, left, right = padding
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), mode="symmetric")
    (n, c, rows, columns), (filters, channels, kh, kw) = x.shape, w.shape
    oh = (rows - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (columns - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    y = np.zeros((n, filters, oh, ow)) + (0 if b is None else b[None, :, None, None])
    for k in range(filters):
        first = k // (filters // groups) * channels
        for i in range(channels):
            for u in range(kh):
                for v in range(kw):
                    top, left = u * dilation[0], v * dilation[1]
                    y[:, k] += w[k, i, u, v] * x[:, first + i, top : top + (oh - 1) * stride[0] + 1 : stride[0],
                                                 left : left + (ow - 1) * stride[1] + 1 : stride[1]]
    return y


def agrees_with_scipy(x, w, b, y, padding, stride=(1, 1), dilation=(1, 1), groups=1):
    """SciPy keeps the size of the image: it can say what all outputs are whose window is centred on a pixel."""
    kh, kw = w.shape[2:]
    if padding != (kh // 2, kh // 2, kw // 2, kw // 2) or dilation != (1, 1) or kh % 2 * kw % 2 == 0:
        return 0
    for n in range(x.shape[0]):
        for k in range(w.shape[0]):
            first = k // (w.shape[0] // groups) * w.shape[1]
            want = 0 if b is None else b[k]
            for i in range(w.shape[1]):
                want = want + scipy.ndimage.correlate(x[n, first + i], w[k, i], mode="reflect")
            assert np.allclose(y[n, k], want[:: stride[0], :: stride[1]], rtol=0, atol=1e-12)
    return 1


def cases():
    for padding, stride in [((1, 1, 1, 1), None), ((2, 0, 0, 3), (1, 2)), ((0, 3, 4, 1), None), ((5, 5, 6, 6), (2, 1))]:
        yield dict(name=f"mode/symmetric/{padding}", src=(1, 2, 5, 6), weight=(2, 2, 3, 3), padding=padding, stride=stride)
    for k in [(3, 3), (5, 7), (7, 5), (1, 3)]:
        yield dict(name="mode/symmetric/kernel %dx%d" % k, src=(2, 1, 4, 6), weight=(2, 1, *k), fill=DENSE,
                   padding=(k[0] // 2, k[0] // 2, k[1] // 2, k[1] // 2))
    yield dict(name="mode/symmetric/strided", src=(1, 2, 7, 9), weight=(3, 2, 5, 3), fill=DENSE, padding=(2, 2, 1, 1), stride=(2, 3))
    yield dict(name="mode/symmetric/dilated", src=(2, 1, 4, 5), weight=(2, 1, 3, 2), padding=(2, 1, 1, 3), dilation=(2, 3))
    yield dict(name="mode/symmetric/grouped", src=(1, 4, 3, 4), weight=(4, 2, 2, 3), padding=(1, 0, 2, 1), groups=2)
    yield dict(name="mode/symmetric/padding = size", src=(1, 1, 3, 4), weight=(1, 1, 2, 2), padding=(3, 3, 4, 4))
    yield dict(name="mode/symmetric/one pixel", src=(1, 2, 1, 1), weight=(2, 2, 2, 3), padding=(1, 1, 1, 1))


def golden(p):
    p = {name: v for name, v in p.items() if v is not None}
    fill = p.get("fill", GRID)
    x, w, b = [numbers(p[name] if name != "bias" else p["weight"][:1], seed, fill)
               for name, seed in [("src", SRC), ("weight", WEIGHT), ("bias", BIAS)]]
    how = {name: p[name] for name in ["padding", "stride", "dilation", "groups"] if name in p}
    y = compute(x, w, b, **how)
    magnitude = compute(abs(x), abs(w), abs(b), **how)
    g = dict(p, mode="symmetric", bias=True, dst=y.shape, values=y.flatten().tolist(), magnitude=magnitude.flatten().tolist())
    return g, agrees_with_scipy(x, w, b, y, **how)


def main():
    made = [golden(p) for p in cases()]
    assert sum(checked for _, checked in made) >= 5
    lines = ",\n".join(json.dumps(g, separators=(",", ":")) for g, _ in made)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "symmetric.json")
    with open(path, "w") as f:
        f.write('{"made_by": "make_symmetric.py, NumPy %s, SciPy %s",\n"cases": [\n%s\n]}\n' % (np.__version__, scipy.__version__, lines))


if __name__ == "__main__":
    main()
