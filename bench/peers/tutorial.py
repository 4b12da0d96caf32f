#!/usr/bin/env python3
"""Does the job of gpuconv run as the tutorial does it, with NumPy and PyTorch, one image at a time, to compare times.

Formulas: Neuromatch Academy, W1D5 tutorial 2 (CC BY 4.0), in our own words. Needs NumPy and PyTorch, which make peers
installs.
Usage: tutorial.py OUTPUT.npy
"""
import sys
import numpy as np
import torch
from torch import nn

def filters(channels=6, size=7):
    grid = np.linspace(-size / 2, size / 2, size).astype(np.float32)
    x, y = np.meshgrid(grid, grid, indexing="ij")
    cusp = lambda sigma: np.exp(-(x ** 2 + y ** 2) ** 0.5 / (2 * sigma ** 2))
    surround = cusp(1.1) - 0.5 * cusp(2.2)
    thetas = np.linspace(0, 180, channels - 2 + 1)[:-1] * np.pi / 180
    gabors = [cusp(0.44) * np.cos(2 * np.pi * (x * np.cos(t) + y * np.sin(t)) / 10 + np.pi / 2) for t in thetas]
    bank = np.stack([surround, -surround] + gabors).astype(np.float32)
    bank /= np.abs(bank).max(axis=(1, 2), keepdims=True)
    bank -= bank.mean(axis=(1, 2), keepdims=True)
    return torch.from_numpy(bank).unsqueeze(1)

def grating(degrees, sf=1 / 28, res=0.1):
    angle = np.deg2rad(degrees)
    x, y = np.meshgrid(sf * np.arange(0, 640 * res) / res, sf * np.arange(0, 480 * res) / res)
    image = np.cos(x * np.cos(angle) + y * np.sin(angle))
    image[image < 0] = 0
    image[image > 0] = 1
    image -= 0.5
    return torch.tensor(image, dtype=torch.float32)

layer = nn.Conv2d(1, 6, kernel_size=7, padding=3)
layer.weight = nn.Parameter(filters())
layer.bias = nn.Parameter(torch.zeros(6))
orientations = np.arange(-90, 90, 0.045)
stimuli = torch.zeros((len(orientations), 1, 48, 64))
for i, orientation in enumerate(orientations):
    stimuli[i, 0] = grating(orientation)
np.save(sys.argv[1], layer(stimuli).detach().numpy())
