package figure

import (
	"math"
	"strconv"
	"strings"
)

// tick is a round value and its label.
type tick struct {
	value float64
	label string
}

// roundTicks returns ticks from lo to hi at multiples of a round step: 1, 2, 2.5 or 5 times a power of ten. There
// are at most limit ticks. If 0 is in the range, it has a tick, and a symmetric range has symmetric ticks. The step is
// the smallest one that puts ticks at both ends. If there is none, it is the smallest step that gives at most limit
// ticks.
func roundTicks(lo, hi float64, limit int) []tick {
	if !(hi > lo) {
		return []tick{{lo, label(lo, math.Max(1, math.Abs(lo)), math.Abs(lo))}}
	}
	step := roundStep(lo, hi, limit)
	first, last := multiples(lo, hi, step)
	var ticks []tick
	for i := first; i <= last; i++ {
		ticks = append(ticks, tick{i * step, label(i*step, step, max(math.Abs(lo), math.Abs(hi)))})
	}
	return ticks
}

func roundStep(lo, hi float64, limit int) float64 {
	var smallest float64
	exponent := math.Floor(math.Log10((hi - lo) / float64(limit)))
	for decade := range 3 {
		for _, mantissa := range []float64{1, 2, 2.5, 5} {
			step := mantissa * math.Pow(10, exponent+float64(decade))
			first, last := multiples(lo, hi, step)
			count := last - first + 1
			if count > float64(limit) {
				continue
			}
			if smallest == 0 {
				smallest = step
			}
			if count >= 3 && near(first*step, lo, step) && near(last*step, hi, step) {
				return step
			}
		}
	}
	return smallest
}

// multiples returns the first and last i with lo ≤ i·step ≤ hi. It tolerates rounding errors of lo and hi.
func multiples(lo, hi, step float64) (first, last float64) {
	const slack = 1e-6 // of a step: float32 data ends near, not at, a round value
	return math.Ceil(lo/step-slack) + 0, math.Floor(hi/step+slack) + 0
}

// near reports whether a and b differ by too little to be seen on a scale of this length.
func near(a, b, scale float64) bool { return math.Abs(a-b) <= 1e-6*scale }

// label writes v with the decimals that multiples of step need, and with a true minus sign. largest is the largest
// magnitude on the same axis. If more than four decimals are needed, or if largest is 100,000 or more, label rounds to
// the digits that tell multiples of step apart, and may write an exponent.
func label(v, step, largest float64) string {
	decimals := 0
	for scaled := step; decimals < 20 && !near(scaled, math.Round(scaled), scaled); scaled *= 10 {
		decimals++
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 4 || largest >= 1e5 {
		digits := int(math.Ceil(math.Log10(math.Max(largest, step)/step))) + 2
		text = strconv.FormatFloat(v, 'g', min(digits, 9), 64)
	}
	return strings.ReplaceAll(text, "-", "\u2212")
}
