"""What the program gpuconv does, from Python: its files become arrays, tables, dictionaries and pictures."""

import collections.abc
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import numpy as np

from ._arrays import dense
from ._library import Error


def find():
    """Return the path of the program: GPUCONV_PROGRAM, what this package has installed, or gpuconv on PATH."""
    named = os.environ.get("GPUCONV_PROGRAM")
    if named:
        return named
    package = pathlib.Path(__file__).parent
    # Where pip puts programs: of this interpreter, of the user, and with --target.
    folders = [sysconfig.get_path("scripts"), package.parent / "bin", pathlib.Path(sys.executable).parent,
               sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))]
    for folder in folders:
        path = pathlib.Path(folder, "gpuconv")
        if path.is_file():
            return str(path)
    path = shutil.which("gpuconv")
    if path is None:
        raise Error(f"the program gpuconv is not in {folders[0]} and not on PATH: want its path in GPUCONV_PROGRAM")
    return path


def _flags(arguments):
    """Return keyword arguments as flags: stride=(2, 1) as --stride=2,1, orientation=range(0, 180, 5) as 0:180:5.

    None leaves a flag out; False says --flag=false, since some flags are true by default.
    """
    flags = []
    for name, value in arguments.items():
        flag = "--" + name.replace("_", "-")
        if value is None:
            continue
        if isinstance(value, (bool, np.bool_)):
            value = "true" if value else "false"
        elif isinstance(value, range):
            value = f"{value.start}:{value.stop}:{value.step}"
        elif not isinstance(value, (str, os.PathLike)) and isinstance(value, (collections.abc.Iterable, np.ndarray)):
            value = ",".join(map(str, value))
        flags.append(f"{flag}={os.fspath(value) if isinstance(value, os.PathLike) else value}")
    return flags


def _call(verb, arguments, failure=True):
    """Run a verb. Its errors become ValueError for a wrong call, else Error. failure=False allows exit code 1."""
    command = [find(), verb, *_flags(arguments)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            out, err = process.communicate()
        except BaseException:  # KeyboardInterrupt
            process.kill()
            raise
    if process.returncode and (failure or process.returncode != 1):
        text = err.decode(errors="replace").strip() or f"{verb} ended with status {process.returncode}"
        raise (ValueError if process.returncode == 2 else Error)(text.removeprefix("gpuconv: "))
    return out.decode(errors="replace")


def read_table(path):
    """Read a CSV file of gpuconv: a pandas.DataFrame if pandas is imported, else a dictionary of columns."""
    if "pandas" in sys.modules:
        return sys.modules["pandas"].read_csv(path)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return {name: _column([row[i] for row in rows[1:]]) for i, name in enumerate(rows[0])}


def _column(cells):
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)


def _cell(value):
    """Return a value of a table as CSV has it: 3 rather than 3.0, and nothing for what is missing."""
    if isinstance(value, (float, np.floating)):
        if value != value:
            return ""
        if float(value).is_integer() and abs(value) < 2**53:
            return int(value)
        return repr(float(value))
    return value


def _drawn(verb, arguments):
    with tempfile.TemporaryDirectory(prefix="gpuconv-") as folder:
        path = pathlib.Path(folder, "drawn.npy")
        _call(verb, {**arguments, "output": path})
        return np.load(path), read_table(path.with_suffix(".csv"))


def gratings(orientations=(-90, -45, 0, 45, 90), **arguments):
    """Draw the gratings of Neuromatch Academy's tutorial.

    Parameters
    ----------
    orientations : sequence of float, or range
        Degrees from vertical, clockwise.
    **arguments
        Other flags of `gpuconv stimuli`, such as res=0.1, sf=0.0357 (cycles/pixel) and patch=True.

    Returns
    -------
    images : array of float32, shape (orientations, 1, rows, columns)
        Pixels, black 0 to white 1 less the mean, as the tutorial has them.
    table : dict of arrays, or pandas.DataFrame if pandas is imported
        A row for each image.
    """
    return _drawn("stimuli", {"preset": "nma", "orientations": orientations, **arguments})


def stimuli(kind=None, **arguments):
    """Draw stimuli: `gpuconv stimuli`, whose flags are the arguments, as in docs/stimuli.md.

    Parameters
    ----------
    kind : str, optional
        'grating', 'gabor', 'plaid', 'pink-noise' or another kind.
    **arguments
        Parameters: a number, a sequence, or a range. Images have every combination, the last parameter varying fastest.

    Returns
    -------
    images : array of float32, shape (images, 1, rows, columns)
    table : dict of arrays, or pandas.DataFrame if pandas is imported
        A row of parameters for each image.

    Examples
    --------
    >>> import gpuconv
    >>> images, table = gpuconv.stimuli("grating", orientation=[0, 90], sf=0.1)
    >>> images.shape, table["orientation_deg"].tolist()
    ((2, 1, 64, 64), [0.0, 90.0])
    """
    return _drawn("stimuli", {"kind": kind, **arguments})


