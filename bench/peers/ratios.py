"""The table of peers: rates of all cases, and the ratio of gpuconv's rate to the best peer's in each round."""
import math, re, statistics, textwrap


class Table:
    """The table.

    cases are those of the reports. rounds has, by suite and case, a list that has each round's reports. peers are
    objects of peers.py. mine is gpuconv's backend, and threads the number of threads, that are compared with peers.
    """

    def __init__(self, cases, rounds, peers, mine, threads, cpu_time):
        self.cases, self.rounds, self.mine, self.threads, self.cpu_time = cases, rounds, mine, threads, cpu_time
        self.peers = [p for p in peers if not p.absent]
        self.absent = [f"{p.name} was absent: {p.absent}" for p in peers if p.absent]

    def seconds(self, reports, case, backend):
        """Returns the median over blocks, in some reports, of the seconds of a run of a case on a backend, or None."""
        times = []
        for r in reports:
            for x in r["results"]:
                key = (x["suite"], x["case"], x["backend"], x["threads"], x["phase"])
                if key == (case["suite"], case["case"], backend, self.threads, "total") and x["correct"]:
                    times += [b["cpu_s"] if self.cpu_time else statistics.median(b["seconds"]) for b in x["blocks"]]
        return statistics.median(times) if times else None

    def ratios(self, case):
        """Returns, for each round that has both, the time of the fastest peer divided by gpuconv's."""
        found = []
        for reports in self.rounds[case["suite"], case["case"]]:
            ours = self.seconds(reports, case, self.mine)
            theirs = [t for p in self.peers if (t := self.seconds(reports, case, p.name))]
            if ours and theirs:
                found.append(min(theirs) / ours)
        return found

    def row(self, case):
        every = [r for reports in self.rounds[case["suite"], case["case"]] for r in reports]
        names = [self.mine] + [p.name for p in self.peers]
        times = {name: t for name in names if (t := self.seconds(every, case, name))}
        rate = lambda name: digits(2e-9 * case["macs"] / times[name]) if name in times else "–"
        best = min((name for name in times if name != self.mine), key=times.get, default="–")
        cells = [rate(p.name) if p.name != best else f"**{rate(p.name)}**" for p in self.peers]
        ratios = self.ratios(case)
        images = digits(case["n"] / times[self.mine]) if self.mine in times else "–"
        spread = "–"
        if ratios:
            spread = f"{digits(statistics.median(ratios))} ({digits(min(ratios))} … {digits(max(ratios))})"
        return [case["case"].replace("layer=", "").replace("/", " "), images, rate(self.mine)] + cells + [spread]

    def rows(self):
        unit = "GFLOP/cpu-s" if self.cpu_time else "GFLOP/s"
        yield ["case", "images/s", f"gpuconv, {unit}"] + [p.name for p in self.peers] + ["ratio (min … max)"]
        yield ["---"] * (len(self.peers) + 4)
        for case in self.cases:
            yield self.row(case)

    def means(self):
        """Yields a line for each suite: the smallest of its cases' ratios, and their geometric mean."""
        for suite in dict.fromkeys(c["suite"] for c in self.cases):
            found = [(statistics.median(r), c["case"]) for c in self.cases
                if c["suite"] == suite and (r := self.ratios(c))]
            if found:
                mean = math.exp(statistics.mean(math.log(r) for r, _ in found))
                yield (f"Suite {suite}: smallest ratio {digits(min(found)[0])} ({min(found)[1]}), geometric mean of "
                    f"{len(found)} case{'s'[:len(found) != 1]} {digits(mean)}.")

    def markdown(self, report):
        """Returns the table as a section of Markdown. report is the merged one."""
        machine, run = report["machine"], report["run"]
        versions = ", ".join(f"{p.name} is {p.hello['version']}" for p in self.peers)
        count = max(len(r) for r in self.rounds.values())
        isa = next((", " + b["isa"] for b in report["backends"] if b.get("isa")), "")
        peaks = [b["roof"] for b in report["backends"] if b["threads"] == self.threads and b.get("roof")]
        peak = f", peak {peaks[0]['gflops']:.0f} GFLOP/s and {peaks[0]['gbps']:.0f} GB/s" if peaks else ""
        head = (f"{run['started'][:10]}, {machine['cpu']}{isa}, {self.threads} threads{peak}, {machine['platform']}; "
            f"gpuconv {machine['git'][:12]}; {versions}. Load average {load(machine['load'][0])} at the start and "
            f"{load(machine['load'][1])} at the end. GFLOP/s count two operations for each multiplication of the "
            f"direct form; figures are medians of {count} round{'s'[:count != 1]}, and the fastest peer is bold. The "
            f"ratio is gpuconv's rate divided by that of the round's fastest peer: median, smallest and largest. A dash: the "
            f"peer refuses the case, takes too long for it, or has an output outside gpuconv's error bound.")
        lines = textwrap.wrap(head, 120, break_on_hyphens=False) + [""]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows()] + [""]
        for line in list(self.means()) + self.absent:
            lines += textwrap.wrap(line, 120, break_on_hyphens=False)
        return "\n".join(lines) + "\n"


def digits(v):
    """Formats a number with three digits."""
    return f"{v:,.0f}" if v >= 100 else f"{v:.1f}" if v >= 10 else f"{v:.2f}"


def load(average):
    """Formats a load average. gpuconv writes -1 if the system does not tell it."""
    return f"{average:.1f}" if average >= 0 else "unknown"


def replace(path, section):
    """Puts the section between the two marks of a Markdown file."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    marked = re.compile(r"(<!-- peers -->\n).*?(<!-- /peers -->)", re.DOTALL)
    whole, count = marked.subn(lambda m: m[1] + "\n" + section + "\n" + m[2], text)
    if count != 1:
        raise ValueError(f"{path}: want one <!-- peers --> and, after it, one <!-- /peers -->")
    with open(path, "w", encoding="utf-8") as f:
        f.write(whole)
