#!/usr/bin/env python3
"""Writes tuning.json: what NumPy and SciPy make of random responses.

Made with NumPy 2.4.6 and SciPy 1.17.1. Each figure comes from another road than package tuning takes: harmonics from
np.fft, dissimilarities from scipy.spatial.distance, fits from scipy.optimize.curve_fit (Levenberg-Marquardt on all four
parameters at once, of the textbook form b + a*exp(k*(cos(2(x-m))-1))).
"""
import json, os
import numpy as np
from scipy.optimize import curve_fit
from scipy.spatial.distance import cdist

rng = np.random.default_rng(7)

def half_width(k):
    """Where the curve is halfway between its largest and smallest value, by bisection."""
    f = lambda d: np.exp(k * (np.cos(2 * d) - 1))
    half = (f(0) + f(np.pi / 2)) / 2
    lo, hi = 0.0, np.pi / 2
    for _ in range(200):
        middle = (lo + hi) / 2
        lo, hi = (middle, hi) if f(middle) > half else (lo, middle)
    return np.rad2deg(lo)

def orientation(n, period):
    theta = np.arange(n) * period / n
    r = rng.gamma(1.5, size=n)
    harmonic = np.fft.fft(r)[2 * period // 360]  # sum r exp(-i 2 theta)
    return {"theta": theta.tolist(), "r": r.tolist(),
            "preferred": float(np.rad2deg(-np.angle(harmonic)) / 2 % 180),
            "circular_variance": float(1 - abs(harmonic) / r.sum())}

def fit(noise, kappa):
    theta = np.arange(0, 180, 10.0)
    model = lambda x, m, k, a, b: b + a * np.exp(k * (np.cos(2 * np.deg2rad(x - m)) - 1))
    r = model(theta, rng.uniform(0, 180), kappa, 3.0, 0.5) + noise * rng.standard_normal(theta.size)
    best = None
    for m in theta[::3]:
        for k in (0.5, 3.0):
            try:
                p, _ = curve_fit(model, theta, r, (m, k, np.ptp(r), r.min()), maxfev=20000, ftol=1e-14, xtol=1e-14)
            except RuntimeError:
                continue
            residue = np.sum((model(theta, *p) - r) ** 2)
            if p[1] > 0 and p[2] > 0 and (best is None or residue < best[0]):
                best = residue, p
    residue, (m, k, a, b) = best
    return {"theta": theta.tolist(), "r": r.tolist(), "preferred": float(m % 180), "kappa": float(k),
            "base": float(b + a * np.exp(-2 * k)), "height": float(a * (1 - np.exp(-2 * k))),
            "half_width": float(half_width(k)), "r2": float(1 - residue / np.sum((r - r.mean()) ** 2))}

def phase(n):
    r = rng.gamma(1.5, size=n)
    f = np.fft.rfft(r) / n
    return {"phi": (np.arange(n) * 360 / n).tolist(), "r": r.tolist(), "f0": float(f[0].real), "f1": float(2 * abs(f[1])),
            "preferred": float(np.rad2deg(-np.angle(f[1])) % 360)}

def normalisation(cells, gamma, n, sigma):
    a = rng.gamma(1.5, size=(cells, 6)).astype("<f4").astype(float)
    a[0, 0] = 0
    return {"drive": a.tolist(), "gain": gamma, "exponent": n, "semisaturation": sigma,
            "response": (gamma * a**n / (sigma**n + (a**n).sum(axis=0))).tolist()}

patterns = rng.standard_normal((7, 11))
goldens = {
    "orientation": [orientation(n, period) for n, period in ((8, 180), (36, 180), (7, 180), (12, 360))],
    "fit": [fit(noise, kappa) for noise, kappa in ((0, 2.0), (0.1, 0.3), (0.2, 1.5), (0.2, 6.0), (0.5, 3.0))],
    "phase": [phase(n) for n in (3, 8, 17)],
    "normalisation": [normalisation(4, 1.0, 2.0, 0.5), normalisation(5, 3.5, 1.3, 2.0)],
    "dissimilarity": {"patterns": patterns.tolist(), "correlation": cdist(patterns, patterns, "correlation").tolist(),
                      "euclid": cdist(patterns, patterns).tolist()},
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tuning.json"), "w") as f:
    json.dump(goldens, f, separators=(",", ":"))
    f.write("\n")
