#!/usr/bin/env python3
"""Times gpuconv bench, PyTorch and ONNX Runtime in turn, case by case, for some rounds.

peers.py --json both.json [--html both.html] [--plots DIR] [--suite seed] [--cases REGEXP] [--backend cpu] [--rounds 5]

For each block of a case a process of gpuconv runs (with 1 thread and with all), then a block of each peer. The outputs
are compared with gpuconv's float64 reference. `gpuconv bench report` pools the blocks, so that the same code makes all
medians and intervals. A peer that is not installed is called absent. See README.md.
"""
import argparse, array, json, math, os, random, re, shutil, statistics, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--json", help="write the report, as gpuconv bench --json does")
ap.add_argument("--html", help="write the report as one page")
ap.add_argument("--plots", help="write the pictures into this new or empty folder")
ap.add_argument("--gpuconv", default="bin/gpuconv", help="the program")
ap.add_argument("--suite", default="seed")
ap.add_argument("--cases", default="", help="only cases whose name matches this regular expression")
ap.add_argument("--backend", default="cpu", help="backends of gpuconv: cpu, gpu or gpu,cpu")
ap.add_argument("--peers", default="pytorch,onnxruntime", help="pytorch, onnxruntime, pytorch-cuda or several of them")
ap.add_argument("--rounds", type=int, default=5)
ap.add_argument("--samples", type=int, default=3, help="of each block, at least")
ap.add_argument("--seconds", type=float, default=0.1, help="of each block, at least")
ap.add_argument("--threads", default="", help="threads of the peers: 1, 2 or 1,2; all if not given")
ap.add_argument("--cpu-time", action="store_true",
    help="compare CPU time in the table, with 1 thread: for machines with other work")
ap.add_argument("--python", default="/usr/bin/python3", help="the Python that has PyTorch")
ap.add_argument("--node", default="node")
ap.add_argument("--node-path", default=os.environ.get("NODE_PATH", ""),
    help="the node_modules that has onnxruntime-node")
ap.add_argument("--seed", type=int, default=1)
args = ap.parse_args()
rand = random.Random(args.seed)
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
threads = [int(t) for t in args.threads.split(",")] if args.threads else [1 if args.cpu_time else cores]
# A machine may have settings of OpenBLAS for old builds of it, which slow peers down.
env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")} | {"NODE_PATH": args.node_path}
COMMANDS = {"pytorch": [args.python, os.path.join(HERE, "torch_conv.py"), "--serve"],
            "pytorch-cuda": [args.python, os.path.join(HERE, "torch_conv.py"), "--serve", "--device", "cuda"],
            "onnxruntime": [args.node, os.path.join(HERE, "ort_conv.js"), "--serve"]}


