package paper

import (
	"math"
	"testing"

	"gpuconv/gpu/internal/isa"
)

// one is a roof with a single scheduler, whose numbers are round: 64e9 slots and 1e9 bytes a second.
var one = Roof{FLOPS: 2 * 64e9, Bytes: 1e9}

// stage has a main block of 100 instructions, 50 of which are multiply-adds, and 20 instructions outside it.
func stage() isa.Figures {
	return isa.Figures{Waves: 64, Length: 120,
		Main: isa.Mix{isa.FMA: 50, isa.Integer: 20, isa.Shared: 4, isa.Memory: 6, isa.Scalar: 20}}
}

var (
	nvidia = Chip{Wave: 32, Schedulers: 4, Slots: true, Access: 4}
	amd    = Chip{Wave: 64, Schedulers: 1, Access: 2}
)

// TestPredict compares predictions with closed forms. Each of 1e6 invocations needs 500 multiply-adds, so it executes
// the main block ten times.
func TestPredict(t *testing.T) {
	w := Work{Figures: stage(), Invocations: 1e6, Dispatches: 1, MACs: 500, Bytes: 1e6}
	for _, c := range []struct {
		name string
		chip Chip
		work func(w Work) Work
		want Time
	}{
		{"all instructions", nvidia, func(w Work) Work { return w },
			Time{1e6 * (10*100 + 20) / 64e9, 1e6 * 10 * 10 * 4 / 64e9, 1e-3, 1}},
		{"vector instructions", amd, func(w Work) Work { return w },
			Time{1e6 * (10*70 + 20) / 64e9, 1e6 * 10 * 10 * 2 / 64e9, 1e-3, 1}},
		{"no loop", nvidia, func(w Work) Work { w.MACs = 0; return w },
			Time{1e6 * 120 / 64e9, 1e6 * 10 * 4 / 64e9, 1e-3, 1}},
		{"no multiply-adds", nvidia, func(w Work) Work { w.Main[isa.FMA], w.Length = 0, 70; return w },
			Time{1e6 * 70 / 64e9, 1e6 * 10 * 4 / 64e9, 1e-3, 1}},
		{"one wave, no block", nvidia, func(w Work) Work {
			w.MACs, w.Main, w.Length, w.Waves = 0, isa.Mix{}, 100, 4
			return w
		}, Time{1e6 * 100 / 64e9, 0, 1e-3, 1.0 / 6}},
		// A wave computes for 100 clocks and waits for 500. 4 waves of a multiprocessor are one for each scheduler.
		{"one wave", nvidia, func(w Work) Work { w.Waves = 4; return w },
			Time{1e6 * 1020 / 64e9, 1e6 * 400 / 64e9, 1e-3, 1.0 / 6}},
		// A wave of 64 computes for 140 clocks.
		{"two wide waves", amd, func(w Work) Work { w.Waves = 2; return w },
			Time{1e6 * 720 / 64e9, 1e6 * 200 / 64e9, 1e-3, 2 * 140.0 / 640}},
		// 64 invocations are two waves.
		{"few invocations", nvidia, func(w Work) Work { w.Invocations = 64; return w },
			Time{64 * 1020 / 64e9, 64 * 400 / 64e9, 1e-3, 2.0 / 6}},
		{"few in each dispatch", nvidia, func(w Work) Work { w.Dispatches = w.Invocations / 96; return w },
			Time{1e6 * 1020 / 64e9, 1e6 * 400 / 64e9, 1e-3, 0.5}},
	} {
		got := c.chip.Predict(c.work(w), one)
		for i, pair := range [][2]float64{{got.Arithmetic, c.want.Arithmetic}, {got.Access, c.want.Access},
			{got.Memory, c.want.Memory}, {got.Busy, c.want.Busy}} {
			if math.Abs(pair[0]-pair[1]) > 1e-12*pair[1] {
				t.Errorf("%s, %d: %g, want %g", c.name, i, pair[0], pair[1])
			}
		}
	}
}

// TestRoofs: a program of multiply-adds alone takes the time at the roof of arithmetic. One without arithmetic takes
// the time at the roof of memory.
func TestRoofs(t *testing.T) {
	pure := isa.Figures{Waves: 64, Length: 1000, Main: isa.Mix{isa.FMA: 1000}}
	for name, chip := range Chips() {
		for _, roof := range []Roof{one, {67e12, 4.8e12}} {
			w := Work{Figures: pure, Invocations: 1e9, Dispatches: 1, MACs: 1e4, Bytes: 1}
			if got, want := chip.Predict(w, roof).Seconds(), 2e13/roof.FLOPS; math.Abs(got/want-1) > 1e-12 {
				t.Errorf("%s: %g s, want %g", name, got, want)
			}
			w.Invocations, w.Bytes = 1, 1e12
			if got, want := chip.Predict(w, roof).Seconds(), 1e12/roof.Bytes; math.Abs(got/want-1) > 1e-12 {
				t.Errorf("%s: %g s, want %g", name, got, want)
			}
		}
	}
}

// TestBound: the bound is what takes longest.
func TestBound(t *testing.T) {
	for _, c := range []struct {
		time    Time
		seconds float64
		bound   string
	}{
		{Time{3, 2, 1, 1}, 3, "arithmetic"}, {Time{2, 3, 1, 1}, 3, "access"}, {Time{2, 1, 3, 1}, 3, "memory"},
		{Time{2, 1, 3, 0.5}, 4, "waiting"}, {Time{1, 2, 3, 0.5}, 4, "waiting"},
	} {
		if c.time.Seconds() != c.seconds || c.time.Bound() != c.bound {
			t.Errorf("%+v: %g s, %s, want %g s, %s", c.time, c.time.Seconds(), c.time.Bound(), c.seconds, c.bound)
		}
	}
}

// TestChips: each chip has figures.
func TestChips(t *testing.T) {
	for name, chip := range Chips() {
		if _, stages, err := isa.Counted(chip.Figures); err != nil || len(stages) < 20 {
			t.Errorf("%s: %d stages, %v", name, len(stages), err)
		}
	}
}
