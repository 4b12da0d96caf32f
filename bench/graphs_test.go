package bench_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/bench"
	"gpuconv/figure"
)

// hostile is a name that would end an attribute, a tag and a script.
const hostile = `"><script src="http://evil.example/x.js"></script>`

// fixed is a report with each kind of thing that can be in one: a software renderer, the engine with one thread and
// with two, a peer, one that was absent, a wrong output, and a name that is hostile.
func fixed() bench.Report {
	r := bench.Report{Schema: bench.Schema,
		Machine: bench.Machine{CPU: "a processor", Threads: 2, Platform: "linux/amd64", Git: "abc",
			Load: [2]float64{0.5, 1}, Versions: []bench.Version{{Name: hostile, Version: "1"}}},
		Run: bench.Run{Command: []string{"gpuconv", "bench", "--cases", hostile}, Suite: "seed",
			Settings: bench.Settings{Samples: 10, Seconds: 0.5, Rounds: 10}},
		Backends: []bench.BackendInfo{
			{Backend: "gpu", Threads: 2, Device: "software renderer soft", Software: true,
				Roof: &bench.Roof{GFLOPS: 30, GBPS: 5}},
			{Backend: "cpu", Threads: 2, Device: "a processor", ISA: "avx2", Roof: &bench.Roof{GFLOPS: 200, GBPS: 20}},
			{Backend: "cpu", Threads: 1, Device: "a processor", ISA: "avx2", Roof: &bench.Roof{GFLOPS: 100, GBPS: 15}},
			{Backend: "pytorch", Threads: 2, Device: "a processor", Peer: true, Driver: "PyTorch 2",
				Command: "bench/peers/peers.py"},
			{Backend: "onnxruntime", Threads: 2, Device: "a processor", Peer: true, Absent: "no module " + hostile},
		},
	}
	for _, n := range []int{1, 16, 256} {
		c := bench.CaseInfo{Suite: "seed", Case: "n=" + strings.Repeat("1", n%7+1), X: float64(n), N: n,
			MACs: 1e6 * float64(n), Bytes: 1e5 * float64(n), Intensity: 8}
		r.Cases = append(r.Cases, c)
		for i, speed := range []float64{1e3, 2e4, 1e4, 3e4} {
			b := r.Backends[i]
			if n == 1 && b.Peer {
				speed /= 10 // a gain, where the others are losses
			}
			if i == 0 {
				r.Results = append(r.Results, took(c, b, bench.PhaseUpload, 1e-5),
					took(c, b, bench.PhaseKernel, float64(n)/speed/2), took(c, b, bench.PhaseReadback, 1e-5))
			}
			r.Results = append(r.Results, took(c, b, bench.PhaseTotal, float64(n)/speed))
		}
	}
	last := &r.Results[len(r.Results)-1] // the peer's largest case
	*last = bench.Result{Suite: last.Suite, Case: last.Case, Backend: last.Backend, Threads: last.Threads,
		Phase: last.Phase, N: last.N, Why: "off by " + hostile}
	r.Missing = []bench.Missing{{Case: r.Cases[0].Case, Backend: "cpu", Threads: 2, Why: "3 samples of 10"}}
	return r
}

// took is a result with a block of three samples.
func took(c bench.CaseInfo, b bench.BackendInfo, phase string, seconds float64) bench.Result {
	rate := float64(c.N) / seconds
	return bench.Result{Suite: c.Suite, Case: c.Case, Backend: b.Backend, Threads: b.Threads, Device: b.Device,
		Algorithm: "direct", N: c.N, Phase: phase,
		Median: seconds, CILow: seconds * 0.9, CIHigh: seconds * 1.1, Samples: 3, ImagesPerS: &rate, Correct: true,
		Blocks: []bench.Block{{Seconds: []float64{seconds * 0.9, seconds, seconds * 1.1}}}}
}

func picturesOf(t *testing.T, r bench.Report) []bench.Picture {
	t.Helper()
	pictures, err := r.Pictures()
	if err != nil {
		t.Fatal(err)
	}
	return pictures
}

func graphOf(t *testing.T, r bench.Report, id string) bench.Picture {
	t.Helper()
	graphs := picturesOf(t, r)
	i := slices.IndexFunc(graphs, func(g bench.Picture) bool { return g.ID == id })
	if i < 0 {
		t.Fatalf("no graph %s", id)
	}
	return graphs[i]
}

