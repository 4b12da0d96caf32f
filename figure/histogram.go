package figure

import "math"

// Histogram returns a line of [Steps] that counts values in bins of equal width from lo to hi. There is at least 1 bin,
// and lo is below hi. A bin holds its lower end; the last one holds hi too. Values outside of the range are counted in
// the outermost bins, NaN in none. An empty bin on each side closes the line, which runs from the middle of the first
// bin to that of the last.
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
