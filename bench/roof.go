package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// roofTime is how long both peak rates of a subject together are measured in a turn.
const roofTime = 300 * time.Millisecond

// probed is the share of the time that goes to measuring peak rates at most, after two turns.
const probed = 0.05

// measureRoofs measures the peak rates of each subject for a turn, and keeps the highest of all turns, since other work
// may disturb a single one. It is called before the first case is tried and after each round. After two turns it does
// nothing if it has had its share of the time.
func (w *running) measureRoofs() error {
	if w.turns >= 2 && w.probing.Seconds() > probed*time.Since(w.started).Seconds() {
		return nil
	}
	w.turns++
	start := time.Now()
	for i := range w.Subjects {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		s := &w.Subjects[i]
		if s.Roof == nil {
			continue
		}
		err := s.withThreads(func() error {
			flops, bytes, err := s.Roof(roofTime)
			if err != nil {
				return about("roof of "+s.Info.Label(), err)
			}
			w.note(func() {
				if w.roofs[s] == nil {
					w.roofs[s] = &Roof{}
				}
				w.roofs[s].GFLOPS, w.roofs[s].GBPS = max(w.roofs[s].GFLOPS, flops/1e9), max(w.roofs[s].GBPS, bytes/1e9)
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	w.probing += time.Since(start)
	return nil
}

// saves tells whether an algorithm makes fewer multiplications than are counted, so that it can exceed any roof.
func saves(algorithm string) bool {
	return strings.HasPrefix(algorithm, "winograd") || strings.HasPrefix(algorithm, "fft")
}

// The marks of a percentage of the roofline above 100.
const (
	aboveProbe = "!" // above the peak of multiply-adds, which nothing can pass
	aboveCopy  = "*" // above the rate of copying, which data in caches can pass
)

// roofMark returns the mark of a result whose percentage of the roofline is above 100. It returns "" for others, and
// for an algorithm that saves multiplications, which may be above.
func (r Report) roofMark(x Result, b BackendInfo) string {
	switch {
	case x.PercentOfRoofline == nil || *x.PercentOfRoofline <= 100 || saves(x.Algorithm) || b.Roof == nil:
		return ""
	case *x.GFLOPS > b.Roof.GFLOPS:
		return aboveProbe
	}
	return aboveCopy
}

// ofRoof returns the cell of a result in the column "of roof": its percentage of the roofline, with a mark.
func (r Report) ofRoof(x Result, b BackendInfo) string {
	if x.PercentOfRoofline == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f %%%s", *x.PercentOfRoofline, r.roofMark(x, b))
}

// writeRoofNotes explains the marks that the table has, and says in how many lines.
func (r Report) writeRoofNotes(w io.Writer) {
	counts := map[string]int{}
	for _, x := range r.Results {
		if b, _ := r.backendOf(x); x.Phase == PhaseTotal {
			counts[r.roofMark(x, b)]++
		}
	}
	if n := counts[aboveProbe]; n > 0 {
		fmt.Fprintf(w, "roof      %s above the peak of multiply-adds, in %d lines: nothing can be, so other work "+
			"disturbed the probes\n", aboveProbe, n)
	}
	if n := counts[aboveCopy]; n > 0 {
		fmt.Fprintf(w, "roof      %s above the rate of copying memory, in %d lines: the data stay in caches, or other "+
			"work disturbed the probes\n", aboveCopy, n)
	}
}
