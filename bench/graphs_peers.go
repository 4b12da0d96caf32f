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
	done := map[string]bool{}
	for _, c := range r.Cases {
		if !done[c.Suite] {
			all = append(all, r.peersOf(c.Suite))
		}
		done[c.Suite] = true
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
	cases := g.nameCases(r, suite)
	peers := slices.DeleteFunc(slices.Clone(r.Backends), func(b BackendInfo) bool { return !b.Peer || b.Absent != "" })
	for i, b := range peers {
		points := newCurve(r.name(b), slices.Index(r.Backends, b), figure.Points)
		ours, ok := r.rival(b)
		for at, c := range cases {
			x := float64(at) + beside(i, len(peers))
			theirs, timed := r.total(c, b)
			mine, both := r.total(c, ours)
			if ok && timed && both {
				points.addRatio(mine, theirs, x)
			} else {
				points.miss(r, c, b, x)
			}
		}
		g.draw(points)
	}
	if len(peers) > 0 {
		g.level("as fast", -0.5, float64(len(cases))-0.5)
	}
	return g
}

// rival returns the backend of gpuconv that a peer is compared with: the CPU engine with as many threads, or a hardware
// GPU if the peer's device is not the processor. It returns false if that was not timed.
func (r Report) rival(peer BackendInfo) (BackendInfo, bool) {
	for _, b := range r.Backends {
		if b.Absent != "" || b.Peer {
			continue
		}
		if peer.Device != r.Machine.CPU {
			if b.Backend == "gpu" && !b.Software {
				return b, true
			}
		} else if b.Backend == "cpu" && b.Threads == peer.Threads {
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
