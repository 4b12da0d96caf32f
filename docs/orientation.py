#!/usr/bin/env python3
"""Draws orientation.png, the convention of orientations, from gpuconv's own arrays. Needs NumPy, matplotlib and:

    gpuconv stimuli --kind grating --orientation 0,45,90,135,180,270 --sf 0.0625 --aperture circle --output gratings.npy
    gpuconv filters --kind gabor --orientation 0,45,90,135 --sf 0.1 --phase 90 --output gabors.npy
    gpuconv filters --preset nma --output nma.npy
"""
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

gratings, gabors, nma = (np.load(name + ".npy")[:, 0] for name in ("gratings", "gabors", "nma"))
degrees = [0, 45, 90, 135, 180, 270]
assert gratings.shape == (len(degrees), 64, 64) and len(gabors) == 4 and len(nma) == 6, (gratings.shape, gabors.shape)
figure, axes = plt.subplots(3, len(degrees), figsize=(9.6, 5.8), dpi=100)
for axis, image, angle in zip(axes[0], gratings, degrees):
    axis.imshow(image, cmap="gray", vmin=0, vmax=1)  # row 0 on top, as in the array
    u = 22 * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    axis.annotate("", xytext=(31.5, 31.5), xy=31.5 + u, arrowprops=dict(color="red", width=2, headwidth=9, headlength=9))
    axis.set_title(f"{angle}°" if angle < 180 else f"{angle}°\n{angle - 180}° that drifts back", fontsize=10)
for row, bank, titles in ((1, gabors, [f"{a}°" for a in (0, 45, 90, 135)]),
                          (2, nma[[4, 3, 2, 5]], [f"θ {t}°,\nprefers {p}°" for t, p in ((90, 0), (45, 45), (0, 90), (135, 135))])):
    for axis, weight, title in zip(axes[row], bank, titles):
        limit = np.abs(weight).max()
        axis.imshow(weight, cmap="bwr", vmin=-limit, vmax=limit)
        axis.set_title(title, fontsize=10)
for axis in axes.flat:
    axis.set_xticks([]); axis.set_yticks([])
for axis in axes[1:, 4:].flat:
    axis.axis("off")
for axis, label in zip(axes[:, 0], ("gratings", "Gabors", "the tutorial's")):
    axis.set_ylabel(label, fontsize=10)
axes[1][4].text(0, 0.6, "Filters, each under the grating\nthat it prefers. Its label is that\ngrating's orientation.", fontsize=10, va="top")
axes[2][4].text(0, 0.6, "θ is the tutorial's own angle:\nthe orientation is 90° − θ.", fontsize=10, va="top")
axes[0][4].text(0, -0.25, "The red arrow is u = x·cosθ + y·sinθ,\nx to the right, y down: a positive\ndrift moves the stripes there.",
                fontsize=10, va="top", transform=axes[0][4].transAxes)
figure.subplots_adjust(left=0.03, right=0.99, top=0.92, bottom=0.01, wspace=0.15, hspace=0.32)
figure.savefig("orientation.png")
