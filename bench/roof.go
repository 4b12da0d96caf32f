package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// roofTime is how long both peak rates of a subject together are measured in a turn.
const roofTime = 300 * time.Millisecond

// probed is the largest share of the time that measuring peak rates may take, after two turns.
const probed = 0.05

// measureRoofs measures the peak rates of each subject for a turn, and keeps the highest of all turns, since other work
// may disturb a single one. After two turns it does nothing if it has had its share of the time.
func (w *running) measureRoofs() error {
	if w.turns >= 2 && w.probing.Seconds() > probed*time.Since(w.started).Seconds() {
		return nil
	}
	w.turns++
	start := time.Now()
	for _, s := range w.subjects {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		if s.Roof == nil {
			continue
		}
		var flops, bytes float64
		err := s.withThreads(func() (err error) {
			flops, bytes, err = s.Roof(roofTime)
			return err
		})
		if err != nil {
			return about("roof of "+s.Info.Label(), err)
		}
		now := Roof{GFLOPS: flops / 1e9, GBPS: bytes / 1e9}
		w.note(func() { s.roof = now.highest(s.roof) })
	}
	w.probing += time.Since(start)
	return nil
}

// highest returns the higher rates of two roofs. The other may be nil.
func (r Roof) highest(other *Roof) *Roof {
	if other != nil {
		r = Roof{GFLOPS: max(r.GFLOPS, other.GFLOPS), GBPS: max(r.GBPS, other.GBPS)}
	}
	return &r
}

// The marks of a percentage of the roofline above 100.
const (
	aboveProbe = "!" // above the peak of multiply-adds, which nothing can pass
	aboveCopy  = "*" // above the rate of copying, which data in caches can pass
)

// roofMark returns the mark of a result whose percentage of the roofline is above 100. It returns "" for others, and
// where multiplications are saved, by the algorithm or because filters are copies of others: these may be above.
func roofMark(x Result, b BackendInfo) string {
	saves := strings.HasPrefix(x.Algorithm, "winograd") || strings.HasPrefix(x.Algorithm, "fft") || x.Repeated > 0
	switch {
	case x.PercentOfRoofline == nil || *x.PercentOfRoofline <= 100 || saves || b.Roof == nil:
		return ""
	case *x.GFLOPS > b.Roof.GFLOPS:
		return aboveProbe
	}
	return aboveCopy
}

// ofRoof returns the cell of a result in the column "of roof": its percentage of the roofline, with a mark.
func ofRoof(x Result, b BackendInfo) string {
	if x.PercentOfRoofline == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f %%%s", *x.PercentOfRoofline, roofMark(x, b))
}

// writeRoofNotes explains the marks that the table has, and says in how many lines.
func (r Report) writeRoofNotes(w io.Writer) {
	counts, repeated := map[string]int{}, 0
	for _, x := range r.Results {
		if b, _ := r.backendOf(x); x.Phase == PhaseTotal {
			counts[roofMark(x, b)]++
			if x.Repeated > 0 {
				repeated++
			}
		}
	}
	if repeated > 0 {
		fmt.Fprintf(w, "repeats   in %d lines filters are copies or negatives of others: the rates count them, but "+
			"they are not computed\n", repeated)
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
