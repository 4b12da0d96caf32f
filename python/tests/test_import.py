"""What `import gpuconv` does, and which files it looks for on other systems."""

import ast
import pathlib
import subprocess
import sys

import pytest

import gpuconv
from gpuconv import _library, _program


def test_light():
    """Import brings, beside NumPy, only what a convolution needs. The rest would take four times as long."""
    code = """
import sys, threading, numpy
before = set(sys.modules)
import gpuconv
print(*sorted(set(sys.modules) - before))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {"gpuconv", *("gpuconv." + name for name in ("_arrays", "_conv", "_library", "_pending", "_spec"))}
    assert {name for name in run.stdout.split() if name != "atexit" and not name.startswith("ctypes.")} == ours


def test_names():
    """Every public name is there, whether it was imported or not, and no other."""
    assert set(gpuconv.__all__) <= set(dir(gpuconv))
    assert all(getattr(gpuconv, name).__name__ == name for name in gpuconv.__all__)
    with pytest.raises(AttributeError, match="no attribute 'conv3d'"):
        gpuconv.conv3d  # noqa: B018


def test_typed():
    """Tools that check types see each public name, and no __getattr__: with one they would accept any name."""
    tree = ast.parse(pathlib.Path(gpuconv.__file__).read_text(encoding="utf-8"))
    body = [line for part in tree.body for line in (part.body if isinstance(part, ast.If) else [part])]
    seen = {alias.name for line in body if isinstance(line, ast.ImportFrom) for alias in line.names}
    assert seen == set(gpuconv.__all__)
    assert "__getattr__" not in [line.name for line in body if isinstance(line, ast.FunctionDef)]


@pytest.mark.parametrize(("platform", "library", "program"), [
    ("linux", "libgpuconv.so", "gpuconv"),
    ("win32", "libgpuconv.dll", "gpuconv.exe"),
    ("darwin", "libgpuconv.dylib", "gpuconv"),
])
def test_files(platform, library, program, monkeypatch, tmp_path):
    """The library and the program have the names that the system gives them."""
    monkeypatch.delenv("GPUCONV_PROGRAM", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(_program.sysconfig, "get_path", lambda *_: str(tmp_path))
    (tmp_path / program).touch()
    assert _library.file_name() == library
    assert _program.find() == str(tmp_path / program)
