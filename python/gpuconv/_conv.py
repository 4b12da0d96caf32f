"""Conv2d, which plans once, and conv2d, which keeps plans."""

import collections
import ctypes
import functools
import threading

import numpy as np

from . import _library, _pending
from ._arrays import Output, dense, empty, start
from ._pending import Batch, Waiter
from ._spec import Spec, dimensions

# A batch of more multiplications than this is submitted and waited for, so that KeyboardInterrupt stops it. A processor
# does them in some milliseconds; the reference, which computes in float64, in a tenth of a second.
_SHORT = {"reference": 5e6}
_SHORT_ELSEWHERE = 1e8

_WAIT = 50  # milliseconds between two looks at signals

_SIZES = 8  # sizes of images for which a Conv2d keeps plans; each may hold memory of a GPU


class _Plan:
    """A plan for images of one size, and for at most a given number of them."""

    def __init__(self, spec, device, src, weight, bias):
        self.images, self.device, self.library, self.closed = src[0], device, _library.library(), False
        problem = spec.problem(src)
        shape = (ctypes.c_int64 * 4)()
        _library.call("output_shape", ctypes.byref(problem), shape)
        self.image = tuple(shape)[1:]
        handle = ctypes.c_uint64()
        with device.used():
            _library.call("make_plan", device.handle, ctypes.byref(problem), weight.ctypes.data,
                          None if bias is None else bias.ctypes.data, ctypes.byref(handle))
        self.handle = handle.value
        self.given = handle, ctypes.c_int64(src[0])  # what run passes, as ctypes has it
        # Multiplications for an image. With a pool there are fewer outputs than sums, by the factor of its stride.
        self.work = float(np.prod(self.image)) * float(np.prod(weight.shape[1:]))
        self.work *= float(np.prod(spec.fields[6])) if spec.fields[-1] else 1.0

    def run(self, dst, src, images, short):
        """Compute some images. dst and src are dense arrays."""
        library = self.library
        if images * self.work <= short:
            handle, count = self.given
            if images != self.images:
                count = ctypes.c_int64(images)
            status = library.run(handle, start(dst), start(src), count)
        else:
            status = self._wait(library, dst, src, images)
        if status:
            with self.device.used():
                _library.raise_error(status)

    def _wait(self, library, dst, src, images):
        _pending.release(library)
        waiter = Waiter()
        batch = Batch(waiter, dst, src)
        try:
            _pending.add(batch)
            status = library.gpuconv_submit(self.handle, dst.ctypes.data, src.ctypes.data, images,
                                            ctypes.byref(batch.handle))
            if status == 0:
                while (status := library.gpuconv_wait(batch.handle, _WAIT)) == _library.TIMEOUT:
                    pass
            _pending.discard(batch)
        except BaseException:  # KeyboardInterrupt, before or after any step
            _pending.abandon(library, batch)
            raise
        return status

    def serves(self, images):
        """Say if the plan can compute this many images, and its device is not lost."""
        return images <= self.images and not self.device.lost

    def close(self):
        """Release the plan, once. The plans of a device that was lost are closed already."""
        if not self.closed and not self.device.lost:
            self.closed = True
            self.library.gpuconv_close(self.handle)

    def __del__(self):
        if hasattr(self, "handle"):
            self.close()


def _same_bits(a, b):
    if a.shape != b.shape:
        return False
    if a.nbytes < 1 << 16:  # copying so little takes less time than NumPy's setting up
        return a.tobytes() == b.tobytes()
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))


