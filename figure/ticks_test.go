package figure

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRoundTicks(t *testing.T) {
	tests := []struct {
		name   string
		lo, hi float64
		most   int
		want   string
	}{
		{"activations", -3, 3, 7, "−3 −2 −1 0 1 2 3"},
		{"stimuli", -0.5, 0.5, 7, "−0.50 −0.25 0.00 0.25 0.50"},
		{"stimuli of nma-t3", 0, 1, 7, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{"nma filters", -1.1042, 1.1042, 7, "−1.0 −0.5 0.0 0.5 1.0"},
		{"rounded end", -float64(float32(0.1)), float64(float32(0.1)), 7, "−0.10 −0.05 0.00 0.05 0.10"},
		{"columns", 0, 63, 4, "0 20 40 60"},
		{"one pixel", 0, 0, 4, "0"},
		{"small", -0.00021, 0.00021, 7, "−0.0002 −0.0001 0.0000 0.0001 0.0002"},
		{"tiny", -2e-7, 2e-7, 7, "−2e−07 −1e−07 0 1e−07 2e−07"},
		{"large", 0, 3e6, 4, "0 1e+06 2e+06 3e+06"},
		{"ends that no step joins", -1, 5, 4, "0 2 4"},
		{"away from 0", 100, 101, 5, "100.00 100.25 100.50 100.75 101.00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, tick := range roundTicks(test.lo, test.hi, test.most) {
				got = append(got, tick.label)
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestRoundTicksOfAnyRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hi := math.Exp(rapid.Float64Range(-80, 80).Draw(t, "log of the limit"))
		most := rapid.IntRange(4, 9).Draw(t, "most")
		ticks := roundTicks(-hi, hi, most)
		n := len(ticks)
		if n < 3 || n > most {
			t.Fatalf("%d ticks in ±%g, want 3 to %d", n, hi, most)
		}
		if ticks[n/2].value != 0 {
			t.Fatalf("the middle tick in ±%g is %g, want 0", hi, ticks[n/2].value)
		}
		for i, tick := range ticks {
			if math.Abs(tick.value) > hi*(1+1e-6) || tick.value != -ticks[n-1-i].value {
				t.Fatalf("tick %g of %v: not in ±%g or not symmetric", tick.value, ticks, hi)
			}
			if i > 0 && (tick.value <= ticks[i-1].value || tick.label == ticks[i-1].label) {
				t.Fatalf("ticks %v do not ascend", ticks)
			}
		}
	})
}
