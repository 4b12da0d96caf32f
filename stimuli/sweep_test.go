package stimuli

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

// newSweep returns the tutorial's gratings at -90, -82.5, … 82.5.
func newSweep(t *testing.T) *Sweep {
	t.Helper()
	orientations, err := param.ParseValues("-90:90:7.5")
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := NewSweep(NMA{}, orientations)
	if err != nil {
		t.Fatal(err)
	}
	return sweep
}

// TestSweep draws several batches at once, each with one goroutine or several. Each image must equal the same image
// drawn alone.
func TestSweep(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	var set Set = newSweep(t)
	if set.Shape() != (conv.Shape{24, 1, 48, 64}) {
		t.Fatalf("shape %v", set.Shape())
	}
	var group sync.WaitGroup
	for _, c := range [][2]int{{0, 0}, {0, 1}, {3, 5}, {0, 24}, {2, 22}, {24, 0}, {13, 11}} {
		group.Go(func() {
			if err := checkBatch(set, c[0], c[1]); err != nil {
				t.Errorf("%d images from %d: %v", c[1], c[0], err)
			}
		})
	}
	group.Wait()
}

func checkBatch(set Set, first, n int) error {
	part, err := conv.NewTensor(set.Shape().WithN(n))
	if err != nil {
		return err
	}
	for at := range part.Data {
		part.Data[at] = float32(math.NaN())
	}
	if err := set.Draw(part, first); err != nil {
		return err
	}
	want := make([]float32, 48*64)
	for i := range n {
		orientation := -90 + 7.5*float64(first+i)
		if err := (NMA{}).Draw(want, orientation); err != nil {
			return err
		}
		if !slices.Equal(part.Plane(i, 0), want) {
			return fmt.Errorf("image %d is not that of %v°", i, orientation)
		}
	}
	return nil
}

func TestSweepRefuses(t *testing.T) {
	sweep := newSweep(t)
	part, _ := conv.NewTensor(conv.Shape{5, 1, 48, 64})
	for _, first := range []int{-1, 20, 24, math.MaxInt, math.MinInt} {
		if err := sweep.Draw(part, first); err == nil ||
			!strings.Contains(err.Error(), "want some of the [24 1 48 64]") {
			t.Errorf("5 images from %d of 24: error %v", first, err)
		}
	}
	wide, _ := conv.NewTensor(conv.Shape{1, 1, 64, 48})
	for name, dst := range map[string]*conv.Tensor{"nil": nil, "wide": wide,
		"short": {Shape: part.Shape, Data: part.Data[1:]}} {
		if err := sweep.Draw(dst, 0); err == nil {
			t.Errorf("a dst that is %s is drawn", name)
		}
	}
	for want, c := range map[string]struct {
		grating      NMA
		orientations param.Values
	}{
		"no orientations: want at least one":               {NMA{}, param.Values{}},
		"orientation NaN: want a finite number of degrees": {NMA{}, param.Explicit(0, math.NaN())},
		"resolution -1: want a number above 0":             {NMA{Resolution: -1}, param.Explicit(0)},
	} {
		if _, err := NewSweep(c.grating, c.orientations); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v: want %q in it", err, want)
		}
	}
}

// BenchmarkSweep shows from how many images on a second core helps.
func BenchmarkSweep(b *testing.B) {
	orientations, err := param.Range(-90, 90, 0.045)
	if err != nil {
		b.Fatal(err)
	}
	sweep, err := NewSweep(NMA{}, orientations)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 2, 5, 10, 20, 4000} {
		part, err := conv.NewTensor(conv.Shape{n, 1, 48, 64})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("n=%d/hw=48x64", n), func(b *testing.B) {
			b.SetBytes(int64(4 * len(part.Data)))
			for b.Loop() {
				if err := sweep.Draw(part, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