func curveOf(t *testing.T, g bench.Picture, name string) figure.Series {
	t.Helper()
	for _, c := range g.Series {
		if strings.Contains(c.Name, name) {
			return c
		}
	}
	t.Fatalf("%s has no curve %s", g.ID, name)
	return figure.Series{}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }

func TestGraphsThroughput(t *testing.T) {
	g := graphOf(t, fixed(), "throughput-seed")
	if len(g.Series) != 4 || !slices.Equal(g.XTicks, []float64{1, 16, 256}) {
		t.Errorf("%d curves over %v", len(g.Series), g.XTicks)
	}
	if !strings.Contains(g.Note, "onnxruntime was absent") || !strings.Contains(g.Note, "1 wrong") {
		t.Errorf("the note is %q", g.Note)
	}
	c := curveOf(t, g, "CPU engine, avx2, 2 threads")
	for i := range c.X {
		if !near(c.Y[i], 2e4) || !near(c.Low[i], 2e4/1.1) || !near(c.High[i], 2e4/0.9) {
			t.Errorf("at %v: %v from %v to %v, want 20,000 images/s", c.X[i], c.Y[i], c.Low[i], c.High[i])
		}
	}
	if peer := curveOf(t, g, "pytorch"); len(peer.X) != 2 || !peer.Dashed {
		t.Errorf("the peer has points at %v, want none for its wrong output", peer.X)
	}
	curveOf(t, g, "software renderer soft")
}

// TestGraphsSingleAndMissing: a single sample is a hollow point without an error bar, which no line joins. A case
// without a time is a cross, and the note says what that means. That holds for all graphs with a point for each case.
func TestGraphsSingleAndMissing(t *testing.T) {
	r := fixed()
	r.Results = slices.DeleteFunc(r.Results, func(x bench.Result) bool { return x.N == 16 && x.Backend == "pytorch" })
	r.Missing = []bench.Missing{{Case: r.Cases[1].Case, Backend: "pytorch", Threads: 2, Why: "the time was up"}}
	for i := range r.Results {
		if x := &r.Results[i]; x.Correct && (x.N == 256 && x.Threads == 1 || x.N == 1 && x.Backend == "pytorch") {
			x.Samples = 1
		}
	}
	for _, id := range []string{"throughput-seed", "roofline", "peers-seed"} {
		g := graphOf(t, r, id)
		for _, s := range g.Series {
			if hollow := strings.HasSuffix(s.Name, ", single samples"); hollow != s.Hollow ||
				hollow && (s.Low != nil || s.Style != figure.Points || len(s.X) == 0) {
				t.Errorf("%s: %+v", id, s)
			}
		}
		if hollow := curveOf(t, g, "pytorch, 2 threads, single samples"); len(hollow.X) != 1 {
			t.Errorf("%s: %d hollow points of a peer, want 1", id, len(hollow.X))
		}
		if peer := curveOf(t, g, "pytorch, 2 threads"); len(peer.Missing) != 1 || len(peer.X) != 0 {
			t.Errorf("%s: missing at %v, points at %v, want one missing", id, peer.Missing, peer.X)
		}
		if !strings.Contains(g.Note, "a cross at the lower edge: no time") {
			t.Errorf("%s: the note is %q", id, g.Note)
		}
	}
	c := curveOf(t, graphOf(t, r, "throughput-seed"), "1 thread, single samples")
	if !slices.Equal(c.X, []float64{256}) {
		t.Errorf("a single sample at %v, want 256", c.X)
	}
}

// TestGraphsRoofline: each case with a right output has a point, and roofs turn level at their ridge.
func TestGraphsRoofline(t *testing.T) {
	g := graphOf(t, fixed(), "roofline")
	points := 0
	for _, c := range g.Series {
		if c.Style == figure.Points {
			points += len(c.X)
		}
	}
	if points != 11 {
		t.Errorf("%d points, want 11 of 12: one output was wrong", points)
	}
	c := curveOf(t, g, "roof of cpu ×2: 200 GFLOP/s, 20 GB/s")
	if !slices.Equal(c.X, []float64{4, 10, 16}) || !slices.Equal(c.Y, []float64{80, 200, 200}) {
		t.Errorf("the CPU's roof goes over %v at %v: its ridge is at 10 FLOP/byte", c.X, c.Y)
	}
}

