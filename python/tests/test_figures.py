"""Pictures, axes, tables and progress, with and without matplotlib, pandas and tqdm."""

import io
import pickle
import sys
import threading
import types

import numpy as np
import pytest
from conftest import need
from test_program import gpuconv  # skips if there is no program

from gpuconv import _figures, _progress, _tables

PNG = b"\x89PNG"


@pytest.fixture(params=["with", "without"])
def matplotlib(request, monkeypatch):
    """matplotlib.pyplot, which draws into memory, or None as if it were not installed."""
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        yield None
        return
    matplotlib = need("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture(params=["with", "without"])
def pandas(request, monkeypatch):
    if request.param == "with":
        return need("pandas")
    monkeypatch.setitem(sys.modules, "pandas", None)
    return None


def test_tables(pandas, tmp_path):
    """A table is a DataFrame if pandas is installed, and goes through a file unchanged either way."""
    images, table = gpuconv.stimuli("grating", orientation=(0, 22.5), sf=0.1)
    assert isinstance(table, dict if pandas is None else pandas.DataFrame)
    assert list(table["orientation_deg"]) == [0, 22.5]
    _tables.write_table(tmp_path / "again.csv", table)
    again = _tables.read_table(tmp_path / "again.csv")
    assert list(again) == list(table)
    for name in table:
        np.testing.assert_array_equal(np.asarray(again[name]), np.asarray(table[name]))


DRAWN = {
    "gratings": (lambda: gpuconv.gratings(range(-90, 90, 15), res=0.05), 6),
    "kind": (lambda: gpuconv.stimuli("grating", orientation=(0, 45), sf=0.1, image_size=16, centred=True), 2),
    "filters": (lambda: gpuconv.filters(), 6),
    "bank": (lambda: gpuconv.filters("gabor", orientation=range(0, 180, 45), sf=0.1, size=9), 4),
}


@pytest.mark.parametrize("name", DRAWN)
def test_drawn(name, matplotlib):
    make, panels = DRAWN[name]
    drawn = make()
    array, table = drawn
    assert drawn.array is array and drawn.table is table
    axes = drawn.plot()
    if matplotlib is None:
        assert axes._repr_png_().startswith(PNG)
        return
    assert axes.shape == (panels,)
    assert len({axis.get_title() for axis in axes}) == panels
    axes[0].figure.canvas.draw()
    boxes = [axis.title.get_window_extent() for axis in axes]
    assert all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:])), "titles overlap"
    shown = axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown, array[0, 0])


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_picture(name):
    """The program draws the same, also of a copy, and only once."""
    drawn = DRAWN[name][0]()
    copy = pickle.loads(pickle.dumps(drawn))
    assert copy._repr_png_().startswith(PNG)
    assert copy._repr_png_() == drawn._repr_png_()
    assert drawn.picture is drawn.picture


def test_no_picture(tmp_path):
    """What the program cannot draw has no picture, and is an array all the same."""
    np.save(tmp_path / "w.npy", np.ones((2, 5, 3, 3), np.float32))
    drawn = gpuconv.filters(input=tmp_path / "w.npy")
    assert drawn.array.shape == (2, 5, 3, 3)
    assert drawn._repr_png_() is None


def test_tuning(matplotlib):
    images, table = gpuconv.stimuli("grating", orientation=range(0, 180, 30), sf=(0.05, 0.1), image_size=16)
    weight, _ = gpuconv.filters("gabor", orientation=(0, 90), sf=0.1, size=9)
    tuned = gpuconv.tuning(gpuconv.conv2d(images, weight, backend="cpu"), table)
    assert repr(tuned).startswith("<Tuning: pictures curves") and "picture.save(path)" in repr(tuned)
    axes = tuned.plot()
    if matplotlib is None:
        assert axes._repr_png_() == tuned._repr_png_()
        return
    assert [axis.get_xlabel() for axis in axes] == ["orientation", "sf"]
    assert [len(axis.lines) for axis in axes] == [2, 2]
    assert list(axes[0].lines[0].get_xdata()) == list(range(0, 180, 30))
    axes[0].figure.canvas.draw()
    legend = axes[1].get_legend().get_window_extent()
    assert axes[1].get_window_extent().x1 <= legend.x0 < legend.x1 <= axes[0].figure.bbox.x1


