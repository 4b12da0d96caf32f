package bench

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/figure"
)

// besidePeers returns a graph for each suite: the throughput of gpuconv divided by that of each peer. Cases are side by
// side, in the order of the report.
func (r Report) besidePeers() (all []Picture) {
	var suites []string
	for _, c := range r.Cases {
		if !slices.Contains(suites, c.Suite) {
			suites = append(suites, c.Suite)
			all = append(all, r.peersOf(c.Suite))
		}
	}
	return all
}

// peersOf returns that graph for one suite.
func (r Report) peersOf(suite string) Picture {
	g := Picture{ID: "peers-" + slug(suite),
		Graph: figure.Graph{Title: "gpuconv against its peers, suite " + suite, YLabel: "ratio of throughput",
			LogY: true},
		Caption: "Above 1 gpuconv is faster. Peers on the processor are compared with the CPU engine with as many " +
			"threads, and peers on a GPU with gpuconv on the GPU, end to end. Bars are 95 % confidence intervals of " +
			"the ratio."}
	cases := slices.DeleteFunc(slices.Clone(r.Cases), func(c CaseInfo) bool { return c.Suite != suite })
	for _, c := range cases {
		g.XNames = append(g.XNames, shortName(c))
	}
	peers := slices.DeleteFunc(slices.Clone(r.Backends), func(b BackendInfo) bool { return !b.Peer || b.Absent != "" })
	for i, b := range peers {
		points := newCurve(r.name(b), slices.Index(r.Backends, b), figure.Points)
		ours, ok := r.rival(b)
		for at, c := range cases {
			x := float64(at) + beside(i, len(peers))
			theirs, timed := r.total(c, b)
			mine, both := r.total(c, ours)
			if ok && timed && both {
				ratio := theirs.interval().Over(mine.interval())
				points.add(x, ratio.Median, ratio.Low, ratio.High, min(theirs.Samples, mine.Samples) < 2)
			} else if r.lacks(c, b) {
				points.many.Missing = append(points.many.Missing, x)
			}
		}
		g.draw(points)
	}
	if len(peers) > 0 {
		g.Series = append(g.Series, figure.Series{Name: "as fast", X: []float64{-0.5, float64(len(cases)) - 0.5},
			Y: []float64{1, 1}, Color: neutral, Style: figure.Solid})
	}
	return g
}

// rival returns the backend of gpuconv that a peer is compared with: the CPU engine with as many threads, or a hardware
// GPU if the peer's device is not the processor. It returns false if that was not timed.
func (r Report) rival(peer BackendInfo) (BackendInfo, bool) {
	onProcessor := peer.Device == r.Machine.CPU
	i := slices.IndexFunc(r.Backends, func(b BackendInfo) bool {
		if b.Absent != "" || b.Peer {
			return false
		}
		return onProcessor && b.Backend == "cpu" && b.Threads == peer.Threads ||
			!onProcessor && b.Backend == "gpu" && !b.Software
	})
	if i < 0 {
		return BackendInfo{}, false
	}
	return r.Backends[i], true
}

// shortName returns a short name that tells a case from others of its suite: its layer, or the value that varies.
func shortName(c CaseInfo) string {
	switch {
	case c.Group == OwnSuite:
		return c.Layer
	case c.Layer != "":
		return strings.TrimSpace(c.Group + " " + c.Layer)
	case c.Group != "":
		return fmt.Sprintf("%s %g", c.Group, c.X)
	case c.Suite == "seed":
		return fmt.Sprintf("N=%d", c.N)
	}
	return readable(c)
}
