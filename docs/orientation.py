#!/usr/bin/env python3
"""Draws orientation.png, the convention of directions, from gpuconv's own images. Needs NumPy, matplotlib and:

    gpuconv stimuli --kind grating --orientation 0,30,90,180,270 --sf 0.0625 --aperture circle --output orientation.npy
"""
import sys
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

images = np.load(sys.argv[1] if len(sys.argv) > 1 else "orientation.npy")
degrees = [0, 30, 90, 180, 270]
assert images.shape == (len(degrees), 1, 64, 64), images.shape
figure, axes = plt.subplots(1, len(degrees), figsize=(9, 2.3), dpi=100)
for axis, image, angle in zip(axes, images[:, 0], degrees):
    axis.imshow(image, cmap="gray", vmin=0, vmax=1)  # row 0 on top, as in the array
    u = 22 * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    axis.annotate("", xytext=(31.5, 31.5), xy=(31.5 + u[0], 31.5 + u[1]), arrowprops=dict(color="red", width=2, headwidth=9, headlength=9))
    axis.set_title(f"{angle}°", fontsize=11)
    axis.set_xticks([0, 63]); axis.set_yticks([0, 63])
    axis.tick_params(labelsize=7)
axes[0].set_xlabel("column, x →", fontsize=8)
axes[0].set_ylabel("← row, y", fontsize=8)
figure.suptitle("orientation: the red arrow is u = x·cosθ + y·sinθ, where a positive drift moves the stripes", fontsize=9, y=0.99)
figure.tight_layout(rect=(0, 0, 1, 0.97))
figure.savefig("orientation.png")
