#!/usr/bin/env python3
"""Makes questions.json, the goldens of contrast responses, receptive fields and decoding. Needs NumPy and SciPy."""
import json
import numpy as np
from scipy.optimize import curve_fit, least_squares

random = np.random.default_rng(20)


def naka_rushton(c, rmax, c50, n, base):
    return base + rmax * c**n / (c**n + c50**n)


contrasts = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
fits = []
for rmax, c50, n, base, noise in [(30, 0.2, 2.0, 1, 0.3), (1, 0.08, 3.1, 0, 0.01), (5, 0.45, 1.2, -0.4, 0.05), (80, 0.3, 2.4, 5, 2)]:
    y = naka_rushton(contrasts, rmax, c50, n, base) + noise * random.standard_normal(len(contrasts))
    best = None
    for start in [(np.ptp(y), h, e, y.min()) for h in (0.05, 0.2, 0.5) for e in (1, 2, 4)]:
        try:
            p, _ = curve_fit(naka_rushton, contrasts, y, start, bounds=([0, 2e-4, 0.1, -np.inf], [np.inf, 100, 20, np.inf]), xtol=1e-14, ftol=1e-14, gtol=1e-14)
        except RuntimeError:
            continue
        r = np.sum((naka_rushton(contrasts, *p) - y) ** 2)
        if best is None or r < best[0]:
            best = (r, p)
    r, p = best
    fits.append(dict(y=y.tolist(), rmax=p[0], c50=p[1], exponent=p[2], base=p[3], r2=1 - r / np.sum((y - y.mean()) ** 2)))

# A 2-D Gabor by SciPy's least squares, from the true parameters: the judge of the fit to a receptive field.
size = 15
yy, xx = np.mgrid[:size, :size] - (size - 1) / 2


def gabor(p, x=xx, y=yy):
    a, x0, y0, theta, sf, phase, su, sv = p
    u = (x - x0) * np.cos(theta) + (y - y0) * np.sin(theta)
    v = (y - y0) * np.cos(theta) - (x - x0) * np.sin(theta)
    return a * np.exp(-u**2 / (2 * su**2) - v**2 / (2 * sv**2)) * np.cos(2 * np.pi * sf * u + phase)


fields = []
for p in [(1, 0.5, -1.2, np.deg2rad(30), 0.15, 0.4, 2.2, 3), (2, -1, 0, np.deg2rad(100), 0.2, np.pi / 2, 1.8, 1.6), (0.7, 0, 1, np.deg2rad(165), 0.11, 2.5, 3, 2.4)]:
    image = gabor(p) + 0.05 * p[0] * random.standard_normal((size, size))
    fit = least_squares(lambda q: (gabor(q) - image).ravel(), p, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    q = fit.x
    r2 = 1 - np.sum(fit.fun**2) / np.sum((image - image.mean()) ** 2)
    fields.append(dict(image=image.ravel().tolist(), x=q[1], y=q[2], orientation=np.rad2deg(q[3]) % 180, sf=q[4], sigma_u=abs(q[6]), sigma_v=abs(q[7]), r2=r2))

# Ridge regression to labels of ±1, with the mean and scale of the training set, five folds: image i is in fold i mod 5 of its class.
responses = random.standard_normal((60, 4)) @ np.diag([1, 3, 0.5, 2.0])
labels = np.where(responses @ [0.8, 0.1, -1, 0.2] + 0.8 * random.standard_normal(60) > 0.3, 1, -1)
ridge = 0.01
fold = np.zeros(60, int)
for label in (-1, 1):
    fold[labels == label] = np.arange((labels == label).sum()) % 5
right = np.zeros(60, bool)
values = np.zeros(60)
for k in range(5):
    train, test = fold != k, fold == k
    mean, scale = responses[train].mean(0), responses[train].std(0)
    z, t = (responses[train] - mean) / scale, labels[train].astype(float)
    w = np.linalg.solve(z.T @ z + ridge * train.sum() * np.eye(4), z.T @ (t - t.mean()))
    values[test] = (responses[test] - mean) / scale @ w + t.mean()
    right[test] = np.sign(values[test]) == labels[test]
decoding = dict(responses=responses.ravel().tolist(), labels=labels.tolist(), values=values.tolist(), right=int(right.sum()))

with open("questions.json", "w") as file:
    json.dump(dict(numpy=np.__version__, contrasts=contrasts.tolist(), contrast=fits, fields=fields, size=size, decoding=decoding), file)
