"""The blocks of Python in the documents run, each document's in one namespace."""

import pathlib
import re

import pytest
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