class Conv2d:
    """A convolution with fixed weights, prepared once for each size of images, and kept for the last eight sizes.

    Parameters
    ----------
    weight : array, shape (filters, channels // groups, kernel rows, kernel columns)
        Weights. They are copied. The kernel is not flipped, as in PyTorch.
    bias : array, shape (filters,), optional
        Added to each output of a filter.
    stride, dilation : int or (int, int)
        For rows and columns, in pixels.
    padding : int, (int, int), (int, int, int, int), 'same' or 'valid'
        Pixels around each image: everywhere, for (rows, columns), or at (top, bottom, left, right). 'same' keeps the
        size of the images; a pixel that cannot be shared goes to the bottom or right, as in PyTorch.
    groups : int
        Filters are cut into this many groups. Each group reads its own channels.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular', 'symmetric'}
        What fills the padding.
    activation : {None, 'relu', 'energy'}
        Applied to the sums. 'energy' turns filters 2m and 2m+1 into one channel, the root of the sum of their squares.
    pool : None, (kind, size) or (kind, size, stride)
        Applied last. kind is 'max' or 'avg'; size and stride are numbers or pairs; the stride defaults to the size.
    backend : {'auto', 'gpu', 'cpu', 'reference'}
        'auto' takes a GPU if there is one that is hardware, else the CPU. 'reference' computes in float64, by plain
        loops.
    device : str or int, optional
        Which GPU: 'any', 'gpu' (no software renderer), 'software', a number that `devices` lists, or 'task': the GPU
        that a scheduler gave this process, else the CPU.
    algorithm : str, optional
        Forces an algorithm; by default gpuconv chooses.
    precision : {'exact', 'fast'}
        'fast' also allows transforms whose errors spread between pixels.

    Notes
    -----
    Several threads may use one Conv2d: runs of one size take turns. The GIL is released while gpuconv computes. It is a
    context manager that closes its plans; so does the garbage collector.

    Examples
    --------
    >>> import numpy as np, gpuconv
    >>> edge = np.array([[[[-1, 1]]]], np.float32)
    >>> with gpuconv.Conv2d(edge, backend="cpu") as conv:
    ...     conv(np.array([[[[0, 0, 5, 5]]]], np.float32))
    array([[[[0., 5., 0.]]]], dtype=float32)
    """

    def __init__(self, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1, padding_mode="zeros",
                 activation=None, pool=None, backend="auto", device=None, algorithm=None, precision="exact"):
        self._plans, self._lock, self._closed = {}, threading.Lock(), False
        self._weight = np.array(dense("weight", weight))
        self._bias = None
        if bias is not None:
            self._bias = np.array(dense("bias", bias))
            if self._bias.shape != self._weight.shape[:1]:
                raise ValueError(f"bias {self._bias.shape}: want {self._weight.shape[:1]}, one value per filter")
        self._spec = Spec(self._weight.shape, stride, padding, dilation, groups, padding_mode, activation, pool)
        self._key = _library.options(backend, device, algorithm, precision)
        self._short = _SHORT.get(backend, _SHORT_ELSEWHERE)

    def __call__(self, x, out=None):
        """Convolve images.

        Parameters
        ----------
        x : array, shape (images, channels, rows, columns)
            NumPy's, PyTorch's, or anything with __array_interface__ or DLPack in the CPU's memory. float32 in C order
            is not copied. float64 is rounded, with a PrecisionWarning.
        out : array of float32, optional
            Where to write the outputs. It may overlap x.

        Returns
        -------
        array of float32, shape (images, filters, rows, columns)
            What x is: a tensor for a tensor, else a NumPy array; or out. See `output_shape`.
        """
        src = dense("x", x)
        shape = src.shape
        if len(shape) != 4:
            raise ValueError(f"x {shape}: want 4 dimensions: images, channels, rows, columns")
        images = shape[0]
        plan = self._plan(shape)
        if out is None and src is x:
            y = empty((images, *plan.image))
            if images:
                plan.run(y, src, images, self._short)
            return y
        y = Output(out, (images, *plan.image), src)
        if images:
            plan.run(y.array, src, images, self._short)
        return y.finish(x)

    def _plan(self, shape):
        """Return the plan for images of a shape, made for at least this many images."""
        plan = self._plans.get(shape[1:])  # there is none after close
        if plan is not None and shape[0] <= plan.images and not plan.device.lost and not _library.forked():
            return plan
        self._check_open()
        _library.library()  # refuses a fork, in which the lock may be held for ever
        with self._lock:
            self._check_open()
            plan = self._plans.get(shape[1:])
            if plan is None or not plan.serves(shape[0]):
                device = _library.device(*self._key)
                plan = _Plan(self._spec, device, (max(shape[0], 1), *shape[1:]), self._weight, self._bias)
                self._plans.pop(shape[1:], None)  # what is dropped here is closed when no thread uses it any more
                self._plans[shape[1:]] = plan
                while len(self._plans) > _SIZES:
                    del self._plans[next(iter(self._plans))]
        return plan

    def _check_open(self):
        if self._closed:
            raise Closed("this Conv2d is closed: want a new one")

    def __getstate__(self):
        """Return what a copy needs: it makes plans of its own."""
        return {**self.__dict__, "_plans": {}, "_lock": None}

    def __setstate__(self, state):
        self.__dict__.update(state, _lock=threading.Lock())

    def has(self, weight, bias):
        """Say if weight and bias have the shapes and bits of this convolution's."""
        return _same_bits(self._weight, weight) and (bias is None or _same_bits(self._bias, bias))

    def output_shape(self, shape):
        """Return the shape of the outputs for images of a shape (images, channels, rows, columns).

        It opens no device.
        """
        written = (ctypes.c_int64 * 4)()
        _library.call("output_shape", ctypes.byref(self._spec.problem(shape)), written)
        return tuple(written)

    def describe(self, shape):
        """Say how images of a shape (images, channels, rows, columns) are computed, and plan that.

        Returns
        -------
        dict
            'backend', 'device' and 'algorithm'; 'rejected', the other algorithms, each with its reason; 'accuracy', the
            error that outputs may have, in words; 'memory' in bytes; and others.
        """
        plan = self._plan(dimensions(shape))
        with plan.device.used():
            return _library.read("describe", plan.handle)

    def verify(self, x):
        """Test the device with this convolution and these images against the float64 reference.

        Returns
        -------
        dict
            'passed'; 'algorithm'; 'findings', one for each check, with its 'status', 'note' and largest error. It takes
            far longer than computing.
        """
        src = dense("x", x)
        if src.ndim != 4:
            raise ValueError(f"x {src.shape}: want 4 dimensions: images, channels, rows, columns")
        bias = None if self._bias is None else self._bias.ctypes.data
        problem, device = self._spec.problem(src.shape), _library.device(*self._key)
        with device.used():
            return _library.read("verify", device.handle, ctypes.byref(problem), self._weight.ctypes.data, bias,
                                 src.ctypes.data)

    def close(self):
        """Release the plans. Closing twice is harmless."""
        if _library.forked():
            return
        with self._lock:
            self._closed = True
            plans, self._plans = self._plans, {}
        for plan in plans.values():
            plan.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


