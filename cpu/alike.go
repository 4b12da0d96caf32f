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
// times the excess over the smaller of the two.
//
// Random weights have such a share, too: f is about (1+√(9/C))²/9 (Marchenko and Pastur, Math. USSR-Sbornik 1, 1967),
// and up to randomSlack times that for a few of many filters. But no image has the patterns of all filters, so alike
// subtracts this from f. TestLocalityOfChannelsAlike and TestLocalityOfMeans guard it.
func alike(weight []float32) float64 {
	channels, c := float64(len(weight)/9), coherence(weight)
	root := 1 + 3/math.Sqrt(channels)
	random := root * root / 9
	return 1 + channels*(max(0, c-randomSlack*random)+16*max(0, c-min(0.5, 2*random)))
}

// randomSlack is the ratio of the largest coherence of many random filters to that of most of them.
const randomSlack = 1.1

// coherence returns f, the largest share of a filter's Σw² that one pattern over the channels can make up, 1/9 to 1. It
// is the largest eigenvalue of the taps' Gram matrix, divided by the trace. The result is up to 1.035 times too
// large, because it is the 64th root of the trace of the matrix's 64th power.
func coherence(weight []float32) float64 {
	var gram [9][9]float64
	var a, b, c, d [9]float64 // four channels at a time are twice as fast as one
	for len(weight) > 0 {
		weight = widen(&d, widen(&c, widen(&b, widen(&a, weight))))
		for i := range gram {
			row, a0, b0, c0, d0 := &gram[i], a[i], b[i], c[i], d[i]
			for j, v := range a[:i+1] {
				row[j] += a0*v + b0*b[j] + c0*c[j] + d0*d[j]
			}
		}
	}
	trace := 0.0
	for i := range gram {
		trace += gram[i][i]
	}
	for i := range gram {
		for j := range i + 1 {
			gram[i][j] /= trace
			gram[j][i] = gram[i][j]
		}
	}
	squares := 0.0
	for range 5 { // to the power of 32
		gram, squares = squared(&gram)
	}
	return math.Pow(squares, 1./64)
}

// widen copies the first kernel of weight to *to, or zeros if there is none. It returns the other kernels.
func widen(to *[9]float64, weight []float32) []float32 {
	if len(weight) == 0 {
		clear(to[:])
		return nil
	}
	for i, w := range (*[9]float32)(weight) {
		to[i] = float64(w)
	}
	return weight[9:]
}

// squared returns the square b of a symmetric matrix, and the sum of the squares of b's elements.
func squared(a *[9][9]float64) (b [9][9]float64, squares float64) {
	for i := range a {
		for j := range a {
			for k := range a {
				b[i][j] += a[i][k] * a[j][k]
			}
			squares += b[i][j] * b[i][j]
		}
	}
	return b, squares
}
