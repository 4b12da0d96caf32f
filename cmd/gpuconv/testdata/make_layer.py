"""Makes layer.pt: a first layer as networks learn it, for TestOwnImagesPage.

Twelve Gabors of 7x7 in red, green and blue, at orientations 15 degrees apart, and four blobs of opponent colours. The
names are those of torchvision's AlexNet. Made with PyTorch 2.15.
"""
import math

import torch

filters = []
y, x = torch.meshgrid(torch.arange(7) - 3.0, torch.arange(7) - 3.0, indexing="ij")
window = torch.exp(-(x**2 + y**2) / 8)
for k in range(12):
    angle = math.radians(15 * k)
    wave = torch.cos(2 * math.pi * (0.1 + 0.1 * (k % 3)) * (x * math.cos(angle) + y * math.sin(angle)) + k)
    filters.append(torch.stack([window * wave] * 3) * torch.tensor([0.9, 1.0, 0.8])[:, None, None] / 10)
for red, green, blue in [(1, -1, 0), (-1, 1, 0), (0.5, 0.5, -1), (-0.5, -0.5, 1)]:
    filters.append(torch.stack([red * window, green * window, blue * window]) / 10)
weight = torch.stack(filters)
torch.save({"features.0.weight": weight, "features.0.bias": torch.linspace(-0.1, 0.1, 16)}, "layer.pt")
