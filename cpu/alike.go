package cpu

import (
	"math"
)

// alike returns the factor by which the variance of a filter's errors grows because its channels are alike.
//
// Suppose that one pattern over the channels makes up a share f of Σw², the sum of a filter's squared weights, for
// instance because the weights have a mean other than 0. For an image with that pattern, the terms of that share all
// have one sign: at step c, the square of a partial sum is about c + f·c² instead of c. The variance of the roundings
// is then 1 + 2/3·f·C times as large; alike uses 1 + f·C. If C channels have exactly the same kernel and pixels, their
// roundings are equal, too, and do not cancel: beside large pixels, errors of 20 γₙA were seen where the screen
// expected less than 1. If f exceeds 1/2, or twice the share that random weights have (see below), alike adds 16·C
// times the amount by which f exceeds the smaller of the two.
//
// Random weights have such a share, too: f is about (1+√(9/C))²/9 (Marchenko and Pastur, Math. USSR-Sbornik 1, 1967),
// and up to randomSlack times that for a few of many filters. But no image has the patterns of all filters, so alike
// subtracts this from f. TestLocalityOfChannelsAlike and TestLocalityOfMeans guard it.
//
// A kernel of 5×5 has 25 taps instead of 9, and counts as four channels.
func alike(weight []float32, side int) float64 {
	taps := float64(side * side)
	channels, c := float64(len(weight))/taps, coherence(weight, side)
	root := 1 + float64(side)/math.Sqrt(channels)
	random := root * root / taps
	added := channels * float64(splitOf(side)*splitOf(side))
	return 1 + added*(max(0, c-randomSlack*random)+16*max(0, c-min(0.5, 2*random)))
}

// randomSlack is the ratio of the largest coherence of many random filters to that of most of them.
const randomSlack = 1.1

// coherence returns f, the largest share of a filter's Σw² that one pattern over the channels can make up. It is the
// largest eigenvalue of the taps' Gram matrix, divided by the trace. The result is up to 1.035 times too large for 3×3,
// or 1.052 times for 5×5, because it is the 64th root of the trace of the matrix's 64th power.
func coherence(weight []float32, side int) float64 {
	g := gram{taps: side * side}
	var a, b, c, d [mostTaps]float64 // four channels at a time are twice as fast as one
	for len(weight) > 0 {
		weight = g.widen(&d, g.widen(&c, g.widen(&b, g.widen(&a, weight))))
		for i := range g.taps {
			row, a0, b0, c0, d0 := &g.m[i], a[i], b[i], c[i], d[i]
			for j, v := range a[:i+1] {
				row[j] += a0*v + b0*b[j] + c0*c[j] + d0*d[j]
			}
		}
	}
	trace := 0.0
	for i := range g.taps {
		trace += g.m[i][i]
	}
	for i := range g.taps {
		for j := range i + 1 {
			g.m[i][j] /= trace
			g.m[j][i] = g.m[i][j]
		}
	}
	squares := 0.0
	for range 5 { // to the power of 32
		squares = g.square()
	}
	return math.Pow(squares, 1./64)
}

// mostTaps is the largest number of taps of a kernel.
const mostTaps = 25

// gram is a symmetric matrix of taps × taps.
type gram struct {
	taps int
	m    [mostTaps][mostTaps]float64
}

// widen copies the first kernel of weight to *to, or zeros if there is none. It returns the other kernels.
func (g *gram) widen(to *[mostTaps]float64, weight []float32) []float32 {
	if len(weight) == 0 {
		clear(to[:])
		return nil
	}
	for i, w := range weight[:g.taps] {
		to[i] = float64(w)
	}
	return weight[g.taps:]
}

// square replaces the matrix by its square, and returns the sum of the squares of the new elements.
func (g *gram) square() (squares float64) {
	a := g.m
	for i := range g.taps {
		row := g.m[i][:i+1]
		clear(row)
		for k := range g.taps {
			factor, other := a[i][k], a[k][:i+1]
			for j, v := range other {
				row[j] += factor * v // no sum waits for the one before it
			}
		}
		for j, v := range row {
			g.m[j][i] = v
			squares += 2 * v * v
		}
		squares -= row[i] * row[i]
	}
	return squares
}
