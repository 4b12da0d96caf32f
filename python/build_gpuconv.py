"""Builds the wheel and the source distribution of gpuconv (PEP 517), with Python's standard library and Go.

GPUCONV_BUILT names a folder with the library and the program that are built already, as scripts/wheel does. Otherwise
Go builds them here. GPUCONV_PLATFORM is the platform in the wheel's name; the default is that of this interpreter.
"""

import base64
import gzip
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import sysconfig
import tarfile
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent

DESCRIPTION = "2-D convolution on any GPU with OpenGL 4.3, without CUDA, and on the CPU, checked against float64"

LICENCE = "BSD-3-Clause"

LICENCE_FILES = ("LICENSE", "LICENSES.txt", "NOTICE")

METADATA = """\
Metadata-Version: 2.4
Name: gpuconv
Version: {version}
Summary: {summary}
License-Expression: {licence}
{files}
Classifier: Development Status :: 4 - Beta
Classifier: Intended Audience :: Science/Research
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Python :: 3
Classifier: Programming Language :: Python :: 3.10
Classifier: Programming Language :: Python :: 3.11
Classifier: Programming Language :: Python :: 3.12
Classifier: Programming Language :: Python :: 3.13
Classifier: Programming Language :: Python :: 3.14
Classifier: Topic :: Scientific/Engineering :: Image Processing
Classifier: Typing :: Typed
Requires-Python: >=3.10
Requires-Dist: numpy>=1.23
Description-Content-Type: text/markdown

{readme}"""


def source():
    """Return the folder of Go's source: beside this one in the repository, or below it in a source distribution."""
    inside = HERE / "source"
    return inside if inside.is_dir() else HERE.parent


def git(*arguments):
    return subprocess.run(["git", "-C", str(source()), *arguments], check=True, capture_output=True).stdout


def version():
    """Return the version: 0 and the date of the commit, or what a source distribution says."""
    kept = HERE / "PKG-INFO"
    if kept.exists():
        for line in kept.read_text(encoding="utf-8").splitlines():
            if line.startswith("Version: "):
                return line.removeprefix("Version: ")
    return "0." + git("log", "-1", "--format=%cd", "--date=format:%Y%m%d").decode().strip()


def revision():
    """Return what main.revision becomes: the commit, or of a source distribution its version."""
    if (HERE / "PKG-INFO").exists():
        return version()
    return git("describe", "--always", "--dirty", "--abbrev=40").decode().strip()


def moment():
    """Return the time of everything in archives, in seconds since 1970: SOURCE_DATE_EPOCH, or now."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))


def metadata():
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    files = "\n".join(f"License-File: {name}" for name in LICENCE_FILES)
    return METADATA.format(version=version(), summary=DESCRIPTION, licence=LICENCE, files=files, readme=readme)



def _names(platform):
    """Return the names of the library's and the program's files on a platform, as the wheel's name has it."""
    if platform.startswith("win"):
        return "libgpuconv.dll", "gpuconv.exe"
    return "libgpuconv.dylib" if platform.startswith("macosx") else "libgpuconv.so", "gpuconv"


def compile_into(folder):
    """Build the library and the program with Go, with OpenGL if EGL's headers are here."""
    if shutil.which("go") is None:
        raise SystemExit("gpuconv: go is missing: install Go 1.21 or newer, and gcc; or install a wheel")
    tag = "egl" if shutil.which("pkg-config") and not subprocess.call(["pkg-config", "--exists", "egl"]) else "nogl"
    subprocess.run(["sh", str(source() / "scripts" / "library"), str(folder), tag], check=True)
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-tags", tag,
               f"-ldflags=-s -w -buildid= -X main.revision={revision()}", "-o", str(pathlib.Path(folder, "gpuconv")),
               "./cmd/gpuconv"]
    subprocess.run(command, cwd=source(), env={**os.environ, "CGO_ENABLED": "1"}, check=True)


class Wheel:
    """A wheel that is being written: a zip archive with a list of its files."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9)
        self.record = []

    def add(self, name, data, mode=0o644):
        entry = zipfile.ZipInfo(name, time.gmtime(max(moment(), 315532800))[:6])
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.archive.writestr(entry, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append(f"{name},sha256={digest},{len(data)}\n")

    def close(self, info):
        name = f"{info}/RECORD"
        text = "".join(self.record) + f"{name},,\n"
        self.record = []
        self.add(name, text.encode())
        self.archive.close()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Build the wheel, and return its name."""
    platform = os.environ.get("GPUCONV_PLATFORM") or sysconfig.get_platform().replace("-", "_").replace(".", "_")
    tag = f"py3-none-{platform}"
    name = f"gpuconv-{version()}-{tag}.whl"
    info = f"gpuconv-{version()}.dist-info"
    with tempfile.TemporaryDirectory() as temporary:
        built = os.environ.get("GPUCONV_BUILT")
        if not built:
            built = temporary
            compile_into(built)
        unfinished = pathlib.Path(temporary, "wheel")
        wheel = Wheel(unfinished)
        for path in sorted((HERE / "gpuconv").iterdir()):
            if path.suffix == ".py" or path.name == "py.typed":
                wheel.add(f"gpuconv/{path.name}", path.read_bytes())
        library, program = _names(platform)
        wheel.add(f"gpuconv/{library}", pathlib.Path(built, library).read_bytes(), 0o755)
        wheel.add("gpuconv/gpuconv.h", (source() / "capi" / "gpuconv.h").read_bytes())
        wheel.add(f"gpuconv-{version()}.data/scripts/{program}", pathlib.Path(built, program).read_bytes(), 0o755)
        wheel.add(f"{info}/METADATA", metadata().encode())
        text = f"Wheel-Version: 1.0\nGenerator: build_gpuconv\nRoot-Is-Purelib: false\nTag: {tag}\n"
        wheel.add(f"{info}/WHEEL", text.encode())
        for path in LICENCE_FILES:
            wheel.add(f"{info}/licenses/{path}", (source() / path).read_bytes())
        wheel.close(info)
        shutil.copyfile(unfinished, pathlib.Path(wheel_directory, name))
    return name


def build_sdist(sdist_directory, config_settings=None):
    """Build the source distribution, and return its name: this folder, with the repository's commit as source/."""
    root = f"gpuconv-{version()}"
    name = root + ".tar.gz"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:

        def add(path, data, mode=0o644):
            entry = tarfile.TarInfo(f"{root}/{path}")
            entry.size, entry.mode, entry.mtime = len(data), mode, moment()
            archive.addfile(entry, io.BytesIO(data))

        add("PKG-INFO", metadata().encode())
        for path in LICENCE_FILES:
            add(path, (source() / path).read_bytes())
        with tarfile.open(fileobj=io.BytesIO(git("archive", "HEAD"))) as tree:
            for entry in tree:
                if entry.isfile():
                    data = tree.extractfile(entry).read()
                    if entry.name.startswith("python/"):
                        add(entry.name.removeprefix("python/"), data, entry.mode)
                    elif not _tests_only(entry.name):
                        add("source/" + entry.name, data, entry.mode)
    path = pathlib.Path(sdist_directory, name)
    path.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=moment()))
    return name


def _tests_only(name):
    """Say if building does not need a file of the repository."""
    return name.endswith(("_test.go", ".png")) or "/testdata/" in name or name.startswith((".", "docs/", "bench/peers"))
