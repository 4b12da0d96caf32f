"""What the program gpuconv does, from Python: its files become arrays, tables, dictionaries and pictures."""

import collections.abc
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import numpy as np

from ._arrays import dense, to_numpy
from ._figures import Drawn, Run, Tuning, are_numbers
from ._library import Error
from ._progress import follow
from ._tables import read_table, write_table


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
        path = pathlib.Path(folder, "gpuconv.exe" if sys.platform == "win32" else "gpuconv")
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
    with tempfile.TemporaryFile() as out, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                                           stderr=subprocess.PIPE) as process:
        try:
            said = follow(process.stderr)
            process.wait()
        except BaseException:  # KeyboardInterrupt
            process.kill()
            raise
        out.seek(0)
        printed = out.read()
    if process.returncode and (failure or process.returncode != 1):
        text = said.strip() or f"{verb} ended with status {process.returncode}"
        raise (ValueError if process.returncode == 2 else Error)(text.removeprefix("gpuconv: "))
    return printed.decode(errors="replace")


def _drawn(verb, arguments):
    with tempfile.TemporaryDirectory(prefix="gpuconv-") as folder:
        path = pathlib.Path(folder, "drawn.npy")
        _call(verb, {**arguments, "output": path})
        return Drawn(np.load(path), read_table(path.with_suffix(".csv")), functools.partial(_picture, verb, arguments))


def _picture(verb, arguments):
    """Have the program draw what a verb made: `gpuconv run` does, which takes a kind and its settings as one text.

    Return None if it cannot draw them, such as filters of five channels.
    """
    of = {"stimuli": "stimulus", "filters": "filter"}[verb]
    given = {name: value for name, value in arguments.items() if value is not None}
    kind = given.pop("kind", None) or given.pop("input", None)
    if kind is not None:
        settings = [flag.removeprefix("--").removesuffix("=true") for flag in _flags(given)]
        given = {of: " ".join([os.fspath(kind), *settings])}
    try:
        pictures = run(**given, backend="cpu", check=0).pictures
    except ValueError:
        return None
    return pictures["filters"] if verb == "filters" else pictures.get("gratings") or pictures.get("stimuli")


def gratings(orientations=(-90, -45, 0, 45, 90), **arguments):
    """Draw the gratings of Neuromatch Academy's tutorial.

    Parameters
    ----------
    orientations : sequence of float, or range
        Degrees from vertical, clockwise.
    **arguments
        Other flags of `gpuconv stimuli`, such as res=0.1, patch=True and sf=0.0357, which the tutorial counts in radians
        per pixel of its full image of 640×480.

    Returns
    -------
    images : array of float32, shape (orientations, 1, rows, columns)
        Pixels from black, 0, to white, 1, minus the mean, as in the tutorial.
    table : dict of arrays, or pandas.DataFrame if pandas is installed
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
    table : dict of arrays, or pandas.DataFrame if pandas is installed
        A row of parameters for each image.

    Examples
    --------
    >>> import gpuconv
    >>> images, table = gpuconv.stimuli("grating", orientation=[0, 90], sf=0.1)
    >>> images.shape, list(table["orientation_deg"]) == [0, 90]
    ((2, 1, 64, 64), True)
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
    table : dict of arrays, or pandas.DataFrame if pandas is installed
        A row of parameters for each filter.
    """
    return _drawn("filters", {"kind": kind, **arguments})


def _place(at):
    """Say if at is a row and a column: (0, 0) or '0,0'."""
    return isinstance(at, (tuple, list, np.ndarray)) or (isinstance(at, str) and "," in at)


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

    Raises
    ------
    ValueError
        Also if a run kept several numbers in place of each map, and at does not name one of them, as (row in
        `Run.values`, 0).
    """
    if not _place(arguments.get("at")) and are_numbers(to_numpy("activations", activations)):
        raise ValueError(f"at {arguments.get('at')!r}: the run kept several numbers of each map: want the row of one of "
                         "them in Run.values, such as at=(0, 0)")
    with tempfile.TemporaryDirectory(prefix="gpuconv-") as name:
        folder = pathlib.Path(name)
        np.save(folder / "activations.npy", dense("activations", activations))
        write_table(folder / "table.csv", table)
        _call("tuning", {"input": folder / "activations.npy", "table": folder / "table.csv", "output": folder / "tuned",
                         **arguments})
        return Tuning(folder / "tuned")


def run(**arguments):
    """Convolve stimuli with filters, and check a sample of the outputs: `gpuconv run`.

    Parameters
    ----------
    **arguments
        Flags of `gpuconv run`, such as orientations=range(-90, 91, 45) for the tutorial's gratings, or
        stimulus='grating orientation=0:180:5 sf=0.1' and filter='gabor orientation=0:180:45'.

    Returns
    -------
    Run
    """
    with tempfile.TemporaryDirectory(prefix="gpuconv-") as name:
        folder = pathlib.Path(name, "run")
        _call("run", {**arguments, "output": folder})
        return Run(folder)


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
        Test a part of the cases only; it has every pair of options.
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
