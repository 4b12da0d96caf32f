"""What the tests share. GPUCONV_LIBRARY and GPUCONV_PROGRAM name what is tested, as `make python` sets them."""

import importlib
import os

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("gpuconv", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("gpuconv")


def need(name):
    """Import a package, or skip what needs it. GPUCONV_REQUIRE_PYTHON lists those that must be there."""
    if name in os.environ.get("GPUCONV_REQUIRE_PYTHON", "").split(","):
        return importlib.import_module(name)
    return pytest.importorskip(name)


_PAD = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap", "symmetric": "symmetric"}


def windows(x, size, stride, dilation=(1, 1)):
    """Return a view of the windows of images, [images, channels, rows, columns, *size]."""
    reach = [d * (s - 1) + 1 for s, d in zip(size, dilation)]
    views = np.lib.stride_tricks.sliding_window_view(x, reach, (2, 3))
    return views[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def sums(x, w, b, stride, padding, dilation, groups, padding_mode):
    """Compute the sums in float64, by NumPy."""
    top, bottom, left, right = padding
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)), _PAD[padding_mode])
    filters = w.astype(np.float64).reshape(groups, w.shape[0] // groups, *w.shape[1:])
    seen = windows(x, w.shape[2:], stride, dilation)
    seen = seen.reshape(x.shape[0], groups, w.shape[1], *seen.shape[2:])
    y = np.einsum("ngcijuv,gkcuv->ngkij", seen, filters).reshape(x.shape[0], w.shape[0], *seen.shape[3:5])
    return y if b is None else y + b.astype(np.float64)[:, None, None]


def reference(x, w, b, *, stride, padding, dilation, groups, padding_mode, activation, pool):
    """Return outputs in float64, and how far each float32 output may be off: gamma_n * A, see docs/accuracy.md."""
    spec = (stride, padding, dilation, groups, padding_mode)
    y = sums(x, w, b, *spec)
    a = sums(abs(x), abs(w), None if b is None else abs(b), *spec)
    n = np.prod(w.shape[1:]) + 8  # a few roundings more for what follows the sums
    u = 2.0**-24
    limit = 4 * n * u / (1 - n * u) * a + n * 2.0**-125
    if activation == "relu":
        y = np.maximum(y, 0)
    if activation == "energy":
        y = np.hypot(y[:, 0::2], y[:, 1::2])
        limit = np.hypot(limit[:, 0::2], limit[:, 1::2]) + 8 * u * y
    if pool is not None:
        kind, size, step = pool
        over = (4, 5)
        y = windows(y, size, step).max(over) if kind == "max" else windows(y, size, step).mean(over)
        limit = windows(limit, size, step).max(over) + 8 * u * abs(y)
    return y, limit
