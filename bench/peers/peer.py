"""What the processes of peers share: they answer peers.py line by line, or time cases that are given as arguments.

A peer is a script that calls main with a function prepare(case, x, weight, threads). case describes the convolution as
the reports of gpuconv bench do, x has its images and weight its weights. prepare returns an object with two methods:
  run()           computes all outputs once; on a GPU it returns the seconds of upload, kernel and readback by name
  output(images)  returns the outputs of the first images, as NumPy's array of [images, filters, rows, columns]
"""
import argparse, json, math, os, statistics, sys, time
import numpy as np

SHORTEST, WARM = 2e-3, 0.05  # seconds: of a sample at least, as in gpuconv bench, and of a warm-up after the first run
LONGEST = 1.0  # seconds: a block begins no sample after that, even if it has too few; later rounds take more
SUITE = ["64,1,48,64,6,7,3,1,1", "512,1,48,64,6,7,3,1,1", "4096,1,48,64,6,7,3,1,1", "512,1,48,64,64,7,3,1,1",
         "512,1,48,64,6,31,15,1,1", "16,1,480,640,6,7,3,1,1", "16,64,56,56,64,3,1,1,1", "16,3,224,224,64,7,3,2,1",
         "16,256,14,14,256,3,1,1,1", "16,64,56,56,256,1,0,1,1", "16,128,56,56,128,3,1,1,128"]


class Refused(Exception):
    """A case that a peer cannot compute, or not in time."""


def arguments(doc):
    """Returns a parser for the arguments that all peers have."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=SUITE, help="N,Cin,H,W,Cout,K,pad,stride,groups")
    parser.add_argument("--serve", action="store_true", help="answer peers.py")
    parser.add_argument("--count", type=int, default=7, help="runs of each case")
    parser.add_argument("--cpu-time", action="store_true", help="one thread, in CPU time")
    return parser


def main(args, version, prepare, device="", algorithm="Conv"):
    if args.serve:
        serve(version, device, algorithm, prepare)
    else:
        alone(args, version, prepare)


def sample(work, runs):
    """Takes a sample of the given number of runs: returns the mean seconds of a run by phase."""
    parts, start = {}, time.perf_counter()
    for _ in range(runs):
        for phase, seconds in (work.run() or {}).items():
            parts[phase] = parts.get(phase, 0) + seconds
    total = time.perf_counter() - start
    return {phase: seconds / runs for phase, seconds in ({"total": total} | parts).items()}


def measure(work, count, seconds):
    """Times a block: at least count samples, and at least the given seconds of them, but none after LONGEST."""
    work.run()  # plans and allocates
    start, runs = time.perf_counter(), 0
    while runs == 0 or time.perf_counter() - start < WARM:
        work.run()
        runs += 1
    runs = max(1, math.ceil(SHORTEST / ((time.perf_counter() - start) / runs)))
    samples, begun, cpu, spent = [], time.perf_counter(), time.process_time(), 0
    while not samples or (len(samples) < count or spent < seconds) and spent < LONGEST:
        samples.append(sample(work, runs))
        spent = time.perf_counter() - begun
    cpu = (time.process_time() - cpu) / len(samples) / runs
    return {"phases": {phase: [s[phase] for s in samples] for phase in samples[0]}, "cpu_s": cpu}


def answer(r, prepare):
    """Times a block of a case.

    r is the request of peers.py: case; x and w, files with images and weights in float32; images, how many x has; y, a
    file to write the outputs of as many images to; samples and seconds, how much to time at least; threads.
    """
    case = r["case"]
    images = np.fromfile(r["x"], np.float32).reshape([r["images"]] + case["src"][1:])
    x = np.resize(images, case["src"])  # repeats the images
    work = prepare(case, x, np.fromfile(r["w"], np.float32).reshape(case["weight"]), r["threads"])
    times = measure(work, r["samples"], r["seconds"])
    np.ascontiguousarray(work.output(r["images"]), np.float32).tofile(r["y"])
    return times


def serve(version, device, algorithm, prepare):
    print(json.dumps({"version": version, "device": device, "algorithm": algorithm}), flush=True)
    for line in sys.stdin:
        try:
            said = answer(json.loads(line), prepare)
        except Exception as e:  # peers.py reports it for the case
            said = {"error": (str(e) if isinstance(e, Refused) else f"{type(e).__name__}: {e}").splitlines()[0]}
        print(json.dumps(said), flush=True)


def case_of(text):
    """Returns the case of N,Cin,H,W,Cout,K,pad,stride,groups."""
    n, channels, h, w, filters, k, pad, stride, groups = map(int, text.split(","))
    size = lambda of: (of + 2 * pad - k) // stride + 1
    return {"n": n, "src": [n, channels, h, w], "weight": [filters, channels // groups, k, k],
        "dst": [n, filters, size(h), size(w)], "padding": [pad] * 4, "stride": [stride] * 2, "dilation": [1, 1],
        "groups": groups}


def alone(args, version, prepare):
    """Prints a JSON line for each case."""
    rng = np.random.default_rng(1)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for text in args.cases:
        c = case_of(text)
        draw = lambda shape: rng.standard_normal(shape, dtype=np.float32)
        work = prepare(c, draw(c["src"]), draw(c["weight"]), 1 if args.cpu_time else cores)
        work.run()
        times = []
        for _ in range(args.count):
            wall, cpu = time.perf_counter(), time.process_time()
            parts = work.run() or {}
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            times.append(cpu if args.cpu_time else parts.get("kernel", wall))
        t = statistics.median(times)
        print(json.dumps({"peer": version, "case": text, "n": c["n"], "median_s": t, "images_per_s": c["n"] / t,
            "gflops": 2 * math.prod(c["dst"]) * math.prod(c["weight"][1:]) / t / 1e9}), flush=True)


def symmetric(case):
    """Returns the rows and columns of padding. Peers pad both sides alike; other padding is refused."""
    top, bottom, left, right = case["padding"]
    if top != bottom or left != right:
        raise Refused(f"padding {case['padding']}: want the same on both sides")
    return top, left
