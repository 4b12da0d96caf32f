"""What becomes of devices that are lost, of their plans, and of the folder that keeps compiled shaders."""

import warnings

import numpy as np
import pytest

import gpuconv
from gpuconv import _library

X, W = np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 3, 3), np.float32)


class Failing:
    """The library, in which some functions find that the device is lost."""

    def __init__(self, real, *names):
        self.real, self.names, self.closed = real, names, []

    def __getattr__(self, name):
        if name in self.names:
            return lambda *arguments: 5
        return getattr(self.real, name)

    def gpuconv_close(self, handle):
        self.closed.append(handle)
        return self.real.gpuconv_close(handle)


@pytest.fixture
def conv(monkeypatch):
    monkeypatch.setattr(_library, "_devices", {})
    with gpuconv.Conv2d(W, backend="cpu") as conv:
        conv(X)
        yield conv


CALLS = {
    "run": lambda conv: conv(X),
    "gpuconv_make_plan": lambda conv: conv(np.concatenate([X, X])),
    "gpuconv_describe": lambda conv: conv.describe(X.shape),
    "gpuconv_verify": lambda conv: conv.verify(X),
}


@pytest.mark.parametrize("name", CALLS)
def test_lost(conv, monkeypatch, name):
    """Whichever call finds that a device is lost, it is closed once, and the next call opens another."""
    (device,) = _library._devices.values()
    (plan,) = conv._plans.values()
    failing = Failing(_library.library(), name)
    with monkeypatch.context() as patch:
        patch.setattr(_library, "_loaded", failing)
        patch.setattr(plan, "library", failing)
        with pytest.raises(gpuconv.DeviceLost):
            CALLS[name](conv)
        assert device.lost
        assert failing.closed == [device.handle]
        assert not _library._devices
        plan.close()
        assert failing.closed == [device.handle]
    assert (conv(X) == 9).all()
    (again,) = _library._devices.values()
    assert again is not device
    with pytest.raises(gpuconv.DeviceLost, match="call again"):  # a run of another thread, that had taken the plan
        plan.run(np.empty((1, 1, 2, 2), np.float32), X, 1, 1e9)


def test_closed_once(conv):
    """A plan that is closed explicitly is not closed again: that would change this thread's last error."""
    (plan,) = conv._plans.values()
    conv.close()
    with pytest.raises(ValueError, match="kernel"):
        conv.output_shape((1, 1, 1, 1))
    before = _library.library().gpuconv_last_error()
    plan.close()
    assert _library.library().gpuconv_last_error() == before


@pytest.fixture
def open_to_others(tmp_path, monkeypatch):
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs").chmod(0o775)
    monkeypatch.setenv("GPUCONV_CACHE", str(tmp_path))
    monkeypatch.setattr(_library, "_warned", set())
    return tmp_path


def test_folder_of_programs(open_to_others, monkeypatch):
    """A folder that is not safe is not used, and one warning says why."""
    given = []

    def call(name, options, handle):
        given.append(options._obj.programs)
        if options._obj.programs is not None:
            raise ValueError("gpuconv: programs is open to others")

    monkeypatch.setattr(_library, "call", call)
    with pytest.warns(RuntimeWarning, match="open to others; compiled shaders are not kept"):
        _library.Device("auto", None, None, "exact")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _library.Device("auto", None, None, "exact")
    assert [g is None for g in given] == [False, True, False, True]


def test_folder_of_programs_by_default(open_to_others):
    """The library refuses that folder, and the default backend works."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _library.library().gpuconv_close(_library.Device("auto", None, None, "exact").handle)
    with pytest.raises(ValueError, match="backend"):
        _library.Device("none", None, None, "exact")
