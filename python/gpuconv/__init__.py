"""2-D convolution on any GPU with OpenGL 4.3, without CUDA, and on the CPU, checked against a float64 reference.

`conv2d` convolves images with filters. `Conv2d` does so with fixed filters that are prepared once. `gratings`,
`stimuli` and `filters` make images and filters for the study of vision, and `tuning` says what responses mean.
`devices` and `info` say what the machine has. `verify` tests a device, and `bench` measures it.

Arrays are NumPy's, PyTorch's, or anything with __array_interface__ or DLPack, as [images, channels, rows, columns].
"""

from ._arrays import PrecisionWarning
from ._conv import Conv2d, conv2d
from ._library import Closed, DeviceLost, Error, Forked, NoDevice, Unsupported, Wrong

TYPE_CHECKING = False
if TYPE_CHECKING:  # tools that check types take it as True; in a program __getattr__ imports these names
    from ._figures import Drawn, Picture, Run, Tuning
    from ._program import bench, devices, filters, gratings, info, run, stimuli, tuning, verify
else:  # not for such tools: with a __getattr__ they would accept any name

    def __getattr__(name):
        """Import what convolving does not need when it is used first: it takes four times as long as the rest."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import _figures, _program

        value = getattr(_figures if name[0].isupper() else _program, name)
        globals()[name] = value
        return value


__all__ = [
    "Closed", "Conv2d", "DeviceLost", "Drawn", "Error", "Forked", "NoDevice", "Picture", "PrecisionWarning", "Run",
    "Tuning", "Unsupported", "Wrong", "bench", "conv2d", "devices", "filters", "gratings", "info", "run", "stimuli",
    "tuning", "verify",
]


def __dir__():
    return sorted({*globals(), *__all__})
