//go:build cgo && !nogl

package gpu

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

// h200 and rx6800 are peaks of two cards, as their makers publish them.
var h200, rx6800 = Peaks{67e12, 4.8e12}, Peaks{16.17e12, 512e9}

// TestPredict: a prediction is no faster than the roof, and is the sum of its stages. If the figures of the program
// itself are stored, no constants differ.
func TestPredict(t *testing.T) {
	unraced(t)
	for class, peaks := range map[string]Peaks{"nvidia": h200, "amd": rx6800} {
		for _, algorithm := range []string{"", "direct_small", "direct_shared", "depthwise", "igemm", "winograd",
			"direct"} {
			d := openTest(t, Options{Device: Software(), Tiles: class, Algorithm: algorithm})
			for _, p := range problems.Staged() {
				made, err := d.Predict(p.Problem, peaks)
				if errors.Is(err, conv.ErrUnsupported) && algorithm != "" {
					continue
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", p.Name, algorithm, err)
				}
				least := max(2*p.MACs()/peaks.FLOPS, p.Bytes()/peaks.Bytes)
				if algorithm == "winograd" {
					least = max(2*p.MACs()/4/peaks.FLOPS, p.Bytes()/peaks.Bytes)
				}
				if !(made.Seconds >= least) || made.Seconds > 1000*least || made.Class != class {
					t.Errorf("%s, %s, %s: %g s, %.1f times the roof", class, p.Name, algorithm, made.Seconds,
						made.Seconds/least)
				}
				sum := 0.0
				for _, s := range made.Stages {
					sum += s.Seconds
					if s.Counted == p.Name+"/"+algorithm+"/"+s.Shader && len(s.Differences) > 0 {
						t.Errorf("%s, %s has other %v than itself", class, s.Counted, s.Differences)
					}
				}
				if math.Abs(sum-made.Seconds) > 1e-12*sum {
					t.Errorf("%s, %s: %g s, its stages %g", p.Name, algorithm, made.Seconds, sum)
				}
			}
		}
	}
}

// TestCountedTiles: figures of a tile count only where the device takes that tile. A device with little shared memory
// takes other tiles for large kernels.
func TestCountedTiles(t *testing.T) {
	unraced(t)
	for class, chip := range map[string]string{"nvidia": "ampere", "amd": "navi21"} {
		device := openTest(t, Options{Device: Software(), Tiles: class}).profile
		device.LoopIterations = 0
		for _, memory := range []int{device.SharedMemory, 12 << 10} {
			device.SharedMemory = memory
			all, _, err := countedStages(device, chip)
			if err != nil || len(all) < 20 {
				t.Fatalf("%s: %d stages, %v", class, len(all), err)
			}
			for _, c := range all {
				parts := strings.Split(c.Name, "/")
				i := slices.IndexFunc(problems.Staged(), func(p problems.Named) bool { return p.Name == parts[0] })
				b, err := recipe.Draw(problems.Staged()[i].Problem, device, parts[1])
				if err != nil || b.Description.Tile != c.Tile {
					t.Errorf("%s: %s of %s, the device takes %s (%v)", class, c.Name, c.Tile, b.Description.Tile, err)
				}
			}
		}
	}
}

// TestPredictScales: twice the images take twice the time, and peaks of twice the rates half of it, where the device
// is busy.
func TestPredictScales(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{Device: Software(), Tiles: "amd"})
	p := problems.Seed(8 * 410)
	once, err := d.Predict(p, rx6800)
	if err != nil {
		t.Fatal(err)
	}
	p.Src[0] *= 2
	twice, err := d.Predict(p, rx6800)
	if err != nil {
		t.Fatal(err)
	}
	faster, err := d.Predict(p, Peaks{2 * rx6800.FLOPS, 2 * rx6800.Bytes})
	if err != nil {
		t.Fatal(err)
	}
	for _, ratio := range []float64{twice.Seconds / once.Seconds, twice.Seconds / faster.Seconds} {
		if math.Abs(ratio-2) > 0.01 {
			t.Errorf("%g, want 2", ratio)
		}
	}
}

// TestPredictOther: constants that are not those of the counted program are named. What is not counted is refused.
func TestPredictOther(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{Device: Software(), Tiles: "nvidia", Algorithm: "igemm"})
	p := problems.Layer(32, 64, 64, 3, 56)
	p.Bias = false
	made, err := d.Predict(p, h200)
	if err != nil || len(made.Stages) != 1 || !slices.Equal(made.Stages[0].Differences, []string{"BIAS"}) ||
		made.Stages[0].Counted != "ResNet/igemm/igemm" {
		t.Errorf("%+v, %v", made, err)
	}
	for _, o := range []Options{{Tiles: "intel"}, {Tiles: "other"}, {}, {Tiles: "nvidia", Algorithm: "fft"}} {
		o.Device = Software()
		if _, err := openTest(t, o).Predict(problems.Seed(64), h200); !errors.Is(err, conv.ErrUnsupported) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	p.Weight[1] = 7
	if _, err := d.Predict(p, h200); err == nil || errors.Is(err, conv.ErrUnsupported) {
		t.Error(err)
	}
}
