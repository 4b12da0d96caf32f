// Package problems has the problems that tests of plans and tests of devices share, and those for which package isa
// stores what compilers print.
package problems

import "gpuconv/conv"

// Seed is the tutorial's case: n gratings of 48×64 pixels and 6 filters of 7×7, padded to keep the size.
func Seed(n int) conv.Problem {
	p := conv.Problem{Src: conv.Shape{n, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}}
	p.Padding = conv.Pad(3, 3)
	p.Spec = p.WithDefaults()
	return p
}

// Layer is a convolution of n square images of extent pixels a side, padded to keep their size.
func Layer(n, channels, filters, kernel, extent int) conv.Problem {
	p := conv.Problem{Src: conv.Shape{n, channels, extent, extent}, Weight: conv.Shape{filters, channels, kernel,
		kernel}, Bias: true}
	p.Padding = conv.Pad(kernel/2, kernel/2)
	p.Spec = p.WithDefaults()
	return p
}

// Tiled returns a problem for each algorithm except fft, by the algorithm's name. [Spectral] has those for fft. Every
// tile of every class of devices can compute its problem, and the last tile or block is never full. Kernels are small,
// so that they compile fast.
func Tiled() map[string]conv.Problem {
	small := conv.Problem{Src: conv.Shape{2, 2, 21, 20}, Weight: conv.Shape{15, 2, 2, 3}, Bias: true}
	small.Padding, small.Activation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, conv.ReLU
	wide := small
	wide.Weight[0] = 31 // two tiles of at most 16 filters, four of at most 8
	tall := small
	tall.Src[2] = 41 // more than 8 rows for each of 4 invocations
	soft := conv.Problem{Src: conv.Shape{2, 1, 9, 20}, Weight: conv.Shape{8, 1, 3, 3}}
	soft.Padding = conv.Pad(1, 1)
	separable := conv.Problem{Src: conv.Shape{2, 3, 19, 11}, Weight: conv.Shape{6, 1, 3, 3}, Bias: true}
	separable.Groups, separable.Padding, separable.Stride = 3, conv.Pad(1, 1), [2]int{2, 1}
	return map[string]conv.Problem{"direct_soft": soft, "depthwise": separable, "direct_small": wide,
		"direct_shared": tall,
		"winograd":      Layer(3, 9, 130, 3, 10), "igemm": Layer(3, 9, 130, 3, 10), "direct": small}
}

// TiledPairs returns the problem of Tiled for an algorithm, with energy and a pool after its sums.
func TiledPairs(algorithm string) conv.Problem {
	p := Tiled()[algorithm]
	p.Weight[0] += p.Weight[0] % 2 // an odd number of filters only occurs with one group
	p.Activation = conv.Energy
	p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	return p
}

// Points is a problem for fft. Its field Points is how many points (rows × columns) a tile has that fft takes for it.
type Points struct {
	conv.Problem
	Points int
}

// Spectral returns problems for fft, of 1 to 256 channels. Their tiles have from 256 points, the fewest that fft has,
// to 4,096, the most.
func Spectral() (all []Points) {
	for _, c := range []struct{ channels, kernel, extent, points int }{
		{1, 3, 14, 256}, {1, 7, 27, 1024}, {1, 31, 48, 4096}, {3, 31, 48, 4096}, {1, 11, 128, 4096},
		{16, 3, 14, 256}, {16, 15, 48, 4096}, {64, 3, 14, 256}, {64, 5, 61, 4096}, {256, 3, 14, 256},
	} {
		all = append(all, Points{Layer(1, c.channels, 5, c.kernel, c.extent), c.points})
	}
	return all
}
