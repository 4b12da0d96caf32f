#!/usr/bin/env python3
"""Times gpuconv in Python beside the same work in Go (gpuconv bench), and beside PyTorch if that is installed.

overhead.py [--rounds 7] [--cases REGEX] [--json FILE]

It wants GPUCONV_LIBRARY, GPUCONV_PROGRAM and PYTHONPATH as in `make python`.

A round times a block of each subject, in random order. A block warms up for 0.05 s and then takes samples of at least
2 ms each for 0.2 s, as gpuconv bench does; its median counts. It prints medians over rounds, the smallest and the
largest.
"""
import argparse
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # some machines set them for old builds of OpenBLAS
    os.environ.pop(name, None)

import numpy as np

import gpuconv
from gpuconv._program import find

SHORTEST, WARM, BLOCK = 2e-3, 0.05, 0.2  # seconds

# Suite, name of the case, images, filters, and how the filters move.
CASES = [
    ("seed", "n=1/c=1/hw=48x64/k=7/out=6", (1, 1, 48, 64), (6, 1, 7, 7), {"padding": 3}),
    ("seed", "n=64/c=1/hw=48x64/k=7/out=6", (64, 1, 48, 64), (6, 1, 7, 7), {"padding": 3}),
    ("seed", "n=1024/c=1/hw=48x64/k=7/out=6", (1024, 1, 48, 64), (6, 1, 7, 7), {"padding": 3}),
    ("layers", "layer=resnet50_conv2_1b/.*", (8, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}),
    ("layers", "layer=vgg16_conv3_2/.*", (8, 256, 56, 56), (256, 256, 3, 3), {"padding": 1}),
    ("layers", "layer=mobilenet_conv4dw/.*", (8, 128, 56, 56), (128, 1, 3, 3), {"padding": 1, "groups": 128}),
]


def block(run):
    """Return the median seconds of a run."""
    run()
    start, runs = time.perf_counter(), 0
    while runs == 0 or time.perf_counter() - start < WARM:
        run()
        runs += 1
    runs = max(1, math.ceil(SHORTEST * runs / (time.perf_counter() - start)))
    samples, begun = [], time.perf_counter()
    while len(samples) < 3 or time.perf_counter() - begun < BLOCK:
        start = time.perf_counter()
        for _ in range(runs):
            run()
        samples.append((time.perf_counter() - start) / runs)
    return statistics.median(samples)


def in_go(suite, case):
    """Return the median seconds of a run by gpuconv bench, on all cores."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        command = [find(), "bench", "--suite", suite, "--cases", f"^{case}$", "--backend", "cpu", "--count", "3",
                   "--time", f"{BLOCK}s", "--noise", "1000", "--limit", "60s", "--json", path]
        subprocess.run(command, check=True, capture_output=True)
        with open(path) as file:
            results = json.load(file)["results"]
    total = [r for r in results if r["phase"] == "total"]
    most = max(r["threads"] for r in total)
    return next(r["median_s"] for r in total if r["threads"] == most)


def subjects(case):
    """Return what is timed for a case, by name: functions that return seconds."""
    suite, name, images, filters, spec = case
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal(images, np.float32), rng.standard_normal(filters, np.float32)
    conv = gpuconv.Conv2d(w, backend="cpu", **spec)
    out = conv(x)
    said = {
        "go": lambda: in_go(suite, name),
        "Conv2d": lambda: block(lambda: conv(x)),
        "Conv2d, out=": lambda: block(lambda: conv(x, out)),
        "conv2d": lambda: block(lambda: gpuconv.conv2d(x, w, backend="cpu", **spec)),
        "conv2d, out=": lambda: block(lambda: gpuconv.conv2d(x, w, backend="cpu", out=out, **spec)),
    }
    if images[0] == 1:
        plan, (to, at) = conv._plan(x.shape), (a.ctypes.data for a in (out, x))
        run = plan.library.gpuconv_run
        said["gpuconv_run by ctypes"] = lambda: block(lambda: run(plan.handle, to, at, 1))
        said["gpuconv_abi by ctypes"] = lambda: block(plan.library.gpuconv_abi)
        said["gpuconv_run of no plan"] = lambda: block(lambda: run(0, to, at, 1))
    torch = sys.modules.get("torch")
    for layout in ("contiguous_format", "channels_last") if torch else ():
        memory = getattr(torch, layout)
        a, b = (torch.from_numpy(v).contiguous(memory_format=memory) for v in (x, w))
        said["torch " + layout] = lambda a=a, b=b: block(lambda: torch.nn.functional.conv2d(a, b, **spec))
        if layout == "contiguous_format":
            said["Conv2d of a tensor"] = lambda a=a: block(lambda: conv(a))
    return said


def starting(rounds):
    """Return the seconds of processes that import NumPy, and that import gpuconv: medians, in alternation."""
    def once(what):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import " + what], check=True)
        return time.perf_counter() - start

    once("gpuconv")
    times = [(once("numpy"), once("gpuconv")) for _ in range(rounds)]
    return [statistics.median(t) for t in zip(*times)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cases", default="", help="only cases whose name matches this regular expression")
    parser.add_argument("--json", help="write the times of all rounds, in seconds")
    arguments = parser.parse_args()
    try:
        import torch

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        torch.set_grad_enabled(False)
        print("PyTorch", torch.__version__)
    except ImportError:
        print("PyTorch is not installed")
    load = os.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, load average {load:.1f}")
    kept = {}
    for case in CASES:
        if re.search(arguments.cases, case[1]):
            said = subjects(case)
            times = kept[case[1]] = {name: [] for name in said}
            for _ in range(arguments.rounds):
                for name in random.sample(list(said), len(said)):
                    times[name].append(said[name]())
            show(case, times)
    numpy, both = starting(3 * arguments.rounds)
    kept["import"] = {"numpy": [numpy], "gpuconv": [both]}
    print(f"\nimport numpy {1e3 * numpy:.0f} ms, import gpuconv {1e3 * both:.0f} ms: {1e3 * (both - numpy):+.0f} ms")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(kept, file)


def show(case, times):
    go, images = times["go"], case[2][0]
    print(f"\n{case[1]}\n  {'':24}{'µs':>9} {'(min … max)':>24} {'images/s':>10} {'above Go, µs':>13} {'of Go':>7}")
    best = None
    for name, t in times.items():
        middle = statistics.median(t)
        above = statistics.median(a - b for a, b in zip(t, go))
        rate = statistics.median(b / a for a, b in zip(t, go))
        spread = f"({1e6 * min(t):.1f} … {1e6 * max(t):.1f})"
        print(f"  {name:24}{1e6 * middle:9.1f} {spread:>24} {images / middle:10.0f} {1e6 * above:13.1f} {rate:7.3f}")
    layouts = [t for name, t in times.items() if name.startswith("torch")]
    if layouts:
        best = [min(t) for t in zip(*layouts)]
        for name in ("go", "Conv2d", "Conv2d, out=", "Conv2d of a tensor"):
            ratios = [b / a for a, b in zip(times[name], best)]
            print(f"  {name} beside PyTorch's best layout: {statistics.median(ratios):.2f}"
                  f" ({min(ratios):.2f} … {max(ratios):.2f})")


if __name__ == "__main__":
    main()
