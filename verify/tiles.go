package verify

import (
	"fmt"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Tiles returns a few small convolutions to test the tiles of hardware on a software renderer, where each program takes
// long to compile. plain has convolutions with one input channel, which every algorithm computes. general has others,
// which only general algorithms compute. In each, some blocks of outputs are full and others are cut off, and taps read
// the padding. Together they have every activation and every kind of pool.
func Tiles() (plain, general []Case) {
	first := conv.Problem{Src: conv.Shape{3, 1, 13, 19}, Weight: conv.Shape{6, 1, 3, 3}, Bias: true}
	first.Padding, first.Activation = conv.Pad(1, 1), conv.ReLU
	pairs := conv.Problem{Src: conv.Shape{2, 1, 14, 22}, Weight: conv.Shape{10, 1, 3, 3}, Bias: true}
	pairs.Padding, pairs.PaddingMode, pairs.Activation = conv.Padding{Top: 2, Left: 1, Right: 2}, conv.Reflect,
		conv.Energy
	pairs.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}}
	oblong := conv.Problem{Src: conv.Shape{3, 4, 17, 19}, Weight: conv.Shape{10, 2, 5, 4}, Bias: true}
	oblong.Groups, oblong.Stride, oblong.Dilation = 2, [2]int{2, 1}, [2]int{1, 2}
	oblong.Padding = conv.Padding{Top: 2, Bottom: 1, Left: 1, Right: 3}
	deep := conv.Problem{Src: conv.Shape{2, 3, 12, 21}, Weight: conv.Shape{7, 3, 2, 3}}
	deep.PaddingMode, deep.Padding = conv.Circular, conv.Pad(1, 2)
	deep.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}}
	return []Case{tiled("one channel", first), tiled("pairs", pairs)},
		[]Case{tiled("oblong", oblong), tiled("deep", deep)}
}

func tiled(name string, p conv.Problem) Case {
	name = fmt.Sprintf("tiles/%s/%dx%d", name, p.Weight[2], p.Weight[3])
	return Case{Name: name, Problem: p, Stimulus: "random", Bank: "random",
		fill: func(name string) (compare.Case, error) { return compare.Random(name, p) }}
}
