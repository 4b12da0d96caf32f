"""What comes from the program: stimuli, filters, tuning, verify, info; and the examples in docstrings."""

import doctest
import warnings

import numpy as np
import pytest

import gpuconv
from gpuconv import _conv, _program

try:
    _program.find()
except gpuconv.Error as error:
    pytest.skip(str(error), allow_module_level=True)


def test_gratings_and_tuning():
    images, table = gpuconv.gratings(range(-90, 90, 30))
    assert images.shape == (6, 1, 48, 64)
    assert list(table["orientation_deg"]) == list(range(-90, 90, 30))
    weight, cells = gpuconv.filters()
    assert weight.shape == (6, 1, 7, 7)
    assert len(cells["filter"]) == 6
    tuned = gpuconv.tuning(gpuconv.conv2d(images, weight, padding=3, backend="cpu"), table)
    assert len(tuned.cells["cell"]) == 6
    assert tuned._repr_png_().startswith(b"\x89PNG")


def test_stimuli():
    images, table = gpuconv.stimuli("grating", orientation=np.array([0, 45]), sf=(0.05, 0.1))
    assert images.shape[0] == 4
    assert list(table["orientation_deg"]) == [0, 0, 45, 45]


def test_flags():
    """None leaves a flag out; False does not, since some flags are true by default."""
    given = {"fit": False, "quick": True, "at": None, "stride": (2, 1), "orientation": range(0, 180, 5)}
    assert _program._flags(given) == ["--fit=false", "--quick=true", "--stride=2,1", "--orientation=0:180:5"]


def test_wrong_flag():
    with pytest.raises(ValueError, match="--orientatio"):
        gpuconv.stimuli("grating", orientatio=3)
    with pytest.raises(ValueError, match="gratin"):
        gpuconv.stimuli("gratin")


def test_verify():
    report = gpuconv.verify(backend="cpu", cases="^nma/nma/7x7$")
    assert report["failed"] == 0 and report["passed"] > 0


def test_info():
    assert gpuconv.info()["cpu"]["threads"] > 0
    assert isinstance(gpuconv.devices(), list)


def test_no_program(monkeypatch, tmp_path):
    monkeypatch.setenv("GPUCONV_PROGRAM", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="none"):
        gpuconv.info()


@pytest.mark.parametrize("module", [_conv, _program])
def test_examples(module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        failed, tried = doctest.testmod(module)
    assert tried and not failed
