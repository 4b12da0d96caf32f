#!/usr/bin/env python3
"""The CPU engine beside PyTorch and ONNX Runtime on the same problems, in alternation: one table of ratios.

Usage: ratio.py [--rounds 5] [--cpu-time] [--node-path DIR] [CASE …]     from the repository's root; a case is N,Cin,H,W,Cout,K,pad,stride,groups
With --cpu-time each has one thread and is timed by the time that it had a core: for machines on which others compute.
Needs python3-torch, and for ONNX Runtime node with: npm install --ignore-scripts onnxruntime-node onnx-proto
"""
import argparse, json, os, re, statistics, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SUITE = ["64,1,48,64,6,7,3,1,1", "512,1,48,64,6,7,3,1,1", "4096,1,48,64,6,7,3,1,1", "512,1,48,64,64,7,3,1,1",
         "512,1,48,64,6,31,15,1,1", "16,1,480,640,6,7,3,1,1", "16,64,56,56,64,3,1,1,1", "16,3,224,224,64,7,3,2,1",
         "16,256,14,14,256,3,1,1,1", "16,64,56,56,256,1,0,1,1", "16,128,56,56,128,3,1,1,128"]

ap = argparse.ArgumentParser()
ap.add_argument("cases", nargs="*", default=SUITE)
ap.add_argument("--rounds", type=int, default=5)
ap.add_argument("--cpu-time", action="store_true")
ap.add_argument("--node-path", default=os.environ.get("NODE_PATH", ""))
args = ap.parse_args()
env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"} | {"NODE_PATH": args.node_path}
flags = ["--cpu-time"] if args.cpu_time else []
if args.cpu_time:
    env["GOMAXPROCS"] = "1"
unit = "GFLOP/cpu-s" if args.cpu_time else "GFLOP/s"


def output(*command):
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def ours(binary, case):
    """GFLOP/s of a few runs: the mean, where the peers report their median. The first algorithm is the one that the engine takes."""
    n, c, h, w, k, size = case.split(",")[:6]
    out = output(binary, "-test.run=^$", "-test.benchtime=5x", f"-test.bench=Conv/alg=.*/n={n}/c={c}/hw={h}x{w}/k={size}/out={k}$")
    line = re.search(rf"alg=(\w+).* ([\d.]+) {unit}\b", out)
    return line[1], float(line[2])


def peer(*command):
    d = json.loads(output(*command))
    return d["peer"], d["gflops"]


with tempfile.TemporaryDirectory() as temp:
    binary = os.path.join(temp, "cpu.test")
    output("go", "test", "-c", "-o", binary, "./cpu")
    peak = float(re.search(r"([\d.]+) GFLOP/s", output(binary, "-test.run=^$", "-test.bench=Peak", "-test.benchtime=20x"))[1])
    print(f"measured peak {peak:.0f} GFLOP/s; {args.rounds} rounds; load average {os.getloadavg()[0]:.1f} at the start\n")
    print(f"| N,Cin,H,W,Cout,K,pad,stride,groups | algorithm | ours, {unit} | of the peak | PyTorch | ONNX Runtime | ours / best peer (min … max) |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    names = set()
    for case in args.cases:
        mine, torch, ort, ratios = [], [], [], []
        for _ in range(args.rounds):
            algorithm, g = ours(binary, case)
            name, t = peer("/usr/bin/python3", os.path.join(HERE, "torch_conv.py"), "--count", "5", *flags, case)
            names.add(name)
            o = 0
            if args.node_path:
                name, o = peer("node", os.path.join(HERE, "ort_conv.js"), "--count", "5", *flags, case)
                names.add(name)
            g = statistics.mean([g, ours(binary, case)[1]])  # before and after the peers
            mine.append(g), torch.append(t), ort.append(o), ratios.append(g / max(t, o))
        m = statistics.median
        print(f"| {case} | {algorithm} | {m(mine):.0f} | {m(mine) / peak:.0%} | {m(torch):.1f} | {m(ort):.1f} | "
              f"{m(ratios):.1f} ({min(ratios):.1f} … {max(ratios):.1f}) |", flush=True)
    print("\npeers:", ", ".join(sorted(names)), f"; load average {os.getloadavg()[0]:.1f} at the end")
