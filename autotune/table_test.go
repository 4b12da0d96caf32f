package autotune

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/conv"
)

// TestWriteTable: the fastest way comes first, then the ways that left early, then those that failed. If the backend's
// own way failed, there are no ratios.
func TestWriteTable(t *testing.T) {
	way := func(algorithm string, own bool) *Entrant {
		return &Entrant{Choice: conv.Choice{Algorithm: algorithm, Tile: "tile"}, Default: own}
	}
	slow, quick, left, broken := way("slow", true), way("quick", false), way("left", false), way("broken", false)
	slow.Kernel, slow.Whole, slow.Ratio = []float64{2e-3, 4e-3, 3e-3}, []float64{5e-3}, []float64{1, 1, 1}
	quick.Kernel, quick.Whole, quick.Ratio = []float64{1e-3, 1e-3, 2e-3}, []float64{2e-3}, []float64{0.5, 0.25, 0.6}
	left.BehindBy, broken.Err = 4.25, errors.New("broken")
	var text strings.Builder
	if err := WriteTable(&text, []*Entrant{slow, broken, left, quick}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")
	for i, want := range [][]string{
		{"algorithm", "kernel, ms (min … max)", "ratio (min … max)"},
		{"quick", "1 (1 … 2)", "0.50 (0.25 … 0.60)"},
		{"slow", "3 (2 … 4)", "1.00 (1.00 … 1.00)", "the device's own"},
		{"left", "left behind", "4.2"},
		{"broken", "failed"},
	} {
		for _, part := range want {
			if !strings.Contains(lines[i], part) {
				t.Errorf("line %d: %q, want %q in it", i, lines[i], part)
			}
		}
	}
	slow.Err, quick.Ratio = errors.New("broken"), nil
	text.Reset()
	if err := WriteTable(&text, []*Entrant{slow, quick}); err != nil || !strings.Contains(text.String(), "–") {
		t.Errorf("%v, %q: want a dash for the ratio", err, text.String())
	}
}