Closed = _library.Closed

# Convolutions whose plans conv2d keeps. It has no lock, which a fork could find held: copy and append are one step
# each.
_kept = collections.deque(maxlen=16)


def _key(weight, moved, chosen):
    """Return what distinguishes convolutions, except for their numbers."""
    return Spec(weight, *moved).fields, _library.options(*chosen)


_key_again = functools.lru_cache(64)(_key)


_SIMPLE = frozenset((type(None), int, str))


def _plain(values):
    """Say if values can be keys: none can change, as an array can, or equals one of another meaning, as 1 == True."""
    return _SIMPLE.issuperset(map(type, values)) or all(
        type(v) in _SIMPLE or (type(v) is tuple and _plain(v)) for v in values)


def conv2d(x, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1, padding_mode="zeros", activation=None,
           pool=None, backend="auto", device=None, algorithm=None, precision="exact", out=None):
    """Convolve images with filters: one call of `Conv2d`, whose arguments these are.

    The plans of the last 16 convolutions are kept, so that calls with equal weights and arguments do not plan again.

    Parameters
    ----------
    x : array, shape (images, channels, rows, columns)
        Images: NumPy's, PyTorch's, or anything with __array_interface__ or DLPack in the CPU's memory.
    weight, bias, ...
        See `Conv2d`.
    out : array of float32, optional
        Where to write the outputs. It may overlap x.

    Returns
    -------
    array of float32, shape (images, filters, rows, columns)
        What x is: a tensor for a tensor, else a NumPy array; or out.

    Examples
    --------
    >>> import numpy as np, gpuconv
    >>> gpuconv.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3)), backend="cpu")
    array([[[[9.]]]], dtype=float32)
    """
    w = dense("weight", weight)
    b = None if bias is None else dense("bias", bias)
    moved = (stride, padding, dilation, groups, padding_mode, activation, pool)
    chosen = (backend, device, algorithm, precision)
    key = (_key_again if _plain(moved) and _plain(chosen) else _key)(w.shape, moved, chosen)
    key = (key, b is None)
    found = [conv for conv in _kept.copy() if conv.key == key and conv.has(w, b)]
    if found:
        return found[0](x, out)
    conv = Conv2d(w, b, stride=stride, padding=padding, dilation=dilation, groups=groups, padding_mode=padding_mode,
                  activation=activation, pool=pool, backend=backend, device=device, algorithm=algorithm,
                  precision=precision)
    conv.key = key
    _kept.append(conv)  # the oldest one is closed when no thread uses it any more
    return conv(x, out)
