"""How a kernel moves over an image, from the arguments of Python to the fields of gpuconv_problem."""

import ctypes
import operator

from ._library import Problem

_MODES = ("zeros", "reflect", "replicate", "circular", "symmetric")
_ACTIVATIONS = (None, "relu", "energy")
_POOLS = (None, "max", "avg")


def _number(name, value):
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} {value!r}: want whole numbers") from None
    if not -(2**62) < number < 2**62:
        raise ValueError(f"{name} {value!r}: too large")
    return number


def pair(name, value):
    """Return a number for both axes, or a pair (rows, columns), as a pair."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        return (_number(name, value),) * 2
    if len(value) != 2:
        raise ValueError(f"{name} {tuple(value)}: want one number, or two: rows and columns")
    return tuple(_number(name, v) for v in value)


def dimensions(shape):
    """Return the shape of images as four numbers."""
    shape = tuple(_number("shape", n) for n in shape)
    if len(shape) != 4:
        raise ValueError(f"shape {shape}: want 4 numbers: images, channels, rows, columns")
    return shape


def _choice(name, value, known):
    if not (value is None or isinstance(value, str)) or value not in known:
        wanted = ", ".join(repr(k) for k in known)
        raise ValueError(f"{name} {value!r}: want one of {wanted}")
    return known.index(value)


def _padding(value, stride, dilation, kernel):
    if isinstance(value, str) and value == "valid":
        return (0, 0, 0, 0)
    if isinstance(value, str) and value == "same":
        if stride != (1, 1):
            raise ValueError(f"padding 'same' with stride {stride}: want a stride of 1")
        h, w = (d * (k - 1) for d, k in zip(dilation, kernel))
        return (h // 2, h - h // 2, w // 2, w - w // 2)
    if isinstance(value, str):
        raise ValueError(f"padding {value!r}: want 'same', 'valid' or numbers")
    if hasattr(value, "__len__") and len(value) == 4:
        return tuple(_number("padding", v) for v in value)
    if hasattr(value, "__len__") and len(value) != 2:
        raise ValueError(f"padding {tuple(value)}: want one number, (rows, columns), or (top, bottom, left, right)")
    h, w = pair("padding", value)
    return (h, h, w, w)


def _pool(value):
    if value is None:
        return 0, (0, 0), (0, 0)
    if not isinstance(value, tuple) or len(value) not in (2, 3):
        raise ValueError(f"pool {value!r}: want None, (kind, size) or (kind, size, stride), such as ('max', 2)")
    size = pair("pool size", value[1])
    stride = pair("pool stride", value[2]) if len(value) == 3 else size
    if min(size + stride) < 1:
        raise ValueError(f"pool {value!r}: want sizes and strides of 1 or more")
    return _choice("pool", value[0], _POOLS[1:]) + 1, size, stride


class Spec:
    """A convolution without the size of its images.

    fields is a tuple of everything, as numbers and tuples of numbers, by which plans are cached.
    """

    def __init__(self, weight, stride, padding, dilation, groups, padding_mode, activation, pool):
        if len(weight) != 4:
            raise ValueError(f"weight {weight}: want 4 dimensions: filters, channels, rows, columns")
        stride, dilation = pair("stride", stride), pair("dilation", dilation)
        if min(stride) < 1:
            raise ValueError(f"stride {stride}: want 1 or more")
        if min(dilation) < 1:
            raise ValueError(f"dilation {dilation}: want 1 or more")
        groups = _number("groups", groups)
        if groups < 1:
            raise ValueError(f"groups {groups}: want 1 or more")
        kind, size, pool_stride = _pool(pool)
        self.fields = (
            tuple(weight), stride, dilation, _padding(padding, stride, dilation, weight[2:]), groups, size, pool_stride,
            _choice("padding_mode", padding_mode, _MODES), _choice("activation", activation, _ACTIVATIONS), kind,
        )

    def problem(self, src):
        """Return the gpuconv_problem for images of a shape."""
        return Problem(ctypes.sizeof(Problem), dimensions(src), *self.fields, 0)
