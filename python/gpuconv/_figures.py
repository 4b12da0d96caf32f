"""What notebooks show: axes of matplotlib if that is installed, and else pictures that the program draws."""

import json
import pathlib
import weakref

import numpy as np

from ._tables import read_table

_UNITS = {"_deg": "°", "_cycles_per_pixel": "", "_px": " px", "_pixels": " px"}


def _pyplot():
    """Return matplotlib.pyplot, or None if it is not installed."""
    try:
        from matplotlib import pyplot
    except ImportError:
        return None
    return pyplot


class Picture:
    """A PNG picture, which notebooks show."""

    def __init__(self, data):
        self.data = data

    def _repr_png_(self):
        return self.data

    def save(self, path):
        """Write the picture to a file."""
        pathlib.Path(path).write_bytes(self.data)


def read_pictures(folder):
    """Return the pictures in a folder by name."""
    return {path.stem: Picture(path.read_bytes()) for path in sorted(folder.glob("*.png"))}


def _varying(table):
    """Return the columns of a table that differ between rows, without the one that counts them."""
    names = list(table)
    return [name for name in names[1:] if len({str(value) for value in table[name]}) > 1] or names[:1]


def _title(table, names, row):
    """Return what tells a row from the others, a line for each: gabor, orientation 45°."""
    parts = []
    for name in names:
        value = np.asarray(table[name])[row]
        if isinstance(value, str):  # such as a kind
            parts.append(value)
            continue
        if isinstance(value, (float, np.floating)):
            if value != value:
                continue
            value = f"{value:.4g}"
        unit = next((u for u in _UNITS if name.endswith(u)), "")
        parts.append(f"{name.removesuffix(unit).replace('_', ' ')} {value}{_UNITS.get(unit, '')}")
    return "\n".join(parts[:2])


