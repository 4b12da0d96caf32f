"""Tensors of PyTorch, and layers."""

import copy

import numpy as np
import pytest

from conftest import need, reference

torch = need("torch")
import gpuconv
import gpuconv.torch
from hypothesis import assume, given
from test_conv import problems


@given(problems())
def test_reference_is_pytorch(problem):
    """The reference of these tests is PyTorch's conv2d in float64, for the options that conv2d has."""
    x, w, b, spec = problem
    top, bottom, left, right = spec["padding"]
    assume(spec["padding_mode"] != "symmetric" and len(x) and max(spec["padding"]) < min(x.shape[2:]))
    mode = {"zeros": "constant"}.get(spec["padding_mode"], spec["padding_mode"])
    padded = torch.nn.functional.pad(torch.tensor(x).double(), (left, right, top, bottom), mode)
    try:
        want = torch.nn.functional.conv2d(
            padded, torch.tensor(w).double(), None if b is None else torch.tensor(b).double(), spec["stride"], 0,
            spec["dilation"], spec["groups"])
    except RuntimeError:
        assume(False)
    plain = {**spec, "activation": None, "pool": None}
    got, _ = reference(x, w, b, **plain)
    np.testing.assert_allclose(got, want.numpy(), 1e-12, 1e-12)
    y = gpuconv.conv2d(torch.tensor(x), w, b, backend="cpu", **plain)
    assert isinstance(y, torch.Tensor)
    np.testing.assert_allclose(y.numpy(), want.numpy(), 1e-4, 1e-4)


@pytest.mark.parametrize("padding_mode", ["zeros", "reflect", "replicate", "circular"])
def test_from_torch(padding_mode):
    layer = torch.nn.Conv2d(4, 6, (3, 5), padding="same", groups=2, padding_mode=padding_mode)
    ours = gpuconv.torch.Conv2d.from_torch(layer, backend="cpu")
    x = torch.randn(2, 4, 9, 8).to(memory_format=torch.channels_last)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), layer(x))


def test_copies():
    ours = gpuconv.torch.Conv2d.from_torch(torch.nn.Conv2d(1, 1, 3), backend="cpu")
    with torch.no_grad():
        torch.testing.assert_close(copy.deepcopy(ours)(torch.ones(1, 1, 3, 3)), ours(torch.ones(1, 1, 3, 3)))


def test_gradients_are_refused():
    ours = gpuconv.torch.Conv2d.from_torch(torch.nn.Conv2d(1, 1, 3), backend="cpu")
    with pytest.raises(ValueError, match="requires gradients"):
        ours(torch.zeros(1, 1, 3, 3, requires_grad=True))
    with pytest.raises(TypeError, match=r"want a torch\.nn\.Conv2d"):
        gpuconv.torch.Conv2d.from_torch(torch.nn.Linear(1, 1))


def test_bfloat16_and_devices():
    w = torch.ones(1, 1, 1, 1)
    assert gpuconv.conv2d(torch.full((1, 1, 1, 1), 3.0, dtype=torch.bfloat16), w, backend="cpu") == 3
    with pytest.raises(ValueError, match=r"x is on meta: .*\.cpu\(\)"):
        gpuconv.conv2d(torch.zeros(1, 1, 1, 1, device="meta"), w, backend="cpu")


def test_out():
    x, out = torch.ones(1, 1, 3, 3), torch.zeros(1, 1, 1, 1)
    assert gpuconv.conv2d(x, torch.ones(1, 1, 3, 3), backend="cpu", out=out) is out
    assert out == 9


def test_out_that_would_be_converted():
    """NumPy sees these tensors only after a conversion, so outputs would not reach them."""
    x, w = torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3)
    negative = torch.zeros(1, 1, 1, 1, dtype=torch.complex64).conj().imag
    assert negative.is_neg()
    for out in (torch.zeros(1, 1, 1, 1, dtype=torch.bfloat16), torch.zeros(1, 1, 1, 1, dtype=torch.float64), negative):
        with pytest.raises(TypeError, match=r"want a tensor of torch\.float32"):
            gpuconv.conv2d(x, w, backend="cpu", out=out)
