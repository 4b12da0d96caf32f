"""A module of PyTorch that computes with gpuconv."""

import torch as _torch

from ._conv import Conv2d as _Conv2d


class Conv2d(_torch.nn.Module):
    """torch.nn.Conv2d without gradients, computed by gpuconv. Make it with `from_torch`.

    Attributes
    ----------
    conv : gpuconv.Conv2d
        What computes. Its weights are a copy: later changes of the layer do not reach it.
    """

    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    @classmethod
    def from_torch(cls, layer, **arguments):
        """Take over a layer.

        Parameters
        ----------
        layer : torch.nn.Conv2d
            In the CPU's memory. Its weights are copied.
        **arguments
            backend, device, algorithm, precision, activation and pool of `gpuconv.Conv2d`.

        Returns
        -------
        Conv2d
        """
        if type(layer) is not _torch.nn.Conv2d:
            raise TypeError(f"layer is a {type(layer).__name__}: want a torch.nn.Conv2d")
        bias = None if layer.bias is None else layer.bias.detach()
        return cls(_Conv2d(
            layer.weight.detach(), bias, stride=layer.stride, padding=layer.padding, dilation=layer.dilation,
            groups=layer.groups, padding_mode=layer.padding_mode, **arguments,
        ))

    def forward(self, x):
        """Convolve a tensor [images, channels, rows, columns] in the CPU's memory.

        A tensor that requires gradients is refused: gpuconv computes forward only.
        """
        return self.conv(x)
