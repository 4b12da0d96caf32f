"""The caller's arrays as float32 in C order, and results as arrays of the kind that the caller uses."""

import collections
import ctypes
import math
import sys
import warnings

import numpy as np


class PrecisionWarning(UserWarning):
    """Numbers were rounded to float32, in which gpuconv computes."""


_FLOAT = np.dtype(np.float32)

# Types whose values are all exact in float32.
_EXACT = tuple(map(np.dtype, (np.float32, np.float16, np.bool_, np.int8, np.uint8, np.int16, np.uint16)))


def _is_tensor(x):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def _from_tensor(name, x):
    import torch

    if x.device.type != "cpu":
        raise ValueError(f"{name} is on {x.device}: want an array in the CPU's memory: call .cpu()")
    if x.requires_grad and torch.is_grad_enabled():
        raise ValueError(f"{name} requires gradients: gpuconv computes forward only: call .detach(), or use "
                         "torch.no_grad()")
    x = x.detach()
    if x.layout != torch.strided:
        raise TypeError(f"{name} is {x.layout}: want a dense tensor: call .to_dense()")
    if x.dtype == torch.bfloat16:
        x = x.float()
    return x.resolve_conj().resolve_neg().numpy()


def _from_protocol(name, x):
    if hasattr(x, "__array_interface__") or hasattr(x, "__array__"):
        return np.asarray(x)
    kind = int(x.__dlpack_device__()[0])
    if kind != 1:
        raise ValueError(f"{name} is on a device of DLPack's kind {kind}: want 1, the CPU's memory: call .cpu()")
    return np.from_dlpack(x)


def to_numpy(name, x):
    """Return an array of the caller as a NumPy array of any type. It is copied only if NumPy cannot view its memory."""
    if type(x) is np.ndarray:
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array: gpuconv would ignore the mask: call .filled()")
    if isinstance(x, np.ndarray):
        return x.view(np.ndarray)
    if _is_tensor(x):
        return _from_tensor(name, x)
    if hasattr(x, "__cuda_array_interface__"):
        raise ValueError(f"{name} is on a GPU: want an array in the CPU's memory: call .cpu() or .get()")
    if any(hasattr(x, protocol) for protocol in ("__array_interface__", "__array__", "__dlpack__")):
        try:
            return _from_protocol(name, x)
        except (ValueError, TypeError, MemoryError):
            raise
        except Exception as error:  # from code that is not ours
            raise TypeError(f"{name} is a {type(x).__name__} that is not an array: {error!r}") from error
    if isinstance(x, (list, tuple)):
        try:
            return np.asarray(x)
        except ValueError:
            raise TypeError(f"{name} is a list of lists of different lengths: want an array") from None
    raise TypeError(f"{name} is a {type(x).__name__}: want an array: NumPy's, or one with __array_interface__ or "
                    "__dlpack__")


def dense(name, x):
    """Return an array of the caller as float32 in C order. It is copied only if it is not that already."""
    if type(x) is not np.ndarray:
        x = to_numpy(name, x)
    if x.dtype == _FLOAT and (flags := x.flags).c_contiguous and flags.aligned:
        return x
    if x.dtype.newbyteorder("=") in (np.float64, np.longdouble):
        text = f"{name} is {x.dtype}: gpuconv computes in float32, and rounds it"
        warnings.warn(text, PrecisionWarning, stacklevel=3)
    elif x.dtype.newbyteorder("=") not in _EXACT:
        raise TypeError(f"{name} is {x.dtype}: want float32, or a type that converts to it: float16, float64, "
                        "or integers of 8 or 16 bits")
    with np.errstate(over="ignore"):  # a float64 beyond float32 becomes infinite
        return np.require(x, np.float32, ["C", "A"])


_Start = ctypes.c_char * 0


def start(array):
    """Return what ctypes passes as the address of a dense array."""
    try:
        return _Start.from_buffer(array)  # takes a third of the time of array.ctypes.data, 2 µs
    except TypeError:  # read-only
        return ctypes.c_void_p(array.__array_interface__["data"][0])


