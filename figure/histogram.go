package figure

import "math"

// Histogram returns a line of [Steps] that counts values in bins of equal width from lo to hi. bins must be at least 1,
// and lo below hi. A bin includes its lower end, but not its upper end; the last bin includes hi, too. Values outside
// the range count in the first or last bin, NaN in none. The line has an additional empty bin on each side, so that it
// begins and ends at 0.
func Histogram(values []float64, lo, hi float64, bins int) Line {
	line := Line{Style: Steps, X: make([]float64, bins+2), Y: make([]float64, bins+2)}
	width := (hi - lo) / float64(bins)
	for i := range line.X {
		line.X[i] = lo + (float64(i)-0.5)*width
	}
	for _, v := range values {
		if !math.IsNaN(v) {
			line.Y[1+int(min(max((v-lo)/width, 0), float64(bins-1)))]++
		}
	}
	return line
}
