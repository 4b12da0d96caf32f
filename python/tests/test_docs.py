"""The blocks of Python in the documents run, each document's in one namespace."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from conftest import need
from test_program import gpuconv  # skips if there is no program

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["docs/package.md", "python/README.md", "README.md"])
def test_blocks(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"^```python\n(.*?)^```", text, re.S | re.M) if "gpuconv" in block]
    assert blocks or name == "README.md"
    space = {}
    for block in blocks:
        exec(compile(block, name, "exec"), space)
    if "outputs" in space:
        assert space["outputs"].shape == (12, 6, 48, 64)
    assert gpuconv


def test_notebook(tmp_path):
    """The notebook runs, and has its pictures. With GPUCONV_SCREENSHOTS the page is kept in that folder."""
    for name in ("nbconvert", "ipykernel", "matplotlib"):
        need(name)
    shutil.copy(ROOT / "docs" / "tutorial.ipynb", tmp_path)
    paths = {name: os.path.abspath(os.environ[name]) for name in ("GPUCONV_LIBRARY", "GPUCONV_PROGRAM")
             if name in os.environ}
    paths["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "tutorial.ipynb"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, **paths}, check=True)
    page = (tmp_path / "tutorial.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") >= 5
    assert "right: True" in page
    if "GPUCONV_SCREENSHOTS" in os.environ:
        shutil.copy(tmp_path / "tutorial.html", os.environ["GPUCONV_SCREENSHOTS"])