class Peer:
    """A process that times blocks of cases."""

    def __init__(self, name):
        self.name, self.absent, self.process = name, "", None
        try:
            self.process = subprocess.Popen(COMMANDS[name], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            hello = self.process.stdout.readline()
            if not hello:
                lines = [line for line in self.process.communicate()[1].splitlines() if line.strip()]
                errors = [line for line in lines if re.search("Error|torch_conv.py:", line)]
                raise OSError((errors or lines or ["it ended at once"])[-1].strip())
            self.hello = json.loads(hello)
        except OSError as e:
            self.absent, self.hello = str(e), {"version": "", "device": "", "algorithm": ""}

    def ask(self, request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except OSError as e:
            return {"error": str(e)}
        return json.loads(answer) if answer else {"error": f"{self.name} ended without an answer"}

    def info(self, n, mine):
        """Describes the peer. On the processor, its peak rates are those that gpuconv measured with as many threads."""
        cpu = mine["machine"]["cpu"]
        roofs = [b["roof"] for b in mine["backends"] if b["backend"] == "cpu" and b["threads"] == n and b.get("roof")]
        info = {"backend": self.name, "threads": n, "device": self.hello["device"] or cpu, "software": False,
            "peer": True,
                "driver": self.hello["version"], "command": " ".join(["bench/peers/peers.py"] + sys.argv[1:])}
        if roofs and not self.hello["device"]:
            info["roof"] = roofs[0]
        return info | ({"absent": self.absent} if self.absent else {})


def gpuconv(*command, check=True):
    run = subprocess.run([args.gpuconv, *command], env=env, capture_output=True, text=True)
    if check and run.returncode != 0:
        sys.exit(f"peers.py: {' '.join(run.args)}: {run.stderr.strip().splitlines()[-1] if run.stderr.strip() else run.returncode}")
    return run


def ours(case, cases, folder, number):
    """Times a block of gpuconv: returns a report of one case, which lists all cases in their order."""
    path = os.path.join(folder, f"ours{number:05d}.json")
    # Exit code 1 means that an output is wrong, which is in the report.
    gpuconv("bench", "--suite", args.suite, "--cases", f"^{re.escape(case)}$", "--backend", args.backend,
        "--count", str(args.samples), "--time", f"{args.seconds}s", "--noise", "1000", "--limit", "60s",
        "--json", path, check=False)
    if not os.path.exists(path):
        sys.exit(f"peers.py: gpuconv bench --cases {case} wrote no report")
    with open(path) as f:
        report = json.load(f)
    report["run"]["command"], report["cases"] = ["bench/peers/peers.py"] + sys.argv[1:], cases
    # Compiling, with cold and warm caches, is not compared with peers.
    report["results"] = [r for r in report["results"] if not r.get("cache")]
    with open(path, "w") as f:
        json.dump(report, f)
    return path, report


class Numbers:
    """Images, weights and the reference's outputs of a case, in files. A batch repeats these few images."""

    def __init__(self, case, folder):
        self.case, base = case, os.path.join(folder, str(abs(hash(case["case"]))))
        self.x, self.w, self.y = base + ".x", base + ".w", base + ".y"
        self.images = min(2, case["n"])
        src, weight = [self.images] + case["src"][1:], case["weight"]
        x, w = self.draw(math.prod(src)), self.draw(math.prod(weight))
        for path, values in [(self.x, x), (self.w, w)]:
            with open(path, "wb") as f:
                values.tofile(f)
        # If filters do not depend on each other, the reference computes only some of them: 1e8 multiplications take it
        # a fraction of a second.
        self.filters = list(range(weight[0]))
        most = max(2, int(1e8 / (case["macs"] / case["n"] / weight[0] * self.images)))
        if case["groups"] == 1 and most < weight[0]:
            self.filters = sorted(rand.sample(range(1, weight[0] - 1), most - 2) + [0, weight[0] - 1])
        size = math.prod(weight[1:])
        kept = array.array("f")
        for k in self.filters:
            kept.extend(w[k * size:(k + 1) * size])
        save(base + ".x.npy", src, x), save(base + ".w.npy", [len(self.filters)] + weight[1:], kept)
        text = lambda values: ",".join(map(str, values))
        gpuconv("conv", "--input", base + ".x.npy", "--weight", base + ".w.npy", "--backend", "reference", "--output",
            base + ".y.npy", "--stride", text(case["stride"]),
                "--padding", text(case["padding"]), "--dilation", text(case["dilation"]), "--groups", str(case["groups"]))
        self.want = load(base + ".y.npy")

    @staticmethod
    def draw(n):
        return array.array("f", (2 * rand.random() - 1 for _ in range(n)))

    def wrong(self):
        """Returns what is wrong with the output of a peer's first images, or "".

        Errors of float32 are 1e-7 to 1e-6 of the largest output; TF32 makes 1e-4, and one wrong tap 1e-2.
        """
        got, plane, count = array.array("f"), math.prod(self.case["dst"][2:]), self.case["dst"][1]
        with open(self.y, "rb") as f:
            got.frombytes(f.read())
        largest, square, worst, at = max(map(abs, self.want)), 0.0, 0.0, 0
        for n in range(self.images):
            for k in self.filters:
                start = (n * count + k) * plane
                for value in got[start:start + plane]:
                    error = abs(value - self.want[at])
                    if not error <= 1e-4 * largest:
                        return f"image {n}, filter {k}: {value} instead of {self.want[at]}"
                    square, worst, at = square + error * error, max(worst, error), at + 1
        rms = math.sqrt(square / at) / largest
        return "" if at == len(self.want) and rms <= 1e-5 else f"RMS error {rms:.2g} of the largest output, at most 1e-5 is allowed; largest error {worst / largest:.2g}"


def save(path, shape, values):
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
        values.tofile(f)


def load(path):
    with open(path, "rb") as f:
        data = f.read()
    values = array.array("f")
    values.frombytes(data[10 + int.from_bytes(data[8:10], "little"):])
    return values


def result(case, peer, n, phase, answer, wrong, cpu):
    """Returns a result of one block for a report. gpuconv bench report adds rates, and the interval over all blocks."""
    row = {"suite": case["suite"], "case": case["case"], "backend": peer.name, "threads": n,
        "device": peer.hello["device"] or cpu,
           "algorithm": peer.hello["algorithm"], "n": case["n"], "phase": phase, "median_s": 0, "ci_low_s": 0, "ci_high_s": 0, "samples": 0, "correct": not wrong}
    if wrong:
        return row | {"why": wrong}
    seconds = sorted(answer["phases"][phase])
    block = {"round": 0, "seconds": list(answer["phases"][phase]),
        "probe_s": 0} | ({"cpu_s": answer["cpu_s"]} if phase == "total" else {})
    return row | {"median_s": statistics.median(seconds), "ci_low_s": seconds[0], "ci_high_s": seconds[-1],
        "samples": len(seconds), "blocks": [block]}


def block(peer, case, numbers, n, mine, folder, number):
    """A block of a peer: a report of one case, without results if the peer is absent.

    mine is gpuconv's report of the same case, just before.
    """
    report = {k: mine[k] for k in ["schema", "machine", "run"]} | {"backends": [peer.info(n, mine)], "cases": [case],
        "results": [], "missing": []}
    report["run"] = report["run"] | {"seconds": 0}  # the seconds are counted in mine
    report["machine"] = report["machine"] | {"versions": [{"name": peer.name, "version": peer.hello["version"]}]
        if not peer.absent else []}
    if not peer.absent:
        answer = peer.ask({"case": case, "x": numbers.x, "w": numbers.w, "y": numbers.y, "images": numbers.images,
            "samples": args.samples, "seconds": args.seconds, "threads": n})
        if "error" in answer:
            report["missing"] = [{"case": case["case"], "backend": peer.name, "threads": n, "why": answer["error"]}]
        else:
            wrong = numbers.wrong()
            report["results"] = [result(case, peer, n, phase, answer, wrong, mine["machine"]["cpu"])
                for phase in answer["phases"]]
    path = os.path.join(folder, f"peer{number:05d}.json")
    with open(path, "w") as f:
        json.dump(report, f)
    return path, report


def rate(reports, case, backend, n):
    """Returns the GFLOP/s of the blocks, in wall-clock time or CPU time."""
    times = []
    for r in reports:
        for x in r["results"]:
            key = (x["case"], x["backend"], x["threads"], x["phase"])
            if key == (case["case"], backend, n, "total") and x["correct"]:
                times += [b["cpu_s"] if args.cpu_time else statistics.median(b["seconds"]) for b in x["blocks"]]
    return 2e-9 * case["macs"] / statistics.median(times) if times else 0


def short(v):
    return f"{v:.0f}" if v >= 100 else f"{v:.2g}"


def table(cases, rounds, peers, roof):
    unit = "GFLOP/cpu-s" if args.cpu_time else "GFLOP/s"
    mine, n = args.backend.split(",")[-1], threads[-1]
    print(f"| case | ours ({mine}, {n} threads), {unit} | of the peak | " + " | ".join(p.name for p in peers)
        + " | ours / best peer (min … max of the rounds) |")
    print("| --- | --- | --- |" + " --- |" * (len(peers) + 1))
    for c in cases:
        each = rounds[c["case"]]
        every = [r for one in each for r in one]
        all_ = rate(every, c, mine, n)
        ratios = [rate(one, c, mine, n) / max(rate(one, c, p.name, n) for p in peers) for one in each
            if max((rate(one, c, p.name, n) for p in peers), default=0) > 0]
        cells = ["absent" if p.absent else f"{rate(every, c, p.name, n):.3g}"
            if rate(every, c, p.name, n) else "no figure" for p in peers]
        ratio = f"{short(statistics.median(ratios))} ({short(min(ratios))} … {short(max(ratios))})" if ratios else "–"
        print(f"| {c['case']} | {all_:.3g} | {f'{all_ / roof:.0%}' if roof else '–'} | " + " | ".join(cells)
            + f" | {ratio} |")


def main(folder):
    peers = [Peer(name) for name in args.peers.split(",")]
    gpuconv("bench", "--suite", args.suite, "--cases", args.cases, "--backend", "cpu", "--count", "1", "--time", "0s",
        "--limit", "100ms", "--json", folder + "/cases.json", check=False)
    if not os.path.exists(folder + "/cases.json"):
        sys.exit(gpuconv("bench", "--suite", args.suite, "--cases", args.cases, "--backend", "cpu",
            "--limit", "1ms").stderr)
    with open(folder + "/cases.json") as f:
        cases = json.load(f)["cases"]
    numbers = {c["case"]: Numbers(c, folder) for c in cases}
    parts, rounds, roof = [], {c["case"]: [] for c in cases}, 0
    for turn in range(args.rounds):
        for c in rand.sample(cases, len(cases)):
            print(f"\rround {turn + 1} of {args.rounds}: {c['case']:60}", end="", file=sys.stderr, flush=True)
            path, mine = ours(c["case"], cases, folder, len(parts))
            parts.append(path)
            group = [mine]
            for p in peers:
                for n in threads[:1] if p.absent else threads:
                    path, report = block(p, c, numbers[c["case"]], n, mine, folder, len(parts))
                    parts.append(path), group.append(report)
            rounds[c["case"]].append(group)
            for b in mine["backends"]:
                if b["backend"] == args.backend.split(",")[-1] and b["threads"] == threads[-1] and b.get("roof"):
                    roof = max(roof, b["roof"]["gflops"])
    print(file=sys.stderr)
    out = [flag for name in ["json", "html", "plots"] if getattr(args, name)
        for flag in ("--" + name, getattr(args, name))]
    print(gpuconv("bench", "report", *out, *parts).stdout)
    table(cases, rounds, peers, roof)


unknown = [p for p in args.peers.split(",") if p not in COMMANDS]
if unknown:
    sys.exit(f"peers.py: --peers {unknown[0]}: want pytorch, onnxruntime, pytorch-cuda or several of them")
if not shutil.which(args.gpuconv):
    sys.exit(f"peers.py: --gpuconv {args.gpuconv}: no such program; make build makes it")
if args.rounds < 1:
    sys.exit(f"peers.py: --rounds {args.rounds}: want at least 1")
with tempfile.TemporaryDirectory() as temp:
    try:
        main(temp)
    except KeyboardInterrupt:
        sys.exit("peers.py: interrupted, nothing was written")
