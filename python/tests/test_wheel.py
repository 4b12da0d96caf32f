"""The wheel and the source distribution, packed from the library and the program that are tested."""

import base64
import email
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

HERE = pathlib.Path(__file__).parents[1]
if not (HERE / "build_gpuconv.py").exists() or "GPUCONV_LIBRARY" not in os.environ:
    pytest.skip("the installed package is tested, not the repository", allow_module_level=True)
sys.path.insert(0, str(HERE))
import build_gpuconv


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    for variable, name in (("GPUCONV_LIBRARY", "libgpuconv.so"), ("GPUCONV_PROGRAM", "gpuconv")):
        shutil.copyfile(os.environ[variable], folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPUCONV_BUILT", str(folder))
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        return folder / build_gpuconv.build_wheel(folder)


def test_record(wheel):
    """RECORD lists every file with its checksum and size."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        record = archive.read(next(n for n in names if n.endswith("/RECORD"))).decode().splitlines()
        listed = {}
        for line in record:
            name, digest, size = line.rsplit(",", 2)
            listed[name] = digest, size
        assert sorted(listed) == sorted(names)
        for name, (digest, size) in listed.items():
            if digest:
                data = archive.read(name)
                want = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={want}", str(len(data)))


def test_metadata(wheel):
    """METADATA says what pyproject.toml says."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(next(n for n in archive.namelist() if n.endswith("/METADATA"))).decode()
    metadata = email.message_from_string(text)
    project = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    for field, key in (("Name", "name"), ("Summary", "description"), ("License-Expression", "license"),
                       ("Requires-Python", "requires-python")):
        assert f'{key} = "{metadata[field]}"' in project
    assert f'dependencies = ["{metadata["Requires-Dist"]}"]' in project
    assert wheel.name.startswith(f"gpuconv-{metadata['Version']}-py3-none-")
    assert "conv2d" in metadata.get_payload()


def test_installed(wheel, tmp_path):
    """What is in the wheel works without the repository."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = next(tmp_path.glob("*.data/scripts/gpuconv"))
    program.chmod(0o755)
    paths = os.pathsep.join([str(tmp_path), *(p for p in sys.path if "packages" in p)])
    environment = {**os.environ, "PYTHONPATH": paths, "GPUCONV_PROGRAM": str(program)}
    del environment["GPUCONV_LIBRARY"]
    code = """
import gpuconv
images, table = gpuconv.gratings()
print(gpuconv.conv2d(images, images[:1], backend="cpu").shape, gpuconv.__file__)
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True,
                          check=True)
    assert done.stdout.startswith(f"(5, 1, 1, 1) {tmp_path}")


def test_sdist(tmp_path, monkeypatch):
    """The source distribution has what building needs, and no tests of Go."""
    if shutil.which("git") is None or not (HERE.parent / ".git").exists():
        pytest.skip("it is packed from a commit")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    with tarfile.open(tmp_path / build_gpuconv.build_sdist(tmp_path)) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {"PKG-INFO", "pyproject.toml", "build_gpuconv.py", "gpuconv/_conv.py", "LICENSE"} <= names
    assert {"source/go.mod", "source/capi/gpuconv.h", "source/scripts/library", "source/cmd/gpuconv/main.go"} <= names
    assert not any(name.endswith("_test.go") for name in names)
