"""conv2d and Conv2d against float64, with arrays of all kinds, threads, forks, interrupts and many plans."""

import copy
import ctypes
import gc
import os
import pickle
import signal
import sys
import threading
import warnings

import numpy as np
import pytest
from conftest import reference
from hypothesis import assume, given
from hypothesis import strategies as st

import gpuconv
from gpuconv import _arrays, _library

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def problems(draw):
    """Return images, weights, biases and arguments of a convolution that is allowed."""
    groups, kernel = draw(st.integers(1, 3)), draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    channels, filters = groups * draw(st.integers(1, 3)), groups * 2 * draw(st.integers(1, 2))
    images = draw(st.integers(0, 3)), channels, draw(st.integers(4, 14)), draw(st.integers(4, 20))
    padding_mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular", "symmetric"]))
    spec = {
        "stride": draw(PAIR),
        "dilation": draw(PAIR),
        "padding": draw(st.tuples(*[st.integers(0, 3)] * 4)),
        "groups": groups,
        "padding_mode": padding_mode,
        "activation": draw(st.sampled_from([None, "relu", "energy"])),
        "pool": draw(st.none() | st.tuples(st.sampled_from(["max", "avg"]), PAIR, PAIR)),
    }
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    w = rng.standard_normal((filters, channels // groups, *kernel)).astype(np.float32)
    b = rng.standard_normal(filters).astype(np.float32) if draw(st.booleans()) else None
    return rng.standard_normal(images).astype(np.float32), w, b, spec


def fits(x, w, spec):
    """Say if a problem has outputs: the kernel fits into the padded image, the pool into the sums, and the image is large
    enough for padding that repeats it."""
    top, bottom, left, right = spec["padding"]
    beyond = {"reflect": -1, "circular": 0, "symmetric": 0}.get(spec["padding_mode"], np.inf)
    for axis, pads in ((0, (top, bottom)), (1, (left, right))):
        size = x.shape[2 + axis]
        if max(pads) > size + beyond:
            return False
        sums = (size + sum(pads) - spec["dilation"][axis] * (w.shape[2 + axis] - 1) - 1) // spec["stride"][axis] + 1
        if sums < (spec["pool"][1][axis] if spec["pool"] else 1):
            return False
    return True


@given(problems())
def test_against_float64(problem):
    x, w, b, spec = problem
    with gpuconv.Conv2d(w, b, backend="cpu", **spec) as conv:
        if not fits(x, w, spec):
            with pytest.raises(ValueError, match="kernel|pool|padding"):
                conv(x)
            return
        shape = conv.output_shape(x.shape)
        y = conv(x)
    want, limit = reference(x, w, b, **spec)
    assert y.shape == want.shape == shape
    assert y.dtype == np.float32
    assert (abs(y - want) <= limit).all()


@given(problems())
def test_cached_plans(problem):
    x, w, b, spec = problem
    assume(fits(x, w, spec))
    once = gpuconv.Conv2d(w, b, backend="cpu", **spec)(x)
    for _ in range(2):
        np.testing.assert_array_equal(gpuconv.conv2d(x, w, b, backend="cpu", **spec), once)


def test_padding_by_name_and_by_pairs():
    x, w = np.random.default_rng(3).standard_normal((2, 1, 1, 6, 8)).astype(np.float32)
    w = w[:, :, :2, :4]
    for short, long in (("same", (0, 1, 1, 2)), ("valid", 0), (1, (1, 1, 1, 1)), ((2, 1), (2, 2, 1, 1))):
        y = gpuconv.conv2d(x, w, padding=short, backend="cpu")
        np.testing.assert_array_equal(y, gpuconv.conv2d(x, w, padding=long, backend="cpu"))
    assert gpuconv.conv2d(x, w, padding="same", backend="cpu").shape == x.shape
    with gpuconv.Conv2d(w, padding=(0, 0, 3, 0), backend="cpu") as conv:
        assert conv.output_shape(x.shape) == (1, 1, 5, 8)


def test_changed_weights_are_seen():
    x, w = np.ones((1, 1, 3, 3), np.float32), np.ones((1, 1, 3, 3), np.float32)
    assert gpuconv.conv2d(x, w, backend="cpu") == 9
    w[0, 0, 1, 1] = np.nan
    assert np.isnan(gpuconv.conv2d(x, w, backend="cpu"))
    w[0, 0, 1, 1] = 2
    assert gpuconv.conv2d(x, w, backend="cpu") == 10
    assert gpuconv.conv2d(x, w, np.ones(1, np.float32), backend="cpu") == 11
    assert gpuconv.conv2d(x, w, -np.ones(1, np.float32), backend="cpu") == 9


@pytest.mark.parametrize("shape", [(1, 4, 1), (4, 1), (2, 2)])
def test_wrong_bias_beside_a_kept_one(shape):
    """A bias of a wrong shape is refused, also if a convolution with its bits is kept."""
    b = np.arange(4, dtype=np.float32)
    for _ in range(2):
        with pytest.raises(ValueError, match="one value per filter"):
            gpuconv.conv2d(X, W, b.reshape(shape), backend="cpu")
        gpuconv.conv2d(X, W, b, backend="cpu")


def test_changed_arguments_are_seen():
    """An argument that the caller changes later chooses another plan, and arrays as arguments are numbers."""
    x, w, stride = np.ones((1, 1, 6, 6), np.float32), np.ones((1, 1, 2, 2), np.float32), np.array([1, 1])
    assert gpuconv.conv2d(x, w, stride=stride, backend="cpu").shape == (1, 1, 5, 5)
    stride[:] = 2
    assert gpuconv.conv2d(x, w, stride=stride, backend="cpu").shape == (1, 1, 3, 3)
    assert gpuconv.conv2d(x, w, stride=[2, 2], backend="cpu").shape == (1, 1, 3, 3)
    padding = np.array([1, 1])
    assert gpuconv.conv2d(x, w, padding=padding, backend="cpu").shape == (1, 1, 7, 7)
    padding[:] = 0
    assert gpuconv.conv2d(x, w, padding=padding, backend="cpu").shape == (1, 1, 5, 5)


X = np.random.default_rng(1).standard_normal((3, 2, 9, 11)).astype(np.float32)
W = np.random.default_rng(2).standard_normal((4, 2, 3, 3)).astype(np.float32)


@pytest.fixture
def conv():
    with gpuconv.Conv2d(W, backend="cpu") as conv:
        yield conv


def _unaligned(x):
    return np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)


class Exchanged:
    """An array of another library, with DLPack alone."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **arguments):
        return self.array.__dlpack__()

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Interfaced:
    """An array of another library, with __array_interface__ alone."""

    def __init__(self, array):
        self.array = array
        self.__array_interface__ = array.__array_interface__


ODD = {
    "negative strides": lambda x: x[::-1, ::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1, ::-1],
    "steps": lambda x: np.repeat(x, 2, axis=3)[..., ::2],
    "Fortran order": np.asfortranarray,
    "other byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": _unaligned,
    "DLPack": Exchanged,
    "__array_interface__": Interfaced,
    "lists": lambda x: x.astype(np.float16).astype(np.float32).tolist(),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_arrays(conv, kind):
    x = X.astype(np.float16).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error" if kind != "lists" else "ignore")
        y = conv(ODD[kind](x))
    np.testing.assert_array_equal(y, conv(x))


def test_read_only(conv):
    x = X.copy()
    x.flags.writeable = False
    np.testing.assert_array_equal(conv(x), conv(X))
    for array in (x, X):
        at = ctypes.cast(_arrays.start(array), ctypes.c_void_p).value
        assert at == array.ctypes.data


def test_broadcast(conv):
    x = np.broadcast_to(X[:1], (5, *X.shape[1:]))
    np.testing.assert_array_equal(conv(x)[4], conv(X)[0])


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint8, np.int16, np.uint16, np.bool_])
def test_exact_types(conv, dtype):
    x = (X * 3).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(conv(x), conv(x.astype(np.float32)))


def test_float64_warns(conv):
    with pytest.warns(gpuconv.PrecisionWarning, match="x is float64"):
        np.testing.assert_array_equal(conv(X.astype(np.float64)), conv(X))


def test_zero_images(conv):
    assert conv(X[:0]).shape == (0, 4, 7, 9)


def test_more_images_than_planned(conv):
    y = conv(X)
    np.testing.assert_array_equal(conv(np.concatenate([X, X]))[3:], y)
    np.testing.assert_array_equal(conv(X[:1]), y[:1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite(conv, value):
    x = X.copy()
    x[0, 0, 4, 4] = value
    y = conv(x)
    assert not np.isfinite(y[0, :, 2:5, 2:5]).any()
    np.testing.assert_array_equal(y[1:], conv(X)[1:])


OUT = {
    "plain": lambda: np.empty((3, 4, 7, 9), np.float32),
    "Fortran order": lambda: np.empty((3, 4, 7, 9), np.float32, order="F"),
    "steps": lambda: np.empty((3, 4, 7, 18), np.float32)[..., ::2],
    "other byte order": lambda: np.empty((3, 4, 7, 9), np.dtype(np.float32).newbyteorder()),
}


@pytest.mark.parametrize("kind", OUT)
def test_out(conv, kind):
    out = OUT[kind]()
    if out.dtype != np.float32:
        with pytest.raises(TypeError, match="want float32"):
            conv(X, out)
        return
    assert conv(X, out) is out
    np.testing.assert_array_equal(out, conv(X))


def _large():
    """A convolution whose outputs are large, and what it makes of images of ones and twos."""
    conv = gpuconv.Conv2d(np.ones((8, 1, 1, 1), np.float32), backend="cpu")
    return conv, [np.full((1, 1, 1024, 1100), value, np.float32) for value in (1, 2)]


@pytest.mark.parametrize("rows", [64, 1024])
def test_outputs_are_aligned(rows):
    conv, (ones, _) = _large()
    for y in (conv(ones[:, :, :rows]), conv(ones[:, :, 1:rows])):
        assert y.__array_interface__["data"][0] % 64 == 0
        assert y.flags.writeable and y.flags.c_contiguous


def test_large_outputs_share_no_memory():
    """A result is never written again while an array, a view of it or a buffer uses its memory."""
    conv, (ones, twos) = _large()
    kept = [conv(ones), conv(ones)[:, 3, ::2], memoryview(conv(ones)[0, 7]), conv(ones).T]
    for _ in range(3):
        assert (conv(twos) == 2).all()
    assert all((np.asarray(y) == 1).all() for y in kept)


def test_large_outputs_use_memory_again():
    """Memory of a result that is gone serves the next one of about its size."""
    conv, (ones, _) = _large()
    address = conv(ones).__array_interface__["data"][0]
    assert conv(ones).__array_interface__["data"][0] == address


def _resident():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_large_outputs_are_not_kept():
    """However many convolutions are kept, they hold the memory of one result that is gone, of at most 256 MiB."""
    _, (ones, _) = _large()
    before = _resident()
    for k in range(8):
        y = gpuconv.conv2d(ones, np.full((8, 1, 1, 1), k, np.float32), backend="cpu")
        size = y.nbytes
        del y
    assert _resident() - before < 3 * size
    several = [_arrays.empty((1, 1, rows, 1 << 20)) for rows in (65, 64, 63, 9, 8, 9, 63, 64, 65)]
    several.clear()
    assert sum(memory.nbytes for memory in _arrays._Lent.spare) <= 256 << 20


def test_out_that_overlaps(conv):
    x = X[:, :, :, :].copy()
    want = conv(x)
    memory = np.zeros(x.size + want.size, np.float32)
    memory[: x.size] = x.ravel()
    out = memory[10 : 10 + want.size].reshape(want.shape)
    np.testing.assert_array_equal(conv(memory[: x.size].reshape(x.shape), out), want)


class OnGPU:
    """An array on a GPU that says so as CuPy's arrays do."""

    __cuda_array_interface__ = {}


class OnOther:
    """An array on a GPU that says so by DLPack."""

    def __dlpack__(self, **arguments):
        raise AssertionError

    def __dlpack_device__(self):
        return 2, 0


WRONG = {
    "three dimensions": (X[0], ValueError, r"x \(2, 9, 11\): want 4 dimensions"),
    "channels": (X[:, :1], ValueError, "channel"),
    "too small": (X[:, :, :2], ValueError, "kernel"),
    "int64": (X.astype(np.int64), TypeError, "x is int64: want float32"),
    "complex": (X.astype(np.complex64), TypeError, "x is complex64"),
    "objects": (X.astype(object), TypeError, "x is object"),
    "text": ("x", TypeError, "x is a str: want an array"),
    "nothing": (None, TypeError, "x is a NoneType"),
    "ragged": ([[1], [1, 2]], TypeError, "different lengths"),
    "masked": (np.ma.masked_array(X), TypeError, "mask"),
    "cuda": (OnGPU(), ValueError, r"\.cpu\(\)"),
    "dlpack": (OnOther(), ValueError, r"\.cpu\(\)"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_images(conv, kind):
    x, error, words = WRONG[kind]
    with pytest.raises(error, match=words):
        conv(x)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": (1, 2, 3)}, ValueError, "two: rows and columns"),
        ({"stride": 1.5}, TypeError, "whole numbers"),
        ({"stride": 2**70}, ValueError, "too large"),
        ({"dilation": -1}, ValueError, "dilation"),
        ({"dilation": 2**40}, ValueError, "kernel"),
        ({"padding": -1}, ValueError, "padding"),
        ({"padding": "half"}, ValueError, "want 'same', 'valid'"),
        ({"padding": (1, 2, 3)}, ValueError, "top, bottom"),
        ({"padding": "same", "stride": 2}, ValueError, "stride of 1"),
        ({"padding": 2**61}, ValueError, "padding"),
        ({"padding": 9, "padding_mode": "reflect"}, ValueError, "padding"),
        ({"padding_mode": "mirror"}, ValueError, "'symmetric'"),
        ({"groups": 0}, ValueError, "groups"),
        ({"groups": 3}, ValueError, "groups|group"),
        ({"activation": "gelu"}, ValueError, "'energy'"),
        ({"pool": "max"}, ValueError, "pool"),
        ({"pool": ("max", 0)}, ValueError, "pool"),
        ({"pool": ("min", 2)}, ValueError, "'avg'"),
        ({"backend": "cuda"}, ValueError, "auto, gpu, cpu or reference"),
        ({"device": "nine", "backend": "gpu"}, ValueError, "software"),
        ({"algorithm": "fastest"}, ValueError, "fastest"),
        ({"precision": "double"}, ValueError, "precision"),
        ({"backend": 3}, TypeError, "backend 3: want a text"),
        ({"backend": []}, TypeError, r"backend \[\]: want a text"),
        ({"backend": "cpu\0x"}, ValueError, "zero bytes"),
        ({"device": 1.5}, TypeError, "device 1.5: want a text or a number"),
        ({"padding_mode": np.array([1, 2])}, ValueError, "padding_mode"),
    ],
)
def test_wrong_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        gpuconv.conv2d(X, W, **{"backend": "cpu", **arguments})


@pytest.mark.parametrize(
    ("w", "b", "words"),
    [
        (W[0], None, "weight .*want 4 dimensions"),
        (W, np.ones(3, np.float32), "bias .*one value per filter"),
        (W[:, :, :0], None, "kernel|weight"),
    ],
)
def test_wrong_weights(w, b, words):
    with pytest.raises(ValueError, match=words):
        gpuconv.conv2d(X, w, b, backend="cpu")


def test_wrong_out(conv):
    with pytest.raises(ValueError, match=r"out \(1,\): want \(3, 4, 7, 9\)"):
        conv(X, np.empty(1, np.float32))
    out = conv(X)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        conv(X, out)


def test_out_that_would_be_copied(conv):
    """What is no memory, but only converts to it, is refused: outputs would not reach the caller."""

    class Converted:
        def __array__(self, *arguments, **more):
            return np.empty((3, 4, 7, 9), np.float32)

    for out in (Converted(), list(np.empty((3, 4, 7, 9), np.float32))):
        with pytest.raises(TypeError, match="out is a .*: want an array whose memory can be written"):
            conv(X, out)


@pytest.mark.parametrize("shape", [(1, 2, 9), (1, 2, 9, 11, 4), (2**64 + 1, 2, 9, 11)])
def test_wrong_shapes(conv, shape):
    with pytest.raises(ValueError, match="shape"):
        conv.output_shape(shape)
    with pytest.raises(ValueError, match="shape"):
        conv.describe(shape)


def test_closed(conv):
    conv.close()
    conv.close()
    with pytest.raises(gpuconv.Closed, match="closed"):
        conv(X)


def test_describe(conv):
    d = conv.describe(X.shape)
    assert d["backend"] == "cpu"
    assert d["dst"] == [3, 4, 7, 9]
    assert all(r["reason"] for r in d["rejected"])


def test_verify(conv):
    report = conv.verify(X)
    assert report["passed"]
    assert {f["check"] for f in report["findings"]} >= {"exact", "bound", "rms", "locality"}


def test_energy_of_gpu_backends():
    """A GPU, if there is one, agrees with the CPU."""
    try:
        y = gpuconv.conv2d(X, W, backend="gpu", padding=1, activation="energy")
    except gpuconv.NoDevice as error:
        if os.environ.get("GPUCONV_REQUIRE_GPU"):
            raise
        pytest.skip(str(error))
    np.testing.assert_allclose(y, gpuconv.conv2d(X, W, backend="cpu", padding=1, activation="energy"), 1e-4, 1e-5)


def test_threads(conv):
    """Threads share a Conv2d, also while one of them needs a larger plan."""
    want, wrong = conv(np.concatenate([X] * 8)), []

    def work(seed):
        for images in np.random.default_rng(seed).integers(1, 24, 60):
            x = np.concatenate([X] * 8)[:images]
            if not np.array_equal(conv(x), want[:images]):
                wrong.append(images)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_close_while_running():
    conv, seen = gpuconv.Conv2d(W, backend="cpu"), []
    conv(X)

    def work():
        try:
            while True:
                conv(X)
        except Exception as error:
            seen.append(type(error))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    conv.close()
    for t in threads:
        t.join()
    assert seen == [gpuconv.Closed] * 3


def test_fork(conv):
    conv(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads and forks, which is the point here
        child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            conv(X)
        except gpuconv.Forked as error:
            os._exit(0 if "fork" in str(error) else 2)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    conv(X)


def test_fork_with_locks_held():
    """A fork may come while other threads hold the locks. Then its calls are refused, too, and do not wait for them."""
    conv = gpuconv.Conv2d(W, backend="cpu")
    conv(X)
    with conv._lock, _library._lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            refused = 0
            for call in (lambda: conv(X[:, :, 1:]), lambda: gpuconv.conv2d(X, W, backend="reference", device="any")):
                try:
                    call()
                except gpuconv.Forked:
                    refused += 1
            conv.close()
            os._exit(0 if refused == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0
    conv(X)


def test_sizes_that_are_kept(conv):
    """Plans of the last eight sizes are kept."""
    for width in range(3, 33):
        conv(np.zeros((1, 2, 3, width), np.float32))
    assert [shape[2] for shape in conv._plans] == list(range(25, 33))
    conv(np.zeros((2, 2, 3, 25), np.float32))
    assert [shape[2] for shape in conv._plans] == [*range(26, 33), 25]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_copies(conv, copied):
    other = copied(conv)
    np.testing.assert_array_equal(other(X), conv(X))
    other.close()
    conv(X)


def test_interrupt():
    """KeyboardInterrupt stops a long run before its last image."""
    x = np.zeros((20000, 1, 40, 40), np.float32)
    out = np.full((20000, 1, 34, 34), np.nan, np.float32)
    conv = gpuconv.Conv2d(np.ones((1, 1, 7, 7), np.float32), backend="reference")
    conv(x[:1])
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            conv(x, out)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert np.isnan(out[-1]).all()
    for _ in range(2):  # runs of one plan take turns: the images that were being computed are done after these
        conv(x[:100])
    left = np.isnan(out).sum()
    conv(x[:1000])
    assert np.isnan(out).sum() == left, "the batch continued"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_ten_thousand_plans():
    """10,000 plans, closed or left to the collector, need no more memory than 2,000."""
    held = 0
    for i in range(10000):
        conv = gpuconv.Conv2d(W, backend="cpu")
        conv(X)
        if i % 3:
            conv.close()
        if i == 2000:
            held = _resident()
    assert _resident() - held < 16 << 20


def test_missing_library(tmp_path):
    """A library that is missing or too old is an ImportError that names it."""
    import subprocess

    code = "import numpy, gpuconv; gpuconv.conv2d(numpy.ones((1, 1, 1, 1), 'f'), numpy.ones((1, 1, 1, 1), 'f'))"
    folder = os.path.dirname(os.path.dirname(gpuconv.__file__))
    paths = os.pathsep.join([folder, *sys.path])
    environment = {**os.environ, "GPUCONV_LIBRARY": str(tmp_path / "none.so"), "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ImportError: gpuconv: " in done.stderr
    assert "none.so" in done.stderr


def test_struct_sizes():
    """The structs are as long as those of gpuconv.h on this kind of machine."""
    assert ctypes.sizeof(_library.Options) == 48
    assert ctypes.sizeof(_library.Problem) == 8 + 8 * (4 + 4 + 2 + 2 + 4 + 1 + 2 + 2) + 16