def _spread(count, most):
    """Return at most `most` of `count` numbers, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else []


def _panel(axis, image, title, **colours):
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize="small")
    return axis.imshow(image, **colours)


class Drawn(tuple):
    """Images or filters, and their table: a pair, which unpacks as `array, table = ...`. Notebooks show its picture.

    Attributes
    ----------
    array : array of float32, shape (images or filters, channels, rows, columns)
    table : dict of arrays, or pandas.DataFrame if pandas is installed
    picture : Picture
        What the program draws of it: five images, or the filters. None if it cannot, such as filters of five channels.
    """

    def __new__(cls, array, table, draw):
        self = super().__new__(cls, (array, table))
        self._draw, self._picture = draw, None
        return self

    def __getnewargs__(self):
        return (*self, self._draw)

    array, table = property(lambda self: self[0]), property(lambda self: self[1])

    @property
    def picture(self):
        """The picture, drawn when it is needed first."""
        if self._picture is None:
            self._picture = self._draw()
        return self._picture

    def _repr_png_(self):
        return self.picture and self.picture.data

    def plot(self, most=6):
        """Draw some of them, evenly spread. The title of each says how it differs from the others.

        Parameters
        ----------
        most : int
            Draw at most this many.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes, or Picture if matplotlib is not installed
            The picture shows what `picture` does, whatever most is.
        """
        pyplot = _pyplot()
        if pyplot is None:
            return self.picture
        array, table = self
        rows, names = _spread(len(array), most), _varying(table)
        signed = array.min(initial=0) < 0 and "filter" in table
        limit = np.abs(array).max(initial=0)
        colours = {"cmap": "bwr", "vmin": -limit, "vmax": limit} if signed else {"cmap": "gray"}
        if not signed:
            colours |= {"vmin": array.min(initial=0), "vmax": array.max(initial=0)}
        figure, axes = pyplot.subplots(1, max(len(rows), 1), figsize=(1.7 * max(len(rows), 2), 2.2), squeeze=False,
                                       layout="constrained")
        for axis, row in zip(axes[0], rows):
            _panel(axis, array[row].mean(0), _title(table, names, row), **colours)
        return axes[0]


class Tuning:
    """What responses mean. Notebooks show the first picture.

    Attributes
    ----------
    cells, curves : dict of arrays, or pandas.DataFrame if pandas is installed
        A row for each channel; a row for each point of a curve.
    report : dict
        tuning.json.
    pictures : dict of Picture
        By name.
    """

    def __init__(self, folder):
        self.cells, self.curves = (read_table(folder / name) for name in ("cells.csv", "curves.csv"))
        self.report = json.loads((folder / "tuning.json").read_text(encoding="utf-8"))
        self.pictures = read_pictures(folder)

    def __repr__(self):
        """Say what is in it, where no notebook shows the picture."""
        return f"<Tuning: pictures {', '.join(self.pictures)}; see cells, curves, report, plot(), picture.save(path)>"

    @property
    def picture(self):
        """The first picture of curves, or any, or None."""
        shown = next((p for name, p in self.pictures.items() if name.startswith("curves")), None)
        return shown or next(iter(self.pictures.values()), None)

    def _repr_png_(self):
        return self.picture and self.picture.data

    def plot(self):
        """Draw the curves of all cells, over each parameter in a graph of its own.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes, or Picture if matplotlib is not installed
        """
        pyplot = _pyplot()
        if pyplot is None:
            return self.picture
        by, cell, value, response = (np.asarray(self.curves[name]) for name in ("by", "cell", "value", "response"))
        parameters = list(dict.fromkeys(by))
        figure, axes = pyplot.subplots(1, max(len(parameters), 1), figsize=(4.5 * max(len(parameters), 1), 3),
                                       squeeze=False, layout="constrained")
        for axis, parameter in zip(axes[0], parameters):
            for k in dict.fromkeys(cell[by == parameter]):
                drawn = (by == parameter) & (cell == k)
                label = str(int(k)) if isinstance(k, (float, np.floating)) else str(k)
                axis.plot(value[drawn], response[drawn], marker=".", label=label)
            axis.set(xlabel=str(parameter), ylabel="response")
        if parameters:
            axes[0, -1].legend(*axes[0, 0].get_legend_handles_labels(), title="cell", fontsize="small",
                               loc="upper left", bbox_to_anchor=(1, 1))
        return axes[0]


# Activations of runs that kept numbers of maps, as long as they are there.
_numbers = weakref.WeakValueDictionary()


def are_numbers(array):
    """Say if an array is of several numbers that a run kept in place of each map, or a view of several of them."""
    several = array.ndim == 4 and array.shape[2] * array.shape[3] > 1
    return several and any(np.may_share_memory(array, kept) for kept in list(_numbers.values()))


class Run:
    """What `run` computed. Notebooks show the activations.

    Attributes
    ----------
    activations : array of float32, shape (images, channels, rows, columns)
    stimuli, filters, cells : dict of arrays, or pandas.DataFrame if pandas is installed
        A row for each image, each filter, each channel.
    values : dict of arrays, pandas.DataFrame, or None
        With keep, a row for each number of a map; activations are then these numbers, of shape
        (images, channels, numbers, 1), or (images, channels, rows, columns) if only a grid is kept. None for whole
        maps.
    report : dict
        run.json: how it was computed, and how far from the float64 reference.
    pictures : dict of Picture
        'gratings' or 'stimuli', 'filters' and 'activations'.
    """

    def __init__(self, folder):
        self.activations = np.load(folder / "activations.npy")
        self.stimuli, self.filters, self.cells = (read_table(folder / f"{name}.csv")
                                                  for name in ("stimuli", "filters", "cells"))
        self.report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        self.values = None
        if (folder / "values.csv").exists():
            self.values = read_table(folder / "values.csv")
            if not self._are_maps():
                _numbers[id(self.activations)] = self.activations
        self.pictures = read_pictures(folder)

    def __repr__(self):
        """Say what is in it, where no notebook shows the picture."""
        return (f"<Run: activations {self.activations.shape}, pictures {', '.join(self.pictures)}; "
                "see stimuli, filters, cells, report, plot(), picture.save(path)>")

    def _are_maps(self):
        """Say if activations can be drawn as maps: the run kept whole maps, or only a grid of each."""
        kept = self.report.get("keep")
        return kept is None or (kept.startswith("pool:") and "," not in kept)

    @property
    def picture(self):
        """The picture of activations, or None if none was asked for."""
        return self.pictures.get("activations")

    def _repr_png_(self):
        return self.picture and self.picture.data

    def plot(self, most=5):
        """Draw the activations of some images, evenly spread: a row for each image, a column for each channel.

        Parameters
        ----------
        most : int
            Draw at most this many images, and the first twelve channels of each.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes, shape (images, channels), or Picture if matplotlib is not installed

        Raises
        ------
        ValueError
            If the run kept numbers in place of maps, and not only a grid of each map.
        """
        if not self._are_maps():
            raise ValueError(f"the run kept {self.report['keep']} of each map: want a run without keep to plot maps; "
                             "plot the numbers from activations, as values lists them")
        pyplot = _pyplot()
        if pyplot is None:
            return self.picture
        rows, channels = _spread(len(self.activations), most), min(self.activations.shape[1], 12)
        shown = self.activations[rows, :channels]
        limit, names = np.abs(shown).max(initial=0), _varying(self.stimuli)
        figure, axes = pyplot.subplots(len(rows), channels, figsize=(1.7 * channels + 1, 1.5 * len(rows)),
                                       squeeze=False, layout="constrained")
        for line, row in zip(axes, rows):
            for k, axis in enumerate(line):
                last = _panel(axis, self.activations[row, k], f"channel {k}" if row == rows[0] else "", cmap="bwr",
                              vmin=-limit, vmax=limit)
            line[0].set_ylabel(_title(self.stimuli, names, row), fontsize="small")
        if len(rows):
            figure.colorbar(last, ax=axes, label="activation", shrink=0.7)
        return axes