def test_run(matplotlib):
    done = gpuconv.run(orientations=range(-90, 91, 45), backend="cpu")
    assert done.activations.shape == (5, 6, 48, 64)
    assert done.report["check"]["wrong"] == 0
    assert set(done.pictures) == {"gratings", "filters", "activations"}
    assert done._repr_png_().startswith(PNG)
    assert repr(done).startswith("<Run: activations (5, 6, 48, 64), pictures activations, filters, gratings; see")
    axes = done.plot(most=3)
    if matplotlib is None:
        assert axes is done.picture
        return
    assert axes.shape == (3, 6)
    np.testing.assert_array_equal(axes[1, 2].images[0].get_array(), done.activations[2, 2])


def test_run_that_keeps_numbers(pandas):
    """Run.values says which number is which. Functions that need maps refuse them, and say what they want."""
    orientations = range(-90, 91, 45)
    whole = gpuconv.run(orientations=orientations, backend="cpu")
    assert whole.values is None
    done = gpuconv.run(orientations=orientations, backend="cpu", keep="mean,pool:2x2,max")
    assert list(done.values["kind"]) == ["mean", *["pool"] * 4, "max"]
    assert list(done.values["first_row"]) == [0, 0, 0, 24, 24, 0]
    np.testing.assert_array_equal(done.activations[:, :, 5, 0], whole.activations.max((2, 3)))
    with pytest.raises(ValueError, match="kept mean,pool:2x2,max of each map: want a run without keep"):
        done.plot()
    for numbers, at in ((done.activations, None), (done.activations[:4], "mean"), (done.activations[:, :, 1:], "max")):
        with pytest.raises(ValueError, match=r"several numbers of each map: want .* such as at=\(0, 0\)"):
            gpuconv.tuning(numbers, done.stimuli, at=at)
    largest = gpuconv.tuning(done.activations, done.stimuli, at=(5, 0))
    want = gpuconv.tuning(whole.activations, whole.stimuli, at="max")
    np.testing.assert_array_equal(np.asarray(largest.curves["response"]), np.asarray(want.curves["response"]))
    grid = gpuconv.run(orientations=orientations, backend="cpu", keep="pool:3x4")
    assert grid.activations.shape == (5, 6, 3, 4) and len(grid.values["kind"]) == 12
    grid.plot()
    gpuconv.tuning(grid.activations, grid.stimuli)  # small maps
    gpuconv.tuning(done.activations[:, :, 5:], done.stimuli)  # one number is what a map of one pixel is


LINES = b"""\
time=2026-11-30T12:00:00Z level=INFO msg=reading done=12 of=12
time=2026-11-30T12:00:00Z level=INFO msg="timing all" done=3 of=10 left=5s
time=2026-11-30T12:00:02Z level=INFO msg=judging
gpuconv: wrong
time=2026-11-30T12:00:04Z level=INFO msg="timing all" done=7 of=12
"""


def test_progress(monkeypatch):
    """A bar of tqdm follows the program's lines, and is closed. What is no progress is returned."""
    told = []

    class Bar:
        def __init__(self, total, leave):
            self.total, self.n = total, 0

        def set_description(self, text, refresh):
            self.text = text

        def refresh(self):
            told.append((self.text, self.n, self.total))

        def close(self):
            told.append("closed")

    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    assert _progress.follow(io.BytesIO(LINES)) == "gpuconv: wrong\n"
    assert told == [("timing all", 3, 10), ("timing all", 7, 12), "closed"]


@pytest.mark.parametrize("installed", [True, False])
def test_progress_of_tqdm(installed, monkeypatch, capsys):
    """The real tqdm writes to stderr; without it nothing does."""
    if installed:
        need("tqdm")
    else:
        monkeypatch.setitem(sys.modules, "tqdm", None)
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    before = threading.active_count()
    assert _progress.follow(io.BytesIO(LINES)) == "gpuconv: wrong\n"
    assert threading.active_count() == before
    assert ("timing all" in capsys.readouterr().err) == installed


def test_titles():
    """Titles name what differs, in its unit."""
    table = {"image": [0, 1], "orientation_deg": [0.0, 22.5], "sf_cycles_per_pixel": [0.1, 0.1]}
    assert _figures._title(table, _figures._varying(table), 1) == "orientation 22.5°"
