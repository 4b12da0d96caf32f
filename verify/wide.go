package verify

import (
	"fmt"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Wide returns 3×3 layers with as many channels and filters as algorithms that work with transforms need. Such
// algorithms cut outputs into blocks of 4×4. One layer has a single block, which is complete; in the others, blocks at
// the border are cut off. Each layer is also tested with every kind of outliers.
func Wide() (all []Case) {
	same := conv.Spec{Padding: conv.Pad(1, 1)}
	relu, reflected, grouped, pairs := same, same, same, same
	relu.Activation = conv.ReLU
	reflected.PaddingMode, reflected.Pool = conv.Reflect, conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}}
	grouped.PaddingMode, grouped.Groups = conv.Circular, 2
	pairs.Padding, pairs.Activation = conv.Padding{Top: 2, Left: 1, Right: 3}, conv.Energy
	for _, c := range []struct {
		name string
		spec conv.Spec
		src  conv.Shape
		of   int // filters
		bias bool
	}{
		{"64 to 64", relu, conv.Shape{1, 64, 9, 10}, 64, true},
		{"one block", conv.Spec{}, conv.Shape{2, 48, 6, 6}, 50, false},
		{"pooled", reflected, conv.Shape{1, 50, 11, 9}, 48, true},
		{"groups", grouped, conv.Shape{1, 96, 8, 5}, 96, false},
		{"pairs", pairs, conv.Shape{1, 64, 7, 9}, 64, false},
	} {
		p := conv.Problem{Spec: c.spec, Src: c.src, Bias: c.bias,
			Weight: conv.Shape{c.of, c.src.C() / c.spec.WithDefaults().Groups, 3, 3}}
		name := fmt.Sprintf("wide/%s/%dx%d", c.name, p.Src.H(), p.Src.W())
		all = append(all, Case{Name: name, Problem: p, Stimulus: "random", Bank: "random",
			fill: func(name string) (compare.Case, error) {
				made, err := compare.Random(name, p)
				made.EveryOutlier = true
				return made, err
			}})
	}
	return all
}
