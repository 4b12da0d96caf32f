#!/usr/bin/env python3
"""Writes patterns.json: what NumPy, SciPy and scikit-image make of the patterns' formulas.

Waves are scipy.signal.square and sawtooth; Gabor patches are skimage.filters.gabor_kernel, unnormalised; apertures and the rest
are written from the formulas' definitions with NumPy's whole-array functions. Made with NumPy 2.4.6, SciPy 1.17.1 and
scikit-image 0.26.0. Each case names the kind, its parameters, the canvas and the pixels, rounded to 9 decimals.
"""
import json, os
import numpy as np
from scipy import signal
from skimage.filters import gabor_kernel

def grid(rows, columns, n=1):
    """Sample places: [rows*n, columns*n], from the centre."""
    at = lambda extent: (np.arange(extent * n) + .5) / n - extent / 2
    return np.meshgrid(at(columns), at(rows))

def mean_of_samples(fine, n):
    rows, columns = fine.shape
    return fine.reshape(rows // n, n, columns // n, n).mean(axis=(1, 3))

def along(x, y, degrees):
    # The real part of a rotation by complex numbers, unlike the cosines that the Go code has.
    return ((x + 1j * y) * np.exp(-1j * np.deg2rad(degrees)))

WAVES = {
    "grating": np.cos,
    "square-grating": lambda t: signal.square(t + np.pi / 2),
    "sawtooth-grating": lambda t: signal.sawtooth(t + np.pi),
    "triangle-grating": lambda t: signal.sawtooth(t + np.pi, width=.5),
}

def wave(kind, x, y, p):
    get = lambda name, default=0.0: p.get(name, default)
    if kind in WAVES:
        cycles = get("sf") * along(x, y, get("orientation")).real + get("phase") / 360 - get("drift") * get("frame")
        return WAVES[kind](2 * np.pi * cycles)
    if kind == "plaid":
        one = np.cos(2 * np.pi * get("sf") * along(x, y, get("orientation")).real + np.deg2rad(get("phase")))
        two = np.cos(2 * np.pi * get("sf2", get("sf")) * along(x, y, get("orientation") + get("angle")).real + np.deg2rad(get("phase2")))
        return one / 2 + two / 2
    if kind == "checkerboard":
        z = along(x - get("x"), y - get("y"), get("orientation")) * np.pi / get("side")
        return np.sign(np.sin(z.real) * np.sin(z.imag))
    if kind == "zone-plate":
        edge = min(SHAPE) / 2
        return np.cos(np.pi * get("sf") / edge * (x ** 2 + y ** 2) + np.deg2rad(get("phase")))
    raise KeyError(kind)

def aperture(x, y, p):
    r = np.hypot(x - p.get("aperture-x", 0), y - p.get("aperture-y", 0))
    kind = p.get("aperture")
    if kind == "circle":
        return np.where(r < p["aperture-radius"], 1.0, 0.0)
    if kind == "annulus":
        return np.where((r < p["aperture-radius"]) & (r >= p["aperture-inner"]), 1.0, 0.0)
    if kind == "gaussian":
        return np.exp(-.5 * (r / p["aperture-sigma"]) ** 2)
    if kind == "raised-cosine":
        # Half of a Tukey window along the radius, read off a fine table.
        edge, radius = p["aperture-edge"], p["aperture-radius"]
        table = signal.windows.tukey(2_000_001, edge / radius)[1_000_000:]
        return np.interp(r, np.linspace(0, radius, 1_000_001), table, right=0)
    return 1.0

def render(kind, p, rows, columns, n):
    global SHAPE
    SHAPE = rows, columns
    mean, contrast = p.get("mean", .5), p.get("contrast", 1.0)
    if kind == "gabor":  # scikit-image's, on a grid of odd extents about the centre
        theta = np.deg2rad(p["orientation"])
        k = gabor_kernel(p["sf"], theta=theta, sigma_x=p["sigma-x"], sigma_y=p["sigma-y"], n_stds=20, offset=np.deg2rad(p["phase"])).real
        k = k * 2 * np.pi * p["sigma-x"] * p["sigma-y"]
        i, j = (k.shape[0] - rows) // 2 - p.get("y", 0), (k.shape[1] - columns) // 2 - p.get("x", 0)
        return mean * (1 + contrast * k[i:i + rows, j:j + columns])
    x, y = grid(rows, columns, n)
    image = mean * (1 + contrast * aperture(x, y, p) * wave(kind, x, y, p))
    return mean_of_samples(image, n)

CASES = [  # kind, parameters, rows, columns, supersampling
    ("grating", dict(orientation=0, sf=.1), 9, 11, 1),
    ("grating", dict(orientation=37, sf=.23, phase=70, contrast=.4, mean=.3), 12, 10, 1),
    ("grating", dict(orientation=-100, sf=.05, drift=.125, frame=3), 10, 12, 1),
    ("grating", dict(orientation=20, sf=.3), 8, 9, 5),
    ("square-grating", dict(orientation=33, sf=.07, phase=20), 12, 13, 1),
    ("square-grating", dict(orientation=33, sf=.07, phase=20, contrast=.5), 10, 8, 7),
    ("sawtooth-grating", dict(orientation=120, sf=.09, phase=15), 12, 13, 1),
    ("triangle-grating", dict(orientation=-65, sf=.11, phase=200), 12, 13, 1),
    ("gabor", dict(orientation=25, sf=.13, phase=40, **{"sigma-x": 2.5, "sigma-y": 4}), 15, 17, 1),
    ("gabor", dict(orientation=-70, sf=.08, phase=-90, contrast=.6, x=3, y=-2, **{"sigma-x": 3, "sigma-y": 2}), 17, 15, 1),
    ("plaid", dict(orientation=10, angle=55, sf=.12, sf2=.2, phase=30, phase2=-45), 11, 12, 1),
    ("checkerboard", dict(orientation=17, side=3.3, x=.4, y=-1.1), 14, 15, 1),
    ("checkerboard", dict(orientation=0, side=4), 14, 16, 2),
    ("zone-plate", dict(sf=.3, phase=25), 14, 17, 1),
    ("grating", dict(orientation=45, sf=.1, aperture="circle", **{"aperture-radius": 5.3, "aperture-x": 1.5, "aperture-y": -2}), 14, 15, 1),
    ("grating", dict(orientation=45, sf=.1, aperture="circle", **{"aperture-radius": 4.7}), 12, 13, 4),
    ("grating", dict(orientation=45, sf=.1, aperture="annulus", **{"aperture-radius": 6.1, "aperture-inner": 2.6}), 14, 15, 1),
    ("grating", dict(orientation=45, sf=.1, aperture="gaussian", **{"aperture-sigma": 3.1, "aperture-y": 2}), 14, 15, 1),
    ("grating", dict(orientation=45, sf=.1, aperture="raised-cosine", **{"aperture-radius": 7, "aperture-edge": 4}), 16, 17, 1),
]

if __name__ == "__main__":
    out = []
    for kind, p, rows, columns, n in CASES:
        words = {k: v for k, v in p.items() if isinstance(v, str)}
        pixels = render(kind, p, rows, columns, n)
        out.append(dict(kind=kind, aperture=words.get("aperture", "none"), rows=rows, columns=columns, supersample=n,
                        values={k: v for k, v in p.items() if k not in words}, pixels=[round(float(v), 9) for v in pixels.ravel()]))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "patterns.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in out) + "\n]\n")
