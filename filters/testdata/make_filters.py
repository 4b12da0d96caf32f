#!/usr/bin/env python3
"""Writes filters.json: what scikit-image, SciPy and NumPy make of the filters' formulas.

Gabors are skimage.filters.gabor_kernel, by bandwidth or by sigma; derivatives have the Hermite polynomials of
numpy.polynomial.hermite_e and scipy.stats' normal density, Laplacians are the sum of two of them, differences of Gaussians are of
scipy.stats.multivariate_normal. Made with NumPy 2.4.6, SciPy 1.17.1 and scikit-image 0.26.0. Weights are rounded to 10 decimals.
"""
import json, os
import numpy as np
from numpy.polynomial import hermite_e
from scipy.stats import norm, multivariate_normal
from skimage.filters import gabor_kernel

def grid(size):
    at = np.arange(size) - (size - 1) / 2
    return np.meshgrid(at, at)  # x along columns

def gabor(p, size):
    theta, offset = np.deg2rad(p["orientation"]), np.deg2rad(p.get("phase", 0))
    widths = dict(bandwidth=p["bandwidth"]) if "bandwidth" in p else dict(sigma_x=p["sigma-x"], sigma_y=p["sigma-y"])
    k = gabor_kernel(p["sf"], theta=theta, offset=offset, n_stds=12, **widths).real * 2
    cut = (k.shape[0] - size) // 2, (k.shape[1] - size) // 2
    return k[cut[0]:cut[0] + size, cut[1]:cut[1] + size]

def gauss(size, sigma):
    x, y = grid(size)
    return multivariate_normal([0, 0], sigma ** 2 * np.eye(2)).pdf(np.dstack([x, y]))

def dog(p, size):
    return p.get("sign", 1) * (gauss(size, p["sigma"]) - p.get("surround", 1) * gauss(size, p["sigma-surround"]))

def derivative(p, size):
    x, y = grid(size)
    z = (x + 1j * y) * np.exp(-1j * np.deg2rad(p["orientation"])) / p["sigma"]
    he = hermite_e.hermeval(z.real, [0] * int(p["order"]) + [1])
    return he * norm.pdf(z.real) * norm.pdf(z.imag) / p["sigma"] ** 2

def laplacian(p, size):
    if p["sigma"] == 0:
        k = np.zeros((size, size)); m = size // 2
        k[m - 1:m + 2, m - 1:m + 2] = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
        return k
    two = dict(p, order=2)
    return derivative(dict(two, orientation=0), size) + derivative(dict(two, orientation=90), size)

MAKERS = {"gabor": gabor, "dog": dog, "gaussian-derivative": derivative, "laplacian": laplacian}

CASES = [  # kind, parameters, size, balanced
    ("gabor", {"orientation": 0, "sf": .1, "sigma-x": 3, "sigma-y": 3}, 13, False),
    ("gabor", {"orientation": 30, "sf": .17, "phase": 50, "sigma-x": 2, "sigma-y": 3.5}, 15, False),
    ("gabor", {"orientation": -75, "sf": .2, "phase": 90, "bandwidth": 1}, 11, False),
    ("gabor", {"orientation": 140, "sf": .12, "phase": -20, "bandwidth": 1.7}, 17, True),
    ("dog", {"sigma": 1, "sigma-surround": 1.6}, 11, False),
    ("dog", {"sigma": 1.3, "sigma-surround": 4, "surround": .8, "sign": -1}, 12, False),
    ("gaussian-derivative", {"orientation": 25, "order": 1, "sigma": 1.5}, 11, False),
    ("gaussian-derivative", {"orientation": 100, "order": 2, "sigma": 2}, 13, False),
    ("gaussian-derivative", {"orientation": -40, "order": 5, "sigma": 1.8}, 15, False),
    ("laplacian", {"sigma": 1.4}, 11, False),
    ("laplacian", {"sigma": 0}, 5, False),
]

if __name__ == "__main__":
    out = []
    for kind, p, size, balanced in CASES:
        w = MAKERS[kind](p, size)
        if balanced:  # the Gabor's envelope is that with neither frequency nor phase
            sigma = np.sqrt(np.log(2) / 2) / (np.pi * p["sf"]) * (2 ** p["bandwidth"] + 1) / (2 ** p["bandwidth"] - 1)
            g = gauss(size, sigma)
            w = w - w.sum() * g / g.sum()
        out.append(dict(kind=kind, size=size, balanced=balanced, values=p, weights=[round(float(v), 10) for v in w.ravel()]))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "filters.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in out) + "\n]\n")
