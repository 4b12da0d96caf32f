package cpu

import (
	"math"
)

// alike is by how much to multiply the variance of a filter's errors, since its channels are alike.
//
// If one pattern over the channels has a part f of a filter's squares, as where weights are drawn around a mean, then
// partial sums of an image with that pattern grow to c terms of one sign: f·c² beside c at step c. Their roundings have
// 1 + 2/3·f·C times the variance; alike counts f·C. Of C channels with the very same kernel and pixels the roundings
// are the same, too, and those of a sum of equal terms are no random walk: beside large pixels errors of 20 γₙA were
// seen where the screen expected less than 1. For these alike counts 16·C.
//
// Weights that are drawn at random are coherent, too, by about (1+√(9/C))²/9 (Marchenko and Pastur, Math. USSR-Sbornik
// 1, 1967), and some of many filters by randomSlack of that more. No image has the pattern of them all, so that much
// counts as nothing. TestLocalityOfChannelsAlike and TestLocalityOfMeans guard it.
func alike(weight []float32) float64 {
	channels, c := float64(len(weight)/9), coherence(weight)
	root := 1 + 3/math.Sqrt(channels)
	random := root * root / 9
	return 1 + channels*(max(0, c-randomSlack*random)+16*max(0, c-min(0.5, 2*random)))
}

// randomSlack is how many times as coherent as most a few of many filters are.
const randomSlack = 1.1

// coherence is the largest part of a filter's squares that one pattern over the channels can have, 1/9 to 1: the
// largest eigenvalue of the taps' Gram matrix, in parts of its trace. What it returns is up to 1.035 times as much: the
// 64th root of the trace of the matrix to the power of 64.
func coherence(weight []float32) float64 {
	var gram [9][9]float64
	var a, b, c, d [9]float64 // four channels at a time, which is twice as fast as one
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

// widen sets to to the first kernel of some weights, or to 0 if there are none, and returns the others.
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

// squared returns a symmetric matrix times itself, and the sum of the squares of what it returns.
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
