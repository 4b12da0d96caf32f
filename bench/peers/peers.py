#!/usr/bin/env python3
"""Times gpuconv bench and its peers in turn, case by case, for some rounds.

peers.py --json both.json [--html both.html] [--plots DIR] [--suite seed,layers | --problem N,Cin,H,W,…]
    [--cases REGEXP] [--rounds 5]

In each round, for each case, a process of gpuconv times a block (the CPU engine with 1 thread and with all), and then
each peer times one. The peers' outputs are compared with gpuconv's float64 reference. `gpuconv bench report` pools the
blocks, so that the same code makes all medians and intervals. A peer that is not installed is called absent. See
README.md.
"""
import argparse, json, math, os, random, re, shutil, statistics, subprocess, sys, tempfile, time
import filter2d, judge, ratios

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = {"pytorch": ["torch_conv.py"], "pytorch-channels-last": ["torch_conv.py", "--channels-last"],
    "pytorch-cuda": ["torch_conv.py", "--device", "cuda"], "onnxruntime": ["onnx_conv.py", "--runtime", "onnxruntime"],
    "openvino": ["onnx_conv.py", "--runtime", "openvino"], "opencv": ["filter2d.py", "--library", "opencv"],
    "scipy": ["filter2d.py", "--library", "scipy"]}
COMMAND = " ".join(["bench/peers/peers.py"] + sys.argv[1:])


def arguments():
    installed = [name for name in SCRIPTS if name != "pytorch-cuda" or os.path.exists("/dev/nvidia0")]
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--json", help="write the report, as gpuconv bench --json does")
    ap.add_argument("--html", help="write the report as one page")
    ap.add_argument("--plots", help="write the pictures into this new or empty folder")
    ap.add_argument("--markdown", help="write the table of ratios")
    ap.add_argument("--results", help="replace the table in this file: bench/RESULTS.md")
    ap.add_argument("--gpuconv", default="bin/gpuconv", help="the program")
    ap.add_argument("--suite", default="seed", help="seed, layers, sweep or several of them")
    ap.add_argument("--problem", action="append", default=[],
        help="a case of your own instead of suites, as gpuconv bench takes it; may be repeated")
    ap.add_argument("--cases", default="", help="only cases whose name matches this regular expression")
    ap.add_argument("--backend", default="cpu", help="backends of gpuconv: cpu, gpu or gpu,cpu")
    ap.add_argument("--peers", default=",".join(installed), help="some of " + ", ".join(SCRIPTS))
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--limit", type=float, default=math.inf,
        help="seconds: begin no round that would not end in time; the first is never cut short")
    ap.add_argument("--samples", type=int, default=3, help="of each block, at least")
    ap.add_argument("--seconds", type=float, default=0.1, help="of each block, at least")
    ap.add_argument("--threads", default="", help="threads of the peers: 1, 2 or 1,2; all if not given")
    ap.add_argument("--cpu-time", action="store_true",
        help="compare CPU time in the table, with 1 thread: for machines with other work")
    ap.add_argument("--python", default=sys.executable, help="the Python that has the peers")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    for name in args.peers.split(","):
        if name not in SCRIPTS:
            sys.exit(f"peers.py: --peers {name}: want some of {', '.join(SCRIPTS)}")
    if not shutil.which(args.gpuconv):
        sys.exit(f"peers.py: --gpuconv {args.gpuconv}: no such program; make build makes it")
    if args.problem and args.results:
        sys.exit(f"peers.py: --results {args.results}: its table is of suites, leave out --problem or --results")
    if args.rounds < 1:
        sys.exit(f"peers.py: --rounds {args.rounds}: want at least 1")
    return args


# A machine may have these two for old builds of OpenBLAS. They slow down a current NumPy.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}