func TestGraphsRatio(t *testing.T) {
	g := graphOf(t, fixed(), "gpu-cpu-ratio")
	if !strings.Contains(g.Title, "Software renderer") {
		t.Errorf("its title is %q: no GPU was timed", g.Title)
	}
	with, without := curveOf(t, g, "with transfers"), curveOf(t, g, "kernels alone")
	for i := range with.X {
		if !near(with.Y[i], 0.05) || !near(without.Y[i], 0.1) {
			t.Errorf("ratios %v with transfers and %v without, want 0.05 and 0.1", with.Y[i], without.Y[i])
		}
		if !(with.Low[i] < with.Y[i] && with.Y[i] < with.High[i]) {
			t.Errorf("%v is not within %v and %v", with.Y[i], with.Low[i], with.High[i])
		}
	}
}

// TestGraphsPeers: a peer on the processor is compared with the engine on as many threads, and one on a card with the
// GPU.
func TestGraphsPeers(t *testing.T) {
	r := fixed()
	c := curveOf(t, graphOf(t, r, "peers-seed"), "pytorch, 2 threads")
	if !slices.Equal(c.X, []float64{0, 1}) || !near(c.Y[0], 20.0/3) || !near(c.Y[1], 2.0/3) {
		t.Errorf("ratios %v at %v, want 6.67 and 0.667, and no point for the wrong output", c.Y, c.X)
	}
	if !(c.Low[0] < c.Y[0] && c.Y[0] < c.High[0]) {
		t.Errorf("%v is not within %v and %v", c.Y[0], c.Low[0], c.High[0])
	}
	card := fixed()
	card.Backends[3].Device = "a card"
	for _, g := range picturesOf(t, card) {
		if g.ID == "peers-seed" {
			t.Error("a peer on a card is compared with a software renderer")
		}
	}
	card.Backends[0].Software = false
	if c := curveOf(t, graphOf(t, card, "peers-seed"), "a card"); !near(c.Y[1], 1.0/30) {
		t.Errorf("ratios %v, want the GPU's 1,000 images/s against 30,000", c.Y)
	}
}

func TestGraphsScaling(t *testing.T) {
	c := curveOf(t, graphOf(t, fixed(), "scaling"), "CPU engine")
	if !slices.Equal(c.X, []float64{1, 2}) || !near(c.Y[0], 1) || !near(c.Y[1], 2) {
		t.Errorf("speed-ups %v with %v threads, want 1 and 2", c.Y, c.X)
	}
}

// TestGraphsLayers: layers are side by side, and a group's name cannot become a path in a file's name.
func TestGraphsLayers(t *testing.T) {
	r := fixed()
	for i := range r.Cases {
		r.Cases[i].Group, r.Cases[i].Layer = "net", string(rune('a'+i))
	}
	if g := graphOf(t, r, "throughput-seed"); !slices.Equal(g.XNames, []string{"net a", "net b", "net c"}) {
		t.Errorf("names %q", g.XNames)
	}
	for i := range r.Cases {
		r.Cases[i].Group, r.Cases[i].Layer = "../../x", ""
	}
	for _, g := range picturesOf(t, r) {
		if strings.ContainsAny(g.ID, "./") {
			t.Errorf("the name of a file would be %q", g.ID)
		}
	}
}

func TestGraphsEmpty(t *testing.T) {
	r := fixed()
	r.Results = nil
	if got := picturesOf(t, r); len(got) != 0 {
		t.Errorf("%d graphs of no result", len(got))
	}
}

// TestGraphsSorted: lines go from left to right, in whatever order cases were timed.
func TestGraphsSorted(t *testing.T) {
	r := fixed()
	slices.Reverse(r.Cases)
	for _, g := range picturesOf(t, r) {
		for _, c := range g.Series {
			if !slices.IsSorted(c.X) {
				t.Errorf("%s, %s goes over %v", g.ID, c.Name, c.X)
			}
			for i := range c.Low {
				if !(c.Low[i] <= c.Y[i] && c.Y[i] <= c.High[i]) {
					t.Errorf("%s, %s: %v is not within %v and %v", g.ID, c.Name, c.Y[i], c.Low[i], c.High[i])
				}
			}
		}
	}
}
