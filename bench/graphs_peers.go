package bench

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/figure"
)

// besidePeers returns the graph of the throughput of gpuconv divided by that of each peer, for the cases of one suite.
// Cases are side by side, in the order of the report.
func (r Report) besidePeers(cases []CaseInfo) Picture {
	suite := cases[0].Suite
	g := Picture{ID: "peers-" + slug(suite),
		Graph: figure.Graph{Title: "gpuconv against its peers, suite " + suite, YLabel: "ratio of throughput",
			LogY: true},
		Caption: "Above 1 gpuconv is faster. Peers on the processor are compared with the CPU engine with as many " +
			"threads, and peers on a GPU with gpuconv on the GPU, end to end. Bars are 95 % confidence intervals of " +
			"the ratio."}
	g.addNames(cases)
	peers := slices.DeleteFunc(slices.Clone(r.Backends), func(b BackendInfo) bool { return !b.Peer || b.Absent != "" })
	for i, b := range peers {
		ours, ok := r.rival(b)
		s := figure.Series{Name: r.name(b), Color: slices.Index(r.Backends, b), Style: figure.Points}
		g.addCurve(r, s, b, cases, func(at int, c CaseInfo) (float64, value, bool) {
			theirs, timed := r.total(c, b)
			mine, both := r.total(c, ours)
			return float64(at) + beside(i, len(peers)), over(mine, theirs), ok && timed && both
		})
	}
	if len(peers) > 0 {
		g.addLine("equal speed", [2]float64{-0.5, float64(len(cases)) - 0.5}, [2]float64{1, 1}, false)
	}
	return g
}

// rival returns the backend of gpuconv that a peer is compared with: the CPU engine with as many threads, or a hardware
// GPU if the peer's device is not the processor. It returns false if that was not timed.
func (r Report) rival(peer BackendInfo) (BackendInfo, bool) {
	for _, b := range r.Backends {
		ours := b.Backend == "cpu" && b.Threads == peer.Threads
		if peer.Device != r.Machine.CPU {
			ours = b.Backend == "gpu" && !b.Software
		}
		if ours && b.Absent == "" && !b.Peer {
			return b, true
		}
	}
	return BackendInfo{}, false
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
	return readable(c.Case)
}
