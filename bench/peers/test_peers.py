"""Tests which outputs are judged wrong, which cases peers take, and what the table says of them."""
import os, sys, tempfile, types, unittest
import ratios

try:
    import numpy as np
except ImportError:
    if "numpy" in os.environ.get("GPUCONV_REQUIRE_PYTHON", "").split(","):
        raise
    np = None  # the environment of make peers has it
    sys.modules["numpy"] = types.ModuleType("numpy")
import filter2d, judge, peers

CASE = {"suite": "s", "case": "n=2/c=1", "n": 2, "src": [2, 1, 9, 8], "weight": [3, 1, 3, 3], "dst": [2, 3, 9, 8],
    "stride": [1, 1], "padding": [1, 1, 1, 1], "dilation": [1, 1], "groups": 1, "macs": 2 * 3 * 9 * 72}


def convolve(x, w):
    """The dense convolution with a padding of 1, in float64."""
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0), (1, 1), (1, 1)])
    y = np.zeros([len(x), len(w), x.shape[2] - 2, x.shape[3] - 2])
    for u in range(3):
        for v in range(3):
            y += np.einsum("nchw,kc->nkhw", x[:, :, u:u + y.shape[2], v:v + y.shape[3]], w[:, :, u, v])
    return y


def reference(*command):
    """Does what gpuconv conv does."""
    at = lambda flag: command[command.index(flag) + 1]
    np.save(at("--output"), convolve(np.load(at("--input")), np.load(at("--weight"))).astype(np.float32))


@unittest.skipIf(np is None, "no NumPy")
class Judge(unittest.TestCase):
    def wrong(self, change, case=CASE):
        """Returns what the judge finds wrong with the right outputs after a change of them."""
        with tempfile.TemporaryDirectory() as folder:
            numbers = judge.Numbers(case, folder, 0, reference, 1)
            x = np.fromfile(numbers.x, np.float32).reshape(case["src"])
            w = np.fromfile(numbers.w, np.float32).reshape(case["weight"])
            change(convolve(x, w).astype(np.float32), x, w).tofile(numbers.y)
            return numbers.wrong()

    def test_right(self):
        self.assertEqual(self.wrong(lambda y, x, w: y), "")

    def test_one_output(self):
        for value in [float("nan"), float("inf"), 0.5]:
            def change(y, x, w):
                y[1, 2, 8, 7] += value
                return y
            self.assertIn("image 1, filter 2, row 8, column 7", self.wrong(change))

    def test_ten_bits(self):
        cut = lambda a: (a.view(np.uint32) & np.uint32(0xffffe000)).view(np.float32)  # as TF32 does
        rounded = lambda y, x, w: convolve(cut(x), cut(w)).astype(np.float32)
        self.assertIn("instead of", self.wrong(rounded))
        many = CASE | {"src": [2, 256, 9, 8], "weight": [3, 256, 3, 3], "macs": 256 * CASE["macs"]}
        self.assertIn("RMS", self.wrong(rounded, many))
        self.assertEqual(self.wrong(lambda y, x, w: y, many), "")

    def test_too_few(self):
        self.assertIn("outputs of", self.wrong(lambda y, x, w: y[:1]))

    def test_takes(self):
        self.assertTrue(filter2d.takes(CASE))
        for other in [{"stride": [2, 2]}, {"src": [2, 3, 9, 8]}, {"padding": [0] * 4}, {"dilation": [2, 2]}]:
            self.assertFalse(filter2d.takes(CASE | other), other)


def block(backend, seconds, correct=True):
    row = {"suite": "s", "case": CASE["case"], "backend": backend, "threads": 2, "phase": "total", "correct": correct}
    return {"results": [row | ({"blocks": [{"seconds": [seconds]}]} if correct else {})]}


class Table(unittest.TestCase):
    def table(self, rounds, names=("a", "b")):
        peers = [types.SimpleNamespace(name=n, absent="") for n in names]
        peers.append(types.SimpleNamespace(name="gone", absent="no module"))
        return ratios.Table([CASE], {("s", CASE["case"]): rounds}, peers, "cpu", 2, False)

    def test_fastest_of_each_round(self):
        table = self.table([[block("cpu", 1), block("a", 2), block("b", 3)],
            [block("cpu", 1), block("a", 9), block("b", 3)]])
        self.assertEqual(table.ratios(CASE), [2, 3])
        self.assertEqual(table.row(CASE)[-1], "2.50 (2.00 … 3.00)")
        self.assertTrue(table.row(CASE)[4].startswith("**"), "b has the smaller median")

    def test_wrong_has_no_figure(self):
        table = self.table([[block("cpu", 1), block("a", 0.1, correct=False), block("b", 3)]])
        self.assertEqual((table.ratios(CASE), table.row(CASE)[3]), ([3], "–"))

    def test_no_peer(self):
        self.assertEqual(self.table([[block("cpu", 1)]]).row(CASE)[-1], "–")

    def test_absent(self):
        self.assertEqual(self.table([]).absent, ["gone was absent: no module"])

    def test_load_may_be_unknown(self):
        table = self.table([], names=())
        machine = {"cpu": "a processor", "platform": "os/arch", "git": "revision", "load": [-1, 2.25]}
        text = table.markdown({"machine": machine, "run": {"started": "2026-12-01"}, "backends": []})
        self.assertIn("Load average unknown at the start and 2.2 at the end.", " ".join(text.split()))


# A peer that writes more to stderr than a pipe holds, before it says hello and before each answer. Asked for a case
# without a name, it ends with an error.
CHATTY = """
import json, sys
def say(what):
    sys.stderr.write("a warning\\n" * 100000)
    print(json.dumps(what), flush=True)
say({"version": "1", "device": "", "algorithm": ""})
for line in sys.stdin:
    if not json.loads(line)["case"]:
        raise ValueError("no case")
    say({"answer": line})
"""


class Stderr(unittest.TestCase):
    def test_chatty(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "chatty.py")
            with open(path, "w") as f:
                f.write(CHATTY)
            peers.SCRIPTS["chatty"] = [path]
            peer = peers.Peer("chatty", sys.executable)
            self.assertEqual(peer.absent, "")
            for _ in range(3):
                self.assertIn("answer", peer.ask({"case": "n=1"}))
            self.assertEqual(peer.ask({"case": ""}),
                {"error": "chatty ended without an answer: ValueError: no case"})

    def test_ends_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "gone.py")
            with open(path, "w") as f:
                f.write("raise OSError('no library')")
            peers.SCRIPTS["gone"] = [path]
            self.assertEqual(peers.Peer("gone", sys.executable).absent, "OSError: no library")


class Arguments(unittest.TestCase):
    def test_problem_replaces_no_table(self):
        before, sys.argv = sys.argv, ["peers.py", "--problem", "1,1,9,8,3,3,1,1,1", "--results", "r.md",
            "--gpuconv", sys.executable]
        try:
            with self.assertRaisesRegex(SystemExit, "--results r.md: .*--problem"):
                peers.arguments()
        finally:
            sys.argv = before


class Replace(unittest.TestCase):
    def test_marks(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "r.md")
            with open(path, "w") as f:
                f.write("a\n<!-- peers -->\nold\n<!-- /peers -->\nb\n")
            ratios.replace(path, "n\\1\n")
            with open(path) as f:
                self.assertEqual(f.read(), "a\n<!-- peers -->\n\nn\\1\n\n<!-- /peers -->\nb\n")

    def test_no_marks(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "r.md")
            with open(path, "w") as f:
                f.write("a\n")
            self.assertRaises(ValueError, ratios.replace, path, "n\n")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