def filters(kind=None, **arguments):
    """Make filters: `gpuconv filters`, whose flags are the arguments, as in docs/stimuli.md.

    Parameters
    ----------
    kind : str, optional
        'gabor', 'dog', 'gaussian-derivative', 'laplacian' or 'v1'; by default the tutorial's preset.
    **arguments
        Parameters: a number, a sequence, or a range.

    Returns
    -------
    weight : array of float32, shape (filters, 1, rows, columns)
        As `conv2d` takes it.
    table : dict of arrays, or pandas.DataFrame if pandas is imported
        A row of parameters for each filter.
    """
    return _drawn("filters", {"kind": kind, **arguments})


class Picture:
    """A PNG picture, which notebooks show."""

    def __init__(self, data):
        self.data = data

    def _repr_png_(self):
        return self.data

    def save(self, path):
        """Write the picture to a file."""
        pathlib.Path(path).write_bytes(self.data)


class Tuning:
    """What responses mean. Notebooks show the first picture.

    Attributes
    ----------
    cells, curves : dict of arrays, or pandas.DataFrame if pandas is imported
        A row for each channel; a row for each point of a curve.
    report : dict
        tuning.json.
    pictures : dict of Picture
        By name.
    """

    def __init__(self, folder):
        self.cells, self.curves = (read_table(folder / name) for name in ("cells.csv", "curves.csv"))
        self.report = json.loads((folder / "tuning.json").read_text(encoding="utf-8"))
        self.pictures = {path.stem: Picture(path.read_bytes()) for path in sorted(folder.glob("*.png"))}

    def _repr_png_(self):
        shown = next((p for name, p in self.pictures.items() if name.startswith("curves")), None)
        shown = shown or next(iter(self.pictures.values()), None)
        return shown and shown.data


def tuning(activations, table, **arguments):
    """Say how responses depend on the parameters of stimuli: `gpuconv tuning`, as in docs/tuning.md.

    Parameters
    ----------
    activations : array, shape (images, channels, rows, columns)
        What `conv2d` returned.
    table : dict of arrays, or pandas.DataFrame
        A row of parameters for each image, as `stimuli` returns it.
    **arguments
        Flags of `gpuconv tuning`, such as at='mean'.

    Returns
    -------
    Tuning
    """
    with tempfile.TemporaryDirectory(prefix="gpuconv-") as name:
        folder = pathlib.Path(name)
        np.save(folder / "activations.npy", dense("activations", activations))
        columns = {key: [_cell(value) for value in table[key]] for key in table}
        with open(folder / "table.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values()))
        _call("tuning", {"input": folder / "activations.npy", "table": folder / "table.csv", "output": folder / "tuned",
                         **arguments})
        return Tuning(folder / "tuned")


def _report(verb, arguments):
    """Run a verb that writes a report and fails if outputs are wrong, and return the report."""
    with tempfile.TemporaryDirectory(prefix="gpuconv-") as folder:
        path = pathlib.Path(folder, "report.json")
        _call(verb, {**arguments, "json": path}, failure=False)
        if not path.exists():
            raise Error(f"gpuconv {verb} wrote no report")
        return json.loads(path.read_text(encoding="utf-8"))


def verify(quick=True, **arguments):
    """Test backends against the float64 reference: `gpuconv verify`, as in docs/verify.md.

    Parameters
    ----------
    quick : bool
        A part of the cases, that has every pair of options.
    **arguments
        Other flags of `gpuconv verify`, such as backend='cpu' and cases='/7x7/'.

    Returns
    -------
    dict
        The report, also if cases failed. `Conv2d.verify` tests one convolution of your own.
    """
    return _report("verify", {"quick": quick, **arguments})


def bench(**arguments):
    """Measure speed: `gpuconv bench`, as in docs/bench.md.

    Parameters
    ----------
    **arguments
        Flags of `gpuconv bench`, such as suite='seed' and backend='cpu'.

    Returns
    -------
    dict
        The report. It takes minutes.
    """
    return _report("bench", arguments)


def info():
    """Say what the machine and this installation have: `gpuconv info`.

    A process of its own tries each driver, so that one that crashes does no harm.

    Returns
    -------
    dict
        'program', 'cpu', 'devices', 'opengl_error' and others.
    """
    return json.loads(_call("info", {"json": True}))


def devices():
    """List the OpenGL devices of the machine.

    Returns
    -------
    list of dict
        'index', which `conv2d` takes as device; 'renderer'; 'software', if a CPU does the work; and others. It is
        empty if there are none: `info()` then says why, as 'opengl_error'.
    """
    return info()["devices"]