class Peer:
    """A process that times blocks of cases. If there is none, absent says why."""

    def __init__(self, name, python):
        self.name, self.absent, self.process = name, "", None
        self.stderr = tempfile.TemporaryFile("w+")  # not a pipe, which fills: nobody would read it
        script, *flags = SCRIPTS[name]
        try:
            self.process = subprocess.Popen([python, os.path.join(HERE, script), "--serve", *flags], env=ENVIRONMENT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, text=True)
            hello = self.process.stdout.readline()
            if not hello:
                raise OSError(self.last_words() or "it ended at once")
            self.hello = json.loads(hello)
        except OSError as e:
            self.absent, self.hello = str(e), {"version": "", "device": "", "algorithm": ""}

    def last_words(self):
        """Returns the last line about an error that the peer wrote before it ended, or else its last line, or ""."""
        self.process.wait()
        self.stderr.seek(0)
        lines = [line.strip() for line in self.stderr if line.strip()]
        errors = [line for line in lines if re.search(f"Error|{SCRIPTS[self.name][0]}:", line)]
        return (errors or lines or [""])[-1]

    def takes(self, case):
        """Reports whether the peer is asked for a case."""
        return not SCRIPTS[self.name][0].startswith("filter2d") or filter2d.takes(case)

    def ask(self, request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except OSError as e:
            return {"error": str(e)}
        if not answer:
            return {"error": f"{self.name} ended without an answer: {self.last_words()}".strip(": ")}
        return json.loads(answer)

    def info(self, n, mine):
        """Describes the peer on n threads. On the processor it has the peak rates in mine, gpuconv's report."""
        roofs = [b["roof"] for b in mine["backends"] if b["backend"] == "cpu" and b["threads"] == n and b.get("roof")]
        info = {"backend": self.name, "threads": n, "device": self.hello["device"] or mine["machine"]["cpu"],
            "software": False, "peer": True, "driver": self.hello["version"], "command": COMMAND}
        if roofs and not self.hello["device"]:
            info["roof"] = roofs[0]
        return info | ({"absent": self.absent} if self.absent else {})

    def result(self, case, n, phase, answer, wrong, cpu):
        """Returns a phase's result of one block, on n threads. gpuconv bench report adds rates and the interval."""
        row = {"suite": case["suite"], "case": case["case"], "backend": self.name, "threads": n,
            "device": self.hello["device"] or cpu, "algorithm": self.hello["algorithm"], "n": case["n"], "phase": phase,
            "median_s": 0, "ci_low_s": 0, "ci_high_s": 0, "samples": 0, "correct": not wrong}
        if wrong:
            return row | {"why": wrong}
        seconds = answer["phases"][phase]
        block = {"round": 0, "seconds": seconds, "probe_s": 0}
        if phase == "total":
            block["cpu_s"] = answer["cpu_s"]
        return row | {"median_s": statistics.median(seconds), "ci_low_s": min(seconds), "ci_high_s": max(seconds),
            "samples": len(seconds), "blocks": [block]}


class Session:
    """What the blocks share: the arguments, and a folder for their reports."""

    def __init__(self, args, folder):
        self.args, self.folder, self.paths, self.rand = args, folder, [], random.Random(args.seed)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.threads = [int(t) for t in args.threads.split(",")] if args.threads else [1 if args.cpu_time else cores]

    def gpuconv(self, *command, check=True):
        run = subprocess.run([self.args.gpuconv, *command], env=ENVIRONMENT, capture_output=True, text=True)
        if check and run.returncode != 0:
            said = run.stderr.strip().splitlines() or [f"exit code {run.returncode}"]
            sys.exit(f"peers.py: {' '.join(run.args)}: {said[-1]}")
        return run

    def bench(self, suite, cases, *flags):
        """Runs gpuconv bench; returns its report. Exit code 1 means that an output is wrong, which is in the report."""
        path = os.path.join(self.folder, "bench.json")
        source = [f"--problem={p}" for p in self.args.problem] or ["--suite", suite]
        run = self.gpuconv("bench", *source, "--cases", cases, "--json", path, *flags, check=False)
        if not os.path.exists(path):
            said = f"gpuconv bench {' '.join(source)} --cases '{cases}': {run.stderr.strip()}"
            if "has no such case" in said:
                raise LookupError(said)
            sys.exit("peers.py: " + said)
        with open(path) as f:
            report = json.load(f)
        os.remove(path)
        return report

    def keep(self, report):
        """Stores a report of a block, named after its backend, for gpuconv bench report."""
        path = os.path.join(self.folder, f"{report['backends'][0]['backend']}{len(self.paths)}.json")
        with open(path, "w") as f:
            json.dump(report, f)
        self.paths.append(path)
        return report

    def cases(self):
        """Returns the descriptions of all cases, from a short run of each suite. A suite may have none that match."""
        short, found, refusal = ["--backend", "cpu", "--count", "1", "--time", "0s", "--limit", "100ms"], [], None
        for suite in [""] if self.args.problem else self.args.suite.split(","):
            try:
                found += self.bench(suite, self.args.cases, *short)["cases"]
            except LookupError as e:
                refusal = e
        if not found:
            raise refusal
        return found

    def ours(self, case, cases):
        """Times a block of gpuconv: returns a report of one case, which lists all cases in their order."""
        report = self.bench(case["suite"], f"^{re.escape(case['case'])}$", "--backend", self.args.backend, "--count",
            str(self.args.samples), "--time", f"{self.args.seconds}s", "--noise", "1000", "--limit", "60s")
        report["run"]["command"], report["cases"] = COMMAND.split(), cases
        # Compiling, with cold and warm caches, is not compared with peers.
        report["results"] = [r for r in report["results"] if not r.get("cache")]
        return self.keep(report)

    def block(self, peer, case, numbers, n, mine):
        """Times a block of a peer on n threads. Returns a report of one case, without results if the peer is absent.

        numbers are the case's inputs, and mine is the report of gpuconv's block of the same case, just before.
        """
        report = {k: mine[k] for k in ["schema", "machine"]} | {"run": mine["run"] | {"seconds": 0},  # mine counts them
            "backends": [peer.info(n, mine)], "cases": [case], "results": [], "missing": []}
        versions = [] if peer.absent else [{"name": peer.name, "version": peer.hello["version"]}]
        report["machine"] = report["machine"] | {"versions": versions}
        if not peer.absent:
            answer = peer.ask({"case": case, "x": numbers.x, "w": numbers.w, "y": numbers.y, "images": numbers.images,
                "samples": self.args.samples, "seconds": self.args.seconds, "threads": n})
            if "error" in answer:
                report["missing"] = [{"case": case["case"], "backend": peer.name, "threads": n, "why": answer["error"]}]
            else:
                wrong = numbers.wrong()
                report["results"] = [peer.result(case, n, phase, answer, wrong, mine["machine"]["cpu"])
                    for phase in answer["phases"]]
        return self.keep(report)

    def group(self, case, cases, numbers, peers):
        """Times a case once: a block of gpuconv, then one of each peer in random order. Returns their reports."""
        group = [self.ours(case, cases)]
        for peer in self.rand.sample(peers, len(peers)):
            if peer.takes(case):
                for n in self.threads[:1] if peer.absent else self.threads:
                    group.append(self.block(peer, case, numbers, n, group[0]))
        return group


    def rounds(self, cases, peers):
        """Times all cases for some rounds. Returns, by suite and case, a list that has each round's reports."""
        begun, turn, longest = time.monotonic(), 0, 0
        numbers = [judge.Numbers(c, self.folder, i, self.gpuconv, self.args.seed) for i, c in enumerate(cases)]
        found = [[] for _ in cases]
        while turn < self.args.rounds and (turn == 0 or time.monotonic() - begun + longest < self.args.limit):
            start = time.monotonic()
            for i in self.rand.sample(range(len(cases)), len(cases)):
                progress(f"round {turn + 1} of {self.args.rounds}: {cases[i]['case']}")
                found[i].append(self.group(cases[i], cases, numbers[i], peers))
            turn, longest = turn + 1, max(longest, time.monotonic() - start)
        progress(f"{turn} of {self.args.rounds} rounds in {time.monotonic() - begun:.0f} s\n")
        return {(c["suite"], c["case"]): f for c, f in zip(cases, found)}

    def merged(self, peers):
        """Returns the report of all blocks, with gpuconv first, then the peers; writes the page and pictures."""
        order = [p.name for p in peers]
        backend = lambda path: re.sub(r"\d+\.json$", "", os.path.basename(path))
        rank = lambda path: order.index(backend(path)) + 1 if backend(path) in order else 0
        path = os.path.join(self.folder, "merged.json")
        out = ["--json", path]
        for name in ["html", "plots"]:
            out += ["--" + name, getattr(self.args, name)] if getattr(self.args, name) else []
        print(self.gpuconv("bench", "report", *out, *sorted(self.paths, key=rank)).stdout)
        if self.args.json:
            shutil.copyfile(path, self.args.json)
        with open(path) as f:
            return json.load(f)


def progress(line):
    print(f"\r{line:90}", end="", file=sys.stderr, flush=True)


def main(args, folder):
    session = Session(args, folder)
    cases, peers = session.cases(), [Peer(name, args.python) for name in args.peers.split(",")]
    rounds = session.rounds(cases, peers)
    table = ratios.Table(cases, rounds, peers, args.backend.split(",")[-1], session.threads[-1], args.cpu_time)
    text = table.markdown(session.merged(peers))
    print(text)
    if args.markdown:
        with open(args.markdown, "w", encoding="utf-8") as f:
            f.write(text)
    if args.results:
        ratios.replace(args.results, text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temp:
        try:
            main(arguments(), temp)
        except KeyboardInterrupt:
            sys.exit("peers.py: interrupted, nothing was written")
        except LookupError as e:
            sys.exit(f"peers.py: {e}")
