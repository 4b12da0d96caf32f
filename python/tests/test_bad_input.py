"""Arguments of every kind, most of them wrong, get a result or one exception with a text; the interpreter survives.

Run it with GPUCONV_EXAMPLES=20000 under a debug build of Python, whose asserts find what a release hides.
"""

import os
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpuconv

EXAMPLES = int(os.environ.get("GPUCONV_EXAMPLES", "200"))

NUMBERS = st.sampled_from([-(2**63), -1, 0, 1, 2, 3, 2**31, 2**32, 2**62, 2**63, 2**64])
TYPES = ["f4", ">f4", "f2", "f8", "i1", "u2", "i8", "c8", "?", "S3", "O", "M8[s]", [("a", "f4")]]


@st.composite
def arrays(draw):
    """Arrays of all types, with none to six dimensions, of every layout."""
    shape = draw(st.lists(st.integers(0, 6), max_size=5) | st.just([1, 1, 5, 6]) | st.just([2, 1, 3, 3]))
    array = np.zeros(shape, draw(st.just("f4") | st.sampled_from(TYPES)))
    if array.dtype == np.float32 and draw(st.booleans()):
        array[...] = draw(st.sampled_from([1, np.nan, np.inf, 1e38, 1e-45]))
    for axis in range(array.ndim):
        array = np.moveaxis(array, axis, draw(st.integers(0, array.ndim - 1)))
        array = array[tuple([slice(None)] * axis + [slice(None, None, draw(st.sampled_from([1, -1, 2])))])]
    if draw(st.booleans()):
        array = np.broadcast_to(array, (2, *array.shape))[draw(st.sampled_from([0, slice(None)]))]
    array = np.asarray(array)
    array.flags.writeable = False
    return array


class Odd:
    """An object whose protocols do not do what they say."""

    def __init__(self, name, value):
        self.name, self.value = name, value

    def __getattr__(self, name):
        if name == self.name:
            return self.value
        raise AttributeError(name)


odd = st.builds(
    Odd,
    st.sampled_from(["__array_interface__", "__array__", "__dlpack__", "__dlpack_device__",
                     "__cuda_array_interface__"]),
    st.sampled_from([None, 3, {}, {"shape": (1,), "typestr": "<f4", "version": 3}, lambda *a, **k: None]),
)
ANYTHING = st.one_of(
    st.none(), st.booleans(), NUMBERS, st.floats(), st.text(max_size=5), st.binary(max_size=5), arrays(), odd,
    st.sampled_from(["zeros", "reflect", "same", "valid", "relu", "energy", "max", "cpu", "reference", "exact",
                     "direct"]),
    st.recursive(NUMBERS | st.sampled_from(["max", "avg", 1.5, None]), lambda of: st.lists(of, max_size=4)
                 | st.lists(of, max_size=4).map(tuple), max_leaves=6),
)
NAMES = ["stride", "padding", "dilation", "groups", "padding_mode", "activation", "pool", "device", "algorithm",
         "precision", "out"]
ALLOWED = (ValueError, TypeError, MemoryError, gpuconv.Error)


def tried(function, *arguments, **named):
    """Call a function. What it raises is in ALLOWED, and has a text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*arguments, **named)
        except ALLOWED as error:
            assert str(error).strip(), repr(error)
            return None


@settings(max_examples=EXAMPLES)
@given(arrays() | ANYTHING, arrays() | ANYTHING, ANYTHING,
       st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=3))
def test_conv2d(x, weight, bias, named):
    y = tried(gpuconv.conv2d, x, weight, bias, backend="cpu", **named)
    assert y is None or np.ndim(y) == 4


@settings(max_examples=EXAMPLES)
@given(ANYTHING,
       st.lists(st.tuples(st.sampled_from(["call", "shape", "describe", "close", "thread"]), ANYTHING), max_size=6))
def test_conv2d_object(out, steps):
    """A Conv2d through any sequence of calls, also after it is closed."""
    conv = gpuconv.Conv2d(np.ones((2, 1, 3, 3), np.float32), backend="cpu")
    x, threads = np.ones((1, 1, 5, 6), np.float32), []
    for step, argument in steps:
        if step == "call":
            tried(conv, argument, out)
        elif step == "shape":
            tried(conv.output_shape, argument)
        elif step == "describe":
            tried(conv.describe, argument)
        elif step == "close":
            conv.close()
        else:
            threads.append(threading.Thread(target=tried, args=(conv, x)))
            threads[-1].start()
    conv.close()
    for thread in threads:
        thread.join()
    with pytest.raises(gpuconv.Closed):
        conv(x)
