//go:build cgo && !nogl

package gpu

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// breakage is a way to break a shader or a device.
type breakage struct {
	part       string // the file or program that is broken
	name       string
	trial      string // the trial to begin with; "": any
	equivalent string // why no output shows it; "": some output must show it
	apply      func(d asking) conv.Backend
}

// verdict is the outcome of a breakage.
type verdict struct {
	breakage
	by   string // the trial and the check that found it; "": none did
	took time.Duration
}

// killAll runs the trials of each breakage's part until one finds it. The test fails unless exactly the breakages that
// are not equivalent are found.
func killAll(t *testing.T, all []breakage) {
	if len(all) == 0 {
		t.Fatalf("no mutants of %q: want GPUCONV_MUTANTS=all or a file of shaders", os.Getenv("GPUCONV_MUTANTS"))
	}
	if tiles := os.Getenv("GPUCONV_TILES"); tiles != "" {
		if _, err := recipe.ParseClass(tiles); err != nil {
			t.Fatal("GPUCONV_TILES: ", err) // otherwise no device would open, and the test would be skipped
		}
	}
	start := time.Now()
	killed, survived := map[string]int{}, map[string]int{}
	for _, v := range verdicts(t, all) {
		switch equivalent := v.equivalent != ""; {
		case strings.Contains(v.by, "does not compile") || strings.Contains(v.by, "does not link"):
			t.Errorf("%s, %s: the mutant is not a shader: %s", v.part, v.name, v.by)
		case equivalent && v.by == "":
			survived[v.part]++
		case equivalent:
			t.Errorf("%s, %s: equivalent, as %s, yet it is killed by %s", v.part, v.name, v.equivalent, v.by)
		case v.by == "":
			t.Errorf("%s, %s: survived", v.part, v.name)
		default:
			killed[v.part]++
			t.Logf("%s, %s: killed in %.2f s by %s", v.part, v.name, v.took.Seconds(), v.by)
		}
	}
	total := 0
	for part, n := range killed {
		total += n
		t.Logf("%s: %d killed, %d equivalent", part, n, survived[part])
	}
	t.Logf("%d mutants, %d killed, in %.1f s", len(all), total, time.Since(start).Seconds())
}

// verdicts tries all breakages, on two workers at once.
func verdicts(t *testing.T, all []breakage) []verdict {
	found := make([]verdict, len(all))
	next := make(chan int)
	var group sync.WaitGroup
	for range 2 {
		w := newWorker(t)
		group.Go(func() {
			for i := range next {
				start := time.Now()
				found[i] = verdict{breakage: all[i], by: w.kill(all[i])}
				found[i].took = time.Since(start)
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	group.Wait()
	return found
}

// worker tries breakages, one after the other, on a device for each algorithm.
type worker struct {
	trials  []*trial
	devices map[string]*Device
}

// mutantTiles is the class whose tiles an algorithm's trials use, unless a trial asks for another class. It is
// GPUCONV_TILES, or else the device's class. direct_soft always uses the device's class, because hardware never runs
// it.
func mutantTiles(algorithm string) string {
	if algorithm == "direct_soft" {
		return ""
	}
	return os.Getenv("GPUCONV_TILES")
}

// onHardwareTiles reports whether GPUCONV_TILES names a class of hardware.
func onHardwareTiles() bool {
	class, err := recipe.ParseClass(os.Getenv("GPUCONV_TILES"))
	return err == nil && class != recipe.Software
}

func newWorker(t *testing.T) *worker {
	w := &worker{nil, map[string]*Device{}}
	for _, algorithm := range recipe.AlgorithmNames() {
		w.devices[algorithm] = openTest(t, Options{Device: Software(), Algorithm: algorithm, Guard: true,
			Tiles: mutantTiles(algorithm)})
	}
	w.trials = newTrials(t)
	return w
}

// kill returns the trial and the check that found the breakage, or "" if none did.
func (w *worker) kill(f breakage) string {
	for _, tr := range f.order(w.trials) {
		d := w.devices[tr.algorithm]
		planned := asking{d, d.profile}
		if tr.limit != nil {
			tr.limit(&planned.profile)
		}
		why := tr.examine(f.apply(planned))
		d.thread.do(func() error {
			d.forget()
			d.seam, d.options.Guard = openGL(), true
			return nil
		})
		if why != "" {
			return why
		}
	}
	return ""
}

// order returns the trials of the breakage's part, beginning with the one that it names. A breakage "reflect: …" begins
// with the trials called reflect.
func (f breakage) order(trials []*trial) (all []*trial) {
	kind, _, _ := strings.Cut(f.name, ":")
	for _, tr := range trials {
		if !slices.Contains(tr.parts, f.part) {
			continue
		}
		if tr.name == f.trial || tr.name == kind {
			all = slices.Insert(all, 0, tr)
		} else {
			all = append(all, tr)
		}
	}
	return all
}

// TestTrialsOfClasses: which mutants need not run with the tiles of a class, because every trial does the same work as
// with those of another class. If this fails, docs/drivers.md says too little, or mutants have to run with more tiles.
func TestTrialsOfClasses(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{Device: Software()})
	for _, tr := range everyTrial() {
		if tr.algorithm == "direct_soft" {
			continue // the mutants of this shader run with the device's own tiles
		}
		work := func(class recipe.Class) string {
			profile := d.profile.As(class)
			if tr.limit != nil {
				tr.limit(&profile)
			}
			b, err := recipe.Draw(tr.problem, profile, tr.algorithm)
			if err != nil {
				t.Fatalf("%s: %v", tr.name, err)
			}
			return b.Work()
		}
		intel := work(recipe.Intel)
		if work(recipe.Other) != intel {
			t.Errorf("%s, %s: other's tiles make other work than intel's", tr.algorithm, tr.name)
		}
		if tr.algorithm != "direct_shared" && work(recipe.AMD) != intel {
			t.Errorf("%s, %s: amd's tiles make other work than intel's", tr.algorithm, tr.name)
		}
	}
}