def like(x, result):
    """Return a NumPy result as the same kind as x: a tensor for a tensor, an array of x's library if x names it."""
    if isinstance(x, np.ndarray):
        return result
    if _is_tensor(x):
        import torch

        return torch.from_numpy(result)
    namespace = getattr(x, "__array_namespace__", None)
    if namespace is not None:
        return namespace().asarray(result)
    return result


_LINE = 64  # bytes of a cache line: storing vectors across two lines costs 15 % of the time of the tutorial's layer

# Results of this many bytes or more are aligned, which costs some microseconds.
_ALIGNED = 1 << 20

# For this many bytes or more, malloc asks the system for memory each time. The system has to clear it, which takes as
# long as computing.
_LARGE = 32 << 20

# The memory of results of up to this many bytes is used again. One piece of it may be held until the process ends.
_HELD = 256 << 20


class _Lent:
    """Memory of a large result. It becomes the spare piece when the last array that uses it is gone."""

    spare = collections.deque(maxlen=1)  # one piece for all results; append and pop are one step each, so no lock

    def __init__(self, memory, shape):
        self.memory = memory
        self.__array_interface__ = {**memory.__array_interface__, "shape": shape, "data": (_lined(memory), False)}

    def __del__(self):
        self.spare.append(self.memory)


def _lined(memory):
    """Return the first address in an array that is a multiple of _LINE."""
    at = memory.__array_interface__["data"][0]
    return at + -at % _LINE


def _spare(size):
    """Return an array of at least this many numbers: the memory of a result that is gone, if it fits, or a new one."""
    try:
        memory = _Lent.spare.pop()
    except IndexError:
        return np.empty(size, np.float32)
    return memory if size <= memory.size <= 2 * size else np.empty(size, np.float32)


def empty(shape):
    """Return a new array of float32. Unless it is small, its address is a multiple of _LINE."""
    size = math.prod(shape) + _LINE // 4
    if 4 * size < _ALIGNED:
        return np.empty(shape, np.float32)
    if _LARGE <= 4 * size <= _HELD:
        return np.asarray(_Lent(_spare(size), shape))
    memory = np.empty(size, np.float32)
    at = -memory.__array_interface__["data"][0] % _LINE // 4
    return memory[at : at + size - _LINE // 4].reshape(shape)


def _in_place(out):
    """Return the memory of out as a NumPy array. Refuse an out that NumPy could only convert or copy."""
    if type(out) is np.ndarray:
        return out
    if _is_tensor(out):
        import torch

        if out.dtype != torch.float32 or out.is_conj() or out.is_neg():
            raise TypeError(f"out is {out.dtype}{' with the bit of negation' if out.is_neg() else ''}: "
                            "want a tensor of torch.float32 that holds its values")
    elif not any(hasattr(out, name) for name in ("__array_interface__", "__cuda_array_interface__", "__dlpack__")):
        raise TypeError(f"out is a {type(out).__name__}: want an array whose memory can be written: NumPy's, or one "
                        "with __array_interface__ or __dlpack__")
    return to_numpy("out", out)


class Output:
    """Where outputs go: into the caller's array, directly or by a copy at the end, or else into a new array."""

    def __init__(self, out, shape, src):
        self.given = out
        self.copied = False
        if out is None:
            self.array = empty(shape)
            return
        target = _in_place(out)
        if target.shape != shape:
            raise ValueError(f"out {target.shape}: want {shape}")
        if target.dtype != _FLOAT:
            raise TypeError(f"out is {target.dtype}: want float32")
        if not target.flags.writeable:
            raise ValueError("out is read-only: want an array that can be written")
        self.target = target
        direct = target.flags.c_contiguous and target.flags.aligned
        self.copied = not direct or np.may_share_memory(target, src)
        self.array = empty(shape) if self.copied else target

    def finish(self, x):
        """Return what the caller gets."""
        if self.given is None:
            return like(x, self.array)
        if self.copied:
            self.target[...] = self.array
        return self.given
